/** How codes read for a person. A code that is not here is shown as it is, with its words apart. */

const REASONS: Readonly<Record<string, string>> = {
  quoted: 'quoted',
  quoting: 'orders on their way',
  waiting: 'waits for a place',
  opening: 'opening',
  warmup: 'warming up',
  softExit: 'working its position off',
  killed: 'leaving at once',
  frozen: 'data not current',
  reducing: 'risk mode: reducing',
  paused: 'risk mode: paused',
  halted: 'risk mode: halted',
  riskMode: 'risk mode',
  active: 'has a session',
  unwinding: 'unwinding',
  full: 'all sessions in use',
  entriesPerHour: 'enough sessions this hour',
  balance: 'balance too small',
  restingValue: 'enough is resting',
  notInTop: 'others are better',
  noTouch: 'no bid and ask',
  noBook: 'no bid and ask to quote around',
  crossedBook: 'crossed book',
  noVolatility: 'no volatility',
  closing: 'closes soon',
  closesTooSoon: 'closes too soon',
  extreme: 'price too extreme',
  feeFloor: 'fees do not fit the spread',
  sides: 'other side only',
  capacity: 'position limit',
  offGrid: 'no allowed price',
  ended: 'market is over',
  ttl: 'time was over',
  collapsed: 'volatility collapsed',
  warmupTimeout: 'warm-up took too long',
  trendingToxic: 'trending, adverse',
  chaoticToxic: 'chaotic, adverse',
  dataStopped: 'data stopped',
  riskReducing: 'risk mode: reducing',
  riskHalted: 'risk mode: halted',
  operator: 'by the operator',
  shutdown: 'shut down',
  carriedOn: 'carried on by another session',
  processEnded: 'its process ended',
  failed: 'failed',
};

export function reasonWords(code: string): string {
  return REASONS[code] ?? apart(code);
}

const LIMITS: Readonly<Record<string, readonly [label: string, title: string]>> = {
  total: ['All together', 'What everything open can still lose'],
  group: ['One event', 'What the markets of one event can lose together: the largest'],
  category: ['One category', 'What the markets of one category can lose together: the largest'],
  market: ['One market', 'What one market can lose, position and open orders: the largest'],
  order: ['One order', 'What one open order can lose: the largest'],
  resting: ['Resting value', 'What open orders hold as collateral'],
  balance: ['Covered by cash', 'Collateral of open orders against the cash there is'],
  openPositions: ['Markets in use', 'Markets with a position or an order'],
  entriesPerHour: ['Sessions begun', 'Within the last hour'],
  sessions: ['Sessions open', 'At a time'],
};
export function limitWords(name: string): readonly [label: string, title: string] {
  return LIMITS[name] ?? [apart(name), ''];
}

export const SWITCHES: Readonly<Record<string, readonly [label: string, does: string]>> = {
  dailyLoss: ['Daily loss', 'halts'],
  errors: ['Errors in an hour', 'pauses'],
  feedStale: ['Data not current', 'reduces'],
};

const REGIMES: Readonly<Record<string, string>> = {
  MEAN_REVERTING: 'reverting',
  TRENDING: 'trending',
  CHAOTIC: 'chaotic',
  QUIET: 'quiet',
  NOISE: 'noise',
  UNKNOWN: 'unknown',
};
export function regimeWords(regime: string): string {
  return REGIMES[regime] ?? apart(regime.toLowerCase());
}

/** What of a session's states a person wants to read: the outermost, and what is not as usual inside. */
const USUAL = new Set(['live', 'normal', 'both']);
export function stateWords(states: readonly string[]): string {
  const [outer] = states;
  if (outer === undefined) return '';
  const inner = states
    .filter((state) => !states.some((other) => other.startsWith(`${state}.`)) && state !== outer)
    .map((state) => state.split('.').at(-1)!)
    .filter((name) => !USUAL.has(name));
  return [apart(outer), ...inner.map(apart)].join(' · ');
}

export type Tone = '' | 'good' | 'warn' | 'bad' | 'accent';

export function stateTone(states: readonly string[]): Tone {
  switch (states[0]) {
    case 'quoting':
      return states.includes('quoting.flow.frozen') ? 'warn' : 'good';
    case 'softExit':
      return 'warn';
    case 'killed':
      return 'bad';
    case 'warmup':
      return 'accent';
    default:
      return '';
  }
}

export function modeTone(mode: string): Tone {
  return mode === 'active' ? 'good' : mode === 'halted' ? 'bad' : 'warn';
}

export function orderTone(state: string): Tone {
  if (state === 'filled' || state === 'partiallyFilled') return 'good';
  if (state === 'rejected' || state === 'unknown') return 'bad';
  return state.endsWith('Pending') ? 'warn' : '';
}

/** `softExit` → `soft exit`. */
export function apart(code: string): string {
  return code
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/_/g, ' ')
    .toLowerCase();
}
