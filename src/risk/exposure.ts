/**
 * Everything that our positions and open orders can still lose, by market, event, category and in all: sums that are
 * kept up as orders and positions change, so that an approval reads them and never adds up the whole table.
 *
 * An order is held from its approval until nothing of it can execute any more; whoever owns the order's row calls
 * `update` after every change of it and `release` at its end.
 */
import { assert } from '../domain/assert.ts';
import type { ClientOrderId, EventTicker, Ticker } from '../domain/ids.ts';
import type { OrderPurpose } from '../domain/order.ts';
import type { Side } from '../domain/side.ts';
import {
  type Centicents,
  type Centicontracts,
  DOLLAR,
  type Microdollars,
  ZERO_MONEY,
  ZERO_QUANTITY,
} from '../domain/units.ts';
import { lossOfOrder, worstLossOf } from './worst-loss.ts';

export interface Reservation {
  readonly market: Ticker;
  readonly side: Side;
  /** The worst price at which it may execute. */
  readonly price: Centicents;
  /** What may still execute. */
  readonly quantity: Centicontracts;
  readonly purpose: OrderPurpose;
}

/** What a market is correlated with. */
export interface MarketTraits {
  readonly category: string;
  readonly event: EventTicker;
}

interface MarketExposure {
  quantity: Centicontracts;
  cost: Microdollars;
  traits: MarketTraits | null;
  /** What all open orders of a side can lose. */
  bids: number;
  asks: number;
  readonly open: Map<ClientOrderId, Reservation>;
  /** Open quantity by side, and the part of it that is exits. */
  bidQuantity: number;
  askQuantity: number;
  exitBidQuantity: number;
  exitAskQuantity: number;
  worst: Microdollars;
}

export class Exposure {
  readonly #markets = new Map<Ticker, MarketExposure>();
  readonly #marketOf = new Map<ClientOrderId, Ticker>();
  readonly #groups = new Map<EventTicker, number>();
  readonly #categories = new Map<string, number>();
  #total = 0;
  #resting = 0;
  #occupied = 0;

  /** Says what a market belongs to; may come before or after its first order, and again when it changes. */
  describe(ticker: Ticker, traits: MarketTraits): void {
    const market = this.#market(ticker);
    if (market.traits?.category === traits.category && market.traits.event === traits.event) return;
    this.#addToGroups(market, -market.worst);
    market.traits = { category: traits.category, event: traits.event };
    this.#addToGroups(market, market.worst);
  }

  isDescribed(ticker: Ticker): boolean {
    return this.#markets.get(ticker)?.traits != null;
  }

  /** Counts an order from now on. An id is held once: a second `reserve` of it is our mistake. */
  reserve(id: ClientOrderId, reservation: Reservation): void {
    assert(!this.#marketOf.has(id), `order ${id} is already reserved`);
    assert(reservation.quantity > 0, `order ${id} reserves ${reservation.quantity}`);
    const market = this.#market(reservation.market);
    this.#marketOf.set(id, reservation.market);
    market.open.set(id, reservation);
    this.#count(market, reservation, 1);
    this.#settle(market);
  }

  /** What is still open of an order, at its worst price; 0 releases it. An id that is not held is left alone. */
  update(id: ClientOrderId, openQuantity: Centicontracts, worstPrice: Centicents): void {
    const ticker = this.#marketOf.get(id);
    if (ticker === undefined) return;
    if (openQuantity <= 0) {
      this.release(id);
      return;
    }
    const market = this.#market(ticker);
    const before = market.open.get(id)!;
    if (before.quantity === openQuantity && before.price === worstPrice) return;
    const after: Reservation = {
      market: ticker,
      side: before.side,
      price: worstPrice,
      quantity: openQuantity,
      purpose: before.purpose,
    };
    this.#count(market, before, -1);
    market.open.set(id, after);
    this.#count(market, after, 1);
    this.#settle(market);
  }

  /** Nothing of the order can execute any more. Releasing twice is harmless. */
  release(id: ClientOrderId): void {
    const ticker = this.#marketOf.get(id);
    if (ticker === undefined) return;
    const market = this.#market(ticker);
    this.#marketOf.delete(id);
    this.#count(market, market.open.get(id)!, -1);
    market.open.delete(id);
    this.#settle(market);
  }

  /** `cost` is what was paid for the position, as the ledger has it (see worst-loss.ts): 0 … $1 a contract. */
  setPosition(ticker: Ticker, quantity: Centicontracts, cost: Microdollars): void {
    assert(
      cost >= 0 && cost <= DOLLAR * Math.abs(quantity),
      `position ${quantity} of ${ticker} cannot have cost ${cost}`,
    );
    const market = this.#market(ticker);
    const wasOccupied = isOccupied(market);
    market.quantity = quantity;
    market.cost = cost;
    this.#occupied += Number(isOccupied(market)) - Number(wasOccupied);
    this.#settle(market);
  }

  reservation(id: ClientOrderId): Reservation | null {
    const ticker = this.#marketOf.get(id);
    return ticker === undefined ? null : (this.#markets.get(ticker)?.open.get(id) ?? null);
  }
  positionOf(ticker: Ticker): Centicontracts {
    return this.#markets.get(ticker)?.quantity ?? ZERO_QUANTITY;
  }
  /** Worst case of one market. */
  market(ticker: Ticker): Microdollars {
    return this.#markets.get(ticker)?.worst ?? ZERO_MONEY;
  }
  /** Worst case of all markets of the same event, added up. */
  group(event: EventTicker): Microdollars {
    return (this.#groups.get(event) ?? 0) as Microdollars;
  }
  category(category: string): Microdollars {
    return (this.#categories.get(category) ?? 0) as Microdollars;
  }
  traitsOf(ticker: Ticker): MarketTraits | null {
    return this.#markets.get(ticker)?.traits ?? null;
  }
  /** Worst case of everything, added up. */
  get total(): Microdollars {
    return this.#total as Microdollars;
  }
  /** What all open orders together can lose, each alone: their collateral before any netting. */
  get restingValue(): Microdollars {
    return this.#resting as Microdollars;
  }
  /** Markets with a position or with an order that could make one. */
  get openPositions(): number {
    return this.#occupied;
  }
  /** Open orders held. */
  get openOrders(): number {
    return this.#marketOf.size;
  }
  /** Open quantity on a side of a market, exits included. */
  openQuantity(ticker: Ticker, side: Side): Centicontracts {
    const market = this.#markets.get(ticker);
    if (market === undefined) return ZERO_QUANTITY;
    return (side === 'bid' ? market.bidQuantity : market.askQuantity) as Centicontracts;
  }
  /** Open quantity of exits on a side of a market. */
  exitQuantity(ticker: Ticker, side: Side): Centicontracts {
    const market = this.#markets.get(ticker);
    if (market === undefined) return ZERO_QUANTITY;
    return (side === 'bid' ? market.exitBidQuantity : market.exitAskQuantity) as Centicontracts;
  }
  /** Markets known here, with their worst case: for reports. */
  *byMarket(): IterableIterator<readonly [Ticker, Microdollars]> {
    for (const [ticker, market] of this.#markets) if (isOccupied(market)) yield [ticker, market.worst];
  }

  #market(ticker: Ticker): MarketExposure {
    let market = this.#markets.get(ticker);
    if (market === undefined) {
      market = {
        quantity: ZERO_QUANTITY,
        cost: ZERO_MONEY,
        traits: null,
        bids: 0,
        asks: 0,
        open: new Map(),
        bidQuantity: 0,
        askQuantity: 0,
        exitBidQuantity: 0,
        exitAskQuantity: 0,
        worst: ZERO_MONEY,
      };
      this.#markets.set(ticker, market);
    }
    return market;
  }

  /** Adds (+1) or takes away (−1) one order in the sums of its side. Called with the order already in, or still in, `open`. */
  #count(market: MarketExposure, order: Reservation, sign: 1 | -1): void {
    const loss = sign * lossOfOrder(order.side, order.price, order.quantity);
    const quantity = sign * order.quantity;
    const exit = order.purpose === 'exit' ? quantity : 0;
    const wasOccupied = isOccupied(market);
    if (order.side === 'bid') {
      market.bids += loss;
      market.bidQuantity += quantity;
      market.exitBidQuantity += exit;
    } else {
      market.asks += loss;
      market.askQuantity += quantity;
      market.exitAskQuantity += exit;
    }
    this.#resting += loss;
    this.#occupied += Number(isOccupied(market)) - Number(wasOccupied);
  }

  /** Brings the market's worst case and every sum above it up to date. */
  #settle(market: MarketExposure): void {
    const worst = worstLossOf(market, market.bids, market.asks, market.open.values());
    const change = worst - market.worst;
    if (change === 0) return;
    market.worst = worst;
    this.#total += change;
    this.#addToGroups(market, change);
  }

  #addToGroups(market: MarketExposure, change: number): void {
    if (market.traits === null || change === 0) return;
    const { category, event } = market.traits;
    this.#groups.set(event, (this.#groups.get(event) ?? 0) + change);
    this.#categories.set(category, (this.#categories.get(category) ?? 0) + change);
  }
}

function isOccupied(market: MarketExposure): boolean {
  return market.quantity !== 0 || market.bidQuantity > 0 || market.askQuantity > 0;
}
