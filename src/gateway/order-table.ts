/**
 * Every order of ours, one row each, by our id and the venue's. Rows change only through `domain/order.ts`; each change
 * is told once, so that the reservation, the journal and the sessions follow the same fact.
 */
import { assert } from '../domain/assert.ts';
import type { ClientOrderId, OrderId, Ticker } from '../domain/ids.ts';
import {
  advance,
  intend,
  isTerminal,
  mayRest,
  type OrderEvent,
  type OrderIntent,
  type OrderRow,
  openQuantity,
} from '../domain/order.ts';
import type { Side } from '../domain/side.ts';
import { type Centicents, type Centicontracts, ZERO_QUANTITY } from '../domain/units.ts';

/** Called after a row was added (`before` null) or changed. */
export type RowListener = (row: OrderRow, before: OrderRow | null) => void;

/** Finished rows are kept for late facts, up to this many. */
const FINISHED_MAX = 5_000;
/** Fills of orders that are not known yet are kept for them, for up to this many orders. */
const UNPLACED_MAX = 1_000;

const NONE: readonly OrderRow[] = [];

export class OrderTable {
  readonly #doubted = new Set<Ticker>();
  readonly #rows = new Map<ClientOrderId, OrderRow>();
  readonly #byOrderId = new Map<OrderId, ClientOrderId>();
  /** Rows that are live or still wait for fill records, by market. */
  readonly #open = new Map<Ticker, Map<ClientOrderId, OrderRow>>();
  readonly #finished: ClientOrderId[] = [];
  /** What the book showed of ours since its last snapshot, where the venue marked it. */
  readonly #shown = new Map<ClientOrderId, number>();
  /** Executed quantity by venue id of orders that no row claims: a listing's fills do not carry our id. */
  readonly #unplaced = new Map<OrderId, number>();
  readonly #listeners: RowListener[];
  #unknown = 0;

  constructor(listener: RowListener) {
    this.#listeners = [listener];
  }

  /** Told of every change after the table's own listener, in the same turn. */
  watch(listener: RowListener): void {
    this.#listeners.push(listener);
  }

  add(intent: OrderIntent): OrderRow {
    assert(!this.#rows.has(intent.clientOrderId), `order id ${intent.clientOrderId} was used before`);
    const row = intend(intent);
    this.#put(row, null);
    return row;
  }

  /** Takes a row as it was remembered, at boot. */
  restore(row: OrderRow): void {
    this.#put(row, this.#rows.get(row.clientOrderId) ?? null);
  }

  get(id: ClientOrderId): OrderRow | null {
    return this.#rows.get(id) ?? null;
  }
  byOrderId(orderId: OrderId): OrderRow | null {
    const id = this.#byOrderId.get(orderId);
    return id === undefined ? null : (this.#rows.get(id) ?? null);
  }

  apply(id: ClientOrderId, event: OrderEvent): OrderRow {
    const before = this.#rows.get(id);
    assert(before !== undefined, `no order ${id} in the table`);
    const row = advance(before, event);
    if (row !== before) this.#put(row, before);
    // Its own fills may have brought it further meanwhile.
    return this.#rows.get(id) ?? row;
  }

  /**
   * A fill of an order that no row is known to be: it may be a stranger's, or ours whose create was never answered. When
   * a row turns out to have this venue id, the fill is its.
   */
  noteUnplaced(orderId: OrderId, quantity: Centicontracts): void {
    this.#unplaced.set(orderId, (this.#unplaced.get(orderId) ?? 0) + quantity);
    if (this.#unplaced.size > UNPLACED_MAX) this.#unplaced.delete(this.#unplaced.keys().next().value!);
  }

  /** Rows of a market that are not over, or whose fill records have not all arrived. */
  open(market: Ticker): Iterable<OrderRow> {
    return this.#open.get(market)?.values() ?? NONE;
  }
  *allOpen(): Iterable<OrderRow> {
    for (const rows of this.#open.values()) yield* rows.values();
  }
  /** Whether an order of this market has an unknown fate. */
  isUncertain(market: Ticker): boolean {
    for (const row of this.open(market)) if (row.state === 'unknown') return true;
    return false;
  }
  /** The venue's position after a fill was not ours: fills are missing, and no order goes there before they are read back. */
  doubt(market: Ticker): void {
    this.#doubted.add(market);
  }
  trust(market: Ticker): void {
    this.#doubted.delete(market);
  }
  doubted(): readonly Ticker[] {
    return [...this.#doubted];
  }

  /** Executions that were reported, or must have happened, but whose records we do not hold yet. */
  isBehind(market: Ticker): boolean {
    if (this.#doubted.has(market)) return true;
    for (const row of this.open(market)) if (row.filledReported > row.filled) return true;
    return false;
  }
  /** Whether anything of ours may still rest or execute here. */
  isClear(market: Ticker): boolean {
    for (const _ of this.open(market)) return false;
    return true;
  }
  get unknownCount(): number {
    return this.#unknown;
  }

  /** A delta that the venue marked as ours came by: it shows what the book holds of this order right now. */
  noteShown(id: ClientOrderId, change: Centicontracts): void {
    if (this.#isOpen(id)) this.#shown.set(id, (this.#shown.get(id) ?? 0) + change);
  }
  /** After a snapshot nothing is marked: rows alone say what is ours. */
  forgetShown(market: Ticker): void {
    for (const row of this.open(market)) this.#shown.delete(row.clientOrderId);
  }

  /** Our own size resting at a price as the streamed book holds it (for reading the book less our own). */
  restingAt(market: Ticker, side: Side, price: Centicents): Centicontracts {
    let total = 0;
    for (const row of this.open(market)) {
      if (row.side !== side || row.price !== price || row.timeInForce !== 'goodTillCanceled') continue;
      const shown = this.#shown.get(row.clientOrderId);
      if (shown === undefined) {
        if (row.orderId !== null && mayRest(row)) total += openQuantity(row);
      } else total += Math.max(0, Math.min(shown, mayRest(row) ? openQuantity(row) : shown));
    }
    return total === 0 ? ZERO_QUANTITY : (total as Centicontracts);
  }

  #put(row: OrderRow, before: OrderRow | null): void {
    this.#rows.set(row.clientOrderId, row);
    if (row.orderId !== null) this.#byOrderId.set(row.orderId, row.clientOrderId);
    const isOpen = !isTerminal(row.state) || openQuantity(row) > 0;
    let rows = this.#open.get(row.market);
    if (isOpen) {
      if (rows === undefined) {
        rows = new Map();
        this.#open.set(row.market, rows);
      }
      rows.set(row.clientOrderId, row);
    } else if (rows?.delete(row.clientOrderId)) {
      if (rows.size === 0) this.#open.delete(row.market);
      this.#shown.delete(row.clientOrderId);
      this.#finish(row.clientOrderId);
    }
    this.#unknown += (row.state === 'unknown' ? 1 : 0) - (before?.state === 'unknown' ? 1 : 0);
    for (const listener of this.#listeners) listener(row, before);
    if (row.orderId !== null && before?.orderId !== row.orderId) this.#placeFills(row.clientOrderId, row.orderId);
  }

  #placeFills(id: ClientOrderId, orderId: OrderId): void {
    const quantity = this.#unplaced.get(orderId);
    if (quantity === undefined) return;
    this.#unplaced.delete(orderId);
    this.apply(id, { type: 'filled', quantity: quantity as Centicontracts, orderId });
  }

  #isOpen(id: ClientOrderId): boolean {
    const row = this.#rows.get(id);
    return row !== undefined && this.#open.get(row.market)?.has(id) === true;
  }

  #finish(id: ClientOrderId): void {
    this.#finished.push(id);
    if (this.#finished.length <= FINISHED_MAX) return;
    const oldest = this.#finished.shift()!;
    const row = this.#rows.get(oldest);
    if (row?.orderId) this.#byOrderId.delete(row.orderId);
    this.#rows.delete(oldest);
  }
}
