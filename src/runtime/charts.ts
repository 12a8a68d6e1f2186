/**
 * The charts get their bodies: every named actor and action of machines/ is provided here, from the rooms of one runtime.
 */
import { filter, type MonoTypeOperatorFunction, map, Observable } from 'rxjs';
import { createActor, fromEventObservable, fromPromise } from 'xstate';
import { deadlineOn } from '../../machines/deadline.ts';
import { marketFeed } from '../../machines/market-feed.ts';
import { marketSession } from '../../machines/market-session.ts';
import { type GatewayEvent, orderGateway } from '../../machines/order-gateway.ts';
import { riskSupervisor } from '../../machines/risk-supervisor.ts';
import { type ScannerEvent, scanner } from '../../machines/scanner.ts';
import { sessionManager } from '../../machines/session-manager.ts';
import { trader } from '../../machines/trader.ts';
import type { Clock } from '../domain/clock.ts';
import { messageOf } from '../domain/errors.ts';
import { named, type Ticker } from '../domain/ids.ts';
import { centicontracts } from '../domain/units.ts';
import type { LifecycleEvent } from '../exchange/port.ts';
import { type ExitOptions, exitWorker, flatten, withdraw } from './exits.ts';
import { proveEmpty } from './prove-empty.ts';
import { quoter } from './quoter.ts';
import { sessionFacts } from './session-facts.ts';
import { supervise } from './supervise.ts';
import type { TraderRuntime } from './trader-runtime.ts';

/** The root actor, not started. */
export function createTraderActor(runtime: TraderRuntime) {
  const { parts } = runtime;
  const { clocks, settings, random, log } = parts;
  const deadline = deadlineOn(clocks.market);
  const exits: ExitOptions = {
    clocks,
    settings,
    markets: runtime.markets,
    gateway: runtime.gateway,
    table: runtime.table,
    accounts: runtime.accounts,
    ordersChanged$: runtime.ordersChanged$,
    journal: parts.journal,
  };
  const facts = {
    clocks,
    settings,
    feed: runtime.feed,
    markets: runtime.markets,
    accounts: runtime.accounts,
    table: runtime.table,
    ordersChanged$: runtime.ordersChanged$,
    mode: () => runtime.mode,
  };
  const quoting = {
    clocks,
    settings,
    markets: runtime.markets,
    gateway: runtime.gateway,
    accounts: runtime.accounts,
    journal: parts.journal,
    widenCents: (session: string) => runtime.sessions.widenCents.get(session) ?? 0,
    explanations: runtime.explanations,
  };
  const session = marketSession.provide({
    actors: {
      deadline,
      facts: fromEventObservable(({ input }) => sessionFacts(facts, named<Ticker>(input.market))),
      quoter: fromEventObservable(({ input }) => quoter(quoting, input)),
      // A position that the operator wants off is worked towards the other side, not left at rest.
      exitWorker: fromEventObservable(({ input }) =>
        exitWorker(exits, { ...input, patient: input.patient && !isFlattened(runtime, named<Ticker>(input.market)) }),
      ),
      withdraw: fromPromise(({ input, signal }) => withdraw(exits, input, signal)),
      flatten: fromPromise(({ input, signal }) => flatten(exits, input, signal)),
    },
    actions: {
      widenQuotes: ({ context }) => void runtime.sessions.widenCents.set(context.session, settings.adverse.widenCents),
      narrowQuotes: ({ context }) => void runtime.sessions.widenCents.delete(context.session),
      reportCarried: ({ context }) =>
        log.info({ market: context.market, position: context.position }, 'a position is carried'),
    },
  });
  const jitter = random.split('reconnect');
  const feed = marketFeed.provide({
    actors: {
      connection: fromEventObservable(() => runtime.feed.connection() as never),
      polling: fromEventObservable(() => runtime.feed.polling() as never),
      backoff: fromEventObservable(
        ({ input }) =>
          new Observable<{ readonly type: 'backoff.over' }>((subscriber) => {
            const capMs = Math.min(
              settings.feed.reconnectCapMs,
              settings.feed.reconnectBaseMs * 2 ** Math.max(0, input.failures - 1),
            );
            const timer = clocks.wall.setTimeout(
              () => subscriber.next({ type: 'backoff.over' }),
              capMs / 2 + (jitter.uniform() * capMs) / 2,
            );
            return () => clocks.wall.clearTimeout(timer);
          }),
      ),
    },
  });
  const scanning = scanner.provide({
    actors: {
      deadline,
      catalogueChanges: fromEventObservable(() =>
        runtime.markets.catalogueChanged$.pipe(
          filter(({ change }) => isNews(change)),
          // Markets are listed in flocks, all day long: the catalogue is read once for each flock.
          notOftenerThan(settings.discovery.sweepEveryMs, clocks.market),
          map((): ScannerEvent => ({ type: 'catalogue.changed' })),
        ),
      ),
      discover: fromPromise(() => runtime.scan.discover()),
      sweep: fromPromise(async () => runtime.scan.sweep()),
      whenToRetry: fromPromise<number>(async ({ signal }) => {
        // By whichever clock comes first: a market that stands still must not keep us from looking for one that moves.
        const limit = new AbortController();
        // Nobody waits for a scanner that was stopped, and a process must be able to end.
        signal.addEventListener('abort', () => limit.abort(), { once: true });
        await Promise.race([
          pause(clocks.market, settings.discovery.sweepEveryMs, limit.signal),
          pause(clocks.wall, settings.discovery.sweepEveryMs, limit.signal),
        ]);
        limit.abort();
        return clocks.market.now();
      }),
    },
  });
  const gatewayChart = orderGateway.provide({
    actors: {
      gatewayFacts: fromEventObservable(() => gatewayFacts(runtime)),
      resolver: fromEventObservable(() => resolver(runtime)),
    },
    actions: {
      closeDoor: () => runtime.door.close(),
      restrictDoor: () => runtime.door.restrict(),
      openDoor: () => runtime.openDoor(),
    },
  });
  const supervisor = riskSupervisor.provide({
    actors: {
      deadline,
      watch: fromEventObservable(() =>
        supervise(
          {
            clocks,
            settings,
            accounts: runtime.accounts,
            gateway: runtime.gateway,
            feed: runtime.feed,
            door: runtime.door,
            journal: parts.journal,
            haltFile: parts.haltFile,
            quoted: () => runtime.sessions.markets(),
            mode: () => runtime.mode,
            speed: parts.speed,
            gauge: runtime.gauge,
          },
          runtime.days,
        ),
      ),
    },
    actions: {
      applyMode: ({ event }, { mode }) => runtime.applyMode(mode, event),
    },
  });
  const { session: times, exit } = settings;
  return createActor(
    trader.provide({
      actors: {
        deadline,
        marketFeed: feed,
        scanner: scanning,
        sessionManager: sessionManager.provide({ actors: { marketSession: session } }),
        orderGateway: gatewayChart,
        riskSupervisor: supervisor,
        proveEmpty: fromPromise(({ signal }) => proveEmpty(runtime, signal)),
      },
    }),
    {
      id: 'trader',
      clock: clocks.market,
      inspect: runtime.register.inspect,
      input: {
        scanner: {
          sweepEveryMs: settings.discovery.sweepEveryMs,
          rediscoverEveryMs: settings.discovery.rediscoverEveryMs,
        },
        manager: {
          concurrentMax: times.concurrentMax,
          restMs: times.restMs,
          resumed: runtime.resumed,
          openedBefore: runtime.sessions.openedBefore,
          session: {
            warmupTimeoutMs: times.warmupTimeoutMs,
            startDelayMs: times.startDelayMs,
            ttlMs: times.ttlMs,
            closeDangerMs: times.closeDangerMs,
            onClose: exit.onClose,
            reversionWaitMs: exit.reversionWaitMs,
            softExitMaxMs: exit.softExitMaxMs,
            carryTtlMs: exit.carryTtlMs,
            smallQuantity: centicontracts(Math.round(exit.smallContracts * 100)),
          },
        },
      },
    },
  );
}

function isFlattened({ days }: TraderRuntime, market: Ticker): boolean {
  return days.bar?.action === 'reduce' || days.barOn(market)?.action === 'reduce';
}

export type TraderActor = ReturnType<typeof createTraderActor>;

/** What a shortlist may have to know: another market, or fees that only the catalogue tells. */
function isNews(change: LifecycleEvent['change']): boolean {
  return (
    change.kind === 'created' || change.kind === 'activated' || (change.kind === 'feesChanged' && change.fees === null)
  );
}

/** The first at once; what comes within this time of the last one said is said once, when it is over. */
function notOftenerThan<T>(everyMs: number, clock: Clock): MonoTypeOperatorFunction<T> {
  return (source) =>
    new Observable<T>((subscriber) => {
      let saidMs = Number.NEGATIVE_INFINITY;
      let timer: unknown = null;
      const subscription = source.subscribe((value) => {
        if (timer !== null) return;
        timer = clock.setTimeout(
          () => {
            timer = null;
            saidMs = clock.now();
            subscriber.next(value);
          },
          saidMs + everyMs - clock.now(),
        );
      });
      return () => {
        subscription.unsubscribe();
        clock.clearTimeout(timer);
      };
    });
}

/** A sleep that leaves no timer behind. */
function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(resolve, delayMs);
    signal.addEventListener('abort', () => clock.clearTimeout(timer), { once: true });
  });
}

/** Congestion and certainty as the tick plane sees them. */
function gatewayFacts({ table, ordersChanged$, parts }: TraderRuntime): Observable<GatewayEvent> {
  return new Observable<GatewayEvent>((subscriber) => {
    const subscription = parts.venue.congested$.subscribe((congested) =>
      subscriber.next({ type: congested ? 'congestion.began' : 'congestion.ended' }),
    );
    let certain = true;
    const look = (): void => {
      const now = table.unknownCount === 0;
      if (now === certain) return;
      certain = now;
      subscriber.next({ type: now ? 'orders.certain' : 'orders.uncertain' });
    };
    subscription.add(ordersChanged$.subscribe(look));
    look();
    return subscription;
  });
}

/** Looks for unknown orders at once and then again and again, while somebody listens. */
function resolver({ evidence, parts }: TraderRuntime): Observable<GatewayEvent> {
  const { clocks, settings, log } = parts;
  return new Observable<GatewayEvent>((subscriber) => {
    let timer: unknown = null;
    const look = (): void => {
      evidence
        .look()
        .catch((error) => log.warn({ error: messageOf(error) }, 'unknown orders could not be looked for'))
        .finally(() => {
          if (!subscriber.closed) timer = clocks.wall.setTimeout(look, settings.gateway.resolveEveryMs);
        });
    };
    timer = clocks.wall.setTimeout(look, 0);
    return () => clocks.wall.clearTimeout(timer);
  });
}
