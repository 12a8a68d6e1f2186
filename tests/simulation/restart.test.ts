/**
 * A process that ends, however it ends, and another on the same data: the account goes on, nothing is doubled, nothing is
 * forgotten, and what does not add up is refused.
 */
import { describe, expect, it } from 'vitest';
import { differences, quotingNow, restart, restingAtExchange, sessionsNow, startTrial } from '../support/world.ts';

describe('a trader that starts again', () => {
  it('after a clean end goes on with ledger and account', async () => {
    const first = await startTrial({ seed: 51, forMs: 60_000 });
    const before = await first.finish(240_000);
    expect(before.fills.count).toBeGreaterThan(0);
    const second = await restart(first, { forMs: 30_000 });
    const after = await second.finish(180_000);
    expect(after).toMatchObject({
      exit: 0,
      restored: true,
      money: { difference: '0.000000', openingCash: before.money.openingCash },
    });
    expect(second.violations).toEqual([]);
    expect(differences(second)).toEqual([]);
  });

  it.each(process.env.BOTHSIDES_LONG === '1' ? [52, 53, 54, 55, 56, 57] : [53])(
    'after a death at any moment knows every order and cent (seed %i)',
    async (seed) => {
      const first = await startTrial({ seed, forMs: null });
      await first.world.advance(20_000 + seed * 1_337);
      const second = await restart(first, { forMs: null });
      // In control: what rested has been canceled or is known, and nothing new was placed to get there.
      expect(await second.world.advance(5_000, () => second.run.isInControl())).toBe(true);
      expect(restingAtExchange(second)).toBe(0);
      expect(second.run.runtime.gateway.counts.created).toBe(0);
      expect(await second.world.advance(60_000, () => quotingNow(second) > 0)).toBe(true);
      second.run.windDown();
      const summary = await second.finish(180_000);
      expect(second.violations).toEqual([]);
      expect(differences(second)).toEqual([]);
      expect(summary).toMatchObject({
        exit: 0,
        restored: true,
        money: { difference: '0.000000' },
        orders: { leftResting: 0, unknown: 0 },
      });
    },
  );

  it('within seconds of a death goes on with its sessions, under their names, and quotes again without a new warm-up', async () => {
    const first = await startTrial({ seed: 60, forMs: null });
    await first.world.advance(60_000, () => quotingNow(first) >= 3);
    const before = sessionsNow(first);
    const second = await restart(first, { forMs: null });
    await second.world.advance(10_000, () => quotingNow(second) >= 3 && second.run.runtime.firstQuoteMs !== null);
    const after = sessionsNow(second);
    expect([...after.keys()].filter((session) => before.get(session) === after.get(session)).length).toBe(before.size);
    expect(quotingNow(second)).toBeGreaterThanOrEqual(3);
    expect(second.run.runtime.firstQuoteMs).toBeLessThanOrEqual(5_000);
    const fresh = [...after.keys()].filter((session) => !before.has(session));
    for (const session of fresh) expect(Number(session.slice(1))).toBeGreaterThan(before.size);
    second.run.windDown();
    const summary = await second.finish(180_000);
    expect(summary).toMatchObject({ exit: 0, sessions: { resumed: before.size }, money: { difference: '0.000000' } });
    expect(second.violations).toEqual([]);
    expect(differences(second)).toEqual([]);
  });

  it('long after a death closes or ends what is out of time', async () => {
    const first = await startTrial({ seed: 61, forMs: null });
    await first.world.advance(60_000, () => quotingNow(first) >= 3);
    const before = sessionsNow(first);
    first.run.kill();
    await first.world.advance(900_000);
    const second = await restart(first, { forMs: null });
    await second.world.advance(60_000, () => [...before.keys()].every((session) => !sessionsNow(second).has(session)));
    expect([...before.keys()].filter((session) => sessionsNow(second).has(session))).toEqual([]);
    second.run.windDown();
    expect(await second.finish(180_000)).toMatchObject({ exit: 0, money: { difference: '0.000000' } });
    expect(second.violations).toEqual([]);
  });

  it('is refused when the exchange has a position that the ledger cannot explain', async () => {
    const first = await startTrial({ seed: 58, forMs: 45_000 });
    await first.finish(240_000);
    const store = first.store.crash();
    // Somebody else's ledger: the same account, but a journal without one of its fills.
    await first.world.advance(1_000);
    const other = await startTrial({ seed: 59, forMs: 45_000 });
    await other.finish(240_000);
    const wrong = await other.world.start({ forMs: 1_000, store });
    const ended = wrong.finished.then(
      () => null,
      (error: unknown) => error,
    );
    let failure: unknown = null;
    void ended.then((error) => {
      failure = error;
    });
    await other.world.advance(30_000, () => failure !== null);
    expect(failure).toMatchObject({ code: 'RECONCILE_REFUSED' });
  });
});
