/**
 * What is remembered against what the exchange says, on complete listings or not at all. Quotes of an earlier life are
 * canceled, orders without a known fate stay unknown with their worst case reserved, positions must agree, and cash is
 * explained to the last $0.000001, by deposits and withdrawals where it must be; a small remainder is journaled and trading
 * starts reducing, a larger one is refused. Nothing here places an order; doing it twice changes nothing the second time.
 */
import type { Readiness } from '../../machines/boot.ts';
import { type Clocks, sleep } from '../domain/clock.ts';
import { BothsidesError } from '../domain/errors.ts';
import type { OrderRow } from '../domain/order.ts';
import { formatMoney, fromDollars, type Microdollars } from '../domain/units.ts';
import type { AccountPort, Listing, OrderEntry } from '../exchange/port.ts';
import type { OrderTable } from '../gateway/order-table.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Settings } from '../settings/schema.ts';
import type { StoreJournal } from '../store/store-journal.ts';
import { type AccountDifference, type AccountReading, compareAccount, differenceText } from './account-difference.ts';
import type { Accounts } from './accounts.ts';
import { noteProven, type ProveFillsParts, unprovenFills } from './prove-fills.ts';
import {
  cancelKnown,
  cancelLeftovers,
  listOpenMarkets,
  observeRows,
  type ReconcileOrdersParts,
  stillResting,
} from './reconcile-orders.ts';
import type { Remembered } from './remembered.ts';
import { takeTransfers } from './transfers.ts';

export interface ReconcileParts {
  readonly ledger: Ledger;
  readonly table: OrderTable;
  readonly accounts: Accounts;
  readonly gateway: { cancel(row: OrderRow): Promise<void> };
  readonly remembered: Pick<Remembered, 'isOpened' | 'unaccepted'>;
  readonly parts: {
    readonly journal: Pick<StoreJournal, 'append' | 'synced'>;
    readonly clocks: Clocks;
    readonly settings: Settings;
    readonly log: ProveFillsParts['parts']['log'];
    readonly venue: { readonly account: AccountPort; readonly orders: OrderEntry };
  };
}

/** Reads at the venue lag behind: what does not add up is read again before it is believed. */
const READ_AGAIN_MAX = 4;
const READ_AGAIN_AFTER_MS = 500;
const CANCEL_ROUNDS_MAX = 20;
const CANCEL_PAUSE_MS = 250;

export async function reconcile(parts: ReconcileParts): Promise<Readiness> {
  const { table, remembered } = parts;
  const { journal, clocks } = parts.parts;
  const restored = remembered.isOpened;
  const beganMs = clocks.market.now();

  const reading = await readUntilItAddsUp(parts, {
    first: cancelKnown(ordersOf(parts)),
    clear: (read) => clearLeftovers(parts, read),
  });
  const difference = compareAccount(parts.ledger, table.allOpen(), reading);
  if (difference.positions.length > 0) throw refused('Positions do not add up, trading is refused.', difference);
  if (restored) takeRemainder(parts, difference);
  else await open(parts, reading.cash);
  // Everything agrees, so every fill that could have been listed is in the ledger.
  noteProven(parts, beganMs);
  const startReducing = remembered.unaccepted.length > 0;
  const last = journal.append('run.ready', {
    restored,
    cash: reading.cash,
    unknown: table.unknownCount,
    startReducing,
  });
  await journal.synced(last);
  return { restored, startReducing };
}

/** What goes on at the exchange besides being read; none of it where a person only wants to see. */
export interface Clearing {
  /** Under way before the first reading, which waits for it. */
  readonly first: Promise<void>;
  readonly clear: (reading: () => Promise<AccountReading>) => Promise<AccountReading>;
}

/** The account on complete listings, read again for a while where it does not agree with what is remembered. */
export async function readUntilItAddsUp(parts: ReconcileParts, { first, clear }: Clearing): Promise<AccountReading> {
  const { clocks } = parts.parts;
  const restored = parts.remembered.isOpened;
  let work = first;
  for (let again = 0; ; again++) {
    const reading = await clear(() => readAccount(parts, work));
    work = Promise.resolve();
    if ((await addsUp(parts, reading, restored)) || again === READ_AGAIN_MAX) return reading;
    await sleep(clocks.wall, READ_AGAIN_AFTER_MS);
  }
}

/** Orders of ours that a reading shows resting are canceled, until one shows none. */
async function clearLeftovers(parts: ReconcileParts, read: () => Promise<AccountReading>): Promise<AccountReading> {
  const orders = ordersOf(parts);
  for (let round = 0; round < CANCEL_ROUNDS_MAX; round++) {
    const reading = await read();
    if ((await cancelLeftovers(orders, reading.resting)) === 0) return reading;
    if (round > 0) await sleep(parts.parts.clocks.wall, CANCEL_PAUSE_MS);
  }
  throw stillResting();
}

async function readAccount(parts: ReconcileParts, work: Promise<void>): Promise<AccountReading> {
  const { ledger, accounts } = parts;
  const { account } = parts.parts.venue;
  const orders = ordersOf(parts);
  // The time stamp first: whatever the listings show is at least that fresh.
  const [asOfMs] = await Promise.all([account.userDataTimestamp(), work]);
  const [fills, areSettled, resting, positions, balance, listings] = await Promise.all([
    account.fills(unprovenFills(ledger)),
    accounts.readSettlements(),
    account.orders({ status: 'resting' }),
    account.positions(),
    account.balance(),
    listOpenMarkets(orders),
  ]);
  for (const [market, listing] of listings) complete(listing, `orders in ${market}`);
  // Orders first: a fill in a listing does not name our order, and finds it by the venue's id.
  observeRows(orders, listings, asOfMs);
  accounts.takeFills(complete(fills, 'fills'));
  if (!areSettled) throw incomplete('settlements');
  return {
    positions: complete(positions, 'positions'),
    resting: complete(resting, 'resting orders'),
    cash: balance.cash,
  };
}

/** Whether all of it agrees; where only the cash does not, deposits and withdrawals are looked at. */
async function addsUp(parts: ReconcileParts, reading: AccountReading, restored: boolean): Promise<boolean> {
  const { ledger, table } = parts;
  const { journal, venue } = parts.parts;
  const { positions, cash } = compareAccount(ledger, table.allOpen(), reading);
  if (positions.length > 0) return false;
  if (!restored || cash.unexplained === 0) return true;
  const transfers = complete(await venue.account.transfers(), 'deposits and withdrawals');
  takeTransfers(transfers, cash.unexplained, { ledger, journal });
  return compareAccount(ledger, table.allOpen(), reading).cash.unexplained === 0;
}

/** The first start: what the account has is taken as it is, and what it did before is in its fills. */
async function open({ ledger, parts }: ReconcileParts, cash: Microdollars): Promise<void> {
  const { journal, venue } = parts;
  const transfers = complete(await venue.account.transfers(), 'deposits and withdrawals');
  const transfersBefore = transfers.filter(({ status }) => status === 'applied').map(({ id }) => id);
  for (const id of transfersBefore) ledger.transfer(id, 0 as Microdollars);
  ledger.setOpening(0 as Microdollars);
  const opening = (cash - ledger.explainedCash()) as Microdollars;
  ledger.setOpening(opening);
  journal.append('account.opened', { cash: opening, fillsBefore: ledger.fillCount, transfersBefore });
}

/** Cash that nothing explains: a little is taken over and said, more is refused. */
function takeRemainder({ ledger, remembered, parts }: ReconcileParts, difference: AccountDifference): void {
  const { journal, settings, clocks } = parts;
  const { unexplained, theirs } = difference.cash;
  if (unexplained === 0) return;
  const { cashToleranceDollars, cashToleranceShare } = settings.recovery;
  const tolerance = Math.max(fromDollars(cashToleranceDollars), Math.abs(theirs) * cashToleranceShare);
  // What was taken over before and not accepted counts with it: many small differences are a large one.
  const before = remembered.unaccepted.reduce((sum, { amount }) => sum + amount, 0);
  if (Math.abs(unexplained) > tolerance || Math.abs(before + unexplained) > tolerance) {
    const sum = before === 0 ? '' : `, with $${formatMoney(before as Microdollars)} taken over before`;
    throw refused(
      `Cash does not add up, trading is refused: $${formatMoney(unexplained)} is unexplained${sum}.`,
      difference,
    );
  }
  const id = `adjustment-${clocks.wall.now()}`;
  ledger.transfer(id, unexplained);
  journal.append('account.adjusted', { id, amount: unexplained });
}

function ordersOf({ table, gateway, parts }: ReconcileParts): ReconcileOrdersParts {
  const { journal, venue, settings } = parts;
  return {
    table,
    journal,
    account: venue.account,
    orders: venue.orders,
    cancel: (row) => gateway.cancel(row),
    evidenceAfterMs: settings.gateway.evidenceAfterMs,
  };
}

function refused(what: string, difference: AccountDifference): BothsidesError {
  return new BothsidesError('RECONCILE_REFUSED', `${what}\n${differenceText(difference)}`, {
    remedy:
      'Look at the orders and fills of this account at the exchange. `npm run accept -- --data FOLDER` takes the exchange’s word for it.',
  });
}

export function complete<T>(listing: Listing<T>, what: string): readonly T[] {
  if (!listing.complete) throw incomplete(what);
  return listing.items;
}

function incomplete(what: string): BothsidesError {
  return new BothsidesError(
    'RECONCILE_REFUSED',
    `The listing of ${what} could not be read to its end, and half a listing proves nothing.`,
    { remedy: 'Start again when the exchange answers.' },
  );
}
