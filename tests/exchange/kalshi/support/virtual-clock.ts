/** A clock that stands still until it is told to go; timers fire in order of (time, order of being set). */
import type { Clock } from '../../../../src/domain/clock.ts';
import type { UnixMs } from '../../../../src/domain/units.ts';

interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock {
  #nowMs: number;
  #order = 0;
  #entries = new Set<Entry>();

  constructor(startMs = 1_790_000_000_000) {
    this.#nowMs = startMs;
  }

  now(): UnixMs {
    return this.#nowMs as UnixMs;
  }
  setTimeout(callback: () => void, delayMs: number): Entry {
    const entry = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#entries.add(entry);
    return entry;
  }
  clearTimeout(id: unknown): void {
    this.#entries.delete(id as Entry);
  }
  get timers(): number {
    return this.#entries.size;
  }

  /** Sets the time without firing anything: what a correction of the system's clock does. */
  jump(byMs: number): void {
    this.#nowMs += byMs;
  }

  /** Goes on by `ms`, firing what falls due; promises settle after each. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    for (;;) {
      const due = [...this.#entries]
        .filter((entry) => entry.atMs <= untilMs)
        .sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
      if (due === undefined) break;
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      this.#entries.delete(due);
      due.callback();
      await settle();
    }
    this.#nowMs = untilMs;
  }
}

/** One turn of the event loop: every promise that can settle has. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
