/**
 * A gateway with everything that belongs to it, against the embedded exchange in memory on a virtual clock: real client,
 * real protocol, real journal, risk, ledger; only the line between is the test's.
 */
import { Subject } from 'rxjs';
import { VirtualClock } from '../../src/backtest/virtual-clock.ts';
import type { Clocks } from '../../src/domain/clock.ts';
import { isOwnOrder, named, type RunId, type SessionId, type Ticker } from '../../src/domain/ids.ts';
import type { JournalEntry } from '../../src/domain/journal.ts';
import type { Market } from '../../src/domain/market.ts';
import type { OrderRow } from '../../src/domain/order.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import type { Side } from '../../src/domain/side.ts';
import { type Centicents, type Microdollars, unixMs } from '../../src/domain/units.ts';
import { type AuditedEngine, createEngine } from '../../src/exchange/embedded/engine.ts';
import { createScaledClock } from '../../src/exchange/embedded/market-clock.ts';
import { CROWD, type EngineOrder } from '../../src/exchange/embedded/model.ts';
import { fakeSignature } from '../../src/exchange/embedded/protocol/auth.ts';
import { createVenueServer } from '../../src/exchange/embedded/server.ts';
import { createPortSockets } from '../../src/exchange/kalshi/sockets.ts';
import { createHandlerTransport } from '../../src/exchange/kalshi/transport.ts';
import { createKalshiVenue } from '../../src/exchange/kalshi/venue.ts';
import type { OrderGroupEvent, StreamEvent, Venue } from '../../src/exchange/port.ts';
import type { FeedFact } from '../../src/feed/facts.ts';
import { Door } from '../../src/gateway/door.ts';
import { Evidence } from '../../src/gateway/evidence.ts';
import { Gateway, type GatewayFact } from '../../src/gateway/gateway.ts';
import { OrderTable } from '../../src/gateway/order-table.ts';
import type { Wanted, WantedPair } from '../../src/gateway/wanted.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { approve } from '../../src/risk/approve.ts';
import { Exposure } from '../../src/risk/exposure.ts';
import type { Limits } from '../../src/risk/limits.ts';
import type { RiskMode } from '../../src/risk/proposal.ts';
import { Accounts } from '../../src/runtime/accounts.ts';
import { SILENT } from '../../src/runtime/log.ts';
import { OrderGroups } from '../../src/runtime/order-groups.ts';
import type { RememberedGroups } from '../../src/runtime/remembered-groups.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { StoreJournal } from '../../src/store/store-journal.ts';
import { DEFAULTS } from '../support/default-settings.ts';
import { dollars, listedWith, MARKET } from '../support/engine.ts';
import { FaultyTransport } from '../support/faulty-transport.ts';
import { feesOf, marketWith, NOON_MS, price, quantity } from '../support/markets.ts';

export { MARKET };
export const OTHER = named<Ticker>('KXTEST-B');
const USER = 'ann';
const KEY = '00000000-0000-4000-8000-00000000000a';

export interface StageOptions {
  readonly readDelayMs?: number;
  readonly limits?: Partial<Limits>;
  /** The journal's disk. */
  readonly store?: MemoryStore;
  /** Market milliseconds a wall millisecond. */
  readonly speed?: number;
  /** Quotes stand in order groups, of an earlier run where these remember one. */
  readonly groups?: RememberedGroups;
  /** Contracts that a group may execute in its window; 20 unless given. */
  readonly groupContracts?: number;
}

/** One side as a test writes it: [cents, contracts], with what differs from a quote. */
export type Side_ = readonly [cents: number, contracts: number, changes?: Partial<Wanted>];

export class Stage {
  /** The stream of the book has a hole. */
  isBookVoid = false;
  readonly clock = new VirtualClock(NOON_MS);
  readonly clocks: Clocks;
  readonly engine: AuditedEngine;
  readonly line: FaultyTransport;
  readonly venue: Venue;
  readonly store: MemoryStore;
  readonly door = new Door();
  readonly exposure = new Exposure();
  readonly ledger = new Ledger();
  readonly entries: JournalEntry[] = [];
  readonly facts: GatewayFact[] = [];
  readonly limits: Limits;
  /** Listings of orders end early. */
  cutListings = false;
  /** While true the private stream says nothing. */
  deaf = false;
  /** The exchange's word on our orders passes, its word on fills does not; or the other way round. */
  lost: { fills: boolean; orders: boolean } = { fills: false, orders: false };
  mode: RiskMode = 'active';
  journal!: StoreJournal;
  table!: OrderTable;
  accounts!: Accounts;
  gateway!: Gateway;
  /** Null: quotes stand in none. */
  groups: OrderGroups | null = null;
  evidence!: Evidence;

  readonly #orderGroups = new Subject<OrderGroupEvent>();
  readonly #feedFacts = new Subject<FeedFact>();

  /** The private stream was opened again: what it said meanwhile is lost. */
  reopen(): void {
    this.deaf = false;
    this.#feedFacts.next({ type: 'feed.opened' });
  }

  private constructor(options: StageOptions) {
    const { clock } = this;
    const { speed = 1 } = options;
    const market = speed === 1 ? clock : createScaledClock(clock, { startMs: NOON_MS, speed });
    this.clocks = { wall: clock, market, monotonicMs: () => clock.now() - NOON_MS };
    const random = createRandom(3);
    this.engine = createEngine({ market, random: random.split('engine') });
    this.limits = {
      orderMax: dollars(50),
      marketMax: dollars(100),
      categoryMax: dollars(100),
      groupMax: dollars(100),
      totalMax: dollars(100),
      restingMax: dollars(1_000),
      openPositionsMax: 10,
      approvalValidMs: 250,
      ...options.limits,
    };
    this.store = options.store ?? new MemoryStore();
    const series = named<never>('KXTEST');
    this.engine.addSeries({
      ticker: series,
      title: 'Tests',
      category: 'Economics',
      frequency: 'daily',
      tags: [],
      fees: feesOf('quadratic'),
      exchangeIndex: 0,
    });
    this.engine.addEvent({
      ticker: series,
      series,
      title: 'A test',
      subTitle: '',
      mutuallyExclusive: false,
      feeOverride: null,
    });
    this.engine.addMarket(listedWith());
    this.engine.addMarket(listedWith({ ticker: OTHER, marketId: '7b1f7e0c-0000-4000-8000-000000000002' }));
    this.engine.openAccount(USER, new Map([[0, dollars(1_000)]]));
    const server = createVenueServer({
      engine: this.engine,
      market,
      wall: clock,
      tier: 'basic',
      accounts: [{ keyId: KEY, publicKey: null, user: USER }],
      speed: () => speed,
      readDelayMs: options.readDelayMs ?? 0,
    });
    this.line = new FaultyTransport(
      createHandlerTransport((request) => server.fetch(request)),
      clock,
    );
    this.venue = createKalshiVenue({
      restUrl: 'http://exchange.test/trade-api/v2',
      wsUrl: 'ws://exchange.test/trade-api/ws/v2',
      keyId: KEY,
      signer: { sign: fakeSignature },
      transport: this.line,
      sockets: createPortSockets((headers, peer) => server.connect(headers, peer)),
      clocks: this.clocks,
      random,
      settings: DEFAULTS.exchange,
    });
  }

  static async open(options: StageOptions = {}): Promise<Stage> {
    const stage = new Stage(options);
    stage.journal = await StoreJournal.open(stage.store, stage.clocks);
    stage.journal.entries$.subscribe((entry) => stage.entries.push(entry));
    stage.#assemble(options);
    stage.#listen();
    stage.door.open();
    await stage.advance(50);
    return stage;
  }

  #assemble(options: StageOptions): void {
    const { clocks, journal, venue, door, exposure, ledger } = this;
    ledger.setOpening(dollars(1_000));
    for (const market of [MARKET, OTHER])
      exposure.describe(market, { category: 'Economics', event: named(`EVENT-${market}`) });
    this.table = new OrderTable((row, before) => {
      this.accounts.followRow(row);
      if (before !== null) journal.append('order.moved', { clientOrderId: row.clientOrderId, state: row.state });
    });
    const { table } = this;
    this.accounts = new Accounts({ ledger, exposure, table, journal, account: venue.account, mark: () => null });
    if (options.groups !== undefined) {
      const { quoting, gateway } = DEFAULTS;
      const groupCapacities = (options.groupContracts ?? 20) / quoting.positionContractsMax;
      this.groups = new OrderGroups({
        venue: venue.groups,
        clocks,
        settings: { ...DEFAULTS, gateway: { ...gateway, groupCapacities } },
        journal,
        log: SILENT,
        remembered: options.groups,
        onReady: () => this.gateway.settleSoon(),
      });
      this.groups.listen({ orderGroups$: this.#orderGroups, facts$: this.#feedFacts });
    }
    this.gateway = new Gateway({
      table,
      door,
      journal,
      orders: venue.orders,
      clocks,
      run: named<RunId>('r1'),
      approve: (intent) =>
        approve(intent, {
          exposure,
          limits: this.limits,
          cash: ledger.explainedCash(),
          mode: this.mode,
          riskEpoch: door.riskEpoch,
          nowWallMs: clocks.wall.now(),
        }),
      crosses: (market, side, at) => {
        if (this.isBookVoid) return null;
        const opposite = side === 'bid' ? this.engine.bestAsk(market) : this.engine.bestBid(market);
        if (opposite === null) return false;
        return side === 'bid' ? at >= opposite[0] : at <= opposite[0];
      },
      ...(this.groups === null ? {} : { groups: this.groups }),
      expirationMs: 300_000,
      renewBeforeMs: 60_000,
    });
    this.gateway.facts$.subscribe((fact) => this.facts.push(fact));
    this.evidence = new Evidence({
      table,
      account: {
        ...venue.account,
        orders: async (query) => {
          const listing = await venue.account.orders(query);
          return this.cutListings ? { items: [], complete: false } : listing;
        },
      },
      orders: venue.orders,
      clocks,
      journal,
      evidenceAfterMs: DEFAULTS.gateway.evidenceAfterMs,
      takeFills: (fills) => this.accounts.takeFills(fills),
      cancel: (row) => this.gateway.cancel(row),
      resend: (row) => this.gateway.resend(row),
    });
    this.#every(DEFAULTS.gateway.resolveEveryMs, async () => {
      if (table.unknownCount > 0) await this.evidence.look();
      await this.evidence.lookForExpired();
      for (const row of table.allOpen())
        if (row.filledReported > row.filled) await this.evidence.readFillsBack(row.market);
    });
    this.#every(DEFAULTS.gateway.verifyEveryMs, async () => {
      await this.verify();
    });
  }

  verify() {
    return this.evidence.verify((order) => isOwnOrder(order.clientOrderId));
  }

  #every(periodMs: number, work: () => Promise<void>): void {
    const tick = (): void => {
      // What cannot be read now is read the next time: that is what is tested.
      void work()
        .catch(() => undefined)
        .finally(() => this.clock.setTimeout(tick, periodMs));
    };
    this.clock.setTimeout(tick, periodMs);
  }

  #listen(): void {
    const stream = this.venue.openStream();
    stream.events.subscribe((event) => {
      if (event.type === 'opened') stream.subscribe(['fill', 'order', 'orderGroup'], null);
      else this.#hear(event);
    });
  }

  #hear(event: StreamEvent): void {
    if (this.deaf) return;
    if (event.type === 'orderGroup') this.#orderGroups.next(event);
    if (event.type === 'fill' && !this.lost.fills) this.accounts.takeFill(event.fill);
    if (event.type !== 'order' || this.lost.orders) return;
    const { order } = event;
    if (order.clientOrderId === null || this.table.get(order.clientOrderId) === null) return;
    this.table.apply(order.clientOrderId, { ...order, type: 'observed', conclusive: false });
  }

  marketOf(ticker: Ticker = MARKET): Market {
    return marketWith({ ticker, event: named(`EVENT-${ticker}`) });
  }

  wanted(side: Side, [cents, contracts, changes]: Side_): Wanted {
    return {
      side,
      price: price(cents),
      quantity: quantity(contracts),
      purpose: 'quote',
      timeInForce: 'goodTillCanceled',
      postOnly: true,
      keeps: (at) => at === price(cents),
      ...changes,
    };
  }

  want(sides: { readonly bid?: Side_; readonly ask?: Side_ }, market: Ticker = MARKET): void {
    const pair: WantedPair = {
      bid: sides.bid === undefined ? null : this.wanted('bid', sides.bid),
      ask: sides.ask === undefined ? null : this.wanted('ask', sides.ask),
    };
    this.gateway.want(this.marketOf(market), named<SessionId>('s1'), pair);
  }

  /** Somebody else's order: rests where it does not meet anything, trades where it does. */
  crowd(side: Side, cents: number, contracts: number, market: Ticker = MARKET): void {
    const answer = this.engine.create(CROWD, {
      market,
      side,
      price: price(cents),
      quantity: quantity(contracts),
      timeInForce: 'goodTillCanceled',
      selfTrade: 'taker_at_cross',
      clientOrderId: null,
      expiresAtMs: null,
      postOnly: false,
      reduceOnly: false,
      cancelOnPause: false,
      groupId: null,
    });
    if (!answer.ok) throw new Error(answer.code);
  }

  async advance(byMs: number): Promise<void> {
    await this.clock.run(this.clock.now() + byMs);
  }

  get nowMs(): number {
    return this.clock.now() - NOON_MS;
  }

  /** Everything that the exchange has of ours, oldest first. */
  placed(): readonly EngineOrder[] {
    return [...this.engine.orders(USER)].reverse();
  }
  /** What rests there: [side, cents, contracts left]. */
  resting(market: Ticker = MARKET): (readonly [Side, number, number])[] {
    return this.placed()
      .filter((order) => order.status === 'resting' && order.market === market)
      .map((order) => [order.side, order.price / 100, order.remaining / 100] as const);
  }
  /** Our rows, oldest first. */
  rows(): OrderRow[] {
    const ids = this.entries
      .filter((entry) => entry.kind === 'order.intended')
      .map((entry) => (entry.data as { clientOrderId: string }).clientOrderId);
    return ids.map((id) => this.table.get(named(id))).filter((row): row is OrderRow => row !== null);
  }
  lastRow(): OrderRow {
    return this.rows().at(-1)!;
  }
  /** Contracts held at the exchange. */
  positionThere(market: Ticker = MARKET): number {
    return (this.engine.positions(USER).find((held) => held.market === market)?.quantity ?? 0) / 100;
  }
  positionHere(market: Ticker = MARKET): number {
    return this.ledger.position(market).quantity / 100;
  }
  kinds(prefix: string): string[] {
    return this.entries.filter((entry) => entry.kind.startsWith(prefix)).map((entry) => entry.kind);
  }
  get user(): string {
    return USER;
  }
  cash(): Microdollars {
    return (this.engine.availableCash(USER).get(0) ?? 0) as Microdollars;
  }
}

export const cents = (count: number) => price(count) as Centicents;
export const at = (ms: number) => unixMs(NOON_MS + ms);
