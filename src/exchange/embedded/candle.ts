/** A candle, and a bounded store of finished ones: 58 bytes each, as there may be a thousand markets with a day of minutes. */
import type { Centicents, Centicontracts, UnixMs } from '../../domain/units.ts';

export interface Range {
  open: Centicents;
  low: Centicents;
  high: Centicents;
  close: Centicents;
}

export interface Candle {
  /** Belongs to the candle. */
  readonly endMs: UnixMs;
  /** Of the yes leg; an empty side is 0 for bids, $1 for asks. Opens where the period before left it. */
  readonly bid: Range;
  readonly ask: Range;
  /** null: nothing was traded. */
  trades: Range | null;
  /** Last price traded before the period; null: never. */
  readonly previous: Centicents | null;
  volume: Centicontracts;
  /** Σ price × quantity, for the mean. */
  value: number;
  /** At the end of the period. */
  openInterest: Centicontracts;
}

const PRICES = 13;
const NUMBERS = 4;
const NONE = -1;

/** Finished candles, oldest first; the oldest go when there are too many. */
export class CandleStore {
  private readonly countMax: number;
  private count = 0;
  private prices = new Int16Array(8 * PRICES);
  private numbers = new Float64Array(8 * NUMBERS);

  /** At least `keep` are kept. */
  constructor(keep: number) {
    this.countMax = Math.ceil(keep * 1.25);
  }

  push(candle: Candle): void {
    if (this.count === this.countMax) this.drop(Math.floor(this.countMax / 5));
    if (this.count * NUMBERS === this.numbers.length) this.grow();
    const { bid, ask, trades, previous } = candle;
    let at = this.count * PRICES;
    for (const range of [bid, ask, trades]) {
      this.prices[at++] = range?.open ?? NONE;
      this.prices[at++] = range?.low ?? NONE;
      this.prices[at++] = range?.high ?? NONE;
      this.prices[at++] = range?.close ?? NONE;
    }
    this.prices[at] = previous ?? NONE;
    this.numbers.set([candle.endMs, candle.volume, candle.value, candle.openInterest], this.count * NUMBERS);
    this.count++;
  }

  /** Those that end within these bounds, both included. */
  between(fromMs: number, toMs: number): Candle[] {
    const found: Candle[] = [];
    for (let index = this.after(fromMs - 1); index < this.count && this.endMs(index) <= toMs; index++) {
      found.push(this.candle(index));
    }
    return found;
  }

  /** The last one that ends at or before this moment. */
  last(atMs: number): Candle | null {
    const index = this.after(atMs) - 1;
    return index < 0 ? null : this.candle(index);
  }

  /** How many end at or before this moment. */
  private after(atMs: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.endMs(middle) <= atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private endMs(index: number): number {
    return this.numbers[index * NUMBERS]!;
  }

  private candle(index: number): Candle {
    const [endMs, volume, value, openInterest] = this.numbers.subarray(index * NUMBERS, (index + 1) * NUMBERS);
    const at = index * PRICES;
    const previous = this.prices[at + 12]!;
    return {
      endMs: endMs as UnixMs,
      bid: this.range(at),
      ask: this.range(at + 4),
      trades: this.prices[at + 8] === NONE ? null : this.range(at + 8),
      previous: previous === NONE ? null : (previous as Centicents),
      volume: volume as Centicontracts,
      value: value!,
      openInterest: openInterest as Centicontracts,
    };
  }

  private range(at: number): Range {
    const [open, low, high, close] = this.prices.subarray(at, at + 4) as unknown as Centicents[];
    return { open: open!, low: low!, high: high!, close: close! };
  }

  private drop(count: number): void {
    this.prices.copyWithin(0, count * PRICES);
    this.numbers.copyWithin(0, count * NUMBERS);
    this.count -= count;
  }

  private grow(): void {
    const { prices, numbers } = this;
    this.prices = new Int16Array(prices.length * 2);
    this.prices.set(prices);
    this.numbers = new Float64Array(numbers.length * 2);
    this.numbers.set(numbers);
  }
}
