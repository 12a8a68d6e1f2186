/** Order requests read from JSON: wire names and text in, the engine's commands out. */
import { type ClientOrderId, named, type OrderId, type Ticker } from '../../../domain/ids.ts';
import type { TimeInForce } from '../../../domain/order.ts';
import {
  type Centicents,
  type Centicontracts,
  parsePrice,
  parseQuantity,
  type UnixMs,
  unixMs,
} from '../../../domain/units.ts';
import type { AmendOrder, NewOrder } from '../model.ts';
import type { Body, Fields } from './body.ts';
import { exchangeError } from './errors.ts';
import { requirePrimary } from './subaccount.ts';

const CLIENT_ORDER_ID_LENGTH_MAX = 64;

const TIME_IN_FORCE: Readonly<Record<string, TimeInForce>> = {
  good_till_canceled: 'goodTillCanceled',
  immediate_or_cancel: 'immediateOrCancel',
  fill_or_kill: 'fillOrKill',
};
const TIMES_IN_FORCE = Object.keys(TIME_IN_FORCE);

export const CREATE_FIELDS: Fields = {
  ticker: 'string',
  side: 'string',
  count: 'string',
  price: 'string',
  time_in_force: 'string',
  self_trade_prevention_type: 'string',
  client_order_id: 'string',
  expiration_time: 'int',
  post_only: 'bool',
  reduce_only: 'bool',
  cancel_order_on_pause: 'bool',
  subaccount: 'int',
  order_group_id: 'string',
  exchange_index: 'int',
};
export const AMEND_FIELDS: Fields = {
  ticker: 'string',
  side: 'string',
  price: 'string',
  count: 'string',
  client_order_id: 'string',
  updated_client_order_id: 'string',
  expiration_time: 'int',
  exchange_index: 'int',
};
export const DECREASE_FIELDS: Fields = {
  reduce_by: 'string',
  reduce_to: 'string',
  exchange_index: 'int',
  market_ticker: 'string',
};
export const CANCEL_ITEM_FIELDS: Fields = {
  order_id: 'string',
  subaccount: 'int',
  exchange_index: 'int',
  market_ticker: 'string',
};

export interface CreateRequest {
  readonly order: NewOrder;
  readonly exchangeIndex: number | null;
}

/** Of a body whose types were checked already: a mistyped field fails even a whole batch. */
export function readCreate(body: Body, nowMs: UnixMs): CreateRequest {
  const market = body.text('ticker');
  const price = body.text('price');
  const count = body.text('count');
  const clientOrderId = body.text('client_order_id');
  const groupId = body.text('order_group_id');
  const expirationSeconds = body.integer('expiration_time');
  const subaccount = body.integer('subaccount');
  const exchangeIndex = body.integer('exchange_index');
  const postOnly = body.flag('post_only');
  const reduceOnly = body.flag('reduce_only');
  const cancelOnPause = body.flag('cancel_order_on_pause');

  if (market === null || market === '') body.requiredText('ticker');
  const side = body.oneOf('side', ['bid', 'ask'] as const);
  const timeInForce = TIME_IN_FORCE[body.oneOf('time_in_force', TIMES_IN_FORCE)]!;
  const selfTrade = body.oneOf('self_trade_prevention_type', ['taker_at_cross', 'maker'] as const);
  requirePrimary(subaccount);
  if (reduceOnly && timeInForce !== 'immediateOrCancel') {
    throw exchangeError(400, 'invalid_parameters', 'reduce_only requires immediate_or_cancel');
  }
  return {
    exchangeIndex,
    order: {
      market: named<Ticker>(body.requiredText('ticker')),
      side,
      price: readPrice(price ?? body.requiredText('price')),
      quantity: readQuantity(count ?? body.requiredText('count')),
      timeInForce,
      selfTrade,
      clientOrderId: readClientOrderId(clientOrderId),
      expiresAtMs: readExpiration(expirationSeconds, timeInForce, nowMs),
      postOnly,
      reduceOnly,
      cancelOnPause,
      groupId: groupId === '' ? null : groupId,
    },
  };
}

export interface AmendRequest {
  readonly amend: AmendOrder;
  readonly exchangeIndex: number | null;
}

export function readAmend(body: Body, nowMs: UnixMs): AmendRequest {
  const price = body.text('price');
  const count = body.text('count');
  const clientOrderId = readClientOrderId(body.text('client_order_id'));
  const updatedClientOrderId = readClientOrderId(body.text('updated_client_order_id'));
  const expirationSeconds = body.integer('expiration_time');
  const exchangeIndex = body.integer('exchange_index');
  const market = named<Ticker>(body.requiredText('ticker'));
  const side = body.oneOf('side', ['bid', 'ask'] as const);
  return {
    exchangeIndex,
    amend: {
      market,
      side,
      price: readPrice(price ?? body.requiredText('price')),
      quantity: readQuantity(count ?? body.requiredText('count')),
      ...(expirationSeconds === null
        ? {}
        : { expiresAtMs: readExpiration(expirationSeconds, 'goodTillCanceled', nowMs) }),
      ...(clientOrderId === null ? {} : { clientOrderId }),
      ...(updatedClientOrderId === null ? {} : { updatedClientOrderId }),
    },
  };
}

export interface DecreaseRequest {
  readonly by: Centicontracts | null;
  readonly to: Centicontracts | null;
  readonly exchangeIndex: number | null;
  readonly market: string | null;
}

export function readDecrease(body: Body): DecreaseRequest {
  const by = body.text('reduce_by');
  const to = body.text('reduce_to');
  const exchangeIndex = body.integer('exchange_index');
  const market = body.text('market_ticker');
  if ((by === null) === (to === null)) {
    throw exchangeError(400, 'invalid_parameters', 'exactly one of reduce_by and reduce_to is required');
  }
  return {
    by: by === null ? null : readQuantity(by),
    to: to === null ? null : readQuantity(to, { zero: true }),
    exchangeIndex,
    market,
  };
}

/** An order addressed for a cancel; the engine alone knows whether it exists. */
export interface CancelRequest {
  readonly orderId: OrderId;
  readonly exchangeIndex: number | null;
  readonly market: string | null;
}

export function readCancelItem(body: Body): CancelRequest {
  const subaccount = body.integer('subaccount');
  const exchangeIndex = body.integer('exchange_index');
  const market = body.text('market_ticker');
  const orderId = named<OrderId>(body.text('order_id') ?? '');
  requirePrimary(subaccount);
  return { orderId, exchangeIndex, market };
}

function readPrice(text: string): Centicents {
  const price = parsePrice(text);
  if (price === null) throw exchangeError(400, 'invalid_price');
  return price;
}

function readQuantity(text: string, options: { zero?: boolean } = {}): Centicontracts {
  const quantity = parseQuantity(text);
  if (quantity === null || quantity < 0 || (quantity === 0 && options.zero !== true)) {
    throw exchangeError(400, 'invalid_order_size');
  }
  return quantity;
}

function readClientOrderId(text: string | null): ClientOrderId | null {
  if (text === null || text === '') return null;
  if (text.length > CLIENT_ORDER_ID_LENGTH_MAX) {
    throw exchangeError(
      400,
      'invalid_parameters',
      `client_order_id must have at most ${CLIENT_ORDER_ID_LENGTH_MAX} characters`,
    );
  }
  return named<ClientOrderId>(text);
}

/** Unix seconds of market time; 0 means none (in an amend: cleared). */
function readExpiration(seconds: number | null, timeInForce: TimeInForce, nowMs: UnixMs): UnixMs | null {
  if (seconds === null || seconds === 0) return null;
  if (timeInForce !== 'goodTillCanceled') {
    throw exchangeError(400, 'invalid_parameters', 'expiration_time requires good_till_canceled');
  }
  if (seconds * 1000 <= nowMs) {
    throw exchangeError(400, 'invalid_parameters', 'expiration_time must be in the future');
  }
  return unixMs(seconds * 1000);
}
