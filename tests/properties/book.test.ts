/**
 * Invariants of a book:
 *
 * 1. Any sequence of snapshots and deltas leaves it equal to a plain map of prices, refusals included.
 * 2. Its levels are sorted from the best on, every quantity is a whole number above zero.
 * 3. A snapshot of what it holds, loaded into another, makes an equal book.
 * 4. Our own orders, whatever they are, change no reading.
 * 5. Bids and asks are mirror images: the mirrored book reads the mirrored way.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Level } from '../../src/book/ladder.ts';
import { OrderBook } from '../../src/book/order-book.ts';
import { NOTHING_RESTING, type OwnResting, readBook } from '../../src/book/read-book.ts';
import type { Side } from '../../src/domain/side.ts';
import { type Centicents, type Centicontracts, DOLLAR } from '../../src/domain/units.ts';

const side = fc.constantFrom<Side>('bid', 'ask');
/** Few prices, so that levels meet; with the edges of the range and beyond it. */
const price = fc.oneof(
  fc.integer({ min: 4990, max: 5010 }),
  fc.constantFrom(-1, 0, 1, 2, 9998, 9999, 10_000, 10_001),
  fc.integer({ min: 1, max: 9999 }),
) as fc.Arbitrary<Centicents>;
const onRange = price.filter((value) => value > 0 && value < DOLLAR);
const quantity = fc.integer({ min: 1, max: 1000 }) as fc.Arbitrary<Centicontracts>;
const change = fc.oneof(
  fc.integer({ min: -300, max: 300 }),
  fc.constantFrom(0, -1, 1, Number.MAX_SAFE_INTEGER),
) as fc.Arbitrary<Centicontracts>;
const levels = fc
  .uniqueArray(fc.tuple(onRange, quantity), { selector: ([at]) => at, maxLength: 60 })
  .map((found): Level[] => found.sort(([a], [b]) => a - b));

type Step =
  | { kind: 'delta'; side: Side; price: Centicents; change: Centicontracts }
  | { kind: 'snapshot'; bids: Level[]; asks: Level[] };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 60, arbitrary: fc.record({ kind: fc.constant('delta' as const), side, price, change }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('snapshot' as const), bids: levels, asks: levels }) },
);

/** What a book is, in the plainest words. */
class PlainBook {
  readonly sides = { bid: new Map<number, number>(), ask: new Map<number, number>() };

  apply(step: Step): boolean {
    if (step.kind === 'snapshot') {
      this.sides.bid = new Map(step.bids);
      this.sides.ask = new Map(step.asks);
      return true;
    }
    if (step.price <= 0 || step.price >= DOLLAR) return false;
    const after = (this.sides[step.side].get(step.price) ?? 0) + step.change;
    if (after < 0 || after > Number.MAX_SAFE_INTEGER) return false;
    if (after === 0) this.sides[step.side].delete(step.price);
    else this.sides[step.side].set(step.price, after);
    return true;
  }

  levels(which: Side): [number, number][] {
    return [...this.sides[which]].sort(([a], [b]) => (which === 'bid' ? b - a : a - b));
  }
}

function apply(book: OrderBook, step: Step): boolean {
  return step.kind === 'snapshot'
    ? book.applySnapshot(step.bids, step.asks)
    : book.applyDelta(step.side, step.price, step.change);
}

describe('a book, whatever happens to it', () => {
  it('equals a plain map of prices after every step (1, 2, 3)', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 250 }), (steps) => {
        const book = new OrderBook();
        const plain = new PlainBook();
        for (const one of steps) {
          expect(apply(book, one)).toBe(plain.apply(one));
          expect(book.bestBid()).toBe(plain.levels('bid')[0]?.[0] ?? null);
          expect(book.bestAsk()).toBe(plain.levels('ask')[0]?.[0] ?? null);
        }
        for (const which of ['bid', 'ask'] as const) {
          expect(book.levels(which, Number.POSITIVE_INFINITY)).toEqual(plain.levels(which));
          for (const [at, held] of plain.levels(which)) expect(book.quantityAt(which, at as Centicents)).toBe(held);
        }
        const copy = new OrderBook();
        expect(copy.applySnapshot(book.levels('bid', 1e5).reverse(), book.levels('ask', 1e5))).toBe(true);
        expect(copy.levels('bid', 1e5)).toEqual(book.levels('bid', 1e5));
        expect(copy.levels('ask', 1e5)).toEqual(book.levels('ask', 1e5));
      }),
      { numRuns: 150 },
    );
  });

  it('reads the same with our orders in it as without them (4)', () => {
    const orders = fc.array(fc.record({ side, price: onRange, quantity }), { maxLength: 12 });
    fc.assert(
      fc.property(levels, levels, orders, fc.integer({ min: 1, max: 12 }), (bids, asks, ours, depth) => {
        const book = new OrderBook();
        book.applySnapshot(bids, asks);
        const without = readBook(book, NOTHING_RESTING, depth);
        const table = new Map<string, number>();
        for (const order of ours) {
          const key = `${order.side} ${order.price}`;
          expect(book.applyDelta(order.side, order.price, order.quantity)).toBe(true);
          table.set(key, (table.get(key) ?? 0) + order.quantity);
        }
        const own: OwnResting = {
          quantityAt: (which, at) => (table.get(`${which} ${at}`) ?? 0) as Centicontracts,
        };
        expect(readBook(book, own, depth)).toEqual(without);
      }),
      { numRuns: 500 },
    );
  });

  it('is the same seen in a mirror (5)', () => {
    const mirror = (found: readonly Level[]): Level[] => found.map(([at, held]) => [(DOLLAR - at) as Centicents, held]);
    fc.assert(
      fc.property(levels, levels, (bids, asks) => {
        const book = new OrderBook();
        const mirrored = new OrderBook();
        book.applySnapshot(bids, asks);
        mirrored.applySnapshot(mirror(asks), mirror(bids));
        const reading = readBook(book, NOTHING_RESTING, 10);
        const other = readBook(mirrored, NOTHING_RESTING, 10);
        if (reading === null || other === null) {
          expect(other).toBe(reading);
          return;
        }
        expect([other.bid, other.ask]).toEqual([DOLLAR - reading.ask, DOLLAR - reading.bid]);
        expect([other.bidSize, other.askSize]).toEqual([reading.askSize, reading.bidSize]);
        expect(other.imbalance + reading.imbalance).toBeCloseTo(0, 12);
        expect(other.micropriceCents + reading.micropriceCents).toBeCloseTo(100, 9);
        expect(reading.micropriceCents).toBeGreaterThanOrEqual(reading.bid / 100);
        expect(reading.micropriceCents).toBeLessThanOrEqual(reading.ask / 100);
      }),
      { numRuns: 300 },
    );
  });
});
