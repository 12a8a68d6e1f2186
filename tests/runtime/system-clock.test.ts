/** The wall clock of a machine whose own clock is set, and of one that sleeps. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSystemClock, type Machine } from '../../src/runtime/system-clock.ts';

const HOUR_MS = 3_600_000;

/** A machine that is told what happens to it. */
class ToldMachine implements Machine {
  date = 1_800_000_000_000;
  monotonic = 5_000;
  uptime = 90_000_000;
  dateMs = (): number => this.date;
  monotonicMs = (): number => this.monotonic;
  uptimeMs = (): number => this.uptime;

  run(ms: number): void {
    this.date += ms;
    this.monotonic += ms;
    this.uptime += ms;
  }
  set(byMs: number): void {
    this.date += byMs;
  }
  /** Where the monotonic clock stands still meanwhile, as on Linux; elsewhere it goes on. */
  sleep(ms: number, monotonicStands: boolean): void {
    this.date += ms;
    this.uptime += ms;
    if (!monotonicStands) this.monotonic += ms;
  }
}

function started() {
  const machine = new ToldMachine();
  const clock = createSystemClock(machine);
  const beganMs = clock.now();
  return { machine, passed: () => clock.now() - beganMs };
}

describe('The wall clock', () => {
  it('begins as the machine has it, and runs with it', () => {
    const machine = new ToldMachine();
    const clock = createSystemClock(machine);
    expect(clock.now()).toBe(machine.date);
    machine.run(1_234.5);
    expect(clock.now()).toBe(Math.floor(machine.date));
  });

  it.each([
    ['forth by an hour', HOUR_MS],
    ['back by an hour', -HOUR_MS],
    ['back by ten seconds', -10_000],
  ])('does not jump when the clock of the machine is set %s', (_, byMs) => {
    const { machine, passed } = started();
    machine.run(10_000);
    machine.set(byMs);
    expect(passed()).toBe(10_000);
    machine.run(5_000);
    expect(passed()).toBe(15_000);
    machine.set(-byMs);
    machine.run(1);
    expect(passed()).toBe(15_001);
  });

  it.each([
    ['stands still', true],
    ['goes on', false],
  ])('counts a sleep of the machine, in which its monotonic clock %s', (_, monotonicStands) => {
    const { machine, passed } = started();
    machine.run(10_000);
    expect(passed()).toBe(10_000);
    machine.sleep(8 * HOUR_MS, monotonicStands);
    expect(passed()).toBe(10_000 + 8 * HOUR_MS);
    machine.run(1_000);
    machine.set(HOUR_MS);
    machine.sleep(HOUR_MS, monotonicStands);
    expect(passed()).toBe(11_000 + 9 * HOUR_MS);
  });
});

describe('A timer', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('of an hour is due soon after a sleep that was longer', () => {
    const machine = new ToldMachine();
    const clock = createSystemClock(machine);
    const fired: number[] = [];
    clock.setTimeout(() => fired.push(clock.now()), HOUR_MS);
    const run = (ms: number): void => {
      for (let second = 0; second < ms / 1_000; second++) {
        machine.run(1_000);
        vi.advanceTimersByTime(1_000);
      }
    };
    run(60_000);
    machine.sleep(2 * HOUR_MS, true);
    expect(fired).toEqual([]);
    run(11_000);
    expect(fired).toHaveLength(1);
  });

  it('of an hour is not due earlier because the clock of the machine was set', () => {
    const machine = new ToldMachine();
    const clock = createSystemClock(machine);
    const fired: number[] = [];
    clock.setTimeout(() => fired.push(clock.now()), HOUR_MS);
    machine.set(2 * HOUR_MS);
    for (let second = 1; second <= 3_600; second++) {
      expect(fired).toEqual([]);
      machine.run(1_000);
      vi.advanceTimersByTime(1_000);
    }
    expect(fired).toEqual([1_800_000_000_000 + HOUR_MS]);
  });

  it('that was cleared never fires', () => {
    const clock = createSystemClock(new ToldMachine());
    const fired: number[] = [];
    clock.clearTimeout(clock.setTimeout(() => fired.push(1), 50));
    clock.clearTimeout(clock.setTimeout(() => fired.push(2), HOUR_MS));
    vi.advanceTimersByTime(2 * HOUR_MS);
    expect(fired).toEqual([]);
  });
});
