/**
 * A position that is held when its market ends is paid by the exchange. The smallest world has one market, a question
 * that ends every quarter of an hour and is followed by the next.
 */
import { describe, expect, it } from 'vitest';
import { differences, simSettings, startTrial, type Trial } from '../support/world.ts';

const SETTINGS = simSettings(['sim.markets=1']);
/** A quarter past three in New York is six minutes away, and what is found now ends no later than half past. */
const START_MS = Date.UTC(2026, 0, 5, 15, 9);
const HOUR_MS = 3_600_000;

async function settledEntries({ run }: Trial): Promise<object[]> {
  const settled: object[] = [];
  for await (const { kind, data } of run.journal.read()) if (kind === 'market.settled') settled.push(data as object);
  return settled;
}

describe('A position held at the end of its market', () => {
  it('is carried there, and paid as the exchange says: in ledger, journal and cash', async () => {
    const trial = await startTrial({ seed: 71, forMs: null, settings: SETTINGS, startMs: START_MS });
    const { world, run } = trial;
    const { engine } = world.exchange;
    const held = new Map<string, number>();
    engine.events.subscribe((event) => {
      if (event.type !== 'lifecycle' || event.change !== 'closed') return;
      const position = engine.positions(world.user).find(({ market }) => market === event.market);
      if (position !== undefined && position.quantity !== 0) held.set(event.market, position.quantity);
    });
    const paid = () => engine.settlements(world.user).filter(({ market }) => held.has(market));

    // Not in each market something is held at its end.
    expect(await world.advance(HOUR_MS, () => paid().length > 0)).toBe(true);
    await world.advance(60_000);
    const entries = await settledEntries(trial);
    expect(paid()).toHaveLength(1);
    for (const { market, value, revenue, fee, result } of paid()) {
      const quantity = held.get(market)!;
      // A contract pays $1 to whoever holds the side that came true: 0.01 of it a cent.
      expect(revenue).toBe(quantity > 0 === (result === 'yes') ? Math.abs(quantity) * 10_000 : 0);
      expect(entries).toContainEqual(expect.objectContaining({ market, value, revenue, fee, result }));
      expect(run.runtime.ledger.position(market).quantity).toBe(0);
    }
    run.windDown();
    const summary = await trial.finish(180_000);
    expect(summary).toMatchObject({ exit: 0, money: { difference: '0.000000' }, orders: { leftResting: 0 } });
    expect(trial.violations).toEqual([]);
    expect(differences(trial)).toEqual([]);
  });
});
