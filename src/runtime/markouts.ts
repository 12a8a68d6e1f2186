/**
 * Adverse selection (H2, H3): the share of recent fills after which the market moved against us within the horizon,
 * checked each second, with hysteresis. A fill counts once its horizon is over; its markout is the mid then against
 * the price, in cents, from our side: negative is bad.
 */
import type { Fill } from '../domain/fill.ts';
import { signOf } from '../domain/side.ts';
import { toCents } from '../domain/units.ts';
import type { Settings } from '../settings/schema.ts';

interface Marked {
  readonly atMs: number;
  readonly markoutCents: number;
}

export class Markouts {
  readonly #settings: Settings['adverse'];
  readonly #pending: { readonly dueMs: number; readonly fill: Fill }[] = [];
  #finished: Marked[] = [];
  #bad = 0;
  #good = 0;
  #isToxic = false;

  constructor(settings: Settings['adverse']) {
    this.#settings = settings;
  }

  get isToxic(): boolean {
    return this.#isToxic;
  }

  filled(fill: Fill): void {
    const dueMs = fill.atMs + this.#settings.horizonMs;
    // Nearly always the last; a fill that was read back may be older than those that the stream told of.
    let place = this.#pending.length;
    while (place > 0 && this.#pending[place - 1]!.dueMs > dueMs) place--;
    this.#pending.splice(place, 0, { dueMs, fill });
  }

  /** One check; call it each `checkEveryMs` of market time. */
  check(nowMs: number, midCents: number | null): void {
    while (this.#pending[0] !== undefined && this.#pending[0].dueMs <= nowMs) {
      const { fill, dueMs } = this.#pending[0];
      if (midCents === null && nowMs - dueMs <= this.#settings.horizonMs) break;
      this.#pending.shift();
      // Heard of too late, or the book was not to be read for too long: the mid of now says nothing about it.
      if (midCents === null || nowMs - dueMs > this.#settings.horizonMs) continue;
      this.#finished.push({ atMs: nowMs, markoutCents: signOf(fill.side) * (midCents - toCents(fill.price)) });
    }
    const since = nowMs - this.#settings.windowMs;
    if (this.#finished[0] !== undefined && this.#finished[0].atMs < since) {
      this.#finished = this.#finished.filter((marked) => marked.atMs >= since);
    }
    const against = this.#finished.filter((marked) => marked.markoutCents < 0).length;
    const isBad =
      this.#finished.length >= this.#settings.fillsMin && against / this.#finished.length >= this.#settings.share;
    this.#bad = isBad ? this.#bad + 1 : 0;
    this.#good = isBad ? 0 : this.#good + 1;
    if (!this.#isToxic && this.#bad >= this.#settings.triggerChecks) this.#isToxic = true;
    else if (this.#isToxic && this.#good >= this.#settings.recoverChecks) this.#isToxic = false;
  }

  /** Mean of the finished markouts, cents; null before the first. */
  meanCents(): number | null {
    if (this.#finished.length === 0) return null;
    return this.#finished.reduce((sum, marked) => sum + marked.markoutCents, 0) / this.#finished.length;
  }
}
