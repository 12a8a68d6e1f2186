/** Candles as the wire shows them. */
import { type Centicents, formatPrice, formatQuantity } from '../../../domain/units.ts';
import type { Candle, Range } from '../candle.ts';
import { seconds } from './format.ts';

/** Without a trade the price has nothing but the one before, and nothing at all before the first trade. */
export function candleJson(candle: Candle): Record<string, unknown> {
  const { trades, previous } = candle;
  return {
    end_period_ts: seconds(candle.endMs),
    yes_bid: rangeJson(candle.bid, '_dollars'),
    yes_ask: rangeJson(candle.ask, '_dollars'),
    price: {
      ...(trades === null ? {} : { ...rangeJson(trades, '_dollars'), mean_dollars: formatPrice(mean(candle)) }),
      ...(previous === null ? {} : { previous_dollars: formatPrice(previous) }),
    },
    volume_fp: formatQuantity(candle.volume),
    open_interest_fp: formatQuantity(candle.openInterest),
  };
}

/** The archive's form: names without suffix, null for what is not there. */
export function historicalCandleJson(candle: Candle): Record<string, unknown> {
  const { trades, previous } = candle;
  const none = { open: null, low: null, high: null, close: null, mean: null };
  return {
    end_period_ts: seconds(candle.endMs),
    yes_bid: rangeJson(candle.bid, ''),
    yes_ask: rangeJson(candle.ask, ''),
    price: {
      ...(trades === null ? none : { ...rangeJson(trades, ''), mean: formatPrice(mean(candle)) }),
      previous: previous === null ? null : formatPrice(previous),
    },
    volume: formatQuantity(candle.volume),
    open_interest: formatQuantity(candle.openInterest),
  };
}

function rangeJson({ open, low, high, close }: Range, suffix: string): Record<string, string> {
  return {
    [`open${suffix}`]: formatPrice(open),
    [`low${suffix}`]: formatPrice(low),
    [`high${suffix}`]: formatPrice(high),
    [`close${suffix}`]: formatPrice(close),
  };
}

/** By volume, to the nearest $0.0001. */
function mean({ value, volume }: Candle): Centicents {
  return Math.round(value / volume) as Centicents;
}
