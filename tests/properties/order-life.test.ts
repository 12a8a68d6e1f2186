/**
 * One order against a venue that executes, cancels and amends when it likes, over lines that delay, reorder and lose. What
 * must hold, whatever happens:
 *
 * 1. openQuantity is never negative, and never below what the venue may still execute or has executed without a record here.
 * 2. worstPrice is never better than a price at which the order may still execute.
 * 3. A finished order never comes to life again; late fills only complete it.
 * 4. `unknown` is left by evidence alone: an answer, a fill, the venue's own record, or proven absence.
 * 5. Once every message has arrived and the order is over at the venue, the row is over too, holds exactly the fills that
 *    happened, and openQuantity is 0; and it is 0 at no other time.
 * 6. The facts of one life end in the same row in whatever order they arrive.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClientOrderId, named, type OrderId, type SessionId, type Ticker } from '../../src/domain/ids.ts';
import {
  type AmendRequest,
  advance,
  intend,
  isTerminal,
  type OrderEvent,
  type OrderIntent,
  type OrderRow,
  openQuantity,
  worstPrice,
} from '../../src/domain/order.ts';
import type { Centicents, Centicontracts, UnixMs } from '../../src/domain/units.ts';

const ORDER = named<OrderId>('order-1');
const RUNS = process.env.BOTHSIDES_LONG === '1' ? 40_000 : 3_000;

const intentArbitrary: fc.Arbitrary<OrderIntent> = fc.record({
  clientOrderId: fc.constant(named<ClientOrderId>('bs-r1-s1-1')),
  market: fc.constant(named<Ticker>('RAIN-26')),
  exchangeIndex: fc.constant(0),
  session: fc.constant(named<SessionId>('s1')),
  purpose: fc.constant('quote' as const),
  side: fc.constantFrom('bid' as const, 'ask' as const),
  price: fc.constant(5_000 as Centicents),
  quantity: fc.integer({ min: 1, max: 12 }).map((count) => count as Centicontracts),
  timeInForce: fc.constantFrom('goodTillCanceled' as const, 'goodTillCanceled' as const, 'immediateOrCancel' as const),
  postOnly: fc.constant(false),
  reduceOnly: fc.constant(false),
  expiresAtMs: fc.constant(null),
  intendedWallMs: fc.constant(0 as UnixMs),
  intendedMarketMs: fc.constant(0 as UnixMs),
});

type Request =
  | { readonly kind: 'create' }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'amend'; amend: AmendRequest };
type Line = Request & { waiting: boolean };

const EVIDENCE = new Set<OrderEvent['type']>([
  'accepted',
  'rejected',
  'filled',
  'cancelAccepted',
  'amendAccepted',
  'observed',
  'absent',
]);

const ANSWERS = new Set<OrderEvent['type']>([
  'accepted',
  'cancelAccepted',
  'cancelNotFound',
  'requestRefused',
  'amendAccepted',
]);

/** The venue and the lines to it; every method is one thing that may happen next. */
class Life {
  row: OrderRow;
  readonly intent: OrderIntent;
  /** The venue's own truth. */
  created = false;
  alive = false;
  total: number;
  executed = 0;
  price: Centicents;
  endedBy: 'executed' | 'canceled' = 'canceled';
  /** Requests that the venue has not seen yet; `waiting` while we still wait for the answer. */
  inFlight: Line[] = [];
  /** What is on its way to us. */
  messages: OrderEvent[] = [];

  constructor(intent: OrderIntent) {
    this.intent = intent;
    this.total = intent.quantity;
    this.price = intent.price;
    this.row = advance(intend(intent), { type: 'sent', wallMs: 1 as UnixMs });
    this.inFlight.push({ kind: 'create', waiting: true });
  }

  hear(event: OrderEvent): void {
    const before = this.row;
    this.row = advance(before, event);
    if (isTerminal(before.state)) expect(isTerminal(this.row.state)).toBe(true);
    if (before.state === 'unknown' && this.row.state !== 'unknown') expect(EVIDENCE).toContain(event.type);
    this.check();
  }

  check(): void {
    const open = openQuantity(this.row);
    expect(open).toBeGreaterThanOrEqual(0);
    const creating = this.inFlight.some(({ kind }) => kind === 'create');
    let reach = this.alive || creating ? this.total : this.executed;
    const prices = this.alive || creating ? [this.price] : [];
    for (const request of this.alive ? this.inFlight : []) {
      if (request.kind !== 'amend') continue;
      reach = Math.max(reach, request.amend.quantity);
      prices.push(request.amend.price);
    }
    expect(open).toBeGreaterThanOrEqual(reach - this.row.filled);
    for (const price of prices) {
      if (this.row.side === 'bid') expect(worstPrice(this.row)).toBeGreaterThanOrEqual(price);
      else expect(worstPrice(this.row)).toBeLessThanOrEqual(price);
    }
    if (open === 0) expect([isTerminal(this.row.state), this.row.filled]).toEqual([true, this.executed]);
  }

  execute(quantity: number): void {
    if (!this.alive) return;
    const done = Math.min(quantity, this.total - this.executed);
    if (done <= 0) return;
    this.executed += done;
    this.messages.push({ type: 'filled', quantity: done as Centicontracts, orderId: ORDER });
    if (this.executed === this.total) this.end('executed');
  }

  end(by: 'executed' | 'canceled'): void {
    this.alive = false;
    this.endedBy = by;
  }

  /** The venue takes a request: what it does, and what it answers. */
  process(request: Line, size: number): void {
    const answer = (event: OrderEvent) => {
      if (request.waiting) this.messages.push(event);
    };
    const executed = () => this.executed as Centicontracts;
    if (request.kind === 'create') {
      this.created = true;
      this.alive = true;
      this.execute(size % (this.total + 1));
      if (this.alive && this.intent.timeInForce === 'immediateOrCancel') this.end('canceled');
      const remaining = (this.alive ? this.total - this.executed : 0) as Centicontracts;
      answer({ type: 'accepted', orderId: ORDER, filled: executed(), remaining });
    } else if (!this.alive) answer({ type: 'cancelNotFound' });
    else if (size % 5 === 0) answer({ type: 'requestRefused', reason: 'throttled' });
    else if (request.kind === 'cancel') {
      const reducedBy = (this.total - this.executed) as Centicontracts;
      this.end('canceled');
      answer({ type: 'cancelAccepted', reducedBy });
    } else if (request.amend.quantity < this.executed) answer({ type: 'requestRefused', reason: 'invalid' });
    else {
      this.total = request.amend.quantity;
      this.price = request.amend.price;
      if (this.total === this.executed) this.end('canceled');
      const remaining = (this.total - this.executed) as Centicontracts;
      answer({ type: 'amendAccepted', filled: size % 2 === 0 ? executed() : null, remaining });
    }
  }

  /** The venue's record as of now. Conclusive only when nothing that was sent can still take effect. */
  record(): OrderEvent {
    return {
      type: 'observed',
      orderId: ORDER,
      status: this.alive ? 'resting' : this.endedBy,
      filled: this.executed as Centicontracts,
      remaining: (this.alive ? this.total - this.executed : 0) as Centicontracts,
      price: this.price,
      reason: null,
      conclusive: this.inFlight.length === 0,
    };
  }

  step(action: number, pick: number, size: number): void {
    const at = <T>(list: readonly T[]): T | undefined => list[pick % Math.max(1, list.length)];
    switch (action) {
      case 0:
      case 1: {
        const request = at(this.inFlight);
        if (request === undefined) return;
        this.inFlight = this.inFlight.filter((each) => each !== request);
        // Lost on the way there, or taken.
        if (size % 7 !== 0 || request.waiting) this.process(request, size);
        break;
      }
      case 2:
        this.execute(1 + (size % 4));
        break;
      case 3:
      case 4: {
        const message = at(this.messages);
        if (message === undefined) return;
        this.messages = this.messages.filter((each) => each !== message);
        this.hear(message);
        break;
      }
      case 5:
        // A time-out: the request may still arrive there, its answer never here.
        for (const request of this.inFlight.filter(({ waiting }) => waiting)) {
          request.waiting = false;
          this.hear({ type: 'outcomeUnknown', reason: 'timeout' });
        }
        break;
      case 6:
        if (this.row.orderId === null || isTerminal(this.row.state)) return;
        this.inFlight.push({ kind: 'cancel', waiting: true });
        this.hear({ type: 'cancelSent', wallMs: 2 as UnixMs });
        break;
      case 7: {
        if (this.row.state !== 'resting' && this.row.state !== 'partiallyFilled') return;
        // An answer carries no number: there is one question at a time, besides a cancel.
        if (this.inFlight.some(({ waiting }) => waiting) || this.messages.some(({ type }) => ANSWERS.has(type))) return;
        const amend: AmendRequest = {
          price: (4_000 + (pick % 3) * 1_000) as Centicents,
          quantity: Math.max(1, this.row.filled, size % 16) as Centicontracts,
          expiresAtMs: null,
        };
        this.inFlight.push({ kind: 'amend', amend, waiting: true });
        this.hear({ type: 'amendSent', amend, wallMs: 3 as UnixMs });
        break;
      }
      case 8:
        // A read, believed at once or only after much else: then it proves nothing about requests.
        if (!this.created) return;
        if (size % 2 === 0) this.hear(this.record());
        else this.messages.push({ ...this.record(), conclusive: false } as OrderEvent);
        break;
    }
    this.check();
  }

  /** The lines come to rest, the gateway asks until the order is over. */
  finish(): void {
    for (let round = 0; round < 20; round++) {
      for (const request of this.inFlight.splice(0)) this.process(request, 1 + round * 2);
      for (const message of this.messages.splice(0).reverse()) this.hear(message);
      if (isTerminal(this.row.state)) {
        if (!this.alive) return;
        throw new Error(`the row is ${this.row.state} and the order rests`);
      }
      this.hear(this.created ? this.record() : { type: 'absent' });
      if (isTerminal(this.row.state) || this.row.orderId === null) continue;
      this.inFlight.push({ kind: 'cancel', waiting: true });
      this.hear({ type: 'cancelSent', wallMs: 9 as UnixMs });
    }
    throw new Error(`still ${this.row.state} after everything was asked`);
  }
}

describe('An order’s life', () => {
  it('reserves enough at every moment and comes to the right end over any lines', () => {
    const steps = fc.array(fc.tuple(fc.nat(8), fc.nat(20), fc.nat(40)), { maxLength: 40 });
    fc.assert(
      fc.property(intentArbitrary, steps, (intent, list) => {
        const life = new Life(intent);
        for (const [action, pick, size] of list) life.step(action, pick, size);
        life.finish();
        expect(life.row.filled).toBe(life.executed);
        expect(openQuantity(life.row)).toBe(0);
        expect([life.row.pending, life.row.amend]).toEqual([null, null]);
      }),
      { numRuns: RUNS },
    );
  });

  it('ends in the same row in whatever order its facts arrive', () => {
    const history = fc.record({
      intent: intentArbitrary,
      fills: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }),
      atOnce: fc.nat(4),
      canceled: fc.boolean(),
      reason: fc.constantFrom(null, 'SelfTradeCancel'),
      shuffle: fc.array(fc.nat(), { minLength: 20, maxLength: 20 }),
    });
    fc.assert(
      fc.property(history, ({ intent, fills, atOnce, canceled, reason, shuffle }) => {
        const sum = (list: readonly number[]) => list.reduce((total, count) => total + count, 0);
        const fits = fills.filter((_, index) => sum(fills.slice(0, index + 1)) <= intent.quantity);
        const executed = sum(fits);
        const isFull = executed === intent.quantity;
        const immediate = intent.timeInForce === 'immediateOrCancel';
        const first = immediate ? executed : sum(fits.slice(0, atOnce));
        const count = (value: number) => value as Centicontracts;
        const facts: OrderEvent[] = [
          {
            type: 'accepted',
            orderId: ORDER,
            filled: count(first),
            remaining: count(immediate ? 0 : intent.quantity - first),
          },
          ...fits.map((quantity) => ({ type: 'filled', quantity: count(quantity), orderId: ORDER }) as const),
          {
            type: 'observed',
            orderId: ORDER,
            status: isFull ? 'executed' : 'canceled',
            filled: count(executed),
            remaining: count(0),
            price: intent.price,
            reason: isFull ? null : reason,
            conclusive: false,
          },
        ];
        if (first < intent.quantity && !immediate) {
          facts.push({
            type: 'observed',
            orderId: ORDER,
            status: 'resting',
            filled: count(first),
            remaining: count(intent.quantity - first),
            price: intent.price,
            reason: null,
            conclusive: false,
          });
        }
        if (canceled && !immediate && !isFull) {
          facts.push({ type: 'cancelAccepted', reducedBy: count(intent.quantity - executed) });
        }
        const play = (list: readonly OrderEvent[]) => {
          let row = advance(intend(intent), { type: 'sent', wallMs: 1 as UnixMs });
          for (const fact of list) {
            if (fact.type === 'cancelAccepted' && !isTerminal(row.state)) {
              row = advance(row, { type: 'cancelSent', wallMs: 2 as UnixMs });
            }
            row = advance(row, fact);
          }
          return row;
        };
        const order = facts.map((fact, index) => [shuffle[index]!, fact] as const).sort(([a], [b]) => a - b);
        const straight = play(facts);
        expect(play(order.map(([, fact]) => fact))).toEqual(straight);
        expect(straight.state).toBe(isFull ? 'filled' : 'canceled');
        expect([straight.filled, openQuantity(straight)]).toEqual([executed, 0]);
      }),
      { numRuns: RUNS },
    );
  });
});
