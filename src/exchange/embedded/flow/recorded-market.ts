/** What our own recorder notes besides frames: listings and polled books. The names are the venue's where it has one. */
import { named } from '../../../domain/ids.ts';
import { type Market, PriceGrid, type PriceRange } from '../../../domain/market.ts';
import {
  amountOf,
  boundOf,
  type Fields,
  fieldsOf,
  flag,
  integer,
  LineRefused,
  oneOf,
  text,
  ticker,
  timeOf,
  touchOf,
} from './recorded-fields.ts';
import type { RecordedListing } from './recorded-line.ts';

const STATUSES = [
  'initialized',
  'active',
  'inactive',
  'closed',
  'determined',
  'disputed',
  'amended',
  'finalized',
] as const;
const RESULTS = ['yes', 'no', 'scalar'] as const;
const FEE_TYPES = [
  'quadratic',
  'quadratic_with_maker_fees',
  'quadratic_with_combo_maker_fees',
  'flat',
  'margin_market_maker_program_fees',
] as const;

/** Throws `LineRefused`. */
export function decodeListing(data: Fields): RecordedListing {
  const listed: Market = {
    ticker: ticker(data),
    event: named(text(data, 'event_ticker')),
    series: named(text(data, 'series_ticker')),
    category: text(data, 'category'),
    title: text(data, 'title'),
    kind: oneOf(data, 'market_type', ['binary', 'scalar']),
    status: oneOf(data, 'status', STATUSES),
    createdMs: timeOf(data, 'created_time'),
    openMs: timeOf(data, 'open_time'),
    closeMs: timeOf(data, 'close_time'),
    grid: gridOf(data.price_ranges),
    fees: {
      type: oneOf(data, 'fee_type', FEE_TYPES),
      multiplierMillionths: integer(data, 'fee_multiplier_millionths'),
    },
    exchangeIndex: integer(data, 'exchange_index'),
    mutuallyExclusive: flag(data, 'mutually_exclusive'),
    volume: amountOf(data.volume_fp, 'volume_fp'),
    volume24h: amountOf(data.volume_24h_fp, 'volume_24h_fp'),
    openInterest: amountOf(data.open_interest_fp, 'open_interest_fp'),
    bid: touchOf(data.yes_bid_dollars, 'yes_bid_dollars'),
    ask: touchOf(data.yes_ask_dollars, 'yes_ask_dollars'),
    bidSize: amountOf(data.yes_bid_size_fp, 'yes_bid_size_fp'),
    askSize: amountOf(data.yes_ask_size_fp, 'yes_ask_size_fp'),
    lastPrice: touchOf(data.last_price_dollars, 'last_price_dollars'),
    result: data.result === null ? null : oneOf(data, 'result', RESULTS),
    settlementValue:
      data.settlement_value_dollars === null
        ? null
        : boundOf(data.settlement_value_dollars, 'settlement_value_dollars'),
  };
  return { type: 'listing', market: listed.ticker, listed };
}

function gridOf(value: unknown): PriceGrid {
  if (!Array.isArray(value) || value.length === 0) throw new LineRefused('price_ranges is no list of ranges');
  const ranges = value.map((one): PriceRange => {
    const range = fieldsOf(one, 'a range of price_ranges');
    return { start: boundOf(range.start, 'start'), end: boundOf(range.end, 'end'), step: boundOf(range.step, 'step') };
  });
  try {
    return new PriceGrid(ranges);
  } catch (cause) {
    throw new LineRefused('price_ranges make no grid', { cause });
  }
}
