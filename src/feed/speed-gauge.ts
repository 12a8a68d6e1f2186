import type { Clocks } from '../domain/clock.ts';

const BASELINE_MS_MIN = 200;

/** How many milliseconds of market time pass in one of the wall's, from the clocks themselves; never below 1. */
export class SpeedGauge {
  readonly #clocks: Clocks;
  #wallMs: number;
  #marketMs: number;
  #speed = 1;

  readonly #told: (() => number) | undefined;

  constructor(clocks: Clocks, told?: () => number) {
    this.#clocks = clocks;
    this.#told = told;
    this.#wallMs = clocks.wall.now();
    this.#marketMs = clocks.market.now();
  }

  get speed(): number {
    return this.#told === undefined ? this.#speed : Math.max(1, this.#told());
  }

  /** Measures since the last measurement, if that is long enough ago to mean something. */
  measure(): void {
    const wallMs = this.#clocks.wall.now();
    const marketMs = this.#clocks.market.now();
    if (wallMs - this.#wallMs < BASELINE_MS_MIN) return;
    this.#speed = Math.max(1, (marketMs - this.#marketMs) / (wallMs - this.#wallMs));
    this.#wallMs = wallMs;
    this.#marketMs = marketMs;
  }
}
