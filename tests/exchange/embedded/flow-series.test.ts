/**
 * Invariants of the markets that the synthetic world lists:
 * 1. E[result − truth] = 0 within 4 standard errors for every kind of series, with its own news and surprises, over 20,000
 *    markets (200 of a kind in the short form): what is held earns nothing in expectation;
 * 2. what is planned comes out in order and leaves something to be known;
 * 3. the world of a seed is the one that its number stands for.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/domain/manual-clock.ts';
import { createRandom } from '../../../src/domain/seeded-random.ts';
import { unixMs } from '../../../src/domain/units.ts';
import { createEngine } from '../../../src/exchange/embedded/engine.ts';
import { InformationClock } from '../../../src/exchange/embedded/flow/information-clock.ts';
import { informationOf } from '../../../src/exchange/embedded/flow/planned-news.ts';
import type { SeriesPlan } from '../../../src/exchange/embedded/flow/series-plan.ts';
import { ROSTER } from '../../../src/exchange/embedded/flow/series-roster.ts';
import { createSyntheticWorld, SYNTHETIC_WORLD } from '../../../src/exchange/embedded/flow/synthetic.ts';
import { createTruth } from '../../../src/exchange/embedded/flow/truth.ts';

const MARKETS = process.env.BOTHSIDES_LONG === '1' ? 20_000 : 200;
const START_MS = Date.UTC(2026, 4, 13, 13, 33, 13);
const MINUTE_MS = 60_000;
const SHARES = [0, 0.3, 0.7, 0.97];

const series = ROSTER.flat();
const kinds = ROSTER.map((family) => family[0]!);
const timesOf = (plan: SeriesPlan) => ({ startMs: START_MS, closeMs: START_MS + plan.lifeMinutes * MINUTE_MS });

describe('The truth of every kind of series', () => {
  it.each(kinds.map((plan) => [plan.ticker, plan] as const))('is what %s come to on average', (ticker, plan) => {
    const { startMs, closeMs } = timesOf(plan);
    const errors = SHARES.map(() => ({ sum: 0, variance: 0, count: 0 }));
    for (let turn = 0; errors[0]!.count < MARKETS; turn++) {
      const random = createRandom(11).split(`${ticker} ${turn}`);
      const draft = plan.draft(random.split('draft'), turn);
      const truth = createTruth(draft.truth, informationOf(plan, { startMs, closeMs }), random.split('truth'));
      // One market an event: those of one event lean on each other.
      const outcome = turn % draft.outcomes.length;
      const seen = SHARES.map((share) => {
        truth.advance(startMs + share * (closeMs - startMs));
        return truth.probability(outcome);
      });
      const result = truth.results()[outcome] ? 1 : 0;
      for (const [index, probability] of seen.entries()) {
        const error = errors[index]!;
        error.sum += result - probability;
        error.variance += probability * (1 - probability);
        error.count++;
      }
    }
    for (const { sum, variance } of errors) expect(Math.abs(sum)).toBeLessThan(4 * Math.sqrt(variance));
  });
});

describe('What is planned', () => {
  it('comes out in order, while the event trades, and leaves something to be known', () => {
    for (const plan of series) {
      const times = timesOf(plan);
      const information = informationOf(plan, times);
      const at = information.news.map(({ atMs }) => atMs);
      expect(at, plan.ticker).toEqual(at.toSorted((one, other) => one - other));
      expect(at.every((atMs) => atMs > times.startMs && atMs < times.closeMs)).toBe(true);
      const clock = new InformationClock(information, createRandom(plan.ticker));
      expect(clock.leftAt(times.startMs)).toBe(1);
      expect(clock.leftAt(times.closeMs), plan.ticker).toBeGreaterThan(1e-4);
    }
  });

  it('takes away what it says at its time', () => {
    const plan = kinds.find(({ ticker }) => ticker === 'KXPRICES')!;
    const times = timesOf(plan);
    const information = informationOf(plan, times);
    const clock = new InformationClock({ ...information, jumpsPerHour: 0 }, createRandom(1));
    const [news] = information.news;
    const before = clock.leftAt(news!.atMs - 1);
    expect(clock.leftAt(news!.atMs) / before).toBeCloseTo(1 - news!.share, 3);
  });
});

describe('The roster', () => {
  it('has one ticker a series, over all categories', () => {
    expect(new Set(series.map(({ ticker }) => ticker)).size).toBe(series.length);
    expect(series.every(({ ticker }) => /^KX[A-Z]+$/.test(ticker))).toBe(true);
    expect(new Set(series.map(({ category }) => category))).toEqual(
      new Set(['Crypto', 'Economics', 'Financials', 'Climate and Weather', 'Sports', 'Entertainment', 'Politics']),
    );
  });

  it('makes the world that its number stands for: whoever changes the one changes the other', () => {
    const clock = new ManualClock(unixMs(START_MS));
    const random = createRandom(1);
    const engine = createEngine({ market: clock, random: random.split('engine') });
    const flow = createSyntheticWorld({ engine, market: clock, random: random.split('flow'), markets: 150 });
    flow.start();
    clock.advanceTo(START_MS + 10_000);
    const hash = createHash('sha256');
    for (const { listed, volume } of engine.allMarkets()) {
      const { ticker, closeMs, openInterestBefore } = listed;
      const { bids, asks } = engine.book(ticker);
      hash.update(JSON.stringify([ticker, closeMs, openInterestBefore, volume, bids, asks]));
    }
    expect({ world: SYNTHETIC_WORLD, digest: hash.digest('hex').slice(0, 16) }).toEqual({
      world: 2,
      digest: '6a5c4d77bf4be04a',
    });
  });
});
