/**
 * Which of a recording's changes were trades. The stream marks none: a trade shows as a negative delta on the maker's
 * side, and its volume about once a second as growth of the ticker's `volume_fp` at the ticker's last price. Lines are
 * looked at ahead of being played, so that a trade takes its place in the queue when it happened, not when the ticker
 * told of it.
 *
 * The volume that grew between two tickers, V at price P, is given, each contract once, to negative deltas since the
 * ticker before: first at P while P was the touch, then at the touch up to 3¢ from P (nearest first), then at P. What
 * is left is a print at P whose level was filled up again in the same moment; it happens with the last delta found at P,
 * or else at the ticker. A recording with a trade channel needs none of this: its trades say price and taker.
 */
import type { Ticker } from '../../../domain/ids.ts';
import { opposite, type Side } from '../../../domain/side.ts';
import type { Centicents } from '../../../domain/units.ts';
import { RecordedBook } from './recorded-book.ts';
import type { RecordedDelta, RecordedEntry, RecordedLine, RecordedTicker, RecordedTrade } from './recorded-line.ts';

/**
 * How far ahead of being played a line is looked at: tickers come about once a second, and what a later one tells of is
 * not known when the delta is played.
 */
export const LOOK_AHEAD_MS = 5_000;
const NEAR_CENTICENTS = 300;
/** A recorded trade and its delta come in any order, close to each other. */
const TRADE_PAIR_MS_MAX = 1_000;

/** A trade that no negative delta shows. */
export interface Print {
  readonly price: Centicents;
  readonly quantity: number;
  /** Null: not known, taken from the price against the touch before. */
  readonly takerSide: Side | null;
}

/** A line on its way to being played, with what was found out about it. */
export interface Planned {
  readonly line: RecordedLine;
  /** The markets whose books are not known any more from here on, the line itself included. */
  readonly lost: readonly Ticker[];
  /** And those of which something may be missing behind it. */
  lostAfter: readonly Ticker[];
  /** A break in the numbering shows with this line. */
  readonly isGap: boolean;
  /** How much of a negative delta was traded; the rest was cancelled. */
  traded: number;
  /** Happens just after the line itself. */
  print: Print | null;
  played: boolean;
}

interface Candidate {
  readonly planned: Planned;
  readonly delta: RecordedDelta;
  readonly wasTouch: boolean;
}

/** One market's. */
export class TradeInference {
  readonly #ahead = new RecordedBook();
  /** Negative deltas since the last ticker. */
  #candidates: Candidate[] = [];
  #volume: number | null = null;
  #hasTradeChannel = false;
  /** What the last ticker was found to tell of, and when: a first recorded trade may be the same one. */
  #inferred = { quantity: 0, atMs: 0 };

  /** Its book is not known from the next line on: what there was can no longer have been traded at the touch. */
  lose(): void {
    this.#ahead.replace([], []);
  }

  /** Takes the next line of this market, in order. */
  plan(planned: Planned): void {
    const entry: RecordedEntry = planned.line.entry;
    if (entry.type === 'snapshot') {
      this.#ahead.replace(entry.bids, entry.asks);
    } else if (entry.type === 'delta') {
      const wasTouch = this.#ahead.isTouch(entry.side, entry.price);
      this.#ahead.change(entry.side, entry.price, entry.change);
      if (entry.change < 0) this.#candidates.push({ planned, delta: entry, wasTouch });
    } else if (entry.type === 'trade') {
      const isKnown = !this.#hasTradeChannel && planned.line.recvMs - this.#inferred.atMs <= TRADE_PAIR_MS_MAX;
      const told = isKnown ? Math.min(entry.quantity, this.#inferred.quantity) : 0;
      this.#inferred.quantity -= told;
      if (this.#inferred.quantity === 0 || !isKnown) this.#hasTradeChannel = true;
      if (told < entry.quantity) this.#pair(planned, entry, entry.quantity - told);
    } else if (entry.type === 'ticker') {
      this.#grow(planned, entry);
    }
  }

  #pair(planned: Planned, trade: RecordedTrade, quantity: number): void {
    const maker = opposite(trade.takerSide);
    this.#candidates = this.#within(planned, TRADE_PAIR_MS_MAX);
    const near = this.#candidates.filter(({ delta }) => delta.side === maker && delta.price === trade.price);
    const left = give(near.reverse(), quantity);
    if (left > 0) planned.print = { price: trade.price, quantity: left, takerSide: trade.takerSide };
  }

  /** Those that are less than this before the line. By time, not by what was played: reading may be further ahead. */
  #within(planned: Planned, ms: number): Candidate[] {
    const after = planned.line.recvMs - ms;
    return this.#candidates.filter(({ planned: { line, played } }) => line.recvMs > after && !played);
  }

  #grow(planned: Planned, ticker: RecordedTicker): void {
    const before = this.#volume;
    // A volume that falls is a correction of the venue's: nothing traded.
    this.#volume = Math.max(before ?? 0, ticker.volume);
    if (this.#hasTradeChannel) return;
    this.#inferred = { quantity: Math.max(0, ticker.volume - (before ?? ticker.volume)), atMs: planned.line.recvMs };
    const candidates = this.#within(planned, LOOK_AHEAD_MS);
    this.#candidates = [];
    const price = ticker.lastPrice;
    if (before === null || price === null || ticker.volume <= before) return;

    const distance = (candidate: Candidate): number => Math.abs(candidate.delta.price - price);
    const latestFirst = candidates.reverse();
    const atPrice = latestFirst.filter((candidate) => distance(candidate) === 0);
    const nearTouch = latestFirst
      .filter((candidate) => candidate.wasTouch && distance(candidate) > 0 && distance(candidate) <= NEAR_CENTICENTS)
      .sort((one, other) => distance(one) - distance(other));
    const stages = [
      atPrice.filter((candidate) => candidate.wasTouch),
      nearTouch,
      atPrice.filter((candidate) => !candidate.wasTouch),
    ];
    let left = ticker.volume - before;
    for (const stage of stages) left = give(stage, left);
    if (left <= 0) return;
    const last = atPrice[0];
    const print = { price, quantity: left, takerSide: last === undefined ? null : opposite(last.delta.side) };
    (last?.planned ?? planned).print = print;
  }
}

/** Gives a traded volume to deltas, each up to what it took away; returns what is left of the volume. */
function give(candidates: readonly Candidate[], volume: number): number {
  let left = volume;
  for (const { planned, delta } of candidates) {
    if (left <= 0) break;
    const share = Math.min(left, -delta.change - planned.traded);
    planned.traded += share;
    left -= share;
  }
  return left;
}
