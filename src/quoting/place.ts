/**
 * From two prices of the model to two orders: the last of the one order of bounds, touch and post-only → grid, and the
 * size that the position limit leaves. Prices here only ever move away from each other.
 */
import type { BookReading } from '../book/read-book.ts';
import type { PriceGrid } from '../domain/market.ts';
import { opposite, type Side, signOf } from '../domain/side.ts';
import { type Centicents, type Centicontracts, CONTRACT } from '../domain/units.ts';
import type { Settings } from '../settings/schema.ts';
import type { Bound } from './decision.ts';

/** Rounding noise of the model, in $0.0001: a float this near to a whole one is meant to be it. */
const NOISE = 1e-6;

/** The float price in $0.0001 without the noise that would push it over a border of the grid. */
function cleaned(price: number): number {
  const whole = Math.round(price);
  return Math.abs(price - whole) < NOISE ? whole : price;
}

/** The nearest allowed price that is no better for the others: a bid down, an ask up; null where there is none. */
export function onGrid(grid: PriceGrid, side: Side, price: number): Centicents | null {
  return side === 'bid' ? grid.floor(cleaned(price)) : grid.ceil(cleaned(price));
}

/** The next allowed price less eager than this one. */
export function behind(grid: PriceGrid, side: Side, price: Centicents): Centicents | null {
  return side === 'bid' ? grid.below(price) : grid.above(price);
}

/** How much more eager `a` is than `b`, in $0.0001: a higher bid, a lower ask. */
export function eagerness(side: Side, a: number, b: number): number {
  return signOf(side) * (a - b);
}

export interface PlaceInput {
  readonly side: Side;
  /** What the model wants, ¢. */
  readonly priceCents: number;
  readonly grid: PriceGrid;
  readonly reading: BookReading;
  /** The full book's best price on the other side: reaching it would trade. */
  readonly opposingTouch: Centicents;
  readonly improveCentsMin: number;
}

/** The price to quote, or null where the grid has none. */
export function place(input: PlaceInput, bounds: Bound[]): Centicents | null {
  const { side, grid, reading } = input;
  const nearest = behind(grid, side, input.opposingTouch);
  if (nearest === null) return null;
  let price = input.priceCents * 100;
  if (eagerness(side, price, nearest) > 0) {
    price = nearest;
    bounds.push(side === 'bid' ? 'bidPostOnly' : 'askPostOnly');
  }
  const allowed = onGrid(grid, side, price);
  if (allowed === null) return null;
  const best = side === 'bid' ? reading.bid : reading.ask;
  const improvement = eagerness(side, allowed, best);
  if (improvement > 0 && improvement < input.improveCentsMin * 100 - NOISE) {
    // Not worth the queue that an improvement gives up: join the touch.
    bounds.push(side === 'bid' ? 'bidJoins' : 'askJoins');
    return onGrid(grid, side, best);
  }
  return allowed;
}

/**
 * How much of `wanted` fits: on each side up to the position limit less the buffer, so the side that builds inventory
 * shrinks and the side that reduces it does not. Cut to whole contracts; 0 when less than the smallest order is left.
 */
export function roomFor(
  side: Side,
  wanted: Centicontracts,
  position: Centicontracts,
  settings: Settings['quoting'],
): Centicontracts {
  const limit = Math.floor(settings.positionContractsMax * (1 - settings.capacityBuffer) * CONTRACT + NOISE);
  const room = limit - signOf(side) * position;
  const fits = room >= wanted ? wanted : Math.floor(room / CONTRACT) * CONTRACT;
  return (fits >= settings.quantityContractsMin * CONTRACT ? fits : 0) as Centicontracts;
}

/** The price of the touch that an order of this side would take. */
export function opposingPrice(side: Side, touch: { readonly bid: Centicents; readonly ask: Centicents }): Centicents {
  return opposite(side) === 'bid' ? touch.bid : touch.ask;
}
