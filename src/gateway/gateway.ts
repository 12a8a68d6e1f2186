/**
 * Makes what stands in the market what should stand there: desired against working, approval and reservation before
 * the journal, the journal before the wire, the door in the turn of writing, and every answer taken into the row.
 * Nothing here decides a price. Unknown outcomes stop a market until evidence.ts has found out.
 */
import { Subject } from 'rxjs';
import type { Clocks } from '../domain/clock.ts';
import { messageOf } from '../domain/errors.ts';
import { type ClientOrderId, makeClientOrderId, type RunId, type SessionId, type Ticker } from '../domain/ids.ts';
import type { Journal } from '../domain/journal.ts';
import type { Json } from '../domain/json.ts';
import type { Market } from '../domain/market.ts';
import type { AmendRequest, OrderIntent, OrderRow } from '../domain/order.ts';
import type { Side } from '../domain/side.ts';
import type { Centicents, Centicontracts, UnixMs } from '../domain/units.ts';
import type { OrderAddress, OrderEntry, WriteOutcome } from '../exchange/port.ts';
import type { Door, Stamp } from './door.ts';
import type { OrderTable } from './order-table.ts';
import { NOTHING, type Step, stepsFor, type Wanted, type WantedPair } from './wanted.ts';

/** A decision of risk/: approved orders carry a stamp, denied ones a reason. */
export type Verdict = ({ readonly ok: true } & Stamp) | { readonly ok: false; readonly reason: string };

export interface GatewayOptions {
  readonly table: OrderTable;
  readonly door: Door;
  readonly journal: Journal;
  readonly orders: OrderEntry;
  readonly clocks: Clocks;
  readonly run: RunId;
  /** Approves and reserves in one synchronous step. */
  readonly approve: (intent: OrderIntent) => Verdict;
  /** Whether a price would cross the opposite touch of the full book right now. */
  readonly crosses: (market: Ticker, side: Side, price: Centicents) => boolean;
  readonly expirationMs: number;
  readonly renewBeforeMs: number;
}

export type GatewayFact =
  | { readonly type: 'denied'; readonly market: Ticker; readonly side: Side; readonly reason: string }
  | { readonly type: 'rejected'; readonly market: Ticker; readonly reason: string }
  | { readonly type: 'unknown'; readonly market: Ticker; readonly cause: string }
  | { readonly type: 'firstOrder'; readonly market: Ticker }
  /** From a desired change to bytes on the wire, milliseconds. */
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

interface Desk {
  readonly market: Market;
  session: SessionId;
  wanted: WantedPair;
  /** Until when a side that was denied or rejected is left alone, market time. */
  readonly restUntilMs: Record<Side, number>;
  readonly lastRefusal: Record<Side, string | null>;
  /** The last wanted order that was sent to be executed at once: it is sent once, whatever became of it. */
  readonly spent: Record<Side, Wanted | null>;
}

/** After a denial or rejection the side waits this long, unless what is wanted changes its price. */
const REFUSAL_REST_MS = 1_000;
/** A quote that came too late is taken up again with the next look at the book. */
const STALE_REST_MS = 250;

export class Gateway {
  readonly facts$ = new Subject<GatewayFact>();
  readonly counts: GatewayCounts = { created: 0, canceled: 0, amended: 0, denied: 0, rejected: 0, unknown: 0 };
  readonly #options: GatewayOptions;
  readonly #desks = new Map<Ticker, Desk>();
  /** Orders with a request that waits for tokens or is on its way. */
  readonly #busy = new Set<ClientOrderId>();
  #sequence = 0;
  #congested = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /** What should stand in this market from now on. Synchronous; the rest follows by itself. */
  want(market: Market, session: SessionId, wanted: WantedPair): void {
    let desk = this.#desks.get(market.ticker);
    if (desk === undefined) {
      desk = {
        market,
        session,
        wanted,
        restUntilMs: { bid: 0, ask: 0 },
        lastRefusal: { bid: null, ask: null },
        spent: { bid: null, ask: null },
      };
      this.#desks.set(market.ticker, desk);
    } else {
      for (const side of ['bid', 'ask'] as const) {
        if (desk.wanted[side]?.price !== wanted[side]?.price) desk.restUntilMs[side] = 0;
      }
      if (desk.market !== market) this.#desks.set(market.ticker, { ...desk, market });
      desk = this.#desks.get(market.ticker)!;
      desk.session = session;
      desk.wanted = wanted;
    }
    this.settle(market.ticker);
  }

  /** Nothing of ours should stand here. */
  wantNothing(ticker: Ticker): void {
    const desk = this.#desks.get(ticker);
    if (desk === undefined) return;
    desk.wanted = NOTHING;
    this.settle(ticker);
  }

  wantNothingAnywhere(): void {
    for (const ticker of this.#desks.keys()) this.wantNothing(ticker);
  }

  wantedIn(ticker: Ticker): WantedPair {
    return this.#desks.get(ticker)?.wanted ?? NOTHING;
  }

  /** While tokens are short no new quote starts: what is wanted changes faster than it could be sent. */
  set congested(congested: boolean) {
    this.#congested = congested;
    if (!congested) for (const ticker of this.#desks.keys()) this.settle(ticker);
  }

  /** Compares desired with working and starts what is missing. Called on every change of either. */
  settle(ticker: Ticker): void {
    const desk = this.#desks.get(ticker);
    if (desk === undefined) return;
    const { table, clocks, door } = this.#options;
    const nowMs = clocks.market.now();
    const isKnown = !table.isUncertain(ticker) && !table.isBehind(ticker);
    for (const side of ['bid', 'ask'] as const) {
      const rows: OrderRow[] = [];
      for (const row of table.open(ticker)) if (row.side === side && row.filled < row.quantity) rows.push(row);
      const wanted = desk.wanted[side];
      const mayCreate =
        isKnown &&
        (wanted === null || desk.spent[side] !== wanted) &&
        door.permission === 'open' &&
        nowMs >= desk.restUntilMs[side] &&
        (!this.#congested || wanted?.purpose === 'exit');
      const steps = stepsFor(
        wanted,
        rows,
        (row) => this.#busy.has(row.clientOrderId),
        mayCreate,
        nowMs + this.#options.renewBeforeMs,
      );
      for (const step of steps) this.#take(desk, step);
    }
  }

  /** Cancels one order whatever is wanted; resolves when the answer is in the row. */
  cancel(row: OrderRow): Promise<void> {
    return this.#cancel(row, 'cancel');
  }

  #take(desk: Desk, step: Step): void {
    switch (step.kind) {
      case 'create':
        void this.#create(desk, step.wanted).catch((error) => this.#fail(desk.market.ticker, error));
        break;
      case 'cancel':
        void this.#cancel(step.row, 'cancel').catch((error) => this.#fail(desk.market.ticker, error));
        break;
      case 'decrease':
        void this.#decrease(step.row, step.remaining).catch((error) => this.#fail(desk.market.ticker, error));
        break;
      case 'renew':
        void this.#renew(step.row).catch((error) => this.#fail(desk.market.ticker, error));
        break;
    }
  }

  async #create(desk: Desk, wanted: Wanted): Promise<void> {
    const { table, door, journal, orders, clocks, run } = this.#options;
    const ticker = desk.market.ticker;
    const nowMs = clocks.market.now();
    if (wanted.timeInForce !== 'goodTillCanceled') desk.spent[wanted.side] = wanted;
    const intent: OrderIntent = {
      clientOrderId: makeClientOrderId(run, desk.session, ++this.#sequence),
      market: ticker,
      exchangeIndex: desk.market.exchangeIndex,
      session: desk.session,
      purpose: wanted.purpose,
      side: wanted.side,
      price: wanted.price,
      quantity: wanted.quantity,
      timeInForce: wanted.timeInForce,
      postOnly: wanted.postOnly,
      reduceOnly: wanted.purpose === 'exit' && wanted.timeInForce === 'immediateOrCancel',
      // Whole seconds on the wire: rounded down, so that we never believe in an order that is already gone.
      expiresAtMs:
        wanted.timeInForce === 'goodTillCanceled'
          ? ((Math.floor((nowMs + this.#options.expirationMs) / 1000) * 1000) as UnixMs)
          : null,
      intendedWallMs: clocks.wall.now(),
      intendedMarketMs: nowMs,
    };
    const verdict = this.#options.approve(intent);
    if (!verdict.ok) {
      this.#refuse(desk, wanted.side, verdict.reason);
      return;
    }
    const id = intent.clientOrderId;
    // The row exists before anything can wait: a second look at this side sees it and starts nothing.
    table.add(intent);
    this.#busy.add(id);
    try {
      const entry = journal.append('order.intended', intent as unknown as Json);
      await journal.synced(entry);
      const outcome = await orders.create(intent, {
        priority: wanted.purpose === 'exit' ? 'reduce' : 'quote',
        door: () =>
          door.refusal(verdict, clocks.wall.now()) ?? this.#superseded(desk, wanted) ?? this.#crossing(intent),
        onSigned: (wallMs) => {
          table.apply(id, { type: 'sent', wallMs });
          this.facts$.next({ type: 'sent', market: ticker });
        },
      });
      this.#busy.delete(id);
      this.#takeCreate(desk, intent, outcome);
    } catch (error) {
      // The journal refused: the request never left, the row ends here and says why.
      this.#busy.delete(id);
      if (table.get(id)?.state === 'intended') table.apply(id, { type: 'denied', reason: 'journal' });
      else if (table.get(id)?.pending === 'create')
        table.apply(id, { type: 'outcomeUnknown', reason: messageOf(error) });
      throw error;
    } finally {
      this.settle(ticker);
    }
  }

  #takeCreate(
    desk: Desk,
    intent: OrderIntent,
    outcome: WriteOutcome<{ orderId: OrderRow['orderId'] & string; filled: Centicontracts; remaining: Centicontracts }>,
  ): void {
    const { table, journal, clocks } = this.#options;
    const id = intent.clientOrderId;
    switch (outcome.kind) {
      case 'accepted': {
        const first = this.counts.created === 0;
        this.counts.created++;
        desk.lastRefusal[intent.side] = null;
        const { orderId, filled, remaining } = outcome.value;
        table.apply(id, { type: 'accepted', orderId, filled, remaining });
        if (first) this.facts$.next({ type: 'firstOrder', market: intent.market });
        break;
      }
      case 'rejected':
      case 'throttled': {
        const reason =
          outcome.kind === 'throttled'
            ? 'throttled'
            : /post.only/i.test(outcome.message)
              ? 'postOnlyCross'
              : outcome.code;
        // A race against the market that post-only won for us; anything else is a mistake of ours.
        if (reason !== 'postOnlyCross') this.counts.rejected++;
        desk.restUntilMs[intent.side] = clocks.market.now() + REFUSAL_REST_MS;
        table.apply(id, { type: 'rejected', reason });
        journal.append('order.rejected', {
          clientOrderId: id,
          reason,
          message: outcome.kind === 'rejected' ? outcome.message : '',
        });
        this.facts$.next({ type: 'rejected', market: intent.market, reason });
        break;
      }
      case 'denied':
        table.apply(id, { type: 'denied', reason: outcome.reason });
        this.#refuse(desk, intent.side, outcome.reason);
        break;
      case 'unknown':
        this.#becomeUnknown(id, intent.market, outcome.cause);
        break;
    }
  }

  async #cancel(row: OrderRow, priority: 'cancel'): Promise<void> {
    const { table, orders, clocks } = this.#options;
    const id = row.clientOrderId;
    if (row.orderId === null || this.#busy.has(id)) return;
    this.#busy.add(id);
    table.apply(id, { type: 'cancelSent', wallMs: clocks.wall.now() });
    const outcome = await orders.cancel(addressOf(row), { priority });
    this.#busy.delete(id);
    switch (outcome.kind) {
      case 'accepted':
        this.counts.canceled++;
        table.apply(id, { type: 'cancelAccepted', reducedBy: outcome.value.reducedBy });
        break;
      case 'rejected':
        if (outcome.status === 404) table.apply(id, { type: 'cancelNotFound' });
        else table.apply(id, { type: 'requestRefused', reason: outcome.code });
        break;
      case 'throttled':
      case 'denied':
        table.apply(id, { type: 'requestRefused', reason: outcome.kind });
        break;
      case 'unknown':
        this.#becomeUnknown(id, row.market, outcome.cause);
        break;
    }
    this.settle(row.market);
  }

  /** Expiry only: it keeps its place in the queue. */
  async #renew(row: OrderRow): Promise<void> {
    const expiresAtMs = (Math.floor((this.#options.clocks.market.now() + this.#options.expirationMs) / 1000) *
      1000) as UnixMs;
    await this.#amend(row, { price: row.price, quantity: row.quantity, expiresAtMs });
  }

  async #amend(row: OrderRow, amend: AmendRequest): Promise<void> {
    const { table, orders } = this.#options;
    const id = row.clientOrderId;
    if (row.orderId === null) return;
    this.#busy.add(id);
    const outcome = await orders.amend({ ...addressOf(row), side: row.side }, amend, {
      priority: 'replace',
      door: () => {
        const state = table.get(id)?.state;
        return state === 'resting' || state === 'partiallyFilled' ? null : 'superseded';
      },
      onSigned: (wallMs) => {
        table.apply(id, { type: 'amendSent', amend, wallMs });
      },
    });
    this.#busy.delete(id);
    if (outcome.kind === 'accepted') {
      this.counts.amended++;
      table.apply(id, { type: 'amendAccepted', filled: outcome.value.filled, remaining: outcome.value.remaining });
    } else if (outcome.kind === 'unknown') this.#becomeUnknown(id, row.market, outcome.cause);
    else if (outcome.kind === 'rejected' && outcome.status === 404) table.apply(id, { type: 'cancelNotFound' });
    else table.apply(id, { type: 'requestRefused', reason: outcome.kind === 'rejected' ? outcome.code : outcome.kind });
    this.settle(row.market);
  }

  /** To an absolute remainder: a repeat of the same request does no harm. */
  async #decrease(row: OrderRow, remaining: Centicontracts): Promise<void> {
    const { table, orders } = this.#options;
    const id = row.clientOrderId;
    if (row.orderId === null) return;
    const amend: AmendRequest = {
      price: row.price,
      quantity: (row.filled + remaining) as Centicontracts,
      expiresAtMs: row.expiresAtMs,
    };
    this.#busy.add(id);
    const outcome = await orders.decreaseTo(addressOf(row), remaining, {
      priority: 'replace',
      door: () => {
        const state = table.get(id)?.state;
        return state === 'resting' || state === 'partiallyFilled' ? null : 'superseded';
      },
      onSigned: (wallMs) => {
        table.apply(id, { type: 'amendSent', amend, wallMs });
      },
    });
    this.#busy.delete(id);
    if (outcome.kind === 'accepted') {
      this.counts.amended++;
      table.apply(id, { type: 'amendAccepted', filled: null, remaining: outcome.value.remaining });
    } else if (outcome.kind === 'unknown') this.#becomeUnknown(id, row.market, outcome.cause);
    else if (outcome.kind === 'rejected' && outcome.status === 404) table.apply(id, { type: 'cancelNotFound' });
    else table.apply(id, { type: 'requestRefused', reason: outcome.kind === 'rejected' ? outcome.code : outcome.kind });
    this.settle(row.market);
  }

  #becomeUnknown(id: ClientOrderId, market: Ticker, cause: string): void {
    const { table } = this.#options;
    const row = table.get(id);
    if (row === null || row.pending === null) return;
    this.counts.unknown++;
    table.apply(id, { type: 'outcomeUnknown', reason: cause });
    this.facts$.next({ type: 'unknown', market, cause });
  }

  /** What is wanted has changed while this waited: a superseded quote is dropped, never sent. */
  #superseded(desk: Desk, wanted: Wanted): string | null {
    const now = this.#desks.get(desk.market.ticker)?.wanted[wanted.side];
    if (now === undefined || now === null || now.purpose !== wanted.purpose) return 'superseded';
    return now.keeps(wanted.price) ? null : 'superseded';
  }

  #crossing(intent: OrderIntent): string | null {
    return intent.postOnly && this.#options.crosses(intent.market, intent.side, intent.price) ? 'wouldCross' : null;
  }

  #refuse(desk: Desk, side: Side, reason: string): void {
    if (reason !== 'superseded') {
      this.counts.denied++;
      desk.restUntilMs[side] =
        this.#options.clocks.market.now() +
        (reason === 'staleApproval' || reason === 'wouldCross' ? STALE_REST_MS : REFUSAL_REST_MS);
    }
    if (desk.lastRefusal[side] === reason) return;
    // One line for a reason, not one for every tick on which it still holds.
    desk.lastRefusal[side] = reason;
    this.#options.journal.append('quote.denied', { market: desk.market.ticker, side, reason });
    this.facts$.next({ type: 'denied', market: desk.market.ticker, side, reason });
  }

  #fail(market: Ticker, error: unknown): void {
    this.facts$.next({ type: 'unknown', market, cause: messageOf(error) });
  }
}

export function addressOf(row: OrderRow): OrderAddress {
  if (row.orderId === null) throw new TypeError(`order ${row.clientOrderId} has no venue id yet`);
  return { orderId: row.orderId, market: row.market, exchangeIndex: row.exchangeIndex };
}
