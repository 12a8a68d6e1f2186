/** From the turn in which a book changed to the approval of an order that follows from it. Bounded memory. */

const SAMPLES_MAX = 10_000;

export class LatencyMeter {
  readonly #now: () => number;
  readonly #samplesUs: number[] = [];
  #next = 0;
  #tickAtMs: number | null = null;

  /** @param now monotonic milliseconds, with fractions */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A book changed, and what follows from it in this turn is measured from here. */
  tickBegins(): void {
    this.#tickAtMs = this.#now();
  }
  tickEnds(): void {
    this.#tickAtMs = null;
  }
  /** An order was approved; counts when it follows from the tick under way. */
  approved(): void {
    if (this.#tickAtMs === null) return;
    const us = (this.#now() - this.#tickAtMs) * 1000;
    this.#samplesUs[this.#next] = us;
    this.#next = (this.#next + 1) % SAMPLES_MAX;
  }

  /** Microseconds below which this share of the samples lies; null without a sample. */
  quantileUs(share: number): number | null {
    if (this.#samplesUs.length === 0) return null;
    const sorted = [...this.#samplesUs].sort((a, b) => a - b);
    return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]! * 10) / 10;
  }
}
