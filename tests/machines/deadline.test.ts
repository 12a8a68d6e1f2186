import { describe, expect, it } from 'vitest';
import { createActor, type EventObject, setup } from 'xstate';
import { deadlineOn } from '../../machines/deadline.ts';
import type { Clock, TimerId } from '../../src/domain/clock.ts';
import type { ManualClock } from '../../src/domain/manual-clock.ts';
import { clockAt, T0_MS } from '../support/chart-bodies.ts';

const DAY_MS = 86_400_000;
/** The longest wait that Node's timers hold; beyond it they fire at once. */
const NODE_TIMER_MS_MAX = 2 ** 31 - 1;

/** A parent that waits for one deadline and writes down when it heard it. */
function waitFor(clock: Clock, atMs: number, snapshot?: unknown) {
  const heard: { readonly event: EventObject; readonly atMs: number }[] = [];
  const parent = setup({
    actors: { deadline: deadlineOn(clock) },
    actions: { hear: ({ event }) => void heard.push({ event, atMs: clock.now() }) },
  }).createMachine({
    initial: 'waiting',
    states: {
      waiting: {
        invoke: { id: 'end', src: 'deadline', input: { name: 'end', atMs } },
        on: { 'deadline.end': { target: 'over', actions: 'hear' }, leave: 'over' },
      },
      over: {},
    },
  });
  const actor = createActor(parent, { clock, ...(snapshot === undefined ? {} : { snapshot: snapshot as never }) });
  return { actor, heard };
}

/** A clock that remembers every wait that was asked of it. */
function recording(clock: ManualClock): { readonly clock: Clock; readonly waitsMs: number[] } {
  const waitsMs: number[] = [];
  return {
    waitsMs,
    clock: {
      now: () => clock.now(),
      setTimeout(callback, delayMs): TimerId {
        waitsMs.push(delayMs);
        return clock.setTimeout(callback, delayMs);
      },
      clearTimeout: (id) => clock.clearTimeout(id),
    },
  };
}

describe('A deadline', () => {
  it('is heard under its name at its time, once', () => {
    const clock = clockAt();
    const { actor, heard } = waitFor(clock, T0_MS + 5_000);
    actor.start();
    clock.advanceTo(T0_MS + 4_999);
    expect(heard).toEqual([]);
    clock.advanceTo(T0_MS + DAY_MS);
    expect(heard).toEqual([{ event: { type: 'deadline.end' }, atMs: T0_MS + 5_000 }]);
    expect(actor.getSnapshot().value).toBe('over');
  });

  it('that passed long ago fires in a later turn, never inside start()', () => {
    const clock = clockAt();
    const { actor, heard } = waitFor(clock, T0_MS - 90 * DAY_MS);
    actor.start();
    expect(heard).toEqual([]);
    expect(actor.getSnapshot().value).toBe('waiting');
    clock.advanceTo(T0_MS);
    expect(heard.map(({ atMs }) => atMs)).toEqual([T0_MS]);
  });

  it('further away than a timer of Node reaches does not fire early', () => {
    const manual = clockAt();
    const { clock, waitsMs } = recording(manual);
    const atMs = T0_MS + 60 * DAY_MS;
    expect(atMs - T0_MS).toBeGreaterThan(NODE_TIMER_MS_MAX);
    const { actor, heard } = waitFor(clock, atMs);
    actor.start();
    manual.advanceTo(atMs - 1);
    expect(heard).toEqual([]);
    manual.advanceTo(atMs);
    expect(heard.map((entry) => entry.atMs)).toEqual([atMs]);
    expect(Math.max(...waitsMs)).toBeLessThanOrEqual(3_600_000);
  });

  it('waits on when its clock was called back too early', () => {
    const manual = clockAt();
    // A clock that was corrected backwards calls back before the time it then shows.
    const { actor, heard } = waitFor(hasty(manual), T0_MS + 10_000);
    actor.start();
    manual.advanceTo(T0_MS + 9_999);
    expect(heard).toEqual([]);
    manual.advanceTo(T0_MS + 10_000);
    expect(heard).toHaveLength(1);
  });

  it('is cleared when its state is left, and when its actor is stopped', () => {
    const clock = clockAt();
    const left = waitFor(clock, T0_MS + 5_000);
    left.actor.start();
    left.actor.send({ type: 'leave' });
    expect(clock.nextDueMs).toBeNull();
    const stopped = waitFor(clock, T0_MS + 5_000);
    stopped.actor.start();
    expect(clock.nextDueMs).not.toBeNull();
    stopped.actor.stop();
    expect(clock.nextDueMs).toBeNull();
    clock.advanceTo(T0_MS + DAY_MS);
    expect([...left.heard, ...stopped.heard]).toEqual([]);
  });

  it('survives a restart: what is left of the wait is waited, not the whole again', () => {
    const clock = clockAt();
    const before = waitFor(clock, T0_MS + 10_000);
    before.actor.start();
    clock.advanceTo(T0_MS + 4_000);
    const stored = JSON.parse(JSON.stringify(before.actor.getPersistedSnapshot()));
    before.actor.stop();

    const { actor, heard } = waitFor(clock, 0, stored);
    actor.start();
    clock.advanceTo(T0_MS + 9_999);
    expect(heard).toEqual([]);
    clock.advanceTo(T0_MS + 10_000);
    expect(heard).toHaveLength(1);
  });
});

/** Calls back after half of what was asked. */
function hasty(clock: ManualClock): Clock {
  return {
    now: () => clock.now(),
    setTimeout: (callback, delayMs) => clock.setTimeout(callback, Math.ceil(delayMs / 2)),
    clearTimeout: (id) => clock.clearTimeout(id),
  };
}
