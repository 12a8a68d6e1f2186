/** Candlesticks of one market, of an event's markets, of many markets, and of markets that are in the archive. */
import { type EventTicker, named, type SeriesTicker, type Ticker } from '../../../domain/ids.ts';
import type { Centicontracts, UnixMs } from '../../../domain/units.ts';
import type { Candle } from '../candle.ts';
import { endOf, PERIODS, type Period } from '../chart.ts';
import type { MarketState } from '../model.ts';
import { candleJson, historicalCandleJson } from './candle-json.ts';
import { exchangeError, notFound } from './errors.ts';
import { cutoffAt, isHistoricalMarket } from './live-window.ts';
import { Query } from './query.ts';
import { COST_DEFAULT } from './rate-limits.ts';
import { type Call, ok, type Reply, type Route, type Venue } from './venue.ts';

/** Periods that one request may span, for a market or over an event's markets; for a batch all its markets together. */
const SPAN_MAX = 5_000;
const BATCH_MAX = 10_000;
const TICKERS_MAX = 100;

export const candleRoutes: readonly Route[] = [
  route('/markets/candlesticks', getBatch),
  route('/series/:series/markets/:ticker/candlesticks', getMarketCandles),
  route('/series/:series/events/:event/candlesticks', getEventCandles),
  route('/historical/markets/:ticker/candlesticks', getHistoricalCandles),
];

function route(path: string, handle: Route['handle']): Route {
  return { method: 'GET', path, access: 'public', readCost: COST_DEFAULT, handle };
}

interface Span {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly period: Period;
  readonly withLatest: boolean;
}

function spanOf(query: Query): Span {
  const startSeconds = query.requiredInteger('start_ts');
  const endSeconds = query.requiredInteger('end_ts');
  const minutes = query.requiredInteger('period_interval');
  const period = PERIODS.find((known) => known === minutes);
  if (period === undefined) return query.refuse('period_interval', 'oneof');
  if (endSeconds < startSeconds) return query.refuse('end_ts', 'gtefield');
  return { startSeconds, endSeconds, period, withLatest: query.flag('include_latest_before_start') };
}

/** How many periods a span can hold. */
function periodsOf({ startSeconds, endSeconds, period }: Span): number {
  return Math.floor((endSeconds - startSeconds) / (period * 60)) + 1;
}

function refuseLong(count: number, countMax: number): void {
  if (count <= countMax) return;
  const details = `requested time range with candlesticks: ${count}, max candlesticks: ${countMax}`;
  throw exchangeError(400, 'bad_request', details);
}

function candlesOf({ charts }: Venue, market: Ticker, span: Span): readonly Candle[] {
  const chart = charts.chart(market);
  if (chart === null) return [];
  const { period } = span;
  const startMs = span.startSeconds * 1000;
  const endMs = span.endSeconds * 1000;
  const candles = chart.candles(period, startMs, endMs);
  if (!span.withLatest) return candles;
  const before = chart.last(period, startMs - 1);
  const firstMs = endOf(startMs, period);
  if (before === null || firstMs > endMs || candles[0]?.endMs === firstMs) return candles;
  return [carried(before, firstMs), ...candles];
}

/** A candle in which nothing happened, after one in which something did. */
function carried(before: Candle, endMs: UnixMs): Candle {
  const { bid, ask, trades, openInterest } = before;
  return {
    endMs,
    bid: { open: bid.close, low: bid.close, high: bid.close, close: bid.close },
    ask: { open: ask.close, low: ask.close, high: ask.close, close: ask.close },
    trades: null,
    previous: trades?.close ?? before.previous,
    volume: 0 as Centicontracts,
    value: 0,
    openInterest,
  };
}

function isLive({ market }: Venue, state: MarketState): boolean {
  return !isHistoricalMarket(state, cutoffAt(market.now()));
}

function getMarketCandles(venue: Venue, call: Call): Reply {
  const { engine } = venue;
  const span = spanOf(new Query('GetMarketCandlesticks', call.query));
  const state = engine.market(named<Ticker>(call.param('ticker')));
  if (state === null || !isLive(venue, state)) throw notFound();
  if (engine.event(state.listed.event)?.series !== call.param('series')) throw notFound();
  refuseLong(periodsOf(span), SPAN_MAX);
  const { ticker } = state.listed;
  return ok({ ticker, candlesticks: candlesOf(venue, ticker, span).map(candleJson) });
}

/** A span that is too long for all the markets of an event is cut at its end, which the answer tells. */
function getEventCandles(venue: Venue, call: Call): Reply {
  const { engine } = venue;
  const asked = spanOf(new Query('GetMarketCandlesticksByEvent', call.query));
  const event = engine.event(named<EventTicker>(call.param('event')));
  if (event === null || event.series !== named<SeriesTicker>(call.param('series'))) throw notFound();
  const tickers = engine
    .eventMarkets(event.ticker)
    .filter((state) => isLive(venue, state))
    .map(({ listed }) => listed.ticker);
  const most = Math.floor(SPAN_MAX / Math.max(1, tickers.length));
  const endSeconds = periodsOf(asked) <= most ? asked.endSeconds : asked.startSeconds + (most - 1) * asked.period * 60;
  const span = { ...asked, endSeconds, withLatest: false };
  return ok({
    market_tickers: tickers,
    market_candlesticks: tickers.map((ticker) => candlesOf(venue, ticker, span).map(candleJson)),
    adjusted_end_ts: endSeconds,
  });
}

/** Markets that are not known are left out. */
function getBatch(venue: Venue, call: Call): Reply {
  const query = new Query('BatchGetMarketCandlesticks', call.query);
  const tickers = query.list('market_tickers', TICKERS_MAX);
  if (tickers === null) return query.refuse('market_tickers', 'required');
  const span = spanOf(query);
  const states = [...new Set(tickers)]
    .map((ticker) => venue.engine.market(named<Ticker>(ticker)))
    .filter((state) => state !== null && isLive(venue, state)) as MarketState[];
  refuseLong(periodsOf(span) * states.length, BATCH_MAX);
  return ok({
    markets: states.map(({ listed: { ticker } }) => ({
      market_ticker: ticker,
      candlesticks: candlesOf(venue, ticker, span).map(candleJson),
    })),
  });
}

function getHistoricalCandles(venue: Venue, call: Call): Reply {
  const span = spanOf(new Query('GetMarketCandlesticksHistorical', call.query));
  const state = venue.engine.market(named<Ticker>(call.param('ticker')));
  if (state === null || isLive(venue, state)) throw notFound();
  refuseLong(periodsOf(span), SPAN_MAX);
  const { ticker } = state.listed;
  return ok({
    ticker,
    candlesticks: candlesOf(venue, ticker, { ...span, withLatest: false }).map(historicalCandleJson),
  });
}
