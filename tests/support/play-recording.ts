/** A recording played from end to end in an engine of its own, as fast as it can be read. */
import type { Ticker } from '../../src/domain/ids.ts';
import { ManualClock } from '../../src/domain/manual-clock.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import type { Centicents } from '../../src/domain/units.ts';
import { type AuditedEngine, createEngine } from '../../src/exchange/embedded/engine.ts';
import { CAUTIOUS, type QueueSettings } from '../../src/exchange/embedded/flow/queue-model.ts';
import type { RecordedLine } from '../../src/exchange/embedded/flow/recorded-line.ts';
import { openRecording } from '../../src/exchange/embedded/flow/recording.ts';
import { createReplayFlow, type ReplayStats } from '../../src/exchange/embedded/flow/replay.ts';
import { SERIES } from './replay.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

export interface Played {
  readonly stats: ReplayStats;
  readonly engine: AuditedEngine;
}

export interface PlayOptions {
  readonly queue?: QueueSettings;
  readonly onEngine?: (engine: AuditedEngine, clock: ManualClock) => void;
  readonly onPlayed?: (line: RecordedLine, engine: AuditedEngine) => void;
}

/** Rejects with what the recording was broken off by. */
export async function playRecording(path: string, options: PlayOptions = {}): Promise<Played> {
  const recording = await openRecording(path);
  const clock = new ManualClock(recording.firstMs);
  const random = createRandom(1);
  const engine = createEngine({ market: clock, random: random.split('engine') });
  options.onEngine?.(engine, clock);
  const flow = createReplayFlow({
    ...recording,
    engine,
    market: clock,
    random,
    settings: { ...(options.queue ?? CAUTIOUS), series: SERIES },
    onPlayed: (line) => options.onPlayed?.(line, engine),
  });
  let isOver = false;
  const over = flow.done.finally(() => {
    isOver = true;
  });
  over.catch(() => undefined);
  flow.start();
  while (!isOver) {
    while (flow.pending !== null) await flow.pending;
    const next = clock.nextDueMs;
    if (next === null) await turn();
    else clock.advanceTo(next);
    // The end is told in a microtask; what would come after it is not part of the recording.
    for (let step = 0; step < 4; step++) await null;
  }
  await over;
  return { stats: flow.stats, engine };
}

export interface TouchCount {
  /** Tickers with both sides while the replayed book has both. */
  looks: number;
  /** Of those, both sides within this of the book. */
  near: number;
}
const NEAR: Centicents = 200 as Centicents;

/** Counts at each ticker that the recording has whether the engine's touch is its touch. */
export function touchCounter(): { readonly count: TouchCount; look(line: RecordedLine, engine: AuditedEngine): void } {
  const count: TouchCount = { looks: 0, near: 0 };
  return {
    count,
    look({ entry }, engine) {
      if (entry.type !== 'ticker' || entry.bid === null || entry.ask === null) return;
      const [bid, ask] = touchOf(engine, entry.market);
      if (bid === null || ask === null) return;
      count.looks++;
      if (Math.abs(bid - entry.bid) <= NEAR && Math.abs(ask - entry.ask) <= NEAR) count.near++;
    },
  };
}

function touchOf(engine: AuditedEngine, market: Ticker): [Centicents | null, Centicents | null] {
  if (engine.market(market) === null) return [null, null];
  return [engine.bestBid(market)?.[0] ?? null, engine.bestAsk(market)?.[0] ?? null];
}
