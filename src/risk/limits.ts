/** The limits in force: money limits are the smaller of dollars and a share of equity. */
import { fromDollars, type Microdollars } from '../domain/units.ts';
import type { Settings } from '../settings/schema.ts';

export interface Limits {
  /** What one order may lose. */
  readonly orderMax: Microdollars;
  /** What one market may lose, position and open orders together. */
  readonly marketMax: Microdollars;
  readonly categoryMax: Microdollars;
  /** What the markets of one event may lose together. */
  readonly groupMax: Microdollars;
  readonly totalMax: Microdollars;
  /** What our open orders may hold as collateral. */
  readonly restingMax: Microdollars;
  readonly openPositionsMax: number;
  /** How long an approval opens the door, wall time. */
  readonly approvalValidMs: number;
}

/** `equity` is cash and positions at the exit-side touch. Without equity nothing that costs is allowed. */
export function limitsOf(settings: Pick<Settings, 'risk'>, equity: Microdollars): Limits {
  const risk = settings.risk;
  const shareOfEquity = (share: number) => Math.max(0, Math.floor(equity * share));
  const smaller = (dollars: number, share: number) =>
    Math.min(fromDollars(dollars), shareOfEquity(share)) as Microdollars;
  return {
    orderMax: smaller(risk.orderDollarsMax, risk.orderShareOfEquity),
    marketMax: fromDollars(risk.marketDollarsMax),
    categoryMax: fromDollars(risk.categoryDollarsMax),
    groupMax: shareOfEquity(risk.groupShareOfEquity) as Microdollars,
    totalMax: smaller(risk.totalDollarsMax, risk.totalShareOfEquity),
    restingMax: fromDollars(risk.restingDollarsMax),
    openPositionsMax: risk.openPositionsMax,
    approvalValidMs: risk.approvalValidMs,
  };
}
