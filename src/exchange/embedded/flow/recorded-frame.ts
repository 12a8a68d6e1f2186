/** A frame of the venue's stream as a recording holds it. Strict about every field that is used; the rest is ignored. */
import type { Side } from '../../../domain/side.ts';
import { type Centicents, complement, unixMs } from '../../../domain/units.ts';
import type { Level } from '../../port.ts';
import {
  amountOf,
  type Fields,
  fieldsOf,
  integer,
  LineRefused,
  oneOf,
  outcome,
  priceOf,
  quantityOf,
  text,
  ticker,
  touchOf,
} from './recorded-fields.ts';
import type { RecordedEntry } from './recorded-line.ts';

/**
 * The scale of prices on the no side: `no` as the venue sends them by itself, `yes` where the connection had asked for
 * that (`use_yes_price`).
 */
export type NoSideScale = 'no' | 'yes';

const OTHER: RecordedEntry = { type: 'other' };

/** Throws `LineRefused`. Fills, orders and positions are an account's, not the market's: they are `other`. */
export function decodeFrame(frame: Fields, scale: NoSideScale): RecordedEntry {
  switch (text(frame, 'type')) {
    case 'orderbook_delta': {
      const msg = fieldsOf(frame.msg, 'msg');
      const side = outcome(msg, 'side') === 'yes' ? 'bid' : 'ask';
      const price = onYesScale(side, priceOf(msg.price_dollars, 'price_dollars'), scale);
      const change = quantityOf(msg.delta_fp, 'delta_fp');
      return { type: 'delta', ...sequenced(frame), market: ticker(msg), side, price, change };
    }
    case 'orderbook_snapshot': {
      const msg = fieldsOf(frame.msg, 'msg');
      const bids = levelsOf(msg.yes_dollars_fp, 'bid', 'yes_dollars_fp', scale);
      const asks = levelsOf(msg.no_dollars_fp, 'ask', 'no_dollars_fp', scale);
      return { type: 'snapshot', ...sequenced(frame), market: ticker(msg), bids, asks };
    }
    case 'ticker': {
      const msg = fieldsOf(frame.msg, 'msg');
      return {
        type: 'ticker',
        market: ticker(msg),
        lastPrice: touchOf(text(msg, 'price_dollars'), 'price_dollars'),
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
        takerSide: takerOf(msg),
      };
    }
    case 'market_lifecycle_v2':
      return decodeLifecycle(fieldsOf(frame.msg, 'msg'));
    case 'ok':
    case 'unsubscribed':
    case 'error':
      // An answer takes a number of the subscription that it is about.
      return typeof frame.sid === 'number' && typeof frame.seq === 'number'
        ? { type: 'other', ...sequenced(frame) }
        : OTHER;
    default:
      return OTHER;
  }
}

/** The venue is taking the older of its three names for a direction away. */
function takerOf(msg: Fields): Side {
  if (msg.taker_book_side !== undefined) return oneOf(msg, 'taker_book_side', ['bid', 'ask']);
  return outcome(msg, msg.taker_outcome_side === undefined ? 'taker_side' : 'taker_outcome_side') === 'yes'
    ? 'bid'
    : 'ask';
}

function decodeLifecycle(msg: Fields): RecordedEntry {
  const event = msg.event_type;
  if (event === 'activated' || event === 'deactivated')
    return { type: 'trading', market: ticker(msg), isTrading: event === 'activated' };
  if (event === 'close_date_updated')
    return { type: 'closeMoved', market: ticker(msg), closeMs: unixMs(integer(msg, 'close_ts') * 1_000) };
  // A scalar market pays something between: nothing that is played here.
  if (event !== 'determined' || msg.result === 'scalar') return OTHER;
  const at = msg.determination_ts;
  const settledMs = typeof at === 'number' && at > 0 ? unixMs(at * 1_000) : null;
  return { type: 'settled', market: ticker(msg), result: outcome(msg, 'result'), settledMs };
}

function sequenced(frame: Fields): { subscription: number; sequence: number } {
  const { sid, seq } = frame;
  if (typeof sid !== 'number' || typeof seq !== 'number') throw new LineRefused('the frame has no sid and seq');
  return { subscription: sid, sequence: seq };
}

/** Levels as pairs of texts; a side without levels is left out by the venue. */
export function levelsOf(value: unknown, side: Side, name: string, scale: NoSideScale): Level[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new LineRefused(`${name} is not a list`);
  return value.map((pair: unknown): Level => {
    if (!Array.isArray(pair) || pair.length !== 2) throw new LineRefused(`${name} holds something that is not a level`);
    return [onYesScale(side, priceOf(pair[0], name), scale), amountOf(pair[1], name)];
  });
}

/** The book of no bids is the yes book's ask side at 1 − price. */
function onYesScale(side: Side, price: Centicents, scale: NoSideScale): Centicents {
  return side === 'bid' || scale === 'yes' ? price : complement(price);
}
