/** What a recording consists of, whatever its format: line by line, what was heard of the market and when. */
import type { Ticker } from '../../../domain/ids.ts';
import type { Market } from '../../../domain/market.ts';
import type { Side } from '../../../domain/side.ts';
import type { Centicents, Centicontracts, UnixMs } from '../../../domain/units.ts';
import type { Level } from '../../port.ts';

export interface RecordedWatch {
  readonly type: 'watch';
  readonly market: Ticker;
  readonly closeMs: UnixMs;
  readonly strike: number | null;
}
/**
 * Everything that was listed of a market when it was first watched, and again whenever any of it changed; the market's
 * own book, trades and result come in other lines.
 */
export interface RecordedListing {
  readonly type: 'listing';
  readonly market: Ticker;
  /** As the catalogue showed it at this time: status, close, grid and fees are those in force from here on. */
  readonly listed: Market;
}
/**
 * The venue determined the result: from here on nobody trades, and it pays. Recorded at the moment in which it was heard,
 * which may be before or after the market's close time has passed.
 */
export interface RecordedSettled {
  readonly type: 'settled';
  readonly market: Ticker;
  readonly result: 'yes' | 'no';
  /** When the venue says that it determined the result; null where it does not say. */
  readonly settledMs: UnixMs | null;
}
/** The venue moved the close. */
export interface RecordedCloseMoved {
  readonly type: 'closeMoved';
  readonly market: Ticker;
  readonly closeMs: UnixMs;
}
/** The venue paused trading in this market (`isTrading` false: every resting order is cancelled) or let it go on. */
export interface RecordedTrading {
  readonly type: 'trading';
  readonly market: Ticker;
  readonly isTrading: boolean;
}
export interface RecordedSnapshot {
  readonly type: 'snapshot';
  readonly subscription: number;
  readonly sequence: number;
  readonly market: Ticker;
  /** Yes scale, in the order of the recording. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}
export interface RecordedDelta {
  readonly type: 'delta';
  readonly subscription: number;
  readonly sequence: number;
  readonly market: Ticker;
  readonly side: Side;
  readonly price: Centicents;
  readonly change: Centicontracts;
}
export interface RecordedTicker {
  readonly type: 'ticker';
  readonly market: Ticker;
  /** Null before the first trade. */
  readonly lastPrice: Centicents | null;
  readonly volume: Centicontracts;
  readonly openInterest: Centicontracts;
  /** Null where the side is empty. */
  readonly bid: Centicents | null;
  readonly ask: Centicents | null;
}
/** A trade as the venue's trade channel told it; where a recording has this channel, nothing has to be inferred. */
export interface RecordedTrade {
  readonly type: 'trade';
  readonly market: Ticker;
  readonly price: Centicents;
  readonly quantity: Centicontracts;
  readonly takerSide: Side;
}
/** Answers to commands, other channels, other notes: nothing that a market is made of. */
export interface RecordedOther {
  readonly type: 'other';
  /** Where it took a number of a subscription to books, which is then not missing. */
  readonly subscription?: number;
  readonly sequence?: number;
}
export type RecordedEntry =
  | RecordedWatch
  | RecordedListing
  | RecordedSettled
  | RecordedCloseMoved
  | RecordedTrading
  | RecordedSnapshot
  | RecordedDelta
  | RecordedTicker
  | RecordedTrade
  | RecordedOther;

/**
 * Why what came before a line does not lead up to it: another connection or another recording began, the recorder
 * dropped lines because the disk was too slow, a frame arrived damaged, or the file before ended in the middle of a
 * line.
 */
export type GapCause = 'connection' | 'file' | 'dropped' | 'malformed' | 'torn';

export interface RecordedLine {
  /** On the clock that the market lived by. Never before the line before. */
  readonly recvMs: UnixMs;
  /**
   * Present where something is missing just before this line: every book is void until its next snapshot, and
   * subscriptions number anew. A file that goes on where the one before ended has none.
   */
  readonly gap?: GapCause;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly entry: RecordedEntry;
}
