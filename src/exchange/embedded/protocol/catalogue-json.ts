/** Series, events, markets, books and trades as the wire shows them. */
import type { Ticker } from '../../../domain/ids.ts';
import type { MarketStatus } from '../../../domain/market.ts';
import {
  type Centicents,
  type Centicontracts,
  complement,
  DOLLAR,
  formatPrice,
  formatQuantity,
  type UnixMs,
  ZERO_QUANTITY,
} from '../../../domain/units.ts';
import type { Level } from '../../port.ts';
import type { Engine, EngineTrade, ListedEvent, ListedMarket, ListedSeries, MarketState } from '../model.ts';
import { formatTime, outcomeSide } from './format.ts';
import type { Venue } from './venue.ts';

/** Values of the `status` filter and the statuses that each one means. */
export const STATUS_FILTER: Readonly<Record<string, readonly MarketStatus[]>> = {
  unopened: ['initialized'],
  open: ['active'],
  paused: ['inactive'],
  closed: ['closed', 'determined', 'disputed', 'amended'],
  settled: ['finalized'],
};

export interface SeriesDetails {
  /** null: not asked for. */
  readonly volume: Centicontracts | null;
  /** null: not known. */
  readonly updatedMs: UnixMs | null;
  readonly withMetadata: boolean;
}

export function seriesJson(series: ListedSeries, details: SeriesDetails): Record<string, unknown> {
  const { volume, updatedMs } = details;
  return {
    ticker: series.ticker,
    title: series.title,
    category: series.category,
    categories: [series.category],
    frequency: series.frequency,
    tags: series.tags,
    settlement_sources: [],
    contract_url: '',
    contract_terms_url: '',
    additional_prohibitions: [],
    fee_type: series.fees.type,
    fee_multiplier: series.fees.multiplierMillionths / 1_000_000,
    exchange_index: series.exchangeIndex,
    ...(details.withMetadata ? { product_metadata: {} } : {}),
    ...(volume === null ? {} : { volume_fp: formatQuantity(volume) }),
    ...(updatedMs === null ? {} : { last_updated_ts: formatTime(updatedMs) }),
  };
}

/** When a market last changed other than by trading. */
export function changedMs({ charts }: Venue, { listed }: MarketState): UnixMs {
  return charts.changedMs(listed.ticker) ?? listed.createdMs;
}

export function eventJson(venue: Venue, event: ListedEvent): Record<string, unknown> {
  const { engine } = venue;
  const series = engine.series(event.series);
  const markets = engine.eventMarkets(event.ticker);
  const updatedMs = Math.max(...markets.map((market) => changedMs(venue, market))) as UnixMs;
  return {
    event_ticker: event.ticker,
    series_ticker: event.series,
    title: event.title,
    sub_title: event.subTitle,
    category: series?.category ?? '',
    collateral_return_type: event.mutuallyExclusive ? 'MECNET' : '',
    mutually_exclusive: event.mutuallyExclusive,
    settlement_sources: [],
    exchange_index: series?.exchangeIndex ?? 0,
    ...(markets.length === 0 ? {} : { last_updated_ts: formatTime(updatedMs) }),
    ...(event.feeOverride === null
      ? {}
      : {
          fee_type_override: event.feeOverride.type,
          fee_multiplier_override: event.feeOverride.multiplierMillionths / 1_000_000,
        }),
  };
}

/**
 * The touch in the wire's terms. An empty side looks different before a market's first quote (ask 0) and after (ask 1):
 * only the sizes say reliably that nobody quotes.
 */
export function touchJson(bid: Level | null, ask: Level | null, everQuoted: boolean) {
  const bidPrice = bid?.[0] ?? (0 as Centicents);
  const askPrice = ask?.[0] ?? (everQuoted ? DOLLAR : (0 as Centicents));
  return {
    bidPrice,
    askPrice,
    bidSize: bid?.[1] ?? ZERO_QUANTITY,
    askSize: ask?.[1] ?? ZERO_QUANTITY,
  };
}

export function priceRangesJson(market: ListedMarket): { start: string; end: string; step: string }[] {
  return market.grid.ranges.map(({ start, end, step }) => ({
    start: formatPrice(start),
    end: formatPrice(end),
    step: formatPrice(step),
  }));
}

export function marketJson(venue: Venue, state: MarketState): Record<string, unknown> {
  const { engine, charts } = venue;
  const market = state.listed;
  const isQuoted = venue.wasQuoted(market.ticker);
  const touch = touchJson(engine.bestBid(market.ticker), engine.bestAsk(market.ticker), isQuoted);
  const before = charts.dayBefore(market.ticker, venue.market.now());
  const closeTime = formatTime(market.closeMs);
  return {
    ticker: market.ticker,
    event_ticker: market.event,
    market_type: market.kind,
    title: market.title,
    yes_sub_title: market.yesSubTitle,
    no_sub_title: market.noSubTitle,
    created_time: formatTime(market.createdMs),
    updated_time: formatTime(changedMs(venue, state)),
    open_time: formatTime(market.openMs),
    close_time: closeTime,
    expiration_time: closeTime,
    latest_expiration_time: closeTime,
    expected_expiration_time: formatTime(market.expectedExpirationMs),
    settlement_timer_seconds: market.settlementTimerSeconds,
    status: state.status,
    yes_bid_dollars: formatPrice(touch.bidPrice),
    yes_ask_dollars: formatPrice(touch.askPrice),
    no_bid_dollars: formatPrice(complement(touch.askPrice)),
    no_ask_dollars: formatPrice(complement(touch.bidPrice)),
    yes_bid_size_fp: formatQuantity(touch.bidSize),
    yes_ask_size_fp: formatQuantity(touch.askSize),
    last_price_dollars: formatPrice(state.lastPrice ?? (0 as Centicents)),
    // A day ago; all 0 for what nobody quoted then.
    previous_yes_bid_dollars: formatPrice(before?.bid ?? (0 as Centicents)),
    previous_yes_ask_dollars: formatPrice(before?.ask ?? (0 as Centicents)),
    previous_price_dollars: formatPrice(before?.price ?? (0 as Centicents)),
    volume_fp: formatQuantity(state.volume),
    volume_24h_fp: formatQuantity(state.volume24h),
    open_interest_fp: formatQuantity(state.openInterest),
    notional_value_dollars: '1.0000',
    result: state.result ?? '',
    can_close_early: true,
    expiration_value: '',
    rules_primary: market.rulesPrimary,
    rules_secondary: market.rulesSecondary ?? '',
    price_level_structure: market.gridLabel,
    price_ranges: priceRangesJson(market),
    settlement_bounds_type: 'default',
    exchange_index: market.exchangeIndex,
    ...strikeJson(market),
    ...(state.settlementValue === null ? {} : { settlement_value_dollars: formatPrice(state.settlementValue) }),
    ...(state.settledMs === null ? {} : { settlement_ts: formatTime(state.settledMs) }),
  };
}

export function strikeJson(market: ListedMarket): Record<string, unknown> {
  return {
    ...(market.strikeType === null ? {} : { strike_type: market.strikeType }),
    ...(market.floorStrike === null ? {} : { floor_strike: market.floorStrike }),
    ...(market.capStrike === null ? {} : { cap_strike: market.capStrike }),
  };
}

export type LevelJson = readonly [price: string, quantity: string];

function levelJson([price, quantity]: Level): LevelJson {
  return [formatPrice(price), formatQuantity(quantity)];
}

/** Bids of the yes leg, ascending: the best is last. */
export function yesLevels(bids: readonly Level[], depth = 0): LevelJson[] {
  return deepest(bids, depth).map(levelJson);
}

/** Bids of the no leg (the asks, mirrored), ascending on the no scale, or with `yesScale` prices as the asks have them. */
export function noLevels(asks: readonly Level[], depth = 0, yesScale = false): LevelJson[] {
  if (yesScale) return asks.map(levelJson);
  return deepest(
    asks.toReversed().map(([price, quantity]): Level => [complement(price), quantity]),
    depth,
  ).map(levelJson);
}

/** The `depth` best of an ascending side; all of them for 0. */
function deepest(levels: readonly Level[], depth: number): readonly Level[] {
  return depth > 0 ? levels.slice(-depth) : levels;
}

export function bookJson(engine: Engine, market: Ticker, depth: number): Record<string, unknown> {
  const { bids, asks } = engine.book(market);
  return { yes_dollars: yesLevels(bids, depth), no_dollars: noLevels(asks, depth) };
}

export function tradeJson(trade: EngineTrade): Record<string, unknown> {
  return {
    trade_id: trade.tradeId,
    ticker: trade.market,
    count_fp: formatQuantity(trade.quantity),
    yes_price_dollars: formatPrice(trade.price),
    no_price_dollars: formatPrice(complement(trade.price)),
    taker_side: outcomeSide(trade.takerSide),
    taker_outcome_side: outcomeSide(trade.takerSide),
    taker_book_side: trade.takerSide,
    created_time: formatTime(trade.atMs),
    is_block_trade: false,
  };
}

/** Whole dollars at the venue's $0.50 a contract, cut off: how it counts dollar volume and dollar open interest. */
export function halfDollars(quantity: Centicontracts): number {
  return Math.floor(quantity / 200);
}
