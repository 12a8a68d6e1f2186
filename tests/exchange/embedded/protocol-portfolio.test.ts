import { describe, expect, it } from 'vitest';
import type { Centicents } from '../../../src/domain/units.ts';
import { ALICE_ID, createFixture, HAIL, order, RAIN, START_MS } from './protocol-fixture.ts';

const ORDERS = '/portfolio/events/orders';
type Fixture = ReturnType<typeof createFixture>;
const create = async (fixture: Fixture, fields: Record<string, unknown>, user = 'alice') =>
  (await fixture.call(user, 'POST', ORDERS, order(fields))).body;

/** alice sold a contract to the crowd at 40¢. */
async function soldOne() {
  const fixture = createFixture();
  fixture.crowd(RAIN, 'bid', 40, 10);
  const sold = await create(fixture, { side: 'ask', price: '0.4000', time_in_force: 'immediate_or_cancel' });
  return { fixture, sold };
}

describe('The balance', () => {
  it('is what is available, in cents cut off and in dollars, in all and by shard', async () => {
    const { fixture } = await soldOne();
    const { body } = await fixture.call('alice', 'GET', '/portfolio/balance');
    // 60¢ of collateral for the no contract and 1.68¢ of fee.
    expect(body).toEqual({
      balance: 399_938,
      balance_dollars: '3999.3832',
      balance_breakdown: [
        { exchange_index: 0, balance: '999.3832' },
        { exchange_index: 1, balance: '1000.0000' },
        { exchange_index: 2, balance: '1000.0000' },
        { exchange_index: 3, balance: '1000.0000' },
      ],
      portfolio_value: expect.any(Number),
      updated_ts: Math.floor(START_MS / 1000),
    });
    const shard = await fixture.call('alice', 'GET', '/portfolio/balance?exchange_index=2');
    expect(shard.body.balance_dollars).toBe('1000.0000');
  });
});

describe('An order', () => {
  it('that buys shows the yes leg', async () => {
    const fixture = createFixture();
    const { order_id } = await create(fixture, {
      client_order_id: 'c',
      expiration_time: Math.floor(START_MS / 1000) + 60,
    });
    const { body } = await fixture.call('alice', 'GET', `/portfolio/orders/${order_id}`);
    expect(body.order).toEqual({
      action: 'buy',
      book_side: 'bid',
      client_order_id: 'c',
      created_time: '2027-03-04T12:00:00.25Z',
      exchange_index: 0,
      expiration_time: '2027-03-04T12:01:00Z',
      fill_count_fp: '0.00',
      initial_count_fp: '1.00',
      last_update_time: '2027-03-04T12:00:00.25Z',
      maker_fees_dollars: '0.000000',
      maker_fill_cost_dollars: '0.000000',
      no_price_dollars: '0.9900',
      order_id,
      outcome_side: 'yes',
      remaining_count_fp: '1.00',
      self_trade_prevention_type: 'taker_at_cross',
      side: 'yes',
      status: 'resting',
      subaccount_number: 0,
      taker_fees_dollars: '0.000000',
      taker_fill_cost_dollars: '0.000000',
      ticker: RAIN,
      type: 'limit',
      user_id: ALICE_ID,
      yes_price_dollars: '0.0100',
    });
  });

  it('that sells is "sell yes" to the old pair, "no" to the new one, and costs its own leg', async () => {
    const { fixture, sold } = await soldOne();
    const { body } = await fixture.call('alice', 'GET', `/portfolio/orders/${sold.order_id}`);
    expect(body.order).toMatchObject({
      status: 'executed',
      action: 'sell',
      side: 'yes',
      outcome_side: 'no',
      book_side: 'ask',
      taker_fill_cost_dollars: '0.600000',
      taker_fees_dollars: '0.016800',
      remaining_count_fp: '0.00',
    });
    expect(body.order.client_order_id).toBe('');
  });

  it("is nobody else's", async () => {
    const { fixture, sold } = await soldOne();
    expect((await fixture.call('bob', 'GET', `/portfolio/orders/${sold.order_id}`)).status).toBe(404);
    expect((await fixture.call('bob', 'GET', '/portfolio/orders')).body).toEqual({ orders: [], cursor: '' });
  });

  it('is listed newest first, page by page, by status, market and event', async () => {
    const fixture = createFixture();
    const first = await create(fixture, {});
    fixture.market.advanceTo(START_MS + 10);
    const second = await create(fixture, { ticker: HAIL });
    await fixture.call('alice', 'DELETE', `${ORDERS}/${first.order_id}`);
    const ids = async (query: string) =>
      (await fixture.call('alice', 'GET', `/portfolio/orders?${query}`)).body.orders.map(
        (one: { order_id: string }) => one.order_id,
      );
    expect(await ids('')).toEqual([second.order_id, first.order_id]);
    expect(await ids('status=canceled')).toEqual([first.order_id]);
    expect(await ids(`ticker=${HAIL}`)).toEqual([second.order_id]);
    expect(await ids('event_ticker=KXRAIN-27MAR05,KXOTHER')).toEqual([first.order_id]);
    expect(await ids('exchange_index=2')).toEqual([second.order_id]);
    const page = await fixture.call('alice', 'GET', '/portfolio/orders?limit=1');
    await create(fixture, {});
    expect(await ids(`limit=5&cursor=${page.body.cursor}`)).toEqual([first.order_id]);
    expect((await fixture.call('alice', 'GET', '/portfolio/orders?limit=1001')).status).toBe(400);
  });
});

describe('The queue', () => {
  it('tells what is ahead of an order', async () => {
    const fixture = createFixture();
    fixture.crowd(RAIN, 'bid', 1, 7);
    const { order_id } = await create(fixture, {});
    const one = await fixture.call('alice', 'GET', `/portfolio/orders/${order_id}/queue_position`);
    expect(one.body).toEqual({ queue_position_fp: '7.00' });
    const all = await fixture.call('alice', 'GET', `/portfolio/orders/queue_positions?market_tickers=${RAIN}`);
    expect(all.body).toEqual({
      queue_positions: [{ order_id, market_ticker: RAIN, queue_position_fp: '7.00' }],
    });
    expect((await fixture.call('alice', 'GET', '/portfolio/orders/queue_positions')).status).toBe(400);
    expect((await fixture.call('bob', 'GET', `/portfolio/orders/${order_id}/queue_position`)).status).toBe(404);
  });
});

describe('A fill', () => {
  it('is listed with its fee to six places and no client order id', async () => {
    const { fixture, sold } = await soldOne();
    const { body } = await fixture.call('alice', 'GET', '/portfolio/fills');
    expect(body.cursor).toBe('');
    const [fill] = body.fills;
    expect(fill).toEqual({
      action: 'sell',
      book_side: 'ask',
      count_fp: '1.00',
      created_time: '2027-03-04T12:00:00.25Z',
      exchange_index: 0,
      fee_cost: '0.016800',
      fill_id: fill.trade_id,
      is_taker: true,
      market_ticker: RAIN,
      no_price_dollars: '0.6000',
      order_id: sold.order_id,
      outcome_side: 'no',
      side: 'yes',
      subaccount_number: 0,
      ticker: RAIN,
      trade_id: fill.trade_id,
      ts: Math.floor(START_MS / 1000),
      yes_price_dollars: '0.4000',
    });
    expect((await fixture.call('alice', 'GET', `/portfolio/fills?order_id=${sold.order_id}`)).body.fills).toHaveLength(
      1,
    );
    expect((await fixture.call('alice', 'GET', `/portfolio/fills?ticker=${HAIL}`)).body.fills).toHaveLength(0);
  });
});

describe('A position', () => {
  it('begins with an execution: what only rests is none (§4.4)', async () => {
    const fixture = createFixture();
    await create(fixture, {});
    const { body } = await fixture.call('alice', 'GET', '/portfolio/positions');
    expect(body).toEqual({ market_positions: [], event_positions: [], cursor: '' });
  });

  it('is signed, with its cost, and added up by event', async () => {
    const { fixture } = await soldOne();
    const { body } = await fixture.call('alice', 'GET', '/portfolio/positions');
    expect(body.market_positions).toEqual([
      {
        ticker: RAIN,
        exchange_index: 0,
        position_fp: '-1.00',
        total_traded_dollars: expect.stringMatching(/^0\.\d{6}$/),
        market_exposure_dollars: '0.600000',
        realized_pnl_dollars: '0.000000',
        fees_paid_dollars: '0.016800',
        last_updated_ts: '2027-03-04T12:00:00.25Z',
      },
    ]);
    expect(body.event_positions).toMatchObject([
      { event_ticker: 'KXRAIN-27MAR05', total_cost_shares_fp: '1.00', event_exposure_dollars: '0.600000' },
    ]);
  });

  it('moves from unsettled to settlements when the market pays', async () => {
    const { fixture } = await soldOne();
    fixture.market.advanceTo(START_MS + 3_600_000);
    fixture.engine.determine(RAIN, 'no', 0 as Centicents);
    expect((await fixture.call('alice', 'GET', '/portfolio/settlements')).body).toEqual({
      settlements: [],
      cursor: '',
    });
    fixture.market.advanceTo(START_MS + 3_660_000);
    expect((await fixture.call('alice', 'GET', '/portfolio/positions')).body.market_positions).toEqual([]);
    const { body } = await fixture.call('alice', 'GET', '/portfolio/settlements');
    expect(body.settlements).toEqual([
      {
        ticker: RAIN,
        event_ticker: 'KXRAIN-27MAR05',
        exchange_index: 0,
        market_result: 'no',
        yes_count_fp: '0.00',
        yes_total_cost_dollars: '0.000000',
        no_count_fp: '1.00',
        no_total_cost_dollars: '0.600000',
        revenue: 100,
        settled_time: '2027-03-04T13:01:00.25Z',
        // All that was paid in fees for it; settling costs nothing (§6).
        fee_cost: '0.016800',
        value: 0,
      },
    ]);
  });
});

describe('A scalar settlement', () => {
  it('pays each side its share in whole cents; value is cut to cents, what was below one is among the fees (§4.4, §6)', async () => {
    const { fixture } = await soldOne();
    fixture.engine.determine(RAIN, 'scalar', 3_366 as Centicents);
    fixture.market.advanceTo(START_MS + 60_000);
    const { body } = await fixture.call('alice', 'GET', '/portfolio/settlements');
    // 1 − .3366 = .6634 for the no contract; the fee of its sale was 1.68¢.
    expect(body.settlements).toMatchObject([
      { market_result: 'scalar', no_count_fp: '1.00', value: 33, revenue: 66, fee_cost: '0.020200' },
    ]);
    const { market } = (await fixture.send('GET', `/markets/${RAIN}`)).body;
    expect(market).toMatchObject({ status: 'finalized', result: 'scalar', settlement_value_dollars: '0.3366' });
  });
});

describe('Reads that lag', () => {
  it('show what was there some wall time ago, and say so', async () => {
    const fixture = createFixture({ readDelayMs: 400 });
    const { order_id } = await create(fixture, {});
    const path = `/portfolio/orders/${order_id}`;
    expect((await fixture.call('alice', 'GET', path)).status).toBe(404);
    expect((await fixture.send('GET', '/exchange/user_data_timestamp')).body).toEqual({
      as_of_time: '2027-03-04T11:59:59.85Z',
    });
    fixture.wall.advanceTo(START_MS + 400);
    expect((await fixture.call('alice', 'GET', path)).body.order.status).toBe('resting');
    await fixture.call('alice', 'DELETE', `${ORDERS}/${order_id}`);
    fixture.wall.advanceTo(START_MS + 799);
    expect((await fixture.call('alice', 'GET', path)).body.order.status).toBe('resting');
    expect((await fixture.call('alice', 'DELETE', `${ORDERS}/${order_id}`)).status).toBe(404);
    fixture.wall.advanceTo(START_MS + 800);
    expect((await fixture.call('alice', 'GET', path)).body.order.status).toBe('canceled');
  });

  it('show cash as it was then: without the collateral of an order that they do not show, nor the money that just came', async () => {
    const fixture = createFixture({ readDelayMs: 400 });
    const balance = async () => (await fixture.call('alice', 'GET', '/portfolio/balance')).body.balance_dollars;
    const before = await balance();
    await create(fixture, { count: '10.00', price: '0.4000' });
    fixture.wall.advanceTo(START_MS + 100);
    await fixture.call('alice', 'POST', '/_deposit', { amount_cents: 5_000, exchange_index: 0 });
    expect(await balance()).toBe(before);
    fixture.wall.advanceTo(START_MS + 400);
    expect(Number(await balance())).toBe(Number(before) - 4);
    fixture.wall.advanceTo(START_MS + 500);
    expect(Number(await balance())).toBe(Number(before) + 46);
  });
});
