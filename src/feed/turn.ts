import { type Observable, Subject } from 'rxjs';
import type { Clocks } from '../domain/clock.ts';
import type { Ticker } from '../domain/ids.ts';
import type { FeedCounts } from './facts.ts';

/** A book as it waits to be announced. */
export interface Announced {
  readonly market: Ticker;
  isAnnouncementDue: boolean;
}

/**
 * One turn of the event loop: frames are applied as they arrive, private ones are passed on as they arrive, and when the
 * last frame of the turn has been read (a microtask later, before anything else happens) each book that changed is
 * announced once. So whoever decides on a book has already heard of every fill that came in the same turn.
 *
 * A turn that has taken longer than `conflateAfterMs` stops announcing and goes on in the next one: what waits in the
 * socket is read first, and books that change again meanwhile are announced once for all their changes (counted). Orders
 * and fills never wait.
 */
export class Turn {
  /** Read once a turn: a burst of frames arrives at one time. */
  wallMs = 0;
  marketMs = 0;
  /** Done at the end of each turn before books are announced. */
  housekeeping: (() => void) | null = null;
  readonly #clocks: Clocks;
  readonly #conflateAfterMs: number;
  readonly #counts: FeedCounts;
  readonly #books = new Subject<Ticker>();
  /** In the order in which they changed first; a flag on each says that it is in here. */
  #changed: Announced[] = [];
  #isOpen = false;
  #isPostponed = false;
  #startedMs = 0;

  constructor(clocks: Clocks, conflateAfterMs: number, counts: FeedCounts) {
    this.#clocks = clocks;
    this.#conflateAfterMs = conflateAfterMs;
    this.#counts = counts;
  }

  get books$(): Observable<Ticker> {
    return this.#books;
  }

  /** Called at the first sign of life in a turn; cheap when it has begun already. */
  begin(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#startedMs = this.#clocks.monotonicMs();
    this.wallMs = this.#clocks.wall.now();
    this.marketMs = this.#clocks.market.now();
    queueMicrotask(this.#end);
  }

  changed(book: Announced): void {
    if (book.isAnnouncementDue) {
      this.#counts.conflated++;
      return;
    }
    book.isAnnouncementDue = true;
    this.#changed.push(book);
  }

  readonly #end = (): void => {
    this.#isOpen = false;
    this.housekeeping?.();
    this.#announce(this.#startedMs);
  };

  #announce(startedMs: number): void {
    // What changes while it is announced joins the end of the same list.
    for (let next = 0; next < this.#changed.length; next++) {
      const book = this.#changed[next]!;
      book.isAnnouncementDue = false;
      this.#books.next(book.market);
      if (next + 1 < this.#changed.length && this.#clocks.monotonicMs() - startedMs > this.#conflateAfterMs) {
        this.#changed.splice(0, next + 1);
        this.#postpone();
        return;
      }
    }
    this.#changed.length = 0;
  }

  #postpone(): void {
    this.#counts.yielded++;
    if (this.#isPostponed) return;
    this.#isPostponed = true;
    this.#clocks.wall.setTimeout(() => {
      this.#isPostponed = false;
      this.#announce(this.#clocks.monotonicMs());
    }, 0);
  }
}
