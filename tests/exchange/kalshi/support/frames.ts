/** Frames as the venue sends them, one a kind. */

export const DELTA = {
  type: 'orderbook_delta',
  sid: 3,
  seq: 17,
  sending_ts_ms: 1_790_000_000_456,
  msg: {
    market_ticker: 'KXRAIN-26DEC24-T1',
    market_id: '4b7c0a2e-0000-4000-8000-000000000001',
    price_dollars: '0.5250',
    delta_fp: '-3.50',
    side: 'no',
    ts: '2026-12-01T09:00:00.123Z',
    ts_ms: 1_790_000_000_123,
  },
};
export const SNAPSHOT = {
  type: 'orderbook_snapshot',
  sid: 3,
  seq: 1,
  msg: {
    market_ticker: 'KXRAIN-26DEC24-T1',
    yes_dollars_fp: [
      ['0.4600', '5.00'],
      ['0.4700', '3.00'],
    ],
    no_dollars_fp: [
      ['0.5300', '1.50'],
      ['0.5200', '3.00'],
    ],
  },
};
export const TRADE = {
  type: 'trade',
  sid: 4,
  seq: 9,
  msg: {
    trade_id: 't-1',
    market_ticker: 'KXRAIN-26DEC24-T1',
    yes_price_dollars: '0.3600',
    no_price_dollars: '0.6400',
    count_fp: '136.00',
    taker_side: 'no',
    taker_outcome_side: 'no',
    taker_book_side: 'ask',
    ts: 1_790_000_000,
    ts_ms: 1_790_000_000_000,
  },
};
export const TICKER = {
  type: 'ticker',
  sid: 5,
  msg: {
    market_ticker: 'KXRAIN-26DEC24-T1',
    price_dollars: '0.4800',
    yes_bid_dollars: '0.4500',
    yes_ask_dollars: '0.5300',
    yes_bid_size_fp: '300.00',
    yes_ask_size_fp: '150.00',
    volume_fp: '33896.00',
    open_interest_fp: '20422.00',
    ts: 1_790_000_000,
    ts_ms: 1_790_000_000_000,
  },
};
export const FILL = {
  type: 'fill',
  sid: 6,
  msg: {
    trade_id: 't-1',
    order_id: 'o-1',
    client_order_id: 'bs-r1-s1-1',
    market_ticker: 'KXRAIN-26DEC24-T1',
    is_taker: false,
    side: 'no',
    yes_price_dollars: '0.7500',
    count_fp: '2.78',
    fee_cost: '0.010001',
    action: 'buy',
    ts: 1_790_000_000,
    ts_ms: 1_790_000_000_000,
    post_position_fp: '-5.00',
    outcome_side: 'no',
    book_side: 'ask',
    subaccount: 0,
  },
};
export const ORDER = {
  type: 'user_order',
  sid: 7,
  msg: {
    order_id: 'o-1',
    ticker: 'KXRAIN-26DEC24-T1',
    exchange_index: 2,
    status: 'canceled',
    outcome_side: 'yes',
    book_side: 'bid',
    yes_price_dollars: '0.3500',
    fill_count_fp: '1.00',
    remaining_count_fp: '0.00',
    initial_count_fp: '10.00',
    client_order_id: 'bs-r1-s1-1',
    created_ts_ms: 1_790_000_000_000,
    last_updated_ts_ms: 1_790_000_000_900,
    last_update_reason: 'ExpiryCancel',
    subaccount_number: 0,
  },
};
export const POSITION = {
  type: 'market_position',
  sid: 8,
  msg: { market_ticker: 'T', position_fp: '-12.50', subaccount: 0 },
};
export const DETERMINED = {
  type: 'market_lifecycle_v2',
  sid: 9,
  seq: 4,
  msg: { market_ticker: 'T', event_type: 'determined', result: 'yes', settlement_value: '1.0000' },
};

export interface Frame {
  type?: unknown;
  sid?: unknown;
  seq?: unknown;
  msg?: unknown;
}

/** The frame with one field of its body replaced; undefined leaves it out. */
export const withBody = (frame: Frame, changes: object) => ({
  ...frame,
  msg: { ...(frame.msg as object), ...changes },
});
