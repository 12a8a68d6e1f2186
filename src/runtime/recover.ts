/**
 * Boot's bodies: the journal becomes plain data again, and that is compared with what the exchange says, on complete
 * listings or not at all. Quotes of an earlier life are canceled, orders without a known fate stay unknown with their
 * worst case reserved, positions must agree, cash is explained to the last $0.000001 or trading is refused. Nothing here
 * places an order, and doing it twice changes nothing the second time.
 */
import type { Readiness } from '../../machines/boot.ts';
import { type Clocks, sleep } from '../domain/clock.ts';
import { BothsidesError } from '../domain/errors.ts';
import type { Fill } from '../domain/fill.ts';
import { type ClientOrderId, isOwnOrder, type Ticker } from '../domain/ids.ts';
import type { JournalEntry } from '../domain/journal.ts';
import { intend, isTerminal, type OrderIntent, type OrderRow, openQuantity, worstPrice } from '../domain/order.ts';
import { formatMoney, formatQuantity, fromDollars, type Microdollars, type UnixMs } from '../domain/units.ts';
import type { AccountPort, Listing, OrderEntry, VenueOrder, VenuePosition } from '../exchange/port.ts';
import type { OrderTable } from '../gateway/order-table.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Exposure } from '../risk/exposure.ts';
import type { Settings } from '../settings/schema.ts';
import type { StoreJournal } from '../store/store-journal.ts';
import type { Accounts } from './accounts.ts';
import type { DayBook } from './supervise.ts';

export interface RecoverParts {
  readonly ledger: Ledger;
  readonly table: OrderTable;
  readonly exposure: Exposure;
  readonly accounts: Accounts;
  readonly parts: {
    readonly journal: StoreJournal;
    readonly clocks: Clocks;
    readonly settings: Settings;
    readonly venue: { readonly account: AccountPort; readonly orders: OrderEntry };
  };
}

/** What of a row changes; journaled on every change, so that the last one and the intent make the row again. */
export type RowRecord = Pick<
  OrderRow,
  | 'clientOrderId'
  | 'state'
  | 'orderId'
  | 'price'
  | 'quantity'
  | 'filled'
  | 'filledReported'
  | 'amend'
  | 'pending'
  | 'signedWallMs'
  | 'expiresAtMs'
  | 'reason'
>;

export function recordOf(row: OrderRow): RowRecord {
  const {
    clientOrderId,
    state,
    orderId,
    price,
    quantity,
    filled,
    filledReported,
    amend,
    pending,
    signedWallMs,
    expiresAtMs,
    reason,
  } = row;
  return {
    clientOrderId,
    state,
    orderId,
    price,
    quantity,
    filled,
    filledReported,
    amend,
    pending,
    signedWallMs,
    expiresAtMs,
    reason,
  };
}

/** Reads the whole journal into ledger and table; nothing leaves the process. Returns whether an earlier run got as far as an opening. */
export async function loadJournal({ ledger, table, exposure, parts }: RecoverParts, days: DayBook): Promise<boolean> {
  const rows = new Map<ClientOrderId, OrderRow>();
  let opened = false;
  for await (const page of parts.journal.readPages(1)) {
    for (const entry of page) {
      opened ||= entry.kind === 'account.opened';
      take(entry, ledger, rows, days);
    }
  }
  for (const position of ledger.positions()) exposure.setPosition(position.market, position.quantity, position.cost);
  for (const row of rows.values()) {
    const known = asRemembered(row);
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
  return opened;
}

function take(entry: JournalEntry, ledger: Ledger, rows: Map<ClientOrderId, OrderRow>, days: DayBook): void {
  switch (entry.kind) {
    case 'account.opened':
      ledger.setOpening((entry.data as { cash: Microdollars }).cash);
      break;
    case 'account.adjusted': {
      const { id, amount } = entry.data as { id: string; amount: Microdollars };
      ledger.transfer(id, amount);
      break;
    }
    case 'fill.received':
      ledger.apply(entry.data as unknown as Fill);
      break;
    case 'market.settled':
      ledger.settle(entry.data as never);
      break;
    case 'day.began': {
      const { day, equity } = entry.data as { day: string; equity: Microdollars };
      days.restore(day, equity);
      break;
    }
    case 'order.intended': {
      const row = intend(entry.data as unknown as OrderIntent);
      rows.set(row.clientOrderId, row);
      break;
    }
    case 'order.moved': {
      const record = entry.data as unknown as RowRecord;
      const row = rows.get(record.clientOrderId);
      if (row === undefined) break;
      const next = { ...row, ...record };
      if (isTerminal(next.state) && next.filled >= next.filledReported) rows.delete(record.clientOrderId);
      else rows.set(record.clientOrderId, next);
      break;
    }
  }
}

/** A request that was under way when the process died has an unknown outcome; an intent may or may not have left. */
function asRemembered(row: OrderRow): OrderRow {
  if (isTerminal(row.state) || row.state === 'resting' || row.state === 'partiallyFilled') return row;
  if (row.state === 'intended') {
    return { ...row, state: 'unknown', pending: 'create', signedWallMs: row.intendedWallMs, reason: 'processEnded' };
  }
  return { ...row, state: 'unknown', pending: row.pending ?? 'create', reason: 'processEnded' };
}

export async function reconcile(recovering: RecoverParts, restored: boolean): Promise<Readiness> {
  const { ledger, table, accounts, parts } = recovering;
  const { journal, venue } = parts;

  await cancelEarlierQuotes(recovering);
  const fills = complete(await venue.account.fills({}), 'fills');
  if (!restored) openFresh(recovering, fills);
  accounts.takeFills(fills);
  if (!(await accounts.readSettlements())) refuseIncomplete('settlements');
  await observeRows(recovering);

  const positions = complete(await venue.account.positions(), 'positions');
  comparePositions(ledger, positions);
  const balance = await venue.account.balance();
  const startReducing = compareCash(recovering, balance.cash, restored);
  const last = journal.append('run.ready', { restored, cash: balance.cash, unknown: table.unknownCount });
  await journal.synced(last);
  return { restored, startReducing };
}

/** The first start on this folder: what the account did before is taken in, so that positions and cash add up from here. */
function openFresh({ ledger, parts }: RecoverParts, fills: readonly Fill[]): void {
  ledger.setOpening(0 as Microdollars);
  parts.journal.append('account.opened', { cash: 0, fillsBefore: fills.length });
}

const CANCEL_ROUNDS_MAX = 20;
const CANCEL_PAUSE_MS = 250;

async function cancelEarlierQuotes({ table, parts }: RecoverParts): Promise<void> {
  const { venue, clocks, journal } = parts;
  for (let round = 0; round < CANCEL_ROUNDS_MAX; round++) {
    const resting = complete(await venue.account.orders({ status: 'resting' }), 'resting orders').filter((order) =>
      isOwnOrder(order.clientOrderId),
    );
    if (resting.length === 0) return;
    for (const order of resting) {
      const row = order.clientOrderId === null ? null : table.get(order.clientOrderId);
      if (row !== null) observe(table, row, order, true);
      journal.append('order.leftover', {
        orderId: order.orderId,
        clientOrderId: order.clientOrderId,
        market: order.market,
      });
      await venue.orders.cancel(
        { orderId: order.orderId, market: order.market, exchangeIndex: order.exchangeIndex },
        { priority: 'cancel' },
      );
    }
    if (round > 0) await sleep(clocks.wall, CANCEL_PAUSE_MS);
  }
  throw new BothsidesError(
    'RECONCILE_REFUSED',
    'Orders of an earlier run still rest at the exchange after being canceled again and again.',
    {
      remedy: 'Cancel them by hand and start again.',
    },
  );
}

/** Every row that is not over is compared with the venue's own record of it; one it does not show stays unknown. */
async function observeRows({ table, parts }: RecoverParts): Promise<void> {
  const markets = new Set<Ticker>();
  for (const row of table.allOpen()) markets.add(row.market);
  for (const market of markets) {
    const orders = complete(await parts.venue.account.orders({ market }), `orders in ${market}`);
    const byClientId = new Map(orders.map((order) => [order.clientOrderId, order]));
    for (const row of [...table.open(market)]) {
      const order = byClientId.get(row.clientOrderId);
      if (order !== undefined) observe(table, row, order, true);
    }
  }
}

function observe(table: OrderTable, row: OrderRow, order: VenueOrder, conclusive: boolean): void {
  const { orderId, status, filled, remaining, price, reason } = order;
  table.apply(row.clientOrderId, { type: 'observed', orderId, status, filled, remaining, price, reason, conclusive });
}

function comparePositions(ledger: Ledger, venue: readonly VenuePosition[]): void {
  const theirs = new Map(venue.map((position) => [position.market, position.position as number]));
  const ours = new Map<Ticker, number>();
  for (const position of ledger.positions()) ours.set(position.market, position.quantity);
  const rows: string[] = [];
  for (const market of new Set([...theirs.keys(), ...ours.keys()])) {
    const here = ours.get(market) ?? 0;
    const there = theirs.get(market) ?? 0;
    if (here !== there)
      rows.push(`${market}: ours ${formatQuantity(here as never)}, the exchange's ${formatQuantity(there as never)}`);
  }
  if (rows.length === 0) return;
  throw new BothsidesError(
    'RECONCILE_REFUSED',
    `Positions do not add up, trading is refused.\n  ${rows.join('\n  ')}`,
    {
      remedy: 'Look at the fills of these markets at the exchange, or start on a fresh data folder.',
    },
  );
}

/** Returns whether trading starts `reducing`. */
function compareCash({ ledger, parts }: RecoverParts, cash: Microdollars, restored: boolean): boolean {
  const { journal, settings, clocks } = parts;
  const explained = ledger.explainedCash();
  const difference = (cash - explained) as Microdollars;
  if (difference === 0) return false;
  if (!restored) {
    ledger.setOpening(difference);
    journal.append('account.opened', { cash: difference });
    return false;
  }
  const { cashToleranceDollars, cashToleranceShare } = settings.recovery;
  const tolerance = Math.max(fromDollars(cashToleranceDollars), Math.abs(cash) * cashToleranceShare);
  if (Math.abs(difference) > tolerance) {
    throw new BothsidesError(
      'RECONCILE_REFUSED',
      `Cash does not add up, trading is refused: the exchange says $${formatMoney(cash)}, fills, fees and settlements explain $${formatMoney(explained)}, a difference of $${formatMoney(difference)}.`,
      { remedy: 'If money was deposited or withdrawn, start on a fresh data folder.' },
    );
  }
  const id = `adjustment-${clocks.wall.now() as UnixMs}`;
  ledger.transfer(id, difference);
  journal.append('account.adjusted', { id, amount: difference });
  return true;
}

function complete<T>(listing: Listing<T>, what: string): readonly T[] {
  if (!listing.complete) refuseIncomplete(what);
  return listing.items;
}

function refuseIncomplete(what: string): never {
  throw new BothsidesError(
    'RECONCILE_REFUSED',
    `The listing of ${what} could not be read to its end, and half a listing proves nothing.`,
    {
      remedy: 'Start again when the exchange answers.',
    },
  );
}
