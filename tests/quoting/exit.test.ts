import { describe, expect, it } from 'vitest';
import { decideExit, type ExitInput, exitCosts } from '../../src/quoting/exit.ts';
import { PLAIN } from '../support/default-settings.ts';
import { marketWith, price, quantity, readingOf } from '../support/markets.ts';

function exit(changes: Partial<ExitInput> = {}) {
  const reading = changes.reading === undefined ? readingOf(45, 55) : changes.reading;
  return decideExit({
    market: marketWith(),
    reading,
    touch: reading === null ? { bid: null, ask: null } : { bid: reading.bid, ask: reading.ask },
    position: quantity(5),
    ageMs: 0,
    manner: 'work',
    referenceCents: 50,
    settings: PLAIN,
    ...changes,
  });
}

describe('an exit that is worked', () => {
  it('begins at our own side of the touch, passive, with all of the position', () => {
    expect(exit().order).toEqual({
      side: 'ask',
      price: price(55),
      quantity: quantity(5),
      timeInForce: 'goodTillCanceled',
      postOnly: true,
      reduceOnly: false,
    });
    expect(exit({ position: quantity(-5) }).order).toMatchObject({
      side: 'bid',
      price: price(45),
      quantity: quantity(5),
    });
  });

  it('moves towards the other side with age, rounded to the patient side of the grid', () => {
    const pricesOf = (position: number) =>
      [0, 5_000, 10_000, 13_000].map((ageMs) => exit({ ageMs, position: quantity(position) }).order!.price);
    expect(pricesOf(5)).toEqual([55, 53, 50, 49].map(price));
    expect(pricesOf(-5)).toEqual([45, 47, 50, 51].map(price));
  });

  it('gives away no more than the slippage allowed from where the exit began', () => {
    expect(exit({ ageMs: 20_000 }).order!.price).toBe(price(46));
    expect(exit({ ageMs: 1e9, position: quantity(-5) }).order!.price).toBe(price(54));
    expect(exit({ ageMs: 20_000 }).limitCents).toBe(46);
  });

  it('ends one tick before the other side where slippage allows it, never on it', () => {
    const reading = readingOf(48, 52);
    expect(exit({ ageMs: 1e9, reading }).order!.price).toBe(price(49));
    expect(exit({ ageMs: 1e9, reading, position: quantity(-5) }).order!.price).toBe(price(51));
  });

  it('moves in steps of the repricing interval', () => {
    expect(exit({ ageMs: 999 }).progress).toBe(0);
    expect(exit({ ageMs: 1_000 }).progress).toBe(0.05);
    expect(exit({ ageMs: 1_999 }).progress).toBe(0.05);
  });

  it('does not cross an order of our own that still stands on the other side', () => {
    const reading = readingOf(45, 55);
    const touch = { bid: price(54), ask: price(55) };
    expect(exit({ reading, touch, ageMs: 10_000 }).order!.price).toBe(price(55));
  });
});

describe('a small position', () => {
  it('is closed at once at the other touch, with an order that can only reduce', () => {
    const reading = readingOf(48, 52);
    expect(exit({ position: quantity(1.5), reading }).order).toEqual({
      side: 'ask',
      price: price(48),
      quantity: quantity(1.5),
      timeInForce: 'immediateOrCancel',
      postOnly: false,
      reduceOnly: true,
    });
  });
  it('is worked like any other where crossing would cost more than the slippage allowed', () => {
    expect(exit({ position: quantity(1) }).order).toMatchObject({ postOnly: true, price: price(55) });
  });
  it('is one of less than two contracts: two are worked', () => {
    expect(exit({ position: quantity(2), reading: readingOf(48, 52) }).order).toMatchObject({ postOnly: true });
  });
  it('is left to rest when it is carried', () => {
    expect(exit({ position: quantity(1), reading: readingOf(48, 52), manner: 'rest' }).order).toMatchObject({
      postOnly: true,
      price: price(52),
    });
  });
});

describe('crossing when told', () => {
  it('takes what is at the other touch, and no worse price', () => {
    const { order } = exit({ manner: 'cross', reading: readingOf(46, 54) });
    expect(order).toMatchObject({ side: 'ask', price: price(46), timeInForce: 'immediateOrCancel', reduceOnly: true });
    expect(exit({ manner: 'cross', reading: readingOf(46, 54), position: quantity(-5) }).order!.price).toBe(price(54));
  });
  it('does nothing beyond the slippage allowed, and says so', () => {
    expect(exit({ manner: 'cross', reading: readingOf(45, 54) })).toMatchObject({ order: null, whyNot: 'slippage' });
  });
  it('works on the full book alone when the rest of it is ours', () => {
    const touch = { bid: price(49), ask: price(51) };
    expect(exit({ manner: 'cross', reading: null, touch }).order!.price).toBe(price(49));
  });
});

describe('a carried position', () => {
  it('rests at our own side of the touch wherever the market went', () => {
    const moved = readingOf(20, 24);
    expect(exit({ manner: 'rest', reading: moved, ageMs: 1e9 }).order!.price).toBe(price(24));
  });
});

describe('no exit', () => {
  it.each([
    ['flat', { position: quantity(0) }],
    ['noBook', { reading: null }],
    ['crossedBook', { touch: { bid: price(51), ask: price(51) } }],
    ['offGrid', { touch: { bid: price(99), ask: price(99.5) } }],
  ] as const)('%s', (reason, changes) => {
    expect(exit(changes as Partial<ExitInput>)).toMatchObject({ order: null, whyNot: reason });
  });
});

describe('the costs of a benign end', () => {
  const base = { spreadCents: 4, takerFeeCents: 1.75, slippageCents: 0.25, riskAversion: 0.05 };
  it('crosses when the variance to the horizon costs more', () => {
    expect(exitCosts({ ...base, positionContracts: -10, varianceCents2: 20 })).toEqual({
      crossCents: 4,
      carryCents: 5,
      cheaper: 'cross',
    });
  });
  it('carries when it costs less', () => {
    expect(exitCosts({ ...base, positionContracts: 2, varianceCents2: 20 }).cheaper).toBe('carry');
  });
});
