/**
 * A run as its journal tells it, and the runs before it on the same folder: fills → orders → sessions → markets, money over
 * time, figures, and what stopped or freed the trader. Pure: entries in, facts out; bounded memory, however long the journal.
 * The same for a run that lives, is over, or died.
 */
import { EquityCurve } from '../../analytics/equity-curve.ts';
import { type KpiFacts, kpisOf } from '../../analytics/kpis.ts';
import { OrderTally } from '../../analytics/order-tally.ts';
import { SessionTally } from '../../analytics/session-tally.ts';
import { Thinned } from '../../analytics/thinned.ts';
import { Uptime } from '../../analytics/uptime.ts';
import type { JournalEntry } from '../../domain/journal.ts';
import type { Json } from '../../domain/json.ts';
import type { Microdollars } from '../../domain/units.ts';
import { EventsTold } from './events-told.ts';
import { LedgerTold } from './ledger-told.ts';
import { MarketsTold } from './markets-told.ts';
import { SessionsTold } from './sessions-told.ts';
import { TradesTold } from './trades-told.ts';

const POINTS_KEPT = 2_000;

/** `account.sampled`; money in $0.000001. */
export interface AccountTold {
  readonly atMs: number;
  readonly equity: Microdollars;
  readonly cash: Microdollars;
  readonly realizedPnl: Microdollars;
  readonly unrealizedPnl: Microdollars;
  readonly fees: Microdollars;
  readonly transfers: Microdollars;
  readonly isMarked: boolean;
  readonly requests: number;
  readonly status429: number;
  readonly lagMs: number | null;
}

export interface RunTold {
  readonly startedMs: number;
  endedMs: number | null;
  exit: number | null;
}

export class Story {
  readonly ledger = new LedgerTold();
  readonly trades = new TradesTold();
  readonly sessions = new SessionsTold();
  readonly markets = new MarketsTold();
  readonly events = new EventsTold();
  readonly account = new Thinned<AccountTold>(POINTS_KEPT);
  readonly results = new SessionTally();
  readonly #orders = new OrderTally();
  readonly #uptime = new Uptime();
  readonly #curve = new EquityCurve();
  #sequence = 0;
  #atMs = 0;
  #wallMs = 0;
  #mode: string | null = null;
  #run: RunTold | null = null;
  #settings: Json = null;
  /** Requests of runs that are over. */
  #requestsBefore = { requests: 0, status429: 0 };
  #sampleOfRun: AccountTold | null = null;

  /** The last entry that was taken, and its times; 0 before the first. */
  get sequence(): number {
    return this.#sequence;
  }
  get atMs(): number {
    return this.#atMs;
  }
  get wallMs(): number {
    return this.#wallMs;
  }
  get mode(): string | null {
    return this.#mode;
  }
  get run(): RunTold | null {
    return this.#run;
  }
  /** Of the last run that wrote them down. */
  get settings(): Json {
    return this.#settings;
  }

  /** The next entry; one that was taken already changes nothing. */
  take(entry: JournalEntry): void {
    if (entry.sequence <= this.#sequence) return;
    this.#sequence = entry.sequence;
    this.#atMs = entry.marketMs;
    this.#wallMs = entry.wallMs;
    this.#orders.take(entry);
    this.#uptime.take(entry);
    this.events.take(entry);
    this.ledger.take(entry);
    this.#take(entry);
  }

  #take(entry: JournalEntry): void {
    const { sessions, markets, trades } = this;
    switch (entry.kind) {
      case 'order.intended':
        this.#intended(entry);
        break;
      case 'order.moved':
        trades.moved(entry);
        break;
      case 'fill.received':
        this.#filled(entry);
        break;
      case 'actor.moved':
        if ((entry.data as { machine?: string }).machine === 'marketSession') sessions.moved(entry);
        break;
      case 'session.opened':
        sessions.opened(entry);
        break;
      case 'session.closed':
        this.results.take(sessions.closed(entry)?.pnl ?? 0);
        break;
      case 'markets.discovered':
        markets.discovered(entry);
        break;
      case 'market.sampled':
        markets.sampled(entry);
        break;
      case 'quote.decided':
        this.#decided(entry);
        break;
      case 'quote.withheld':
      case 'quote.denied':
      case 'exit.decided':
        markets.decided(entry);
        break;
      case 'account.sampled':
        this.#sampled(entry);
        break;
      case 'risk.moded':
        this.#mode = (entry.data as { mode: string }).mode;
        break;
      case 'run.started':
        this.#started(entry);
        break;
      case 'run.configured':
        this.#settings = (entry.data as { settings?: Json }).settings ?? null;
        break;
      case 'run.ended':
        if (this.#run !== null) {
          this.#run.endedMs = entry.marketMs;
          this.#run.exit = (entry.data as { exit: number }).exit;
        }
        break;
    }
  }

  /** What the figures of a run are made of; `live` where the trader itself knows better than its last sample. */
  kpis(live: Pick<KpiFacts, 'requests' | 'status429' | 'lagMs'> | null = null) {
    const last = this.account.last;
    const { requests, status429 } = this.#requestsBefore;
    const now = live ?? this.#sampleOfRun;
    return kpisOf({
      requests: requests + (now?.requests ?? 0),
      status429: status429 + (now?.status429 ?? 0),
      lagMs: live === null ? (last?.lagMs ?? null) : live.lagMs,
      orders: this.#orders,
      sessions: this.results,
      uptime: this.#uptime,
      curve: this.#curve,
      contracts: this.ledger.contracts,
      makerContracts: this.ledger.makerContracts,
      fills: this.ledger.fillCount,
    });
  }

  #intended(entry: JournalEntry): void {
    const { session } = this.trades.intended(entry).intent;
    const known = this.sessions.shelf.get(session);
    if (known !== undefined) this.sessions.change(session, { orders: known.orders + 1 });
  }

  #filled(entry: JournalEntry): void {
    const { market } = entry.data as { market: string };
    const { session, fill } = this.trades.filled(entry, this.ledger.position(market).quantity);
    if (session === null) return;
    const known = this.sessions.shelf.get(session);
    if (known === undefined) return;
    const contracts = (known.contracts + fill.quantity) as typeof known.contracts;
    this.sessions.change(session, { fills: known.fills + 1, contracts });
  }

  #decided(entry: JournalEntry): void {
    const { session, explain } = entry.data as unknown as {
      session: string;
      explain: { spreadCents: number; feeFloorCents: number };
    };
    this.markets.decided(entry);
    this.sessions.change(session, { edgeCents: explain.spreadCents - explain.feeFloorCents });
  }

  #sampled({ marketMs, data }: JournalEntry): void {
    const point = { ...(data as unknown as AccountTold), atMs: marketMs };
    this.account.add(point);
    this.#sampleOfRun = point;
    // An equity that counts positions at their cost is no point of a curve.
    if (point.isMarked) this.#curve.take(point);
  }

  #started(entry: JournalEntry): void {
    const last = this.#sampleOfRun;
    if (last !== null) {
      const { requests, status429 } = this.#requestsBefore;
      this.#requestsBefore = { requests: requests + last.requests, status429: status429 + last.status429 };
    }
    this.#sampleOfRun = null;
    this.#run = { startedMs: entry.marketMs, endedMs: null, exit: null };
  }
}
