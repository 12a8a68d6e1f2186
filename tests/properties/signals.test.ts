/**
 * Invariants of a market's signals:
 *
 * 1. The running sums equal what adding everything up again gives, exactly, however long they ran and whatever holes
 *    there were: volatility, drift, reversion and the median of the spread.
 * 2. Asking changes nothing: looks in between, at any times, leave every later answer the same.
 * 3. Every answer is finite and in range, whatever the market does.
 * 4. Our own quotes change no signal.
 * 5. A checkpoint is under 2 KB.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OrderBook } from '../../src/book/order-book.ts';
import { NOTHING_RESTING, type OwnResting, readBook } from '../../src/book/read-book.ts';
import type { Side } from '../../src/domain/side.ts';
import type { Centicents, Centicontracts } from '../../src/domain/units.ts';
import { MarketSignals, type SignalSettings } from '../../src/signals/market-signals.ts';
import { GOLDEN, reading, START_MS } from '../signals/scenario.ts';

/** Short windows, so that everything leaves them often. */
const SHORT: SignalSettings = {
  signals: { ...GOLDEN.signals, windowMs: 40_000, sigmaWindowMs: 20_000 },
  regimes: GOLDEN.regimes,
};

/** What is read, and for how long it stays so; null: nothing is. Mids in half-cents, spreads even, so that both are exact. */
const stay = fc.record({
  halfCents: fc.option(fc.oneof(fc.integer({ min: 20, max: 180 }), fc.constantFrom(99, 100, 101)), { freq: 6 }),
  spreadCents: fc.constantFrom(2, 4, 8, 12),
  depthContracts: fc.integer({ min: 1, max: 100 }),
  forMs: fc.oneof(fc.integer({ min: 1, max: 4000 }), fc.constantFrom(1000, 2000, 25_000)),
});
type Stay = typeof stay extends fc.Arbitrary<infer T> ? T : never;

function read(one: Stay) {
  return one.halfCents === null ? null : reading(one.halfCents / 2, one);
}

/** One value a second, the way a sheet of paper would do it. */
function byHand(stays: readonly Stay[], sigmaSteps: number) {
  const samples: { step: number; mid: number; spread: number }[] = [];
  let atMs = START_MS;
  for (const one of stays) {
    const endMs = atMs + one.forMs;
    for (let step = Math.floor(atMs / 1000) + 1; step * 1000 <= endMs; step++) {
      if (one.halfCents !== null) samples.push({ step, mid: one.halfCents / 2, spread: one.spreadCents });
    }
    atMs = endMs;
  }
  const last = Math.floor(atMs / 1000);
  const inWindow = samples.filter(({ step }) => step >= last - sigmaSteps);
  const changes = inWindow.slice(1).map((sample, index) => sample.mid - inWindow[index]!.mid);
  const moves = changes.filter((change) => change !== 0);
  const turns = moves.slice(1).filter((move, index) => Math.sign(move) !== Math.sign(moves[index]!));
  const spreads = samples
    .slice(-60)
    .map(({ spread }) => spread)
    .sort((a, b) => a - b);
  const middle = spreads.length >>> 1;
  return {
    endMs: atMs,
    squares: changes.reduce((sum, change) => sum + change * change, 0),
    seconds: inWindow.length === 0 ? 0 : inWindow.at(-1)!.step - inWindow[0]!.step,
    moved: inWindow.length === 0 ? 0 : Math.abs(inWindow.at(-1)!.mid - inWindow[0]!.mid),
    reversion: moves.length < 2 ? null : turns.length / (moves.length - 1),
    spreadMedian:
      spreads.length === 0
        ? null
        : spreads.length % 2 === 1
          ? spreads[middle]!
          : (spreads[middle - 1]! + spreads[middle]!) / 2,
  };
}

function run(stays: readonly Stay[], looksMs: readonly number[] = []): MarketSignals {
  const signals = new MarketSignals(SHORT);
  let atMs = START_MS;
  for (const one of stays) {
    signals.observe(read(one), atMs);
    for (const look of looksMs) if (look < one.forMs) signals.now(atMs + look);
    atMs += one.forMs;
  }
  return signals;
}

describe('the signals of a market, whatever it does', () => {
  it('equal what adding everything up again gives (1)', () => {
    fc.assert(
      fc.property(fc.array(stay, { minLength: 1, maxLength: 60 }), (stays) => {
        const expected = byHand(stays, 20);
        const signals = run(stays);
        const { squaresCents, seconds } = signals.checkpoint(expected.endMs);
        expect(squaresCents).toBeCloseTo(expected.squares, 9);
        expect(seconds).toBe(expected.seconds);
        const now = signals.now(expected.endMs);
        expect(now.reversion).toBe(expected.reversion);
        expect(now.spreadMedianCents).toBe(expected.spreadMedian);
        const scale = now.sigmaUnboundedCentsPerSqrtSecond * Math.sqrt(expected.seconds);
        expect(now.drift).toBeCloseTo(scale === 0 ? 0 : expected.moved / scale, 9);
      }),
      { numRuns: 400 },
    );
  });

  it('do not change by being looked at (2)', () => {
    const looks = fc
      .array(fc.integer({ min: 0, max: 4000 }), { maxLength: 5 })
      .map((found) => found.sort((a, b) => a - b));
    fc.assert(
      fc.property(fc.array(stay, { minLength: 1, maxLength: 40 }), looks, (stays, looksMs) => {
        const endMs = START_MS + stays.reduce((sum, one) => sum + one.forMs, 0);
        expect(run(stays, looksMs).now(endMs)).toEqual(run(stays).now(endMs));
      }),
      { numRuns: 200 },
    );
  });

  it('are finite and in range, with a checkpoint under 2 KB (3, 5)', () => {
    fc.assert(
      fc.property(fc.array(stay, { maxLength: 40 }), (stays) => {
        const signals = run(stays);
        const endMs = START_MS + stays.reduce((sum, one) => sum + one.forMs, 0);
        const now = signals.now(endMs);
        expect(now.sigmaCentsPerSqrtSecond).toBeGreaterThanOrEqual(SHORT.signals.sigmaFloorCentsPerSqrtSecond);
        expect(now.sigmaCentsPerSqrtSecond).toBeLessThanOrEqual(SHORT.signals.sigmaCapCentsPerSqrtSecond);
        expect(Number.isFinite(now.drift) && now.drift >= 0).toBe(true);
        if (now.reversion !== null) expect(now.reversion >= 0 && now.reversion <= 1).toBe(true);
        const text = JSON.stringify(signals.checkpoint(endMs));
        expect(text.length).toBeLessThan(2048);
        expect(JSON.parse(text)).toEqual(signals.checkpoint(endMs));
      }),
      { numRuns: 200 },
    );
  });

  it('are the same with our quotes in the book as without them (4)', () => {
    const change = fc.record({
      side: fc.constantFrom<Side>('bid', 'ask'),
      offset: fc.integer({ min: 1, max: 8 }),
      contracts: fc.integer({ min: 0, max: 40 }),
      isOurs: fc.boolean(),
      forMs: fc.integer({ min: 10, max: 3000 }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 60 }), (changes) => {
        const alone = { book: new OrderBook(), signals: new MarketSignals(SHORT) };
        const withUs = { book: new OrderBook(), signals: new MarketSignals(SHORT) };
        const others = new Map<string, number>();
        const ours = new Map<string, number>();
        const own: OwnResting = { quantityAt: (side, at) => (ours.get(`${side} ${at}`) ?? 0) as Centicontracts };
        let atMs = START_MS;
        for (const one of changes) {
          const price = (5000 + (one.side === 'bid' ? -one.offset : one.offset) * 100) as Centicents;
          const key = `${one.side} ${price}`;
          const table = one.isOurs ? ours : others;
          const delta = (one.contracts * 100 - (table.get(key) ?? 0)) as Centicontracts;
          table.set(key, one.contracts * 100);
          expect(withUs.book.applyDelta(one.side, price, delta)).toBe(true);
          if (!one.isOurs) expect(alone.book.applyDelta(one.side, price, delta)).toBe(true);
          withUs.signals.observe(readBook(withUs.book, own, 10), atMs);
          if (!one.isOurs) alone.signals.observe(readBook(alone.book, NOTHING_RESTING, 10), atMs);
          else alone.signals.now(atMs);
          atMs += one.forMs;
        }
        expect(withUs.signals.now(atMs)).toEqual({
          ...alone.signals.now(atMs),
        });
      }),
      { numRuns: 200 },
    );
  });
});
