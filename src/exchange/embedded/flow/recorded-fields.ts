/** Fields of a recorded line, read strictly: what is not as it should be is refused with its name. */
import { named, type Ticker } from '../../../domain/ids.ts';
import {
  type Centicents,
  type Centicontracts,
  DOLLAR,
  parsePrice,
  parseQuantity,
  type UnixMs,
  unixMs,
} from '../../../domain/units.ts';

export type Fields = Record<string, unknown>;

/** What is wrong with a line; the reader of the file adds where it stands. */
export class LineRefused extends Error {
  override readonly name = 'LineRefused';
}

export function fieldsOf(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new LineRefused(`${name} is not an object`);
  return value as Fields;
}
export function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '') throw new LineRefused(`${name} is missing`);
  return value;
}
export function integer(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new LineRefused(`${name} is not an integer`);
  return value;
}
export function flag(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value !== 'boolean') throw new LineRefused(`${name} is neither true nor false`);
  return value;
}
export function oneOf<T extends string>(fields: Fields, name: string, known: readonly T[]): T {
  const value = fields[name];
  if (!known.includes(value as T)) throw new LineRefused(`${name} is none of ${known.join(', ')}: ${String(value)}`);
  return value as T;
}
export function ticker(fields: Fields): Ticker {
  return named(text(fields, 'market_ticker'));
}
export function outcome(fields: Fields, name: string): 'yes' | 'no' {
  const value = fields[name];
  if (value !== 'yes' && value !== 'no') throw new LineRefused(`${name} is neither yes nor no: ${String(value)}`);
  return value;
}
/** A time as text, ISO 8601. */
export function timeOf(fields: Fields, name: string): UnixMs {
  const ms = Date.parse(text(fields, name));
  if (!Number.isFinite(ms)) throw new LineRefused(`${name} is not a time: ${String(fields[name])}`);
  return unixMs(ms);
}
/** A price at which something can rest or trade. */
export function priceOf(value: unknown, name: string): Centicents {
  const price = typeof value === 'string' ? parsePrice(value) : null;
  if (price === null || price <= 0 || price >= DOLLAR)
    throw new LineRefused(`${name} is not a tradable price: ${String(value)}`);
  return price;
}
/** Any price from 0 to $1. */
export function boundOf(value: unknown, name: string): Centicents {
  const price = typeof value === 'string' ? parsePrice(value) : null;
  if (price === null || price < 0 || price > DOLLAR) throw new LineRefused(`${name} is not a price: ${String(value)}`);
  return price;
}
/** The ticker shows 0 or $1, or nothing, where a side is empty. */
export function touchOf(value: unknown, name: string): Centicents | null {
  if (value === undefined || value === null) return null;
  const price = boundOf(value, name);
  return price === 0 || price === DOLLAR ? null : price;
}
export function quantityOf(value: unknown, name: string): Centicontracts {
  const quantity = typeof value === 'string' ? parseQuantity(value) : null;
  if (quantity === null) throw new LineRefused(`${name} is not a quantity: ${String(value)}`);
  return quantity;
}
export function amountOf(value: unknown, name: string): Centicontracts {
  const quantity = quantityOf(value, name);
  if (quantity < 0) throw new LineRefused(`${name} is negative: ${quantity}`);
  return quantity;
}
