/** Walks a listing to its end, or says that it did not get there. */
import { BothsidesError } from '../../domain/errors.ts';
import type { Listing } from '../port.ts';

export interface Page<T> {
  readonly items: readonly T[];
  /** Empty: the last page. */
  readonly cursor: string;
}

export interface Walk<T> {
  readonly fetchPage: (cursor: string | undefined) => Promise<Page<T>>;
  /** What makes an item itself: a listing that changes under way shows some twice, and the later sight counts. */
  readonly keyOf: (item: T) => string;
  readonly pagesMax?: number;
}

/** 1,000 orders or markets a page: far beyond any listing that is real. */
const PAGES_MAX = 500;

/**
 * Not complete are: a cursor that comes back (the venue answers one that it does not know with its first page), more
 * pages than the budget, a failure after the first page. Failing on the first page throws: nothing is known at all.
 */
export async function collect<T>({ fetchPage, keyOf, pagesMax = PAGES_MAX }: Walk<T>): Promise<Listing<T>> {
  const items = new Map<string, T>();
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    let fetched: Page<T>;
    try {
      fetched = await fetchPage(cursor);
    } catch (error) {
      const isPartial = page > 0 && error instanceof BothsidesError && error.code === 'EXCHANGE_UNREACHABLE';
      if (!isPartial) throw error;
      return { items: [...items.values()], complete: false };
    }
    for (const item of fetched.items) items.set(keyOf(item), item);
    if (fetched.cursor === '') return { items: [...items.values()], complete: true };
    if (seen.has(fetched.cursor)) break;
    seen.add(fetched.cursor);
    cursor = fetched.cursor;
  }
  return { items: [...items.values()], complete: false };
}
