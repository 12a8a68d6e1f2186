/**
 * A damaged store made usable again without taking anything away: what can be read and follows from the first entry on is
 * written into a new store, which takes the place of the damaged one; that one keeps everything under another name.
 * What the new one lacks comes from the exchange's complete listings at the next start, each fill exactly once.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clocks } from '../domain/clock.ts';
import { BothsidesError } from '../domain/errors.ts';
import { openStoreCopy } from './copy-store.ts';
import { IDENTITY_KEY } from './identity.ts';
import { inspectStore, readableEntries, type StoreFindings } from './inspect-store.ts';
import { isLevelStoreHeld, openLevelStore } from './level-store.ts';
import { putSealed } from './sealed.ts';
import { MENDED, move, placeMended, STORE, setAside } from './set-aside.ts';
import { decodeSnapshot } from './snapshots.ts';
import type { Store, StoreOperation } from './store.ts';
import { BOOKMARK_KEY, StoreJournal } from './store-journal.ts';
import { checkVersion } from './store-version.ts';

/** While a mended store is put together; nothing of the user's is in it alone. */
const DRAFT = 'store.mending';
const TOGETHER = 1_000;
/** What only ever grows is true of every later moment as well; other bookmarks are of an end that was lost. */
const LASTING = new Set(['counter']);

export interface Mended {
  /** The name that the damaged store has now. */
  readonly aside: string;
  /** Entries of the journal that stand in the new one. */
  readonly kept: number;
  /** Entries that are known to have been there and stand in the old one at most. */
  readonly lost: number;
  /** Bookmarks of sessions and the like that were kept. */
  readonly bookmarks: number;
}

/**
 * Mends the store of a data folder. Unless its end is known (LevelDB's own files are damaged, so that it may be missing
 * without a trace) bookmarks of sessions are not kept. Throws DATA_IN_USE, DATA_VERSION, DATA_UNWRITABLE; the old store stands in its place then.
 */
export async function mendStore(
  folder: string,
  clocks: Pick<Clocks, 'wall' | 'market'>,
  isEndKnown: boolean,
): Promise<Mended> {
  if (await isLevelStoreHeld(join(folder, STORE))) throw inUse(folder);
  const draft = join(folder, DRAFT);
  await rm(draft, { recursive: true, force: true });
  await rm(join(folder, MENDED), { recursive: true, force: true });
  const copy = await openStoreCopy(folder, STORE);
  let kept = 0;
  let lost = 0;
  let bookmarks = 0;
  try {
    const findings = copy.store === null ? null : await inspectStore(copy.store);
    if (findings !== null && findings.refusal !== null) throw findings.refusal;
    const store = await openLevelStore(draft);
    try {
      if (findings !== null) {
        kept = findings.entries;
        lost = findings.lost;
        bookmarks = await fill(store, copy.store!, findings, isEndKnown && findings.isJournalWhole);
      }
      await sayMended(store, clocks, { kept, lost, bookmarks, damage: findings?.damage ?? [] });
    } finally {
      await store.close();
    }
  } finally {
    await copy.close();
  }
  await move(folder, DRAFT, MENDED);
  const aside = await setAside(folder, STORE, `${STORE}.damaged`);
  if (await isLevelStoreHeld(join(folder, aside))) {
    // Somebody began to work on it meanwhile, and goes on doing so under any name.
    await move(folder, aside, STORE);
    throw inUse(folder);
  }
  await placeMended(folder);
  return { aside, kept, lost, bookmarks };
}

/** Copies what is whole into an empty store; returns how many bookmarks were among it. */
async function fill(store: Store, from: Store, findings: StoreFindings, isEndKnown: boolean): Promise<number> {
  const { entries, link, identity, snapshots } = findings;
  await checkVersion(store);
  let operations: StoreOperation[] = [];
  let copied = 0;
  for await (const [key, value] of entries === 0 ? [] : readableEntries(from)) {
    operations.push({ type: 'put', key, value });
    copied++;
    if (operations.length === TOGETHER || copied === entries) {
      await store.batch(operations, { sync: false });
      operations = [];
    }
    if (copied === entries) break;
  }
  const kept = [...snapshots].filter(([name]) => isEndKnown || LASTING.has(name)).flatMap(([, records]) => records);
  const rest: StoreOperation[] = kept.map(([key, value]) => {
    const { version, atSequence, snapshot } = decodeSnapshot(key, value, Number.POSITIVE_INFINITY);
    return putSealed(key, [version, Math.min(atSequence, entries), snapshot]);
  });
  if (entries > 0) rest.push(putSealed(BOOKMARK_KEY, [entries, link]));
  if (identity !== null) rest.push(putSealed(IDENTITY_KEY, identity));
  await store.batch(rest, { sync: true });
  return kept.length;
}

/** History says of itself where it was broken. */
async function sayMended(
  store: Store,
  clocks: Pick<Clocks, 'wall' | 'market'>,
  { kept, lost, bookmarks, damage }: Omit<Mended, 'aside'> & { readonly damage: readonly string[] },
): Promise<void> {
  const journal = await StoreJournal.open(store, clocks);
  journal.append('store.mended', { kept, lost, bookmarks, damage: damage.slice(0, SENTENCES_MAX) });
  await journal.close();
}

const SENTENCES_MAX = 20;

function inUse(folder: string): BothsidesError {
  return new BothsidesError('DATA_IN_USE', `The data folder ${folder} is in use by another process.`, {
    remedy: 'Stop that one first.',
  });
}
