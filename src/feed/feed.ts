import { Observable } from 'rxjs';
import { assert } from '../domain/assert.ts';
import type { Clocks } from '../domain/clock.ts';
import type { Fill } from '../domain/fill.ts';
import type { Ticker } from '../domain/ids.ts';
import type { Centicontracts } from '../domain/units.ts';
import type {
  BookDeltaEvent,
  LifecycleEvent,
  OrderGroupEvent,
  TickerEvent,
  TradeEvent,
  Venue,
  VenueOrder,
} from '../exchange/port.ts';
import type { Settings } from '../settings/schema.ts';
import { Auditor } from './auditor.ts';
import { Board } from './board.ts';
import { type FeedCounts, type FeedFact, zeroCounts } from './facts.ts';
import { FeedOutputs } from './outputs.ts';
import { Poller } from './poller.ts';
import { SpeedGauge } from './speed-gauge.ts';
import { StreamReader } from './stream-reader.ts';
import { Turn } from './turn.ts';
import type { MarketView } from './watched-market.ts';

export interface FeedOptions {
  readonly venue: Pick<Venue, 'openStream' | 'catalogue'>;
  readonly clocks: Clocks;
  readonly settings: Pick<Settings, 'feed'>;
  /** Market milliseconds a wall millisecond, where somebody knows; otherwise it is measured on the clocks. */
  readonly speed?: () => number;
}

/**
 * What the world says, made trustworthy: one book for each watched market that is either in sync or void, and the
 * account's own news as it comes. It opens a connection when somebody subscribes to `connection()`, closes it when they
 * leave, and never reconnects by itself: a state of the machine that owns it decides. `polling()` reads over REST instead.
 *
 * The outputs live as long as the feed, across connections. Fills, orders, positions, lifecycle, trades, tickers and facts are passed on in
 * the moment in which they arrive; changed books are announced at the end of the same turn of the event loop (see `Turn`).
 */
export class Feed {
  readonly counts: FeedCounts = zeroCounts();
  readonly #options: FeedOptions;
  readonly #turn: Turn;
  readonly #board: Board;
  readonly #outputs = new FeedOutputs();
  readonly #auditor: Auditor;
  readonly #speed: SpeedGauge;
  #reader: StreamReader | null = null;

  constructor(options: FeedOptions) {
    this.#options = options;
    const { clocks, venue } = options;
    const { conflateAfterMs, auditEveryMs } = options.settings.feed;
    this.#turn = new Turn(clocks, conflateAfterMs, this.counts);
    this.#board = new Board(this.counts, this.#turn);
    this.#speed = new SpeedGauge(clocks, options.speed);
    this.#auditor = new Auditor({
      catalogue: venue.catalogue,
      board: this.#board,
      clocks,
      counts: this.counts,
      auditEveryMs,
    });
  }

  /** A watched book changed, was voided or came back: look at `view`. Once a market and turn. */
  get books$(): Observable<Ticker> {
    return this.#turn.books$;
  }
  get trades$(): Observable<TradeEvent> {
    return this.#outputs.trades$;
  }
  get tickers$(): Observable<TickerEvent> {
    return this.#outputs.tickers$;
  }
  get fills$(): Observable<Fill> {
    return this.#outputs.fills$;
  }
  get orders$(): Observable<VenueOrder> {
    return this.#outputs.orders$;
  }
  get positions$(): Observable<{ readonly market: Ticker; readonly position: Centicontracts }> {
    return this.#outputs.positions$;
  }
  get orderGroups$(): Observable<OrderGroupEvent> {
    return this.#outputs.orderGroups$;
  }
  get lifecycle$(): Observable<LifecycleEvent> {
    return this.#outputs.lifecycle$;
  }
  get ownDeltas$(): Observable<BookDeltaEvent> {
    return this.#outputs.ownDeltas$;
  }
  get snapshots$(): Observable<Ticker> {
    return this.#outputs.snapshots$;
  }
  /** Every fact, of connections and of polling alike. */
  get facts$(): Observable<FeedFact> {
    return this.#board.facts$;
  }

  /**
   * Subscribing opens a connection and keeps it in order; leaving closes it. It says every fact from then on and
   * completes after `feed.closed`: when the venue closed it, or nothing was heard within `aliveWithinMs`. One at a time.
   */
  connection(): Observable<FeedFact> {
    return new Observable((subscriber) => {
      assert(this.#reader === null, 'the feed has one connection at a time');
      const facts = this.#board.facts$.subscribe((fact) => subscriber.next(fact));
      this.#speed.measure();
      const reader = new StreamReader({
        connection: this.#options.venue.openStream(),
        board: this.#board,
        turn: this.#turn,
        outputs: this.#outputs,
        auditor: this.#auditor,
        speed: this.#speed,
        counts: this.counts,
        clocks: this.#options.clocks,
        settings: this.#options.settings.feed,
        onClosed: (reason) => {
          this.#reader = null;
          this.#board.say({ type: 'feed.closed', reason });
          subscriber.complete();
        },
      });
      this.#reader = reader;
      reader.start();
      return () => {
        facts.unsubscribe();
        reader.close('left');
      };
    });
  }

  /** While subscribed, reads the watched books over REST. It never completes by itself. */
  polling(): Observable<FeedFact> {
    return new Observable((subscriber) => {
      const facts = this.#board.facts$.subscribe((fact) => subscriber.next(fact));
      const poller = new Poller({
        catalogue: this.#options.venue.catalogue,
        board: this.#board,
        clocks: this.#options.clocks,
        counts: this.counts,
        settings: this.#options.settings.feed,
      });
      return () => {
        poller.stop();
        facts.unsubscribe();
      };
    });
  }

  /** Ends the connection that is open, if one is: what waits in it is from another time. It says `feed.closed` and completes. */
  hangUp(reason: string): void {
    this.#reader?.close(reason);
  }

  /** Keeps a book of this market from now on, on this connection and every later one. Twice is as good as once. */
  watch(market: Ticker): void {
    if (this.#board.has(market)) return;
    this.#board.add(
      market,
      { isCurrent: (now) => this.#reader?.isCurrent(now) ?? false },
      this.#options.settings.feed.polledBookAgeMsMax,
    );
    this.#reader?.marketsChanged();
  }

  unwatch(market: Ticker): void {
    if (!this.#board.has(market)) return;
    this.#board.remove(market);
    this.#reader?.marketsChanged();
  }

  /** The markets that we are quoting: refetched before all others, audited, and waited for before the feed is live. */
  prioritise(markets: readonly Ticker[]): void {
    this.#board.prioritise(markets);
  }

  /** How late the stream's frames come, wall milliseconds, median of the last ones; null while nothing is measured. */
  get lagMs(): number | null {
    return this.#reader?.lagMs ?? null;
  }

  /** Null when the market is not watched. */
  view(market: Ticker): MarketView | null {
    return this.#board.get(market) ?? null;
  }

  watched(): Ticker[] {
    return [...this.#board.tickers()];
  }
}
