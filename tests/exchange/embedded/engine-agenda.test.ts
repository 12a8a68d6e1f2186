import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/domain/manual-clock.ts';
import type { UnixMs } from '../../../src/domain/units.ts';
import { Agenda, type Appointment } from '../../../src/exchange/embedded/agenda.ts';
import { EngineWorld } from '../../support/engine.ts';
import { DAY_MS, NOON_MS } from '../../support/markets.ts';

function makeAgenda() {
  const clock = new ManualClock(NOON_MS);
  const agenda: Agenda = new Agenda(clock, () => agenda.runDue(clock.now()));
  return { clock, agenda };
}

describe('the agenda', () => {
  it('runs everything at its time, in order of time and then of making, except what was cancelled', () => {
    const entry = fc.record({ delayMs: fc.nat(50), isCancelled: fc.boolean() });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), (entries) => {
        const { clock, agenda } = makeAgenda();
        const ran: string[] = [];
        const made = entries.map(({ delayMs }, index) =>
          agenda.at((NOON_MS + delayMs) as UnixMs, () => ran.push(`${clock.now() - NOON_MS}:${index}`)),
        );
        for (const [index, { isCancelled }] of entries.entries()) if (isCancelled) agenda.cancel(made[index]!);
        const expected = entries
          .map(({ delayMs, isCancelled }, index) => ({ delayMs, isCancelled, index }))
          .filter(({ isCancelled }) => !isCancelled)
          .sort((a, b) => a.delayMs - b.delayMs || a.index - b.index)
          .map(({ delayMs, index }) => `${delayMs}:${index}`);
        clock.advanceTo(NOON_MS + 50);
        expect(ran).toEqual(expected);
      }),
    );
  });

  it('reaches times weeks ahead without ever waiting longer than an hour at once', () => {
    const delays: number[] = [];
    const clock = new ManualClock(NOON_MS);
    const watched = {
      now: () => clock.now(),
      setTimeout: (callback: () => void, delayMs: number) => {
        delays.push(delayMs);
        return clock.setTimeout(callback, delayMs);
      },
      clearTimeout: (id: unknown) => clock.clearTimeout(id as Parameters<typeof clock.clearTimeout>[0]),
    };
    let ranMs = 0;
    const agenda: Agenda = new Agenda(watched, () => agenda.runDue(clock.now()));
    agenda.at((NOON_MS + 30 * DAY_MS) as UnixMs, () => {
      ranMs = clock.now();
    });
    clock.advanceTo(NOON_MS + 31 * DAY_MS);
    expect(ranMs).toBe(NOON_MS + 30 * DAY_MS);
    expect(Math.max(...delays)).toBe(3_600_000);
  });

  it('keeps what is left in order when most of many were cancelled', () => {
    const { clock, agenda } = makeAgenda();
    const ran: number[] = [];
    const made: Appointment[] = [];
    for (let index = 0; index < 5_000; index++) {
      made.push(agenda.at((NOON_MS + ((index * 7_919) % 5_000)) as UnixMs, () => ran.push(clock.now())));
    }
    for (const [index, appointment] of made.entries()) if (index % 10 !== 0) agenda.cancel(appointment);
    clock.advanceTo(NOON_MS + 5_000);
    expect(ran).toHaveLength(500);
    expect(ran).toEqual(ran.toSorted((a, b) => a - b));
  });
});

describe('an account’s history', () => {
  it('forgets the oldest of very many canceled orders that filled nothing, never one that filled, and no client id', () => {
    const world = new EngineWorld();
    world.place('ben', 'ask', 60, 1);
    const filled = world.place('ann', 'bid', 60, 1);
    const first = world.place('ann', 'bid', 10, 1);
    world.engine.cancel('ann', first.id);
    let last = first;
    for (let index = 1; index < 40_000; index++) {
      last = world.place('ann', 'bid', 10, 1);
      world.engine.cancel('ann', last.id);
    }
    expect(world.engine.order('ann', first.id)).toBe(null);
    expect(world.engine.order('ann', last.id)?.status).toBe('canceled');
    expect(world.engine.order('ann', filled.id)?.status).toBe('executed');
    expect(world.engine.orders('ann').length).toBe(20_001);
    expect(world.refusal('ann', 'bid', 10, 1, { clientOrderId: first.order.clientOrderId })).toBe(
      'order_already_exists',
    );
  });
});
