/**
 * Where things meet: the rooms are put together, the charts get their bodies, and the whole is started and stopped.
 * Everything that is particular to a world (sockets or memory, disk or memory, real or virtual time) comes in ready-made.
 */
import { merge, Observable, Subject, Subscription } from 'rxjs';
import { createActor, fromEventObservable, fromPromise } from 'xstate';
import { boot, type Readiness } from '../../machines/boot.ts';
import { deadlineOn } from '../../machines/deadline.ts';
import { marketFeed } from '../../machines/market-feed.ts';
import { marketSession, type RiskMode, type SessionOutput } from '../../machines/market-session.ts';
import { type GatewayEvent, orderGateway } from '../../machines/order-gateway.ts';
import { riskSupervisor } from '../../machines/risk-supervisor.ts';
import { type ScannerEvent, scanner } from '../../machines/scanner.ts';
import { sessionManager } from '../../machines/session-manager.ts';
import { type Proof, trader } from '../../machines/trader.ts';
import { type Clocks, sleep } from '../domain/clock.ts';
import { messageOf } from '../domain/errors.ts';
import { isOwnOrder, named, type RunId, type Ticker } from '../domain/ids.ts';
import type { Json } from '../domain/json.ts';
import type { Market } from '../domain/market.ts';
import type { OrderIntent, OrderRow } from '../domain/order.ts';
import type { Random } from '../domain/random.ts';
import { type Centicents, type Centicontracts, centicontracts, type Microdollars } from '../domain/units.ts';
import type { Venue } from '../exchange/port.ts';
import { Feed } from '../feed/feed.ts';
import { Door } from '../gateway/door.ts';
import { Evidence } from '../gateway/evidence.ts';
import { Gateway, type Verdict } from '../gateway/gateway.ts';
import { OrderTable } from '../gateway/order-table.ts';
import { Ledger } from '../ledger/ledger.ts';
import type { Explanation } from '../quoting/decision.ts';
import { approve } from '../risk/approve.ts';
import { Exposure } from '../risk/exposure.ts';
import { limitsOf } from '../risk/limits.ts';
import type { Settings } from '../settings/schema.ts';
import type { Snapshots } from '../store/snapshots.ts';
import type { StoreJournal } from '../store/store-journal.ts';
import { Accounts } from './accounts.ts';
import { type ActorEntry, ActorRegister } from './actor-register.ts';
import { type ExitOptions, exitWorker, flatten, withdraw } from './exits.ts';
import { LatencyMeter } from './latency-meter.ts';
import type { Log } from './log.ts';
import { proveEmpty } from './prove-empty.ts';
import { quoter } from './quoter.ts';
import { loadJournal, reconcile, recordOf } from './recover.ts';
import { Scan } from './scan.ts';
import { sessionFacts } from './session-facts.ts';
import { DayBook, supervise } from './supervise.ts';
import { WatchedMarkets } from './watched-markets.ts';

export interface TraderParts {
  readonly clocks: Clocks;
  readonly random: Random;
  readonly venue: Venue;
  readonly settings: Settings;
  readonly journal: StoreJournal;
  readonly snapshots: Snapshots;
  readonly run: RunId;
  readonly haltFile: () => boolean;
  readonly log: Log;
  /** Market milliseconds a wall millisecond. */
  readonly speed: () => number;
  /** Monotonic time at which the process began: `inControlMs` and `firstQuoteMs` count from here. */
  readonly startedMs: number;
}

export interface RunCounts {
  sessionsOpened: number;
  sessionsClosed: number;
  readonly endReasons: Record<string, number>;
  fills: number;
  contracts: number;
  makerContracts: number;
}

/** How the run ended: what may still rest, or why it never began. */
export type Ending =
  | { readonly kind: 'refused'; readonly error: Error }
  | { readonly kind: 'stopped'; readonly proof: Proof | null; readonly fault: Error | null };

export class TraderRuntime {
  readonly parts: TraderParts;
  readonly feed: Feed;
  readonly markets: WatchedMarkets;
  readonly table: OrderTable;
  readonly door = new Door();
  readonly gateway: Gateway;
  readonly evidence: Evidence;
  readonly ledger = new Ledger();
  readonly exposure = new Exposure();
  readonly accounts: Accounts;
  readonly scan: Scan;
  readonly register: ActorRegister;
  readonly latency: LatencyMeter;
  readonly explanations = new Map<Ticker, Explanation>();
  readonly counts: RunCounts = {
    sessionsOpened: 0,
    sessionsClosed: 0,
    endReasons: {},
    fills: 0,
    contracts: 0,
    makerContracts: 0,
  };
  readonly ordersChanged$ = new Subject<Ticker>();
  readonly #days = new DayBook();
  readonly #widen = new Map<string, number>();
  /** Market → session that works there now. */
  readonly #inSession = new Map<Ticker, string>();
  readonly #subscriptions = new Subscription();
  #mode: RiskMode = 'active';
  #haltedBySwitch = false;
  #readiness: Readiness | null = null;
  #inControlMs: number | null = null;
  #firstQuoteMs: number | null = null;
  #equity = 0 as Microdollars;
  #equityAtMs = Number.NEGATIVE_INFINITY;
  #actor: ReturnType<TraderRuntime['createTraderActor']> | null = null;
  #fault: Error | null = null;

  constructor(parts: TraderParts) {
    this.parts = parts;
    const { clocks, venue, settings, journal } = parts;
    this.feed = new Feed({ venue, clocks, settings, speed: parts.speed });
    this.latency = new LatencyMeter(() => clocks.monotonicMs());
    this.table = new OrderTable((row, before) => this.#rowChanged(row, before));
    this.markets = new WatchedMarkets({
      feed: this.feed,
      table: this.table,
      market: clocks.market,
      settings,
      latency: this.latency,
    });
    this.accounts = new Accounts({
      ledger: this.ledger,
      exposure: this.exposure,
      table: this.table,
      journal,
      account: venue.account,
      mark: (market, quantity) => this.markets.exitTouch(market, quantity),
    });
    this.gateway = new Gateway({
      table: this.table,
      door: this.door,
      journal,
      orders: venue.orders,
      clocks,
      run: parts.run,
      approve: (intent) => this.#approve(intent),
      crosses: (market, side, price) => {
        const touch = this.markets.fullTouch(market);
        return side === 'bid' ? touch.ask !== null && price >= touch.ask : touch.bid !== null && price <= touch.bid;
      },
      expirationMs: settings.quoting.expirationMs,
      renewBeforeMs: settings.quoting.renewBeforeMs,
    });
    this.evidence = new Evidence({
      table: this.table,
      account: venue.account,
      orders: venue.orders,
      door: this.door,
      clocks,
      journal,
      evidenceAfterMs: settings.gateway.evidenceAfterMs,
      takeFills: (fills) => this.accounts.takeFills(fills),
      cancel: (row) => this.gateway.cancel(row),
    });
    this.scan = new Scan({
      catalogue: venue.catalogue,
      clocks,
      settings,
      markets: this.markets,
      accounts: this.accounts,
      inSession: () => new Set(this.#inSession.keys()),
      onListed: (market) => this.#listed(market),
    });
    this.register = new ActorRegister(clocks.market, (ref, entry, before) => this.#moved(ref, entry, before));
  }

  get mode(): RiskMode {
    return this.#mode;
  }
  /** A kill switch of ours, not a person, halted this run. */
  get haltedBySwitch(): boolean {
    return this.#haltedBySwitch;
  }
  sessionOf(market: Ticker): string | null {
    return this.#inSession.get(market) ?? null;
  }
  get restored(): boolean {
    return this.#readiness?.restored ?? false;
  }
  get inControlMs(): number | null {
    return this.#inControlMs;
  }
  get firstQuoteMs(): number | null {
    return this.#firstQuoteMs;
  }

  /** Boots, trades, and resolves when everything has stopped. */
  async run(): Promise<Ending> {
    const readiness = await this.#boot();
    if (readiness instanceof Error) return { kind: 'refused', error: readiness };
    this.#readiness = readiness;
    this.#inControlMs = this.parts.clocks.monotonicMs() - this.parts.startedMs;
    this.#connectTickPlane();
    const actor = this.createTraderActor();
    this.#actor = actor;
    const stopped = new Promise<Proof | null>((resolve) => {
      actor.subscribe({
        complete: () => resolve(actor.getSnapshot().context.proof),
        error: (error) => {
          this.#fault = error instanceof Error ? error : new Error(messageOf(error));
          resolve(null);
        },
      });
    });
    actor.start();
    if (readiness.startReducing) actor.system.get('supervisor')?.send({ type: 'operator.reduce' });
    const proof = await stopped;
    this.#subscriptions.unsubscribe();
    this.markets.stop();
    return { kind: 'stopped', proof, fault: this.#fault };
  }

  /** Winds down: patiently (`soft`, market time given), or at once (`carry`). A second call only shortens patience. */
  drain(manner: 'soft' | 'carry', reason: 'shutdown' | 'operator' = 'shutdown'): void {
    const nowMs = this.parts.clocks.market.now();
    this.#actor?.send({
      type: 'trader.drain',
      reason,
      manner,
      hardAtMs: nowMs + (manner === 'soft' ? DRAIN_HARD_AFTER_MS : 0),
      carryAtMs: nowMs + (manner === 'soft' ? DRAIN_CARRY_AFTER_MS : 0),
    });
  }

  /** Ends without waiting for proof. */
  abandon(): void {
    this.door.close();
    this.#actor?.send({ type: 'trader.abandon' });
  }

  /** Shuts the door in this turn; the charts follow. */
  halt(reason: string): void {
    this.door.restrict();
    this.#actor?.system.get('supervisor')?.send({ type: 'operator.halt', reason });
  }

  async #boot(): Promise<Readiness | Error> {
    const { parts } = this;
    let failure: Error | null = null;
    let restored = false;
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
              restored = await loadJournal(this, this.#days);
            }),
          ),
          reconcile: fromPromise(() => remembering(() => reconcile(this, restored))),
        },
      }),
      { clock: parts.clocks.market, inspect: this.register.inspect },
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

  /** Private frames first, then everything that follows from them; all of it outlives connections. */
  #connectTickPlane(): void {
    const { venue, settings, clocks, log } = this.parts;
    const { feed, accounts, table, gateway, evidence } = this;
    this.markets.start();
    this.#subscriptions.add(feed.fills$.subscribe((fill) => accounts.takeFill(fill)));
    this.#subscriptions.add(
      feed.orders$.subscribe((order) => {
        if (order.clientOrderId === null || !isOwnOrder(order.clientOrderId)) return;
        const row = table.get(order.clientOrderId);
        if (row === null) return;
        table.apply(row.clientOrderId, { ...order, type: 'observed', conclusive: false });
      }),
    );
    this.#subscriptions.add(feed.ownDeltas$.subscribe((delta) => table.noteShown(delta.clientOrderId!, delta.change)));
    this.#subscriptions.add(feed.snapshots$.subscribe((market) => table.forgetShown(market)));
    this.#subscriptions.add(
      venue.congested$.subscribe((congested) => {
        gateway.congested = congested;
      }),
    );
    this.#subscriptions.add(
      accounts.fills$.subscribe((fill) => {
        this.counts.fills++;
        this.counts.contracts += fill.quantity;
        if (!fill.isTaker) this.counts.makerContracts += fill.quantity;
      }),
    );
    this.#subscriptions.add(
      gateway.facts$.subscribe((fact) => {
        if (fact.type === 'firstOrder') this.#firstQuoteMs ??= clocks.monotonicMs() - this.parts.startedMs;
      }),
    );
    // Positions that disagree, executions without their fills, a private stream that missed something: read back.
    const readBack = (market: Ticker): void => {
      evidence
        .readFillsBack(market)
        .catch((error) => log.warn({ market, error: messageOf(error) }, 'fills could not be read back'));
    };
    this.#subscriptions.add(accounts.mismatch$.subscribe(readBack));
    this.#subscriptions.add(
      feed.facts$.subscribe((fact) => {
        if (fact.type === 'feed.opened' || (fact.type === 'feed.gap' && fact.channel !== 'book')) this.#catchUp();
      }),
    );
    this.#every(settings.gateway.resolveEveryMs, clocks.wall, async () => {
      for (const row of table.allOpen()) if (row.filledReported > row.filled) readBack(row.market);
    });
    this.#every(settings.gateway.verifyEveryMs, clocks.wall, async () => {
      await evidence.verify((order) => isOwnOrder(order.clientOrderId));
    });
    this.#every(SETTLEMENTS_EVERY_MS, clocks.market, async () => {
      await accounts.readSettlements();
    });
    this.#subscriptions.add(
      feed.lifecycle$.subscribe((event) => {
        if (event.change.kind === 'settled' && accounts.position(event.market) !== 0) this.#catchUp();
      }),
    );
  }

  /** What a new connection, or a hole in the old one, may have hidden. */
  #catchUp(): void {
    const { log, venue } = this.parts;
    const work = async (): Promise<void> => {
      const fills = await venue.account.fills({});
      this.accounts.takeFills(fills.items);
      await this.accounts.readSettlements();
    };
    work().catch((error) => log.warn({ error: messageOf(error) }, 'fills and settlements could not be read back'));
  }

  #every(periodMs: number, clock: Clocks['wall'], work: () => Promise<void>): void {
    let timer: unknown = null;
    const tick = (): void => {
      work()
        .catch((error) => this.parts.log.warn({ error: messageOf(error) }, 'a periodic check failed'))
        .finally(() => {
          if (!this.#subscriptions.closed) timer = clock.setTimeout(tick, periodMs);
        });
    };
    timer = clock.setTimeout(tick, periodMs);
    this.#subscriptions.add(() => clock.clearTimeout(timer));
  }

  #approve(intent: OrderIntent): Verdict {
    const { clocks, settings } = this.parts;
    const verdict = approve(intent, {
      exposure: this.exposure,
      limits: limitsOf(settings, this.#currentEquity()),
      cash: this.ledger.explainedCash(),
      mode: this.#mode,
      riskEpoch: this.door.riskEpoch,
      nowWallMs: clocks.wall.now(),
    });
    if (verdict.ok) this.latency.approved();
    return verdict;
  }

  /** Equity moves with every tick; limits need it to the second. */
  #currentEquity(): Microdollars {
    const nowMs = this.parts.clocks.monotonicMs();
    if (nowMs - this.#equityAtMs > 1_000) {
      this.#equityAtMs = nowMs;
      this.#equity = this.accounts.equity();
    }
    return this.#equity;
  }

  #rowChanged(row: OrderRow, before: OrderRow | null): void {
    this.accounts.followRow(row);
    // The intent was journaled, and synced, before anything else; from here on what changes.
    if (before !== null) this.parts.journal.append('order.moved', recordOf(row) as unknown as Json);
    this.markets.ownChanged(row.market);
    if (before?.state !== row.state || before.filled !== row.filled) this.ordersChanged$.next(row.market);
  }

  #listed(market: Market): void {
    this.exposure.describe(market.ticker, { category: market.category, event: market.event });
  }

  #moved(ref: { id: string; getPersistedSnapshot(): unknown }, entry: ActorEntry, before: unknown): void {
    const { journal, snapshots, log } = this.parts;
    const sequence = journal.append('actor.moved', {
      actor: entry.id,
      machine: entry.machine,
      from: before as Json,
      to: entry.state as Json,
    });
    log.debug({ actor: entry.id, machine: entry.machine, state: entry.state }, 'moved');
    if (entry.machine !== 'marketSession') return;
    const snapshot = (
      ref as unknown as {
        getSnapshot(): { status: string; output?: SessionOutput; context: { market: string; reason: string | null } };
      }
    ).getSnapshot();
    const market = named<Ticker>(snapshot.context.market);
    if (before === null) {
      this.counts.sessionsOpened++;
      this.#inSession.set(market, entry.id);
      this.feed.prioritise([...this.#inSession.keys()]);
    }
    if (snapshot.status === 'active') {
      snapshots.save(entry.id, { version: 1, atSequence: sequence, snapshot: ref.getPersistedSnapshot() as Json });
      return;
    }
    this.counts.sessionsClosed++;
    const reason = snapshot.output?.reason ?? 'failed';
    this.counts.endReasons[reason] = (this.counts.endReasons[reason] ?? 0) + 1;
    this.#widen.delete(entry.id);
    this.#inSession.delete(market);
    this.feed.prioritise([...this.#inSession.keys()]);
    journal.append('session.closed', { session: entry.id, market, reason, carried: snapshot.output?.carried ?? 0 });
    snapshots.remove(entry.id);
  }

  createTraderActor() {
    const { clocks, settings, random, log } = this.parts;
    const deadline = deadlineOn(clocks.market);
    const exits: ExitOptions = {
      clocks,
      settings,
      markets: this.markets,
      gateway: this.gateway,
      table: this.table,
      accounts: this.accounts,
      evidence: this.evidence,
      ordersChanged$: this.ordersChanged$,
    };
    const facts = {
      clocks,
      settings,
      feed: this.feed,
      markets: this.markets,
      accounts: this.accounts,
      table: this.table,
      ordersChanged$: this.ordersChanged$,
      mode: () => this.#mode,
    };
    const quoting = {
      clocks,
      settings,
      markets: this.markets,
      gateway: this.gateway,
      accounts: this.accounts,
      journal: this.parts.journal,
      widenCents: (session: string) => this.#widen.get(session) ?? 0,
      explanations: this.explanations,
    };
    const session = marketSession.provide({
      actors: {
        deadline,
        facts: fromEventObservable(({ input }) => sessionFacts(facts, named<Ticker>(input.market))),
        quoter: fromEventObservable(({ input }) => quoter(quoting, input)),
        exitWorker: fromEventObservable(({ input }) => exitWorker(exits, input)),
        withdraw: fromPromise(({ input, signal }) => withdraw(exits, input, signal)),
        flatten: fromPromise(({ input, signal }) => flatten(exits, input, signal)),
      },
      actions: {
        widenQuotes: ({ context }) => void this.#widen.set(context.session, settings.adverse.widenCents),
        narrowQuotes: ({ context }) => void this.#widen.delete(context.session),
        reportCarried: ({ context }) =>
          log.info({ market: context.market, position: context.position }, 'a position is carried'),
      },
    });
    const jitter = random.split('reconnect');
    const feed = marketFeed.provide({
      actors: {
        connection: fromEventObservable(() => this.feed.connection() as never),
        polling: fromEventObservable(() => this.feed.polling() as never),
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
        catalogueChanges: fromEventObservable(
          () =>
            new Observable<ScannerEvent>((subscriber) =>
              this.markets.catalogueChanged$.subscribe((event) => {
                if (event.change.kind === 'created' || event.change.kind === 'activated')
                  subscriber.next({ type: 'catalogue.changed' });
              }),
            ),
        ),
        discover: fromPromise(() => this.scan.discover()),
        sweep: fromPromise(async () => this.scan.sweep()),
        whenToRetry: fromPromise<number>(async () => {
          await sleep(clocks.market, settings.discovery.sweepEveryMs);
          return clocks.market.now();
        }),
      },
    });
    const gatewayChart = orderGateway.provide({
      actors: {
        gatewayFacts: fromEventObservable(() => this.#gatewayFacts()),
        resolver: fromEventObservable(() => this.#resolver()),
      },
      actions: {
        closeDoor: () => this.door.close(),
        restrictDoor: () => this.door.restrict(),
        openDoor: () => this.door.open(),
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
              accounts: this.accounts,
              gateway: this.gateway,
              feed: this.feed,
              markets: this.markets,
              door: this.door,
              journal: this.parts.journal,
              haltFile: this.parts.haltFile,
              quoted: () => this.#inSession.keys(),
            },
            this.#days,
          ),
        ),
      },
      actions: {
        applyMode: ({ event }, { mode }) => {
          this.#mode = mode;
          if (event.type === 'switch.fired' && event.action === 'halt') this.#haltedBySwitch = true;
          this.door.raiseEpoch();
          this.parts.journal.append('risk.moded', { mode });
        },
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
          proveEmpty: fromPromise(({ signal }) => proveEmpty(this, signal)),
        },
      }),
      {
        id: 'trader',
        clock: clocks.market,
        inspect: this.register.inspect,
        input: {
          scanner: {
            sweepEveryMs: settings.discovery.sweepEveryMs,
            rediscoverEveryMs: settings.discovery.rediscoverEveryMs,
          },
          manager: {
            concurrentMax: times.concurrentMax,
            restMs: times.restMs,
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

  #gatewayFacts(): Observable<GatewayEvent> {
    const { venue } = this.parts;
    return new Observable<GatewayEvent>((subscriber) => {
      const subscription = venue.congested$.subscribe((congested) =>
        subscriber.next({ type: congested ? 'congestion.began' : 'congestion.ended' }),
      );
      let certain = true;
      const look = (): void => {
        const now = this.table.unknownCount === 0;
        if (now === certain) return;
        certain = now;
        subscriber.next({ type: now ? 'orders.certain' : 'orders.uncertain' });
      };
      subscription.add(merge(this.ordersChanged$).subscribe(look));
      look();
      return subscription;
    });
  }

  /** Looks for unknown orders at once and then again and again, while somebody listens. */
  #resolver(): Observable<GatewayEvent> {
    const { clocks, settings, log } = this.parts;
    return new Observable<GatewayEvent>((subscriber) => {
      let timer: unknown = null;
      const look = (): void => {
        this.evidence
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

  /** Exit-side touch, for reports. */
  mark(market: Ticker, quantity: Centicontracts): Centicents | null {
    return this.markets.exitTouch(market, quantity);
  }
}

const SETTLEMENTS_EVERY_MS = 30_000;
/** Of the 45 s that a patient end may take, market time: crossing begins here, carrying here. */
const DRAIN_HARD_AFTER_MS = 30_000;
const DRAIN_CARRY_AFTER_MS = 40_000;
