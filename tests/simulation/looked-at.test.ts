/** Looking at a trader changes nothing of what it does, however early somebody looks. */
import { expect, it } from 'vitest';
import { quotingNow, startTrial } from '../support/world.ts';

it('A trader whose account is looked at before it is known trades as any other', async () => {
  const trial = await startTrial({ seed: 12, forMs: null });
  const { accounts } = trial.run.runtime;
  expect([accounts.cash(), accounts.equity()]).toEqual([0, 0]);
  expect(await trial.world.advance(20_000, () => quotingNow(trial) > 0)).toBe(true);
  expect(accounts.cash()).toBeGreaterThan(0);
  trial.run.windDown();
  expect(await trial.finish(180_000)).toMatchObject({ exit: 0, money: { difference: '0.000000' } });
});
