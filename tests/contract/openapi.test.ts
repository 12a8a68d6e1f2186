/**
 * Every answer of a varied run, held against the venue's own OpenAPI description (3.21). BOTHSIDES_SPECS names the folder that
 * holds it as openapi.yaml; it is not part of this project. Where the venue has moved on since, or answers otherwise than it
 * writes, DIFFERS says why.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/domain/manual-clock.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import { DOLLAR, unixMs } from '../../src/domain/units.ts';
import { createEmbedded } from '../../src/exchange/embedded/embedded.ts';
import { createFixture, HAIL, order, RAIN, START_MS } from '../exchange/embedded/protocol-fixture.ts';
import { isVenueError } from '../support/error-shapes.ts';
import { type Description, readDescription } from '../support/openapi.ts';
import { BUILT } from './support/rest-requests.ts';

const file = join(process.env.BOTHSIDES_SPECS ?? '', 'openapi.yaml');
const isThere = process.env.BOTHSIDES_SPECS !== undefined && existsSync(file);

/** A complaint that reads like one of these is meant, and why. Each must occur: a stale one is struck. */
const DIFFERS: readonly (readonly [line: RegExp, reason: string])[] = [
  [/^DELETE \/portfolio\/events\/orders is not described$/, 'cancel-all is there since 2026-08-27'],
  [/\/available_on_brokers is missing$/, 'gone from events since 2026-09-10'],
  [/\/fractional_trading_enabled is missing$/, 'gone from markets since 2026-07-09: all of them trade in fractions'],
  [/\/liquidity_dollars is missing$/, 'gone from markets since 2026-10-01'],
  [/\/resting_orders_count is missing$/, 'gone from positions since 2026-07-09'],
  [/\/settlement_bounds_type is unknown to it$/, 'required of markets since 2026-10-01'],
  [/\/events?(\/\*)?\/settlement_sources is unknown to it$/, 'on events as on series since 3.30'],
  [/\/categories is unknown to it$/, 'on series since 3.30'],
  [/ \/exchange_index_statuses is unknown to it$/, 'shards came after 3.21: each has its own status'],
  [/\/resting_order_value_breakdown is unknown to it$/, 'shards came after 3.21: each has its own'],
  [/^GET \/(series|portfolio|historical)\/?.*\/exchange_index is unknown to it$/, 'shards came after 3.21'],
];

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: unknown;
}

/** Two accounts that do everything there is to do, well and badly. */
async function traders(): Promise<Asked[]> {
  const asked: Asked[] = [];
  const venue = createFixture();
  async function ask(user: string, method: string, path: string, body?: unknown) {
    const answer = await venue.call(user, method, path, body);
    asked.push({ method, path: path.split('?')[0]!, status: answer.status, body: answer.body });
    return answer.body;
  }
  const orders = '/portfolio/events/orders';
  const reads = async () => {
    for (const user of ['alice', 'bob']) {
      for (const path of [
        '/portfolio/balance',
        '/portfolio/balance?exchange_index=2',
        '/portfolio/positions?settlement_status=all',
        '/portfolio/fills',
        '/portfolio/fills?limit=1',
        '/portfolio/orders',
        '/portfolio/orders?limit=2',
        '/portfolio/orders?status=resting',
        '/portfolio/settlements',
        '/portfolio/deposits',
        '/portfolio/summary/total_resting_order_value',
        '/historical/fills',
        '/historical/orders',
        '/portfolio/withdrawals',
        `/portfolio/orders/queue_positions?market_tickers=${RAIN}`,
        '/portfolio/order_groups',
        '/account/limits',
        '/account/endpoint_costs',
        '/exchange/status',
        '/exchange/schedule',
        '/exchange/user_data_timestamp',
        '/markets',
        `/markets/${RAIN}`,
        `/markets/${RAIN}/orderbook`,
        `/markets/orderbooks?tickers=${RAIN}&tickers=${HAIL}`,
        '/markets/trades',
        '/events?with_nested_markets=true',
        '/events/KXRAIN-27MAR05',
        '/series',
        '/series/KXRAIN',
      ])
        await ask(user, 'GET', path);
    }
  };
  await reads();
  const { order_group_id: group } = await ask('alice', 'POST', '/portfolio/order_groups/create', {
    contracts_limit: 9,
  });
  const first = await ask(
    'alice',
    'POST',
    orders,
    order({ client_order_id: 'one', count: '5.00', order_group_id: group }),
  );
  await ask('alice', 'GET', `/portfolio/order_groups/${group}`);
  await ask('alice', 'GET', `/portfolio/orders/${first.order_id}`);
  await ask('alice', 'GET', `/portfolio/orders/${first.order_id}/queue_position`);
  const dated = { expiration_time: Math.floor(START_MS / 1000) + 900, cancel_order_on_pause: true, price: '0.0200' };
  await ask('alice', 'POST', orders, order(dated));
  await ask('alice', 'POST', orders, order({ client_order_id: 'one' }));
  await ask('alice', 'POST', orders, order({ price: '0.1234' }));
  await ask('alice', 'POST', orders, order({ count: 1 }));
  await ask('alice', 'POST', orders, order({ ticker: 'NOTHING' }));
  await ask('alice', 'POST', orders, order({ price: '0.9900', count: '99999.00' }));
  await ask('alice', 'POST', orders, order({ time_in_force: 'fill_or_kill' }));
  await ask('alice', 'POST', orders, order({ time_in_force: 'immediate_or_cancel' }));
  await ask('alice', 'POST', orders, '{"ticker"');
  await ask('alice', 'POST', `${orders}/${first.order_id}/amend`, {
    ticker: RAIN,
    side: 'bid',
    price: '0.0300',
    count: '4.00',
  });
  await ask('alice', 'POST', `${orders}/${first.order_id}/amend`, {
    ticker: RAIN,
    side: 'bid',
    price: '0.0300',
    count: '4.00',
  });
  await ask('alice', 'POST', `${orders}/nothing/amend`, { ticker: RAIN, side: 'bid', price: '0.0300', count: '4.00' });
  await ask('alice', 'POST', `${orders}/${first.order_id}/decrease`, { reduce_by: '1.00' });
  await ask('alice', 'POST', `${orders}/nothing/decrease`, { reduce_by: '1.00' });
  await ask('bob', 'POST', orders, order({ side: 'ask', price: '0.0300', count: '2.00' }));
  await ask('bob', 'POST', orders, order({ ticker: HAIL, side: 'ask', price: '0.6000', count: '7.77' }));
  await ask('alice', 'POST', orders, order({ ticker: HAIL, price: '0.7000', count: '3.33' }));
  await reads();
  await ask('alice', 'POST', `${orders}/batched`, {
    orders: [order({ client_order_id: 'b' }), order({ client_order_id: 'b' })],
  });
  const { orders: resting } = await ask('alice', 'GET', '/portfolio/orders?status=resting');
  const listed = [...resting, { order_id: 'nothing' }].map(({ order_id }: { order_id: string }) => ({ order_id }));
  await ask('alice', 'DELETE', `${orders}/batched`, { orders: listed.slice(1) });
  await ask('alice', 'DELETE', `${orders}/batched`, { orders: [] });
  await ask('alice', 'DELETE', `${orders}/${listed[0]?.order_id}`);
  await ask('alice', 'DELETE', `${orders}/nothing`);
  await ask('bob', 'DELETE', orders);
  for (const [path, body] of [
    ['limit', { contracts_limit: 20 }],
    ['trigger', {}],
    ['reset', {}],
  ] as const)
    await ask('alice', 'PUT', `/portfolio/order_groups/${group}/${path}`, body);
  await ask('alice', 'DELETE', `/portfolio/order_groups/${group}`);
  await ask('alice', 'GET', `/portfolio/order_groups/${group}`);
  venue.engine.determine(RAIN, 'yes', DOLLAR);
  await ask('alice', 'POST', orders, order({ client_order_id: 'late' }));
  await reads();
  venue.market.advanceTo(START_MS + 120_000);
  await reads();
  await ask('alice', 'POST', '/account/api_usage_level/upgrade');
  await ask('alice', 'GET', '/account/limits');
  const { series, ticker: event } = venue.engine.event(venue.engine.market(HAIL)!.listed.event)!;
  const fees = { type: 'quadratic_with_maker_fees', multiplierMillionths: 500_000 } as const;
  venue.engine.changeSeriesFees(series, fees, unixMs(START_MS + 900_000));
  venue.engine.changeEventFees(event, fees, unixMs(START_MS + 900_000));
  venue.engine.changeEventFees(event, null, unixMs(START_MS + 960_000));
  await ask('alice', 'GET', '/series/fee_changes');
  await ask('alice', 'GET', '/events/fee_changes');
  // What settled has left the live calls by then.
  venue.market.advanceTo(unixMs(START_MS + 100 * 86_400_000));
  const seconds = Math.floor(START_MS / 1000);
  const hours = `start_ts=${seconds - 3_600}&end_ts=${seconds + 3_600}&period_interval=60`;
  for (const path of ['', `/${RAIN}`, `/${RAIN}/candlesticks?${hours}`]) {
    await ask('alice', 'GET', `/historical/markets${path}`);
  }
  for (const what of ['trades', 'fills', 'orders']) await ask('alice', 'GET', `/historical/${what}`);
  for (const path of [
    '/markets?limit=1001',
    '/markets?status=active',
    '/markets?limit=x',
    '/markets/NOTHING',
    '/events/NOTHING',
    '/series/NOTHING',
  ])
    await ask('alice', 'GET', path);
  expect(venue.faults).toEqual([]);
  return asked;
}

/** An exchange with a crowd, some hours into its life: every kind of market, in every situation. */
async function crowd(description: Description): Promise<Asked[]> {
  const market = new ManualClock(START_MS);
  const embedded = await createEmbedded({
    clocks: { wall: market, market },
    random: createRandom(3),
    flow: 'synthetic',
    markets: 40,
    accounts: [],
    tier: 'prestige',
  });
  embedded.start();
  market.advanceTo(START_MS + 25 * 60_000);
  const asked: Asked[] = [];
  async function ask(path: string) {
    const response = await embedded.server.fetch(new Request(`http://venue/trade-api/v2${path}`));
    const text = await response.text();
    const [bare] = path.split('?');
    const body = text === '' ? null : JSON.parse(text);
    if (response.status !== 501) asked.push({ method: 'GET', path: bare!, status: response.status, body });
    return body;
  }
  const { markets } = await ask('/markets?limit=1000');
  const statuses = new Set(markets.map(({ status }: { status: string }) => status));
  for (const status of ['active', 'finalized']) expect(statuses).toContain(status);
  await ask('/series');
  await ask('/events?with_nested_markets=true');
  await ask('/markets/trades?limit=1000');
  const now = Math.floor(market.now() / 1000);
  const window = `start_ts=${now - 1500}&end_ts=${now}&period_interval=1`;
  for (const one of markets.slice(0, 20)) {
    const { event } = await ask(`/events/${one.event_ticker}?with_nested_markets=true`);
    await ask(`/markets/${one.ticker}`);
    await ask(`/markets/${one.ticker}/orderbook`);
    await ask(`/series/${event.series_ticker}`);
    await ask(`/series/${event.series_ticker}/markets/${one.ticker}/candlesticks?${window}`);
    await ask(`/series/${event.series_ticker}/events/${one.event_ticker}/candlesticks?${window}`);
    await ask(`/events/${one.event_ticker}/metadata`);
    await ask(`/historical/markets/${one.ticker}`);
  }
  await ask(`/markets/candlesticks?market_tickers=${markets[0].ticker}&${window}`);
  for (const path of ['/series/fee_changes', '/events/fee_changes', '/events/multivariate', '/incentive_programs'])
    await ask(path);
  for (const path of ['cutoff', 'markets', 'trades']) await ask(`/historical/${path}`);
  embedded.stop();
  expect(asked.filter(({ method, path }) => description.operationOf(method, path) === null)).toEqual([]);
  return asked;
}

describe('Against the OpenAPI description', () => {
  let description: Description;
  let asked: readonly Asked[] = [];
  beforeAll(async () => {
    if (!isThere) return;
    description = readDescription(readFileSync(file, 'utf8'));
    asked = [...(await traders()), ...(await crowd(description))];
  }, 60_000);

  it('every answer has the status and the fields of its operation, or differs for a reason', (context) => {
    if (!isThere) context.skip('BOTHSIDES_SPECS names no folder with openapi.yaml: answers are not held against it');
    const good = asked.filter(({ status }) => status < 400);
    expect(good.length).toBeGreaterThan(200);
    const complaints = [...new Set(good.flatMap((answer) => description.complaints(answer)))].sort();
    expect(complaints.filter((line) => !DIFFERS.some(([meant]) => meant.test(line)))).toEqual([]);
    const stale = DIFFERS.filter(([meant]) => !complaints.some((line) => meant.test(line)));
    expect(stale.map(([, reason]) => reason)).toEqual([]);
  });

  it('every call that it describes and that is built was answered well', (context) => {
    if (!isThere)
      context.skip('BOTHSIDES_SPECS names no folder with openapi.yaml: what it describes was not looked for');
    const described = BUILT.filter(({ method, path }) => description.operationOf(method, path) !== null);
    expect(described.length).toBeGreaterThan(40);
    const unanswered = described.filter(({ method, path }) => {
      const pattern = new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`);
      return !asked.some((one) => one.method === method && one.status < 300 && pattern.test(one.path));
    });
    // What the venue describes still, and answers 410.
    const isGone = ({ method, path }: (typeof BUILT)[number]) =>
      method !== 'GET' && path.startsWith('/portfolio/orders');
    expect(unanswered.filter((route) => !isGone(route)).map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  });

  it('every refusal has one of the four shapes', (context) => {
    if (!isThere) context.skip('BOTHSIDES_SPECS names no folder with openapi.yaml: refusals are not held against it');
    const bad = asked.filter(({ status }) => status >= 400);
    expect(bad.length).toBeGreaterThan(15);
    expect(bad.filter(({ body }) => !isVenueError(body))).toEqual([]);
  });
});
