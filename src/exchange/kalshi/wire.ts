/**
 * The venue's REST bodies: what is read of them, checked. Text becomes an exact unit here; what is missing or is not a
 * number is an error, never a default. Keys that are not named are ignored: the venue adds some every month.
 */
import { z } from 'zod';
import { parseMoney, parsePrice, parseQuantity, type UnixMs } from '../../domain/units.ts';

function exact<T>(what: string, parse: (text: string) => T | null) {
  return z.string().transform((text, context): T => {
    const value = parse(text);
    if (value !== null) return value;
    context.issues.push({ code: 'custom', message: `is not ${what}`, input: text });
    return z.NEVER;
  });
}

/** Dollars as text; 0 and 1 stand for empty sides and results. */
export const price = exact('a price in [0, 1] dollars', (text) => {
  const value = parsePrice(text);
  return value !== null && value >= 0 && value <= 10_000 ? value : null;
});
export const signedQuantity = exact('a quantity', parseQuantity);
export const quantity = exact('a quantity ≥ 0', (text) => {
  const value = parseQuantity(text);
  return value !== null && value >= 0 ? value : null;
});
export const money = exact('money', parseMoney);
export const time = exact('a time', parseTime);
const cents = z.number().int();
const ticker = z.string().min(1);
const shard = z.number().int().min(0).optional();

/** RFC 3339 → ms; finer fractions are cut off. Null for anything else. */
export function parseTime(text: string): UnixMs | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : (ms as UnixMs);
}

/** An empty cursor is the last page. */
const cursor = z.string();
const optionalCursor = z
  .string()
  .nullish()
  .transform((text) => text ?? '');

export const feeType = z.enum([
  'quadratic',
  'quadratic_with_maker_fees',
  'quadratic_with_combo_maker_fees',
  'flat',
  'margin_market_maker_program_fees',
]);
/** 1 → 1,000,000; finer than a millionth is not exact and not taken. */
export const feeMultiplier = z.number().transform((value, context) => {
  const millionths = Math.round(value * 1e6);
  if (value >= 0 && Math.abs(value * 1e6 - millionths) < 1e-3) return millionths;
  context.issues.push({ code: 'custom', message: 'is not a fee multiplier', input: value });
  return z.NEVER;
});

export const priceRanges = z.array(z.object({ start: price, end: price, step: price })).min(1);

export const market = z.object({
  ticker,
  event_ticker: ticker,
  market_type: z.enum(['binary', 'scalar']),
  title: z.string().optional(),
  yes_sub_title: z.string().optional(),
  status: z.enum(['initialized', 'inactive', 'active', 'closed', 'determined', 'disputed', 'amended', 'finalized']),
  created_time: time,
  open_time: time,
  close_time: time,
  yes_bid_dollars: price,
  yes_ask_dollars: price,
  /** Negative on some markets that have ended. */
  yes_bid_size_fp: signedQuantity,
  yes_ask_size_fp: signedQuantity,
  last_price_dollars: price,
  volume_fp: quantity,
  volume_24h_fp: quantity,
  open_interest_fp: quantity,
  result: z.enum(['yes', 'no', 'scalar', '']),
  settlement_value_dollars: price.nullish(),
  price_ranges: priceRanges,
  exchange_index: shard,
});
export type WireMarket = z.infer<typeof market>;

export const event = z.object({
  event_ticker: ticker,
  series_ticker: ticker,
  mutually_exclusive: z.boolean(),
  fee_type_override: feeType.nullish(),
  fee_multiplier_override: feeMultiplier.nullish(),
});
export type WireEvent = z.infer<typeof event>;

export const series = z.object({
  ticker,
  category: z.string(),
  fee_type: feeType,
  fee_multiplier: feeMultiplier,
});
export type WireSeries = z.infer<typeof series>;

/** Lists of the catalogue are checked item by item: one that is broken must not hide the others. */
export const marketsPage = z.object({ markets: z.array(z.unknown()), cursor });
export const marketAnswer = z.object({ market: z.unknown() });
export const eventsPage = z.object({ events: z.array(z.unknown()), cursor });
export const eventAnswer = z.object({ event: z.unknown() });
export const seriesList = z.object({ series: z.array(z.unknown()) });
export const seriesAnswer = z.object({ series: z.unknown() });

const levels = z.array(z.tuple([price, quantity]));
/** A side without orders is empty, null or left out; a book without either key is not a book. */
export const book = z
  .object({ yes_dollars: levels.nullish(), no_dollars: levels.nullish() })
  .refine((sides) => sides.yes_dollars !== undefined || sides.no_dollars !== undefined, 'has neither side');
export type WireBook = z.infer<typeof book>;
export const bookAnswer = z.object({ orderbook_fp: book });
export const booksAnswer = z.object({ orderbooks: z.array(z.object({ ticker, orderbook_fp: book })) });

export const statusAnswer = z.object({ exchange_active: z.boolean(), trading_active: z.boolean() });

export const balance = z.object({
  balance_dollars: money,
  portfolio_value: cents,
  updated_ts: z.number(),
  balance_breakdown: z.array(z.object({ exchange_index: z.number().int(), balance: money })).optional(),
});
export type WireBalance = z.infer<typeof balance>;

export const position = z.object({
  ticker,
  position_fp: signedQuantity,
  market_exposure_dollars: money,
  realized_pnl_dollars: money,
  fees_paid_dollars: money,
});
export type WirePosition = z.infer<typeof position>;
export const positionsPage = z.object({ market_positions: z.array(position), cursor: optionalCursor });

const side = z.enum(['bid', 'ask']);
const outcome = z.enum(['yes', 'no']);

export const order = z.object({
  order_id: z.string().min(1),
  client_order_id: z.string().optional(),
  ticker,
  exchange_index: shard,
  book_side: side.optional(),
  outcome_side: outcome.optional(),
  yes_price_dollars: price,
  status: z.enum(['resting', 'canceled', 'executed']),
  fill_count_fp: quantity,
  remaining_count_fp: quantity,
  initial_count_fp: quantity,
  last_update_reason: z.string().nullish(),
  expiration_time: time.nullish(),
  order_group_id: z.string().nullish(),
  created_time: time,
  last_update_time: time.nullish(),
});
export type WireOrder = z.infer<typeof order>;
export const ordersPage = z.object({ orders: z.array(order), cursor });
export const orderAnswer = z.object({ order });

export const fill = z.object({
  trade_id: z.string().min(1),
  order_id: z.string().min(1),
  ticker: ticker.optional(),
  market_ticker: ticker.optional(),
  book_side: side.optional(),
  outcome_side: outcome.optional(),
  count_fp: quantity,
  yes_price_dollars: price,
  is_taker: z.boolean(),
  fee_cost: money,
  created_time: time.optional(),
  ts: z.number().int().optional(),
});
export type WireFill = z.infer<typeof fill>;
export const fillsPage = z.object({ fills: z.array(fill), cursor });

export const settlement = z.object({
  ticker,
  market_result: z.enum(['yes', 'no', 'scalar']),
  yes_count_fp: quantity,
  no_count_fp: quantity,
  revenue: cents,
  fee_cost: money,
  value: cents.nullish(),
  settled_time: time,
});
export type WireSettlement = z.infer<typeof settlement>;
export const settlementsPage = z.object({ settlements: z.array(settlement), cursor: optionalCursor });

/** A deposit or a withdrawal: whole cents, unix seconds. */
export const transfer = z.object({
  id: z.string().min(1),
  status: z.enum(['pending', 'applied', 'failed', 'returned']),
  amount_cents: cents.min(0),
  fee_cents: cents.min(0),
  created_ts: z.number(),
  finalized_ts: z.number().nullish(),
});
export type WireTransfer = z.infer<typeof transfer>;
export const depositsPage = z.object({ deposits: z.array(transfer), cursor: optionalCursor });
export const withdrawalsPage = z.object({ withdrawals: z.array(transfer), cursor: optionalCursor });

export const userDataTimestamp = z.object({ as_of_time: time });

const bucket = z.object({ refill_rate: z.number().positive(), bucket_capacity: z.number().positive() });
export const limits = z.object({ usage_tier: z.string(), read: bucket, write: bucket });

/** Our own embedded exchange only. */
export const clock = z.object({ marketTimeMs: z.number(), wallTimeMs: z.number(), speed: z.number().min(0) });

export const orderGroupsPage = z.object({
  order_groups: z.array(
    z.object({
      id: z.string().min(1),
      contracts_limit_fp: quantity.nullish(),
      is_auto_cancel_enabled: z.boolean(),
      exchange_index: shard,
    }),
  ),
});
export const orderGroupAnswer = z.object({
  contracts_limit_fp: quantity.nullish(),
  is_auto_cancel_enabled: z.boolean(),
  orders: z.array(z.string().min(1)).nullish(),
  exchange_index: shard,
});
export const orderGroupCreated = z.object({ order_group_id: z.string().min(1), exchange_index: shard });
/** A 2xx that says "done" and nothing else, if it has a body at all. */
export const done = z.unknown();

/** Answers to writes. Quantities that are missing make the answer unusable, not zero. */
export const created = z.object({
  order_id: z.string().min(1),
  fill_count: quantity,
  remaining_count: quantity,
});
export const canceled = z.object({ order_id: z.string().min(1), reduced_by: quantity });
export const amended = z.object({
  order_id: z.string().min(1),
  fill_count: quantity.nullish(),
  remaining_count: quantity.nullish(),
});
export const decreased = z.object({ order_id: z.string().min(1), remaining_count: quantity });
export const batch = z.object({ orders: z.array(z.record(z.string(), z.unknown())) });
