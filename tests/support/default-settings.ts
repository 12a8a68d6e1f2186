/** The configuration as it ships, for tests that need real values: what they check is what a user runs. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type Settings, settingsSchema } from '../../src/settings/schema.ts';

const read = (name: string): unknown =>
  parse(readFileSync(new URL(`../../config/${name}.yaml`, import.meta.url), 'utf8'));

export const DEFAULTS: Settings = settingsSchema.parse(read('default'));

type Changes = { readonly [K in keyof Settings]?: Partial<Settings[K]> };

/** The defaults, or others, with some values of some sections changed. */
export function withSettings(changes: Changes, below: Settings = DEFAULTS): Settings {
  const merged: Record<string, unknown> = { ...below };
  for (const [section, values] of Object.entries(changes)) {
    merged[section] = { ...below[section as keyof Settings], ...values };
  }
  return settingsSchema.parse(merged);
}

/** The defaults under one of the profiles in config/. */
export function profile(name: string): Settings {
  return withSettings(read(name) as Changes);
}

/** Values that tests compute with by hand, whatever ships. */
export const PLAIN: Settings = withSettings({
  regimes: {
    gammaMultipliers: { MEAN_REVERTING: 1, QUIET: 0.8, TRENDING: 1.5, CHAOTIC: 2, NOISE: 1.2, UNKNOWN: 1.5 },
    kMultipliers: { MEAN_REVERTING: 1, QUIET: 0.7, TRENDING: 0.5, CHAOTIC: 0.3, NOISE: 0.6, UNKNOWN: 0.5 },
  },
  discovery: {
    mode: 'discovery',
    ageSecondsMin: 60,
    timeWindows: {
      default: { hoursMin: 24, hoursMax: 1440 },
      sports: { hoursMin: 1, hoursMax: 168 },
      crypto: { hoursMin: 24, hoursMax: 2160 },
    },
    excludedCategories: ['niche-rankings'],
    volume24hContractsMin: 5000,
    midCentsMin: 5,
    midCentsMax: 95,
    spreadCentsMax: 20,
    markets: [],
  },
  session: { concurrentMax: 3, quantityContracts: 3 },
  exit: { smallContracts: 2, softExitMaxMs: 20_000, slippageCentsMax: 4, repriceEveryMs: 1_000 },
  quoting: {
    gammaPerCent: 0.05,
    kPerCent: 1,
    horizonSeconds: 300,
    tightSpreadCents: 1,
    wideSpreadCents: 10,
    throttledSpreadCentsMax: 15,
    feeFloorMarginCents: 0.1,
    positionContractsMax: 10,
    capacityBuffer: 0.05,
    quantityContractsMin: 1,
    improveCentsMin: 0.2,
    keepHalfSpreadShare: 0.1,
    keepCentsMax: 1,
    wideMarketCents: 20,
    wideMarketAddCents: 5,
    thinDepthContracts: 100,
    thinDepthAddCents: 3,
  },
  risk: {
    restingDollarsMax: 10_000,
    balanceDollarsMin: 5,
    balanceShareMin: 0.05,
    balanceHysteresis: 0.85,
    dailyLossDollars: 500,
    dailyLossShare: 0.05,
    errorsPerHourMax: 10,
    errorsClearMs: 1_800_000,
  },
});
