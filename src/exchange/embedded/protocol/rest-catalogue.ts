/** Series and events: what anyone may read. */
import { type EventTicker, named, type SeriesTicker } from '../../../domain/ids.ts';
import type { Centicontracts, UnixMs } from '../../../domain/units.ts';
import type { ListedEvent, ListedSeries, MarketState } from '../model.ts';
import { changedMs, eventJson, marketJson, STATUS_FILTER, seriesJson } from './catalogue-json.ts';
import { notFound } from './errors.ts';
import { cutoffAt, isHistoricalMarket } from './live-window.ts';
import { pageOf } from './page.ts';
import { Query } from './query.ts';
import { COST_DEFAULT } from './rate-limits.ts';
import { type Call, ok, type Reply, type Route, type Venue } from './venue.ts';

const EVENTS_MAX = 200;

export const catalogueRoutes: readonly Route[] = [
  route('/series', listSeries),
  route('/series/:series', getSeries),
  route('/events', listEvents),
  route('/events/multivariate', listCombos),
  route('/events/:event', getEvent),
  route('/events/:event/metadata', getMetadata),
];

function route(path: string, handle: Route['handle']): Route {
  return { method: 'GET', path, access: 'public', readCost: COST_DEFAULT, handle };
}

/** What is told of a series beyond its listing comes from its markets. */
interface SeriesFigures {
  volume: number;
  /** A series was there when its first market was listed, and has not changed since. */
  updatedMs: number;
}

function seriesFigures({ engine }: Venue): ReadonlyMap<SeriesTicker, SeriesFigures> {
  const figures = new Map<SeriesTicker, SeriesFigures>();
  for (const { listed, volume } of engine.allMarkets()) {
    const series = engine.event(listed.event)?.series;
    if (series === undefined) continue;
    const known = figures.get(series);
    if (known === undefined) figures.set(series, { volume, updatedMs: listed.createdMs });
    else {
      known.volume += volume;
      known.updatedMs = Math.min(known.updatedMs, listed.createdMs);
    }
  }
  return figures;
}

function showSeries(
  series: ListedSeries,
  figures: SeriesFigures | undefined,
  wants: { readonly volume: boolean; readonly metadata: boolean },
): Record<string, unknown> {
  return seriesJson(series, {
    volume: wants.volume ? ((figures?.volume ?? 0) as Centicontracts) : null,
    updatedMs: (figures?.updatedMs as UnixMs | undefined) ?? null,
    withMetadata: wants.metadata,
  });
}

function listSeries(venue: Venue, call: Call): Reply {
  const query = new Query('GetSeriesList', call.query);
  const category = query.text('category');
  const tags = query.list('tags');
  const updatedSeconds = query.integer('min_updated_ts');
  const wants = { volume: query.flag('include_volume'), metadata: query.flag('include_product_metadata') };
  const figures = seriesFigures(venue);
  const series = venue.engine
    .allSeries()
    .filter((one) => category === null || one.category === category)
    .filter((one) => tags?.some((tag) => one.tags.includes(tag)) ?? true)
    .filter((one) => updatedSeconds === null || (figures.get(one.ticker)?.updatedMs ?? 0) > updatedSeconds * 1000);
  return ok({ series: series.map((one) => showSeries(one, figures.get(one.ticker), wants)) });
}

function getSeries(venue: Venue, call: Call): Reply {
  const query = new Query('GetSeries', call.query);
  const series = venue.engine.series(named<SeriesTicker>(call.param('series')));
  if (series === null) throw notFound();
  const wants = { volume: query.flag('include_volume'), metadata: true };
  return ok({ series: showSeries(series, seriesFigures(venue).get(series.ticker), wants) });
}

/** Events stay for good; their markets leave with the live window. */
function liveMarkets(venue: Venue, event: EventTicker): readonly MarketState[] {
  const cutoff = cutoffAt(venue.market.now());
  return venue.engine.eventMarkets(event).filter((market) => !isHistoricalMarket(market, cutoff));
}

function listEvents(venue: Venue, call: Call): Reply {
  const { engine } = venue;
  const query = new Query('GetEvents', call.query);
  const limit = query.limit({ max: EVENTS_MAX, default: EVENTS_MAX });
  const status = query.oneOf('status', ['unopened', 'open', 'closed', 'settled'] as const);
  const series = query.text('series_ticker');
  const tickers = query.list('tickers');
  const minCloseSeconds = query.integer('min_close_ts');
  const updatedSeconds = query.integer('min_updated_ts');
  const nested = query.flag('with_nested_markets');
  const milestones = query.flag('with_milestones') ? { milestones: [] } : {};
  const statuses = status === null ? null : STATUS_FILTER[status]!;

  /** One child that matches is enough. */
  function matches(event: ListedEvent): boolean {
    if (series !== null && event.series !== series) return false;
    if (tickers !== null && !tickers.includes(event.ticker)) return false;
    if (statuses === null && minCloseSeconds === null && updatedSeconds === null) return true;
    const markets = engine.eventMarkets(event.ticker);
    return (
      (statuses === null || markets.some((market) => statuses.includes(market.status))) &&
      (minCloseSeconds === null || markets.some((market) => market.listed.closeMs >= minCloseSeconds * 1000)) &&
      (updatedSeconds === null || markets.some((market) => changedMs(venue, market) > updatedSeconds * 1000))
    );
  }

  const page = pageOf(engine.allEvents(), {
    limit,
    cursor: query.cursor(),
    keyOf: (event) => event.ticker,
    matches,
  });
  return ok({ events: page.items.map((event) => showEvent(venue, event, nested)), ...milestones, cursor: page.cursor });
}

function showEvent(venue: Venue, event: ListedEvent, nested: boolean): Record<string, unknown> {
  const json = eventJson(venue, event);
  if (!nested) return json;
  return { ...json, markets: liveMarkets(venue, event.ticker).map((market) => marketJson(venue, market)) };
}

function knownEvent({ engine }: Venue, call: Call): ListedEvent {
  const event = engine.event(named<EventTicker>(call.param('event')));
  if (event === null) throw notFound();
  return event;
}

function getEvent(venue: Venue, call: Call): Reply {
  const query = new Query('GetEvent', call.query);
  const event = knownEvent(venue, call);
  const nested = query.flag('with_nested_markets');
  return ok({
    event: showEvent(venue, event, nested),
    markets: liveMarkets(venue, event.ticker).map((market) => marketJson(venue, market)),
  });
}

/** There are no pictures here; what has one at the venue has an empty path. */
function getMetadata(venue: Venue, call: Call): Reply {
  const event = knownEvent(venue, call);
  return ok({
    image_url: '',
    settlement_sources: [],
    market_details: venue.engine
      .eventMarkets(event.ticker)
      .map(({ listed }) => ({ market_ticker: listed.ticker, image_url: '', color_code: '' })),
  });
}

/** No combos are listed here. */
function listCombos(_venue: Venue, call: Call): Reply {
  const query = new Query('GetMultivariateEvents', call.query);
  query.limit({ max: EVENTS_MAX, default: 100 });
  query.flag('with_nested_markets');
  if (query.has('series_ticker') && query.has('collection_ticker')) query.refuse('collection_ticker', 'excluded_with');
  return ok({ events: [], cursor: '' });
}
