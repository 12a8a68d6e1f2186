/**
 * REST bodies → domain, pure. The venue shows the no side of books and sizes on its own scale; here, and in the stream's
 * parser, it becomes asks on the yes scale. Nothing behind this file knows of yes and no prices.
 */
import type { ZodType } from 'zod';
import { messageOf } from '../../domain/errors.ts';
import type { Fill } from '../../domain/fill.ts';
import {
  type EventTicker,
  named,
  type OrderId,
  type SeriesTicker,
  type Ticker,
  type TradeId,
} from '../../domain/ids.ts';
import { type FeeSchedule, type Market, type MarketStatus, PriceGrid, type PriceRange } from '../../domain/market.ts';
import type { Side } from '../../domain/side.ts';
import {
  type Centicents,
  type Centicontracts,
  complement,
  DOLLAR,
  type Microdollars,
  type UnixMs,
  ZERO_QUANTITY,
} from '../../domain/units.ts';
import type {
  Level,
  RestBook,
  VenueBalance,
  VenueOrder,
  VenuePosition,
  VenueSettlement,
  VenueTransfer,
} from '../port.ts';
import { nonsense } from './errors.ts';
import type * as wire from './wire.ts';

const MICRODOLLARS_PER_CENT = 10_000;
const CENTICENTS_PER_CENT = 100;

/** Checks a body against its shape. Throws EXCHANGE_NONSENSE naming the first key that is wrong. */
export function check<T>(schema: ZodType<T>, path: string, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  const what = (issue?.message ?? 'is wrong').replace(/^Invalid input: /, '');
  throw nonsense(path, where === '' ? `a body that cannot be: ${what}` : `a body in which ${where} cannot be: ${what}`);
}

export function toGrid(path: string, ranges: readonly PriceRange[]): PriceGrid {
  try {
    return new PriceGrid(ranges.toSorted((a, b) => a.start - b.start));
  } catch (error) {
    throw nonsense(path, `a price grid that cannot be: ${messageOf(error)}`);
  }
}

/**
 * A listed market with what its event and series add. An empty side shows a price of 0 or 1, and a market that was never
 * quoted shows an ask of 0, so the sizes decide whether there is a quote at all.
 */
export function toMarket(
  body: wire.WireMarket,
  family: {
    readonly series: SeriesTicker;
    readonly category: string;
    readonly fees: FeeSchedule;
    readonly mutuallyExclusive: boolean;
  },
): Market {
  const path = `/markets/${body.ticker}`;
  const bidSize = quotedSize(path, body.status, body.yes_bid_size_fp);
  const askSize = quotedSize(path, body.status, body.yes_ask_size_fp);
  return {
    ticker: named<Ticker>(body.ticker),
    event: named<EventTicker>(body.event_ticker),
    ...family,
    title: body.title || body.yes_sub_title || body.ticker,
    kind: body.market_type,
    status: body.status,
    createdMs: body.created_time,
    openMs: body.open_time,
    closeMs: body.close_time,
    grid: toGrid(path, body.price_ranges),
    exchangeIndex: body.exchange_index ?? 0,
    volume: body.volume_fp,
    volume24h: body.volume_24h_fp,
    openInterest: body.open_interest_fp,
    bid: quoteOf(path, body.yes_bid_dollars, bidSize),
    ask: quoteOf(path, body.yes_ask_dollars, askSize),
    bidSize,
    askSize,
    lastPrice: body.last_price_dollars === 0 ? null : body.last_price_dollars,
    result: body.result === '' ? null : body.result,
    settlementValue: body.settlement_value_dollars ?? null,
  };
}

/** Markets that have ended were seen with negative sizes: remains of a book that is gone, and no quote. */
function quotedSize(path: string, status: MarketStatus, size: Centicontracts): Centicontracts {
  if (size >= 0) return size;
  if (status === 'initialized' || status === 'active' || status === 'inactive') {
    throw nonsense(path, `a size of ${size} while it trades`);
  }
  return ZERO_QUANTITY;
}

function quoteOf(path: string, price: Centicents, size: Centicontracts): Centicents | null {
  if (size === 0) return null;
  if (price > 0 && price < DOLLAR) return price;
  throw nonsense(path, `a quote of ${size} at the impossible price ${price}`);
}

/** The event's override beats the series, each of its two fields by itself. */
export function toFees(event: wire.WireEvent, series: wire.WireSeries): FeeSchedule {
  return {
    type: event.fee_type_override ?? series.fee_type,
    multiplierMillionths: event.fee_multiplier_override ?? series.fee_multiplier,
  };
}

export function toBook(path: string, ticker: Ticker, body: wire.WireBook): RestBook {
  const asks = body.no_dollars?.map(([price, size]): Level => [complement(price), size]);
  return {
    market: ticker,
    bids: ascending(path, body.yes_dollars ?? []),
    asks: ascending(path, asks ?? []),
  };
}

/** Sorted by price; a price twice or outside (0, 1), or a size that is not there, is no book. */
function ascending(path: string, levels: readonly Level[]): readonly Level[] {
  const sorted = levels.toSorted((a, b) => a[0] - b[0]);
  for (const [index, [price, size]] of sorted.entries()) {
    const isOdd = price <= 0 || price >= DOLLAR || size <= 0 || price === sorted[index + 1]?.[0];
    if (isOdd) throw nonsense(path, `an impossible level of ${size} at ${price}`);
  }
  return sorted;
}

/** Buying no is an ask on the yes price. */
export function toSide(
  path: string,
  body: { readonly book_side?: Side | undefined; readonly outcome_side?: 'yes' | 'no' | undefined },
): Side {
  if (body.book_side !== undefined) return body.book_side;
  if (body.outcome_side !== undefined) return body.outcome_side === 'yes' ? 'bid' : 'ask';
  throw nonsense(path, 'an order or fill without its side');
}

export function toOrder(body: wire.WireOrder): VenueOrder {
  return {
    orderId: named(body.order_id),
    clientOrderId: body.client_order_id ? named(body.client_order_id) : null,
    market: named(body.ticker),
    exchangeIndex: body.exchange_index ?? 0,
    side: toSide(`/portfolio/orders/${body.order_id}`, body),
    price: body.yes_price_dollars,
    status: body.status,
    filled: body.fill_count_fp,
    remaining: body.remaining_count_fp,
    initial: body.initial_count_fp,
    reason: body.last_update_reason ?? null,
    expiresAtMs: body.expiration_time ?? null,
    orderGroup: body.order_group_id ? named(body.order_group_id) : null,
    createdMs: body.created_time,
    updatedMs: body.last_update_time ?? body.created_time,
  };
}

export function toFill(body: wire.WireFill): Fill {
  const path = '/portfolio/fills';
  const market = body.market_ticker ?? body.ticker;
  const atMs = body.created_time ?? (body.ts === undefined ? undefined : ((body.ts * 1000) as UnixMs));
  if (market === undefined || atMs === undefined) throw nonsense(path, `fill ${body.trade_id} without market or time`);
  if (body.count_fp === 0) throw nonsense(path, `fill ${body.trade_id} of nothing`);
  return {
    tradeId: named<TradeId>(body.trade_id),
    orderId: named<OrderId>(body.order_id),
    clientOrderId: null,
    market: named(market),
    side: toSide(path, body),
    price: body.yes_price_dollars,
    quantity: body.count_fp,
    fee: body.fee_cost,
    isTaker: body.is_taker,
    atMs,
    positionAfter: null,
  };
}

export function toPosition(body: wire.WirePosition): VenuePosition {
  return {
    market: named(body.ticker),
    position: body.position_fp,
    exposure: body.market_exposure_dollars,
    realizedPnl: body.realized_pnl_dollars,
    fees: body.fees_paid_dollars,
  };
}

export function toSettlement(body: wire.WireSettlement): VenueSettlement {
  return {
    market: named(body.ticker),
    result: body.market_result,
    revenue: (body.revenue * MICRODOLLARS_PER_CENT) as Microdollars,
    fee: roundingOf(body),
    value: body.value == null ? null : ((body.value * CENTICENTS_PER_CENT) as Centicents),
    atMs: body.settled_time,
  };
}

/**
 * What lay below a whole cent of the payout and was kept. `fee_cost` is another thing: all fees of the market, which came
 * with the fills already. 0 where the value was cut to whole cents itself, so that nothing can be told from it.
 */
function roundingOf({ market_result, yes_count_fp, no_count_fp, value, revenue }: wire.WireSettlement): Microdollars {
  const yesValue = value ?? { yes: 100, no: 0, scalar: null }[market_result];
  if (yesValue === null) return 0 as Microdollars;
  const gross = (yes_count_fp * yesValue + no_count_fp * (100 - yesValue)) * CENTICENTS_PER_CENT;
  const rounding = gross - revenue * MICRODOLLARS_PER_CENT;
  return (rounding > 0 && rounding < MICRODOLLARS_PER_CENT ? rounding : 0) as Microdollars;
}

export function toTransfer(kind: VenueTransfer['kind'], body: wire.WireTransfer): VenueTransfer {
  return {
    id: `${kind}:${body.id}`,
    kind,
    status: body.status,
    amount: (body.amount_cents * MICRODOLLARS_PER_CENT) as Microdollars,
    fee: (body.fee_cents * MICRODOLLARS_PER_CENT) as Microdollars,
    atMs: ((body.finalized_ts ?? body.created_ts) * 1000) as UnixMs,
  };
}

/** Without a breakdown `byShard` is empty: how the cash is spread is then not known. */
export function toBalance(body: wire.WireBalance): VenueBalance {
  return {
    cash: body.balance_dollars,
    byShard: new Map(body.balance_breakdown?.map((shard) => [shard.exchange_index, shard.balance])),
    portfolioValue: (body.portfolio_value * MICRODOLLARS_PER_CENT) as Microdollars,
    atMs: (body.updated_ts * 1000) as UnixMs,
  };
}
