/**
 * Whether the parameters make sense together, asked at start: with values in the wrong unit every quote ends at a bound
 * and the model is only decoration. Measured at a middle price (50¢), where the prior σ is highest.
 */
import type { Settings } from '../settings/schema.ts';
import { boundedVariance, optimalSpread } from './avellaneda-stoikov.ts';

export interface Warning {
  /** Stable. */
  readonly code:
    | 'spreadTooNarrow'
    | 'spreadTooWide'
    | 'skewTooWeak'
    | 'modelSwitchedOff'
    | 'modelAlwaysClamped'
    | 'boundsContradict'
    | 'quantityBeyondCapacity';
  /** The key in the configuration. */
  readonly parameter: string;
  readonly value: number;
  /** A sentence that says what is wrong and what would be right. */
  readonly message: string;
}

/** The widest unclamped spread that still looks like cents, ¢. */
const SPREAD_CENTS_MAX = 30;
/** A whole cent: the tick that most markets have, ¢. */
const TICK_CENTS = 1;
const MID_CENTS = 50;

/** What the model does with these settings when nothing bounds it. */
export interface ModelAtRest {
  readonly sigmaCentsPerSqrtSecond: number;
  readonly spreadCents: number;
  /** How far full inventory moves the reservation price, ¢. */
  readonly skewCents: number;
}

export function modelAtRest(settings: Pick<Settings, 'quoting' | 'signals' | 'session'>): ModelAtRest {
  const { quoting, signals, session } = settings;
  const p = MID_CENTS / 100;
  // The prior of a market at this price: σ_base·(1 + 2p(1 − p)).
  const prior = signals.sigmaPriorCentsPerSqrtSecond * (1 + 2 * p * (1 - p));
  const sigma = Math.min(Math.max(prior, signals.sigmaFloorCentsPerSqrtSecond), signals.sigmaCapCentsPerSqrtSecond);
  const { varianceCents2 } = boundedVariance(sigma, quoting.horizonSeconds, MID_CENTS);
  return {
    sigmaCentsPerSqrtSecond: sigma,
    spreadCents: optimalSpread({
      orderContracts: session.quantityContracts,
      riskAversion: quoting.gammaPerCent,
      fillDecay: quoting.kPerCent,
      varianceCents2,
    }),
    skewCents: quoting.gammaPerCent * varianceCents2 * quoting.positionContractsMax,
  };
}

export function selfCheck(settings: Pick<Settings, 'quoting' | 'signals' | 'session'>): Warning[] {
  const { quoting, session } = settings;
  const { spreadCents, skewCents, sigmaCentsPerSqrtSecond } = modelAtRest(settings);
  const at = `at σ = ${shown(sigmaCentsPerSqrtSecond)} ¢/√s`;
  const warnings: Warning[] = [];
  const warn = (code: Warning['code'], parameter: string, value: number, message: string) =>
    warnings.push({ code, parameter, value, message });

  if (spreadCents < TICK_CENTS) {
    warn(
      'spreadTooNarrow',
      'quoting.kPerCent',
      quoting.kPerCent,
      `quoting.kPerCent = ${quoting.kPerCent} makes the unclamped spread ${shown(spreadCents)}¢ ${at}, less than a tick: the price of a fill is lost in rounding; lower it (it is per cent, not per dollar)`,
    );
  }
  if (spreadCents > SPREAD_CENTS_MAX) {
    warn(
      'spreadTooWide',
      'quoting.gammaPerCent',
      quoting.gammaPerCent,
      `quoting.gammaPerCent = ${quoting.gammaPerCent} makes the unclamped spread ${shown(spreadCents)}¢ ${at}, more than ${SPREAD_CENTS_MAX}¢: every quote ends at wideSpreadCents; lower it or horizonSeconds (${quoting.horizonSeconds})`,
    );
  }
  if (skewCents < spreadCents / 2) {
    warn(
      'skewTooWeak',
      'quoting.gammaPerCent',
      quoting.gammaPerCent,
      `quoting.gammaPerCent = ${quoting.gammaPerCent} moves the price by ${shown(skewCents)}¢ at full inventory (${quoting.positionContractsMax} contracts) ${at}, less than half a spread (${shown(spreadCents / 2)}¢): inventory would not be worked off; raise it or horizonSeconds (${quoting.horizonSeconds})`,
    );
  }
  if (quoting.tightSpreadCents > quoting.wideSpreadCents) {
    warn(
      'boundsContradict',
      'quoting.tightSpreadCents',
      quoting.tightSpreadCents,
      `quoting.tightSpreadCents = ${quoting.tightSpreadCents} is above wideSpreadCents = ${quoting.wideSpreadCents}: the wider one is never reached`,
    );
  } else if (quoting.tightSpreadCents === quoting.wideSpreadCents) {
    warn(
      'modelSwitchedOff',
      'quoting.wideSpreadCents',
      quoting.wideSpreadCents,
      `quoting.wideSpreadCents = tightSpreadCents = ${quoting.wideSpreadCents}: every spread is the same, the model only moves the middle`,
    );
  } else if (spreadCents < quoting.tightSpreadCents || spreadCents > quoting.wideSpreadCents) {
    const isNarrow = spreadCents < quoting.tightSpreadCents;
    const parameter = isNarrow ? 'tightSpreadCents' : 'wideSpreadCents';
    warn(
      'modelAlwaysClamped',
      `quoting.${parameter}`,
      quoting[parameter],
      `quoting.${parameter} = ${quoting[parameter]} binds already at rest: the unclamped spread is ${shown(spreadCents)}¢ ${at}`,
    );
  }
  if (quoting.throttledSpreadCentsMax < quoting.wideSpreadCents) {
    warn(
      'boundsContradict',
      'quoting.throttledSpreadCentsMax',
      quoting.throttledSpreadCentsMax,
      `quoting.throttledSpreadCentsMax = ${quoting.throttledSpreadCentsMax} is below wideSpreadCents = ${quoting.wideSpreadCents}: throttles cannot widen a wide quote`,
    );
  }
  const capacity = quoting.positionContractsMax * (1 - quoting.capacityBuffer);
  if (session.quantityContracts > capacity) {
    warn(
      'quantityBeyondCapacity',
      'session.quantityContracts',
      session.quantityContracts,
      `session.quantityContracts = ${session.quantityContracts} does not fit into positionContractsMax = ${quoting.positionContractsMax} less its buffer (${shown(capacity)}): every order is cut`,
    );
  }
  return warnings;
}

function shown(value: number): string {
  return String(Number(value.toPrecision(3)));
}
