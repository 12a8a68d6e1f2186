/**
 * Notices that this process did not run for a while: the machine slept, somebody stopped the process, a disk or a
 * collector held it. Meanwhile the market went on and our quotes stood in it. So when it runs again, what stood is taken
 * back before anything new leaves (by the order groups, and each by itself, for proof), and the stream is opened afresh: what waits in its socket is from before.
 *
 * A timer looks once a second; whichever of timers and frames comes first after a sleep, the gateway asks `isAwake`
 * before it lets anything new out, so that nothing passes before the timer has seen it.
 */
import { Subscription } from 'rxjs';
import type { Clocks, TimerId } from '../domain/clock.ts';
import type { TraderRuntime } from './trader-runtime.ts';

const LOOK_EVERY_MS = 1_000;

export interface WakeWatchOptions {
  readonly clocks: Pick<Clocks, 'wall' | 'monotonicMs'>;
  /** Longer than this between two looks was a sleep. */
  readonly asleepAfterMs: number;
  /** Told in the turn in which it is noticed. */
  readonly onSlept: (sleptMs: number) => void;
}

export class WakeWatch {
  readonly #options: WakeWatchOptions;
  #timer: TimerId = null;
  #monotonicMs = 0;
  #wallMs = 0;

  constructor(options: WakeWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#remember();
    this.#arm();
  }

  stop(): void {
    this.#options.clocks.wall.clearTimeout(this.#timer);
  }

  /** False from waking until the sleep was noticed; cheap. */
  isAwake(): boolean {
    return this.#sinceLookMs() <= this.#options.asleepAfterMs;
  }

  /** A stopped process's monotonic clock goes on, a sleeping machine's stands still on some systems: whichever says more. */
  #sinceLookMs(): number {
    const { clocks } = this.#options;
    return Math.max(clocks.monotonicMs() - this.#monotonicMs, clocks.wall.now() - this.#wallMs);
  }

  #look(): void {
    // Set first: whatever is found, it goes on.
    this.#arm();
    const sinceMs = this.#sinceLookMs();
    this.#remember();
    if (sinceMs > this.#options.asleepAfterMs) this.#options.onSlept(sinceMs);
  }

  #remember(): void {
    this.#monotonicMs = this.#options.clocks.monotonicMs();
    this.#wallMs = this.#options.clocks.wall.now();
  }

  #arm(): void {
    this.#timer = this.#options.clocks.wall.setTimeout(() => this.#look(), LOOK_EVERY_MS);
  }
}

/** Watches over a trader from now on; unsubscribing ends it. */
export function connectWakeWatch(runtime: TraderRuntime): Subscription {
  const { gateway, groups, table, door, feed } = runtime;
  const { clocks, settings, journal, log } = runtime.parts;
  const watch = new WakeWatch({
    clocks,
    asleepAfterMs: settings.recovery.asleepAfterMs,
    onSlept: (sleptMs) => {
      // Approvals of before count for nothing; cancels first, then the stream.
      door.raiseEpoch();
      void groups.takeBack('slept', table.allOpen());
      const orders = gateway.recall();
      feed.hangUp('slept');
      journal.append('process.slept', { sleptMs: Math.round(sleptMs), orders });
      log.warn(
        { sleptMs: Math.round(sleptMs), orders },
        'this process did not run for a while: what stood is taken back',
      );
    },
  });
  door.heedSleep(() => watch.isAwake());
  watch.start();
  return new Subscription(() => watch.stop());
}
