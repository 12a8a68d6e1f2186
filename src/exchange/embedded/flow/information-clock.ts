import type { Random } from '../../../domain/random.ts';

/** How an event's uncertainty goes away over its life. */
export interface InformationPlan {
  readonly startMs: number;
  readonly closeMs: number;
  /** Share of the uncertainty that only the result itself takes away. */
  readonly leftAtClose: number;
  /** Surprises, at random times; each takes away a share of what is left then, uniform between these two. */
  readonly jumpsPerHour: number;
  readonly jumpShare: readonly [min: number, max: number];
  /** Known beforehand: figures published, a whistle. */
  readonly news: readonly { readonly atMs: number; readonly share: number }[];
}

/**
 * The share of an event's uncertainty that is left, from 1 down to a little: evenly over its life, with jumps. What is
 * revealed, and when, are independent of each other, so a price that moves by what is revealed stays a martingale.
 */
export class InformationClock {
  readonly #plan: InformationPlan;
  readonly #random: Random;
  #nextJumpMs: number;
  #news: readonly { readonly atMs: number; readonly share: number }[];
  #kept = 1;
  #left = 1;

  constructor(plan: InformationPlan, random: Random) {
    this.#plan = plan;
    this.#random = random;
    this.#news = [...plan.news].sort((one, other) => one.atMs - other.atMs);
    this.#nextJumpMs = this.#jumpAfter(plan.startMs);
  }

  /** Times only go forward; a time before an earlier one is that earlier one. */
  leftAt(atMs: number): number {
    const { startMs, closeMs, leftAtClose, jumpShare } = this.#plan;
    const untilMs = Math.min(atMs, closeMs);
    while (this.#nextJumpMs <= untilMs) {
      this.#kept *= 1 - (jumpShare[0] + (jumpShare[1] - jumpShare[0]) * this.#random.uniform());
      this.#nextJumpMs = this.#jumpAfter(this.#nextJumpMs);
    }
    for (let next = this.#news[0]; next !== undefined && next.atMs <= untilMs; next = this.#news[0]) {
      this.#kept *= 1 - next.share;
      this.#news = this.#news.slice(1);
    }
    const passed = Math.min(1, Math.max(0, (atMs - startMs) / (closeMs - startMs)));
    this.#left = Math.min(this.#left, (1 - (1 - leftAtClose) * passed) * this.#kept);
    return this.#left;
  }

  #jumpAfter(atMs: number): number {
    const { jumpsPerHour } = this.#plan;
    return jumpsPerHour > 0 ? atMs + this.#random.exponential(3_600_000 / jumpsPerHour) : Number.POSITIVE_INFINITY;
  }
}
