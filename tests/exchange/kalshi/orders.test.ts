import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ClientOrderId, named } from '../../../src/domain/ids.ts';
import type { Centicents, Centicontracts, UnixMs } from '../../../src/domain/units.ts';
import { createSigner } from '../../../src/exchange/kalshi/sign.ts';
import { createWsSockets } from '../../../src/exchange/kalshi/sockets.ts';
import { createKyTransport } from '../../../src/exchange/kalshi/transport.ts';
import { createKalshiVenue } from '../../../src/exchange/kalshi/venue.ts';
import type { Venue, WriteOptions } from '../../../src/exchange/port.ts';
import { keyPair, openScriptedExchange, type Received, type ScriptedExchange } from './support/scripted-exchange.ts';
import { addressOf, commonOptions, intentOf, MARKET } from './support/venue.ts';

describe.each(['rsa', 'ed25519'] as const)('Order entry with a %s key', (type) => {
  let exchange: ScriptedExchange;
  let venue: Venue;
  const { privatePem, publicKey } = keyPair(type);
  const quote: WriteOptions = { priority: 'quote' };

  beforeAll(async () => {
    exchange = await openScriptedExchange(publicKey);
    venue = createKalshiVenue({
      ...commonOptions(),
      restUrl: exchange.restUrl,
      wsUrl: exchange.wsUrl,
      signer: createSigner(privatePem),
      transport: createKyTransport(),
      sockets: createWsSockets(),
    });
    // The real budget would make these tests slow; it has its own.
    exchange.respond = () => ({
      status: 200,
      json: {
        usage_tier: 'prestige',
        read: { refill_rate: 1e6, bucket_capacity: 1e6 },
        write: { refill_rate: 1e6, bucket_capacity: 1000 },
      },
    });
    expect(await venue.account.readLimits()).toEqual({ tier: 'prestige' });
  });
  afterEach(() => {
    expect(exchange.badSignatures).toEqual([]);
    exchange.received.length = 0;
  });
  afterAll(async () => {
    await venue.close();
    await exchange.close();
  });

  const last = (): Received => exchange.received.at(-1)!;
  const created = (orderId: string, filled = '0.00', remaining = '12.50') => ({
    status: 201,
    json: { order_id: orderId, fill_count: filled, remaining_count: remaining, ts_ms: 1 },
  });

  it('creates in the venue’s words: text for numbers, whole seconds, the shard, self-trades end the taker', async () => {
    exchange.respond = () => created('o-1');
    const expiresAtMs = (Math.ceil(Date.now() / 1000) * 1000 + 60_999) as UnixMs;
    const outcome = await venue.orders.create(intentOf({ expiresAtMs, exchangeIndex: 3 }), quote);
    expect(outcome).toEqual({ kind: 'accepted', value: { orderId: 'o-1', filled: 0, remaining: 1250 } });
    expect(last()).toMatchObject({ method: 'POST', path: '/portfolio/events/orders' });
    expect(last().body).toEqual({
      ticker: MARKET,
      client_order_id: 'bs-r1-s1-1',
      side: 'bid',
      count: '12.50',
      price: '0.4200',
      time_in_force: 'good_till_canceled',
      self_trade_prevention_type: 'taker_at_cross',
      post_only: true,
      cancel_order_on_pause: true,
      expiration_time: Math.floor(expiresAtMs / 1000),
      exchange_index: 3,
      subaccount: 0,
    });
  });

  it('creates a reducing taker without an expiry', async () => {
    exchange.respond = () => created('o-2', '12.50', '0.00');
    const outcome = await venue.orders.create(
      intentOf({ side: 'ask', timeInForce: 'immediateOrCancel', postOnly: false, reduceOnly: true }),
      { priority: 'reduce' },
    );
    expect(outcome).toMatchObject({ kind: 'accepted', value: { filled: 1250, remaining: 0 } });
    expect(last().body).toMatchObject({ side: 'ask', time_in_force: 'immediate_or_cancel', reduce_only: true });
    expect(last().body).not.toHaveProperty('expiration_time');
    expect(last().body).not.toHaveProperty('cancel_order_on_pause');
  });

  it('sends nothing whose expiry has passed', async () => {
    const expiresAtMs = (Date.now() - 1) as UnixMs;
    expect(await venue.orders.create(intentOf({ expiresAtMs }), quote)).toEqual({
      kind: 'denied',
      reason: 'expirationPassed',
    });
    expect(exchange.received).toEqual([]);
  });

  it('cancels and decreases with the market and the shard that an id alone does not tell', async () => {
    exchange.respond = () => ({ status: 200, json: { order_id: 'o-1', reduced_by: '12.50', ts_ms: 1 } });
    expect(await venue.orders.cancel(addressOf('o-1', 2), { priority: 'cancel' })).toEqual({
      kind: 'accepted',
      value: { reducedBy: 1250 },
    });
    expect(last()).toMatchObject({
      method: 'DELETE',
      path: '/portfolio/events/orders/o-1',
      query: { market_ticker: MARKET, exchange_index: '2', subaccount: '0' },
    });

    exchange.respond = () => ({ status: 200, json: { order_id: 'o-1', remaining_count: '3.00', ts_ms: 1 } });
    const decreased = await venue.orders.decreaseTo(addressOf('o-1', 2), 300 as Centicontracts, quote);
    expect(decreased).toEqual({ kind: 'accepted', value: { remaining: 300 } });
    expect(last()).toMatchObject({
      path: '/portfolio/events/orders/o-1/decrease',
      body: { reduce_to: '3.00', market_ticker: MARKET, exchange_index: 2 },
    });
  });

  it('amends to a total, and clears an expiry with 0', async () => {
    exchange.respond = () => ({ status: 200, json: { order_id: 'o-1', ts_ms: 1 } });
    const outcome = await venue.orders.amend(
      { ...addressOf('o-1'), side: 'ask' },
      { price: 4300 as Centicents, quantity: 2000 as Centicontracts, expiresAtMs: null },
      quote,
    );
    expect(outcome).toEqual({ kind: 'accepted', value: { filled: null, remaining: null } });
    expect(last()).toMatchObject({
      path: '/portfolio/events/orders/o-1/amend',
      body: { ticker: MARKET, side: 'ask', price: '0.4300', count: '20.00', expiration_time: 0, exchange_index: 0 },
    });
  });

  it('asks the door in the last moment: what it denies does not leave', async () => {
    const outcome = await venue.orders.create(intentOf(), {
      priority: 'quote',
      door: () => 'staleApproval',
      onSigned: () => {
        throw new Error('nothing was signed for');
      },
    });
    expect(outcome).toEqual({ kind: 'denied', reason: 'staleApproval' });
    expect(exchange.received).toEqual([]);
  });

  it('says the time that it signed, once, before anything can have arrived', async () => {
    const steps: string[] = [];
    let signedMs = 0;
    exchange.respond = () => {
      steps.push('arrived');
      return created('o-3');
    };
    await venue.orders.create(intentOf(), {
      priority: 'quote',
      door: () => {
        steps.push('door');
        return null;
      },
      onSigned: (wallMs) => {
        steps.push('signed');
        signedMs = wallMs;
      },
    });
    expect(steps).toEqual(['door', 'signed', 'arrived']);
    expect(last().timestampMs).toBe(signedMs);
  });

  it('never sends twice what was not answered: a broken connection, silence, a failure of the venue', async () => {
    for (const answer of ['hangUp', 'silence', { status: 500, text: 'oops' }, { status: 503 }] as const) {
      exchange.received.length = 0;
      exchange.respond = () => answer;
      const outcome = await venue.orders.create(intentOf(), quote);
      expect(outcome.kind, JSON.stringify(answer)).toBe('unknown');
      expect(exchange.received).toHaveLength(1);
    }
  });

  it('takes a 429 as not done', async () => {
    const before = venue.requests.status429;
    exchange.respond = () => ({ status: 429, json: { error: 'too many requests' } });
    expect(await venue.orders.create(intentOf(), quote)).toEqual({ kind: 'throttled' });
    expect(venue.requests.status429).toBe(before + 1);
  });

  describe('in batches', () => {
    const intents = (count: number) =>
      Array.from({ length: count }, (_, index) => intentOf({ clientOrderId: named<ClientOrderId>(`bs-${index}`) }));
    const sent = (request: Received) => (request.body as { orders: Record<string, string>[] }).orders;

    it('tells each order its own fate', async () => {
      exchange.respond = (request) => ({
        status: 201,
        json: {
          orders: sent(request)
            .map((order, index) =>
              index === 1
                ? { client_order_id: order.client_order_id, error: { code: 'invalid_price', message: 'invalid price' } }
                : { ...created(`o-${index}`).json, client_order_id: order.client_order_id },
            )
            .reverse(),
        },
      });
      const outcomes = await venue.orders.createBatch(intents(3), quote);
      expect(outcomes.map((outcome) => outcome.kind)).toEqual(['accepted', 'rejected', 'accepted']);
      expect(outcomes[2]).toMatchObject({ value: { orderId: 'o-2' } });
    });

    it('is unknown for every order when it is not answered, and for those that the answer leaves out', async () => {
      exchange.respond = () => 'hangUp';
      const unanswered = await venue.orders.createBatch(intents(3), quote);
      expect(unanswered.map((outcome) => outcome.kind)).toEqual(['unknown', 'unknown', 'unknown']);

      exchange.respond = () => ({
        status: 201,
        json: { orders: [{ ...created('o-0').json, client_order_id: 'bs-0' }] },
      });
      const partly = await venue.orders.createBatch(intents(2), quote);
      expect(partly.map((outcome) => outcome.kind)).toEqual(['accepted', 'unknown']);
    });

    it('takes answers without names in their order, and never one that names another order', async () => {
      exchange.respond = () => ({ status: 201, json: { orders: [created('o-0').json, created('o-1').json] } });
      const placed = await venue.orders.createBatch(intents(2), quote);
      expect(placed).toMatchObject([{ value: { orderId: 'o-0' } }, { value: { orderId: 'o-1' } }]);

      exchange.respond = () => ({
        status: 201,
        json: { orders: ['x', 'y'].map((id) => ({ ...created(id).json, client_order_id: `foreign-${id}` })) },
      });
      const foreign = await venue.orders.createBatch(intents(2), quote);
      expect(foreign.map((outcome) => outcome.kind)).toEqual(['unknown', 'unknown']);
    });

    it('is cut so that each part fits into the bucket', async () => {
      exchange.respond = (request) => ({
        status: 201,
        json: {
          orders: sent(request).map((order) => ({ ...created('o').json, client_order_id: order.client_order_id })),
        },
      });
      const outcomes = await venue.orders.createBatch(intents(120), quote);
      expect(outcomes.every((outcome) => outcome.kind === 'accepted')).toBe(true);
      expect(exchange.received.map((request) => sent(request).length)).toEqual([50, 50, 20]);
    });

    it('cancels by a body, with the market and shard of each', async () => {
      exchange.respond = (request) => ({
        status: 200,
        json: {
          orders: sent(request).map((order) =>
            order.order_id === 'gone'
              ? { order_id: 'gone', reduced_by: '0.00', error: { code: 'not_found', message: 'not found' } }
              : { order_id: order.order_id, reduced_by: '5.00', ts_ms: 1 },
          ),
        },
      });
      const outcomes = await venue.orders.cancelBatch([addressOf('a', 2), addressOf('gone', 2)], {
        priority: 'cancel',
      });
      expect(last().method).toBe('DELETE');
      expect(sent(last())[0]).toEqual({ order_id: 'a', market_ticker: MARKET, exchange_index: 2, subaccount: 0 });
      expect(outcomes).toMatchObject([
        { kind: 'accepted', value: { reducedBy: 500 } },
        { kind: 'rejected', code: 'not_found' },
      ]);
    });

    it('of nothing sends nothing', async () => {
      expect(await venue.orders.createBatch([], quote)).toEqual([]);
      expect(exchange.received).toEqual([]);
    });
  });
});
