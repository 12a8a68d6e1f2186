/**
 * The crowd of a recording. Its quantity at a level is the recording's; account orders stand in line behind what was there
 * when they came. What the recording does not tell (which of a level's orders was canceled) is read against us: a
 * cancellation takes what came after our orders first, then what is ahead of them.
 */
import type { Ticker } from '../../domain/ids.ts';
import type { Side } from '../../domain/side.ts';
import type { Centicents, Centicontracts } from '../../domain/units.ts';
import type { Level } from '../port.ts';
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
      else this.place(entry, side, price, quantity, false);
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

  quantity(market: Ticker, side: Side, price: Centicents): Centicontracts {
    const { book } = this.floor.entry(market);
    let sum = 0;
    for (let slot = book.first(side, price); slot !== 0; slot = book.after(slot)) {
      if (book.ownerOf(slot) === CROWD_OWNER) sum += book.remainingOf(slot);
    }
    return sum as Centicontracts;
  }

  /** Account orders stay, behind everything of the new book at their price. */
  replace(market: Ticker, bids: readonly Level[], asks: readonly Level[]): void {
    const { floor } = this;
    floor.enter();
    const entry = floor.entry(market);
    floor.touch(entry);
    for (const side of ['bid', 'ask'] as const) {
      for (const [price] of entry.book.levels(side)) {
        let slot = entry.book.first(side, price);
        while (slot !== 0) {
          const next = entry.book.after(slot);
          if (entry.book.ownerOf(slot) === CROWD_OWNER) this.take(entry, slot, Number.POSITIVE_INFINITY);
          slot = next;
        }
      }
      for (const [price, quantity] of side === 'bid' ? bids : asks) {
        if (quantity > 0) this.place(entry, side, price, quantity, true);
      }
    }
    floor.tell({ type: 'bookReplaced', market, atMs: floor.now });
    floor.leave();
  }

  private isAnonymous(entry: ListedEntry, slot: number): boolean {
    return entry.book.ownerOf(slot) === CROWD_OWNER && entry.orders[slot] == null;
  }

  private place(entry: ListedEntry, side: Side, price: Centicents, quantity: number, atFront: boolean): void {
    const slot = entry.book.add(side, price, quantity, CROWD_OWNER, atFront);
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
