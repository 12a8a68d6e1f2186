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
import { createWsSockets, type SocketPort } from '../../src/exchange/kalshi/sockets.ts';
import { createSystemClock } from '../../src/runtime/system-clock.ts';
import { openLevelStore } from '../../src/store/level-store.ts';
import { type BenchTrader, benchMarket, createBenchTrader } from './bench-trader.ts';
import { type BenchRow, ceilingRow, type Repeated, ROUNDS, summarize } from './row.ts';
import type { TickVenueOptions } from './socket-protocol.ts';

export const VENUE: TickVenueOptions = { markets: 20, framesPerSecond: 10_000 };
export const WARM_UP_MS = 4_000;
export const ROUND_MS = 2_500;
/** The timer by which Node measures the delay of its loop; what it reports includes it. */
export const LOOP_TIMER_MS = 1;
/** A piece of arithmetic of about this length is timed beside everything; when even that takes long, others do it. */
const CONTROL_US = 25;
const CONTROL_EVERY_MS = 5;
/** A machine whose control takes so many times its own usual time at the 99th percentile cannot show ours. */
const CONTROL_STRETCH_MAX = 1.5;
/** Fewer in a round, and its 99th percentile says nothing. */
export const SAMPLES_MIN = 100;
/** A machine that cannot send at this pace does not measure it either. */
const PACE_SHARE_MIN = 0.9;

/** Knows when the first frame of the present turn was handed over, and collects what took how long from there. */
export class Probe {
  /** Microseconds to each approval. */
  samples: number[] = [];
  frames = 0;
  #beganMs: number | null = null;

  frame(): void {
    this.frames++;
    if (this.#beganMs !== null) return;
    this.#beganMs = performance.now();
    // The feed asks for its end of the turn after this, in its own microtask: ours comes after it.
    queueMicrotask(() => queueMicrotask(() => this.#end()));
  }

  approved(): void {
    if (this.#beganMs !== null) this.samples.push((performance.now() - this.#beganMs) * 1000);
  }

  reset(): void {
    this.samples = [];
    this.frames = 0;
  }

  #end(): void {
    this.#beganMs = null;
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

export async function quoteEverything(wsUrl: string, folder: string, probe: Probe): Promise<BenchTrader> {
  const system = createSystemClock();
  const clocks: Clocks = { wall: system, market: system, monotonicMs: () => system.monotonicMs() };
  const store = await openLevelStore(folder);
  const trader = await createBenchTrader({ clocks, sockets: probed(createWsSockets(), probe), wsUrl, store });
  // The trader's own meter is told of every approval; here the probe is.
  trader.runtime.latency.approved = () => probe.approved();
  const listed = Array.from({ length: VENUE.markets }, (_, index) => benchMarket(index, system.now()));
  for (const market of listed) trader.runtime.markets.watch(market);
  await trader.connect();
  for (const market of listed) trader.quote(market);
  return trader;
}

function arithmetic(rounds: number): number {
  let sum = 0;
  for (let round = 0; round < rounds; round++) sum = (sum * 31 + round) | 0;
  return sum;
}

/** What a fixed piece of work takes from the wall clock while everything else goes on; it allocates and waits for nothing. */
export class Control {
  readonly #rounds: number;
  readonly #samples: number[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor() {
    arithmetic(1e6);
    const leastMs = Math.min(...Array.from({ length: 50 }, () => Control.#time(1e5)));
    this.#rounds = Math.round((1e5 * CONTROL_US) / (leastMs * 1000));
    this.#timer = setInterval(() => this.#samples.push(Control.#time(this.#rounds) * 1000), CONTROL_EVERY_MS);
  }

  static #time(rounds: number): number {
    const startMs = performance.now();
    arithmetic(rounds);
    return performance.now() - startMs;
  }

  /** Ends it; why the machine cannot be trusted, or null. */
  stop(): string | null {
    clearInterval(this.#timer);
    const p99Us = percentile(this.#samples, 0.99);
    if (p99Us <= CONTROL_US * CONTROL_STRETCH_MAX) return null;
    return `the machine is busy: ${CONTROL_US} µs of bare arithmetic took ${Math.round(p99Us)} µs (p99) at the same time`;
  }
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * share)]!;
}

interface TickBench {
  readonly p50Us: Repeated;
  readonly p99Us: Repeated;
  readonly loopMs: Repeated;
  readonly doubt: string | null;
}

async function measure(url: string, folder: string, start: () => void): Promise<TickBench> {
  const probe = new Probe();
  const trader = await quoteEverything(`${url}/trade-api/ws/v2`, folder, probe);
  const p50Us: number[] = [];
  const p99Us: number[] = [];
  const loopMs: number[] = [];
  let slowest = Number.POSITIVE_INFINITY;
  start();
  await pause(WARM_UP_MS);
  const control = new Control();
  for (let round = 0; round < ROUNDS; round++) {
    probe.reset();
    const loop = monitorEventLoopDelay({ resolution: LOOP_TIMER_MS });
    const startMs = performance.now();
    loop.enable();
    await pause(ROUND_MS);
    loop.disable();
    const pace = (probe.frames * 1000) / (performance.now() - startMs);
    slowest = Math.min(slowest, pace);
    if (probe.samples.length < SAMPLES_MIN) throw new Error(`Only ${probe.samples.length} approvals in a round`);
    p50Us.push(percentile(probe.samples, 0.5));
    p99Us.push(percentile(probe.samples, 0.99));
    loopMs.push(loop.percentile(99.9) / 1e6 - LOOP_TIMER_MS);
  }
  const stretched = control.stop();
  const isSlow = slowest < VENUE.framesPerSecond * PACE_SHARE_MIN;
  const doubt = isSlow ? `the machine is busy: only ${Math.round(slowest)} messages/s came through` : stretched;
  const { feed, gateway } = trader.runtime;
  if (feed.counts.gaps + feed.counts.malformed + gateway.counts.rejected + gateway.counts.unknown > 0) {
    throw new Error(`Not an ordinary day: ${JSON.stringify([feed.counts, gateway.counts])}`);
  }
  await trader.stop();
  return { p50Us: summarize(p50Us), p99Us: summarize(p99Us), loopMs: summarize(loopMs), doubt };
}

export async function benchTick(): Promise<readonly BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bothsides-bench-'));
  const worker = new Worker(new URL('./tick-venue.ts', import.meta.url), { workerData: VENUE });
  try {
    const [port] = (await once(worker, 'message')) as [number];
    const { p50Us, p99Us, loopMs, doubt } = await measure(`ws://127.0.0.1:${port}`, join(folder, 'journal'), () =>
      worker.postMessage('pace'),
    );
    const load = `${VENUE.framesPerSecond.toLocaleString('en-US')} messages/s`;
    return [
      { ...ceilingRow(`tick → approved order at ${load}, p99`, 'µs', p99Us, 50), doubt },
      { ...ceilingRow('the same, p50', 'µs', p50Us, 50), doubt },
      { ...ceilingRow(`event-loop lag at ${load}, p99.9`, 'ms', loopMs, 5), doubt },
    ];
  } finally {
    await worker.terminate();
    await rm(folder, { recursive: true, force: true });
  }
}
