/**
 * What is remembered becomes the state of a new process: positions and worst cases in the exposure, open orders in the
 * table, sessions of the last hour in the counter. Nothing here leaves the process.
 */
import { isTerminal, type OrderRow, openQuantity, worstPrice } from '../domain/order.ts';
import type { UnixMs } from '../domain/units.ts';
import { PROCESS_ENDED } from '../gateway/evidence.ts';
import type { OrderTable } from '../gateway/order-table.ts';
import type { Exposure } from '../risk/exposure.ts';
import type { WindowCounter } from '../risk/kill-switches.ts';
import type { Remembered } from './remembered.ts';

export interface RestoreParts {
  readonly table: OrderTable;
  readonly exposure: Exposure;
  /** Sessions that began lately count against the hour's. */
  readonly entries: WindowCounter;
  readonly approvalValidMs: number;
  /** Now, wall time: whatever the dead process signed, it signed before. */
  readonly wallMs: UnixMs;
}

export function restore(remembered: Remembered, parts: RestoreParts): void {
  const { table, exposure, entries } = parts;
  const { ledger, orders } = remembered;
  entries.restore(remembered.entries);
  for (const { market, quantity, cost } of ledger.positions()) exposure.setPosition(market, quantity, cost);
  // A fill of an order whose create was never answered finds its row when the order is known again.
  for (const [orderId, quantity] of orders.unplaced()) table.noteUnplaced(orderId, quantity);
  for (const row of orders.rows()) {
    const known = asRemembered(row, parts);
    const open = openQuantity(known);
    if (open === 0) continue;
    exposure.reserve(known.clientOrderId, {
      market: known.market,
      side: known.side,
      price: worstPrice(known),
      quantity: open,
      purpose: known.purpose,
    });
    table.restore(known);
  }
}

/** A request that was under way when the process died has an unknown outcome; an intent may or may not have left. */
function asRemembered(row: OrderRow, { approvalValidMs, wallMs }: RestoreParts): OrderRow {
  if (isTerminal(row.state) || row.state === 'resting' || row.state === 'partiallyFilled') return row;
  if (row.state === 'intended') {
    // Signed, if at all, while its approval was valid.
    const signedWallMs = (row.intendedWallMs + approvalValidMs) as UnixMs;
    return { ...row, state: 'unknown', pending: 'create', signedWallMs, reason: PROCESS_ENDED };
  }
  const pending = row.pending ?? 'create';
  // One that was unknown already may have been sent again, in the last moments that nobody wrote down.
  const signedWallMs = row.state === 'unknown' && pending === 'create' ? wallMs : row.signedWallMs;
  return { ...row, state: 'unknown', pending, signedWallMs, reason: PROCESS_ENDED };
}
