import { uptime } from 'node:os';
import type { Clock } from '../domain/clock.ts';
import { type UnixMs, unixMs } from '../domain/units.ts';

/** Where this machine tells the time; milliseconds. */
export interface Machine {
  /** Since 1970; it may be set at any moment, back or forth. */
  dateMs(): number;
  /** Never set; on some systems it stands still while the machine sleeps. */
  monotonicMs(): number;
  /** Since the machine started, its sleep included; never set. Asking it costs a read of a file. */
  uptimeMs(): number;
}

/** The only home of `Date.now` and of Node's timers. */
const THIS_MACHINE: Machine = {
  dateMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  uptimeMs: () => uptime() * 1_000,
};

/** The date and the monotonic clock being apart by this much more than before means that one of them jumped. */
const JUMP_MS = 1_000;
/**
 * A timer that waits longer looks at the time in between: Node's timers overflow after 24.8 days, and stand still while
 * the machine sleeps.
 */
const LOOK_EVERY_MS = 10_000;

interface SystemTimer {
  handle: NodeJS.Timeout;
}

/**
 * The wall clock of this machine as it was when the process began, and from there on evenly: whoever sets the machine's
 * clock does not move sessions, approvals or what is known of a line's life. A sleep of the machine does count: time
 * passed. How far all this is from the venue's time is measured on its answers.
 */
export function createSystemClock(machine: Machine = THIS_MACHINE): Clock & { monotonicMs(): number } {
  const beganDateMs = machine.dateMs();
  const beganMonotonicMs = machine.monotonicMs();
  const beganUptimeMs = machine.uptimeMs();
  /** Time that the monotonic clock did not see, and by how much the date was set. */
  let sleptMs = 0;
  let setByMs = 0;

  const now = (): UnixMs => {
    const passedMs = machine.monotonicMs() - beganMonotonicMs;
    const dateMs = machine.dateMs();
    const aheadMs = dateMs - (beganDateMs + passedMs + sleptMs);
    if (Math.abs(aheadMs - setByMs) > JUMP_MS) {
      const unseenMs = machine.uptimeMs() - beganUptimeMs - passedMs - sleptMs;
      if (unseenMs > JUMP_MS) sleptMs += unseenMs;
      setByMs = dateMs - (beganDateMs + passedMs + sleptMs);
    }
    return unixMs(Math.floor(beganDateMs + passedMs + sleptMs));
  };

  function setTimer(callback: () => void, delayMs: number): SystemTimer {
    const timer = {} as SystemTimer;
    const waitMs = Number.isNaN(delayMs) ? 0 : Math.max(0, delayMs);
    const dueMs = now() + waitMs;
    const arm = (remainingMs: number): void => {
      timer.handle =
        remainingMs > LOOK_EVERY_MS
          ? setTimeout(() => arm(Math.max(0, dueMs - now())), LOOK_EVERY_MS)
          : setTimeout(callback, remainingMs);
    };
    arm(waitMs);
    return timer;
  }

  return {
    now,
    setTimeout: setTimer,
    clearTimeout: (id) => clearTimeout((id as SystemTimer | undefined)?.handle),
    monotonicMs: () => machine.monotonicMs(),
  };
}
