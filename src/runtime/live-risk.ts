/** How near each limit and each kill switch is: what is used of what is allowed, as risk itself counts it. */
import { openQuantity, worstPrice } from '../domain/order.ts';
import { formatMoney, type Microdollars } from '../domain/units.ts';
import { dailyLoss } from '../risk/kill-switches.ts';
import { limitsOf } from '../risk/limits.ts';
import { lossOfOrder } from '../risk/worst-loss.ts';
import type { LiveLimit, LiveRisk, LiveSwitch } from './live-facts.ts';
import type { TraderRuntime } from './trader-runtime.ts';

export function liveRisk(runtime: TraderRuntime): LiveRisk {
  const { mode, door, days } = runtime;
  return {
    mode,
    permission: door.permission,
    bar: days.bar === null ? null : { action: days.bar.action, by: days.bar.by },
    limits: limitsUsed(runtime),
    switches: switchesNow(runtime),
  };
}

function limitsUsed(runtime: TraderRuntime): LiveLimit[] {
  const { exposure, accounts, approvals, sessions, parts, table } = runtime;
  const { settings, clocks } = parts;
  const equity = accounts.equity();
  const limits = limitsOf(settings, equity);
  const groups = new Map<string, number>();
  const categories = new Map<string, number>();
  let market = NOTHING;
  for (const [ticker, worst] of exposure.byMarket()) {
    market = larger(market, { of: ticker, value: worst });
    const traits = exposure.traitsOf(ticker);
    if (traits === null) continue;
    groups.set(traits.event, exposure.group(traits.event));
    categories.set(traits.category, exposure.category(traits.category));
  }
  let order = NOTHING;
  for (const row of table.allOpen()) {
    const value = lossOfOrder(row.side, worstPrice(row), openQuantity(row));
    order = larger(order, { of: row.market, value });
  }
  return [
    money('total', { of: null, value: exposure.total }, limits.totalMax),
    money('group', largest(groups), limits.groupMax),
    money('category', largest(categories), limits.categoryMax),
    money('market', market, limits.marketMax),
    money('order', order, limits.orderMax),
    money('resting', { of: null, value: exposure.restingValue }, limits.restingMax),
    money('balance', { of: null, value: exposure.restingValue }, accounts.cash()),
    count('openPositions', exposure.openPositions, limits.openPositionsMax),
    count('entriesPerHour', approvals.entries.count(clocks.market.now()), settings.risk.entriesPerHourMax),
    count('sessions', sessions.markets().size, settings.session.concurrentMax),
  ];
}

interface Amount {
  readonly of: string | null;
  readonly value: number;
}
const NOTHING: Amount = { of: null, value: 0 };

function larger(one: Amount, other: Amount): Amount {
  return other.value > one.value ? other : one;
}
function largest(values: ReadonlyMap<string, number>): Amount {
  let found = NOTHING;
  for (const [of, value] of values) found = larger(found, { of, value });
  return found;
}

function money(name: string, { of, value }: Amount, allowed: Microdollars): LiveLimit {
  const used = formatMoney(value as Microdollars);
  return { name, of, unit: 'money', used, allowed: formatMoney(allowed), share: shareOf(value, allowed) };
}
function count(name: string, value: number, allowed: number): LiveLimit {
  return { name, of: null, unit: 'count', used: `${value}`, allowed: `${allowed}`, share: shareOf(value, allowed) };
}
function shareOf(used: number, allowed: number): number | null {
  return allowed > 0 ? used / allowed : null;
}

function switchesNow({ days, gauge, accounts, parts }: TraderRuntime): LiveSwitch[] {
  const { settings, clocks } = parts;
  const nowMs = clocks.market.now();
  const equity = accounts.equity();
  const { loss, limit } = dailyLoss(equity, days.current.equity ?? equity, settings);
  const errors = gauge.errors.count(nowMs);
  const staleMs = gauge.staleSinceMs === null ? 0 : Math.max(0, clocks.wall.now() - gauge.staleSinceMs);
  const { errorsPerHourMax, feedStaleMs } = settings.risk;
  const standing = new Map(days.standing(nowMs).map((record) => [record.switch, record]));
  const of = (
    name: LiveSwitch['name'],
    action: LiveSwitch['action'],
    unit: LiveSwitch['unit'],
    [value, firesAt]: readonly [number, number],
  ): LiveSwitch => {
    const stands = standing.get(name);
    const text = (amount: number) => (unit === 'money' ? formatMoney(amount as Microdollars) : `${Math.round(amount)}`);
    return {
      name,
      action,
      unit,
      measured: text(value),
      firesAt: text(firesAt),
      share: firesAt > 0 ? value / firesAt : 0,
      standing: stands === undefined ? null : { reason: stands.reason, resumeAtMs: stands.resumeAtMs },
    };
  };
  return [
    of('dailyLoss', 'halt', 'money', [loss, limit]),
    // It fires at one more than is allowed.
    of('errors', 'pause', 'count', [errors, errorsPerHourMax + 1]),
    of('feedStale', 'reduce', 'ms', [staleMs, feedStaleMs]),
  ];
}
