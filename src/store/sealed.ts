/** Records that stand alone (bookmarks, what the store is): `<SHA-256 of key and text> <text>`, so that an altered one is found. */
import { damaged } from './damage.ts';
import { FIRST_LINK, linkOf } from './journal-codec.ts';
import type { Store, StoreOperation } from './store.ts';

export function seal(key: string, text: string): string {
  return `${linkOf(key, text)} ${text}`;
}

/** The text of a sealed record; null when it is not what was sealed under this key. */
export function unseal(key: string, value: string): string | null {
  const text = value.slice(FIRST_LINK.length + 1);
  return seal(key, text) === value ? text : null;
}

export function putSealed(key: string, value: unknown): StoreOperation {
  return { type: 'put', key, value: seal(key, JSON.stringify(value)) };
}

/** What was sealed under a key; null when nothing was. Throws DATA_DAMAGED for an altered record. */
export async function getSealed<T>(store: Store, key: string): Promise<T | null> {
  const value = await store.get(key);
  if (value === null) return null;
  const text = unseal(key, value);
  if (text === null) throw damaged(`The stored record ${key} was altered.`);
  return JSON.parse(text) as T;
}
