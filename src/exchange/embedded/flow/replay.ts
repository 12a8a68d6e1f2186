/**
 * Plays a recording on the market clock: each line at its receive time. Lines are read a few seconds ahead, so that
 * trades are known when they happen (see trade-inference.ts) and a slow disk delays nothing.
 */
import type { Clock } from '../../../domain/clock.ts';
import type { Ticker } from '../../../domain/ids.ts';
import type { Random } from '../../../domain/random.ts';
import { type Centicents, DOLLAR, type UnixMs } from '../../../domain/units.ts';
import type { Engine } from '../model.ts';
import type { Flow } from './flow.ts';
import { FlowTimers } from './flow-timers.ts';
import { uuidOf } from './market-id.ts';
import { listingOf } from './recorded-catalogue.ts';
import type { RecordedLine, RecordedTicker, RecordedWatch } from './recorded-line.ts';
import type { Recording } from './recording.ts';
import { type ReplayCounts, ReplayedMarket } from './replayed-market.ts';
import { LOOK_AHEAD_MS, type Planned, TradeInference } from './trade-inference.ts';

/** Read on when less than this is ahead, so that reading is done before playing needs it, however fast time runs. */
const READ_AHEAD_MS = 60_000;
/** Bounds memory when a recording is denser than any seen (450 lines a second). */
const LINES_AHEAD_MAX = 100_000;
/** Lines played before others get a turn. */
const LINES_A_TURN_MAX = 500;
/** Where the recording does not say when a market was settled: as long after the close as venues take. */
const SETTLE_AFTER_MS = 6_000;

export interface ReplayOptions extends Pick<Recording, 'firstMs' | 'lines' | 'settlements'> {
  readonly engine: Engine;
  /** Starts at `firstMs`, or where the recording is to be entered: what was received before is played at once. */
  readonly market: Clock;
  readonly random: Random;
}

export interface ReplayStats extends Readonly<ReplayCounts> {
  readonly markets: readonly Ticker[];
  /** Their close is the end of them: no result was recorded. */
  readonly marketsWithoutResult: readonly Ticker[];
}

export interface ReplayFlow extends Flow {
  readonly firstMs: UnixMs;
  /** Every line was played, or `stop` was called. Rejects with RECORDING_UNREADABLE where the recording breaks off. */
  readonly done: Promise<void>;
  readonly stats: ReplayStats;
  /**
   * Not null while lines are being read: a clock that goes from entry to entry waits for it before it goes on, so that
   * what is played, and in which turn, depends on no disk's pace. Never rejects. Ask again afterwards.
   */
  readonly pending: Promise<void> | null;
}

interface Watched {
  readonly replayed: ReplayedMarket;
  readonly inference: TradeInference;
  firstTicker: RecordedTicker | null;
}

export function createReplayFlow(options: ReplayOptions): ReplayFlow {
  const { engine, market, settlements } = options;
  const random = options.random.split('replay');
  const counts: ReplayCounts = {
    lines: 0,
    snapshots: 0,
    deltas: 0,
    tickers: 0,
    traded: 0,
    filledAccounts: 0,
    gaps: 0,
    impossible: 0,
    ignored: 0,
  };
  const watched = new Map<Ticker, Watched>();
  const listed: Ticker[] = [];
  const withoutResult: Ticker[] = [];
  const sequences = new Map<number, number>();
  const timers = new FlowTimers(market);
  const lines = options.lines[Symbol.asyncIterator]();
  let ahead: Planned[] = [];
  let next = 0;
  let reading: Promise<void> | null = null;
  let isRead = false;
  let isStopped = false;
  let isScheduled = false;
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  // Who does not wait for the end must not die of it.
  done.catch(() => undefined);
  const subscription = engine.events.subscribe((event) => {
    if (event.type === 'lifecycle' && event.change === 'activated') watched.get(event.market)?.replayed.fallBehind();
  });

  function stop(): void {
    if (isStopped) return;
    isStopped = true;
    timers.stop();
    subscription.unsubscribe();
    ahead = [];
    // A file may be open behind it; a failure to close it changes nothing any more.
    lines.return?.().catch(() => undefined);
    resolve();
  }

  function watchedOf(ticker: Ticker): Watched {
    const known = watched.get(ticker);
    if (known !== undefined) return known;
    const made: Watched = {
      replayed: new ReplayedMarket(engine, ticker, counts),
      inference: new TradeInference(),
      firstTicker: null,
    };
    watched.set(ticker, made);
    return made;
  }

  // Reading.

  function lastAheadMs(): number {
    return ahead.at(-1)?.line.recvMs ?? Number.NEGATIVE_INFINITY;
  }
  function wantsMore(): boolean {
    if (isStopped || isRead || ahead.length - next >= LINES_AHEAD_MAX) return false;
    const head = ahead[next];
    return head === undefined || lastAheadMs() - Math.max(market.now(), head.line.recvMs) < READ_AHEAD_MS;
  }
  /** Only when what will be known about it is known: what is played then depends on no disk's pace. */
  function isPlayable(planned: Planned): boolean {
    return isRead || lastAheadMs() - planned.line.recvMs >= LOOK_AHEAD_MS || ahead.length - next >= LINES_AHEAD_MAX;
  }

  function read(): void {
    if (reading === null && wantsMore()) reading = readOn();
  }

  async function readOn(): Promise<void> {
    try {
      while (wantsMore()) {
        const line = await lines.next();
        if (line.done === true) isRead = true;
        else plan(line.value);
      }
    } catch (error) {
      if (!isStopped) {
        reject(error);
        stop();
      }
    } finally {
      reading = null;
    }
    schedule();
  }

  function plan(line: RecordedLine): void {
    const planned: Planned = { line, traded: 0, print: null, played: false };
    ahead.push(planned);
    if (line.entry.type === 'other') return;
    const state = watchedOf(line.entry.market);
    if (line.entry.type === 'ticker') state.firstTicker ??= line.entry;
    state.inference.plan(planned);
  }

  // Playing.

  function schedule(): void {
    if (isStopped || isScheduled) return;
    const head = ahead[next];
    if (head === undefined) {
      if (isRead) resolve();
      return;
    }
    if (!isPlayable(head)) return;
    isScheduled = true;
    timers.at(head.line.recvMs, play);
  }

  function play(): void {
    isScheduled = false;
    const now = market.now();
    for (let count = 0; count < LINES_A_TURN_MAX; count++) {
      const head = ahead[next];
      if (head === undefined || head.line.recvMs > now || !isPlayable(head)) break;
      next++;
      playLine(head);
    }
    if (next > 1_000 && next * 2 > ahead.length) {
      ahead = ahead.slice(next);
      next = 0;
    }
    schedule();
    read();
  }

  function playLine(planned: Planned): void {
    const { line } = planned;
    const { entry } = line;
    planned.played = true;
    counts.lines++;
    if (line.gap !== undefined) breakOff();
    if (entry.type === 'other') return;
    if (entry.type === 'watch') {
      list(entry);
      return;
    }
    const { replayed } = watchedOf(entry.market);
    if (entry.type === 'snapshot') {
      counts.snapshots++;
      follow(entry.subscription, entry.sequence);
      replayed.snapshot(entry);
    } else if (entry.type === 'delta') {
      counts.deltas++;
      follow(entry.subscription, entry.sequence);
      replayed.delta(entry, planned.traded);
    } else if (entry.type === 'ticker') {
      counts.tickers++;
    }
    if (planned.print !== null) replayed.print(planned.print);
  }

  /** Something is missing: no book is known until its next snapshot, and subscriptions number anew. */
  function breakOff(): void {
    for (const { replayed } of watched.values()) replayed.void();
    sequences.clear();
  }

  function follow(subscriptionId: number, sequence: number): void {
    const before = sequences.get(subscriptionId);
    if (before !== undefined && sequence !== before + 1 && sequence !== 1) counts.gaps++;
    sequences.set(subscriptionId, sequence);
  }

  function list(watch: RecordedWatch): void {
    const known = engine.market(watch.market);
    if (known !== null) {
      if (known.status === 'active' && known.listed.closeMs !== watch.closeMs)
        engine.moveClose(watch.market, watch.closeMs);
      return;
    }
    const { firstTicker } = watchedOf(watch.market);
    const listing = listingOf(watch, firstTicker, uuidOf(random.split(watch.market)), market.now());
    if (engine.series(listing.series.ticker) === null) engine.addSeries(listing.series);
    if (engine.event(listing.event.ticker) === null) engine.addEvent(listing.event);
    engine.addMarket(listing.market);
    listed.push(watch.market);
    settleLater(watch);
  }

  function settleLater(watch: RecordedWatch): void {
    const settlement = settlements.get(watch.market);
    if (settlement === undefined) {
      withoutResult.push(watch.market);
      return;
    }
    const atMs = Math.max(settlement.settledMs ?? watch.closeMs + SETTLE_AFTER_MS, watch.closeMs + 1_000);
    const value = settlement.result === 'yes' ? DOLLAR : (0 as Centicents);
    timers.at(atMs, function settle() {
      const state = engine.market(watch.market);
      if (state === null) return;
      if (state.status === 'closed') engine.determine(watch.market, settlement.result, value);
      // Its close was moved after it had been recorded.
      else if (state.status === 'active' || state.status === 'inactive')
        timers.at(Math.max(market.now(), state.listed.closeMs) + 1_000, settle);
    });
  }

  return {
    firstMs: options.firstMs,
    done,
    get stats() {
      return { ...counts, markets: listed, marketsWithoutResult: withoutResult };
    },
    get pending() {
      return isStopped ? null : reading;
    },
    start: () => read(),
    stop,
  };
}
