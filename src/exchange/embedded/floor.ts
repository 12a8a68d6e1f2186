/**
 * The trading floor: everything that the engine's parts (trading, lifecycle, crowd) share. A command runs between `enter`
 * and `leave`; what happened is told in order after its state stands. A listener may command the engine again: that
 * command is done at once and its events are told after those that are being told.
 */
import { Subject } from 'rxjs';
import { assert } from '../../domain/assert.ts';
import type { Clock } from '../../domain/clock.ts';
import { tradeFee } from '../../domain/fees.ts';
import type { EventTicker, SeriesTicker, Ticker } from '../../domain/ids.ts';
import type { Side } from '../../domain/side.ts';
import type { Centicents, Centicontracts, Microdollars, UnixMs } from '../../domain/units.ts';
import { Account, Purse, Stake } from './accounts.ts';
import { Agenda } from './agenda.ts';
import type { ListedEntry } from './listed-entry.ts';
import type { LiveOrder } from './live-order.ts';
import {
  CROWD,
  type EngineEvent,
  type ListedEvent,
  type ListedSeries,
  type UpdateReason,
  type UserId,
} from './model.ts';

export class Floor {
  readonly clock: Clock;
  readonly feePrecision: Microdollars;
  readonly nextId: () => string;
  readonly agenda: Agenda;
  readonly events = new Subject<EngineEvent>();

  readonly series = new Map<SeriesTicker, ListedSeries>();
  readonly eventListings = new Map<EventTicker, ListedEvent>();
  readonly entries = new Map<Ticker, ListedEntry>();
  readonly entriesOf = new Map<EventTicker, ListedEntry[]>();
  readonly accounts = new Map<UserId, Account>();
  readonly crowd = new Account(CROWD, 0);
  /** The crowd's money, all shards together; below zero as it likes. */
  readonly crowdPurse = new Purse(0);

  tradingActive = true;
  exchangeActive = true;
  /** Everything ever paid in, and paid as fees. */
  deposits = 0;
  feesTaken = 0;

  now: UnixMs;
  /** What a command's executions lead to, once they are booked. */
  beforeLeaving: () => void = () => undefined;
  /** Whether anybody listens; without, nothing is put together to be told. */
  listened = false;
  private command = 0;
  private moved: ListedEntry[] = [];
  private readonly queue: EngineEvent[] = [];
  private telling = false;

  constructor(clock: Clock, nextId: () => string, feePrecision: Microdollars) {
    this.clock = clock;
    this.nextId = nextId;
    this.feePrecision = feePrecision;
    this.now = clock.now();
    this.agenda = new Agenda(clock, () => {
      this.enter();
      this.leave();
    });
  }

  /** Begins a command: the time, and whatever is due by now happens first. */
  enter(): UnixMs {
    this.now = this.clock.now();
    this.listened = this.events.observed;
    this.command++;
    this.agenda.runDue(this.now);
    return this.now;
  }

  /** Ends a command: one ticker for each market that moved, then everything is told. */
  leave(): void {
    this.beforeLeaving();
    if (this.moved.length > 0) {
      for (const entry of this.moved) {
        if (entry.hasMoved()) this.tell({ type: 'ticker', market: entry.ticker, atMs: this.now });
      }
      this.moved = [];
    }
    if (this.telling || this.queue.length === 0) return;
    this.telling = true;
    try {
      for (let index = 0; index < this.queue.length; index++) this.events.next(this.queue[index]!);
    } finally {
      this.queue.length = 0;
      this.telling = false;
    }
  }

  tell(event: EngineEvent): void {
    if (this.listened) this.queue.push(event);
  }

  /** To be called before a market's book or tape changes. */
  touch(entry: ListedEntry): void {
    if (this.listened && entry.see(this.command)) this.moved.push(entry);
  }

  entry(market: Ticker): ListedEntry {
    const entry = this.entries.get(market);
    assert(entry !== undefined, `market ${market} is not listed`);
    return entry;
  }

  account(user: UserId): Account {
    const account = user === CROWD ? this.crowd : this.accounts.get(user);
    assert(account !== undefined, `account ${user} is not open`);
    return account;
  }

  stake(account: Account, entry: ListedEntry): Stake {
    if (!account.isCrowd) return account.stake(entry.ticker, entry.exchangeIndex);
    let stake = account.stakes.get(entry.ticker);
    if (stake === undefined) {
      stake = new Stake(entry.ticker, entry.exchangeIndex, this.crowdPurse);
      account.stakes.set(entry.ticker, stake);
    }
    return stake;
  }

  tellBook(entry: ListedEntry, side: Side, price: Centicents, change: number, order: LiveOrder | null): void {
    if (!this.listened || change === 0) return;
    const own = order !== null && !order.account.isCrowd;
    this.queue.push({
      type: 'book',
      market: entry.ticker,
      side,
      price,
      change: change as Centicontracts,
      user: own ? order.account.user : null,
      clientOrderId: own ? order.clientOrderId : null,
      atMs: this.now,
    });
  }

  tellOrder(order: LiveOrder): void {
    if (this.listened && !order.account.isCrowd) this.queue.push({ type: 'order', order: order.view() });
  }

  /** An order is over; it must have left its book already. */
  close(order: LiveOrder): void {
    order.slot = 0;
    if (order.expiry !== null) this.agenda.cancel(order.expiry);
    order.expiry = null;
    const { account } = order;
    if (account.isCrowd) {
      account.orders.delete(order.orderId);
      return;
    }
    account.resting.delete(order);
    if (order.filled === 0) account.canceledUnfilled();
  }

  /** Marks what is left of an order as canceled; nothing else. */
  markCanceled(order: LiveOrder, reason: UpdateReason | null): Centicontracts {
    const { remaining } = order;
    order.remaining = 0 as Centicontracts;
    order.status = 'canceled';
    order.updatedMs = this.now;
    if (reason !== null) order.updateReason = reason;
    return remaining;
  }

  /** The most that this quantity may cost in fees at this price or better. */
  feeBound(entry: ListedEntry, price: Centicents, quantity: number, isTaker: boolean): number {
    const fee = tradeFee(entry.fees, price, quantity as Centicontracts, isTaker);
    // The fee falls with a better price by less than the price gains; rounding costs less than one unit an order.
    return fee > 0 || price % this.feePrecision !== 0 ? fee + this.feePrecision : 0;
  }

  /** Changes what an account's stake counts for a resting order, and the purse with it. */
  hold(order: LiveOrder, quantity: number, feeBound: number): void {
    if (order.account.isCrowd) return;
    const stake = this.stake(order.account, order.entry);
    stake.rest(order.side, quantity, quantity * order.legPrice, feeBound - order.feeBound);
    order.feeBound = feeBound;
    stake.settleHold();
  }

  /** Cancels a resting order: book, collateral, record, events. Returns what was left of it. */
  cancel(order: LiveOrder, reason: UpdateReason | null): Centicontracts {
    const { entry, slot } = order;
    this.touch(entry);
    entry.book.remove(slot);
    entry.orders[slot] = null;
    this.tellBook(entry, order.side, order.price, -order.remaining, order);
    this.hold(order, -order.remaining, 0);
    const canceled = this.markCanceled(order, reason);
    // The wire has no word for an owner's own cancel; the reason of an earlier update is not it.
    order.updateReason = reason;
    this.close(order);
    this.tellOrder(order);
    return canceled;
  }
}
