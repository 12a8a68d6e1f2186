/**
 * The bare matching core: price-time priority on one book, integers only, no accounts, no events, nothing allocated on
 * the way. Orders are slots (small integers) with an owner (0: the crowd). The engine keeps what belongs to a slot.
 */
import { assert } from '../../domain/assert.ts';
import { opposite, type Side } from '../../domain/side.ts';
import { type Centicents, type Centicontracts, DOLLAR } from '../../domain/units.ts';
import type { Level } from '../port.ts';
import { BookSide } from './book-side.ts';

/** What happens when a taker reaches an order of its own owner. */
export const OWN = { trade: 0, stop: 1, cancel: 2 } as const;
export type OwnPolicy = (typeof OWN)[keyof typeof OWN];

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

export class MatchingBook {
  /** Executions of the last `take`, in order: the maker's slot, its price, the quantity (0: its own owner's order, canceled). */
  readonly madeSlot: number[] = [];
  readonly madePrice: number[] = [];
  readonly madeQuantity: number[] = [];
  madeCount = 0;
  /** Whether the last `take` ended at an order of its own owner. */
  stoppedAtOwn = false;

  bids: BookSide;
  asks: BookSide;
  /** Every price in the book is a multiple of this, $0.0001. */
  private tick: number;

  private next: Int32Array;
  private previous: Int32Array;
  private level: Int32Array;
  private owner: Int32Array;
  private isBid: Uint8Array;
  private remaining: Float64Array;
  /** Slots never used yet start here; slot 0 is "none". */
  private fresh = 1;
  /** Head of the list of slots that are free again, linked through `next`. */
  private free = 0;

  constructor(tick: number, capacity = 64) {
    this.tick = tick;
    const levels = Math.floor(DOLLAR / tick) + 1;
    this.bids = new BookSide(true, levels);
    this.asks = new BookSide(false, levels);
    this.next = new Int32Array(capacity);
    this.previous = new Int32Array(capacity);
    this.level = new Int32Array(capacity);
    this.owner = new Int32Array(capacity);
    this.isBid = new Uint8Array(capacity);
    this.remaining = new Float64Array(capacity);
  }

  /** Rests an order at the end of its level's queue without matching it. */
  add(side: Side, price: number, quantity: number, owner: number): number {
    if (price % this.tick !== 0) this.refineFor(price);
    const slot = this.allocate();
    const level = price / this.tick;
    const queue = side === 'bid' ? this.bids : this.asks;
    this.level[slot] = level;
    this.owner[slot] = owner;
    this.isBid[slot] = side === 'bid' ? 1 : 0;
    this.remaining[slot] = quantity;
    if (queue.head[level] === 0) {
      this.next[slot] = 0;
      this.previous[slot] = 0;
      queue.head[level] = slot;
      queue.tail[level] = slot;
      queue.occupy(level);
    } else {
      const last = queue.tail[level]!;
      this.next[slot] = 0;
      this.previous[slot] = last;
      this.next[last] = slot;
      queue.tail[level] = slot;
    }
    queue.quantity[level]! += quantity;
    return slot;
  }

  /** Rests an order in the line just before this one, at its price. */
  addBefore(before: number, quantity: number, owner: number): number {
    const slot = this.allocate();
    const level = this.level[before]!;
    const queue = this.isBid[before] === 1 ? this.bids : this.asks;
    this.level[slot] = level;
    this.owner[slot] = owner;
    this.isBid[slot] = this.isBid[before]!;
    this.remaining[slot] = quantity;
    const previous = this.previous[before]!;
    this.next[slot] = before;
    this.previous[slot] = previous;
    this.previous[before] = slot;
    if (previous === 0) queue.head[level] = slot;
    else this.next[previous] = slot;
    queue.quantity[level]! += quantity;
    return slot;
  }

  /**
   * Executes up to `quantity` against the other side at `limit` or better, best price first, oldest first, at the resting
   * order's price. Leaves the executions in `made*` and returns the quantity executed. A slot emptied here is free at once,
   * but keeps its contents until the next `add`.
   */
  take(side: Side, limit: number, quantity: number, owner: number, own: OwnPolicy): number {
    this.madeCount = 0;
    this.stoppedAtOwn = false;
    const isBid = side === 'bid';
    const makers = isBid ? this.asks : this.bids;
    const { tick } = this;
    let left = quantity;
    let level = makers.best;
    while (left > 0 && level >= 0 && (isBid ? level * tick <= limit : level * tick >= limit)) {
      const slot = makers.head[level]!;
      if (own !== OWN.trade && this.owner[slot] === owner) {
        if (own === OWN.stop) {
          this.stoppedAtOwn = true;
          return quantity - left;
        }
        this.record(slot, level * tick, 0);
        this.remove(slot);
      } else {
        const resting = this.remaining[slot]!;
        if (resting <= left) {
          left -= resting;
          this.record(slot, level * tick, resting);
          this.remove(slot);
        } else {
          this.remaining[slot] = resting - left;
          makers.quantity[level]! -= left;
          this.record(slot, level * tick, left);
          left = 0;
        }
      }
      level = makers.best;
    }
    return quantity - left;
  }

  /**
   * A recorded execution of `quantity` at `price`: owned orders at prices better for the taker first, passing over the
   * crowd there (the recording says that it did not trade), then the line at `price` from its head. Leaves `made*` as
   * `take` does and returns what the crowd gave.
   */
  executeRecorded(side: Side, price: number, quantity: number): number {
    this.madeCount = 0;
    this.stoppedAtOwn = false;
    const makers = side === 'bid' ? this.asks : this.bids;
    let left = quantity;
    let crowd = 0;
    let level = makers.best;
    while (left > 0 && level >= 0 && this.crosses(side, level, price)) {
      const isHere = level * this.tick === price;
      // Before anything is removed: an emptied level still knows its neighbours.
      const worse = makers.worse(level);
      let slot = makers.head[level]!;
      while (left > 0 && slot !== 0) {
        const next = this.next[slot]!;
        const isCrowd = this.owner[slot] === 0;
        if (isHere || !isCrowd) {
          const resting = this.remaining[slot]!;
          const traded = Math.min(resting, left);
          left -= traded;
          if (isCrowd) crowd += traded;
          this.record(slot, level * this.tick, traded);
          if (traded === resting) this.remove(slot);
          else this.resize(slot, -traded);
        }
        slot = next;
      }
      level = worse;
    }
    return crowd;
  }

  /** Takes an order out of the book. */
  remove(slot: number): void {
    const queue = this.isBid[slot] === 1 ? this.bids : this.asks;
    const level = this.level[slot]!;
    const before = this.previous[slot]!;
    const after = this.next[slot]!;
    if (before === 0) queue.head[level] = after;
    else this.next[before] = after;
    if (after === 0) queue.tail[level] = before;
    else this.previous[after] = before;
    queue.quantity[level]! -= this.remaining[slot]!;
    if (before === 0 && after === 0) queue.vacate(level);
    this.next[slot] = this.free;
    this.free = slot;
  }

  /** Makes an order smaller (or larger, for what has no place to lose) where it stands; `change` must leave something. */
  resize(slot: number, change: number): void {
    const queue = this.isBid[slot] === 1 ? this.bids : this.asks;
    this.remaining[slot]! += change;
    queue.quantity[this.level[slot]!]! += change;
  }

  /** Resting quantity on the other side at `limit` or better, as far as it matters: stops counting at `enough`. */
  takeable(side: Side, limit: number, enough: number): number {
    const makers = side === 'bid' ? this.asks : this.bids;
    let sum = 0;
    let level = makers.best;
    while (sum < enough && level >= 0 && this.crosses(side, level, limit)) {
      sum += makers.quantity[level]!;
      level = makers.worse(level);
    }
    return sum;
  }

  /** Whether a taker of this quantity would come to an order of `owner`. */
  reachesOwn(side: Side, limit: number, quantity: number, owner: number): boolean {
    const makers = side === 'bid' ? this.asks : this.bids;
    let left = quantity;
    for (let level = makers.best; level >= 0 && this.crosses(side, level, limit); level = makers.worse(level)) {
      for (let slot = makers.head[level]!; slot !== 0; slot = this.next[slot]!) {
        if (this.owner[slot] === owner) return true;
        left -= this.remaining[slot]!;
        if (left <= 0) return false;
      }
    }
    return false;
  }

  /** Whether an order at this price would execute at once. */
  wouldCross(side: Side, price: number): boolean {
    const { best } = this.side(opposite(side));
    return best >= 0 && this.crosses(side, best, price);
  }

  bestPrice(side: Side): Centicents | null {
    const { best } = this.side(side);
    return best < 0 ? null : ((best * this.tick) as Centicents);
  }
  bestQuantity(side: Side): Centicontracts {
    const queue = this.side(side);
    return (queue.best < 0 ? 0 : queue.quantity[queue.best]!) as Centicontracts;
  }
  quantityAt(side: Side, price: number): Centicontracts {
    return (price % this.tick === 0 ? (this.side(side).quantity[price / this.tick] ?? 0) : 0) as Centicontracts;
  }
  /** Best first. */
  levels(side: Side): Level[] {
    const queue = this.side(side);
    const levels: Level[] = [];
    for (const level of queue.levels()) {
      levels.push([(level * this.tick) as Centicents, queue.quantity[level]! as Centicontracts]);
    }
    return levels;
  }

  /** First and last order at a price; 0: none. Walk with `after` and `before`. */
  first(side: Side, price: number): number {
    return price % this.tick === 0 ? this.side(side).head[price / this.tick]! : 0;
  }
  last(side: Side, price: number): number {
    return price % this.tick === 0 ? this.side(side).tail[price / this.tick]! : 0;
  }
  after(slot: number): number {
    return this.next[slot]!;
  }
  before(slot: number): number {
    return this.previous[slot]!;
  }
  ownerOf(slot: number): number {
    return this.owner[slot]!;
  }
  remainingOf(slot: number): Centicontracts {
    return this.remaining[slot]! as Centicontracts;
  }
  /** What stands before this order at its price. */
  ahead(slot: number): Centicontracts {
    let sum = 0;
    for (let other = this.previous[slot]!; other !== 0; other = this.previous[other]!) sum += this.remaining[other]!;
    return sum as Centicontracts;
  }

  /** Makes room for prices that are multiples of this too. */
  refineFor(tick: number): void {
    this.refine(greatestCommonDivisor(this.tick, tick));
  }

  /** Makes room for prices that are multiples of a finer tick; queues stay as they are. */
  private refine(tick: number): void {
    assert(this.tick % tick === 0, `a book's tick can only become a divisor of ${this.tick}, not ${tick}`);
    if (tick === this.tick) return;
    const factor = this.tick / tick;
    const levels = Math.floor(DOLLAR / tick) + 1;
    this.bids = this.refined(this.bids, factor, levels);
    this.asks = this.refined(this.asks, factor, levels);
    this.tick = tick;
  }

  private refined(old: BookSide, factor: number, levels: number): BookSide {
    const side = new BookSide(old.isBid, levels);
    for (const level of old.levels()) {
      const moved = level * factor;
      side.head[moved] = old.head[level]!;
      side.tail[moved] = old.tail[level]!;
      side.quantity[moved] = old.quantity[level]!;
      side.occupy(moved);
      for (let slot = old.head[level]!; slot !== 0; slot = this.next[slot]!) this.level[slot] = moved;
    }
    return side;
  }

  private side(side: Side): BookSide {
    return side === 'bid' ? this.bids : this.asks;
  }

  private crosses(taker: Side, level: number, limit: number): boolean {
    return taker === 'bid' ? level * this.tick <= limit : level * this.tick >= limit;
  }

  private record(slot: number, price: number, quantity: number): void {
    const index = this.madeCount++;
    this.madeSlot[index] = slot;
    this.madePrice[index] = price;
    this.madeQuantity[index] = quantity;
  }

  private allocate(): number {
    if (this.free !== 0) {
      const slot = this.free;
      this.free = this.next[slot]!;
      return slot;
    }
    if (this.fresh === this.next.length) this.grow(this.fresh * 2);
    return this.fresh++;
  }

  private grow(capacity: number): void {
    const widen = <T extends Int32Array | Float64Array | Uint8Array>(made: T, old: T): T => {
      made.set(old);
      return made;
    };
    this.next = widen(new Int32Array(capacity), this.next);
    this.previous = widen(new Int32Array(capacity), this.previous);
    this.level = widen(new Int32Array(capacity), this.level);
    this.owner = widen(new Int32Array(capacity), this.owner);
    this.isBid = widen(new Uint8Array(capacity), this.isBid);
    this.remaining = widen(new Float64Array(capacity), this.remaining);
  }
}

/** The coarsest tick of which every price of these ranges is a multiple. */
export function tickOf(
  ranges: readonly { readonly start: number; readonly end: number; readonly step: number }[],
): number {
  let tick: number = DOLLAR;
  for (const { start, step } of ranges) tick = greatestCommonDivisor(greatestCommonDivisor(tick, step), start);
  return tick;
}
