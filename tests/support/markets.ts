/** Markets and books for tests: plain, whole, and changed where a test says so. */
import type { BookReading } from '../../src/book/read-book.ts';
import { named } from '../../src/domain/ids.ts';
import { type FeeType, type Market, PriceGrid, WHOLE_CENTS } from '../../src/domain/market.ts';
import type { Centicents, Centicontracts, UnixMs } from '../../src/domain/units.ts';

export const price = (cents: number) => Math.round(cents * 100) as Centicents;
export const quantity = (contracts: number) => Math.round(contracts * 100) as Centicontracts;

/** Tenths of a cent near the ends, whole cents between: the grid of markets that trade in both. */
export const TAPERED = new PriceGrid([
  { start: price(0), end: price(10), step: price(0.1) },
  { start: price(10), end: price(90), step: price(1) },
  { start: price(90), end: price(100), step: price(0.1) },
]);
export const TENTHS = new PriceGrid([{ start: price(0), end: price(100), step: price(0.1) }]);

export const NOON_MS = Date.UTC(2026, 5, 15, 16) as UnixMs;
export const DAY_MS = 86_400_000;

export function feesOf(type: FeeType, multiplier = 1): Market['fees'] {
  return { type, multiplierMillionths: Math.round(multiplier * 1_000_000) };
}

export function marketWith(changes: Partial<Market> = {}): Market {
  return {
    ticker: named('KXTEST-A'),
    event: named('KXTEST'),
    series: named('KXTEST'),
    category: 'Economics',
    title: 'A test',
    kind: 'binary',
    status: 'active',
    createdMs: (NOON_MS - DAY_MS) as UnixMs,
    openMs: (NOON_MS - DAY_MS) as UnixMs,
    closeMs: (NOON_MS + 10 * DAY_MS) as UnixMs,
    grid: WHOLE_CENTS,
    fees: feesOf('quadratic'),
    exchangeIndex: 0,
    mutuallyExclusive: false,
    volume: quantity(100_000),
    volume24h: quantity(20_000),
    openInterest: quantity(5_000),
    bid: price(48),
    ask: price(52),
    bidSize: quantity(100),
    askSize: quantity(100),
    lastPrice: price(50),
    result: null,
    settlementValue: null,
    ...changes,
  };
}

/** A book with this touch, deep and even. */
export function readingOf(bidCents: number, askCents: number, changes: Partial<BookReading> = {}): BookReading {
  return {
    bid: price(bidCents),
    ask: price(askCents),
    bidSize: quantity(100),
    askSize: quantity(100),
    midCents: (price(bidCents) + price(askCents)) / 200,
    spreadCents: (price(askCents) - price(bidCents)) / 100,
    micropriceCents: (price(bidCents) + price(askCents)) / 200,
    imbalance: 0,
    depthContracts: 1000,
    ...changes,
  };
}
