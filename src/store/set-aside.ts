import { existsSync } from 'node:fs';
import { open, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { unwritable } from './level-store.ts';

/** What a data folder remembers with. */
export const STORE = 'store';
/** A store put together anew, whole, and not yet in its place. */
export const MENDED = 'store.mended';

/** Renames something in a folder, safely on disk when it returns. */
export async function move(folder: string, from: string, to: string): Promise<void> {
  try {
    await rename(join(folder, from), join(folder, to));
    await syncFolder(folder);
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

/** Gives something in a folder another name, `as.1` and so on, and returns it; nothing is deleted. */
export async function setAside(folder: string, name: string, as = name): Promise<string> {
  const names = new Set(await readdir(folder));
  let number = 1;
  while (names.has(`${as}.${number}`)) number++;
  await move(folder, name, `${as}.${number}`);
  return `${as}.${number}`;
}

/** Gives what a data folder remembers another name. The folder must be closed. */
export function setStoreAside(folder: string): Promise<string> {
  return setAside(folder, STORE);
}

/** A mended store takes its place; also where whoever mended it died before it did. Nothing happens where there is none, or the place is taken. */
export async function placeMended(folder: string): Promise<void> {
  if (existsSync(join(folder, STORE)) || !existsSync(join(folder, MENDED))) return;
  await move(folder, MENDED, STORE);
}

/** Names in a folder are safe only when it is synced itself. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
