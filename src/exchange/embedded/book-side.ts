/**
 * One side of a book: a queue of orders at each price level, and which levels have any. Levels are numbered from price 0
 * upwards in units of the book's tick; orders are numbers (slots) linked through arrays that the book owns.
 */
export class BookSide {
  readonly isBid: boolean;
  /** First and last order of each level; 0: none. */
  readonly head: Int32Array;
  readonly tail: Int32Array;
  /** Sum of what rests at each level, 0.01 contract. */
  readonly quantity: Float64Array;
  /** Level of the best price; −1 while the side is empty. */
  best = -1;
  /** One bit a level: finding the next best is a few words' scan, however sparse the book. */
  private readonly occupied: Int32Array;

  constructor(isBid: boolean, levels: number) {
    this.isBid = isBid;
    this.head = new Int32Array(levels);
    this.tail = new Int32Array(levels);
    this.quantity = new Float64Array(levels);
    this.occupied = new Int32Array((levels + 31) >> 5);
  }

  /** The level has its first order. */
  occupy(level: number): void {
    this.occupied[level >> 5]! |= 1 << (level & 31);
    if (this.best < 0 || (this.isBid ? level > this.best : level < this.best)) this.best = level;
  }

  /** The level has lost its last order. */
  vacate(level: number): void {
    this.occupied[level >> 5]! &= ~(1 << (level & 31));
    this.quantity[level] = 0;
    if (level === this.best) this.best = this.worse(level);
  }

  /** The next occupied level at a worse price; −1 when there is none. */
  worse(level: number): number {
    return this.isBid ? this.below(level) : this.above(level);
  }

  /** Occupied levels, best first. */
  *levels(): IterableIterator<number> {
    for (let level = this.best; level >= 0; level = this.worse(level)) yield level;
  }

  private below(level: number): number {
    const { occupied } = this;
    let word = level >> 5;
    let bits = occupied[word]! & ((1 << (level & 31)) - 1);
    while (bits === 0) {
      if (--word < 0) return -1;
      bits = occupied[word]!;
    }
    return (word << 5) + 31 - Math.clz32(bits);
  }

  private above(level: number): number {
    const { occupied } = this;
    let word = level >> 5;
    let bits = occupied[word]! & ~((2 << (level & 31)) - 1);
    while (bits === 0) {
      if (++word >= occupied.length) return -1;
      bits = occupied[word]!;
    }
    return (word << 5) + 31 - Math.clz32(bits & -bits);
  }
}
