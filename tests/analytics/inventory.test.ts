/**
 * Invariants of the properties below:
 * - |mean| ≤ mean of |position|, and the deviation squared is mean square less squared mean, never below 0;
 * - time divides: the integrals over two adjoining stretches add up to those over both;
 * - the order in which fills are heard of changes nothing, nor does hearing of one twice.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addInventory,
  deviationContracts,
  inventoryOf,
  meanAbsoluteContracts,
  NO_INVENTORY,
  positionPath,
} from '../../src/analytics/inventory.ts';
import type { Side } from '../../src/domain/side.ts';
import { fill } from './facts.ts';

describe('Inventory deviation', () => {
  it('weighs positions by the time for which they were held', () => {
    // 0 for 10 s, +4 for 10 s, −2 for 20 s.
    const path = positionPath([fill(10_000, 'bid', 50, 4), fill(20_000, 'ask', 51, 6)]);
    const inventory = inventoryOf(path, [{ fromMs: 0, toMs: 40_000 }]);
    expect(meanAbsoluteContracts(inventory)).toBe((4 * 10 + 2 * 20) / 40);
    // Mean 0: the deviation is the root of the mean square.
    expect(deviationContracts(inventory)).toBeCloseTo(Math.sqrt((16 * 10 + 4 * 20) / 40), 12);
  });

  it('of a position that never changes is nothing, however large it is', () => {
    const path = positionPath([fill(0, 'ask', 50, 12.34)]);
    const inventory = inventoryOf(path, [{ fromMs: 0, toMs: 12_345 }]);
    expect(deviationContracts(inventory)).toBe(0);
    expect(meanAbsoluteContracts(inventory)).toBe(12.34);
  });

  it('counts only the time in which the market was open', () => {
    const path = positionPath([fill(5_000, 'bid', 50, 2)]);
    const open = [
      { fromMs: 0, toMs: 10_000 },
      { fromMs: 90_000, toMs: 100_000 },
    ];
    expect(inventoryOf(path, open)).toEqual({
      openMs: 20_000,
      position: 200 * 15_000,
      absolute: 200 * 15_000,
      square: 200 * 200 * 15_000,
    });
  });

  it('says nothing where no time passed', () => {
    expect([deviationContracts(NO_INVENTORY), meanAbsoluteContracts(NO_INVENTORY)]).toEqual([null, null]);
  });
});

const fills = fc.array(
  fc
    .tuple(fc.nat(100), fc.constantFrom<Side>('bid', 'ask'), fc.integer({ min: 1, max: 900 }))
    .map(([ms, side, quantity]) => fill(ms, side, 50, quantity / 100)),
  { maxLength: 10 },
);

describe('Inventory of any fills', () => {
  it('keeps to what means and deviations are', () => {
    fc.assert(
      fc.property(fills, (some) => {
        const inventory = inventoryOf(positionPath(some), [{ fromMs: 0, toMs: 100 }]);
        const { openMs, position, square } = inventory;
        expect(Math.abs(position / openMs) / 100).toBeLessThanOrEqual(meanAbsoluteContracts(inventory)! + 1e-9);
        const variance = (square / openMs - (position / openMs) ** 2) / 1e4;
        expect(deviationContracts(inventory)! ** 2).toBeCloseTo(Math.max(0, variance), 6);
      }),
    );
  });

  it('divides with time', () => {
    fc.assert(
      fc.property(fills, fc.nat(100), (some, cut) => {
        const path = positionPath(some);
        const parts = addInventory(
          inventoryOf(path, [{ fromMs: 0, toMs: cut }]),
          inventoryOf(path, [{ fromMs: cut, toMs: 100 }]),
        );
        expect(parts).toEqual(inventoryOf(path, [{ fromMs: 0, toMs: 100 }]));
      }),
    );
  });

  it('does not depend on how the fills were heard of', () => {
    fc.assert(
      fc.property(fills, (some) => {
        const open = [{ fromMs: 0, toMs: 100 }];
        const heard = [...some.toReversed(), ...some];
        expect(inventoryOf(positionPath(heard), open)).toEqual(inventoryOf(positionPath(some), open));
      }),
    );
  });
});
