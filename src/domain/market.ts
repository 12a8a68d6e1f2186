import { assert } from './assert.ts';
import type { EventTicker, SeriesTicker, Ticker } from './ids.ts';
import { type Centicents, type Centicontracts, DOLLAR, type UnixMs } from './units.ts';

/** Prices in [start, end] that are whole steps above `start`; integers of $0.0001. From the venue's `price_ranges`. */
export interface PriceRange {
  readonly start: Centicents;
  readonly end: Centicents;
  readonly step: Centicents;
}

/** Which prices a market allows. Ranges ascend and touch; a price must lie strictly inside (0, $1). */
export class PriceGrid {
  readonly ranges: readonly PriceRange[];

  constructor(ranges: readonly PriceRange[]) {
    assert(ranges.length > 0, 'a price grid needs a range');
    for (const [index, range] of ranges.entries()) {
      assert(range.step > 0 && range.start < range.end, `price range ${JSON.stringify(range)} is empty`);
      const before = ranges[index - 1];
      assert(before === undefined || before.end === range.start, 'price ranges must touch and ascend');
    }
    this.ranges = ranges;
  }

  isOnGrid(price: number): boolean {
    return price > 0 && price < DOLLAR && this.floor(price) === price;
  }

  /** The highest allowed price ≤ `price` (a float is fine), or null below the lowest. */
  floor(price: number): Centicents | null {
    for (let index = this.ranges.length - 1; index >= 0; index--) {
      const range = this.ranges[index]!;
      if (price < range.start) continue;
      const steps = Math.floor((Math.min(price, range.end) - range.start) / range.step);
      const found = range.start + steps * range.step;
      if (found >= DOLLAR) return (DOLLAR - range.step) as Centicents;
      if (found > 0) return found as Centicents;
    }
    return null;
  }

  /** The lowest allowed price ≥ `price`, or null above the highest. */
  ceil(price: number): Centicents | null {
    const below = this.floor(price);
    if (below === null) return this.lowest();
    if (below >= price) return below;
    return this.above(below);
  }

  /** The next allowed price above, or null at the top. */
  above(price: Centicents): Centicents | null {
    for (const range of this.ranges) {
      if (price >= range.start && price < range.end) {
        const next = price + range.step;
        return next < DOLLAR ? (next as Centicents) : null;
      }
    }
    return null;
  }

  /** The next allowed price below, or null at the bottom. */
  below(price: Centicents): Centicents | null {
    return this.floor(price - 1);
  }

  /** The lowest allowed price. */
  lowest(): Centicents {
    const first = this.ranges[0]!;
    return (first.start > 0 ? first.start : first.start + first.step) as Centicents;
  }

  /** The tick just at this price: the step of the range that holds it (the upper one at a border). */
  stepAt(price: number): Centicents {
    for (const range of this.ranges) if (price >= range.start && price < range.end) return range.step;
    return this.ranges[this.ranges.length - 1]!.step;
  }
}

/** Whole cents everywhere: what most markets have. */
export const WHOLE_CENTS = new PriceGrid([{ start: 0 as Centicents, end: DOLLAR, step: 100 as Centicents }]);

export type MarketStatus =
  | 'initialized'
  | 'active'
  | 'inactive'
  | 'closed'
  | 'determined'
  | 'disputed'
  | 'amended'
  | 'finalized';

export type FeeType =
  | 'quadratic'
  | 'quadratic_with_maker_fees'
  | 'quadratic_with_combo_maker_fees'
  | 'flat'
  | 'margin_market_maker_program_fees';

/** What a market's fees are computed from; see domain/fees.ts. */
export interface FeeSchedule {
  readonly type: FeeType;
  /** Scales both legs, in millionths so that it is exact: 1 → 1,000,000. */
  readonly multiplierMillionths: number;
}

export type MarketResult = 'yes' | 'no' | 'scalar';

/** A market as the trader knows it, whatever the venue calls it. */
export interface Market {
  readonly ticker: Ticker;
  readonly event: EventTicker;
  readonly series: SeriesTicker;
  readonly category: string;
  readonly title: string;
  readonly kind: 'binary' | 'scalar';
  readonly status: MarketStatus;
  readonly createdMs: UnixMs;
  readonly openMs: UnixMs;
  readonly closeMs: UnixMs;
  readonly grid: PriceGrid;
  readonly fees: FeeSchedule;
  /** The shard: sent with every write. */
  readonly exchangeIndex: number;
  readonly mutuallyExclusive: boolean;
  readonly volume: Centicontracts;
  readonly volume24h: Centicontracts;
  readonly openInterest: Centicontracts;
  /** The touch at the time of the read; null where a side is empty. */
  readonly bid: Centicents | null;
  readonly ask: Centicents | null;
  readonly bidSize: Centicontracts;
  readonly askSize: Centicontracts;
  readonly lastPrice: Centicents | null;
  readonly result: MarketResult | null;
  /** What a yes contract pays, once determined. */
  readonly settlementValue: Centicents | null;
}
