import type { Side } from '../domain/side.ts';
import type { Centicents, Centicontracts, UnixMs } from '../domain/units.ts';

export interface PublicTrade {
  readonly atMs: UnixMs;
  readonly price: Centicents;
  readonly quantity: Centicontracts;
  readonly takerSide: Side;
}

const SMALLEST_CAPACITY = 16;

/** The last trades of a market, at most `limit`. It grows as they come: most watched markets hardly trade. */
export class TradeRing {
  readonly #limit: number;
  #times = new Float64Array(SMALLEST_CAPACITY);
  #prices = new Uint16Array(SMALLEST_CAPACITY);
  /** Negative where the taker sold. */
  #quantities = new Float64Array(SMALLEST_CAPACITY);
  #size = 0;
  #next = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#size;
  }

  add(trade: PublicTrade): void {
    if (this.#size === this.#times.length && this.#size < this.#limit) this.#grow();
    const at = this.#next;
    this.#times[at] = trade.atMs;
    this.#prices[at] = trade.price;
    this.#quantities[at] = trade.takerSide === 'bid' ? trade.quantity : -trade.quantity;
    this.#next = (at + 1) % this.#times.length;
    if (this.#size < this.#times.length) this.#size++;
  }

  /** At most `count`, newest first. */
  latest(count: number): PublicTrade[] {
    const found: PublicTrade[] = [];
    const capacity = this.#times.length;
    for (let back = 1; back <= Math.min(count, this.#size); back++) {
      const at = (this.#next - back + capacity) % capacity;
      const quantity = this.#quantities[at]!;
      found.push({
        atMs: this.#times[at]! as UnixMs,
        price: this.#prices[at]! as Centicents,
        quantity: Math.abs(quantity) as Centicontracts,
        takerSide: quantity > 0 ? 'bid' : 'ask',
      });
    }
    return found;
  }

  #grow(): void {
    const oldestFirst = this.latest(this.#size).reverse();
    const capacity = Math.min(this.#limit, this.#times.length * 2);
    this.#times = new Float64Array(capacity);
    this.#prices = new Uint16Array(capacity);
    this.#quantities = new Float64Array(capacity);
    this.#size = 0;
    this.#next = 0;
    for (const trade of oldestFirst) this.add(trade);
  }
}
