/** The boot chart with its bodies: resolves with what was found, or with why trading is refused. Places no order. */
import { createActor, fromPromise } from 'xstate';
import { boot, type Readiness } from '../../machines/boot.ts';
import { messageOf } from '../domain/errors.ts';
import { loadJournal, reconcile } from './recover.ts';
import { readStoredSessions, resumeSessions, type StoredSessions } from './stored-sessions.ts';
import type { TraderRuntime } from './trader-runtime.ts';

export function bootTrader(runtime: TraderRuntime): Promise<Readiness | Error> {
  const { parts } = runtime;
  let failure: Error | null = null;
  let restored = false;
  let stored: StoredSessions | null = null;
  const remembering = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      failure = error instanceof Error ? error : new Error(messageOf(error));
      throw error;
    }
  };
  const actor = createActor(
    boot.provide({
      actors: {
        open: fromPromise<void>(() =>
          remembering(async () => {
            await parts.venue.account.readLimits();
          }),
        ),
        load: fromPromise<void>(() =>
          remembering(async () => {
            restored = await loadJournal(runtime);
            stored = await readStoredSessions(parts.bookmarks);
          }),
        ),
        reconcile: fromPromise(() =>
          remembering(async () => {
            const readiness = await reconcile(runtime, restored);
            if (stored !== null) await goOnWith(runtime, stored);
            return readiness;
          }),
        ),
      },
    }),
    { id: 'boot', clock: parts.clocks.market, inspect: runtime.register.inspect },
  );
  return new Promise((resolve) => {
    actor.subscribe({
      complete: () => {
        const { readiness, failure: text } = actor.getSnapshot().context;
        resolve(readiness ?? failure ?? new Error(text ?? 'boot ended without a word'));
      },
      error: (error) => resolve(error instanceof Error ? error : new Error(messageOf(error))),
    });
    actor.start();
  });
}

/** After reconciling: what becomes of the sessions depends on what is really held. */
async function goOnWith(runtime: TraderRuntime, stored: StoredSessions): Promise<void> {
  const { bookmarks, journal, venue, clocks, settings, log } = runtime.parts;
  runtime.sessions.goOnFrom(stored);
  runtime.resumed = await resumeSessions(stored, {
    bookmarks,
    journal,
    catalogue: venue.catalogue,
    market: clocks.market,
    settings,
    log,
    position: (market) => runtime.accounts.position(market),
    worth: (market) => runtime.accounts.worth(market),
    adopt: (market, askedMs, signals) => {
      runtime.listed(market);
      runtime.markets.watch(market, askedMs, signals);
    },
  });
}
