import type { Clock, TimerId } from '../../domain/clock.ts';
import { ManualClock } from '../../domain/manual-clock.ts';

/**
 * A clock for the inside of the exchange that follows another one: everything due is fired at its own time and in order,
 * however late the host comes round to it, and before a command that comes after it. Its time moves in `catchUp` only, so what
 * the exchange did depends on its seed and on the times of the commands, not on how busy the machine was.
 */
export interface PacedClock extends Clock {
  /** Up to the leading clock's present. Every command calls this first. */
  catchUp(): void;
  /** From here on nothing fires by itself. */
  stop(): void;
}

export function createPacedClock(leader: Clock): PacedClock {
  const inner = new ManualClock(leader.now());
  let timer: TimerId | null = null;
  let timerDueMs = Number.POSITIVE_INFINITY;
  let stopped = false;

  function arm(): void {
    const dueMs = inner.nextDueMs ?? Number.POSITIVE_INFINITY;
    if (stopped || dueMs === timerDueMs) return;
    if (timer !== null) leader.clearTimeout(timer);
    timer = null;
    timerDueMs = dueMs;
    if (dueMs === Number.POSITIVE_INFINITY) return;
    timer = leader.setTimeout(
      () => {
        timer = null;
        timerDueMs = Number.POSITIVE_INFINITY;
        catchUp();
      },
      Math.max(0, dueMs - leader.now()),
    );
  }

  function catchUp(): void {
    try {
      inner.advanceTo(leader.now());
    } finally {
      arm();
    }
  }

  return {
    now: () => inner.now(),
    setTimeout(callback, delayMs) {
      const id = inner.setTimeout(callback, delayMs);
      arm();
      return id;
    },
    clearTimeout(id) {
      inner.clearTimeout(id);
      // A process must be able to end when nothing is waited for.
      if (inner.nextDueMs === null) arm();
    },
    catchUp,
    stop() {
      stopped = true;
      if (timer !== null) leader.clearTimeout(timer);
      timer = null;
    },
  };
}
