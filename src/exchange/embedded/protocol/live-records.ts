import type { Clock } from '../../../domain/clock.ts';
import type { EngineFill, EngineOrder, UserId } from '../model.ts';
import { type Cutoff, cutoffAt, isHistoricalOrder, isHistoricalTrade } from './live-window.ts';
import type { Records } from './records.ts';

/** Orders and fills are those of the live window; the others are apart. */
export interface LiveRecords extends Records {
  /**
   * Live and historical ones, newest first, and which are live: a listing that goes on after an order that left meanwhile
   * must still find its place.
   */
  allOrders(user: UserId): readonly EngineOrder[];
  isLiveOrder(order: EngineOrder): boolean;
  /** Newest first. */
  historicalOrders(user: UserId): readonly EngineOrder[];
  /** Newest first. */
  historicalFills(user: UserId): readonly EngineFill[];
}

/** Parts an account's records at the cutoff, which the market clock moves. */
export function createLiveRecords(all: Records, market: Clock): LiveRecords {
  const cutoff = (): Cutoff => cutoffAt(market.now());

  function parted<T>(items: readonly T[], isHistorical: (item: T, at: Cutoff) => boolean, wanted: boolean): T[] {
    const at = cutoff();
    return items.filter((item) => isHistorical(item, at) === wanted);
  }

  return {
    availableCash: (user) => all.availableCash(user),
    orders: (user) => parted(all.orders(user), isHistoricalOrder, false),
    order(user, orderId) {
      const order = all.order(user, orderId);
      return order === null || isHistoricalOrder(order, cutoff()) ? null : order;
    },
    fills: (user) => parted(all.fills(user), isHistoricalTrade, false),
    positions: (user) => all.positions(user),
    settlements: (user) => all.settlements(user),
    allOrders: (user) => all.orders(user),
    isLiveOrder: (order) => !isHistoricalOrder(order, cutoff()),
    historicalOrders: (user) => parted(all.orders(user), isHistoricalOrder, true),
    historicalFills: (user) => parted(all.fills(user), isHistoricalTrade, true),
  };
}
