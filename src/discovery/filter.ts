/** Which markets may be quoted at all, and for each of the others one reason why not. */
import type { Ticker } from '../domain/ids.ts';
import type { Market } from '../domain/market.ts';
import { toCents, toContracts } from '../domain/units.ts';
import type { Settings } from '../settings/schema.ts';

type DiscoverySettings = Settings['discovery'];

/** Stable codes, in the order in which they are looked for: a market is rejected for the first that applies. */
export type RejectionReason =
  /** `markets` names others. */
  | 'notListed'
  | 'notBinary'
  | 'notActive'
  /** Its time is over although nobody has said so yet. */
  | 'closed'
  /** Open for too short a time: newborn books are garbage. */
  | 'tooYoung'
  | 'closesTooSoon'
  | 'closesTooLate'
  | 'categoryExcluded'
  | 'lowVolume'
  /** A side of the touch is empty. */
  | 'noTouch'
  | 'extreme'
  | 'wideSpread';

export interface Filtered {
  readonly accepted: Market[];
  /** How many were rejected for each reason. */
  readonly rejected: Map<RejectionReason, number>;
  readonly reasons: Map<Ticker, RejectionReason>;
}

/** `nowMs` is market time. */
export function filterMarkets(
  markets: Iterable<Market>,
  nowMs: number,
  settings: Pick<Settings, 'discovery'>,
): Filtered {
  const accepted: Market[] = [];
  const rejected = new Map<RejectionReason, number>();
  const reasons = new Map<Ticker, RejectionReason>();
  const rules = rulesOf(settings.discovery);
  for (const market of markets) {
    const reason = rejectionOf(market, nowMs, rules);
    if (reason === null) {
      accepted.push(market);
      continue;
    }
    rejected.set(reason, (rejected.get(reason) ?? 0) + 1);
    reasons.set(market.ticker, reason);
  }
  return { accepted, rejected, reasons };
}

interface Rules {
  readonly settings: DiscoverySettings;
  readonly listed: ReadonlySet<string>;
  readonly excluded: ReadonlySet<string>;
  readonly windows: ReadonlyMap<string, { readonly hoursMin: number; readonly hoursMax: number }>;
}

/** Categories are compared as people write them: in any case. */
function rulesOf(settings: DiscoverySettings): Rules {
  return {
    settings,
    listed: new Set(settings.markets),
    excluded: new Set(settings.excludedCategories.map((category) => category.toLowerCase())),
    windows: new Map(Object.entries(settings.timeWindows).map(([key, window]) => [key.toLowerCase(), window])),
  };
}

function rejectionOf(market: Market, nowMs: number, rules: Rules): RejectionReason | null {
  const { settings, listed } = rules;
  if (listed.size > 0 && !listed.has(market.ticker)) return 'notListed';
  if (market.kind !== 'binary') return 'notBinary';
  if (market.status !== settings.statusRequired) return 'notActive';
  if (market.closeMs <= nowMs) return 'closed';
  // Whoever names markets has chosen them: only what makes quoting impossible counts then.
  return listed.size > 0 ? null : preferenceAgainst(market, nowMs, rules);
}

function preferenceAgainst(market: Market, nowMs: number, rules: Rules): RejectionReason | null {
  const { settings, excluded, windows } = rules;
  if (nowMs - Math.max(market.openMs, market.createdMs) < settings.ageSecondsMin * 1000) return 'tooYoung';
  const category = market.category.toLowerCase();
  // Expiry windows are discovery's: events of volatility mode have their own horizon.
  const window = settings.mode === 'discovery' ? (windows.get(category) ?? windows.get('default')) : undefined;
  if (window !== undefined) {
    const hours = (market.closeMs - nowMs) / 3_600_000;
    if (hours < window.hoursMin) return 'closesTooSoon';
    if (hours > window.hoursMax) return 'closesTooLate';
  }
  if (excluded.has(category)) return 'categoryExcluded';
  if (toContracts(market.volume24h) < settings.volume24hContractsMin) return 'lowVolume';
  if (market.bid === null || market.ask === null) return 'noTouch';
  const midCents = toCents(market.bid) / 2 + toCents(market.ask) / 2;
  if (midCents < settings.midCentsMin || midCents > settings.midCentsMax) return 'extreme';
  return toCents(market.ask) - toCents(market.bid) > settings.spreadCentsMax ? 'wideSpread' : null;
}
