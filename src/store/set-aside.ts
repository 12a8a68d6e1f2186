import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { unwritable } from './level-store.ts';

/** Gives what a data folder remembers another name, `store.1` and so on, and returns it; nothing is deleted. The folder must be closed. */
export async function setStoreAside(folder: string): Promise<string> {
  try {
    const names = new Set(await readdir(folder));
    let number = 1;
    while (names.has(`store.${number}`)) number++;
    await rename(join(folder, 'store'), join(folder, `store.${number}`));
    return `store.${number}`;
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}
