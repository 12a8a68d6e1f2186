import { BothsidesError } from '../domain/errors.ts';
import type { Store } from './store.ts';

const VERSION_KEY = 'meta/version';
/** The layout of keys and values that this code reads and writes. */
export const STORE_VERSION = 1;

/**
 * Marks an empty store with our version, or checks the one that is there. Throws DATA_VERSION for a version that we do
 * not know, and DATA_DAMAGED for a store that has content but no version.
 */
export async function checkVersion(store: Store): Promise<void> {
  const found = await store.get(VERSION_KEY);
  if (found === String(STORE_VERSION)) return;
  if (found !== null) {
    throw new BothsidesError(
      'DATA_VERSION',
      `The stored data has version ${found}; this program knows ${STORE_VERSION}.`,
      {
        remedy:
          'Start the version of the program that wrote it, or choose another folder with --data. Nothing was changed.',
      },
    );
  }
  for await (const [key] of store.entries({ limit: 1 })) {
    throw new BothsidesError('DATA_DAMAGED', `The stored data has no version, though it holds ${key}.`, {
      remedy: 'Nothing was changed. Choose another folder with --data, or set this one aside.',
    });
  }
  await store.batch([{ type: 'put', key: VERSION_KEY, value: String(STORE_VERSION) }], { sync: true });
}
