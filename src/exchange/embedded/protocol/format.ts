/** The wire's ways of writing time and amounts. */

import type { Side } from '../../../domain/side.ts';
import {
  type Centicents,
  type Centicontracts,
  formatPrice,
  type Microdollars,
  type UnixMs,
} from '../../../domain/units.ts';
import type { EngineFill } from '../model.ts';

/** RFC 3339 in UTC; trailing zeros of the fraction are left off, as the venue does. */
export function formatTime(atMs: UnixMs): string {
  const text = new Date(Math.floor(atMs)).toISOString();
  return `${text.slice(0, -1).replace(/\.?0+$/, '')}Z`;
}

export function seconds(atMs: UnixMs): number {
  return Math.floor(atMs / 1000);
}

export function milliseconds(atMs: UnixMs): number {
  return Math.floor(atMs);
}

/** Dollars with four decimals, what is below cut off: "98.0186". */
export function formatBalance(money: Microdollars): string {
  return formatPrice(Math.floor(money / 100) as Centicents);
}

/** Whole cents, cut off towards zero. */
export function wholeCents(money: Microdollars): number {
  const cents = Math.trunc(money / 10_000);
  return cents === 0 ? 0 : cents;
}

export function outcomeSide(side: Side): 'yes' | 'no' {
  return side === 'bid' ? 'yes' : 'no';
}

/** Averages over executions, to the nearest $0.0001: price on the yes scale, fee a contract. Nothing without a fill. */
export function averages(fills: readonly EngineFill[]): { average_fill_price?: string; average_fee_paid?: string } {
  let quantity = 0;
  let value = 0;
  let fees = 0;
  for (const fill of fills) {
    quantity += fill.quantity;
    value += fill.price * fill.quantity;
    fees += fill.fee;
  }
  if (quantity === 0) return {};
  return {
    average_fill_price: formatPrice(Math.round(value / quantity) as Centicents),
    average_fee_paid: formatPrice(Math.round(fees / quantity) as Centicents),
  };
}

export function totalQuantity(fills: readonly EngineFill[]): Centicontracts {
  return fills.reduce((sum, fill) => sum + fill.quantity, 0) as Centicontracts;
}
