/** Orders: created, amended, decreased, canceled, expired. */
import type { OrderId } from '../../domain/ids.ts';
import { type Centicents, type Centicontracts, complement, type UnixMs } from '../../domain/units.ts';
import type { Account } from './accounts.ts';
import type { Executions } from './executions.ts';
import type { Floor } from './floor.ts';
import { LiveOrder } from './live-order.ts';
import type {
  AmendAccepted,
  AmendOrder,
  Answer,
  CancelAccepted,
  CreateAccepted,
  EngineOrder,
  NewOrder,
  Refused,
  UserId,
} from './model.ts';
import type { OrderGroups } from './order-groups.ts';
import { invalidAmend, invalidOrder, refused, shut } from './order-rules.ts';

export class Trading {
  private readonly floor: Floor;
  private readonly executions: Executions;
  private readonly groups: OrderGroups;
  private crowdOrders = 0;

  constructor(floor: Floor, executions: Executions, groups: OrderGroups) {
    this.floor = floor;
    this.executions = executions;
    this.groups = groups;
  }

  create(user: UserId, asked: NewOrder): Answer<CreateAccepted> {
    const { floor } = this;
    const now = floor.enter();
    const answer = this.tryCreate(floor.account(user), asked, now);
    floor.leave();
    return answer;
  }

  cancel(user: UserId, orderId: OrderId): Answer<CancelAccepted> {
    const { floor } = this;
    const now = floor.enter();
    const found = this.findResting(floor.account(user), orderId);
    if (!(found instanceof LiveOrder)) return this.left(found);
    const reducedBy = floor.cancel(found, null);
    return this.left({ ok: true, order: found.view(), reducedBy, atMs: now });
  }

  cancelAll(user: UserId): readonly EngineOrder[] {
    const { floor } = this;
    floor.enter();
    const account = floor.account(user);
    const canceled: EngineOrder[] = [];
    if (floor.exchangeActive) {
      const resting = account.isCrowd ? account.orders.values() : account.resting;
      for (const order of [...resting]) {
        floor.cancel(order, null);
        canceled.push(order.view());
      }
    }
    return this.left(canceled);
  }

  decreaseTo(user: UserId, orderId: OrderId, remaining: Centicontracts): Answer<CancelAccepted> {
    const { floor } = this;
    const now = floor.enter();
    const order = this.findResting(floor.account(user), orderId);
    if (!(order instanceof LiveOrder)) return this.left(order);
    if (!Number.isSafeInteger(remaining) || remaining < 0 || remaining > order.remaining) {
      return this.left(refused('invalid_order_size', 'a decrease cannot leave more than rests'));
    }
    const reducedBy = (order.remaining - remaining) as Centicontracts;
    if (remaining === 0) floor.cancel(order, 'Decrease');
    else if (reducedBy > 0) {
      this.shrink(order, reducedBy);
      order.updateReason = 'Decrease';
      order.updatedMs = now;
      floor.tellOrder(order);
    }
    return this.left({ ok: true, order: order.view(), reducedBy, atMs: now });
  }

  amend(user: UserId, orderId: OrderId, amend: AmendOrder): Answer<AmendAccepted> {
    const { floor } = this;
    const now = floor.enter();
    return this.left(this.tryAmend(floor.account(user), orderId, amend, now));
  }

  /** Nobody reads the crowd's ids: short ones are quicker to make and to find. */
  private nextOrderId(account: Account): OrderId {
    return (account.isCrowd ? `crowd-${++this.crowdOrders}` : this.floor.nextId()) as OrderId;
  }

  private left<T>(answer: T): T {
    this.floor.leave();
    return answer;
  }

  private findResting(account: Account, orderId: OrderId, isPlacing = false): LiveOrder | Refused {
    const { floor } = this;
    if (!floor.exchangeActive) return refused('exchange_is_paused');
    const order = account.orders.get(orderId);
    if (order === undefined) return refused('not_found');
    const isResting = order.slot !== 0;
    const wrong = shut(floor, order.entry, isPlacing && isResting);
    if (wrong !== null) return wrong;
    if (isResting) return order;
    return refused(isPlacing && order.status === 'executed' ? 'cannot_update_filled_order' : 'not_found');
  }

  private tryCreate(account: Account, asked: NewOrder, now: UnixMs): Answer<CreateAccepted> {
    const { floor } = this;
    const { clientOrderId, side, price } = asked;
    const entry = floor.entries.get(asked.market);
    if (entry === undefined) return refused('market_not_found');
    if (!floor.exchangeActive) return refused('exchange_is_paused');
    // Before everything that may change with time: the same request sent again must always learn that it exists.
    if (clientOrderId !== null && account.clientOrderIds.has(clientOrderId)) return refused('order_already_exists');
    const wrong = shut(floor, entry, true) ?? invalidOrder(entry, asked, now);
    if (wrong !== null) return wrong;
    const refusal = asked.groupId === null ? null : this.groups.refusal(account, asked.groupId, entry.exchangeIndex);
    if (refusal !== null) return refusal;

    const { book } = entry;
    const crosses = book.wouldCross(side, price);
    let quantity: number = asked.quantity;
    if (!account.isCrowd) {
      const stake = floor.stake(account, entry);
      if (asked.reduceOnly)
        quantity = Math.min(quantity, Math.max(0, side === 'bid' ? -stake.position : stake.position));
      const legPrice = side === 'bid' ? price : complement(price);
      const bound = floor.feeBound(entry, price, quantity, crosses);
      if (!stake.affords(side, quantity, quantity * legPrice, bound)) return refused('insufficient_balance');
      if (clientOrderId !== null) account.clientOrderIds.add(clientOrderId);
    }
    if (asked.timeInForce === 'fillOrKill' && book.takeable(side, price, quantity) < quantity) {
      return refused('fill_or_kill_insufficient_resting_volume');
    }

    const order = new LiveOrder(this.nextOrderId(account), account, entry, asked, now);
    if (!account.isCrowd) account.orders.set(order.orderId, order);
    if (asked.postOnly && crosses) {
      floor.markCanceled(order, 'PostOnlyCrossCancel');
      floor.close(order);
      floor.tellOrder(order);
      return refused('invalid_order', 'post only cross');
    }
    floor.touch(entry);
    this.executions.fills = [];
    const stopped = crosses && quantity > 0 && this.executions.match(order, quantity);
    if (order.remaining > 0) {
      if (stopped) floor.markCanceled(order, 'SelfTradeCancel');
      else if (asked.timeInForce === 'goodTillCanceled') this.rest(order);
      else floor.markCanceled(order, quantity < asked.quantity ? 'ReduceOnlyCancel' : null);
    }
    if (order.slot === 0) floor.close(order);
    floor.tellOrder(order);
    this.executions.tellPosition(order, this.executions.fills.length > 0);
    return { ok: true, order: order.view(), fills: this.executions.fills, atMs: now };
  }

  private tryAmend(account: Account, orderId: OrderId, amend: AmendOrder, now: UnixMs): Answer<AmendAccepted> {
    const { floor } = this;
    const order = this.findResting(account, orderId, true);
    if (!(order instanceof LiveOrder)) return order;
    const wrong = invalidAmend(account, order, amend, now);
    if (wrong !== null) return wrong;

    const { entry } = order;
    const price = amend.price;
    const remaining = (amend.quantity - order.filled) as Centicontracts;
    const before = order.remaining;
    const moves = price !== order.price || remaining > before;
    if (moves && remaining > 0) {
      if (entry.book.wouldCross(order.side, price)) {
        if (order.postOnly) return refused('invalid_order', 'post only cross');
        const owner = account.index;
        if (owner !== 0 && entry.book.reachesOwn(order.side, price, remaining, owner))
          return refused('self_cross_attempt');
      }
      if (!this.affordsAmend(order, price, remaining)) return refused('insufficient_balance');
    }

    if (amend.updatedClientOrderId !== undefined && amend.updatedClientOrderId !== order.clientOrderId) {
      order.clientOrderId = amend.updatedClientOrderId;
      if (!account.isCrowd) account.clientOrderIds.add(amend.updatedClientOrderId);
    }
    order.updatedMs = now;
    order.updateReason = 'Amend';
    this.executions.fills = [];
    if (remaining === 0) {
      order.initial = amend.quantity;
      floor.cancel(order, 'Amend');
      return { ok: true, order: order.view(), fills: [], changed: true, atMs: now };
    }
    if (amend.expiresAtMs !== undefined && amend.expiresAtMs !== order.expiresAtMs)
      this.expireAt(order, amend.expiresAtMs);
    if (moves) this.requeue(order, price, remaining);
    else if (remaining < before) this.shrink(order, before - remaining);
    order.initial = amend.quantity;
    floor.tellOrder(order);
    this.executions.tellPosition(order, this.executions.fills.length > 0);
    const changed = this.executions.fills.length > 0 || order.remaining !== before;
    return { ok: true, order: order.view(), fills: this.executions.fills, changed, atMs: now };
  }

  private affordsAmend(order: LiveOrder, price: Centicents, remaining: Centicontracts): boolean {
    const { floor } = this;
    if (order.account.isCrowd) return true;
    const legPrice = order.side === 'bid' ? price : complement(price);
    const crosses = order.entry.book.wouldCross(order.side, price);
    const bound = floor.feeBound(order.entry, price, remaining, crosses);
    return floor
      .stake(order.account, order.entry)
      .affords(
        order.side,
        remaining - order.remaining,
        remaining * legPrice - order.remaining * order.legPrice,
        bound - order.feeBound,
      );
  }

  private shrink(order: LiveOrder, by: number): void {
    const { floor } = this;
    floor.touch(order.entry);
    order.entry.book.resize(order.slot, -by);
    order.remaining = (order.remaining - by) as Centicontracts;
    order.initial = (order.initial - by) as Centicontracts;
    floor.hold(order, -by, floor.feeBound(order.entry, order.price, order.remaining, false));
    floor.tellBook(order.entry, order.side, order.price, -by, order);
  }

  /** A new price or more of it: to the end of the line, as if new. */
  private requeue(order: LiveOrder, price: Centicents, remaining: Centicontracts): void {
    const { floor } = this;
    const { entry } = order;
    floor.touch(entry);
    entry.book.remove(order.slot);
    entry.orders[order.slot] = null;
    floor.tellBook(entry, order.side, order.price, -order.remaining, order);
    floor.hold(order, -order.remaining, 0);
    order.slot = 0;
    order.price = price;
    order.remaining = remaining;
    if (entry.book.wouldCross(order.side, price)) this.executions.match(order, remaining);
    if (order.remaining > 0) this.rest(order);
    else floor.close(order);
  }

  private rest(order: LiveOrder): void {
    const { floor } = this;
    const { entry, account } = order;
    order.slot = entry.book.add(order.side, order.price, order.remaining, account.index);
    entry.orders[order.slot] = order;
    order.aheadWhenLost = null;
    if (account.isCrowd) account.orders.set(order.orderId, order);
    else {
      account.resting.add(order);
      floor.hold(order, order.remaining, floor.feeBound(entry, order.price, order.remaining, false));
    }
    if (order.expiresAtMs !== null && order.expiry === null) this.expireAt(order, order.expiresAtMs);
    floor.tellBook(entry, order.side, order.price, order.remaining, order);
  }

  private expireAt(order: LiveOrder, expiresAtMs: UnixMs | null): void {
    const { floor } = this;
    if (order.expiry !== null) floor.agenda.cancel(order.expiry);
    order.expiresAtMs = expiresAtMs;
    order.expiry = expiresAtMs === null ? null : floor.agenda.at(expiresAtMs, () => this.expire(order));
  }

  private expire(order: LiveOrder): void {
    order.expiry = null;
    this.floor.cancel(order, 'ExpiryCancel');
  }
}
