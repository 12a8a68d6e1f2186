/**
 * Three virtual minutes in which anything happens to a trader, at random and from a seed: lost answers, dead and broken
 * lines, refusals, in every other seed the death of the process; ended by a HALT or a wind-down at a random moment.
 * Invariants, for every seed:
 *
 * - no order leaves on a void book, none is intended twice or never, at most one rests on a side of a market;
 * - Σ reducing orders never passes |position| at the exchange;
 * - once the world behaves again the run ends in bounded time with exit 0: nothing rests, nothing is unknown;
 * - every position, fill, fee and cent is as the exchange has it.
 */
import { describe, expect, it } from 'vitest';
import { BothsidesError } from '../../src/domain/errors.ts';
import type { Random } from '../../src/domain/random.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import type { Summary } from '../../src/runtime/summary.ts';
import { CALM, createMeddler, type Meddler } from '../support/interference.ts';
import { differences, restart, restingAtExchange, simSettings, startTrial } from '../support/world.ts';

const LONG = process.env.BOTHSIDES_LONG === '1';
const SEEDS = Array.from({ length: LONG ? 300 : 4 }, (_, index) => 1_000 + index);
const STORM_MS = 180_000;
const EVENTS = 8;

/** What begins, and how it ends by itself. */
function misfortune(random: Random, meddler: Meddler): { readonly name: string; readonly over: () => void } {
  const { switches } = meddler;
  const during = (name: 'throttling' | 'deaf' | 'refusing' | 'silent') => {
    switches[name] = true;
    const over = (): void => {
      switches[name] = false;
    };
    return { name, over };
  };
  const lost = (name: 'lostAnswers' | 'lostCreates' | 'lostDeltas') => {
    switches[name] += random.integer(1, 3);
    return { name, over: () => undefined };
  };
  switch (random.integer(0, 7)) {
    case 0:
      return during('throttling');
    case 1:
      return during('deaf');
    case 2: {
      const refusing = during('refusing');
      meddler.drop();
      return refusing;
    }
    case 3:
      return during('silent');
    case 4:
      return lost('lostAnswers');
    case 5:
      return lost('lostCreates');
    case 6:
      return lost('lostDeltas');
    default:
      meddler.drop();
      return { name: 'drop', over: () => undefined };
  }
}

async function storm(seed: number): Promise<object> {
  const random = createRandom(seed).split('storm');
  const meddler = createMeddler();
  let isHaltFileThere = false;
  let trial = await startTrial({
    seed,
    forMs: null,
    settings: simSettings(['sim.markets=12']),
    interference: meddler.interference,
    haltFile: () => isHaltFileThere,
  });
  const { clock } = trial.world;
  const beganMs = clock.now();
  const told: string[] = [];
  const at = (afterMs: number, name: string, act: () => void): void => {
    clock.setTimeout(() => {
      told.push(`${Math.round((clock.now() - beganMs) / 100) / 10}s ${name}`);
      act();
    }, afterMs);
  };
  // From the eighth second on there is something to disturb; everything has an end, and the last calm comes with the storm's.
  for (let event = 0; event < EVENTS; event++) {
    const atMs = random.integer(8_000, STORM_MS - 20_000);
    clock.setTimeout(() => {
      const { name, over } = misfortune(random, meddler);
      told.push(`${Math.round((clock.now() - beganMs) / 100) / 10}s ${name}`);
      at(random.integer(500, 25_000), `end of ${name}`, over);
    }, atMs);
  }
  const dies = seed % 2 === 1;
  const endsByHalt = random.uniform() < 0.5;
  const diesAtMs = random.integer(8_000, 120_000);
  const endAtMs = random.integer(dies ? diesAtMs : 20_000, STORM_MS);
  at(endAtMs, endsByHalt ? 'HALT' : 'wind-down', () => {
    if (endsByHalt) isHaltFileThere = true;
    else trial.run.windDown();
  });
  at(STORM_MS, 'calm', () => Object.assign(meddler.switches, CALM));
  if (endsByHalt) at(STORM_MS, 'wind-down', () => trial.run.windDown());
  const violations: string[] = [];
  if (dies) {
    await trial.world.advance(diesAtMs);
    told.push(`${diesAtMs / 1000}s death`);
    violations.push(...trial.violations);
    trial = await restart(trial, { forMs: null, haltFile: () => isHaltFileThere });
  }
  let summary: Summary | null = null;
  while (summary === null) {
    try {
      summary = await trial.finish(STORM_MS + 180_000);
    } catch (error) {
      // A boot that the storm kept from its listings is refused; whoever looks after the process starts it again.
      if (!(error instanceof BothsidesError) || clock.now() - beganMs > STORM_MS + 60_000) throw error;
      violations.push(...trial.violations);
      await trial.world.advance(5_000);
      told.push(`${(clock.now() - beganMs) / 1000}s ${error.code}, started again`);
      trial = await restart(trial, { forMs: null, haltFile: () => isHaltFileThere });
      if (clock.now() - beganMs >= STORM_MS || (!endsByHalt && clock.now() - beganMs >= endAtMs)) trial.run.windDown();
    }
  }
  const { exit, money, orders } = summary;
  return {
    told,
    violations: [...violations, ...trial.violations],
    differences: differences(trial),
    resting: restingAtExchange(trial),
    exit,
    difference: money.difference,
    unknown: orders.unknown,
    leftResting: orders.leftResting,
  };
}

describe('a storm', () => {
  it.each(SEEDS)('leaves nothing behind, seed %i', async (seed) => {
    const outcome = await storm(seed);
    expect(outcome, `seed ${seed}`).toMatchObject({
      violations: [],
      differences: [],
      resting: 0,
      exit: 0,
      difference: '0.000000',
      unknown: 0,
      leftResting: 0,
    });
  });
});
