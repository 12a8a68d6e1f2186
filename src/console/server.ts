/**
 * The console's port: loopback only, answers asked for by a name of this machine only, reads projections and never an
 * actor. `GET /healthz`, `GET /api/state`.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { BothsidesError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';

export interface ConsoleOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** A port that is taken: refuse (it was asked for), or move to the next free one. */
  readonly onTaken: 'refuse' | 'next';
  readonly state: () => Json;
  /** Whether the trader lives and is in control. */
  readonly isHealthy: () => boolean;
}

export interface Console {
  readonly url: string;
  close(): Promise<void>;
}

/** How many ports after the first are tried. */
const PORTS_TRIED_MAX = 100;
/** A page elsewhere can make a browser ask us under its own name (DNS rebinding): only our own names are answered. */
const OWN_NAMES = new Set(['127.0.0.1', 'localhost', '[::1]']);

export async function openConsole(options: ConsoleOptions): Promise<Console> {
  const app = new Hono();
  app.use(async (context, next) => {
    const host = context.req.header('host') ?? '';
    const name = host.replace(/:\d+$/, '');
    if (!OWN_NAMES.has(name))
      return context.json({ error: { code: 'FOREIGN_HOST', message: `Not served under the name ${name}.` } }, 403);
    const origin = context.req.header('origin');
    if (origin !== undefined && origin !== `http://${host}`) {
      return context.json({ error: { code: 'FOREIGN_ORIGIN', message: 'Only pages of this console may ask.' } }, 403);
    }
    await next();
    context.header('cache-control', 'no-store');
    context.header('x-content-type-options', 'nosniff');
  });
  app.get('/healthz', (context) => {
    const healthy = options.isHealthy();
    return context.json({ ok: healthy }, healthy ? 200 : 503);
  });
  app.get('/api/state', (context) => context.json(options.state() as object));
  app.notFound((context) =>
    context.json({ error: { code: 'NOT_FOUND', message: `Nothing at ${context.req.path}.` } }, 404),
  );

  for (let tried = 0; ; tried++) {
    const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
    const port = options.port === 0 ? 0 : options.port + tried;
    const taken = await listen(server, options.host, port);
    if (!taken) {
      const { port: bound } = server.address() as AddressInfo;
      const host = options.host === '::1' ? '[::1]' : options.host;
      return { url: `http://${host}:${bound}`, close: () => closeServer(server) };
    }
    if (options.onTaken === 'refuse' || tried >= PORTS_TRIED_MAX || port + 1 > 65_535) {
      throw new BothsidesError('PORT_IN_USE', `Port ${port} on ${options.host} is in use.`, {
        remedy: 'Choose another one with --console PORT, --console 0 for a free one, or --console off.',
      });
    }
  }
}

/** True when the port is taken. */
function listen(server: Server, host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(true);
      else
        reject(
          new BothsidesError('PORT_IN_USE', `The console cannot listen on ${host}:${port}: ${error.message}.`, {
            remedy: 'Choose another port with --console PORT.',
          }),
        );
    });
    server.listen(port, host, () => resolve(false));
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
