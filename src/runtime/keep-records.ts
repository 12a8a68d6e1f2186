/** What is written down at equal steps of market time while the trader runs: markets, signals, fills that are proven. */
import { keepAccountSamples } from './account-samples.ts';
import { keepMarketSamples } from './market-samples.ts';
import { keepProving } from './prove-fills.ts';
import { keepSignalCheckpoints } from './signal-checkpoints.ts';
import { saveSignals } from './stored-sessions.ts';
import type { TraderRuntime } from './trader-runtime.ts';

/** Begins all of it; returns how to end it. */
export function keepRecords(runtime: TraderRuntime): () => void {
  const { parts, markets, accounts, sessions, gateway, explanations } = runtime;
  const { clocks, settings, journal, bookmarks } = parts;
  const ends = [
    keepMarketSamples({
      market: clocks.market,
      everyMs: settings.journal.sampleEveryMs,
      markets,
      accounts,
      journal,
      sessions: () => sessions.entries(),
      wantedIn: (market) => gateway.wantedIn(market),
      explanations,
    }),
    keepSignalCheckpoints({
      market: clocks.market,
      markets,
      lookEveryMs: settings.signals.sampleEveryMs,
      everyMs: settings.session.checkpointEveryMs,
      sessions: () => sessions.entries(),
      save: (session, signals) => saveSignals(bookmarks, session, journal.lastSequence, signals),
    }),
    keepProving(runtime),
    keepAccountSamples(runtime),
  ];
  return () => {
    for (const end of ends) end();
  };
}
