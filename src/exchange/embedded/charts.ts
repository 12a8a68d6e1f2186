/** What is remembered of all markets' past for market data: candles, the touch of a day ago, when a listing last changed. */
import type { Ticker } from '../../domain/ids.ts';
import { type Centicents, DOLLAR, type UnixMs } from '../../domain/units.ts';
import { Chart, type Touch } from './chart.ts';
import type { Engine } from './model.ts';

const DAY_MS = 86_400_000;

export interface Charts {
  /** null: nothing ever happened on this market. */
  chart(market: Ticker): Chart | null;
  /** Touch and last price a day before `nowMs`; null: nothing is known of then. */
  dayBefore(market: Ticker, nowMs: UnixMs): (Touch & { readonly price: Centicents | null }) | null;
  /** When status or terms last changed; null: not since it was listed. */
  changedMs(market: Ticker): UnixMs | null;
}

/** Follows what the engine tells, so it has the same history again whenever the engine lives through it again. */
export function createCharts(engine: Engine): Charts {
  const charts = new Map<Ticker, Chart>();
  const changed = new Map<Ticker, UnixMs>();
  /** Not open: what an emptied book leaves is no quote. */
  const shut = new Set<Ticker>();

  function touchOf(market: Ticker): Touch {
    return {
      bid: engine.bestBid(market)?.[0] ?? (0 as Centicents),
      ask: engine.bestAsk(market)?.[0] ?? DOLLAR,
    };
  }

  function chartOf(market: Ticker): Chart {
    let chart = charts.get(market);
    if (chart === undefined) {
      chart = new Chart(touchOf(market), engine.market(market)!.openInterest);
      charts.set(market, chart);
    }
    return chart;
  }

  engine.events.subscribe((event) => {
    if (event.type === 'ticker') {
      const { market, atMs } = event;
      if (!shut.has(market) && !engine.isBookLost(market)) chartOf(market).quote(atMs, touchOf(market));
    } else if (event.type === 'trade') {
      const { market, atMs, price, quantity } = event.trade;
      chartOf(market).trade(atMs, price, quantity, engine.market(market)!.openInterest);
    } else if (event.type === 'metadata') {
      changed.set(event.market, event.atMs);
    } else if (event.type === 'lifecycle') {
      const { market, change, atMs } = event;
      if (change !== 'created') changed.set(market, atMs);
      if (change === 'activated') shut.delete(market);
      else if (change === 'closed' || change === 'deactivated') shut.add(market);
    }
  });

  return {
    chart: (market) => charts.get(market) ?? null,
    dayBefore(market, nowMs) {
      const thenMs = nowMs - DAY_MS;
      const chart = charts.get(market);
      const candle = chart?.last(1, thenMs) ?? chart?.last(60, thenMs);
      if (candle == null) return null;
      return { bid: candle.bid.close, ask: candle.ask.close, price: candle.trades?.close ?? candle.previous };
    },
    changedMs: (market) => changed.get(market) ?? null,
  };
}
