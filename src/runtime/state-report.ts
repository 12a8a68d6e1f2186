/** What `GET /api/state` says: a projection of the running trader, plain JSON, made when somebody asks. */

import type { Ticker } from '../domain/ids.ts';
import type { Json } from '../domain/json.ts';
import { openQuantity } from '../domain/order.ts';
import { formatMoney, formatPrice, formatQuantity } from '../domain/units.ts';
import { standingBars } from './operator-plan.ts';
import type { TraderRuntime } from './trader-runtime.ts';

export function stateReport(
  runtime: TraderRuntime,
  facts: { readonly mode: string; readonly seed: number; readonly speed: number },
): Json {
  const { parts, ledger, table, register, scan, markets, explanations } = runtime;
  const nowMs = parts.clocks.market.now();
  const marks: Parameters<typeof ledger.equity>[1] = (market, quantity) => runtime.mark(market, quantity);
  const quotes: Record<string, Json> = {};
  for (const watched of markets.all()) {
    const { ticker } = watched.market;
    const explain = explanations.get(ticker) ?? null;
    const signals = watched.signals.now(nowMs);
    quotes[ticker] = {
      session: runtime.sessions.sessionOf(ticker),
      touch:
        watched.reading === null
          ? null
          : { bid: formatPrice(watched.reading.bid), ask: formatPrice(watched.reading.ask) },
      regime: signals.regime,
      sigmaCentsPerSqrtSecond: signals.sigmaCentsPerSqrtSecond,
      explain: explain as unknown as Json,
    };
  }
  const states = new Map(register.entries().map((entry) => [entry.id, entry.state]));
  const reasons: Record<string, string> = {};
  for (const ticker of scan.listed.keys()) reasons[ticker] = reasonFor(runtime, ticker, states);
  return {
    mode: facts.mode,
    seed: facts.seed,
    clock: { marketMs: nowMs, wallMs: parts.clocks.wall.now(), speed: facts.speed },
    risk: { mode: runtime.mode, permission: runtime.door.permission },
    bars: standingBars(runtime),
    restored: runtime.restored,
    inControlMs: runtime.inControlMs,
    firstQuoteMs: runtime.firstQuoteMs,
    actors: register.entries().map((entry) => ({ ...entry, state: entry.state as Json })),
    positions: ledger
      .positions()
      .filter((position) => position.quantity !== 0)
      .map((position) => ({
        market: position.market,
        quantity: formatQuantity(position.quantity),
        cost: formatMoney(position.cost),
        realizedPnl: formatMoney(position.realizedPnl),
        fees: formatMoney(position.fees),
      })),
    orders: [...table.allOpen()].map((row) => ({
      clientOrderId: row.clientOrderId,
      market: row.market,
      side: row.side,
      price: formatPrice(row.price),
      open: formatQuantity(openQuantity(row)),
      state: row.state,
      purpose: row.purpose,
    })),
    foreignOrders: runtime.foreign.count,
    /** Of the whole account, earlier lives included. */
    fills: { count: ledger.fillCount, contracts: formatQuantity(ledger.contracts) },
    money: {
      openingCash: formatMoney(ledger.opening),
      /** What the exchange should hold for us, resting orders aside. */
      explainedCash: formatMoney(ledger.explainedCash()),
      realizedPnl: formatMoney(ledger.realizedPnl()),
      fees: formatMoney(ledger.fees()),
    },
    orderGroups: runtime.groups.report(),
    equity: formatMoney(ledger.equity(ledger.explainedCash(), marks)),
    quotes,
    reasons,
  };
}

/**
 * Why a scanned market is or is not quoted, as one code: `quoted`; what keeps its session from it (`warmup`, `softExit`,
 * `killed`, `frozen`, a reason of quoting); why it has none (a filter's reason, the risk mode, or `waiting` for a place).
 */
export function reasonFor(runtime: TraderRuntime, ticker: Ticker, states: ReadonlyMap<string, unknown>): string {
  const session = runtime.sessions.sessionOf(ticker);
  if (session === null) {
    const waiting = runtime.mode === 'active' ? 'waiting' : runtime.mode;
    return runtime.scan.reasons.get(ticker) ?? waiting;
  }
  for (const row of runtime.table.open(ticker)) if (row.purpose === 'quote') return 'quoted';
  const state = states.get(session);
  const top = typeof state === 'object' && state !== null ? Object.keys(state)[0] : state;
  if (top !== 'quoting') return String(top ?? 'opening');
  if ((state as { quoting: { flow?: unknown } }).quoting.flow === 'frozen') return 'frozen';
  const shard = runtime.markets.get(ticker)?.market.exchangeIndex ?? 0;
  const hindrance = runtime.groups.hindrance(shard);
  if (hindrance !== null) return hindrance;
  const { whyNoBid = null, whyNoAsk = null } = runtime.explanations.get(ticker) ?? {};
  return whyNoBid ?? whyNoAsk ?? 'quoting';
}
