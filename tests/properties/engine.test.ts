/**
 * Invariants of the exchange's engine, after every command of any sequence:
 *
 * 1. What executes, with whom, at which price and in which order is what a plain list searched by price and time gives.
 * 2. Cash + $1 × open interest + fees = deposits, to the millionth, the crowd counted; collateral is part of cash and is
 *    what the resting orders and the position make it.
 * 3. Signed positions of a market add up to zero.
 * 4. No account trades with itself.
 * 5. Cash lies on $0.0001, no fee is below zero, and no account is ever short of cash beyond what rounding may take
 *    (less than $0.0001 an execution).
 * 6. The events alone rebuild the book, the positions and the orders.
 * 7. A smaller order keeps its place: what was ahead of a resting order never grows, whoever comes or changes.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OrderId } from '../../src/domain/ids.ts';
import type { FeeType } from '../../src/domain/market.ts';
import type { Side } from '../../src/domain/side.ts';
import { type Centicents, type Centicontracts, complement, type UnixMs } from '../../src/domain/units.ts';
import { CROWD, type NewOrder } from '../../src/exchange/embedded/model.ts';
import { EngineWorld, MARKET } from '../support/engine.ts';
import { Listener } from '../support/engine-listener.ts';
import { feesOf, TENTHS } from '../support/markets.ts';
import { PlainBook, type PlainOrder } from '../support/plain-exchange.ts';

const USERS = ['ann', 'ben', CROWD] as const;
const RUNS = process.env.BOTHSIDES_LONG === '1' ? 3_000 : 250;

const user = fc.constantFrom(...USERS);
const side = fc.constantFrom<Side>('bid', 'ask');
/** Few prices, so that orders meet; tenths of a cent among them, so that cash needs rounding. */
const price = fc.oneof(
  fc.integer({ min: 46, max: 54 }).map((cents) => cents * 100),
  fc.integer({ min: 495, max: 505 }).map((tenths) => tenths * 10),
  fc.constantFrom(10, 100, 9_900, 9_990),
) as fc.Arbitrary<Centicents>;
const quantity = fc.oneof(
  fc.integer({ min: 1, max: 20 }).map((contracts) => contracts * 100),
  fc.integer({ min: 1, max: 999 }),
) as fc.Arbitrary<Centicontracts>;
/** Which of the orders so far, from the newest back. */
const pick = fc.nat(12);

type Step =
  | ({ kind: 'create'; user: string; delayMs: number | null } & Pick<
      NewOrder,
      'side' | 'price' | 'quantity' | 'timeInForce' | 'selfTrade' | 'postOnly' | 'reduceOnly'
    >)
  | { kind: 'cancel'; pick: number }
  | { kind: 'decrease'; pick: number; by: number }
  | { kind: 'amend'; pick: number; price: Centicents; quantity: Centicontracts }
  | { kind: 'wait'; delayMs: number }
  | { kind: 'cancelAll'; user: string };

const create = fc.record({
  kind: fc.constant('create' as const),
  user,
  side,
  price,
  quantity,
  timeInForce: fc.constantFrom<NewOrder['timeInForce']>(
    'goodTillCanceled',
    'goodTillCanceled',
    'goodTillCanceled',
    'immediateOrCancel',
    'fillOrKill',
  ),
  selfTrade: fc.constantFrom<NewOrder['selfTrade']>('taker_at_cross', 'maker'),
  postOnly: fc.boolean(),
  reduceOnly: fc.boolean(),
  delayMs: fc.option(fc.integer({ min: 1, max: 5_000 })),
});
const trading: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: create },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('cancel' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('decrease' as const), pick, by: fc.nat(1_500) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('amend' as const), pick, price, quantity }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), delayMs: fc.nat(2_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancelAll' as const), user }) },
);
const steps = fc.array(trading, { minLength: 5, maxLength: 60 });
const fees = fc
  .tuple(
    fc.constantFrom<FeeType>('quadratic', 'quadratic_with_maker_fees', 'quadratic_with_combo_maker_fees'),
    fc.constantFrom(0, 0.5, 1),
  )
  .map(([type, multiplier]) => feesOf(type, multiplier));

/** What is true of an engine that has just answered. */
function checkMoney(world: EngineWorld): void {
  const { engine } = world;
  expect(world.imbalance()).toBe(0);
  const audit = engine.audit();
  expect(audit.unbalanced).toEqual([]);
  let held = 0;
  for (const name of ['ann', 'ben']) {
    const available = engine.availableCash(name).get(0)!;
    const fills = engine.fills(name);
    const collateral = collateralOf(world, name);
    held += collateral;
    expect((available + collateral) % 100).toBe(0);
    expect(available).toBeGreaterThanOrEqual(-100 * fills.length);
    for (const fill of fills) expect(fill.fee).toBeGreaterThanOrEqual(0);
  }
  expect(audit.collateral).toBe(held);
}

/** Collateral from orders and position alone: what reduces is free, a position that covers in part is spread evenly. */
function collateralOf({ engine }: EngineWorld, name: string): number {
  const position = engine.positions(name).find(({ market }) => market === MARKET)?.quantity ?? 0;
  let held = 0;
  for (const orderSide of ['bid', 'ask'] as const) {
    let size = 0n;
    let worth = 0n;
    for (const order of engine.orders(name)) {
      if (order.status !== 'resting' || order.side !== orderSide) continue;
      size += BigInt(order.remaining);
      worth += BigInt(order.remaining) * BigInt(orderSide === 'bid' ? order.price : complement(order.price));
    }
    const covered = BigInt(Math.max(0, orderSide === 'bid' ? -position : position));
    if (size > covered) held += Number(worth - (worth * covered) / size);
  }
  return held;
}

/** Runs commands on an engine and on the plain book, and compares whatever both can say. */
class Comparison {
  readonly world: EngineWorld;
  readonly plain = new PlainBook();
  readonly listener = new Listener();
  private readonly expiries = new Map<OrderId, number>();
  /** What stood before each resting order of an account when it was last seen. */
  private ahead = new Map<OrderId, number>();
  private readonly placed: { id: OrderId; user: string; side: Side }[] = [];

  constructor(schedule: ReturnType<typeof feesOf>, cash: number) {
    this.world = new EngineWorld({ fees: schedule, cash, market: { grid: TENTHS } });
    this.world.engine.events.subscribe((event) => this.listener.hear(event));
  }

  run(step: Step): void {
    const { engine } = this.world;
    switch (step.kind) {
      case 'create':
        this.create(step);
        return;
      case 'wait':
        this.world.advance(step.delayMs);
        for (const [id, expiresAtMs] of this.expiries) {
          if (expiresAtMs <= this.world.clock.now()) this.plain.remove(id);
        }
        return;
      case 'cancelAll':
        for (const order of engine.cancelAll(step.user)) this.plain.remove(order.orderId);
        expect(this.plain.orders.some((order) => order.user === step.user)).toBe(false);
        return;
      default: {
        const placed = this.placed.at(-1 - step.pick);
        if (placed === undefined) return;
        const resting = this.plain.find(placed.id);
        if (step.kind === 'cancel') {
          const answer = engine.cancel(placed.user, placed.id);
          expect(answer.ok).toBe(resting !== undefined);
          if (answer.ok) expect(answer.reducedBy).toBe(resting!.remaining);
          this.plain.remove(placed.id);
        } else if (step.kind === 'decrease') {
          const remaining = Math.max(0, (resting?.remaining ?? 0) - step.by) as Centicontracts;
          expect(engine.decreaseTo(placed.user, placed.id, remaining).ok).toBe(resting !== undefined);
          if (remaining === 0) this.plain.remove(placed.id);
          else resting!.remaining = remaining;
        } else if (placed.user !== CROWD) this.amend(placed, resting, step);
      }
    }
  }

  private create(step: Extract<Step, { kind: 'create' }>): void {
    const isResting = step.timeInForce === 'goodTillCanceled';
    const delayMs = isResting ? step.delayMs : null;
    const positionBefore = Math.round(this.world.position(step.user === CROWD ? 'ann' : step.user) * 100);
    const reduceOnly = step.reduceOnly && step.timeInForce === 'immediateOrCancel' && step.user !== CROWD;
    const asked = this.world.order(step.side, 1, 1, {
      price: step.price,
      quantity: step.quantity,
      timeInForce: step.timeInForce,
      selfTrade: step.selfTrade,
      postOnly: step.postOnly && isResting,
      reduceOnly,
      expiresAtMs: delayMs === null ? null : ((this.world.clock.now() + delayMs) as UnixMs),
    });
    const answer = this.world.engine.create(step.user, asked);
    if (!answer.ok) {
      expect(['insufficient_balance', 'invalid_order', 'fill_or_kill_insufficient_resting_volume']).toContain(
        answer.code,
      );
      return;
    }
    const { order, fills } = answer;
    const reducible = Math.max(0, step.side === 'bid' ? -positionBefore : positionBefore);
    const size = reduceOnly ? Math.min(step.quantity, reducible) : step.quantity;
    const plain: PlainOrder = { ...asked, id: order.orderId, user: step.user, remaining: size };
    const executions = this.plain.take(plain, step.selfTrade === 'maker');
    const executed = executions.reduce((sum, { quantity: part }) => sum + part, 0);
    if (step.user !== CROWD) {
      expect(fills.map((fill) => [fill.price, fill.quantity])).toEqual(
        executions.map((execution) => [execution.price, execution.quantity]),
      );
    }
    expect(order.filled).toBe(executed);
    expect(executions.every(({ maker }) => maker === CROWD || maker !== step.user)).toBe(true);
    if (asked.postOnly) expect(executed).toBe(0);
    if (isResting) expect(order.remaining).toBe(plain.remaining);
    else expect(order.remaining).toBe(0);
    if (order.status === 'resting') this.plain.rest(plain);
    if (asked.expiresAtMs !== null) this.expiries.set(order.orderId, asked.expiresAtMs);
    this.placed.push({ id: order.orderId, user: step.user, side: step.side });
  }

  private amend(
    placed: { id: OrderId; user: string; side: Side },
    resting: PlainOrder | undefined,
    step: Extract<Step, { kind: 'amend' }>,
  ): void {
    const before = this.world.engine.order(placed.user, placed.id);
    const filled = before?.filled ?? 0;
    const answer = this.world.engine.amend(placed.user, placed.id, {
      market: MARKET,
      side: placed.side,
      price: step.price,
      quantity: step.quantity,
    });
    if (!answer.ok) {
      if (resting !== undefined) {
        expect([
          'insufficient_balance',
          'invalid_order',
          'self_cross_attempt',
          'invalid_amend_quantity_for_order',
        ]).toContain(answer.code);
      }
      return;
    }
    this.ahead.delete(placed.id);
    const wanted = step.quantity - filled;
    if (step.price === resting!.price && wanted <= resting!.remaining) {
      if (wanted === 0) this.plain.remove(placed.id);
      else resting!.remaining = wanted;
      return;
    }
    this.plain.remove(placed.id);
    const moved: PlainOrder = { ...resting!, price: step.price, remaining: wanted };
    const executions = this.plain.take(moved, false);
    expect(answer.fills.map((fill) => [fill.price, fill.quantity])).toEqual(
      executions.map((execution) => [execution.price, execution.quantity]),
    );
    expect(answer.order.remaining).toBe(moved.remaining);
    if (moved.remaining > 0) this.plain.rest(moved);
  }

  check(): void {
    const { engine } = this.world;
    const { bids, asks } = engine.book(MARKET);
    expect(bids).toEqual(this.plain.levels('bid'));
    expect(asks).toEqual(this.plain.levels('ask'));
    const ahead = new Map<OrderId, number>();
    for (const { id, user } of this.plain.orders) {
      if (user === CROWD) continue;
      const now = engine.queueAhead(id)!;
      expect(now).toBeLessThanOrEqual(this.ahead.get(id) ?? Number.POSITIVE_INFINITY);
      ahead.set(id, now);
    }
    this.ahead = ahead;
    checkMoney(this.world);
    this.listener.check(this.world);
  }
}

describe('the engine', () => {
  it('does what a plain list searched by price and time does, loses no money and tells everything', () => {
    fc.assert(
      fc.property(fees, fc.constantFrom(3, 20, 1_000), steps, (schedule, cash, commands) => {
        const comparison = new Comparison(schedule, cash);
        for (const step of commands) {
          comparison.run(step);
          comparison.check();
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('pays out exactly what was paid in, whatever the result', () => {
    const value = fc.constantFrom(['yes', 10_000] as const, ['no', 0] as const, ['scalar', 3_333] as const);
    fc.assert(
      fc.property(fees, steps, value, (schedule, commands, [result, worth]) => {
        const comparison = new Comparison(schedule, 20);
        for (const step of commands) comparison.run(step);
        const { world } = comparison;
        world.engine.determine(MARKET, result, worth as Centicents);
        checkMoney(world);
        world.advance(60_000);
        checkMoney(world);
        expect(world.engine.audit()).toMatchObject({ openInterest: 0, collateral: 0 });
        for (const name of ['ann', 'ben']) {
          const gained = world.engine
            .positions(name)
            .reduce((sum, { realizedPnl, fees: paid }) => sum + realizedPnl - paid, 0);
          expect(world.engine.availableCash(name).get(0)).toBe(20_000_000 + gained);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('keeps its books whatever a recording does to the crowd', () => {
    const recorded = fc.record({
      kind: fc.constantFrom(
        'add' as const,
        'removeTail' as const,
        'removeHead' as const,
        'execute' as const,
        'take' as const,
      ),
      side,
      price,
      quantity,
    });
    const replaced = fc.record({
      kind: fc.constant('replace' as const),
      levels: fc.uniqueArray(fc.tuple(price, quantity), { selector: ([at]) => at, maxLength: 5 }),
    });
    const mixed = fc.array(
      fc.oneof(
        { weight: 6, arbitrary: recorded },
        { weight: 1, arbitrary: replaced },
        { weight: 5, arbitrary: trading },
      ),
      { minLength: 5, maxLength: 50 },
    );
    fc.assert(
      fc.property(fees, mixed, (schedule, commands) => {
        const world = new EngineWorld({ fees: schedule, cash: 20, market: { grid: TENTHS } });
        const listener = new Listener();
        world.engine.events.subscribe((event) => {
          listener.hear(event);
          if (event.type !== 'bookReplaced') return;
          const book = world.engine.book(MARKET);
          listener.levels.bid = new Map(book.bids);
          listener.levels.ask = new Map(book.asks);
        });
        for (const step of commands) {
          const { engine } = world;
          if (step.kind === 'add') engine.crowdAdd(MARKET, step.side, step.price, step.quantity);
          else if (step.kind === 'removeTail' || step.kind === 'removeHead') {
            const there = engine.crowdQuantity(MARKET, step.side, step.price);
            const from = step.kind === 'removeTail' ? 'tail' : 'head';
            const removed = engine.crowdRemove(MARKET, step.side, step.price, step.quantity, from);
            expect(removed).toBe(Math.min(there, step.quantity));
            expect(engine.crowdQuantity(MARKET, step.side, step.price)).toBe(there - removed);
          } else if (step.kind === 'execute') {
            const { accounts, crowd } = engine.crowdExecute(MARKET, step.side, step.price, step.quantity);
            expect(accounts + crowd).toBeLessThanOrEqual(step.quantity);
          } else if (step.kind === 'take') {
            expect(engine.crowdTake(MARKET, step.side, step.price, step.quantity)).toBeLessThanOrEqual(step.quantity);
          } else if (step.kind === 'replace') {
            const bids = step.levels.filter(([at]) => at < 5_000);
            const asks = step.levels.filter(([at]) => at >= 5_000);
            engine.crowdReplace(MARKET, bids, asks);
            for (const [at, size] of bids) expect(engine.crowdQuantity(MARKET, 'bid', at)).toBe(size);
          } else if (step.kind === 'create') {
            engine.create(step.user, world.order(step.side, 1, 1, { ...step, postOnly: false, reduceOnly: false }));
          } else if (step.kind === 'cancelAll') engine.cancelAll(step.user);
          checkMoney(world);
          listener.check(world);
        }
      }),
      { numRuns: RUNS },
    );
  });
});
