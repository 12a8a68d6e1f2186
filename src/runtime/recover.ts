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
import {
  formatMoney,
  formatQuantity,
  fromDollars,
  type Microdollars,
  type UnixMs,
  ZERO_QUANTITY,
} from '../domain/units.ts';
import type { AccountPort, Listing, OrderEntry, VenueOrder, VenuePosition } from '../exchange/port.ts';
import type { OrderTable } from '../gateway/order-table.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Exposure } from '../risk/exposure.ts';
import type { WindowCounter } from '../risk/kill-switches.ts';
import { lossOfOrder } from '../risk/worst-loss.ts';
import type { Settings } from '../settings/schema.ts';
import type { StoreJournal } from '../store/store-journal.ts';
import type { Accounts } from './accounts.ts';
import type { DayBook, SwitchRecord } from './day-book.ts';

export interface RecoverParts {
  readonly ledger: Ledger;
  readonly table: OrderTable;
  readonly exposure: Exposure;
  readonly accounts: Accounts;
  readonly days: DayBook;
  /** Sessions that began lately count against the hour's. */
  readonly approvals: { readonly entries: WindowCounter };
  readonly parts: {
    readonly journal: StoreJournal;
    readonly clocks: Clocks;
    readonly settings: Settings;
    readonly venue: { readonly account: AccountPort; readonly orders: OrderEntry };
  };
}

/** What of a row changes; journaled on every change, so that the last one and the intent make the row again. */
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

/** Reads the whole journal into ledger, table and risk; nothing leaves the process. Returns whether an earlier run got as far as an opening. */
export async function loadJournal(recovering: RecoverParts): Promise<boolean> {
  const { ledger, table, exposure, parts } = recovering;
  const rows = new Map<ClientOrderId, OrderRow>();
  let opened = false;
  for await (const page of parts.journal.readPages(1)) {
    for (const entry of page) {
      opened ||= entry.kind === 'account.opened';
      take(entry, recovering, rows);
    }
  }
  for (const position of ledger.positions()) exposure.setPosition(position.market, position.quantity, position.cost);
  for (const row of rows.values()) {
    const known = asRemembered(row, parts.settings.risk.approvalValidMs);
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

function take(entry: JournalEntry, recovering: RecoverParts, rows: Map<ClientOrderId, OrderRow>): void {
  const { ledger, table, days, approvals } = recovering;
  switch (entry.kind) {
    case 'account.opened':
      ledger.setOpening((entry.data as { cash: Microdollars }).cash);
      break;
    case 'account.adjusted': {
      const { id, amount } = entry.data as { id: string; amount: Microdollars };
      ledger.transfer(id, amount);
      break;
    }
    case 'fill.received': {
      const fill = entry.data as unknown as Fill;
      // A fill of an order whose create was never answered finds its row when the order is known again.
      if (ledger.apply(fill) === 'applied' && fill.clientOrderId === null)
        table.noteUnplaced(fill.orderId, fill.quantity);
      break;
    }
    case 'market.settled':
      ledger.settle(entry.data as never);
      break;
    case 'day.began': {
      const { day, equity } = entry.data as { day: string; equity: Microdollars };
      days.restore(day, equity);
      break;
    }
    case 'switch.fired':
      days.fired(entry.data as unknown as SwitchRecord);
      break;
    case 'session.opened':
      if ((entry.data as { kind: string }).kind === 'quote') approvals.entries.record(entry.marketMs);
      break;
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
function asRemembered(row: OrderRow, approvalValidMs: number): OrderRow {
  if (isTerminal(row.state) || row.state === 'resting' || row.state === 'partiallyFilled') return row;
  if (row.state === 'intended') {
    // Signed, if at all, while its approval was valid.
    const signedWallMs = (row.intendedWallMs + approvalValidMs) as UnixMs;
    return { ...row, state: 'unknown', pending: 'create', signedWallMs, reason: 'processEnded' };
  }
  return { ...row, state: 'unknown', pending: row.pending ?? 'create', reason: 'processEnded' };
}

/** Reads at the venue lag behind: what does not add up is read again before it is believed. */
const READ_AGAIN_MAX = 4;
const READ_AGAIN_AFTER_MS = 500;

export async function reconcile(recovering: RecoverParts, restored: boolean): Promise<Readiness> {
  const { ledger, table, accounts, parts } = recovering;
  const { journal, venue, clocks } = parts;

  await cancelEarlierQuotes(recovering);
  let cash: Microdollars;
  let held: number;
  for (let again = 0; ; again++) {
    accounts.takeFills(complete(await venue.account.fills({}), 'fills'));
    if (!(await accounts.readSettlements())) refuseIncomplete('settlements');
    await observeRows(recovering);
    const positions = complete(await venue.account.positions(), 'positions');
    const resting = complete(await venue.account.orders({ status: 'resting' }), 'resting orders');
    cash = (await venue.account.balance()).cash;
    held = heldByOrders(table, resting);
    const differing = positionsThatDiffer(ledger, positions);
    const addsUp = differing.length === 0 && (!restored || isExplained(ledger, cash, held));
    if (addsUp || again === READ_AGAIN_MAX) {
      refuseDifferent(differing);
      break;
    }
    await sleep(clocks.wall, READ_AGAIN_AFTER_MS);
  }
  const startReducing = takeCash(recovering, cash, held, restored);
  const last = journal.append('run.ready', { restored, cash, unknown: table.unknownCount });
  await journal.synced(last);
  return { restored, startReducing };
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

function positionsThatDiffer(ledger: Ledger, venue: readonly VenuePosition[]): string[] {
  const theirs = new Map(venue.map((position) => [position.market, position.position]));
  const ours = new Map(ledger.positions().map((position) => [position.market, position.quantity]));
  const rows: string[] = [];
  for (const market of new Set([...theirs.keys(), ...ours.keys()])) {
    const here = ours.get(market) ?? ZERO_QUANTITY;
    const there = theirs.get(market) ?? ZERO_QUANTITY;
    if (here !== there) rows.push(`${market}: ours ${formatQuantity(here)}, the exchange's ${formatQuantity(there)}`);
  }
  return rows;
}

function refuseDifferent(rows: readonly string[]): void {
  if (rows.length === 0) return;
  throw new BothsidesError(
    'RECONCILE_REFUSED',
    `Positions do not add up, trading is refused.\n  ${rows.join('\n  ')}`,
    {
      remedy: 'Look at the fills of these markets at the exchange, or start on a fresh data folder.',
    },
  );
}

/** What orders may hold as collateral at most: ours that may rest, and those of others on this account. */
function heldByOrders(table: OrderTable, resting: readonly VenueOrder[]): number {
  let held = 0;
  for (const row of table.allOpen()) held += lossOfOrder(row.side, worstPrice(row), openQuantity(row));
  for (const order of resting) {
    if (!isOwnOrder(order.clientOrderId)) held += lossOfOrder(order.side, order.price, order.remaining);
  }
  return held;
}

/** Whether the venue's cash is what fills, fees and settlements leave: what an order holds is no loss of money. */
function isExplained(ledger: Ledger, cash: Microdollars, held: number): boolean {
  const missing = ledger.explainedCash() - cash;
  return missing === 0 || (missing > 0 && missing <= held);
}

/** What the account has is taken as it is at the first start; later it must be explained. Returns whether trading starts `reducing`. */
function takeCash({ ledger, parts }: RecoverParts, cash: Microdollars, held: number, restored: boolean): boolean {
  const { journal, settings, clocks } = parts;
  if (!restored) {
    // What the account did before is in its fills: with this opening, positions and cash add up from here.
    ledger.setOpening(0 as Microdollars);
    const opening = (cash - ledger.explainedCash()) as Microdollars;
    ledger.setOpening(opening);
    journal.append('account.opened', { cash: opening, fillsBefore: ledger.fillCount });
    return false;
  }
  if (isExplained(ledger, cash, held)) return false;
  const explained = ledger.explainedCash();
  const difference = (cash - explained) as Microdollars;
  const { cashToleranceDollars, cashToleranceShare } = settings.recovery;
  const tolerance = Math.max(fromDollars(cashToleranceDollars), Math.abs(cash) * cashToleranceShare);
  if (Math.abs(difference) > tolerance) {
    throw new BothsidesError(
      'RECONCILE_REFUSED',
      `Cash does not add up, trading is refused: the exchange says $${formatMoney(cash)}, fills, fees and settlements explain $${formatMoney(explained)}, a difference of $${formatMoney(difference)}.`,
      { remedy: 'If money was deposited or withdrawn, start on a fresh data folder.' },
    );
  }
  const id = `adjustment-${clocks.wall.now()}`;
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
