/** What the dashboard knows: asked for once, then told every second. */
import { signal } from '@preact/signals';
import type { LogLine } from '../../wire.ts';
import type {
  AccountPoint,
  AccountSeries,
  DashboardAnswer,
  DashboardMessage,
  MarketMessage,
} from '../../wire-dashboard.ts';
import { ApiError, getJson } from '../api.ts';
import { listen } from '../live.ts';

export const picture = signal<DashboardMessage | null>(null);
/** Markets of a run that is over. */
export const pastMarkets = signal<DashboardAnswer['markets']>([]);
export const points = signal<readonly AccountPoint[]>([]);
export const lines = signal<readonly LogLine[]>([]);
export const market = signal<MarketMessage | null>(null);
/** Why there is nothing to see, as a sentence. */
export const trouble = signal<string | null>(null);

const LINES_KEPT = 500;
const POINTS_KEPT = 2_400;
const RETRY_MS = 2_000;

/** Watches until the returned function is called; `ticker`: one market in detail, too. */
export function startDashboard(ticker: string | undefined): () => void {
  const leaving = new AbortController();
  let isFirst = true;
  market.value = null;
  void load(leaving.signal);
  const stop = listen(
    ['dashboard', 'log'],
    (batch) => {
      for (const message of batch) {
        switch (message.type) {
          case 'hello':
            if (!isFirst) void load(leaving.signal);
            isFirst = false;
            lines.value = [];
            break;
          case 'dashboard':
            take(message);
            break;
          case 'market':
            if (message.ticker === ticker) market.value = message;
            break;
          case 'log':
            lines.value = [...lines.value, ...message.lines].slice(-LINES_KEPT);
            break;
        }
      }
    },
    ticker,
  );
  lines.value = [];
  return () => {
    leaving.abort();
    stop();
  };
}

async function load(signal: AbortSignal): Promise<void> {
  try {
    const answer = await getJson<DashboardAnswer>('/api/dashboard', signal);
    pastMarkets.value = answer.markets;
    points.value = rowsOf(answer.series);
    take(answer);
    trouble.value = null;
  } catch (error) {
    if (signal.aborted) return;
    trouble.value = error instanceof ApiError ? error.message : String(error);
    setTimeout(() => !signal.aborted && void load(signal), RETRY_MS);
  }
}

function take(message: DashboardMessage): void {
  picture.value = message;
  const point = message.live === null ? message.told.point : pointNow(message);
  if (point !== null) points.value = grown(points.value, point);
}

/** For drawing: the last point moves with every second, and stays where it is a step away from the one before. */
function grown(known: readonly AccountPoint[], point: AccountPoint): readonly AccountPoint[] {
  const last = known.at(-1);
  if (last !== undefined && point.atMs < last.atMs) return known;
  const before = known.at(-2);
  const first = known[0];
  const stepMs = first === undefined ? 0 : (point.atMs - first.atMs) / POINTS_KEPT;
  const isBeside = last !== undefined && before !== undefined && last.atMs - before.atMs < Math.max(1, stepMs);
  const kept = isBeside ? known.slice(0, -1) : known;
  return [...kept.slice(-POINTS_KEPT), point];
}

function pointNow({ live }: DashboardMessage): AccountPoint | null {
  if (live === null) return null;
  const { equity, realizedPnl, unrealizedPnl, fees } = live.money;
  return {
    atMs: live.atMs,
    equity: Number(equity),
    realized: Number(realizedPnl),
    unrealized: Number(unrealizedPnl),
    fees: Number(fees),
  };
}

function rowsOf({ atMs, equity, realized, unrealized, fees }: AccountSeries): AccountPoint[] {
  return atMs.map((at, index) => ({
    atMs: at,
    equity: equity[index]!,
    realized: realized[index]!,
    unrealized: unrealized[index]!,
    fees: fees[index]!,
  }));
}
