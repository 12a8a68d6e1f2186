import type { Side } from '../../../domain/side.ts';
import { type Centicents, type Centicontracts, DOLLAR } from '../../../domain/units.ts';
import type { Level } from '../../port.ts';

/** The book as the recording has it, whatever accounts did to it here. Prices index the array: 80 KB a side. */
export class RecordedBook {
  readonly #bids = new Float64Array(DOLLAR + 1);
  readonly #asks = new Float64Array(DOLLAR + 1);
  /** 0 and $1 stand for "nothing there". */
  #bestBid = 0;
  #bestAsk: number = DOLLAR;

  get bestBid(): Centicents | null {
    return this.#bestBid === 0 ? null : (this.#bestBid as Centicents);
  }
  get bestAsk(): Centicents | null {
    return this.#bestAsk === DOLLAR ? null : (this.#bestAsk as Centicents);
  }

  quantityAt(side: Side, price: Centicents): Centicontracts {
    return (side === 'bid' ? this.#bids : this.#asks)[price]! as Centicontracts;
  }

  isTouch(side: Side, price: Centicents): boolean {
    return price === (side === 'bid' ? this.#bestBid : this.#bestAsk);
  }

  replace(bids: readonly Level[], asks: readonly Level[]): void {
    this.#bids.fill(0);
    this.#asks.fill(0);
    this.#bestBid = 0;
    this.#bestAsk = DOLLAR;
    for (const [price, quantity] of bids) this.change('bid', price, quantity);
    for (const [price, quantity] of asks) this.change('ask', price, quantity);
  }

  /** Adds a change to a level, never below nothing. Returns what was really added (< 0: taken away). */
  change(side: Side, price: Centicents, change: number): number {
    const levels = side === 'bid' ? this.#bids : this.#asks;
    const before = levels[price]!;
    const after = Math.max(0, before + change);
    levels[price] = after;
    if (side === 'bid') {
      if (after > 0) this.#bestBid = Math.max(this.#bestBid, price);
      else if (price === this.#bestBid) while (this.#bestBid > 0 && levels[this.#bestBid] === 0) this.#bestBid--;
    } else if (after > 0) this.#bestAsk = Math.min(this.#bestAsk, price);
    else if (price === this.#bestAsk) while (this.#bestAsk < DOLLAR && levels[this.#bestAsk] === 0) this.#bestAsk++;
    return after - before;
  }

  /** Ascending prices. */
  levels(side: Side): Level[] {
    const levels = side === 'bid' ? this.#bids : this.#asks;
    const found: Level[] = [];
    for (let price = 1; price < DOLLAR; price++) {
      const quantity = levels[price]!;
      if (quantity > 0) found.push([price as Centicents, quantity as Centicontracts]);
    }
    return found;
  }
}
