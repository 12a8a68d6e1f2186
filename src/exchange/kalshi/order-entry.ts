/** Writes. Each is sent at most once; a function of the answer alone says what became of it. */
import type { ZodType } from 'zod';
import type { Clocks } from '../../domain/clock.ts';
import { named } from '../../domain/ids.ts';
import type { OrderIntent, TimeInForce } from '../../domain/order.ts';
import { formatPrice, formatQuantity, type UnixMs } from '../../domain/units.ts';
import type { CancelAnswer, CreateAnswer, OrderAddress, OrderEntry, WriteOptions, WriteOutcome } from '../port.ts';
import { batchSizeMax, COST } from './costs.ts';
import { parseRefusal, refusalOf } from './errors.ts';
import type { RateBudget } from './rate-budget.ts';
import type { Rest, WriteReply, WriteRequest } from './rest.ts';
import * as wire from './wire.ts';

const ORDERS = '/portfolio/events/orders';

const TIME_IN_FORCE: Record<TimeInForce, string> = {
  goodTillCanceled: 'good_till_canceled',
  immediateOrCancel: 'immediate_or_cancel',
  fillOrKill: 'fill_or_kill',
};

/** The venue itself says with these that it does not know what happened. */
const UNKNOWN_CODES = ['exchange_unavailable', 'internal_error', 'internal_server_error', 'timeout'];

/** Why an order whose expiry has passed while it waited is not sent. */
const EXPIRED = 'expirationPassed';

export interface OrderEntryOptions {
  readonly rest: Rest;
  readonly budget: RateBudget;
  readonly clocks: Clocks;
  readonly subaccount: number;
}

/** A reply read as an outcome: what the venue did not clearly answer stays unknown. */
export function outcomeOf<W, T>(reply: WriteReply, schema: ZodType<W>, toValue: (body: W) => T): WriteOutcome<T> {
  if (reply.kind !== 'answered') return reply;
  const { status, body } = reply;
  if (status === 429) return { kind: 'throttled' };
  if (status >= 200 && status < 300) {
    const parsed = schema.safeParse(jsonOrNull(body));
    if (parsed.success) return { kind: 'accepted', value: toValue(parsed.data) };
    return { kind: 'unknown', cause: `HTTP ${status} does not say what was done` };
  }
  const refusal = parseRefusal(status, body);
  const isRefusal = status >= 400 && status < 500 && status !== 408;
  if (!isRefusal || refusal === null || saysUnknown(refusal.code)) {
    return { kind: 'unknown', cause: `HTTP ${status}${refusal === null ? '' : ` ${refusal.code}`}` };
  }
  return { kind: 'rejected', ...refusal };
}

/** One item of an answered batch. */
function itemOutcome<W, T>(
  reply: { readonly status: number; readonly item: Record<string, unknown> | undefined },
  schema: ZodType<W>,
  toValue: (body: W) => T,
): WriteOutcome<T> {
  if (reply.item === undefined) return { kind: 'unknown', cause: 'the batch answer leaves this order out' };
  if (reply.item.error != null) {
    const refusal = refusalOf(reply.status, { error: reply.item.error });
    if (refusal === null || saysUnknown(refusal.code)) {
      return { kind: 'unknown', cause: `an error that does not say: ${refusal?.code ?? 'no code'}` };
    }
    return { kind: 'rejected', ...refusal };
  }
  const parsed = schema.safeParse(reply.item);
  if (parsed.success) return { kind: 'accepted', value: toValue(parsed.data) };
  return { kind: 'unknown', cause: 'the batch answer does not say what was done' };
}

function saysUnknown(code: string): boolean {
  return UNKNOWN_CODES.some((unknown) => code === unknown || code.startsWith(`${unknown}:`));
}

function jsonOrNull(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

const toCreated = (body: { order_id: string; fill_count: number; remaining_count: number }): CreateAnswer =>
  ({ orderId: named(body.order_id), filled: body.fill_count, remaining: body.remaining_count }) as CreateAnswer;
const toCanceled = (body: { reduced_by: number }): CancelAnswer => ({ reducedBy: body.reduced_by }) as CancelAnswer;

export function createOrderEntry({ rest, budget, clocks, subaccount }: OrderEntryOptions): OrderEntry {
  /** Whole seconds, never later than asked for. */
  const expiryOf = (atMs: UnixMs) => Math.floor(atMs / 1000);
  const isPast = (atMs: UnixMs | null) => atMs !== null && expiryOf(atMs) * 1000 <= clocks.market.now();

  const createBody = (intent: OrderIntent) => ({
    ticker: intent.market,
    client_order_id: intent.clientOrderId,
    side: intent.side,
    count: formatQuantity(intent.quantity),
    price: formatPrice(intent.price),
    time_in_force: TIME_IN_FORCE[intent.timeInForce],
    // Our taker is canceled when it would meet an order of ours: what rests keeps its place.
    self_trade_prevention_type: 'taker_at_cross',
    post_only: intent.postOnly,
    ...(intent.reduceOnly ? { reduce_only: true } : {}),
    ...(intent.timeInForce === 'goodTillCanceled' ? { cancel_order_on_pause: true } : {}),
    ...(intent.orderGroup === undefined ? {} : { order_group_id: intent.orderGroup }),
    ...(intent.expiresAtMs === null ? {} : { expiration_time: expiryOf(intent.expiresAtMs) }),
    exchange_index: intent.exchangeIndex,
    subaccount,
  });
  const cancelQuery = (order: OrderAddress) => ({
    market_ticker: order.market,
    exchange_index: order.exchangeIndex,
    subaccount,
  });

  /** The caller's door, and in front of it: an expiry that passed while the order waited for tokens. */
  const guarded = (options: WriteOptions, expiries: readonly (UnixMs | null)[]): WriteOptions => ({
    ...options,
    door: () => (expiries.some(isPast) ? EXPIRED : (options.door?.() ?? null)),
  });

  /** Sends items in as few requests as fit into the bucket, one after the other; answers stand in the items' order. */
  async function inBatches<I, W, T>(
    items: readonly I[],
    costEach: number,
    request: Pick<WriteRequest, 'method'> & {
      body: (item: I) => unknown;
      expiry: (item: I) => UnixMs | null;
      /** Which key of an answered item names the order, and its value for ours. */
      idKey: 'client_order_id' | 'order_id';
      idOf: (item: I) => string;
    },
    read: { schema: ZodType<W>; toValue: (body: W) => T },
    options: WriteOptions,
  ): Promise<readonly WriteOutcome<T>[]> {
    const outcomes = new Map<I, WriteOutcome<T>>();
    let waiting = [...items];
    while (waiting.length > 0) {
      const due = waiting.filter((item) => !isPast(request.expiry(item)));
      for (const item of waiting) if (!due.includes(item)) outcomes.set(item, { kind: 'denied', reason: EXPIRED });
      const chunk = due.splice(0, batchSizeMax(budget.limits, costEach));
      waiting = due;
      if (chunk.length === 0) break;
      const reply = await rest.write(
        {
          method: request.method,
          path: `${ORDERS}/batched`,
          body: { orders: chunk.map(request.body) },
          cost: costEach * chunk.length,
          shard: 0,
        },
        guarded(options, chunk.map(request.expiry)),
      );
      // A batch as a whole is answered with its list, or it is answered with none of it.
      const whole = outcomeOf(reply, wire.batch, (body) => body.orders);
      for (const [index, item] of chunk.entries()) {
        if (whole.kind !== 'accepted') {
          outcomes.set(item, whole);
          continue;
        }
        const answers = whole.value;
        const named = answers.find((answer) => answer[request.idKey] === request.idOf(item));
        // An item that names no order stands for the one at its place.
        const placed = answers.length === chunk.length ? answers[index] : undefined;
        const answer = named ?? (placed?.[request.idKey] == null ? placed : undefined);
        outcomes.set(item, itemOutcome({ status: statusOf(reply), item: answer }, read.schema, read.toValue));
      }
    }
    return items.map((item) => outcomes.get(item)!);
  }

  return {
    async create(intent, options) {
      const reply = await rest.write(
        {
          method: 'POST',
          path: ORDERS,
          body: createBody(intent),
          cost: COST.request,
          shard: intent.exchangeIndex,
        },
        guarded(options, [intent.expiresAtMs]),
      );
      return outcomeOf(reply, wire.created, toCreated);
    },

    createBatch: (intents, options) =>
      inBatches(
        intents,
        COST.request,
        {
          method: 'POST',
          body: createBody,
          expiry: (intent) => intent.expiresAtMs,
          idKey: 'client_order_id',
          idOf: (intent) => intent.clientOrderId,
        },
        { schema: wire.created, toValue: toCreated },
        options,
      ),

    async cancel(order, options) {
      const reply = await rest.write(
        {
          method: 'DELETE',
          path: `${ORDERS}/${encodeURIComponent(order.orderId)}`,
          query: cancelQuery(order),
          body: null,
          cost: COST.cancel,
          shard: order.exchangeIndex,
        },
        options,
      );
      return outcomeOf(reply, wire.canceled, toCanceled);
    },

    cancelBatch: (orders, options) =>
      inBatches(
        orders,
        COST.cancel,
        {
          method: 'DELETE',
          body: (order) => ({ order_id: order.orderId, ...cancelQuery(order) }),
          expiry: () => null,
          idKey: 'order_id',
          idOf: (order) => order.orderId,
        },
        { schema: wire.canceled, toValue: toCanceled },
        options,
      ),

    async amend(order, amend, options) {
      const reply = await rest.write(
        {
          method: 'POST',
          path: `${ORDERS}/${encodeURIComponent(order.orderId)}/amend`,
          query: { subaccount },
          body: {
            ticker: order.market,
            side: order.side,
            price: formatPrice(amend.price),
            count: formatQuantity(amend.quantity),
            // 0 takes an expiry away.
            expiration_time: amend.expiresAtMs === null ? 0 : expiryOf(amend.expiresAtMs),
            exchange_index: order.exchangeIndex,
          },
          cost: COST.request,
          shard: order.exchangeIndex,
        },
        guarded(options, [amend.expiresAtMs]),
      );
      return outcomeOf(reply, wire.amended, (body) => ({
        filled: body.fill_count ?? null,
        remaining: body.remaining_count ?? null,
      }));
    },

    async decreaseTo(order, remaining, options) {
      const reply = await rest.write(
        {
          method: 'POST',
          path: `${ORDERS}/${encodeURIComponent(order.orderId)}/decrease`,
          query: { subaccount },
          body: {
            reduce_to: formatQuantity(remaining),
            market_ticker: order.market,
            exchange_index: order.exchangeIndex,
          },
          cost: COST.request,
          shard: order.exchangeIndex,
        },
        options,
      );
      return outcomeOf(reply, wire.decreased, (body) => ({ remaining: body.remaining_count }));
    },
  };
}

function statusOf(reply: WriteReply): number {
  return reply.kind === 'answered' ? reply.status : 0;
}
