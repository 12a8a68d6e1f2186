/**
 * Orders of an earlier life against the venue's own records. What is known to rest is canceled, what the records show is
 * believed, and what a complete listing lacks is unknown until that listing is so late that nothing can take effect any
 * more. Nothing here places an order, and none is sent again.
 */
import { BothsidesError } from '../domain/errors.ts';
import { isOwnOrder, type OrderId, type Ticker } from '../domain/ids.ts';
import type { Journal } from '../domain/journal.ts';
import { isTerminal, type OrderRow } from '../domain/order.ts';
import { type UnixMs, unixMs } from '../domain/units.ts';
import type { AccountPort, Listing, OrderEntry, VenueOrder } from '../exchange/port.ts';
import { CLOCKS_APART_MS } from '../gateway/evidence.ts';
import type { OrderTable } from '../gateway/order-table.ts';

export interface ReconcileOrdersParts {
  readonly table: OrderTable;
  readonly journal: Pick<Journal, 'append'>;
  readonly account: Pick<AccountPort, 'orders'>;
  readonly orders: Pick<OrderEntry, 'cancel'>;
  /** Sends a cancel, whatever is wanted; resolves when its answer is in the row. */
  readonly cancel: (row: OrderRow) => Promise<void>;
  readonly evidenceAfterMs: number;
}

/** Market time: an order is created at the venue no earlier than it was intended, as far as clocks agree. */
const CLOCKS_MAY_DIFFER_MS = 3_600_000;

/** Cancels every order that the venue has named and that may rest: before any listing, which may lag behind. */
export async function cancelKnown({ table, cancel }: ReconcileOrdersParts): Promise<void> {
  const known = [...table.allOpen()].filter((row) => row.orderId !== null && !isTerminal(row.state));
  await Promise.all(known.map((row) => cancel(row)));
}

/** Orders with our mark that a listing still shows as resting: canceled, whether or not a journal knows them. */
export async function cancelLeftovers(
  { table, journal, orders }: ReconcileOrdersParts,
  resting: readonly VenueOrder[],
): Promise<number> {
  const ours = resting.filter(({ clientOrderId }) => isOwnOrder(clientOrderId));
  await Promise.all(
    ours.map(async ({ orderId, clientOrderId, market, exchangeIndex }) => {
      const isKnown = clientOrderId !== null && table.get(clientOrderId) !== null;
      const outcome = await orders.cancel({ orderId, market, exchangeIndex }, { priority: 'cancel' });
      journal.append('order.leftover', { orderId, clientOrderId, market, isKnown, cancel: outcome.kind });
    }),
  );
  return ours.length;
}

/** The listings of every market in which an order of ours is open, at the same time. */
export async function listOpenMarkets({
  table,
  account,
}: ReconcileOrdersParts): Promise<Map<Ticker, Listing<VenueOrder>>> {
  const since = new Map<Ticker, number>();
  for (const { market, intendedMarketMs } of table.allOpen())
    since.set(market, Math.min(since.get(market) ?? intendedMarketMs, intendedMarketMs));
  const listings = await Promise.all(
    [...since].map(async ([market, atMs]) => {
      const listing = await account.orders({ market, sinceMs: unixMs(Math.max(0, atMs - CLOCKS_MAY_DIFFER_MS)) });
      return [market, listing] as const;
    }),
  );
  return new Map(listings);
}

/**
 * Brings open rows up to the venue's records; one it does not show stays as uncertain as it is.
 * @param asOfMs wall time up to which the listings reflect everything
 */
export function observeRows(
  { table, journal, evidenceAfterMs }: ReconcileOrdersParts,
  listings: ReadonlyMap<Ticker, Listing<VenueOrder>>,
  asOfMs: UnixMs,
): void {
  for (const [market, { items, complete }] of listings) {
    const byClientId = new Map(items.map((order) => [order.clientOrderId, order]));
    const byOrderId = new Map<OrderId, VenueOrder>(items.map((order) => [order.orderId, order]));
    for (const row of [...table.open(market)]) {
      const id = row.clientOrderId;
      const order = byClientId.get(id) ?? (row.orderId === null ? undefined : byOrderId.get(row.orderId));
      const isLate = asOfMs > (row.signedWallMs ?? row.intendedWallMs) + evidenceAfterMs + CLOCKS_APART_MS;
      if (order !== undefined) observe(table, row, order, isLate);
      else if (!complete) continue;
      else if (row.state === 'unknown' && row.pending === 'create' && row.orderId === null && isLate) {
        table.apply(id, { type: 'absent' });
        journal.append('order.absent', { clientOrderId: id });
      } else if (row.state === 'resting' || row.state === 'partiallyFilled') {
        // It rested, and no record shows it: nothing but its own record will say what became of it.
        table.apply(id, { type: 'cancelNotFound' });
      }
    }
  }
}

function observe(table: OrderTable, row: OrderRow, order: VenueOrder, conclusive: boolean): void {
  const { orderId, status, filled, remaining, price, reason } = order;
  table.apply(row.clientOrderId, { type: 'observed', orderId, status, filled, remaining, price, reason, conclusive });
}

export function stillResting(): BothsidesError {
  return new BothsidesError(
    'RECONCILE_REFUSED',
    'Orders of an earlier run still rest at the exchange after being canceled again and again.',
    { remedy: 'Cancel them by hand and start again.' },
  );
}
