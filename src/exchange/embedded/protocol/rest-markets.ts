/** Markets, books and trades: what anyone may read. */
import { named, type Ticker } from '../../../domain/ids.ts';
import type { EngineTrade, MarketState } from '../model.ts';
import { bookJson, changedMs, marketJson, STATUS_FILTER, tradeJson } from './catalogue-json.ts';
import { notFound, unavailable } from './errors.ts';
import { type Cutoff, cutoffAt, isHistoricalMarket, isHistoricalTrade } from './live-window.ts';
import { pageOf } from './page.ts';
import { Query } from './query.ts';
import { COST_DEFAULT } from './rate-limits.ts';
import { type Call, ok, type Reply, type Route, type Venue } from './venue.ts';

const BOOKS_MAX = 100;
const DEPTH_MAX = 100;
const PAGE = { max: 1000, default: 100, zeroIsDefault: true } as const;

export const marketRoutes: readonly Route[] = [
  route('/markets', listMarkets),
  route('/markets/trades', (venue, call) => listTrades(venue, call, 'live')),
  { ...route('/markets/orderbooks', listBooks), access: 'private' },
  route('/markets/:ticker', (venue, call) => getMarket(venue, call, 'live')),
  route('/markets/:ticker/orderbook', getBook),
  route('/historical/markets', listHistoricalMarkets),
  route('/historical/markets/:ticker', (venue, call) => getMarket(venue, call, 'historical')),
  route('/historical/trades', (venue, call) => listTrades(venue, call, 'historical')),
];

function route(path: string, handle: Route['handle']): Route {
  return { method: 'GET', path, access: 'public', readCost: COST_DEFAULT, handle };
}

type Part = 'live' | 'historical';

function partOf(market: MarketState, cutoff: Cutoff): Part {
  return isHistoricalMarket(market, cutoff) ? 'historical' : 'live';
}

function knownMarket({ engine, market: clock }: Venue, call: Call, part: Part): MarketState {
  const market = engine.market(named<Ticker>(call.param('ticker')));
  if (market === null || partOf(market, cutoffAt(clock.now())) !== part) throw notFound();
  return market;
}

function getMarket(venue: Venue, call: Call, part: Part): Reply {
  return ok({ market: marketJson(venue, knownMarket(venue, call, part)) });
}

function getBook(venue: Venue, call: Call): Reply {
  const query = new Query('GetMarketOrderbook', call.query);
  const depth = query.integer('depth') ?? 0;
  if (depth > DEPTH_MAX) query.refuse('depth', 'lte');
  const market = knownMarket(venue, call, 'live').listed.ticker;
  if (venue.engine.isBookLost(market)) throw unavailable();
  return ok({ orderbook_fp: bookJson(venue.engine, market, depth) });
}

function listBooks({ engine }: Venue, call: Call): Reply {
  const query = new Query('GetMarketOrderbooks', call.query);
  const tickers = query.list('tickers', BOOKS_MAX);
  if (tickers === null) return query.refuse('tickers', 'required');
  const known = tickers.map((ticker) => named<Ticker>(ticker)).filter((ticker) => engine.market(ticker) !== null);
  if (known.some((ticker) => engine.isBookLost(ticker))) throw unavailable();
  return ok({ orderbooks: known.map((ticker) => ({ ticker, orderbook_fp: bookJson(engine, ticker, 0) })) });
}

function listMarkets(venue: Venue, call: Call): Reply {
  const { engine } = venue;
  const query = new Query('GetMarkets', call.query);
  const limit = query.limit(PAGE);
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
  const bySettled = query.has('min_settled_ts', 'max_settled_ts');
  const updatedSeconds = query.integer('min_updated_ts');
  const wanted = tickers === null ? null : new Set(tickers);
  const cutoff = cutoffAt(venue.market.now());

  function matches(market: MarketState): boolean {
    const { listed, settledMs } = market;
    if (partOf(market, cutoff) !== 'live') return false;
    if (wanted !== null && !wanted.has(listed.ticker)) return false;
    if (statuses !== null && !statuses.includes(market.status)) return false;
    if (event !== null && listed.event !== event) return false;
    if (series !== null && engine.event(listed.event)?.series !== series) return false;
    if (!created(listed.createdMs) || !close(listed.closeMs)) return false;
    if (bySettled && (settledMs === null || !settled(settledMs))) return false;
    return updatedSeconds === null || changedMs(venue, market) > updatedSeconds * 1000;
  }

  // No combos are listed here.
  const listing = combos === 'only' ? [] : engine.allMarkets();
  const page = pageOf(listing, { limit, cursor: query.cursor(), keyOf: ({ listed }) => listed.ticker, matches });
  return ok({ markets: page.items.map((market) => marketJson(venue, market)), cursor: page.cursor });
}

/** Time bounds of one kind at a time, each with certain statuses only; `min_updated_ts` with next to nothing. */
function refuseMixedTimes(query: Query, status: string | null, combos: string | null): void {
  const rules: readonly (readonly [name: string, statuses: readonly string[]])[] = [
    ['created_ts', ['unopened', 'open']],
    ['close_ts', ['closed']],
    ['settled_ts', ['settled']],
  ];
  let earlier = false;
  for (const [name, statuses] of rules) {
    const bound = [`min_${name}`, `max_${name}`].find((one) => query.has(one));
    if (bound === undefined) continue;
    if (earlier || (status !== null && !statuses.includes(status))) query.refuse(bound, 'excluded_with');
    earlier = true;
  }
  if (!query.has('min_updated_ts')) return;
  if (earlier || status !== null || combos !== 'exclude' || query.has('event_ticker', 'tickers')) {
    query.refuse('min_updated_ts', 'excluded_with');
  }
}

/** One filter at a time. */
function listHistoricalMarkets(venue: Venue, call: Call): Reply {
  const { engine } = venue;
  const query = new Query('GetHistoricalMarkets', call.query);
  const limit = query.limit(PAGE);
  query.oneOf('mve_filter', ['exclude'] as const);
  const tickers = query.list('tickers');
  const event = query.text('event_ticker');
  const series = query.text('series_ticker');
  if (tickers !== null && (event !== null || series !== null)) query.refuse('tickers', 'excluded_with');
  if (event !== null && series !== null) query.refuse('event_ticker', 'excluded_with');
  const cutoff = cutoffAt(venue.market.now());
  const page = pageOf(engine.allMarkets(), {
    limit,
    cursor: query.cursor(),
    keyOf: ({ listed }) => listed.ticker,
    matches: (market) =>
      partOf(market, cutoff) === 'historical' &&
      (tickers?.includes(market.listed.ticker) ?? true) &&
      (event === null || market.listed.event === event) &&
      (series === null || engine.event(market.listed.event)?.series === series),
  });
  return ok({ markets: page.items.map((market) => marketJson(venue, market)), cursor: page.cursor });
}

/** Newest first. There are no block trades here: asked for, they are none. */
function listTrades({ engine, market: clock }: Venue, call: Call, part: Part): Reply {
  const query = new Query(part === 'live' ? 'GetTrades' : 'GetTradesHistorical', call.query);
  const limit = query.limit(PAGE);
  const ticker = query.text('ticker');
  const within = query.within('min_ts', 'max_ts');
  const blocksOnly = query.flag('is_block_trade');
  const cutoff = cutoffAt(clock.now());
  const isKnown = ticker === null || engine.market(named<Ticker>(ticker)) !== null;
  const page = pageOf(blocksOnly || !isKnown ? [] : tradesOf(ticker), {
    limit,
    cursor: query.cursor(),
    keyOf: (trade) => trade.tradeId,
    matches: (trade) => isHistoricalTrade(trade, cutoff) === (part === 'historical') && within(trade.atMs),
  });
  return ok({ trades: page.items.map(tradeJson), cursor: page.cursor });

  function tradesOf(market: string | null): readonly EngineTrade[] {
    if (market !== null) return engine.trades(named<Ticker>(market));
    return engine
      .allMarkets()
      .flatMap(({ listed }) => engine.trades(listed.ticker))
      .sort((a, b) => b.atMs - a.atMs);
  }
}
