import { OrderBook } from '../book/order-book.ts';
import type { Ticker } from '../domain/ids.ts';
import type { UnixMs } from '../domain/units.ts';
import type { TickerEvent } from '../exchange/port.ts';
import { type PublicTrade, TradeRing } from './trade-ring.ts';
import type { Announced } from './turn.ts';

const TRADES_MAX = 1000;

/** Whether the stream as a whole can be believed at a moment. */
export interface Line {
  isCurrent(nowWallMs: number): boolean;
}

/** A market as everyone but the feed sees it. The same object for as long as it is watched; it changes under way. */
export interface MarketView {
  readonly market: Ticker;
  readonly book: OrderBook;
  /** The book is what its source last said: a snapshot and every delta since, or a whole REST book. */
  readonly inSync: boolean;
  readonly source: 'stream' | 'poll' | null;
  /**
   * Whether to act on the book. Streamed: in sync, and the line alive and not late; a quiet market is quiet, not stale.
   * Polled: in sync and no older than it may be.
   */
  isCurrent(nowWallMs: number): boolean;
  readonly ticker: TickerEvent | null;
  readonly lastTradeMs: UnixMs | null;
  /** At most `count` of the last 1,000, newest first. */
  trades(count: number): PublicTrade[];
  /** When the book last changed; a polled one: when it was asked for. */
  readonly atWallMs: number;
}

/** The feed's side of a watched market. */
export class WatchedMarket implements MarketView, Announced {
  readonly market: Ticker;
  readonly book = new OrderBook();
  source: 'stream' | 'poll' | null = null;
  ticker: TickerEvent | null = null;
  lastTradeMs: UnixMs | null = null;
  atWallMs = 0;
  wasVoided = false;
  isAnnouncementDue = false;
  /** When to ask (again) for a snapshot, and how often that was done in vain. */
  askAtWallMs = 0;
  asksInVain = 0;
  /** Seen crossed at the last look. */
  wasCrossed = false;
  auditAtWallMs = 0;
  auditDoubt = 0;
  readonly #trades = new TradeRing(TRADES_MAX);
  readonly #line: Line;
  readonly #polledAgeMsMax: number;

  constructor(market: Ticker, line: Line, polledAgeMsMax: number) {
    this.market = market;
    this.#line = line;
    this.#polledAgeMsMax = polledAgeMsMax;
  }

  get inSync(): boolean {
    return this.source !== null;
  }

  isCurrent(nowWallMs: number): boolean {
    if (this.source === 'stream') return this.#line.isCurrent(nowWallMs);
    return this.source === 'poll' && nowWallMs - this.atWallMs <= this.#polledAgeMsMax;
  }

  trades(count: number): PublicTrade[] {
    return this.#trades.latest(count);
  }

  addTrade(trade: PublicTrade): void {
    this.#trades.add(trade);
    this.lastTradeMs = trade.atMs;
  }
}
