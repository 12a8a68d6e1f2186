/** What the exchange does not take, in its own words. */
import type { UnixMs } from '../../domain/units.ts';
import type { Account } from './accounts.ts';
import type { Floor } from './floor.ts';
import type { ListedEntry } from './listed-entry.ts';
import type { LiveOrder } from './live-order.ts';
import type { AmendOrder, NewOrder, RefusalCode, Refused } from './model.ts';

export function refused(code: RefusalCode, details: string | null = null): Refused {
  return { ok: false, code, details };
}

function isQuantity(quantity: number): boolean {
  return Number.isSafeInteger(quantity) && quantity > 0;
}

/** Why nothing may be done in this market now, or null. */
export function shut(floor: Floor, entry: ListedEntry, isPlacing: boolean): Refused | null {
  if (!floor.exchangeActive) return refused('exchange_is_paused');
  if (isPlacing && !floor.tradingActive) return refused('trading_is_paused');
  switch (entry.status) {
    case 'active':
      return null;
    case 'inactive':
      return isPlacing ? refused('market_inactive') : null;
    case 'initialized':
    case 'closed':
      return refused('market_inactive');
    default:
      return refused('market_already_closed');
  }
}

/** What is wrong with a new order by itself, or null. */
export function invalidOrder(entry: ListedEntry, asked: NewOrder, now: UnixMs): Refused | null {
  if (!isQuantity(asked.quantity)) return refused('invalid_order_size');
  if (!entry.listed.grid.isOnGrid(asked.price)) return refused('invalid_price');
  const immediate = asked.timeInForce !== 'goodTillCanceled';
  if (asked.expiresAtMs !== null) {
    if (immediate) return refused('invalid_parameters', 'an expiration needs good_till_canceled');
    if (!(asked.expiresAtMs > now)) return refused('invalid_parameters', 'the expiration must be in the future');
  }
  if (asked.postOnly && immediate) return refused('invalid_parameters', 'post_only needs good_till_canceled');
  if (asked.reduceOnly && asked.timeInForce !== 'immediateOrCancel') {
    return refused('invalid_parameters', 'reduce_only needs immediate_or_cancel');
  }
  return null;
}

/** What is wrong with an amend of this order, before any question of money or of who is met, or null. */
export function invalidAmend(account: Account, order: LiveOrder, amend: AmendOrder, now: UnixMs): Refused | null {
  if (amend.market !== order.entry.ticker) return refused('order_ticker_mismatch');
  if (amend.side !== order.side) return refused('order_side_mismatch');
  if (amend.clientOrderId !== undefined && amend.clientOrderId !== order.clientOrderId) {
    return refused('order_id_and_client_order_id_mismatch');
  }
  const renamed = amend.updatedClientOrderId;
  if (renamed !== undefined && renamed !== order.clientOrderId && account.clientOrderIds.has(renamed)) {
    return refused('order_already_exists');
  }
  if (!isQuantity(amend.quantity)) return refused('invalid_order_size');
  if (!order.entry.listed.grid.isOnGrid(amend.price)) return refused('invalid_price');
  if (amend.quantity < order.filled) return refused('invalid_amend_quantity_for_order');
  const expiresAtMs = amend.expiresAtMs ?? null;
  if (expiresAtMs !== null && !(expiresAtMs > now)) {
    return refused('invalid_parameters', 'the expiration must be in the future');
  }
  return null;
}
