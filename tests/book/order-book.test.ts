import { describe, expect, it } from 'vitest';
import type { Level } from '../../src/book/ladder.ts';
import { OrderBook } from '../../src/book/order-book.ts';
import { type OwnResting, readBook } from '../../src/book/read-book.ts';
import type { Side } from '../../src/domain/side.ts';
import { type Centicents, type Centicontracts, centicents, centicontracts } from '../../src/domain/units.ts';

const levels = (...pairs: [number, number][]): Level[] => pairs.map(([p, q]) => [centicents(p), centicontracts(q)]);
const p = (price: number): Centicents => price as Centicents;
const q = (quantity: number): Centicontracts => quantity as Centicontracts;

function bookOf(bids: [number, number][], asks: [number, number][]): OrderBook {
  const book = new OrderBook();
  expect(book.applySnapshot(levels(...bids), levels(...asks))).toBe(true);
  return book;
}

describe('an order book', () => {
  it('knows its touch and its levels, best first on both sides', () => {
    const book = bookOf(
      [
        [4500, 300],
        [4700, 100],
      ],
      [
        [5200, 200],
        [5300, 50],
      ],
    );
    expect([book.bestBid(), book.bestAsk()]).toEqual([4700, 5200]);
    expect(book.levels('bid', 5)).toEqual([
      [4700, 100],
      [4500, 300],
    ]);
    expect(book.levels('ask', 1)).toEqual([[5200, 200]]);
  });

  it('takes sub-penny prices and fractions of a contract', () => {
    const book = bookOf([[4501, 1]], [[4502, 7]]);
    expect(book.applyDelta('bid', p(1), q(3))).toBe(true);
    expect(book.applyDelta('ask', p(9999), q(12))).toBe(true);
    expect(book.quantityAt('bid', p(1))).toBe(3);
    expect(book.quantityAt('ask', p(9999))).toBe(12);
  });

  it('finds the next best when the best level is gone', () => {
    const book = bookOf(
      [
        [4500, 300],
        [4700, 100],
      ],
      [[5200, 200]],
    );
    expect(book.applyDelta('bid', p(4700), q(-100))).toBe(true);
    expect(book.bestBid()).toBe(4500);
    expect(book.applyDelta('ask', p(5200), q(-200))).toBe(true);
    expect(book.bestAsk()).toBeNull();
  });

  it.each([
    ['takes more than a level holds', 'bid', 4700, -101],
    ['takes from a level that is not there', 'ask', 5100, -1],
    ['has a price of nothing', 'bid', 0, 5],
    ['has a price of a dollar', 'ask', 10_000, 5],
    ['has a price between two units', 'bid', 4700.5, 5],
    ['is not a number', 'bid', 4700, Number.NaN],
    ['leaves exact numbers', 'bid', 4700, Number.MAX_SAFE_INTEGER],
  ] as [string, Side, number, number][])('refuses a delta that %s, and stays as it was', (_, side, price, change) => {
    const book = bookOf([[4700, 100]], [[5200, 200]]);
    expect(book.applyDelta(side, p(price), q(change))).toBe(false);
    expect(book.levels('bid', 9)).toEqual([[4700, 100]]);
    expect(book.levels('ask', 9)).toEqual([[5200, 200]]);
  });

  it.each([
    [
      'a price twice',
      [
        [4700, 1],
        [4700, 2],
      ],
      [],
    ],
    [
      'a price twice, apart',
      [
        [4700, 1],
        [4600, 2],
        [4700, 2],
      ],
      [],
    ],
    ['a price off range', [], [[10_000, 2]]],
    ['a negative quantity', [[4700, -1]], []],
    ['half a unit', [], [[4700, 1.5]]],
  ] as [string, [number, number][], [number, number][]][])(
    'refuses a snapshot with %s and is empty then',
    (_, bids, asks) => {
      const book = bookOf([[4700, 100]], [[5200, 200]]);
      expect(book.applySnapshot(bids as unknown as Level[], asks as unknown as Level[])).toBe(false);
      expect([book.levels('bid', 9), book.levels('ask', 9)]).toEqual([[], []]);
    },
  );

  it('takes a snapshot in any order, and nothing of the one before survives', () => {
    const book = bookOf([[100, 1]], [[9900, 1]]);
    expect(book.applySnapshot(levels([4700, 5], [4500, 6], [4600, 7]), levels([5300, 1], [5200, 2]))).toBe(true);
    expect(book.levels('bid', 9)).toEqual([
      [4700, 5],
      [4600, 7],
      [4500, 6],
    ]);
    expect(book.levels('ask', 9)).toEqual([
      [5200, 2],
      [5300, 1],
    ]);
  });

  it('keeps every one of ten thousand prices', () => {
    const book = new OrderBook();
    for (let price = 1; price < 10_000; price++) book.applyDelta('bid', p(price), q(price));
    expect(book.bids.size).toBe(9999);
    for (let price = 1; price < 10_000; price += 2) book.applyDelta('bid', p(price), q(-price));
    expect(book.levels('bid', 2)).toEqual([
      [9998, 9998],
      [9996, 9996],
    ]);
    expect(book.bids.size).toBe(4999);
  });
});

describe('a reading of a book', () => {
  const nothing: OwnResting = { quantityAt: () => q(0) };
  const ours = (orders: Record<string, number>): OwnResting => ({
    quantityAt: (side, price) => q(orders[`${side} ${price}`] ?? 0),
  });

  it('tells mid, spread, microprice, imbalance and depth in cents and contracts', () => {
    const book = bookOf(
      [
        [4600, 300],
        [4700, 100],
      ],
      [
        [5000, 300],
        [5200, 100],
      ],
    );
    expect(readBook(book, nothing, 10)).toEqual({
      bid: 4700,
      ask: 5000,
      bidSize: 100,
      askSize: 300,
      midCents: 48.5,
      spreadCents: 3,
      micropriceCents: 47.75,
      imbalance: 0,
      depthContracts: 8,
    });
  });

  it('reads no deeper than it was asked to', () => {
    const book = bookOf(
      [
        [4600, 900],
        [4700, 100],
      ],
      [
        [5000, 300],
        [5200, 100],
      ],
    );
    expect(readBook(book, nothing, 1)).toMatchObject({ depthContracts: 4, imbalance: -0.5 });
  });

  it('leaves out what is ours, and levels that are all ours', () => {
    const book = bookOf(
      [
        [4600, 300],
        [4700, 100],
        [4800, 50],
      ],
      [[5000, 300]],
    );
    const reading = readBook(book, ours({ 'bid 4800': 50, 'bid 4700': 40 }), 10);
    expect(reading).toMatchObject({ bid: 4700, bidSize: 60, ask: 5000, depthContracts: 6.6 });
  });

  it('treats a level that holds less than we believe to have there as empty of others', () => {
    const book = bookOf(
      [
        [4600, 300],
        [4700, 100],
      ],
      [[5000, 300]],
    );
    expect(readBook(book, ours({ 'bid 4700': 150 }), 10)).toMatchObject({ bid: 4600, bidSize: 300 });
  });

  it('is nothing when a side is empty of others, or the sides touch or cross', () => {
    expect(readBook(bookOf([[4700, 1]], []), nothing, 10)).toBeNull();
    expect(readBook(bookOf([[4700, 1]], [[5000, 5]]), ours({ 'ask 5000': 5 }), 10)).toBeNull();
    expect(readBook(bookOf([[5000, 1]], [[5000, 1]]), nothing, 10)).toBeNull();
    const crossed = bookOf([[5100, 1]], [[5000, 1]]);
    expect(readBook(crossed, nothing, 10)).toBeNull();
    expect(crossed.isCrossed()).toBe(true);
    expect(crossed.applyDelta('bid', p(5100), q(-1))).toBe(true);
    expect(crossed.isCrossed()).toBe(false);
  });
});
