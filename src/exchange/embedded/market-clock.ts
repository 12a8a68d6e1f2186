import type { Clock, TimerId } from '../../domain/clock.ts';
import { TimerQueue } from '../../domain/timer-queue.ts';
import { type UnixMs, unixMs } from '../../domain/units.ts';

export interface ScaledClock extends Clock {
  /** Market milliseconds a wall millisecond; 0 while it stands still. */
  readonly speed: number;
  /** From now on; time already passed stays as it was. 0 stands still. */
  setSpeed(speed: number): void;
  /** The market's time is this now, at this speed: how a client follows the exchange that it trades on. Never goes back. */
  align(marketMs: UnixMs, speed: number): void;
}

/** The wall waits at most this long at a time: far below the 24.8 days at which Node's timers overflow. */
const WALL_WAIT_MS_MAX = 3_600_000;

/**
 * A market clock that runs `speed` times as fast as a wall clock. Each timer fires once, no earlier than its market
 * time, and all of them in order of (market time, order of being set) at any speed: one wall timer waits for the
 * earliest, and what has come due by then fires in that turn.
 */
export function createScaledClock(wall: Clock, options: { startMs: UnixMs; speed: number }): ScaledClock {
  let anchorMarketMs: number = options.startMs;
  let anchorWallMs: number = wall.now();
  let speed = checked(options.speed);
  const queue = new TimerQueue();
  let wallTimer: TimerId | null = null;
  let wallTimerDueMs = Number.POSITIVE_INFINITY;

  const exactNow = (): number => anchorMarketMs + Math.max(0, wall.now() - anchorWallMs) * speed;

  function disarm(): void {
    if (wallTimer !== null) wall.clearTimeout(wallTimer);
    wallTimer = null;
    wallTimerDueMs = Number.POSITIVE_INFINITY;
  }

  function arm(): void {
    const next = queue.peek();
    if (next === null || speed === 0) {
      disarm();
      return;
    }
    if (wallTimer !== null && wallTimerDueMs === next.dueMs) return;
    disarm();
    wallTimerDueMs = next.dueMs;
    const waitMs = Math.ceil(Math.max(0, next.dueMs - exactNow()) / speed);
    wallTimer = wall.setTimeout(fire, Math.min(waitMs, WALL_WAIT_MS_MAX));
  }

  function fire(): void {
    wallTimer = null;
    const nowMs = exactNow();
    // What is set from here on belongs to a later turn, even with no delay.
    const before = queue.sequence;
    try {
      for (let timer = queue.peek(); timer !== null && timer.dueMs <= nowMs; timer = queue.peek()) {
        if (timer.sequence >= before) break;
        queue.pop();
        timer.fire();
      }
    } finally {
      arm();
    }
  }

  function anchor(marketMs: number, next: number): void {
    const wanted = checked(next);
    anchorMarketMs = marketMs;
    anchorWallMs = wall.now();
    speed = wanted;
    disarm();
    arm();
  }

  return {
    now: () => unixMs(Math.floor(exactNow())),
    setTimeout(callback, delayMs) {
      // From the whole millisecond that `now` shows, so that a timer of 1 ms is due at now + 1.
      const delay = Number.isNaN(delayMs) ? 0 : Math.max(0, delayMs);
      if (delay === Number.POSITIVE_INFINITY) return null;
      const timer = queue.add(callback, Math.floor(exactNow()) + delay);
      arm();
      return timer;
    },
    clearTimeout(id) {
      queue.cancel(id);
      // A process must be able to end when nothing is waited for.
      if (queue.peek() === null) disarm();
    },
    get speed() {
      return speed;
    },
    setSpeed: (next) => anchor(exactNow(), next),
    align: (marketMs, next) => anchor(Math.max(exactNow(), marketMs), next),
  };
}

function checked(speed: number): number {
  if (!Number.isFinite(speed) || speed < 0) throw new RangeError(`a speed must be a number ≥ 0, was ${speed}`);
  return speed;
}
