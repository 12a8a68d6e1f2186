/** Executions: what the book's matching leaves becomes money, positions, records and events. */
import { FeeAccumulator, tradeFee } from '../../domain/fees.ts';
import type { TradeId } from '../../domain/ids.ts';
import { opposite, type Side } from '../../domain/side.ts';
import { type Centicents, type Centicontracts, complement, type Microdollars } from '../../domain/units.ts';
import type { Floor } from './floor.ts';
import type { ListedEntry } from './listed-entry.ts';
import type { LiveOrder } from './live-order.ts';
import { OWN } from './matching.ts';
import type { EngineFill } from './model.ts';
import type { OrderGroups } from './order-groups.ts';

export class Executions {
  /** Fills of the present command's own order, for its answer; whoever begins one empties it. */
  fills: EngineFill[] = [];
  private readonly floor: Floor;
  private readonly groups: OrderGroups;

  constructor(floor: Floor, groups: OrderGroups) {
    this.floor = floor;
    this.groups = groups;
  }

  /** Executes what crosses. True when it ended at an order of its own account. */
  match(order: LiveOrder, quantity: number): boolean {
    const { book } = order.entry;
    const { index } = order.account;
    const own = index === 0 ? OWN.trade : order.selfTrade === 'maker' ? OWN.cancel : OWN.stop;
    book.take(order.side, order.price, quantity, index, own);
    const stopped = book.stoppedAtOwn;
    this.settle(order.entry, order.side, order);
    return stopped;
  }

  /** A recording's taker against account orders that nothing of the crowd stands before. Returns what it filled. */
  takeFromAccounts(entry: ListedEntry, side: Side, limit: Centicents, quantity: Centicontracts): Centicontracts {
    this.floor.touch(entry);
    // The crowd's owner is 0: "stop at one's own" stops where the crowd stands.
    const taken = entry.book.take(side, limit, quantity, 0, OWN.stop);
    this.settle(entry, side, null);
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
    this.settle(entry, side, null);
    return { accounts: (executed - crowd) as Centicontracts, crowd };
  }

  /** Books the executions that the book's last `take` left: money, positions, records, events. */
  private settle(entry: ListedEntry, side: Side, taker: LiveOrder | null): void {
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
        order.remaining === 0 ? 0 : floor.feeBound(entry, order.price, order.remaining, false),
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
    if (order.groupId !== null) this.groups.executed(order, quantity);
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

  tellPosition(order: LiveOrder, hasChanged: boolean): void {
    const { floor } = this;
    const { account } = order;
    if (!hasChanged || !floor.listened || account.isCrowd) return;
    const stake = floor.stake(account, order.entry);
    floor.tell({ type: 'position', user: account.user, position: stake.view() });
  }
}
