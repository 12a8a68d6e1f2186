/**
 * The markets that are being watched: their listing, their book less our own orders, and what the signals make of it.
 * Tick plane: everything here happens in the turn of the frame.
 */
import { Subject, Subscription } from 'rxjs';
import type { OrderBook } from '../book/order-book.ts';
import { type BookReading, type OwnResting, readBook } from '../book/read-book.ts';
import type { Clocks, TimerId } from '../domain/clock.ts';
import type { Ticker } from '../domain/ids.ts';
import type { Market } from '../domain/market.ts';
import type { Side } from '../domain/side.ts';
import type { Centicents, Centicontracts } from '../domain/units.ts';
import type { LifecycleEvent } from '../exchange/port.ts';
import type { Feed } from '../feed/feed.ts';
import type { MarketView } from '../feed/watched-market.ts';
import type { OrderTable } from '../gateway/order-table.ts';
import type { Settings } from '../settings/schema.ts';
import { MarketSignals, type SignalsCheckpoint } from '../signals/market-signals.ts';
import type { LatencyMeter } from './latency-meter.ts';

/** Best bid and ask of a book less our own orders. */
export type Touch = Pick<BookReading, 'bid' | 'ask'>;

export interface WatchedMarket {
  market: Market;
  readonly signals: MarketSignals;
  readonly own: OwnResting;
  /** The book less our own, as of the last change; null while it cannot be read. */
  reading: BookReading | null;
  /** The last touch that was read, as long as no other is known: what a position is worth does not vanish with a stream. */
  mark: Touch | null;
  /** Market time at which the venue said that the market is over for trading; null while it is not. */
  endedAtMs: number | null;
}

export class WatchedMarkets {
  /** After a market's reading has been renewed. */
  readonly changed$ = new Subject<Ticker>();
  /** The venue listed, opened, moved or ended a market. */
  readonly catalogueChanged$ = new Subject<LifecycleEvent>();
  readonly #watched = new Map<Ticker, WatchedMarket>();
  readonly #feed: Feed;
  readonly #table: OrderTable;
  readonly #clocks: Clocks;
  readonly #settings: Settings;
  readonly #latency: LatencyMeter;
  readonly #subscriptions = new Subscription();
  #timer: TimerId = null;

  constructor(options: { feed: Feed; table: OrderTable; clocks: Clocks; settings: Settings; latency: LatencyMeter }) {
    this.#latency = options.latency;
    this.#feed = options.feed;
    this.#table = options.table;
    this.#clocks = options.clocks;
    this.#settings = options.settings;
  }

  start(): void {
    this.#subscriptions.add(this.#feed.books$.subscribe((ticker) => this.#bookChanged(ticker)));
    this.#subscriptions.add(
      this.#feed.trades$.subscribe((trade) => {
        this.#watched.get(trade.market)?.signals.traded(trade.atMs, trade.price, trade.quantity, trade.takerSide);
      }),
    );
    this.#subscriptions.add(this.#feed.lifecycle$.subscribe((event) => this.#lifecycle(event)));
    this.#sample();
  }

  stop(): void {
    this.#subscriptions.unsubscribe();
    this.#clocks.market.clearTimeout(this.#timer);
  }

  /**
   * @param asOfMs market time at which the listing that says this was asked for, where one does
   * @param checkpoint what an earlier process knew of its signals
   */
  watch(market: Market, asOfMs = Number.NEGATIVE_INFINITY, checkpoint: SignalsCheckpoint | null = null): WatchedMarket {
    const known = this.#watched.get(market.ticker);
    if (known !== undefined) {
      known.market = market;
      // Its opening again may have been said while nobody listened.
      if (market.status === 'active' && known.endedAtMs !== null && known.endedAtMs < asOfMs) known.endedAtMs = null;
      return known;
    }
    const { ticker } = market;
    const own: OwnResting = {
      quantityAt: (side: Side, price: Centicents): Centicontracts => this.#table.restingAt(ticker, side, price),
    };
    const watched: WatchedMarket = {
      market,
      signals:
        checkpoint === null ? new MarketSignals(this.#settings) : MarketSignals.restore(checkpoint, this.#settings),
      own,
      reading: null,
      mark: null,
      endedAtMs: null,
    };
    this.#watched.set(ticker, watched);
    this.#feed.watch(ticker);
    return watched;
  }

  unwatch(ticker: Ticker): void {
    if (this.#watched.delete(ticker)) this.#feed.unwatch(ticker);
  }

  /** A complete listing of what is open, asked for at this market time, lacks it: its end was said while nobody listened. */
  missed(ticker: Ticker, asOfMs: number): void {
    const watched = this.#watched.get(ticker);
    if (watched !== undefined) watched.endedAtMs ??= asOfMs;
  }

  get(ticker: Ticker): WatchedMarket | null {
    return this.#watched.get(ticker) ?? null;
  }
  all(): Iterable<WatchedMarket> {
    return this.#watched.values();
  }
  view(ticker: Ticker): MarketView | null {
    return this.#feed.view(ticker);
  }

  /** The touch of the full book, ours included: what a new order must not cross. */
  fullTouch(ticker: Ticker): { readonly bid: Centicents | null; readonly ask: Centicents | null } {
    const book: OrderBook | undefined = this.#feed.view(ticker)?.book;
    return { bid: book?.bestBid() ?? null, ask: book?.bestAsk() ?? null };
  }

  /** Whether a price would cross the opposite touch of the full book; null while that book is void. */
  wouldCross(ticker: Ticker, side: Side, price: Centicents): boolean | null {
    if (this.#feed.view(ticker)?.inSync !== true) return null;
    const { bid, ask } = this.fullTouch(ticker);
    return side === 'bid' ? ask !== null && price >= ask : bid !== null && price <= bid;
  }

  /** Exit-side touch for a position of this sign, as last read. */
  exitTouch(ticker: Ticker, quantity: Centicontracts): Centicents | null {
    const mark = this.#watched.get(ticker)?.mark ?? null;
    if (mark === null) return null;
    return quantity > 0 ? mark.bid : mark.ask;
  }

  /** Our own orders changed: what the book says less our own is another thing now. */
  ownChanged(ticker: Ticker): void {
    const watched = this.#watched.get(ticker);
    if (watched !== undefined) this.#read(watched);
  }

  #bookChanged(ticker: Ticker): void {
    const watched = this.#watched.get(ticker);
    if (watched === undefined) return;
    this.#latency.tickBegins();
    this.#read(watched);
    this.#observe(watched);
    this.changed$.next(ticker);
    this.#latency.tickEnds();
  }

  #read(watched: WatchedMarket): void {
    const view = this.#feed.view(watched.market.ticker);
    watched.reading =
      view?.inSync === true ? readBook(view.book, watched.own, this.#settings.signals.depthLevels) : null;
    if (watched.reading !== null) watched.mark = watched.reading;
  }

  /** What the signals may learn from: nothing, while the book is not to be acted on. */
  #observe(watched: WatchedMarket): void {
    const isCurrent = this.#feed.view(watched.market.ticker)?.isCurrent(this.#clocks.wall.now()) === true;
    watched.signals.observe(isCurrent ? watched.reading : null, this.#clocks.market.now());
  }

  /** A sample at each step and market, whether or not its book moved: a quiet market has a small σ, not an old one. */
  #sample(): void {
    for (const watched of this.#watched.values()) {
      this.#read(watched);
      this.#observe(watched);
    }
    this.#timer = this.#clocks.market.setTimeout(() => this.#sample(), this.#settings.signals.sampleEveryMs);
  }

  #lifecycle(event: LifecycleEvent): void {
    const watched = this.#watched.get(event.market);
    if (watched !== undefined) {
      const { change } = event;
      if (change.kind === 'closeMoved') watched.market = { ...watched.market, closeMs: change.closeMs };
      else if (change.kind === 'gridChanged') watched.market = { ...watched.market, grid: change.grid };
      else if (change.kind === 'deactivated' || change.kind === 'determined' || change.kind === 'settled')
        watched.endedAtMs = this.#clocks.market.now();
      else if (change.kind === 'activated') watched.endedAtMs = null;
    }
    if (event.change.kind === 'feesChanged' && event.change.fees !== null) {
      for (const each of this.#watched.values())
        if (each.market.event === event.change.event) each.market = { ...each.market, fees: event.change.fees };
    }
    this.catalogueChanged$.next(event);
  }
}
