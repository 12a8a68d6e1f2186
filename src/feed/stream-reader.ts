import type { Subscription } from 'rxjs';
import type { Clocks, TimerId } from '../domain/clock.ts';
import { messageOf } from '../domain/errors.ts';
import type { Ticker } from '../domain/ids.ts';
import type {
  BookDeltaEvent,
  BookSnapshotEvent,
  StreamConnection,
  StreamEvent,
  TickerEvent,
  TradeEvent,
} from '../exchange/port.ts';
import type { Settings } from '../settings/schema.ts';
import type { Auditor } from './auditor.ts';
import type { Board } from './board.ts';
import type { FeedCounts } from './facts.ts';
import { LagMeter } from './lag-meter.ts';
import type { FeedOutputs } from './outputs.ts';
import type { SpeedGauge } from './speed-gauge.ts';
import { Subscriptions } from './subscriptions.ts';
import type { Turn } from './turn.ts';
import type { Line } from './watched-market.ts';

/** A snapshot that does not come is asked for again after pauses that double up to this. */
const SNAPSHOT_PAUSE_MS_MAX = 60_000;
/** After this many, the venue is told to watch the market anew: it may have refused the first time. */
const SNAPSHOTS_IN_VAIN_MAX = 3;

export interface StreamReaderOptions {
  readonly connection: StreamConnection;
  readonly board: Board;
  readonly turn: Turn;
  readonly outputs: FeedOutputs;
  readonly auditor: Auditor;
  readonly speed: SpeedGauge;
  readonly counts: FeedCounts;
  readonly clocks: Clocks;
  readonly settings: Settings['feed'];
  /** Called once, when the connection is over for whatever reason; books are void by then. */
  readonly onClosed: (reason: string) => void;
}

/**
 * The life of one connection: what it says, whether it is alive, whether anything is missing. It never reconnects: when
 * it is over it says so, and whoever owns it opens another.
 */
export class StreamReader implements Line {
  readonly #options: StreamReaderOptions;
  readonly #subscriptions: Subscriptions;
  readonly #lag: LagMeter;
  #events: Subscription | null = null;
  #phase: 'connecting' | 'syncing' | 'live' | 'lagging' | 'over' = 'connecting';
  #heardWallMs: number;
  #tickTimer: TimerId = null;
  #tickDueWallMs = 0;
  #isReconcileDue = false;
  #areSnapshotsDue = false;

  constructor(options: StreamReaderOptions) {
    this.#options = options;
    const { settings, connection } = options;
    this.#lag = new LagMeter(settings.lagSamples, settings.lagMedianMsMax);
    this.#heardWallMs = options.clocks.wall.now();
    this.#subscriptions = new Subscriptions({
      connection,
      answerWithinMs: settings.aliveWithinMs,
      retryBaseMs: settings.reconnectBaseMs,
      retryCapMs: settings.reconnectCapMs,
      onBooksAsked: (markets) => this.#expectSnapshots(markets),
    });
  }

  /** Begins to listen; once, in the turn in which the connection was asked for. */
  start(): void {
    const { turn, connection } = this.#options;
    turn.housekeeping = () => this.#keepHouse();
    this.#armTick();
    this.#events = connection.events.subscribe({
      next: (event) => this.#hear(event),
      error: (error: unknown) => this.close(`stream failed: ${messageOf(error)}`),
      complete: () => this.close('stream ended'),
    });
    if (this.#phase === 'over') this.#events.unsubscribe();
  }

  get lagMs(): number | null {
    return this.#lag.isEmpty ? null : this.#lag.medianMs();
  }

  isCurrent(nowWallMs: number): boolean {
    return (
      this.#phase !== 'over' &&
      nowWallMs - this.#heardWallMs <= this.#options.settings.aliveWithinMs &&
      !this.#lag.isLagging()
    );
  }

  /** What is watched has changed. */
  marketsChanged(): void {
    this.#isReconcileDue = true;
    this.#areSnapshotsDue = true;
    this.#options.turn.begin();
  }

  /** Ends the connection: every streamed book is void, then `onClosed`. Only the first call does anything. */
  close(reason: string): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#options.clocks.wall.clearTimeout(this.#tickTimer);
    this.#options.turn.housekeeping = null;
    this.#events?.unsubscribe();
    this.#options.connection.close();
    for (const watched of this.#options.board.all()) {
      if (watched.source === 'stream') this.#options.board.void(watched, 'disconnected');
      watched.askAtWallMs = 0;
      watched.asksInVain = 0;
    }
    this.#options.onClosed(reason);
  }

  #hear(event: StreamEvent): void {
    const { turn, counts, outputs } = this.#options;
    turn.begin();
    this.#heardWallMs = turn.wallMs;
    counts.messages++;
    switch (event.type) {
      case 'bookDelta':
        if (this.#isNew(event)) this.#applyDelta(event);
        return;
      case 'bookSnapshot':
        if (this.#isNew(event)) this.#applySnapshot(event);
        return;
      case 'fill':
        outputs.fills$.next(event.fill);
        return;
      case 'order':
        outputs.orders$.next(event.order);
        return;
      case 'position':
        outputs.positions$.next({ market: event.market, position: event.position });
        return;
      case 'ticker':
        this.#keepTicker(event);
        return;
      case 'trade':
        if (this.#isNew(event)) this.#keepTrade(event);
        return;
      case 'orderGroup':
        if (this.#isNew(event)) outputs.orderGroups$.next(event);
        return;
      case 'lifecycle':
        if (this.#isNew(event)) outputs.lifecycle$.next(event);
        return;
      case 'sequenced':
        this.#isNew(event);
        return;
      case 'alive':
        return;
      default:
        this.#hearAboutItself(event);
    }
  }

  #hearAboutItself(
    event: Extract<
      StreamEvent,
      { type: 'opened' | 'closed' | 'subscribed' | 'unsubscribed' | 'subscriptionLost' | 'commandFailed' | 'malformed' }
    >,
  ): void {
    const { board, counts, turn } = this.#options;
    switch (event.type) {
      case 'opened':
        this.#phase = 'syncing';
        this.#isReconcileDue = true;
        board.say({ type: 'feed.opened' });
        return;
      case 'closed':
        this.close(event.reason === '' ? `closed with ${event.code}` : `closed with ${event.code}: ${event.reason}`);
        return;
      case 'subscribed':
        this.#subscriptions.subscribed(event.channel, event.subscription, turn.wallMs);
        this.#isReconcileDue = true;
        return;
      case 'unsubscribed':
      case 'subscriptionLost':
        this.#lose(event.subscription);
        return;
      case 'commandFailed':
        counts.refused++;
        board.say({ type: 'feed.refused', code: event.code, message: event.message });
        return;
      case 'malformed':
        this.#misunderstand(event.subscription, event.message);
        return;
    }
  }

  /** Counts the frame's number; false when the frame says nothing new or belongs to no subscription of ours. */
  #isNew(event: { readonly subscription: number; readonly sequence: number }): boolean {
    const state = this.#subscriptions.byId(event.subscription);
    if (state === undefined) return false;
    const verdict = state.sequence.check(event.sequence);
    if (verdict === 'next') return true;
    if (verdict === 'old') {
      this.#options.counts.repeats++;
      return false;
    }
    this.#options.counts.gaps++;
    if (state.channel === 'book') this.#voidAll('gap');
    this.#options.board.say({ type: 'feed.gap', subscription: event.subscription, channel: state.channel });
    return true;
  }

  #applyDelta(event: BookDeltaEvent): void {
    const { board, counts, turn, speed, outputs } = this.#options;
    counts.deltas++;
    if (event.clientOrderId !== null) outputs.ownDeltas$.next(event);
    this.#lag.add((turn.marketMs - event.atMs) / speed.speed, turn.wallMs);
    const watched = board.get(event.market);
    if (watched === undefined || watched.source !== 'stream') return;
    if (watched.book.applyDelta(event.side, event.price, event.change)) {
      watched.atWallMs = turn.wallMs;
      turn.changed(watched);
      return;
    }
    board.void(watched, 'impossible');
    this.#areSnapshotsDue = true;
  }

  #applySnapshot(event: BookSnapshotEvent): void {
    const { board, turn, outputs } = this.#options;
    const watched = board.get(event.market);
    if (watched === undefined) return;
    outputs.snapshots$.next(event.market);
    if (board.accept(watched, 'stream', event.bids, event.asks, turn.wallMs)) watched.asksInVain = 0;
    else this.#areSnapshotsDue = true;
  }

  #keepTicker(event: TickerEvent): void {
    const watched = this.#options.board.get(event.market);
    if (watched !== undefined) watched.ticker = event;
    this.#options.outputs.tickers$.next(event);
  }

  #keepTrade(event: TradeEvent): void {
    this.#options.board.get(event.market)?.addTrade(event);
    this.#options.outputs.trades$.next(event);
  }

  #lose(subscription: number): void {
    const state = this.#subscriptions.byId(subscription);
    if (state === undefined) return;
    this.#subscriptions.lost(state, this.#options.turn.wallMs);
    if (state.channel === 'book') this.#voidAll('subscriptionLost');
    this.#options.board.say({ type: 'feed.gap', subscription, channel: state.channel });
    this.#isReconcileDue = true;
    if (this.#phase === 'live') this.#phase = 'syncing';
  }

  #misunderstand(subscription: number | null, message: string): void {
    this.#options.counts.malformed++;
    const state = subscription === null ? undefined : this.#subscriptions.byId(subscription);
    state?.sequence.drift();
    if (state?.channel === 'book') this.#voidAll('malformed');
    this.#options.board.say({ type: 'feed.malformed', subscription, message });
  }

  #voidAll(reason: 'gap' | 'malformed' | 'subscriptionLost'): void {
    for (const watched of this.#options.board.all())
      if (watched.source === 'stream') this.#options.board.void(watched, reason);
    this.#areSnapshotsDue = true;
    if (this.#phase === 'live') this.#phase = 'syncing';
  }

  #keepHouse(): void {
    if (this.#phase === 'connecting' || this.#phase === 'over') return;
    const { board, clocks } = this.#options;
    if (this.#isReconcileDue) {
      this.#isReconcileDue = false;
      this.#subscriptions.reconcile(new Set(board.tickers()), clocks.wall.now());
    }
    if (this.#areSnapshotsDue) {
      this.#areSnapshotsDue = false;
      this.#requestSnapshots(clocks.wall.now());
    }
    this.#tellPhase();
  }

  #tellPhase(): void {
    const next = this.#lag.isLagging() ? 'lagging' : this.#isComplete() ? 'live' : 'syncing';
    if (next === this.#phase) return;
    this.#phase = next;
    if (next === 'live') this.#options.board.say({ type: 'feed.live' });
    if (next === 'lagging') this.#options.board.say({ type: 'feed.lagging', medianMs: this.#lag.medianMs() });
  }

  #isComplete(): boolean {
    const { board } = this.#options;
    if (this.#phase === 'live') return true;
    return (
      this.#subscriptions.isComplete(board.size > 0) &&
      board.prioritised().every((watched) => watched.source === 'stream')
    );
  }

  /** Snapshots for whatever is not in sync and due, prioritised ones in a command of their own, first. */
  #requestSnapshots(nowWallMs: number): void {
    const { board, connection } = this.#options;
    const { id, asked } = this.#subscriptions.book;
    if (id === null) return;
    const first: Ticker[] = [];
    const rest: Ticker[] = [];
    for (const watched of board.all()) {
      if (watched.source === 'stream' || nowWallMs < watched.askAtWallMs || !asked.has(watched.market)) continue;
      (board.isPrioritised(watched.market) ? first : rest).push(watched.market);
    }
    for (const markets of [first, rest]) {
      if (markets.length === 0) continue;
      connection.requestSnapshots(id, markets);
      this.#expectSnapshots(markets);
    }
  }

  #expectSnapshots(markets: readonly Ticker[]): void {
    const nowWallMs = this.#options.clocks.wall.now();
    for (const market of markets) {
      const watched = this.#options.board.get(market);
      if (watched === undefined) continue;
      const pause = this.#options.settings.pingEveryMs * 2 ** watched.asksInVain;
      watched.askAtWallMs = nowWallMs + Math.min(SNAPSHOT_PAUSE_MS_MAX, pause);
      watched.asksInVain++;
      if (watched.asksInVain % (SNAPSHOTS_IN_VAIN_MAX + 1) === 0) this.#subscriptions.book.asked.delete(market);
    }
  }

  #armTick(): void {
    const { clocks, settings } = this.#options;
    this.#tickDueWallMs = clocks.wall.now() + settings.pingEveryMs;
    this.#tickTimer = clocks.wall.setTimeout(() => this.#tick(), settings.pingEveryMs);
  }

  #tick(): void {
    const { clocks, settings, connection, speed, turn, auditor } = this.#options;
    const nowWallMs = clocks.wall.now();
    // A process that was asleep has heard nothing because it did not listen: what waits in the socket decides.
    const weSlept = nowWallMs - this.#tickDueWallMs > settings.pingEveryMs;
    if (!weSlept && nowWallMs - this.#heardWallMs > settings.aliveWithinMs) {
      this.close(`nothing heard for ${nowWallMs - this.#heardWallMs} ms`);
      return;
    }
    this.#armTick();
    if (this.#phase === 'connecting') return;
    connection.ping();
    speed.measure();
    this.#lag.forgetAfter(settings.aliveWithinMs, nowWallMs);
    this.#voidLastinglyCrossed();
    auditor.run(nowWallMs, () => this.#phase !== 'over');
    this.#isReconcileDue = true;
    this.#areSnapshotsDue = true;
    turn.begin();
  }

  #voidLastinglyCrossed(): void {
    for (const watched of this.#options.board.all()) {
      const isCrossed = watched.source === 'stream' && watched.book.isCrossed();
      if (isCrossed && watched.wasCrossed) this.#options.board.void(watched, 'crossed');
      watched.wasCrossed = isCrossed;
    }
  }
}
