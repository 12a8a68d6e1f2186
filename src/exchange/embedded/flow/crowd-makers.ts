/** The makers of one synthetic market: a ladder on each side of their fair value, as orders of the crowd. */
import type { OrderId, Ticker } from '../../../domain/ids.ts';
import type { PriceGrid } from '../../../domain/market.ts';
import type { Random } from '../../../domain/random.ts';
import type { Side } from '../../../domain/side.ts';
import { type Centicents, type Centicontracts, CONTRACT, DOLLAR } from '../../../domain/units.ts';
import { CROWD, type Engine } from '../model.ts';

export interface MakerLadder {
  readonly levels: number;
  /** Median contracts at the touch; levels further out hold less. */
  readonly depthContracts: number;
}

interface Resting {
  readonly orderId: OrderId;
  readonly price: Centicents;
}

const LEVEL_DECAY = 0.9;
/** On fine grids makers leave ticks out: levels are at least this far apart. */
const LEVEL_STEP_MIN = 50;
/** A level with less than this share of what it should hold is filled up. */
const REFILL_BELOW = 0.4;
/** The touch stays where it is while it would be rounded elsewhere by no more than this share of a tick. */
const KEEP_TICKS = 0.3;
/** Who should quote beyond the last price by no more than this quotes at the last price; $0.0001. */
const LAST_STAND = 100;

export class CrowdMakers {
  readonly #engine: Engine;
  readonly #market: Ticker;
  readonly #random: Random;
  readonly #orders: Record<Side, Resting[]> = { bid: [], ask: [] };
  readonly #top: Record<Side, Centicents | null> = { bid: null, ask: null };
  /** Each level's own taste, so that books are not all alike. */
  readonly #taste: readonly number[];

  constructor(engine: Engine, market: Ticker, levels: number, random: Random) {
    this.#engine = engine;
    this.#market = market;
    this.#random = random;
    this.#taste = Array.from({ length: levels }, () => Math.exp(0.5 * random.normal()));
  }

  /**
   * Moves the quotes to a fair value in cents: what is too good is withdrawn, at most `refills` levels a side are filled
   * up, and now and then one thinks again.
   */
  update(fairCents: number, halfSpreadCents: number, ladder: MakerLadder, grid: PriceGrid, refills: number): void {
    const bid = this.#topOf('bid', 100 * (fairCents - halfSpreadCents), grid);
    let ask = this.#topOf('ask', 100 * (fairCents + halfSpreadCents), grid);
    if (bid !== null && ask !== null && bid >= ask) ask = grid.above(bid);
    // Both withdrawals first: makers never trade with each other.
    this.#top.bid = bid;
    this.#top.ask = ask;
    this.#withdraw('bid', bid);
    this.#withdraw('ask', ask);
    this.#churn(this.#random.uniform() < 0.5 ? 'bid' : 'ask');
    this.#fill('bid', bid, ladder, grid, refills);
    this.#fill('ask', ask, ladder, grid, refills);
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

  #withdraw(side: Side, top: Centicents | null): void {
    const orders = this.#orders[side];
    for (let index = orders.length - 1; index >= 0; index--) {
      const { price } = orders[index]!;
      if (top === null || (side === 'bid' ? price > top : price < top)) this.#cancel(side, index);
    }
  }

  /** Somebody near the touch takes an order out; it is replaced when its level is next filled up. */
  #churn(side: Side): void {
    const orders = this.#orders[side];
    if (orders.length > 0 && this.#random.uniform() < 0.4)
      this.#cancel(side, this.#random.integer(0, orders.length - 1));
  }

  #fill(side: Side, top: Centicents | null, ladder: MakerLadder, grid: PriceGrid, refills: number): void {
    let left = refills;
    let price = top;
    for (let level = 0; level < ladder.levels && price !== null; level++) {
      const wanted = ladder.depthContracts * LEVEL_DECAY ** level * this.#taste[level % this.#taste.length]!;
      const here: Centicents = price;
      const has = this.#engine.crowdQuantity(this.#market, side, here) / CONTRACT;
      if (left > 0 && has < REFILL_BELOW * wanted) {
        if (has === 0) this.#forget(side, here);
        this.#place(side, here, (wanted - has) * Math.exp(0.3 * this.#random.normal()));
        left--;
      }
      const step = Math.max(grid.stepAt(here), LEVEL_STEP_MIN);
      price = side === 'bid' ? grid.floor(here - step) : grid.ceil(here + step);
      if (price === here) price = null;
    }
    this.#dropOutliers(side, price);
  }

  #place(side: Side, price: Centicents, contracts: number): void {
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
    if (answer.ok && answer.order.remaining > 0) this.#orders[side].push({ orderId: answer.order.orderId, price });
  }

  /** One at a time: old quotes far away linger for a while. */
  #dropOutliers(side: Side, end: Centicents | null): void {
    if (end === null) return;
    const index = this.#orders[side].findIndex(({ price }) => (side === 'bid' ? price < end : price > end));
    if (index >= 0) this.#cancel(side, index);
  }

  /** An order that was executed meanwhile is refused, which is as good. */
  #cancel(side: Side, index: number): void {
    const orders = this.#orders[side];
    this.#engine.cancel(CROWD, orders[index]!.orderId);
    orders.splice(index, 1);
  }

  #forget(side: Side, emptied: Centicents): void {
    const orders = this.#orders[side];
    for (let index = orders.length - 1; index >= 0; index--)
      if (orders[index]!.price === emptied) orders.splice(index, 1);
  }
}
