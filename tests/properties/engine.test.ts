/**
 * Invariants of the exchange's engine, after every command of any sequence:
 *
 * 1. What executes, with whom, at which price and in which order is what a plain list searched by price and time gives,
 *    and so is what is refused and why, and what rests: through pauses, closes, reopenings and changes of fees. Funding is held to its edge.
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
import type { Centicents } from '../../src/domain/units.ts';
import { EngineWorld, MARKET } from '../support/engine.ts';
import { ACCOUNTS, Comparison, checkMoney } from '../support/engine-comparison.ts';
import { Listener } from '../support/engine-listener.ts';
import { fees, price, quantity, side, steps, trading } from '../support/engine-steps.ts';
import { TENTHS } from '../support/markets.ts';

const RUNS = process.env.BOTHSIDES_LONG === '1' ? 3_000 : 250;

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
        for (const name of ACCOUNTS) {
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
