/** What `GET /api/state` says: a projection of the running trader, plain JSON, made when somebody asks. */
import type { Json } from '../domain/json.ts';
import { openQuantity } from '../domain/order.ts';
import { formatMoney, formatPrice, formatQuantity } from '../domain/units.ts';
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
  // Why each scanned market is or is not quoted: one reason code a market.
  const reasons: Record<string, string> = {};
  for (const ticker of scan.listed.keys()) {
    const explain = explanations.get(ticker);
    const session = runtime.sessions.sessionOf(ticker);
    if (session === null) reasons[ticker] = scan.reasons.get(ticker) ?? 'waiting';
    else reasons[ticker] = explain?.whyNoBid != null && explain.whyNoAsk != null ? explain.whyNoBid : 'session';
  }
  return {
    mode: facts.mode,
    seed: facts.seed,
    clock: { marketMs: nowMs, wallMs: parts.clocks.wall.now(), speed: facts.speed },
    risk: { mode: runtime.mode, permission: runtime.door.permission },
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
    equity: formatMoney(ledger.equity(ledger.explainedCash(), marks)),
    quotes,
    reasons,
  };
}
