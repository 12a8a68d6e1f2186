import { describe, expect, it } from 'vitest';
import { tradeFee } from '../../src/domain/fees.ts';
import type { Centicontracts } from '../../src/domain/units.ts';
import { decide } from '../../src/quoting/decide.ts';
import type { DecideInput } from '../../src/quoting/decision.ts';
import { PLAIN, withSettings } from '../support/default-settings.ts';
import { feesOf, marketWith, price, quantity, readingOf, TENTHS } from '../support/markets.ts';

function ask(changes: Partial<DecideInput> = {}) {
  const reading = changes.reading === undefined ? readingOf(40, 60) : changes.reading;
  return decide({
    market: marketWith(),
    reading,
    touch: reading === null ? { bid: null, ask: null } : { bid: reading.bid, ask: reading.ask },
    position: quantity(0),
    signals: { sigmaCentsPerSqrtSecond: 0.1, regime: 'MEAN_REVERTING' },
    secondsToClose: 100_000,
    widenCents: 0,
    sides: 'both',
    quantity: quantity(3),
    settings: PLAIN,
    ...changes,
  });
}

describe('the quote of a calm market', () => {
  it('stands around the mid, a model spread apart, on the grid: the bid rounded down, the ask up', () => {
    const { bid, ask: offer, explain } = ask();
    // γ = 0.05/¢, k = 1/¢, σ²τ = 0.01·300 = 3 ¢², Δ = 3: 0.45 + (2/0.15)·ln 1.15 = 2.3135¢.
    expect(explain.modelSpreadCents).toBeCloseTo(2.3135, 4);
    expect(explain.spreadCents).toBe(explain.modelSpreadCents);
    expect(bid).toEqual({ side: 'bid', price: price(48), quantity: quantity(3) });
    expect(offer).toEqual({ side: 'ask', price: price(52), quantity: quantity(3) });
    expect(explain).toMatchObject({ whyNoBid: null, whyNoAsk: null, bounds: [] });
  });

  it('explains itself in s, q, σ, τ, γ, k, r and δ', () => {
    const { explain } = ask({ position: quantity(4), signals: { sigmaCentsPerSqrtSecond: 0.1, regime: 'QUIET' } });
    expect(explain).toMatchObject({
      regime: 'QUIET',
      midCents: 50,
      positionContracts: 4,
      sigmaCentsPerSqrtSecond: 0.1,
      horizonSeconds: 300,
    });
    expect(explain.gammaPerCent).toBeCloseTo(0.05 * 0.8, 12);
    expect(explain.kPerCent).toBeCloseTo(0.7, 12);
    expect(explain.reservationCents).toBeCloseTo(50 - 4 * 0.04 * 3, 12);
    expect(JSON.parse(JSON.stringify(explain))).toEqual(explain);
  });

  it('looks no further ahead than the close', () => {
    expect(ask({ secondsToClose: 60 }).explain.horizonSeconds).toBe(60);
  });
});

describe('the one order of bounds', () => {
  it('raises the model to the tight spread', () => {
    const settings = withSettings({ quoting: { kPerCent: 50 } }, PLAIN);
    const { explain } = ask({ settings, signals: { sigmaCentsPerSqrtSecond: 0, regime: 'MEAN_REVERTING' } });
    expect(explain.modelSpreadCents).toBeLessThan(0.1);
    expect(explain.spreadCents).toBe(1);
    expect(explain.bounds).toEqual(['tight']);
  });

  it('lowers the model to the wide spread', () => {
    const { explain } = ask({ signals: { sigmaCentsPerSqrtSecond: 2, regime: 'MEAN_REVERTING' } });
    expect(explain.modelSpreadCents).toBeGreaterThan(100);
    expect(explain.spreadCents).toBe(10);
    expect(explain.bounds).toEqual(['wide']);
  });

  it('bounds σ²τ by p(1 − p)', () => {
    const { explain } = ask({ signals: { sigmaCentsPerSqrtSecond: 10, regime: 'MEAN_REVERTING' } });
    expect(explain.varianceCents2).toBe(2500);
    expect(explain.bounds).toEqual(['variance', 'wide']);
  });

  it('widens to the fee floor: both legs’ maker fees and margins', () => {
    const settings = withSettings({ quoting: { feeFloorMarginCents: 1 } }, PLAIN);
    const market = marketWith({ fees: feesOf('quadratic_with_maker_fees'), grid: TENTHS });
    const { explain, bid, ask: offer } = ask({ settings, market });
    expect(explain.bounds).toEqual(['feeFloor']);
    // 2 × 1¢ and about 2 × 0.4375¢ at even prices.
    expect(explain.feeFloorCents).toBeCloseTo(2.875, 2);
    expect(explain.spreadCents).toBe(explain.feeFloorCents);
    const fees =
      tradeFee(market.fees, bid!.price, bid!.quantity, false) +
      tradeFee(market.fees, offer!.price, offer!.quantity, false);
    const earned = (offer!.price - bid!.price) * quantity(3);
    expect(earned).toBeGreaterThanOrEqual(fees + 2 * 100 * quantity(3));
  });

  it('quotes nothing where the fee floor is above the widest spread', () => {
    const settings = withSettings({ quoting: { feeFloorMarginCents: 5 } }, PLAIN);
    const market = marketWith({ fees: feesOf('quadratic_with_maker_fees') });
    const { bid, ask: offer, explain } = ask({ settings, market });
    expect([bid, offer]).toEqual([null, null]);
    expect(explain).toMatchObject({ whyNoBid: 'feeFloor', whyNoAsk: 'feeFloor' });
  });

  it('lets throttles go beyond the wide spread, up to the throttled maximum and no further', () => {
    const wild = { sigmaCentsPerSqrtSecond: 2, regime: 'MEAN_REVERTING' } as const;
    const thin = ask({ signals: wild, reading: readingOf(40, 60, { depthContracts: 99 }) });
    expect(thin.explain).toMatchObject({ spreadCents: 13, bounds: ['wide', 'thinBook'] });
    const everything = ask({ signals: wild, widenCents: 2, reading: readingOf(35, 65, { depthContracts: 99 }) });
    expect(everything.explain).toMatchObject({
      spreadCents: 15,
      bounds: ['wide', 'wideMarket', 'thinBook', 'adverse', 'throttledMax'],
    });
  });

  it.each([
    ['a market wider than 20¢', { reading: readingOf(39.5, 60.5) }, 'wideMarket', 5],
    ['fewer than 100 contracts in the book', { reading: readingOf(40, 60, { depthContracts: 99.99 }) }, 'thinBook', 3],
    ['adverse selection', { widenCents: 1.5 }, 'adverse', 1.5],
  ] as const)('widens for %s', (_, changes, bound, cents) => {
    const { explain } = ask(changes);
    expect(explain.bounds).toEqual([bound]);
    expect(explain.spreadCents).toBeCloseTo(explain.modelSpreadCents + cents, 12);
  });

  it('never narrows a wide quote to the throttled maximum', () => {
    const settings = withSettings({ quoting: { throttledSpreadCentsMax: 5 } }, PLAIN);
    const { explain } = ask({
      settings,
      widenCents: 2,
      signals: { sigmaCentsPerSqrtSecond: 2, regime: 'MEAN_REVERTING' },
    });
    expect(explain).toMatchObject({ spreadCents: 10, bounds: ['wide', 'adverse', 'throttledMax'] });
  });

  it('does not widen at the very limits of a healthy book', () => {
    expect(ask({ reading: readingOf(40, 60, { depthContracts: 100 }) }).explain.bounds).toEqual([]);
  });

  it('stays one tick inside the opposite touch of the full book when inventory pushes it across', () => {
    const settings = withSettings({ quoting: { gammaPerCent: 0.2 } }, PLAIN);
    const { bid, explain } = ask({ settings, position: quantity(-9), reading: readingOf(49, 50) });
    // The model would bid above 50¢.
    expect(explain.reservationCents - explain.spreadCents / 2).toBeGreaterThan(50);
    expect(bid!.price).toBe(price(49));
    expect(explain.bounds).toContain('bidPostOnly');
  });

  it('does not reach an order of our own on the other side either', () => {
    const input = { position: quantity(-9), reading: readingOf(45, 55) };
    expect(ask(input).bid!.price).toBe(price(50));
    expect(ask({ ...input, touch: { bid: price(45), ask: price(50) } }).bid!.price).toBe(price(49));
  });

  it('joins the touch rather than improve it by less than 0.2¢', () => {
    const settings = withSettings({ quoting: { tightSpreadCents: 4, wideSpreadCents: 4 } }, PLAIN);
    const improving = (bidCents: number) =>
      ask({ settings, market: marketWith({ grid: TENTHS }), reading: readingOf(bidCents, 100 - bidCents) });
    expect(improving(47.8).bid!.price).toBe(price(48));
    expect(improving(47.9).bid!.price).toBe(price(47.9));
    expect(improving(47.9).ask!.price).toBe(price(52.1));
    expect(improving(47.9).explain.bounds).toEqual(['tight', 'bidJoins', 'askJoins']);
  });
});

describe('the size', () => {
  it('is cut on the side that builds inventory, to whole contracts below the limit less its buffer', () => {
    const { bid, ask: offer, explain } = ask({ position: quantity(7) });
    // 10 × 0.95 − 7 = 2.5
    expect(bid!.quantity).toBe(quantity(2));
    expect(offer!.quantity).toBe(quantity(3));
    expect(explain.bounds).toContain('bidCapacity');
  });

  it('has no side where not even the smallest order fits', () => {
    const long = ask({ position: quantity(9) });
    expect(long.bid).toBeNull();
    expect(long.explain).toMatchObject({ whyNoBid: 'capacity', whyNoAsk: null });
    const short = ask({ position: quantity(-9) });
    expect(short.ask).toBeNull();
    expect(short.explain).toMatchObject({ whyNoBid: null, whyNoAsk: 'capacity' });
  });

  it('needs no inventory for an ask: the venue has one book, an ask is a no bid', () => {
    expect(ask({ position: quantity(0) }).ask!.quantity).toBe(quantity(3));
  });
});

describe('the reasons for not quoting', () => {
  it.each([
    ['noBook', { reading: null }],
    ['noBook', { touch: { bid: null, ask: price(60) } }],
    ['crossedBook', { touch: { bid: price(60), ask: price(60) } }],
    ['noVolatility', { signals: { sigmaCentsPerSqrtSecond: Number.NaN, regime: 'QUIET' } }],
    ['noVolatility', { signals: { sigmaCentsPerSqrtSecond: Number.POSITIVE_INFINITY, regime: 'QUIET' } }],
    ['closing', { secondsToClose: 0 }],
    ['extreme', { reading: readingOf(4, 5) }],
    ['extreme', { reading: readingOf(95, 96) }],
  ] as const)('%s', (reason, changes) => {
    const { bid, ask: offer, explain } = ask(changes as Partial<DecideInput>);
    expect([bid, offer]).toEqual([null, null]);
    expect([explain.whyNoBid, explain.whyNoAsk]).toEqual([reason, reason]);
  });

  it('sides: the other one is still quoted', () => {
    const bidOnly = ask({ sides: 'bidOnly' });
    expect([bidOnly.bid === null, bidOnly.ask === null]).toEqual([false, true]);
    expect(bidOnly.explain.whyNoAsk).toBe('sides');
    const askOnly = ask({ sides: 'askOnly' });
    expect([askOnly.bid === null, askOnly.ask === null]).toEqual([true, false]);
    expect(askOnly.explain.whyNoBid).toBe('sides');
  });

  it('offGrid: no allowed price is low enough', () => {
    const settings = withSettings({ quoting: { tightSpreadCents: 10 }, discovery: { midCentsMin: 1 } }, PLAIN);
    const { bid, ask: offer, explain } = ask({ settings, reading: readingOf(2, 4) });
    expect(bid).toBeNull();
    expect(explain.whyNoBid).toBe('offGrid');
    expect(offer!.price).toBe(price(8));
  });

  it('quotes just inside the extremes', () => {
    expect(ask({ reading: readingOf(4, 6) }).bid).not.toBeNull();
    expect(ask({ reading: readingOf(94, 96) }).ask).not.toBeNull();
  });
});

describe('a wanted size of fractions', () => {
  it('is quoted as it is where it fits', () => {
    expect(ask({ quantity: 250 as Centicontracts }).bid!.quantity).toBe(250);
  });
});
