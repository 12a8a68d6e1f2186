/** Orders: what is refused, what executes, what rests, and what becomes of it. */
import { FeeAccumulator, tradeFee } from '../../domain/fees.ts';
import type { OrderId, TradeId } from '../../domain/ids.ts';
import { opposite, type Side } from '../../domain/side.ts';
import {
  type Centicents,
  type Centicontracts,
  complement,
  type Microdollars,
  type UnixMs,
} from '../../domain/units.ts';
import type { Account } from './accounts.ts';
import type { Floor } from './floor.ts';
import type { ListedEntry } from './listed-entry.ts';
import { LiveOrder } from './live-order.ts';
import { OWN } from './matching.ts';
import type {
  AmendAccepted,
  AmendOrder,
  Answer,
  CancelAccepted,
  CreateAccepted,
  EngineFill,
  EngineOrder,
  NewOrder,
  RefusalCode,
  Refused,
  UserId,
} from './model.ts';

function refused(code: RefusalCode, details: string | null = null): Refused {
  return { ok: false, code, details };
}

function isQuantity(quantity: number): boolean {
  return Number.isSafeInteger(quantity) && quantity > 0;
}

export class Trading {
  private readonly floor: Floor;
  /** Fills of the present command's own order, for its answer. */
  private fills: EngineFill[] = [];
  private crowdOrders = 0;

  constructor(floor: Floor) {
    this.floor = floor;
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

  /** A recording's taker against account orders that nothing of the crowd stands before. Returns what it filled. */
  takeFromAccounts(entry: ListedEntry, side: Side, limit: Centicents, quantity: Centicontracts): Centicontracts {
    this.floor.touch(entry);
    // The crowd's owner is 0: "stop at one's own" stops where the crowd stands.
    const taken = entry.book.take(side, limit, quantity, 0, OWN.stop);
    this.settleExecutions(entry, side, null);
    return taken as Centicontracts;
  }

  /** A recording's execution, through the queue; what the crowd gave is not printed. */
  executeRecorded(
    entry: ListedEntry,
    side: Side,
    price: Centicents,
    quantity: Centicontracts,
  ): { readonly accounts: Centicontracts; readonly crowd: Centicontracts } {
    const { book } = entry;
    this.floor.touch(entry);
    const crowd = book.executeRecorded(side, price, quantity) as Centicontracts;
    let executed = 0;
    for (let index = 0; index < book.madeCount; index++) executed += book.madeQuantity[index]!;
    this.settleExecutions(entry, side, null);
    return { accounts: (executed - crowd) as Centicontracts, crowd };
  }

  /** Nobody reads the crowd's ids: short ones are quicker to make and to find. */
  private nextOrderId(account: Account): OrderId {
    return (account.isCrowd ? `crowd-${++this.crowdOrders}` : this.floor.nextId()) as OrderId;
  }

  private left<T>(answer: T): T {
    this.floor.leave();
    return answer;
  }

  /** Why nothing may be done in this market now, or null. */
  private shut(entry: ListedEntry, isPlacing: boolean): Refused | null {
    const { floor } = this;
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

  private findResting(account: Account, orderId: OrderId, isPlacing = false): LiveOrder | Refused {
    const { floor } = this;
    if (!floor.exchangeActive) return refused('exchange_is_paused');
    const order = account.orders.get(orderId);
    if (order === undefined) return refused('not_found');
    const isResting = order.slot !== 0;
    const shut = this.shut(order.entry, isPlacing && isResting);
    if (shut !== null) return shut;
    if (isResting) return order;
    return refused(isPlacing && order.status === 'executed' ? 'cannot_update_filled_order' : 'not_found');
  }

  private invalid(entry: ListedEntry, asked: NewOrder, now: UnixMs): Refused | null {
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

  private tryCreate(account: Account, asked: NewOrder, now: UnixMs): Answer<CreateAccepted> {
    const { floor } = this;
    const { clientOrderId, side, price } = asked;
    const entry = floor.entries.get(asked.market);
    if (entry === undefined) return refused('market_not_found');
    if (!floor.exchangeActive) return refused('exchange_is_paused');
    // Before everything that may change with time: the same request sent again must always learn that it exists.
    if (clientOrderId !== null && account.clientOrderIds.has(clientOrderId)) return refused('order_already_exists');
    const wrong = this.shut(entry, true) ?? this.invalid(entry, asked, now);
    if (wrong !== null) return wrong;

    const { book } = entry;
    const crosses = book.wouldCross(side, price);
    let quantity: number = asked.quantity;
    if (!account.isCrowd) {
      const stake = floor.stake(account, entry);
      if (asked.reduceOnly)
        quantity = Math.min(quantity, Math.max(0, side === 'bid' ? -stake.position : stake.position));
      const legPrice = side === 'bid' ? price : complement(price);
      const bound = this.feeBound(entry, price, quantity, crosses);
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
    this.fills = [];
    const stopped = crosses && quantity > 0 && this.match(order, quantity);
    if (order.remaining > 0) {
      if (stopped) floor.markCanceled(order, 'SelfTradeCancel');
      else if (asked.timeInForce === 'goodTillCanceled') this.rest(order);
      else floor.markCanceled(order, quantity < asked.quantity ? 'ReduceOnlyCancel' : null);
    }
    if (order.slot === 0) floor.close(order);
    floor.tellOrder(order);
    this.tellPosition(order, this.fills.length > 0);
    return { ok: true, order: order.view(), fills: this.fills, atMs: now };
  }

  private tryAmend(account: Account, orderId: OrderId, amend: AmendOrder, now: UnixMs): Answer<AmendAccepted> {
    const { floor } = this;
    const order = this.findResting(account, orderId, true);
    if (!(order instanceof LiveOrder)) return order;
    const wrong = this.invalidAmend(account, order, amend, now);
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
    this.fills = [];
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
    this.tellPosition(order, this.fills.length > 0);
    const changed = this.fills.length > 0 || order.remaining !== before;
    return { ok: true, order: order.view(), fills: this.fills, changed, atMs: now };
  }

  private invalidAmend(account: Account, order: LiveOrder, amend: AmendOrder, now: UnixMs): Refused | null {
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

  private affordsAmend(order: LiveOrder, price: Centicents, remaining: Centicontracts): boolean {
    if (order.account.isCrowd) return true;
    const legPrice = order.side === 'bid' ? price : complement(price);
    const crosses = order.entry.book.wouldCross(order.side, price);
    const bound = this.feeBound(order.entry, price, remaining, crosses);
    return this.floor
      .stake(order.account, order.entry)
      .affords(
        order.side,
        remaining - order.remaining,
        remaining * legPrice - order.remaining * order.legPrice,
        bound - order.feeBound,
      );
  }

  /** The most that this quantity may cost in fees at this price or better. */
  private feeBound(entry: ListedEntry, price: Centicents, quantity: number, isTaker: boolean): number {
    const fee = tradeFee(entry.fees, price, quantity as Centicontracts, isTaker);
    // The fee falls with a better price by less than the price gains; rounding costs less than one unit an order.
    return fee > 0 || price % this.floor.feePrecision !== 0 ? fee + this.floor.feePrecision : 0;
  }

  private shrink(order: LiveOrder, by: number): void {
    const { floor } = this;
    floor.touch(order.entry);
    order.entry.book.resize(order.slot, -by);
    order.remaining = (order.remaining - by) as Centicontracts;
    order.initial = (order.initial - by) as Centicontracts;
    floor.hold(order, -by, this.feeBound(order.entry, order.price, order.remaining, false));
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
    if (entry.book.wouldCross(order.side, price)) this.match(order, remaining);
    if (order.remaining > 0) this.rest(order);
    else floor.close(order);
  }

  private rest(order: LiveOrder): void {
    const { floor } = this;
    const { entry, account } = order;
    order.slot = entry.book.add(order.side, order.price, order.remaining, account.index);
    entry.orders[order.slot] = order;
    if (account.isCrowd) account.orders.set(order.orderId, order);
    else {
      account.resting.add(order);
      floor.hold(order, order.remaining, this.feeBound(entry, order.price, order.remaining, false));
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

  /** Executes what crosses. True when it ended at an order of its own account. */
  private match(order: LiveOrder, quantity: number): boolean {
    const { book } = order.entry;
    const { index } = order.account;
    const own = index === 0 ? OWN.trade : order.selfTrade === 'maker' ? OWN.cancel : OWN.stop;
    book.take(order.side, order.price, quantity, index, own);
    const stopped = book.stoppedAtOwn;
    this.settleExecutions(order.entry, order.side, order);
    return stopped;
  }

  /** Books the executions that the book's last `take` left: money, positions, records, events. */
  private settleExecutions(entry: ListedEntry, side: Side, taker: LiveOrder | null): void {
    const { floor } = this;
    const { book } = entry;
    const makerSide = opposite(side);
    for (let index = 0; index < book.madeCount; index++) {
      const slot = book.madeSlot[index]!;
      const price = book.madePrice[index]! as Centicents;
      const quantity = book.madeQuantity[index]! as Centicontracts;
      const maker = entry.orders[slot] ?? null;
      if (quantity === 0) this.cancelOwn(maker!);
      else {
        floor.tellBook(entry, makerSide, price, -quantity, maker);
        this.execute(entry, taker, maker, side, price, quantity);
      }
    }
  }

  /** The taker came to its own account's order, which leaves for it; the book has let go of it already. */
  private cancelOwn(maker: LiveOrder): void {
    const { floor } = this;
    maker.entry.orders[maker.slot] = null;
    floor.tellBook(maker.entry, maker.side, maker.price, -maker.remaining, maker);
    floor.hold(maker, -maker.remaining, 0);
    floor.markCanceled(maker, 'SelfTradeCancel');
    floor.close(maker);
    floor.tellOrder(maker);
  }

  private execute(
    entry: ListedEntry,
    taker: LiveOrder | null,
    maker: LiveOrder | null,
    side: Side,
    price: Centicents,
    quantity: Centicontracts,
  ): void {
    const { floor } = this;
    const makerIsCrowd = maker === null || maker.account.isCrowd;
    const takerIsCrowd = taker === null || taker.account.isCrowd;
    const tradeId = floor.nextId() as TradeId;
    if (taker === null && makerIsCrowd) {
      // The recording's own trade, which it prints itself.
      if (maker !== null) this.fill(maker, tradeId, price, quantity, false);
      return;
    }
    const trade = { tradeId, market: entry.ticker, price, quantity, takerSide: side, atMs: floor.now };
    entry.tape.add(trade);
    entry.traded = true;
    floor.tell({ type: 'trade', trade });

    // The crowd trading with itself moves nobody's position.
    if (!makerIsCrowd || !takerIsCrowd) {
      if (makerIsCrowd) this.crowdExecutes(entry, opposite(side), price, quantity);
      if (takerIsCrowd) this.crowdExecutes(entry, side, price, quantity);
    }
    if (maker !== null) this.fill(maker, tradeId, price, quantity, false);
    if (taker !== null) {
      const fill = this.fill(taker, tradeId, price, quantity, true);
      if (fill !== null) this.fills.push(fill);
    }
  }

  private crowdExecutes(entry: ListedEntry, side: Side, price: Centicents, quantity: Centicontracts): void {
    const { floor } = this;
    entry.openInterest += floor.stake(floor.crowd, entry).execute(side, price, quantity, 0, floor.now);
  }

  private fill(
    order: LiveOrder,
    tradeId: TradeId,
    price: Centicents,
    quantity: Centicontracts,
    isTaker: boolean,
  ): EngineFill | null {
    const { floor } = this;
    const { entry, account, side } = order;
    order.filled = (order.filled + quantity) as Centicontracts;
    order.remaining = (order.remaining - quantity) as Centicontracts;
    order.updatedMs = floor.now;
    order.updateReason = 'Trade';
    if (order.remaining === 0) order.status = 'executed';
    if (account.isCrowd) {
      if (order.remaining === 0 && !isTaker) this.leaveBook(order);
      return null;
    }

    const sign = side === 'bid' ? -1 : 1;
    order.fees ??= new FeeAccumulator(floor.feePrecision);
    const fee = order.fees.charge(sign * price * quantity, tradeFee(entry.fees, price, quantity, isTaker));
    const cost = (side === 'bid' ? price : complement(price)) * quantity;
    if (isTaker) {
      order.takerCost += cost;
      order.takerFees += fee;
    } else {
      order.makerCost += cost;
      order.makerFees += fee;
    }
    floor.feesTaken += fee;
    const stake = floor.stake(account, entry);
    entry.openInterest += stake.execute(side, price, quantity, fee, floor.now);
    if (isTaker) stake.settleHold();
    else
      floor.hold(
        order,
        -quantity,
        order.remaining === 0 ? 0 : this.feeBound(entry, order.price, order.remaining, false),
      );

    const fill: EngineFill = {
      tradeId,
      orderId: order.orderId,
      user: account.user,
      clientOrderId: order.clientOrderId,
      market: entry.ticker,
      exchangeIndex: entry.exchangeIndex,
      side,
      price,
      quantity,
      fee: fee as Microdollars,
      isTaker,
      atMs: floor.now,
      positionAfter: stake.position as Centicontracts,
    };
    account.fills.push(fill);
    floor.tell({ type: 'fill', fill });
    if (!isTaker) {
      if (order.remaining === 0) this.leaveBook(order);
      floor.tellOrder(order);
      this.tellPosition(order, true);
    }
    return fill;
  }

  /** A maker that is fully executed; the book has let go of it already. */
  private leaveBook(order: LiveOrder): void {
    order.entry.orders[order.slot] = null;
    this.floor.close(order);
  }

  private tellPosition(order: LiveOrder, hasChanged: boolean): void {
    const { floor } = this;
    const { account } = order;
    if (!hasChanged || !floor.listened || account.isCrowd) return;
    const stake = floor.stake(account, order.entry);
    floor.tell({ type: 'position', user: account.user, position: stake.view() });
  }
}
