import type { OrderBook } from '../book/order-book.ts';
import type { Clocks } from '../domain/clock.ts';
import { messageOf } from '../domain/errors.ts';
import type { Centicents } from '../domain/units.ts';
import type { Catalogue, RestBook } from '../exchange/port.ts';
import type { Board } from './board.ts';
import type { FeedCounts } from './facts.ts';
import type { WatchedMarket } from './watched-market.ts';

/** The largest tick of any market: a touch that moves by so much between two looks is nothing strange. */
const TICK_MAX = 100;
/** How much a difference weighs against a book, and how much voids it: two far ones in a row do, or three of a tick. */
const FAR = 3;
const NEAR = 2;
const DOUBT_MAX = 6;

interface Touch {
  readonly bid: Centicents | null;
  readonly ask: Centicents | null;
}

export interface AuditorOptions {
  readonly catalogue: Pick<Catalogue, 'book'>;
  readonly board: Board;
  readonly clocks: Clocks;
  readonly counts: FeedCounts;
  readonly auditEveryMs: number;
}

/**
 * Compares the streamed book of each prioritised market with the venue's REST book once in `auditEveryMs`. The answer
 * belongs to some moment between question and answer, so it counts as different only if its touch is neither the streamed
 * one before nor the one after. Once may be a slow replica, or a touch that came and went meanwhile: the market is asked
 * about again soon. What stays different voids the book, and its snapshot is asked for; sooner where it is far off.
 */
export class Auditor {
  readonly #options: AuditorOptions;
  #isAsking = false;

  constructor(options: AuditorOptions) {
    this.#options = options;
  }

  /** Audits the market that is longest due, if any and if none is under way; `isWanted` is asked when the answer is there. */
  run(nowWallMs: number, isWanted: () => boolean): void {
    if (this.#isAsking) return;
    let due: WatchedMarket | null = null;
    for (const watched of this.#options.board.prioritised()) {
      if (watched.source !== 'stream') continue;
      if (watched.auditAtWallMs === 0) watched.auditAtWallMs = nowWallMs + this.#options.auditEveryMs;
      if (watched.auditAtWallMs > nowWallMs) continue;
      if (due === null || watched.auditAtWallMs < due.auditAtWallMs) due = watched;
    }
    if (due !== null) void this.#audit(due, isWanted);
  }

  async #audit(watched: WatchedMarket, isWanted: () => boolean): Promise<void> {
    const { catalogue, clocks, counts, auditEveryMs } = this.#options;
    this.#isAsking = true;
    const before = touchOf(watched.book);
    try {
      const rest = await catalogue.book(watched.market, { priority: 'read' });
      if (isWanted() && watched.source === 'stream') this.#judge(watched, rest, before);
    } catch (error) {
      // The book stays trusted: a read that fails says nothing about it.
      counts.auditFailures++;
      this.#options.board.say({ type: 'feed.pollFailed', message: `audit of ${watched.market}: ${messageOf(error)}` });
      watched.auditAtWallMs = clocks.wall.now() + auditEveryMs;
    } finally {
      this.#isAsking = false;
    }
  }

  #judge(watched: WatchedMarket, rest: RestBook, before: Touch): void {
    const { board, clocks, counts, auditEveryMs } = this.#options;
    counts.audits++;
    const bid = best(rest.bids, Math.max);
    const ask = best(rest.asks, Math.min);
    const after = touchOf(watched.book);
    const offBid = Math.min(difference(bid, before.bid), difference(bid, after.bid));
    const offAsk = Math.min(difference(ask, before.ask), difference(ask, after.ask));
    const off = Math.max(offBid, offAsk);
    if (off === 0) {
      watched.auditDoubt = 0;
      watched.auditAtWallMs = clocks.wall.now() + auditEveryMs;
      return;
    }
    counts.auditMismatches++;
    watched.auditDoubt += off > TICK_MAX ? FAR : NEAR;
    watched.auditAtWallMs = clocks.wall.now();
    if (watched.auditDoubt < DOUBT_MAX) return;
    watched.auditAtWallMs += auditEveryMs;
    board.void(watched, 'audit');
  }
}

function touchOf(book: OrderBook): Touch {
  return { bid: book.bestBid(), ask: book.bestAsk() };
}

function best(levels: RestBook['bids'], choose: (...prices: number[]) => number): number | null {
  let found: number | null = null;
  for (const [price] of levels) found = found === null ? price : choose(found, price);
  return found;
}

/** A side that is empty in one and not in the other is as far off as can be. */
function difference(one: number | null, other: number | null): number {
  if (one === null || other === null) return one === other ? 0 : Number.POSITIVE_INFINITY;
  return Math.abs(one - other);
}
