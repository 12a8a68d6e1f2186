/** Order writes: create, cancel, amend, decrease, batches, cancel-all. */
import { named, type OrderId, type Ticker } from '../../../domain/ids.ts';
import { type Centicontracts, formatQuantity } from '../../../domain/units.ts';
import type { CancelAccepted, CreateAccepted, EngineOrder, UserId } from '../model.ts';
import { Body } from './body.ts';
import { exchangeError, notFound, refusal, VenueError } from './errors.ts';
import { averages, milliseconds, totalQuantity } from './format.ts';
import {
  AMEND_FIELDS,
  CANCEL_ITEM_FIELDS,
  type CancelRequest,
  CREATE_FIELDS,
  type CreateRequest,
  DECREASE_FIELDS,
  readAmend,
  readCancelItem,
  readCreate,
  readDecrease,
} from './order-requests.ts';
import { Query } from './query.ts';
import { COST_CANCEL, COST_DEFAULT, SHARDS, type WriteScope } from './rate-limits.ts';
import { requirePrimary } from './subaccount.ts';
import { billWrite, type Call, ok, type Reply, type Route, userOf, type Venue } from './venue.ts';

const ORDERS = '/portfolio/events/orders';

export const orderRoutes: readonly Route[] = [
  route('POST', ORDERS, createOrder),
  route('DELETE', ORDERS, cancelAll),
  route('POST', `${ORDERS}/batched`, createBatch),
  route('DELETE', `${ORDERS}/batched`, cancelBatch),
  route('DELETE', `${ORDERS}/:order`, cancelOrder),
  route('POST', `${ORDERS}/:order/amend`, amendOrder),
  route('POST', `${ORDERS}/:order/decrease`, decreaseOrder),
  // The write paths of the first version are gone for good.
  ...(
    [
      ['POST', '/portfolio/orders'],
      ['DELETE', '/portfolio/orders'],
      ['POST', '/portfolio/orders/batched'],
      ['DELETE', '/portfolio/orders/batched'],
      ['DELETE', '/portfolio/orders/:order'],
      ['POST', '/portfolio/orders/:order/amend'],
      ['POST', '/portfolio/orders/:order/decrease'],
    ] as const
  ).map(([method, path]) =>
    route(method, path, () => {
      throw exchangeError(410, 'deprecated_v1_order_endpoint');
    }),
  ),
];

function route(method: Route['method'], path: string, handle: Route['handle']): Route {
  return { method, path, access: 'private', readCost: null, handle };
}

/** A named shard bills its own bucket; no name, or −1, bills all of them. */
function scopeOf(exchangeIndex: number | null): WriteScope {
  if (exchangeIndex === null || exchangeIndex === -1) return 'auto';
  if (!(SHARDS as readonly number[]).includes(exchangeIndex)) {
    throw exchangeError(400, 'invalid_parameters', `exchange_index ${exchangeIndex} does not exist`);
  }
  return exchangeIndex;
}

/** Bills a request whose body names the shard, before the body is judged. */
function billByBody(venue: Venue, call: Call, body: Body, cost: number): void {
  billWrite(venue, call, cost, scopeOf(body.integer('exchange_index')));
}

function createOrder(venue: Venue, call: Call): Reply {
  const body = Body.parse('CreateOrderV2Request', call.text, CREATE_FIELDS);
  billByBody(venue, call, body, COST_DEFAULT);
  const accepted = create(venue, userOf(call), readCreate(body, venue.market.now()));
  return { status: 201, body: createdJson(accepted) };
}

function create(venue: Venue, user: UserId, request: CreateRequest): CreateAccepted {
  const { order } = request;
  const listed = venue.engine.market(order.market)?.listed;
  const wanted = scopeOf(request.exchangeIndex);
  if (listed === undefined || (wanted !== 'auto' && wanted !== listed.exchangeIndex)) {
    throw exchangeError(404, 'market_not_found');
  }
  const answer = venue.engine.create(user, order);
  if (!answer.ok) throw refusal(answer);
  return answer;
}

function createdJson({ order, fills, atMs }: CreateAccepted): Record<string, unknown> {
  return {
    order_id: order.orderId,
    ...(order.clientOrderId === null ? {} : { client_order_id: order.clientOrderId }),
    fill_count: formatQuantity(totalQuantity(fills)),
    remaining_count: formatQuantity(order.remaining),
    ...averages(fills),
    ts_ms: milliseconds(atMs),
  };
}

/** The batch as a whole must fit into the unscoped bucket, or none of it is done. */
function billBatch(venue: Venue, call: Call, count: number, costPerItem: number): void {
  const most = venue.rates.batchMax(userOf(call), costPerItem);
  if (count === 0 || count > most) {
    throw exchangeError(400, 'invalid_parameters', `orders must hold between 1 and ${most} items`);
  }
  billWrite(venue, call, count * costPerItem, 0);
}

/** The error of one item; a body that could not be decoded fails the whole batch. */
function itemError(error: unknown): unknown {
  if (error instanceof VenueError && typeof error.body === 'object' && error.body !== null && 'error' in error.body) {
    return error.body.error;
  }
  throw error;
}

function createBatch(venue: Venue, call: Call): Reply {
  const items = Body.parse('BatchCreateOrdersV2Request', call.text)
    .list('orders')
    .map((item) => Body.of('CreateOrderV2Request', item, CREATE_FIELDS));
  billBatch(venue, call, items.length, COST_DEFAULT);
  const nowMs = venue.market.now();
  // All of them are read before the first one is done.
  const requests = items.map((item) => {
    try {
      return { item, request: readCreate(item, nowMs) };
    } catch (error) {
      return { item, error: itemError(error) };
    }
  });
  const orders = requests.map(({ item, request, error }) => {
    const clientOrderId = item.text('client_order_id');
    const named = clientOrderId === null ? {} : { client_order_id: clientOrderId };
    if (request === undefined) return { ...named, error };
    try {
      return createdJson(create(venue, userOf(call), request));
    } catch (refused) {
      return { ...named, error: itemError(refused) };
    }
  });
  return { status: 201, body: { orders } };
}

/**
 * The caller's order. An id alone says nothing about its shard: without `exchange_index` or `market_ticker` only shard 0
 * is looked at.
 */
function findOrder(venue: Venue, user: UserId, address: CancelRequest): EngineOrder {
  const scope = scopeOf(address.exchangeIndex);
  let shard: number | undefined = 0;
  if (scope !== 'auto') shard = scope;
  else if (address.market !== null) shard = venue.engine.market(named<Ticker>(address.market))?.listed.exchangeIndex;
  const order = venue.engine.order(user, address.orderId);
  if (order === null || order.exchangeIndex !== shard) throw notFound();
  if (address.market !== null && address.market !== order.market) throw exchangeError(400, 'order_ticker_mismatch');
  return order;
}

function cancel(venue: Venue, user: UserId, address: CancelRequest): CancelAccepted {
  const order = findOrder(venue, user, address);
  const answer = venue.engine.cancel(user, order.orderId);
  if (!answer.ok) throw refusal(answer);
  return answer;
}

function cancelOrder(venue: Venue, call: Call): Reply {
  const query = new Query('CancelOrderV2', call.query);
  const exchangeIndex = query.integer('exchange_index');
  billWrite(venue, call, COST_CANCEL, scopeOf(exchangeIndex));
  requirePrimary(query.integer('subaccount'));
  const { order, reducedBy, atMs } = cancel(venue, userOf(call), {
    orderId: named<OrderId>(call.param('order')),
    exchangeIndex,
    market: query.text('market_ticker'),
  });
  return ok({ order_id: order.orderId, reduced_by: formatQuantity(reducedBy), ts_ms: milliseconds(atMs) });
}

function cancelBatch(venue: Venue, call: Call): Reply {
  const items = Body.parse('BatchCancelOrdersV2Request', call.text)
    .list('orders')
    .map((item) => Body.of('BatchCancelOrdersV2RequestOrder', item, CANCEL_ITEM_FIELDS));
  billBatch(venue, call, items.length, COST_CANCEL);
  const requests = items.map((item) => {
    try {
      return { orderId: item.text('order_id') ?? '', request: readCancelItem(item) };
    } catch (error) {
      return { orderId: item.text('order_id') ?? '', error: itemError(error) };
    }
  });
  const orders = requests.map(({ orderId, request, error }) => {
    const failed = (reason: unknown) => ({ order_id: orderId, reduced_by: '0.00', error: reason });
    if (request === undefined) return failed(error);
    try {
      const { order, reducedBy, atMs } = cancel(venue, userOf(call), request);
      return {
        order_id: order.orderId,
        ...(order.clientOrderId === null ? {} : { client_order_id: order.clientOrderId }),
        reduced_by: formatQuantity(reducedBy),
        ts_ms: milliseconds(atMs),
      };
    } catch (refused) {
      return failed(itemError(refused));
    }
  });
  return ok({ orders });
}

function cancelAll(venue: Venue, call: Call): Reply {
  billWrite(venue, call, COST_CANCEL, 0);
  requirePrimary(new Query('CancelAllOrders', call.query).integer('subaccount'));
  if (!venue.engine.exchangeActive) throw refusal({ ok: false, code: 'exchange_is_paused', details: null });
  venue.engine.cancelAll(userOf(call));
  return { status: 204, body: null };
}

function amendOrder(venue: Venue, call: Call): Reply {
  const body = Body.parse('AmendOrderV2Request', call.text, AMEND_FIELDS);
  billByBody(venue, call, body, COST_DEFAULT);
  requirePrimary(new Query('AmendOrderV2', call.query).integer('subaccount'));
  const { amend, exchangeIndex } = readAmend(body, venue.market.now());
  const user = userOf(call);
  const orderId = named<OrderId>(call.param('order'));
  const shard = scopeOf(exchangeIndex);
  const found = venue.engine.order(user, orderId);
  if (found === null || (shard !== 'auto' && shard !== found.exchangeIndex)) throw notFound();
  const answer = venue.engine.amend(user, orderId, amend);
  if (!answer.ok) throw refusal(answer);
  const { order, fills, changed, atMs } = answer;
  return ok({
    order_id: order.orderId,
    ...(order.clientOrderId === null ? {} : { client_order_id: order.clientOrderId }),
    ...(changed || fills.length > 0
      ? {
          remaining_count: formatQuantity(order.remaining),
          fill_count: formatQuantity(totalQuantity(fills)),
          ...averages(fills),
        }
      : {}),
    ts_ms: milliseconds(atMs),
  });
}

function decreaseOrder(venue: Venue, call: Call): Reply {
  const body = Body.parse('DecreaseOrderV2Request', call.text, DECREASE_FIELDS);
  billByBody(venue, call, body, COST_DEFAULT);
  const query = new Query('DecreaseOrderV2', call.query);
  requirePrimary(query.integer('subaccount'));
  const { by, to, exchangeIndex, market } = readDecrease(body);
  const user = userOf(call);
  const found = findOrder(venue, user, {
    orderId: named<OrderId>(call.param('order')),
    exchangeIndex: exchangeIndex ?? query.integer('exchange_index'),
    market: market ?? query.text('market_ticker'),
  });
  const remaining = to ?? (Math.max(0, found.remaining - by!) as Centicontracts);
  const answer = venue.engine.decreaseTo(user, found.orderId, remaining);
  if (!answer.ok) throw refusal(answer);
  const { order, atMs } = answer;
  return ok({
    order_id: order.orderId,
    ...(order.clientOrderId === null ? {} : { client_order_id: order.clientOrderId }),
    remaining_count: formatQuantity(order.remaining),
    ts_ms: milliseconds(atMs),
  });
}
