import type { Ticker } from '../../domain/ids.ts';
import type { Side } from '../../domain/side.ts';
import type { Centicents, Centicontracts } from '../../domain/units.ts';
import type { Level } from '../port.ts';

/**
 * Of `canceled` that leaves a level, how much stood before an order that has `ahead` of the level before it and `behind` after
 * it; all in integers of 0.01 contract, canceled ≤ ahead + behind.
 */
export type AheadOfCancel = (ahead: number, behind: number, canceled: number) => number;

/** The crowd of a recording: levels as they were recorded, with orders of accounts standing in line behind them. */
export interface CrowdCommands {
  /** Adds to the tail of a level without matching against anything. */
  crowdAdd(market: Ticker, side: Side, price: Centicents, quantity: Centicontracts): void;
  /** Takes crowd quantity away: from the tail (cancels, risk-averse) or the head (executions). Returns what was there to take. */
  crowdRemove(
    market: Ticker,
    side: Side,
    price: Centicents,
    quantity: Centicontracts,
    from: 'head' | 'tail',
  ): Centicontracts;
  /** The crowd's own quantity at a level: what stands there of `crowdAdd`, `crowdReplace` and orders of CROWD. */
  crowdQuantity(market: Ticker, side: Side, price: Centicents): Centicontracts;
  /**
   * A crowd taker executes up to `quantity` against account orders on the other side that stand at `price` or better and
   * have nothing of the crowd left before them; the crowd's own levels are left to `crowdRemove`. Returns what it filled.
   */
  crowdTake(market: Ticker, takerSide: Side, price: Centicents, quantity: Centicontracts): Centicontracts;
  /**
   * A trade of a recording, `quantity` at `price`, as it goes through the queue: account orders on the other side at
   * prices better for the taker first (each at its own price), then the line at `price` from its head, the crowd's and
   * the accounts' in their order, until `quantity` is used up. What the accounts gave is a trade like any other; what the
   * crowd gave leaves its level but is not printed (`crowdPrint` does that).
   */
  crowdExecute(
    market: Ticker,
    takerSide: Side,
    price: Centicents,
    quantity: Centicontracts,
  ): { readonly accounts: Centicontracts; readonly crowd: Centicontracts };
  /** A trade between others: counted in volume, last price and the tape; touches no order. */
  crowdPrint(market: Ticker, price: Centicents, quantity: Centicontracts, takerSide: Side): void;
  /**
   * The crowd cancels up to `quantity` of a level; `aheadOf` says how much of it stood before each account order there.
   * Returns what was there to cancel.
   */
  crowdCancel(
    market: Ticker,
    side: Side,
    price: Centicents,
    quantity: Centicontracts,
    aheadOf: AheadOfCancel,
  ): Centicontracts;
  /**
   * Replaces the crowd's part of the book. Account orders keep their places: of the new level no more stands before one than
   * stood there of the old, be it that a lost book is found again. What came while it was lost stands behind everything.
   */
  crowdReplace(market: Ticker, bids: readonly Level[], asks: readonly Level[]): void;
  /** What the crowd has is not known from here on, until `crowdReplace`: the book shows nothing of it. */
  crowdLose(market: Ticker): void;
  /** Whether the crowd's part of the book is lost. */
  isBookLost(market: Ticker): boolean;
}
