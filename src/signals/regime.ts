import type { Regime, Settings } from '../settings/schema.ts';

/** What a regime is told from, over one window. */
export interface RegimeInput {
  readonly observations: number;
  /** Without floor and cap, which are for quoting: capped, no market would ever be chaotic. */
  readonly sigmaCentsPerSqrtSecond: number;
  readonly depthContracts: number;
  readonly spreadMedianCents: number;
  readonly drift: number;
  /** Null before two moves were seen. */
  readonly reversion: number | null;
}

/**
 * The first of these that holds:
 *
 *   UNKNOWN         few observations
 *   CHAOTIC         σ is high and the book is thin, both
 *   NOISE           the spread is in the band where quotes say little about value
 *   QUIET           σ is low
 *   TRENDING        it went somewhere (drift over threshold) and moves rather go on than turn (reversion under `bad`)
 *   MEAN_REVERTING  everything else
 *
 * So MEAN_REVERTING is also the answer where nothing speaks for a trend: a mid that walks at random, or one that has
 * not moved for less time than it takes to be QUIET. Both can be made a market in. The stricter question, whether moves
 * do come back (reversion ≥ `meanReversionGood`), has its own answer: `isReverting`.
 */
export function classifyRegime(input: RegimeInput, settings: Settings['regimes']): Regime {
  if (input.observations < settings.minObservations) return 'UNKNOWN';
  const sigma = input.sigmaCentsPerSqrtSecond;
  if (sigma > settings.chaoticSigmaCentsPerSqrtSecond && input.depthContracts < settings.depthContractsMin) {
    return 'CHAOTIC';
  }
  const spread = input.spreadMedianCents;
  if (spread >= settings.noiseSpreadCentsMin && spread <= settings.noiseSpreadCentsMax) return 'NOISE';
  if (sigma < settings.quietSigmaCentsPerSqrtSecond) return 'QUIET';
  const goesOn = input.reversion !== null && input.reversion < settings.meanReversionBad;
  if (goesOn && input.drift > settings.driftThreshold) return 'TRENDING';
  return 'MEAN_REVERTING';
}

/** Moves are known to come back. */
export function isReverting(reversion: number | null, settings: Settings['regimes']): boolean {
  return reversion !== null && reversion >= settings.meanReversionGood;
}
