/**
 * Money moved between an account's shards, and what may be read of it. Invariant, for any transfers: nothing is made or
 * lost, no shard is left with less than its resting orders may cost, and what was done once under a name is not done again.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Centicents, type Centicontracts, fromDollars, type Microdollars } from '../../../src/domain/units.ts';
import { createFixture, HAIL, HAIL_SHARD, order, START_MS } from './protocol-fixture.ts';

const TRANSFER = '/portfolio/intra_exchange_instance_transfer';
const ORDERS = '/portfolio/events/orders';
/** $12.50 from shard 0 to shard 2. */
const moved = (fields: Record<string, unknown> = {}) => ({
  source: 'event_contract',
  destination: 'event_contract',
  amount: 125_000,
  source_exchange_shard: 0,
  destination_exchange_shard: 2,
  ...fields,
});

describe('A transfer between shards', () => {
  it('is done at once, and listed with its amount in dollars', async () => {
    const fixture = createFixture();
    const made = await fixture.call('alice', 'POST', TRANSFER, moved({ client_transfer_id: 't-1' }));
    expect(made.status).toBe(200);
    expect(made.body).toEqual({ transfer_id: expect.any(String) });
    const { body } = await fixture.call('alice', 'GET', '/portfolio/balance');
    expect(body.balance_dollars).toBe('4000.0000');
    expect(body.balance_breakdown.map((one: { balance: string }) => one.balance)).toEqual([
      '987.5000',
      '1000.0000',
      '1012.5000',
      '1000.0000',
    ]);
    const transfer = {
      transfer_id: made.body.transfer_id,
      source: 'event_contract',
      destination: 'event_contract',
      source_exchange_shard: 0,
      destination_exchange_shard: 2,
      amount: '12.500000',
      status: 'complete',
      created_ts: Math.floor(START_MS / 1000),
    };
    // The last page has no cursor.
    expect((await fixture.call('alice', 'GET', `${TRANSFER}s`)).body).toEqual({ transfers: [transfer] });
    const one = await fixture.call('alice', 'GET', `${TRANSFER}s/${made.body.transfer_id}`);
    expect(one.body).toEqual({ transfer });
    expect((await fixture.call('bob', 'GET', `${TRANSFER}s/${made.body.transfer_id}`)).status).toBe(404);
    expect((await fixture.call('alice', 'GET', '/portfolio/deposits')).body.deposits).toEqual([]);
  });

  it('leaves what the fees of resting orders may still come to, though the balance does not show it (§4.5, §6)', async () => {
    const fixture = createFixture();
    const withMakerFees = { type: 'quadratic_with_maker_fees', multiplierMillionths: 1_000_000 } as const;
    fixture.engine.changeSeriesFees(fixture.engine.allSeries()[0]!.ticker, withMakerFees, START_MS);
    await fixture.call('alice', 'POST', ORDERS, order({ ticker: HAIL, price: '0.5000', count: '100.00' }));
    // $1000 less $50 of collateral; 100 contracts at 50¢ cost a maker 44¢.
    const back = { source_exchange_shard: HAIL_SHARD, destination_exchange_shard: 0 };
    const ask = (amount: number) => fixture.call('alice', 'POST', TRANSFER, moved({ ...back, amount }));
    const refused = await ask(9_500_000);
    expect([refused.status, refused.body.error.code]).toEqual([400, 'insufficient_balance']);
    expect((await ask(9_495_000)).status).toBe(200);
  });

  it('is listed newest first, page by page', async () => {
    const fixture = createFixture();
    const ids: string[] = [];
    for (let count = 0; count < 3; count++) {
      ids.unshift((await fixture.call('alice', 'POST', TRANSFER, moved())).body.transfer_id);
    }
    const first = (await fixture.call('alice', 'GET', `${TRANSFER}s?limit=2`)).body;
    const second = (await fixture.call('alice', 'GET', `${TRANSFER}s?limit=2&cursor=${first.cursor}`)).body;
    const listed = [...first.transfers, ...second.transfers].map((one: { transfer_id: string }) => one.transfer_id);
    expect(listed).toEqual(ids);
    expect(second).not.toHaveProperty('cursor');
    expect((await fixture.call('alice', 'GET', `${TRANSFER}s?limit=501`)).status).toBe(400);
  });

  it('under a name that was used is a 409, whatever it asks for, and nothing is moved', async () => {
    const fixture = createFixture();
    await fixture.call('alice', 'POST', TRANSFER, moved({ client_transfer_id: 'once' }));
    const again = await fixture.call('alice', 'POST', TRANSFER, moved({ client_transfer_id: 'once', amount: 1 }));
    expect(again.status).toBe(409);
    expect(again.body).toEqual({
      error: { code: 'transfer_already_exists', message: 'transfer already exists' },
    });
    expect(fixture.engine.availableCash('alice').get(2)).toBe(fromDollars(1_012.5));
    expect((await fixture.call('bob', 'POST', TRANSFER, moved({ client_transfer_id: 'once' }))).status).toBe(200);
  });

  it('that failed for want of money does not use its name up', async () => {
    const fixture = createFixture();
    const named = { client_transfer_id: 'later', amount: 10_000_001 };
    const short = await fixture.call('alice', 'POST', TRANSFER, moved(named));
    expect([short.status, short.body.error.code]).toEqual([400, 'insufficient_balance']);
    expect((await fixture.call('alice', 'POST', TRANSFER, moved({ ...named, amount: 10_000_000 }))).status).toBe(200);
  });

  it('brings the money that an order there needs, and leaves what orders here need', async () => {
    const fixture = createFixture();
    const dear = order({ ticker: HAIL, price: '0.9900', count: '1200.00' });
    expect((await fixture.call('alice', 'POST', ORDERS, dear)).body.error.code).toBe('insufficient_balance');
    const rests = order({ price: '0.5000', count: '1000.00' });
    expect((await fixture.call('alice', 'POST', ORDERS, rests)).status).toBe(201);
    const all = await fixture.call('alice', 'POST', TRANSFER, moved({ amount: 5_000_001 }));
    expect(all.body.error.code).toBe('insufficient_balance');
    expect((await fixture.call('alice', 'POST', TRANSFER, moved({ amount: 4_800_000 }))).status).toBe(200);
    expect((await fixture.call('alice', 'POST', ORDERS, dear)).status).toBe(201);
    expect(fixture.engine.order('alice', fixture.engine.orders('alice')[0]!.orderId)?.exchangeIndex).toBe(HAIL_SHARD);
  });

  it.each([
    ['to where it is', { destination_exchange_shard: 0 }, 400, 'invalid_parameters'],
    ['to a shard that is not', { destination_exchange_shard: 9 }, 400, 'invalid_parameters'],
    ['of nothing', { amount: 0 }, 400, 'invalid_parameters'],
    ['of less than nothing', { amount: -5 }, 400, 'invalid_parameters'],
    ['without an amount', { amount: undefined }, 400, 'invalid_parameters'],
    ['to perpetuals', { destination: 'margined' }, 400, 'invalid_parameters'],
    ['to another subaccount', { destination_subaccount: 3 }, 404, 'not_found'],
    ['under a name too long', { client_transfer_id: 'x'.repeat(65) }, 400, 'invalid_parameters'],
  ])('%s is refused', async (_, fields, status, code) => {
    const fixture = createFixture();
    const answer = await fixture.call('alice', 'POST', TRANSFER, moved(fields));
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    expect(fixture.engine.shardTransfers('alice')).toEqual([]);
  });

  it('with an amount in text is a body that cannot be read', async () => {
    const answer = await createFixture().call('alice', 'POST', TRANSFER, moved({ amount: '5' }));
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      code: 'bad_request',
      details:
        'json: cannot unmarshal string into Go struct field IntraExchangeInstanceTransferRequest.amount of type int',
    });
  });

  it('waits for the exchange while it pauses', async () => {
    const fixture = createFixture();
    fixture.engine.setExchangeActive(false);
    const paused = await fixture.call('alice', 'POST', TRANSFER, moved({ client_transfer_id: 'p' }));
    expect(paused.body.error.code).toBe('exchange_is_paused');
    fixture.engine.setExchangeActive(true);
    expect((await fixture.call('alice', 'POST', TRANSFER, moved({ client_transfer_id: 'p' }))).status).toBe(200);
  });

  it('makes and loses nothing, and never leaves less than resting orders need', async () => {
    const step = fc.record({
      from: fc.nat(3),
      to: fc.nat(3),
      amount: fc.integer({ min: 1, max: 1_500_0000 }),
      name: fc.option(fc.constantFrom('a', 'b', 'c')),
      rests: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const fixture = createFixture();
        const cash = () => fixture.engine.availableCash('alice');
        const total = () => [...cash().values(), fixture.engine.audit().collateral].reduce((a, b) => a + b, 0);
        const before = total();
        const named = new Set<string>();
        for (const { from, to, amount, name, rests } of steps) {
          if (rests) await fixture.call('alice', 'POST', ORDERS, order({ price: '0.3300', count: '400' }));
          const answer = await fixture.call(
            'alice',
            'POST',
            TRANSFER,
            moved({
              amount,
              source_exchange_shard: from,
              destination_exchange_shard: to,
              ...(name === null ? {} : { client_transfer_id: name }),
            }),
          );
          if (from !== to && name !== null && named.has(name)) expect(answer.status).toBe(409);
          if (answer.status === 200 && name !== null) named.add(name);
          expect(total()).toBe(before);
          for (const free of cash().values()) expect(free).toBeGreaterThanOrEqual(0);
        }
        expect(fixture.faults).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});

describe('The value of resting orders', () => {
  it('is each at its own leg, in cents together and in dollars by shard', async () => {
    const fixture = createFixture();
    await fixture.call('alice', 'POST', ORDERS, order({ price: '0.4000', count: '2.50' }));
    await fixture.call('alice', 'POST', ORDERS, order({ side: 'ask', price: '0.9000', count: '3.00' }));
    await fixture.call('alice', 'POST', ORDERS, order({ ticker: HAIL, price: '0.0100', count: '1.00' }));
    const { body } = await fixture.call('alice', 'GET', '/portfolio/summary/total_resting_order_value');
    expect(body).toEqual({
      total_resting_order_value: 131,
      resting_order_value_breakdown: [
        { exchange_index: 0, balance: '1.3000' },
        { exchange_index: 1, balance: '0.0000' },
        { exchange_index: 2, balance: '0.0100' },
        { exchange_index: 3, balance: '0.0000' },
      ],
    });
  });
});

describe('The allocation of balances', () => {
  it('is for chosen institutions: others have none and may set none', async () => {
    const fixture = createFixture();
    const path = '/portfolio/target_balance_allocation';
    expect((await fixture.call('alice', 'GET', path)).body).toEqual({
      allocations: [],
      resting_margin_reservation: 'sum',
    });
    const answer = await fixture.call('alice', 'POST', path, { allocations: [{ exchange_index: 0, percent: 100 }] });
    expect(answer.status).toBe(403);
    expect(answer.body.error.code).toBe('target_balance_allocation_is_not_enabled_for_this_user');
  });
});

describe('The value of a portfolio', () => {
  it('counts the positions of one shard where one is asked for', async () => {
    const fixture = createFixture();
    fixture.engine.crowdAdd(HAIL, 'ask', 4_000 as Centicents, 1_000 as Centicontracts);
    await fixture.call('alice', 'POST', ORDERS, order({ ticker: HAIL, price: '0.4000', count: '5.00' }));
    const value = async (query: string) =>
      (await fixture.call('alice', 'GET', `/portfolio/balance${query}`)).body.portfolio_value;
    expect([await value(''), await value('?exchange_index=2'), await value('?exchange_index=0')]).toEqual([
      200, 200, 0,
    ]);
    expect(fixture.engine.portfolioValue('alice')).toBe(fromDollars(2) as Microdollars);
  });
});
