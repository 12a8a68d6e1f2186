/**
 * The whole trader against an exchange that fails by chance, in a virtual world: for three minutes everything that the faults
 * know of happens to it, and then nothing more. At no instant is an order doubled, unintended or quoted on a void book; and in
 * the end nothing rests, nothing is unknown, and every position, fill, fee and cent is as the exchange has it.
 */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/domain/seeded-random.ts';
import { checkFaults } from '../../../src/exchange/embedded/faults/spec.ts';
import { differences, startTrial } from '../../support/world.ts';

const IS_LONG = process.env.BOTHSIDES_LONG === '1';
const SEEDS = IS_LONG ? Array.from({ length: 200 }, (_, index) => 9_000 + index) : [9_000, 9_001, 9_002];
const FAULTY_MS = 180_000;

/** Each kind at its own rate; windows of a few seconds at any time. Once the time is over nothing goes wrong any more. */
function randomScript(seed: number): readonly unknown[] {
  const random = createRandom(`faults ${seed}`);
  const often = (most: number) => ({ probability: Math.max(1e-6, random.uniform() * most), toMs: FAULTY_MS });
  const window = (longestMs: number) => {
    const fromMs = random.integer(5_000, FAULTY_MS - 40_000);
    return { fromMs, toMs: fromMs + random.integer(500, longestMs) };
  };
  const writes = { method: 'POST', path: '/portfolio/events/orders*' } as const;
  const cancels = { method: 'DELETE' } as const;
  const reads = { method: 'GET', path: '/portfolio/*' } as const;
  const all = [
    { fault: 'throttle', ...often(0.03) },
    { fault: 'errorBefore', on: writes, ...often(0.03) },
    { fault: 'errorAfter', on: writes, ...often(0.03) },
    { fault: 'silenceBefore', on: writes, ...often(0.02) },
    { fault: 'silenceAfter', on: writes, ...often(0.02) },
    { fault: 'silenceAfter', on: cancels, ...often(0.02) },
    { fault: 'dropBefore', ...often(0.02) },
    { fault: 'dropAfter', ...often(0.02) },
    { fault: 'emptyBody', on: writes, ...often(0.02) },
    { fault: 'malformedBody', on: cancels, ...often(0.02) },
    // A start refuses to go on from half a listing, and says so: from then on it has to live with them.
    { fault: 'cutPages', on: reads, fromMs: 20_000, ...often(0.1) },
    { fault: 'slowRequest', ...often(0.05), delayMs: random.integer(50, 1_500) },
    { fault: 'slowAnswer', ...often(0.05), delayMs: random.integer(50, 1_500) },
    { fault: 'loseFrame', ...often(0.004) },
    { fault: 'repeatFrame', ...often(0.01) },
    { fault: 'reorderFrame', ...often(0.01) },
    { fault: 'delayFrame', ...often(0.005), delayMs: random.integer(50, 2_000) },
    { fault: 'sequenceGap', ...often(0.001) },
    { fault: 'dropStream', ...often(0.0005) },
    { fault: 'refuseStream', ...often(0.3) },
    { fault: 'missingPongs', ...window(12_000) },
    { fault: 'clockSkew', ...window(30_000), skewMs: random.uniform() < 0.5 ? -25_000 : 20_000 },
    { fault: 'staleReads', ...window(30_000), delayMs: random.integer(100, 3_000) },
    { fault: 'exchangePause', ...window(8_000) },
    { fault: 'tradingPause', ...window(8_000) },
    { fault: 'marketHalt', on: { market: '*' }, ...window(5_000) },
  ];
  return all.filter(() => random.uniform() < 0.6);
}

async function liveThrough(seed: number) {
  const trial = await startTrial({
    seed,
    forMs: FAULTY_MS + 30_000,
    faults: { rules: checkFaults(randomScript(seed), 'the script') },
  });
  const summary = await trial.finish(FAULTY_MS + 180_000);
  const { counts } = trial.world.exchange.faults!.book;
  return { trial, summary, came: counts.reduce((sum, { came }) => sum + came, 0) };
}

describe('An exchange that fails by chance', () => {
  it.each(SEEDS)('leaves nothing doubled and nothing unexplained: seed %i', async (seed) => {
    const { trial, summary, came } = await liveThrough(seed);
    expect(trial.violations).toEqual([]);
    expect(differences(trial)).toEqual([]);
    expect(summary).toMatchObject({
      exit: 0,
      money: { difference: '0.000000' },
      orders: { leftResting: 0, unknown: 0 },
    });
    expect(came).toBeGreaterThan(10);
    expect(summary.orders.created).toBeGreaterThan(0);
  });

  it('fails in the same way again', async () => {
    const first = await liveThrough(SEEDS[0]!);
    const again = await liveThrough(SEEDS[0]!);
    expect(again.trial.run.journal.hash()).toBe(first.trial.run.journal.hash());
    expect(again.trial.world.exchange.faults?.book.log).toEqual(first.trial.world.exchange.faults?.book.log);
  });
});
