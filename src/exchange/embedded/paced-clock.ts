import type { Clock, TimerId } from '../../domain/clock.ts';
import { ManualClock } from '../../domain/manual-clock.ts';
import type { UnixMs } from '../../domain/units.ts';

/**
 * A clock for the inside of the exchange that follows another one: everything due is fired at its own time and in order,
 * however late the host comes round to it, and before a command that comes after it. Its time moves in `catchUp` only, so what
 * the exchange did depends on its seed and on the times of the commands, not on how busy the machine was.
 */
export interface PacedClock extends Clock {
  /** Whether timers are being fired just now. */
  readonly isAdvancing: boolean;
  /** By hand, while it follows nobody. */
  advanceTo(toMs: UnixMs): void;
  /** From now on, and on the wake-ups of this clock. Where that is behind, time stands until it has come up. */
  follow(leader: Clock): void;
  /** Up to the leading clock's present. Every command calls this first. */
  catchUp(): void;
  /** From here on time stands. */
  stop(): void;
}

export function createPacedClock(startMs: UnixMs): PacedClock {
  const inner = new ManualClock(startMs);
  let leader: Clock | null = null;
  let timer: TimerId | null = null;
  let timerDueMs = Number.POSITIVE_INFINITY;
  let isAdvancing = false;

  function disarm(): void {
    if (timer !== null) leader?.clearTimeout(timer);
    timer = null;
    timerDueMs = Number.POSITIVE_INFINITY;
  }

  function arm(): void {
    if (leader === null) return;
    const dueMs = inner.nextDueMs ?? Number.POSITIVE_INFINITY;
    if (dueMs === timerDueMs) return;
    disarm();
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

  function advanceTo(toMs: UnixMs): void {
    if (isAdvancing) return;
    isAdvancing = true;
    try {
      inner.advanceTo(toMs);
    } finally {
      isAdvancing = false;
    }
  }

  function catchUp(): void {
    if (leader === null) return;
    try {
      advanceTo(leader.now());
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
    get isAdvancing() {
      return isAdvancing;
    },
    advanceTo,
    follow(next) {
      leader = next;
      arm();
    },
    catchUp,
    stop() {
      disarm();
      leader = null;
    },
  };
}
