import type { Clocks, TimerId } from '../domain/clock.ts';
import { messageOf } from '../domain/errors.ts';
import type { Ticker } from '../domain/ids.ts';
import type { Catalogue } from '../exchange/port.ts';
import type { Settings } from '../settings/schema.ts';
import type { Board } from './board.ts';
import type { FeedCounts } from './facts.ts';

/** As many as the venue gives in one answer. */
const BOOKS_A_REQUEST = 100;

export interface PollerOptions {
  readonly catalogue: Pick<Catalogue, 'books'>;
  readonly board: Board;
  readonly clocks: Clocks;
  readonly counts: FeedCounts;
  readonly settings: Settings['feed'];
}

/**
 * Reads the watched books over REST while it runs, every `pollEveryMs`, prioritised ones first. A book that the stream
 * keeps is never touched. A polled book is as old as its question.
 */
export class Poller {
  readonly #options: PollerOptions;
  #timer: TimerId = null;
  #isOver = false;

  constructor(options: PollerOptions) {
    this.#options = options;
    void this.#poll();
  }

  stop(): void {
    this.#isOver = true;
    this.#options.clocks.wall.clearTimeout(this.#timer);
  }

  async #poll(): Promise<void> {
    const { clocks, settings } = this.#options;
    const startedWallMs = clocks.wall.now();
    const wanted = this.#wanted();
    for (let from = 0; from < wanted.length && !this.#isOver; from += BOOKS_A_REQUEST) {
      await this.#read(wanted.slice(from, from + BOOKS_A_REQUEST));
    }
    if (this.#isOver) return;
    this.#voidStale();
    const restMs = Math.max(0, startedWallMs + settings.pollEveryMs - clocks.wall.now());
    this.#timer = clocks.wall.setTimeout(() => void this.#poll(), restMs);
  }

  async #read(markets: readonly Ticker[]): Promise<void> {
    const { catalogue, board, clocks, counts } = this.#options;
    const askedWallMs = clocks.wall.now();
    try {
      const books = await catalogue.books(markets, { priority: 'read' });
      if (this.#isOver) return;
      counts.polls++;
      for (const { market, bids, asks } of books) {
        const watched = board.get(market);
        if (watched !== undefined && watched.source !== 'stream')
          board.accept(watched, 'poll', bids, asks, askedWallMs);
      }
    } catch (error) {
      // Nothing to do but wait for the next round: what was polled before grows old and stops being current.
      counts.pollFailures++;
      board.say({ type: 'feed.pollFailed', message: messageOf(error) });
    }
  }

  #wanted(): Ticker[] {
    const { board } = this.#options;
    const wanted: Ticker[] = [];
    for (const watched of board.all()) if (watched.source !== 'stream') wanted.push(watched.market);
    return wanted.sort((a, b) => Number(board.isPrioritised(b)) - Number(board.isPrioritised(a)));
  }

  #voidStale(): void {
    const { board, clocks, settings } = this.#options;
    const nowWallMs = clocks.wall.now();
    for (const watched of board.all()) {
      if (watched.source === 'poll' && nowWallMs - watched.atWallMs > settings.polledBookAgeMsMax) {
        board.void(watched, 'stale');
      }
    }
  }
}
