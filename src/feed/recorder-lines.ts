/** What the recorder writes, as text: see recording-format.md. */
import type { Market } from '../domain/market.ts';
import { formatPrice, formatQuantity, type UnixMs } from '../domain/units.ts';
import type { Level, RestBook } from '../exchange/port.ts';

/** The version of the format; the reader is src/exchange/embedded/flow/line-decoder.ts. */
export const FORMAT_VERSION = 1;

/** What everybody hears. All else is taken for an account's own, so that what is new to us is never given away. */
const PUBLIC: ReadonlySet<string> = new Set([
  'orderbook_delta',
  'orderbook_snapshot',
  'ticker',
  'trade',
  'market_lifecycle_v2',
  'event_lifecycle',
  'event_fee_update',
  'subscribed',
  'unsubscribed',
  'ok',
  'error',
]);
const MOST_FRAMES = '{"type":"orderbook_delta",';
const TYPE_FIRST = /^\{\s*"type"\s*:\s*"(\w+)"/;

/** Whether a frame is of the market and not of an account. */
export function isPublic(frame: string): boolean {
  if (frame.startsWith(MOST_FRAMES)) return true;
  const found = TYPE_FIRST.exec(frame);
  if (found !== null) return PUBLIC.has(found[1]!);
  try {
    return PUBLIC.has(String((JSON.parse(frame) as { type?: unknown } | null)?.type));
  } catch {
    // Nobody can tell what it was.
    return false;
  }
}

/** A field of a line: comma, its name in quotes and colon, and its value as JSON. */
export type Field = readonly [name: string, value: string];

const FRAME = ',"frame":';
const PRIVATE = ',"private":';

/** A frame stands in its line byte for byte where it is one line; otherwise as the text that it is. */
export function frameField(frame: string): Field {
  const isHeardByAll = isPublic(frame);
  if (frame.startsWith('{') && !frame.includes('\n')) return [isHeardByAll ? FRAME : PRIVATE, frame];
  return [isHeardByAll ? ',"text":' : PRIVATE, JSON.stringify(frame)];
}

export function controlField(control: string, data: object): Field {
  return [`,"control":"${control}","data":`, JSON.stringify(data)];
}

/** A listing under the venue's names; what the venue keeps with event and series stands beside them. */
export function listingData(market: Market): object {
  return {
    market_ticker: market.ticker,
    event_ticker: market.event,
    series_ticker: market.series,
    category: market.category,
    title: market.title,
    market_type: market.kind,
    status: market.status,
    created_time: iso(market.createdMs),
    open_time: iso(market.openMs),
    close_time: iso(market.closeMs),
    price_ranges: market.grid.ranges.map(({ start, end, step }) => ({
      start: formatPrice(start),
      end: formatPrice(end),
      step: formatPrice(step),
    })),
    fee_type: market.fees.type,
    fee_multiplier_millionths: market.fees.multiplierMillionths,
    exchange_index: market.exchangeIndex,
    mutually_exclusive: market.mutuallyExclusive,
    volume_fp: formatQuantity(market.volume),
    volume_24h_fp: formatQuantity(market.volume24h),
    open_interest_fp: formatQuantity(market.openInterest),
    yes_bid_dollars: market.bid === null ? null : formatPrice(market.bid),
    yes_ask_dollars: market.ask === null ? null : formatPrice(market.ask),
    yes_bid_size_fp: formatQuantity(market.bidSize),
    yes_ask_size_fp: formatQuantity(market.askSize),
    last_price_dollars: market.lastPrice === null ? null : formatPrice(market.lastPrice),
    result: market.result,
    settlement_value_dollars: market.settlementValue === null ? null : formatPrice(market.settlementValue),
  };
}

/** What of a listing makes it another one: not what trading changes. */
export function listingKey(market: Market): string {
  const { status, openMs, closeMs, grid, fees, category, title, result, exchangeIndex } = market;
  return JSON.stringify([status, openMs, closeMs, grid.ranges, fees, category, title, result, exchangeIndex]);
}

export function bookData({ market, bids, asks }: RestBook): object {
  const pairs = (levels: readonly Level[]) =>
    levels.map(([price, quantity]) => [formatPrice(price), formatQuantity(quantity)]);
  return { market_ticker: market, bids: pairs(bids), asks: pairs(asks) };
}

/** "20260105T120000000Z": names sort as times do. */
export function timeStamp(ms: UnixMs): string {
  return iso(ms).replaceAll(/[-:.]/g, '');
}

function iso(ms: UnixMs): string {
  return new Date(Math.floor(ms)).toISOString();
}
