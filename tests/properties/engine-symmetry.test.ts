/**
 * Invariants of the exchange's engine that compare two of it, or parts of one:
 *
 * 1. Yes and no are one market seen from two sides: whoever does everything on the other side at the complement of the
 *    price is filled by the same orders at the complement, pays the same fees, has the same cash and the opposite position,
 *    and is paid the same when the result is the opposite one.
 * 2. A shard's money is its own: on each, cash + $1 × open interest + fees = what was paid in there, and what is done on
 *    one shard changes no cash on another.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { named, type OrderId, type Ticker } from '../../src/domain/ids.ts';
import type { FeeSchedule, MarketResult } from '../../src/domain/market.ts';
import { opposite, type Side } from '../../src/domain/side.ts';
import { type Centicents, type Centicontracts, complement, type Microdollars } from '../../src/domain/units.ts';
import { dollars, EngineWorld, listedWith, MARKET } from '../support/engine.ts';
import { ACCOUNTS, collateralOf } from '../support/engine-comparison.ts';
import { create, fees, type TradingStep, tradingSteps } from '../support/engine-steps.ts';
import { TENTHS } from '../support/markets.ts';

const RUNS = process.env.BOTHSIDES_LONG === '1' ? 2_000 : 120;

/** One of two engines that are given the same commands, seen from the yes or from the no side. */
class Half {
  readonly world: EngineWorld;
  private readonly isMirror: boolean;
  private readonly placed: { id: OrderId; user: string; side: Side }[] = [];

  constructor(world: EngineWorld, isMirror: boolean) {
    this.world = world;
    this.isMirror = isMirror;
  }

  /** What it answered, as seen from the yes side, without names. */
  run(step: TradingStep): unknown {
    const { engine } = this.world;
    if (step.kind === 'wait') return this.world.advance(step.delayMs);
    if (step.kind === 'cancelAll') return engine.cancelAll(step.user).length;
    if (step.kind === 'create') {
      const { kind, user, delayMs, beyondMost, ...asked } = step;
      const isResting = asked.timeInForce === 'goodTillCanceled';
      const order = this.world.order(this.side(asked.side), 1, 1, {
        ...asked,
        side: this.side(asked.side),
        price: this.price(asked.price),
        postOnly: asked.postOnly && isResting,
        reduceOnly: asked.reduceOnly && asked.timeInForce === 'immediateOrCancel',
      });
      const answer = engine.create(user, order);
      if (answer.ok) this.placed.push({ id: answer.order.orderId, user, side: order.side });
      return this.told(answer);
    }
    const placed = this.placed.at(-1 - step.pick);
    if (placed === undefined) return null;
    const { id, user, side } = placed;
    if (step.kind === 'cancel') return this.told(engine.cancel(user, id));
    if (step.kind === 'decrease') {
      const remaining = (engine.order(user, id)?.remaining ?? 0) - step.by;
      return this.told(engine.decreaseTo(user, id, Math.max(0, remaining) as Centicontracts));
    }
    const { quantity } = step;
    const own = engine.order(user, id)?.price ?? this.price(step.price ?? (5_000 as Centicents));
    const price = step.price === null ? own : this.price(step.price);
    return this.told(engine.amend(user, id, { market: MARKET, side, price, quantity }));
  }

  /** Everything that shows, as seen from the yes side. */
  state(): unknown {
    const { engine } = this.world;
    const { bids, asks } = engine.book(MARKET);
    return {
      bids: this.isMirror ? asks.map(([at, size]) => [this.price(at), size]).reverse() : bids,
      asks: this.isMirror ? bids.map(([at, size]) => [this.price(at), size]).reverse() : asks,
      audit: { ...engine.audit(), cash: null, openInterest: null, deposits: null },
      accounts: ACCOUNTS.map((name) => ({
        cash: engine.availableCash(name).get(0),
        worth: engine.portfolioValue(name),
        positions: engine
          .positions(name)
          .map((position) => ({ ...position, quantity: (this.isMirror ? -1 : 1) * position.quantity + 0 })),
        fills: engine
          .fills(name)
          .map(({ price, quantity, fee, isTaker }) => [this.price(price), quantity, fee, isTaker]),
        paid: engine.settlements(name).map(({ revenue, fee }) => [revenue, fee]),
      })),
    };
  }

  settle(result: MarketResult, value: Centicents): void {
    const other: Record<MarketResult, MarketResult> = { yes: 'no', no: 'yes', scalar: 'scalar' };
    this.world.engine.determine(MARKET, this.isMirror ? other[result] : result, this.price(value));
    this.world.advance(60_000);
  }

  private side(of: Side): Side {
    return this.isMirror ? opposite(of) : of;
  }

  private price(at: Centicents): Centicents {
    return this.isMirror ? complement(at) : at;
  }

  private told(answer: {
    readonly ok: boolean;
    readonly code?: string;
    readonly order?: { readonly filled: number; readonly remaining: number; readonly status: string };
  }): unknown {
    const { ok, code, order } = answer;
    return { ok, code, filled: order?.filled, remaining: order?.remaining, status: order?.status };
  }
}

describe('yes and no', () => {
  it('are one market seen from two sides, to the last millionth and to the end', () => {
    const value = fc.constantFrom(['yes', 10_000] as const, ['no', 0] as const, ['scalar', 3_333] as const);
    fc.assert(
      fc.property(
        fees,
        fc.constantFrom(3, 20, 1_000),
        tradingSteps,
        value,
        (schedule, cash, commands, [result, worth]) => {
          const worldOf = () => new EngineWorld({ fees: schedule, cash, market: { grid: TENTHS } });
          const yes = new Half(worldOf(), false);
          const no = new Half(worldOf(), true);
          for (const step of commands) {
            expect(no.run(step)).toEqual(yes.run(step));
            expect(no.state()).toEqual(yes.state());
          }
          yes.settle(result, worth as Centicents);
          no.settle(result, worth as Centicents);
          expect(no.state()).toEqual(yes.state());
        },
      ),
      { numRuns: RUNS },
    );
  });
});

describe('a shard’s money', () => {
  const SHARDS = [0, 1, 2] as const;
  const tickerOf = (shard: number) => named<Ticker>(`KXTEST-SHARD${shard}`);
  const worldOf = (schedule: FeeSchedule) => {
    const world = new EngineWorld({ fees: schedule, cash: 5, market: { grid: TENTHS } });
    for (const shard of SHARDS) {
      world.engine.addMarket(listedWith({ ticker: tickerOf(shard), exchangeIndex: shard, grid: TENTHS }));
      for (const name of ACCOUNTS) if (shard > 0) world.engine.deposit(name, shard, dollars(5));
    }
    return world;
  };

  it('is its own: it neither leaves it nor comes from another, and adds up on each', () => {
    const order = fc.record({ shard: fc.constantFrom(...SHARDS), step: create });
    fc.assert(
      fc.property(fees, fc.array(order, { minLength: 5, maxLength: 50 }), (schedule, orders) => {
        const world = worldOf(schedule);
        const { engine } = world;
        const cashOf = (shard: number) => ACCOUNTS.map((name) => engine.availableCash(name).get(shard)!);
        for (const { shard, step } of orders) {
          const before = SHARDS.map(cashOf);
          const user = step.user === 'ben' ? 'ben' : 'ann';
          engine.create(
            user,
            world.order(step.side, 1, 1, { ...step, market: tickerOf(shard), postOnly: false, reduceOnly: false }),
          );
          for (const other of SHARDS) {
            if (other !== shard) expect(cashOf(other)).toEqual(before[other]);
            expect(paidIn(other)).toBe(ACCOUNTS.length * dollars(5));
          }
        }

        /** Cash, collateral, $1 for each long contract, fees. */
        function paidIn(shard: number): Microdollars {
          let sum = 0;
          for (const name of ACCOUNTS) {
            sum += engine.availableCash(name).get(shard)!;
            for (const { exchangeIndex, quantity } of engine.positions(name)) {
              if (exchangeIndex === shard) sum += Math.max(0, quantity) * 10_000;
            }
            for (const fill of engine.fills(name)) if (fill.exchangeIndex === shard) sum += fill.fee;
            sum += collateralOf(world, name, tickerOf(shard));
          }
          return sum as Microdollars;
        }
      }),
      { numRuns: RUNS },
    );
  });
});
