/** Invariant of the property: figures of several runs together are those of one run that is all of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Touch } from '../../src/analytics/markouts.ts';
import { addTallies, EMPTY_TALLY, figuresOf, type SeenMarket, tallyOf } from '../../src/analytics/run-tally.ts';
import { StepPath } from '../../src/analytics/step-path.ts';
import { named, type Ticker } from '../../src/domain/ids.ts';
import type { Side } from '../../src/domain/side.ts';
import { microdollars } from '../../src/domain/units.ts';
import { entry, fill, ONE, TWO, touch } from './facts.ts';

const money = (realized: number, unrealized: number, fees: number) => ({
  realizedPnl: microdollars(realized),
  unrealizedPnl: microdollars(unrealized),
  fees: microdollars(fees),
});
function seen(bid: number, ask: number, toMs: number): SeenMarket {
  const touches = new StepPath<Touch | null>();
  touches.set(0, touch(bid, ask));
  return { touches, open: [{ fromMs: 0, toMs }] };
}

describe('The figures of a run', () => {
  it('come from its journal, market by market', () => {
    const entries = [
      entry(0, 'run.started', {}),
      entry(10_000, 'fill.received', fill(10_000, 'bid', 48, 3)),
      entry(20_000, 'fill.received', fill(20_000, 'ask', 81, 1, { market: TWO, isTaker: true })),
    ];
    const markets = new Map([
      [ONE, seen(49, 51, 100_000)],
      [TWO, seen(79, 81, 100_000)],
    ]);
    const tally = tallyOf(entries, markets, money(-10_000, 50_000, 20_000));
    expect(tally).toMatchObject({ fills: 2, contracts: 400, makerContracts: 300, twoSidedMs: 0 });
    const figures = figuresOf(tally);
    expect(figures).toMatchObject({ makerShare: 0.75, netPnl: 20_000, twoSidedShare: 0 });
    // 2¢ for 4 contracts.
    expect(figures.netCentsPerContract).toBe(0.5);
    // 2¢ on three contracts, 1¢ on one.
    expect(figures.capturedCents).toBe(1.75);
    expect(figures.markoutCents).toEqual([1.75, 1.75, 1.75]);
    // Three contracts for 90 s of 100, one for 80 s of 100: both markets count their own time.
    expect(figures.positionMeanAbsolute).toBeCloseTo((3 * 90 + 1 * 80) / 200, 12);
  });

  it('are silent where there is nothing to divide by', () => {
    expect(figuresOf(EMPTY_TALLY)).toEqual({
      makerShare: null,
      netPnl: 0,
      netCentsPerContract: null,
      capturedCents: null,
      markoutCents: [null, null, null],
      positionDeviation: null,
      positionMeanAbsolute: null,
      twoSidedShare: null,
    });
  });
});

describe('The figures of several runs', () => {
  const run = fc.record({
    fills: fc.array(
      fc.tuple(
        fc.nat(90_000),
        fc.constantFrom<Side>('bid', 'ask'),
        fc.integer({ min: 1, max: 99 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
      ),
      { maxLength: 6 },
    ),
    bid: fc.integer({ min: 1, max: 98 }),
    realized: fc.integer({ min: -1e9, max: 1e9 }),
    fees: fc.nat(1e6),
  });

  it('are those of one run that is all of them', () => {
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 4 }), (runs) => {
        const parts = runs.map(({ fills, bid, realized, fees }, index) => {
          const market: Ticker = named(`KXRUN-${index}`);
          const entries = fills.map(([ms, side, cents, contracts, isTaker]) =>
            entry(ms, 'fill.received', fill(ms, side, cents, contracts, { market, isTaker })),
          );
          return { entries, market, seen: seen(bid, bid + 1, 100_000), money: money(realized, 0, fees) };
        });
        const added = parts
          .map((part) => tallyOf(part.entries, new Map([[part.market, part.seen]]), part.money))
          .reduce(addTallies, EMPTY_TALLY);
        const sum = (key: 'realizedPnl' | 'fees') => parts.reduce((all, part) => all + part.money[key], 0);
        const whole = tallyOf(
          parts.flatMap(({ entries }) => entries),
          new Map(parts.map((part) => [part.market, part.seen])),
          money(sum('realizedPnl'), 0, sum('fees')),
        );
        expect(added).toEqual(whole);
        expect(figuresOf(added)).toEqual(figuresOf(whole));
      }),
    );
  });
});
