/**
 * Who has what. Money lies in one purse a shard. A market's stake is one signed position (yes and no net at once) and the
 * sums of what rests there, from which the collateral follows:
 *
 * - a bid holds price × quantity, an ask (1 − price) × quantity;
 * - as far as the position would be reduced, nothing is held. Which orders a position covers when it cannot cover them all
 *   is not published by the venue; here it is spread evenly over them, which depends on nothing but their sums.
 *
 * Beside the collateral that an account sees as gone, the fees that its orders may still cost are counted (not shown)
 * whenever a new order is funded. So an execution never lacks cash.
 */
import type { ClientOrderId, OrderId, Ticker } from '../../domain/ids.ts';
import type { Side } from '../../domain/side.ts';
import { type Centicontracts, DOLLAR, type Microdollars, type UnixMs } from '../../domain/units.ts';
import type { ShardTransfer } from './account-model.ts';
import type { LiveOrder } from './live-order.ts';
import type { EngineFill, EnginePosition, EngineSettlement, EngineTransfer, UserId } from './model.ts';
import type { OrderGroup } from './order-groups.ts';

/** ⌊a × b ÷ c⌋, exact; all ≥ 0. */
export function multiplyDivide(a: number, b: number, c: number): number {
  const product = a * b;
  if (product <= Number.MAX_SAFE_INTEGER) return (product - (product % c)) / c;
  return Number((BigInt(a) * BigInt(b)) / BigInt(c));
}

/** An account's money on one shard. */
export class Purse {
  /** All of it, collateral of resting orders included. Always a whole multiple of the fee precision. */
  cash: number;
  /** Collateral of resting orders. */
  held = 0;
  /** Collateral and the most that fees of resting orders may come to. */
  reserved = 0;

  constructor(cash: number) {
    this.cash = cash;
  }

  get available(): Microdollars {
    return (this.cash - this.held) as Microdollars;
  }
}

/** Sums over an account's resting orders on one side of one market. */
interface Resting {
  quantity: number;
  /** Σ price of the order's own leg × remaining. */
  cost: number;
  /** Σ the most that fees may come to. */
  fees: number;
}

function holdsFor(resting: Resting, covered: number): number {
  if (resting.quantity <= covered) return 0;
  if (covered === 0) return resting.cost;
  return resting.cost - multiplyDivide(resting.cost, covered, resting.quantity);
}

/** One account's stake in one market. */
export class Stake {
  readonly market: Ticker;
  readonly exchangeIndex: number;
  readonly purse: Purse;
  position = 0;
  /** Cost of the open position, ≥ 0. */
  cost = 0;
  totalTraded = 0;
  realizedPnl = 0;
  fees = 0;
  updatedMs = 0 as UnixMs;
  private readonly bids: Resting = { quantity: 0, cost: 0, fees: 0 };
  private readonly asks: Resting = { quantity: 0, cost: 0, fees: 0 };
  private held = 0;
  private reserved = 0;

  constructor(market: Ticker, exchangeIndex: number, purse: Purse) {
    this.market = market;
    this.exchangeIndex = exchangeIndex;
    this.purse = purse;
  }

  /** Something rests (or no longer): changes the sums only; `settleHold` brings the purse up to date. */
  rest(side: Side, quantity: number, cost: number, fees: number): void {
    const resting = side === 'bid' ? this.bids : this.asks;
    resting.quantity += quantity;
    resting.cost += cost;
    resting.fees += fees;
  }

  settleHold(): void {
    const bidHold = holdsFor(this.bids, Math.max(0, -this.position));
    const askHold = holdsFor(this.asks, Math.max(0, this.position));
    const held = bidHold + askHold;
    const reserved = held + (bidHold > 0 ? this.bids.fees : 0) + (askHold > 0 ? this.asks.fees : 0);
    this.purse.held += held - this.held;
    this.purse.reserved += reserved - this.reserved;
    this.held = held;
    this.reserved = reserved;
  }

  /** Whether the purse could stand this change of what rests (or is about to execute); changes nothing. */
  affords(side: Side, quantity: number, cost: number, fees: number): boolean {
    const before = this.reserved;
    const free = this.purse.cash - this.purse.reserved;
    this.rest(side, quantity, cost, fees);
    this.settleHold();
    const more = this.reserved - before;
    this.rest(side, -quantity, -cost, -fees);
    this.settleHold();
    return more <= 0 || more <= free;
  }

  /**
   * An execution: cash, position, average cost and realised P&L. A reduced position is paid for at once (yes and no
   * together are $1). Returns how much the long side of the market grew.
   */
  execute(side: Side, price: number, quantity: number, fee: number, atMs: UnixMs): number {
    const before = this.position;
    const sign = side === 'bid' ? 1 : -1;
    const own = side === 'bid' ? price : DOLLAR - price;
    const closing = before * sign < 0 ? Math.min(Math.abs(before), quantity) : 0;
    const opening = quantity - closing;
    const proceeds = closing * (DOLLAR - own);
    const spent = opening * own;
    const open = Math.abs(before);
    const released = closing === open ? (closing > 0 ? this.cost : 0) : multiplyDivide(this.cost, closing, open);
    this.position = before + sign * quantity;
    this.cost += spent - released;
    this.realizedPnl += proceeds - released;
    this.totalTraded += proceeds + spent;
    this.fees += fee;
    this.updatedMs = atMs;
    this.purse.cash += proceeds - spent - fee;
    return Math.max(0, this.position) - Math.max(0, before);
  }

  view(): EnginePosition {
    return {
      market: this.market,
      exchangeIndex: this.exchangeIndex,
      quantity: this.position as Centicontracts,
      cost: this.cost as Microdollars,
      totalTraded: this.totalTraded as Microdollars,
      realizedPnl: this.realizedPnl as Microdollars,
      fees: this.fees as Microdollars,
      updatedMs: this.updatedMs,
    };
  }
}

/** Canceled orders without an execution that are remembered; the venue too forgets old ones. */
const CANCELED_KEPT = 20_000;

export class Account {
  readonly user: UserId;
  /** Owner of its slots in the books; 0 is the crowd. */
  readonly index: number;
  readonly purses = new Map<number, Purse>();
  readonly stakes = new Map<Ticker, Stake>();
  /** In order of making; of the crowd's only those that rest. */
  readonly orders = new Map<OrderId, LiveOrder>();
  readonly resting = new Set<LiveOrder>();
  /** In order of making. */
  readonly groups = new Map<string, OrderGroup>();
  /** Never emptied: an id is good for one order, whatever became of it. */
  readonly clientOrderIds = new Set<ClientOrderId>();
  /** Oldest first. */
  readonly fills: EngineFill[] = [];
  readonly settlements: EngineSettlement[] = [];
  readonly transfers: EngineTransfer[] = [];
  readonly shardTransfers: ShardTransfer[] = [];
  /** Never emptied either. */
  readonly clientTransferIds = new Set<string>();
  readonly usageLevels: string[] = [];
  private canceled = 0;

  constructor(user: UserId, index: number) {
    this.user = user;
    this.index = index;
  }

  get isCrowd(): boolean {
    return this.index === 0;
  }

  purse(exchangeIndex: number): Purse {
    let purse = this.purses.get(exchangeIndex);
    if (purse === undefined) {
      purse = new Purse(0);
      this.purses.set(exchangeIndex, purse);
    }
    return purse;
  }

  stake(market: Ticker, exchangeIndex: number): Stake {
    let stake = this.stakes.get(market);
    if (stake === undefined) {
      stake = new Stake(market, exchangeIndex, this.purse(exchangeIndex));
      this.stakes.set(market, stake);
    }
    return stake;
  }

  /** An order ended without an execution: the oldest of many such are forgotten. */
  canceledUnfilled(): void {
    if (++this.canceled < 2 * CANCELED_KEPT) return;
    for (const [id, order] of this.orders) {
      if (this.canceled <= CANCELED_KEPT) break;
      if (order.status !== 'canceled' || order.filled > 0) continue;
      this.orders.delete(id);
      this.canceled--;
    }
  }
}
