/**
 * Everything that a journal says, as plain data: the ledger, the orders that may still live, days and switches, what the
 * operator said, runs and how they ended. It grows entry by entry through `take` alone, so that a checkpoint of it and the
 * entries after it are the same as the whole journal; taking an entry that it knows already changes nothing.
 */
import { assert } from '../domain/assert.ts';
import { type Fill, fillKey } from '../domain/fill.ts';
import type { JournalEntry } from '../domain/journal.ts';
import type { Json } from '../domain/json.ts';
import type { OrderIntent } from '../domain/order.ts';
import type { Microdollars, UnixMs } from '../domain/units.ts';
import { type KnownFill, Ledger, type PositionAdjustment } from '../ledger/ledger.ts';
import type { SettlementFact } from '../ledger/position.ts';
import { HOUR_MS } from '../risk/kill-switches.ts';
import { DayBook, type SwitchRecord } from './day-book.ts';
import { RememberedGroups } from './remembered-groups.ts';
import { RememberedOrders } from './remembered-orders.ts';
import type { RowRecord } from './row-record.ts';

/** Of the shape of `toJson`; raised whenever it, or what `take` makes of an entry, changes. */
export const REMEMBERED_VERSION = 3;

/** Cash that nothing explained, taken over so that trading could go on with less. */
export interface Adjustment {
  readonly id: string;
  readonly amount: Microdollars;
  readonly atMs: UnixMs;
}

/** A start of the trader on this folder. Wall times. */
export interface RunRecord {
  readonly run: string;
  /** Of its `run.started`. */
  readonly sequence: number;
  readonly startedMs: UnixMs;
  /** It ended in order, or was refused: no crash. */
  readonly hasEnded: boolean;
  /** It ran for a while without a fault. */
  readonly isSteady: boolean;
  /** It was one that only takes orders back; see crash-loop.ts. */
  readonly isGuarded: boolean;
}

/** So many starts are remembered; a crash loop is told by fewer. */
const RUNS_KEPT = 20;
/** Sessions opened within the hour that are counted; more than any limit allows. */
const ENTRIES_KEPT = 1_000;

interface RememberedJson {
  readonly atSequence: number;
  readonly isOpened: boolean;
  readonly settledMs: number | null;
  readonly mode: string | null;
  readonly adjustments: readonly Adjustment[];
  readonly runs: readonly RunRecord[];
  readonly entries: readonly number[];
  readonly days: Json;
  readonly orders: Json;
  readonly groups: Json;
  readonly ledger: Json;
}

export class Remembered {
  readonly ledger: Ledger;
  readonly days: DayBook;
  readonly orders = new RememberedOrders();
  readonly groups = new RememberedGroups();
  #atSequence = 0;
  #isOpened = false;
  #settledMs: number | null = null;
  #mode: string | null = null;
  #adjustments: readonly Adjustment[] = [];
  #runs: readonly RunRecord[] = [];
  #entries: number[] = [];

  /** Into a ledger and a day book of the caller's own: what is remembered is what goes on being used. */
  constructor(ledger = new Ledger(), days = new DayBook()) {
    this.ledger = ledger;
    this.days = days;
  }

  /** The last entry that was taken; 0 before the first. */
  get atSequence(): number {
    return this.#atSequence;
  }
  /** An earlier run got as far as an opening balance. */
  get isOpened(): boolean {
    return this.#isOpened;
  }
  /** The latest settlement (market time) of complete listings. */
  get settledMs(): number | null {
    return this.#settledMs;
  }
  /** The risk mode of the last run, as it was last said. */
  get mode(): string | null {
    return this.#mode;
  }
  /** Adjustments of cash that no operator has accepted yet. */
  get unaccepted(): readonly Adjustment[] {
    return this.#adjustments;
  }
  /** Oldest first. */
  get runs(): readonly RunRecord[] {
    return this.#runs;
  }
  /** Market times at which sessions began, within the hour before the last of them. */
  get entries(): readonly number[] {
    return this.#entries;
  }

  take(entry: JournalEntry): void {
    if (entry.sequence <= this.#atSequence) return;
    this.#atSequence = entry.sequence;
    const { ledger, days, orders } = this;
    const data = entry.data as never;
    switch (entry.kind) {
      case 'account.opened': {
        const { cash, transfersBefore } = data as { cash: Microdollars; transfersBefore?: readonly string[] };
        this.#isOpened = true;
        ledger.setOpening(cash);
        // They are in the opening balance already, and must not count again when a listing shows them.
        for (const id of transfersBefore ?? []) ledger.transfer(id, 0 as Microdollars);
        break;
      }
      case 'account.transferred': {
        const { id, amount } = data as { id: string; amount: Microdollars };
        ledger.transfer(id, amount);
        days.moved(amount);
        break;
      }
      case 'account.adjusted': {
        const { id, amount } = data as { id: string; amount: Microdollars };
        ledger.transfer(id, amount);
        days.moved(amount);
        this.#adjustments = [...this.#adjustments, { id, amount, atMs: entry.wallMs }];
        break;
      }
      case 'account.accepted':
        this.#adjustments = [];
        break;
      case 'account.proven': {
        const { fillsBeforeMs, settledMs } = data as { fillsBeforeMs: number; settledMs: number | null };
        ledger.prove(fillsBeforeMs);
        this.#settledMs = settledMs;
        break;
      }
      case 'position.adjusted':
        this.#adjusted(data as PositionAdjustment);
        break;
      case 'fill.received':
        ledger.apply(data as Fill);
        orders.filled(data as Fill);
        break;
      case 'market.settled':
        ledger.settle(data as SettlementFact);
        break;
      case 'order.intended':
        orders.intended(data as OrderIntent);
        break;
      case 'order.moved':
        orders.moved(data as RowRecord);
        break;
      case 'session.opened':
        if ((data as { kind: string }).kind === 'quote') this.#entered(entry.marketMs);
        break;
      case 'day.began': {
        const { day, equity } = data as { day: string; equity: Microdollars };
        days.restore(day, equity);
        break;
      }
      case 'switch.fired':
        days.fired(data as SwitchRecord);
        break;
      case 'risk.moded':
        this.#mode = (data as { mode: string }).mode;
        break;
      case 'operator.halted':
      case 'operator.paused':
      case 'operator.reduced':
        this.#barred(BARS[entry.kind], data as OperatorData);
        break;
      case 'operator.resumed': {
        const { market } = data as OperatorData;
        if (market === undefined) days.lift();
        else days.liftOn(market);
        break;
      }
      case 'run.started':
        this.#started((data as { run: string }).run, entry);
        break;
      case 'run.steady':
        this.#mark({ isSteady: true });
        break;
      case 'run.guarded':
        this.#mark({ isGuarded: true });
        break;
      case 'run.ended':
      case 'run.refused':
        this.#mark({ hasEnded: true });
        break;
      default:
        this.groups.take(entry);
    }
  }

  /** What `take` would forget twice: a fill that an entry brings, by the name under which it is kept. */
  static fillIn(entry: JournalEntry): KnownFill | null {
    if (entry.kind !== 'fill.received') return null;
    const fill = entry.data as unknown as Fill;
    return [fillKey(fill), fill.atMs];
  }

  /** Without fills, where they are kept apart: `restore` then wants them beside it. */
  toJson(withFills = true): Json {
    const json: RememberedJson = {
      atSequence: this.#atSequence,
      isOpened: this.#isOpened,
      settledMs: this.#settledMs,
      mode: this.#mode,
      adjustments: this.#adjustments,
      runs: this.#runs,
      entries: [...this.#entries],
      days: this.days.toJson(),
      orders: this.orders.toJson(),
      groups: this.groups.toJson(),
      ledger: this.ledger.toJson(withFills),
    };
    return json as unknown as Json;
  }

  restore(json: Json): void {
    assert(this.#atSequence === 0, 'what is remembered is restored before anything else is taken');
    const stored = json as unknown as RememberedJson;
    this.#atSequence = stored.atSequence;
    this.#isOpened = stored.isOpened;
    this.#settledMs = stored.settledMs;
    this.#mode = stored.mode;
    this.#adjustments = stored.adjustments;
    this.#runs = stored.runs;
    this.#entries = [...stored.entries];
    this.days.restoreFrom(stored.days);
    this.orders.restore(stored.orders);
    this.groups.restore(stored.groups);
    this.ledger.restore(stored.ledger);
  }

  static fromJson(json: Json): Remembered {
    const remembered = new Remembered();
    remembered.restore(json);
    return remembered;
  }

  #adjusted(adjustment: PositionAdjustment): void {
    const { ledger, days } = this;
    const before = ledger.position(adjustment.market).cost;
    ledger.adjustPosition(adjustment);
    days.moved((ledger.position(adjustment.market).cost - before) as Microdollars);
  }

  #barred(action: 'halt' | 'pause' | 'reduce', { by = 'operator', market }: OperatorData): void {
    if (market === undefined) this.days.barred(action, by);
    else if (action !== 'halt') this.days.barredOn(market, action, by);
  }

  #entered(atMs: number): void {
    this.#entries.push(atMs);
    if (this.#entries[0]! < atMs - HOUR_MS || this.#entries.length > ENTRIES_KEPT)
      this.#entries = this.#entries.filter((time) => time >= atMs - HOUR_MS).slice(-ENTRIES_KEPT);
  }

  #started(run: string, { sequence, wallMs: startedMs }: JournalEntry): void {
    this.#runs = [
      ...this.#runs,
      { run, sequence, startedMs, hasEnded: false, isSteady: false, isGuarded: false },
    ].slice(-RUNS_KEPT);
  }

  #mark(change: Partial<RunRecord>): void {
    const last = this.#runs.at(-1);
    if (last !== undefined) this.#runs = [...this.#runs.slice(0, -1), { ...last, ...change }];
  }
}

/** `market`: of that one alone. */
interface OperatorData {
  readonly by?: string;
  readonly market?: string;
}

const BARS = { 'operator.halted': 'halt', 'operator.paused': 'pause', 'operator.reduced': 'reduce' } as const;
