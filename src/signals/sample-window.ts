import { assert } from '../domain/assert.ts';
import type { VarianceEvidence } from './volatility.ts';

/** Half a $0.0001, the unit that every mid is a whole number of, in cents. */
const HALF_STEP_CENTS = 1 / 200;
const NO_SAMPLE = 0;

/** One sample of a market, in units that make it exact. */
export interface Sample {
  /** bid + ask in $0.0001: twice the mid. */
  readonly doubledMid: number;
  /** ask − bid in $0.0001. */
  readonly spread: number;
  readonly depthContracts: number;
}

export interface RecentSample {
  readonly step: number;
  readonly midCents: number;
  readonly spreadCents: number;
  readonly depthContracts: number;
}

/**
 * Samples of a market at equal steps of time, in rings over the long window, and over the shorter σ window the sums
 * that volatility, drift and reversion need. The sums are whole numbers, so that adding the new and taking away the old
 * for days gives exactly what adding everything up again would. A step at which there was nothing to read has no sample;
 * the change over a hole counts with the time that it took.
 */
export class SampleWindow {
  readonly #mids: Uint16Array;
  readonly #spreads: Uint16Array;
  readonly #depths: Float32Array;
  readonly #sigmaSteps: number;
  readonly #stepSeconds: number;
  /** Step numbers, counted from 1970; −1 while there is no sample in the σ window. */
  #oldest = -1;
  #newest = -1;
  /** First and last step that were added, with a sample or without. */
  #first = -1;
  #last = -1;
  #squares = 0;
  #moves = 0;
  #lastSign = 0;
  #pairs = 0;
  #reversals = 0;

  constructor(options: { stepMs: number; windowMs: number; sigmaWindowMs: number }) {
    this.#stepSeconds = options.stepMs / 1000;
    this.#sigmaSteps = Math.max(1, Math.floor(options.sigmaWindowMs / options.stepMs));
    const capacity = Math.max(Math.floor(options.windowMs / options.stepMs), this.#sigmaSteps) + 1;
    this.#mids = new Uint16Array(capacity);
    this.#spreads = new Uint16Array(capacity);
    this.#depths = new Float32Array(capacity);
  }

  /** Steps that the rings remember. */
  get capacity(): number {
    return this.#mids.length;
  }

  /** Adds what was seen at the step that follows the last (any step may be the first); null where nothing was readable. */
  add(step: number, sample: Sample | null): void {
    assert(this.#last === -1 || step === this.#last + 1, `step ${step} does not follow ${this.#last}`);
    if (this.#first === -1) this.#first = step;
    this.#last = step;
    this.#forgetBefore(step - this.#sigmaSteps);
    const at = step % this.capacity;
    if (sample === null) {
      this.#mids[at] = NO_SAMPLE;
      return;
    }
    this.#mids[at] = sample.doubledMid;
    this.#spreads[at] = sample.spread;
    this.#depths[at] = sample.depthContracts;
    if (this.#oldest === -1) this.#oldest = step;
    else this.#count(sample.doubledMid - this.#midAt(this.#newest));
    this.#newest = step;
  }

  clear(): void {
    this.#mids.fill(NO_SAMPLE);
    this.#first = -1;
    this.#last = -1;
    this.#newest = -1;
    this.#forgetAll();
  }

  /** What σ is made of, over the σ window. */
  evidence(): VarianceEvidence {
    return {
      squaresCents: this.#squares * HALF_STEP_CENTS * HALF_STEP_CENTS,
      seconds: this.#spanSeconds(),
    };
  }

  /** |m_end − m_start| ÷ (σ√T) over the σ window; 0 before there are two samples. */
  drift(sigmaCentsPerSqrtSecond: number): number {
    const seconds = this.#spanSeconds();
    if (seconds === 0 || sigmaCentsPerSqrtSecond === 0) return 0;
    const moved = Math.abs(this.#midAt(this.#newest) - this.#midAt(this.#oldest)) * HALF_STEP_CENTS;
    return moved / (sigmaCentsPerSqrtSecond * Math.sqrt(seconds));
  }

  /** Share of the non-zero moves of the σ window whose next one has the other sign; null before there are two. */
  reversion(): number | null {
    return this.#pairs === 0 ? null : this.#reversals / this.#pairs;
  }

  /** The samples of the last `steps` steps, oldest first; steps without one are left out. */
  recent(steps: number): RecentSample[] {
    const found: RecentSample[] = [];
    const from = Math.max(this.#last - Math.min(steps, this.capacity) + 1, this.#first);
    for (let step = from; step <= this.#last && step >= 0; step++) {
      const at = step % this.capacity;
      if (this.#mids[at] === NO_SAMPLE) continue;
      found.push({
        step,
        midCents: this.#mids[at]! * HALF_STEP_CENTS,
        spreadCents: this.#spreads[at]! / 100,
        depthContracts: this.#depths[at]!,
      });
    }
    return found;
  }

  #spanSeconds(): number {
    return this.#oldest === -1 ? 0 : (this.#newest - this.#oldest) * this.#stepSeconds;
  }

  #midAt(step: number): number {
    return this.#mids[step % this.capacity]!;
  }

  #count(change: number): void {
    if (change === 0) return;
    this.#squares += change * change;
    const sign = Math.sign(change);
    if (this.#lastSign !== 0) {
      this.#pairs++;
      if (sign !== this.#lastSign) this.#reversals++;
    }
    this.#moves++;
    this.#lastSign = sign;
  }

  #forgetBefore(step: number): void {
    while (this.#oldest !== -1 && this.#oldest < step) {
      const next = this.#nextSample(this.#oldest);
      if (next === -1) {
        this.#forgetAll();
        return;
      }
      this.#discount(this.#midAt(next) - this.#midAt(this.#oldest), next);
      this.#oldest = next;
    }
  }

  /** Takes the change that ends at sample `end` out of the sums; it is the oldest one counted. */
  #discount(change: number, end: number): void {
    if (change === 0) return;
    this.#squares -= change * change;
    this.#moves--;
    if (this.#moves === 0) {
      this.#lastSign = 0;
      return;
    }
    this.#pairs--;
    // No two of these walks cover the same step: each ends where the next change to leave begins.
    let from = end;
    for (;;) {
      const to = this.#nextSample(from);
      const next = Math.sign(this.#midAt(to) - this.#midAt(from));
      if (next !== 0) {
        if (next !== Math.sign(change)) this.#reversals--;
        return;
      }
      from = to;
    }
  }

  #nextSample(step: number): number {
    for (let next = step + 1; next <= this.#newest; next++) if (this.#midAt(next) !== NO_SAMPLE) return next;
    return -1;
  }

  #forgetAll(): void {
    this.#oldest = -1;
    this.#squares = 0;
    this.#moves = 0;
    this.#lastSign = 0;
    this.#pairs = 0;
    this.#reversals = 0;
  }
}
