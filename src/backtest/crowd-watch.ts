/**
 * Somebody beside the trader who sees what the market was for everyone else: the crowd's touch without our orders, as it
 * stands at the exchange, and when markets could be traded. It changes nothing and is told before anybody else.
 */

import type { Touch } from '../analytics/markouts.ts';
import type { SeenMarket } from '../analytics/run-tally.ts';
import { StepPath } from '../analytics/step-path.ts';
import { OrderBook } from '../book/order-book.ts';
import type { Ticker } from '../domain/ids.ts';
import type { Side } from '../domain/side.ts';
import type { Engine, EngineEvent } from '../exchange/embedded/model.ts';
import type { Level } from '../exchange/port.ts';

interface Watched {
  readonly book: OrderBook;
  readonly touches: StepPath<Touch | null>;
  readonly open: { fromMs: number; toMs: number }[];
  touch: Touch | null;
  openSinceMs: number | null;
  /** A recording lacks something: until its next snapshot nobody knows what the book is. */
  isLost: boolean;
}

export class CrowdWatch {
  readonly #engine: Engine;
  readonly #watched = new Map<Ticker, Watched>();
  #crowdEndMs: number | null = null;

  constructor(engine: Engine, nowMs: number) {
    this.#engine = engine;
    for (const market of engine.allMarkets()) if (market.status === 'active') this.#opened(market.listed.ticker, nowMs);
    engine.events.subscribe((event) => this.#take(event));
  }

  /** The crowd does nothing any more from here on: its book still stands, and says nothing about later. */
  crowdEnded(atMs: number): void {
    this.#crowdEndMs ??= atMs;
  }

  /** What was seen up to now. */
  seen(nowMs: number): ReadonlyMap<Ticker, SeenMarket> {
    const crowdEndMs = this.#crowdEndMs ?? nowMs;
    return new Map(
      [...this.#watched].map(([market, { touches, open, openSinceMs }]) => [
        market,
        {
          touches: { at: (ms) => (ms > crowdEndMs ? null : touches.at(ms)), before: (ms) => touches.before(ms) },
          open: openSinceMs === null ? open : [...open, { fromMs: openSinceMs, toMs: nowMs }],
        },
      ]),
    );
  }

  #take(event: EngineEvent): void {
    if (event.type === 'book') {
      if (event.user !== null) return;
      const watched = this.#watched.get(event.market);
      if (watched === undefined || watched.openSinceMs === null || watched.isLost) return;
      if (!watched.book.applyDelta(event.side, event.price, event.change)) this.#load(event.market, watched);
      this.#note(watched, event.atMs);
    } else if (event.type === 'bookReplaced' || event.type === 'bookLost') {
      const watched = this.#watched.get(event.market);
      if (watched === undefined || watched.openSinceMs === null) return;
      watched.isLost = event.type === 'bookLost';
      this.#load(event.market, watched);
      this.#note(watched, event.atMs);
    } else if (event.type === 'lifecycle') {
      if (event.change === 'activated') this.#opened(event.market, event.atMs);
      else if (event.change === 'deactivated' || event.change === 'closed') this.#ended(event.market, event.atMs);
    }
  }

  #opened(market: Ticker, atMs: number): void {
    let watched = this.#watched.get(market);
    if (watched === undefined) {
      watched = {
        book: new OrderBook(),
        touches: new StepPath(),
        open: [],
        touch: null,
        openSinceMs: null,
        isLost: false,
      };
      this.#watched.set(market, watched);
    }
    watched.openSinceMs ??= atMs;
    watched.isLost = this.#engine.isBookLost(market);
    this.#load(market, watched);
    this.#note(watched, atMs);
  }

  #ended(market: Ticker, atMs: number): void {
    const watched = this.#watched.get(market);
    if (watched === undefined || watched.openSinceMs === null) return;
    watched.open.push({ fromMs: watched.openSinceMs, toMs: atMs });
    watched.openSinceMs = null;
    watched.book.clear();
    this.#note(watched, atMs);
  }

  /** The whole of the crowd's part of the book; nothing while that is not known. */
  #load(market: Ticker, { book, isLost }: Watched): void {
    if (isLost) {
      book.clear();
      return;
    }
    const { bids, asks } = this.#engine.book(market);
    const crowd = (side: Side, levels: readonly Level[]) =>
      levels
        .map(([price]): Level => [price, this.#engine.crowdQuantity(market, side, price)])
        .filter(([, quantity]) => quantity > 0);
    book.applySnapshot(crowd('bid', bids), crowd('ask', asks));
  }

  #note(watched: Watched, atMs: number): void {
    const bid = watched.book.bestBid();
    const ask = watched.book.bestAsk();
    const before = watched.touch;
    if (bid === null || ask === null || bid >= ask) watched.touch = null;
    else if (before === null || before.bid !== bid || before.ask !== ask) watched.touch = { bid, ask };
    if (watched.touch !== before) watched.touches.set(atMs, watched.touch);
  }
}
