/** The boot chart with its bodies: resolves with what was found, or with why trading is refused. Places no order. */
import { createActor, fromPromise } from 'xstate';
import { boot, type Readiness } from '../../machines/boot.ts';
import { messageOf } from '../domain/errors.ts';
import { listenForAway } from './away.ts';
import { findCrashLoop } from './crash-loop.ts';
import type { OrderGroups } from './order-groups.ts';
import { reconcile } from './reconcile.ts';
import { restore } from './recover.ts';
import { readStoredSessions, resumeSessions, type StoredSessions } from './stored-sessions.ts';
import type { TraderRuntime } from './trader-runtime.ts';

export function bootTrader(runtime: TraderRuntime): Promise<Readiness | Error> {
  const { parts } = runtime;
  let failure: Error | null = null;
  let stored: StoredSessions | null = null;
  let groupsSeen: ReturnType<OrderGroups['look']> = Promise.resolve(null);
  let openMs = 0;
  let loadMs = 0;
  let loadedMs = 0;
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
            const beganMs = parts.clocks.monotonicMs();
            // Before anything is known of our own: what the venue triggered meanwhile is not triggered again.
            groupsSeen = runtime.groups.look();
            await parts.venue.account.readLimits();
            openMs = parts.clocks.monotonicMs() - beganMs;
          }),
        ),
        load: fromPromise<void>(() =>
          remembering(async () => {
            const beganMs = parts.clocks.monotonicMs();
            await load(runtime);
            stored = await readStoredSessions(parts.bookmarks);
            loadedMs = parts.clocks.monotonicMs();
            loadMs = loadedMs - beganMs;
          }),
        ),
        reconcile: fromPromise(() =>
          remembering(async () => {
            const away = listenForAway(parts.journal, runtime.ledger, (market, quantity) =>
              runtime.mark(market, quantity),
            );
            // One request a shard takes off what a dead process left; what becomes of each order is proven as ever.
            const seen = await groupsSeen;
            void runtime.groups.takeBack('recovery', runtime.table.allOpen(), seen);
            const readiness = await reconcile(runtime);
            runtime.days.cameBack(away.end());
            const reconcileMs = parts.clocks.monotonicMs() - loadedMs;
            parts.log.debug({ openMs, loadMs, reconcileMs }, 'the account is known');
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

/** The journal, as data, into ledger, table and risk. */
async function load(runtime: TraderRuntime): Promise<void> {
  const { parts, remembered, accounts, table, exposure, approvals } = runtime;
  const { clocks, settings, journal } = parts;
  await runtime.checkpoints.load();
  accounts.recall(remembered.settledMs);
  restore(remembered, {
    table,
    exposure,
    entries: approvals.entries,
    approvalValidMs: settings.risk.approvalValidMs,
    wallMs: clocks.wall.now(),
  });
  const loop = await findCrashLoop(remembered.runs, settings.recovery.crashLoopStartsMax, journal);
  if (loop !== null) runtime.guard(loop);
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
