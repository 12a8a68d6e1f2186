/** The journal of a run that is over, as far as it is whole; nothing is written. */
import { EMPTY, type Observable } from 'rxjs';
import type { JournalEntry } from '../domain/journal.ts';
import { inspectStore, readableEntries, type StoreFindings } from './inspect-store.ts';
import { decodeEntry } from './journal-codec.ts';
import type { Store } from './store.ts';

/** So many entries are handed over at a time. */
const PAGE = 1_000;

export interface PastJournal {
  /** What was found on the way: whose it is, and what is damaged. */
  readonly findings: StoreFindings;
  /** Of the last run that began: its first entry; null: nothing ever ran. */
  readonly lastRun: JournalEntry | null;
  readonly last: JournalEntry | null;
  /** The last entry that is whole and follows from all before it; 0: there is none. */
  readonly lastSequence: number;
  /** Nothing is ever added. */
  readonly entries$: Observable<JournalEntry>;
  readPages(fromSequence?: number): AsyncIterable<readonly JournalEntry[]>;
}

/** Reads and checks all of it once. The store is brought to our version on the way: give a copy. Throws DATA_VERSION. */
export async function readPastJournal(store: Store): Promise<PastJournal> {
  let lastRun: JournalEntry | null = null;
  let last: JournalEntry | null = null;
  const findings = await inspectStore(store, (entry) => {
    if (entry.kind === 'run.started') lastRun = entry;
    last = entry;
  });
  if (findings.refusal !== null) throw findings.refusal;
  const lastSequence = findings.entries;
  return {
    findings,
    lastRun,
    last,
    lastSequence,
    entries$: EMPTY,
    async *readPages(fromSequence = 1) {
      let sequence = Math.max(1, fromSequence);
      if (sequence > lastSequence) return;
      let page: JournalEntry[] = [];
      for await (const [key, value] of readableEntries(store, sequence)) {
        page.push(decodeEntry(key, value, sequence, null).entry);
        if (page.length === PAGE || sequence === lastSequence) {
          yield page;
          page = [];
        }
        if (sequence++ === lastSequence) return;
      }
    },
  };
}
