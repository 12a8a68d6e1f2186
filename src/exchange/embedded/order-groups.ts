/**
 * Groups of orders that are taken off together. What a group's orders execute is counted over a rolling window; more than
 * its limit, an order to trigger it, or a limit set below the count takes everything of it off the books, and nothing of it
 * is taken any more until it is reset. A group lives on one shard and belongs to one account.
 */
import { type Centicontracts, CONTRACT } from '../../domain/units.ts';
import type { Account } from './accounts.ts';
import type { Floor } from './floor.ts';
import type { EngineOrderGroup, GroupChange } from './group-model.ts';
import type { LiveOrder } from './live-order.ts';
import type { Answer, Refused, UserId } from './model.ts';
import { refused } from './order-rules.ts';

export const GROUP_WINDOW_MS = 15_000;
const LIMIT_CONTRACTS_MAX = 1_000_000;
const GROUPS_MAX = 100_000;

interface Execution {
  readonly atMs: number;
  readonly quantity: number;
}

export class OrderGroup {
  readonly id: string;
  readonly account: Account;
  readonly exchangeIndex: number;
  limit: Centicontracts;
  isTriggered = false;
  /** Oldest first; what is older than the window is let go of when it is next looked at. */
  private executions: Execution[] = [];
  private total = 0;

  constructor(id: string, account: Account, exchangeIndex: number, limit: Centicontracts) {
    this.id = id;
    this.account = account;
    this.exchangeIndex = exchangeIndex;
    this.limit = limit;
  }

  add(quantity: number, atMs: number): void {
    this.executions.push({ atMs, quantity });
    this.total += quantity;
  }

  /** Executed within the window that ends now. */
  countAt(now: number): number {
    let old = 0;
    while (old < this.executions.length && this.executions[old]!.atMs <= now - GROUP_WINDOW_MS) {
      this.total -= this.executions[old++]!.quantity;
    }
    if (old > 0) this.executions.splice(0, old);
    return this.total;
  }

  forget(): void {
    this.executions = [];
    this.total = 0;
  }

  view(): EngineOrderGroup {
    const { id, exchangeIndex, limit, isTriggered } = this;
    const orders: EngineOrderGroup['orders'][number][] = [];
    for (const order of this.account.resting) if (order.groupId === id) orders.push(order.orderId);
    return { id, exchangeIndex, limit, isTriggered, orders };
  }
}

export class OrderGroups {
  private readonly floor: Floor;
  /** Have executed in the present command. */
  private readonly moved = new Set<OrderGroup>();

  constructor(floor: Floor) {
    this.floor = floor;
    // Only when a match is booked to its end may its orders be touched.
    floor.beforeLeaving = () => this.look();
  }

  create(user: UserId, exchangeIndex: number, limit: Centicontracts): Answer<{ group: EngineOrderGroup }> {
    const { floor } = this;
    floor.enter();
    const account = floor.account(user);
    const wrong = this.closed() ?? invalidLimit(limit);
    if (wrong !== null) return this.left(wrong);
    if (account.groups.size >= GROUPS_MAX) {
      return this.left(refused('invalid_parameters', `an account has at most ${GROUPS_MAX} order groups`));
    }
    const group = new OrderGroup(floor.nextId(), account, exchangeIndex, limit);
    account.groups.set(group.id, group);
    this.tell(group, 'created', limit);
    return this.left({ ok: true, group: group.view() });
  }

  delete(user: UserId, id: string): Answer<object> {
    return this.command(user, id, (group) => {
      group.account.groups.delete(id);
      this.moved.delete(group);
      this.tell(group, 'deleted');
      this.takeOff(group);
      return { ok: true };
    });
  }

  reset(user: UserId, id: string): Answer<object> {
    return this.command(user, id, (group) => {
      group.isTriggered = false;
      group.forget();
      this.tell(group, 'reset');
      return { ok: true };
    });
  }

  trigger(user: UserId, id: string): Answer<object> {
    return this.command(user, id, (group) => {
      this.trip(group);
      return { ok: true };
    });
  }

  setLimit(user: UserId, id: string, limit: Centicontracts): Answer<object> {
    return this.command(user, id, (group) => {
      const wrong = invalidLimit(limit);
      if (wrong !== null) return wrong;
      group.limit = limit;
      this.tell(group, 'limitUpdated', limit);
      if (!group.isTriggered && group.countAt(this.floor.now) > limit) this.trip(group);
      return { ok: true };
    });
  }

  /** Why an order with this group may not be placed on this shard, or null. */
  refusal(account: Account, id: string, exchangeIndex: number): Refused | null {
    const group = account.groups.get(id);
    if (group === undefined || group.exchangeIndex !== exchangeIndex) return refused('order_group_not_found');
    return group.isTriggered ? refused('exceeded_order_group_risk_limit') : null;
  }

  executed({ account, groupId }: LiveOrder, quantity: number): void {
    const group = groupId === null ? undefined : account.groups.get(groupId);
    if (group === undefined) return;
    group.add(quantity, this.floor.now);
    this.moved.add(group);
  }

  private look(): void {
    if (this.moved.size === 0) return;
    for (const group of this.moved) {
      if (!group.isTriggered && group.countAt(this.floor.now) > group.limit) this.trip(group);
    }
    this.moved.clear();
  }

  private trip(group: OrderGroup): void {
    // Told once: a group that is triggered has nothing more to take off.
    if (group.isTriggered) return;
    group.isTriggered = true;
    this.tell(group, 'triggered');
    this.takeOff(group);
  }

  private takeOff(group: OrderGroup): void {
    for (const order of [...group.account.resting]) if (order.groupId === group.id) this.floor.cancel(order, null);
  }

  private command(user: UserId, id: string, act: (group: OrderGroup) => Answer<object>): Answer<object> {
    const { floor } = this;
    floor.enter();
    const group = floor.account(user).groups.get(id);
    const wrong = this.closed() ?? (group === undefined ? refused('order_group_not_found') : null);
    return this.left(wrong ?? act(group!));
  }

  private closed(): Refused | null {
    return this.floor.exchangeActive ? null : refused('exchange_is_paused');
  }

  private tell(group: OrderGroup, change: GroupChange, limit: Centicontracts | null = null): void {
    const { id, account } = group;
    this.floor.tell({ type: 'orderGroup', user: account.user, group: id, change, limit, atMs: this.floor.now });
  }

  private left<T>(answer: T): T {
    this.floor.leave();
    return answer;
  }
}

function invalidLimit(limit: number): Refused | null {
  const contracts = limit / CONTRACT;
  if (Number.isSafeInteger(contracts) && contracts >= 1 && contracts <= LIMIT_CONTRACTS_MAX) return null;
  return refused('invalid_parameters', `a contracts limit is a whole number from 1 to ${LIMIT_CONTRACTS_MAX}`);
}
