/**
 * A trader that does not run for a while (its machine slept, somebody stopped the process) while its quotes stand in a
 * market that goes on. Waking, it takes them back before it quotes anew, whatever its event loop comes to first.
 */
import { describe, expect, it } from 'vitest';
import type { WakeOrder } from '../../src/backtest/virtual-sleep.ts';
import type { HttpTransport } from '../../src/exchange/kalshi/transport.ts';
import { differences, quotingNow, restingAtExchange, simSettings, startTrial } from '../support/world.ts';

const SETTINGS = simSettings(['sim.markets=12']);

interface Asked {
  readonly atMs: number;
  readonly what: 'create' | 'cancel' | 'amend' | 'trigger';
}

/** Requests that touch orders, with the time at which they left. */
function watchOrders() {
  const asked: Asked[] = [];
  const transport = (inner: HttpTransport, clock: { now(): number }): HttpTransport => ({
    send(request) {
      const { pathname } = new URL(request.url);
      if (pathname.includes('/portfolio/events/orders') && request.method !== 'GET') {
        const what = request.method === 'DELETE' ? 'cancel' : pathname.endsWith('/amend') ? 'amend' : 'create';
        asked.push({ atMs: clock.now(), what });
      }
      if (pathname.endsWith('/trigger')) asked.push({ atMs: clock.now(), what: 'trigger' });
      return inner.send(request);
    },
  });
  return { asked, interference: { transport } };
}

const SHORT = ['four seconds', 4_000, 83] as const;
const SLEEPS = [['a minute', 60_000, 81], ['ten minutes, in which its orders expired', 600_000, 82], SHORT] as const;
const LONG = process.env.BOTHSIDES_LONG === '1';

describe.each<WakeOrder>(['timersFirst', 'framesFirst'])('A trader that slept and wakes (%s)', (order) => {
  it.each(LONG || order === 'timersFirst' ? SLEEPS : [SHORT])(
    'after %s takes its quotes back before it quotes again',
    async (_, sleptMs, seed) => {
      const { asked, interference } = watchOrders();
      const trial = await startTrial({ seed, forMs: null, settings: SETTINGS, interference });
      const { world, run } = trial;
      await world.advance(45_000);
      await world.advance(20_000, () => restingAtExchange(trial) >= 2);
      expect(restingAtExchange(trial)).toBeGreaterThanOrEqual(2);
      run.sleep.begin();
      await world.advance(sleptMs);
      const stale = new Set(
        world.exchange.engine
          .orders(world.user)
          .filter(({ status }) => status === 'resting')
          .map(({ orderId }) => orderId),
      );
      const groups = new Set([...run.runtime.table.allOpen()].flatMap(({ orderGroup }) => orderGroup ?? []));
      const before = asked.length;
      let standing = stale.size;
      let createdTooEarly = 0;
      world.exchange.engine.events.subscribe((event) => {
        if (event.type !== 'order' || event.order.user !== world.user) return;
        if (stale.has(event.order.orderId)) {
          if (event.order.status !== 'resting') stale.delete(event.order.orderId);
          standing = stale.size;
        } else if (event.order.status === 'resting' && standing > 0) createdTooEarly++;
      });
      run.sleep.end(order);
      // It comes back by its ordinary rules.
      expect(await world.advance(120_000, () => stale.size === 0 && quotingNow(trial) > 0)).toBe(true);
      await world.advance(20_000, () => restingAtExchange(trial) > 0);
      expect(restingAtExchange(trial)).toBeGreaterThan(0);
      expect(createdTooEarly).toBe(0);
      const after = asked.slice(before);
      expect(after[0]?.what).toBe(sleptMs > 300_000 ? after[0]?.what : 'cancel');
      // One request a shard, where nothing has said yet that its orders are gone.
      const triggers = after.filter(({ what }) => what === 'trigger').length;
      expect(triggers).toBeLessThanOrEqual(groups.size);
      if (order === 'timersFirst') expect(triggers).toBe(groups.size);
      const entries = [];
      for await (const entry of run.journal.read()) if (entry.kind === 'process.slept') entries.push(entry.data);
      expect(entries).toHaveLength(1);
      expect((entries[0] as { sleptMs: number }).sleptMs).toBeGreaterThanOrEqual(sleptMs);

      run.windDown();
      const summary = await trial.finish(240_000);
      expect(trial.violations).toEqual([]);
      expect(differences(trial)).toEqual([]);
      expect(summary).toMatchObject({
        exit: 0,
        money: { difference: '0.000000' },
        orders: { leftResting: 0, unknown: 0 },
      });
    },
  );
});
