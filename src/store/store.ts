/** What the trader needs from a place that remembers: ordered text keys, atomic batches, and to know when they are safe. */

export type StoreOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'del'; readonly key: string };

export type StoredEntry = readonly [key: string, value: string];

/** Keys are compared byte by byte; ours are ASCII, so that is also how JavaScript compares them. */
export interface KeyRange {
  readonly gte?: string;
  readonly lt?: string;
  readonly reverse?: boolean;
  readonly limit?: number;
}

export interface Store {
  get(key: string): Promise<string | null>;
  /**
   * All of it or nothing. With `sync` it resolves when this batch and all before it would survive a power cut; without,
   * when the process could die and they would survive. Rejects (DATA_UNWRITABLE) when the disk refuses.
   */
  batch(operations: readonly StoreOperation[], options: { readonly sync: boolean }): Promise<void>;
  /** In the order of the keys, as they stood when the reading began. Throws DATA_DAMAGED where the medium is. */
  entries(range: KeyRange): AsyncIterable<StoredEntry>;
  /** The same, as many at a time as come together: for long readings, where waiting once an entry is half the cost. */
  pages(range: KeyRange): AsyncIterable<readonly StoredEntry[]>;
  close(): Promise<void>;
}

/** The range of every key that begins so. */
export function keysUnder(prefix: string): { readonly gte: string; readonly lt: string } {
  return { gte: prefix, lt: `${prefix}\u{7f}` };
}
