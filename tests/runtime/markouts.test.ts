/** Adverse selection: when the market is called toxic, and when no longer. */
import { describe, expect, it } from 'vitest';
import type { Fill } from '../../src/domain/fill.ts';
import { named } from '../../src/domain/ids.ts';
import type { Side } from '../../src/domain/side.ts';
import { microdollars, unixMs } from '../../src/domain/units.ts';
import { Markouts } from '../../src/runtime/markouts.ts';
import { DEFAULTS } from '../support/default-settings.ts';
import { price, quantity } from '../support/markets.ts';

const SETTINGS = {
  ...DEFAULTS.adverse,
  fillsMin: 5,
  share: 0.7,
  horizonMs: 10_000,
  triggerChecks: 3,
  recoverChecks: 5,
};
const FILLS_AT_MS = 1_000_000;
const DUE_MS = FILLS_AT_MS + SETTINGS.horizonMs;

let trades = 0;
function fillOf(side: Side, atMs = FILLS_AT_MS): Fill {
  return {
    tradeId: named(`t${trades++}`),
    orderId: named('o'),
    clientOrderId: null,
    market: named('KXTEST-A'),
    side,
    price: price(50),
    quantity: quantity(1),
    fee: microdollars(0),
    isTaker: false,
    positionAfter: null,
    atMs: unixMs(atMs),
  };
}

function after(sides: readonly Side[], midCents: number): Markouts {
  const markouts = new Markouts(SETTINGS);
  for (const side of sides) markouts.filled(fillOf(side));
  for (let check = 0; check < SETTINGS.triggerChecks; check++) markouts.check(DUE_MS + check * 1_000, midCents);
  return markouts;
}

const many = (side: Side, count: number): Side[] => Array.from({ length: count }, () => side);

describe('markouts', () => {
  it.each([
    ['every bid was followed by a lower mid', many('bid', 5), 49, true, -1],
    ['every ask was followed by a higher mid', many('ask', 5), 51, true, -1],
    ['the mid moved with us', many('bid', 5), 51, false, 1],
    ['the mid did not move', many('bid', 5), 50, false, 0],
    ['there are too few fills', many('bid', 4), 49, false, -1],
    ['four of six, two thirds, moved against us', [...many('bid', 4), ...many('ask', 2)], 49, false, -1 / 3],
    ['five of seven, 71 %, moved against us', [...many('bid', 5), ...many('ask', 2)], 49, true, -3 / 7],
  ] as const)('when %s', (_, sides, midCents, isToxic, meanCents) => {
    const markouts = after(sides, midCents);
    expect(markouts.isToxic).toBe(isToxic);
    expect(markouts.meanCents()).toBeCloseTo(meanCents, 9);
  });

  it('say nothing of a fill before its horizon is over', () => {
    const markouts = new Markouts(SETTINGS);
    for (const side of many('bid', 5)) markouts.filled(fillOf(side));
    for (let check = 0; check < 5; check++) markouts.check(DUE_MS - 1, 40);
    expect(markouts.meanCents()).toBeNull();
    expect(markouts.isToxic).toBe(false);
  });

  it('need three bad checks in a row to trigger, and five good ones to recover', () => {
    const markouts = new Markouts({ ...SETTINGS, windowMs: 20_000 });
    for (const side of many('bid', 5)) markouts.filled(fillOf(side));
    const told: boolean[] = [];
    // The fills leave the window 20 s after they were finished: from then on the checks are good.
    for (let second = 0; second < 30; second++) {
      markouts.check(DUE_MS + second * 1_000, 49);
      told.push(markouts.isToxic);
    }
    expect(told.indexOf(true)).toBe(2);
    expect(told.lastIndexOf(true)).toBe(24);
  });

  it('wait a while for a book that cannot be read, and then let the fill go', () => {
    const waited = new Markouts(SETTINGS);
    waited.filled(fillOf('bid'));
    waited.check(DUE_MS, null);
    waited.check(DUE_MS + SETTINGS.horizonMs, 48);
    expect(waited.meanCents()).toBe(-2);

    const late = new Markouts(SETTINGS);
    late.filled(fillOf('bid'));
    late.check(DUE_MS, null);
    late.check(DUE_MS + SETTINGS.horizonMs + 1, 48);
    expect(late.meanCents()).toBeNull();
  });

  it('take a fill that was read back late at its own time, whatever came before it', () => {
    const markouts = new Markouts(SETTINGS);
    markouts.filled(fillOf('bid', FILLS_AT_MS + 5_000));
    markouts.filled(fillOf('ask', FILLS_AT_MS));
    markouts.check(DUE_MS, 51);
    expect(markouts.meanCents()).toBe(-1);
    markouts.check(DUE_MS + 5_000, 53);
    expect(markouts.meanCents()).toBe(1);
  });
});
