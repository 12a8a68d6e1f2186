import type { Ticker } from '../../../domain/ids.ts';

/** The numbering of a recording's subscriptions, and the markets of which each one speaks. */
export class RecordedNumbering {
  readonly #subscriptions = new Map<number, { last: number; readonly markets: Set<Ticker> }>();
  gaps = 0;

  /** Every subscription begins anew. */
  restart(): void {
    this.#subscriptions.clear();
  }

  /** Takes the next number. Returns the markets whose book is not known any more: those of a subscription that lacks one. */
  follow(subscription: number, sequence: number, market: Ticker | null): readonly Ticker[] {
    const known = this.#subscriptions.get(subscription);
    if (known === undefined) {
      this.#subscriptions.set(subscription, { last: sequence, markets: new Set(market === null ? [] : [market]) });
      return [];
    }
    const lost = sequence === known.last + 1 ? [] : [...known.markets];
    // 1 begins another subscription under the same number: whatever the first one spoke of is lost, but nothing is missing.
    if (sequence !== known.last + 1 && sequence !== 1) this.gaps++;
    if (sequence === 1) known.markets.clear();
    known.last = sequence;
    if (market !== null) known.markets.add(market);
    return lost;
  }
}
