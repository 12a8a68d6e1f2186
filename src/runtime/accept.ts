/**
 * A person takes the exchange's word: what was taken over before is accepted, and what still differs is written down as
 * adjusted, with the name of who said so. Looking changes nothing; nothing here is sent to the exchange but reads.
 */
import type { Clocks } from '../domain/clock.ts';
import { isOwnOrder } from '../domain/ids.ts';
import type { Json } from '../domain/json.ts';
import { DOLLAR, formatMoney, type Microdollars } from '../domain/units.ts';
import type { AccountPort } from '../exchange/port.ts';
import { OrderTable } from '../gateway/order-table.ts';
import { Exposure } from '../risk/exposure.ts';
import { WindowCounter } from '../risk/kill-switches.ts';
import type { Settings } from '../settings/schema.ts';
import type { StoreJournal } from '../store/store-journal.ts';
import { type AccountDifference, compareAccount, differenceText, tableText } from './account-difference.ts';
import { Accounts } from './accounts.ts';
import { type ReconcileParts, readUntilItAddsUp } from './reconcile.ts';
import { restore } from './recover.ts';
import type { Adjustment, Remembered } from './remembered.ts';

export interface AcceptParts {
  readonly remembered: Remembered;
  readonly journal: StoreJournal;
  readonly clocks: Clocks;
  readonly settings: Settings;
  readonly account: AccountPort;
}

export interface Examination {
  readonly difference: AccountDifference;
  /** Taken over by an earlier start and not accepted yet. */
  readonly unaccepted: readonly Adjustment[];
  /** Orders of ours that rest at the exchange; the next start cancels them. */
  readonly resting: number;
  /** Facts that the journal does not have yet: fills, settlements, transfers. */
  readonly found: readonly Found[];
  readonly needsAcceptance: boolean;
}
type Found = readonly [kind: string, data: Json];

/** Facts of the venue; what a person did not ask to be written about orders is left to the next start. */
const FACTS: ReadonlySet<string> = new Set(['fill.received', 'market.settled', 'account.transferred']);

/** Reads the account and compares; what it finds is kept in memory alone. */
export async function examineAccount(parts: AcceptParts): Promise<Examination> {
  const { remembered, clocks, settings, account } = parts;
  const found: Found[] = [];
  const journal = {
    append(kind: string, data: Json): number {
      if (FACTS.has(kind)) found.push([kind, data]);
      return 0;
    },
    synced: () => Promise.resolve(),
    onFailure: () => undefined,
  };
  const table = new OrderTable(() => undefined);
  const exposure = new Exposure();
  const { ledger } = remembered;
  const accounts = new Accounts({ ledger, exposure, table, journal, account, mark: () => null });
  accounts.recall(remembered.settledMs);
  restore(remembered, {
    table,
    exposure,
    entries: new WindowCounter(settings.risk.entriesPerHourMax),
    approvalValidMs: settings.risk.approvalValidMs,
    wallMs: clocks.wall.now(),
  });
  const reconciling: ReconcileParts = {
    ledger,
    table,
    accounts,
    gateway: { cancel: () => Promise.resolve() },
    remembered,
    parts: { journal, clocks, settings, log: { warn: () => undefined }, venue: { account, orders: NO_ORDERS } },
  };
  const reading = await readUntilItAddsUp(reconciling, { first: Promise.resolve(), clear: (read) => read() });
  const difference = compareAccount(ledger, table.allOpen(), reading);
  const differs = difference.positions.length > 0 || difference.cash.unexplained !== 0;
  return {
    difference,
    unaccepted: remembered.unaccepted,
    resting: reading.resting.filter(({ clientOrderId }) => isOwnOrder(clientOrderId)).length,
    found,
    needsAcceptance: differs || remembered.unaccepted.length > 0,
  };
}

/** Whoever only looks has nothing to write with. */
const NO_ORDERS = new Proxy({} as never, {
  get: () => () => Promise.reject(new TypeError('an order was sent where only the account is looked at')),
});

/** Writes it down, and waits until it is on disk. */
export async function acceptDifference(
  { journal, clocks }: Pick<AcceptParts, 'journal' | 'clocks'>,
  { difference, unaccepted, found }: Examination,
  by: string,
): Promise<void> {
  const atMs = clocks.wall.now();
  for (const [kind, data] of found) journal.append(kind, data);
  for (const { market, ours, theirs, cost } of difference.positions) {
    const bounded = Math.max(0, Math.min(cost, DOLLAR * Math.abs(theirs))) as Microdollars;
    const id = `position-${atMs}-${market}`;
    journal.append('position.adjusted', { id, market, before: ours, quantity: theirs, cost: bounded, by });
  }
  const { unexplained } = difference.cash;
  const ids = unaccepted.map(({ id }) => id);
  if (unexplained !== 0) {
    const id = `adjustment-${atMs}`;
    journal.append('account.adjusted', { id, amount: unexplained, by });
    ids.push(id);
  }
  await journal.synced(journal.append('account.accepted', { by, adjustments: ids }));
}

/** What there is to accept, as a table for a person. */
export function examinationText({ difference, unaccepted, resting, found }: Examination): string {
  const parts: string[] = [];
  if (unaccepted.length > 0) {
    const rows = unaccepted.map(({ id, amount, atMs }) => [id, new Date(atMs).toISOString(), formatMoney(amount)]);
    parts.push(tableText([['taken over, not accepted', 'when', 'amount'], ...rows]));
  }
  parts.push(differenceText(difference));
  if (found.length > 0) {
    const counts = new Map<string, number>();
    for (const [kind] of found) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    const rows = [...counts].map(([kind, count]) => [kind, String(count)]);
    parts.push(tableText([['since the last run', 'new'], ...rows]));
  }
  if (resting > 0) parts.push(`  ${resting} orders of ours rest at the exchange; the next start cancels them.`);
  return parts.join('\n\n');
}
