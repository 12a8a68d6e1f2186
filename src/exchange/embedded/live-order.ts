import type { FeeAccumulator } from '../../domain/fees.ts';
import type { ClientOrderId, OrderId } from '../../domain/ids.ts';
import type { TimeInForce } from '../../domain/order.ts';
import type { Side } from '../../domain/side.ts';
import { type Centicents, type Centicontracts, DOLLAR, type Microdollars, type UnixMs } from '../../domain/units.ts';
import type { Account } from './accounts.ts';
import type { Appointment } from './agenda.ts';
import type { ListedEntry } from './listed-entry.ts';
import type { EngineOrder, NewOrder, OrderStatus, UpdateReason } from './model.ts';

/** An order as the engine works on it; the world sees `view()`, which never changes afterwards. */
export class LiveOrder {
  readonly orderId: OrderId;
  readonly account: Account;
  readonly entry: ListedEntry;
  readonly side: Side;
  readonly timeInForce: TimeInForce;
  readonly selfTrade: 'taker_at_cross' | 'maker';
  readonly postOnly: boolean;
  readonly cancelOnPause: boolean;
  readonly groupId: string | null;
  readonly createdMs: UnixMs;
  /** Rounding of its fees; made with its first execution. */
  fees: FeeAccumulator | null = null;

  clientOrderId: ClientOrderId | null;
  price: Centicents;
  initial: Centicontracts;
  filled = 0 as Centicontracts;
  remaining: Centicontracts;
  status: OrderStatus = 'resting';
  expiresAtMs: UnixMs | null;
  takerCost = 0;
  makerCost = 0;
  takerFees = 0;
  makerFees = 0;
  updatedMs: UnixMs;
  updateReason: UpdateReason | null = null;

  /** Its place in the book; 0 while it is not there. */
  slot = 0;
  /** The most that its fees may still come to while it rests, as counted in its account's stake. */
  feeBound = 0;
  expiry: Appointment | null = null;
  /** What of a recording's crowd stood before it when the book was lost; null: not known, or never lost. */
  aheadWhenLost: number | null = null;

  constructor(orderId: OrderId, account: Account, entry: ListedEntry, asked: NewOrder, now: UnixMs) {
    this.orderId = orderId;
    this.account = account;
    this.entry = entry;
    this.side = asked.side;
    this.timeInForce = asked.timeInForce;
    this.selfTrade = asked.selfTrade;
    this.postOnly = asked.postOnly;
    this.cancelOnPause = asked.cancelOnPause;
    this.groupId = asked.groupId;
    this.createdMs = now;
    this.clientOrderId = asked.clientOrderId;
    this.price = asked.price;
    this.initial = asked.quantity;
    this.remaining = asked.quantity;
    this.expiresAtMs = asked.expiresAtMs;
    this.updatedMs = now;
  }

  /** Price of the order's own leg: what one contract costs if it opens. */
  get legPrice(): number {
    return this.side === 'bid' ? this.price : DOLLAR - this.price;
  }

  view(): EngineOrder {
    return {
      orderId: this.orderId,
      user: this.account.user,
      market: this.entry.ticker,
      exchangeIndex: this.entry.exchangeIndex,
      clientOrderId: this.clientOrderId,
      side: this.side,
      price: this.price,
      status: this.status,
      initial: this.initial,
      filled: this.filled,
      remaining: this.remaining,
      timeInForce: this.timeInForce,
      selfTrade: this.selfTrade,
      expiresAtMs: this.expiresAtMs,
      postOnly: this.postOnly,
      cancelOnPause: this.cancelOnPause,
      groupId: this.groupId,
      takerCost: this.takerCost as Microdollars,
      makerCost: this.makerCost as Microdollars,
      takerFees: this.takerFees as Microdollars,
      makerFees: this.makerFees as Microdollars,
      createdMs: this.createdMs,
      updatedMs: this.updatedMs,
      updateReason: this.updateReason,
    };
  }
}
