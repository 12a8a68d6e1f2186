/** What becomes of the sessions of an earlier process, once ledger and exchange agree. */
import type { Ticker } from '../domain/ids.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Snapshots } from '../store/snapshots.ts';
import type { StoreJournal } from '../store/store-journal.ts';

export interface StoredSessionParts {
  readonly ledger: Ledger;
  readonly parts: { readonly journal: StoreJournal; readonly snapshots: Snapshots };
}

/** Sessions end with the process that ran them. What they held is seen by the next sweep; what they quoted is canceled. */
export async function closeStoredSessions({ ledger, parts }: StoredSessionParts): Promise<void> {
  const { journal, snapshots } = parts;
  for (const { session, snapshot } of await snapshots.all()) {
    const { market } = (snapshot as { context: { market: Ticker } }).context;
    const carried = ledger.position(market).quantity;
    journal.append('session.closed', { session, market, reason: 'processEnded', carried });
    snapshots.remove(session);
  }
}
