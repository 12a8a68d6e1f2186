import { type Observable, Subject } from 'rxjs';
import type { Ticker } from '../domain/ids.ts';
import type { Level } from '../exchange/port.ts';
import type { FeedCounts, FeedFact, VoidReason } from './facts.ts';
import type { Turn } from './turn.ts';
import { type Line, WatchedMarket } from './watched-market.ts';

/** Every watched market, and the one place where a book begins and ceases to be believed. */
export class Board {
  readonly #markets = new Map<Ticker, WatchedMarket>();
  #prioritised: ReadonlySet<Ticker> = new Set();
  readonly #facts = new Subject<FeedFact>();
  readonly #counts: FeedCounts;
  readonly #turn: Turn;

  constructor(counts: FeedCounts, turn: Turn) {
    this.#counts = counts;
    this.#turn = turn;
  }

  get facts$(): Observable<FeedFact> {
    return this.#facts;
  }

  get size(): number {
    return this.#markets.size;
  }

  say(fact: FeedFact): void {
    this.#facts.next(fact);
  }

  get(market: Ticker): WatchedMarket | undefined {
    return this.#markets.get(market);
  }

  has(market: Ticker): boolean {
    return this.#markets.has(market);
  }

  add(market: Ticker, line: Line, polledAgeMsMax: number): void {
    if (!this.#markets.has(market)) this.#markets.set(market, new WatchedMarket(market, line, polledAgeMsMax));
  }

  remove(market: Ticker): void {
    this.#markets.delete(market);
  }

  prioritise(markets: readonly Ticker[]): void {
    this.#prioritised = new Set(markets);
  }

  tickers(): IterableIterator<Ticker> {
    return this.#markets.keys();
  }

  all(): IterableIterator<WatchedMarket> {
    return this.#markets.values();
  }

  /** The prioritised ones that are watched. */
  prioritised(): WatchedMarket[] {
    const found: WatchedMarket[] = [];
    for (const market of this.#prioritised) {
      const watched = this.#markets.get(market);
      if (watched !== undefined) found.push(watched);
    }
    return found;
  }

  isPrioritised(market: Ticker): boolean {
    return this.#prioritised.has(market);
  }

  /** Takes a whole book from its source. A book that makes no sense voids the market; the answer is then false. */
  accept(
    watched: WatchedMarket,
    source: 'stream' | 'poll',
    bids: readonly Level[],
    asks: readonly Level[],
    atWallMs: number,
  ): boolean {
    if (!watched.book.applySnapshot(bids, asks)) {
      this.void(watched, 'nonsense');
      return false;
    }
    const isNews = watched.source === null;
    watched.source = source;
    watched.atWallMs = atWallMs;
    watched.wasCrossed = false;
    if (isNews) {
      if (watched.wasVoided) this.#counts.resyncs++;
      watched.wasVoided = false;
      this.say({ type: 'book.synced', market: watched.market });
    }
    this.#turn.begin();
    this.#turn.changed(watched);
    return true;
  }

  /**
   * Nobody may act on this book until its source sent a whole one. Readers hear of it on both planes. A book that is void
   * already keeps waiting for the snapshot that was asked for: it comes after whatever else went wrong meanwhile.
   */
  void(watched: WatchedMarket, reason: VoidReason): void {
    if (watched.source === null) return;
    watched.source = null;
    watched.askAtWallMs = 0;
    watched.asksInVain = 0;
    watched.auditDoubt = 0;
    watched.wasVoided = true;
    watched.book.clear();
    this.#counts.voided++;
    this.say({ type: 'book.voided', market: watched.market, reason });
    this.#turn.begin();
    this.#turn.changed(watched);
  }
}
