import { assert } from '../domain/assert.ts';
import { BothsidesError } from '../domain/errors.ts';
import type { KeyRange, Store, StoredEntry, StoreOperation } from './store.ts';

/**
 * A store that forgets what was not synced: the disk of a virtual world. It settles in microtasks alone (no timers, no
 * thread pool), and `crash` gives the store that a power cut would leave behind.
 */
export class MemoryStore implements Store {
  /** Everything that a reader sees. */
  readonly #values = new Map<string, string>();
  /** The same keys in order; null when it must be sorted again. */
  #ordered: string[] | null = [];
  /** What a power cut leaves. */
  readonly #safe = new Map<string, string>();
  /** Batches since the last sync, oldest first. */
  #unsafe: (readonly StoreOperation[])[] = [];
  #failing = false;
  #held: { readonly released: Promise<void>; release(): void } | null = null;
  #isOpen = true;

  get(key: string): Promise<string | null> {
    return Promise.resolve(this.#values.get(key) ?? null);
  }

  async batch(operations: readonly StoreOperation[], options: { readonly sync: boolean }): Promise<void> {
    assert(this.#isOpen, 'a closed store was written to');
    if (this.#failing) throw new BothsidesError('DATA_UNWRITABLE', 'The store in memory was told to refuse writes.');
    for (const operation of operations) this.#apply(operation);
    this.#unsafe.push(operations);
    // While writes are held nothing reaches the disk: the batch is seen, and not safe.
    while (this.#held !== null) await this.#held.released;
    if (this.#failing) throw new BothsidesError('DATA_UNWRITABLE', 'The store in memory was told to refuse writes.');
    if (options.sync) this.#sync();
  }

  async *entries(range: KeyRange): AsyncGenerator<StoredEntry> {
    for await (const page of this.pages(range)) yield* page;
  }

  async *pages(range: KeyRange): AsyncGenerator<readonly StoredEntry[]> {
    assert(this.#isOpen, 'a closed store was read from');
    const { gte = '', lt, limit = Number.POSITIVE_INFINITY } = range;
    const ordered = this.#sorted();
    const start = firstAtLeast(ordered, gte);
    const end = lt === undefined ? ordered.length : Math.max(start, firstAtLeast(ordered, lt));
    const count = Math.min(limit, end - start);
    const keys = range.reverse ? ordered.slice(end - count, end).reverse() : ordered.slice(start, start + count);
    yield keys.map((key) => [key, this.#values.get(key)!] as const);
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    this.#sync();
  }

  /**
   * What is there after a power cut now: everything synced, and of the batches after that the `survivors` oldest (a disk
   * may keep more than it promised, but never a later write without the earlier ones). This store is dead afterwards.
   */
  crash(survivors = 0): MemoryStore {
    const after = new MemoryStore();
    for (const [key, value] of this.#safe) after.#apply({ type: 'put', key, value });
    for (const operations of this.#unsafe.slice(0, survivors)) {
      for (const operation of operations) after.#apply(operation);
    }
    after.#sync();
    for (const [key, value] of after.#values) after.#safe.set(key, value);
    this.#isOpen = false;
    this.#failing = true;
    this.holdWrites(false);
    return after;
  }

  /** Batches whose survival was not promised yet. */
  get unsyncedBatches(): number {
    return this.#unsafe.length;
  }

  /** From now on every write is refused, as by a full disk; or no longer. */
  failWrites(failing: boolean): void {
    this.#failing = failing;
  }

  /** From now on no write is answered, as by a stalled disk; or those that wait are answered. */
  holdWrites(held: boolean): void {
    if (held && this.#held === null) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#held = { released: promise, release: resolve };
    } else if (!held && this.#held !== null) {
      this.#held.release();
      this.#held = null;
    }
  }

  #apply(operation: StoreOperation): void {
    const { key } = operation;
    if (operation.type === 'del') {
      if (this.#values.delete(key)) this.#ordered = null;
      return;
    }
    if (!this.#values.has(key) && this.#ordered !== null) {
      const last = this.#ordered.at(-1);
      if (last === undefined || last < key) this.#ordered.push(key);
      else this.#ordered = null;
    }
    this.#values.set(key, operation.value);
  }

  #sync(): void {
    for (const operations of this.#unsafe) {
      for (const operation of operations) {
        if (operation.type === 'del') this.#safe.delete(operation.key);
        else this.#safe.set(operation.key, operation.value);
      }
    }
    this.#unsafe = [];
  }

  #sorted(): readonly string[] {
    this.#ordered ??= [...this.#values.keys()].sort();
    return this.#ordered;
  }
}

/** The index of the first key that is not below `key`. */
function firstAtLeast(ordered: readonly string[], key: string): number {
  let low = 0;
  let high = ordered.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ordered[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
