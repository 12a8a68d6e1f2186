/**
 * The orders that a journal leaves open, as rows: what was intended, how it moved last, and which fills came for it. Fills
 * and moves are entries of their own, so an end torn off between the two still leaves a row that knows its fills.
 */
import { type Fill, fillKey } from '../domain/fill.ts';
import type { ClientOrderId, OrderId } from '../domain/ids.ts';
import type { Json } from '../domain/json.ts';
import { intend, isTerminal, type OrderIntent, type OrderRow } from '../domain/order.ts';
import type { Centicontracts } from '../domain/units.ts';
import type { RowRecord } from './row-record.ts';

interface Remembered {
  readonly row: OrderRow;
  /** Fill records that name this order: their keys and their sum. */
  readonly fills: readonly string[];
  readonly filled: number;
}

/** Fills of an order that no row claimed when they came. */
interface Unplaced {
  readonly fills: readonly string[];
  readonly filled: number;
}

/** As many orders as the table keeps such fills for. */
const UNPLACED_MAX = 1_000;

interface OrdersJson {
  readonly rows: readonly Remembered[];
  readonly unplaced: readonly (readonly [OrderId, Unplaced])[];
}

export class RememberedOrders {
  readonly #rows = new Map<ClientOrderId, Remembered>();
  readonly #unplaced = new Map<OrderId, Unplaced>();

  intended(intent: OrderIntent): void {
    this.#rows.set(intent.clientOrderId, { row: intend(intent), fills: [], filled: 0 });
  }

  moved(record: RowRecord): void {
    const id = record.clientOrderId;
    const before = this.#rows.get(id);
    if (before === undefined) return;
    const row = { ...before.row, ...record };
    this.#place(before.row, row);
    if (isTerminal(row.state) && row.filled >= row.filledReported) this.#rows.delete(id);
    else this.#rows.set(id, { ...before, row });
  }

  filled(fill: Fill): void {
    const key = fillKey(fill);
    const named = fill.clientOrderId === null ? undefined : this.#rows.get(fill.clientOrderId);
    if (named !== undefined) this.#rows.set(named.row.clientOrderId, { row: named.row, ...withFill(named, key, fill) });
    if (fill.clientOrderId !== null) return;
    this.#unplaced.set(fill.orderId, withFill(this.#unplaced.get(fill.orderId) ?? NO_FILLS, key, fill));
    if (this.#unplaced.size > UNPLACED_MAX) this.#unplaced.delete(this.#unplaced.keys().next().value!);
  }

  /** Rows that are not over, or whose fill records have not all arrived. */
  *rows(): IterableIterator<OrderRow> {
    for (const { row, filled } of this.#rows.values()) {
      const executed = Math.max(row.filled, filled) as Centicontracts;
      const reported = Math.max(row.filledReported, executed) as Centicontracts;
      yield { ...row, filled: executed, filledReported: reported };
    }
  }
  /** Executed quantity by the venue's id, of orders that no row claims. */
  *unplaced(): IterableIterator<readonly [OrderId, Centicontracts]> {
    for (const [orderId, { filled }] of this.#unplaced) yield [orderId, filled as Centicontracts];
  }

  toJson(): Json {
    const json: OrdersJson = { rows: [...this.#rows.values()], unplaced: [...this.#unplaced] };
    return json as unknown as Json;
  }
  restore(json: Json): void {
    const { rows, unplaced } = json as unknown as OrdersJson;
    for (const each of rows) this.#rows.set(each.row.clientOrderId, each);
    for (const [orderId, each] of unplaced) this.#unplaced.set(orderId, each);
  }

  /** Once a row that has the venue's id counts the fills that waited for it, they wait no longer. */
  #place(before: OrderRow, after: OrderRow): void {
    if (after.orderId === null || before.orderId !== after.orderId) return;
    const waiting = this.#unplaced.get(after.orderId);
    if (waiting !== undefined && after.filled - before.filled >= waiting.filled) this.#unplaced.delete(after.orderId);
  }
}

const NO_FILLS: Unplaced = { fills: [], filled: 0 };

function withFill(before: Unplaced, key: string, { quantity }: Fill): Unplaced {
  if (before.fills.includes(key)) return before;
  return { fills: [...before.fills, key], filled: before.filled + quantity };
}
