import type { UnixMs } from './units.ts';

/** A timer's handle; opaque. */
export type TimerId = unknown;

/**
 * Where time enters. There are two of these in a trader: *wall* (corrected to the exchange: signatures, time-outs,
 * liveness, approval validity) and *market* (sessions, regimes, expirations, closes, rate buckets), which runs faster or
 * slower than the wall with a simulated or replayed exchange, and is the same elsewhere. Its shape fits XState's `clock`.
 */
export interface Clock {
  /** Now, in milliseconds since 1970. Never goes back by more than a correction of the exchange's clock. */
  now(): UnixMs;
  /** Calls back once, in a later turn, no earlier than `delayMs` of this clock. */
  setTimeout(callback: () => void, delayMs: number): TimerId;
  clearTimeout(id: TimerId): void;
}

/** The two clocks and a monotonic one for durations. */
export interface Clocks {
  readonly wall: Clock;
  readonly market: Clock;
  /** Milliseconds from an arbitrary origin, with fractions; never goes back. Durations and latencies only. */
  monotonicMs(): number;
}

/** Waits on a clock. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimeout(resolve, delayMs);
  });
}
