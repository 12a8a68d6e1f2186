/**
 * Invariants of the measured difference of clocks:
 *  1. However requests travel, the estimate is within 1 s and half a round trip of the truth from the first answer on.
 *  2. It is 0 while the answers allow 0.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UnixMs } from '../../../src/domain/units.ts';
import { SkewEstimate } from '../../../src/exchange/kalshi/skew.ts';

const headerAt = (venueMs: number) => new Date(Math.floor(venueMs / 1000) * 1000).toUTCString();
const ms = (value: number) => value as UnixMs;

describe('The difference of the clocks', () => {
  it('is null before any answer, and stays so when answers carry no date', () => {
    const skew = new SkewEstimate();
    skew.observe(null, ms(0), ms(10));
    skew.observe('sometime', ms(0), ms(10));
    expect(skew.ms).toBeNull();
  });

  it('is 0 for clocks that agree, however the second falls', () => {
    for (let offset = 0; offset < 1000; offset += 50) {
      const skew = new SkewEstimate();
      const atMs = 1_790_000_000_000 + offset;
      skew.observe(headerAt(atMs + 5), ms(atMs), ms(atMs + 10));
      expect(skew.ms).toBe(0);
    }
  });

  it('is found from whole seconds', () => {
    const answer = fc.record({
      afterMs: fc.integer({ min: 1, max: 5000 }),
      outMs: fc.integer({ min: 0, max: 80 }),
      backMs: fc.integer({ min: 0, max: 80 }),
    });
    const property = fc.property(
      fc.integer({ min: -40_000, max: 40_000 }),
      fc.array(answer, { minLength: 1, maxLength: 30 }),
      (truth, answers) => {
        const skew = new SkewEstimate();
        let atMs = 1_790_000_000_000;
        for (const { afterMs, outMs, backMs } of answers) {
          atMs += afterMs;
          skew.observe(headerAt(atMs + outMs + truth), ms(atMs), ms(atMs + outMs + backMs));
          expect(Math.abs(skew.ms! - truth)).toBeLessThanOrEqual(1000 + 80);
        }
      },
    );
    fc.assert(property);
  });

  it('comes to within a tenth of a second after a minute of answers', () => {
    const skew = new SkewEstimate();
    for (let index = 0; index < 60; index++) {
      const atMs = 1_790_000_000_000 + index * 1013;
      skew.observe(headerAt(atMs + 10 + 7345), ms(atMs), ms(atMs + 20));
    }
    expect(Math.abs(skew.ms! - 7345)).toBeLessThan(100);
  });

  it('starts again when a clock was set', () => {
    const skew = new SkewEstimate();
    const atMs = 1_790_000_000_000;
    skew.observe(headerAt(atMs), ms(atMs), ms(atMs));
    skew.observe(headerAt(atMs + 30_000), ms(atMs + 1000), ms(atMs + 1000));
    expect(skew.ms! - 29_000).toBeLessThanOrEqual(1000);
    expect(skew.ms!).toBeGreaterThanOrEqual(28_000);
  });
});
