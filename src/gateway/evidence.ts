/**
 * Finds out what became of orders whose fate is unknown. Absence counts only when a complete, authenticated listing
 * lacks the order *and* the listing is so late that the request can no longer take effect (its signature is refused
 * 60 s after it was made), or when the same body with the same id was sent again and answered. A failure to read is
 * never evidence: it is tried again.
 */
import type { Clocks } from '../domain/clock.ts';
import type { Fill } from '../domain/fill.ts';
import type { Ticker } from '../domain/ids.ts';
import type { Journal } from '../domain/journal.ts';
import { isTerminal, type OrderRow } from '../domain/order.ts';
import { ZERO_QUANTITY } from '../domain/units.ts';
import type { AccountPort, OrderEntry, VenueOrder } from '../exchange/port.ts';
import type { Door } from './door.ts';
import { addressOf } from './gateway.ts';
import type { OrderTable } from './order-table.ts';

export interface EvidenceOptions {
  readonly table: OrderTable;
  readonly account: AccountPort;
  readonly orders: OrderEntry;
  readonly door: Door;
  readonly clocks: Clocks;
  readonly journal: Journal;
  /** Wall time after its signature at which a request can no longer take effect. */
  readonly evidenceAfterMs: number;
  /** Fills that were read back. */
  readonly takeFills: (fills: readonly Fill[]) => void;
  readonly cancel: (row: OrderRow) => Promise<void>;
}

/** A listing must have lacked an order this long before the same body is sent again. */
const RESEND_AFTER_MS = 3_000;

export class Evidence {
  readonly #options: EvidenceOptions;

  constructor(options: EvidenceOptions) {
    this.#options = options;
  }

  /** Looks once for every unknown order and every missing fill; returns how many orders are still unknown. */
  async look(): Promise<number> {
    const { table } = this.#options;
    const unknown: OrderRow[] = [];
    const behind = new Set<Ticker>();
    for (const row of table.allOpen()) {
      if (row.state === 'unknown') unknown.push(row);
      if (row.filledReported > row.filled) behind.add(row.market);
    }
    const markets = new Set(unknown.map((row) => row.market));
    for (const market of markets)
      await this.#lookIn(
        market,
        unknown.filter((row) => row.market === market),
      );
    for (const market of new Set([...markets, ...behind])) await this.readFillsBack(market);
    return table.unknownCount;
  }

  /** Reads this market's fills back: the stream may have lost some, and no order goes there before they are known. */
  async readFillsBack(market: Ticker): Promise<boolean> {
    const listing = await this.#options.account.fills({ market });
    this.#options.takeFills(listing.items);
    return listing.complete;
  }

  async #lookIn(market: Ticker, rows: readonly OrderRow[]): Promise<void> {
    const { account, table } = this.#options;
    // The time stamp first: whatever the listing shows is at least that fresh.
    const asOfMs = await account.userDataTimestamp();
    const listing = await account.orders({ market });
    const byClientId = new Map(listing.items.map((order) => [order.clientOrderId, order]));
    for (const row of rows) {
      const now = table.get(row.clientOrderId);
      if (now === null || isTerminal(now.state) || now.state !== 'unknown') continue;
      const found =
        byClientId.get(row.clientOrderId) ?? (row.orderId === null ? null : await account.order(addressOf(row)));
      const isLate = row.signedWallMs !== null && asOfMs > row.signedWallMs + this.#options.evidenceAfterMs;
      if (found !== null && found !== undefined) await this.#found(now, found, isLate);
      else if (row.pending === 'create' && row.orderId === null && listing.complete) await this.#missing(now, isLate);
    }
  }

  async #found(row: OrderRow, order: VenueOrder, isLate: boolean): Promise<void> {
    const { table, journal } = this.#options;
    // An amend whose values the venue shows has taken effect; one whose values it does not show may still.
    const shows =
      row.amend !== null && order.price === row.amend.price && order.filled + order.remaining === row.amend.quantity;
    table.apply(row.clientOrderId, {
      type: 'observed',
      orderId: order.orderId,
      status: order.status,
      filled: order.filled,
      remaining: order.remaining,
      price: order.price,
      reason: order.reason,
      conclusive: isLate || shows,
    });
    journal.append('order.found', { clientOrderId: row.clientOrderId, orderId: order.orderId, status: order.status });
    const after = table.get(row.clientOrderId);
    // A cancel that is not known to have worked is simply sent again: canceling twice does no harm.
    if (after?.state === 'unknown' && after.pending === 'cancel' && order.status === 'resting')
      await this.#options.cancel(after);
  }

  async #missing(row: OrderRow, isLate: boolean): Promise<void> {
    const { table, journal, orders, door, clocks } = this.#options;
    if (isLate) {
      table.apply(row.clientOrderId, { type: 'absent' });
      journal.append('order.absent', { clientOrderId: row.clientOrderId });
      return;
    }
    const waitedMs = clocks.wall.now() - (row.signedWallMs ?? row.intendedWallMs);
    if (door.permission !== 'open' || waitedMs < RESEND_AFTER_MS) return;
    // The same body with the same id: 409 proves that it exists, 201 that it did not and now does. Its reservation stands.
    const epoch = door.riskEpoch;
    const outcome = await orders.create(row, {
      priority: 'replace',
      door: () => (door.permission === 'open' && door.riskEpoch === epoch ? null : 'permission'),
    });
    journal.append('order.resent', { clientOrderId: row.clientOrderId, outcome: outcome.kind });
    const now = table.get(row.clientOrderId);
    if (now === null || now.state !== 'unknown') return;
    if (outcome.kind === 'accepted') table.apply(row.clientOrderId, { type: 'accepted', ...outcome.value });
    // Any other answer says nothing about the first request: the next listing will.
    else if (outcome.kind === 'rejected' && outcome.status === 409)
      journal.append('order.exists', { clientOrderId: row.clientOrderId });
  }

  /**
   * Compares what rests at the exchange with what we believe rests there. Orders of ours that we thought over are
   * canceled; orders that we thought resting and that are not there become unknown, and evidence is sought.
   */
  async verify(
    isOwn: (order: VenueOrder) => boolean,
    now = this.#options.clocks.wall.now(),
  ): Promise<{ readonly complete: boolean; readonly strays: number; readonly missing: number }> {
    const { account, table, journal } = this.#options;
    const settledBefore = new Set<string>();
    for (const row of table.allOpen())
      if (row.state === 'resting' || row.state === 'partiallyFilled') settledBefore.add(row.clientOrderId);
    const asOfMs = await account.userDataTimestamp();
    const listing = await account.orders({ status: 'resting' });
    if (!listing.complete) return { complete: false, strays: 0, missing: 0 };
    let strays = 0;
    const resting = new Set<string>();
    for (const order of listing.items) {
      if (!isOwn(order) || order.clientOrderId === null) continue;
      resting.add(order.clientOrderId);
      const row = table.get(order.clientOrderId);
      // A row that ended a moment ago may still show in a read that lags behind.
      if (row !== null && !isTerminal(row.state)) continue;
      if (row !== null && order.updatedMs > now - 10_000) continue;
      strays++;
      journal.append('order.stray', { clientOrderId: order.clientOrderId, orderId: order.orderId });
      await this.#options.orders.cancel(
        { orderId: order.orderId, market: order.market, exchangeIndex: order.exchangeIndex },
        { priority: 'cancel' },
      );
    }
    let missing = 0;
    for (const id of settledBefore) {
      if (resting.has(id)) continue;
      const row = [...table.allOpen()].find((each) => each.clientOrderId === id);
      if (row === undefined || (row.state !== 'resting' && row.state !== 'partiallyFilled')) continue;
      // The row may be younger than what the listing reflects.
      if (asOfMs < row.intendedWallMs + 5_000) continue;
      missing++;
      table.apply(row.clientOrderId, { type: 'cancelNotFound' });
      journal.append('order.missing', { clientOrderId: id });
    }
    return { complete: true, strays, missing };
  }

  /** Orders of ours that a complete listing still shows as resting; null when no complete listing could be had. */
  async restingOwn(isOwn: (order: VenueOrder) => boolean): Promise<readonly VenueOrder[] | null> {
    const listing = await this.#options.account.orders({ status: 'resting' });
    if (!listing.complete) return null;
    return listing.items.filter((order) => isOwn(order) && order.remaining > ZERO_QUANTITY);
  }
}
