/**
 * What is listed, as the recorded `markets__*` (demo, June 2026), `market_single` and `series_fee_fields` (production, August
 * 2026) show it: names and kinds of fields, filters and which of them go together, a day's memory of prices.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Centicents, type Centicontracts, unixMs } from '../../../src/domain/units.ts';
import { createFixture, HAIL, RAIN, SNOW, START_MS } from './protocol-fixture.ts';

const seconds = Math.floor(START_MS / 1_000);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
type Fixture = ReturnType<typeof createFixture>;

async function tickers(fixture: Fixture, query: string): Promise<string[]> {
  const { body } = await fixture.send('GET', `/markets?${query}`);
  return body.markets.map((market: { ticker: string }) => market.ticker);
}

describe('A listing of markets', () => {
  it('takes time bounds of one kind, with the statuses that go with it', async () => {
    const fixture = createFixture();
    const status = async (query: string) => (await fixture.send('GET', `/markets?${query}`)).status;
    const fine = [
      'status=unopened&min_created_ts=1',
      'status=open&max_created_ts=1',
      'min_created_ts=1&max_created_ts=2',
      'status=closed&min_close_ts=1',
      'max_close_ts=1',
      'status=settled&min_settled_ts=1',
      'max_settled_ts=1&series_ticker=KXRAIN',
      'min_updated_ts=1&mve_filter=exclude&series_ticker=KXRAIN',
    ];
    const refused = [
      'status=closed&min_created_ts=1',
      'status=open&max_close_ts=1',
      'status=open&min_settled_ts=1',
      'min_created_ts=1&min_close_ts=1',
      'min_close_ts=1&max_settled_ts=1',
      'min_updated_ts=1',
      'min_updated_ts=1&mve_filter=only',
      'min_updated_ts=1&mve_filter=exclude&status=open',
      'min_updated_ts=1&mve_filter=exclude&max_close_ts=1',
      'min_updated_ts=1&mve_filter=exclude&event_ticker=A',
      'status=active',
      'mve_filter=none',
      'limit=-1',
      'min_close_ts=soon',
    ];
    for (const query of fine) expect([query, await status(query)]).toEqual([query, 200]);
    for (const query of refused) expect([query, await status(query)]).toEqual([query, 400]);
  });

  it('finds by time of creation, close, settlement and last change', async () => {
    const fixture = createFixture();
    const created = seconds - 3_600;
    expect(await tickers(fixture, `max_created_ts=${created - 1}`)).toEqual([]);
    expect(await tickers(fixture, `min_created_ts=${created}`)).toHaveLength(3);
    expect(await tickers(fixture, `max_close_ts=${seconds + 3_600}`)).toEqual([RAIN, SNOW]);
    fixture.market.advanceTo(unixMs(START_MS + HOUR_MS));
    fixture.engine.determine(SNOW, 'yes', 10_000 as Centicents);
    fixture.market.advanceTo(unixMs(START_MS + HOUR_MS + 60_000));
    expect(await tickers(fixture, `min_settled_ts=${seconds + 3_660}`)).toEqual([SNOW]);
    expect(await tickers(fixture, `max_settled_ts=${seconds + 3_659}`)).toEqual([]);
    expect(await tickers(fixture, `min_updated_ts=${seconds + 1}&mve_filter=exclude`)).toEqual([RAIN, SNOW]);
    expect(await tickers(fixture, `min_updated_ts=${seconds + 3_601}&mve_filter=exclude`)).toEqual([SNOW]);
    expect(await tickers(fixture, 'status=closed')).toEqual([RAIN]);
    expect(await tickers(fixture, 'status=settled')).toEqual([SNOW]);
  });

  it('has closed for all that is past its close and not paid yet (§4.2)', async () => {
    const fixture = createFixture();
    const { engine, market } = fixture;
    engine.moveClose(RAIN, market.now());
    const shown = async () => {
      const of = async (status: string) =>
        (await fixture.send('GET', `/markets?status=${status}`)).body.markets.map(
          (one: { ticker: string }) => one.ticker,
        );
      const { body } = await fixture.send('GET', `/markets/${RAIN}`);
      return [body.market.status, (await of('closed')).includes(RAIN), (await of('settled')).includes(RAIN)];
    };
    expect(await shown()).toEqual(['closed', true, false]);
    engine.determine(RAIN, 'no', 0 as Centicents);
    expect(await shown()).toEqual(['determined', true, false]);
    engine.dispute(RAIN);
    expect(await shown()).toEqual(['disputed', true, false]);
    engine.amendResult(RAIN, 'yes', 10_000 as Centicents);
    expect(await shown()).toEqual(['amended', true, false]);
    market.advanceTo(unixMs(market.now() + 60_000));
    expect(await shown()).toEqual(['finalized', false, true]);
  });

  it('tells a pause as a status of its own', async () => {
    const fixture = createFixture();
    fixture.engine.pauseMarket(SNOW);
    expect(await tickers(fixture, 'status=paused')).toEqual([SNOW]);
    expect(await tickers(fixture, 'status=open')).toEqual([RAIN, HAIL]);
  });
});

describe('A market', () => {
  const show = async (fixture: Fixture) => (await fixture.send('GET', `/markets/${RAIN}`)).body.market;

  it('tells what touch and last price were a day ago', async () => {
    const fixture = createFixture();
    fixture.engine.moveClose(RAIN, unixMs(START_MS + 5 * DAY_MS));
    const print = (cents: number) =>
      fixture.engine.crowdPrint(RAIN, (cents * 100) as Centicents, 100 as Centicontracts, 'bid');
    const previous = async () => {
      const market = await show(fixture);
      return ['yes_bid', 'yes_ask', 'price'].map((name) => market[`previous_${name}_dollars`]);
    };
    fixture.crowd(RAIN, 'bid', 40, 5);
    fixture.crowd(RAIN, 'ask', 44, 5);
    print(42);
    expect(await previous()).toEqual(['0.0000', '0.0000', '0.0000']);
    fixture.market.advanceTo(unixMs(START_MS + 6 * HOUR_MS));
    fixture.crowd(RAIN, 'bid', 41, 5);
    print(43);
    expect(await previous()).toEqual(['0.0000', '0.0000', '0.0000']);
    fixture.market.advanceTo(unixMs(START_MS + DAY_MS + HOUR_MS));
    expect(await previous()).toEqual(['0.4000', '0.4400', '0.4200']);
    fixture.market.advanceTo(unixMs(START_MS + DAY_MS + 7 * HOUR_MS));
    expect(await previous()).toEqual(['0.4100', '0.4400', '0.4300']);
    expect((await show(fixture)).volume_24h_fp).toBe('0.00');
  });

  it('tells when it last changed other than by trading', async () => {
    const fixture = createFixture();
    const { created_time } = await show(fixture);
    fixture.engine.crowdPrint(RAIN, 4_000 as Centicents, 100 as Centicontracts, 'bid');
    expect((await show(fixture)).updated_time).toBe(created_time);
    fixture.market.advanceTo(unixMs(START_MS + 60_000));
    fixture.engine.pauseMarket(RAIN);
    expect(await show(fixture)).toMatchObject({ created_time, updated_time: '2027-03-04T12:01:00.25Z' });
    const { body } = await fixture.send('GET', '/events');
    expect(body.events[0].last_updated_ts).toBe('2027-03-04T12:01:00.25Z');
    expect((await fixture.send('GET', `/events?min_updated_ts=${seconds}`)).body.events).toHaveLength(1);
  });
});

describe('Series and events', () => {
  it('show the volume of a series, and more, when asked to', async () => {
    const fixture = createFixture();
    for (const ticker of [RAIN, HAIL])
      fixture.engine.crowdPrint(ticker, 4_000 as Centicents, 150 as Centicontracts, 'bid');
    const plain = (await fixture.send('GET', '/series')).body.series[0];
    expect(plain).not.toHaveProperty('volume_fp');
    expect(plain).not.toHaveProperty('product_metadata');
    expect(plain.last_updated_ts).toBe('2027-03-04T11:00:00.25Z');
    const full = (await fixture.send('GET', '/series?include_volume=true&include_product_metadata=true')).body
      .series[0];
    expect(full).toMatchObject({ volume_fp: '3.00', product_metadata: {} });
    expect((await fixture.send('GET', '/series/KXRAIN?include_volume=true')).body.series.volume_fp).toBe('3.00');
    expect((await fixture.send('GET', `/series?min_updated_ts=${seconds}`)).body.series).toEqual([]);
    expect((await fixture.send('GET', '/series?include_volume=much')).body.code).toBe('bad_request');
  });

  it('have metadata, milestones and combos in their shapes, all empty', async () => {
    const fixture = createFixture();
    const { body } = await fixture.send('GET', '/events/KXRAIN-27MAR05/metadata');
    expect(body).toEqual({
      image_url: '',
      settlement_sources: [],
      market_details: [RAIN, SNOW].map((market_ticker) => ({ market_ticker, image_url: '', color_code: '' })),
    });
    expect((await fixture.send('GET', '/events/KXNONE/metadata')).status).toBe(404);
    expect((await fixture.send('GET', '/events?with_milestones=true')).body.milestones).toEqual([]);
    expect((await fixture.send('GET', '/events/multivariate')).body).toEqual({ events: [], cursor: '' });
    const both = '/events/multivariate?series_ticker=A&collection_ticker=B';
    expect((await fixture.send('GET', both)).status).toBe(400);
  });
});

describe('The exchange', () => {
  it('has no incentive programs, and no announcements any more', async () => {
    const fixture = createFixture();
    const { body } = await fixture.send('GET', '/incentive_programs?status=active&type=liquidity&limit=10000');
    expect(body).toEqual({ incentive_programs: [], next_cursor: '' });
    expect((await fixture.send('GET', '/incentive_programs?status=soon')).status).toBe(400);
    expect((await fixture.send('GET', '/exchange/announcements')).status).toBe(404);
  });
});

const root = process.env.BOTHSIDES_FIXTURES ?? '';
const isThere = root !== '' && existsSync(join(root, 'demo-2026-06'));

it('Recorded listings are looked for', (context) => {
  if (!isThere) context.skip('BOTHSIDES_FIXTURES names no folder with recordings: they are not compared with');
});

/** Removed from the venue since the recording (changelogs of July and October 2026). */
const GONE = ['fractional_trading_enabled', 'response_price_units', 'liquidity_dollars'];
/** What a market or series has only if its terms call for it. */
const ON_TERMS = ['custom_strike', 'early_close_condition', 'occurrence_datetime', 'floor_strike', 'cap_strike'];

describe.runIf(isThere)('Beside what was recorded', () => {
  const recorded = (folder: string, name: string) =>
    JSON.parse(readFileSync(join(root, folder, `${name}.json`), 'utf8'));
  const kinds = (value: Record<string, unknown>, without: readonly string[] = []) =>
    Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => !without.includes(name))
        .map(([name, one]) => [name, Array.isArray(one) ? 'array' : typeof one])
        .sort(([a], [b]) => (a! < b! ? -1 : 1)),
    );

  it('a market has the same fields of the same kinds', async () => {
    const { market } = (await createFixture().send('GET', `/markets/${RAIN}`)).body;
    const ours = kinds(market);
    for (const theirs of [
      recorded('demo-2026-06', 'markets__single').market,
      recorded('production-2026-08', 'market_single').single.market,
    ]) {
      expect(ours).toMatchObject(kinds(theirs, [...GONE, ...ON_TERMS]));
    }
  });

  it('a series has the same fields of the same kinds', async () => {
    const { series } = (await createFixture().send('GET', '/series/KXRAIN')).body;
    const all = Object.values(recorded('production-2026-08', 'series_fee_fields').payloads) as { series: object }[];
    for (const one of all) expect(kinds(series)).toMatchObject(kinds(one.series as Record<string, unknown>));
  });

  it('a book, a candle and an error over the limit are written the same', async () => {
    const fixture = createFixture();
    fixture.crowd(RAIN, 'bid', 47, 3);
    fixture.crowd(RAIN, 'ask', 52, 3);
    const book = await fixture.send('GET', `/markets/${RAIN}/orderbook`);
    expect(book.body).toEqual(recorded('demo-2026-06', 'orderbook__base'));
    fixture.engine.crowdPrint(RAIN, 5_200 as Centicents, 100 as Centicontracts, 'bid');
    fixture.market.advanceTo(unixMs(START_MS + 60_000));
    fixture.engine.crowdPrint(RAIN, 5_200 as Centicents, 100 as Centicontracts, 'bid');
    fixture.market.advanceTo(unixMs(START_MS + 120_000));
    fixture.crowd(RAIN, 'bid', 47, 3);
    const span = `start_ts=${seconds}&end_ts=${seconds + 300}&period_interval=1`;
    const { body } = await fixture.send('GET', `/series/KXRAIN/markets/${RAIN}/candlesticks?${span}`);
    const shapes = (candle: Record<string, unknown>) => [
      kinds(candle),
      ...['yes_bid', 'yes_ask', 'price'].map((name) => kinds(candle[name] as Record<string, unknown>)),
    ];
    const theirs = Object.values(
      recorded('production-2026-08', 'candlesticks_mlb').markets as Record<string, { candlesticks: [] }>,
    ).flatMap(({ candlesticks }) => candlesticks.map(shapes));
    const unique = new Set(theirs.map((shape) => JSON.stringify(shape)));
    const ours = new Set(body.candlesticks.slice(1).map((candle: never) => JSON.stringify(shapes(candle))));
    expect(ours).toEqual(unique);
    const over = await fixture.send('GET', '/markets?limit=1001');
    expect(over.body).toEqual(recorded('demo-2026-06', 'markets__limit_over_max'));
  });
});
