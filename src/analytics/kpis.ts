/** The figures that a run is held to, each with its target, or with what it lacks to be a figure. */
import type { EquityCurve } from './equity-curve.ts';
import type { OrderTally } from './order-tally.ts';
import type { SessionTally } from './session-tally.ts';
import type { Uptime } from './uptime.ts';

export interface Kpi {
  readonly name: string;
  readonly label: string;
  /** Shares are 0 … 1; null: there is not enough to say. */
  readonly value: number | null;
  readonly unit: 'share' | 'ms' | 'ratio';
  readonly target: { readonly is: 'below' | 'above'; readonly value: number };
  /** null where there is no value. */
  readonly isMet: boolean | null;
  /** What it is made of; where there is no value, what it waits for. */
  readonly basis: string;
}

export interface KpiFacts {
  readonly requests: number;
  readonly status429: number;
  readonly lagMs: number | null;
  readonly orders: Pick<OrderTally, 'taken' | 'refused' | 'limit' | 'taker'>;
  readonly sessions: Pick<SessionTally, 'wins' | 'decided' | 'winRate'>;
  readonly uptime: Pick<Uptime, 'share' | 'wholeMs'>;
  readonly curve: Pick<EquityCurve, 'drawdown' | 'volatility' | 'sharpe' | 'hours' | 'samples'>;
  /** 0.01 contract. */
  readonly contracts: number;
  readonly makerContracts: number;
  readonly fills: number;
}

/** Below these a share says more about chance than about us. */
export const ENOUGH = {
  requests: 100,
  ordersPlaced: 20,
  ordersEnded: 20,
  sessions: 10,
  fills: 10,
  uptimeMs: 60_000,
  samples: 2,
  hours: 24,
} as const;

export function kpisOf(facts: KpiFacts): Kpi[] {
  const { requests, status429, orders, sessions, uptime, curve } = facts;
  const placed = orders.taken + orders.refused;
  const ended = orders.limit.ended + orders.taker.ended;
  const filled = orders.limit.filled + orders.taker.filled;
  const hours = `${curve.hours} whole hours`;
  return [
    kpi('status429', 'Answered 429', 'share', ['below', 0.05], {
      value: ratio(status429, requests),
      has: requests,
      needs: ENOUGH.requests,
      of: 'requests',
      basis: `${status429} of ${requests} requests`,
    }),
    kpi('dataLatency', 'Data latency', 'ms', ['below', 500], {
      value: facts.lagMs,
      has: facts.lagMs === null ? 0 : 1,
      needs: 1,
      of: 'frames of the stream',
      basis: 'median of the last frames, wall time',
    }),
    kpi('placement', 'Placement', 'share', ['above', 0.95], {
      value: ratio(orders.taken, placed),
      has: placed,
      needs: ENOUGH.ordersPlaced,
      of: 'orders sent',
      basis: `${orders.taken} of ${placed} orders sent`,
    }),
    kpi('fillRate', 'Fill rate', 'share', ['above', 0.25], {
      value: ratio(filled, ended),
      has: ended,
      needs: ENOUGH.ordersEnded,
      of: 'orders that are over',
      basis: fillBasis(orders),
    }),
    kpi('winRate', 'Win rate', 'share', ['above', 0.55], {
      value: sessions.winRate(),
      has: sessions.decided,
      needs: ENOUGH.sessions,
      of: 'sessions with a result',
      basis: `${sessions.wins} of ${sessions.decided} sessions with a result`,
    }),
    kpi('uptime', 'Uptime', 'share', ['above', 0.99], {
      value: uptime.share(),
      has: Math.floor(uptime.wholeMs / 1000),
      needs: ENOUGH.uptimeMs / 1000,
      of: 'seconds of running',
      basis: 'in control, the stream live, not paused',
    }),
    kpi('sharpe', 'Sharpe ratio', 'ratio', ['above', 0.5], {
      value: curve.sharpe(),
      has: curve.hours,
      needs: ENOUGH.hours,
      of: 'whole hours',
      basis: `${hours}, a year of them`,
    }),
    kpi('drawdown', 'Drawdown', 'share', ['below', 0.15], {
      value: curve.drawdown(),
      has: curve.samples,
      needs: ENOUGH.samples,
      of: 'samples of equity',
      basis: `deepest, over ${curve.samples} samples`,
    }),
    kpi('volatility', 'Volatility', 'share', ['below', 0.25], {
      value: curve.volatility(),
      has: curve.hours,
      needs: ENOUGH.hours,
      of: 'whole hours',
      basis: `${hours}, a year of them`,
    }),
    kpi('makerShare', 'Maker share', 'share', ['above', 0.95], {
      value: ratio(facts.makerContracts, facts.contracts),
      has: facts.fills,
      needs: ENOUGH.fills,
      of: 'fills',
      basis: `of contracts, ${facts.fills} fills`,
    }),
  ];
}

interface Ground {
  readonly value: number | null;
  readonly has: number;
  readonly needs: number;
  /** What is counted, for "needs 20 …". */
  readonly of: string;
  readonly basis: string;
}

function kpi(
  name: string,
  label: string,
  unit: Kpi['unit'],
  [is, limit]: readonly [Kpi['target']['is'], number],
  { value, has, needs, of, basis }: Ground,
): Kpi {
  const isEnough = value !== null && has >= needs;
  const isMet = !isEnough ? null : is === 'below' ? value < limit : value > limit;
  const waits = has >= needs ? 'nothing to divide by' : `${has} of ${needs} ${of}`;
  return {
    name,
    label,
    unit,
    value: isEnough ? value : null,
    target: { is, value: limit },
    isMet,
    basis: isEnough ? basis : waits,
  };
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function fillBasis({ limit, taker }: KpiFacts['orders']): string {
  const percent = ({ ended, filled }: { ended: number; filled: number }) =>
    ended === 0 ? '–' : `${Math.round((filled / ended) * 100)} %`;
  return `resting ${percent(limit)} of ${limit.ended}, taking ${percent(taker)} of ${taker.ended}`;
}
