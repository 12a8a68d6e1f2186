import { BothsidesError } from '../domain/errors.ts';
import { damaged } from './damage.ts';
import { journalKey, linkIn } from './journal-codec.ts';
import { putSealed } from './sealed.ts';
import type { Store, StoreOperation } from './store.ts';

const VERSION_KEY = 'meta/version';
/**
 * The layout of keys and values that this code reads and writes.
 *
 * 1. `meta/identity` is JSON, `meta/journalBookmark` a number: an altered one was believed, or ended in a fault.
 * 2. Both are sealed as snapshots are, so that everything in a store but its version bears a checksum; the bookmark names
 *    the link of its entry as well, so that a journal that is not the one that was marked is found.
 */
export const STORE_VERSION = 2;

/** What leads from a version to the next, as operations; the new version is written in the same batch with them. */
export type StoreMigration = (store: Store) => Promise<readonly StoreOperation[]>;

const MIGRATIONS: Readonly<Record<number, StoreMigration>> = { 1: sealMeta };

/**
 * Marks an empty store with our version, brings an older one forward, or finds that it is ours. Each step is one synced
 * batch: a crash leaves the version before it or the one after, and the next start goes on from there. Throws
 * DATA_VERSION for a version that is newer or that no step leads on from, DATA_DAMAGED for a store that has content but
 * no version. Returns the version that was found, 0 for an empty store.
 */
export async function checkVersion(
  store: Store,
  current = STORE_VERSION,
  migrations: Readonly<Record<number, StoreMigration>> = MIGRATIONS,
): Promise<number> {
  const text = await store.get(VERSION_KEY);
  if (text === null) {
    for await (const [key] of store.entries({ limit: 1 })) {
      throw damaged(`The stored data has no version, though it holds ${JSON.stringify(key.slice(0, 80))}.`);
    }
    await store.batch([versionPut(current)], { sync: true });
    return 0;
  }
  if (!/^[1-9]\d{0,8}$/.test(text)) throw damaged(`The version of the stored data was altered.`);
  const found = Number(text);
  for (let version = found; version !== current; version++) {
    const step = version < current ? migrations[version] : undefined;
    if (step === undefined) throw otherVersion(found, current);
    await store.batch([...(await step(store)), versionPut(version + 1)], { sync: true });
  }
  return found;
}

function versionPut(version: number): StoreOperation {
  return { type: 'put', key: VERSION_KEY, value: String(version) };
}

function otherVersion(found: number, current: number): BothsidesError {
  const whose = found > current ? 'a newer version of the program wrote it' : 'nothing leads from it to ours any more';
  return new BothsidesError(
    'DATA_VERSION',
    `The stored data has version ${found}; this program knows ${current}: ${whose}.`,
    {
      remedy:
        'Start the version of the program that wrote it, or choose another folder with --data. Nothing was changed.',
    },
  );
}

async function sealMeta(store: Store): Promise<readonly StoreOperation[]> {
  const operations: StoreOperation[] = [];
  const identity = await store.get('meta/identity');
  if (identity !== null) {
    try {
      operations.push(putSealed('meta/identity', JSON.parse(identity)));
    } catch (cause) {
      throw damaged('The stored record meta/identity was altered.', cause);
    }
  }
  const bookmark = await store.get('meta/journalBookmark');
  if (bookmark !== null) {
    const sequence = Number(bookmark);
    const entry = /^\d{1,16}$/.test(bookmark) ? await store.get(journalKey(sequence)) : null;
    if (entry === null) throw damaged(`The journal's bookmark ${JSON.stringify(bookmark)} leads nowhere.`);
    operations.push(putSealed('meta/journalBookmark', [sequence, linkIn(entry)]));
  }
  return operations;
}
