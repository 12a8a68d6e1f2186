/**
 * A position that is held when its market ends is paid by the exchange: in the ledger, in the journal and in cash it is
 * what the exchange says.
 */
import { describe, expect, it } from 'vitest';
import type { Ticker } from '../../src/domain/ids.ts';
import { type Centicents, DOLLAR, unixMs } from '../../src/domain/units.ts';
import { differences, simSettings, startTrial, type Trial } from '../support/world.ts';

const SETTINGS = simSettings(['sim.markets=12']);

async function settledEntries({ run }: Trial): Promise<object[]> {
  const settled: object[] = [];
  for await (const { kind, data } of run.journal.read()) if (kind === 'market.settled') settled.push(data as object);
  return settled;
}

describe.each(['yes', 'no'] as const)('A position held at the end of its market, which comes out %s', (result) => {
  it.each([71, 72])('is carried there and paid as the exchange says, seed %i', async (seed) => {
    const trial = await startTrial({ seed, forMs: null, settings: SETTINGS });
    const { world, run } = trial;
    const { engine } = world.exchange;
    const held = (): { market: Ticker; quantity: number } | undefined =>
      engine.positions(world.user).find(({ quantity }) => quantity !== 0);
    expect(await world.advance(300_000, () => held() !== undefined)).toBe(true);
    const { market } = held()!;
    engine.moveClose(market, unixMs(world.clock.now() + 1));
    await world.advance(10);
    const quantity = engine.positions(world.user).find((position) => position.market === market)!.quantity;
    expect(quantity).not.toBe(0);
    await world.advance(5_000);
    engine.determine(market, result, result === 'yes' ? DOLLAR : (0 as Centicents));
    expect(await world.advance(60_000, () => engine.settlements(world.user).length > 0)).toBe(true);
    await world.advance(60_000);

    const [paid] = engine.settlements(world.user);
    // A contract pays $1 to whoever holds the side that came true: 0.01 of it a cent.
    const revenue = quantity > 0 === (result === 'yes') ? Math.abs(quantity) * 10_000 : 0;
    expect(paid).toMatchObject({ market, result, revenue });
    const { value, fee } = paid!;
    expect(await settledEntries(trial)).toEqual([expect.objectContaining({ market, result, value, revenue, fee })]);
    expect(run.runtime.ledger.position(market).quantity).toBe(0);
    run.windDown();
    const summary = await trial.finish(180_000);
    expect(summary).toMatchObject({ exit: 0, money: { difference: '0.000000' }, orders: { leftResting: 0 } });
    expect(trial.violations).toEqual([]);
    expect(differences(trial)).toEqual([]);
  });
});
