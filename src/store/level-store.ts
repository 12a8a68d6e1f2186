import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { Level } from 'level';
import { BothsidesError, messageOf } from '../domain/errors.ts';
import { damaged } from './damage.ts';
import { findFileDamage } from './level-files.ts';
import type { KeyRange, Store, StoredEntry, StoreOperation } from './store.ts';

/** So many entries and bytes are read ahead: measured, twice as fast as one by one. */
const READ_AHEAD_ENTRIES = 1_000;
const READ_AHEAD_BYTES = 1 << 22;
const TEXTS = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;

/** Every code on the way down: what LevelDB and the system call it. */
function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string') codes.push(code);
  }
  return codes;
}

function rootOf(error: unknown): string {
  let at = error;
  while (at instanceof Error && at.cause instanceof Error) at = at.cause;
  return messageOf(at);
}

/** A disk that refuses, as DATA_UNWRITABLE. */
export function unwritable(folder: string, cause: unknown): BothsidesError {
  return new BothsidesError('DATA_UNWRITABLE', `The data folder ${folder} cannot be written: ${rootOf(cause)}.`, {
    remedy: 'Check that the folder belongs to you, and that the disk has room and is not read-only.',
    cause,
  });
}

function inUse(folder: string, cause?: unknown): BothsidesError {
  return new BothsidesError('DATA_IN_USE', `The data folder ${folder} is in use by another process.`, {
    remedy: 'Stop that one first, or choose another folder with --data.',
    cause,
  });
}

function refine(folder: string, error: unknown): BothsidesError {
  if (error instanceof BothsidesError) return error;
  const codes = codesOf(error);
  if (codes.includes('LEVEL_LOCKED')) {
    return inUse(folder, error);
  }
  // A missing or unreadable table file is an IO error to LevelDB on open; only text tells it from a permission.
  const text = rootOf(error);
  const isMissing = /no such file/i.test(text) && codes.includes('LEVEL_IO_ERROR');
  if (isMissing || codes.includes('LEVEL_CORRUPTION') || /corruption/i.test(text)) {
    return damaged(`The database in ${folder} is damaged: ${text}.`, error);
  }
  return unwritable(folder, error);
}

/**
 * A LevelDB database in its own folder, made when it is not there. Its lock is exclusive to this process.
 * Throws DATA_IN_USE, DATA_DAMAGED or DATA_UNWRITABLE, each naming the folder.
 */
export async function openLevelStore(folder: string): Promise<Store> {
  try {
    await mkdir(folder, { recursive: true });
    await refuseDamaged(folder);
    // Not sooner: a database opens by itself in the turn after it was made.
    const database = new Level<string, string>(folder, TEXTS);
    await database.open();
    return storeOn(database, folder);
  } catch (error) {
    throw refine(folder, error);
  }
}

/**
 * A database as LevelDB sees it, though its files may be damaged: for what can still be read of one, on a copy. Nothing
 * is begun where nothing is. Throws as `openLevelStore`.
 */
export async function openDamagedLevelStore(folder: string): Promise<Store> {
  try {
    const database = new Level<string, string>(folder, TEXTS);
    await database.open({ createIfMissing: false });
    return storeOn(database, folder);
  } catch (error) {
    throw refine(folder, error);
  }
}

/** Has LevelDB make of the files in a folder a database that opens; what does not fit is lost. For copies. */
export async function rebuildLevelFiles(folder: string): Promise<void> {
  try {
    // It is there, and not in its types.
    await (Level as unknown as { repair(location: string): Promise<void> }).repair(folder);
  } catch (error) {
    throw refine(folder, error);
  }
}

/** Whether a process, this one included, has the database open. It is not opened, nor made where there is none. */
export async function isLevelStoreHeld(folder: string): Promise<boolean> {
  if (!existsSync(folder)) return false;
  const database = new Level<string, string>(folder);
  try {
    await database.open({ createIfMissing: false, errorIfExists: true });
  } catch (error) {
    return codesOf(error).includes('LEVEL_LOCKED');
  }
  await database.close();
  return false;
}

/** Files that LevelDB would mend by forgetting are refused, unless somebody is at work on them at this moment. */
async function refuseDamaged(folder: string): Promise<void> {
  const damage = findFileDamage(folder);
  if (damage === null) return;
  if (await isLevelStoreHeld(folder)) throw inUse(folder);
  throw damaged(`The database in ${folder} is damaged: ${damage.file} ${damage.what}.`);
}

function storeOn(database: Level<string, string>, folder: string): Store {
  async function* pages(range: KeyRange): AsyncGenerator<readonly StoredEntry[]> {
    const iterator = database.iterator({ ...range, highWaterMarkBytes: READ_AHEAD_BYTES });
    try {
      while (true) {
        const batch = await iterator.nextv(READ_AHEAD_ENTRIES);
        if (batch.length === 0) return;
        yield batch;
      }
    } catch (error) {
      throw refine(folder, error);
    } finally {
      await iterator.close();
    }
  }

  return {
    async get(key) {
      try {
        // Typed as if a value were always there.
        const value: string | undefined = await database.get(key);
        return value ?? null;
      } catch (error) {
        throw refine(folder, error);
      }
    },
    async batch(operations: readonly StoreOperation[], { sync }) {
      try {
        await database.batch(operations as StoreOperation[], { sync });
      } catch (error) {
        throw unwritable(folder, error);
      }
    },
    async *entries(range) {
      for await (const page of pages(range)) yield* page;
    },
    pages,
    close: () => database.close(),
  };
}
