/**
 * Where executions become money: every fill and settlement passes here exactly once, into ledger, exposure, order row
 * and journal, in that order, in one turn.
 */
import { Subject } from 'rxjs';
import type { Fill } from '../domain/fill.ts';
import type { OrderId, Ticker } from '../domain/ids.ts';
import type { Journal } from '../domain/journal.ts';
import type { Json } from '../domain/json.ts';
import { type OrderRow, openQuantity, worstPrice } from '../domain/order.ts';
import { type Centicents, type Centicontracts, DOLLAR, type Microdollars, unixMs } from '../domain/units.ts';
import type { AccountPort, VenueSettlement } from '../exchange/port.ts';
import type { OrderTable } from '../gateway/order-table.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { valueAt } from '../ledger/position.ts';
import type { Exposure } from '../risk/exposure.ts';

/** How long after another a settlement of an earlier time may still turn up. */
const SETTLED_LATELY_MS = 86_400_000;

export interface AccountsOptions {
  readonly ledger: Ledger;
  readonly exposure: Exposure;
  readonly table: OrderTable;
  readonly journal: Journal;
  readonly account: AccountPort;
  /** Exit-side touch of a market for a position of this sign; null when it has none. */
  readonly mark: (market: Ticker, quantity: Centicontracts) => Centicents | null;
}

export class Accounts {
  /** A position changed (fill or settlement). */
  readonly changed$ = new Subject<Ticker>();
  /** Fills that were new, in the order in which they were applied. */
  readonly fills$ = new Subject<Fill>();
  /** The venue's position after a fill is not ours: fills are missing. */
  readonly mismatch$ = new Subject<Ticker>();
  readonly #options: AccountsOptions;
  /** The latest settlement (market time) of complete listings; null before the first. */
  #settledMs: number | null = null;
  /** Orders that are not ours (placed by hand, by others): their fills still move the account. */
  #foreignFills = 0;

  constructor(options: AccountsOptions) {
    this.#options = options;
  }

  /** The latest settlement (market time) of complete listings, in this process or one before it; null: none was read. */
  get settledMs(): number | null {
    return this.#settledMs;
  }
  recall(settledMs: number | null): void {
    this.#settledMs = settledMs;
  }
  get foreignFills(): number {
    return this.#foreignFills;
  }

  takeFills(fills: readonly Fill[]): void {
    // A listing comes newest first, within one millisecond too; costs depend on the order of execution.
    const ordered = [...fills].reverse().sort((a, b) => a.atMs - b.atMs);
    for (const fill of ordered) this.takeFill(fill);
  }

  takeFill(fill: Fill): void {
    const { ledger, table, journal, exposure } = this.#options;
    if (ledger.apply(fill) === 'duplicate') return;
    const row = this.#rowOf(fill);
    journal.append('fill.received', {
      ...fill,
      clientOrderId: row?.clientOrderId ?? fill.clientOrderId,
    } as unknown as Json);
    const position = ledger.position(fill.market);
    exposure.setPosition(fill.market, position.quantity, position.cost);
    if (row === null) {
      this.#foreignFills++;
      // A listing does not carry our id: the order may be one of ours whose create was never answered.
      table.noteUnplaced(fill.orderId, fill.quantity);
    } else table.apply(row.clientOrderId, { type: 'filled', quantity: fill.quantity, orderId: fill.orderId });
    this.fills$.next(fill);
    this.changed$.next(fill.market);
    if (fill.positionAfter !== null && fill.positionAfter !== position.quantity) this.mismatch$.next(fill.market);
  }

  /** Reads settlements (the first time all, then those of late) and takes those that are new. Returns whether the listing was complete. */
  async readSettlements(): Promise<boolean> {
    const query = this.#settledMs === null ? {} : { sinceMs: unixMs(this.#settledMs - SETTLED_LATELY_MS) };
    const listing = await this.#options.account.settlements(query, { priority: 'read' });
    for (const settlement of listing.items) this.takeSettlement(settlement);
    // Only after a whole listing is what came before it no longer asked for.
    if (listing.complete)
      for (const { atMs } of listing.items) this.#settledMs = Math.max(this.#settledMs ?? atMs, atMs);
    return listing.complete;
  }

  takeSettlement(settlement: VenueSettlement): void {
    const { ledger, exposure, journal } = this.#options;
    const value = settlement.value ?? ((settlement.result === 'yes' ? DOLLAR : 0) as Centicents);
    const { market, revenue, fee, atMs } = settlement;
    if (ledger.settle({ market, value, revenue, fee, atMs }) === 'duplicate') return;
    journal.append('market.settled', { market, value, revenue, fee, atMs, result: settlement.result });
    exposure.setPosition(market, ledger.position(market).quantity, ledger.position(market).cost);
    this.changed$.next(market);
  }

  /** Follows an order's row into the reservation; called on every change of a row. */
  followRow(row: OrderRow): void {
    const open = openQuantity(row);
    if (row.state === 'intended' || open > 0) this.#options.exposure.update(row.clientOrderId, open, worstPrice(row));
    else this.#options.exposure.release(row.clientOrderId);
  }

  position(market: Ticker): Centicontracts {
    return this.#options.ledger.position(market).quantity;
  }

  /** Markets where a position is held. */
  held(): Ticker[] {
    const held: Ticker[] = [];
    for (const position of this.#options.ledger.positions()) if (position.quantity !== 0) held.push(position.market);
    return held;
  }

  /** What the venue should hold for us, resting orders aside. */
  cash(): Microdollars {
    return this.#options.ledger.explainedCash();
  }

  /** What a market has earned so far, fees off, its position at the exit-side touch (at cost where there is none). */
  worth(market: Ticker): Microdollars {
    const { quantity, cost, realizedPnl, fees } = this.#options.ledger.position(market);
    const mark = quantity === 0 ? null : this.#options.mark(market, quantity);
    const unrealized = mark === null ? 0 : valueAt(quantity, mark) - cost;
    return (realizedPnl - fees + unrealized) as Microdollars;
  }

  /** Whether every position has a price at which it could be left; without one it counts at its cost. */
  isMarked(): boolean {
    const { ledger, mark } = this.#options;
    return ledger.positions().every(({ market, quantity }) => quantity === 0 || mark(market, quantity) !== null);
  }

  /** Explained cash + Σ position × exit-side touch. */
  equity(): Microdollars {
    return this.#options.ledger.equity(this.cash(), this.#options.mark);
  }

  #rowOf(fill: Fill): OrderRow | null {
    const { table } = this.#options;
    const byClient = fill.clientOrderId === null ? null : table.get(fill.clientOrderId);
    return byClient ?? table.byOrderId(fill.orderId as OrderId);
  }
}
