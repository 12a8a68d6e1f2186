/**
 * Candlesticks. Shapes are those of the recorded `candlesticks_mlb.json` (production, August 2026): OHLC in `_dollars`
 * strings, a mean over the traded volume, `previous_dollars` alone where nothing was traded.
 *
 * Invariants of a chart, for any touches and trades at any times:
 * 1. Every candle, by minute, hour and New York day, is what one gets by looking at the events of its period alone and at
 *    what stood before it.
 * 2. Only periods in which something happened have one.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Ticker } from '../../../src/domain/ids.ts';
import { type Centicents, type Centicontracts, type UnixMs, unixMs } from '../../../src/domain/units.ts';
import { type Candle, CandleStore, type Range } from '../../../src/exchange/embedded/candle.ts';
import { Chart, endOf, PERIODS, type Period } from '../../../src/exchange/embedded/chart.ts';
import { easternMidnightFrom } from '../../../src/exchange/embedded/eastern-days.ts';
import { createMemory } from '../../../src/exchange/embedded/memory.ts';
import { createFixture, HAIL, RAIN, SNOW, START_MS } from './protocol-fixture.ts';
import { live, pass, relive } from './remembered-life.ts';

/** 12:00:00 of the fixture's first day. */
const NOON = Math.floor(START_MS / 60_000) * 60;
type Fixture = ReturnType<typeof createFixture>;

function print(fixture: Fixture, atMs: number, cents: number, contracts: number, ticker: Ticker = RAIN): void {
  fixture.market.advanceTo(unixMs(atMs));
  fixture.engine.crowdPrint(ticker, (cents * 100) as Centicents, (contracts * 100) as Centicontracts, 'bid');
}

async function candles(fixture: Fixture, query: string, ticker: Ticker = RAIN) {
  const { body } = await fixture.send('GET', `/series/KXRAIN/markets/${ticker}/candlesticks?${query}`);
  return body.candlesticks;
}

/** A quoted market: three trades in the first minute, only a quote in the third. */
function traded(): Fixture {
  const fixture = createFixture();
  fixture.crowd(RAIN, 'bid', 44, 10);
  fixture.crowd(RAIN, 'ask', 48, 10);
  print(fixture, START_MS + 1_000, 45, 10);
  print(fixture, START_MS + 2_000, 47, 20);
  print(fixture, START_MS + 3_000, 46, 1.5);
  fixture.market.advanceTo(unixMs(START_MS + 121_000));
  fixture.crowd(RAIN, 'bid', 45, 1);
  return fixture;
}

describe('A candle', () => {
  it('has the fields of the recorded ones, and the price before alone where nothing was traded', async () => {
    const all = await candles(traded(), `start_ts=${NOON}&end_ts=${NOON + 600}&period_interval=1`);
    expect(all).toEqual([
      {
        end_period_ts: NOON + 60,
        yes_bid: { open_dollars: '0.4400', low_dollars: '0.4400', high_dollars: '0.4400', close_dollars: '0.4400' },
        yes_ask: { open_dollars: '1.0000', low_dollars: '0.4800', high_dollars: '1.0000', close_dollars: '0.4800' },
        price: {
          open_dollars: '0.4500',
          low_dollars: '0.4500',
          high_dollars: '0.4700',
          close_dollars: '0.4600',
          // (10 × 45 + 20 × 47 + 1.5 × 46) / 31.5 = 46.3175 cents
          mean_dollars: '0.4632',
        },
        volume_fp: '31.50',
        open_interest_fp: '0.00',
      },
      {
        end_period_ts: NOON + 180,
        yes_bid: { open_dollars: '0.4400', low_dollars: '0.4400', high_dollars: '0.4500', close_dollars: '0.4500' },
        yes_ask: { open_dollars: '0.4800', low_dollars: '0.4800', high_dollars: '0.4800', close_dollars: '0.4800' },
        price: { previous_dollars: '0.4600' },
        volume_fp: '0.00',
        open_interest_fp: '0.00',
      },
    ]);
  });

  it('stands for hours and days as well, the present one as far as it has come', async () => {
    const fixture = traded();
    const span = `start_ts=${NOON}&end_ts=${NOON + 86_400}`;
    const [hour, ...more] = await candles(fixture, `${span}&period_interval=60`);
    expect(more).toEqual([]);
    expect(hour).toMatchObject({
      end_period_ts: NOON + 3_600,
      volume_fp: '31.50',
      price: { mean_dollars: '0.4632' },
      yes_bid: { open_dollars: '0.4400', close_dollars: '0.4500' },
    });
    const [day] = await candles(fixture, `${span}&period_interval=1440`);
    // Midnight in New York: five in the morning by UTC.
    expect(day.end_period_ts * 1_000).toBe(Date.UTC(2027, 2, 5, 5));
  });

  it('has the end of its period, not the beginning', async () => {
    const fixture = createFixture();
    print(fixture, (NOON + 60) * 1_000, 30, 1);
    print(fixture, (NOON + 60) * 1_000 + 1, 40, 1);
    const [first, second] = await candles(fixture, `start_ts=${NOON}&end_ts=${NOON + 120}&period_interval=1`);
    expect([first.end_period_ts, first.price.close_dollars]).toEqual([NOON + 60, '0.3000']);
    expect([second.end_period_ts, second.price.previous_dollars]).toEqual([NOON + 120, '0.3000']);
  });

  it('shows open interest as it stands at its end', async () => {
    const fixture = createFixture();
    fixture.crowd(RAIN, 'ask', 60, 5);
    await fixture.call('alice', 'POST', '/portfolio/events/orders', {
      ticker: RAIN,
      side: 'bid',
      count: '3.00',
      price: '0.6000',
      time_in_force: 'immediate_or_cancel',
      self_trade_prevention_type: 'taker_at_cross',
    });
    const [one] = await candles(fixture, `start_ts=${NOON}&end_ts=${NOON + 60}&period_interval=1`);
    expect(one.open_interest_fp).toBe('3.00');
  });

  it('is not bent by the book that a close empties', async () => {
    const fixture = traded();
    fixture.market.advanceTo(unixMs(START_MS + 3_600_000));
    const all = await candles(fixture, `start_ts=${NOON}&end_ts=${NOON + 7_200}&period_interval=1`);
    expect(all.at(-1).end_period_ts).toBe(NOON + 180);
  });
});

describe('A request for candles', () => {
  it('gets those that end within its bounds, both included', async () => {
    const fixture = traded();
    const ends = async (start: number, end: number) =>
      (await candles(fixture, `start_ts=${start}&end_ts=${end}&period_interval=1`)).map(
        (one: { end_period_ts: number }) => one.end_period_ts - NOON,
      );
    expect(await ends(NOON + 60, NOON + 180)).toEqual([60, 180]);
    expect(await ends(NOON + 61, NOON + 179)).toEqual([]);
  });

  it('may have what stood before it carried to its first period', async () => {
    const fixture = traded();
    const query = `start_ts=${NOON + 190}&end_ts=${NOON + 600}&period_interval=1&include_latest_before_start=true`;
    expect(await candles(fixture, query)).toEqual([
      {
        end_period_ts: NOON + 240,
        yes_bid: { open_dollars: '0.4500', low_dollars: '0.4500', high_dollars: '0.4500', close_dollars: '0.4500' },
        yes_ask: { open_dollars: '0.4800', low_dollars: '0.4800', high_dollars: '0.4800', close_dollars: '0.4800' },
        price: { previous_dollars: '0.4600' },
        volume_fp: '0.00',
        open_interest_fp: '0.00',
      },
    ]);
  });

  it('names a market of the series, bounds, a known period, and no more than the venue answers at once', async () => {
    const fixture = traded();
    const status = async (path: string) => (await fixture.send('GET', path)).status;
    const span = 'start_ts=1&end_ts=61';
    expect(await status(`/series/KXSNOW/markets/${RAIN}/candlesticks?${span}&period_interval=1`)).toBe(404);
    expect(await status(`/series/KXRAIN/markets/KXRAIN-NONE/candlesticks?${span}&period_interval=1`)).toBe(404);
    const path = `/series/KXRAIN/markets/${RAIN}/candlesticks`;
    expect((await fixture.send('GET', `${path}?end_ts=61&period_interval=1`)).body).toEqual({
      msg:
        'Parameter validation failed for GetMarketCandlesticks: ' +
        "Key: 'GetMarketCandlesticksParams.StartTs' Error:Field validation for 'StartTs' failed on the 'required' tag",
    });
    expect((await fixture.send('GET', `${path}?${span}&period_interval=5`)).text).toContain(
      "failed on the 'oneof' tag",
    );
    expect(await status(`${path}?start_ts=61&end_ts=1&period_interval=1`)).toBe(400);
    const long = await fixture.send('GET', `${path}?start_ts=0&end_ts=300000&period_interval=1`);
    expect(long.status).toBe(400);
    expect(long.body.error.details).toBe('requested time range with candlesticks: 5001, max candlesticks: 5000');
    expect(await status(`${path}?start_ts=60&end_ts=300000&period_interval=1`)).toBe(200);
  });

  it('may be for an event, cut at its end when that is too much', async () => {
    const fixture = traded();
    const path = '/series/KXRAIN/events/KXRAIN-27MAR05/candlesticks';
    const end = NOON + 600;
    const { body } = await fixture.send('GET', `${path}?start_ts=${NOON}&end_ts=${end}&period_interval=1`);
    expect(body.market_tickers).toEqual([RAIN, SNOW]);
    expect(body.market_candlesticks.map((one: unknown[]) => one.length)).toEqual([2, 0]);
    expect(body.adjusted_end_ts).toBe(end);
    const long = await fixture.send('GET', `${path}?start_ts=0&end_ts=600000&period_interval=1`);
    expect(long.body.adjusted_end_ts).toBe(2_499 * 60);
  });

  it('may be for a hundred markets, ten thousand candles together', async () => {
    const fixture = traded();
    print(fixture, START_MS + 130_000, 80, 2, HAIL);
    const span = `start_ts=${NOON}&end_ts=${NOON + 600}&period_interval=1`;
    const path = '/markets/candlesticks?market_tickers=';
    const { body } = await fixture.send('GET', `${path}${HAIL},${RAIN},KXNONE&${span}`);
    expect(body.markets.map((one: { market_ticker: string }) => one.market_ticker)).toEqual([HAIL, RAIN]);
    expect(body.markets[0].candlesticks[0]).toMatchObject({ end_period_ts: NOON + 180, volume_fp: '2.00' });
    const many = Array.from({ length: 101 }, (_, index) => `M${index}`).join(',');
    expect((await fixture.send('GET', `${path}${many}&${span}`)).status).toBe(400);
    expect((await fixture.send('GET', `/markets/candlesticks?${span}`)).status).toBe(400);
    const long = `${path}${RAIN},${SNOW}&start_ts=0&end_ts=300000&period_interval=1`;
    expect((await fixture.send('GET', long)).body.error.details).toContain('max candlesticks: 10000');
  });
});

interface Happening {
  readonly atMs: number;
  readonly bid: number;
  readonly ask: number;
  /** 0: a quote. */
  readonly traded: number;
}

const happenings: fc.Arbitrary<readonly Happening[]> = fc
  .array(
    fc.record({
      afterMs: fc.oneof(fc.nat(40_000), fc.nat(4_000_000), fc.nat(90_000_000), fc.constant(60_000)),
      bid: fc.integer({ min: 0, max: 50 }),
      ask: fc.integer({ min: 51, max: 100 }),
      traded: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 5_000 })),
    }),
    { maxLength: 60 },
  )
  .map((steps) => {
    let atMs = Date.UTC(2027, 9, 20, 11, 59, 30);
    return steps.map(({ afterMs, ...rest }) => {
      atMs += afterMs;
      return { atMs, ...rest };
    });
  });

const START: Happening = { atMs: 0, bid: 20, ask: 70, traded: 0 };
const cents = (value: number) => (value * 100) as Centicents;
const tradePrice = ({ bid, ask }: Happening) => cents(Math.floor((bid + ask) / 2));

function range(prices: readonly Centicents[]): Range {
  const sorted = prices.toSorted((a, b) => a - b);
  return { open: prices[0]!, low: sorted[0]!, high: sorted.at(-1)!, close: prices.at(-1)! };
}

/** Each period by itself, from all that happened. */
function plainCandles(all: readonly Happening[], period: Period): Candle[] {
  const ends = [...new Set(all.map(({ atMs }) => endOf(atMs, period)))];
  return ends.map((endMs) => {
    const inside = all.filter(({ atMs }) => endOf(atMs, period) === endMs);
    const before = all.slice(0, all.indexOf(inside[0]!));
    const touches = [
      before.findLast(({ traded }) => traded === 0) ?? START,
      ...inside.filter((one) => one.traded === 0),
    ];
    const trades = inside.filter((one) => one.traded > 0);
    const lastBefore = before.findLast(({ traded }) => traded > 0);
    const volume = trades.reduce((sum, one) => sum + one.traded, 0);
    return {
      endMs,
      bid: range(touches.map(({ bid }) => cents(bid))),
      ask: range(touches.map(({ ask }) => cents(ask))),
      trades: trades.length === 0 ? null : range(trades.map(tradePrice)),
      previous: lastBefore === undefined ? null : tradePrice(lastBefore),
      volume: volume as Centicontracts,
      value: trades.reduce((sum, one) => sum + one.traded * tradePrice(one), 0),
      openInterest: all.slice(0, all.indexOf(inside.at(-1)!) + 1).reduce((sum, one) => sum + one.traded, 0) as never,
    };
  });
}

describe('A chart', () => {
  it('has the candles that its events make, whatever happens when', () => {
    fc.assert(
      fc.property(happenings, (all) => {
        const chart = new Chart({ bid: cents(START.bid), ask: cents(START.ask) }, 0 as Centicontracts);
        let openInterest = 0;
        for (const one of all) {
          const atMs = one.atMs as UnixMs;
          openInterest += one.traded;
          if (one.traded === 0) chart.quote(atMs, { bid: cents(one.bid), ask: cents(one.ask) });
          else chart.trade(atMs, tradePrice(one), one.traded as Centicontracts, openInterest as Centicontracts);
        }
        for (const period of PERIODS) expect(chart.candles(period, 0, 1e15)).toEqual(plainCandles(all, period));
      }),
      { numRuns: 150 },
    );
  });

  it('keeps a day and more of busy minutes, and forgets the oldest', () => {
    const store = new CandleStore(100);
    const chart = new Chart({ bid: cents(10), ask: cents(90) }, 0 as Centicontracts);
    chart.trade(60_000 as UnixMs, cents(50), 100 as Centicontracts, 0 as Centicontracts);
    const [candle] = chart.candles(1, 0, 1e15);
    for (let index = 1; index <= 1_000; index++) {
      store.push({ ...candle!, endMs: (index * 60_000) as UnixMs });
      const kept = store.between(0, 1e15);
      expect(kept.length).toBeGreaterThanOrEqual(Math.min(index, 100));
      expect(kept.length).toBeLessThanOrEqual(125);
      expect(kept.at(-1)!.endMs).toBe(index * 60_000);
    }
    expect(store.last(950 * 60_000 + 1)?.endMs).toBe(950 * 60_000);
    expect(store.last(60_000)).toBeNull();
  });

  it('counts days by New York, through both changes of its clocks', () => {
    const utc = (...parts: [number, number, number, number, number?]) => Date.UTC(...parts);
    const cases: [number, number][] = [
      [utc(2027, 2, 13, 12), utc(2027, 2, 14, 5)],
      [utc(2027, 2, 14, 5), utc(2027, 2, 14, 5)],
      // 23 hours: summer time began at two.
      [utc(2027, 2, 14, 5) + 1, utc(2027, 2, 15, 4)],
      [utc(2027, 2, 15, 4) + 1, utc(2027, 2, 16, 4)],
      [utc(2027, 10, 7, 3), utc(2027, 10, 7, 4)],
      // 25 hours: it ended.
      [utc(2027, 10, 7, 4) + 1, utc(2027, 10, 8, 5)],
      [utc(2027, 10, 8, 4, 30), utc(2027, 10, 8, 5)],
      [utc(2026, 11, 31, 20), utc(2027, 0, 1, 5)],
    ];
    for (const [atMs, endMs] of cases) expect(easternMidnightFrom(atMs)).toBe(endMs);
  });

  it('is the same again when an exchange comes back', async () => {
    const memory = createMemory();
    const first = await live(memory);
    for (let second = 0; second < 40; second++) pass(first, 5_000);
    const shown = async (life: typeof first) => {
      const tickers = life.embedded.engine.allMarkets().map(({ listed }) => listed.ticker);
      const nowSeconds = Math.floor(first.embedded.market.now() / 1_000);
      const query = `start_ts=${nowSeconds - 7_200}&end_ts=${nowSeconds + 3_600}&period_interval=1`;
      const path = `/trade-api/v2/markets/candlesticks?market_tickers=${tickers.join(',')}&${query}`;
      return (await life.embedded.server.fetch(new Request(`http://venue${path}`))).text();
    };
    const before = await shown(first);
    first.embedded.stop();
    const second = await relive(memory);
    expect(await shown(second)).toBe(before);
    expect(
      JSON.parse(before).markets.flatMap((one: { candlesticks: unknown[] }) => one.candlesticks).length,
    ).toBeGreaterThan(20);
    second.embedded.stop();
  });
});
