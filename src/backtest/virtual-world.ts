/**
 * The whole trader with the embedded exchange in one process, in virtual time, from a seed. What is replaced are ports:
 * clocks, chance, signer, store, transport and sockets; every other line is the one that trades. The crowd comes from the
 * seed or from a recording. Two runs with the same seed, recording and settings write the same journal, to the byte.
 */
import type { Clock, Clocks } from '../domain/clock.ts';
import type { Random } from '../domain/random.ts';
import { createRandom } from '../domain/seeded-random.ts';
import { fromDollars, type UnixMs, unixMs } from '../domain/units.ts';
import { createEmbedded, type Embedded } from '../exchange/embedded/embedded.ts';
import type { FaultOptions } from '../exchange/embedded/faults/faulty-server.ts';
import { openRecording } from '../exchange/embedded/flow/recording.ts';
import { fakeSignature } from '../exchange/embedded/protocol/auth.ts';
import { createPortSockets, type Socket, type SocketPort } from '../exchange/kalshi/sockets.ts';
import { createHandlerTransport, type HttpTransport } from '../exchange/kalshi/transport.ts';
import { createKalshiVenue } from '../exchange/kalshi/venue.ts';
import { SILENT } from '../runtime/log.ts';
import { startTrader, type TraderRun } from '../runtime/run-trader.ts';
import type { Settings } from '../settings/schema.ts';
import { MemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';
import { VirtualClock } from './virtual-clock.ts';
import { type Latency, type LineOptions, latentSockets, latentTransport } from './virtual-line.ts';
import { VirtualSleep } from './virtual-sleep.ts';

/** Somebody between trader and exchange who may lose, delay or invent what passes. */
export interface Interference {
  readonly transport?: (inner: HttpTransport, clock: VirtualClock, random: Random) => HttpTransport;
  readonly sockets?: (inner: SocketPort, clock: VirtualClock, random: Random) => SocketPort;
}

/** Who trades besides us. */
export type WorldFlow =
  | { readonly kind: 'synthetic' }
  /** A file or folder; time begins at its first moment, and the trader winds down when it has been played. */
  | { readonly kind: 'replay'; readonly recording: string };

export interface VirtualWorldOptions {
  readonly seed: number;
  readonly settings: Settings;
  /** Synthetic unless given. */
  readonly flow?: WorldFlow;
  /** 2026-01-05T15:00:00Z, a Monday morning in New York, unless given; not for a replay. */
  readonly startMs?: number;
  readonly request?: Latency;
  readonly response?: Latency;
  readonly stream?: Latency;
  /** How far the exchange's reads lag behind its writes; not at all unless given. */
  readonly readDelayMs?: number;
  /** What goes wrong at the exchange itself. */
  readonly faults?: FaultOptions;
  readonly interference?: Interference;
  /** The exchange failed on a request: its fault, not the trader's. */
  readonly onFault?: (error: unknown) => void;
}

/** Somebody between one process and the line: sees what it says before that leaves, and what it hears before it does. */
export interface Bystander {
  readonly transport?: (inner: HttpTransport) => HttpTransport;
  readonly sockets?: (inner: SocketPort) => SocketPort;
}

/** A run whose process can die: nothing of it happens any more, its connections break, its answers reach nobody. */
export interface VirtualRun extends TraderRun {
  kill(): void;
  /** It can sleep too: the world goes on without it. */
  readonly sleep: VirtualSleep;
}

export interface VirtualWorld {
  readonly clock: VirtualClock;
  readonly exchange: Embedded;
  /** The account's name at the exchange. */
  readonly user: string;
  /** Where the trader remembers; a crash leaves `store.crash()`. */
  readonly store: MemoryStore;
  /** Starts a trader on a store (the world's own unless given); run the clock to let it live. */
  start(options: {
    readonly forMs: number | null;
    readonly store?: Store;
    readonly haltFile?: () => boolean;
    /** Made before the process begins, with what ends it: it may die before `start` has resolved. */
    readonly bystander?: (kill: () => void) => Bystander;
  }): Promise<VirtualRun>;
  /** Runs virtual time on by this much, or until `done`. */
  advance(byMs: number, done?: () => boolean): Promise<boolean>;
  /** No timer of the exchange fires afterwards. */
  stop(): void;
}

const START_MS = 1_767_625_200_000;
const KEY_ID = '00000000-0000-4000-8000-000000000001';
const USER = 'trader';
const REST_URL = 'http://exchange.virtual/trade-api/v2';
const WS_URL = 'ws://exchange.virtual/trade-api/ws/v2';
export const NEAR: Latency = { baseMs: 5, jitterMs: 3 };

/** Reads nothing unless there is a recording. Throws RECORDING_UNREADABLE. */
export async function createVirtualWorld(options: VirtualWorldOptions): Promise<VirtualWorld> {
  const { seed, settings, flow = { kind: 'synthetic' }, interference = {} } = options;
  const clock = new VirtualClock(await startOf(flow, options.startMs));
  const random = createRandom(seed);
  const exchange = await createEmbedded({
    clocks: { wall: clock, market: clock },
    random: random.split('exchange'),
    flow: flow.kind,
    ...(flow.kind === 'replay' ? { recording: flow.recording, replay: settings.sim } : {}),
    markets: settings.sim.markets,
    openingCash: fromDollars(settings.sim.openingCashDollars),
    accounts: [{ keyId: KEY_ID, publicKey: null, user: USER }],
    ...(options.readDelayMs === undefined ? {} : { readDelayMs: options.readDelayMs }),
    ...(options.faults === undefined ? {} : { faults: options.faults }),
    ...(options.onFault === undefined ? {} : { onFault: options.onFault }),
  });
  clock.standDuring(() => exchange.replay?.pending ?? null);
  exchange.start();

  const line: LineOptions = {
    clock,
    random: random.split('line'),
    request: options.request ?? NEAR,
    response: options.response ?? NEAR,
    stream: options.stream ?? NEAR,
  };
  const interfere = random.split('interference');
  const inner = createHandlerTransport((request) => exchange.server.fetch(request));
  const transport = latentTransport(interference.transport?.(inner, clock, interfere) ?? inner, line);
  const port = createPortSockets((headers, peer) => exchange.server.connect(headers, peer));
  const sockets = latentSockets(interference.sockets?.(port, clock, interfere) ?? port, line);
  const store = new MemoryStore();
  let starts = 0;

  return {
    clock,
    exchange,
    user: USER,
    store,
    async start({ forMs, store: given, haltFile, bystander }) {
      const own = random.split(`trader ${starts++}`);
      const near = bystander?.(() => life.kill()) ?? {};
      const sleep = new VirtualSleep(clock);
      const life = mortal(
        sleep.clock(clock),
        sleep.transport(near.transport?.(transport) ?? transport),
        sleep.sockets(near.sockets?.(sockets) ?? sockets),
      );
      const clocks: Clocks = { wall: life.clock, market: life.clock, monotonicMs: () => clock.monotonicMs() };
      const venue = createKalshiVenue({
        restUrl: REST_URL,
        wsUrl: WS_URL,
        keyId: KEY_ID,
        signer: { sign: fakeSignature },
        transport: life.transport,
        sockets: life.sockets,
        clocks,
        random: own,
        settings: settings.exchange,
      });
      const run = await startTrader({
        clocks,
        random: own,
        venue,
        settings,
        store: given ?? store,
        haltFile: haltFile ?? (() => false),
        log: SILENT,
        mode: flow.kind === 'replay' ? 'replay' : 'sim',
        seed,
        speed: () => 1,
        timeScaled: false,
        startedMs: clock.monotonicMs(),
        forMs,
      });
      // As in real time: there is nothing more to trade on, whether it was played to its end or broke off.
      exchange.recordingEnded?.then(run.marketOver, run.marketOver);
      return { ...run, finished: run.finished.finally(() => venue.close()), kill: life.kill, sleep };
    },
    advance: (byMs, done) => clock.run(clock.now() + byMs, done),
    stop: () => exchange.stop(),
  };
}

async function startOf(flow: WorldFlow, startMs: number | undefined): Promise<UnixMs> {
  if (flow.kind === 'replay') return (await openRecording(flow.recording)).firstMs;
  return unixMs(startMs ?? START_MS);
}

/** Clock, transport and sockets of one process of the trader, until it is killed. */
function mortal(clock: Clock, transport: HttpTransport, sockets: SocketPort) {
  let isAlive = true;
  const open = new Set<Socket>();
  const living: Clock = {
    now: () => clock.now(),
    setTimeout: (callback, delayMs) => clock.setTimeout(() => isAlive && callback(), delayMs),
    clearTimeout: (id) => clock.clearTimeout(id),
  };
  return {
    clock: living,
    transport: {
      send: (request) => (isAlive ? transport.send(request).then((answer) => (isAlive ? answer : never())) : never()),
    } satisfies HttpTransport,
    sockets: {
      open(url, headers) {
        const socket = isAlive ? sockets.open(url, headers) : blank();
        open.add(socket);
        return socket;
      },
    } satisfies SocketPort,
    kill(): void {
      isAlive = false;
      for (const socket of open) {
        socket.close();
        Object.assign(socket, blank());
      }
    },
  };
}

/** A connection of nobody: nothing is said on it, nothing is heard. */
function blank(): Socket {
  const nothing = (): void => undefined;
  return {
    onopen: nothing,
    onmessage: nothing,
    onpong: nothing,
    onerror: nothing,
    onclose: nothing,
    send: nothing,
    ping: nothing,
    close: nothing,
  };
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
