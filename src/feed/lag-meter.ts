/** A handful of frames says nothing about a median. */
const SAMPLES_MIN = 5;

/**
 * How late frames come: arrival − the venue's time on the frame, median of the last `samples`.
 *
 * Both times are on the market clock (with a simulated exchange the venue's time *is* market time; elsewhere the market
 * clock is the wall corrected to the venue), divided by the speed at which market time runs, so the result is wall
 * milliseconds. A frame cannot come before it was sent: where the smallest lag seen is negative our clock is behind by at
 * least that, and every lag is measured from there. A clock that is ahead cannot be told from a slow line; the client
 * corrects it from the venue's answers.
 */
export class LagMeter {
  readonly #ring: Float64Array;
  readonly #medianMsMax: number;
  #size = 0;
  #next = 0;
  /** How many in the ring are over the limit: more than half of them means that the median is. */
  #over = 0;
  #smallest = 0;
  #atWallMs = 0;

  constructor(samples: number, medianMsMax: number) {
    this.#ring = new Float64Array(samples);
    this.#medianMsMax = medianMsMax;
  }

  add(lagMs: number, nowWallMs: number): void {
    if (lagMs < this.#smallest) this.#smallest = lagMs;
    const lag = lagMs - this.#smallest;
    const ring = this.#ring;
    if (this.#size === ring.length) {
      if (ring[this.#next]! > this.#medianMsMax) this.#over--;
    } else this.#size++;
    ring[this.#next] = lag;
    if (lag > this.#medianMsMax) this.#over++;
    this.#next = this.#next + 1 === ring.length ? 0 : this.#next + 1;
    this.#atWallMs = nowWallMs;
  }

  isLagging(): boolean {
    return this.#over * 2 > this.#size && this.#size >= Math.min(SAMPLES_MIN, this.#ring.length);
  }

  /** The upper median of what is in the ring; 0 when it is empty. */
  medianMs(): number {
    return this.#ring.slice(0, this.#size).sort()[this.#size >>> 1] ?? 0;
  }

  /** Forgets lags when none came for this long: on a line that answers pings and is quiet, nothing is late. */
  forgetAfter(quietMs: number, nowWallMs: number): void {
    if (nowWallMs - this.#atWallMs <= quietMs) return;
    this.#size = 0;
    this.#next = 0;
    this.#over = 0;
  }
}
