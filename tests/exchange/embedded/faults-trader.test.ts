/**
 * The whole trader against an exchange that fails by chance, in a virtual world: for three minutes (BOTHSIDES_LONG=1) or half
 * of it whatever the faults know of happens to it, in half of the worlds far away and in half with reads that lag, and then
 * nothing goes wrong any more.
 * Invariants, for every seed:
 *
 * - no order leaves on a void book, none is intended twice or never, at most one rests on a side of a market;
 * - Σ reducing orders never passes |position| at the exchange;
 * - 75 s after the last fault at most the stream is in order, nothing is unknown, every position, fill and fee is as the
 *   exchange has it, and there are quotes again;
 * - it ends with exit 0, and then nothing rests, and cash is as the exchange has it to the cent.
 */
import { describe, expect, it } from 'vitest';
import { FAULTS } from '../../../src/exchange/embedded/faults/spec.ts';
import { faultScript } from '../../support/fault-script.ts';
import {
  differences,
  isStreamLive,
  quotingNow,
  restingAtExchange,
  simSettings,
  startTrial,
  type Trial,
} from '../../support/world.ts';

const IS_LONG = process.env.BOTHSIDES_LONG === '1';
/** Everything goes wrong in every tenth; in this one each kind comes even when it is short. */
const WORST = 9_060;
/** An exit once left on a void book in 9014; what keeps it at the door is tried by itself in tests/gateway/door.test.ts. */
const SEEDS = IS_LONG ? Array.from({ length: 200 }, (_, index) => 9_000 + index) : [WORST];
const FAULTY_MS = IS_LONG ? 180_000 : 90_000;
/** An order of which nothing is known is known to be absent 60 s after it was signed; then it goes on. */
const BACK_MS = 75_000;

function riskMode({ run }: Trial): string {
  return String(run.runtime.register.entries().find(({ machine }) => machine === 'riskSupervisor')?.state);
}

function isBack(trial: Trial): boolean {
  return (
    trial.run.runtime.table.unknownCount === 0 &&
    isStreamLive(trial) &&
    (quotingNow(trial) > 0 || riskMode(trial) !== 'active') &&
    differences(trial).length === 0
  );
}

async function liveThrough(seed: number) {
  const script = faultScript(seed, FAULTY_MS, seed % 10 === 0 ? 'all' : 'some');
  // So many errors would have it stand aside for most of the time: in three of four worlds it goes on regardless.
  const settings = simSettings([
    `sim.markets=${IS_LONG ? 12 : 8}`,
    ...(seed % 4 === 3 ? [] : ['risk.errorsPerHourMax=100000']),
  ]);
  const trial = await startTrial({ seed, settings, forMs: null, ...script });
  await trial.world.advance(FAULTY_MS);
  const isBackInTime = await trial.world.advance(BACK_MS, () => isBack(trial));
  trial.run.windDown();
  const summary = await trial.finish(180_000);
  return { trial, summary, isBackInTime, counts: trial.world.exchange.faults!.book.counts };
}

describe('An exchange that fails by chance', () => {
  it.each(SEEDS)('leaves nothing doubled and nothing unexplained: seed %i', { timeout: 120_000 }, async (seed) => {
    const { trial, summary, isBackInTime, counts } = await liveThrough(seed);
    expect(trial.violations).toEqual([]);
    expect(differences(trial)).toEqual([]);
    expect(isBackInTime).toBe(true);
    expect(restingAtExchange(trial)).toBe(0);
    expect(summary).toMatchObject({
      exit: 0,
      money: { difference: '0.000000' },
      orders: { leftResting: 0, unknown: 0 },
    });
    const came = new Set(counts.filter((count) => count.came > 0).map(({ fault }) => fault));
    expect(came.size).toBeGreaterThan(2);
    if (seed === WORST) expect([...came].sort()).toEqual([...FAULTS].sort());
    expect(summary.orders.created).toBeGreaterThan(0);
  });

  it.runIf(IS_LONG)('fails in the same way again', { timeout: 120_000 }, async () => {
    const first = await liveThrough(WORST);
    const again = await liveThrough(WORST);
    expect(again.trial.run.journal.hash()).toBe(first.trial.run.journal.hash());
    expect(again.trial.world.exchange.faults?.book.log).toEqual(first.trial.world.exchange.faults?.book.log);
  });
});
