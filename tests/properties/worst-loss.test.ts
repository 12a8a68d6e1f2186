/**
 * Invariants of the worst case of one market:
 *
 * 1. It is the worst found by trying every way in which the orders can fill.
 * 2. No fill, cancel or reduction raises it.
 * 3. It is the same seen from the other outcome.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Side } from '../../src/domain/side.ts';
import type { Centicents, Centicontracts, Microdollars } from '../../src/domain/units.ts';
import { lossOfOrder, worstLoss } from '../../src/risk/worst-loss.ts';
import { execute, type PlainPosition } from '../support/plain-position.ts';

/** Ten times as many in the long run. */
const RUNS = process.env.BOTHSIDES_LONG === '1' ? 5_000 : 500;

const sides = fc.constantFrom<Side>('bid', 'ask');
const prices = fc.integer({ min: 1, max: 9_999 });
const quantities = fc.integer({ min: 1, max: 1_000 });
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

interface Lot {
  readonly side: Side;
  readonly price: number;
  readonly quantity: number;
}

/** What stands when it is over, all open orders filling last, by result; the position's gain counts. */
function lossAsItStands({ quantity, cost }: PlainPosition, orders: readonly Lot[]): number {
  // The cost is lost on the result against it, the rest of the dollar won on the other.
  const gain = Math.abs(quantity) * 10_000 - cost;
  const [onNo, onYes] = quantity > 0 ? [cost, -gain] : [-gain, cost];
  const of = (side: Side) =>
    sum(
      orders
        .filter((order) => order.side === side)
        .map(({ price, quantity: open }) => lossOfOrder(side, price as Centicents, open as Centicontracts)),
    );
  return Math.max(0, onNo + of('bid'), onYes + of('ask'));
}

/** The worst of every order in which whole contracts can fill. */
function worstByTrying(position: PlainPosition, orders: readonly Lot[]): number {
  let worst = lossAsItStands(position, orders);
  for (const [index, order] of orders.entries()) {
    if (order.quantity === 0) continue;
    const next = { ...position };
    execute(next, order.side, order.price, 100);
    const left = orders.with(index, { ...order, quantity: order.quantity - 100 });
    worst = Math.max(worst, worstByTrying(next, left));
  }
  return worst;
}

const smallPositions = fc
  .record({ lots: fc.integer({ min: -3, max: 3 }), price: fc.integer({ min: 1, max: 99 }) })
  .map(({ lots, price }) => ({ quantity: lots * 100, cost: Math.abs(lots) * price * 10_000 }));
const smallOrders = fc.array(
  fc.record({
    side: sides,
    price: fc.integer({ min: 1, max: 99 }).map((cents) => cents * 100),
    quantity: fc.integer({ min: 1, max: 2 }).map((lots) => lots * 100),
  }),
  { maxLength: 4 },
);
/** No bid of ours at or above an ask of ours: they would trade with each other. */
const uncrossed = smallOrders.filter((orders) =>
  orders.every((bid) => bid.side === 'ask' || orders.every((ask) => ask.side === 'bid' || bid.price < ask.price)),
);
const worst = (position: PlainPosition, orders: readonly Lot[]) =>
  worstLoss(
    { quantity: position.quantity as Centicontracts, cost: position.cost as Microdollars },
    orders.filter(({ quantity }) => quantity > 0).map((order) => order as never),
  );

describe('the worst case', () => {
  it('is the worst of every way in which the orders can fill', () => {
    fc.assert(
      fc.property(smallPositions, uncrossed, (position, orders) => {
        // Averages are rounded on the way: a few $0.000001.
        expect(Math.abs(worst(position, orders) - worstByTrying(position, orders))).toBeLessThanOrEqual(10);
      }),
      { numRuns: RUNS },
    );
  });

  it('is never raised by a fill, a cancel or a reduction', () => {
    fc.assert(
      fc.property(
        smallPositions,
        fc.array(fc.record({ side: sides, price: prices, quantity: quantities }), { minLength: 1, maxLength: 5 }),
        fc.nat(4),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        (position, orders, at, share, isFill) => {
          const index = at % orders.length;
          const order = orders[index]!;
          const gone = Math.ceil(order.quantity * share);
          const before = worst(position, orders);
          const next = { ...position };
          if (isFill && gone > 0) execute(next, order.side, order.price, gone);
          const after = worst(next, orders.with(index, { ...order, quantity: order.quantity - gone }));
          expect(after).toBeLessThanOrEqual(before + 2);
        },
      ),
      { numRuns: 4 * RUNS },
    );
  });

  it('is the same seen from the other outcome', () => {
    fc.assert(
      fc.property(smallPositions, smallOrders, (position, orders) => {
        const turned = { ...position, quantity: -position.quantity };
        const others = orders.map(({ side, price, quantity }) => ({
          side: side === 'bid' ? ('ask' as const) : ('bid' as const),
          price: 10_000 - price,
          quantity,
        }));
        expect(worst(turned, others)).toBe(worst(position, orders));
      }),
    );
  });
});
