/** Whether a session may begin at all: asked once a session, before it costs anything. */
import { fromDollars, type Microdollars } from '../domain/units.ts';
import type { Settings } from '../settings/schema.ts';
import type { RiskMode } from './proposal.ts';

/** Stable codes, in the order in which they are looked for. */
export type RefusalReason =
  | 'riskMode'
  | 'active'
  | 'unwinding'
  | 'full'
  | 'blackout'
  | 'regime'
  | 'entriesPerHour'
  | 'balance'
  | 'restingValue';

export interface AdmissionInput {
  readonly mode: RiskMode;
  /** What the market has now. */
  readonly market: 'free' | 'active' | 'unwinding';
  readonly sessions: number;
  readonly isBlackout: boolean;
  /** Null where the regime is only known once a session watches the market. */
  readonly isRegimeStable: boolean | null;
  /** There is still an entry left in this hour. */
  readonly hasEntryLeft: boolean;
  readonly balanceSuffices: boolean;
  readonly restingValue: Microdollars;
}

/** The first reason to refuse a session, or null. */
export function refuseSession(
  input: AdmissionInput,
  settings: Pick<Settings, 'risk' | 'session'>,
): RefusalReason | null {
  if (input.mode !== 'active') return 'riskMode';
  if (input.market !== 'free') return input.market;
  if (input.sessions >= settings.session.concurrentMax) return 'full';
  if (input.isBlackout) return 'blackout';
  if (input.isRegimeStable === false) return 'regime';
  if (!input.hasEntryLeft) return 'entriesPerHour';
  if (!input.balanceSuffices) return 'balance';
  if (input.restingValue > fromDollars(settings.risk.restingDollarsMax)) return 'restingValue';
  return null;
}

/**
 * Whether the balance is enough for new sessions: max(share of equity, dollars). Once it was not, it must recover to
 * minimum ÷ hysteresis before it is enough again, so that one fill does not switch sessions on and off.
 */
export function balanceSuffices(
  balance: Microdollars,
  equity: Microdollars,
  sufficedBefore: boolean,
  settings: Pick<Settings, 'risk'>,
): boolean {
  const { balanceDollarsMin, balanceShareMin, balanceHysteresis } = settings.risk;
  const minimum = Math.max(fromDollars(balanceDollarsMin), equity * balanceShareMin);
  return balance >= (sufficedBefore || balanceHysteresis === 0 ? minimum : minimum / balanceHysteresis);
}
