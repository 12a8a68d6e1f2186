/**
 * A small exchange on loopback that answers what a test says: real HTTP, real WebSockets, signatures checked with the
 * account's public key. It records everything that reached it.
 */
import { constants, createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { type WebSocket, WebSocketServer } from 'ws';

export const KEY_ID = '7d1f8f0a-3f0e-4a45-8f0a-0d2f5c1b9e11';

export interface Received {
  readonly method: string;
  /** Without the `/trade-api/v2` in front. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly timestampMs: number;
}

export type Answer =
  | { readonly status: number; readonly json?: unknown; readonly text?: string; readonly date?: string }
  /** The connection breaks without an answer. */
  | 'hangUp'
  /** Nothing comes, ever. */
  | 'silence';

export interface ScriptedExchange {
  readonly restUrl: string;
  readonly wsUrl: string;
  readonly received: Received[];
  /** Requests whose signature did not fit; they were answered with 401. */
  readonly badSignatures: string[];
  readonly sockets: ScriptedSocket[];
  /** How the next requests are answered; 404 until it is set. */
  respond: (request: Received) => Answer | Promise<Answer>;
  /** A status other than 101 for the next handshakes. */
  refuseSockets: { status: number; body: string } | null;
  close(): Promise<void>;
}

export interface ScriptedSocket {
  readonly commands: Record<string, unknown>[];
  send(frame: unknown): void;
  sendText(text: string): void;
  ping(): void;
  close(code: number, reason: string): void;
  /** Waits for the n-th command, n from 1. */
  command(nth: number): Promise<Record<string, unknown>>;
}

export function keyPair(type: 'rsa' | 'ed25519'): { privatePem: string; publicKey: KeyObject } {
  const encoding = {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  } as const;
  const pair =
    type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048, ...encoding })
      : generateKeyPairSync('ed25519', encoding);
  return { privatePem: pair.privateKey, publicKey: createPublicKey(pair.publicKey) };
}

export function isSignedBy(publicKey: KeyObject, text: string, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64');
  if (publicKey.asymmetricKeyType === 'ed25519') return verify(null, Buffer.from(text), publicKey, bytes);
  const key = { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  return verify('sha256', Buffer.from(text), key, bytes);
}

export async function openScriptedExchange(publicKey: KeyObject): Promise<ScriptedExchange> {
  const received: Received[] = [];
  const badSignatures: string[] = [];
  const sockets: ScriptedSocket[] = [];
  const isSigned = (headers: (name: string) => string | undefined, method: string, path: string) =>
    headers('kalshi-access-key') === KEY_ID &&
    isSignedBy(
      publicKey,
      `${headers('kalshi-access-timestamp')}${method}${path}`,
      headers('kalshi-access-signature') ?? '',
    );

  const app = new Hono<{ Bindings: { incoming: { socket: { destroy(): void } } } }>();
  app.all('*', async (context) => {
    const { pathname } = new URL(context.req.url);
    const text = await context.req.text();
    const request: Received = {
      method: context.req.method,
      path: pathname.replace('/trade-api/v2', ''),
      query: context.req.query(),
      body: text === '' ? null : JSON.parse(text),
      timestampMs: Number(context.req.header('kalshi-access-timestamp')),
    };
    received.push(request);
    if (!isSigned((name) => context.req.header(name), request.method, pathname)) {
      badSignatures.push(`${request.method} ${pathname}`);
      const error = {
        code: 'authentication_error',
        message: 'authentication_error',
        details: 'INCORRECT_API_KEY_SIGNATURE',
      };
      return context.json({ error }, 401);
    }
    const answer = await exchange.respond(request);
    if (answer === 'silence') return new Promise<Response>(() => {});
    if (answer === 'hangUp') {
      context.env.incoming.socket.destroy();
      return new Promise<Response>(() => {});
    }
    const body = answer.text ?? (answer.json === undefined ? null : JSON.stringify(answer.json));
    return new Response(body, {
      status: answer.status,
      headers: answer.date === undefined ? {} : { date: answer.date },
    });
  });

  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1', overrideGlobalObjects: false }) as Server;
  await new Promise<void>((resolve) => {
    if (server.listening) resolve();
    else server.once('listening', resolve);
  });
  const ws = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on('upgrade', (request, socket, head) => {
    const header = (name: string) => request.headers[name] as string | undefined;
    const isGood = isSigned(header, 'GET', request.url ?? '');
    const refusal = isGood ? exchange.refuseSockets : { status: 401, body: 'bad signature' };
    if (refusal !== null) {
      socket.end(`HTTP/1.1 ${refusal.status} Refused\r\nContent-Length: ${refusal.body.length}\r\n\r\n${refusal.body}`);
      return;
    }
    ws.handleUpgrade(request, socket, head, (client) => sockets.push(scriptedSocket(client)));
  });

  const { port } = server.address() as AddressInfo;
  const exchange: ScriptedExchange = {
    restUrl: `http://127.0.0.1:${port}/trade-api/v2`,
    wsUrl: `ws://127.0.0.1:${port}/trade-api/ws/v2`,
    received,
    badSignatures,
    sockets,
    respond: () => ({ status: 404, json: { error: { code: 'not_found', message: 'not found' } } }),
    refuseSockets: null,
    async close() {
      for (const client of ws.clients) client.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
  return exchange;
}

function scriptedSocket(client: WebSocket): ScriptedSocket {
  const commands: Record<string, unknown>[] = [];
  const waiting: (() => void)[] = [];
  client.on('message', (data: Buffer) => {
    commands.push(JSON.parse(data.toString()));
    for (const wake of waiting.splice(0)) wake();
  });
  return {
    commands,
    send: (frame) => client.send(`${JSON.stringify(frame)}\n`),
    sendText: (text) => client.send(text),
    ping: () => client.ping('heartbeat'),
    close: (code, reason) => client.close(code, reason),
    async command(nth) {
      while (commands.length < nth) {
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
        });
      }
      return commands[nth - 1]!;
    },
  };
}
