import type { Clock } from '../domain/clock.ts';
import { type UnixMs, unixMs } from '../domain/units.ts';

/** The longest delay that Node's timers hold; a longer one overflows and fires at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

interface SystemTimer {
  handle: NodeJS.Timeout;
}

/** The wall clock of this machine, with a monotonic one for durations. The only home of `Date.now` and of Node's timers. */
export function createSystemClock(): Clock & { monotonicMs(): number } {
  const now = (): UnixMs => unixMs(Date.now());

  function setTimer(callback: () => void, delayMs: number): SystemTimer {
    const timer = {} as SystemTimer;
    const arm = (remainingMs: number): void => {
      const chunkMs = Math.min(remainingMs, TIMER_MS_MAX);
      timer.handle = setTimeout(() => {
        if (chunkMs < remainingMs) arm(remainingMs - chunkMs);
        else callback();
      }, chunkMs);
    };
    arm(Number.isNaN(delayMs) ? 0 : Math.max(0, delayMs));
    return timer;
  }

  return {
    now,
    setTimeout: setTimer,
    clearTimeout: (id) => clearTimeout((id as SystemTimer | undefined)?.handle),
    monotonicMs: () => performance.now(),
  };
}
