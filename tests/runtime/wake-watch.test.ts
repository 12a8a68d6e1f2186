/** A process that did not run for a while, on a clock that is moved by hand. */
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/domain/manual-clock.ts';
import type { UnixMs } from '../../src/domain/units.ts';
import { WakeWatch } from '../../src/runtime/wake-watch.ts';

const ASLEEP_AFTER_MS = 3_000;

/** Timers wait on one clock; what the process believes the time to be is added to it. */
function watched() {
  const timers = new ManualClock(1_000_000 as UnixMs);
  let wallAheadMs = 0;
  let monotonicAheadMs = 0;
  const slept: number[] = [];
  const watch = new WakeWatch({
    clocks: {
      wall: {
        now: () => (timers.now() + wallAheadMs) as UnixMs,
        setTimeout: (callback, delayMs) => timers.setTimeout(callback, delayMs),
        clearTimeout: (id) => timers.clearTimeout(id),
      },
      monotonicMs: () => timers.now() + monotonicAheadMs,
    },
    asleepAfterMs: ASLEEP_AFTER_MS,
    onSlept: (ms) => slept.push(ms),
  });
  watch.start();
  return {
    watch,
    slept,
    pass: (ms: number) => timers.advanceTo(timers.now() + ms),
    /** Time in which no timer fires; on some systems the monotonic clock stands still in it. */
    sleep(ms: number, monotonicToo = true): void {
      wallAheadMs += ms;
      if (monotonicToo) monotonicAheadMs += ms;
    },
  };
}

describe('A process that runs', () => {
  it('is awake for ever', () => {
    const { watch, slept, pass } = watched();
    for (let second = 0; second < 100; second++) {
      pass(1_000);
      expect(watch.isAwake()).toBe(true);
    }
    expect(slept).toEqual([]);
  });

  it('is awake still when it was busy for less than what counts as a sleep', () => {
    const { watch, slept, pass, sleep } = watched();
    pass(500);
    sleep(ASLEEP_AFTER_MS - 1_000);
    expect(watch.isAwake()).toBe(true);
    pass(500);
    expect(slept).toEqual([]);
  });
});

describe.each([
  ['was stopped', true],
  ['slept with its machine, whose monotonic clock stood still', false],
])('A process that %s', (_, monotonicToo) => {
  it('is not awake, whoever asks first, until its timer has seen how long it slept', () => {
    const { watch, slept, pass, sleep } = watched();
    pass(10_300);
    sleep(60_000, monotonicToo);
    expect(watch.isAwake()).toBe(false);
    expect(slept).toEqual([]);
    pass(700);
    expect(slept).toEqual([61_000]);
    expect(watch.isAwake()).toBe(true);
    pass(10_000);
    expect(slept).toHaveLength(1);
  });
});

describe('A watch that was stopped', () => {
  it('looks no more', () => {
    const { watch, slept, pass, sleep } = watched();
    watch.stop();
    sleep(60_000);
    pass(10_000);
    expect(slept).toEqual([]);
  });
});
