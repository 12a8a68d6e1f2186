/**
 * The crowd of a recording. Its quantity at a level is the recording's; account orders stand in line behind what was there
 * when they came. What the recording does not tell (which of a level's orders was canceled) is asked of whoever plays it.
 */
import type { Ticker } from '../../domain/ids.ts';
import type { Side } from '../../domain/side.ts';
import type { Centicents, Centicontracts } from '../../domain/units.ts';
import type { Level } from '../port.ts';
import type { AheadOfCancel } from './crowd-commands.ts';
import type { Floor } from './floor.ts';
import type { ListedEntry } from './listed-entry.ts';

const CROWD_OWNER = 0;

export class Crowd {
  private readonly floor: Floor;

  constructor(floor: Floor) {
    this.floor = floor;
  }

  add(market: Ticker, side: Side, price: Centicents, quantity: Centicontracts): void {
    const { floor } = this;
    floor.enter();
    const entry = floor.entry(market);
    if (quantity > 0) {
      floor.touch(entry);
      const last = entry.book.last(side, price);
      if (last !== 0 && this.isAnonymous(entry, last)) entry.book.resize(last, quantity);
      else this.place(entry, side, price, quantity);
      floor.tellBook(entry, side, price, quantity, null);
    }
    floor.leave();
  }

  remove(
    market: Ticker,
    side: Side,
    price: Centicents,
    quantity: Centicontracts,
    from: 'head' | 'tail',
  ): Centicontracts {
    const { floor } = this;
    floor.enter();
    const entry = floor.entry(market);
    const { book } = entry;
    floor.touch(entry);
    let left: number = quantity;
    let slot = from === 'head' ? book.first(side, price) : book.last(side, price);
    while (slot !== 0 && left > 0) {
      const next = from === 'head' ? book.after(slot) : book.before(slot);
      if (book.ownerOf(slot) === CROWD_OWNER) left -= this.take(entry, slot, left);
      slot = next;
    }
    const removed = (quantity - left) as Centicontracts;
    floor.tellBook(entry, side, price, -removed, null);
    floor.leave();
    return removed;
  }

  cancel(
    market: Ticker,
    side: Side,
    price: Centicents,
    quantity: Centicontracts,
    aheadOf: AheadOfCancel,
  ): Centicontracts {
    const { floor } = this;
    floor.enter();
    const entry = floor.entry(market);
    const { book } = entry;
    floor.touch(entry);
    const total = this.quantityOf(entry, side, price);
    const canceled = Math.min(total, quantity);
    let ahead = 0;
    /** What went of the crowd up to here. */
    let gone = 0;
    let stretch = 0;
    for (let slot = book.first(side, price); slot !== 0; ) {
      const next = book.after(slot);
      if (book.ownerOf(slot) === CROWD_OWNER) stretch += book.remainingOf(slot);
      else {
        ahead += stretch;
        const behind = total - ahead;
        // No more than there is on either side, and what went ahead of one order went ahead of all behind it.
        const least = Math.max(gone, canceled - behind);
        const most = Math.min(canceled, gone + stretch);
        const share = Math.min(most, Math.max(least, aheadOf(ahead, behind, canceled)));
        this.takeBefore(entry, slot, share - gone);
        gone = share;
        stretch = 0;
      }
      slot = next;
    }
    let left = canceled - gone;
    for (let slot = book.last(side, price); slot !== 0 && left > 0; ) {
      const previous = book.before(slot);
      if (book.ownerOf(slot) === CROWD_OWNER) left -= this.take(entry, slot, left);
      slot = previous;
    }
    floor.tellBook(entry, side, price, -canceled, null);
    floor.leave();
    return canceled as Centicontracts;
  }

  quantity(market: Ticker, side: Side, price: Centicents): Centicontracts {
    return this.quantityOf(this.floor.entry(market), side, price) as Centicontracts;
  }

  replace(market: Ticker, bids: readonly Level[], asks: readonly Level[]): void {
    const { floor } = this;
    floor.enter();
    const entry = floor.entry(market);
    floor.touch(entry);
    for (const side of ['bid', 'ask'] as const) {
      for (const [price] of entry.book.levels(side)) {
        this.clear(entry, side, price);
      }
      for (const [price, quantity] of side === 'bid' ? bids : asks) {
        if (quantity > 0) this.lineUp(entry, side, price, quantity);
      }
    }
    entry.isBookLost = false;
    for (const order of entry.orders) if (order != null) order.aheadWhenLost = null;
    floor.tell({ type: 'bookReplaced', market, atMs: floor.now });
    floor.leave();
  }

  lose(market: Ticker): void {
    const { floor } = this;
    floor.enter();
    const entry = floor.entry(market);
    if (!entry.isBookLost) {
      floor.touch(entry);
      floor.tell({ type: 'bookLost', market, atMs: floor.now });
      for (const side of ['bid', 'ask'] as const) {
        for (const [price] of entry.book.levels(side)) {
          floor.tellBook(entry, side, price, -this.clear(entry, side, price), null);
        }
      }
      entry.isBookLost = true;
    }
    floor.leave();
  }

  /** Takes the crowd out of a level; account orders remember what of it they had before them. Returns how much it was. */
  private clear(entry: ListedEntry, side: Side, price: Centicents): number {
    const { book } = entry;
    let sum = 0;
    for (let slot = book.first(side, price); slot !== 0; ) {
      const next = book.after(slot);
      if (book.ownerOf(slot) === CROWD_OWNER) sum += this.take(entry, slot, Number.POSITIVE_INFINITY);
      else if (!entry.isBookLost) entry.orders[slot]!.aheadWhenLost = sum;
      slot = next;
    }
    return sum;
  }

  /** Puts a new level among the account orders that stand there. */
  private lineUp(entry: ListedEntry, side: Side, price: Centicents, quantity: number): void {
    const { book } = entry;
    let placed = 0;
    for (let slot = book.first(side, price); slot !== 0; slot = book.after(slot)) {
      const before = Math.min(quantity, entry.orders[slot]!.aheadWhenLost ?? quantity) - placed;
      if (before <= 0) continue;
      entry.orders[book.addBefore(slot, before, CROWD_OWNER)] = null;
      placed += before;
    }
    if (placed < quantity) this.place(entry, side, price, quantity - placed);
  }

  private quantityOf(entry: ListedEntry, side: Side, price: Centicents): number {
    const { book } = entry;
    let sum = 0;
    for (let slot = book.first(side, price); slot !== 0; slot = book.after(slot)) {
      if (book.ownerOf(slot) === CROWD_OWNER) sum += book.remainingOf(slot);
    }
    return sum;
  }

  /** Takes this much of the crowd from just before a slot, as far as the account order before it. */
  private takeBefore(entry: ListedEntry, behind: number, quantity: number): void {
    const { book } = entry;
    let left = quantity;
    for (let slot = book.before(behind); slot !== 0 && left > 0; ) {
      const previous = book.before(slot);
      left -= this.take(entry, slot, left);
      slot = previous;
    }
  }

  private isAnonymous(entry: ListedEntry, slot: number): boolean {
    return entry.book.ownerOf(slot) === CROWD_OWNER && entry.orders[slot] == null;
  }

  private place(entry: ListedEntry, side: Side, price: Centicents, quantity: number): void {
    const slot = entry.book.add(side, price, quantity, CROWD_OWNER);
    entry.orders[slot] = null;
  }

  /** Up to this much of one order of the crowd goes; returns how much. */
  private take(entry: ListedEntry, slot: number, quantity: number): number {
    const { floor } = this;
    const { book } = entry;
    const there = book.remainingOf(slot);
    const order = entry.orders[slot] ?? null;
    const taken = Math.min(there, quantity);
    if (taken < there) {
      book.resize(slot, -taken);
      if (order !== null) order.remaining = (there - taken) as Centicontracts;
      return taken;
    }
    book.remove(slot);
    entry.orders[slot] = null;
    if (order !== null) {
      floor.markCanceled(order, null);
      floor.close(order);
    }
    return taken;
  }
}
