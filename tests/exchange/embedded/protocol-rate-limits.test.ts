import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/domain/manual-clock.ts';
import { limitsOf, RateLimits } from '../../../src/exchange/embedded/protocol/rate-limits.ts';
import { createFixture, HAIL, HAIL_SHARD, order, START_MS } from './protocol-fixture.ts';

async function countUntilRefused(request: () => Promise<{ status: number }>, accepted: number): Promise<number> {
  for (let count = 0; count < 10_000; count++) if ((await request()).status !== accepted) return count;
  throw new Error('it never ends');
}

describe('Token buckets', () => {
  it('have the sizes of the tier', () => {
    expect(limitsOf('basic')).toEqual({
      read: { refillRate: 200, capacity: 600 },
      write: { refillRate: 100, capacity: 100 },
    });
    expect(limitsOf('advanced').write).toEqual({ refillRate: 300, capacity: 900 });
    expect(limitsOf('premier')).toEqual({
      read: { refillRate: 1_200, capacity: 1_200 },
      write: { refillRate: 1_200, capacity: 3_600 },
    });
  });

  it('fill by the millisecond of market time, exactly, up to the brim', () => {
    const clock = new ManualClock(START_MS);
    const rates = new RateLimits('basic', clock);
    for (let taken = 0; taken < 10; taken++) expect(rates.write('a', 10, 0)).toBe(true);
    expect(rates.write('a', 10, 0)).toBe(false);
    for (let step = 1; step <= 99; step++) {
      clock.advanceTo(START_MS + step);
      expect(rates.write('a', 10, 0)).toBe(false);
    }
    clock.advanceTo(START_MS + 100);
    expect(rates.write('a', 10, 0)).toBe(true);
    clock.advanceTo(START_MS + 10_000);
    expect(rates.write('a', 101, 0)).toBe(false);
    expect(rates.write('a', 100, 0)).toBe(true);
  });

  it('bill every shard for a write without one, and nothing at all if one of them is short', () => {
    const rates = new RateLimits('basic', new ManualClock(START_MS));
    expect(rates.write('a', 100, 3)).toBe(true);
    expect(rates.write('a', 10, 'auto')).toBe(false);
    expect(rates.write('a', 100, 0)).toBe(true);
    expect(rates.write('b', 60, 'auto')).toBe(true);
    for (const shard of [0, 1, 2, 3]) expect(rates.write('b', 60, shard)).toBe(false);
  });
});

describe('A rate-limited venue', () => {
  it('answers 429 with a bare sentence and no hint when', async () => {
    const fixture = createFixture({ tier: 'basic' });
    const count = await countUntilRefused(() => fixture.call('alice', 'GET', '/portfolio/balance'), 200);
    expect(count).toBe(60);
    const answer = await fixture.call('alice', 'GET', '/portfolio/balance');
    expect(answer.status).toBe(429);
    expect(answer.body).toEqual({ error: 'too many requests' });
    expect(answer.headers.get('retry-after')).toBeNull();
    expect((await fixture.call('bob', 'GET', '/portfolio/balance')).status).toBe(200);
    fixture.market.advanceTo(START_MS + 50);
    expect((await fixture.call('alice', 'GET', '/portfolio/balance')).status).toBe(200);
  });

  it('charges two tokens for a cancel and for one order read', async () => {
    const fixture = createFixture({ tier: 'basic' });
    const cancel = () => fixture.call('alice', 'DELETE', '/portfolio/events/orders/none?exchange_index=0');
    expect(await countUntilRefused(cancel, 404)).toBe(50);
    expect(await countUntilRefused(() => fixture.call('alice', 'GET', '/portfolio/orders/none'), 404)).toBe(300);
  });

  it('bills a shard that is named alone', async () => {
    const fixture = createFixture({ tier: 'basic' });
    const create = () =>
      fixture.call('alice', 'POST', '/portfolio/events/orders', order({ ticker: HAIL, exchange_index: HAIL_SHARD }));
    expect(await countUntilRefused(create, 201)).toBe(10);
    expect((await fixture.call('alice', 'POST', '/portfolio/events/orders', order())).status).toBe(429);
    const elsewhere = order({ exchange_index: 0 });
    expect((await fixture.call('alice', 'POST', '/portfolio/events/orders', elsewhere)).status).toBe(201);
  });

  it('takes a batch as a whole or not at all', async () => {
    const fixture = createFixture({ tier: 'basic' });
    const batch = (count: number) =>
      fixture.call('alice', 'POST', '/portfolio/events/orders/batched', {
        orders: Array.from({ length: count }, () => order()),
      });
    expect((await batch(6)).status).toBe(201);
    expect((await batch(5)).status).toBe(429);
    expect((await batch(4)).status).toBe(201);
    expect((await batch(11)).status).toBe(400);
    expect(fixture.engine.orders('alice')).toHaveLength(10);
  });

  it('tells the account its limits and the prices that are not ten', async () => {
    const fixture = createFixture({ tier: 'basic' });
    expect((await fixture.call('alice', 'GET', '/account/limits')).body).toEqual({
      usage_tier: 'basic',
      read: { refill_rate: 200, bucket_capacity: 600 },
      write: { refill_rate: 100, bucket_capacity: 100 },
      grants: [],
    });
    const { body } = await fixture.call('alice', 'GET', '/account/endpoint_costs');
    expect(body.default_cost).toBe(10);
    expect(body.endpoint_costs).toContainEqual({
      method: 'DELETE',
      path: '/trade-api/v2/portfolio/events/orders/:order_id',
      cost: 2,
    });
  });

  it('tells everybody what calls cost', async () => {
    const { status, body } = await createFixture().send('GET', '/account/endpoint_costs');
    expect([status, body.default_cost]).toEqual([200, 10]);
  });

  it('gives an account that has traded the next tier when it asks, for 30 tokens, and for good', async () => {
    const fixture = createFixture({ tier: 'basic' });
    const path = '/account/api_usage_level/upgrade';
    const early = await fixture.call('alice', 'POST', path);
    expect(early.status).toBe(403);
    const create = (user: string) =>
      fixture.call(user, 'POST', '/portfolio/events/orders', order({ exchange_index: 0 }));
    expect((await create('alice')).status).toBe(201);
    const done = await fixture.call('alice', 'POST', path);
    expect([done.status, done.text]).toEqual([201, '']);
    // 100 less 30, 10 and 30 are left of the old bucket: growing does not fill it.
    expect(await countUntilRefused(() => create('alice'), 201)).toBe(3);
    fixture.market.advanceTo(START_MS + 3_000);
    expect(await countUntilRefused(() => create('alice'), 201)).toBe(90);
    const { body } = await fixture.call('alice', 'GET', '/account/limits');
    expect(body).toEqual({
      usage_tier: 'advanced',
      read: { refill_rate: 300, bucket_capacity: 900 },
      write: { refill_rate: 300, bucket_capacity: 900 },
      grants: [{ exchange_instance: 'event_contract', level: 'advanced', source: 'manual' }],
    });
    fixture.market.advanceTo(START_MS + 6_000);
    expect((await fixture.call('alice', 'POST', path)).status).toBe(201);
    expect((await fixture.call('alice', 'GET', '/account/limits')).body.grants).toHaveLength(1);
    expect((await fixture.call('bob', 'GET', '/account/limits')).body.usage_tier).toBe('basic');
  });

  it('is no lower for an account whose own level is', async () => {
    const fixture = createFixture({ tier: 'premier' });
    fixture.engine.grantUsageLevel('alice', 'advanced');
    expect((await fixture.call('alice', 'GET', '/account/limits')).body).toMatchObject({
      usage_tier: 'premier',
      read: { refill_rate: 1_200, bucket_capacity: 1_200 },
      write: { refill_rate: 1_200, bucket_capacity: 3_600 },
    });
  });

  it('gives its clock away', async () => {
    const fixture = createFixture({ tier: 'basic' });
    fixture.market.advanceTo(START_MS + 5);
    expect(await countUntilRefused(() => fixture.send('GET', '/exchange/status'), 200)).toBe(60);
    expect((await fixture.send('GET', '/_clock')).body).toEqual({
      marketTimeMs: START_MS + 5,
      wallTimeMs: START_MS,
      speed: 1,
    });
  });
});
