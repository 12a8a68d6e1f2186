/**
 * Exact units. A price is an integer of $0.0001, a quantity an integer of 0.01 contract, money an integer of $0.000001,
 * so price × quantity is money without rounding. Numbers are branded: nothing else converts between them, and text
 * becomes a unit only in a parser (`parse*`), a unit becomes text only for display or the wire (`format*`).
 */
import { assert } from './assert.ts';

declare const unit: unique symbol;

/** Price of one yes contract, integer of $0.0001. Tradable prices lie strictly between 0 and 10,000. */
export type Centicents = number & { readonly [unit]: 'centicents' };
/** Quantity, integer of 0.01 contract. Signed where it is a position: + yes, − no. */
export type Centicontracts = number & { readonly [unit]: 'centicontracts' };
/** Money, integer of $0.000001. */
export type Microdollars = number & { readonly [unit]: 'microdollars' };
/** Milliseconds since 1970, on the clock that the name says (wall or market). */
export type UnixMs = number & { readonly [unit]: 'unixMs' };

/** $1, the payoff of a yes contract that comes true, as a price. */
export const DOLLAR = 10_000 as Centicents;
/** One whole contract. */
export const CONTRACT = 100 as Centicontracts;
/** $1 as money. */
export const MICRODOLLARS_PER_DOLLAR = 1_000_000;
export const ZERO_MONEY = 0 as Microdollars;
export const ZERO_QUANTITY = 0 as Centicontracts;

export function centicents(value: number): Centicents {
  assert(Number.isSafeInteger(value), `a price must be an integer of $0.0001, was ${value}`);
  return value as Centicents;
}
export function centicontracts(value: number): Centicontracts {
  assert(Number.isSafeInteger(value), `a quantity must be an integer of 0.01 contract, was ${value}`);
  return value as Centicontracts;
}
export function microdollars(value: number): Microdollars {
  assert(Number.isSafeInteger(value), `money must be an integer of $0.000001, was ${value}`);
  return value as Microdollars;
}
export function unixMs(value: number): UnixMs {
  assert(Number.isFinite(value), `a time must be a finite number of milliseconds, was ${value}`);
  return value as UnixMs;
}

/** price × quantity, exact: $0.0001 × 0.01 = $0.000001. */
export function cost(price: Centicents, quantity: Centicontracts): Microdollars {
  return microdollars(price * quantity);
}
/** 1 − price: the price of the other outcome. */
export function complement(price: Centicents): Centicents {
  return (DOLLAR - price) as Centicents;
}

/**
 * Reads a decimal with at most `digits` digits after the point into an integer of 10^−digits; null if it is anything
 * else (empty, exponent, sign alone, more digits that are not zero, beyond 2^53). Never rounds.
 */
export function parseDecimal(text: string, digits: number): number | null {
  const length = text.length;
  let index = 0;
  let negative = false;
  if (text.charCodeAt(0) === 45) {
    negative = true;
    index = 1;
  }
  let value = 0;
  let seen = 0;
  for (; index < length; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
    seen++;
  }
  if (seen === 0) return null;
  let decimals = 0;
  if (index < length) {
    if (text.charCodeAt(index) !== 46) return null;
    index++;
    if (index === length) return null;
    for (; index < length; index++) {
      const digit = text.charCodeAt(index) - 48;
      if (digit < 0 || digit > 9) return null;
      if (decimals < digits) {
        value = value * 10 + digit;
        decimals++;
      } else if (digit !== 0) return null;
    }
  }
  for (; decimals < digits; decimals++) value *= 10;
  if (value > Number.MAX_SAFE_INTEGER) return null;
  return negative && value !== 0 ? -value : value;
}

/** Dollars as text ("0.5600") → price; null if it is not a decimal of at most four digits. */
export function parsePrice(text: string): Centicents | null {
  return parseDecimal(text, 4) as Centicents | null;
}
/** Contracts as text ("10.00") → quantity; null if it is not a decimal of at most two digits. */
export function parseQuantity(text: string): Centicontracts | null {
  return parseDecimal(text, 2) as Centicontracts | null;
}
/** Dollars as text ("0.018900") → money; null if it is not a decimal of at most six digits. */
export function parseMoney(text: string): Microdollars | null {
  return parseDecimal(text, 6) as Microdollars | null;
}

function formatDecimal(value: number, digits: number): string {
  assert(Number.isSafeInteger(value), `cannot format ${value} as a decimal`);
  const sign = value < 0 ? '-' : '';
  const text = String(Math.abs(value)).padStart(digits + 1, '0');
  return `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
/** "0.5600" */
export function formatPrice(price: Centicents): string {
  return formatDecimal(price, 4);
}
/** "10.00" */
export function formatQuantity(quantity: Centicontracts): string {
  return formatDecimal(quantity, 2);
}
/** "0.018900" */
export function formatMoney(money: Microdollars): string {
  return formatDecimal(money, 6);
}

/** Cents as a float, for the models only: $0.01 = 1. */
export function toCents(price: Centicents): number {
  return price / 100;
}
/** Whole contracts as a float, for the models only. */
export function toContracts(quantity: Centicontracts): number {
  return quantity / 100;
}
/** Dollars as a float, for the models and charts only. */
export function toDollars(money: Microdollars): number {
  return money / MICRODOLLARS_PER_DOLLAR;
}
/** Dollars from configuration → money, to the nearest $0.000001. */
export function fromDollars(dollars: number): Microdollars {
  return microdollars(Math.round(dollars * MICRODOLLARS_PER_DOLLAR));
}
