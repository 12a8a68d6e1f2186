/**
 * One market's account by average cost. Everything is an exact integer, and totals are exact although an average is not:
 * what a partial close releases is rounded down to $0.000001, and the fraction stays with what is still open.
 */
import type { Fill } from '../domain/fill.ts';
import type { Ticker } from '../domain/ids.ts';
import { signOf } from '../domain/side.ts';
import {
  type Centicents,
  type Centicontracts,
  centicontracts,
  complement,
  cost as costOf,
  DOLLAR,
  type Microdollars,
  microdollars,
} from '../domain/units.ts';

/** What is held of a market and what it has earned. */
export interface Position {
  readonly market: Ticker;
  /** + yes, − no. */
  readonly quantity: Centicontracts;
  /** What the open contracts were bought for: yes at its price, no at 1 − price. ≥ 0. */
  readonly cost: Microdollars;
  /** Locked in by closing and settling, fees not taken off. */
  readonly realizedPnl: Microdollars;
  /** Paid on fills and at settlement. ≥ 0. */
  readonly fees: Microdollars;
}

/** How a market ended for us, in the venue's own numbers. */
export interface SettlementFact {
  readonly market: Ticker;
  /** What a yes contract paid; null where the venue does not say. */
  readonly value: Centicents | null;
  /** What was paid out, the fee already taken off. */
  readonly revenue: Microdollars;
  /** The part below a whole cent that was kept. */
  readonly fee: Microdollars;
  readonly atMs: number;
}

/** The running account behind a position; plain data. */
export interface Account extends Position {
  /** Σ over fills of what the yes axis moves: a bid pays price × quantity, an ask receives it. */
  readonly flow: Microdollars;
  readonly settlement: SettlementFact | null;
}

export function openAccount(market: Ticker): Account {
  const zero = microdollars(0);
  return {
    market,
    quantity: centicontracts(0),
    cost: zero,
    realizedPnl: zero,
    fees: zero,
    flow: zero,
    settlement: null,
  };
}

/** part of `total` that belongs to `share` of `whole`, rounded down; exact where the product leaves 2⁵³. */
function portion(total: number, share: number, whole: number): number {
  const product = total * share;
  if (product <= Number.MAX_SAFE_INTEGER) return Math.floor(product / whole);
  return Number((BigInt(total) * BigInt(share)) / BigInt(whole));
}

/** The account after one more fill: the opposite side closes first, what is left opens. */
export function withFill(account: Account, fill: Pick<Fill, 'side' | 'price' | 'quantity' | 'fee'>): Account {
  const sign = signOf(fill.side);
  const held = account.quantity * -sign > 0 ? Math.abs(account.quantity) : 0;
  const closed = Math.min(held, fill.quantity) as Centicontracts;
  const opened = centicontracts(fill.quantity - closed);
  const released = closed === 0 ? 0 : portion(account.cost, closed, held);
  // Closing yes is selling it at the price; closing no is selling that at 1 − price.
  const proceeds = costOf(fill.side === 'ask' ? fill.price : complement(fill.price), closed);
  const paid = costOf(fill.side === 'bid' ? fill.price : complement(fill.price), opened);
  return {
    ...account,
    quantity: centicontracts(account.quantity + sign * fill.quantity),
    cost: microdollars(account.cost - released + paid),
    realizedPnl: microdollars(account.realizedPnl + proceeds - released),
    fees: microdollars(account.fees + fill.fee),
    flow: microdollars(account.flow - sign * costOf(fill.price, fill.quantity)),
  };
}

/** What the world sees: a settled market holds nothing and has earned what it paid. */
export function positionOf(account: Account): Position {
  const { market, quantity, cost, realizedPnl, fees, settlement } = account;
  if (settlement === null) return { market, quantity, cost, realizedPnl, fees };
  return {
    market,
    quantity: centicontracts(0),
    cost: microdollars(0),
    realizedPnl: microdollars(realizedPnl + settlement.revenue + settlement.fee - cost),
    fees: microdollars(fees + settlement.fee),
  };
}

/**
 * What the account has added to the venue's cash: its yes-axis flow less fees, less $1 of collateral a short contract,
 * and, once settled, what was paid out (which gives collateral back inside it).
 */
export function cashOf(account: Account): Microdollars {
  const collateral = costOf(DOLLAR, Math.max(0, -account.quantity) as Centicontracts);
  return microdollars(account.flow - collateral - account.fees + (account.settlement?.revenue ?? 0));
}

/** What an open position is worth at a yes price. */
export function valueAt(quantity: Centicontracts, price: Centicents): Microdollars {
  return quantity >= 0 ? costOf(price, quantity) : costOf(complement(price), -quantity as Centicontracts);
}
