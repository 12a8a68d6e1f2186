import type { Side } from '../domain/side.ts';
import type { Centicents, Centicontracts } from '../domain/units.ts';
import { Ladder, type Level } from './ladder.ts';

/**
 * One market's book on the yes scale: exact integers, any price of $0.0001 strictly inside ($0, $1), fractional counts.
 * It holds what it was told. A crossed book is a moment between two deltas of the venue and is kept; a delta that takes
 * away more than is there, or a price that cannot be, means that the book is wrong: the answer is false and the owner
 * voids it (`clear`) and asks for a snapshot.
 */
export class OrderBook {
  readonly bids = new Ladder(true);
  readonly asks = new Ladder(false);

  /** Replaces everything. False, and the book is empty, if the levels make no sense. */
  applySnapshot(bids: readonly Level[], asks: readonly Level[]): boolean {
    const isSound = this.bids.load(bids) && this.asks.load(asks);
    if (!isSound) this.clear();
    return isSound;
  }

  /** Adds `change` to a level's quantity. False, and nothing is changed, if that is impossible: void the book. */
  applyDelta(side: Side, price: Centicents, change: Centicontracts): boolean {
    return (side === 'bid' ? this.bids : this.asks).add(price, change);
  }

  clear(): void {
    this.bids.clear();
    this.asks.clear();
  }

  bestBid(): Centicents | null {
    return this.bids.best();
  }

  bestAsk(): Centicents | null {
    return this.asks.best();
  }

  /** True when someone bids at or above the best ask. */
  isCrossed(): boolean {
    return this.bids.size > 0 && this.asks.size > 0 && this.bids.price(0) >= this.asks.price(0);
  }

  quantityAt(side: Side, price: Centicents): Centicontracts {
    return (side === 'bid' ? this.bids : this.asks).quantityAt(price);
  }

  /** At most `count` levels of a side, best first. */
  levels(side: Side, count: number): Level[] {
    const ladder = side === 'bid' ? this.bids : this.asks;
    const found: Level[] = [];
    for (let nth = 0; nth < Math.min(count, ladder.size); nth++) {
      found.push([ladder.price(nth), ladder.quantity(nth)]);
    }
    return found;
  }
}
