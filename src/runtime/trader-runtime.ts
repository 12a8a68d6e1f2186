/**
 * Where things meet: the rooms are put together, the charts get their bodies, and the whole is started and stopped.
 * Everything that is particular to a world (sockets or memory, disk or memory, real or virtual time) comes in ready-made.
 */
import { Subject } from 'rxjs';
import type { AnyMachineSnapshot } from 'xstate';
import type { Readiness } from '../../machines/boot.ts';
import type { RiskMode, SessionInput } from '../../machines/market-session.ts';
import type { SupervisorEvent } from '../../machines/risk-supervisor.ts';
import type { ManagerEvent } from '../../machines/session-manager.ts';
import type { Proof, TraderEvent } from '../../machines/trader.ts';
import type { Clocks } from '../domain/clock.ts';
import { messageOf } from '../domain/errors.ts';
import type { RunId, Ticker } from '../domain/ids.ts';
import type { Json } from '../domain/json.ts';
import type { Market } from '../domain/market.ts';
import type { OrderRow } from '../domain/order.ts';
import type { Random } from '../domain/random.ts';
import type { Centicents, Centicontracts } from '../domain/units.ts';
import type { Venue } from '../exchange/port.ts';
import { Feed } from '../feed/feed.ts';
import { Door } from '../gateway/door.ts';
import { Evidence } from '../gateway/evidence.ts';
import { Gateway } from '../gateway/gateway.ts';
import { OrderTable } from '../gateway/order-table.ts';
import { Ledger } from '../ledger/ledger.ts';
import type { Explanation } from '../quoting/decision.ts';
import { Exposure } from '../risk/exposure.ts';
import type { Settings } from '../settings/schema.ts';
import type { Snapshots } from '../store/snapshots.ts';
import type { StoreJournal } from '../store/store-journal.ts';
import { Accounts } from './accounts.ts';
import { ActorRegister } from './actor-register.ts';
import { Approvals } from './approvals.ts';
import { bootTrader } from './boot-trader.ts';
import { createTraderActor, type TraderActor } from './charts.ts';
import { Checkpoints } from './checkpoints.ts';
import type { CrashLoop } from './crash-loop.ts';
import { DayBook } from './day-book.ts';
import { ForeignOrders } from './foreign-orders.ts';
import { keepRecords } from './keep-records.ts';
import { LatencyMeter } from './latency-meter.ts';
import type { Log } from './log.ts';
import { Operator } from './operator.ts';
import { type OrderGroups, orderGroupsOf } from './order-groups.ts';
import { proveEmpty } from './prove-empty.ts';
import { Remembered } from './remembered.ts';
import { recordOf } from './row-record.ts';
import { journalOperator, putUpBars, type Said } from './run-bars.ts';
import { Scan } from './scan.ts';
import { SessionBook } from './session-book.ts';
import type { Bookmarks } from './stored-sessions.ts';
import { SwitchGauge } from './supervise.ts';
import { connectTickPlane } from './tick-plane.ts';
import { connectWakeWatch } from './wake-watch.ts';
import { WatchedMarkets } from './watched-markets.ts';

export interface TraderParts {
  readonly clocks: Clocks;
  readonly random: Random;
  readonly venue: Venue;
  readonly settings: Settings;
  readonly journal: StoreJournal;
  readonly bookmarks: Bookmarks;
  /** Of what is remembered; see checkpoints.ts. */
  readonly checkpoints: Snapshots;
  readonly run: RunId;
  readonly haltFile: () => boolean;
  readonly log: Log;
  /** Market milliseconds a wall millisecond. */
  readonly speed: () => number;
  /** Monotonic time at which the process began: `inControlMs` and `firstQuoteMs` count from here. */
  readonly startedMs: number;
}

export interface RunCounts {
  fills: number;
  contracts: number;
  makerContracts: number;
}

type Told = ['supervisor', SupervisorEvent] | ['sessions', ManagerEvent];

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
  readonly foreign = new ForeignOrders(this.exposure);
  readonly scan: Scan;
  readonly register: ActorRegister;
  readonly latency: LatencyMeter;
  readonly approvals: Approvals;
  readonly counts: RunCounts = { fills: 0, contracts: 0, makerContracts: 0 };
  readonly ordersChanged$ = new Subject<Ticker>();
  readonly days = new DayBook();
  readonly remembered = new Remembered(this.ledger, this.days);
  readonly groups: OrderGroups;
  readonly checkpoints: Checkpoints;
  readonly sessions: SessionBook;
  readonly operator = new Operator(this);
  readonly gauge: SwitchGauge;
  #mode: RiskMode = 'active';
  #haltedBySwitch = false;
  #guarded: CrashLoop | null = null;
  #readiness: Readiness | null = null;
  /** Sessions of an earlier process with which the manager begins. */
  resumed: readonly SessionInput[] = [];
  #inControlMs: number | null = null;
  #firstQuoteMs: number | null = null;
  #actor: TraderActor | null = null;
  #fault: Error | null = null;
  /** An order to wind down that came while nothing was there yet to wind down. */
  #drain: TraderEvent | null = null;
  readonly #abandoned = Promise.withResolvers<null>();
  /** The journal is about to be closed: what is learned from here on is nobody's. */
  #isSealed = false;
  #isRestricted = false;
  #modeApplied: RiskMode | null = null;

  constructor(parts: TraderParts) {
    this.parts = parts;
    const { clocks, venue, settings, journal } = parts;
    this.gauge = new SwitchGauge(settings);
    this.feed = new Feed({ venue, clocks, settings, speed: parts.speed });
    this.latency = new LatencyMeter(() => clocks.monotonicMs());
    this.table = new OrderTable((row, before) => this.#rowChanged(row, before));
    this.markets = new WatchedMarkets({
      feed: this.feed,
      table: this.table,
      clocks,
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
    this.approvals = new Approvals({
      clocks,
      settings,
      accounts: this.accounts,
      exposure: this.exposure,
      door: this.door,
      journal,
      latency: this.latency,
      mode: () => this.#mode,
      isBarred: (market) => this.days.barOn(market) !== null,
    });
    this.groups = orderGroupsOf(this);
    this.gateway = new Gateway({
      table: this.table,
      door: this.door,
      journal,
      orders: venue.orders,
      clocks,
      run: parts.run,
      approve: (intent) => this.approvals.approve(intent),
      crosses: (market, side, price) => this.markets.wouldCross(market, side, price),
      groups: this.groups,
      expirationMs: settings.quoting.expirationMs,
      renewBeforeMs: settings.quoting.renewBeforeMs,
    });
    this.evidence = new Evidence({
      table: this.table,
      account: venue.account,
      orders: venue.orders,
      clocks,
      journal,
      evidenceAfterMs: settings.gateway.evidenceAfterMs,
      takeFills: (fills) => this.accounts.takeFills(fills),
      cancel: (row) => this.gateway.cancel(row),
      resend: (row) => this.gateway.resend(row),
    });
    this.sessions = new SessionBook({
      journal,
      bookmarks: parts.bookmarks,
      worth: (market) => this.accounts.worth(market),
      held: (market) => this.accounts.position(market),
      log: parts.log,
      onOpened: (kind) => {
        if (kind === 'quote') this.approvals.entries.record(clocks.market.now());
      },
      // Whatever its chart did in the end, nothing is wanted in this market any more.
      onEnded: (market) => this.gateway.wantNothing(market),
      onChanged: (quoted) => this.feed.prioritise(quoted),
    });
    this.scan = new Scan({
      catalogue: venue.catalogue,
      clocks,
      settings,
      journal,
      markets: this.markets,
      accounts: this.accounts,
      inSession: () => this.sessions.markets(),
      refusal: () => this.approvals.refusal(),
      isBarred: (market) => this.days.barOn(market) !== null,
      onListed: (market) => this.listed(market),
    });
    this.checkpoints = new Checkpoints({ journal, snapshots: parts.checkpoints, log: parts.log }, this.remembered);
    this.register = new ActorRegister(clocks.market, this.sessions.moved);
  }

  get mode(): RiskMode {
    return this.#mode;
  }
  /** A kill switch of ours, not a person, halted this run. */
  get haltedBySwitch(): boolean {
    return this.#haltedBySwitch;
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

  /** Starts on this folder died one after the other: this one does nothing but take orders back. */
  get guarded(): CrashLoop | null {
    return this.#guarded;
  }
  guard(loop: CrashLoop): void {
    this.#guarded = loop;
  }

  /** The first order of this process was accepted. */
  noteFirstQuote(): void {
    this.#firstQuoteMs ??= this.parts.clocks.monotonicMs() - this.parts.startedMs;
  }

  /** The supervisor's word: approvals given under another mode open nothing any more. */
  applyMode(mode: RiskMode, event: Said): void {
    journalOperator(event, this.days, this.parts.journal);
    if (event.type === 'switch.fired' && event.action === 'halt') this.#haltedBySwitch = true;
    // A bar that is only put up for longer changes nothing for what was approved under it.
    if (this.#modeApplied === mode) return;
    this.#mode = mode;
    this.#modeApplied = mode;
    this.door.raiseEpoch();
    this.parts.journal.append('risk.moded', { mode });
    if (mode === 'halted') void this.groups.triggerAll('halt');
  }

  /** Boots, trades, and resolves when everything has stopped. */
  async run(): Promise<Ending> {
    const readiness = await Promise.race([bootTrader(this), this.#abandoned.promise]);
    if (readiness === null) return { kind: 'stopped', proof: null, fault: null };
    if (readiness instanceof Error) return { kind: 'refused', error: readiness };
    this.#readiness = readiness;
    this.#inControlMs = this.parts.clocks.monotonicMs() - this.parts.startedMs;
    const tickPlane = connectTickPlane(this);
    tickPlane.add(connectWakeWatch(this));
    const actor = createTraderActor(this);
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
    this.#actor = actor;
    const endRecords = keepRecords(this);
    const endBars = putUpBars(this, readiness, (event) => void this.tell('supervisor', event));
    this.operator.recall();
    if (this.#drain !== null) actor.send(this.#drain);
    let proof = await Promise.race([stopped, this.#abandoned.promise]);
    if (this.#fault !== null) proof = await this.#clearUp();
    endBars();
    endRecords();
    tickPlane.unsubscribe();
    return { kind: 'stopped', proof, fault: this.#fault };
  }

  /** The charts broke, and nobody is left who would take our orders off. */
  async #clearUp(): Promise<Proof | null> {
    const { clocks } = this.parts;
    this.door.restrict();
    const limit = new AbortController();
    const timer = clocks.wall.setTimeout(() => this.#abandoned.resolve(null), CLEAR_UP_MS);
    const proof = await Promise.race([proveEmpty(this, limit.signal), this.#abandoned.promise]);
    clocks.wall.clearTimeout(timer);
    limit.abort();
    return proof;
  }

  /** Winds down: patiently (`soft`, market time given), or at once (`carry`). A second call only shortens patience. */
  drain(manner: 'soft' | 'carry', reason: 'shutdown' | 'operator' = 'shutdown'): void {
    const nowMs = this.parts.clocks.market.now();
    const drain: TraderEvent = {
      type: 'trader.drain',
      reason,
      manner,
      hardAtMs: nowMs + (manner === 'soft' ? DRAIN_HARD_AFTER_MS : 0),
      carryAtMs: nowMs + (manner === 'soft' ? DRAIN_CARRY_AFTER_MS : 0),
    };
    if (this.#drain === null || manner === 'carry') this.#drain = drain;
    if (manner === 'carry') void this.groups.triggerAll('stop', true);
    this.#actor?.send(drain);
  }

  /** Ends without waiting for proof. */
  abandon(): void {
    this.door.close();
    this.#actor?.send({ type: 'trader.abandon' });
    this.#abandoned.resolve(null);
  }

  /** Shuts the door in this turn; the charts follow. */
  halt(reason: string, word: { readonly by?: string; readonly why?: string | null } = {}): void {
    this.door.restrict();
    this.tell('supervisor', { type: 'operator.halt', reason, ...word });
  }

  /** A word to one of the charts; false while there are none. */
  tell(...[chart, event]: Told): boolean {
    const actor = this.#actor?.system.get(chart);
    actor?.send(event);
    return actor !== undefined;
  }

  /** Where the sessions' chart is now, its children with it; null while there is none. */
  sessionsChart(): AnyMachineSnapshot | null {
    return this.#actor?.system.get('sessions')?.getSnapshot() ?? null;
  }

  /** Nothing but cancels from here on, whatever the charts hear later: what happened is not theirs to judge. */
  restrictForGood(): void {
    this.#isRestricted = true;
    this.door.restrict();
    void this.groups.triggerAll('fault', true);
  }

  /** The charts' wish to open the door. */
  openDoor(): void {
    if (!this.#isRestricted) this.door.open();
  }

  /** Answers that come after this change nothing any more, and are not journaled. */
  seal(): void {
    this.#isSealed = true;
    this.groups.seal();
  }

  #rowChanged(row: OrderRow, before: OrderRow | null): void {
    if (this.#isSealed) return;
    this.accounts.followRow(row);
    // The intent was journaled, and synced, before anything else; from here on what changes.
    if (before !== null) this.parts.journal.append('order.moved', recordOf(row) as unknown as Json);
    this.markets.ownChanged(row.market);
    if (before?.state !== row.state || before.filled !== row.filled) this.ordersChanged$.next(row.market);
  }

  /** A market was read from the catalogue: risk knows what it belongs to. */
  listed(market: Market): void {
    this.exposure.describe(market.ticker, { category: market.category, event: market.event });
  }

  /** The last word of quoting on each market. */
  get explanations(): Map<Ticker, Explanation> {
    return this.approvals.explanations;
  }
  /** Exit-side touch, for reports. */
  mark(market: Ticker, quantity: Centicontracts): Centicents | null {
    return this.markets.exitTouch(market, quantity);
  }
}

/** Of the 45 s that a patient end may take, market time: crossing begins here, carrying here. */
const DRAIN_HARD_AFTER_MS = 30_000;
export const DRAIN_CARRY_AFTER_MS = 40_000;
/** So long everything of ours is taken off after the charts broke, wall time. */
const CLEAR_UP_MS = 7_000;
