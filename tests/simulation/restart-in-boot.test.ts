/** A process that dies before it was in control leaves a data folder on which the next one starts. */
import { describe, expect, it } from 'vitest';
import { differences, quotingNow, restart, simSettings, startTrial } from '../support/world.ts';

describe('a death during the first boot', () => {
  it.each([5, 20, 40, 60, 80, 100, 120, 140])('after %i ms does not spoil the account', async (diesAtMs) => {
    const settings = simSettings(['sim.markets=24']);
    const first = await startTrial({ seed: 95, forMs: null, settings });
    await first.world.advance(diesAtMs);
    const second = await restart(first, { forMs: null });
    expect(await second.world.advance(30_000, () => quotingNow(second) > 0)).toBe(true);
    second.run.stopNow();
    const summary = await second.finish(8_000);
    expect(summary).toMatchObject({ exit: 0, money: { openingCash: '4000.000000', difference: '0.000000' } });
    expect(differences(second)).toEqual([]);
  });
});
