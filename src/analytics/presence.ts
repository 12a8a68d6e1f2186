/** When quotes of ours stood on both sides of a market, as we knew it. */
import type { ClientOrderId, Ticker } from '../domain/ids.ts';
import type { JournalEntry } from '../domain/journal.ts';
import type { OrderIntent, OrderState } from '../domain/order.ts';
import type { Side } from '../domain/side.ts';
import { type Span, StepPath } from './step-path.ts';

/** States in which an order is known to stand at the exchange. */
const STANDING: ReadonlySet<OrderState> = new Set(['resting', 'partiallyFilled', 'cancelPending', 'amendPending']);

/** How many quotes of ours stand on each side of a market, market time. */
export type Standing = Readonly<Record<Side, StepPath<number>>>;

/** Follows `order.intended` and `order.moved`; what is meant to reduce (exits) is no quote. */
export class Presence {
  readonly markets = new Map<Ticker, Standing>();
  readonly #quotes = new Map<ClientOrderId, Pick<OrderIntent, 'market' | 'side'>>();
  readonly #standing = new Map<ClientOrderId, Pick<OrderIntent, 'market' | 'side'>>();
  readonly #counts = new Map<StepPath<number>, number>();

  take(entry: JournalEntry): void {
    if (entry.kind === 'order.intended') {
      const intent = entry.data as unknown as OrderIntent;
      if (intent.purpose === 'quote') this.#quotes.set(intent.clientOrderId, intent);
      return;
    }
    if (entry.kind !== 'order.moved') return;
    const { clientOrderId, state } = entry.data as { clientOrderId: ClientOrderId; state: OrderState };
    const quote = this.#quotes.get(clientOrderId);
    if (quote === undefined || STANDING.has(state) === this.#standing.has(clientOrderId)) return;
    if (STANDING.has(state)) this.#standing.set(clientOrderId, quote);
    else this.#standing.delete(clientOrderId);
    this.#count(quote, entry.marketMs, STANDING.has(state) ? 1 : -1);
  }

  #count({ market, side }: Pick<OrderIntent, 'market' | 'side'>, atMs: number, change: 1 | -1): void {
    let standing = this.markets.get(market);
    if (standing === undefined) {
      standing = { bid: new StepPath(), ask: new StepPath() };
      this.markets.set(market, standing);
    }
    const path = standing[side];
    const count = (this.#counts.get(path) ?? 0) + change;
    this.#counts.set(path, count);
    path.set(atMs, count);
  }
}

/** Milliseconds of these stretches in which at least one quote stood on each side. */
export function twoSidedMs({ bid, ask }: Standing, spans: readonly Span[]): number {
  let sum = 0;
  for (const span of spans) {
    for (const piece of bid.pieces(span)) {
      if (piece.value === 0) continue;
      for (const inner of ask.pieces(piece)) if (inner.value > 0) sum += inner.toMs - inner.fromMs;
    }
  }
  return sum;
}
