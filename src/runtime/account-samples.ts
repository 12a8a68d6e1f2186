import type { TimerId } from '../domain/clock.ts';
import type { Json } from '../domain/json.ts';
import type { Microdollars } from '../domain/units.ts';
import type { TraderRuntime } from './trader-runtime.ts';

/**
 * What the whole account looked like at a moment (`account.sampled`); money in $0.000001. Equity less what was put in and
 * taken out (`transfers`) is what trading made of it: drawdown, volatility and Sharpe are read off that.
 */
export interface AccountSample {
  readonly equity: Microdollars;
  readonly cash: Microdollars;
  readonly realizedPnl: Microdollars;
  readonly unrealizedPnl: Microdollars;
  readonly fees: Microdollars;
  /** Deposits, withdrawals and adjustments so far, with their sign. */
  readonly transfers: Microdollars;
  /** What everything open could still lose. */
  readonly worstLoss: Microdollars;
  /** Every position has a price at which it could be left; one without counts at its cost. */
  readonly isMarked: boolean;
  /** Of this process. */
  readonly requests: number;
  readonly status429: number;
  /** Of the stream, wall milliseconds; null while nothing is measured. */
  readonly lagMs: number | null;
}

export function sampleAccount(runtime: TraderRuntime): AccountSample {
  const { ledger, accounts, exposure, parts, feed } = runtime;
  const marks: Parameters<typeof ledger.unrealized>[0] = (market, quantity) => runtime.mark(market, quantity);
  const { lagMs } = feed;
  return {
    equity: accounts.equity(),
    cash: accounts.cash(),
    realizedPnl: ledger.realizedPnl(),
    unrealizedPnl: ledger.unrealized(marks),
    fees: ledger.fees(),
    transfers: ledger.cashSources().transfers,
    worstLoss: exposure.total,
    isMarked: accounts.isMarked(),
    requests: parts.venue.requests.total,
    status429: parts.venue.requests.status429,
    lagMs: lagMs === null ? null : Math.round(lagMs),
  };
}

/** Writes the account down at equal steps of market time, the first one at once. Returns how to end it. */
export function keepAccountSamples(runtime: TraderRuntime): () => void {
  const { clocks, journal, settings } = runtime.parts;
  let timer: TimerId = null;
  const sample = (): void => {
    timer = clocks.market.setTimeout(sample, settings.journal.sampleEveryMs);
    journal.append('account.sampled', sampleAccount(runtime) as unknown as Json);
  };
  timer = clocks.market.setTimeout(sample, 0);
  return () => clocks.market.clearTimeout(timer);
}
