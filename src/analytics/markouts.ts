/**
 * What fills were worth against a mid: at the moment of the fill (spread captured), or some time after it (markout). From
 * our side: positive is good for us. Sums are exact; a mean is in cents per contract, weighted by contracts.
 */
import type { Fill } from '../domain/fill.ts';
import { signOf } from '../domain/side.ts';
import type { Centicents, Centicontracts } from '../domain/units.ts';

/** A touch with both sides: what a mid is made of. */
export interface Touch {
  readonly bid: Centicents;
  readonly ask: Centicents;
}

/** A sum over fills. */
export interface Gain {
  /** Twice the money, integer of $0.000001: a mid may lie on half a price unit. */
  readonly doubled: number;
  readonly quantity: Centicontracts;
}

export const NO_GAIN: Gain = { doubled: 0, quantity: 0 as Centicontracts };

/** (mid − price) × quantity for a bid, (price − mid) × quantity for an ask. */
export function gainOf(fill: Pick<Fill, 'side' | 'price' | 'quantity'>, touch: Touch): Gain {
  const doubled = signOf(fill.side) * (touch.bid + touch.ask - 2 * fill.price) * fill.quantity;
  return { doubled, quantity: fill.quantity };
}

export function addGains(one: Gain, other: Gain): Gain {
  return { doubled: one.doubled + other.doubled, quantity: (one.quantity + other.quantity) as Centicontracts };
}

/** Cents per contract; null without a contract. */
export function centsPerContract({ doubled, quantity }: Gain): number | null {
  return quantity === 0 ? null : doubled / 2 / quantity / 100;
}

/** Where a touch can be asked for: at the end of a millisecond, or at its beginning. */
export interface Touches {
  at(ms: number): Touch | null;
  before(ms: number): Touch | null;
}

/**
 * Against the mid `horizonMs` after each fill; null: against the one just before it. Fills for which there was no mid
 * then (a side empty, the market closed, the recording over) are left out: the quantity says how much was counted.
 */
export function gainAfter(
  fills: readonly Fill[],
  horizonMs: number | null,
  touchesOf: (market: Fill['market']) => Touches | null,
): Gain {
  let sum = NO_GAIN;
  for (const fill of fills) {
    const touches = touchesOf(fill.market);
    const touch = (horizonMs === null ? touches?.before(fill.atMs) : touches?.at(fill.atMs + horizonMs)) ?? null;
    if (touch !== null) sum = addGains(sum, gainOf(fill, touch));
  }
  return sum;
}
