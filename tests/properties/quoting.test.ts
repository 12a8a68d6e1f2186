/**
 * Invariants of quoting, for any market, book, inventory, volatility and bounds:
 *
 * 1. Nothing is not a number, and what is decided is JSON.
 * 2. A bid is below an ask; both are on the market's grid; both have a size of at least the smallest order.
 * 3. Neither reaches the opposite touch of the full book.
 * 4. Inventory never passes the limit less its buffer, whichever quote fills.
 * 5. The two quotes are at least the fee floor apart: they pay both legs' maker fees and margins.
 * 6. Seen from the other outcome (prices 1 − p, sides and position turned) the quotes are the same quotes turned.
 * 7. More inventory never raises a price.
 * 8. Putting our quotes into the full book changes nothing.
 * 9. An exit is never larger than the position, on the side that reduces it, within the slippage allowed when it crosses
 *    or works, on the grid, and passive unless it is an immediateOrCancel; its mirror image is the mirror's exit; it
 *    never becomes less eager with age.
 * 10. What is wanted is kept once it works; keeping is the same for both outcomes.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BookReading } from '../../src/book/read-book.ts';
import { tradeFee } from '../../src/domain/fees.ts';
import { type FeeType, PriceGrid, WHOLE_CENTS } from '../../src/domain/market.ts';
import { opposite } from '../../src/domain/side.ts';
import { type Centicents, type Centicontracts, complement } from '../../src/domain/units.ts';
import { decide } from '../../src/quoting/decide.ts';
import type { DecideInput, Desired } from '../../src/quoting/decision.ts';
import { decideExit, type ExitInput, type ExitOrder } from '../../src/quoting/exit.ts';
import { keeps } from '../../src/quoting/keep.ts';
import type { Regime } from '../../src/settings/schema.ts';
import { PLAIN } from '../support/default-settings.ts';
import { feesOf, price, TAPERED, TENTHS } from '../support/markets.ts';

/** Ten times as many in the long run. */
const RUNS = process.env.BOTHSIDES_LONG === '1' ? 10_000 : 1_000;
const UNEVEN = new PriceGrid([
  { start: price(0), end: price(50), step: price(0.5) },
  { start: price(50), end: price(100), step: price(2) },
]);

/** Turns a grid around 50¢. */
function mirrorGrid(grid: PriceGrid): PriceGrid {
  return new PriceGrid(
    grid.ranges.map(({ start, end, step }) => ({ start: complement(end), end: complement(start), step })).reverse(),
  );
}

const grids = fc.constantFrom(WHOLE_CENTS, TENTHS, TAPERED, UNEVEN);
const regimes = fc.constantFrom<Regime>('UNKNOWN', 'CHAOTIC', 'NOISE', 'QUIET', 'TRENDING', 'MEAN_REVERTING');
const fees = fc
  .tuple(
    fc.constantFrom<FeeType>('quadratic', 'quadratic_with_maker_fees', 'quadratic_with_combo_maker_fees'),
    fc.constantFrom(0, 0.5, 1, 2),
  )
  .map(([type, multiplier]) => feesOf(type, multiplier));

const allowed = (grid: PriceGrid) => {
  const prices: Centicents[] = [];
  for (let at: Centicents | null = grid.lowest(); at !== null; at = grid.above(at)) prices.push(at);
  return prices;
};
const ALLOWED = new Map([WHOLE_CENTS, TENTHS, TAPERED, UNEVEN].map((grid) => [grid, allowed(grid)]));

/** Two allowed prices, the lower first. */
const touches = (grid: PriceGrid) => {
  const prices = ALLOWED.get(grid)!;
  return fc
    .tuple(fc.nat(prices.length - 2), fc.nat(40))
    .map(([at, width]) => ({ bid: prices[at]!, ask: prices[Math.min(at + 1 + width, prices.length - 1)]! }));
};

const quotingSettings = fc
  .record({
    gammaPerCent: fc.double({ min: 0.001, max: 1, noNaN: true }),
    kPerCent: fc.double({ min: 0.05, max: 5, noNaN: true }),
    horizonSeconds: fc.integer({ min: 1, max: 3600 }),
    tightSpreadCents: fc.constantFrom(0.1, 1, 2, 3.7),
    wideSpreadCents: fc.constantFrom(2, 5, 10, 30),
    throttledSpreadCentsMax: fc.constantFrom(5, 15, 40),
    feeFloorMarginCents: fc.constantFrom(0, 0.1, 0.7),
    positionContractsMax: fc.constantFrom(2, 10, 100),
    capacityBuffer: fc.constantFrom(0, 0.05, 0.1),
    improveCentsMin: fc.constantFrom(0, 0.2, 1.5),
  })
  .map((quoting) => ({
    ...PLAIN,
    quoting: { ...PLAIN.quoting, ...quoting },
    discovery: { ...PLAIN.discovery, midCentsMin: 0, midCentsMax: 100 },
  }));

const inputs: fc.Arbitrary<DecideInput> = grids.chain((grid) =>
  fc
    .record({
      touch: touches(grid),
      fees,
      position: fc.integer({ min: -1200, max: 1200 }),
      sigma: fc.oneof(fc.double({ min: 0, max: 0.5, noNaN: true }), fc.constantFrom(0, 1, 50)),
      regime: regimes,
      secondsToClose: fc.oneof(fc.integer({ min: 1, max: 10_000 }), fc.constant(Infinity)),
      widenCents: fc.constantFrom(0, 0, 2, 7.5),
      sides: fc.constantFrom<DecideInput['sides']>('both', 'both', 'both', 'bidOnly', 'askOnly'),
      quantity: fc.integer({ min: 1, max: 2_000 }),
      depthContracts: fc.constantFrom(5, 99, 100, 5000),
      settings: quotingSettings,
    })
    .map(({ touch, fees: schedule, position, sigma, regime, depthContracts, quantity, ...rest }) => ({
      ...rest,
      market: { grid, fees: schedule },
      reading: readingOfTouch(touch, depthContracts),
      touch,
      position: position as Centicontracts,
      quantity: quantity as Centicontracts,
      signals: { sigmaCentsPerSqrtSecond: sigma, regime },
    })),
);

function readingOfTouch({ bid, ask }: { bid: Centicents; ask: Centicents }, depthContracts: number): BookReading {
  const mid = (bid + ask) / 200;
  return {
    bid,
    ask,
    bidSize: 100 as Centicontracts,
    askSize: 100 as Centicontracts,
    midCents: mid,
    spreadCents: (ask - bid) / 100,
    micropriceCents: mid,
    imbalance: 0,
    depthContracts,
  };
}

const turned = (at: Centicents | null) => (at === null ? null : complement(at));

function mirror<T extends Pick<DecideInput, 'market' | 'reading' | 'touch' | 'position'>>(input: T): T {
  const reading = input.reading;
  return {
    ...input,
    market: { ...input.market, grid: mirrorGrid(input.market.grid) },
    reading:
      reading === null
        ? null
        : readingOfTouch({ bid: complement(reading.ask), ask: complement(reading.bid) }, reading.depthContracts),
    touch: { bid: turned(input.touch.ask), ask: turned(input.touch.bid) },
    position: -input.position as Centicontracts,
  };
}
function mirrorInput(input: DecideInput): DecideInput {
  const sides = { both: 'both', bidOnly: 'askOnly', askOnly: 'bidOnly' } as const;
  return { ...mirror(input), sides: sides[input.sides] };
}
function mirrorOrder<T extends Desired>(order: T | null): T | null {
  return order === null ? null : { ...order, side: opposite(order.side), price: complement(order.price) };
}

function check(property: (input: DecideInput) => void): void {
  fc.assert(fc.property(inputs, property), { numRuns: RUNS });
}

describe('whatever is decided', () => {
  it('quotes something in most of what is tried here: the invariants below are not empty', () => {
    const quoted = fc.sample(inputs, 500).filter((input) => decide(input).bid !== null).length;
    expect(quoted).toBeGreaterThan(150);
  });

  it('has only numbers in it (1)', () => {
    check((input) => {
      const decision = decide(input);
      // JSON turns what is no number into null, so an equal copy has none.
      expect(JSON.parse(JSON.stringify(decision))).toEqual(decision);
    });
  });

  it('has a bid below an ask, on the grid, of a size that exists, or a reason (2)', () => {
    check((input) => {
      const { bid, ask, explain } = decide(input);
      if (bid !== null && ask !== null) expect(bid.price).toBeLessThan(ask.price);
      for (const order of [bid, ask]) {
        if (order === null) continue;
        expect(input.market.grid.isOnGrid(order.price)).toBe(true);
        expect(order.quantity).toBeGreaterThanOrEqual(input.settings.quoting.quantityContractsMin * 100);
        expect(order.quantity).toBeLessThanOrEqual(input.quantity);
        expect(Number.isInteger(order.quantity)).toBe(true);
      }
      expect(bid === null).toBe(explain.whyNoBid !== null);
      expect(ask === null).toBe(explain.whyNoAsk !== null);
    });
  });

  it('never reaches the opposite touch (3)', () => {
    check((input) => {
      const { bid, ask } = decide(input);
      if (bid !== null) expect(bid.price).toBeLessThan(input.touch.ask!);
      if (ask !== null) expect(ask.price).toBeGreaterThan(input.touch.bid!);
    });
  });

  it('never takes inventory past the limit less its buffer (4)', () => {
    check((input) => {
      const { bid, ask } = decide(input);
      const { positionContractsMax, capacityBuffer } = input.settings.quoting;
      const limit = positionContractsMax * (1 - capacityBuffer) * 100 + 1e-6;
      if (bid !== null) expect(input.position + bid.quantity).toBeLessThanOrEqual(limit);
      if (ask !== null) expect(input.position - ask.quantity).toBeGreaterThanOrEqual(-limit);
    });
  });

  it('pays both legs’ fees and margins (5)', () => {
    check((input) => {
      const { bid, ask } = decide(input);
      if (bid === null || ask === null) return;
      const { fees: schedule } = input.market;
      const lots = input.quantity;
      const paid = tradeFee(schedule, bid.price, lots, false) + tradeFee(schedule, ask.price, lots, false);
      const margins = 2 * input.settings.quoting.feeFloorMarginCents * 100 * lots;
      // Two fees are each rounded up to $0.000001.
      expect((ask.price - bid.price) * lots).toBeGreaterThanOrEqual(paid + margins - 2);
    });
  });

  it('is the same seen from the other outcome (6)', () => {
    check((input) => {
      const here = decide(input);
      const there = decide(mirrorInput(input));
      expect(there.bid).toEqual(mirrorOrder(here.ask));
      expect(there.ask).toEqual(mirrorOrder(here.bid));
      expect(there.explain.whyNoBid).toBe(here.explain.whyNoAsk);
    });
  });

  it('never raises a price because inventory grew (7)', () => {
    fc.assert(
      fc.property(inputs, fc.integer({ min: 1, max: 500 }), (input, more) => {
        const less = decide(input);
        const grown = decide({ ...input, position: (input.position + more) as Centicontracts });
        if (less.bid !== null && grown.bid !== null) expect(grown.bid.price).toBeLessThanOrEqual(less.bid.price);
        if (less.ask !== null && grown.ask !== null) expect(grown.ask.price).toBeLessThanOrEqual(less.ask.price);
      }),
      { numRuns: RUNS },
    );
  });

  it('is not changed by our own quotes in the full book (8)', () => {
    check((input) => {
      const before = decide(input);
      const touch = {
        bid: Math.max(input.touch.bid!, before.bid?.price ?? 0) as Centicents,
        ask: Math.min(input.touch.ask!, before.ask?.price ?? 10_000) as Centicents,
      };
      const after = decide({ ...input, touch });
      expect([after.bid, after.ask]).toEqual([before.bid, before.ask]);
    });
  });

  it('is kept once it works, and keeping is the same for both outcomes (10)', () => {
    fc.assert(
      fc.property(inputs, fc.integer({ min: -30, max: 30 }), (input, steps) => {
        const { grid } = input.market;
        const decision = decide(input);
        const { bid } = decision;
        if (bid === null) return;
        const context = { grid, settings: input.settings };
        expect(keeps(bid, bid, decision, context)).toBe(true);
        const prices = ALLOWED.get(grid)!;
        const at = prices[prices.indexOf(bid.price) + steps];
        if (at === undefined) return;
        const working = { ...bid, price: at };
        const mirrored = {
          bid: mirrorOrder(decision.ask),
          ask: mirrorOrder(decision.bid),
          explain: decision.explain,
        };
        expect(
          keeps(mirrorOrder(working)!, mirrored.ask, mirrored, { grid: mirrorGrid(grid), settings: input.settings }),
        ).toBe(keeps(working, bid, decision, context));
      }),
      { numRuns: RUNS },
    );
  });
});

const exits: fc.Arbitrary<ExitInput> = grids.chain((grid) =>
  fc
    .record({
      touch: touches(grid),
      position: fc.integer({ min: -1500, max: 1500 }),
      ageMs: fc.integer({ min: 0, max: 40_000 }),
      manner: fc.constantFrom<ExitInput['manner']>('rest', 'work', 'cross'),
      referenceCents: fc.option(fc.integer({ min: 1, max: 199 }).map((halves) => halves / 2)),
      slippageCentsMax: fc.constantFrom(0, 0.5, 4),
    })
    .map(({ touch, position, slippageCentsMax, ...rest }) => ({
      ...rest,
      market: { grid },
      reading: readingOfTouch(touch, 1000),
      touch,
      position: position as Centicontracts,
      settings: { exit: { ...PLAIN.exit, slippageCentsMax } },
    })),
);

describe('whatever way out is decided (9)', () => {
  it('reduces, never by more than the position, within its limit and on the grid', () => {
    fc.assert(
      fc.property(exits, (input) => {
        const { order, whyNot, limitCents } = decideExit(input);
        expect(order === null).toBe(whyNot !== null);
        if (order === null) return;
        expect(order.side).toBe(input.position > 0 ? 'ask' : 'bid');
        expect(order.quantity).toBe(Math.abs(input.position));
        expect(input.market.grid.isOnGrid(order.price)).toBe(true);
        const crosses = order.side === 'ask' ? order.price <= input.touch.bid! : order.price >= input.touch.ask!;
        expect(crosses).toBe(order.timeInForce === 'immediateOrCancel');
        expect(order.postOnly).toBe(!crosses);
        if (input.manner === 'rest') return;
        if (order.side === 'ask') expect(order.price).toBeGreaterThanOrEqual(limitCents * 100 - 1e-6);
        else expect(order.price).toBeLessThanOrEqual(limitCents * 100 + 1e-6);
      }),
      { numRuns: RUNS },
    );
  });

  it('is the same seen from the other outcome', () => {
    fc.assert(
      fc.property(exits, (input) => {
        const there = decideExit({
          ...input,
          market: { grid: mirrorGrid(input.market.grid) },
          touch: { bid: turned(input.touch.ask), ask: turned(input.touch.bid) },
          reading: readingOfTouch({ bid: complement(input.reading!.ask), ask: complement(input.reading!.bid) }, 1000),
          position: -input.position as Centicontracts,
          referenceCents: input.referenceCents === null ? null : 100 - input.referenceCents,
        });
        expect(there.order).toEqual(mirrorOrder<ExitOrder>(decideExit(input).order));
      }),
      { numRuns: RUNS },
    );
  });

  it('never becomes less eager with age', () => {
    fc.assert(
      fc.property(exits, fc.integer({ min: 1, max: 40_000 }), (input, laterMs) => {
        const now = decideExit({ ...input, manner: 'work' }).order;
        const later = decideExit({ ...input, manner: 'work', ageMs: input.ageMs + laterMs }).order;
        if (now === null || later === null) return;
        if (now.side === 'ask') expect(later.price).toBeLessThanOrEqual(now.price);
        else expect(later.price).toBeGreaterThanOrEqual(now.price);
      }),
      { numRuns: RUNS },
    );
  });
});
