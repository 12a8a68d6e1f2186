/**
 * The prices that a market allows. What must hold on every grid, known or not:
 *
 * 1. floor(p) ≤ p ≤ ceil(p); both are on the grid; no allowed price lies between them and p; on the grid both are p.
 * 2. above and below are the next allowed prices; each undoes the other; null exactly at the ends.
 * 3. Every allowed price lies strictly between 0 and $1.
 * 4. Whole cents are allowed in every structure that the exchange names.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PriceGrid, type PriceRange, WHOLE_CENTS } from '../../src/domain/market.ts';
import { type Centicents, DOLLAR } from '../../src/domain/units.ts';

const range = (start: number, end: number, step: number) => ({ start, end, step }) as PriceRange;
const STEPS = { whole: 100, half: 50, quint: 20, deci: 10, centi: 1 } as const;

function centerAndEdge(center: number, edge: number, at = 1_000): PriceGrid {
  return new PriceGrid([range(0, at, edge), range(at, 10_000 - at, center), range(10_000 - at, 10_000, edge)]);
}

const GRIDS: readonly (readonly [string, PriceGrid])[] = [
  ['linear_cent', WHOLE_CENTS],
  ['deci_cent', new PriceGrid([range(0, 10_000, 10)])],
  ['tapered_deci_cent', centerAndEdge(100, 10)],
  ...Object.entries(STEPS).flatMap(([center, centerStep]) =>
    Object.entries(STEPS).map(
      ([edge, edgeStep]) => [`center_${center}_edge_${edge}_cent`, centerAndEdge(centerStep, edgeStep)] as const,
    ),
  ),
  ['center_deci_edge_centi_cent', centerAndEdge(10, 1, 100)],
  ['center_centi_edge_centi_cent', new PriceGrid([range(0, 10_000, 1)])],
  ['bands between $0.01 and $0.99 only', new PriceGrid([range(100, 9_900, 100)])],
];

/** The definition, spelled out: what lies whole steps above the start of a range that holds it. */
function allowed(grid: PriceGrid): number[] {
  const found = new Set<number>();
  for (const { start, end, step } of grid.ranges) {
    for (let price: number = start; price <= end; price += step) if (price > 0 && price < DOLLAR) found.add(price);
  }
  return [...found].sort((a, b) => a - b);
}

function holds(grid: PriceGrid): void {
  const prices = allowed(grid);
  const known = new Set(prices);
  let index = -1;
  for (let price = 1; price < DOLLAR; price++) {
    if (prices[index + 1] === price) index++;
    const lower = prices[index] ?? null;
    const upper = lower === price ? price : (prices[index + 1] ?? null);
    if (grid.isOnGrid(price) !== known.has(price)) throw new Error(`isOnGrid(${price})`);
    if (grid.floor(price) !== lower) throw new Error(`floor(${price}) is ${grid.floor(price)}, not ${lower}`);
    if (grid.ceil(price) !== upper) throw new Error(`ceil(${price}) is ${grid.ceil(price)}, not ${upper}`);
  }
  for (const [at, price] of prices.entries()) {
    const next = prices[at + 1] ?? null;
    const before = prices[at - 1] ?? null;
    if (grid.above(price as Centicents) !== next) throw new Error(`above(${price}) is not ${next}`);
    if (grid.below(price as Centicents) !== before) throw new Error(`below(${price}) is not ${before}`);
  }
  expect(grid.lowest()).toBe(prices[0]);
  for (const outside of [-100, 0, DOLLAR, DOLLAR + 100]) expect(grid.isOnGrid(outside)).toBe(false);
  expect(grid.floor(0)).toBeNull();
  expect(grid.ceil(DOLLAR)).toBeNull();
  expect(grid.floor(DOLLAR)).toBe(prices.at(-1));
  expect(grid.ceil(-5)).toBe(prices[0]);
}

describe.each(GRIDS)('The prices of %s', (_, grid) => {
  it('are found by floor, ceil, above, below and isOnGrid alike', () => {
    holds(grid);
  });

  it('include every whole cent', () => {
    for (let cents = 100; cents < DOLLAR; cents += 100) expect(grid.isOnGrid(cents), String(cents)).toBe(true);
  });
});

describe('Any grid', () => {
  /** Ranges whose steps divide them, as the exchange gives them. */
  const grids = fc
    .tuple(
      fc.constantFrom(0, 100, 500),
      fc.array(fc.tuple(fc.constantFrom(1, 5, 10, 20, 50, 100, 250), fc.integer({ min: 1, max: 12 })), {
        minLength: 1,
        maxLength: 5,
      }),
    )
    .map(([start, parts]) => {
      const ranges: PriceRange[] = [];
      let from: number = start;
      for (const [step, count] of parts) {
        const end = Math.min(DOLLAR, from + step * count * 10);
        const whole = from + Math.floor((end - from) / step) * step;
        if (whole <= from) break;
        ranges.push(range(from, whole, step));
        from = whole;
      }
      return ranges;
    })
    .filter((ranges) => ranges.length > 0)
    .map((ranges) => new PriceGrid(ranges));

  it('keeps the same promises', () => {
    fc.assert(fc.property(grids, holds), { numRuns: 60 });
  });

  it('takes prices between ticks, as the models make them', () => {
    fc.assert(
      fc.property(grids, fc.double({ min: 0.001, max: 9_999.999, noNaN: true }), (grid, price) => {
        const floor = grid.floor(price);
        const ceil = grid.ceil(price);
        if (floor !== null) {
          expect(grid.isOnGrid(floor)).toBe(true);
          expect(floor).toBeLessThanOrEqual(price);
        }
        if (ceil !== null) {
          expect(grid.isOnGrid(ceil)).toBe(true);
          expect(ceil).toBeGreaterThanOrEqual(price);
        }
        if (floor !== null && ceil !== null && floor !== ceil) expect(grid.above(floor)).toBe(ceil);
      }),
      { numRuns: 500 },
    );
  });

  it('knows the step at a price, the upper range’s at a border', () => {
    const grid = centerAndEdge(100, 10);
    expect([grid.stepAt(995), grid.stepAt(1_000), grid.stepAt(5_050), grid.stepAt(9_000)]).toEqual([10, 100, 100, 10]);
  });

  it('is refused when its ranges are empty, apart or in disorder', () => {
    expect(() => new PriceGrid([])).toThrow(/needs a range/);
    expect(() => new PriceGrid([range(100, 100, 1)])).toThrow(/is empty/);
    expect(() => new PriceGrid([range(0, 100, 0)])).toThrow(/is empty/);
    expect(() => new PriceGrid([range(0, 100, 1), range(200, 300, 1)])).toThrow(/touch/);
  });
});
