/** Markets as the journal tells them: what they are, how they looked over time, what quoting said of them. */
import { Thinned } from '../../analytics/thinned.ts';
import type { JournalEntry } from '../../domain/journal.ts';
import type { DecisionFact, MarketSeries } from '../wire-dashboard.ts';

const MARKETS_KEPT = 300;
const POINTS_KEPT = 1_000;
const DECISIONS_KEPT = 60;

/** `market.sampled`, prices in $0.0001, quantities in 0.01 contract. */
export interface MarketPoint {
  readonly atMs: number;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly ourBid: readonly [price: number, quantity: number] | null;
  readonly ourAsk: readonly [price: number, quantity: number] | null;
  readonly reservationCents: number | null;
  readonly regime: string;
  readonly sigmaCentsPerSqrtSecond: number;
  readonly position: number;
  readonly worth: number;
}

export interface Listed {
  readonly title: string;
  readonly category: string;
  readonly event: string;
  readonly closeMs: number;
}

export interface ToldMarket {
  readonly ticker: string;
  listed: Listed | null;
  readonly points: Thinned<MarketPoint>;
  /** Newest last. */
  readonly decisions: DecisionFact[];
}

export class MarketsTold {
  readonly #markets = new Map<string, ToldMarket>();

  get(ticker: string): ToldMarket | null {
    return this.#markets.get(ticker) ?? null;
  }
  all(): Iterable<ToldMarket> {
    return this.#markets.values();
  }

  discovered({ data }: JournalEntry): void {
    const { top } = data as unknown as { top?: readonly (Listed & { market: string })[] };
    for (const { market, title, category, event, closeMs } of top ?? [])
      this.#market(market).listed = { title, category, event, closeMs };
  }

  sampled({ marketMs, data }: JournalEntry): void {
    const { market, ...point } = data as unknown as Omit<MarketPoint, 'atMs'> & { market: string; session?: string };
    const { bid, ask, ourBid, ourAsk, reservationCents, regime, sigmaCentsPerSqrtSecond, position, worth } = point;
    this.#market(market).points.add({
      atMs: marketMs,
      ...{ bid, ask, ourBid, ourAsk, reservationCents, regime, sigmaCentsPerSqrtSecond, position, worth },
    });
  }

  decided(entry: JournalEntry): void {
    const { market } = entry.data as { market: string };
    const { decisions } = this.#market(market);
    decisions.push(decisionOf(entry));
    if (decisions.length > DECISIONS_KEPT) decisions.shift();
  }

  /** The one that was not heard of for longest goes when there are too many. */
  #market(ticker: string): ToldMarket {
    let market = this.#markets.get(ticker);
    if (market === undefined) market = { ticker, listed: null, points: new Thinned(POINTS_KEPT), decisions: [] };
    else this.#markets.delete(ticker);
    this.#markets.set(ticker, market);
    if (this.#markets.size > MARKETS_KEPT) {
      const [oldest] = this.#markets.keys();
      this.#markets.delete(oldest!);
    }
    return market;
  }
}

function decisionOf({ sequence, marketMs, kind, data }: JournalEntry): DecisionFact {
  const said = data as Record<string, never>;
  const base = { sequence, atMs: marketMs, session: (said.session as string | undefined) ?? null };
  switch (kind) {
    case 'quote.decided': {
      const explain = said.explain as unknown as NonNullable<DecisionFact['quote']>;
      const { midCents, positionContracts, sigmaCentsPerSqrtSecond, gammaPerCent, kPerCent } = explain;
      const { reservationCents, spreadCents, feeFloorCents, regime, bounds } = explain;
      const quote = {
        ...{ midCents, positionContracts, sigmaCentsPerSqrtSecond, gammaPerCent, kPerCent },
        ...{ reservationCents, spreadCents, feeFloorCents, regime, bounds },
      };
      return { ...base, kind: 'quoted', quote, text: null };
    }
    case 'quote.withheld': {
      const { bid, ask } = said as unknown as { bid: string | null; ask: string | null };
      return { ...base, kind: 'withheld', quote: null, text: `no bid: ${bid ?? 'quoted'}; no ask: ${ask ?? 'quoted'}` };
    }
    case 'quote.denied':
      return { ...base, kind: 'denied', quote: null, text: `${String(said.side)}: ${String(said.reason)}` };
    default: {
      const { manner, side, price, quantity } = said as unknown as {
        manner: string;
        side: string;
        price: number;
        quantity: number;
      };
      const text = `${manner}: ${side} ${quantity / 100} at ${(price / 100).toFixed(2)} ¢`;
      return { ...base, kind: 'exit', quote: null, text };
    }
  }
}

/** Columns for drawing: prices in cents, positions in contracts. */
export function seriesOf(market: ToldMarket): MarketSeries {
  const points = market.points.points();
  const cents = (price: number | null | undefined): number | null =>
    price === null || price === undefined ? null : price / 100;
  return {
    atMs: points.map(({ atMs }) => atMs),
    bid: points.map(({ bid }) => cents(bid)),
    ask: points.map(({ ask }) => cents(ask)),
    ourBid: points.map(({ ourBid }) => cents(ourBid?.[0])),
    ourAsk: points.map(({ ourAsk }) => cents(ourAsk?.[0])),
    reservation: points.map(({ reservationCents }) => reservationCents),
    position: points.map(({ position }) => position / 100),
  };
}
