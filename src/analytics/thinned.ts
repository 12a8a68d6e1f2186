/**
 * A history in bounded memory: every point while there is room; when it is full every other point goes, and from then on
 * points come in only at twice the distance. The last point is always there.
 */
export class Thinned<T extends { readonly atMs: number }> {
  readonly #max: number;
  #points: T[] = [];
  #last: T | null = null;
  /** Between points that are kept. */
  #stepMs = 0;

  /** @param max points, at least 4 */
  constructor(max: number) {
    this.#max = Math.max(4, max);
  }

  add(point: T): void {
    this.#last = point;
    const before = this.#points.at(-1);
    if (before !== undefined && point.atMs - before.atMs < this.#stepMs) return;
    this.#points.push(point);
    if (this.#points.length < this.#max) return;
    this.#points = this.#points.filter((_, index) => index % 2 === 0);
    const { length } = this.#points;
    this.#stepMs = length < 2 ? 0 : (this.#points[length - 1]!.atMs - this.#points[0]!.atMs) / (length - 1);
  }

  get size(): number {
    return this.points().length;
  }
  get last(): T | null {
    return this.#last;
  }
  /** In order of time. */
  points(): readonly T[] {
    const last = this.#last;
    return last === null || this.#points.at(-1) === last ? this.#points : [...this.#points, last];
  }
}
