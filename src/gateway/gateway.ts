/**
 * Makes what stands in the market what should stand there: desired against working, after every change of either.
 * Nothing here decides a price. Approval and reservation come before the request, whose way is in requests.ts; unknown
 * outcomes stop a market until evidence.ts has found out.
 */
import { Subject } from 'rxjs';
import type { Clocks } from '../domain/clock.ts';
import { messageOf } from '../domain/errors.ts';
import type { ClientOrderId, RunId, SessionId, Ticker } from '../domain/ids.ts';
import type { Journal } from '../domain/journal.ts';
import type { Market } from '../domain/market.ts';
import { type AmendRequest, isTerminal, type OrderIntent, type OrderRow } from '../domain/order.ts';
import type { Side } from '../domain/side.ts';
import type { Centicents, Centicontracts } from '../domain/units.ts';
import type { OrderEntry } from '../exchange/port.ts';
import { Attention } from './attention.ts';
import { Desk, type RefusedBy } from './desk.ts';
import type { Door, Stamp } from './door.ts';
import { Intents } from './intents.ts';
import { objectionTo } from './objection.ts';
import type { OrderTable } from './order-table.ts';
import { Recall } from './recall.ts';
import { Requests, type Result } from './requests.ts';
import { Retries } from './retries.ts';
import { isGroupRefusal, type ShardGroups } from './shard-groups.ts';
import { keepsRow, NOTHING, SIDES, type Step, stepsFor, type Wanted, type WantedPair } from './wanted.ts';

/** A decision of risk/: approved orders carry a stamp, denied ones a reason. */
export type Verdict = ({ readonly ok: true } & Stamp) | { readonly ok: false; readonly reason: string };

export interface GatewayOptions {
  readonly table: OrderTable;
  readonly door: Door;
  readonly journal: Journal;
  readonly orders: OrderEntry;
  readonly clocks: Clocks;
  readonly run: RunId;
  /** Approves and reserves in one synchronous step; asked again for an order that is held, it reserves nothing more. */
  readonly approve: (intent: OrderIntent) => Verdict;
  /** Whether a price would cross the opposite touch of the full book right now; null while that book is void. */
  readonly crosses: (market: Ticker, side: Side, price: Centicents) => boolean | null;
  readonly expirationMs: number;
  /** Absent: quotes stand in no group. */
  readonly groups?: ShardGroups;
  /** Also how long a wish counts that nobody repeats: whoever decides may have died. */
  readonly renewBeforeMs: number;
}

export type GatewayFact =
  | { readonly type: 'denied'; readonly market: Ticker; readonly side: Side; readonly reason: string }
  | { readonly type: 'rejected'; readonly market: Ticker; readonly reason: string }
  /** An order became unknown, or a fault of ours ended its request. */
  | { readonly type: 'unknown'; readonly market: Ticker; readonly cause: string }
  | { readonly type: 'firstOrder'; readonly market: Ticker }
  /** The bytes of a create were written. */
  | { readonly type: 'sent'; readonly market: Ticker };

export interface GatewayCounts {
  created: number;
  canceled: number;
  amended: number;
  denied: number;
  rejected: number;
  /** Became unknown at some time of this run. */
  unknown: number;
}

/** An approved create on its way to the journal. */
interface Begun {
  readonly desk: Desk;
  readonly intent: OrderIntent;
  readonly stamp: Stamp;
}

export class Gateway {
  readonly facts$ = new Subject<GatewayFact>();
  readonly counts: GatewayCounts = { created: 0, canceled: 0, amended: 0, denied: 0, rejected: 0, unknown: 0 };
  readonly #options: GatewayOptions;
  readonly #requests: Requests;
  readonly #desks = new Map<Ticker, Desk>();
  /** Orders with an amend or a repeated create that waits for tokens or is on its way; and those with a cancel. */
  readonly #writing = new Set<ClientOrderId>();
  readonly #canceling = new Set<ClientOrderId>();
  readonly #cancelRetries = new Retries();
  readonly #amendRetries = new Retries();
  readonly #attention: Attention;
  readonly #recall: Recall;
  readonly #intents: Intents;
  #congested = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const { table, door, clocks } = options;
    this.#attention = new Attention(clocks.market, (ticker) => this.settle(ticker));
    this.#intents = new Intents(options);
    this.#recall = new Recall(door, table, () => this.settleSoon());
    this.#requests = new Requests({
      ...options,
      onCreateSent: ({ market }) => this.facts$.next({ type: 'sent', market }),
      onUnknown: ({ market }, cause) => {
        this.counts.unknown++;
        this.facts$.next({ type: 'unknown', market, cause });
      },
    });
    table.watch((row) => {
      if (isTerminal(row.state)) {
        this.#cancelRetries.forget(row.clientOrderId);
        this.#amendRetries.forget(row.clientOrderId);
      }
      this.#attention.soon(row.market);
    });
    door.onMoved(() => this.settleSoon());
  }

  /** What should stand in this market from now on. Synchronous; the rest follows by itself. */
  want(market: Market, session: SessionId, wanted: WantedPair): void {
    let desk = this.#desks.get(market.ticker);
    if (desk === undefined) {
      desk = new Desk(market, session);
      this.#desks.set(market.ticker, desk);
    }
    desk.say(market, session, wanted, this.#marketMs());
    this.settle(market.ticker);
  }

  /** Nothing of ours should stand here. */
  wantNothing(ticker: Ticker): void {
    const desk = this.#desks.get(ticker);
    if (desk !== undefined) desk.wanted = NOTHING;
    this.settle(ticker);
  }

  wantNothingAnywhere(): void {
    for (const ticker of this.#desks.keys()) this.wantNothing(ticker);
  }

  /**
   * Takes back all that stands, whoever wants it: nothing new leaves and nothing is kept until each of these orders is
   * known to be gone. What was wanted is forgotten; whoever still wants it says so again. Returns how many there are.
   */
  recall(): number {
    for (const desk of this.#desks.values()) desk.wanted = NOTHING;
    for (const ticker of this.#recall.begin()) this.settle(ticker);
    return this.#recall.size;
  }

  wantedIn(ticker: Ticker): WantedPair {
    return this.#desks.get(ticker)?.wanted ?? NOTHING;
  }

  #allowedIn(ticker: Ticker): WantedPair {
    return this.#recall.isOpen ? NOTHING : this.wantedIn(ticker);
  }

  /** While tokens are short no new quote starts: what is wanted changes faster than it could be sent. */
  set congested(congested: boolean) {
    this.#congested = congested;
    if (!congested) this.settleSoon();
  }

  /**
   * Compares desired with working and starts what is missing. It comes by itself after every change of either; asking
   * more often does no harm. Where nobody ever wanted anything (an order of an earlier life that turned up) nothing is
   * wanted; but as long as the door was not opened such orders are recovery's.
   */
  settle(ticker: Ticker): void {
    const { table, clocks, door, renewBeforeMs } = this.#options;
    const desk = this.#desks.get(ticker);
    if (desk === undefined && door.permission === 'closed') return;
    const nowMs = clocks.market.now();
    const isSaid = desk !== undefined && nowMs - desk.saidAtMs <= renewBeforeMs;
    const isOpen = isSaid && door.permission === 'open' && this.#recall.objection() === null;
    const isKnown = !table.isUncertain(ticker) && !table.isBehind(ticker);
    const steps: Step[] = [];
    for (const side of SIDES) {
      const rows: OrderRow[] = [];
      for (const row of table.open(ticker)) if (row.side === side && row.filled < row.quantity) rows.push(row);
      const wanted = this.#allowedIn(ticker)[side];
      const ofSide = stepsFor(wanted, rows, {
        isBusy: (row, request) => this.#isBusy(row.clientOrderId, request),
        mayCreate:
          isOpen &&
          isKnown &&
          desk.isDue(side, nowMs) &&
          (wanted?.purpose === 'exit' || (!this.#congested && this.#isNetUp(desk))),
        renewBeforeMs: isOpen ? nowMs + renewBeforeMs : Number.NEGATIVE_INFINITY,
      });
      steps.push(...ofSide);
    }
    // Both sides are approved before either is written down: a decision is not kept waiting by the other's paperwork.
    const begun = steps.map((step) => (step.kind === 'create' ? this.#begin(ticker, step.wanted) : null));
    for (const [index, step] of steps.entries()) {
      const approved = begun[index] ?? null;
      if (approved !== null) this.#watch(ticker, this.#create(approved));
      else if (step.kind !== 'create') this.#watch(ticker, this.#change(step));
    }
    this.#attention.at(ticker, this.#nextDueMs(ticker, nowMs));
  }

  /** Cancels one order whatever is wanted; resolves when the answer is in the row. */
  async cancel(row: OrderRow): Promise<void> {
    await this.#cancel(row, false);
  }

  /**
   * Sends an unknown create once more, with its own id, if it would be sent now for the first time: still wanted, still
   * approved, not crossing, and the door open. Resolves with whether anything left.
   */
  async resend(row: OrderRow): Promise<boolean> {
    const { door, clocks } = this.#options;
    const id = row.clientOrderId;
    if (this.#writing.has(id) || door.permission !== 'open' || this.#objection(row) !== null) return false;
    const verdict = this.#options.approve(row);
    if (!verdict.ok) return false;
    this.#writing.add(id);
    try {
      const result = await this.#requests.resend(
        row,
        () => door.refusal(verdict, clocks.wall.now()) ?? this.#objection(row),
      );
      if (result.kind === 'done') this.#countCreated(row.market);
      return result.kind !== 'denied';
    } finally {
      this.#writing.delete(id);
      this.#attention.soon(row.market);
    }
  }

  #change(step: Exclude<Step, { kind: 'create' }>): Promise<void> {
    if (step.kind === 'cancel') return this.#cancel(step.row, true);
    return step.kind === 'decrease' ? this.#decrease(step.row, step.remaining) : this.#renew(step.row);
  }

  #watch(ticker: Ticker, work: Promise<void>): void {
    work.catch((error) => this.facts$.next({ type: 'unknown', market: ticker, cause: messageOf(error) }));
  }

  /** Approves and reserves; null when it was denied. */
  #begin(ticker: Ticker, wanted: Wanted): Begun | null {
    const desk = this.#desks.get(ticker)!;
    const intent = this.#intents.make(desk, wanted);
    const verdict = this.#options.approve(intent);
    if (!verdict.ok) {
      this.#refused(desk, wanted.side, 'risk', verdict.reason);
      return null;
    }
    desk.sending(wanted);
    return { desk, intent, stamp: verdict };
  }

  async #create({ desk, intent, stamp }: Begun): Promise<void> {
    const { door, clocks } = this.#options;
    try {
      const result = await this.#requests.create(
        intent,
        () => door.refusal(stamp, clocks.wall.now()) ?? this.#doubt(intent) ?? this.#objection(intent),
      );
      if (result.kind === 'refused') this.#options.groups?.refused(intent, result.reason);
      this.#created(desk, intent.side, result);
    } finally {
      desk.sent(intent.side);
      this.#attention.soon(intent.market);
    }
  }

  #created(desk: Desk, side: Side, result: Result): void {
    const { ticker } = desk.market;
    switch (result.kind) {
      case 'done':
        desk.accepted(side);
        this.#countCreated(ticker);
        break;
      case 'denied':
        if (result.reason === 'superseded') desk.superseded(side);
        else this.#refused(desk, side, 'race', result.reason);
        break;
      case 'unjournaled':
        this.#refused(desk, side, 'journal', 'journal');
        break;
      case 'refused': {
        const { reason, isThrottled } = result;
        // A race against the market that post-only or a group won for us, and tokens that others took, are no mistakes.
        const isOfGroup = isGroupRefusal(reason);
        const isRace = isOfGroup || reason === 'postOnlyCross';
        if (!isRace && !isThrottled) this.counts.rejected++;
        desk.refused(side, isThrottled ? 'throttled' : isRace ? 'race' : 'venue', reason, this.#marketMs());
        if (!isOfGroup) this.facts$.next({ type: 'rejected', market: ticker, reason });
        break;
      }
      case 'unknown':
        break;
    }
  }

  #countCreated(market: Ticker): void {
    if (++this.counts.created === 1) this.facts$.next({ type: 'firstOrder', market });
  }

  async #cancel(row: OrderRow, unlessWanted: boolean): Promise<void> {
    const id = row.clientOrderId;
    const now = this.#options.table.get(id);
    if (now === null || now.orderId === null || isTerminal(now.state) || this.#canceling.has(id)) return;
    this.#canceling.add(id);
    try {
      // What is wanted may have come back to this order while its cancel waited: it keeps its place then.
      const door = (): string | null => {
        const wanted = this.#allowedIn(row.market)[row.side];
        return wanted !== null && keepsRow(wanted, row) ? 'superseded' : null;
      };
      const result = await this.#requests.cancel(now, unlessWanted ? door : null);
      if (result.kind === 'done') this.counts.canceled++;
      this.#cancelRetries.note(id, result, this.#marketMs());
    } finally {
      this.#canceling.delete(id);
      this.#attention.soon(row.market);
    }
  }

  /** Expiry only: it keeps its place in the queue. */
  #renew(row: OrderRow): Promise<void> {
    return this.#amend(row, { price: row.price, quantity: row.quantity, expiresAtMs: this.#intents.expiry() });
  }

  /** To a smaller total at the same price: it keeps its place, and a fill that comes first makes the rest smaller still. */
  #decrease(row: OrderRow, remaining: Centicontracts): Promise<void> {
    const executed = Math.max(row.filled, row.filledReported);
    const quantity = (executed + remaining) as Centicontracts;
    return this.#amend(row, { price: row.price, quantity, expiresAtMs: row.expiresAtMs });
  }

  async #amend(row: OrderRow, amend: AmendRequest): Promise<void> {
    const { door } = this.#options;
    const id = row.clientOrderId;
    this.#writing.add(id);
    try {
      const result = await this.#requests.amend(row, amend, () => {
        const wanted = this.#allowedIn(row.market)[row.side];
        if (wanted === null || !keepsRow(wanted, row) || this.#canceling.has(id)) return 'superseded';
        return door.permission === 'open' ? this.#recall.objection() : 'permission';
      });
      if (result.kind === 'done') this.counts.amended++;
      this.#amendRetries.note(id, result, this.#marketMs());
    } finally {
      this.#writing.delete(id);
      this.#attention.soon(row.market);
    }
  }

  #objection(intent: OrderIntent): string | null {
    return objectionTo(intent, this.wantedIn(intent.market)[intent.side], this.#recall, this.#options);
  }

  /** An order whose fate became unknown, or fills that turned out to be missing, while this one waited: it waits on. */
  #doubt({ market }: OrderIntent): string | null {
    const { table } = this.#options;
    return table.isUncertain(market) || table.isBehind(market) ? 'uncertain' : null;
  }

  #isNetUp({ market }: Desk): boolean {
    return this.#options.groups?.stand(market.exchangeIndex).ok ?? true;
  }

  #refused(desk: Desk, side: Side, by: RefusedBy, reason: string): void {
    const { ticker } = desk.market;
    this.counts.denied++;
    if (!desk.refused(side, by, reason, this.#marketMs())) return;
    // A journal that fails is told to others, not to itself.
    if (by !== 'journal') this.#options.journal.append('quote.denied', { market: ticker, side, reason });
    this.facts$.next({ type: 'denied', market: ticker, side, reason });
  }

  #isBusy(id: ClientOrderId, request: 'cancel' | 'amend'): boolean {
    const [underWay, retries] =
      request === 'cancel' ? [this.#canceling, this.#cancelRetries] : [this.#writing, this.#amendRetries];
    return underWay.has(id) || (retries.dueMs(id) ?? 0) > this.#marketMs();
  }

  #marketMs(): number {
    return this.#options.clocks.market.now();
  }

  /** Looks at every market before this turn ends. */
  settleSoon(): void {
    for (const ticker of this.#desks.keys()) this.#attention.soon(ticker);
    for (const row of this.#options.table.allOpen()) this.#attention.soon(row.market);
  }

  /** When the first thing here that waits for its time is due, market time. */
  #nextDueMs(ticker: Ticker, nowMs: number): number | null {
    let dueMs = this.#desks.get(ticker)?.nextDueMs(nowMs) ?? Number.POSITIVE_INFINITY;
    for (const { clientOrderId } of this.#options.table.open(ticker)) {
      for (const retries of [this.#cancelRetries, this.#amendRetries]) {
        const retryMs = retries.dueMs(clientOrderId);
        if (retryMs !== null && retryMs > nowMs) dueMs = Math.min(dueMs, retryMs);
      }
    }
    return dueMs === Number.POSITIVE_INFINITY ? null : dueMs;
  }
}
