/** Everything in a store, read and checked to its end: what a person wants to know of it, and what a mended one can keep. */
import { BothsidesError } from '../domain/errors.ts';
import type { JournalEntry } from '../domain/journal.ts';
import { type DataIdentity, IDENTITY_KEY } from './identity.ts';
import { decodeEntry, FIRST_LINK, JOURNAL_PREFIX, journalKey } from './journal-codec.ts';
import { getSealed } from './sealed.ts';
import { decodeSnapshot, SNAPSHOT_PREFIX } from './snapshots.ts';
import { keysUnder, type Store, type StoredEntry } from './store.ts';
import { BOOKMARK_KEY } from './store-journal.ts';
import { checkVersion } from './store-version.ts';

export interface StoreFindings {
  /** As it was found; 0: nothing was ever written; null: it cannot be told. */
  readonly version: number | null;
  readonly identity: DataIdentity | null;
  /** Entries from the first on that are whole and follow from each other. */
  readonly entries: number;
  /** The link of the last of them. */
  readonly link: string;
  /** Every entry up to the last that is known of is whole. */
  readonly isJournalWhole: boolean;
  /** Entries by number after the last whole one that are known to have been there. */
  readonly lost: number;
  /** Whole snapshots, their keys and values by name: "session", "signals". */
  readonly snapshots: ReadonlyMap<string, readonly (readonly [key: string, value: string])[]>;
  /** What is wrong, each a sentence; empty: all is as it was written. */
  readonly damage: readonly string[];
  /** A store that another version of the program wrote. */
  readonly refusal: BothsidesError | null;
}

const META = new Set(['meta/version', IDENTITY_KEY, BOOKMARK_KEY]);

/**
 * Reads all of a store, every checksum of it; `take` sees each whole entry in order. Damage is found, not thrown. The store
 * is brought to our version on the way, so it should be a copy.
 */
export async function inspectStore(
  store: Store,
  take: (entry: JournalEntry) => void = () => {},
): Promise<StoreFindings> {
  const damage: string[] = [];
  let refusal: BothsidesError | null = null;
  /** What `look` gives, or null with the damage that it met written down. */
  const attempt = async <T>(look: () => Promise<T>): Promise<T | null> => {
    try {
      return await look();
    } catch (error) {
      if (!(error instanceof BothsidesError)) throw error;
      if (error.code === 'DATA_VERSION') refusal = error;
      else damage.push(error.message);
      return null;
    }
  };

  const version = await attempt(() => checkVersion(store));
  const nothing = {
    version,
    identity: null,
    entries: 0,
    link: FIRST_LINK,
    lost: 0,
    isJournalWhole: false,
    snapshots: new Map(),
  };
  if (refusal !== null) return { ...nothing, damage, refusal };
  const identity = await attempt(() => getSealed<DataIdentity>(store, IDENTITY_KEY));
  const bookmark = (await attempt(() => getSealed<[number, string]>(store, BOOKMARK_KEY))) ?? [0, FIRST_LINK];

  let entries = 0;
  let link = FIRST_LINK;
  let markedLink = bookmark[0] === 0 ? FIRST_LINK : null;
  const isReadThrough = await attempt(async () => {
    for await (const [key, value] of readableEntries(store)) {
      const decoded = decodeEntry(key, value, entries + 1, link);
      entries++;
      link = decoded.link;
      if (entries === bookmark[0]) markedLink = link;
      take(decoded.entry);
    }
    return true;
  });
  const last = Math.max(entries, bookmark[0], (await attempt(() => lastKnown(store))) ?? 0);
  if (isReadThrough === true && entries < bookmark[0]) {
    damage.push(`The journal ends at entry ${entries}, but its bookmark is at entry ${bookmark[0]}.`);
  } else if (isReadThrough === true && markedLink !== bookmark[1]) {
    damage.push(`The journal's entry ${bookmark[0]} is not the one that was marked.`);
  }

  const snapshots = new Map<string, (readonly [string, string])[]>();
  // Where the journal is cut short, what the bookmarks say of its end is no damage of theirs.
  const end = isReadThrough === true ? entries : Number.POSITIVE_INFINITY;
  for (const range of [{ lt: JOURNAL_PREFIX }, { gte: keysUnder(JOURNAL_PREFIX).lt }]) {
    await attempt(async () => {
      for await (const [key, value] of store.entries(range)) {
        if (META.has(key)) continue;
        if (!key.startsWith(SNAPSHOT_PREFIX)) {
          damage.push(`There is a record ${JSON.stringify(key.slice(0, 80))} that nobody wrote.`);
          continue;
        }
        const isWhole = await attempt(async () => decodeSnapshot(key, value, end) !== null);
        const name = key.split('/')[1]!;
        if (isWhole === true) snapshots.set(name, [...(snapshots.get(name) ?? []), [key, value]]);
      }
    });
  }
  const lost = last - entries;
  const isJournalWhole = isReadThrough === true && lost === 0;
  return { version, identity, entries, link, isJournalWhole, lost, snapshots, damage: unique(damage), refusal: null };
}

/** Stored journal entries in order, from this one up to where the medium fails, to the very entry; then its error. */
export async function* readableEntries(store: Store, from = 1): AsyncGenerator<StoredEntry> {
  let next = from;
  try {
    for await (const page of store.pages({ ...keysUnder(JOURNAL_PREFIX), gte: journalKey(from) })) {
      for (const entry of page) {
        yield entry;
        next++;
      }
    }
  } catch (error) {
    // Many are read at a time, and one that cannot be read takes those before it with it.
    for (; ; next++) {
      const value = await store.get(journalKey(next));
      if (value === null) throw error;
      yield [journalKey(next), value];
    }
  }
}

/** The highest number under which an entry stands, whole or not. */
async function lastKnown(store: Store): Promise<number> {
  for await (const [key] of store.entries({ ...keysUnder(JOURNAL_PREFIX), reverse: true, limit: 1 })) {
    const number = Number(key.slice(JOURNAL_PREFIX.length));
    return key === journalKey(number) ? number : 0;
  }
  return 0;
}

/** A table that cannot be read is met on every way. */
function unique(sentences: readonly string[]): string[] {
  return [...new Set(sentences)];
}
