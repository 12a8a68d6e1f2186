/**
 * What is wanted in one market, and how long a side is left alone after it was refused: a request that was refused once
 * is refused again until something changes, and every one that reaches the venue costs tokens.
 */
import type { SessionId } from '../domain/ids.ts';
import type { Market } from '../domain/market.ts';
import type { Side } from '../domain/side.ts';
import { NOTHING, SIDES, type Wanted, type WantedPair } from './wanted.ts';

/**
 * Who refused. `race`: the market or time was faster than we. `risk`: our own limits; nothing left. `venue`, `throttled`
 * and `journal`: it will not be better at another price.
 */
export type RefusedBy = 'race' | 'risk' | 'venue' | 'throttled' | 'journal';

/** First wait and longest wait, market milliseconds; every further refusal in a row doubles it. */
const WAITS: Record<RefusedBy, readonly [firstMs: number, longestMs: number]> = {
  race: [250, 2_000],
  risk: [1_000, 1_000],
  venue: [1_000, 30_000],
  throttled: [100, 2_000],
  journal: [1_000, 30_000],
};

interface SideState {
  /** A create waits or is on its way, or its answer has not been thought about yet. */
  isSending: boolean;
  restUntilMs: number;
  /** Refusals in a row. */
  refusals: number;
  refusedBy: RefusedBy | null;
  /** The last reason that was told. */
  told: string | null;
  /** The last wanted order that was sent to be executed at once: it is sent once, whatever became of it. */
  spent: Wanted | null;
}

const fresh = (): SideState => ({
  isSending: false,
  restUntilMs: 0,
  refusals: 0,
  refusedBy: null,
  told: null,
  spent: null,
});

export class Desk {
  market: Market;
  session: SessionId;
  /** When it was last said what is wanted here, market time. */
  saidAtMs = Number.NEGATIVE_INFINITY;
  #wanted: WantedPair = NOTHING;
  readonly #sides: Record<Side, SideState> = { bid: fresh(), ask: fresh() };

  constructor(market: Market, session: SessionId) {
    this.market = market;
    this.session = session;
  }

  say(market: Market, session: SessionId, wanted: WantedPair, nowMs: number): void {
    this.market = market;
    this.session = session;
    this.wanted = wanted;
    this.saidAtMs = nowMs;
  }

  get wanted(): WantedPair {
    return this.#wanted;
  }
  set wanted(wanted: WantedPair) {
    for (const side of SIDES) {
      const state = this.#sides[side];
      const isAnother = this.#wanted[side]?.price !== wanted[side]?.price;
      // Another price is another question where the price was the answer.
      if (isAnother && (state.refusedBy === 'race' || state.refusedBy === 'risk')) state.restUntilMs = 0;
    }
    this.#wanted = wanted;
  }

  /** Whether what is wanted on this side may be sent now, as far as earlier answers go. */
  isDue(side: Side, nowMs: number): boolean {
    const { isSending, spent, restUntilMs } = this.#sides[side];
    const wanted = this.#wanted[side];
    return wanted !== null && wanted !== spent && !isSending && nowMs >= restUntilMs;
  }

  /** When the next side that rests and wants something is due again, market time; null when none is. */
  nextDueMs(nowMs: number): number | null {
    let next: number | null = null;
    for (const side of SIDES) {
      const { restUntilMs } = this.#sides[side];
      if (this.#wanted[side] !== null && restUntilMs > nowMs) next = Math.min(next ?? restUntilMs, restUntilMs);
    }
    return next;
  }

  /** A create is on its way from now until `sent`; one that executes at once or not at all goes once for a wish. */
  sending(wanted: Wanted): void {
    const state = this.#sides[wanted.side];
    state.isSending = true;
    if (wanted.timeInForce !== 'goodTillCanceled') state.spent = wanted;
  }
  sent(side: Side): void {
    this.#sides[side].isSending = false;
  }

  accepted(side: Side): void {
    Object.assign(this.#sides[side], { restUntilMs: 0, refusals: 0, refusedBy: null, told: null });
  }

  /** Nothing was done. Returns whether the reason is news: one line for a reason, not one for every tick that meets it. */
  refused(side: Side, by: RefusedBy, reason: string, nowMs: number): boolean {
    const state = this.#sides[side];
    const [firstMs, longestMs] = WAITS[by];
    state.refusals = state.refusedBy === by ? state.refusals + 1 : 1;
    state.refusedBy = by;
    state.restUntilMs = nowMs + Math.min(longestMs, firstMs * 2 ** Math.min(state.refusals - 1, 10));
    // It never executed, so the wish stands.
    state.spent = null;
    const isNews = state.told !== reason;
    state.told = reason;
    return isNews;
  }

  /** What waited is no longer wanted: nothing to wait for, and the newer wish is free. */
  superseded(side: Side): void {
    this.#sides[side].spent = null;
  }
}
