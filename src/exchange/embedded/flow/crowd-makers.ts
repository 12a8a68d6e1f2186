/**
 * The makers of one synthetic market: a ladder on each side of their fair value, and small orders that come and go about
 * it; all of them orders of the crowd.
 */
import type { OrderId, Ticker } from '../../../domain/ids.ts';
import type { PriceGrid } from '../../../domain/market.ts';
import type { Random } from '../../../domain/random.ts';
import type { Side } from '../../../domain/side.ts';
import { type Centicents, type Centicontracts, CONTRACT, DOLLAR } from '../../../domain/units.ts';
import { CROWD, type Engine } from '../model.ts';
import type { Liquidity } from './liquidity.ts';

interface Resting {
  readonly orderId: OrderId;
  readonly price: Centicents;
}

/** A level with less than this share of what it should hold is filled up. */
const REFILL_BELOW = 0.4;
/** The touch stays where it is while it would be rounded elsewhere by no more than this share of a tick. */
const KEEP_TICKS = 0.3;
/** Who should quote beyond the last price by no more than this quotes at the last price; $0.0001. */
const LAST_STAND = 100;
/** At each look, somebody takes an order of the ladder out. */
const CHURN_SHARE = 0.4;
/** Of small orders, share of those that stand further out than the level before (0.68 in a stream of bitcoin markets). */
const FURTHER_SHARE = 0.68;
const FIDGETS_MAX = 12;
const FIDGET_SIGMA = 1.4;
/** Nobody wants more than this at a level, whatever the tail of the distribution. */
const TASTE_MAX = 40;

export class CrowdMakers {
  readonly #engine: Engine;
  readonly #market: Ticker;
  readonly #random: Random;
  readonly #liquidity: Liquidity;
  readonly #ladder: Record<Side, Resting[]> = { bid: [], ask: [] };
  readonly #fidgets: Record<Side, Resting[]> = { bid: [], ask: [] };
  readonly #top: Record<Side, Centicents | null> = { bid: null, ask: null };
  /** How much is wanted at a price, as a multiple of the median; 0: not thought of yet. */
  readonly #taste: Float32Array;
  #fairCents = 0;

  constructor(engine: Engine, market: Ticker, liquidity: Liquidity, random: Random) {
    this.#engine = engine;
    this.#market = market;
    this.#random = random;
    this.#liquidity = liquidity;
    this.#taste = new Float32Array(DOLLAR / liquidity.levelStep + 1);
  }

  /**
   * Moves the quotes to a fair value in cents: what is too good is withdrawn, at most `refills` levels a side are filled
   * up, and now and then one thinks again.
   * @param depthContracts median at a level
   */
  update(fairCents: number, halfSpreadCents: number, depthContracts: number, grid: PriceGrid, refills: number): void {
    const bid = this.#topOf('bid', 100 * (fairCents - halfSpreadCents), grid);
    let ask = this.#topOf('ask', 100 * (fairCents + halfSpreadCents), grid);
    if (bid !== null && ask !== null && bid >= ask) ask = grid.above(bid);
    // Both withdrawals first: makers never trade with each other.
    this.#fairCents = fairCents;
    this.#top.bid = bid;
    this.#top.ask = ask;
    for (const side of ['bid', 'ask'] as const) {
      this.#withdraw(this.#ladder[side], side);
      this.#withdraw(this.#fidgets[side], side);
    }
    this.#churn(this.#random.uniform() < 0.5 ? 'bid' : 'ask');
    this.#fill('bid', bid, depthContracts, grid, refills);
    this.#fill('ask', ask, depthContracts, grid, refills);
  }

  /** Somebody places a small order about the touch, or takes one away. */
  fidget(grid: PriceGrid): void {
    const side: Side = this.#random.uniform() < 0.5 ? 'bid' : 'ask';
    const orders = this.#fidgets[side];
    const isCrowded = orders.length >= FIDGETS_MAX;
    if (orders.length > 0 && (isCrowded || this.#random.uniform() < 0.5)) {
      this.#cancel(orders, this.#random.integer(0, orders.length - 1));
      return;
    }
    const price = this.#fidgetPrice(side, grid);
    if (price === null) return;
    const contracts = this.#liquidity.fidgetContracts * Math.exp(FIDGET_SIGMA * this.#random.normal());
    this.#place(orders, side, price, contracts);
  }

  #fidgetPrice(side: Side, grid: PriceGrid): Centicents | null {
    let price = this.#top[side];
    if (price === null) return null;
    if (this.#random.uniform() < this.#liquidity.betterShare) {
      const better = side === 'bid' ? grid.above(price) : grid.below(price);
      const other = side === 'bid' ? this.#engine.bestAsk(this.#market) : this.#engine.bestBid(this.#market);
      const isSafe =
        side === 'bid' ? (better ?? DOLLAR) < 100 * this.#fairCents : (better ?? 0) > 100 * this.#fairCents;
      const isFree = other === null || (side === 'bid' ? (better ?? DOLLAR) < other[0] : (better ?? 0) > other[0]);
      return isSafe && isFree ? better : price;
    }
    while (price !== null && this.#random.uniform() < FURTHER_SHARE) price = this.#further(side, price, grid);
    return price;
  }

  /** The best price on the passive side of `limit` ($0.0001), or where the side stands if that is near enough. */
  #topOf(side: Side, limit: number, grid: PriceGrid): Centicents | null {
    const top = side === 'bid' ? grid.floor(limit) : grid.ceil(limit);
    const before = this.#top[side];
    if (before !== null && grid.isOnGrid(before)) {
      const step = grid.stepAt(before);
      const passive = side === 'bid' ? limit - before : before - limit;
      if (passive > -KEEP_TICKS * step && passive < (1 + KEEP_TICKS) * step) return before;
    }
    // Near nothing and near certainty somebody still stands at the last price.
    if (side === 'bid') return top ?? (limit > -LAST_STAND ? grid.lowest() : null);
    return top ?? (limit < DOLLAR + LAST_STAND ? grid.floor(DOLLAR - 1) : null);
  }

  #withdraw(orders: Resting[], side: Side): void {
    const top = this.#top[side];
    for (let index = orders.length - 1; index >= 0; index--) {
      const { price } = orders[index]!;
      if (top === null || (side === 'bid' ? price > top : price < top)) this.#cancel(orders, index);
    }
  }

  /** An order of the ladder goes; it is replaced when its level is next filled up. */
  #churn(side: Side): void {
    const orders = this.#ladder[side];
    if (orders.length > 0 && this.#random.uniform() < CHURN_SHARE)
      this.#cancel(orders, this.#random.integer(0, orders.length - 1));
  }

  #fill(side: Side, top: Centicents | null, depthContracts: number, grid: PriceGrid, refills: number): void {
    const { levels } = this.#liquidity;
    const orders = this.#ladder[side];
    let left = refills;
    let share = 1;
    let price = top;
    for (let level = 0; level < levels && price !== null; level++) {
      if (left > 0) {
        const here: Centicents = price;
        const has = this.#engine.crowdQuantity(this.#market, side, here) / CONTRACT;
        const wanted = depthContracts * share * this.#tasteAt(here, has === 0);
        if (has < REFILL_BELOW * wanted) {
          if (has === 0) forget(orders, here);
          this.#place(orders, side, here, wanted - has);
          left--;
        }
      }
      share *= this.#liquidity.further;
      price = this.#further(side, price, grid);
    }
    this.#dropOutliers(orders, side, price);
  }

  #tasteAt(price: Centicents, isAnew: boolean): number {
    const index = Math.round(price / this.#liquidity.levelStep);
    if (isAnew || this.#taste[index] === 0)
      this.#taste[index] = Math.min(TASTE_MAX, Math.exp(this.#liquidity.depthSigma * this.#random.normal()));
    return this.#taste[index]!;
  }

  #further(side: Side, price: Centicents, grid: PriceGrid): Centicents | null {
    const step = Math.max(grid.stepAt(price), this.#liquidity.levelStep);
    const next = side === 'bid' ? grid.floor(price - step) : grid.ceil(price + step);
    return next === price ? null : next;
  }

  #place(orders: Resting[], side: Side, price: Centicents, contracts: number): void {
    const answer = this.#engine.create(CROWD, {
      market: this.#market,
      side,
      price,
      quantity: (Math.max(1, Math.round(contracts)) * CONTRACT) as Centicontracts,
      timeInForce: 'goodTillCanceled',
      selfTrade: 'taker_at_cross',
      clientOrderId: null,
      expiresAtMs: null,
      postOnly: false,
      reduceOnly: false,
      cancelOnPause: false,
      groupId: null,
    });
    if (answer.ok && answer.order.remaining > 0) orders.push({ orderId: answer.order.orderId, price });
  }

  /** One at a time: old quotes far away linger for a while. */
  #dropOutliers(orders: Resting[], side: Side, end: Centicents | null): void {
    if (end === null) return;
    const index = orders.findIndex(({ price }) => (side === 'bid' ? price < end : price > end));
    if (index >= 0) this.#cancel(orders, index);
  }

  /** An order that was executed meanwhile is refused, which is as good. */
  #cancel(orders: Resting[], index: number): void {
    this.#engine.cancel(CROWD, orders[index]!.orderId);
    orders.splice(index, 1);
  }
}

function forget(orders: Resting[], emptied: Centicents): void {
  for (let index = orders.length - 1; index >= 0; index--)
    if (orders[index]!.price === emptied) orders.splice(index, 1);
}
