import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FeeAccumulator, hasMakerFees, tradeFee } from '../../src/domain/fees.ts';
import type { FeeType } from '../../src/domain/market.ts';
import type { Centicents, Centicontracts, Microdollars } from '../../src/domain/units.ts';
import { feesOf, price, quantity } from '../support/markets.ts';

const taker = (cents: number, contracts: number, type: FeeType = 'quadratic', multiplier = 1) =>
  tradeFee(feesOf(type, multiplier), price(cents), quantity(contracts), true);
const maker = (cents: number, contracts: number, type: FeeType, multiplier = 1) =>
  tradeFee(feesOf(type, multiplier), price(cents), quantity(contracts), false);

/** What one contract costs in fees when nothing came before on its order. */
function net(cents: number, precision = 100): number {
  const fee = taker(cents, 1);
  return new FeeAccumulator(precision as Microdollars).charge(-price(cents) * 100, fee);
}

describe('the model fee', () => {
  it('takes 7 % of P × (1 − P) from a taker, rounded up to a millionth of a dollar', () => {
    expect(taker(50, 100)).toBe(1_750_000);
    expect(taker(52, 1)).toBe(17_472);
    expect(taker(5.5, 1)).toBe(3_639);
    expect(taker(0.01, 0.01)).toBe(1);
  });

  it('takes a quarter of that from makers where the type has maker fees, half where it is the combo type, else nothing', () => {
    expect(maker(50, 100, 'quadratic')).toBe(0);
    expect(maker(50, 100, 'quadratic_with_maker_fees')).toBe(437_500);
    expect(maker(50, 100, 'quadratic_with_combo_maker_fees')).toBe(875_000);
    expect(taker(50, 100, 'quadratic_with_combo_maker_fees')).toBe(1_750_000);
  });

  it('scales with the multiplier exactly, down to nothing', () => {
    expect(taker(50, 100, 'quadratic', 0.5)).toBe(875_000);
    expect(maker(33, 1, 'quadratic_with_maker_fees', 0.5)).toBe(1_935);
    expect(taker(50, 100, 'quadratic', 0)).toBe(0);
    expect(hasMakerFees(feesOf('quadratic_with_maker_fees', 0))).toBe(false);
    expect(hasMakerFees(feesOf('quadratic_with_maker_fees'))).toBe(true);
    expect(hasMakerFees(feesOf('quadratic'))).toBe(false);
  });

  it('is the same for yes and no, and exact for every price, quantity and multiplier', () => {
    const rates: Record<string, bigint> = { quadratic: 0n, quadratic_with_maker_fees: 175n };
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9_999 }),
        fc.integer({ min: 1, max: 2_000_000_000 }),
        fc.constantFrom(0, 250_000, 333_333, 500_000, 1_000_000, 2_000_000),
        fc.constantFrom<FeeType>('quadratic', 'quadratic_with_maker_fees'),
        fc.boolean(),
        (at, size, multiplierMillionths, type, isTaker) => {
          const schedule = { type, multiplierMillionths };
          const fee = tradeFee(schedule, at as Centicents, size as Centicontracts, isTaker);
          const rate = isTaker ? 700n : rates[type]!;
          const exact = rate * BigInt(multiplierMillionths) * BigInt(at) * BigInt(10_000 - at) * BigInt(size);
          const unit = 10n ** 14n;
          expect(BigInt(fee)).toBe((exact + unit - 1n) / unit);
          expect(tradeFee(schedule, (10_000 - at) as Centicents, size as Centicontracts, isTaker)).toBe(fee);
        },
      ),
    );
  });
});

describe('the rounding of an order’s fees', () => {
  it('leaves a direct member’s cash on whole $0.0001', () => {
    expect(net(52)).toBe(17_500);
    expect(net(99)).toBe(700);
  });

  it('leaves a broker’s cash on whole cents', () => {
    expect(net(5.5, 10_000)).toBe(5_000);
  });

  // Each by hand: model fee up to a millionth; cash change down to the precision; net is what lies between.
  it.each([
    // [cents, contracts, side, direct member, broker]
    [1, 1, 'bid', 700, 10_000], // .000693 → −.010693 → −.0107 and −.02
    [10, 1, 'bid', 6_300, 10_000], // .0063 exactly: nothing to round at $0.0001
    [50, 1, 'bid', 17_500, 20_000], // .0175 → −.5175 → −.52
    [50, 1, 'ask', 17_500, 20_000], // +.4825 → +.48
    [50, 100, 'bid', 1_750_000, 1_750_000], // 1.75: whole cents already
    [5.5, 1, 'bid', 3_700, 5_000], // .003639 → −.058639 → −.0587 and −.06
    [5.5, 1, 'ask', 3_700, 5_000], // +.051361 → +.0513 and +.05
    [33.3, 7.77, 'bid', 120_890, 122_590], // .120807 → −2.708217 → −2.7083 and −2.71
    [0.01, 0.01, 'bid', 99, 9_999], // .000001 → −.000002 → −.0001 and −.01
  ] as const)('comes to the same by hand: %d¢ × %d, %s', (cents, contracts, side, direct, broker) => {
    const revenue = (side === 'bid' ? -1 : 1) * price(cents) * quantity(contracts);
    const fee = taker(cents, contracts);
    expect(new FeeAccumulator().charge(revenue, fee)).toBe(direct);
    expect(new FeeAccumulator(10_000 as Microdollars).charge(revenue, fee)).toBe(broker);
  });

  it('gives back what rounding took as soon as a whole unit of it has come together', () => {
    const accumulator = new FeeAccumulator();
    const charged: number[] = [];
    // 0.017472 each: 28 millionths of rounding a time; the fourth has 112 together.
    for (let index = 0; index < 4; index++) charged.push(accumulator.charge(-520_000, 17_472 as Microdollars));
    expect(charged).toEqual([17_500, 17_500, 17_500, 17_400]);
    expect(accumulator.carried).toBe(12);
  });

  it('gives back whole cents only behind a broker, whichever way the order executed', () => {
    const accumulator = new FeeAccumulator(10_000 as Microdollars);
    const charged: number[] = [];
    // As a maker at .0175 × .055 × .945 = .000910: −.05591 → −.06 rounds by .00409 each. Two make .00818, three .01227:
    // a cent is due then, more than the .005 that the execution costs, so it waits until one can bear it.
    for (let index = 0; index < 3; index++) charged.push(accumulator.charge(-55_000, 910 as Microdollars));
    expect(charged).toEqual([5_000, 5_000, 5_000]);
    expect(accumulator.carried).toBe(12_270);
    // As a taker of 10: .036383 → −.586383 → −.59, .003617 more; .04 less the cent.
    expect(accumulator.charge(-550_000, 36_383 as Microdollars)).toBe(30_000);
    expect(accumulator.carried).toBe(5_887);
  });

  it('never gives back more than the execution costs', () => {
    const accumulator = new FeeAccumulator();
    // 0.01 contract at 0.55 cents, without a fee: each costs 45 millionths of rounding, none of them can bear a rebate.
    for (let index = 0; index < 5; index++) expect(accumulator.charge(-55, 0 as Microdollars)).toBe(45);
    expect(accumulator.carried).toBe(225);
    // One that costs more can: it takes all that is due.
    expect(accumulator.charge(-5_500, 364 as Microdollars)).toBe(200);
  });

  it('keeps every net fee at zero or above, cash aligned, and nothing lost between fee, rounding and rebate', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(100, 10_000),
        fc.array(
          fc.tuple(fc.integer({ min: 1, max: 9_999 }), fc.integer({ min: 1, max: 5_000 }), fc.boolean(), fc.boolean()),
          { maxLength: 40 },
        ),
        (precision, executions) => {
          const accumulator = new FeeAccumulator(precision as Microdollars);
          let fees = 0;
          let charged = 0;
          for (const [at, size, isTaker, isBid] of executions) {
            const fee = tradeFee(
              feesOf('quadratic_with_maker_fees'),
              at as Centicents,
              size as Centicontracts,
              isTaker,
            );
            const revenue = (isBid ? -1 : 1) * at * size;
            const netFee = accumulator.charge(revenue, fee);
            expect(netFee).toBeGreaterThanOrEqual(0);
            expect(Math.abs((revenue - netFee) % precision)).toBe(0);
            fees += fee;
            charged += netFee;
            expect(charged).toBe(fees + accumulator.carried);
          }
        },
      ),
    );
  });
});
