/**
 * What it costs quoting when somebody looks: tick → approved order as in `tick`, at three fifths of its pace, beside a hundred
 * charts that take ten transitions a second each, with nobody, one and ten who watch all of it. Viewers come and go in
 * turns, so that a slow moment of the machine hits all of them; they run in a thread of their own. What the quoting
 * thread works more is read off its own time, which others on the machine do not change.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { PARTS } from '../../src/console/parts.ts';
import { type Console, openConsole } from '../../src/console/server.ts';
import { SILENT } from '../../src/runtime/log.ts';
import type { TraderRun } from '../../src/runtime/run-trader.ts';
import { createSystemClock } from '../../src/runtime/system-clock.ts';
import { startSessions } from '../support/many-sessions.ts';
import { type BenchTrader, benchMarket } from './bench-trader.ts';
import type { Looking, Told } from './console-viewers.ts';
import { type BenchRow, ceilingRow, compared, ROUNDS, ratioRow, summarize } from './row.ts';
import type { TickVenueOptions } from './socket-protocol.ts';
import {
  Control,
  LOOP_TIMER_MS,
  Probe,
  percentile,
  quoteEverything,
  SAMPLES_MIN,
  VENUE as TICK_VENUE,
  WARM_UP_MS,
} from './tick.ts';

const VENUE: TickVenueOptions = { markets: TICK_VENUE.markets, framesPerSecond: 6_000 };
const SESSIONS = 100;
const TRANSITIONS_PER_SECOND = 10;
const BEAT_MS = 10;
const VIEWERS = [0, 1, 10] as const;
/** Whoever came has been told of everybody by then. */
const SETTLE_MS = 1_000;
const ROUND_MS = 4_000;

/** Time in which this thread worked, milliseconds. */
function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

interface Seen {
  readonly p50Us: number[];
  readonly p99Us: number[];
  readonly loopMs: number[];
  /** Milliseconds a second in which the quoting thread worked. */
  readonly busyMs: number[];
  messages: number;
  lost: number;
}

function openFor(trader: BenchTrader): Promise<Console> {
  const wall = createSystemClock();
  return openConsole({
    host: '127.0.0.1',
    port: 0,
    onTaken: 'refuse',
    clocks: { wall, market: wall, monotonicMs: () => wall.monotonicMs() },
    log: SILENT,
    run: () => ({ id: 'bench', mode: 'sim', seed: 1, pid: process.pid, startedWallMs: 0, readOnly: false }),
    speed: () => 1,
    state: () => null,
    isHealthy: () => true,
    token: 'bench',
    parts: PARTS,
  }).then((web) => {
    // Of a run the console asks for no more than its runtime and journal.
    web.attach({ past: trader.journal, live: { runtime: trader.runtime, journal: trader.journal } as TraderRun });
    return web;
  });
}

/** The charts of a busy day, on the register and the journal of this trader. */
function startCharts(trader: BenchTrader): () => void {
  const clock = trader.runtime.parts.clocks.market;
  const tickers = Array.from({ length: SESSIONS }, (_, index) => String(benchMarket(index, clock.now()).ticker));
  const sessions = startSessions(SESSIONS, { clock, inspect: trader.runtime.register.inspect, tickers });
  let next = 0;
  const timer = setInterval(() => {
    for (let due = (SESSIONS * TRANSITIONS_PER_SECOND * BEAT_MS) / 1_000; due > 0; due--)
      sessions.toggle(next++ % SESSIONS);
  }, BEAT_MS);
  return () => {
    clearInterval(timer);
    sessions.stop();
  };
}

async function measure(url: string, folder: string, looking: Worker, start: () => void) {
  const probe = new Probe();
  const trader = await quoteEverything(`${url}/trade-api/ws/v2`, folder, probe);
  const web = await openFor(trader);
  const stopCharts = startCharts(trader);
  const seen = new Map<number, Seen>(
    VIEWERS.map((viewers) => [viewers, { p50Us: [], p99Us: [], loopMs: [], busyMs: [], messages: 0, lost: 0 }]),
  );
  const letLook = async (viewers: number): Promise<Told> => {
    looking.postMessage({ url: web.url, viewers } satisfies Looking);
    const [told] = (await once(looking, 'message')) as [Told];
    return told;
  };
  start();
  await pause(WARM_UP_MS);
  const control = new Control();
  for (let round = 0; round < ROUNDS; round++) {
    for (const viewers of VIEWERS) {
      const found = seen.get(viewers)!;
      await letLook(viewers);
      await pause(SETTLE_MS);
      probe.reset();
      const beganMs = performance.now();
      const workedMs = threadMs();
      const loop = monitorEventLoopDelay({ resolution: LOOP_TIMER_MS });
      loop.enable();
      await pause(ROUND_MS);
      loop.disable();
      found.busyMs.push(((threadMs() - workedMs) * 1_000) / (performance.now() - beganMs));
      if (probe.samples.length < SAMPLES_MIN) throw new Error(`Only ${probe.samples.length} approvals in a round`);
      found.p50Us.push(percentile(probe.samples, 0.5));
      found.p99Us.push(percentile(probe.samples, 0.99));
      found.loopMs.push(loop.percentile(99.9) / 1e6 - LOOP_TIMER_MS);
      const told = await letLook(0);
      found.messages += told.messages;
      found.lost += told.lost;
    }
  }
  const doubt = control.stop();
  stopCharts();
  await web.close();
  await trader.stop();
  return { seen, doubt };
}

export async function benchConsole(): Promise<readonly BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bothsides-bench-'));
  const venue = new Worker(new URL('./tick-venue.ts', import.meta.url), { workerData: VENUE });
  const looking = new Worker(new URL('./console-viewers.ts', import.meta.url));
  try {
    const [port] = (await once(venue, 'message')) as [number];
    const { seen, doubt } = await measure(`ws://127.0.0.1:${port}`, join(folder, 'journal'), looking, () =>
      venue.postMessage('pace'),
    );
    const [nobody, one, ten] = VIEWERS.map((viewers) => seen.get(viewers)!) as [Seen, Seen, Seen];
    const perSecond = (found: Seen) =>
      Math.round((found.messages * 1_000) / (ROUNDS * (ROUND_MS + SETTLE_MS))).toLocaleString('en-US');
    const row = (name: string, what: 'p50Us' | 'p99Us', found: Seen, budget: number): BenchRow => ({
      ...ratioRow(name, 'µs', compared(found[what], nobody[what]), budget, 'atMost'),
      doubt,
    });
    const more = (found: Seen) => summarize(found.busyMs.map((busyMs, round) => busyMs - nobody.busyMs[round]!));
    return [
      row(
        `tick → order beside 100 charts, p50: one watches (${perSecond(one)} messages/s) ÷ nobody`,
        'p50Us',
        one,
        1.05,
      ),
      row('the same, p99', 'p99Us', one, 1.1),
      row(`ten watch (${perSecond(ten)} messages/s, ${ten.lost} left out) ÷ nobody, p50`, 'p50Us', ten, 1.05),
      row('the same, p99', 'p99Us', ten, 1.1),
      ceilingRow('time of the quoting thread that one who watches takes', 'ms/s', more(one), 120),
      ceilingRow('ten who watch', 'ms/s', more(ten), 150),
      { ...ceilingRow('event-loop lag while nobody watches, p99.9', 'ms', summarize(nobody.loopMs), 5), doubt },
      { ...ceilingRow('while ten watch', 'ms', summarize(ten.loopMs), 5), doubt },
    ];
  } finally {
    await venue.terminate();
    await looking.terminate();
    await rm(folder, { recursive: true, force: true });
  }
}
