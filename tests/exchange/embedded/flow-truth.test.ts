/**
 * Invariants of the truth under a synthetic market:
 * 1. it is a martingale that ends at the result: E[result − truth at any earlier time] = 0;
 * 2. the outcomes of one event belong together, at every time and at the end;
 * 3. it depends on its seed alone, and a longer step is as good as many short ones.
 */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/domain/seeded-random.ts';
import type { InformationPlan } from '../../../src/exchange/embedded/flow/information-clock.ts';
import { normalCdf, normalQuantile } from '../../../src/exchange/embedded/flow/normal.ts';
import { createTruth, type TruthSpec } from '../../../src/exchange/embedded/flow/truth.ts';

const EVENTS = process.env.BOTHSIDES_LONG === '1' ? 20_000 : 2_000;
const CLOSE_MS = 3_600_000;
const CHECKPOINTS = [0, 0.1, 0.5, 0.9, 0.999];
const INFINITY = Number.POSITIVE_INFINITY;

const plan: InformationPlan = {
  startMs: 0,
  closeMs: CLOSE_MS,
  leftAtClose: 0.1,
  jumpsPerHour: 4,
  jumpShare: [0.05, 0.4],
  news: [{ atMs: CLOSE_MS / 3, share: 0.3 }],
};
const specs: Record<string, TruthSpec> = {
  question: { kind: 'quantity', ranges: [[normalQuantile(0.7), INFINITY]] },
  ladder: { kind: 'quantity', ranges: [-1, -0.2, 0.6].map((strike) => [strike, INFINITY] as const) },
  brackets: {
    kind: 'quantity',
    ranges: [
      [-INFINITY, -0.5],
      [-0.5, 0.8],
      [0.8, INFINITY],
    ],
  },
  field: { kind: 'winner', chances: [0.5, 0.25, 0.15] },
};

/**
 * Σ weight(truth) · (result − truth) in its own standard deviations, for each outcome and checkpoint: 0 on average for
 * every weight, or the truth is wrong somewhere although it is right on the whole.
 */
function deviations(spec: TruthSpec, weight: (probability: number) => number): number[] {
  const count = spec.kind === 'quantity' ? spec.ranges.length : spec.chances.length;
  const errors = CHECKPOINTS.flatMap(() => Array.from({ length: count }, () => ({ sum: 0, variance: 0 })));
  for (let event = 0; event < EVENTS; event++) {
    const truth = createTruth(spec, plan, createRandom(7).split(`event ${event}`));
    const seen = CHECKPOINTS.flatMap((share) => {
      truth.advance(share * CLOSE_MS);
      return Array.from({ length: count }, (_, index) => truth.probability(index));
    });
    const results = truth.results();
    for (const [index, probability] of seen.entries()) {
      const error = errors[index]!;
      error.sum += weight(probability) * ((results[index % count] ? 1 : 0) - probability);
      error.variance += weight(probability) ** 2 * probability * (1 - probability);
    }
  }
  return errors.map(({ sum, variance }) => sum / Math.sqrt(variance));
}

describe('The truth of an event', () => {
  it.each(Object.keys(specs))('is what its %s comes to on average, seen from any earlier time', (name) => {
    for (const weight of [() => 1, (probability: number) => probability ** 2])
      for (const deviation of deviations(specs[name]!, weight)) expect(Math.abs(deviation)).toBeLessThan(4);
  });

  it('knows nothing at the start and almost everything at the close', () => {
    let distance = 0;
    for (let event = 0; event < 200; event++) {
      const truth = createTruth(specs.question!, plan, createRandom(event));
      expect(truth.probability(0)).toBeCloseTo(0.3, 5);
      truth.advance(CLOSE_MS);
      distance += Math.abs((truth.results()[0] ? 1 : 0) - truth.probability(0));
    }
    expect(distance / 200).toBeLessThan(0.1);
  });

  it('gives brackets and fields one winner at most, and their chances a sum of one at most', () => {
    for (let event = 0; event < 100; event++) {
      for (const [name, sum] of [
        ['brackets', 1],
        ['field', null],
      ] as const) {
        const truth = createTruth(specs[name]!, plan, createRandom(`${name} ${event}`));
        for (const share of CHECKPOINTS) {
          truth.advance(share * CLOSE_MS);
          const total = [0, 1, 2].reduce((before, index) => before + truth.probability(index), 0);
          if (sum === null) expect(total).toBeLessThan(1 + 1e-9);
          else expect(total).toBeCloseTo(sum, 6);
        }
        const winners = truth.results().filter(Boolean).length;
        if (sum === null) expect(winners).toBeLessThanOrEqual(1);
        else expect(winners).toBe(1);
      }
    }
  });

  it('never makes a higher strike likelier, or true where a lower one is not', () => {
    for (let event = 0; event < 100; event++) {
      const truth = createTruth(specs.ladder!, plan, createRandom(`ladder ${event}`));
      truth.advance(0.7 * CLOSE_MS);
      expect(truth.probability(0)).toBeGreaterThanOrEqual(truth.probability(1));
      expect(truth.probability(1)).toBeGreaterThanOrEqual(truth.probability(2));
      const results = truth.results().map(Number);
      expect([...results].sort().reverse()).toEqual(results);
      expect(truth.results().map(Number)).toEqual(results);
    }
  });

  it('repeats itself from the same seed', () => {
    const path = (seed: number) => {
      const truth = createTruth(specs.field!, plan, createRandom(seed));
      return [0.2, 0.4, 0.9].map((share) => {
        truth.advance(share * CLOSE_MS);
        return truth.probability(0);
      });
    };
    expect(path(3)).toEqual(path(3));
    expect(path(3)).not.toEqual(path(4));
  });
});

describe('The normal distribution', () => {
  it('agrees with its table', () => {
    for (const [z, p] of [
      [0, 0.5],
      [1, 0.8413447],
      [1.959964, 0.975],
      [-3, 0.0013499],
    ] as const)
      expect(normalCdf(z)).toBeCloseTo(p, 6);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959964, 4);
  });
});
