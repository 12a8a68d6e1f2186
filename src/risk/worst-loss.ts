/**
 * What one market can cost, at the worse of its two results and with whatever subset of our orders filling that hurts
 * most. Money is Microdollars, quantities Centicontracts, all exact.
 *
 * A position's cost is what was paid for it: a long of 10 at 40¢ cost $4, a short of 10 from 40¢ cost $6 (it is a long
 * of the other outcome). That is what it loses on the result against it; on the other it gains the rest of the dollar.
 *
 * Plain netting ("the position's gain on that result pays for the orders") is not safe here: an order that closes part
 * of the position turns that gain into cash, and the cash is then gone from the sum, so that the worst case would *rise*
 * on a fill and pass a limit after it had been approved. So the gain of what may still be closed is only counted as far
 * as no fill can take it away. The result never rises by a fill, a cancel or a smaller order; it is never below zero.
 */
import type { Side } from '../domain/side.ts';
import { type Centicents, type Centicontracts, DOLLAR, type Microdollars } from '../domain/units.ts';

export interface PositionAtCost {
  /** Signed: + yes, − no. */
  readonly quantity: Centicontracts;
  /** What was paid for it, 0 … $1 a contract. */
  readonly cost: Microdollars;
}

export interface OpenOrder {
  readonly side: Side;
  /** The worst price at which it may execute. */
  readonly price: Centicents;
  /** What may still execute, > 0. */
  readonly quantity: Centicontracts;
}

/** What an order alone can lose: a bid its price, an ask the rest of the dollar. Also its collateral. */
export function lossOfOrder(side: Side, price: Centicents, quantity: Centicontracts): Microdollars {
  return (lossRate(side, price) * quantity) as Microdollars;
}

function lossRate(side: Side, price: Centicents): number {
  return side === 'bid' ? price : DOLLAR - price;
}

/** The worst that a position and its open orders can lose, ≥ 0. */
export function worstLoss(position: PositionAtCost, orders: Iterable<OpenOrder>): Microdollars {
  let bids = 0;
  let asks = 0;
  const closing: OpenOrder[] = [];
  const closes: Side = position.quantity > 0 ? 'ask' : 'bid';
  for (const order of orders) {
    const loss = lossRate(order.side, order.price) * order.quantity;
    if (order.side === 'bid') bids += loss;
    else asks += loss;
    if (order.side === closes) closing.push(order);
  }
  return worstLossOf(position, bids, asks, closing);
}

/**
 * The same from sums that are already known: `bids` and `asks` are what all orders of a side can lose, `closing` holds
 * (at least) the orders that would close the position; it is only walked when it can matter.
 */
export function worstLossOf(
  position: PositionAtCost,
  bids: number,
  asks: number,
  closing: Iterable<OpenOrder>,
): Microdollars {
  const { quantity, cost } = position;
  if (quantity === 0) return Math.max(bids, asks) as Microdollars;
  const size = Math.abs(quantity);
  const building = cost + (quantity > 0 ? bids : asks);
  const all = quantity > 0 ? asks : bids;
  // Nothing that closes can lose more than all of it together.
  if (all <= building) return building as Microdollars;
  const gain = DOLLAR * size - cost;
  return Math.max(building, closingLoss(size, gain, all, quantity > 0 ? 'ask' : 'bid', closing)) as Microdollars;
}

/**
 * The worst on the result on which the position gains `gain`. A closing order that would lose less a contract than the
 * position gains is worth more to the worst case filled than open: those fill first, cheapest first, until the position
 * is gone; what is left loses in full, what is left of the position still gains.
 */
function closingLoss(size: number, gain: number, all: number, side: Side, orders: Iterable<OpenOrder>): number {
  const cheapestFirst = [...orders]
    .filter((order) => order.side === side)
    .map((order) => ({ rate: lossRate(side, order.price), quantity: order.quantity as number }))
    .sort((a, b) => a.rate - b.rate);
  let left = size;
  let loss = all;
  for (const { rate, quantity } of cheapestFirst) {
    if (left === 0 || rate * size >= gain) break;
    const filled = Math.min(quantity, left);
    loss -= rate * filled;
    left -= filled;
  }
  return loss - shareOf(gain, left, size);
}

/** gain × part ÷ whole, rounded down: a gain is never overstated. */
function shareOf(gain: number, part: number, whole: number): number {
  if (part === whole) return gain;
  const product = gain * part;
  if (Number.isSafeInteger(product)) return Math.floor(product / whole);
  return Number((BigInt(gain) * BigInt(part)) / BigInt(whole));
}
