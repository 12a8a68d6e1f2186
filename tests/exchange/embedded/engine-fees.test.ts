import { describe, expect, it } from 'vitest';
import { type EventTicker, named, type SeriesTicker } from '../../../src/domain/ids.ts';
import type { UnixMs } from '../../../src/domain/units.ts';
import { CROWD } from '../../../src/exchange/embedded/model.ts';
import { dollars, EngineWorld, MARKET } from '../../support/engine.ts';
import { feesOf, NOON_MS } from '../../support/markets.ts';

const SERIES = named<SeriesTicker>('KXTEST');
const EVENT = named<EventTicker>('KXTEST');
const IOC = { timeInForce: 'immediateOrCancel' } as const;
const at = (ms: number) => (NOON_MS + ms) as UnixMs;

/** What a taker pays for 100 at 50 cents: $1.75 at the usual fees. */
function taken(world: EngineWorld): number {
  world.place(CROWD, 'ask', 50, 100);
  return world.place('ben', 'bid', 50, 100, IOC).fills[0]!.fee;
}

describe('announced fees', () => {
  it('of a series hold from their time on, by the market clock', () => {
    const world = new EngineWorld();
    world.engine.changeSeriesFees(SERIES, feesOf('quadratic', 0.5), at(1_000));
    expect(taken(world)).toBe(dollars(1.75));
    world.advance(999);
    expect(taken(world)).toBe(dollars(1.75));
    world.advance(1);
    expect(world.engine.feesOf(MARKET)).toEqual(feesOf('quadratic', 0.5));
    expect(world.engine.series(SERIES)?.fees).toEqual(feesOf('quadratic', 0.5));
    expect(taken(world)).toBe(dollars(0.875));
    expect(world.imbalance()).toBe(0);
  });

  it('of an event beat the series from their time on, until their end', () => {
    const world = new EngineWorld();
    world.engine.changeEventFees(EVENT, feesOf('quadratic', 2), at(1_000));
    world.engine.changeEventFees(EVENT, null, at(2_000));
    world.engine.changeSeriesFees(SERIES, feesOf('quadratic', 0), at(1_500));
    const fees: number[] = [];
    for (let second = 0; second < 5; second++) {
      fees.push(taken(world));
      world.advance(500);
    }
    expect(fees).toEqual([1.75, 1.75, 3.5, 3.5, 0].map(dollars));
  });

  it('hold at once when their time is past, and at the moment itself even if no timer has fired yet', () => {
    const world = new EngineWorld();
    world.engine.changeSeriesFees(SERIES, feesOf('quadratic', 0.5), at(-1));
    expect(taken(world)).toBe(dollars(0.875));
    let now = NOON_MS;
    const late = new EngineWorld({
      engine: { market: { now: () => now, setTimeout: () => null, clearTimeout: () => undefined } },
    });
    late.engine.changeSeriesFees(SERIES, feesOf('quadratic', 0), at(1_000));
    late.place(CROWD, 'ask', 50, 100);
    now = at(1_000);
    expect(late.place('ben', 'bid', 50, 100, IOC).fills[0]!.fee).toBe(0);
  });

  it('are told when they begin, and listed from their announcement on', () => {
    const world = new EngineWorld();
    world.engine.changeEventFees(EVENT, feesOf('quadratic', 2), at(1_000));
    world.engine.changeSeriesFees(SERIES, feesOf('quadratic', 0), at(500));
    expect(world.engine.feeChanges()).toMatchObject([
      { series: SERIES, event: EVENT, fees: feesOf('quadratic', 2), atMs: at(1_000) },
      { series: SERIES, event: null, fees: feesOf('quadratic', 0), atMs: at(500) },
    ]);
    expect(new Set(world.engine.feeChanges().map(({ id }) => id)).size).toBe(2);
    world.advance(1_000);
    const told = world.events.flatMap((event) =>
      event.type === 'feesChanged' ? [[event.change.event, event.atMs]] : [],
    );
    expect(told).toEqual([
      [null, at(500)],
      [EVENT, at(1_000)],
    ]);
  });

  it('are paid by orders that rest already; those that the dearer fees leave without cover go, the newest first', () => {
    const world = new EngineWorld({ cash: 10.3 });
    const first = world.place('ann', 'bid', 50, 10);
    const second = world.place('ann', 'bid', 50, 10);
    world.engine.changeSeriesFees(SERIES, feesOf('quadratic_with_maker_fees'), at(0));
    // 20 at .50 as a maker cost at most .0875 more: that is there.
    expect(world.engine.order('ann', second.id)?.status).toBe('resting');
    world.engine.changeSeriesFees(SERIES, feesOf('quadratic_with_maker_fees', 8), at(0));
    // Now it would be .70 in all, .35 an order.
    expect(world.engine.order('ann', second.id)).toMatchObject({ status: 'canceled', updateReason: 'MarginCancel' });
    expect(world.engine.order('ann', first.id)?.status).toBe('resting');
    world.place('ben', 'ask', 50, 10);
    expect(world.engine.fills('ann')[0]!.fee).toBe(dollars(0.35));
    expect(world.cash('ann')).toBe(4.95);
    expect(world.imbalance()).toBe(0);
  });
});
