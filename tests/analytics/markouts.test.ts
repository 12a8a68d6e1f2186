/**
 * Invariants of the properties below:
 * - a market turned upside down (prices p ↔ 1 − p, bids ↔ asks) has the same markouts;
 * - a buyer's gain is the seller's loss, to the microdollar;
 * - the whole is the sum of its parts, however a list of fills is divided.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addGains,
  centsPerContract,
  type Gain,
  gainAfter,
  gainOf,
  NO_GAIN,
  type Touch,
} from '../../src/analytics/markouts.ts';
import { StepPath } from '../../src/analytics/step-path.ts';
import type { Fill } from '../../src/domain/fill.ts';
import { opposite, type Side } from '../../src/domain/side.ts';
import { type Centicents, type Centicontracts, complement } from '../../src/domain/units.ts';
import { fill, ONE, TWO, touch } from './facts.ts';

describe('What a fill gained against a mid', () => {
  it('is the mid less the price for a bid, and the other way round for an ask', () => {
    // Mid 50¢.
    expect(centsPerContract(gainOf(fill(0, 'bid', 48, 3), touch(49, 51)))).toBe(2);
    expect(centsPerContract(gainOf(fill(0, 'ask', 48, 3), touch(49, 51)))).toBe(-2);
  });

  it('is exact where the mid lies on half a price unit', () => {
    // Mid 50.005¢ on a grid of 0.01¢: 0.005¢ of a hundredth of a contract is half a microdollar.
    const gain = gainOf(fill(0, 'bid', 50, 0.01), touch(50, 50.01));
    expect(gain).toEqual({ doubled: 1, quantity: 1 });
    expect(centsPerContract(gain)).toBe(0.005);
  });

  it('is weighted by contracts', () => {
    const gains = addGains(gainOf(fill(0, 'bid', 48, 3), touch(49, 51)), gainOf(fill(0, 'bid', 51, 1), touch(49, 51)));
    // (3 × 2¢ − 1 × 1¢) ÷ 4.
    expect(centsPerContract(gains)).toBe(1.25);
    expect(centsPerContract(NO_GAIN)).toBeNull();
  });
});

describe('Markouts', () => {
  const touches = new StepPath<Touch | null>();
  touches.set(0, touch(49, 51));
  touches.set(1_000, touch(47, 49));
  touches.set(2_000, touch(50, 54));
  touches.set(60_000, null);
  const of = (fills: readonly Fill[], horizonMs: number | null): Gain =>
    gainAfter(fills, horizonMs, (market) => (market === ONE ? touches : null));

  it('look at the mid the horizon after the fill, and spread captured at the one just before it', () => {
    const fills = [fill(1_000, 'bid', 48, 3)];
    expect(centsPerContract(of(fills, null))).toBe(2);
    expect(centsPerContract(of(fills, 0))).toBe(0);
    expect(centsPerContract(of(fills, 999))).toBe(0);
    expect(centsPerContract(of(fills, 1_000))).toBe(4);
  });

  it('leave out what has no mid then, and say how much they counted', () => {
    const fills = [fill(1_000, 'bid', 48, 3), fill(59_500, 'ask', 53, 2), fill(1_000, 'bid', 48, 7, { market: TWO })];
    expect(of(fills, 1_000)).toEqual({ doubled: 2 * 3 * 4 * 10_000, quantity: 300 });
    expect(of(fills, null).quantity).toBe(500);
  });
});

const price = fc.integer({ min: 1, max: 9_999 }).map((value) => value as Centicents);
const fills = fc.array(
  fc
    .tuple(fc.nat(99), fc.constantFrom<Side>('bid', 'ask'), price, fc.integer({ min: 1, max: 5_000 }))
    .map(([ms, side, at, quantity]) => ({ ...fill(ms, side, 1, 1), price: at, quantity: quantity as Centicontracts })),
  { maxLength: 10 },
);
const paths = fc.array(fc.option(fc.tuple(price, price), { freq: 4 }), { minLength: 1, maxLength: 20 }).map((some) =>
  some.map((pair): Touch | null => {
    if (pair === null) return null;
    const [one, other] = pair;
    return { bid: Math.min(one, other) as Centicents, ask: Math.max(one, other) as Centicents };
  }),
);
const pathOf = (some: readonly (Touch | null)[]): StepPath<Touch | null> => {
  const made = new StepPath<Touch | null>();
  for (const [index, each] of some.entries()) made.set(index * 7, each);
  return made;
};

describe('Markouts of any fills in any market', () => {
  const horizon = fc.option(fc.nat(60), { nil: null });

  it('are those of the market turned upside down', () => {
    fc.assert(
      fc.property(fills, paths, horizon, (some, touches, horizonMs) => {
        const turned = some.map((each) => ({ ...each, side: opposite(each.side), price: complement(each.price) }));
        const below = touches.map((each) =>
          each === null ? null : { bid: complement(each.ask), ask: complement(each.bid) },
        );
        expect(gainAfter(turned, horizonMs, () => pathOf(below))).toEqual(
          gainAfter(some, horizonMs, () => pathOf(touches)),
        );
      }),
    );
  });

  it('are what the other side lost', () => {
    fc.assert(
      fc.property(fills, paths, horizon, (some, touches, horizonMs) => {
        const others = some.map((each) => ({ ...each, side: opposite(each.side) }));
        const ours = gainAfter(some, horizonMs, () => pathOf(touches));
        const theirs = gainAfter(others, horizonMs, () => pathOf(touches));
        expect(ours.doubled + theirs.doubled).toBe(0);
        expect(theirs.quantity).toBe(ours.quantity);
      }),
    );
  });

  it('are the sum of their parts', () => {
    fc.assert(
      fc.property(fills, paths, horizon, fc.nat(10), (some, touches, horizonMs, cut) => {
        const gain = (part: readonly Fill[]) => gainAfter(part, horizonMs, () => pathOf(touches));
        expect(addGains(gain(some.slice(0, cut)), gain(some.slice(cut)))).toEqual(gain(some));
      }),
    );
  });
});
