import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createAdaptorServer } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { WebSocketServer } from 'ws';
import type { Clock, TimerId } from '../../domain/clock.ts';
import { BothsidesError } from '../../domain/errors.ts';
import type { Ticker } from '../../domain/ids.ts';
import { unixMs } from '../../domain/units.ts';
import { createCharts } from './charts.ts';
import type { Engine, UserId } from './model.ts';
import { authenticate, type VenueAccount } from './protocol/auth.ts';
import type { Subscription, TerminalCode } from './protocol/channels.ts';
import { type Peer, StreamConnection } from './protocol/connection.ts';
import { tooManyRequests, VenueError } from './protocol/errors.ts';
import { createLiveRecords } from './protocol/live-records.ts';
import { RateLimits, type Tier, tierOf } from './protocol/rate-limits.ts';
import { createHorizon, createRecords } from './protocol/records.ts';
import { createRest, REST_ROOT } from './protocol/rest.ts';
import { StreamHub } from './protocol/stream-hub.ts';
import type { Venue } from './protocol/venue.ts';
import { SocketPeer } from './socket-peer.ts';

export const STREAM_PATH = '/trade-api/ws/v2';

/** Of every tier here; the venue's begins with it. */
const CONNECTIONS_PER_USER_MAX = 200;

export interface VenueServerOptions {
  readonly engine: Engine;
  readonly market: Clock;
  readonly wall: Clock;
  readonly tier: Tier;
  readonly accounts: readonly VenueAccount[];
  /** Market milliseconds a wall millisecond, told by `_clock`. */
  readonly speed: () => number;
  /** How far portfolio reads lag behind what has happened, in wall time; 0 by default. */
  readonly readDelayMs?: number | (() => number);
  /** How far the exchange's own clock is off: what it signs with, judges signatures by, and says. */
  readonly skewMs?: () => number;
  /** While the past is lived through again: what happens happened long ago, for reads. */
  readonly isRebuilding?: () => boolean;
  /** Brings the engine's time to the present; called before every request and command. */
  readonly catchUp?: () => void;
  /** A fault of ours behind a 500 or a stream error 1. */
  readonly onFault?: (error: unknown) => void;
}

export type ConnectAnswer =
  | {
      readonly accepted: true;
      receive(text: string): void;
      /** A message that is no text. */
      receiveBinary(): void;
      /** Whether a ping is answered; absent: always. */
      ping?(): boolean;
      pong(): void;
      closed(): void;
    }
  | { readonly accepted: false; readonly status: number; readonly body: string };

/** Kalshi's protocol in front of an engine, for sockets and for memory alike. Uses no timer, no thread and no socket itself. */
export interface VenueServer {
  readonly wall: Clock;
  /** Settles in microtasks, and rejects only where faults were asked for: the connection is dropped. */
  fetch(request: Request): Promise<Response>;
  /** A stream's handshake: signed as `timestamp + GET + STREAM_PATH`. */
  connect(headers: Readonly<Record<string, string>>, peer: Peer): ConnectAnswer;
  /** Pings every open stream. */
  heartbeat(): void;
  /** Ends these subscriptions with one of the stream's terminal errors; the connections stay. */
  endSubscriptions(code: TerminalCode, which: (subscription: Subscription) => boolean): void;
  /** Ends every open stream. */
  disconnect(code: number, reason: string): void;
  /** Calls back once, as soon as each of these books has a subscriber: perhaps at once. Returns how to stop waiting. */
  whenBooksSubscribed(markets: readonly Ticker[], then: () => void): () => void;
}

export function createVenueServer(options: VenueServerOptions): VenueServer {
  const { engine, market, readDelayMs = 0, skewMs } = options;
  const wall: Clock = skewMs === undefined ? options.wall : skewed(options.wall, skewMs);
  const onFault = options.onFault ?? (() => undefined);
  const catchUp = options.catchUp ?? (() => undefined);
  const accounts = new Map(options.accounts.map((account) => [account.keyId, account]));
  const { wasQuoted, traded } = remember(engine);
  const delayMs = typeof readDelayMs === 'number' ? () => readDelayMs : readDelayMs;
  const horizonMs = readDelayMs === 0 ? null : createHorizon(options.wall, delayMs);
  const records = createRecords(engine, options.wall, horizonMs, {
    owners: options.accounts.map(({ user }) => user),
    isRebuilding: options.isRebuilding ?? (() => false),
  });
  const venue: Venue = {
    engine,
    market,
    wall,
    accounts,
    rates: new RateLimits((user) => tierOf(engine, user, options.tier), market),
    records: createLiveRecords(records, market),
    charts: createCharts(engine),
    wasQuoted,
    tradedQuantity: traded,
    speed: options.speed,
    catchUp,
  };
  const rest = createRest(venue, {
    readLagMs: () => (horizonMs === null ? 0 : options.wall.now() - horizonMs()),
    onFault,
  });
  const hub = new StreamHub({ engine, market, wasQuoted, traded, onFault });
  const connections = new Set<StreamConnection>();

  const tickerOfId = new Map<string, Ticker>();
  function marketOfId(marketId: string): Ticker | null {
    const markets = engine.allMarkets();
    // Markets are only ever added.
    if (tickerOfId.size < markets.length)
      for (const { listed } of markets) tickerOfId.set(listed.marketId, listed.ticker);
    return tickerOfId.get(marketId) ?? null;
  }

  function connect(headers: Readonly<Record<string, string>>, peer: Peer): ConnectAnswer {
    const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    let account: VenueAccount;
    try {
      const request = { method: 'GET', path: STREAM_PATH, header: (name: string) => byName.get(name) };
      account = authenticate(request, accounts, wall.now());
      let open = 0;
      for (const { user } of connections) if (user === account.user) open++;
      if (open >= CONNECTIONS_PER_USER_MAX) throw tooManyRequests();
    } catch (error) {
      if (error instanceof VenueError) {
        return { accepted: false, status: error.status, body: JSON.stringify(error.body) };
      }
      onFault(error);
      return { accepted: false, status: 500, body: '' };
    }
    const connection = new StreamConnection({
      user: account.user,
      peer,
      hub,
      market,
      wall: options.wall,
      marketOfId,
      onFault,
    });
    connections.add(connection);
    return {
      accepted: true,
      receive(text) {
        catchUp();
        connection.receive(text);
      },
      receiveBinary: () => connection.receiveBinary(),
      pong: () => undefined,
      closed() {
        connections.delete(connection);
        connection.closed();
      },
    };
  }

  return {
    wall: options.wall,
    fetch: rest,
    connect,
    heartbeat() {
      for (const { peer } of connections) peer.ping();
    },
    endSubscriptions(code, which) {
      for (const connection of connections) {
        for (const subscription of [...connection.subscriptions]) {
          if (which(subscription)) connection.end(subscription, code);
        }
      }
    },
    disconnect(code, reason) {
      for (const connection of [...connections]) {
        connections.delete(connection);
        connection.closed();
        connection.peer.close(code, reason);
      }
    },
    whenBooksSubscribed: (markets, then) => hub.whenBooksSubscribed(markets, then),
  };
}

function skewed(wall: Clock, skewMs: () => number): Clock {
  return {
    now: () => unixMs(wall.now() + skewMs()),
    setTimeout: (callback, delayMs) => wall.setTimeout(callback, delayMs),
    clearTimeout: (id) => wall.clearTimeout(id),
  };
}

/** What answers need and the engine does not keep: whether a market was ever quoted, how much a user traded in it. */
function remember(engine: Engine): {
  wasQuoted: (market: Ticker) => boolean;
  traded: (user: UserId, market: Ticker) => number;
} {
  const quoted = new Set<Ticker>();
  const tradedBy = new Map<UserId, Map<Ticker, number>>();
  engine.events.subscribe((event) => {
    if (event.type === 'book') {
      if (event.change > 0) quoted.add(event.market);
    } else if (event.type === 'bookReplaced') {
      if (engine.bestBid(event.market) !== null || engine.bestAsk(event.market) !== null) quoted.add(event.market);
    } else if (event.type === 'fill' && engine.hasAccount(event.fill.user)) {
      const { user, market, quantity } = event.fill;
      const ofUser = tradedBy.get(user) ?? new Map<Ticker, number>();
      tradedBy.set(user, ofUser);
      ofUser.set(market, (ofUser.get(market) ?? 0) + quantity);
    }
  });
  return {
    wasQuoted: (market) => quoted.has(market) || engine.bestBid(market) !== null || engine.bestAsk(market) !== null,
    traded: (user, market) => tradedBy.get(user)?.get(market) ?? 0,
  };
}

const HEARTBEAT_MS = 10_000;
/** The longest message that is taken; a longer one ends the connection with 1009. */
const MESSAGE_BYTES_MAX = 64 * 1024 * 1024;
/** How long a refused client has to hang up. */
const REFUSED_LINGER_MS = 5_000;
/** Above the idle time after which clients let go of a connection, so that the server is never first. */
const KEEP_ALIVE_MS = 120_000;

export interface Loopback {
  /** Ends in /trade-api/v2. */
  readonly restUrl: string;
  /** Ends in /trade-api/ws/v2. */
  readonly wsUrl: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Serves on this machine only. Port 0 takes a free one. Throws PORT_IN_USE. */
export async function serveLoopback(
  server: VenueServer,
  options: { port: number; host?: '127.0.0.1' | '::1' },
): Promise<Loopback> {
  const { host = '127.0.0.1' } = options;
  // Without the override the global Request and Response stay what they are for the rest of the process.
  const http = createAdaptorServer({
    // Who asked for connections to be dropped gets them dropped: no answer at all.
    fetch: (request, { incoming }) =>
      server.fetch(request).catch(() => {
        incoming.socket.destroy();
        return RESPONSE_ALREADY_SENT;
      }),
    overrideGlobalObjects: false,
    // Clients that would like HTTP/2 (h2c) ask every time; they are served in HTTP/1.1.
    serverOptions: { shouldUpgradeCallback: ({ headers }) => /websocket/i.test(headers.upgrade ?? '') },
  }) as Server;
  http.keepAliveTimeout = KEEP_ALIVE_MS;
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MESSAGE_BYTES_MAX,
    autoPong: false,
  });
  http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    acceptStream(server, sockets, request, socket, head);
  });
  await listen(http, options.port, host);
  const address = http.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;

  let timer: TimerId = null;
  const beat = (): void => {
    timer = server.wall.setTimeout(() => {
      server.heartbeat();
      beat();
    }, HEARTBEAT_MS);
  };
  beat();

  const origin = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    restUrl: `http://${origin}${REST_ROOT}`,
    wsUrl: `ws://${origin}${STREAM_PATH}`,
    port,
    async close() {
      server.wall.clearTimeout(timer);
      server.disconnect(1001, 'going away');
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      const closed = new Promise<void>((resolve) => {
        http.close(() => resolve());
      });
      http.closeAllConnections();
      await closed;
    },
  };
}

function listen(http: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error);
      reject(
        new BothsidesError('PORT_IN_USE', `Port ${port} on ${host} is in use.`, {
          remedy: 'Choose another one, or 0 for any free port.',
          cause: error,
        }),
      );
    });
    http.listen(port, host, resolve);
  });
}

function acceptStream(
  server: VenueServer,
  sockets: WebSocketServer,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
): void {
  // A client that is gone before the answer is no failure of ours.
  socket.on('error', () => socket.destroy());
  if ((request.url ?? '').split('?')[0] !== STREAM_PATH) {
    refuseUpgrade(server.wall, socket, 404, '');
    return;
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) if (typeof value === 'string') headers[name] = value;
  const peer = new SocketPeer(socket);
  const answer = server.connect(headers, peer);
  if (!answer.accepted) {
    refuseUpgrade(server.wall, socket, answer.status, answer.body);
    return;
  }
  // Covers a handshake that fails after this point; once open, the socket's own close does.
  socket.once('close', () => answer.closed());
  sockets.handleUpgrade(request, socket, head, (webSocket) => {
    peer.opened(webSocket);
    webSocket.on('message', (data, isBinary) => {
      if (isBinary) answer.receiveBinary();
      else answer.receive(data.toString());
    });
    webSocket.on('ping', (data) => {
      if (answer.ping?.() ?? true) peer.pong(data);
    });
    webSocket.on('pong', () => answer.pong());
    // It has been answered with a close frame of its kind, and ends within the library's time for that.
    webSocket.on('error', () => undefined);
    webSocket.on('close', () => answer.closed());
  });
}

const REASONS: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  404: 'Not Found',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

function refuseUpgrade(wall: Clock, socket: Duplex, status: number, body: string): void {
  const timer = wall.setTimeout(() => socket.destroy(), REFUSED_LINGER_MS);
  socket.once('close', () => wall.clearTimeout(timer));
  // What it still sends is let go of, so that its end is heard.
  socket.resume();
  socket.end(
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}\r\n` +
      'Connection: close\r\nContent-Type: application/json\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
