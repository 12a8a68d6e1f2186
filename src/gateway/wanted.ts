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

/** What to do about one side of one market, now. */
export type Step =
  | { readonly kind: 'create'; readonly wanted: Wanted; readonly replaces: boolean }
  | { readonly kind: 'cancel'; readonly row: OrderRow; readonly replaces: boolean }
  | { readonly kind: 'decrease'; readonly row: OrderRow; readonly remaining: Centicontracts }
  | { readonly kind: 'renew'; readonly row: OrderRow };

/**
 * The steps for one side, in order of their tokens: nothing for a working order that is near enough (cancel 2, create
 * 10, amend and decrease 10 at the venue), a decrease where only the size must shrink (it keeps its place in the
 * queue), otherwise cancel first and create once the side is clear. Rows with a request under way are left to it.
 *
 * @param rows what is live on this side
 * @param isBusy a request for this row waits or is under way
 * @param mayCreate false while an order here is unknown, fills are behind, or tokens are short
 * @param renewBeforeMs orders that expire before this market time are renewed
 */
export function stepsFor(
  wanted: Wanted | null,
  rows: readonly OrderRow[],
  isBusy: (row: OrderRow) => boolean,
  mayCreate: boolean,
  renewBeforeMs: number,
): Step[] {
  const steps: Step[] = [];
  let kept: OrderRow | null = null;
  let occupied = false;
  for (const row of rows) {
    const isResting = row.state === 'resting' || row.state === 'partiallyFilled';
    if (isResting && kept === null && wanted !== null && keepsRow(wanted, row)) {
      kept = row;
      if (isBusy(row)) continue;
      const remaining = (row.quantity - row.filled) as Centicontracts;
      if (remaining > wanted.quantity) steps.push({ kind: 'decrease', row, remaining: wanted.quantity });
      else if (row.expiresAtMs !== null && row.expiresAtMs < renewBeforeMs) steps.push({ kind: 'renew', row });
      continue;
    }
    occupied = true;
    if (isResting && !isBusy(row)) steps.push({ kind: 'cancel', row, replaces: wanted !== null });
  }
  if (wanted !== null && kept === null && !occupied && mayCreate)
    steps.push({ kind: 'create', wanted, replaces: false });
  return steps;
}

/** Same purpose, near enough in price, and not so small that it is worth a place further back in the queue. */
function keepsRow(wanted: Wanted, row: OrderRow): boolean {
  if (row.purpose !== wanted.purpose || row.timeInForce !== wanted.timeInForce) return false;
  const remaining = row.quantity - row.filled;
  // A partly filled order keeps its place; only one that has become less than half of what is wanted is replaced.
  return wanted.keeps(row.price) && remaining * 2 >= wanted.quantity;
}
