import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFixture, HAIL, HAIL_SHARD, order, RAIN, SNOW, START_MS } from './protocol-fixture.ts';

const ORDERS = '/portfolio/events/orders';
type Fixture = ReturnType<typeof createFixture>;
const create = (fixture: Fixture, fields: Record<string, unknown> = {}, user = 'alice') =>
  fixture.call(user, 'POST', ORDERS, order(fields));

describe('A create', () => {
  it('that rests is answered with its id and what remains', async () => {
    const fixture = createFixture();
    const answer = await create(fixture, { client_order_id: 'mine-1' });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      order_id: fixture.engine.orders('alice')[0]?.orderId,
      client_order_id: 'mine-1',
      fill_count: '0.00',
      remaining_count: '1.00',
      ts_ms: START_MS,
    });
  });

  it('that fills is answered with averages: price on the yes scale, fee a contract', async () => {
    const fixture = createFixture();
    fixture.crowd(RAIN, 'ask', 52, 1);
    const answer = await create(fixture, { price: '0.9900', time_in_force: 'immediate_or_cancel', count: '3' });
    expect(answer.body).toMatchObject({
      fill_count: '1.00',
      remaining_count: '0.00',
      average_fill_price: '0.5200',
      average_fee_paid: '0.0175',
    });
  });

  it('with a number beyond all numbers is a bad request like any other (§1.4)', async () => {
    const fixture = createFixture();
    const text = JSON.stringify(order({ expiration_time: 0 })).replace('_time":0', '_time":1e999');
    const answer = await fixture.call('alice', 'POST', ORDERS, text);
    const details =
      'json: cannot unmarshal number into Go struct field CreateOrderV2Request.expiration_time of type int';
    expect([answer.status, answer.body]).toEqual([400, { code: 'bad_request', message: 'bad request', details }]);
  });

  it.each([
    [
      'a number where text is due',
      { count: 1 },
      'cannot unmarshal number into Go struct field CreateOrderV2Request.count of type string',
    ],
    [
      'a text where a number is due',
      { expiration_time: '5' },
      'cannot unmarshal string into Go struct field CreateOrderV2Request.expiration_time of type int',
    ],
    [
      'a text where a flag is due',
      { post_only: 'yes' },
      'cannot unmarshal string into Go struct field CreateOrderV2Request.post_only of type bool',
    ],
  ])('with %s is a bad request without an envelope', async (_, fields, details) => {
    const answer = await create(createFixture(), fields);
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({ code: 'bad_request', message: 'bad request', details: `json: ${details}` });
  });

  it.each([
    ['off the grid', { price: '0.5150' }, 400, 'invalid_price'],
    ['at a price that is none', { price: 'cheap' }, 400, 'invalid_price'],
    ['of nothing', { count: '0.00' }, 400, 'invalid_order_size'],
    ['finer than a hundredth', { count: '0.001' }, 400, 'invalid_order_size'],
    ['beyond its cash', { count: '10099.00', price: '0.9900' }, 400, 'insufficient_balance'],
    ['on an unknown market', { ticker: 'KXNONE' }, 404, 'market_not_found'],
    ['on another shard than the market is', { exchange_index: 1 }, 404, 'market_not_found'],
    ['on a shard that does not exist', { exchange_index: 9 }, 400, 'invalid_parameters'],
    ['without a side', { side: null }, 400, 'invalid_parameters'],
    ['of an unknown kind', { time_in_force: 'market' }, 400, 'invalid_parameters'],
    ['that only reduces but rests', { reduce_only: true }, 400, 'invalid_parameters'],
    ['that expires now', { expiration_time: Math.floor(START_MS / 1000) }, 400, 'invalid_parameters'],
    [
      'that expires and does not rest',
      { expiration_time: 4e9, time_in_force: 'fill_or_kill' },
      400,
      'invalid_parameters',
    ],
    ['for a group that does not exist', { order_group_id: 'g' }, 404, 'order_group_not_found'],
    ['for a subaccount that does not exist', { subaccount: 3 }, 404, 'not_found'],
    ['with a client id of 65 characters', { client_order_id: 'x'.repeat(65) }, 400, 'invalid_parameters'],
  ])('%s is refused and leaves nothing', async (_, fields, status, code) => {
    const fixture = createFixture();
    const answer = await create(fixture, fields);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    expect(answer.body.error.message).toBe(code.replaceAll('_', ' '));
    expect(fixture.engine.orders('alice').filter((one) => one.status === 'resting')).toEqual([]);
  });

  it('with a client id that was used is a conflict, for ever', async () => {
    const fixture = createFixture();
    const first = await create(fixture, { client_order_id: 'once' });
    await fixture.call('alice', 'DELETE', `${ORDERS}/${first.body.order_id}`);
    const again = await create(fixture, { client_order_id: 'once' });
    expect(again.status).toBe(409);
    expect(again.body).toEqual({ error: { code: 'order_already_exists', message: 'order already exists' } });
    expect((await create(fixture, { client_order_id: 'once' }, 'bob')).status).toBe(201);
  });

  it('that may only rest is refused when it would cross', async () => {
    const fixture = createFixture();
    fixture.crowd(RAIN, 'ask', 52, 1);
    const answer = await create(fixture, { price: '0.5200', post_only: true });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      error: { code: 'invalid_order', message: 'invalid order', details: 'post only cross' },
    });
  });

  it('that must fill at once and cannot is a conflict', async () => {
    const answer = await create(createFixture(), { time_in_force: 'fill_or_kill' });
    expect(answer.status).toBe(409);
    expect(answer.body.error.code).toBe('fill_or_kill_insufficient_resting_volume');
  });

  it.each(['', '{', '[]', '5', 'null', '"text"'])('whose body is %j is a bad request', async (text) => {
    const fixture = createFixture();
    const answer = await fixture.call('alice', 'POST', ORDERS, text);
    expect([answer.status, answer.body.code]).toEqual([400, 'bad_request']);
    expect(fixture.faults).toEqual([]);
  });

  it('whatever its body is, is answered and never a fault', async () => {
    const fixture = createFixture();
    const odd = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.array(fc.string()),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(
          fc.constantFrom(
            ...Object.keys(order()),
            'client_order_id',
            'expiration_time',
            'exchange_index',
            'subaccount',
            'post_only',
          ),
          odd,
        ),
        async (fields) => {
          const answer = await create(fixture, fields);
          expect([201, 400, 404, 409, 429]).toContain(answer.status);
        },
      ),
      { numRuns: 300 },
    );
    expect(fixture.faults).toEqual([]);
  });
});

describe('A cancel', () => {
  it('answers how much it took away, and a second one that it is gone', async () => {
    const fixture = createFixture();
    const { body } = await create(fixture, { count: '2.50', client_order_id: 'c' });
    const answer = await fixture.call('alice', 'DELETE', `${ORDERS}/${body.order_id}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ order_id: body.order_id, reduced_by: '2.50', ts_ms: START_MS });
    const again = await fixture.call('alice', 'DELETE', `${ORDERS}/${body.order_id}`);
    expect(again.status).toBe(404);
    expect(again.body).toEqual({ error: { code: 'not_found', message: 'not found' } });
  });

  it("does not find another user's order", async () => {
    const fixture = createFixture();
    const { body } = await create(fixture);
    expect((await fixture.call('bob', 'DELETE', `${ORDERS}/${body.order_id}`)).status).toBe(404);
    expect(fixture.engine.orders('alice')[0]?.status).toBe('resting');
  });

  it('finds an order of another shard only by shard or market', async () => {
    const fixture = createFixture();
    const { body } = await create(fixture, { ticker: HAIL });
    const remove = (query: string) => fixture.call('alice', 'DELETE', `${ORDERS}/${body.order_id}${query}`);
    expect((await remove('')).status).toBe(404);
    expect((await remove('?exchange_index=1')).status).toBe(404);
    expect((await remove(`?market_ticker=${RAIN}`)).status).toBe(404);
    expect((await remove(`?market_ticker=${HAIL}`)).status).toBe(200);
    const second = await create(fixture, { ticker: HAIL });
    const byShard = await fixture.call(
      'alice',
      'DELETE',
      `${ORDERS}/${second.body.order_id}?exchange_index=${HAIL_SHARD}`,
    );
    expect(byShard.status).toBe(200);
  });

  it('of everything says nothing', async () => {
    const fixture = createFixture();
    await create(fixture);
    await create(fixture, { ticker: HAIL });
    await create(fixture, {}, 'bob');
    const answer = await fixture.call('alice', 'DELETE', ORDERS);
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(fixture.engine.orders('alice').map((one) => one.status)).toEqual(['canceled', 'canceled']);
    expect(fixture.engine.orders('bob')[0]?.status).toBe('resting');
  });
});

describe('An amend', () => {
  it('moves the price to a total of what was filled and what is wanted', async () => {
    const fixture = createFixture();
    const { body } = await create(fixture, { count: '2.00', client_order_id: 'a' });
    const path = `${ORDERS}/${body.order_id}/amend`;
    const amend = { ticker: RAIN, side: 'bid', price: '0.0200', count: '3.00', updated_client_order_id: 'b' };
    const answer = await fixture.call('alice', 'POST', path, amend);
    expect(answer.body).toEqual({
      order_id: body.order_id,
      client_order_id: 'b',
      remaining_count: '3.00',
      fill_count: '0.00',
      ts_ms: START_MS,
    });
    fixture.crowd(RAIN, 'ask', 3, 1);
    const crossing = await fixture.call('alice', 'POST', path, {
      ...amend,
      price: '0.0300',
      updated_client_order_id: null,
    });
    expect(crossing.body).toMatchObject({ remaining_count: '2.00', fill_count: '1.00', average_fill_price: '0.0300' });
    // What this amend filled, not what the order has filled in all (§4.5).
    const larger = { ...amend, price: '0.0300', count: '4.00', updated_client_order_id: null };
    expect((await fixture.call('alice', 'POST', path, larger)).body).toMatchObject({
      remaining_count: '3.00',
      fill_count: '0.00',
    });
  });

  it('gives an order another end, or none at all by 0 (§4.5)', async () => {
    const fixture = createFixture();
    const { body } = await create(fixture);
    const at = Math.floor(START_MS / 1000);
    const amend = async (expiration_time?: number) => {
      const fields = { ticker: RAIN, side: 'bid', price: '0.0100', count: '1.00', expiration_time };
      const { status } = await fixture.call('alice', 'POST', `${ORDERS}/${body.order_id}/amend`, fields);
      const shown = await fixture.call('alice', 'GET', `/portfolio/orders/${body.order_id}`);
      return [status, shown.body.order.status, shown.body.order.expiration_time];
    };
    expect(await amend(at + 30)).toEqual([200, 'resting', '2027-03-04T12:00:30Z']);
    expect(await amend()).toEqual([200, 'resting', '2027-03-04T12:00:30Z']);
    expect(await amend(0)).toEqual([200, 'resting', undefined]);
    fixture.market.advanceTo(START_MS + 60_000);
    expect(await amend(at)).toEqual([400, 'resting', undefined]);
    expect(await amend(at + 90)).toEqual([200, 'resting', '2027-03-04T12:01:30Z']);
    fixture.market.advanceTo(START_MS + 90_000);
    const ended = (await fixture.call('alice', 'GET', `/portfolio/orders/${body.order_id}`)).body.order;
    expect([ended.status, ended.remaining_count_fp]).toEqual(['canceled', '0.00']);
  });

  it('must name the order as it is', async () => {
    const fixture = createFixture();
    const { body } = await create(fixture);
    const amend = { ticker: RAIN, side: 'bid', price: '0.0200', count: '1.00' };
    const codeOf = async (fields: Record<string, unknown>) =>
      (await fixture.call('alice', 'POST', `${ORDERS}/${body.order_id}/amend`, { ...amend, ...fields })).body.error
        .code;
    expect(await codeOf({ side: 'ask' })).toBe('order_side_mismatch');
    expect(await codeOf({ ticker: SNOW })).toBe('order_ticker_mismatch');
    expect(await codeOf({ client_order_id: 'other' })).toBe('order_id_and_client_order_id_mismatch');
    expect((await fixture.call('bob', 'POST', `${ORDERS}/${body.order_id}/amend`, amend)).status).toBe(404);
  });
});

describe('A decrease', () => {
  it('takes away a part, or all down to a remainder', async () => {
    const fixture = createFixture();
    const { body } = await create(fixture, { count: '5.00' });
    const decrease = (fields: unknown) => fixture.call('alice', 'POST', `${ORDERS}/${body.order_id}/decrease`, fields);
    expect((await decrease({ reduce_by: '1.50' })).body).toEqual({
      order_id: body.order_id,
      remaining_count: '3.50',
      ts_ms: START_MS,
    });
    expect((await decrease({ reduce_to: '1.00' })).body.remaining_count).toBe('1.00');
    expect((await decrease({ reduce_by: '1.00', reduce_to: '1.00' })).status).toBe(400);
    expect((await decrease({})).status).toBe(400);
    expect((await decrease({ reduce_to: '0.00' })).body.remaining_count).toBe('0.00');
    expect(fixture.engine.orders('alice')[0]?.status).toBe('canceled');
  });
});

describe('A batch', () => {
  it('answers each item for itself', async () => {
    const fixture = createFixture();
    const orders = [
      order({ client_order_id: 'x' }),
      order({ price: '0.0150', client_order_id: 'y' }),
      order({ client_order_id: 'x' }),
    ];
    const answer = await fixture.call('alice', 'POST', `${ORDERS}/batched`, { orders });
    expect(answer.status).toBe(201);
    expect(answer.body.orders[0]).toMatchObject({ client_order_id: 'x', remaining_count: '1.00' });
    expect(answer.body.orders[1]).toEqual({
      client_order_id: 'y',
      error: { code: 'invalid_price', message: 'invalid price' },
    });
    expect(answer.body.orders[2].error.code).toBe('order_already_exists');

    const items = [{ order_id: answer.body.orders[0].order_id }, { order_id: 'unknown' }];
    const canceled = await fixture.call('alice', 'DELETE', `${ORDERS}/batched`, { orders: items });
    expect(canceled.status).toBe(200);
    expect(canceled.body.orders[0]).toMatchObject({ client_order_id: 'x', reduced_by: '1.00' });
    expect(canceled.body.orders[1]).toEqual({
      order_id: 'unknown',
      reduced_by: '0.00',
      error: { code: 'not_found', message: 'not found' },
    });
  });

  it('with one mistyped item does nothing', async () => {
    const fixture = createFixture();
    const answer = await fixture.call('alice', 'POST', `${ORDERS}/batched`, { orders: [order(), order({ price: 5 })] });
    expect([answer.status, answer.body.code]).toEqual([400, 'bad_request']);
    expect(fixture.engine.orders('alice')).toEqual([]);
  });
});

describe('The first version of the order calls', () => {
  it('is gone', async () => {
    const fixture = createFixture();
    for (const [method, path] of [
      ['POST', '/portfolio/orders'],
      ['DELETE', '/portfolio/orders'],
      ['DELETE', '/portfolio/orders/some-id'],
      ['POST', '/portfolio/orders/batched'],
      ['DELETE', '/portfolio/orders/batched'],
      ['POST', '/portfolio/orders/some-id/amend'],
      ['POST', '/portfolio/orders/some-id/decrease'],
    ] as const) {
      const answer = await fixture.call('alice', method, path, {});
      expect([answer.status, answer.body.error.code]).toEqual([410, 'deprecated_v1_order_endpoint']);
    }
  });
});
