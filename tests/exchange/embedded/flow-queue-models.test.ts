/**
 * What holds for every queue model, wherever we stand and however much is cancelled:
 * 1. no more leaves from ahead of us than stood there, and no more than was cancelled;
 * 2. no more leaves from behind us than stood there;
 * 3. whole integers of 0.01 contract;
 * 4. more cancelled is never less from ahead of us;
 * 5. with nothing behind us all of it, with nothing ahead of us none of it stood ahead.
 * And the risk-averse one is the most cautious: no model takes less from ahead of us.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QUEUE_MODELS, type QueueModelName, queueModelOf } from '../../../src/exchange/embedded/flow/queue-model.ts';

/** Contracts ahead, behind and cancelled; how much of it stood ahead. */
type Case = readonly [ahead: number, behind: number, canceled: number, fromAhead: number];

const TABLES: readonly { name: string; queueModel: QueueModelName; queueExponent: number; cases: readonly Case[] }[] = [
  {
    name: 'risk-averse: from behind as long as there is anything',
    queueModel: 'riskAverse',
    queueExponent: 2,
    cases: [
      [60, 40, 10, 0],
      [60, 40, 40, 0],
      [60, 40, 41, 1],
      [60, 0, 10, 10],
      [60, 40, 100, 60],
    ],
  },
  {
    // P(behind) = behind / (behind + ahead).
    name: 'power, exponent 1: from anywhere alike',
    queueModel: 'power',
    queueExponent: 1,
    cases: [
      [60, 40, 10, 6],
      [50, 50, 10, 5],
      [75, 25, 8, 6],
      [1, 2, 1, 0.33],
      [60, 40, 100, 60],
    ],
  },
  {
    // P(behind) = behind² / (behind² + ahead²): 1600 / 5200, 3600 / 5200, 9 / 10.
    name: 'power, exponent 2: sooner from the longer part',
    queueModel: 'power',
    queueExponent: 2,
    cases: [
      [60, 40, 10, 6.92],
      [40, 60, 10, 3.07],
      [1, 3, 1, 0.1],
      // 0.9 × 4 = 3.6, but only 3 are behind: the rest comes from ahead, (1 − 0.9) × 4 + 0.6.
      [1, 3, 4, 1],
    ],
  },
  {
    // √9 / (√9 + √1) = 3 / 4: a quarter of 8 would be 2, but only 1 is ahead.
    name: 'power, exponent ½: never more from ahead than is there',
    queueModel: 'power',
    queueExponent: 0.5,
    cases: [
      [1, 9, 8, 1],
      [1, 9, 2, 0.5],
    ],
  },
  {
    // P(behind) = ln 41 / (ln 41 + ln 61) = 3.71357 / 7.82444 = 0.474612; ln 4 / (ln 4 + ln 2) = 2 / 3.
    name: 'logarithmic: nearly from either part alike',
    queueModel: 'logarithmic',
    queueExponent: 2,
    cases: [
      [60, 40, 10, 5.25],
      [1, 3, 1, 0.33],
      [0, 5, 3, 0],
      [5, 0, 3, 3],
    ],
  },
];

describe('A queue model', () => {
  for (const { name, queueModel, queueExponent, cases } of TABLES) {
    it(name, () => {
      const model = queueModelOf({ queueModel, queueExponent });
      for (const [ahead, behind, canceled, fromAhead] of cases) {
        const answer = model(ahead * 100, behind * 100, canceled * 100);
        expect([ahead, behind, canceled, answer / 100]).toEqual([ahead, behind, canceled, fromAhead]);
      }
    });
  }

  it('takes what there is, from where it is', () => {
    const places = fc.record({
      queueModel: fc.constantFrom(...QUEUE_MODELS),
      queueExponent: fc.double({ min: 0.1, max: 6, noNaN: true }),
      ahead: fc.integer({ min: 0, max: 5_000_000 }),
      behind: fc.integer({ min: 0, max: 5_000_000 }),
      share: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
    });
    const cautious = queueModelOf({ queueModel: 'riskAverse', queueExponent: 1 });
    fc.assert(
      fc.property(places, ({ queueModel, queueExponent, ahead, behind, share }) => {
        const model = queueModelOf({ queueModel, queueExponent });
        const [less, more] = share.map((each) => Math.round(each * (ahead + behind))).sort((a, b) => a - b);
        let before = 0;
        for (const canceled of [less!, more!]) {
          const fromAhead = model(ahead, behind, canceled);
          expect(Number.isSafeInteger(fromAhead)).toBe(true);
          expect(fromAhead).toBeGreaterThanOrEqual(Math.max(before, cautious(ahead, behind, canceled)));
          expect(fromAhead).toBeLessThanOrEqual(Math.min(ahead, canceled));
          expect(canceled - fromAhead).toBeLessThanOrEqual(behind);
          if (behind === 0) expect(fromAhead).toBe(canceled);
          if (ahead === 0) expect(fromAhead).toBe(0);
          before = fromAhead;
        }
      }),
      { numRuns: 500 },
    );
  });
});
