/**
 * The console's port: loopback only, answers asked for by a name of this machine only, reads projections and never steers
 * an actor. `/` the page, `/healthz`, `/api/state`, `/api/live` the one connection of those who watch, and what its parts
 * add. Whoever changes something shows the token of the run.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { WebSocketServer } from 'ws';
import type { Clocks } from '../domain/clock.ts';
import { BothsidesError, messageOf } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { Log } from '../runtime/log.ts';
import { denialOf, denialOfViewer, NO_TOKEN, showsToken } from './access.ts';
import type { ConsolePart, ConsoleRun, MakePart } from './console-part.ts';
import { sendDocument, servePage } from './page-files.ts';
import { type ViewerLimits, Viewers } from './viewers.ts';
import type { ClockFacts, Refusal, RunFacts } from './wire.ts';

export interface ConsoleOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** A port that is taken: refuse (it was asked for), or move to the next free one. */
  readonly onTaken: 'refuse' | 'next';
  readonly clocks: Clocks;
  readonly log: Log;
  readonly run: () => RunFacts;
  readonly speed: () => number;
  readonly state: () => Json;
  /** Whether the trader lives and is in control. */
  readonly isHealthy: () => boolean;
  /** What somebody shows who wants to change something. */
  readonly token: string;
  readonly parts: readonly MakePart[];
  /** Viewers that speak Stately's protocol are served, too. */
  readonly stately?: boolean;
  readonly pageFolder?: string;
  readonly limits?: Partial<ViewerLimits>;
}

export interface Console {
  readonly url: string;
  readonly viewers: Viewers;
  /** There is a run to look at now. */
  attach(run: ConsoleRun): void;
  close(): Promise<void>;
}

/** How many ports after the first are tried. */
const PORTS_TRIED_MAX = 100;
const LIVE_PATH = '/api/live';
export const STATELY_PATH = '/api/stately';
/** Of what a viewer says. */
const MESSAGE_BYTES_MAX = 64 * 1024;
/** Who is refused has so long to read why. */
const REFUSED_LINGER_MS = 2_000;
const PAGE_FOLDER = join(import.meta.dirname, 'page/dist');

export async function openConsole(options: ConsoleOptions): Promise<Console> {
  const { clocks, log } = options;
  const clock = (): ClockFacts => ({
    marketMs: clocks.market.now(),
    wallMs: clocks.wall.now(),
    speed: options.speed(),
  });
  const viewers = new Viewers({
    wall: clocks.wall,
    hello: () => ({ type: 'hello', version: 1, run: options.run(), clock: clock() }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const parts = options.parts.map((make) => make({ viewers, clocks, log }));
  for (const { topics } of parts) {
    for (const [topic, source] of Object.entries(topics ?? {})) viewers.serve(topic as keyof typeof topics, source);
  }
  const app = createApp(options, parts);
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MESSAGE_BYTES_MAX });
  const { server, url } = await listenSomewhere(app, options);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    acceptViewer({ request, socket, head }, { options, viewers, sockets });
  });
  return {
    url,
    viewers,
    attach: (run) => {
      for (const part of parts) part.attach?.(run);
    },
    async close() {
      for (const part of parts) part.close?.();
      viewers.close();
      sockets.close();
      await closeServer(server);
      for (const socket of sockets.clients) socket.terminate();
    },
  };
}

function createApp(options: ConsoleOptions, parts: readonly ConsolePart[]): Hono {
  const app = new Hono();
  const folder = options.pageFolder ?? PAGE_FOLDER;
  app.use(async (context, next) => {
    const { req } = context;
    const denial =
      denialOf(req.header('host'), req.header('origin')) ??
      (isReading(req.method) || showsToken(req.header('authorization'), options.token) ? null : NO_TOKEN);
    if (denial !== null) return context.json(denial.body, denial.status);
    await next();
    if (!context.res.headers.has('cache-control')) context.header('cache-control', 'no-store');
    context.header('x-content-type-options', 'nosniff');
  });
  app.get('/healthz', (context) => {
    const healthy = options.isHealthy();
    return context.json({ ok: healthy }, healthy ? 200 : 503);
  });
  app.get('/api/state', (context) => context.json(options.state() as object));
  for (const part of parts) part.routes?.(app);
  servePage(app, folder);
  app.notFound((context) => {
    const { method, path } = context.req;
    // The page's own addresses; a program that asks for one of ours that there is not is told so.
    const isPage = method === 'GET' && !/^\/(api|assets)\/|\.\w+$/.test(path);
    if (isPage && /text\/html/.test(context.req.header('accept') ?? '')) return sendDocument(context, folder);
    return context.json({ error: { code: 'NOT_FOUND', message: `Nothing at ${path}.` } }, 404);
  });
  app.onError((error, context) => {
    options.log.error({ path: context.req.path, error: error.stack ?? error.message }, 'the console could not answer');
    return context.json({ error: { code: 'FAULT', message: messageOf(error) } }, 500);
  });
  return app;
}

function isReading(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

interface Hall {
  readonly options: ConsoleOptions;
  readonly viewers: Viewers;
  readonly sockets: WebSocketServer;
}

function acceptViewer({ request, socket, head }: Upgrade, { options, viewers, sockets }: Hall): void {
  // A viewer that is gone before the answer is no failure of ours.
  socket.on('error', () => socket.destroy());
  const path = (request.url ?? '').split('?')[0];
  const isStately = path === STATELY_PATH && options.stately === true;
  const { host, origin } = request.headers;
  const denial = isStately ? denialOfViewer(host, origin) : denialOf(host, origin);
  const refusal = denial ?? refusalFor(path, isStately, viewers);
  if (refusal !== null) refuseUpgrade(options.clocks, socket, refusal.status, refusal.body);
  else
    sockets.handleUpgrade(request, socket, head, (webSocket) =>
      viewers.accept(webSocket, isStately ? 'stately' : 'bothsides'),
    );
}

function refusalFor(
  path: string | undefined,
  isStately: boolean,
  viewers: Viewers,
): { readonly status: number; readonly body: Refusal } | null {
  if (path !== LIVE_PATH && !isStately)
    return { status: 404, body: { error: { code: 'NOT_FOUND', message: `No connection at ${path}.` } } };
  if (!viewers.isFull) return null;
  return { status: 503, body: { error: { code: 'TOO_MANY', message: `${viewers.count} are watching already.` } } };
}

const REASONS: Readonly<Record<number, string>> = { 403: 'Forbidden', 404: 'Not Found', 503: 'Service Unavailable' };

function refuseUpgrade({ wall }: Clocks, socket: Duplex, status: number, body: Refusal): void {
  const timer = wall.setTimeout(() => socket.destroy(), REFUSED_LINGER_MS);
  socket.once('close', () => wall.clearTimeout(timer));
  // What it still sends is let go of, so that its end is heard.
  socket.resume();
  const text = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}

async function listenSomewhere(app: Hono, options: ConsoleOptions): Promise<{ server: Server; url: string }> {
  for (let tried = 0; ; tried++) {
    const server = createAdaptorServer({
      fetch: app.fetch,
      overrideGlobalObjects: false,
      // Clients that would like HTTP/2 (h2c) ask every time; they are served in HTTP/1.1.
      serverOptions: { shouldUpgradeCallback: ({ headers }) => /websocket/i.test(headers.upgrade ?? '') },
    }) as Server;
    const port = options.port === 0 ? 0 : options.port + tried;
    const taken = await listen(server, options.host, port);
    if (!taken) {
      const { port: bound } = server.address() as AddressInfo;
      const host = options.host === '::1' ? '[::1]' : options.host;
      return { server, url: `http://${host}:${bound}` };
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
