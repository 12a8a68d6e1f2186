/** The median of the last `capacity` whole numbers below 2¹⁶, exact, in O(capacity) of a very small constant. */
export class SlidingMedian {
  readonly #ring: Uint16Array;
  readonly #sorted: Uint16Array;
  #size = 0;
  #next = 0;

  constructor(capacity: number) {
    this.#ring = new Uint16Array(capacity);
    this.#sorted = new Uint16Array(capacity);
  }

  add(value: number): void {
    const sorted = this.#sorted;
    if (this.#size === this.#ring.length) {
      const leaving = this.#find(this.#ring[this.#next]!);
      sorted.copyWithin(leaving, leaving + 1, this.#size);
      this.#size--;
    }
    const at = this.#find(value);
    sorted.copyWithin(at + 1, at, this.#size);
    sorted[at] = value;
    this.#size++;
    this.#ring[this.#next] = value;
    this.#next = (this.#next + 1) % this.#ring.length;
  }

  /** Half-way between the two in the middle when the count is even; null before the first. */
  median(): number | null {
    const size = this.#size;
    if (size === 0) return null;
    const middle = size >>> 1;
    return size % 2 === 1 ? this.#sorted[middle]! : (this.#sorted[middle - 1]! + this.#sorted[middle]!) / 2;
  }

  clear(): void {
    this.#size = 0;
    this.#next = 0;
  }

  #find(value: number): number {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sorted[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
