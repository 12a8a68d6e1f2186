/** Pages of a listing. */

const CURSOR_MARK = 'after:';

/** Opaque to clients: the key of the last item that was shown. */
export function encodeCursor(key: string): string {
  return Buffer.from(CURSOR_MARK + key).toString('base64url');
}

/** null for anything that is not a cursor of ours, which then means the first page, as at the venue. */
export function decodeCursor(cursor: string): string | null {
  const text = Buffer.from(cursor, 'base64url').toString();
  return text.startsWith(CURSOR_MARK) ? text.slice(CURSOR_MARK.length) : null;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Empty on the last page. */
  readonly cursor: string;
}

/**
 * The next `limit` items that match. A cursor points at a place in the whole listing, not at a count of matches, so items that
 * come, go or stop matching between two pages are neither shown twice nor hide others.
 */
export function pageOf<T>(
  listing: readonly T[],
  options: { limit: number; cursor: string; keyOf: (item: T) => string; matches?: (item: T) => boolean },
): Page<T> {
  const after = options.cursor === '' ? null : decodeCursor(options.cursor);
  let start = 0;
  if (after !== null) {
    const found = listing.findIndex((item) => options.keyOf(item) === after);
    if (found < 0) return { items: [], cursor: '' };
    start = found + 1;
  }
  const items: T[] = [];
  for (let index = start; index < listing.length; index++) {
    const item = listing[index]!;
    if (options.matches !== undefined && !options.matches(item)) continue;
    if (items.length === options.limit) return { items, cursor: encodeCursor(options.keyOf(items.at(-1)!)) };
    items.push(item);
  }
  return { items, cursor: '' };
}
