/** What is open when a run ends: positions that only their markets' own end will pay, at what they could be sold for. */
import type { Ticker } from '../domain/ids.ts';
import { formatMoney, formatPrice, type Microdollars, toContracts } from '../domain/units.ts';
import type { TraderRuntime } from './trader-runtime.ts';

export interface OpenAtEnd {
  readonly market: Ticker;
  /** Contracts; > 0 yes, < 0 no. */
  readonly position: number;
  /** Dollars on the yes scale: the touch on which the position could be closed, as last seen; null where there was none. */
  readonly mark: string | null;
  /** Position at its mark, against what it cost, dollars; null without a mark. */
  readonly unrealizedPnl: string | null;
}

/** Every market in which something is held; where all markets are a recording's, those as well that are open and empty. */
export function openAtEnd({ ledger, markets, parts }: TraderRuntime, isRecorded: boolean): readonly OpenAtEnd[] {
  const held = new Map(ledger.positions().map((position) => [position.market, position.quantity]));
  const open = new Set<Ticker>();
  for (const [market, quantity] of held) if (quantity !== 0) open.add(market);
  if (isRecorded) {
    const nowMs = parts.clocks.market.now();
    for (const { market, endedAtMs } of markets.all())
      if (endedAtMs === null && market.closeMs > nowMs) open.add(market.ticker);
  }
  return [...open].sort().map((market): OpenAtEnd => {
    const quantity = held.get(market);
    if (quantity === undefined || quantity === 0) return { market, position: 0, mark: null, unrealizedPnl: null };
    const mark = markets.exitTouch(market, quantity);
    const pnl = mark === null ? null : ledger.unrealized((other) => (other === market ? mark : null));
    return {
      market,
      position: toContracts(quantity),
      mark: mark === null ? null : formatPrice(mark),
      unrealizedPnl: pnl === null ? null : formatMoney(pnl as Microdollars),
    };
  });
}
