/**
 * The border between live and historical data: what is older leaves the live calls and is served by `/historical/*`. It
 * moves once a day, at midnight UTC of the market clock: three months back for settled markets and trades, two weeks for
 * orders that are over.
 */
import type { UnixMs } from '../../../domain/units.ts';
import type { EngineOrder, EngineTrade, MarketState } from '../model.ts';

const DAY_MS = 86_400_000;
const MARKET_DAYS = 90;
const ORDER_DAYS = 14;

export interface Cutoff {
  /** Markets that settled before. */
  readonly marketsMs: UnixMs;
  /** Trades and fills before. */
  readonly tradesMs: UnixMs;
  /** Orders that were canceled or executed before. */
  readonly ordersMs: UnixMs;
}

export function cutoffAt(nowMs: UnixMs): Cutoff {
  const today = Math.floor(nowMs / DAY_MS);
  const daysBack = (days: number): UnixMs => ((today - days) * DAY_MS) as UnixMs;
  return { marketsMs: daysBack(MARKET_DAYS), tradesMs: daysBack(MARKET_DAYS), ordersMs: daysBack(ORDER_DAYS) };
}

export function isHistoricalMarket({ settledMs }: MarketState, { marketsMs }: Cutoff): boolean {
  return settledMs !== null && settledMs < marketsMs;
}

export function isHistoricalTrade({ atMs }: Pick<EngineTrade, 'atMs'>, { tradesMs }: Cutoff): boolean {
  return atMs < tradesMs;
}

/** What rests is always live. */
export function isHistoricalOrder({ status, updatedMs }: EngineOrder, { ordersMs }: Cutoff): boolean {
  return status !== 'resting' && updatedMs < ordersMs;
}
