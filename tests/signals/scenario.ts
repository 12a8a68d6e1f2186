import type { BookReading } from '../../src/book/read-book.ts';
import type { Centicents, Centicontracts } from '../../src/domain/units.ts';
import { MarketSignals, type SignalSettings } from '../../src/signals/market-signals.ts';

/** The thresholds that the golden values were computed with, whatever config/default.yaml says by now. */
export const GOLDEN: SignalSettings = {
  signals: {
    sampleEveryMs: 1000,
    windowMs: 900_000,
    sigmaWindowMs: 600_000,
    sigmaFloorCentsPerSqrtSecond: 0.0083,
    sigmaCapCentsPerSqrtSecond: 0.1333,
    sigmaPriorCentsPerSqrtSecond: 0.0833,
    sigmaPriorWeightSeconds: 30,
    depthLevels: 10,
  },
  regimes: {
    windowMs: 1000,
    minObservations: 5,
    driftThreshold: 0.08,
    meanReversionGood: 0.6,
    meanReversionBad: 0.4,
    quietSigmaCentsPerSqrtSecond: 0.0408,
    chaoticSigmaCentsPerSqrtSecond: 0.3264,
    depthContractsMin: 50,
    noiseSpreadCentsMin: 7,
    noiseSpreadCentsMax: 12,
    stableWindows: 3,
    ageMsMax: 4000,
    allowed: ['MEAN_REVERTING', 'QUIET'],
    gammaMultipliers: { MEAN_REVERTING: 1, QUIET: 1, TRENDING: 1, CHAOTIC: 1, NOISE: 1, UNKNOWN: 1 },
    kMultipliers: { MEAN_REVERTING: 1, QUIET: 1, TRENDING: 1, CHAOTIC: 1, NOISE: 1, UNKNOWN: 1 },
  },
};

/** A whole number of seconds since 1970, so that samples fall where the arithmetic in the tests says. */
export const START_MS = 1_700_000_000_000;

export function reading(
  midCents: number,
  options: { spreadCents?: number; depthContracts?: number } = {},
): BookReading {
  const spread = (options.spreadCents ?? 2) * 100;
  const depthContracts = options.depthContracts ?? 400;
  return {
    bid: (midCents * 100 - spread / 2) as Centicents,
    ask: (midCents * 100 + spread / 2) as Centicents,
    bidSize: 100 as Centicontracts,
    askSize: 100 as Centicontracts,
    midCents,
    spreadCents: spread / 100,
    micropriceCents: midCents,
    imbalance: 0,
    depthContracts,
  };
}

/** Signals that saw these mids, one a second from START_MS on; the answer is as of the last sample's time. */
export function afterMids(
  mids: readonly number[],
  options: { spreadCents?: number; depthContracts?: number; settings?: SignalSettings } = {},
): { signals: MarketSignals; nowMs: number } {
  const signals = new MarketSignals(options.settings ?? GOLDEN);
  for (const [second, mid] of mids.entries()) signals.observe(reading(mid, options), START_MS + second * 1000);
  return { signals, nowMs: START_MS + mids.length * 1000 };
}
