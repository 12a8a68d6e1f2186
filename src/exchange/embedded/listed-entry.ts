import type { Ticker } from '../../domain/ids.ts';
import type { FeeSchedule, MarketResult, MarketStatus } from '../../domain/market.ts';
import type { Centicents, Centicontracts, UnixMs } from '../../domain/units.ts';
import type { Appointment } from './agenda.ts';
import type { LiveOrder } from './live-order.ts';
import { MatchingBook, tickOf } from './matching.ts';
import type { ListedMarket, MarketState } from './model.ts';
import { Tape } from './tape.ts';

/** A listed market with all that the engine keeps for it. */
export class ListedEntry {
  readonly ticker: Ticker;
  readonly exchangeIndex: number;
  readonly tape: Tape;
  readonly book: MatchingBook;
  /** The order that stands in a slot of the book; nothing for a recording's crowd. */
  readonly orders: (LiveOrder | null)[] = [];
  listed: ListedMarket;
  fees: FeeSchedule;
  status: MarketStatus;
  result: MarketResult | null = null;
  settlementValue: Centicents | null = null;
  settledMs: UnixMs | null = null;
  /** Σ long positions of all accounts and the crowd. */
  openInterest = 0;
  /** Nobody knows what the crowd has here: a hole in a recording. */
  isBookLost = false;
  opening: Appointment | null = null;
  closing: Appointment | null = null;
  /** When the result is paid; null while there is none, or it is disputed. */
  settling: Appointment | null = null;

  /** The touch when the present command first came here, to tell whether it moved. */
  seenIn = -1;
  seenBid = 0;
  seenBidQuantity = 0;
  seenAsk = 0;
  seenAskQuantity = 0;
  /** Whether last price, volume or open interest changed in the present command. */
  traded = false;

  constructor(listed: ListedMarket, fees: FeeSchedule, status: MarketStatus, now: UnixMs) {
    this.ticker = listed.ticker;
    this.exchangeIndex = listed.exchangeIndex;
    this.listed = listed;
    this.fees = fees;
    this.status = status;
    this.tape = new Tape(listed, now);
    this.book = new MatchingBook(tickOf(listed.grid.ranges), 16);
  }

  /** Remembers the touch once a command. */
  see(command: number): boolean {
    if (this.seenIn === command) return false;
    this.seenIn = command;
    this.traded = false;
    this.seenBid = this.book.bestPrice('bid') ?? 0;
    this.seenBidQuantity = this.book.bestQuantity('bid');
    this.seenAsk = this.book.bestPrice('ask') ?? 0;
    this.seenAskQuantity = this.book.bestQuantity('ask');
    return true;
  }

  /** Whether anything that a ticker tells has changed since `see`. */
  hasMoved(): boolean {
    return (
      this.traded ||
      this.seenBid !== (this.book.bestPrice('bid') ?? 0) ||
      this.seenBidQuantity !== this.book.bestQuantity('bid') ||
      this.seenAsk !== (this.book.bestPrice('ask') ?? 0) ||
      this.seenAskQuantity !== this.book.bestQuantity('ask')
    );
  }

  state(now: UnixMs): MarketState {
    const { tape, listed } = this;
    return {
      listed,
      status: this.status,
      result: this.result,
      settlementValue: this.settlementValue,
      settledMs: this.settledMs,
      lastPrice: tape.lastPrice,
      lastTradeQuantity: tape.lastQuantity,
      volume: tape.volume,
      volume24h: tape.volume24h(now),
      openInterest: (listed.openInterestBefore + this.openInterest) as Centicontracts,
      dollarVolume: tape.dollarVolume,
    };
  }
}
