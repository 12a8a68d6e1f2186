import type { Clock, TimerId } from '../domain/clock.ts';
import type { Ticker } from '../domain/ids.ts';
import type { Journal } from '../domain/journal.ts';
import type { Wanted, WantedPair } from '../gateway/wanted.ts';
import type { Explanation } from '../quoting/decision.ts';
import type { Accounts } from './accounts.ts';
import type { WatchedMarkets } from './watched-markets.ts';

export interface MarketSamplesOptions {
  readonly market: Clock;
  readonly everyMs: number;
  readonly markets: WatchedMarkets;
  readonly accounts: Accounts;
  readonly journal: Pick<Journal, 'append'>;
  /** Sessions and their markets now. */
  readonly sessions: () => Iterable<readonly [market: Ticker, session: string]>;
  readonly wantedIn: (market: Ticker) => WantedPair;
  readonly explanations: ReadonlyMap<Ticker, Explanation>;
}

/**
 * Writes down what each market with a session looks like, at equal steps of market time: the touch less our own orders,
 * what we want there, what we hold and what that has earned. Prices and quantities are the domain's integers; the
 * reservation price and σ are floats in cents. Returns how to end it.
 */
export function keepMarketSamples(options: MarketSamplesOptions): () => void {
  const { market, everyMs, markets, accounts, journal, sessions, wantedIn, explanations } = options;
  let timer: TimerId = null;
  const sample = (): void => {
    timer = market.setTimeout(sample, everyMs);
    const nowMs = market.now();
    for (const [ticker, session] of sessions()) {
      const watched = markets.get(ticker);
      if (watched === null) continue;
      const { reading, signals } = watched;
      const { regime, sigmaCentsPerSqrtSecond } = signals.now(nowMs);
      const { bid, ask } = wantedIn(ticker);
      journal.append('market.sampled', {
        market: ticker,
        session,
        bid: reading?.bid ?? null,
        ask: reading?.ask ?? null,
        bidSize: reading?.bidSize ?? null,
        askSize: reading?.askSize ?? null,
        ourBid: placeOf(bid),
        ourAsk: placeOf(ask),
        reservationCents: explanations.get(ticker)?.reservationCents ?? null,
        regime,
        sigmaCentsPerSqrtSecond,
        position: accounts.position(ticker),
        worth: accounts.worth(ticker),
      });
    }
  };
  timer = market.setTimeout(sample, everyMs);
  return () => market.clearTimeout(timer);
}

function placeOf(wanted: Wanted | null): [price: number, quantity: number] | null {
  return wanted === null ? null : [wanted.price, wanted.quantity];
}
