/**
 * One queue ordered by (virtual time, order of being set): everything that takes time in a virtual world is an entry in
 * it. After each entry one turn of the event loop settles every promise that the entry woke, so that a run depends on
 * nothing but its seed.
 */
import type { Clock, TimerId } from '../domain/clock.ts';
import { TimerQueue } from '../domain/timer-queue.ts';
import { type UnixMs, unixMs } from '../domain/units.ts';

/** Work of the real world (a file being read) that is under way now, or null: what comes next depends on it. */
export type OutsideWork = () => Promise<void> | null;

export class VirtualClock implements Clock {
  readonly #queue = new TimerQueue();
  #nowMs: number;
  #outside: OutsideWork = () => null;
  /** Entries run so far. */
  entries = 0;

  constructor(startMs: UnixMs) {
    this.#nowMs = startMs;
  }

  /** From now on time stands while such work is under way, however long that takes, so that nothing depends on its pace. */
  standDuring(outside: OutsideWork): void {
    this.#outside = outside;
  }

  now(): UnixMs {
    return unixMs(this.#nowMs);
  }
  monotonicMs(): number {
    return this.#nowMs;
  }
  setTimeout(callback: () => void, delayMs: number): TimerId {
    return this.#queue.add(callback, this.#nowMs + Math.max(0, Math.ceil(delayMs)));
  }
  clearTimeout(id: TimerId): void {
    this.#queue.cancel(id);
  }

  /** Runs entries until `done` says so or virtual time would pass `untilMs`; returns whether `done` did. */
  async run(untilMs: number, done: () => boolean = () => false): Promise<boolean> {
    await this.#settle();
    while (!done()) {
      const next = this.#queue.peek();
      if (next === null || next.dueMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs);
        return done();
      }
      this.#queue.pop();
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      this.entries++;
      next.fire();
      await this.#settle();
    }
    return true;
  }

  async #settle(): Promise<void> {
    await settle();
    for (let work = this.#outside(); work !== null; work = this.#outside()) {
      await work;
      await settle();
    }
  }
}

/** Every promise chain of ours ends in microtasks; one macrotask later nothing is left to run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
