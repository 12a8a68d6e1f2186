/** A handful of frames says nothing about a median. */
const SAMPLES_MIN = 5;

/**
 * How late frames come: arrival − the venue's time on the frame, median of the last `samples`.
 *
 * Both times are on the market clock (with a simulated exchange the venue's time *is* market time; elsewhere the market
 * clock is the wall corrected to the venue), divided by the speed at which market time runs, so the result is wall
 * milliseconds. A frame cannot come before it was sent: where the smallest lag of the window is negative our clock is
 * behind by at least that, and every lag of the window is measured from there. A clock that is ahead cannot be told from
 * a slow line; whoever keeps the clock corrects it from the venue's answers.
 */
export class LagMeter {
  readonly #ring: Float64Array;
  readonly #medianMsMax: number;
  #size = 0;
  #next = 0;
  #atWallMs = 0;
  /** The answer to `isLagging`; null after a new sample. */
  #verdict: boolean | null = null;

  constructor(samples: number, medianMsMax: number) {
    this.#ring = new Float64Array(samples);
    this.#medianMsMax = medianMsMax;
  }

  add(lagMs: number, nowWallMs: number): void {
    this.#ring[this.#next] = lagMs;
    if (this.#size < this.#ring.length) this.#size++;
    this.#next = this.#next + 1 === this.#ring.length ? 0 : this.#next + 1;
    this.#atWallMs = nowWallMs;
    this.#verdict = null;
  }

  /** More than half of the samples are over the limit, and there are enough to say so. Asked on every quote: no sorting. */
  isLagging(): boolean {
    this.#verdict ??= this.#size >= Math.min(SAMPLES_MIN, this.#ring.length) && this.#countOver() * 2 > this.#size;
    return this.#verdict;
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** The upper median of what is in the ring; 0 when it is empty. */
  medianMs(): number {
    const sorted = this.#ring.slice(0, this.#size).sort();
    return this.#size === 0 ? 0 : sorted[this.#size >>> 1]! - Math.min(0, sorted[0]!);
  }

  #countOver(): number {
    let smallest = 0;
    for (let at = 0; at < this.#size; at++) if (this.#ring[at]! < smallest) smallest = this.#ring[at]!;
    const limit = this.#medianMsMax + smallest;
    let over = 0;
    for (let at = 0; at < this.#size; at++) if (this.#ring[at]! > limit) over++;
    return over;
  }

  /** Forgets lags when none came for this long: on a line that answers pings and is quiet, nothing is late. */
  forgetAfter(quietMs: number, nowWallMs: number): void {
    if (nowWallMs - this.#atWallMs <= quietMs) return;
    this.#size = 0;
    this.#next = 0;
    this.#verdict = null;
  }
}
