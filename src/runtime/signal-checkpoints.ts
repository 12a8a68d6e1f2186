import type { Clock, TimerId } from '../domain/clock.ts';
import type { Ticker } from '../domain/ids.ts';
import type { SignalsCheckpoint } from '../signals/market-signals.ts';
import type { WatchedMarkets } from './watched-markets.ts';

export interface SignalCheckpointsOptions {
  readonly market: Clock;
  readonly markets: WatchedMarkets;
  readonly lookEveryMs: number;
  readonly everyMs: number;
  /** Sessions and their markets now. */
  readonly sessions: () => Iterable<readonly [market: Ticker, session: string]>;
  readonly save: (session: string, signals: SignalsCheckpoint) => void;
}

/** Keeps each session's signals beside it: every few seconds, and when the regime is another one. Returns how to end it. */
export function keepSignalCheckpoints(options: SignalCheckpointsOptions): () => void {
  const { market, markets, lookEveryMs, everyMs, sessions, save } = options;
  let saved = new Map<string, SignalsCheckpoint>();
  let timer: TimerId = null;
  const look = (): void => {
    timer = market.setTimeout(look, lookEveryMs);
    const nowMs = market.now();
    const kept = new Map<string, SignalsCheckpoint>();
    for (const [ticker, session] of sessions()) {
      const signals = markets.get(ticker)?.signals;
      if (signals === undefined) continue;
      const before = saved.get(session);
      const isDue =
        before === undefined || nowMs - before.atMs >= everyMs || signals.now(nowMs).regime !== before.regime;
      const checkpoint = isDue ? signals.checkpoint(nowMs) : before;
      if (isDue) save(session, checkpoint);
      kept.set(session, checkpoint);
    }
    saved = kept;
  };
  timer = market.setTimeout(look, lookEveryMs);
  return () => market.clearTimeout(timer);
}
