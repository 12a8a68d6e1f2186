/** Bodies (`msg`) of the stream's messages. */
import {
  type Centicents,
  type Centicontracts,
  complement,
  formatMoney,
  formatPrice,
  formatQuantity,
  type UnixMs,
} from '../../../domain/units.ts';
import type { FeeChange } from '../fee-model.ts';
import type { GroupChange } from '../group-model.ts';
import type {
  Engine,
  EngineEvent,
  EngineFill,
  EngineOrder,
  EnginePosition,
  EngineTrade,
  ListedEvent,
  ListedMarket,
  MarketState,
} from '../model.ts';
import { halfDollars, noLevels, priceRangesJson, strikeJson, touchJson, yesLevels } from './catalogue-json.ts';
import { formatTime, milliseconds, outcomeSide, seconds } from './format.ts';
import { executionJson } from './portfolio-json.ts';
import { userIdOf } from './user-id.ts';

type BookEvent = Extract<EngineEvent, { type: 'book' }>;

/** An empty side has no key at all. */
export function snapshotBody(engine: Engine, market: ListedMarket, useYesPrice: boolean): Record<string, unknown> {
  const { bids, asks } = engine.book(market.ticker);
  return {
    market_ticker: market.ticker,
    market_id: market.marketId,
    ...(bids.length === 0 ? {} : { yes_dollars_fp: yesLevels(bids) }),
    ...(asks.length === 0 ? {} : { no_dollars_fp: noLevels(asks, 0, useYesPrice) }),
  };
}

/** `own`: the listener's own order caused it. */
export function deltaBody(event: BookEvent, market: ListedMarket, useYesPrice: boolean, own: boolean) {
  const price = event.side === 'bid' || useYesPrice ? event.price : complement(event.price);
  return {
    market_ticker: event.market,
    market_id: market.marketId,
    price_dollars: formatPrice(price),
    delta_fp: formatQuantity(event.change),
    side: outcomeSide(event.side),
    ...(own && event.clientOrderId !== null ? { client_order_id: event.clientOrderId, subaccount: 0 } : {}),
    ts: formatTime(event.atMs),
    ts_ms: milliseconds(event.atMs),
  };
}

export function tickerBody(engine: Engine, state: MarketState, everQuoted: boolean, atMs: UnixMs) {
  const { ticker, marketId } = state.listed;
  const touch = touchJson(engine.bestBid(ticker), engine.bestAsk(ticker), everQuoted);
  return {
    market_id: marketId,
    market_ticker: ticker,
    price_dollars: formatPrice(state.lastPrice ?? (0 as Centicents)),
    yes_bid_dollars: formatPrice(touch.bidPrice),
    yes_ask_dollars: formatPrice(touch.askPrice),
    volume_fp: formatQuantity(state.volume),
    open_interest_fp: formatQuantity(state.openInterest),
    dollar_volume: halfDollars(state.volume),
    dollar_open_interest: halfDollars(state.openInterest),
    yes_bid_size_fp: formatQuantity(touch.bidSize),
    yes_ask_size_fp: formatQuantity(touch.askSize),
    last_trade_size_fp: formatQuantity(state.lastTradeQuantity),
    ts: Math.floor(atMs / 1000),
    ts_ms: Math.floor(atMs),
    time: formatTime(atMs),
  };
}

export function tradeBody(trade: EngineTrade) {
  return {
    trade_id: trade.tradeId,
    market_ticker: trade.market,
    yes_price_dollars: formatPrice(trade.price),
    no_price_dollars: formatPrice(complement(trade.price)),
    count_fp: formatQuantity(trade.quantity),
    taker_side: outcomeSide(trade.takerSide),
    taker_outcome_side: outcomeSide(trade.takerSide),
    taker_book_side: trade.takerSide,
    is_block_trade: false,
    ts: seconds(trade.atMs),
    ts_ms: milliseconds(trade.atMs),
  };
}

/** On the stream the legacy pair says which outcome was bought: an ask is "buy no". */
export function fillBody(fill: EngineFill) {
  const outcome = outcomeSide(fill.side);
  return {
    trade_id: fill.tradeId,
    order_id: fill.orderId,
    ...(fill.clientOrderId === null ? {} : { client_order_id: fill.clientOrderId }),
    market_ticker: fill.market,
    exchange_index: fill.exchangeIndex,
    is_taker: fill.isTaker,
    side: outcome,
    yes_price_dollars: formatPrice(fill.price),
    count_fp: formatQuantity(fill.quantity),
    fee_cost: formatMoney(fill.fee),
    action: 'buy',
    ts: seconds(fill.atMs),
    ts_ms: milliseconds(fill.atMs),
    post_position_fp: formatQuantity(fill.positionAfter),
    purchased_side: outcome,
    outcome_side: outcome,
    book_side: fill.side,
    subaccount: 0,
  };
}

export function userOrderBody(order: EngineOrder) {
  const outcome = outcomeSide(order.side);
  const isUpdate = order.updateReason !== null || order.updatedMs !== order.createdMs;
  return {
    order_id: order.orderId,
    user_id: userIdOf(order.user),
    ticker: order.market,
    exchange_index: order.exchangeIndex,
    status: order.status,
    side: outcome,
    is_yes: outcome === 'yes',
    outcome_side: outcome,
    book_side: order.side,
    yes_price_dollars: formatPrice(order.price),
    fill_count_fp: formatQuantity(order.filled),
    remaining_count_fp: formatQuantity(order.remaining),
    initial_count_fp: formatQuantity(order.initial),
    ...executionJson(order),
    client_order_id: order.clientOrderId ?? '',
    ...(order.groupId === null ? {} : { order_group_id: order.groupId }),
    self_trade_prevention_type: order.selfTrade,
    created_time: formatTime(order.createdMs),
    created_ts_ms: milliseconds(order.createdMs),
    ...(isUpdate
      ? { last_update_time: formatTime(order.updatedMs), last_updated_ts_ms: milliseconds(order.updatedMs) }
      : {}),
    ...(order.updateReason === null ? {} : { last_update_reason: order.updateReason }),
    ...(order.expiresAtMs === null
      ? {}
      : { expiration_time: formatTime(order.expiresAtMs), expiration_ts_ms: milliseconds(order.expiresAtMs) }),
    subaccount_number: 0,
  };
}

const GROUP_EVENT: Readonly<Record<GroupChange, string>> = {
  created: 'created',
  triggered: 'triggered',
  reset: 'reset',
  deleted: 'deleted',
  limitUpdated: 'limit_updated',
};

export function orderGroupBody({ group, change, limit, atMs }: Extract<EngineEvent, { type: 'orderGroup' }>) {
  return {
    event_type: GROUP_EVENT[change],
    order_group_id: group,
    ...(limit === null ? {} : { contracts_limit_fp: formatQuantity(limit) }),
    ts_ms: milliseconds(atMs),
  };
}

export function positionBody(user: string, position: EnginePosition, traded: Centicontracts) {
  return {
    user_id: userIdOf(user),
    market_ticker: position.market,
    position_fp: formatQuantity(position.quantity),
    position_cost_dollars: formatMoney(position.cost),
    realized_pnl_dollars: formatMoney(position.realizedPnl),
    fees_paid_dollars: formatMoney(position.fees),
    position_fee_cost_dollars: formatMoney(position.fees),
    volume_fp: formatQuantity(traded),
  };
}

export function createdBody(market: ListedMarket) {
  return {
    market_ticker: market.ticker,
    exchange_index: market.exchangeIndex,
    open_ts: seconds(market.openMs),
    close_ts: seconds(market.closeMs),
    additional_metadata: {
      name: market.yesSubTitle,
      title: market.title,
      yes_sub_title: market.yesSubTitle,
      no_sub_title: market.noSubTitle,
      rules_primary: market.rulesPrimary,
      rules_secondary: market.rulesSecondary ?? '',
      can_close_early: true,
      event_ticker: market.event,
      expected_expiration_ts: seconds(market.expectedExpirationMs),
      ...strikeJson(market),
    },
    event_type: 'created',
    price_level_structure: market.gridLabel,
    price_ranges: priceRangesJson(market),
  };
}

export function eventLifecycleBody(event: ListedEvent, exchangeIndex: number) {
  return {
    event_ticker: event.ticker,
    exchange_index: exchangeIndex,
    title: event.title,
    subtitle: event.subTitle,
    collateral_return_type: event.mutuallyExclusive ? 'MECNET' : '',
    series_ticker: event.series,
  };
}

/** Says only what is another than before. */
export function metadataBody({ market, metadata }: Extract<EngineEvent, { type: 'metadata' }>) {
  const { yesSubTitle, strikeType, floorStrike, capStrike } = metadata;
  return {
    market_ticker: market,
    event_type: 'metadata_updated',
    ...(strikeType === undefined ? {} : { strike_type: strikeType }),
    ...(floorStrike === undefined ? {} : { floor_strike: floorStrike }),
    ...(capStrike === undefined ? {} : { cap_strike: capStrike }),
    ...(yesSubTitle === undefined ? {} : { yes_sub_title: yesSubTitle }),
  };
}

/** An override of an event's fees, set or (null) taken back. */
export function eventFeesBody({ event, fees }: FeeChange) {
  return {
    event_ticker: event,
    fee_type_override: fees?.type ?? null,
    fee_multiplier_override: fees === null ? null : fees.multiplierMillionths / 1_000_000,
  };
}

type LifecycleEvent = Extract<EngineEvent, { type: 'lifecycle' }>;

/** null for what the venue does not announce: a market's close by time (and its opening, which the hub keeps back). */
export function lifecycleBody(change: LifecycleEvent['change'], state: MarketState, atMs: LifecycleEvent['atMs']) {
  const market_ticker = state.listed.ticker;
  switch (change) {
    case 'created':
      return createdBody(state.listed);
    case 'activated':
      return { market_ticker, event_type: 'activated', is_deactivated: false };
    case 'deactivated':
      return { market_ticker, event_type: 'deactivated', is_deactivated: true };
    case 'closeMoved':
      return { market_ticker, event_type: 'close_date_updated', close_ts: seconds(state.listed.closeMs) };
    case 'closed':
      return null;
    case 'determined':
      return {
        market_ticker,
        event_type: 'determined',
        result: state.result ?? '',
        determination_ts: seconds(atMs),
        ...(state.settlementValue === null ? {} : { settlement_value: formatPrice(state.settlementValue) }),
      };
    case 'settled':
      return { market_ticker, event_type: 'settled', settled_ts: seconds(state.settledMs ?? atMs) };
    case 'gridChanged':
      return {
        market_ticker,
        event_type: 'price_level_structure_updated',
        price_level_structure: state.listed.gridLabel,
        price_ranges: priceRangesJson(state.listed),
      };
  }
}
