/** What should stand in the market; the gateway makes it so in the fewest tokens. */
import type { OrderPurpose, OrderRow, TimeInForce } from '../domain/order.ts';
import type { Side } from '../domain/side.ts';
import type { Centicents, Centicontracts } from '../domain/units.ts';

export interface Wanted {
  readonly side: Side;
  readonly price: Centicents;
  readonly quantity: Centicontracts;
  readonly purpose: OrderPurpose;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  /** Whether a working order at this price is near enough to be left alone (hysteresis). */
  readonly keeps: (price: Centicents) => boolean;
}

/** At most one order a side. */
export interface WantedPair {
  readonly bid: Wanted | null;
  readonly ask: Wanted | null;
}

export const NOTHING: WantedPair = { bid: null, ask: null };

export const SIDES = ['bid', 'ask'] as const satisfies readonly Side[];

/** What to do about one side of one market, now. */
export type Step =
  | { readonly kind: 'create'; readonly wanted: Wanted }
  | { readonly kind: 'cancel'; readonly row: OrderRow }
  | { readonly kind: 'decrease'; readonly row: OrderRow; readonly remaining: Centicontracts }
  | { readonly kind: 'renew'; readonly row: OrderRow };

/** What may be done on a side now. */
export interface Leave {
  /** Whether a cancel (or another request) for this row waits, is under way, or was refused a moment ago. */
  readonly isBusy: (row: OrderRow, request: 'cancel' | 'amend') => boolean;
  /** False while an order here is unknown, fills are behind, the door is not open, or tokens are short. */
  readonly mayCreate: boolean;
  /** Orders that expire before this market time are renewed. */
  readonly renewBeforeMs: number;
}

/**
 * The steps for one side, in order of their tokens: nothing for a working order that is near enough (cancel 2, create
 * 10, amend 10 at the venue), less size where only the size must shrink (it keeps its place in the queue), otherwise
 * cancel first and create once the side is clear. Rows with a request under way are left to it, save that an order which
 * nobody wants any more is canceled over an amend.
 *
 * @param rows what is live on this side
 */
export function stepsFor(wanted: Wanted | null, rows: readonly OrderRow[], leave: Leave): Step[] {
  const steps: Step[] = [];
  let kept: OrderRow | null = null;
  let occupied = false;
  for (const row of rows) {
    const isResting = row.state === 'resting' || row.state === 'partiallyFilled';
    if (isResting && kept === null && wanted !== null && keepsRow(wanted, row)) {
      kept = row;
      if (leave.isBusy(row, 'amend') || leave.isBusy(row, 'cancel')) continue;
      if (remainingOf(row) > wanted.quantity) steps.push({ kind: 'decrease', row, remaining: wanted.quantity });
      else if (row.expiresAtMs !== null && row.expiresAtMs < leave.renewBeforeMs) steps.push({ kind: 'renew', row });
      continue;
    }
    occupied = true;
    const isCancelable = isResting || (row.state === 'amendPending' && wanted === null);
    if (isCancelable && !leave.isBusy(row, 'cancel')) steps.push({ kind: 'cancel', row });
  }
  if (wanted !== null && kept === null && !occupied && leave.mayCreate) steps.push({ kind: 'create', wanted });
  return steps;
}

/** Same purpose, near enough in price, and not so small that it is worth a place further back in the queue. */
export function keepsRow(wanted: Wanted, row: OrderRow): boolean {
  if (row.purpose !== wanted.purpose || row.timeInForce !== wanted.timeInForce) return false;
  // A partly filled order keeps its place; only one that has become less than half of what is wanted is replaced.
  return keepsPrice(wanted, row.price) && remainingOf(row) * 2 >= wanted.quantity;
}

/** Its own price is always near enough, whatever the rule says: otherwise the same order would be made again and again. */
export function keepsPrice(wanted: Wanted, price: Centicents): boolean {
  return price === wanted.price || wanted.keeps(price);
}

function remainingOf(row: OrderRow): number {
  return row.quantity - Math.max(row.filled, row.filledReported);
}
