import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lengthMs, StepPath } from '../../src/analytics/step-path.ts';

const path = (...changes: [number, number][]) => {
  const made = new StepPath<number>();
  for (const [ms, value] of changes) made.set(ms, value);
  return made;
};

describe('A path of steps', () => {
  it('holds each value until the next, and nothing before the first', () => {
    const steps = path([10, 1], [20, 2]);
    expect([9, 10, 19, 20, 1_000].map((ms) => steps.at(ms))).toEqual([null, 1, 1, 2, 2]);
  });

  it('tells what held when a millisecond began from what held when it was over', () => {
    const steps = path([10, 1], [20, 2], [20, 3]);
    expect([steps.before(10), steps.before(20), steps.at(20)]).toEqual([null, 1, 3]);
  });

  it('does not go back in time', () => {
    expect(() => path([10, 1], [9, 2])).toThrow('a path goes on in time');
  });

  it('is cut into pieces by a stretch of time', () => {
    const pieces = [...path([10, 1], [20, 2], [30, 3]).pieces({ fromMs: 5, toMs: 25 })];
    expect(pieces).toEqual([
      { fromMs: 10, toMs: 20, value: 1 },
      { fromMs: 20, toMs: 25, value: 2 },
    ]);
    expect([...path([10, 1]).pieces({ fromMs: 12, toMs: 15 })]).toEqual([{ fromMs: 12, toMs: 15, value: 1 }]);
    expect([...path([10, 1]).pieces({ fromMs: 1, toMs: 10 })]).toEqual([]);
  });

  it('agrees, piece by piece, with what it says at each millisecond', () => {
    const changes = fc.array(fc.tuple(fc.nat(50), fc.nat(3)), { maxLength: 12 });
    fc.assert(
      fc.property(changes, fc.nat(50), fc.nat(50), (some, one, other) => {
        const steps = path(...some.toSorted(([a], [b]) => a - b));
        const span = { fromMs: Math.min(one, other), toMs: Math.max(one, other) };
        const pieces = [...steps.pieces(span)];
        for (let ms = span.fromMs; ms < span.toMs; ms++) {
          const piece = pieces.find(({ fromMs, toMs }) => fromMs <= ms && ms < toMs);
          expect(piece?.value ?? null).toBe(steps.at(ms));
        }
        expect(lengthMs(pieces)).toBeLessThanOrEqual(lengthMs([span]));
      }),
    );
  });
});
