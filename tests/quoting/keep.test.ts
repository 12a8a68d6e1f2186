import { describe, expect, it } from 'vitest';
import { WHOLE_CENTS } from '../../src/domain/market.ts';
import type { Desired } from '../../src/quoting/decision.ts';
import { keeps } from '../../src/quoting/keep.ts';
import { PLAIN } from '../support/default-settings.ts';
import { price, quantity, TENTHS } from '../support/markets.ts';

const bid = (cents: number, contracts = 3): Desired => ({
  side: 'bid',
  price: price(cents),
  quantity: quantity(contracts),
});
const ask = (cents: number, contracts = 3): Desired => ({
  side: 'ask',
  price: price(cents),
  quantity: quantity(contracts),
});

/** Wanted: 48 against 52, with a spread of 4¢ before the grid and a floor of 0.2¢. */
function kept(
  working: Desired,
  desired: Desired | null,
  changes: { spreadCents?: number; feeFloorCents?: number; grid?: typeof WHOLE_CENTS } = {},
) {
  const explain = { spreadCents: 4, feeFloorCents: 0.2, ...changes } as never;
  return keeps(
    working,
    desired,
    { bid: bid(48), ask: ask(52), explain },
    { grid: changes.grid ?? WHOLE_CENTS, settings: PLAIN },
  );
}

describe('a working order is kept', () => {
  it('when it is what is wanted', () => {
    expect(kept(bid(48), bid(48))).toBe(true);
  });
  it('one tick less eager', () => {
    expect(kept(bid(47), bid(48))).toBe(true);
    expect(kept(ask(53), ask(52))).toBe(true);
  });
  it('one tick more eager', () => {
    expect(kept(bid(49), bid(48))).toBe(true);
    expect(kept(ask(51), ask(52))).toBe(true);
  });
  it('less eager by a tenth of the half-spread where that is more than a tick', () => {
    const wide = { spreadCents: 14, grid: TENTHS };
    expect(kept(bid(47.3), bid(48), wide)).toBe(true);
    expect(kept(bid(47.2), bid(48), wide)).toBe(false);
    expect(kept(ask(52.7), ask(52), wide)).toBe(true);
    expect(kept(ask(52.8), ask(52), wide)).toBe(false);
  });
  it('less eager by never more than 1¢, however wide the spread', () => {
    const wide = { spreadCents: 60, grid: TENTHS };
    expect(kept(bid(47), bid(48), wide)).toBe(true);
    expect(kept(bid(46.9), bid(48), wide)).toBe(false);
  });
});

describe('a working order is not kept', () => {
  it('when nothing is wanted there', () => {
    expect(kept(bid(48), null)).toBe(false);
  });
  it('on the other side', () => {
    expect(kept(bid(48), ask(48))).toBe(false);
  });
  it('with another size', () => {
    expect(kept(bid(48, 2), bid(48, 3))).toBe(false);
  });
  it('two ticks off either way', () => {
    expect(kept(bid(46), bid(48))).toBe(false);
    expect(kept(bid(50), bid(48))).toBe(false);
    expect(kept(ask(54), ask(52))).toBe(false);
    expect(kept(ask(50), ask(52))).toBe(false);
  });
  it('more eager by a tenth of the half-spread that is more than a tick: eagerness costs money', () => {
    expect(kept(bid(48.2), bid(48), { spreadCents: 14, grid: TENTHS })).toBe(false);
  });
  it('a tick more eager where the spread would no longer pay the fees', () => {
    expect(kept(bid(49), bid(48), { feeFloorCents: 3 })).toBe(true);
    expect(kept(bid(49), bid(48), { feeFloorCents: 3.01 })).toBe(false);
  });
});
