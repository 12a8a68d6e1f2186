/** Every way in which an order is refused, over the wire: its status and its code, in the envelope of the exchange. */
import { describe, expect, it } from 'vitest';
import { createFixture, HAIL, order, RAIN, START_MS } from './protocol-fixture.ts';

const ORDERS = '/portfolio/events/orders';
type Fixture = ReturnType<typeof createFixture>;

const post = (fixture: Fixture, fields: Record<string, unknown>) =>
  fixture.call('alice', 'POST', ORDERS, order({ exchange_index: 0, ...fields }));
const rest = async (fixture: Fixture, fields: Record<string, unknown> = {}): Promise<string> =>
  (await post(fixture, fields)).body.order_id;
const amend = (fixture: Fixture, id: string, fields: Record<string, unknown>) =>
  fixture.call('alice', 'POST', `${ORDERS}/${id}/amend`, {
    ticker: RAIN,
    side: 'bid',
    price: '0.0200',
    count: '1.00',
    ...fields,
  });
async function groupOf(fixture: Fixture): Promise<string> {
  const made = await fixture.call('alice', 'POST', '/portfolio/order_groups/create', { contracts_limit: 10 });
  return made.body.order_group_id;
}

type Case = readonly [when: string, ask: (fixture: Fixture) => Promise<{ status: number; body: unknown }>];
const REFUSALS: Readonly<Record<string, readonly Case[]>> = {
  '400 insufficient_balance': [['is beyond the cash of its shard', (f) => post(f, { price: '0.9900', count: '2000' })]],
  '400 invalid_price': [
    ['is off the grid', (f) => post(f, { price: '0.0150' })],
    ['is at nothing', (f) => post(f, { price: '0.0000' })],
    ['is at a dollar', (f) => post(f, { price: '1.0000' })],
    ['is at no number', (f) => post(f, { price: 'cheap' })],
  ],
  '400 invalid_order_size': [
    ['is of nothing', (f) => post(f, { count: '0.00' })],
    ['is finer than a hundredth', (f) => post(f, { count: '1.005' })],
    ['is of less than nothing', (f) => post(f, { count: '-1.00' })],
  ],
  '400 invalid_order': [
    [
      'may only rest and would cross',
      (f) => {
        f.crowd(RAIN, 'ask', 40, 1);
        return post(f, { price: '0.4000', post_only: true });
      },
    ],
  ],
  '400 invalid_parameters': [
    ['lacks a market', (f) => post(f, { ticker: undefined })],
    ['lacks a time in force', (f) => post(f, { time_in_force: undefined })],
    ['lacks self-trade prevention', (f) => post(f, { self_trade_prevention_type: undefined })],
    ['has a side that is none', (f) => post(f, { side: 'yes' })],
    ['only reduces and may rest', (f) => post(f, { reduce_only: true })],
    [
      'is immediate and expires',
      (f) => post(f, { time_in_force: 'immediate_or_cancel', expiration_time: Math.floor(START_MS / 1000) + 60 }),
    ],
    ['has expired', (f) => post(f, { expiration_time: Math.floor(START_MS / 1000) - 1 })],
    ['is for a shard that is not', (f) => post(f, { exchange_index: 7 })],
    ['is for a subaccount that cannot be', (f) => post(f, { subaccount: 64 })],
    ['has an id too long', (f) => post(f, { client_order_id: 'x'.repeat(65) })],
  ],
  '404 not_found': [
    ['cancels what is not', (f) => f.call('alice', 'DELETE', `${ORDERS}/nothing`)],
    ['amends what is not', (f) => amend(f, 'nothing', {})],
    ['is for a subaccount that was never made', (f) => post(f, { subaccount: 5 })],
  ],
  '404 market_not_found': [
    ['is for a market that is not', (f) => post(f, { ticker: 'KXNOTHING' })],
    ['looks on the wrong shard', (f) => post(f, { ticker: HAIL })],
  ],
  '409 order_already_exists': [
    [
      'has an id that was used',
      async (f) => {
        await rest(f, { client_order_id: 'used' });
        return post(f, { client_order_id: 'used' });
      },
    ],
  ],
  '409 fill_or_kill_insufficient_resting_volume': [
    ['must fill at once and cannot', (f) => post(f, { time_in_force: 'fill_or_kill' })],
  ],
  '400 order_side_mismatch': [['amends the other side', async (f) => amend(f, await rest(f), { side: 'ask' })]],
  '400 order_ticker_mismatch': [['amends in another market', async (f) => amend(f, await rest(f), { ticker: HAIL })]],
  '400 order_id_and_client_order_id_mismatch': [
    ['amends under another name', async (f) => amend(f, await rest(f), { client_order_id: 'other' })],
  ],
  '400 invalid_amend_quantity_for_order': [
    [
      'amends to less than was filled',
      async (f) => {
        f.crowd(RAIN, 'ask', 1, 2);
        return amend(f, await rest(f, { count: '5.00' }), { count: '1.00' });
      },
    ],
  ],
  '400 cannot_update_filled_order': [
    [
      'amends what is filled',
      async (f) => {
        f.crowd(RAIN, 'ask', 1, 2);
        return amend(f, await rest(f), { count: '2.00' });
      },
    ],
  ],
  '400 self_cross_attempt': [
    [
      'amends into an order of its own',
      async (f) => {
        const id = await rest(f);
        await rest(f, { side: 'ask', price: '0.6000' });
        return amend(f, id, { price: '0.6000' });
      },
    ],
  ],
  '404 order_group_not_found': [['names a group that is not', (f) => post(f, { order_group_id: 'none' })]],
  '400 exceeded_order_group_risk_limit': [
    [
      'is of a group that was triggered',
      async (f) => {
        const id = await groupOf(f);
        await f.call('alice', 'PUT', `/portfolio/order_groups/${id}/trigger`);
        return post(f, { order_group_id: id });
      },
    ],
  ],
  '400 market_inactive': [
    [
      'comes while its market pauses',
      (f) => {
        f.engine.pauseMarket(RAIN);
        return post(f, {});
      },
    ],
    [
      'cancels after the close',
      async (f) => {
        const id = await rest(f);
        f.market.advanceTo(START_MS + 3_600_000);
        return f.call('alice', 'DELETE', `${ORDERS}/${id}`);
      },
    ],
  ],
  '409 trading_is_paused': [
    [
      'comes while trading pauses',
      (f) => {
        f.engine.setTradingActive(false);
        return post(f, {});
      },
    ],
  ],
  '409 exchange_is_paused': [
    [
      'comes while the exchange pauses',
      (f) => {
        f.engine.setExchangeActive(false);
        return post(f, {});
      },
    ],
    [
      'cancels while the exchange pauses',
      async (f) => {
        const id = await rest(f);
        f.engine.setExchangeActive(false);
        return f.call('alice', 'DELETE', `${ORDERS}/${id}`);
      },
    ],
  ],
};
const rows = Object.entries(REFUSALS).flatMap(([answer, cases]) =>
  cases.map(([when, ask]) => [when, answer, ask] as const),
);

describe('A request about an order that', () => {
  it.each(rows)('%s is answered %s', async (_, answer, ask) => {
    const fixture = createFixture();
    const { status, body } = await ask(fixture);
    const { error } = body as { error: { code: string; message: string; details?: string } };
    expect(`${status} ${error.code}`).toBe(answer);
    expect(error.message).toBe(error.code.replaceAll('_', ' '));
    expect(Object.keys(body as object)).toEqual(['error']);
    // Which service refused is not told any more.
    expect(['code', 'message', 'details']).toEqual(expect.arrayContaining(Object.keys(error)));
    expect(fixture.faults).toEqual([]);
  });

  it.each([
    { price: '0.0150' },
    { count: '0.00' },
    { ticker: undefined },
    { ticker: 'KXNOTHING' },
    { price: '0.9900', count: '2000.00' },
  ])(
    'is one of a batch, with %j, is refused in the words that it hears alone, and the next one is taken',
    async (wrong) => {
      const alone = (await post(createFixture(), wrong)).body;
      const body = { orders: [order(wrong), order()] };
      const batch = await createFixture().call('alice', 'POST', `${ORDERS}/batched`, body);
      expect(batch.status).toBe(201);
      expect(batch.body.orders).toEqual([alone, expect.objectContaining({ remaining_count: '1.00' })]);
    },
  );
});
