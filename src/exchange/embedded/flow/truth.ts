/**
 * The lower layer of a synthetic market: what an all-knowing trader would pay for each outcome of an event. Every
 * probability is a martingale that ends at the result, and the outcomes of one event always belong together, because
 * all of them are functions of one hidden thing. Inventory alone earns nothing in expectation.
 */
import type { Random } from '../../../domain/random.ts';
import { InformationClock, type InformationPlan } from './information-clock.ts';
import { normalCdf } from './normal.ts';

/** What an event's outcomes depend on. */
export type TruthSpec =
  /**
   * A quantity (temperature, price, margin) of which the standard normal end value is known ever better: outcome i comes
   * true when it ends in (low, high]. Ladders, brackets and plain questions are made of it. Bounds in standard deviations
   * as seen at the start.
   */
  | { readonly kind: 'quantity'; readonly ranges: readonly (readonly [low: number, high: number])[] }
  /** One of many wins; these are the chances at the start. What they lack to 1 is a winner that is not listed. */
  | { readonly kind: 'winner'; readonly chances: readonly number[] };

export interface Truth {
  /** Lets time pass; never back. */
  advance(atMs: number): void;
  /** Of outcome `index` as of the last `advance`. */
  probability(index: number): number;
  /** What came true, drawn from the last probabilities: an answer for each outcome, the same each time. */
  results(): readonly boolean[];
}

export function createTruth(spec: TruthSpec, plan: InformationPlan, random: Random): Truth {
  const clock = new InformationClock(plan, random.split('information'));
  const moves = random.split('moves');
  return spec.kind === 'quantity'
    ? new QuantityTruth(spec.ranges, clock, moves)
    : new WinnerTruth(spec.chances, clock, moves);
}

/** The end value X ~ N(0, 1); known so far: its mean, with variance `left` to come. P(a < X ≤ b) = Φ((b−m)/√left) − Φ((a−m)/√left). */
class QuantityTruth implements Truth {
  readonly #ranges: readonly (readonly [number, number])[];
  readonly #clock: InformationClock;
  readonly #random: Random;
  #mean = 0;
  #left = 1;
  #results: readonly boolean[] | null = null;

  constructor(ranges: readonly (readonly [number, number])[], clock: InformationClock, random: Random) {
    this.#ranges = ranges;
    this.#clock = clock;
    this.#random = random;
  }

  advance(atMs: number): void {
    const left = this.#clock.leftAt(atMs);
    if (left >= this.#left || this.#results !== null) return;
    this.#mean += Math.sqrt(this.#left - left) * this.#random.normal();
    this.#left = left;
  }

  probability(index: number): number {
    const [low, high] = this.#ranges[index]!;
    const deviation = Math.sqrt(this.#left);
    // The side further out loses no digits.
    if (low > this.#mean) return normalCdf((this.#mean - low) / deviation) - normalCdf((this.#mean - high) / deviation);
    return normalCdf((high - this.#mean) / deviation) - normalCdf((low - this.#mean) / deviation);
  }

  results(): readonly boolean[] {
    if (this.#results === null) {
      const end = this.#mean + Math.sqrt(this.#left) * this.#random.normal();
      this.#results = this.#ranges.map(([low, high]) => end > low && end <= high);
    }
    return this.#results;
  }
}

/**
 * The winner is drawn at the start and hidden; observations y_i ~ N(1{i wins}·Δ, Δ) come with the information Δ, so the
 * posterior is P(i) ∝ chance_i · exp(Σ y_i): exactly a martingale, whatever the steps.
 */
class WinnerTruth implements Truth {
  readonly #logWeights: number[];
  readonly #clock: InformationClock;
  readonly #random: Random;
  readonly #winner: number;
  readonly #outcomes: number;
  #probabilities: number[] = [];
  #information = 0;

  constructor(chances: readonly number[], clock: InformationClock, random: Random) {
    this.#outcomes = chances.length;
    const unlisted = 1 - chances.reduce((sum, chance) => sum + chance, 0);
    const all = unlisted > 1e-9 ? [...chances, unlisted] : chances;
    this.#logWeights = all.map(Math.log);
    this.#clock = clock;
    this.#random = random;
    let rest = random.uniform();
    const winner = all.findIndex((chance) => {
      rest -= chance;
      return rest < 0;
    });
    this.#winner = winner < 0 ? all.length - 1 : winner;
    this.#normalise();
  }

  advance(atMs: number): void {
    // Grows without bound as nothing is left, as fast at first as a quantity's.
    const information = 1 / this.#clock.leftAt(atMs) - 1;
    const step = information - this.#information;
    if (step <= 0) return;
    this.#information = information;
    for (let index = 0; index < this.#logWeights.length; index++) {
      const drift = index === this.#winner ? step : 0;
      this.#logWeights[index]! += drift + Math.sqrt(step) * this.#random.normal();
    }
    this.#normalise();
  }

  probability(index: number): number {
    return this.#probabilities[index]!;
  }

  results(): readonly boolean[] {
    return Array.from({ length: this.#outcomes }, (_, index) => index === this.#winner);
  }

  #normalise(): void {
    const top = Math.max(...this.#logWeights);
    const weights = this.#logWeights.map((weight) => Math.exp(weight - top));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    this.#probabilities = weights.map((weight) => weight / sum);
  }
}
