/** What narrows the listings of an account (§4.4): each filter by itself, over two markets on two shards, traded at two times. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Centicents, unixMs } from '../../../src/domain/units.ts';
import { createFixture, HAIL, order, RAIN, SNOW, START_MS } from './protocol-fixture.ts';

const ORDERS = '/portfolio/events/orders';
const AT = Math.floor(START_MS / 1000);
const LATER_MS = unixMs(START_MS + 60_000);

let fixture: ReturnType<typeof createFixture>;
const ids: string[] = [];

/**
 * RAIN: bought and sold again, nothing held, then one that rests. HAIL (shard 2), a minute later: one held. SNOW: bought,
 * and settled. Fills and orders in order of making: rain, rain, snow, hail.
 */
beforeAll(async () => {
  fixture = createFixture();
  const trade = async (fields: Record<string, unknown>) => {
    const { status, body } = await fixture.call('alice', 'POST', ORDERS, order(fields));
    expect([status, body.fill_count]).toEqual([201, '1.00']);
    ids.push(body.order_id);
  };
  for (const ticker of [RAIN, SNOW, HAIL]) {
    fixture.crowd(ticker, 'bid', 40, 10);
    fixture.crowd(ticker, 'ask', 42, 10);
  }
  const now = 'immediate_or_cancel';
  await trade({ price: '0.4200', time_in_force: now });
  await trade({ side: 'ask', price: '0.4000', time_in_force: now });
  await trade({ ticker: SNOW, price: '0.4200', time_in_force: now });
  fixture.market.advanceTo(LATER_MS);
  await trade({ ticker: HAIL, price: '0.4200', time_in_force: now });
  const { body } = await fixture.call('alice', 'POST', ORDERS, order());
  ids.push(body.order_id);
  fixture.engine.determine(SNOW, 'yes', 10_000 as Centicents);
  fixture.market.advanceTo(unixMs(LATER_MS + 60_000));
});

async function listed(path: string, list: string, field: string): Promise<string[]> {
  const { status, text, body } = await fixture.call('alice', 'GET', `/portfolio/${path}`);
  expect(status, text).toBe(200);
  return body[list].map((one: Record<string, string>) => one[field]);
}

describe('Positions', () => {
  it.each([
    ['', [RAIN, HAIL]],
    ['settlement_status=settled', [SNOW]],
    ['settlement_status=all', [RAIN, SNOW, HAIL]],
    ['count_filter=position', [HAIL]],
    ['count_filter=total_traded', [RAIN, HAIL]],
    // Any of the counts that are named is enough.
    ['count_filter=position,total_traded', [RAIN, HAIL]],
    ['count_filter=position&settlement_status=all', [HAIL]],
    [`ticker=${HAIL}`, [HAIL]],
    ['event_ticker=KXRAIN-27MAR05&settlement_status=all', [RAIN, SNOW]],
    ['exchange_index=2', [HAIL]],
    ['exchange_index=0', [RAIN]],
  ])('by "%s"', async (query, tickers) => {
    expect(await listed(`positions?${query}`, 'market_positions', 'ticker')).toEqual(tickers);
  });
});

describe('Fills, newest first', () => {
  it.each([
    ['', [3, 2, 1, 0]],
    [`ticker=${RAIN}`, [1, 0]],
    [`ticker=${RAIN},${HAIL}`, [3, 1, 0]],
    ['exchange_index=2', [3]],
    [`max_ts=${AT}`, [2, 1, 0]],
    [`min_ts=${AT + 60}`, [3]],
    [`min_ts=${AT + 61}`, []],
    [`min_ts=${AT}&max_ts=${AT + 60}`, [3, 2, 1, 0]],
  ])('by "%s"', async (query, which) => {
    expect(await listed(`fills?${query}`, 'fills', 'order_id')).toEqual(which.map((index) => ids[index]));
  });

  it('of one order', async () => {
    expect(await listed(`fills?order_id=${ids[1]}`, 'fills', 'order_id')).toEqual([ids[1]]);
  });
});

describe('Orders, newest first', () => {
  it.each([
    ['', [4, 3, 2, 1, 0]],
    ['status=resting', [4]],
    ['status=executed', [3, 2, 1, 0]],
    ['status=canceled', []],
    [`ticker=${RAIN}`, [4, 1, 0]],
    ['event_ticker=KXRAIN-27MAR06', [3]],
    ['event_ticker=KXRAIN-27MAR05,KXRAIN-27MAR06&status=executed', [3, 2, 1, 0]],
    ['exchange_index=2', [3]],
    [`max_ts=${AT}`, [2, 1, 0]],
    [`min_ts=${AT + 60}`, [4, 3]],
  ])('by "%s"', async (query, which) => {
    expect(await listed(`orders?${query}`, 'orders', 'order_id')).toEqual(which.map((index) => ids[index]));
  });
});

describe('Settlements', () => {
  const settledAt = AT + 120;
  it.each([
    ['', [SNOW]],
    [`ticker=${SNOW}`, [SNOW]],
    [`ticker=${RAIN}`, []],
    ['event_ticker=KXRAIN-27MAR05', [SNOW]],
    ['event_ticker=KXRAIN-27MAR06', []],
    [`min_ts=${settledAt}`, [SNOW]],
    [`min_ts=${settledAt + 1}`, []],
    [`max_ts=${settledAt - 1}`, []],
  ])('by "%s"', async (query, tickers) => {
    expect(await listed(`settlements?${query}`, 'settlements', 'ticker')).toEqual(tickers);
  });
});
