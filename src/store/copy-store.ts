/** A copy of a database to look at: whoever opens one changes its files, and a damaged one must stay as it is. */
import { copyFile, link, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDamagedLevelStore, rebuildLevelFiles } from './level-store.ts';
import type { Store } from './store.ts';

/** Half a copy of an earlier look that did not get to its end is recognized by it. */
const COPY = 'store.copy';

export interface StoreCopy {
  /** Null when nothing can be read from it. */
  readonly store: Store | null;
  close(): Promise<void>;
}

/**
 * Copies the store in a data folder and opens what can be opened of it. Throws what the system says.
 * @param where `elsewhere`: for a longer look, during which others may look, too, and start.
 */
export async function openStoreCopy(
  folder: string,
  store: string,
  where: 'beside' | 'elsewhere' = 'beside',
): Promise<StoreCopy> {
  const from = join(folder, store);
  const to = where === 'beside' ? await copyFiles(folder, from) : await copyElsewhere(from);
  const opened = await openAnyhow(to);
  return {
    store: opened,
    async close() {
      await opened?.close();
      await rm(to, { recursive: true, force: true });
    },
  };
}

/** Beside the original where that can be written (tables need no room there), else where temporary things go. */
async function copyFiles(folder: string, from: string): Promise<string> {
  const beside = join(folder, COPY);
  try {
    await rm(beside, { recursive: true, force: true });
    await mkdir(beside);
    await fill(from, beside);
    return beside;
  } catch {
    // A disk that is full or cannot be written is the reason why somebody looks at it.
    await rm(beside, { recursive: true, force: true }).catch(() => undefined);
  }
  return copyElsewhere(from);
}

async function copyElsewhere(from: string): Promise<string> {
  const elsewhere = await mkdtemp(join(tmpdir(), 'bothsides-store-'));
  try {
    await fill(from, elsewhere);
    return elsewhere;
  } catch (error) {
    await rm(elsewhere, { recursive: true, force: true });
    throw error;
  }
}

async function fill(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    // Tables are never changed, so they may be shared; the rest is LevelDB's to write.
    if (name.endsWith('.ldb') || name.endsWith('.sst')) await share(join(from, name), join(to, name));
    else if (!/^(LOCK|LOG|LOG\.old|lost)$/.test(name)) await copyFile(join(from, name), join(to, name));
  }
}

async function share(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    // Another disk, or one that knows no links.
    await copyFile(from, to);
  }
}

async function openAnyhow(folder: string): Promise<Store | null> {
  try {
    return await openDamagedLevelStore(folder);
  } catch {
    // What it says was said of the original; here only what is left counts.
  }
  try {
    await rebuildLevelFiles(folder);
    return await openDamagedLevelStore(folder);
  } catch {
    return null;
  }
}
