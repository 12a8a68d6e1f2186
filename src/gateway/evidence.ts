/**
 * Finds out what became of orders whose fate is unknown. Absence counts only when a complete, authenticated listing
 * lacks the order *and* the listing is so late that the request can no longer take effect (its signature is refused
 * 60 s after it was made), or when the same body with the same id was sent again and answered. A failure to read is
 * never evidence: it is tried again. No fill is ever made up: what executed is what fill records say.
 */
import type { Clocks } from '../domain/clock.ts';
import type { Fill } from '../domain/fill.ts';
import type { ClientOrderId, Ticker } from '../domain/ids.ts';
import type { Journal } from '../domain/journal.ts';
import { isTerminal, type OrderRow } from '../domain/order.ts';
import { type UnixMs, ZERO_QUANTITY } from '../domain/units.ts';
import type { AccountPort, OrderEntry, VenueOrder } from '../exchange/port.ts';
import type { OrderTable } from './order-table.ts';
import { addressOf } from './requests.ts';

export interface EvidenceOptions {
  readonly table: OrderTable;
  readonly account: AccountPort;
  readonly orders: OrderEntry;
  readonly clocks: Clocks;
  readonly journal: Journal;
  /** Wall time after its signature at which a request can no longer take effect. */
  readonly evidenceAfterMs: number;
  /** Fills that were read back. */
  readonly takeFills: (fills: readonly Fill[]) => void;
  /** Sends a cancel, whatever is wanted; resolves when its answer is in the row. */
  readonly cancel: (row: OrderRow) => Promise<void>;
  /** Sends the same create again where it would still be sent; false: it is not wanted any more, and nothing left. */
  readonly resend: (row: OrderRow) => Promise<boolean>;
}

/** Our clock, the venue's, and the moment of signing may be this far apart. */
export const CLOCKS_APART_MS = 2_000;
/** The reason of an order whose process died before it was known. */
export const PROCESS_ENDED = 'processEnded';
/** A listing must have lacked an order this long before the same body is sent again; each time twice as long. */
const RESEND_AFTER_MS = 3_000;
/** After so many the answer is waited for: each one lengthens the time in which something can still take effect. */
const RESENDS_MAX = 3;

/** What a read of the account reflects. */
interface Reading {
  /** Everything up to here, wall time. */
  readonly asOfMs: UnixMs;
  readonly complete: boolean;
  readonly byClientId: ReadonlyMap<ClientOrderId | null, VenueOrder>;
}

export interface Verification {
  readonly complete: boolean;
  /** Orders of ours that rested although we thought them over. */
  readonly strays: number;
  /** Orders that we thought resting and that do not rest. */
  readonly missing: number;
}

export class Evidence {
  readonly #options: EvidenceOptions;
  /** When a row came into the state it is in, wall time: a reading from before says nothing about it. */
  readonly #sinceMs = new Map<ClientOrderId, UnixMs>();
  readonly #resends = new Map<ClientOrderId, number>();
  #looking: Promise<number> | null = null;

  constructor(options: EvidenceOptions) {
    this.#options = options;
    const { table, clocks } = options;
    table.watch((row, before) => {
      const id = row.clientOrderId;
      if (row.state !== before?.state) this.#sinceMs.set(id, clocks.wall.now());
      if (row.state !== 'unknown') this.#resends.delete(id);
    });
  }

  /** Looks once for every unknown order and every missing fill; returns how many orders are still unknown. */
  look(): Promise<number> {
    // Two lookings at a time would send everything twice.
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  async #look(): Promise<number> {
    const { table } = this.#options;
    const unknown = new Map<Ticker, OrderRow[]>();
    const behind = new Set<Ticker>();
    for (const row of table.allOpen()) {
      if (row.state === 'unknown') unknown.set(row.market, [...(unknown.get(row.market) ?? []), row]);
      if (row.state === 'unknown' || row.filledReported > row.filled) behind.add(row.market);
    }
    // One market that cannot be read must not keep the others unknown.
    const failures: unknown[] = [];
    const attempt = async (work: Promise<unknown>): Promise<void> => {
      await work.catch((error) => failures.push(error));
    };
    for (const [market, rows] of unknown) await attempt(this.#lookIn(market, rows));
    for (const market of behind) await attempt(this.readFillsBack(market));
    if (failures.length > 0) throw failures[0];
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
    const reading: Reading = { asOfMs, complete: listing.complete, byClientId };
    for (const { clientOrderId } of rows) {
      const row = table.get(clientOrderId);
      if (row?.state !== 'unknown') continue;
      let order = byClientId.get(clientOrderId) ?? null;
      if (order === null && row.orderId !== null) order = await account.order(addressOf(row));
      const now = table.get(clientOrderId);
      if (now?.state !== 'unknown') continue;
      if (order !== null) await this.#found(now, order, reading);
      else if (!listing.complete) continue;
      else if (now.orderId === null) await this.#missing(now, reading);
      else await this.#gone(now, reading);
    }
  }

  /** Whether nothing that was signed for this row can take effect after this reading. */
  #isLate(row: OrderRow, asOfMs: UnixMs): boolean {
    const sealedMs = row.signedWallMs ?? this.#since(row);
    return asOfMs > sealedMs + this.#options.evidenceAfterMs + CLOCKS_APART_MS;
  }

  /** Whether the reading is later than the change that put the row where it is. */
  #reflects(row: OrderRow, asOfMs: UnixMs): boolean {
    return asOfMs > Math.max(row.signedWallMs ?? 0, this.#since(row)) + CLOCKS_APART_MS;
  }

  #since(row: OrderRow): number {
    return this.#sinceMs.get(row.clientOrderId) ?? row.intendedWallMs;
  }

  async #found(row: OrderRow, order: VenueOrder, { asOfMs }: Reading): Promise<void> {
    const { table, journal, cancel } = this.#options;
    const id = row.clientOrderId;
    // An amend whose values the venue shows has taken effect; one whose values it does not show may still.
    const { amend } = row;
    const changes = amend !== null && (amend.price !== row.price || amend.quantity !== row.quantity);
    const shows = changes && order.price === amend.price && order.filled + order.remaining === amend.quantity;
    observe(table, row, order, shows || this.#isLate(row, asOfMs));
    journal.append('order.found', { clientOrderId: id, orderId: order.orderId, status: order.status });
    const after = table.get(id);
    if (after?.state !== 'unknown' || order.status !== 'resting') return;
    // The venue said that it does not rest: a reading that still shows it is an old one, until it is a newer one.
    if (after.reason === 'cancelNotFound' && !this.#reflects(after, asOfMs)) return;
    // Canceling twice does no harm, and a canceled order cannot be amended by a request that still wanders about.
    await cancel(after);
  }

  /** A create that a complete listing does not show. */
  async #missing(row: OrderRow, { asOfMs }: Reading): Promise<void> {
    const { table, journal, clocks, resend } = this.#options;
    const id = row.clientOrderId;
    if (row.pending !== 'create') return;
    if (this.#isLate(row, asOfMs)) {
      table.apply(id, { type: 'absent' });
      journal.append('order.absent', { clientOrderId: id });
      return;
    }
    // What a dead process meant to do is sought, never done after it.
    if (row.reason === PROCESS_ENDED) return;
    const signedMs = row.signedWallMs ?? row.intendedWallMs;
    const resends = this.#resends.get(id) ?? 0;
    const waitedMs = clocks.wall.now() - signedMs;
    // The listing must be from after it was signed: had it executed at once, this would show it.
    if (asOfMs <= signedMs || resends >= RESENDS_MAX || waitedMs < RESEND_AFTER_MS * 2 ** resends) return;
    this.#resends.set(id, resends + 1);
    if (!(await resend(row))) this.#restoreResends(id, resends);
  }

  #restoreResends(id: ClientOrderId, resends: number): void {
    if (this.#resends.has(id)) this.#resends.set(id, resends);
  }

  /**
   * An order that the venue once named and shows no longer, neither in a complete listing nor by its id: it was put away.
   * It does not rest; what it executed is what its fill records say, once they too are late enough.
   */
  async #gone(row: OrderRow, { asOfMs }: Reading): Promise<void> {
    const { table, journal, account } = this.#options;
    const id = row.clientOrderId;
    if (!this.#isLate(row, asOfMs)) return;
    const fills = await account.fills({ market: row.market, orderId: row.orderId! });
    if (!fills.complete) return;
    this.#options.takeFills(fills.items);
    const now = table.get(id);
    if (now?.state !== 'unknown') return;
    table.apply(id, {
      type: 'observed',
      orderId: now.orderId!,
      status: now.filled >= now.quantity ? 'executed' : 'canceled',
      filled: now.filled,
      remaining: ZERO_QUANTITY,
      price: now.price,
      reason: 'gone',
      conclusive: true,
    });
    journal.append('order.gone', { clientOrderId: id, orderId: now.orderId, filled: now.filled });
  }

  /**
   * Compares what rests at the exchange with what we believe rests there. Orders of ours that we thought over are
   * canceled; one that we thought resting and that is not there is read by itself, and sought if that says nothing.
   * Rows that changed after what the listing reflects are left for the next time.
   */
  async verify(isOwn: (order: VenueOrder) => boolean): Promise<Verification> {
    const { account, table, journal, orders } = this.#options;
    this.#forgetFinished();
    const asOfMs = await account.userDataTimestamp();
    const listing = await account.orders({ status: 'resting' });
    if (!listing.complete) return { complete: false, strays: 0, missing: 0 };
    let strays = 0;
    const resting = new Set<ClientOrderId>();
    for (const order of listing.items) {
      if (!isOwn(order) || order.clientOrderId === null) continue;
      resting.add(order.clientOrderId);
      const row = table.get(order.clientOrderId);
      if (row !== null && !isTerminal(row.state)) {
        await this.#compare(row, order, asOfMs);
        continue;
      }
      if (row !== null && !this.#reflects(row, asOfMs)) continue;
      strays++;
      const { orderId, market, exchangeIndex, clientOrderId } = order;
      const outcome = await orders.cancel({ orderId, market, exchangeIndex }, { priority: 'cancel' });
      journal.append('order.stray', { clientOrderId, orderId, cancel: outcome.kind });
    }
    let missing = 0;
    for (const { clientOrderId } of [...table.allOpen()]) {
      const row = table.get(clientOrderId);
      if (row === null || resting.has(clientOrderId) || !isSettled(row) || !this.#reflects(row, asOfMs)) continue;
      missing++;
      const order = await account.order(addressOf(row));
      const now = table.get(clientOrderId);
      if (now === null || !isSettled(now)) continue;
      journal.append('order.missing', { clientOrderId, status: order?.status ?? null });
      if (order === null) table.apply(clientOrderId, { type: 'cancelNotFound' });
      else observe(table, now, order, false);
    }
    return { complete: true, strays, missing };
  }

  /** An order that rests where we think it rests: does it rest as we think? */
  async #compare(row: OrderRow, order: VenueOrder, asOfMs: UnixMs): Promise<void> {
    const { table, journal, cancel } = this.#options;
    // Executions that nobody told of: the record is taken, and the fills behind it are read back.
    if (order.filled > row.filledReported) observe(table, row, order, false);
    const now = table.get(row.clientOrderId);
    if (now === null || !isSettled(now) || !this.#reflects(now, asOfMs)) return;
    const isAsThought = order.price === now.price && order.filled + order.remaining === now.quantity;
    // An order that would not go by itself, or with its group, is none that we want to have. What is not shown says nothing.
    const isMortal = order.expiresAtMs == null || order.expiresAtMs === now.expiresAtMs;
    const isInGroup = order.orderGroup == null || order.orderGroup === now.orderGroup;
    if (isAsThought && isMortal && isInGroup) return;
    journal.append('order.differs', {
      clientOrderId: row.clientOrderId,
      price: order.price,
      remaining: order.remaining,
      expiresAtMs: order.expiresAtMs ?? null,
      orderGroup: order.orderGroup ?? null,
    });
    await cancel(now);
  }

  /** Orders that we think resting though their time at the venue is over, and nobody said so: their records are read. */
  async lookForExpired(): Promise<void> {
    const { account, table, clocks } = this.#options;
    const nowMs = clocks.market.now();
    for (const row of [...table.allOpen()]) {
      if (!isSettled(row) || row.expiresAtMs === null || row.expiresAtMs + CLOCKS_APART_MS >= nowMs) continue;
      const order = await account.order(addressOf(row));
      const now = table.get(row.clientOrderId);
      if (now === null || !isSettled(now) || now.expiresAtMs !== row.expiresAtMs) continue;
      if (order === null) table.apply(row.clientOrderId, { type: 'cancelNotFound' });
      else if (order.status !== 'resting') observe(table, now, order, false);
    }
  }

  /** Orders of ours that a complete listing still shows as resting; null when no complete listing could be had. */
  async restingOwn(isOwn: (order: VenueOrder) => boolean): Promise<readonly VenueOrder[] | null> {
    const listing = await this.#options.account.orders({ status: 'resting' });
    if (!listing.complete) return null;
    return listing.items.filter((order) => isOwn(order) && order.remaining > ZERO_QUANTITY);
  }

  #forgetFinished(): void {
    for (const id of this.#sinceMs.keys()) if (this.#options.table.get(id) === null) this.#sinceMs.delete(id);
  }
}

function isSettled(row: OrderRow): boolean {
  return row.state === 'resting' || row.state === 'partiallyFilled';
}

function observe(table: OrderTable, row: OrderRow, order: VenueOrder, conclusive: boolean): void {
  const { orderId, status, filled, remaining, price, reason } = order;
  const type = 'observed';
  table.apply(row.clientOrderId, { type, orderId, status, filled, remaining, price, reason, conclusive });
}
