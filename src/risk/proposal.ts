/** What the rules look at: an order, and how the account would stand with it. */
import type { EventTicker } from '../domain/ids.ts';
import type { OrderIntent, OrderPurpose } from '../domain/order.ts';
import type { Side } from '../domain/side.ts';
import type { Centicontracts, Microdollars } from '../domain/units.ts';
import type { Limits } from './limits.ts';

/** How much the trader may do; the supervisor decides it. */
export type RiskMode = 'active' | 'reducing' | 'paused' | 'halted';

/** The part of an intent that costs. For an amend: the quantity that would be open, and the id of the working order. */
export type OrderRequest = Pick<OrderIntent, 'clientOrderId' | 'market' | 'side' | 'price' | 'quantity' | 'purpose'>;

/** Stable codes: journal, pages and tests key on them. */
export type DenyReason =
  | 'invalidOrder'
  | 'unknownMarket'
  | 'mode'
  | 'reducingOnly'
  | 'orderSize'
  | 'market'
  | 'category'
  | 'group'
  | 'total'
  | 'resting'
  | 'openPositions'
  | 'balance';

/** Why not, with the figure that would have been and the one that is allowed, in the unit of the rule. */
export interface Denial {
  readonly reason: DenyReason;
  readonly value: number;
  readonly limit: number;
}

/** Every sum as it would be with the order in it. */
export interface Proposal {
  readonly purpose: OrderPurpose;
  readonly side: Side;
  readonly mode: RiskMode;
  readonly limits: Limits;
  /** Null: nobody has said what this market belongs to. */
  readonly event: EventTicker | null;
  /** Signed, as it is now. */
  readonly position: Centicontracts;
  /** Open quantity on this side of this market, this order in it. */
  readonly openOnSide: Centicontracts;
  /** The part of it that is exits. */
  readonly exitsOnSide: Centicontracts;
  readonly orderLoss: Microdollars;
  readonly marketLoss: Microdollars;
  readonly categoryLoss: Microdollars;
  readonly groupLoss: Microdollars;
  readonly totalLoss: Microdollars;
  readonly restingValue: Microdollars;
  readonly openPositions: number;
  /** What the account holds in cash, the collateral of open orders not yet taken off. */
  readonly cash: Microdollars;
}

/** One rule: null when it has nothing against the order. */
export type Rule = (proposal: Proposal) => Denial | null;

/** The shape that most rules have: a figure that may not pass a limit. */
export function atMost(reason: DenyReason, value: number, limit: number): Denial | null {
  return value <= limit ? null : { reason, value, limit };
}
