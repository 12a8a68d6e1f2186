/**
 * One recorded market in the engine. The recorded book is the authority for the crowd's quantity at each level; what
 * accounts do to it is theirs alone:
 *
 * - Account orders stand in line behind what was there when they came. Trades at their price bring them forward, and so
 *   does what is cancelled ahead of them: how much of a cancellation that was is up to the queue model. A trade beyond
 *   their price fills them. Together they are never filled for more than what really traded.
 * - What accounts took from a level stays gone until the recorded level loses it: what traded counts against it first,
 *   and never is more missing than the recording shows.
 *
 * - Where the recording lacks something its book is lost until the next snapshot: the crowd shows nothing, places in line
 *   are remembered, and only a trade beyond an account's price fills it.
 *
 * The crowd may stand at or beyond an account's price before a trade reaches it: its quotes are as they were recorded.
 */
import type { Ticker } from '../../../domain/ids.ts';
import { opposite, type Side } from '../../../domain/side.ts';
import type { Centicents, Centicontracts } from '../../../domain/units.ts';
import type { Level } from '../../port.ts';
import type { AheadOfCancel } from '../crowd-commands.ts';
import type { Engine } from '../model.ts';
import { RecordedBook } from './recorded-book.ts';
import type { RecordedDelta, RecordedSnapshot } from './recorded-line.ts';
import type { Print } from './trade-inference.ts';

/** What a replay counted; quantities in integers of 0.01 contract. */
export interface ReplayCounts {
  lines: number;
  snapshots: number;
  deltas: number;
  tickers: number;
  /** Of a trade channel, where there was one. */
  trades: number;
  /** What the recording says was traded. */
  traded: number;
  /** Of that, what accounts gave. */
  filledAccounts: number;
  /** Breaks of a sequence: the book may be wrong until its next snapshot. */
  gaps: number;
  /** Deltas that would have taken more than was there. */
  impossible: number;
  /** Of the deltas, those of a book that was not known: they say nothing. */
  deltasWithoutBook: number;
  /** Lines about a market that does not trade (not listed, closed, paused). */
  ignored: number;
}

export function zeroCounts(): ReplayCounts {
  return {
    lines: 0,
    snapshots: 0,
    deltas: 0,
    tickers: 0,
    trades: 0,
    traded: 0,
    filledAccounts: 0,
    gaps: 0,
    impossible: 0,
    deltasWithoutBook: 0,
    ignored: 0,
  };
}

export class ReplayedMarket {
  readonly ticker: Ticker;
  readonly recorded = new RecordedBook();
  readonly #engine: Engine;
  readonly #counts: ReplayCounts;
  readonly #aheadOf: AheadOfCancel;
  /** A snapshot said what there is, and nothing was missed since. */
  #isKnown = false;
  /** The engine's crowd lacks what happened while the market did not trade. */
  #isBehind = false;

  constructor(engine: Engine, ticker: Ticker, counts: ReplayCounts, aheadOf: AheadOfCancel) {
    this.#engine = engine;
    this.ticker = ticker;
    this.#counts = counts;
    this.#aheadOf = aheadOf;
  }

  snapshot(entry: RecordedSnapshot): void {
    const gone = this.#isKnown && this.#isTrading() && !this.#isBehind ? this.#takenByAccounts() : [];
    this.#isKnown = true;
    this.recorded.replace(entry.bids, entry.asks);
    if (!this.#isTrading()) {
      this.#isBehind = true;
      this.#counts.ignored++;
      return;
    }
    this.#isBehind = false;
    this.#replace(gone);
  }

  /** `traded` of what a negative delta took away was traded, the rest cancelled. */
  delta(entry: RecordedDelta, traded: number): void {
    const { side, price } = entry;
    if (!this.#isKnown) {
      this.#counts.deltasWithoutBook++;
      if (traded > 0) this.#through(price, traded);
      return;
    }
    if (!this.#isReady()) {
      this.recorded.change(side, price, entry.change);
      this.#counts.ignored++;
      return;
    }
    const gone = this.#gone(side, price);
    const change = this.recorded.change(side, price, entry.change);
    if (change !== entry.change) this.#counts.impossible++;
    if (change > 0) this.#engine.crowdAdd(this.ticker, side, price, change as Centicontracts);
    if (traded > 0) this.#execute(opposite(side), price, traded, Math.min(gone, traded));
    const stillGone = Math.min(Math.max(0, gone - traded), this.recorded.quantityAt(side, price));
    this.#trim(side, price, stillGone);
  }

  /** A trade that no delta shows: what it took was there again in the same moment, at the end of the line. */
  print(print: Print): void {
    if (!this.#isKnown) {
      this.#through(print.price, print.quantity);
      return;
    }
    if (!this.#isReady()) return;
    const takerSide = print.takerSide ?? this.#takerSideAt(print.price);
    const maker = opposite(takerSide);
    const gone = this.#gone(maker, print.price);
    const took = this.#execute(takerSide, print.price, print.quantity, Math.min(gone, print.quantity));
    if (took > 0) this.#engine.crowdAdd(this.ticker, maker, print.price, took as Centicontracts);
  }

  /** Something is missing: its book is not known any more. */
  lose(): void {
    this.recorded.replace([], []);
    this.#isKnown = false;
    if (this.#isTrading()) this.#engine.crowdLose(this.ticker);
  }

  /** The engine lists it from now on. */
  begin(): void {
    if (!this.#isTrading()) return;
    if (this.#isKnown) this.#replace([]);
    else this.#engine.crowdLose(this.ticker);
  }

  /** The engine threw the crowd's orders away, or took none for a while. */
  fallBehind(): void {
    this.#isBehind = true;
  }

  /** A trade while nobody knows the book: it fills only those who stood beyond its price, whatever the line at it was. */
  #through(price: Centicents, quantity: number): void {
    if (!this.#isTrading()) return;
    let left = quantity;
    for (const [takerSide, limit] of [
      ['ask', price + 1],
      ['bid', price - 1],
    ] as const) {
      if (left > 0) left -= this.#engine.crowdTake(this.ticker, takerSide, limit as Centicents, left as Centicontracts);
    }
    if (left > 0) this.#engine.crowdPrint(this.ticker, price, left as Centicontracts, this.#takerSideAt(price));
    this.#counts.traded += quantity;
    this.#counts.filledAccounts += quantity - left;
  }

  /** `fromGone` of it went to what accounts had taken before, the rest through the queue; returns what the crowd gave. */
  #execute(takerSide: Side, price: Centicents, quantity: number, fromGone: number): number {
    const through = (quantity - fromGone) as Centicontracts;
    let accounts = 0;
    let crowd = 0;
    if (through > 0) {
      const took = this.#engine.crowdExecute(this.ticker, takerSide, price, through);
      accounts = took.accounts;
      crowd = took.crowd;
    }
    const others = (quantity - accounts) as Centicontracts;
    if (others > 0) this.#engine.crowdPrint(this.ticker, price, others, takerSide);
    this.#counts.traded += quantity;
    this.#counts.filledAccounts += accounts;
    return crowd;
  }

  /** Cancels what the crowd has beyond the recorded level less what accounts took. */
  #trim(side: Side, price: Centicents, gone: number): void {
    const wanted = this.recorded.quantityAt(side, price) - gone;
    const excess = this.#engine.crowdQuantity(this.ticker, side, price) - wanted;
    if (excess > 0) this.#engine.crowdCancel(this.ticker, side, price, excess as Centicontracts, this.#aheadOf);
  }

  /** Of the touch before the print: at the ask or above a buyer's, at the bid or below a seller's, else the nearer's. */
  #takerSideAt(price: Centicents): Side {
    const { bestBid, bestAsk } = this.recorded;
    if (bestAsk !== null && price >= bestAsk) return 'bid';
    if (bestBid !== null && price <= bestBid) return 'ask';
    if (bestBid === null || bestAsk === null) return bestAsk === null ? 'bid' : 'ask';
    return bestAsk - price < price - bestBid ? 'bid' : 'ask';
  }

  #isTrading(): boolean {
    return this.#engine.market(this.ticker)?.status === 'active';
  }

  /** Whether the engine's crowd may be changed; catches up first with what it missed. */
  #isReady(): boolean {
    if (!this.#isTrading()) {
      this.#isBehind = true;
      return false;
    }
    if (this.#isBehind) {
      this.#isBehind = false;
      this.#replace([]);
    }
    return true;
  }

  /** What accounts took from this level and the recording still shows. */
  #gone(side: Side, price: Centicents): number {
    return Math.max(0, this.recorded.quantityAt(side, price) - this.#engine.crowdQuantity(this.ticker, side, price));
  }

  #takenByAccounts(): [Side, Centicents, number][] {
    const taken: [Side, Centicents, number][] = [];
    for (const side of ['bid', 'ask'] as const) {
      for (const [price] of this.recorded.levels(side)) {
        const gone = this.#gone(side, price);
        if (gone > 0) taken.push([side, price, gone]);
      }
    }
    return taken;
  }

  #replace(gone: readonly [Side, Centicents, number][]): void {
    const less = (side: Side): Level[] => {
      const missing = new Map(gone.filter((row) => row[0] === side).map(([, price, quantity]) => [price, quantity]));
      return this.recorded
        .levels(side)
        .map(([price, quantity]): Level => [price, (quantity - (missing.get(price) ?? 0)) as Centicontracts])
        .filter(([, quantity]) => quantity > 0);
    };
    this.#engine.crowdReplace(this.ticker, less('bid'), less('ask'));
  }
}
