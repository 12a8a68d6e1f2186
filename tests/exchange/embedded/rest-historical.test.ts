/**
 * The border between live and historical data (`/historical/cutoff`): on either side of it everything is found in exactly
 * one place, in the shapes of the live calls; candles in the archive have names without suffix and null for what is not
 * there.
 */
import { describe, expect, it } from 'vitest';
import type { Ticker } from '../../../src/domain/ids.ts';
import { type Centicents, type Centicontracts, unixMs } from '../../../src/domain/units.ts';
import { createFixture, HAIL, order, RAIN, SNOW, START_MS } from './protocol-fixture.ts';

const DAY_MS = 86_400_000;
const NOON = Math.floor(START_MS / 60_000) * 60;
type Fixture = ReturnType<typeof createFixture>;

/** Rain settles within the hour, snow a day later; both were traded. */
async function settled(): Promise<Fixture> {
  const fixture = createFixture();
  const { engine, market } = fixture;
  engine.moveClose(SNOW, unixMs(START_MS + DAY_MS));
  for (const ticker of [RAIN, SNOW]) fixture.crowd(ticker, 'ask', 60, 50);
  await fixture.call(
    'alice',
    'POST',
    '/portfolio/events/orders',
    order({ ticker: RAIN, price: '0.6000', count: '2.00' }),
  );
  await fixture.call('alice', 'POST', '/portfolio/events/orders', order({ ticker: HAIL, price: '0.0200' }));
  market.advanceTo(unixMs(START_MS + 3_600_000));
  engine.determine(RAIN, 'no', 0 as Centicents);
  market.advanceTo(unixMs(START_MS + 20 * 3_600_000));
  await fixture.call('alice', 'POST', '/portfolio/events/orders', order({ ticker: SNOW, price: '0.6000' }));
  market.advanceTo(unixMs(START_MS + DAY_MS));
  engine.determine(SNOW, 'yes', 10_000 as Centicents);
  return fixture;
}

/** Midnight UTC, this many days after the first. */
function advance(fixture: Fixture, days: number): void {
  const midnight = unixMs(Math.ceil(START_MS / DAY_MS) * DAY_MS + (days - 1) * DAY_MS);
  fixture.market.advanceTo(midnight);
  fixture.wall.advanceTo(midnight);
}

async function tickers(fixture: Fixture, path: string): Promise<Ticker[]> {
  return (await fixture.send('GET', path)).body.markets.map((one: { ticker: Ticker }) => one.ticker);
}

describe('The cutoff', () => {
  it('lies three months back for markets and trades, two weeks for orders, and moves at midnight', async () => {
    const fixture = createFixture();
    expect((await fixture.send('GET', '/historical/cutoff')).body).toEqual({
      market_settled_ts: '2026-12-04T00:00:00Z',
      trades_created_ts: '2026-12-04T00:00:00Z',
      orders_updated_ts: '2027-02-18T00:00:00Z',
    });
    advance(fixture, 1);
    expect((await fixture.send('GET', '/historical/cutoff')).body.orders_updated_ts).toBe('2027-02-19T00:00:00Z');
  });
});

describe('A market that settled before the cutoff', () => {
  it('has left the live calls, and is found in the archive', async () => {
    const fixture = await settled();
    expect(await tickers(fixture, '/markets')).toEqual([RAIN, SNOW, HAIL]);
    expect(await tickers(fixture, '/historical/markets')).toEqual([]);
    expect((await fixture.send('GET', `/historical/markets/${RAIN}`)).status).toBe(404);
    const live = (await fixture.send('GET', `/markets/${RAIN}`)).body;
    advance(fixture, 91);
    expect(await tickers(fixture, '/markets')).toEqual([SNOW, HAIL]);
    expect(await tickers(fixture, '/historical/markets')).toEqual([RAIN]);
    for (const path of [`/markets/${RAIN}`, `/markets/${RAIN}/orderbook`]) {
      expect((await fixture.send('GET', path)).status).toBe(404);
    }
    const { body } = await fixture.send('GET', `/historical/markets/${RAIN}`);
    const volatile = {
      volume_24h_fp: '0.00',
      previous_yes_bid_dollars: '',
      previous_yes_ask_dollars: '',
      previous_price_dollars: '',
    };
    expect({ ...body.market, ...volatile }).toEqual({ ...live.market, ...volatile });
    advance(fixture, 92);
    expect(await tickers(fixture, '/historical/markets')).toEqual([RAIN, SNOW]);
  });

  it('stays the child of an event that stays', async () => {
    const fixture = await settled();
    advance(fixture, 91);
    const { body } = await fixture.send('GET', '/events/KXRAIN-27MAR05?with_nested_markets=true');
    expect(body.event.markets.map((one: { ticker: string }) => one.ticker)).toEqual([SNOW]);
    expect(body.markets).toHaveLength(1);
  });

  it('is listed there page by page, by one filter at a time', async () => {
    const fixture = await settled();
    advance(fixture, 120);
    const first = await fixture.send('GET', '/historical/markets?limit=1');
    expect(first.body.markets[0].ticker).toBe(RAIN);
    expect(await tickers(fixture, `/historical/markets?limit=1&cursor=${first.body.cursor}`)).toEqual([SNOW]);
    expect(await tickers(fixture, `/historical/markets?tickers=${SNOW},${HAIL}`)).toEqual([SNOW]);
    expect(await tickers(fixture, '/historical/markets?event_ticker=KXRAIN-27MAR06')).toEqual([]);
    expect(await tickers(fixture, '/historical/markets?series_ticker=KXRAIN&mve_filter=exclude')).toEqual([RAIN, SNOW]);
    for (const query of [
      'event_ticker=A&series_ticker=B',
      'tickers=A&series_ticker=B',
      'mve_filter=only',
      'limit=1001',
    ]) {
      expect((await fixture.send('GET', `/historical/markets?${query}`)).status).toBe(400);
    }
  });

  it('has its candles there, in the form of the archive', async () => {
    const fixture = await settled();
    const span = `start_ts=${NOON}&end_ts=${NOON + 120}&period_interval=1`;
    const live = `/series/KXRAIN/markets/${RAIN}/candlesticks?${span}`;
    const archived = `/historical/markets/${RAIN}/candlesticks?${span}`;
    expect((await fixture.send('GET', archived)).status).toBe(404);
    expect((await fixture.send('GET', live)).body.candlesticks).toHaveLength(1);
    advance(fixture, 91);
    expect((await fixture.send('GET', live)).status).toBe(404);
    const batch = await fixture.send('GET', `/markets/candlesticks?market_tickers=${RAIN},${SNOW}&${span}`);
    expect(batch.body.markets.map((one: { market_ticker: string }) => one.market_ticker)).toEqual([SNOW]);
    expect((await fixture.send('GET', archived)).body).toEqual({
      ticker: RAIN,
      candlesticks: [
        {
          end_period_ts: NOON + 60,
          yes_bid: { open: '0.0000', low: '0.0000', high: '0.0000', close: '0.0000' },
          yes_ask: { open: '0.6000', low: '0.6000', high: '0.6000', close: '0.6000' },
          price: { open: '0.6000', low: '0.6000', high: '0.6000', close: '0.6000', mean: '0.6000', previous: null },
          volume: '2.00',
          open_interest: '2.00',
        },
      ],
    });
  });
});

describe('Trades, fills and orders', () => {
  const ids = (body: Record<string, { trade_id: string }[]>, key: string) => body[key]!.map((one) => one.trade_id);

  it('of before the cutoff are in the archive, all others live', async () => {
    const fixture = await settled();
    const all = ids((await fixture.send('GET', '/markets/trades')).body, 'trades');
    expect(all).toHaveLength(2);
    for (const days of [90, 91, 92]) {
      advance(fixture, days);
      const live = ids((await fixture.send('GET', '/markets/trades')).body, 'trades');
      const archived = ids((await fixture.send('GET', '/historical/trades')).body, 'trades');
      expect([...live, ...archived]).toEqual(all);
      expect(archived).toHaveLength(days - 90);
      const liveFills = ids((await fixture.call('alice', 'GET', '/portfolio/fills')).body, 'fills');
      const archivedFills = ids((await fixture.call('alice', 'GET', '/historical/fills')).body, 'fills');
      expect([...liveFills, ...archivedFills]).toEqual(all);
      expect(archivedFills).toHaveLength(days - 90);
    }
    expect((await fixture.send('GET', `/historical/trades?ticker=${SNOW}`)).body.trades).toHaveLength(1);
    expect((await fixture.send('GET', `/historical/trades?max_ts=${NOON + 60}`)).body.trades).toHaveLength(1);
    expect((await fixture.send('GET', '/historical/trades?ticker=KXNONE')).body).toEqual({ trades: [], cursor: '' });
    expect((await fixture.send('GET', '/historical/fills')).status).toBe(401);
  });

  it('that are over leave after two weeks, what rests never does', async () => {
    const fixture = createFixture();
    fixture.engine.moveClose(HAIL, unixMs(START_MS + 60 * DAY_MS));
    const rested = (await fixture.call('alice', 'POST', '/portfolio/events/orders', order({ ticker: HAIL }))).body;
    const ended = (await fixture.call('alice', 'POST', '/portfolio/events/orders', order({ ticker: HAIL }))).body;
    await fixture.call('alice', 'DELETE', `/portfolio/events/orders/${ended.order_id}?market_ticker=${HAIL}`);
    const shown = async (path: string) =>
      (await fixture.call('alice', 'GET', path)).body.orders.map((one: { order_id: string }) => one.order_id);
    advance(fixture, 14);
    expect(await shown('/portfolio/orders')).toEqual([ended.order_id, rested.order_id]);
    expect(await shown('/historical/orders')).toEqual([]);
    advance(fixture, 15);
    expect(await shown('/portfolio/orders')).toEqual([rested.order_id]);
    expect(await shown('/historical/orders')).toEqual([ended.order_id]);
    expect(await shown(`/historical/orders?ticker=${RAIN}`)).toEqual([]);
    expect((await fixture.call('alice', 'GET', `/portfolio/orders/${ended.order_id}`)).status).toBe(404);
    expect((await fixture.call('alice', 'GET', `/portfolio/orders/${rested.order_id}`)).status).toBe(200);
    // It is the end of an order that counts, not how long ago it was made (§4.3: orders_updated_ts).
    await fixture.call('alice', 'DELETE', `/portfolio/events/orders/${rested.order_id}?market_ticker=${HAIL}`);
    expect(await shown('/portfolio/orders')).toEqual([rested.order_id]);
    advance(fixture, 30);
    expect(await shown('/portfolio/orders')).toEqual([]);
    expect(await shown('/historical/orders')).toEqual([ended.order_id, rested.order_id]);
    expect((await fixture.call('alice', 'GET', '/historical/orders?limit=1001')).text).toContain("on the 'max' tag");
  });
});

describe('A listing of orders', () => {
  it('goes on after an order that left for the archive between two pages', async () => {
    const fixture = createFixture();
    fixture.engine.moveClose(HAIL, unixMs(START_MS + 60 * DAY_MS));
    const create = async () =>
      (await fixture.call('alice', 'POST', '/portfolio/events/orders', order({ ticker: HAIL }))).body.order_id;
    const [rested, ended] = [await create(), await create()];
    await fixture.call('alice', 'DELETE', `/portfolio/events/orders/${ended}?market_ticker=${HAIL}`);
    advance(fixture, 14);
    const first = (await fixture.call('alice', 'GET', '/portfolio/orders?limit=1')).body;
    expect(first.orders).toMatchObject([{ order_id: ended }]);
    advance(fixture, 15);
    const path = `/portfolio/orders?limit=1&cursor=${first.cursor}`;
    expect((await fixture.call('alice', 'GET', path)).body.orders).toMatchObject([{ order_id: rested }]);
  });
});

describe('A listing of trades', () => {
  it('is empty for a market that nobody knows, and for block trades', async () => {
    const fixture = createFixture();
    fixture.engine.crowdPrint(RAIN, 5_000 as Centicents, 100 as Centicontracts, 'ask');
    const count = async (query: string) => (await fixture.send('GET', `/markets/trades?${query}`)).body.trades.length;
    expect(await count('ticker=KXNONE')).toBe(0);
    expect(await count('is_block_trade=true')).toBe(0);
    expect(await count('is_block_trade=false')).toBe(1);
    expect(fixture.faults).toEqual([]);
  });
});
