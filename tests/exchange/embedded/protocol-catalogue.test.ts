import { describe, expect, it } from 'vitest';
import type { Centicents } from '../../../src/domain/units.ts';
import { createFixture, HAIL, order, RAIN, SNOW, START_MS } from './protocol-fixture.ts';

const seconds = Math.floor(START_MS / 1000);

describe('Series and events', () => {
  it('are listed with fees, categories and tags', async () => {
    const fixture = createFixture();
    const { body } = await fixture.send('GET', '/series?category=Climate%20and%20Weather&tags=Snow,Heat');
    expect(body.series).toHaveLength(1);
    expect(body.series[0]).toMatchObject({ ticker: 'KXRAIN', fee_type: 'quadratic', fee_multiplier: 1 });
    expect((await fixture.send('GET', '/series?category=Sports')).body).toEqual({ series: [] });
    expect((await fixture.send('GET', '/series/KXRAIN')).body.series.frequency).toBe('daily');
    expect((await fixture.send('GET', '/series/KXNONE')).status).toBe(404);
  });

  it('carry their markets only when asked to', async () => {
    const fixture = createFixture();
    const plain = await fixture.send('GET', '/events');
    expect(plain.body.cursor).toBe('');
    expect(plain.body.events[0].markets).toBeUndefined();
    expect(plain.body.events[0]).toMatchObject({ mutually_exclusive: true, collateral_return_type: 'MECNET' });
    const nested = await fixture.send('GET', '/events?with_nested_markets=true&limit=1');
    expect(nested.body.events[0].markets.map((market: { ticker: string }) => market.ticker)).toEqual([RAIN, SNOW]);
    const one = await fixture.send('GET', '/events/KXRAIN-27MAR06');
    expect(one.body.event.markets).toBeUndefined();
    expect(one.body.markets).toHaveLength(1);
  });

  it('match a status if one market does', async () => {
    const fixture = createFixture();
    fixture.market.advanceTo(START_MS + 3_600_001);
    const tickers = async (query: string) =>
      (await fixture.send('GET', `/events?${query}`)).body.events.map(
        (one: { event_ticker: string }) => one.event_ticker,
      );
    expect(await tickers('status=open')).toEqual(['KXRAIN-27MAR06']);
    expect(await tickers('status=closed')).toEqual(['KXRAIN-27MAR05']);
    expect(await tickers(`min_close_ts=${seconds + 7_000}`)).toEqual(['KXRAIN-27MAR06']);
    // Of two markets one is over: the event is open, and closed.
    const divided = createFixture();
    divided.engine.moveClose(RAIN, divided.market.now());
    for (const status of ['open', 'closed']) {
      const { body } = await divided.send('GET', `/events?status=${status}`);
      expect(body.events[0].event_ticker).toBe('KXRAIN-27MAR05');
    }
  });
});

describe('A listing', () => {
  const list = async (query: string) => {
    const { body } = await createFixture().send('GET', `/markets?${query}`);
    return { tickers: body.markets.map((market: { ticker: string }) => market.ticker), cursor: body.cursor };
  };

  it('comes page by page, with an empty cursor at the end', async () => {
    const first = await list('limit=2');
    expect(first.tickers).toEqual([RAIN, SNOW]);
    expect(first.cursor).not.toBe('');
    expect(await list(`limit=2&cursor=${first.cursor}`)).toEqual({ tickers: [HAIL], cursor: '' });
    expect((await list('limit=3')).cursor).toBe('');
    expect((await list('limit=0')).tickers).toHaveLength(3);
  });

  it('begins at the beginning for a cursor that is none', async () => {
    expect((await list('limit=1&cursor=not-a-cursor')).tickers).toEqual([RAIN]);
  });

  it('neither repeats nor skips when something stops matching between two pages', async () => {
    const fixture = createFixture();
    const first = await fixture.send('GET', '/markets?status=open&limit=1');
    fixture.engine.pauseMarket(RAIN);
    const rest = await fixture.send('GET', `/markets?status=open&cursor=${first.body.cursor}`);
    expect(rest.body.markets.map((market: { ticker: string }) => market.ticker)).toEqual([SNOW, HAIL]);
  });

  it('refuses a limit over the maximum in the words of the validator', async () => {
    const answer = await createFixture().send('GET', '/markets?limit=1001');
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      msg:
        'Parameter validation failed for GetMarkets: ' +
        "Key: 'GetMarketsParams.Limit' Error:Field validation for 'Limit' failed on the 'lte' tag",
    });
    expect((await createFixture().send('GET', '/events?limit=201')).status).toBe(400);
    expect((await createFixture().send('GET', '/markets?limit=many')).body.code).toBe('bad_request');
  });

  it('is filtered by ticker, event, series, status and time', async () => {
    expect((await list(`tickers=${HAIL},${RAIN}`)).tickers).toEqual([RAIN, HAIL]);
    expect((await list('event_ticker=KXRAIN-27MAR06')).tickers).toEqual([HAIL]);
    expect((await list('series_ticker=KXRAIN')).tickers).toHaveLength(3);
    expect((await list('series_ticker=KXSUN')).tickers).toHaveLength(0);
    expect((await list(`min_close_ts=${seconds + 3_601}`)).tickers).toEqual([HAIL]);
    expect((await list('status=settled')).tickers).toEqual([]);
    expect((await list('mve_filter=only')).tickers).toEqual([]);
  });

  it('knows no status "active", and no time bound beside a status it does not go with', async () => {
    const fixture = createFixture();
    expect((await fixture.send('GET', '/markets?status=active')).status).toBe(400);
    expect((await fixture.send('GET', '/markets?status=open&min_close_ts=1')).status).toBe(400);
    expect((await fixture.send('GET', '/markets?min_updated_ts=1')).status).toBe(400);
    expect((await fixture.send('GET', '/markets?min_updated_ts=1&mve_filter=exclude')).status).toBe(200);
  });
});

describe('A market', () => {
  const show = async (fixture: ReturnType<typeof createFixture>) =>
    (await fixture.send('GET', `/markets/${RAIN}`)).body.market;

  it('shows every amount as text and every time without idle zeros', async () => {
    const market = await show(createFixture());
    expect(market).toMatchObject({
      status: 'active',
      close_time: '2027-03-04T13:00:00.25Z',
      volume_fp: '0.00',
      last_price_dollars: '0.0000',
      price_ranges: [{ start: '0.0000', end: '1.0000', step: '0.0100' }],
      strike_type: 'greater',
      floor_strike: 0.1,
      result: '',
    });
    for (const absent of ['series_ticker', 'market_id', 'category', 'cap_strike', 'settlement_value_dollars']) {
      expect(market).not.toHaveProperty(absent);
    }
  });

  it('looks as if its ask were 0 until it was quoted, and 1 when the asks are gone later', async () => {
    const fixture = createFixture();
    const touch = async () => {
      const { yes_bid_dollars, yes_ask_dollars, no_bid_dollars, no_ask_dollars, yes_ask_size_fp } = await show(fixture);
      return [yes_bid_dollars, yes_ask_dollars, no_bid_dollars, no_ask_dollars, yes_ask_size_fp];
    };
    expect(await touch()).toEqual(['0.0000', '0.0000', '1.0000', '1.0000', '0.00']);
    const { orderId } = fixture.crowd(RAIN, 'ask', 52, 3);
    expect(await touch()).toEqual(['0.0000', '0.5200', '0.4800', '1.0000', '3.00']);
    fixture.engine.cancel('crowd', orderId);
    expect(await touch()).toEqual(['0.0000', '1.0000', '0.0000', '1.0000', '0.00']);
  });

  it('shows its result and what yes paid once it is determined', async () => {
    const fixture = createFixture();
    fixture.market.advanceTo(START_MS + 3_600_000);
    fixture.engine.determine(RAIN, 'yes', 10_000 as Centicents);
    expect(await show(fixture)).toMatchObject({
      status: 'determined',
      result: 'yes',
      settlement_value_dollars: '1.0000',
    });
    fixture.market.advanceTo(START_MS + 3_660_000);
    expect(await show(fixture)).toMatchObject({ status: 'finalized' });
  });
});

describe('An order book', () => {
  async function quoted() {
    const fixture = createFixture();
    fixture.crowd(RAIN, 'bid', 45, 2);
    fixture.crowd(RAIN, 'bid', 47, 3);
    fixture.crowd(RAIN, 'ask', 52, 4);
    fixture.crowd(RAIN, 'ask', 55, 5);
    return fixture;
  }

  it('holds the bids of both legs, ascending, the best last', async () => {
    const { body } = await (await quoted()).send('GET', `/markets/${RAIN}/orderbook`);
    expect(body).toEqual({
      orderbook_fp: {
        yes_dollars: [
          ['0.4500', '2.00'],
          ['0.4700', '3.00'],
        ],
        no_dollars: [
          ['0.4500', '5.00'],
          ['0.4800', '4.00'],
        ],
      },
    });
  });

  it('is cut to its best levels by depth', async () => {
    const fixture = await quoted();
    const { body } = await fixture.send('GET', `/markets/${RAIN}/orderbook?depth=1`);
    expect(body.orderbook_fp).toEqual({ yes_dollars: [['0.4700', '3.00']], no_dollars: [['0.4800', '4.00']] });
    expect((await fixture.send('GET', `/markets/${RAIN}/orderbook?depth=101`)).status).toBe(400);
  });

  it('comes in hundreds', async () => {
    const fixture = await quoted();
    const { body } = await fixture.call('bob', 'GET', `/markets/orderbooks?tickers=${SNOW}&tickers=${RAIN}`);
    expect(body.orderbooks[0]).toEqual({ ticker: SNOW, orderbook_fp: { yes_dollars: [], no_dollars: [] } });
    expect(body.orderbooks[1].orderbook_fp.no_dollars).toHaveLength(2);
    expect((await fixture.call('bob', 'GET', '/markets/orderbooks')).status).toBe(400);
  });
});

describe('Trades', () => {
  it('are public, newest first, on both scales', async () => {
    const fixture = createFixture();
    fixture.crowd(RAIN, 'ask', 60, 5);
    const take = order({ price: '0.6000', time_in_force: 'immediate_or_cancel' });
    await fixture.call('alice', 'POST', '/portfolio/events/orders', take);
    fixture.market.advanceTo(START_MS + 1_500);
    await fixture.call('alice', 'POST', '/portfolio/events/orders', { ...take, count: '0.25' });
    const { body } = await fixture.send('GET', `/markets/trades?ticker=${RAIN}`);
    expect(body.cursor).toBe('');
    expect(body.trades.map((trade: { count_fp: string }) => trade.count_fp)).toEqual(['0.25', '1.00']);
    expect(body.trades[0]).toMatchObject({
      ticker: RAIN,
      yes_price_dollars: '0.6000',
      no_price_dollars: '0.4000',
      taker_side: 'yes',
      taker_book_side: 'bid',
      created_time: '2027-03-04T12:00:01.75Z',
      is_block_trade: false,
    });
    const page = await fixture.send('GET', '/markets/trades?limit=1');
    const next = await fixture.send('GET', `/markets/trades?limit=1&cursor=${page.body.cursor}`);
    expect(next.body.trades[0].count_fp).toBe('1.00');
    expect((await fixture.send('GET', `/markets/trades?min_ts=${seconds + 1}`)).body.trades).toHaveLength(1);
  });
});

describe('What is not there', () => {
  it('is 501 where the venue has it, 404 where nobody has it, and never an exception', async () => {
    const fixture = createFixture();
    for (const path of ['/historical/positions', '/communications/id', '/api_keys']) {
      const answer = await fixture.send('GET', path);
      expect(answer.status).toBe(501);
      expect(answer.body.error.code).toBe('not_implemented');
    }
    expect((await fixture.send('GET', '/nonsense')).status).toBe(404);
    expect((await fixture.send('PUT', '/markets', { body: {} })).status).toBe(404);
    expect((await fixture.server.fetch(new Request('http://venue/'))).status).toBe(404);
    expect(fixture.faults).toEqual([]);
  });
});
