import type { Side } from '../domain/side.ts';
import { type Centicents, type Centicontracts, toContracts } from '../domain/units.ts';
import type { Ladder } from './ladder.ts';
import type { OrderBook } from './order-book.ts';

/** What we have resting in a market, a price at a time; 0 where we have nothing. */
export interface OwnResting {
  quantityAt(side: Side, price: Centicents): Centicontracts;
}

/** For a reader who has nothing in the market. */
export const NOTHING_RESTING: OwnResting = { quantityAt: () => 0 as Centicontracts };

/** What the others' book says. Sizes and depth never hold anything of ours. */
export interface BookReading {
  /** The touch of the others' book. */
  readonly bid: Centicents;
  readonly ask: Centicents;
  readonly bidSize: Centicontracts;
  readonly askSize: Centicontracts;
  readonly midCents: number;
  readonly spreadCents: number;
  /** The touch weighted by the size on the other side: where the next trade is more likely. */
  readonly micropriceCents: number;
  /** (bids − asks) ÷ (bids + asks) over the levels read, −1 … 1: positive when more wants to buy. */
  readonly imbalance: number;
  /** Contracts on both sides over the levels read. */
  readonly depthContracts: number;
}

interface SideReading {
  readonly price: Centicents;
  readonly size: Centicontracts;
  readonly depth: number;
}

/**
 * Reads the best `depthLevels` levels of each side, less our own resting size: a level that is all ours does not exist.
 * So our quotes move no price and no signal of ours; only checks against crossing use the full book.
 * Null where there is nothing to read: a side is empty, or the sides touch or cross.
 * Where our table says more than the level holds (a fill that the book has heard of and the table has not), the level
 * counts as empty of others until both agree.
 */
export function readBook(book: OrderBook, own: OwnResting, depthLevels: number): BookReading | null {
  const bid = readSide(book.bids, 'bid', own, depthLevels);
  if (bid === null) return null;
  const ask = readSide(book.asks, 'ask', own, depthLevels);
  if (ask === null || bid.price >= ask.price) return null;
  return {
    bid: bid.price,
    ask: ask.price,
    bidSize: bid.size,
    askSize: ask.size,
    midCents: (bid.price + ask.price) / 200,
    spreadCents: (ask.price - bid.price) / 100,
    micropriceCents: (bid.price * ask.size + ask.price * bid.size) / (bid.size + ask.size) / 100,
    imbalance: (bid.depth - ask.depth) / (bid.depth + ask.depth),
    depthContracts: toContracts((bid.depth + ask.depth) as Centicontracts),
  };
}

function readSide(ladder: Ladder, side: Side, own: OwnResting, depthLevels: number): SideReading | null {
  let price = 0;
  let size = 0;
  let depth = 0;
  let levels = 0;
  for (let nth = 0; nth < ladder.size && levels < depthLevels; nth++) {
    const at = ladder.price(nth);
    const others = ladder.quantity(nth) - own.quantityAt(side, at);
    if (others <= 0) continue;
    if (levels === 0) {
      price = at;
      size = others;
    }
    depth += others;
    levels++;
  }
  return levels === 0 ? null : { price: price as Centicents, size: size as Centicontracts, depth };
}
