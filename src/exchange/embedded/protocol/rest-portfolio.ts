/** What an account may read of itself. */
import { type EventTicker, named, type OrderId, type Ticker } from '../../../domain/ids.ts';
import type { Centicontracts, Microdollars } from '../../../domain/units.ts';
import { formatQuantity, ZERO_QUANTITY } from '../../../domain/units.ts';
import type { EnginePosition } from '../model.ts';
import { exchangeError, notFound } from './errors.ts';
import { formatBalance, seconds, wholeCents } from './format.ts';
import { pageOf } from './page.ts';
import { eventPositionJson, fillJson, orderJson, positionJson, settlementJson } from './portfolio-json.ts';
import { Query } from './query.ts';
import { COST_DEFAULT, COST_ORDER_READ } from './rate-limits.ts';
import { requirePrimary } from './subaccount.ts';
import { type Call, ok, type Reply, type Route, userOf, type Venue } from './venue.ts';

const PAGE = { max: 1000, default: 100 } as const;
const TICKERS_MAX = 100;
const EVENTS_MAX = 10;

export const portfolioRoutes: readonly Route[] = [
  route('/portfolio/balance', getBalance),
  route('/portfolio/positions', listPositions),
  route('/portfolio/fills', listFills),
  route('/portfolio/settlements', listSettlements),
  route('/portfolio/orders', listOrders),
  route('/portfolio/orders/queue_positions', listQueuePositions),
  {
    ...route('/portfolio/orders/:order', ({ records }, call) => {
      const order = records.order(userOf(call), named<OrderId>(call.param('order')));
      if (order === null) throw notFound();
      return ok({ order: orderJson(order) });
    }),
    readCost: COST_ORDER_READ,
  },
  route('/portfolio/orders/:order/queue_position', ({ engine }, call) => {
    const orderId = named<OrderId>(call.param('order'));
    const order = engine.order(userOf(call), orderId);
    const ahead = order?.status === 'resting' ? engine.queueAhead(orderId) : null;
    if (ahead === null) throw notFound();
    return ok({ queue_position_fp: formatQuantity(ahead) });
  }),
];

function route(path: string, handle: Route['handle']): Route {
  return { method: 'GET', path, access: 'private', readCost: COST_DEFAULT, handle };
}

function getBalance({ engine, records, market }: Venue, call: Call): Reply {
  const query = new Query('GetBalance', call.query);
  requirePrimary(query.integer('subaccount'));
  const shard = query.integer('exchange_index');
  const cash = [...records.availableCash(userOf(call))]
    .filter(([index]) => shard === null || index === shard)
    .sort(([a], [b]) => a - b);
  const total = cash.reduce((sum, [, amount]) => sum + amount, 0) as Microdollars;
  return ok({
    balance: wholeCents(total),
    balance_dollars: formatBalance(total),
    balance_breakdown: cash.map(([index, amount]) => ({ exchange_index: index, balance: formatBalance(amount) })),
    portfolio_value: wholeCents(engine.portfolioValue(userOf(call), shard)),
    updated_ts: seconds(market.now()),
  });
}

function countOf({ quantity, totalTraded }: EnginePosition, name: string): number {
  return name === 'position' ? quantity : totalTraded;
}

function listPositions(venue: Venue, call: Call): Reply {
  const { engine, records } = venue;
  const user = userOf(call);
  const query = new Query('GetPositions', call.query);
  const limit = query.limit(PAGE);
  requirePrimary(query.integer('subaccount'));
  const ticker = query.text('ticker');
  const event = query.text('event_ticker');
  const shard = query.integer('exchange_index');
  const nonZero = query.list('count_filter') ?? [];
  if (nonZero.some((name) => name !== 'position' && name !== 'total_traded')) query.refuse('count_filter', 'oneof');
  const settlement = query.oneOf('settlement_status', ['unsettled', 'settled', 'all'] as const) ?? 'unsettled';

  function matches(position: EnginePosition): boolean {
    const market = engine.market(position.market);
    if (ticker !== null && position.market !== ticker) return false;
    if (event !== null && market?.listed.event !== event) return false;
    if (shard !== null && position.exchangeIndex !== shard) return false;
    // Any of those that are named is enough.
    if (nonZero.length > 0 && !nonZero.some((name) => countOf(position, name) !== 0)) return false;
    return settlement === 'all' || (market?.status === 'finalized') === (settlement === 'settled');
  }

  const page = pageOf(records.positions(user), { limit, cursor: query.cursor(), keyOf: (one) => one.market, matches });
  const byEvent = new Map<EventTicker, EnginePosition[]>();
  for (const position of page.items) {
    const market = engine.market(position.market);
    if (market === null) continue;
    const group = byEvent.get(market.listed.event);
    if (group === undefined) byEvent.set(market.listed.event, [position]);
    else group.push(position);
  }
  const traded = (market: Ticker) => venue.tradedQuantity(user, market) as Centicontracts;
  return ok({
    market_positions: page.items.map(positionJson),
    event_positions: [...byEvent].map(([ticker, positions]) => eventPositionJson(ticker, positions, traded)),
    cursor: page.cursor,
  });
}

function listFills({ records }: Venue, call: Call): Reply {
  const query = new Query('GetFills', call.query);
  const limit = query.limit(PAGE);
  requirePrimary(query.integer('subaccount'));
  const tickers = query.list('ticker', TICKERS_MAX);
  const orderId = query.text('order_id');
  const shard = query.integer('exchange_index');
  const within = query.within('min_ts', 'max_ts');
  const page = pageOf(records.fills(userOf(call)), {
    limit,
    cursor: query.cursor(),
    keyOf: (fill) => `${fill.tradeId}|${fill.orderId}`,
    matches: (fill) =>
      (tickers?.includes(fill.market) ?? true) &&
      (orderId === null || fill.orderId === orderId) &&
      (shard === null || fill.exchangeIndex === shard) &&
      within(fill.atMs),
  });
  return ok({ fills: page.items.map(fillJson), cursor: page.cursor });
}

function listSettlements({ records }: Venue, call: Call): Reply {
  const query = new Query('GetSettlements', call.query);
  const limit = query.limit(PAGE);
  requirePrimary(query.integer('subaccount'));
  const ticker = query.text('ticker');
  const event = query.text('event_ticker');
  const within = query.within('min_ts', 'max_ts');
  const page = pageOf(records.settlements(userOf(call)), {
    limit,
    cursor: query.cursor(),
    keyOf: (settlement) => settlement.market,
    matches: (settlement) =>
      (ticker === null || settlement.market === ticker) &&
      (event === null || settlement.event === event) &&
      within(settlement.atMs),
  });
  return ok({ settlements: page.items.map(settlementJson), cursor: page.cursor });
}

function listOrders({ engine, records }: Venue, call: Call): Reply {
  const query = new Query('GetOrders', call.query);
  const limit = query.limit(PAGE);
  requirePrimary(query.integer('subaccount'));
  const ticker = query.text('ticker');
  const events = query.list('event_ticker', EVENTS_MAX);
  const status = query.oneOf('status', ['resting', 'canceled', 'executed'] as const);
  const shard = query.integer('exchange_index');
  const within = query.within('min_ts', 'max_ts');
  const page = pageOf(records.allOrders(userOf(call)), {
    limit,
    cursor: query.cursor(),
    keyOf: (order) => order.orderId,
    matches: (order) =>
      records.isLiveOrder(order) &&
      (ticker === null || order.market === ticker) &&
      (status === null || order.status === status) &&
      (shard === null || order.exchangeIndex === shard) &&
      (events?.includes(engine.market(order.market)?.listed.event ?? '') ?? true) &&
      within(order.createdMs),
  });
  return ok({ orders: page.items.map(orderJson), cursor: page.cursor });
}

function listQueuePositions({ engine }: Venue, call: Call): Reply {
  const query = new Query('GetOrderQueuePositions', call.query);
  requirePrimary(query.integer('subaccount'));
  const tickers = query.list('market_tickers');
  const event = query.text('event_ticker');
  if (tickers === null && event === null) {
    throw exchangeError(400, 'invalid_parameters', 'market_tickers or event_ticker is required');
  }
  const resting = engine
    .orders(userOf(call))
    .filter((order) => order.status === 'resting')
    .filter((order) => tickers?.includes(order.market) ?? true)
    .filter((order) => event === null || engine.market(order.market)?.listed.event === event);
  return ok({
    queue_positions: resting.map((order) => ({
      order_id: order.orderId,
      market_ticker: order.market,
      queue_position_fp: formatQuantity(engine.queueAhead(order.orderId) ?? ZERO_QUANTITY),
    })),
  });
}
