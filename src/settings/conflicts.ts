/** Limits that contradict each other although each is right by itself. */
import { BothsidesError } from '../domain/errors.ts';
import type { Mode, Settings } from './schema.ts';

/** `below` must be under (or at) `above`; both are dotted keys. */
interface Rule {
  readonly below: string;
  readonly above: string;
  /** Whether equal values contradict each other too. */
  readonly strict?: true;
  readonly because: string;
}

const ORDERINGS: readonly Rule[] = [
  { below: 'exchange.retryBaseMs', above: 'exchange.retryCapMs', because: 'retries back off from the base to the cap' },
  {
    below: 'feed.reconnectBaseMs',
    above: 'feed.reconnectCapMs',
    because: 'reconnects back off from the base to the cap',
  },
  {
    below: 'feed.pingEveryMs',
    above: 'feed.aliveWithinMs',
    strict: true,
    because: 'a quiet connection lives by its pongs',
  },
  {
    below: 'feed.aliveWithinMs',
    above: 'feed.stopAfterMs',
    because: 'sessions stop only after data stopped being current',
  },
  {
    below: 'feed.pollEveryMs',
    above: 'feed.polledBookAgeMsMax',
    because: 'a polled book would age out before the next poll',
  },
  {
    below: 'signals.sampleEveryMs',
    above: 'signals.sigmaWindowMs',
    strict: true,
    because: 'σ needs more than one sample in its window',
  },
  { below: 'signals.sigmaWindowMs', above: 'signals.windowMs', because: 'σ is taken over the samples that are kept' },
  {
    below: 'signals.sigmaFloorCentsPerSqrtSecond',
    above: 'signals.sigmaCapCentsPerSqrtSecond',
    strict: true,
    because: 'a floor at or above the cap fixes σ whatever the market does',
  },
  { below: 'regimes.meanReversionBad', above: 'regimes.meanReversionGood', because: 'bad reversion is less reversion' },
  {
    below: 'regimes.noiseSpreadCentsMin',
    above: 'regimes.noiseSpreadCentsMax',
    because: 'the band of NOISE would be empty',
  },
  {
    below: 'regimes.quietSigmaCentsPerSqrtSecond',
    above: 'regimes.chaoticSigmaCentsPerSqrtSecond',
    strict: true,
    because: 'no σ could be neither quiet nor chaotic',
  },
  { below: 'discovery.midCentsMin', above: 'discovery.midCentsMax', strict: true, because: 'no market would be left' },
  {
    below: 'session.startDelayMs',
    above: 'session.warmupTimeoutMs',
    strict: true,
    because: 'warm-up would time out in its own delay',
  },
  {
    below: 'quoting.tightSpreadCents',
    above: 'quoting.wideSpreadCents',
    because: 'the spread has to fit between the two',
  },
  {
    below: 'quoting.wideSpreadCents',
    above: 'quoting.throttledSpreadCentsMax',
    because: 'a throttle only widens, from the wide bound to this one',
  },
  {
    below: 'quoting.renewBeforeMs',
    above: 'quoting.expirationMs',
    strict: true,
    because: 'a quote would be renewed for ever, or too late',
  },
  {
    below: 'quoting.quantityContractsMin',
    above: 'session.quantityContracts',
    because: 'every quote would be too small',
  },
  {
    below: 'session.quantityContracts',
    above: 'quoting.positionContractsMax',
    because: 'one fill would pass the limit of inventory',
  },
  {
    below: 'adverse.horizonMs',
    above: 'adverse.windowMs',
    strict: true,
    because: 'no fill would reach its horizon inside the window',
  },
  { below: 'risk.orderDollarsMax', above: 'risk.marketDollarsMax', because: 'an order is part of its market' },
  { below: 'risk.marketDollarsMax', above: 'risk.categoryDollarsMax', because: 'a market is part of its category' },
  { below: 'risk.marketDollarsMax', above: 'risk.totalDollarsMax', because: 'a market is part of the total' },
];

/**
 * Throws CONFIG_CONFLICT for the first pair of values that contradict each other, naming both and where each came from.
 * `where` tells the place of a key's value ("config/default.yaml:12").
 */
export function checkConflicts(settings: Settings, mode: Mode, where: (key: string) => string): void {
  for (const rule of ORDERINGS) {
    checkOrder(rule, read(settings, rule.below), read(settings, rule.above), where);
  }
  for (const [category, window] of Object.entries(settings.discovery.timeWindows)) {
    const key = `discovery.timeWindows.${category}`;
    const rule: Rule = {
      below: `${key}.hoursMin`,
      above: `${key}.hoursMax`,
      strict: true,
      because: 'no market would fall into the window',
    };
    checkOrder(rule, window.hoursMin, window.hoursMax, where);
  }
  if (mode === 'demo') {
    for (const key of ['exchange.demoRestUrl', 'exchange.demoWsUrl']) refuseProduction(key, read(settings, key), where);
  }
}

function checkOrder(rule: Rule, below: unknown, above: unknown, where: (key: string) => string): void {
  const holds = rule.strict ? Number(below) < Number(above) : Number(below) <= Number(above);
  if (holds) return;
  const relation = rule.strict ? 'must be below' : 'must not be above';
  throw new BothsidesError(
    'CONFIG_CONFLICT',
    `${rule.below} (${below}, ${where(rule.below)}) ${relation} ${rule.above} (${above}, ${where(rule.above)}): ${rule.because}.`,
    { remedy: 'Change one of the two.' },
  );
}

/** Play money and real money have different hosts; a demo run must not be able to reach the real one. */
function refuseProduction(key: string, url: unknown, where: (key: string) => string): void {
  const host = new URL(String(url)).hostname;
  if (host !== 'kalshi.com' && !host.endsWith('.kalshi.com')) return;
  throw new BothsidesError('CONFIG_CONFLICT', `${where(key)}: ${key} is ${host}, where money is real, in demo mode.`, {
    remedy: 'The demo exchange lives under kalshi.co; real money needs --mode live.',
  });
}

function read(settings: Settings, key: string): unknown {
  return key.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], settings);
}
