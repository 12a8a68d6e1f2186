/**
 * Plays a recording on the market clock: each line at its receive time. Lines are read a few seconds ahead, so that
 * trades are known when they happen (see trade-inference.ts) and a slow disk delays nothing.
 *
 * Where the recording lacks something (a break in a subscription's numbering, another connection, lines that were dropped)
 * the books concerned are lost until their next snapshot, from the moment on from which something may be missing. When the last line is played the exchange pauses trading: there
 * is nobody left to trade with, and what accounts hold is theirs until its market's own end.
 */
import type { Clock } from '../../../domain/clock.ts';
import type { Ticker } from '../../../domain/ids.ts';
import type { Random } from '../../../domain/random.ts';
import type { UnixMs } from '../../../domain/units.ts';
import type { Engine } from '../model.ts';
import type { Flow } from './flow.ts';
import { FlowTimers } from './flow-timers.ts';
import { CAUTIOUS, type QueueSettings, queueModelOf } from './queue-model.ts';
import { PLAIN_SERIES, type SeriesTable } from './recorded-catalogue.ts';
import type { RecordedEntry, RecordedLine, RecordedTicker } from './recorded-line.ts';
import { RecordedMarkets } from './recorded-markets.ts';
import { RecordedNumbering } from './recorded-numbering.ts';
import type { Recording } from './recording.ts';
import type { ReplayPace } from './replay-pace.ts';
import { type ReplayCounts, ReplayedMarket, zeroCounts } from './replayed-market.ts';
import { LOOK_AHEAD_MS, type Planned, TradeInference } from './trade-inference.ts';

/** Read on when less than this is ahead, so that reading is done before playing needs it, however fast time runs. */
const READ_AHEAD_MS = 60_000;
/** A hole shows with the first line behind it, so far behind its beginning at most. More than trades are looked ahead for. */
const PLAYABLE_AHEAD_MS = 2 * LOOK_AHEAD_MS;
/** Bounds memory when a recording is denser than any seen (450 lines a second). */
const LINES_AHEAD_MAX = 100_000;
/** Lines played before others get a turn. */
const LINES_A_TURN_MAX = 500;
/** Markets that a recording speaks of this soon after one another are announced, and waited for, together. */
const MOMENT_MS = 1_000;
/** Between recordings that follow each other nothing happens: time goes on just before the next one where it is longer off. */
const SKIPPED_MS_MIN = 30_000;
const SKIP_SHORT_OF_MS = 1_000;

/** How a recording is played. */
export interface ReplaySettings extends QueueSettings {
  readonly series: SeriesTable;
}

export interface ReplayOptions extends Pick<Recording, 'firstMs' | 'lines' | 'settlements'> {
  readonly engine: Engine;
  /** Starts at `firstMs`, or where the recording is to be entered: what was received before is played at once. */
  readonly market: Clock;
  readonly random: Random;
  /** Risk-averse, and one plain listing for all markets, unless given. */
  readonly settings?: ReplaySettings;
  /** Absent where the clock is somebody else's: then nothing waits and nothing is skipped. */
  readonly pace?: ReplayPace;
  /** Told of each line just after it was played, in the same turn. */
  readonly onPlayed?: (line: RecordedLine) => void;
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

type OfMarket = Exclude<RecordedEntry, { readonly type: 'other' }>;

interface Watched {
  readonly replayed: ReplayedMarket;
  readonly inference: TradeInference;
  firstTicker: RecordedTicker | null;
}

export function createReplayFlow(options: ReplayOptions): ReplayFlow {
  const { engine, market, pace } = options;
  const settings = options.settings ?? { ...CAUTIOUS, series: PLAIN_SERIES };
  const aheadOf = queueModelOf(settings);
  const counts = zeroCounts();
  const watched = new Map<Ticker, Watched>();
  const numbering = new RecordedNumbering();
  const timers = new FlowTimers(market);
  const markets = new RecordedMarkets({
    engine,
    market,
    timers,
    random: options.random.split('replay'),
    settlements: options.settlements,
    series: settings.series,
  });
  const lines = options.lines[Symbol.asyncIterator]();
  let ahead: Planned[] = [];
  let next = 0;
  let lastPlayedMs: number = options.firstMs;
  let reading: Promise<void> | null = null;
  let isRead = false;
  /** It cannot be read any further: it is played to there. */
  let brokenOff: { readonly error: unknown } | null = null;
  let isStopped = false;
  let isScheduled = false;
  let hasBegun = false;
  /** Somebody is waited for, or time is being skipped. */
  let isStanding = false;
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

  /** Nothing more is known: trading pauses, and results that are known are still paid when their markets close. */
  function end(error: unknown = null): void {
    if (isStopped) return;
    engine.setTradingActive(false);
    if (error === null) resolve();
    else reject(error);
  }

  function watchedOf(ticker: Ticker): Watched {
    const known = watched.get(ticker);
    if (known !== undefined) return known;
    const made: Watched = {
      replayed: new ReplayedMarket(engine, ticker, counts, aheadOf),
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
    return isRead || lastAheadMs() - planned.line.recvMs >= PLAYABLE_AHEAD_MS || ahead.length - next >= LINES_AHEAD_MAX;
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
      brokenOff = { error };
      isRead = true;
    } finally {
      reading = null;
    }
    schedule();
  }

  function plan(line: RecordedLine): void {
    const gapsBefore = numbering.gaps;
    const lost = lostBefore(line);
    const isGap = numbering.gaps > gapsBefore;
    if (isGap) loseSince(line, lost);
    const planned: Planned = { line, lost, lostAfter: [], isGap, traded: 0, print: null, played: false };
    ahead.push(planned);
    for (const ticker of lost) watchedOf(ticker).inference.lose();
    const { entry } = line;
    if (entry.type === 'other') return;
    const state = watchedOf(entry.market);
    if (entry.type === 'ticker') state.firstTicker ??= entry;
    state.inference.plan(planned);
  }

  /** The markets whose books are not known any more because of what is missing before this line. */
  function lostBefore({ gap, entry }: RecordedLine): readonly Ticker[] {
    if (gap !== undefined) numbering.restart();
    const lost = gap === undefined ? [] : [...watched.keys()];
    if (!('sequence' in entry) || entry.sequence === undefined || entry.subscription === undefined) return lost;
    const missed = numbering.follow(entry.subscription, entry.sequence, 'market' in entry ? entry.market : null);
    return gap === undefined ? missed : lost;
  }

  /**
   * What is missing was sent between the subscription's last frame and this one, nobody knows when: from that frame on the
   * books are not known. Silence that lasts longer than is looked ahead counts from there.
   */
  function loseSince({ recvMs, entry }: RecordedLine, lost: readonly Ticker[]): void {
    const subscription = subscriptionOf(entry);
    let from: Planned | null = null;
    for (let index = ahead.length - 1; index >= next; index--) {
      const planned = ahead[index]!;
      if (planned.played || planned.line.recvMs <= recvMs - PLAYABLE_AHEAD_MS) break;
      from = planned;
      if (subscriptionOf(planned.line.entry) === subscription) break;
    }
    if (from !== null) from.lostAfter = [...from.lostAfter, ...lost];
  }

  // Playing.

  function schedule(): void {
    if (isStopped || isScheduled || isStanding) return;
    const head = ahead[next];
    if (head === undefined) {
      if (isRead) end(brokenOff?.error ?? null);
      return;
    }
    if (!isPlayable(head)) return;
    if (pace !== undefined && head.line.gap === 'file' && head.line.recvMs - lastPlayedMs > SKIPPED_MS_MIN) {
      lastPlayedMs = head.line.recvMs;
      stand(pace.skipTo((head.line.recvMs - SKIP_SHORT_OF_MS) as UnixMs));
      return;
    }
    if (!hasBegun) {
      // By no timer: time may stand still until somebody is there.
      hasBegun = true;
      if (introduce()) return;
      // The first line speaks of no market that trades yet.
      pace?.begin();
    }
    isScheduled = true;
    timers.at(head.line.recvMs, play);
  }

  function stand(until: Promise<void>): void {
    isStanding = true;
    void until.then(() => {
      isStanding = false;
      schedule();
    });
  }

  /** Announces the markets that the recording begins to speak of in this moment. True when they are waited for. */
  function introduce(): boolean {
    const head = ahead[next];
    if (head === undefined || pace === undefined) return false;
    const introduced: Ticker[] = [];
    for (let index = next; index < ahead.length; index++) {
      const { recvMs, entry } = ahead[index]!.line;
      if (recvMs > head.line.recvMs + MOMENT_MS) break;
      if (entry.type !== 'other' && announce(entry) && engine.market(entry.market)?.status === 'active')
        introduced.push(entry.market);
    }
    if (introduced.length > 0) stand(pace.awaitAudience(introduced));
    return introduced.length > 0;
  }

  /** Whether it is the first that is heard of this market, which is listed now. */
  function announce(entry: OfMarket): boolean {
    if (markets.has(entry.market)) return false;
    if (entry.type === 'listing') markets.list(entry);
    else if (entry.type === 'watch' || entry.type === 'snapshot' || entry.type === 'ticker') {
      const { closeMs, strike } = entry.type === 'watch' ? entry : { closeMs: null, strike: null };
      const first = watched.get(entry.market)?.firstTicker ?? null;
      markets.announce({ market: entry.market, closeMs, strike }, first);
    }
    if (!markets.has(entry.market)) return false;
    watchedOf(entry.market).replayed.begin();
    return true;
  }

  function play(): void {
    isScheduled = false;
    const now = market.now();
    for (let count = 0; count < LINES_A_TURN_MAX; count++) {
      const head = ahead[next];
      if (head === undefined || head.line.recvMs > now || !isPlayable(head)) break;
      if (head.line.entry.type !== 'other' && !markets.has(head.line.entry.market) && introduce()) break;
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
    const { line, lost } = planned;
    const { entry } = line;
    planned.played = true;
    lastPlayedMs = line.recvMs;
    counts.lines++;
    if (planned.isGap) counts.gaps++;
    for (const ticker of lost) watchedOf(ticker).replayed.lose();
    if (entry.type !== 'other') playEntry(planned, entry);
    for (const ticker of planned.lostAfter) watchedOf(ticker).replayed.lose();
    options.onPlayed?.(line);
  }

  function playEntry(planned: Planned, entry: OfMarket): void {
    const isNew = announce(entry);
    const { replayed } = watchedOf(entry.market);
    switch (entry.type) {
      case 'watch':
        if (!isNew) markets.moveClose(entry.market, entry.closeMs);
        break;
      case 'listing':
        if (!isNew) markets.list(entry);
        break;
      case 'closeMoved':
        markets.moveClose(entry.market, entry.closeMs);
        break;
      case 'trading':
        markets.setTrading(entry.market, entry.isTrading);
        break;
      case 'settled':
        markets.settle(entry.market, entry.result);
        break;
      case 'snapshot':
        counts.snapshots++;
        replayed.snapshot(entry);
        break;
      case 'delta':
        counts.deltas++;
        replayed.delta(entry, planned.traded);
        break;
      case 'ticker':
        counts.tickers++;
        break;
      case 'trade':
        counts.trades++;
        break;
    }
    if (planned.print !== null) replayed.print(planned.print);
  }

  return {
    firstMs: options.firstMs,
    done,
    get stats() {
      return { ...counts, markets: markets.listed, marketsWithoutResult: markets.withoutResult };
    },
    get pending() {
      return isStopped ? null : reading;
    },
    start: () => read(),
    stop,
  };
}

function subscriptionOf(entry: RecordedEntry): number | null {
  return 'subscription' in entry ? (entry.subscription ?? null) : null;
}
