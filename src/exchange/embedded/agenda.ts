import type { Clock, TimerId } from '../../domain/clock.ts';
import type { UnixMs } from '../../domain/units.ts';

/** Something due at a time. */
export interface Appointment {
  readonly dueMs: UnixMs;
}

interface Entry extends Appointment {
  readonly sequence: number;
  readonly run: () => void;
  isCancelled: boolean;
}

/** Cancelled entries stay in the heap until their time, or until there are this many and more than half are such. */
const CANCELLED_MAX = 1_024;

/** Timers of some hosts overflow past 24 days and fire at once. */
const WAIT_MS_MAX = 3_600_000;

/**
 * What is due when, on one clock with one timer, in order of time and then of making. A command that comes before a late
 * timer calls `runDue` first, so that nothing is done to a market that is already over.
 */
export class Agenda {
  private readonly clock: Clock;
  private readonly onTimer: () => void;
  /** A binary heap, earliest first. */
  private heap: Entry[] = [];
  private cancelled = 0;
  private sequence = 0;
  private timer: TimerId = null;
  private armedFor = Number.POSITIVE_INFINITY;

  /** `onTimer` is called when something may be due; it must call `runDue`. */
  constructor(clock: Clock, onTimer: () => void) {
    this.clock = clock;
    this.onTimer = onTimer;
  }

  at(dueMs: UnixMs, run: () => void): Appointment {
    const entry: Entry = { dueMs, sequence: this.sequence++, run, isCancelled: false };
    this.push(entry);
    if (dueMs < this.armedFor) this.arm();
    return entry;
  }

  /** It will not run. Only for what has neither run nor been cancelled. */
  cancel(appointment: Appointment): void {
    (appointment as Entry).isCancelled = true;
    this.cancelled++;
    if (this.cancelled <= CANCELLED_MAX || this.cancelled * 2 <= this.heap.length) return;
    const kept = this.heap.filter((entry) => !entry.isCancelled);
    this.heap = [];
    this.cancelled = 0;
    for (const entry of kept) this.push(entry);
  }

  runDue(now: UnixMs): void {
    while (this.heap.length > 0 && this.heap[0]!.dueMs <= now) {
      const entry = this.pop();
      if (entry.isCancelled) this.cancelled--;
      else entry.run();
    }
  }

  private push(entry: Entry): void {
    const { heap } = this;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (isBefore(heap[parent]!, entry)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  }

  private pop(): Entry {
    const { heap } = this;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(last, heap[child]!)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return first;
  }

  private arm(): void {
    if (this.timer !== null) this.clock.clearTimeout(this.timer);
    this.timer = null;
    this.armedFor = Number.POSITIVE_INFINITY;
    const next = this.heap[0];
    if (next === undefined) return;
    this.armedFor = next.dueMs;
    const delay = Math.min(Math.max(0, next.dueMs - this.clock.now()), WAIT_MS_MAX);
    this.timer = this.clock.setTimeout(() => {
      this.timer = null;
      this.armedFor = Number.POSITIVE_INFINITY;
      this.onTimer();
      this.arm();
    }, delay);
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence);
}
