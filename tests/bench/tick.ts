/**
 * Tick → approved order, and what the event loop suffers meanwhile: 10,000 frames a second on a real socket, through the
 * client, the feed, signals, quoters, gateway and risk as a trader puts them together, journal on disk included. Orders
 * are answered in this process and nothing is signed.
 *
 * A quoter decides at every change of its book (as it ships, it waits a quarter of a second between two), so each of the
 * 10,000 is a decision. Measured are those that follow from a frame at once: from the first frame of the turn in which
 * the book changed to the approval of each of its orders.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Clocks } from '../../src/domain/clock.ts';
import { type EventTicker, named, type RunId, type Ticker } from '../../src/domain/ids.ts';
import type { Market } from '../../src/domain/market.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import { fromDollars, type UnixMs } from '../../src/domain/units.ts';
import { createWsSockets, type SocketPort } from '../../src/exchange/kalshi/sockets.ts';
import type { HttpTransport } from '../../src/exchange/kalshi/transport.ts';
import { createKalshiVenue } from '../../src/exchange/kalshi/venue.ts';
import { SILENT } from '../../src/runtime/log.ts';
import { quoter } from '../../src/runtime/quoter.ts';
import { createSystemClock } from '../../src/runtime/system-clock.ts';
import { connectTickPlane } from '../../src/runtime/tick-plane.ts';
import { TraderRuntime } from '../../src/runtime/trader-runtime.ts';
import { openLevelStore } from '../../src/store/level-store.ts';
import { Snapshots } from '../../src/store/snapshots.ts';
import { StoreJournal } from '../../src/store/store-journal.ts';
import { withSettings } from '../support/default-settings.ts';
import { marketWith } from '../support/markets.ts';
import { type BenchRow, ceilingRow, type Repeated, ROUNDS, summarize } from './row.ts';
import { type TickVenueOptions, tickerOf } from './socket-protocol.ts';

const VENUE: TickVenueOptions = { markets: 20, framesPerSecond: 10_000 };
const WARM_UP_MS = 4_000;
const ROUND_MS = 2_500;
/** An answer of the venue takes this long. */
const ANSWER_MS = 2;
/** The timer by which Node measures the delay of its loop; what it reports includes it. */
const LOOP_TIMER_MS = 1;
/** Fewer in a round, and its 99th percentile says nothing. */
const SAMPLES_MIN = 300;
/** A machine that cannot send at this pace does not measure it either. */
const PACE_SHARE_MIN = 0.9;

const DAY_MS = 86_400_000;
const FAR_AWAY = 1e9;

const SETTINGS = withSettings({
  quoting: { paceMs: 0 },
  // The venue's frames stand still in time while the processor is elsewhere; nothing here is about lag.
  feed: { lagMedianMsMax: FAR_AWAY },
  risk: {
    marketDollarsMax: FAR_AWAY,
    categoryDollarsMax: FAR_AWAY,
    totalDollarsMax: FAR_AWAY,
    groupShareOfEquity: 1,
    totalShareOfEquity: 1,
    openPositionsMax: 100,
  },
});

/** Takes every order and cancels what it is told to. */
function createAnswers(): HttpTransport {
  let orders = 0;
  const bucket = { refill_rate: FAR_AWAY, bucket_capacity: FAR_AWAY };
  const bodyOf = (method: string, path: string, text: string | null): object => {
    if (method === 'POST') {
      const { count } = JSON.parse(text ?? '{}');
      return { order_id: `order-${++orders}`, fill_count: '0.00', remaining_count: count };
    }
    if (method === 'DELETE') return { order_id: path.split('/').at(-1), reduced_by: '3.00' };
    if (path.endsWith('/account/limits')) return { usage_tier: 'bench', read: bucket, write: bucket };
    return { fills: [], orders: [], settlements: [], cursor: '' };
  };
  return {
    async send(request) {
      request.beforeWrite?.();
      await pause(ANSWER_MS);
      const body = bodyOf(request.method, new URL(request.url).pathname, request.body);
      return { status: request.method === 'POST' ? 201 : 200, body: JSON.stringify(body), date: null };
    },
  };
}

/** Milliseconds, wall and processor of this thread, at one instant. */
interface Instant {
  readonly wallMs: number;
  readonly cpuUs: number;
}

function instant(): Instant {
  const { user, system } = process.threadCpuUsage();
  return { cpuUs: user + system, wallMs: performance.now() };
}

/** Knows when the first frame of the present turn was handed over, and collects what took how long from there. */
class Probe {
  wallUs: number[] = [];
  cpuUs: number[] = [];
  frames = 0;
  #began: Instant | null = null;

  frame(): void {
    this.frames++;
    if (this.#began !== null) return;
    this.#began = instant();
    // The feed asks for its end of the turn after this, in its own microtask: ours comes after it.
    queueMicrotask(() => queueMicrotask(() => this.#end()));
  }

  approved(): void {
    if (this.#began === null) return;
    const now = instant();
    this.wallUs.push((now.wallMs - this.#began.wallMs) * 1000);
    this.cpuUs.push(now.cpuUs - this.#began.cpuUs);
  }

  reset(): void {
    this.wallUs = [];
    this.cpuUs = [];
    this.frames = 0;
  }

  #end(): void {
    this.#began = null;
  }
}

/** Sockets whose frames the probe hears of first. */
function probed(inner: SocketPort, probe: Probe): SocketPort {
  return {
    open: (url, headers) =>
      new Proxy(inner.open(url, headers), {
        set(socket, name, handler) {
          if (name !== 'onmessage') return Reflect.set(socket, name, handler);
          socket.onmessage = (text) => {
            probe.frame();
            handler(text);
          };
          return true;
        },
      }),
  };
}

function benchMarkets(nowMs: number): Market[] {
  return Array.from({ length: VENUE.markets }, (_, index) =>
    marketWith({
      ticker: named<Ticker>(tickerOf(index)),
      event: named<EventTicker>(`KXBENCH-${index >> 2}`),
      closeMs: (nowMs + 30 * DAY_MS) as UnixMs,
    }),
  );
}

/** A trader without its charts: every market is quoted from the beginning. Resolves when it quotes. */
async function quoteEverything(url: string, folder: string, probe: Probe) {
  const system = createSystemClock();
  const clocks: Clocks = { wall: system, market: system, monotonicMs: () => system.monotonicMs() };
  const random = createRandom(1);
  const venue = createKalshiVenue({
    restUrl: 'http://127.0.0.1/trade-api/v2',
    wsUrl: `${url}/trade-api/ws/v2`,
    keyId: 'bench',
    signer: { sign: () => 'unsigned' },
    transport: createAnswers(),
    sockets: probed(createWsSockets(), probe),
    clocks,
    random,
    settings: SETTINGS.exchange,
  });
  const store = await openLevelStore(folder);
  const journal = await StoreJournal.open(store, clocks);
  const runtime = new TraderRuntime({
    clocks,
    random,
    venue,
    settings: SETTINGS,
    journal,
    snapshots: new Snapshots(store, journal),
    run: named<RunId>('bench'),
    haltFile: () => false,
    log: SILENT,
    speed: () => 1,
    startedMs: clocks.monotonicMs(),
  });
  // The trader's own meter is told of every approval; here the probe is.
  runtime.latency.approved = () => probe.approved();
  await venue.account.readLimits();
  runtime.ledger.setOpening(fromDollars(100_000));
  const tickPlane = connectTickPlane(runtime);
  const { markets, gateway, accounts, explanations } = runtime;
  const quoting = {
    clocks,
    settings: SETTINGS,
    markets,
    gateway,
    accounts,
    journal,
    explanations,
    widenCents: () => 0,
  };
  for (const market of benchMarkets(clocks.market.now())) {
    runtime.exposure.describe(market.ticker, market);
    runtime.markets.watch(market);
    tickPlane.add(quoter(quoting, { session: `s-${market.ticker}`, market: market.ticker }).subscribe());
  }
  runtime.feed.prioritise(runtime.feed.watched());
  const isLive = new Promise<void>((resolve) => {
    runtime.feed.facts$.subscribe((fact) => fact.type === 'feed.live' && resolve());
  });
  tickPlane.add(runtime.feed.connection().subscribe());
  runtime.door.open();
  await isLive;
  return {
    runtime,
    async stop(): Promise<void> {
      runtime.door.close();
      tickPlane.unsubscribe();
      await venue.close();
      await journal.close();
      await store.close();
    },
  };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * share)]!;
}

interface TickBench {
  readonly wallUs: Repeated;
  readonly cpuUs: Repeated;
  readonly medianUs: Repeated;
  readonly loopMs: Repeated;
}

async function measure(url: string, folder: string, start: () => void): Promise<TickBench> {
  const probe = new Probe();
  const trader = await quoteEverything(url, folder, probe);
  const rounds: Record<keyof TickBench, number[]> = { wallUs: [], cpuUs: [], medianUs: [], loopMs: [] };
  start();
  await pause(WARM_UP_MS);
  for (let round = 0; round < ROUNDS; round++) {
    probe.reset();
    const loop = monitorEventLoopDelay({ resolution: LOOP_TIMER_MS });
    const startMs = performance.now();
    loop.enable();
    await pause(ROUND_MS);
    loop.disable();
    const pace = (probe.frames * 1000) / (performance.now() - startMs);
    if (pace < VENUE.framesPerSecond * PACE_SHARE_MIN || probe.wallUs.length < SAMPLES_MIN) {
      throw new Error(`${pace.toFixed(0)} frames a second and ${probe.wallUs.length} approvals: nothing to measure`);
    }
    rounds.wallUs.push(percentile(probe.wallUs, 0.99));
    rounds.cpuUs.push(percentile(probe.cpuUs, 0.99));
    rounds.medianUs.push(percentile(probe.wallUs, 0.5));
    rounds.loopMs.push(loop.percentile(99.9) / 1e6 - LOOP_TIMER_MS);
  }
  const { gaps, malformed } = trader.runtime.feed.counts;
  const { rejected, unknown } = trader.runtime.gateway.counts;
  if (gaps + malformed + rejected + unknown > 0) {
    throw new Error(
      `not an ordinary day: ${JSON.stringify([trader.runtime.feed.counts, trader.runtime.gateway.counts])}`,
    );
  }
  await trader.stop();
  return {
    wallUs: summarize(rounds.wallUs),
    cpuUs: summarize(rounds.cpuUs),
    medianUs: summarize(rounds.medianUs),
    loopMs: summarize(rounds.loopMs),
  };
}

export async function benchTick(): Promise<readonly BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bothsides-bench-'));
  const worker = new Worker(new URL('./tick-venue.ts', import.meta.url), { workerData: VENUE });
  try {
    const [port] = (await once(worker, 'message')) as [number];
    const { wallUs, cpuUs, medianUs, loopMs } = await measure(`ws://127.0.0.1:${port}`, join(folder, 'journal'), () =>
      worker.postMessage('pace'),
    );
    const load = `${VENUE.framesPerSecond.toLocaleString('en-US')} messages/s`;
    return [
      ceilingRow(`tick → approved order at ${load}, p50`, 'µs', medianUs, 50),
      ceilingRow(`tick → approved order at ${load}, p99`, 'µs', wallUs, 50),
      ceilingRow(`tick → approved order, processor time, p99`, 'µs', cpuUs, 50),
      ceilingRow(`event-loop lag at ${load}, p99.9`, 'ms', loopMs, 5),
    ];
  } finally {
    await worker.terminate();
    await rm(folder, { recursive: true, force: true });
  }
}
