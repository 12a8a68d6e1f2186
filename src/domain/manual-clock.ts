/**
 * A clock that stands until it is told to go on. The embedded exchange lives on one: everything due before a command is
 * done before the command, in order of its own time, however late the host came round to it. So its history depends on
 * its seed and on the market times of the commands alone.
 */
import type { Clock, TimerId } from './clock.ts';
import { TimerQueue } from './timer-queue.ts';
import { type UnixMs, unixMs } from './units.ts';

export class ManualClock implements Clock {
  readonly #queue = new TimerQueue();
  #nowMs: number;
  #advancing = false;

  constructor(startMs: UnixMs) {
    this.#nowMs = startMs;
  }

  now(): UnixMs {
    return unixMs(this.#nowMs);
  }
  setTimeout(callback: () => void, delayMs: number): TimerId {
    return this.#queue.add(callback, this.#nowMs + Math.max(0, delayMs));
  }
  clearTimeout(id: TimerId): void {
    this.#queue.cancel(id);
  }

  /** When the next timer is due; null when none is set. */
  get nextDueMs(): number | null {
    return this.#queue.peek()?.dueMs ?? null;
  }

  /** Fires everything due up to and including this time, each at its own time, and stands there. Never goes back. */
  advanceTo(toMs: number): void {
    // A callback that asks for the same again is already being served.
    if (this.#advancing) return;
    this.#advancing = true;
    try {
      for (let next = this.#queue.peek(); next !== null && next.dueMs <= toMs; next = this.#queue.peek()) {
        this.#queue.pop();
        this.#nowMs = Math.max(this.#nowMs, next.dueMs);
        next.fire();
      }
      this.#nowMs = Math.max(this.#nowMs, toMs);
    } finally {
      this.#advancing = false;
    }
  }
}
