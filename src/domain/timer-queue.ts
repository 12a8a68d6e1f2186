/** Timers in order of (due time, order of being set): a binary heap in which canceled ones wait to surface. */

export interface QueuedTimer {
  readonly dueMs: number;
  readonly sequence: number;
  /** Calls back, once; a canceled timer does nothing. */
  fire(): void;
}

class Entry implements QueuedTimer {
  readonly dueMs: number;
  readonly sequence: number;
  callback: (() => void) | null;

  constructor(callback: () => void, dueMs: number, sequence: number) {
    this.callback = callback;
    this.dueMs = dueMs;
    this.sequence = sequence;
  }

  fire(): void {
    const { callback } = this;
    this.callback = null;
    callback?.();
  }
}

export class TimerQueue {
  #heap: Entry[] = [];
  #dead = 0;
  #sequence = 0;

  /** The sequence that the next timer will get: all that are set from now on are at or after it. */
  get sequence(): number {
    return this.#sequence;
  }

  add(callback: () => void, dueMs: number): QueuedTimer {
    const entry = new Entry(callback, dueMs, this.#sequence++);
    const heap = this.#heap;
    heap.push(entry);
    let index = heap.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
    return entry;
  }

  /** Forgets a timer; one that has fired, was canceled or is null is left alone. */
  cancel(timer: unknown): void {
    if (!(timer instanceof Entry) || timer.callback === null) return;
    timer.callback = null;
    this.#dead++;
    if (this.#dead < 64 || this.#dead * 2 < this.#heap.length) return;
    const alive = this.#heap.filter((entry) => entry.callback !== null).sort((a, b) => (isBefore(a, b) ? -1 : 1));
    this.#heap = alive;
    this.#dead = 0;
  }

  /** The next timer that was not canceled. */
  peek(): QueuedTimer | null {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined) return null;
      if (first.callback !== null) return first;
      this.pop();
      this.#dead--;
    }
  }

  /** Takes the first one off. */
  pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
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

function isBefore(a: Entry, b: Entry): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence);
}
