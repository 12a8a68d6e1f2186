/**
 * The net under our quotes: on each shard they stand in one order group, so that the venue itself takes all of them off
 * when too much of them executes at once. Exits carry no group: what reduces must still leave when the group was triggered.
 */
import type { OrderGroupId } from '../domain/ids.ts';
import type { OrderIntent } from '../domain/order.ts';

export type ShardStand =
  | { readonly ok: true; readonly orderGroup: OrderGroupId }
  | { readonly ok: false; readonly reason: 'orderGroupMissing' | 'orderGroupTriggered' };

export interface ShardGroups {
  /** The group of new quotes on this shard, or why none may stand there now. To ask is to want: what is missing is put up. */
  stand(exchangeIndex: number): ShardStand;
  /** The venue refused a quote for its group's sake. */
  refused(intent: OrderIntent, code: string): void;
}

const REFUSALS: ReadonlySet<string> = new Set(['order_group_not_found', 'exceeded_order_group_risk_limit']);

/** Whether the venue refused an order because of the group it carries, and not for what it is. */
export function isGroupRefusal(code: string): boolean {
  return REFUSALS.has(code);
}

/** Why this order may not leave with the group it carries; null when it may, or carries none by design. */
export function groupObjection(groups: ShardGroups | undefined, intent: OrderIntent): string | null {
  if (groups === undefined || intent.purpose !== 'quote') return null;
  const stand = groups.stand(intent.exchangeIndex);
  if (!stand.ok) return stand.reason;
  return stand.orderGroup === intent.orderGroup ? null : 'orderGroupMissing';
}
