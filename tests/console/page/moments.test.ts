/** The slider's arithmetic and the page's addresses. */
import { describe, expect, it } from 'vitest';
import { addressOf, readPlace } from '../../../src/console/page/address.ts';
import { count, duration, shortened } from '../../../src/console/page/format.ts';
import { barsOf, placeIn, spanOf } from '../../../src/console/page/inspector/moments.ts';

describe('The slider', () => {
  it('has no span while nothing moved', () => {
    expect(spanOf({ firstMs: null, lastMs: null, density: [], marks: [], forgotten: 0 })).toBe(null);
  });

  it('places a time between its ends, and what lies outside at the end', () => {
    const span = { firstMs: 1_000, lastMs: 3_000 };
    expect([0, 1_000, 2_000, 9_000].map((at) => placeIn(span, at))).toEqual([0, 0, 0.5, 1]);
    expect(placeIn({ firstMs: 5, lastMs: 5 }, 5)).toBe(1);
  });

  it('sums moves into as many bars as there is room for, and shows a quiet hour beside a storm', () => {
    expect(barsOf([0, 0, 0, 0], 2)).toEqual([0, 0]);
    expect(barsOf([1, 3, 100, 300], 2)).toEqual([0.1, 1]);
    expect(barsOf([], 10)).toEqual([]);
  });
});

describe('An address', () => {
  it('leads back to the place it was made of, whatever a name holds', () => {
    for (const name of ['trader', 's 1/2?x#y', '%', '‮evil', '<b>']) {
      const place = readPlace(addressOf('inspector', [name], { at: '5' }));
      expect(place).toEqual({ view: 'inspector', rest: [name], query: { at: '5' } });
    }
  });

  it('that makes no sense is the dashboard', () => {
    for (const hash of ['', '#', '#/', '#//']) expect(readPlace(hash).view).toBe('dashboard');
    expect(readPlace('#/inspector/%zz').rest).toEqual(['%zz']);
  });
});

describe('Numbers and texts', () => {
  it('are as short as their place', () => {
    expect([0, 999, 1_200, 34_400, 5_600_000].map(count)).toEqual(['0', '999', '1.2 k', '34 k', '5.6 M']);
    expect([900, 61_000, 7_500_000, 3 * 86_400_000].map(duration)).toEqual(['0 s', '1 min', '2 h 05 min', '3 d 0 h']);
    expect(shortened('x'.repeat(10_000), 10)).toBe(`${'x'.repeat(9)}…`);
  });
});
