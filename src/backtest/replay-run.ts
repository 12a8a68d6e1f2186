/** One recording through a virtual world, from its first moment to a proven end, and what came of it. */
import { EMPTY_TALLY, type FinalMoney, type RunTally, tallyOf } from '../analytics/run-tally.ts';
import { assert } from '../domain/assert.ts';
import { BothsidesError, EXIT, type ExitCode, exitCodeOf, messageOf } from '../domain/errors.ts';
import type { JournalEntry } from '../domain/journal.ts';
import { type Microdollars, parseMoney } from '../domain/units.ts';
import type { Embedded } from '../exchange/embedded/embedded.ts';
import type { Summary } from '../runtime/summary.ts';
import type { Settings } from '../settings/schema.ts';
import { CrowdWatch } from './crowd-watch.ts';
import type { Latency } from './virtual-line.ts';
import { createVirtualWorld, type VirtualRun, type VirtualWorld } from './virtual-world.ts';

export interface ReplayJob {
  /** A file or folder, played as one. */
  readonly recording: string;
  readonly settings: Settings;
  /** Of requests, their answers and the stream; as a virtual world has it unless given. */
  readonly latency?: Latency;
}

/** Plain data: it comes from another thread. */
export interface ReplayOutcome {
  readonly recording: string;
  readonly exit: ExitCode;
  /** What went wrong, as a sentence; null when nothing did. */
  readonly failure: string | null;
  /** Market time from the first moment to the end of the wind-down. */
  readonly ranForMs: number;
  /** That the recording told of. */
  readonly markets: number;
  /** Lines of the recording that changed a level. */
  readonly deltas: number;
  readonly ordersCreated: number;
  readonly denied: number;
  readonly rejected: number;
  /** Breaks of a sequence that our feed noticed. */
  readonly gapsSeen: number;
  /** Breaks that the recording has. */
  readonly gapsRecorded: number;
  /** Markets in which we held something when they paid out. */
  readonly settled: number;
  /** Markets in which we still held something. */
  readonly openAtEnd: number;
  /** Cash explained less the exchange's. */
  readonly difference: Microdollars;
  readonly tally: RunTally;
  /** Of the journal: the same for the same recording, settings and seed. */
  readonly journalHash: string;
}

/** Nothing that is recorded is longer, and no wind-down either. */
const LONGEST_MS = 366 * 86_400_000;

/** Never reads more than the recording. Throws RECORDING_UNREADABLE when there is nothing to play, and what the trader throws. */
export async function replayRecording(job: ReplayJob): Promise<ReplayOutcome> {
  const { recording, settings, latency } = job;
  const faults: unknown[] = [];
  const world = await createVirtualWorld({
    seed: settings.sim.seed,
    settings,
    flow: { kind: 'replay', recording },
    ...(latency === undefined ? {} : { request: latency, response: latency, stream: latency }),
    onFault: (error) => faults.push(error),
  });
  try {
    const watch = new CrowdWatch(world.exchange.engine, world.clock.now());
    const crowdEnded = (): void => watch.crowdEnded(world.clock.now());
    world.exchange.recordingEnded?.then(crowdEnded, crowdEnded);
    const run = await world.start({ forMs: null });
    const entries: JournalEntry[] = [];
    run.journal.entries$.subscribe((entry) => entries.push(entry));
    const summary = await ended(world, run);
    if (faults.length > 0) throw faults[0];
    const tally = tallyOf(entries, watch.seen(world.clock.now()), moneyOf(summary));
    const brokeOff = await failureOf(world.exchange);
    return {
      recording,
      exit: brokeOff !== null && summary.exit === EXIT.done ? exitCodeOf(brokeOff) : summary.exit,
      failure: brokeOff === null ? null : messageOf(brokeOff),
      ranForMs: summary.ranForMs,
      ...playedOf(world.exchange),
      ordersCreated: summary.orders.created,
      denied: summary.orders.denied,
      rejected: summary.orders.rejected,
      gapsSeen: summary.feed.gaps,
      settled: entries.filter((entry) => entry.kind === 'market.settled').length,
      openAtEnd: summary.openAtEnd.filter(({ position }) => position !== 0).length,
      difference: money(summary.money.difference),
      tally,
      journalHash: run.journal.hash(),
    };
  } finally {
    world.stop();
  }
}

/** The same, but a run that could not be is an outcome as well, with its exit code: never rejects. */
export async function replayOutcome(job: ReplayJob): Promise<ReplayOutcome> {
  try {
    return await replayRecording(job);
  } catch (error) {
    const isOurs = !(error instanceof BothsidesError) || error.code === 'FAULT';
    const stack = isOurs && error instanceof Error ? error.stack : undefined;
    return {
      recording: job.recording,
      exit: exitCodeOf(error),
      failure: stack ?? messageOf(error),
      ranForMs: 0,
      markets: 0,
      deltas: 0,
      ordersCreated: 0,
      denied: 0,
      rejected: 0,
      gapsSeen: 0,
      gapsRecorded: 0,
      settled: 0,
      openAtEnd: 0,
      difference: 0 as Microdollars,
      tally: EMPTY_TALLY,
      journalHash: '',
    };
  }
}

async function ended(world: VirtualWorld, run: VirtualRun): Promise<Summary> {
  let outcome: { readonly summary: Summary } | { readonly error: unknown } | null = null;
  run.finished.then(
    (summary) => {
      outcome = { summary };
    },
    (error: unknown) => {
      outcome = { error };
    },
  );
  const hasEnded = await world.advance(LONGEST_MS, () => outcome !== null);
  assert(hasEnded, 'a replay ends with its recording');
  const { summary, error } = outcome as unknown as { summary?: Summary; error?: unknown };
  if (summary === undefined) throw error;
  return summary;
}

function playedOf({ replay }: Embedded): Pick<ReplayOutcome, 'markets' | 'deltas' | 'gapsRecorded'> {
  assert(replay !== null, 'a replay has a recording');
  const { markets, deltas, gaps } = replay.stats;
  return { markets: markets.length, deltas, gapsRecorded: gaps };
}

/** How the recording ended: null where it was played to its end. */
async function failureOf({ recordingEnded }: Embedded): Promise<unknown> {
  return (recordingEnded ?? Promise.resolve()).then(
    () => null,
    (error: unknown) => error,
  );
}

function moneyOf({ money: { realizedPnl, unrealizedPnl, fees } }: Summary): FinalMoney {
  return { realizedPnl: money(realizedPnl), unrealizedPnl: money(unrealizedPnl), fees: money(fees) };
}

function money(text: string): Microdollars {
  const amount = parseMoney(text);
  if (amount === null) throw new BothsidesError('FAULT', `A summary holds no money: ${text}`);
  return amount;
}
