/** An account's orders, fills, positions and settlements as the wire shows them. */
import type { EventTicker, Ticker } from '../../../domain/ids.ts';
import {
  type Centicontracts,
  complement,
  formatMoney,
  formatPrice,
  formatQuantity,
  type Microdollars,
} from '../../../domain/units.ts';
import type { EngineFill, EngineOrder, EnginePosition, EngineSettlement } from '../model.ts';
import { formatTime, outcomeSide, seconds, wholeCents } from './format.ts';
import { userIdOf } from './user-id.ts';

export function orderJson(order: EngineOrder): Record<string, unknown> {
  return {
    order_id: order.orderId,
    user_id: userIdOf(order.user),
    client_order_id: order.clientOrderId ?? '',
    ticker: order.market,
    exchange_index: order.exchangeIndex,
    type: 'limit',
    status: order.status,
    // The legacy pair names the yes leg of either side: an ask is "sell yes".
    side: 'yes',
    action: order.side === 'bid' ? 'buy' : 'sell',
    outcome_side: outcomeSide(order.side),
    book_side: order.side,
    yes_price_dollars: formatPrice(order.price),
    no_price_dollars: formatPrice(complement(order.price)),
    initial_count_fp: formatQuantity(order.initial),
    fill_count_fp: formatQuantity(order.filled),
    remaining_count_fp: formatQuantity(order.remaining),
    ...executionJson(order),
    self_trade_prevention_type: order.selfTrade,
    subaccount_number: 0,
    created_time: formatTime(order.createdMs),
    last_update_time: formatTime(order.updatedMs),
    ...(order.expiresAtMs === null ? {} : { expiration_time: formatTime(order.expiresAtMs) }),
    ...(order.groupId === null ? {} : { order_group_id: order.groupId }),
    ...(order.cancelOnPause ? { cancel_order_on_pause: true } : {}),
  };
}

export function executionJson(order: EngineOrder): Record<string, string> {
  return {
    taker_fill_cost_dollars: formatMoney(order.takerCost),
    maker_fill_cost_dollars: formatMoney(order.makerCost),
    taker_fees_dollars: formatMoney(order.takerFees),
    maker_fees_dollars: formatMoney(order.makerFees),
  };
}

/** A listing's fill carries no client order id. */
export function fillJson(fill: EngineFill): Record<string, unknown> {
  return {
    fill_id: fill.tradeId,
    trade_id: fill.tradeId,
    order_id: fill.orderId,
    ticker: fill.market,
    market_ticker: fill.market,
    exchange_index: fill.exchangeIndex,
    side: 'yes',
    action: fill.side === 'bid' ? 'buy' : 'sell',
    outcome_side: outcomeSide(fill.side),
    book_side: fill.side,
    count_fp: formatQuantity(fill.quantity),
    yes_price_dollars: formatPrice(fill.price),
    no_price_dollars: formatPrice(complement(fill.price)),
    is_taker: fill.isTaker,
    fee_cost: formatMoney(fill.fee),
    created_time: formatTime(fill.atMs),
    ts: seconds(fill.atMs),
    subaccount_number: 0,
  };
}

export function positionJson(position: EnginePosition): Record<string, unknown> {
  return {
    ticker: position.market,
    exchange_index: position.exchangeIndex,
    position_fp: formatQuantity(position.quantity),
    total_traded_dollars: formatMoney(position.totalTraded),
    market_exposure_dollars: formatMoney(position.cost),
    realized_pnl_dollars: formatMoney(position.realizedPnl),
    fees_paid_dollars: formatMoney(position.fees),
    last_updated_ts: formatTime(position.updatedMs),
  };
}

/** Positions of one event added up; `traded` is the number of contracts traded in a market. */
export function eventPositionJson(
  event: EventTicker,
  positions: readonly EnginePosition[],
  traded: (market: Ticker) => Centicontracts,
): Record<string, unknown> {
  const sum = (value: (position: EnginePosition) => number): number =>
    positions.reduce((total, position) => total + value(position), 0);
  return {
    event_ticker: event,
    total_cost_dollars: formatMoney(sum((position) => position.totalTraded) as Microdollars),
    total_cost_shares_fp: formatQuantity(sum((position) => traded(position.market)) as Centicontracts),
    event_exposure_dollars: formatMoney(sum((position) => position.cost) as Microdollars),
    realized_pnl_dollars: formatMoney(sum((position) => position.realizedPnl) as Microdollars),
    fees_paid_dollars: formatMoney(sum((position) => position.fees) as Microdollars),
  };
}

export function settlementJson(settlement: EngineSettlement): Record<string, unknown> {
  return {
    ticker: settlement.market,
    event_ticker: settlement.event,
    exchange_index: settlement.exchangeIndex,
    market_result: settlement.result,
    yes_count_fp: formatQuantity(settlement.yesQuantity),
    yes_total_cost_dollars: formatMoney(settlement.yesCost),
    no_count_fp: formatQuantity(settlement.noQuantity),
    no_total_cost_dollars: formatMoney(settlement.noCost),
    revenue: wholeCents(settlement.revenue),
    settled_time: formatTime(settlement.atMs),
    fee_cost: formatMoney(settlement.feesPaid),
    value: Math.trunc(settlement.value / 100),
  };
}
