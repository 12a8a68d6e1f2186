/** Frames as the venue sends them, for the servers of the benchmarks: each text as JSON, or as bytes on a socket. */

import type { Side } from '../../src/domain/side.ts';
import { type Centicents, type Centicontracts, formatPrice, formatQuantity } from '../../src/domain/units.ts';
import { tickerOf } from './socket-protocol.ts';

export const SIDS: Readonly<Record<string, number>> = {
  fill: 1,
  user_orders: 2,
  market_positions: 3,
  market_lifecycle_v2: 4,
  orderbook_delta: 5,
  ticker: 6,
  trade: 7,
  order_group_updates: 8,
};

/** The middle of every market here, $0.0001; bids below, asks above, whole cents. */
const MID = 5000;
/** What each level holds at first, contracts. */
const LEVEL_CONTRACTS = 1000;
export const LEVEL_QUANTITY = (LEVEL_CONTRACTS * 100) as Centicontracts;

const marketId = (market: number): string => `f5ed38e2-0000-4000-8000-${String(market).padStart(12, '0')}`;

/** The price of the n-th level from the middle, n from 0. */
export function levelPrice(side: Side, level: number): Centicents {
  return (MID + (side === 'bid' ? -1 : 1) * (level + 1) * 100) as Centicents;
}

export function snapshotFrame(market: number, sequence: number, levels: number): string {
  const pairs = (side: Side) =>
    Array.from({ length: levels }, (_, level) => [
      formatPrice(levelPrice(side, level)),
      formatQuantity(LEVEL_QUANTITY),
    ]);
  const msg = {
    market_ticker: tickerOf(market),
    market_id: marketId(market),
    yes_dollars_fp: pairs('bid').reverse(),
    no_dollars_fp: pairs('ask'),
  };
  return `${JSON.stringify({ type: 'orderbook_snapshot', sid: SIDS.orderbook_delta, seq: sequence, msg })}\n`;
}

export interface Change {
  readonly market: number;
  readonly side: Side;
  readonly price: Centicents;
  readonly change: Centicontracts;
}

export function deltaFrame({ market, side, price, change }: Change, sequence: number, atMs: number): string {
  const msg = {
    market_ticker: tickerOf(market),
    market_id: marketId(market),
    price_dollars: formatPrice(price),
    delta_fp: formatQuantity(change),
    side: side === 'bid' ? 'yes' : 'no',
    ts: new Date(atMs).toISOString(),
    ts_ms: atMs,
  };
  return `${JSON.stringify({ type: 'orderbook_delta', sid: SIDS.orderbook_delta, seq: sequence, msg, sending_ts_ms: atMs + 2 })}\n`;
}

export function tradeFrame(market: number, tradeId: string, sequence: number, atMs: number): string {
  const msg = {
    trade_id: tradeId,
    market_ticker: tickerOf(market),
    yes_price_dollars: '0.4900',
    no_price_dollars: '0.5100',
    count_fp: '12.00',
    taker_side: 'no',
    taker_outcome_side: 'no',
    taker_book_side: 'ask',
    is_block_trade: false,
    ts: Math.floor(atMs / 1000),
    ts_ms: atMs,
  };
  return `${JSON.stringify({ type: 'trade', sid: SIDS.trade, seq: sequence, msg, sending_ts_ms: atMs })}\n`;
}

/** One text frame as a server sends it: final, not masked. */
export function encode(text: string): Buffer {
  const payload = Buffer.from(text);
  const header = payload.length < 126 ? Buffer.alloc(2) : Buffer.alloc(4);
  header[0] = 0x81;
  if (payload.length < 126) header[1] = payload.length;
  else {
    header[1] = 126;
    header.writeUInt16BE(payload.length, 2);
  }
  return Buffer.concat([header, payload]);
}
