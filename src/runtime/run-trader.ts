/**
 * One run of the trader on one data folder, from opening to the summary. What the world is made of comes in; what is
 * done with it, in which order, and what is left in the end, stands here.
 */
import { createHash } from 'node:crypto';
import { type Clocks, sleep } from '../domain/clock.ts';
import { BothsidesError, EXIT, type ExitCode, exitCodeOf, messageOf } from '../domain/errors.ts';
import { named, type RunId } from '../domain/ids.ts';
import type { Json } from '../domain/json.ts';
import type { Random } from '../domain/random.ts';
import type { Microdollars } from '../domain/units.ts';
import type { Venue } from '../exchange/port.ts';
import type { Settings } from '../settings/schema.ts';
import { Snapshots } from '../store/snapshots.ts';
import type { Store } from '../store/store.ts';
import { StoreJournal } from '../store/store-journal.ts';
import { sampleAccount } from './account-samples.ts';
import type { Log } from './log.ts';
import { openBookmarks } from './stored-sessions.ts';
import { type Summary, summarize } from './summary.ts';
import { DRAIN_CARRY_AFTER_MS, type Ending, TraderRuntime } from './trader-runtime.ts';
import { takeTransfers } from './transfers.ts';

export interface RunOptions {
  readonly clocks: Clocks;
  readonly random: Random;
  readonly venue: Venue;
  readonly settings: Settings;
  readonly store: Store;
  readonly haltFile: () => boolean;
  readonly log: Log;
  readonly mode: string;
  readonly seed: number;
  /** Market milliseconds a wall millisecond. */
  readonly speed: () => number;
  readonly timeScaled: boolean;
  /** Monotonic time at which the process began. */
  readonly startedMs: number;
  /** Market time after which the run winds down by itself; null: never. */
  readonly forMs: number | null;
}

export interface TraderRun {
  readonly runtime: TraderRuntime;
  readonly journal: StoreJournal;
  /** Resolves with the summary, after the journal is closed. Rejects when trading was refused. */
  readonly finished: Promise<Summary>;
  /** A patient end: at most 45 s of market time, and longer only where an order's fate must be waited for. */
  windDown(): void;
  /** There is no market any more, a recording is over: orders are taken back, and positions are left as they are. */
  marketOver(): void;
  /** Cancels, closes sessions carrying, proves; after 8 s of wall time it ends without proof. Twice: at once. */
  stopNow(): void;
  /** Something broke that nobody expected: everything of ours is taken off as by `stopNow`, and the run ends with a fault. */
  panic(error: unknown): void;
  readonly isInControl: () => boolean;
  /** What the run ends for, where that is not what it was told to. */
  readonly fault: () => Error | null;
}

/** On a signal the whole of the stop takes no longer than this, wall time; some of it is kept for closing files. */
const SIGNAL_STOP_MS = 7_000;
/** The last balance is asked for no longer than this, wall time; on a signal within the stop's own time. */
const LAST_CASH_MS = 15_000;
/** What a wind-down takes beyond its patience and the wait for unknown orders, wall time, before it ends without proof. */
const WIND_DOWN_SPARE_MS = 15_000;

export async function startTrader(options: RunOptions): Promise<TraderRun> {
  const { clocks, settings, venue, store } = options;
  const journal = await StoreJournal.open(store, clocks, { writeStallMs: settings.journal.writeStallMs });
  const run = runIdAfter(journal, clocks.wall.now());
  const runtime = new TraderRuntime({
    clocks,
    random: options.random,
    venue,
    settings,
    journal,
    bookmarks: openBookmarks(store, journal),
    checkpoints: new Snapshots(store, journal, 'trader'),
    run,
    haltFile: options.haltFile,
    log: options.log,
    speed: options.speed,
    startedMs: options.startedMs,
  });
  journal.append('run.started', { run, mode: options.mode, seed: options.seed });
  // Settings hold no secrets: those are in the environment.
  journal.append('run.configured', { run, settings: settings as unknown as Json });

  const startedMarketMs = clocks.market.now();
  const wallTimers: unknown[] = [];
  const later = (work: () => void, afterMs: number): void => {
    // A run that is over leaves nothing behind that a process would wait for.
    if (ended) return;
    wallTimers.push(clocks.wall.setTimeout(work, afterMs));
  };
  let fault: Error | null = null;
  let stopBeforeMs: number | null = null;
  let stopCalls = 0;
  let ended = false;

  /** Everything of ours off, within the time of a signal's stop. */
  const stopSoon = (): void => {
    stopBeforeMs ??= clocks.wall.now() + SIGNAL_STOP_MS;
    runtime.drain('carry');
    later(() => runtime.abandon(), stopBeforeMs - clocks.wall.now());
  };
  const windDown = (): void => {
    if (ended) return;
    runtime.drain('soft');
    endAnyway();
  };
  const marketOver = (): void => {
    // A recording also ends because the run did.
    if (ended) return;
    runtime.drain('carry');
    endAnyway();
  };
  const endAnyway = (): void => {
    // Should the market's time stand still, or the exchange never answer, it ends all the same.
    const speed = options.speed();
    const patienceMs = DRAIN_CARRY_AFTER_MS / (speed > 0 ? Math.min(1, speed) : 1);
    later(() => runtime.drain('carry'), patienceMs + WIND_DOWN_SPARE_MS / 3);
    later(() => runtime.abandon(), patienceMs + settings.gateway.stopUnknownWaitMs + WIND_DOWN_SPARE_MS);
  };
  journal.onFailure((error) => {
    // What cannot be remembered must not be done: no new order from here on, what stands is canceled, and we end.
    if (fault === null) {
      const end = 'nothing can be written down any more: no new order, all are taken back, and this run ends';
      options.log.error({ error: messageOf(error) }, end);
    }
    fault ??= error;
    runtime.restrictForGood();
    stopSoon();
  });
  const forTimer = options.forMs === null ? null : clocks.market.setTimeout(windDown, options.forMs);

  const finish = async (): Promise<Summary> => {
    try {
      return await conclude(await runtime.run());
    } finally {
      ended = true;
      clocks.market.clearTimeout(forTimer);
      for (const timer of wallTimers) clocks.wall.clearTimeout(timer);
      runtime.seal();
      runtime.checkpoints.save();
      await closeQuietly(journal, options.log);
    }
  };
  const conclude = async (ending: Ending): Promise<Summary> => {
    if (ending.kind === 'refused') {
      journal.append('run.refused', { error: messageOf(ending.error) });
      throw ending.error;
    }
    const left =
      ending.proof?.left ??
      [...runtime.table.allOpen()].map((row) => `${row.market} ${row.clientOrderId} (${row.state})`);
    const untilMs = stopBeforeMs ?? clocks.wall.now() + LAST_CASH_MS;
    // An exchange that could not prove anything will not tell its balance either.
    const cash = ending.proof === null || stopCalls > 1 ? null : await lastCash(runtime, clocks, untilMs);
    fault ??= ending.fault;
    const exit = exitOf(runtime, { fault, proven: ending.proof !== null, left });
    if (ending.fault !== null)
      options.log.error({ error: ending.fault.stack ?? ending.fault.message }, 'the trader broke');
    for (const order of left) options.log.error({ order }, 'an order may be left at the exchange');
    const summary = summarize(runtime, {
      mode: options.mode,
      seed: options.seed,
      ranForMs: clocks.market.now() - startedMarketMs,
      exit,
      timeScaled: options.timeScaled,
      cash,
      left,
    });
    journal.append('account.sampled', sampleAccount(runtime) as unknown as Json);
    journal.append('run.ended', { exit, left: left.length });
    return summary;
  };

  return {
    runtime,
    journal,
    finished: finish(),
    windDown,
    marketOver,
    stopNow() {
      stopCalls++;
      if (ended) return;
      if (stopCalls > 1) runtime.abandon();
      else stopSoon();
    },
    panic(error) {
      if (ended) return;
      options.log.error({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }, 'a fault');
      if (fault === null) journal.append('run.faulted', { error: messageOf(error) });
      fault ??= error instanceof Error ? error : new Error(messageOf(error));
      runtime.restrictForGood();
      stopSoon();
    },
    fault: () => fault,
    isInControl: () => runtime.inControlMs !== null && !ended,
  };
}

/** Never the same twice: on one folder the journal has grown since, and two folders did not begin in the same moment. */
function runIdAfter(journal: StoreJournal, wallMs: number): RunId {
  const hash = createHash('sha256').update(`${journal.lastSequence} ${journal.hash()} ${wallMs}`).digest('hex');
  return named(`${hash.slice(0, 8)}${journal.lastSequence.toString(36)}`);
}

/** The venue's cash once everything is known; reads may lag behind the last fill, so it is asked again while it differs. */
async function lastCash(runtime: TraderRuntime, clocks: Clocks, untilMs: number): Promise<Microdollars | null> {
  const { venue, log } = runtime.parts;
  let cash: Microdollars | null = null;
  const ask = async (): Promise<void> => {
    for (let round = 0; round < CASH_ROUNDS_MAX && clocks.wall.now() < untilMs; round++) {
      try {
        runtime.accounts.takeFills((await venue.account.fills({})).items);
        await runtime.accounts.readSettlements();
        cash = (await venue.account.balance()).cash;
      } catch (error) {
        log.warn({ error: messageOf(error) }, 'the last balance could not be read');
      }
      if (cash === runtime.ledger.explainedCash()) return;
      if (cash !== null && round > 0) await lookForTransfers(runtime, cash);
      await sleep(clocks.wall, CASH_PAUSE_MS);
    }
  };
  let timer: unknown = null;
  const limit = new Promise<void>((resolve) => {
    timer = clocks.wall.setTimeout(resolve, untilMs - clocks.wall.now());
  });
  await Promise.race([ask(), limit]);
  clocks.wall.clearTimeout(timer);
  return cash;
}

/** Money may have come or gone while we traded. */
async function lookForTransfers({ ledger, parts }: TraderRuntime, cash: Microdollars): Promise<void> {
  try {
    const transfers = await parts.venue.account.transfers();
    const unexplained = (cash - ledger.explainedCash()) as Microdollars;
    if (transfers.complete) takeTransfers(transfers.items, unexplained, { ledger, journal: parts.journal });
  } catch (error) {
    parts.log.warn({ error: messageOf(error) }, 'deposits and withdrawals could not be read');
  }
}

const CASH_ROUNDS_MAX = 8;
const CASH_PAUSE_MS = 250;

function exitOf(
  runtime: TraderRuntime,
  end: { readonly fault: Error | null; readonly proven: boolean; readonly left: readonly string[] },
): ExitCode {
  if (end.left.length > 0 || !end.proven) return EXIT.ordersLeft;
  if (end.fault !== null) return end.fault instanceof BothsidesError ? exitCodeOf(end.fault) : EXIT.fault;
  return runtime.haltedBySwitch ? EXIT.halted : EXIT.done;
}

async function closeQuietly(journal: StoreJournal, log: Log): Promise<void> {
  try {
    await journal.close();
  } catch (error) {
    log.error({ error: messageOf(error) }, 'the journal could not be closed');
  }
}
