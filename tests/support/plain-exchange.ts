/**
 * The exchange's rules in the plainest words: one list of orders, searched from start to end, sums made anew each time.
 * What the engine is held to: what it executes, what it refuses and why, and what may stay on the book.
 */
import { tradeFee } from '../../src/domain/fees.ts';
import type { OrderId } from '../../src/domain/ids.ts';
import type { FeeSchedule } from '../../src/domain/market.ts';
import type { Side } from '../../src/domain/side.ts';
import { type Centicents, type Centicontracts, complement } from '../../src/domain/units.ts';
import type { NewOrder } from '../../src/exchange/embedded/model.ts';
import { CROWD, type RefusalCode, type UserId } from '../../src/exchange/embedded/model.ts';

export interface PlainOrder {
  readonly id: OrderId;
  readonly user: UserId;
  readonly side: Side;
  readonly postOnly: boolean;
  readonly cancelOnPause: boolean;
  readonly expiresAtMs: number | null;
  price: number;
  remaining: number;
}

export interface PlainExecution {
  readonly maker: UserId;
  readonly price: number;
  readonly quantity: number;
}

/** An account as far as funding asks: all its cash, and its signed position. */
export interface PlainAccount {
  readonly cash: number;
  readonly position: number;
}

/** Size, worth on the own leg and the most that fees may come to. */
interface Claim {
  readonly side: Side;
  readonly price: number;
  readonly quantity: number;
  readonly isTaker: boolean;
}

export class PlainExchange {
  /** In order of coming; an order that loses its place comes anew. */
  orders: PlainOrder[] = [];
  fees: FeeSchedule;
  isExchangeActive = true;
  isTradingActive = true;
  isMarketActive = true;
  isMarketOpen = true;

  constructor(fees: FeeSchedule) {
    this.fees = fees;
  }

  /** Why nothing may be done now, or null: a cancel or a decrease, or what places. */
  shut(isPlacing: boolean): RefusalCode | null {
    if (!this.isExchangeActive) return 'exchange_is_paused';
    if (isPlacing && !this.isTradingActive) return 'trading_is_paused';
    if (!this.isMarketOpen) return 'market_inactive';
    return isPlacing && !this.isMarketActive ? 'market_inactive' : null;
  }

  /** Why this order is refused; its `quantity` is what reduce-only leaves of it. */
  refusal(user: UserId, asked: NewOrder, account: PlainAccount): RefusalCode | null {
    const shut = this.shut(true);
    if (shut !== null) return shut;
    const crosses = this.meets(asked.side, asked.price) !== null;
    if (user !== CROWD && !this.affords(user, account, { ...asked, isTaker: crosses }, null)) {
      return 'insufficient_balance';
    }
    const isKilled = asked.timeInForce === 'fillOrKill' && this.takeable(asked.side, asked.price) < asked.quantity;
    if (isKilled) return 'fill_or_kill_insufficient_resting_volume';
    return asked.postOnly && crosses ? 'invalid_order' : null;
  }

  /** The largest quantity, up to 50 contracts, that an account can pay for at this price. */
  most(user: UserId, side: Side, price: number, account: PlainAccount): number {
    const isTaker = this.meets(side, price) !== null;
    let most = 0;
    for (let step = 4_096; step >= 1; step /= 2) {
      const quantity = most + step;
      if (quantity <= 5_000 && this.affords(user, account, { side, price, quantity, isTaker }, null)) most = quantity;
    }
    return most;
  }

  /** Why an amend of a resting order to this price and this total is refused. */
  amendRefusal(order: PlainOrder, price: number, total: number, filled: number, account: PlainAccount) {
    const shut = this.shut(true);
    if (shut !== null) return shut;
    const remaining = total - filled;
    if (remaining < 0) return 'invalid_amend_quantity_for_order';
    if (remaining === 0 || this.keepsPlace(order, price, remaining)) return null;
    const isTaker = this.meets(order.side, price) !== null;
    if (isTaker && order.postOnly) return 'invalid_order';
    if (isTaker && this.reaches(order.user, order.side, price, remaining)) return 'self_cross_attempt';
    const claim = { side: order.side, price, quantity: remaining, isTaker };
    return this.affords(order.user, account, claim, order) ? null : 'insufficient_balance';
  }

  keepsPlace(order: PlainOrder, price: number, remaining: number): boolean {
    return price === order.price && remaining <= order.remaining;
  }

  /** Executes what crosses; what is left of the order is in `remaining`, 0 too when it met its own account and stopped. */
  take(taker: PlainOrder, ownIsCanceled: boolean): PlainExecution[] {
    const executions: PlainExecution[] = [];
    while (taker.remaining > 0) {
      const maker = this.meets(taker.side, taker.price);
      if (maker === null) break;
      if (maker.user === taker.user && maker.user !== CROWD) {
        if (!ownIsCanceled) {
          taker.remaining = 0;
          break;
        }
        this.remove(maker.id);
        continue;
      }
      const quantity = Math.min(maker.remaining, taker.remaining);
      executions.push({ maker: maker.user, price: maker.price, quantity });
      taker.remaining -= quantity;
      maker.remaining -= quantity;
      if (maker.remaining === 0) this.remove(maker.id);
    }
    return executions;
  }

  rest(order: PlainOrder): void {
    this.orders.push(order);
  }

  remove(id: OrderId): void {
    this.orders = this.orders.filter((order) => order.id !== id);
  }

  removeWhere(isGone: (order: PlainOrder) => boolean): void {
    this.orders = this.orders.filter((order) => !isGone(order));
  }

  find(id: OrderId): PlainOrder | undefined {
    return this.orders.find((order) => order.id === id);
  }

  /** What came before an order at its price. */
  ahead(id: OrderId): number {
    const place = this.orders.findIndex((order) => order.id === id);
    const { side, price } = this.orders[place]!;
    return this.orders
      .slice(0, place)
      .filter((order) => order.side === side && order.price === price)
      .reduce((sum, { remaining }) => sum + remaining, 0);
  }

  /** Ascending [price, quantity]. */
  levels(side: Side): [number, number][] {
    const sums = new Map<number, number>();
    for (const order of this.orders) {
      if (order.side === side) sums.set(order.price, (sums.get(order.price) ?? 0) + order.remaining);
    }
    return [...sums].sort(([a], [b]) => a - b);
  }

  /** What an account's orders need: collateral (what reduces is free, see accounts.ts) and the most that fees may come to. */
  reserved(user: UserId, position: number): number {
    return this.reserve(this.claims(user), position);
  }

  /** The oldest of the best-priced orders that this one would meet. */
  private meets(side: Side, price: number): PlainOrder | null {
    return this.line(side, price)[0] ?? null;
  }

  /** All that this one would meet, in the order of meeting. */
  private line(side: Side, price: number): PlainOrder[] {
    const sign = side === 'bid' ? 1 : -1;
    return this.orders
      .filter((order) => order.side !== side && sign * order.price <= sign * price)
      .sort((a, b) => sign * (a.price - b.price));
  }

  private takeable(side: Side, price: number): number {
    return this.line(side, price).reduce((sum, { remaining }) => sum + remaining, 0);
  }

  private reaches(user: UserId, side: Side, price: number, quantity: number): boolean {
    let left = quantity;
    for (const order of this.line(side, price)) {
      if (left <= 0) return false;
      if (order.user === user) return true;
      left -= order.remaining;
    }
    return false;
  }

  private claims(user: UserId, without: PlainOrder | null = null): Claim[] {
    return this.orders
      .filter((order) => order.user === user && order !== without)
      .map(({ side, price, remaining }) => ({ side, price, quantity: remaining, isTaker: false }));
  }

  /** An order is funded when it needs no more than before, or no more than is free. */
  private affords(user: UserId, { cash, position }: PlainAccount, claim: Claim, instead: PlainOrder | null): boolean {
    const before = this.reserve(this.claims(user), position);
    const after = this.reserve([...this.claims(user, instead), claim], position);
    return after <= before || after <= cash;
  }

  private reserve(claims: readonly Claim[], position: number): number {
    let sum = 0;
    for (const side of ['bid', 'ask'] as const) {
      let size = 0n;
      let worth = 0n;
      let feesAtMost = 0;
      for (const claim of claims) {
        if (claim.side !== side) continue;
        size += BigInt(claim.quantity);
        worth += BigInt(claim.quantity) * BigInt(side === 'bid' ? claim.price : complement(claim.price as Centicents));
        feesAtMost += this.feesAtMost(claim);
      }
      const covered = BigInt(Math.max(0, side === 'bid' ? -position : position));
      const held = size > covered ? Number(worth - (worth * covered) / size) : 0;
      sum += held + (held > 0 ? feesAtMost : 0);
    }
    return sum;
  }

  /** The fee at the order's own price, and one unit of rounding; nothing where neither can come up. */
  private feesAtMost({ price, quantity, isTaker }: Claim): number {
    const fee = tradeFee(this.fees, price as Centicents, quantity as Centicontracts, isTaker);
    return fee > 0 || price % 100 !== 0 ? fee + 100 : 0;
  }
}
