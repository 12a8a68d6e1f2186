import type { Page } from '../wire-dashboard.ts';

/** What a page is asked with. */
export interface PageQuery<T> {
  /** Only what is older than this entry of the journal; null: from the newest. */
  readonly before: number | null;
  readonly limit: number;
  readonly where?: (item: T) => boolean;
}

/**
 * The last so many things of a kind, by name, in the order in which they began. When there are too many the oldest that is
 * over goes first; what still lives stays.
 */
export class Shelf<T extends { readonly sequence: number }> {
  readonly #max: number;
  readonly #isOver: (item: T) => boolean;
  readonly #items = new Map<string, T>();
  #total = 0;

  constructor(max: number, isOver: (item: T) => boolean = () => true) {
    this.#max = max;
    this.#isOver = isOver;
  }

  get total(): number {
    return this.#total;
  }
  get size(): number {
    return this.#items.size;
  }
  get(name: string): T | undefined {
    return this.#items.get(name);
  }
  values(): Iterable<T> {
    return this.#items.values();
  }

  /** A new one, or another state of one that is here. */
  put(name: string, item: T): void {
    if (!this.#items.has(name)) this.#total++;
    this.#items.set(name, item);
    if (this.#items.size > this.#max) this.#drop();
  }

  /** Newest first. */
  page<O>({ before, limit, where }: PageQuery<T>, shown: (item: T) => O): Page<O> {
    const found: T[] = [];
    let isMore = false;
    for (const item of [...this.#items.values()].reverse()) {
      if (before !== null && item.sequence >= before) continue;
      if (where !== undefined && !where(item)) continue;
      if (found.length === limit) {
        isMore = true;
        break;
      }
      found.push(item);
    }
    return { items: found.map(shown), total: this.#total, before: isMore ? found.at(-1)!.sequence : null };
  }

  #drop(): void {
    for (const [name, item] of this.#items) {
      if (!this.#isOver(item)) continue;
      this.#items.delete(name);
      return;
    }
  }
}
