import type { Clock, TimerId } from '../../../domain/clock.ts';

/** The timers of a flow on the market clock, which end together. */
export class FlowTimers {
  readonly #clock: Clock;
  readonly #pending = new Set<TimerId>();
  #isStopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Once, at this market time or at once; to the whole millisecond, not before. Nothing after `stop`. */
  at(atMs: number, run: () => void): void {
    if (this.#isStopped) return;
    const id = this.#clock.setTimeout(
      () => {
        this.#pending.delete(id);
        run();
      },
      Math.max(0, Math.ceil(atMs - this.#clock.now())),
    );
    this.#pending.add(id);
  }

  stop(): void {
    this.#isStopped = true;
    for (const id of this.#pending) this.#clock.clearTimeout(id);
    this.#pending.clear();
  }
}
