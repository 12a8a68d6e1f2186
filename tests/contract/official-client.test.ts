/** The official TypeScript client, as it is on npm, spends a day at the exchange: what it does at the venue, it does here. */
import * as kalshi from 'kalshi-typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { named, type Ticker } from '../../src/domain/ids.ts';
import { type Centicents, DOLLAR } from '../../src/domain/units.ts';
import { BEYOND, NOT_YET, type Place } from '../support/beyond-the-day.ts';
import { type Answered, allMethods, type OfficialClient, officialClient, refusal } from '../support/official-client.ts';
import { type ServedExchange, serveExchange } from '../support/served-exchange.ts';

let exchange: ServedExchange;
let ann: OfficialClient;
let ben: OfficialClient;
const answered: Answered = new Set();
/** The market of the day. */
let ticker = '';
let shard = 0;
let event = '';
let series = '';

beforeAll(async () => {
  exchange = await serveExchange();
  ann = officialClient(exchange.restUrl, exchange.keys.ann, answered);
  ben = officialClient(exchange.restUrl, exchange.keys.ben, answered);
  const [market] = (await ann.markets.getMarkets(1)).data.markets;
  ticker = market!.ticker;
  event = market!.event_ticker;
  shard = market!.exchange_index ?? 0;
  series = (await ann.events.getEvent(event)).data.event.series_ticker;
});
afterAll(() => exchange.close());

/** Everything, a page at a time. */
async function paged<T>(page: (cursor: string | undefined) => Promise<{ items: T[]; cursor: string }>): Promise<T[]> {
  const all: T[] = [];
  for (let cursor: string | undefined; ; ) {
    const { items, cursor: next } = await page(cursor);
    all.push(...items);
    if (next === '') return all;
    expect(items.length).toBeGreaterThan(0);
    cursor = next;
  }
}

function order(side: kalshi.BookSide, price: string, count: string, more: Partial<kalshi.CreateOrderV2Request> = {}) {
  return {
    ticker,
    side,
    price,
    count,
    time_in_force: kalshi.CreateOrderV2RequestTimeInForceEnum.GoodTillCanceled,
    self_trade_prevention_type: kalshi.SelfTradePreventionType.TakerAtCross,
    exchange_index: shard,
    ...more,
  } satisfies kalshi.CreateOrderV2Request;
}
const bid = kalshi.BookSide.Bid;
const ask = kalshi.BookSide.Ask;

describe('The official client', () => {
  it('looks at the exchange: open, with hours, and its own limits and costs', async () => {
    expect((await ann.exchange.getExchangeStatus()).data).toMatchObject({
      exchange_active: true,
      trading_active: true,
    });
    expect((await ann.exchange.getExchangeSchedule()).data.schedule.standard_hours.length).toBeGreaterThan(0);
    expect(Date.parse((await ann.exchange.getUserDataTimestamp()).data.as_of_time)).toBeGreaterThan(0);
    expect((await ann.account.getAccountApiLimits()).data).toMatchObject({
      usage_tier: 'prestige',
      read: { refill_rate: 12_000 },
      write: { refill_rate: 9_600 },
    });
    expect((await ann.account.getAccountEndpointCosts()).data.default_cost).toBe(10);
  });

  it('pages through all markets and events, and finds each market by its event and each event by its series', async () => {
    const markets = await paged(async (cursor) => {
      const { data } = await ann.markets.getMarkets(5, cursor);
      return { items: data.markets, cursor: data.cursor };
    });
    expect(markets).toHaveLength(12);
    expect(new Set(markets.map((market) => market.ticker)).size).toBe(12);
    const events = await paged(async (cursor) => {
      const { data } = await ann.events.getEvents(2, cursor, true);
      return { items: data.events, cursor: data.cursor };
    });
    expect(
      events
        .flatMap(({ markets: nested }) => nested ?? [])
        .map((market) => market.ticker)
        .sort(),
    ).toEqual(markets.map((market) => market.ticker).sort());
    const listed = new Set((await ann.markets.getSeriesList()).data.series.map((one) => one.ticker));
    for (const { series_ticker } of events) expect(listed).toContain(series_ticker);
    expect((await ann.markets.getSeries(series)).data.series).toMatchObject({ ticker: series, fee_multiplier: 1 });
    expect((await ann.markets.getMarket(ticker)).data.market).toMatchObject({ ticker, event_ticker: event });
    expect((await ann.markets.getMarkets(5, undefined, event)).data.markets.length).toBeGreaterThan(0);
  });

  it('places an order, finds it everywhere, amends, decreases and cancels it', async () => {
    const made = (await ann.orders.createOrderV2(order(bid, '0.4000', '10.00', { client_order_id: 'first' }))).data;
    expect(made).toMatchObject({ client_order_id: 'first', fill_count: '0.00', remaining_count: '10.00' });
    const { order_id: id } = made;
    expect((await ann.orders.getOrder(id)).data.order).toMatchObject({
      client_order_id: 'first',
      status: 'resting',
      book_side: 'bid',
      yes_price_dollars: '0.4000',
      remaining_count_fp: '10.00',
    });
    expect((await ann.markets.getMarketOrderbook(ticker)).data.orderbook_fp.yes_dollars).toEqual([['0.4000', '10.00']]);
    expect((await ann.markets.getMarketOrderbooks([ticker])).data.orderbooks[0]).toMatchObject({ ticker });
    expect((await ann.markets.getMarket(ticker)).data.market).toMatchObject({
      yes_bid_dollars: '0.4000',
      yes_bid_size_fp: '10.00',
    });
    const behind = (await ben.orders.createOrderV2(order(bid, '0.4000', '1.00'))).data.order_id;
    expect((await ben.orders.getOrderQueuePosition(behind)).data.queue_position_fp).toBe('10.00');
    expect((await ben.orders.getOrderQueuePositions(ticker)).data.queue_positions).toEqual([
      { order_id: behind, market_ticker: ticker, queue_position_fp: '10.00' },
    ]);
    expect(
      (
        await ann.orders.amendOrderV2(id, {
          ticker,
          side: bid,
          price: '0.4100',
          count: '8.00',
          updated_client_order_id: 'amended',
          exchange_index: shard,
        })
      ).data,
    ).toMatchObject({ order_id: id, client_order_id: 'amended', remaining_count: '8.00' });
    const decreased = await ann.orders.decreaseOrderV2(id, { reduce_by: '3.00', exchange_index: shard });
    expect(decreased.data).toMatchObject({ remaining_count: '5.00' });
    expect((await ann.orders.getOrders(ticker, undefined, undefined, undefined, 'resting')).data.orders).toHaveLength(
      1,
    );
    expect((await ann.orders.cancelOrderV2(id, undefined, shard)).data).toMatchObject({ reduced_by: '5.00' });
    expect((await ann.orders.getOrder(id)).data.order).toMatchObject({
      status: 'canceled',
      remaining_count_fp: '0.00',
    });
    expect((await ben.orders.cancelAllOrders()).status).toBe(204);
    expect((await ann.markets.getMarketOrderbook(ticker)).data.orderbook_fp).toEqual({
      yes_dollars: [],
      no_dollars: [],
    });
  });

  it('sends batches, of which every item has its own answer', async () => {
    const made = await ann.orders.batchCreateOrdersV2({
      orders: [
        order(bid, '0.1000', '1.00', { client_order_id: 'batch-1' }),
        order(bid, '0.1000', '1.00', { client_order_id: 'batch-1' }),
        order(ask, '0.9000', '2.00', { client_order_id: 'batch-2' }),
      ],
    });
    const [one, twin, two] = made.data.orders;
    expect(twin?.error?.code).toBe('order_already_exists');
    const canceled = await ann.orders.batchCancelOrdersV2({
      orders: [one, two, { order_id: 'nothing' }].map((item) => ({ order_id: item!.order_id!, exchange_index: shard })),
    });
    expect(canceled.data.orders.map(({ reduced_by }) => reduced_by)).toEqual(['1.00', '2.00', '0.00']);
    expect(canceled.data.orders[2]?.error?.code).toBe('not_found');
  });

  it('is refused in words that it can read', async () => {
    expect(await refusal(ann.orders.createOrderV2(order(bid, '0.1000', '1.00', { client_order_id: 'first' })))).toEqual(
      [409, 'order_already_exists'],
    );
    expect(await refusal(ann.orders.createOrderV2(order(bid, '0.1234', '1.00')))).toEqual([400, 'invalid_price']);
    expect(await refusal(ann.orders.createOrderV2(order(bid, '0.9900', '99999.00')))).toEqual([
      400,
      'insufficient_balance',
    ]);
    const kill = { time_in_force: kalshi.CreateOrderV2RequestTimeInForceEnum.FillOrKill };
    expect(await refusal(ann.orders.createOrderV2(order(bid, '0.5000', '1.00', kill)))).toEqual([
      409,
      'fill_or_kill_insufficient_resting_volume',
    ]);
    expect(await refusal(ann.orders.cancelOrderV2('nothing'))).toEqual([404, 'not_found']);
    expect(await refusal(ann.markets.getMarket('NOTHING'))).toEqual([404, 'not_found']);
    const stranger = officialClient(exchange.restUrl, { ...exchange.keys.ann, keyId: 'of-nobody' });
    expect(await refusal(stranger.portfolio.getBalance())).toEqual([401, 'authentication_error']);
    const forger = officialClient(exchange.restUrl, { ...exchange.keys.ann, keyId: exchange.keys.ben.keyId });
    expect(await refusal(forger.portfolio.getBalance())).toEqual([401, 'authentication_error']);
  });

  it('keeps orders in a group that takes them off together', async () => {
    const { order_group_id: group } = (
      await ann.groups.createOrderGroup({ contracts_limit: 50, exchange_index: shard })
    ).data;
    const grouped = await ann.orders.createOrderV2(order(bid, '0.2000', '1.00', { order_group_id: group }));
    expect((await ann.groups.getOrderGroup(group)).data.orders).toEqual([grouped.data.order_id]);
    expect((await ann.groups.getOrderGroups()).data.order_groups?.map(({ id }) => id)).toContain(group);
    await ann.groups.updateOrderGroupLimit(group, { contracts_limit: 40 }, undefined, shard);
    await ann.groups.triggerOrderGroup(group, undefined, shard);
    expect((await ann.orders.getOrder(grouped.data.order_id)).data.order.status).toBe('canceled');
    await ann.groups.resetOrderGroup(group, undefined, shard);
    await ann.groups.deleteOrderGroup(group, undefined, shard);
    expect((await refusal(ann.groups.getOrderGroup(group)))[0]).toBe(404);
  });

  it('trades with another account: fills, trades, positions and cash of both agree', async () => {
    const offered = (await ann.orders.createOrderV2(order(ask, '0.5500', '4.00'))).data;
    const taken = (await ben.orders.createOrderV2(order(bid, '0.6000', '3.00'))).data;
    expect(taken).toMatchObject({ fill_count: '3.00', remaining_count: '0.00', average_fill_price: '0.5500' });
    const [hers] = (await ann.portfolio.getFills(ticker)).data.fills;
    const [his] = (await ben.portfolio.getFills(ticker)).data.fills;
    expect(hers).toMatchObject({ order_id: offered.order_id, is_taker: false, count_fp: '3.00', book_side: 'ask' });
    expect(his).toMatchObject({ order_id: taken.order_id, is_taker: true, count_fp: '3.00', book_side: 'bid' });
    expect(hers?.trade_id).toBe(his?.trade_id);
    expect((await ann.markets.getTrades(10, undefined, ticker)).data.trades[0]).toMatchObject({
      trade_id: his?.trade_id,
      yes_price_dollars: '0.5500',
      taker_book_side: 'bid',
    });
    const positionOf = async (client: OfficialClient) =>
      (await client.portfolio.getPositions()).data.market_positions.map((one) => [one.ticker, one.position_fp]);
    expect(await positionOf(ann)).toEqual([[ticker, '-3.00']]);
    expect(await positionOf(ben)).toEqual([[ticker, '3.00']]);
    // $4,000 less 3 × $0.55 and the taker's fee of 0.07 × 3 × 0.55 × 0.45.
    expect((await ben.portfolio.getBalance()).data).toMatchObject({ balance: 399_829, balance_dollars: '3998.2980' });
    await ann.orders.cancelOrderV2(offered.order_id, undefined, shard);
  });

  it('is paid when the market settles', async () => {
    exchange.embedded.engine.determine(named<Ticker>(ticker), 'yes', DOLLAR);
    expect((await ben.markets.getMarket(ticker)).data.market).toMatchObject({ status: 'determined', result: 'yes' });
    expect((await refusal(ben.orders.createOrderV2(order(bid, '0.5000', '1.00'))))[1]).toMatch(/^market_/);
    expect((await ben.portfolio.getSettlements()).data.settlements).toEqual([]);
    exchange.advance(11_000);
    expect((await ben.markets.getMarket(ticker)).data.market.status).toBe('finalized');
    const [paid] = (await ben.portfolio.getSettlements()).data.settlements;
    expect(paid).toMatchObject({ ticker, market_result: 'yes', yes_count_fp: '3.00', revenue: 300, value: 100 });
    expect((await ann.portfolio.getSettlements()).data.settlements[0]).toMatchObject({
      no_count_fp: '3.00',
      revenue: 0,
    });
    expect((await ben.portfolio.getBalance()).data.balance_dollars).toBe('4001.2980');
    expect((await ben.portfolio.getPositions()).data.market_positions).toEqual([]);
  });

  it('pages through all that it did: orders, fills, trades, positions, settlements', async () => {
    const open = (await ann.markets.getMarkets(12)).data.markets
      .filter(({ status }) => status === 'active')
      .slice(0, 3);
    for (const { ticker: at, exchange_index } of open) {
      const here = { ticker: at, ...(exchange_index === undefined ? {} : { exchange_index }) };
      for (const price of ['0.5000', '0.6000']) {
        await ann.orders.createOrderV2(order(ask, price, '2.00', here));
        await ben.orders.createOrderV2(order(bid, price, '1.00', here));
      }
    }
    type Listing = (limit: number, cursor?: string) => Promise<{ items: object[]; cursor: string }>;
    const { orders, portfolio, markets } = ben;
    const listings: Record<string, Listing> = {
      orders: async (limit, cursor) => {
        const { data } = await orders.getOrders(undefined, undefined, undefined, undefined, undefined, limit, cursor);
        return { items: data.orders, cursor: data.cursor };
      },
      fills: async (limit, cursor) => {
        const { data } = await portfolio.getFills(undefined, undefined, undefined, undefined, limit, cursor);
        return { items: data.fills, cursor: data.cursor };
      },
      trades: async (limit, cursor) => {
        const { data } = await markets.getTrades(limit, cursor);
        return { items: data.trades, cursor: data.cursor };
      },
      positions: async (limit, cursor) => {
        const { data } = await portfolio.getPositions(cursor, limit);
        return { items: data.market_positions, cursor: data.cursor ?? '' };
      },
      settlements: async (limit, cursor) => {
        const { data } = await portfolio.getSettlements(limit, cursor);
        return { items: data.settlements, cursor: data.cursor ?? '' };
      },
    };
    const whole = async (name: string) => {
      const all = await listings[name]!(1_000);
      expect(all.cursor).toBe('');
      expect(await paged((cursor) => listings[name]!(2, cursor))).toEqual(all.items);
      return all.items.length;
    };
    expect([await whole('orders'), await whole('fills'), await whole('trades')]).toEqual([8, 7, 7]);
    expect(await whole('positions')).toBe(3);
    for (const { ticker: at } of open) exchange.embedded.engine.determine(named<Ticker>(at), 'no', 0 as Centicents);
    exchange.advance(3_600_000);
    expect([await whole('positions'), await whole('settlements')]).toEqual([0, 4]);
  });

  describe('beyond the day', () => {
    const place = (): Place => ({ ticker, event, series, now: Math.floor(exchange.embedded.market.now() / 1000) });
    for (const [method, [call, answer]] of Object.entries(BEYOND)) {
      if (NOT_YET.has(method)) {
        it(`is told that ${method} is not built (one that works is taken off NOT_YET)`, async () => {
          expect(await refusal(call(ann, place()))).toEqual([501, 'not_implemented']);
        });
      } else {
        it(`gets an answer to ${method}`, async () => {
          if (Array.isArray(answer)) {
            expect(await refusal(call(ann, place()))).toEqual(answer);
            answered.add(method);
            return;
          }
          const { data } = await call(ann, place());
          if (typeof answer === 'string') expect(data).toHaveProperty(answer);
        });
      }
    }
  });

  it('was answered, or told that it is not built, whatever it can ask', () => {
    expect(allMethods(ann).filter((method) => !answered.has(method) && !NOT_YET.has(method))).toEqual([]);
    expect([...NOT_YET].filter((method) => BEYOND[method] === undefined)).toEqual([]);
    expect(exchange.faults).toEqual([]);
    expect(exchange.exchanged.filter(({ status }) => status >= 500 && status !== 501)).toEqual([]);
  });
});
