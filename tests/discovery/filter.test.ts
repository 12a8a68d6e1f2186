import { describe, expect, it } from 'vitest';
import { filterMarkets, type RejectionReason } from '../../src/discovery/filter.ts';
import { named } from '../../src/domain/ids.ts';
import type { Market } from '../../src/domain/market.ts';
import type { UnixMs } from '../../src/domain/units.ts';
import { PLAIN, withSettings } from '../support/default-settings.ts';
import { DAY_MS, marketWith, NOON_MS, price, quantity } from '../support/markets.ts';

const HOUR_MS = 3_600_000;
const later = (ms: number) => (NOON_MS + ms) as UnixMs;

function reasonOf(changes: Partial<Market>, settings = PLAIN): RejectionReason | null {
  const market = marketWith(changes);
  const { accepted, reasons } = filterMarkets([market], NOON_MS, settings);
  expect(accepted.length + reasons.size).toBe(1);
  return reasons.get(market.ticker) ?? null;
}

describe('a market is rejected as', () => {
  it.each([
    ['notBinary', { kind: 'scalar' }],
    ['notActive', { status: 'inactive' }],
    ['notActive', { status: 'determined' }],
    ['closed', { closeMs: NOON_MS }],
    ['tooYoung', { openMs: later(-59_999) }],
    ['tooYoung', { createdMs: later(-59_999) }],
    ['closesTooSoon', { closeMs: later(24 * HOUR_MS - 1) }],
    ['closesTooLate', { closeMs: later(60 * DAY_MS + 1) }],
    ['categoryExcluded', { category: 'Niche-Rankings' }],
    ['lowVolume', { volume24h: quantity(4_999.99) }],
    ['noTouch', { bid: null }],
    ['noTouch', { ask: null }],
    ['extreme', { bid: price(4), ask: price(5) }],
    ['extreme', { bid: price(95), ask: price(96) }],
    ['wideSpread', { bid: price(30), ask: price(51) }],
  ] as const)('%s', (reason, changes) => {
    expect(reasonOf(changes as Partial<Market>)).toBe(reason);
  });
});

describe('a market is accepted', () => {
  it.each([
    ['old enough', { openMs: later(-60_000), createdMs: later(-60_000) }],
    ['closing in a day', { closeMs: later(24 * HOUR_MS) }],
    ['closing in sixty days', { closeMs: later(60 * DAY_MS) }],
    ['with just the volume', { volume24h: quantity(5_000) }],
    ['with its middle just inside the extremes', { bid: price(4), ask: price(6) }],
    ['as wide as is allowed', { bid: price(40), ask: price(60) }],
  ] as const)('%s', (_, changes) => {
    expect(reasonOf(changes as Partial<Market>)).toBeNull();
  });

  it('by the expiry window of its category, in whatever case that is written', () => {
    expect(reasonOf({ category: 'Sports', closeMs: later(2 * HOUR_MS) })).toBeNull();
    expect(reasonOf({ category: 'Sports', closeMs: later(169 * HOUR_MS) })).toBe('closesTooLate');
    expect(reasonOf({ category: 'CRYPTO', closeMs: later(80 * DAY_MS) })).toBeNull();
  });

  it('whenever it closes in volatility mode: its events have a horizon of their own', () => {
    const settings = withSettings({ discovery: { mode: 'volatility' } }, PLAIN);
    expect(reasonOf({ closeMs: later(HOUR_MS) }, settings)).toBeNull();
  });
});

describe('markets that were named', () => {
  const settings = withSettings({ discovery: { markets: ['KXTEST-A'] } }, PLAIN);
  it('leave every other one out', () => {
    expect(reasonOf({ ticker: named('KXTEST-B') }, settings)).toBe('notListed');
    expect(reasonOf({}, settings)).toBeNull();
  });
  it('are taken as they are, if they can be quoted at all', () => {
    const quiet = { volume24h: quantity(0), bid: null, ask: null, closeMs: later(HOUR_MS), openMs: NOON_MS };
    expect(reasonOf(quiet, settings)).toBeNull();
    expect(reasonOf({ kind: 'scalar' }, settings)).toBe('notBinary');
    expect(reasonOf({ status: 'closed' }, settings)).toBe('notActive');
  });
});

describe('every rejection', () => {
  it('is counted by reason and kept by market, and nothing gets lost', () => {
    const markets = [
      marketWith({ ticker: named('OK') }),
      marketWith({ ticker: named('QUIET-1'), volume24h: quantity(1) }),
      marketWith({ ticker: named('QUIET-2'), volume24h: quantity(2) }),
      marketWith({ ticker: named('SCALAR'), kind: 'scalar' }),
    ];
    const { accepted, rejected, reasons } = filterMarkets(markets, NOON_MS, PLAIN);
    expect(accepted.map(({ ticker }) => ticker)).toEqual(['OK']);
    expect(Object.fromEntries(rejected)).toEqual({ lowVolume: 2, notBinary: 1 });
    expect(Object.fromEntries(reasons)).toEqual({
      'QUIET-1': 'lowVolume',
      'QUIET-2': 'lowVolume',
      SCALAR: 'notBinary',
    });
  });
});
