/**
 * Frames → events, by hand: a schema library would cost more than the parsing itself. Nothing throws and nothing is
 * defaulted; a frame that is not understood says so, with its subscription where only the body is damaged.
 * Subscriptions are made with `use_yes_price`, so the no side arrives on the yes scale already.
 */
import type { Fill } from '../../domain/fill.ts';
import type { OrderGroupId, OrderId, Ticker, TradeId } from '../../domain/ids.ts';
import { type FeeSchedule, type MarketResult, PriceGrid, type PriceRange } from '../../domain/market.ts';
import { parseMoney, type UnixMs } from '../../domain/units.ts';
import type { Channel, LifecycleEvent, OrderGroupEvent, StreamEvent } from '../port.ts';
import {
  bodyOf,
  clientOrderIdOf,
  executedOf,
  type Fields,
  fail,
  integer,
  levelsOf,
  optionalInteger,
  optionalTime,
  priceOf,
  quantityOf,
  rawPrice,
  sideOf,
  sizeOf,
  textOf,
  tickerOf,
  timeOf,
  Unreadable,
} from './fields.ts';
import { feeMultiplier, feeType } from './wire.ts';

/**
 * An event, and beside it what the connection itself must know: a refused command may have consumed a number of its
 * subscription, and an event's new fees concern every market of it.
 */
export type Decoded =
  | StreamEvent
  | {
      readonly type: 'commandFailed';
      readonly code: number;
      readonly message: string;
      readonly subscription: number;
      readonly sequence: number;
    }
  | {
      readonly type: 'eventFeesChanged';
      readonly subscription: number;
      readonly sequence: number;
      readonly event: string;
      /** Null: back to the series' own. Undefined: half an override, whose other half is the series'. */
      readonly fees: FeeSchedule | null | undefined;
    };

export const CHANNELS: Readonly<Record<Channel, string>> = {
  book: 'orderbook_delta',
  ticker: 'ticker',
  trade: 'trade',
  fill: 'fill',
  order: 'user_orders',
  position: 'market_positions',
  orderGroup: 'order_group_updates',
  lifecycle: 'market_lifecycle_v2',
};
const CHANNEL_OF = new Map<unknown, Channel>(
  Object.entries(CHANNELS).map(([channel, name]) => [name, channel as Channel]),
);

/** After these the subscription is dead though the connection is open: channel error, buffer overflow. */
const TERMINAL_CODES: ReadonlySet<number> = new Set([10, 25]);

const ALIVE: StreamEvent = { type: 'alive' };

/** One text frame. `subaccount`: fills, orders and positions of another one are not ours to hear. */
export function decodeFrame(text: string, subaccount: number | null = null): Decoded {
  let frame: Fields;
  try {
    frame = JSON.parse(text);
  } catch {
    return { type: 'malformed', subscription: null, message: 'a frame that is not JSON' };
  }
  if (typeof frame !== 'object' || frame === null) {
    return { type: 'malformed', subscription: null, message: 'a frame that is not an object' };
  }
  const sid = frame.sid;
  try {
    switch (frame.type) {
      case 'orderbook_delta':
        return bookDelta(frame);
      case 'ticker':
        return ticker(bodyOf(frame));
      case 'trade':
        return trade(frame);
      case 'orderbook_snapshot':
        return bookSnapshot(frame);
      case 'fill': {
        const body = bodyOf(frame);
        return isForeign(body.subaccount, subaccount) ? ALIVE : { type: 'fill', fill: fill(body) };
      }
      case 'user_order': {
        const body = bodyOf(frame);
        return isForeign(body.subaccount_number, subaccount) ? ALIVE : order(body);
      }
      case 'market_position': {
        const body = bodyOf(frame);
        if (isForeign(body.subaccount, subaccount)) return ALIVE;
        const position = quantityOf(body.position_fp, 'position_fp');
        return { type: 'position', market: tickerOf(body), position };
      }
      case 'order_group_updates':
        return orderGroup(frame);
      case 'market_lifecycle_v2':
        return lifecycle(frame);
      case 'event_fee_update':
        return eventFees(frame);
      case 'subscribed':
        return subscribed(bodyOf(frame));
      case 'unsubscribed':
        return {
          type: 'unsubscribed',
          subscription: integer(frame.sid, 'sid'),
          sequence: optionalInteger(frame.seq, 'seq'),
        };
      case 'error':
        return failure(frame);
      case undefined:
        throw new Unreadable('a frame without a type');
      default:
        // Answers that say nothing else, and kinds that came after this was written.
        return sequencedOrAlive(frame);
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const subscription = typeof sid === 'number' && Number.isInteger(sid) ? sid : null;
    return { type: 'malformed', subscription, message: `${String(frame.type)}: ${error.message}` };
  }
}

function bookDelta(frame: Fields): StreamEvent {
  const body = bodyOf(frame);
  const side = body.side;
  if (side !== 'yes' && side !== 'no') throw new Unreadable('side is neither yes nor no');
  return {
    type: 'bookDelta',
    subscription: integer(frame.sid, 'sid'),
    sequence: integer(frame.seq, 'seq'),
    market: tickerOf(body),
    side: side === 'yes' ? 'bid' : 'ask',
    price: priceOf(body.price_dollars, 'price_dollars'),
    change: quantityOf(body.delta_fp, 'delta_fp'),
    atMs: timeOf(body),
    clientOrderId: clientOrderIdOf(body),
  };
}

function bookSnapshot(frame: Fields): StreamEvent {
  const body = bodyOf(frame);
  return {
    type: 'bookSnapshot',
    subscription: integer(frame.sid, 'sid'),
    sequence: integer(frame.seq, 'seq'),
    market: tickerOf(body),
    bids: levelsOf(body.yes_dollars_fp, 'yes_dollars_fp'),
    asks: levelsOf(body.no_dollars_fp, 'no_dollars_fp'),
  };
}

function ticker(body: Fields): StreamEvent {
  const bidSize = sizeOf(body.yes_bid_size_fp, 'yes_bid_size_fp');
  const askSize = sizeOf(body.yes_ask_size_fp, 'yes_ask_size_fp');
  const last = rawPrice(body.price_dollars, 'price_dollars');
  return {
    type: 'ticker',
    market: tickerOf(body),
    // The size says whether there is a quote: an empty side shows 0 or 1.
    bid: bidSize === 0 ? null : priceOf(body.yes_bid_dollars, 'yes_bid_dollars'),
    ask: askSize === 0 ? null : priceOf(body.yes_ask_dollars, 'yes_ask_dollars'),
    bidSize,
    askSize,
    lastPrice: last === 0 ? null : last,
    volume: sizeOf(body.volume_fp, 'volume_fp'),
    openInterest: sizeOf(body.open_interest_fp, 'open_interest_fp'),
    atMs: timeOf(body),
  };
}

function trade(frame: Fields): StreamEvent {
  const body = bodyOf(frame);
  return {
    type: 'trade',
    subscription: integer(frame.sid, 'sid'),
    sequence: integer(frame.seq, 'seq'),
    tradeId: textOf(body.trade_id, 'trade_id') as TradeId,
    market: tickerOf(body),
    price: priceOf(body.yes_price_dollars, 'yes_price_dollars'),
    quantity: executedOf(body),
    takerSide: sideOf(body.taker_book_side, body.taker_outcome_side ?? body.taker_side),
    atMs: timeOf(body),
  };
}

function fill(body: Fields): Fill {
  if (typeof body.is_taker !== 'boolean') throw new Unreadable('is_taker is not a boolean');
  return {
    tradeId: textOf(body.trade_id, 'trade_id') as TradeId,
    orderId: textOf(body.order_id, 'order_id') as OrderId,
    clientOrderId: clientOrderIdOf(body),
    market: tickerOf(body),
    side: sideOf(body.book_side, body.outcome_side),
    price: priceOf(body.yes_price_dollars, 'yes_price_dollars'),
    quantity: executedOf(body),
    fee: parseMoney(textOf(body.fee_cost, 'fee_cost')) ?? fail('fee_cost is not money'),
    isTaker: body.is_taker,
    atMs: timeOf(body),
    positionAfter: body.post_position_fp == null ? null : quantityOf(body.post_position_fp, 'post_position_fp'),
  };
}

function order(body: Fields): StreamEvent {
  const status = body.status;
  if (status !== 'resting' && status !== 'canceled' && status !== 'executed') {
    throw new Unreadable(`status ${JSON.stringify(status)} says nothing`);
  }
  const createdMs =
    optionalTime(body.created_ts_ms, body.created_time, 'created_time') ?? fail('created_time is missing');
  const reason = body.last_update_reason;
  return {
    type: 'order',
    order: {
      orderId: textOf(body.order_id, 'order_id') as OrderId,
      clientOrderId: clientOrderIdOf(body),
      market: textOf(body.ticker, 'ticker') as Ticker,
      exchangeIndex: body.exchange_index === undefined ? 0 : integer(body.exchange_index, 'exchange_index'),
      side: sideOf(body.book_side, body.outcome_side),
      price: priceOf(body.yes_price_dollars, 'yes_price_dollars'),
      status,
      filled: sizeOf(body.fill_count_fp, 'fill_count_fp'),
      remaining: sizeOf(body.remaining_count_fp, 'remaining_count_fp'),
      initial: sizeOf(body.initial_count_fp, 'initial_count_fp'),
      reason: typeof reason === 'string' && reason !== '' ? reason : null,
      expiresAtMs: optionalTime(body.expiration_ts_ms, body.expiration_time, 'expiration_time'),
      orderGroup:
        body.order_group_id == null || body.order_group_id === ''
          ? null
          : (textOf(body.order_group_id, 'order_group_id') as OrderGroupId),
      createdMs,
      updatedMs: optionalTime(body.last_updated_ts_ms, body.last_update_time, 'last_update_time') ?? createdMs,
    },
  };
}

function orderGroup(frame: Fields): StreamEvent {
  const body = bodyOf(frame);
  const change = orderGroupChange(body);
  if (change === null) return sequencedOrAlive(frame);
  return {
    type: 'orderGroup',
    subscription: integer(frame.sid, 'sid'),
    sequence: integer(frame.seq, 'seq'),
    orderGroup: textOf(body.order_group_id, 'order_group_id') as OrderGroupId,
    change,
    atMs: timeOf(body),
  };
}

/** Null: a kind that came after this was written. */
function orderGroupChange(body: Fields): OrderGroupEvent['change'] | null {
  const limit = () => (body.contracts_limit_fp == null ? null : sizeOf(body.contracts_limit_fp, 'contracts_limit_fp'));
  switch (body.event_type) {
    case 'created':
      return { kind: 'created', contractsLimit: limit() };
    case 'limit_updated':
      return { kind: 'limitUpdated', contractsLimit: limit() };
    case 'triggered':
    case 'reset':
    case 'deleted':
      return { kind: body.event_type };
    default:
      return null;
  }
}

function lifecycle(frame: Fields): StreamEvent {
  const body = bodyOf(frame);
  const change = lifecycleChange(body);
  if (change === null) return sequencedOrAlive(frame);
  return {
    type: 'lifecycle',
    subscription: integer(frame.sid, 'sid'),
    sequence: integer(frame.seq, 'seq'),
    market: tickerOf(body),
    change,
  };
}

/** Null: a kind that came after this was written. */
function lifecycleChange(body: Fields): LifecycleEvent['change'] | null {
  switch (body.event_type) {
    case 'created':
    case 'activated':
    case 'deactivated':
    case 'settled':
      return { kind: body.event_type };
    case 'metadata_updated':
      return { kind: 'metadataUpdated' };
    case 'close_date_updated':
      return { kind: 'closeMoved', closeMs: (integer(body.close_ts, 'close_ts') * 1000) as UnixMs };
    case 'determined': {
      const result = body.result;
      if (result !== 'yes' && result !== 'no' && result !== 'scalar') throw new Unreadable('a result that is none');
      return {
        kind: 'determined',
        result: result satisfies MarketResult,
        value: body.settlement_value == null ? null : rawPrice(body.settlement_value, 'settlement_value'),
      };
    }
    case 'price_level_structure_updated':
      return { kind: 'gridChanged', grid: gridOf(body.price_ranges) };
    default:
      return null;
  }
}

function eventFees(frame: Fields): Decoded {
  const body = bodyOf(frame);
  const subscription = integer(frame.sid, 'sid');
  const sequence = integer(frame.seq, 'seq');
  const event = textOf(body.event_ticker, 'event_ticker');
  const type = feeType.nullish().safeParse(body.fee_type_override);
  const multiplier = feeMultiplier.nullish().safeParse(body.fee_multiplier_override);
  if (!type.success || !multiplier.success) throw new Unreadable('a fee override that is none');
  let fees: FeeSchedule | null | undefined;
  if (type.data == null && multiplier.data == null) fees = null;
  else if (type.data != null && multiplier.data != null) {
    fees = { type: type.data, multiplierMillionths: multiplier.data };
  }
  return { type: 'eventFeesChanged', subscription, sequence, event, fees };
}

function subscribed(body: Fields): StreamEvent {
  const subscription = integer(body.sid, 'sid');
  const channel = CHANNEL_OF.get(body.channel);
  return channel === undefined ? ALIVE : { type: 'subscribed', channel, subscription };
}

function failure(frame: Fields): Decoded {
  const body = bodyOf(frame);
  const code = integer(body.code, 'code');
  const message = typeof body.msg === 'string' ? body.msg : '';
  if (TERMINAL_CODES.has(code) && typeof frame.sid === 'number') {
    return { type: 'subscriptionLost', subscription: integer(frame.sid, 'sid'), code, message };
  }
  if (frame.sid === undefined || frame.seq === undefined) return { type: 'commandFailed', code, message };
  const subscription = integer(frame.sid, 'sid');
  return { type: 'commandFailed', code, message, subscription, sequence: integer(frame.seq, 'seq') };
}

function sequencedOrAlive(frame: Fields): StreamEvent {
  if (frame.seq === undefined || frame.sid === undefined) return ALIVE;
  return { type: 'sequenced', subscription: integer(frame.sid, 'sid'), sequence: integer(frame.seq, 'seq') };
}

function isForeign(theirs: unknown, ours: number | null): boolean {
  return ours !== null && typeof theirs === 'number' && theirs !== ours;
}

function gridOf(ranges: unknown): PriceGrid {
  if (!Array.isArray(ranges)) throw new Unreadable('price_ranges is not a list');
  const read = ranges.map((range: Fields | null): PriceRange => {
    if (typeof range !== 'object' || range === null) throw new Unreadable('a price range that is none');
    return {
      start: rawPrice(range.start, 'start'),
      end: rawPrice(range.end, 'end'),
      step: rawPrice(range.step, 'step'),
    };
  });
  try {
    return new PriceGrid(read.sort((a, b) => a.start - b.start));
  } catch {
    throw new Unreadable('price ranges that make no grid');
  }
}
