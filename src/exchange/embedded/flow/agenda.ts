import type { Clock, TimerId } from '../../../domain/clock.ts';

/** Run in one turn before others get theirs. */
const RUNS_A_TURN_MAX = 400;

interface Appointment {
  atMs: number;
  sequence: number;
  readonly run: () => void;
}

/** Many recurring events on one timer of a clock, in order of their times and of being set. */
export class Agenda {
  readonly #clock: Clock;
  readonly #heap: Appointment[] = [];
  #sequence = 0;
  #timer: TimerId | null = null;
  #timerMs = Number.POSITIVE_INFINITY;
  #isRunning = false;
  #isInTurn = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Appointments made while it stands still wait for `start`. */
  at(atMs: number, run: () => void): void {
    this.#push({ atMs, sequence: this.#sequence++, run });
    if (this.#isRunning && !this.#isInTurn) this.#arm();
  }

  start(): void {
    this.#isRunning = true;
    this.#arm();
  }

  stop(): void {
    this.#isRunning = false;
    this.#heap.length = 0;
    this.#disarm();
  }

  #arm(): void {
    const head = this.#heap[0];
    if (head === undefined || (this.#timer !== null && this.#timerMs <= head.atMs)) return;
    this.#disarm();
    this.#timerMs = head.atMs;
    this.#timer = this.#clock.setTimeout(
      () => {
        this.#timer = null;
        this.#timerMs = Number.POSITIVE_INFINITY;
        this.#turn();
      },
      Math.max(0, head.atMs - this.#clock.now()),
    );
  }

  #disarm(): void {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    this.#timerMs = Number.POSITIVE_INFINITY;
  }

  #turn(): void {
    const now = this.#clock.now();
    this.#isInTurn = true;
    try {
      for (let count = 0; count < RUNS_A_TURN_MAX; count++) {
        const head = this.#heap[0];
        if (!this.#isRunning || head === undefined || head.atMs > now) break;
        this.#pop();
        head.run();
      }
    } finally {
      this.#isInTurn = false;
    }
    if (this.#isRunning) this.#arm();
  }

  #push(made: Appointment): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(made);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(made, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = made;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(one: Appointment, other: Appointment): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.sequence < other.sequence);
}
