import { describe, expect, it } from 'vitest';
import { BothsidesError } from '../../../src/domain/errors.ts';
import { collect, type Page } from '../../../src/exchange/kalshi/pagination.ts';

/** Pages by the cursor that asks for them. */
const listing = (pages: Record<string, Page<string> | Error>) => ({
  keyOf: (item: string) => item,
  fetchPage: async (cursor: string | undefined) => {
    const page = pages[cursor ?? ''];
    if (page instanceof Error) throw page;
    if (page === undefined) throw new Error(`nobody should ask for ${cursor}`);
    return page;
  },
});
const unreachable = new BothsidesError('EXCHANGE_UNREACHABLE', 'no answer');

describe('A listing', () => {
  it('is complete when its last page says so', async () => {
    const pages = { '': { items: ['a', 'b'], cursor: 'x' }, x: { items: ['c'], cursor: '' } };
    expect(await collect(listing(pages))).toEqual({ items: ['a', 'b', 'c'], complete: true });
  });

  it('is complete when it is empty', async () => {
    expect(await collect(listing({ '': { items: [], cursor: '' } }))).toEqual({ items: [], complete: true });
  });

  it('is not complete when a cursor comes back, as when the venue answers an unknown one with its first page', async () => {
    const pages = { '': { items: ['a'], cursor: 'x' }, x: { items: ['a'], cursor: 'x' } };
    expect(await collect(listing(pages))).toEqual({ items: ['a'], complete: false });
  });

  it('is not complete when it is longer than the budget of pages', async () => {
    const pages = { '': { items: ['a'], cursor: 'x' }, x: { items: ['b'], cursor: 'y' } };
    expect(await collect({ ...listing(pages), pagesMax: 2 })).toEqual({ items: ['a', 'b'], complete: false });
  });

  it('is not complete when the venue falls silent on the way', async () => {
    const pages = { '': { items: ['a'], cursor: 'x' }, x: unreachable };
    expect(await collect(listing(pages))).toEqual({ items: ['a'], complete: false });
  });

  it('is an error when not even its first page comes, or when a page makes no sense', async () => {
    await expect(collect(listing({ '': unreachable }))).rejects.toBe(unreachable);
    const nonsense = new BothsidesError('EXCHANGE_NONSENSE', 'what?');
    const pages = { '': { items: ['a'], cursor: 'x' }, x: nonsense };
    await expect(collect(listing(pages))).rejects.toBe(nonsense);
  });

  it('holds an item once that moved between pages, as it was seen last', async () => {
    const sight = (id: string, size: number) => ({ id, size });
    const pages: Record<string, Page<{ id: string; size: number }>> = {
      '': { items: [sight('a', 1), sight('b', 1)], cursor: 'x' },
      x: { items: [sight('a', 2), sight('c', 1)], cursor: '' },
    };
    const found = await collect<{ id: string; size: number }>({
      keyOf: (item) => item.id,
      fetchPage: async (cursor) => pages[cursor ?? '']!,
    });
    expect(found.items).toEqual([sight('a', 2), sight('b', 1), sight('c', 1)]);
  });
});
