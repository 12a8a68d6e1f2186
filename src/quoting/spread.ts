/**
 * From the model's spread to the one that may be quoted: the first three of the one order of bounds,
 * regime and profile → fee floor → throttles. Each may only do what comes after allows it to; the last wins.
 */
import { tradeFee } from '../domain/fees.ts';
import type { FeeSchedule } from '../domain/market.ts';
import { type Centicents, type Centicontracts, DOLLAR } from '../domain/units.ts';
import type { Settings } from '../settings/schema.ts';
import type { Bound } from './decision.ts';

export interface SpreadInput {
  readonly modelSpreadCents: number;
  readonly reservationCents: number;
  readonly fees: FeeSchedule;
  /** The quantity whose fees are paid. */
  readonly quantity: Centicontracts;
  readonly marketSpreadCents: number;
  readonly depthContracts: number;
  readonly widenCents: number;
  readonly settings: Settings['quoting'];
}

export interface BoundedSpread {
  readonly spreadCents: number;
  readonly feeFloorCents: number;
  /** False: the fees do not fit into the widest spread, nothing can be quoted. */
  readonly paysFees: boolean;
}

/** Notes in `bounds` what bound. */
export function boundSpread(input: SpreadInput, bounds: Bound[]): BoundedSpread {
  const { settings } = input;
  let spread = input.modelSpreadCents;
  if (spread < settings.tightSpreadCents) {
    spread = settings.tightSpreadCents;
    bounds.push('tight');
  }
  if (spread > settings.wideSpreadCents) {
    spread = settings.wideSpreadCents;
    bounds.push('wide');
  }

  const floor = feeFloor(input, spread);
  if (floor > settings.wideSpreadCents) return { spreadCents: spread, feeFloorCents: floor, paysFees: false };
  if (floor > spread) {
    spread = floor;
    bounds.push('feeFloor');
  }
  return { spreadCents: throttled(input, spread, bounds), feeFloorCents: floor, paysFees: true };
}

/**
 * Book health and what was ordered from outside widen the total spread, beyond `wideSpreadCents` if need be, but not
 * beyond the throttled maximum. The maximum never narrows what stood before.
 */
function throttled(input: SpreadInput, before: number, bounds: Bound[]): number {
  const { settings } = input;
  let spread = before;
  if (input.marketSpreadCents > settings.wideMarketCents && settings.wideMarketAddCents > 0) {
    spread += settings.wideMarketAddCents;
    bounds.push('wideMarket');
  }
  if (input.depthContracts < settings.thinDepthContracts && settings.thinDepthAddCents > 0) {
    spread += settings.thinDepthAddCents;
    bounds.push('thinBook');
  }
  if (input.widenCents > 0) {
    spread += input.widenCents;
    bounds.push('adverse');
  }
  const most = Math.max(before, settings.throttledSpreadCentsMax);
  if (spread <= most) return spread;
  bounds.push('throttledMax');
  return most;
}

/**
 * The least total spread that pays what both legs cost as makers, and the margin on each. Fees depend on the legs'
 * prices and these on the spread: a fee changes by less than two hundredths of a price change, so two steps settle it.
 * Later bounds only move the legs apart, by more than their fees can grow.
 */
function feeFloor(input: SpreadInput, spreadCents: number): number {
  const margins = 2 * input.settings.feeFloorMarginCents;
  let floor = margins + legsFeeCents(input, spreadCents);
  if (floor > spreadCents) floor = margins + legsFeeCents(input, floor);
  return floor;
}

/** Both legs' maker fees, ¢ a contract, at the prices that this spread gives. */
function legsFeeCents(input: SpreadInput, spreadCents: number): number {
  const { reservationCents, fees, quantity } = input;
  const bid = inside(Math.floor((reservationCents - spreadCents / 2) * 100));
  const ask = inside(Math.ceil((reservationCents + spreadCents / 2) * 100));
  const money = tradeFee(fees, bid, quantity, false) + tradeFee(fees, ask, quantity, false);
  // $0.000001 over 0.01 contract is 0.01 ¢ a contract.
  return money / quantity / 100;
}

function inside(price: number): Centicents {
  return Math.min(Math.max(price, 1), DOLLAR - 1) as Centicents;
}
