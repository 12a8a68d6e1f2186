/** Where live data ends, and an account's orders and fills from before. */

import { formatTime } from './format.ts';
import { cutoffAt } from './live-window.ts';
import { pageOf } from './page.ts';
import { fillJson, orderJson } from './portfolio-json.ts';
import { Query } from './query.ts';
import { COST_DEFAULT } from './rate-limits.ts';
import { type Call, ok, type Reply, type Route, userOf, type Venue } from './venue.ts';

const PAGE = { max: 1000, default: 100, zeroIsDefault: true, saysMax: true } as const;

export const historicalRoutes: readonly Route[] = [
  { method: 'GET', path: '/historical/cutoff', access: 'public', readCost: COST_DEFAULT, handle: getCutoff },
  { method: 'GET', path: '/historical/orders', access: 'private', readCost: COST_DEFAULT, handle: listOrders },
  { method: 'GET', path: '/historical/fills', access: 'private', readCost: COST_DEFAULT, handle: listFills },
];

function getCutoff({ market }: Venue): Reply {
  const { marketsMs, tradesMs, ordersMs } = cutoffAt(market.now());
  return ok({
    market_settled_ts: formatTime(marketsMs),
    trades_created_ts: formatTime(tradesMs),
    orders_updated_ts: formatTime(ordersMs),
  });
}

function listOrders({ records }: Venue, call: Call): Reply {
  const query = new Query('GetHistoricalOrders', call.query);
  const limit = query.limit(PAGE);
  const ticker = query.text('ticker');
  const within = query.within('min_ts', 'max_ts');
  const page = pageOf(records.historicalOrders(userOf(call)), {
    limit,
    cursor: query.cursor(),
    keyOf: (order) => order.orderId,
    matches: (order) => (ticker === null || order.market === ticker) && within(order.createdMs),
  });
  return ok({ orders: page.items.map(orderJson), cursor: page.cursor });
}

function listFills({ records }: Venue, call: Call): Reply {
  const query = new Query('GetFillsHistorical', call.query);
  const limit = query.limit(PAGE);
  const ticker = query.text('ticker');
  const within = query.within('min_ts', 'max_ts');
  const page = pageOf(records.historicalFills(userOf(call)), {
    limit,
    cursor: query.cursor(),
    keyOf: (fill) => `${fill.tradeId}|${fill.orderId}`,
    matches: (fill) => (ticker === null || fill.market === ticker) && within(fill.atMs),
  });
  return ok({ fills: page.items.map(fillJson), cursor: page.cursor });
}
