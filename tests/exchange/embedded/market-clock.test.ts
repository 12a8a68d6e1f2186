import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/domain/manual-clock.ts';
import { unixMs } from '../../../src/domain/units.ts';
import { createScaledClock } from '../../../src/exchange/embedded/market-clock.ts';
import { createPacedClock } from '../../../src/exchange/embedded/paced-clock.ts';

const WALL = unixMs(1_000_000);
const DAY_MS = 86_400_000;

describe('A scaled clock', () => {
  it('runs at its speed from its own beginning, and stands still at 0', () => {
    const wall = new ManualClock(WALL);
    const clock = createScaledClock(wall, { startMs: unixMs(500), speed: 10 });
    wall.advanceTo(WALL + 7);
    expect(clock.now()).toBe(570);
    clock.setSpeed(0);
    wall.advanceTo(WALL + 1_000);
    expect(clock.now()).toBe(570);
    clock.setSpeed(0.5);
    wall.advanceTo(WALL + 1_100);
    expect(clock.now()).toBe(620);
    expect(() => clock.setSpeed(-1)).toThrow(RangeError);
    expect(clock.speed).toBe(0.5);
  });

  it('follows another market time forward, never back', () => {
    const wall = new ManualClock(WALL);
    const clock = createScaledClock(wall, { startMs: unixMs(0), speed: 1 });
    const fired: number[] = [];
    clock.setTimeout(() => fired.push(clock.now()), 500);
    clock.align(unixMs(400), 100);
    wall.advanceTo(WALL + 1);
    expect(fired).toEqual([500]);
    clock.align(unixMs(20), 1);
    expect(clock.now()).toBe(500);
  });

  it('moves its timers with its speed', () => {
    const wall = new ManualClock(WALL);
    const clock = createScaledClock(wall, { startMs: unixMs(0), speed: 0 });
    const fired: string[] = [];
    clock.setTimeout(() => fired.push('b'), 200);
    const canceled = clock.setTimeout(() => fired.push('canceled'), 150);
    clock.setTimeout(() => fired.push('a'), 100);
    wall.advanceTo(WALL + 10_000);
    expect(fired).toEqual([]);
    clock.clearTimeout(canceled);
    clock.setSpeed(100);
    wall.advanceTo(WALL + 10_001);
    expect(fired).toEqual(['a']);
    clock.setSpeed(1);
    wall.advanceTo(WALL + 10_100);
    expect(fired).toEqual(['a']);
    wall.advanceTo(WALL + 10_101);
    expect(fired).toEqual(['a', 'b']);
  });

  it('waits longer than a timer can hold', () => {
    const wall = new ManualClock(WALL);
    const clock = createScaledClock(wall, { startMs: WALL, speed: 1 });
    let firedMs = 0;
    clock.setTimeout(() => {
      firedMs = clock.now();
    }, 40 * DAY_MS);
    wall.advanceTo(WALL + 40 * DAY_MS - 1);
    expect(firedMs).toBe(0);
    wall.advanceTo(WALL + 40 * DAY_MS);
    expect(firedMs).toBe(WALL + 40 * DAY_MS);
  });

  it('holds nothing back when nothing is waited for', () => {
    const wall = new ManualClock(WALL);
    const clock = createScaledClock(wall, { startMs: WALL, speed: 3 });
    const ids = [1, 2, 3].map((delay) => clock.setTimeout(() => undefined, delay * 1_000));
    for (const id of ids) clock.clearTimeout(id);
    expect(wall.nextDueMs).toBeNull();
  });

  /**
   * Invariants, at any speeds and delays:
   * 1. a timer fires once, and never before its market time;
   * 2. timers fire in order of market time;
   * 3. a callback without delay fires in a later turn, not inside the one that set it.
   */
  it('keeps its promises at any speed', () => {
    const delays = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 20 });
    const speeds = fc.array(fc.constantFrom(0, 0.25, 1, 7, 60, 1_000), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(delays, speeds, (waits, changes) => {
        const wall = new ManualClock(WALL);
        const clock = createScaledClock(wall, { startMs: WALL, speed: 1 });
        const fired: number[] = [];
        let nested = 0;
        for (const wait of waits) {
          const dueMs = clock.now() + wait;
          clock.setTimeout(() => {
            expect(clock.now()).toBeGreaterThanOrEqual(dueMs);
            fired.push(dueMs);
            let inside = true;
            clock.setTimeout(() => {
              expect(inside).toBe(false);
              nested++;
            }, 0);
            inside = false;
          }, wait);
        }
        let wallMs: number = WALL;
        for (const speed of changes) {
          clock.setSpeed(speed);
          wallMs += 13;
          wall.advanceTo(wallMs);
        }
        clock.setSpeed(1);
        wall.advanceTo(wallMs + 6_000);
        expect(fired).toHaveLength(waits.length);
        expect(fired).toEqual([...fired].sort((a, b) => a - b));
        expect(nested).toBe(waits.length);
      }),
    );
  });
});

describe('A paced clock', () => {
  it('fires each timer at its own time, however late it is come round to', () => {
    const leader = new ManualClock(WALL);
    // A leader that is only looked at now and then: as a busy process is.
    const lazy = { now: () => leader.now(), setTimeout: () => null, clearTimeout: () => undefined };
    const clock = createPacedClock(WALL);
    clock.follow(lazy);
    const seen: number[] = [];
    const again = (): void => {
      seen.push(clock.now() - WALL);
      if (seen.length < 4) clock.setTimeout(again, 10);
    };
    clock.setTimeout(again, 10);
    leader.advanceTo(WALL + 35);
    expect(seen).toEqual([]);
    clock.catchUp();
    expect(seen).toEqual([10, 20, 30]);
    expect(clock.now()).toBe(WALL + 35);
  });

  it('wakes by itself for the earliest timer, until it is stopped', () => {
    const leader = new ManualClock(WALL);
    const clock = createPacedClock(WALL);
    clock.follow(leader);
    const seen: string[] = [];
    clock.setTimeout(() => seen.push('late'), 50);
    clock.setTimeout(() => seen.push('early'), 20);
    leader.advanceTo(WALL + 20);
    expect(seen).toEqual(['early']);
    clock.stop();
    leader.advanceTo(WALL + 100);
    expect(seen).toEqual(['early']);
    expect(leader.nextDueMs).toBeNull();
  });
});
