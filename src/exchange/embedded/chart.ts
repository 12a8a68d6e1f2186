/**
 * One market's candles: by minute, hour and New York day, each period inclusive of its end. A candle stands for a period in
 * which something happened (a trade, or the touch or its size changed); quiet periods leave none.
 */
import type { Centicents, Centicontracts, UnixMs } from '../../domain/units.ts';
import { type Candle, CandleStore, type Range } from './candle.ts';
import { easternMidnightFrom } from './eastern-days.ts';

/** In minutes. */
export const PERIODS = [1, 60, 1440] as const;
export type Period = (typeof PERIODS)[number];
type Long = Exclude<Period, 1>;

export interface Touch {
  readonly bid: Centicents;
  readonly ask: Centicents;
}

/** A day and an hour of busy minutes, a month of busy hours, three years of days. */
const KEPT: Readonly<Record<Period, number>> = { 1: 1_500, 60: 744, 1440: 1_100 };
const MINUTE_MS = 60_000;

export class Chart {
  private touch: Touch;
  private lastPrice: Centicents | null = null;
  private openInterest: Centicontracts;
  private readonly kept: Readonly<Record<Period, CandleStore>> = {
    1: new CandleStore(KEPT[1]),
    60: new CandleStore(KEPT[60]),
    1440: new CandleStore(KEPT[1440]),
  };
  /** The latest of each; hour and day lack what the minute has. */
  private minute: Candle | null = null;
  private readonly long: Record<Long, Candle | null> = { 60: null, 1440: null };

  /** What is known before anything happens. */
  constructor(touch: Touch, openInterest: Centicontracts) {
    this.touch = touch;
    this.openInterest = openInterest;
  }

  quote(atMs: UnixMs, touch: Touch): void {
    const minute = this.minuteOf(atMs);
    this.touch = touch;
    extend(minute.bid, touch.bid);
    extend(minute.ask, touch.ask);
  }

  trade(atMs: UnixMs, price: Centicents, quantity: Centicontracts, openInterest: Centicontracts): void {
    const minute = this.minuteOf(atMs);
    if (minute.trades === null) minute.trades = flat(price);
    else extend(minute.trades, price);
    minute.volume = (minute.volume + quantity) as Centicontracts;
    minute.value += price * quantity;
    minute.openInterest = openInterest;
    this.openInterest = openInterest;
    this.lastPrice = price;
  }

  /** Those that end within these bounds, both included, oldest first; the present one as far as it has come. */
  candles(period: Period, fromMs: number, toMs: number): Candle[] {
    const latest = this.latest(period).filter(({ endMs }) => endMs >= fromMs && endMs <= toMs);
    return [...this.kept[period].between(fromMs, toMs), ...latest];
  }

  /** The last one that ends at or before this moment. */
  last(period: Period, atMs: number): Candle | null {
    return this.latest(period).findLast(({ endMs }) => endMs <= atMs) ?? this.kept[period].last(atMs);
  }

  private latest(period: Period): Candle[] {
    const { minute } = this;
    if (minute === null) return [];
    if (period === 1) return [minute];
    const long = this.long[period];
    if (long === null || minute.endMs > long.endMs) {
      return [...(long === null ? [] : [long]), joined(null, minute, endOf(minute.endMs, period))];
    }
    return [joined(long, minute, long.endMs)];
  }

  private minuteOf(atMs: UnixMs): Candle {
    const last = this.minute;
    if (last !== null) {
      if (atMs <= last.endMs) return last;
      this.kept[1].push(last);
      this.roll(60, last);
      this.roll(1440, last);
    }
    this.minute = {
      endMs: endOf(atMs, 1),
      bid: flat(this.touch.bid),
      ask: flat(this.touch.ask),
      trades: null,
      previous: this.lastPrice,
      volume: 0 as Centicontracts,
      value: 0,
      openInterest: this.openInterest,
    };
    return this.minute;
  }

  /** A minute is over: its hour and its day have it now. */
  private roll(period: Long, minute: Candle): void {
    const long = this.long[period];
    if (long !== null && minute.endMs <= long.endMs) this.long[period] = joined(long, minute, long.endMs);
    else {
      if (long !== null) this.kept[period].push(long);
      this.long[period] = joined(null, minute, endOf(minute.endMs, period));
    }
  }
}

/** The end of the period that a moment belongs to. */
export function endOf(atMs: number, period: Period): UnixMs {
  if (period === 1440) return easternMidnightFrom(atMs);
  const ms = period * MINUTE_MS;
  return (Math.ceil(atMs / ms) * ms) as UnixMs;
}

function flat(price: Centicents): Range {
  return { open: price, low: price, high: price, close: price };
}

function extend(range: Range, price: Centicents): void {
  if (price < range.low) range.low = price;
  if (price > range.high) range.high = price;
  range.close = price;
}

/** A longer candle with a minute that comes after it. */
function joined(before: Candle | null, minute: Candle, endMs: UnixMs): Candle {
  return {
    endMs,
    bid: joinedRange(before?.bid ?? null, minute.bid),
    ask: joinedRange(before?.ask ?? null, minute.ask),
    trades: minute.trades === null ? (before?.trades ?? null) : joinedRange(before?.trades ?? null, minute.trades),
    previous: before === null ? minute.previous : before.previous,
    volume: ((before?.volume ?? 0) + minute.volume) as Centicontracts,
    value: (before?.value ?? 0) + minute.value,
    openInterest: minute.openInterest,
  };
}

function joinedRange(before: Range | null, after: Range): Range {
  return {
    open: before?.open ?? after.open,
    low: before === null || after.low < before.low ? after.low : before.low,
    high: before === null || after.high > before.high ? after.high : before.high,
    close: after.close,
  };
}
