/** What of a row changes; journaled on every change, so that the last one and the intent make the row again. */
import type { OrderRow } from '../domain/order.ts';

const RECORDED = [
  'clientOrderId',
  'state',
  'orderId',
  'price',
  'quantity',
  'filled',
  'filledReported',
  'amend',
  'pending',
  'signedWallMs',
  'expiresAtMs',
  'reason',
] as const satisfies readonly (keyof OrderRow)[];
export type RowRecord = Pick<OrderRow, (typeof RECORDED)[number]>;

export function recordOf(row: OrderRow): RowRecord {
  return Object.fromEntries(RECORDED.map((field) => [field, row[field]])) as unknown as RowRecord;
}
