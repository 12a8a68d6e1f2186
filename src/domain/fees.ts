import type { FeeSchedule, FeeType } from './market.ts';
import { type Centicents, type Centicontracts, DOLLAR, type Microdollars } from './units.ts';

/**
 * Trading fees as the venue computes them. Model fee of an execution: multiplier × rate × contracts × P × (1 − P), rounded
 * up to $0.000001; what is charged then depends on the order's other executions (`FeeAccumulator`). P (1 − P) is symmetric,
 * so the yes price serves both legs.
 */

/** Rates in ten-thousandths: 7 %, a quarter of it, half of it. */
const TAKER = 700;
const MAKER = 175;
const COMBO_MAKER = 350;

/** Where balances of direct members lie: whole $0.0001. */
export const DIRECT_MEMBER_PRECISION = 100 as Microdollars;

function rate(type: FeeType, isTaker: boolean): number {
  if (isTaker) return TAKER;
  switch (type) {
    case 'quadratic':
      return 0;
    case 'quadratic_with_combo_maker_fees':
      return COMBO_MAKER;
    case 'quadratic_with_maker_fees':
    // The tables behind these two are not published; the dearer known schedule is the safe reading.
    case 'flat':
    case 'margin_market_maker_program_fees':
      return MAKER;
  }
}

const MILLION = 1_000_000;
/** rate × 10⁴, price × 10⁴ twice and quantity × 10² make 10¹⁴; less the 10⁶ of the result leaves 10⁸. */
const SCALE = 100_000_000;
const BIG_SCALE = BigInt(SCALE) * BigInt(MILLION);

/** The model fee of one execution, rounded up to $0.000001. Exact for every price, quantity and multiplier. */
export function tradeFee(
  schedule: FeeSchedule,
  price: Centicents,
  quantity: Centicontracts,
  isTaker: boolean,
): Microdollars {
  const scaledRate = rate(schedule.type, isTaker) * schedule.multiplierMillionths;
  if (scaledRate === 0) return 0 as Microdollars;
  const variance = price * (DOLLAR - price);
  if (scaledRate % MILLION === 0) {
    const product = (scaledRate / MILLION) * variance * quantity;
    if (product <= Number.MAX_SAFE_INTEGER) {
      // By remainder: a quotient in floating point may lose the last digit and with it the rounding up.
      const rest = product % SCALE;
      return ((product - rest) / SCALE + (rest > 0 ? 1 : 0)) as Microdollars;
    }
  }
  const product = BigInt(scaledRate) * BigInt(variance) * BigInt(quantity);
  return Number((product + BIG_SCALE - 1n) / BIG_SCALE) as Microdollars;
}

/** Whether resting orders pay under this schedule. */
export function hasMakerFees(schedule: FeeSchedule): boolean {
  return schedule.multiplierMillionths > 0 && rate(schedule.type, false) > 0;
}

/**
 * Rounding of one order's fees. Each execution's cash change is rounded down to the precision; the difference is the
 * rounding fee, collected over the order (taker and maker executions alike) and given back in whole multiples of the
 * precision as soon as that leaves the execution's net fee at zero or above.
 */
export class FeeAccumulator {
  /** Rounding fees taken and not given back yet. */
  carried = 0 as Microdollars;
  private readonly precision: number;

  constructor(precision: Microdollars = DIRECT_MEMBER_PRECISION) {
    this.precision = precision;
  }

  /**
   * The net fee (≥ 0) of an execution. `revenue` is price × quantity: negative for a bid, positive for an ask. After it
   * `revenue − net` is a whole multiple of the precision.
   */
  charge(revenue: number, fee: Microdollars): Microdollars {
    const { precision } = this;
    const change = revenue - fee;
    // By remainders: a quotient may lose the last digit. What is left above the next whole unit below.
    const rounding = ((change % precision) + precision) % precision;
    const gross = fee + rounding;
    const carried = this.carried + rounding;
    const limit = Math.min(carried, gross);
    const rebate = limit - (limit % precision);
    this.carried = (carried - rebate) as Microdollars;
    return (gross - rebate) as Microdollars;
  }
}
