/** Series, events, markets, books and trades: what anyone may read. */
import { type EventTicker, named, type SeriesTicker, type Ticker } from '../../../domain/ids.ts';
import type { EngineTrade, ListedEvent, MarketState } from '../model.ts';
import { bookJson, eventJson, marketJson, STATUS_FILTER, seriesJson, tradeJson } from './catalogue-json.ts';
import { notFound, unavailable } from './errors.ts';
import { pageOf } from './page.ts';
import { Query } from './query.ts';
import { COST_DEFAULT } from './rate-limits.ts';
import { type Call, ok, type Reply, type Route, type Venue } from './venue.ts';

const BOOKS_MAX = 100;
const DEPTH_MAX = 100;

export const catalogueRoutes: readonly Route[] = [
  route('/series', listSeries),
  route('/series/:series', ({ engine }, call) => {
    const series = engine.series(named<SeriesTicker>(call.param('series')));
    if (series === null) throw notFound();
    return ok({ series: seriesJson(series) });
  }),
  route('/events', listEvents),
  route('/events/:event', getEvent),
  route('/markets', listMarkets),
  route('/markets/trades', listTrades),
  { ...route('/markets/orderbooks', listBooks), access: 'private' },
  route('/markets/:ticker', (venue, call) => ok({ market: show(venue, knownMarket(venue, call.param('ticker'))) })),
  route('/markets/:ticker/orderbook', (venue, call) => {
    const query = new Query('GetMarketOrderbook', call.query);
    const depth = query.integer('depth') ?? 0;
    if (depth > DEPTH_MAX) query.refuse('depth', 'lte');
    const market = knownMarket(venue, call.param('ticker')).listed.ticker;
    if (venue.engine.isBookLost(market)) throw unavailable();
    return ok({ orderbook_fp: bookJson(venue.engine, market, depth) });
  }),
];

function route(path: string, handle: Route['handle']): Route {
  return { method: 'GET', path, access: 'public', readCost: COST_DEFAULT, handle };
}

function knownMarket({ engine }: Venue, ticker: string): MarketState {
  const market = engine.market(named<Ticker>(ticker));
  if (market === null) throw notFound();
  return market;
}

function show(venue: Venue, market: MarketState): Record<string, unknown> {
  return marketJson(venue.engine, market, venue.wasQuoted);
}

function listSeries({ engine }: Venue, call: Call): Reply {
  const query = new Query('GetSeriesList', call.query);
  const category = query.text('category');
  const tags = query.list('tags');
  const series = engine
    .allSeries()
    .filter((one) => category === null || one.category === category)
    .filter((one) => tags?.some((tag) => one.tags.includes(tag)) ?? true);
  return ok({ series: series.map(seriesJson) });
}

function listEvents(venue: Venue, call: Call): Reply {
  const { engine } = venue;
  const query = new Query('GetEvents', call.query);
  const limit = query.limit({ max: 200, default: 200 });
  const status = query.oneOf('status', ['unopened', 'open', 'closed', 'settled'] as const);
  const series = query.text('series_ticker');
  const tickers = query.list('tickers');
  const minCloseSeconds = query.integer('min_close_ts');
  const nested = query.flag('with_nested_markets');
  const statuses = status === null ? null : STATUS_FILTER[status]!;

  /** One child that matches is enough. */
  function matches(event: ListedEvent): boolean {
    if (series !== null && event.series !== series) return false;
    if (tickers !== null && !tickers.includes(event.ticker)) return false;
    if (statuses === null && minCloseSeconds === null) return true;
    const markets = engine.eventMarkets(event.ticker);
    return (
      (statuses === null || markets.some((market) => statuses.includes(market.status))) &&
      (minCloseSeconds === null || markets.some((market) => market.listed.closeMs >= minCloseSeconds * 1000))
    );
  }

  const page = pageOf(engine.allEvents(), {
    limit,
    cursor: query.cursor(),
    keyOf: (event) => event.ticker,
    matches,
  });
  return ok({ events: page.items.map((event) => showEvent(venue, event, nested)), cursor: page.cursor });
}

function showEvent(venue: Venue, event: ListedEvent, nested: boolean): Record<string, unknown> {
  const json = eventJson(venue.engine, event);
  if (!nested) return json;
  return { ...json, markets: venue.engine.eventMarkets(event.ticker).map((market) => show(venue, market)) };
}

function getEvent(venue: Venue, call: Call): Reply {
  const query = new Query('GetEvent', call.query);
  const event = venue.engine.event(named<EventTicker>(call.param('event')));
  if (event === null) throw notFound();
  const nested = query.flag('with_nested_markets');
  return ok({
    event: showEvent(venue, event, nested),
    markets: venue.engine.eventMarkets(event.ticker).map((market) => show(venue, market)),
  });
}

function listMarkets(venue: Venue, call: Call): Reply {
  const { engine } = venue;
  const query = new Query('GetMarkets', call.query);
  const limit = query.limit({ max: 1000, default: 100, zeroIsDefault: true });
  const status = query.oneOf('status', ['unopened', 'open', 'paused', 'closed', 'settled'] as const);
  const combos = query.oneOf('mve_filter', ['only', 'exclude'] as const);
  refuseMixedTimes(query, status, combos);
  const statuses = status === null ? null : STATUS_FILTER[status]!;
  const event = query.text('event_ticker');
  const series = query.text('series_ticker');
  const tickers = query.list('tickers');
  const created = query.within('min_created_ts', 'max_created_ts');
  const close = query.within('min_close_ts', 'max_close_ts');
  const settled = query.within('min_settled_ts', 'max_settled_ts');
  const bySettled = query.text('min_settled_ts') !== null || query.text('max_settled_ts') !== null;
  const updatedSeconds = query.integer('min_updated_ts');
  const wanted = tickers === null ? null : new Set(tickers);

  function matches({ listed, status: now, settledMs }: MarketState): boolean {
    if (wanted !== null && !wanted.has(listed.ticker)) return false;
    if (statuses !== null && !statuses.includes(now)) return false;
    if (event !== null && listed.event !== event) return false;
    if (series !== null && engine.event(listed.event)?.series !== series) return false;
    if (!created(listed.createdMs) || !close(listed.closeMs)) return false;
    if (bySettled && (settledMs === null || !settled(settledMs))) return false;
    return updatedSeconds === null || listed.createdMs >= updatedSeconds * 1000;
  }

  // No combos are listed here.
  const listing = combos === 'only' ? [] : engine.allMarkets();
  const page = pageOf(listing, { limit, cursor: query.cursor(), keyOf: ({ listed }) => listed.ticker, matches });
  return ok({ markets: page.items.map((market) => show(venue, market)), cursor: page.cursor });
}

/** Each kind of time bound goes with certain statuses only. */
function refuseMixedTimes(query: Query, status: string | null, combos: string | null): void {
  const rules: readonly (readonly [name: string, statuses: readonly string[]])[] = [
    ['created_ts', ['unopened', 'open']],
    ['close_ts', ['closed']],
    ['settled_ts', ['settled']],
  ];
  for (const [name, statuses] of rules) {
    for (const bound of [`min_${name}`, `max_${name}`]) {
      if (query.text(bound) !== null && status !== null && !statuses.includes(status))
        query.refuse(bound, 'excluded_with');
    }
  }
  if (query.text('min_updated_ts') !== null && (status !== null || combos !== 'exclude')) {
    query.refuse('min_updated_ts', 'excluded_with');
  }
}

function listTrades({ engine }: Venue, call: Call): Reply {
  const query = new Query('GetTrades', call.query);
  const limit = query.limit({ max: 1000, default: 100, zeroIsDefault: true });
  const ticker = query.text('ticker');
  const within = query.within('min_ts', 'max_ts');
  const blocksOnly = query.flag('is_block_trade');
  const trades: readonly EngineTrade[] =
    ticker !== null
      ? engine.trades(named<Ticker>(ticker))
      : engine
          .allMarkets()
          .flatMap(({ listed }) => engine.trades(listed.ticker))
          .sort((a, b) => b.atMs - a.atMs);
  const page = pageOf(blocksOnly ? [] : trades, {
    limit,
    cursor: query.cursor(),
    keyOf: (trade) => trade.tradeId,
    matches: (trade) => within(trade.atMs),
  });
  return ok({ trades: page.items.map(tradeJson), cursor: page.cursor });
}

function listBooks({ engine }: Venue, call: Call): Reply {
  const query = new Query('GetMarketOrderbooks', call.query);
  const tickers = query.list('tickers', BOOKS_MAX);
  if (tickers === null) return query.refuse('tickers', 'required');
  const known = tickers.map((ticker) => named<Ticker>(ticker)).filter((ticker) => engine.market(ticker) !== null);
  if (known.some((ticker) => engine.isBookLost(ticker))) throw unavailable();
  return ok({ orderbooks: known.map((ticker) => ({ ticker, orderbook_fp: bookJson(engine, ticker, 0) })) });
}
