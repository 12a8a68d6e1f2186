/**
 * The venue's wall clock against ours, from the Date headers of its answers. A header has a resolution of 1 s and was
 * written at some moment between our sending and receiving, so each answer only says that the difference lies in an
 * interval; the answers' intervals are cut with each other until little is left.
 */
import type { UnixMs } from '../../domain/units.ts';

const HEADER_RESOLUTION_MS = 1000;
/** How fast two ordinary clocks may drift apart, in ms a ms: what was known widens by this. */
const DRIFT = 100e-6;

export class SkewEstimate {
  #low = Number.NEGATIVE_INFINITY;
  #high = Number.POSITIVE_INFINITY;
  #atMs = 0;

  /** Venue minus us, ms; null before any answer. Zero while zero is possible: nothing is corrected without evidence. */
  get ms(): number | null {
    if (this.#low === Number.NEGATIVE_INFINITY) return null;
    return this.#low <= 0 && this.#high >= 0 ? 0 : Math.round((this.#low + this.#high) / 2);
  }

  /** An answer with this Date header, sent and received at these times of ours. */
  observe(date: string | null, sentMs: UnixMs, receivedMs: UnixMs): void {
    const venueMs = date === null ? Number.NaN : Date.parse(date);
    if (Number.isNaN(venueMs) || receivedMs < sentMs) return;
    const low = venueMs - receivedMs;
    const high = venueMs + HEADER_RESOLUTION_MS - sentMs;
    const drift = Math.max(0, receivedMs - this.#atMs) * DRIFT;
    this.#atMs = receivedMs;
    this.#low = Math.max(this.#low - drift, low);
    this.#high = Math.min(this.#high + drift, high);
    // Nothing fits both: a clock was set. Only the newest counts.
    if (this.#low > this.#high) {
      this.#low = low;
      this.#high = high;
    }
  }
}
