import { type Centicents, type Centicontracts, DOLLAR } from '../domain/units.ts';

/** One price of a book: [price, quantity], on the yes scale for both sides. */
export type Level = readonly [price: Centicents, quantity: Centicontracts];

const SMALLEST_CAPACITY = 16;
/** Below this many entries a loop moves them faster than the built-in does. */
const MOVE_BY_HAND_MAX = 24;

/**
 * One side of a book: levels sorted by *rank*, the best (the highest rank) last. A bid's rank is its price, an ask's is
 * $1 − price, so that both sides are the same thing. Most changes happen near the best price, at the cheap end; a
 * market of whole cents takes about 1 KB a side where a cell for every possible price would take 80.
 */
export class Ladder {
  #ranks = new Uint16Array(SMALLEST_CAPACITY);
  /** Integers of 0.01 contract; doubles, because a level may hold more than 2³¹ of them. */
  #quantities = new Float64Array(SMALLEST_CAPACITY);
  #size = 0;
  readonly #isBid: boolean;

  constructor(isBid: boolean) {
    this.#isBid = isBid;
  }

  get size(): number {
    return this.#size;
  }

  /** Price of the n-th best level, n from 0; the caller keeps n < size. */
  price(nth: number): Centicents {
    const rank = this.#ranks[this.#size - 1 - nth]!;
    return (this.#isBid ? rank : DOLLAR - rank) as Centicents;
  }

  /** Quantity of the n-th best level, n from 0; the caller keeps n < size. */
  quantity(nth: number): Centicontracts {
    return this.#quantities[this.#size - 1 - nth]! as Centicontracts;
  }

  best(): Centicents | null {
    return this.#size === 0 ? null : this.price(0);
  }

  quantityAt(price: Centicents): Centicontracts {
    const rank = this.#isBid ? price : DOLLAR - price;
    const at = this.#find(rank);
    return (at < this.#size && this.#ranks[at] === rank ? this.#quantities[at] : 0) as Centicontracts;
  }

  clear(): void {
    this.#size = 0;
    if (this.#ranks.length > SMALLEST_CAPACITY) this.#resize(SMALLEST_CAPACITY);
  }

  /** Adds to one level, which may begin or end by it. False, and nothing changed, if that is impossible. */
  add(price: Centicents, change: Centicontracts): boolean {
    if (!isPrice(price)) return false;
    const rank = this.#isBid ? price : DOLLAR - price;
    const at = this.#find(rank);
    if (at < this.#size && this.#ranks[at] === rank) {
      const after = this.#quantities[at]! + change;
      if (after > 0 && after <= Number.MAX_SAFE_INTEGER) {
        this.#quantities[at] = after;
        return true;
      }
      if (after !== 0) return false;
      this.#remove(at);
      return true;
    }
    if (change === 0) return true;
    if (!(change > 0 && change <= Number.MAX_SAFE_INTEGER)) return false;
    this.#insert(at, rank, change);
    return true;
  }

  /**
   * Replaces everything. Levels may come in any order (the venue sends them ascending, which costs nothing to sort).
   * False, and the side is empty, if a price is off range or comes twice, or a quantity is not a whole number ≥ 0.
   */
  load(levels: readonly Level[]): boolean {
    this.clear();
    if (levels.length > this.#ranks.length) this.#resize(capacityFor(levels.length));
    let size = 0;
    let last = 0;
    let isSorted = true;
    for (let index = 0; index < levels.length; index++) {
      const [price, quantity] = levels[this.#isBid ? index : levels.length - 1 - index]!;
      if (!isPrice(price) || !Number.isSafeInteger(quantity) || quantity < 0) return false;
      if (quantity === 0) continue;
      const rank = this.#isBid ? price : DOLLAR - price;
      if (rank <= last) isSorted = false;
      last = rank;
      this.#ranks[size] = rank;
      this.#quantities[size] = quantity;
      size++;
    }
    if (isSorted) {
      this.#size = size;
      return true;
    }
    return this.#loadUnsorted(levels);
  }

  #loadUnsorted(levels: readonly Level[]): boolean {
    for (const [price, quantity] of levels) {
      if (quantity === 0) continue;
      if (this.quantityAt(price) !== 0) {
        this.clear();
        return false;
      }
      this.add(price, quantity);
    }
    return true;
  }

  /** Index of the first level whose rank is not below `rank`. */
  #find(rank: number): number {
    const ranks = this.#ranks;
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ranks[middle]! < rank) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(at: number, rank: number, quantity: number): void {
    if (this.#size === this.#ranks.length) this.#resize(this.#size * 2);
    const ranks = this.#ranks;
    const quantities = this.#quantities;
    const size = this.#size;
    if (size - at <= MOVE_BY_HAND_MAX) {
      for (let index = size; index > at; index--) {
        ranks[index] = ranks[index - 1]!;
        quantities[index] = quantities[index - 1]!;
      }
    } else {
      ranks.copyWithin(at + 1, at, size);
      quantities.copyWithin(at + 1, at, size);
    }
    ranks[at] = rank;
    quantities[at] = quantity;
    this.#size = size + 1;
  }

  #remove(at: number): void {
    const ranks = this.#ranks;
    const quantities = this.#quantities;
    const size = this.#size - 1;
    if (size - at <= MOVE_BY_HAND_MAX) {
      for (let index = at; index < size; index++) {
        ranks[index] = ranks[index + 1]!;
        quantities[index] = quantities[index + 1]!;
      }
    } else {
      ranks.copyWithin(at, at + 1, size + 1);
      quantities.copyWithin(at, at + 1, size + 1);
    }
    this.#size = size;
  }

  #resize(capacity: number): void {
    const ranks = new Uint16Array(capacity);
    const quantities = new Float64Array(capacity);
    ranks.set(this.#ranks.subarray(0, this.#size));
    quantities.set(this.#quantities.subarray(0, this.#size));
    this.#ranks = ranks;
    this.#quantities = quantities;
  }
}

function capacityFor(size: number): number {
  let capacity = SMALLEST_CAPACITY;
  while (capacity < size) capacity *= 2;
  return capacity;
}

function isPrice(price: number): boolean {
  return price > 0 && price < DOLLAR && (price | 0) === price;
}
