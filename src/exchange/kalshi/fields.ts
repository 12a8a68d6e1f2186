/**
 * Single fields of a frame, read strictly: each gives an exact value or throws `Unreadable`. Written by hand because
 * every book change goes through here.
 */
import type { ClientOrderId, Ticker } from '../../domain/ids.ts';
import type { Side } from '../../domain/side.ts';
import {
  type Centicents,
  type Centicontracts,
  DOLLAR,
  parsePrice,
  parseQuantity,
  type UnixMs,
} from '../../domain/units.ts';
import type { Level } from '../port.ts';
import { parseTime } from './wire.ts';

export type Fields = Record<string, unknown>;

/** Why a frame cannot be understood; caught where frames are decoded. */
export class Unreadable extends Error {}

export function fail(message: string): never {
  throw new Unreadable(message);
}

export function bodyOf(frame: Fields): Fields {
  const body = frame.msg;
  if (typeof body !== 'object' || body === null) throw new Unreadable('without a body');
  return body as Fields;
}

export function integer(value: unknown, key: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new Unreadable(`${key} is not an integer`);
  return value;
}

export function optionalInteger(value: unknown, key: string): number | null {
  return value === undefined ? null : integer(value, key);
}

export function textOf(value: unknown, key: string): string {
  if (typeof value !== 'string' || value === '') throw new Unreadable(`${key} is not a text`);
  return value;
}

export function tickerOf(body: Fields): Ticker {
  return textOf(body.market_ticker, 'market_ticker') as Ticker;
}

/** A price in [0, 1]. */
export function rawPrice(text: unknown, key: string): Centicents {
  const price = typeof text === 'string' ? parsePrice(text) : null;
  if (price === null || price < 0 || price > DOLLAR) throw new Unreadable(`${key} is not a price`);
  return price;
}

/** A price at which one can trade. */
export function priceOf(text: unknown, key: string): Centicents {
  const price = rawPrice(text, key);
  if (price === 0 || price === DOLLAR) throw new Unreadable(`${key} is outside (0, 1)`);
  return price;
}

export function quantityOf(text: unknown, key: string): Centicontracts {
  const quantity = typeof text === 'string' ? parseQuantity(text) : null;
  if (quantity === null) throw new Unreadable(`${key} is not a quantity`);
  return quantity;
}

export function sizeOf(text: unknown, key: string): Centicontracts {
  const quantity = quantityOf(text, key);
  if (quantity < 0) throw new Unreadable(`${key} is negative`);
  return quantity;
}

export function executedOf(body: Fields): Centicontracts {
  const quantity = sizeOf(body.count_fp, 'count_fp');
  if (quantity === 0) throw new Unreadable('an execution of nothing');
  return quantity;
}

/** Buying no is an ask on the yes price. */
export function sideOf(book: unknown, outcome: unknown): Side {
  if (book === 'bid' || book === 'ask') return book;
  if (book === undefined && outcome === 'yes') return 'bid';
  if (book === undefined && outcome === 'no') return 'ask';
  throw new Unreadable('without a side');
}

/** The venue's time: milliseconds, or text, or (older frames) seconds. */
export function timeOf(body: Fields): UnixMs {
  const ms = body.ts_ms;
  if (typeof ms === 'number' && Number.isSafeInteger(ms)) return ms as UnixMs;
  if (ms !== undefined) throw new Unreadable('ts_ms is not a time');
  const { ts } = body;
  if (typeof ts === 'string') return parseTime(ts) ?? fail('ts is not a time');
  return (integer(ts, 'ts') * 1000) as UnixMs;
}

export function optionalTime(ms: unknown, text: unknown, key: string): UnixMs | null {
  if (ms != null) return integer(ms, key) as UnixMs;
  if (text == null) return null;
  return parseTime(textOf(text, key)) ?? fail(`${key} is not a time`);
}

/** A side's levels, ascending. Undefined, the key being absent, when the side is empty. */
export function levelsOf(wire: unknown, key: string): Level[] {
  if (wire === undefined) return [];
  if (!Array.isArray(wire)) throw new Unreadable(`${key} is not a list`);
  const levels: Level[] = new Array(wire.length);
  let isAscending = true;
  for (let index = 0; index < wire.length; index++) {
    const pair = wire[index];
    const price = typeof pair?.[0] === 'string' ? parsePrice(pair[0]) : null;
    const size = typeof pair?.[1] === 'string' ? parseQuantity(pair[1]) : null;
    if (price === null || size === null || price <= 0 || price >= DOLLAR || size <= 0) {
      throw new Unreadable(`${key}[${index}] is not a level`);
    }
    levels[index] = [price, size];
    if (index > 0 && price <= levels[index - 1]![0]) isAscending = false;
  }
  // On the yes scale the no side may come best first or best last: order is not relied on, but a price comes once.
  if (!isAscending) {
    levels.sort((a, b) => a[0] - b[0]);
    for (let index = 1; index < levels.length; index++) {
      if (levels[index]![0] === levels[index - 1]![0]) throw new Unreadable(`${key} has a price twice`);
    }
  }
  return levels;
}

/** An order of ours, or null: the key is absent or empty where the order is not. */
export function clientOrderIdOf(body: Fields): ClientOrderId | null {
  const id = body.client_order_id;
  return typeof id === 'string' && id !== '' ? (id as ClientOrderId) : null;
}
