/**
 * One line of a recording: what the venue's stream said and when it was received, or a note of the recorder's own
 * (`control`). The decoder is strict about every field that it uses and ignores the rest, so a recorder may add fields.
 */
import { named, type Ticker } from '../../../domain/ids.ts';
import type { Market } from '../../../domain/market.ts';
import type { Side } from '../../../domain/side.ts';
import {
  type Centicents,
  type Centicontracts,
  complement,
  DOLLAR,
  parsePrice,
  parseQuantity,
  type UnixMs,
  unixMs,
} from '../../../domain/units.ts';
import type { Level } from '../../port.ts';

export interface RecordedWatch {
  readonly type: 'watch';
  readonly market: Ticker;
  readonly closeMs: UnixMs;
  readonly strike: number | null;
}
/**
 * Everything that was listed of a market when it was first watched, and again whenever any of it changed; the market's
 * own book, trades and result come in other lines.
 */
export interface RecordedListing {
  readonly type: 'listing';
  readonly market: Ticker;
  /** As the catalogue showed it at this time: status, close, grid and fees are those in force from here on. */
  readonly listed: Market;
}
/**
 * The venue determined the result: from here on nobody trades, and it pays. Recorded at the moment in which it was heard,
 * which may be before or after the market's close time has passed.
 */
export interface RecordedSettled {
  readonly type: 'settled';
  readonly market: Ticker;
  readonly result: 'yes' | 'no';
  /** When the venue says that it determined the result; null where it does not say. */
  readonly settledMs: UnixMs | null;
}
/** The venue moved the close. */
export interface RecordedCloseMoved {
  readonly type: 'closeMoved';
  readonly market: Ticker;
  readonly closeMs: UnixMs;
}
/** The venue paused trading in this market (`isTrading` false: every resting order is cancelled) or let it go on. */
export interface RecordedTrading {
  readonly type: 'trading';
  readonly market: Ticker;
  readonly isTrading: boolean;
}
export interface RecordedSnapshot {
  readonly type: 'snapshot';
  readonly subscription: number;
  readonly sequence: number;
  readonly market: Ticker;
  /** Yes scale, in the order of the recording. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}
export interface RecordedDelta {
  readonly type: 'delta';
  readonly subscription: number;
  readonly sequence: number;
  readonly market: Ticker;
  readonly side: Side;
  readonly price: Centicents;
  readonly change: Centicontracts;
}
export interface RecordedTicker {
  readonly type: 'ticker';
  readonly market: Ticker;
  /** Null before the first trade. */
  readonly lastPrice: Centicents | null;
  readonly volume: Centicontracts;
  readonly openInterest: Centicontracts;
  /** Null where the side is empty. */
  readonly bid: Centicents | null;
  readonly ask: Centicents | null;
}
/** A trade as the venue's trade channel told it; where a recording has this channel, nothing has to be inferred. */
export interface RecordedTrade {
  readonly type: 'trade';
  readonly market: Ticker;
  readonly price: Centicents;
  readonly quantity: Centicontracts;
  readonly takerSide: Side;
}
export type RecordedEntry =
  | RecordedWatch
  | RecordedListing
  | RecordedSettled
  | RecordedCloseMoved
  | RecordedTrading
  | RecordedSnapshot
  | RecordedDelta
  | RecordedTicker
  | RecordedTrade
  /** Answers to commands, other channels, other notes: nothing that a market is made of. */
  | { readonly type: 'other' };

/**
 * Why what came before a line does not lead up to it: another connection or another recording began, the recorder
 * dropped lines because the disk was too slow, a frame arrived damaged, or the file before ended in the middle of a
 * line.
 */
export type GapCause = 'connection' | 'file' | 'dropped' | 'malformed' | 'torn';

export interface RecordedLine {
  /** On the clock that the market lived by. Never before the line before. */
  readonly recvMs: UnixMs;
  /**
   * Present where something is missing just before this line: every book is void until its next snapshot, and
   * subscriptions number anew. A file that goes on where the one before ended has none.
   */
  readonly gap?: GapCause;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly entry: RecordedEntry;
}

type Fields = Record<string, unknown>;
const OTHER: RecordedEntry = { type: 'other' };

/** What is wrong with a line; the reader of the file adds where it stands. */
export class LineRefused extends Error {
  override readonly name = 'LineRefused';
}

/** Throws `LineRefused` or a `SyntaxError` of JSON. */
export function decodeLine(text: string): { recvMs: UnixMs; entry: RecordedEntry } {
  const line = fieldsOf(JSON.parse(text), 'the line');
  const recvNs = line.recv_ns;
  // Nanoseconds are beyond 2^53: JSON.parse rounds them to 256, perhaps to just below the millisecond that was meant.
  if (typeof recvNs !== 'number' || !(recvNs > 0)) throw new LineRefused('it has no receive time (recv_ns)');
  const recvMs = unixMs(Math.floor((recvNs + 512) / 1e6));
  if ('frame' in line) return { recvMs, entry: decodeFrame(fieldsOf(line.frame, 'frame')) };
  if (typeof line.control === 'string') return { recvMs, entry: decodeControl(line.control, line.data) };
  throw new LineRefused('it has neither a frame nor a control note');
}

function decodeControl(control: string, data: unknown): RecordedEntry {
  if (control !== 'watch_market') return OTHER;
  const fields = fieldsOf(data, 'data');
  const closeMs = Date.parse(text(fields, 'close_time'));
  if (!Number.isFinite(closeMs)) throw new LineRefused(`close_time is not a time: ${String(fields.close_time)}`);
  const strike = fields.strike ?? null;
  if (strike !== null && typeof strike !== 'number') throw new LineRefused('strike is not a number');
  return { type: 'watch', market: ticker(fields), closeMs: unixMs(closeMs), strike };
}

function decodeFrame(frame: Fields): RecordedEntry {
  switch (text(frame, 'type')) {
    case 'orderbook_delta': {
      const msg = fieldsOf(frame.msg, 'msg');
      const side = outcome(msg, 'side') === 'yes' ? 'bid' : 'ask';
      const price = onYesScale(side, priceOf(msg.price_dollars, 'price_dollars'));
      const change = quantityOf(msg.delta_fp, 'delta_fp');
      return { type: 'delta', ...sequenced(frame), market: ticker(msg), side, price, change };
    }
    case 'orderbook_snapshot': {
      const msg = fieldsOf(frame.msg, 'msg');
      const bids = levels(msg.yes_dollars_fp, 'bid', 'yes_dollars_fp');
      const asks = levels(msg.no_dollars_fp, 'ask', 'no_dollars_fp');
      return { type: 'snapshot', ...sequenced(frame), market: ticker(msg), bids, asks };
    }
    case 'ticker': {
      const msg = fieldsOf(frame.msg, 'msg');
      const last = parsePrice(text(msg, 'price_dollars'));
      if (last === null) throw new LineRefused(`price_dollars is not a price: ${String(msg.price_dollars)}`);
      return {
        type: 'ticker',
        market: ticker(msg),
        lastPrice: last > 0 && last < DOLLAR ? last : null,
        volume: amountOf(msg.volume_fp, 'volume_fp'),
        openInterest: amountOf(msg.open_interest_fp, 'open_interest_fp'),
        bid: touchOf(msg.yes_bid_dollars, 'yes_bid_dollars'),
        ask: touchOf(msg.yes_ask_dollars, 'yes_ask_dollars'),
      };
    }
    case 'trade': {
      const msg = fieldsOf(frame.msg, 'msg');
      return {
        type: 'trade',
        market: ticker(msg),
        price: priceOf(msg.yes_price_dollars, 'yes_price_dollars'),
        quantity: amountOf(msg.count_fp, 'count_fp'),
        takerSide: outcome(msg, 'taker_side') === 'yes' ? 'bid' : 'ask',
      };
    }
    default:
      return OTHER;
  }
}

function sequenced(frame: Fields): { subscription: number; sequence: number } {
  const { sid, seq } = frame;
  if (typeof sid !== 'number' || typeof seq !== 'number') throw new LineRefused('the frame has no sid and seq');
  return { subscription: sid, sequence: seq };
}

function levels(value: unknown, side: Side, name: string): Level[] {
  // A side without levels is left out by the venue.
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new LineRefused(`${name} is not a list`);
  return value.map((pair: unknown): Level => {
    if (!Array.isArray(pair) || pair.length !== 2) throw new LineRefused(`${name} holds something that is not a level`);
    return [onYesScale(side, priceOf(pair[0], name)), amountOf(pair[1], name)];
  });
}

/** The book of no bids is the yes book's ask side at 1 − price. */
function onYesScale(side: Side, price: Centicents): Centicents {
  return side === 'bid' ? price : complement(price);
}

function fieldsOf(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new LineRefused(`${name} is not an object`);
  return value as Fields;
}
function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '') throw new LineRefused(`${name} is missing`);
  return value;
}
function ticker(fields: Fields): Ticker {
  return named(text(fields, 'market_ticker'));
}
function outcome(fields: Fields, name: string): 'yes' | 'no' {
  const value = fields[name];
  if (value !== 'yes' && value !== 'no') throw new LineRefused(`${name} is neither yes nor no: ${String(value)}`);
  return value;
}
/** A price at which something can rest or trade. */
function priceOf(value: unknown, name: string): Centicents {
  const price = typeof value === 'string' ? parsePrice(value) : null;
  if (price === null || price <= 0 || price >= DOLLAR)
    throw new LineRefused(`${name} is not a tradable price: ${String(value)}`);
  return price;
}
/** The ticker shows 0 or $1, or nothing, where a side is empty. */
function touchOf(value: unknown, name: string): Centicents | null {
  if (value === undefined || value === null) return null;
  const price = typeof value === 'string' ? parsePrice(value) : null;
  if (price === null || price < 0 || price > DOLLAR) throw new LineRefused(`${name} is not a price: ${String(value)}`);
  return price === 0 || price === DOLLAR ? null : price;
}
function quantityOf(value: unknown, name: string): Centicontracts {
  const quantity = typeof value === 'string' ? parseQuantity(value) : null;
  if (quantity === null) throw new LineRefused(`${name} is not a quantity: ${String(value)}`);
  return quantity;
}
function amountOf(value: unknown, name: string): Centicontracts {
  const quantity = quantityOf(value, name);
  if (quantity < 0) throw new LineRefused(`${name} is negative: ${quantity}`);
  return quantity;
}
