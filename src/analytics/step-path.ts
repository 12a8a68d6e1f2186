import { assert } from '../domain/assert.ts';

/** A stretch of time, milliseconds; `toMs` is not part of it. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What holds from one change to the next (a touch, a position, a count): changes in order of time, nothing before the first. */
export class StepPath<T> {
  readonly #times: number[] = [];
  readonly #values: T[] = [];

  /** From now on this; of several changes in one millisecond the last one stays. */
  set(atMs: number, value: T): void {
    const last = this.#times.length - 1;
    assert(last < 0 || atMs >= this.#times[last]!, `a path goes on in time: ${atMs} after ${this.#times[last]}`);
    if (last >= 0 && this.#times[last] === atMs) this.#values[last] = value;
    else if (last < 0 || this.#values[last] !== value) {
      this.#times.push(atMs);
      this.#values.push(value);
    }
  }

  /** What held when this millisecond was over; null before the first change. */
  at(ms: number): T | null {
    return this.#valueOf(this.#countUntil(ms + 1));
  }

  /** What held when this millisecond began, whatever happened in it. */
  before(ms: number): T | null {
    return this.#valueOf(this.#countUntil(ms));
  }

  /** The pieces of constant value that make up a stretch of time; what was before the first change is left out. */
  *pieces({ fromMs, toMs }: Span): Generator<Span & { readonly value: T }> {
    for (let index = Math.max(0, this.#countUntil(fromMs + 1) - 1); index < this.#times.length; index++) {
      const start = Math.max(fromMs, this.#times[index]!);
      const end = Math.min(toMs, this.#times[index + 1] ?? Number.POSITIVE_INFINITY);
      if (start >= toMs) return;
      if (end > start) yield { fromMs: start, toMs: end, value: this.#values[index]! };
    }
  }

  #valueOf(count: number): T | null {
    return count === 0 ? null : this.#values[count - 1]!;
  }

  /** How many changes came before this time. */
  #countUntil(ms: number): number {
    let low = 0;
    let high = this.#times.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#times[middle]! < ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export function lengthMs(spans: readonly Span[]): number {
  return spans.reduce((sum, { fromMs, toMs }) => sum + Math.max(0, toMs - fromMs), 0);
}
