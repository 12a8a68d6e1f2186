/**
 * Invariants of decoding, for any frame whatever:
 *  1. It never throws.
 *  2. It never yields a price outside (0, 1), a quantity or a fee that did not stand in the frame.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrame } from '../../../src/exchange/kalshi/parse-stream.ts';
import { DELTA, DETERMINED, FILL, ORDER, POSITION, SNAPSHOT, TICKER, TRADE, withBody } from './support/frames.ts';

const decode = (frame: unknown, subaccount: number | null = null) => decodeFrame(JSON.stringify(frame), subaccount);

describe('A frame', () => {
  it('of a change says the change, the no side as asks on the yes scale', () => {
    expect(decode(DELTA)).toEqual({
      type: 'bookDelta',
      subscription: 3,
      sequence: 17,
      market: 'KXRAIN-26DEC24-T1',
      side: 'ask',
      price: 5250,
      change: -350,
      atMs: 1_790_000_000_123,
      clientOrderId: null,
    });
    expect(decode(withBody(DELTA, { client_order_id: 'bs-1' }))).toMatchObject({ clientOrderId: 'bs-1' });
  });

  it('of a snapshot says both sides ascending, in whatever order they came', () => {
    expect(decode(SNAPSHOT)).toMatchObject({
      bids: [
        [4600, 500],
        [4700, 300],
      ],
      asks: [
        [5200, 300],
        [5300, 150],
      ],
    });
  });

  it('of a snapshot leaves out the key of an empty side', () => {
    expect(decode(withBody(SNAPSHOT, { no_dollars_fp: undefined }))).toMatchObject({ type: 'bookSnapshot', asks: [] });
  });

  it('of a trade says which side took', () => {
    expect(decode(TRADE)).toMatchObject({ price: 3600, quantity: 13_600, takerSide: 'ask', sequence: 9 });
    const byOutcome = withBody(TRADE, { taker_book_side: undefined });
    expect(decode(byOutcome)).toMatchObject({ takerSide: 'ask' });
    expect(decode(withBody(byOutcome, { taker_outcome_side: undefined }))).toMatchObject({ takerSide: 'ask' });
  });

  it('of a ticker has an empty side where the size is 0, whatever its price says', () => {
    expect(decode(TICKER)).toMatchObject({ bid: 4500, ask: 5300, lastPrice: 4800, volume: 3_389_600 });
    expect(decode(withBody(TICKER, { yes_ask_size_fp: '0.00', yes_ask_dollars: '0.0000' }))).toMatchObject({
      ask: null,
    });
    expect(decode(withBody(TICKER, { yes_bid_size_fp: '0.00' }))).toMatchObject({ bid: null, ask: 5300 });
  });

  it('of a fill says what the ledger needs', () => {
    expect(decode(FILL)).toEqual({
      type: 'fill',
      fill: {
        tradeId: 't-1',
        orderId: 'o-1',
        clientOrderId: 'bs-r1-s1-1',
        market: 'KXRAIN-26DEC24-T1',
        side: 'ask',
        price: 7500,
        quantity: 278,
        fee: 10_001,
        isTaker: false,
        atMs: 1_790_000_000_000,
        positionAfter: -500,
      },
    });
  });

  it('of an order says its state and why', () => {
    expect(decode(ORDER)).toMatchObject({
      type: 'order',
      order: { status: 'canceled', reason: 'ExpiryCancel', filled: 100, remaining: 0, updatedMs: 1_790_000_000_900 },
    });
  });

  it('of a position says it signed', () => {
    expect(decode(POSITION)).toEqual({ type: 'position', market: 'T', position: -1250 });
  });

  it.each([
    [{ event_type: 'created' }, { kind: 'created' }],
    [{ event_type: 'deactivated', is_deactivated: true }, { kind: 'deactivated' }],
    [{ event_type: 'metadata_updated', floor_strike: 95_000 }, { kind: 'metadataUpdated' }],
    [
      { event_type: 'close_date_updated', close_ts: 1_790_000_000 },
      { kind: 'closeMoved', closeMs: 1_790_000_000_000 },
    ],
    [
      { event_type: 'determined', result: 'scalar', settlement_value: '0.5000' },
      { kind: 'determined', result: 'scalar', value: 5000 },
    ],
    [
      { event_type: 'determined', result: 'no' },
      { kind: 'determined', result: 'no', value: null },
    ],
    [{ event_type: 'settled', settled_ts: 1_790_000_000 }, { kind: 'settled' }],
  ])('of a market’s life: %j', (body, change) => {
    const frame = { type: 'market_lifecycle_v2', sid: 9, seq: 4, msg: { market_ticker: 'T', ...body } };
    expect(decode(frame)).toMatchObject({ type: 'lifecycle', sequence: 4, market: 'T', change });
  });

  it('of a new grid brings it', () => {
    const price_ranges = [{ start: '0.0000', end: '1.0000', step: '0.0010' }];
    const msg = { market_ticker: 'T', event_type: 'price_level_structure_updated', price_ranges };
    const heard = decode({ type: 'market_lifecycle_v2', sid: 9, seq: 4, msg });
    if (heard.type !== 'lifecycle' || heard.change.kind !== 'gridChanged') throw new Error(JSON.stringify(heard));
    expect(heard.change.grid.isOnGrid(4321)).toBe(false);
    expect(heard.change.grid.isOnGrid(4320)).toBe(true);
  });

  it('of an event’s fees says them, their end, or that half of them is known', () => {
    const frame = (override: object) => ({
      type: 'event_fee_update',
      sid: 9,
      seq: 5,
      msg: { event_ticker: 'E', ...override },
    });
    const both = { fee_type_override: 'quadratic', fee_multiplier_override: 0.5 };
    expect(decode(frame(both))).toMatchObject({
      event: 'E',
      fees: { type: 'quadratic', multiplierMillionths: 500_000 },
    });
    expect(decode(frame({ fee_type_override: null, fee_multiplier_override: null }))).toMatchObject({ fees: null });
    expect(decode(frame({ fee_multiplier_override: 0.5 }))).toMatchObject({ fees: undefined });
    expect(decode(frame({ fee_type_override: 'gratis' }))).toMatchObject({ type: 'malformed', subscription: 9 });
  });

  it.each([
    ['a confirmation', { type: 'ok', id: 4, sid: 3, seq: 20, msg: { market_tickers: [] } }],
    ['a life of an event', { type: 'event_lifecycle', sid: 3, seq: 20, msg: { event_ticker: 'E' } }],
    ['a kind of next month', { type: 'orderbook_imbalance', sid: 3, seq: 20, msg: {} }],
    ['a change of next month in a market’s life', { ...DETERMINED, sid: 3, seq: 20, msg: { event_type: 'moved' } }],
  ])('with a number that says nothing else is counted: %s', (_name, frame) => {
    expect(decode(frame)).toEqual({ type: 'sequenced', subscription: 3, sequence: 20 });
  });

  it('without a number that says nothing else shows that the connection lives', () => {
    expect(decode({ type: 'ok', id: 3, msg: [{ channel: 'fill', sid: 1 }] })).toEqual({ type: 'alive' });
    expect(decode({ type: 'weather', msg: { rain: true } })).toEqual({ type: 'alive' });
  });

  it('that answers a subscription names its channel in our words', () => {
    const answer = (channel: string) => decode({ type: 'subscribed', id: 1, msg: { channel, sid: 2 } });
    expect(answer('orderbook_delta')).toEqual({ type: 'subscribed', channel: 'book', subscription: 2 });
    expect(answer('user_orders')).toEqual({ type: 'subscribed', channel: 'order', subscription: 2 });
    expect(answer('market_positions')).toEqual({ type: 'subscribed', channel: 'position', subscription: 2 });
    expect(decode({ type: 'unsubscribed', id: 2, sid: 2, seq: 7 })).toEqual({
      type: 'unsubscribed',
      subscription: 2,
      sequence: 7,
    });
    expect(decode({ type: 'unsubscribed', id: 2, sid: 2 })).toMatchObject({ sequence: null });
  });

  it('of a terminal error ends its subscription; another error ends nothing', () => {
    const error = (code: number, more = {}) => decode({ type: 'error', id: 1, msg: { code, msg: 'no' }, ...more });
    expect(error(25, { sid: 3 })).toEqual({ type: 'subscriptionLost', subscription: 3, code: 25, message: 'no' });
    expect(error(10, { sid: 3, seq: 8 })).toMatchObject({ type: 'subscriptionLost', subscription: 3 });
    expect(error(8)).toEqual({ type: 'commandFailed', code: 8, message: 'no' });
    expect(error(11, { sid: 3, seq: 8 })).toMatchObject({ type: 'commandFailed', subscription: 3, sequence: 8 });
  });

  it('of another subaccount is not ours', () => {
    expect(decode(withBody(FILL, { subaccount: 3 }), 0)).toEqual({ type: 'alive' });
    expect(decode(withBody(ORDER, { subaccount_number: 3 }), 0)).toEqual({ type: 'alive' });
    expect(decode(withBody(POSITION, { subaccount: 3 }), 0)).toEqual({ type: 'alive' });
    expect(decode(FILL, 0)).toMatchObject({ type: 'fill' });
    expect(decode(withBody(FILL, { subaccount: 3 }), 3)).toMatchObject({ type: 'fill' });
  });

  it('may carry its time as text or in seconds, as older ones do', () => {
    expect(decode(withBody(DELTA, { ts_ms: undefined }))).toMatchObject({ atMs: Date.UTC(2026, 11, 1, 9, 0, 0, 123) });
    expect(decode(withBody(TRADE, { ts_ms: undefined }))).toMatchObject({ atMs: 1_790_000_000_000 });
  });
});

describe('A frame that cannot be understood', () => {
  it.each(['', 'null', '42', '"text"', '[]', '{', '{}', '{"type":7}', '\u0000', '{"type":"orderbook_delta"'])(
    'as a whole has no subscription: %j',
    (text) => {
      const heard = decodeFrame(text);
      expect(['malformed', 'alive']).toContain(heard.type);
      if (heard.type === 'malformed') expect(heard.subscription).toBeNull();
    },
  );

  it.each([
    ['no price', DELTA, { price_dollars: undefined }],
    ['a price as a number', DELTA, { price_dollars: 0.525 }],
    ['an empty price', DELTA, { price_dollars: '' }],
    ['a price with an exponent', DELTA, { price_dollars: '5e-1' }],
    ['a price finer than there is', DELTA, { price_dollars: '0.52501' }],
    ['a price of 0', DELTA, { price_dollars: '0.0000' }],
    ['a price of 1', DELTA, { price_dollars: '1.0000' }],
    ['a price above 1', DELTA, { price_dollars: '52.5000' }],
    ['a negative price', DELTA, { price_dollars: '-0.5250' }],
    ['a blank in the price', DELTA, { price_dollars: ' 0.5250' }],
    ['no change', DELTA, { delta_fp: undefined }],
    ['a change of a thousandth', DELTA, { delta_fp: '1.001' }],
    ['an infinite change', DELTA, { delta_fp: 'Infinity' }],
    ['no side', DELTA, { side: undefined }],
    ['a side that is none', DELTA, { side: 'bid' }],
    ['no market', DELTA, { market_ticker: '' }],
    ['no time', DELTA, { ts: undefined, ts_ms: undefined }],
    ['a time that is none', DELTA, { ts_ms: '1790000000123' }],
    ['a level without a size', SNAPSHOT, { yes_dollars_fp: [['0.4600']] }],
    ['a level that is no pair', SNAPSHOT, { yes_dollars_fp: ['0.4600'] }],
    ['a level of null', SNAPSHOT, { yes_dollars_fp: [null] }],
    ['a level of nothing', SNAPSHOT, { yes_dollars_fp: [['0.4600', '0.00']] }],
    [
      'a price twice',
      SNAPSHOT,
      {
        yes_dollars_fp: [
          ['0.4600', '1.00'],
          ['0.4600', '2.00'],
        ],
      },
    ],
    ['a side that is no list', SNAPSHOT, { no_dollars_fp: null }],
    ['no price', TRADE, { yes_price_dollars: undefined }],
    ['no taker', TRADE, { taker_side: undefined, taker_outcome_side: undefined, taker_book_side: undefined }],
    ['nothing traded', TRADE, { count_fp: '0.00' }],
    ['no bid size', TICKER, { yes_bid_size_fp: undefined }],
    ['a quote at 0', TICKER, { yes_ask_dollars: '0.0000' }],
    ['no bid price for its size', TICKER, { yes_bid_dollars: undefined }],
    ['no fee', FILL, { fee_cost: undefined }],
    ['no price', FILL, { yes_price_dollars: undefined }],
    ['no order', FILL, { order_id: undefined }],
    ['no word on taking', FILL, { is_taker: undefined }],
    ['a side that is none', FILL, { book_side: 'buy' }],
    ['a position that is none', FILL, { post_position_fp: 'flat' }],
    ['an unknown status', ORDER, { status: 'unknown' }],
    ['no remainder', ORDER, { remaining_count_fp: undefined }],
    ['no position', POSITION, { position_fp: undefined }],
    ['no result', DETERMINED, { result: '' }],
    ['a value above 1', DETERMINED, { settlement_value: '2.0000' }],
  ])('in its body keeps its subscription: %s', (_name, frame, changes) => {
    expect(decode(withBody(frame, changes))).toMatchObject({ type: 'malformed', subscription: frame.sid });
  });

  it.each([
    ['no body', { ...DELTA, msg: undefined }],
    ['a body of null', { ...DELTA, msg: null }],
    ['no number', { ...DELTA, seq: undefined }],
    ['a number as text', { ...DELTA, seq: '17' }],
    ['a broken number', { ...SNAPSHOT, seq: 1.5 }],
  ])('in its envelope keeps its subscription too: %s', (_name, frame) => {
    expect(decode(frame)).toMatchObject({ type: 'malformed', subscription: 3 });
  });

  it('without a readable subscription says so', () => {
    expect(decode({ ...DELTA, sid: '3' })).toMatchObject({ type: 'malformed', subscription: null });
  });
});

describe('Whatever comes', () => {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('0.5000', '1.0000', '0.0000', '-1.00', 'NaN', '1e3', '', 'yes', 'no', 'bid', 0, -1, 1.5, null),
  );
  const known = [DELTA, SNAPSHOT, TRADE, TICKER, FILL, ORDER, POSITION, DETERMINED];
  const damaged = fc
    .record({
      frame: fc.constantFrom(...known),
      outer: fc.dictionary(fc.constantFrom('type', 'sid', 'seq', 'msg'), value, { maxKeys: 2 }),
      inner: fc.integer({ min: 0, max: 30 }),
      replacement: value,
    })
    .map(({ frame, outer, inner, replacement }) => {
      const keys = Object.keys(frame.msg);
      return { ...withBody(frame, { [keys[inner % keys.length]!]: replacement }), ...outer };
    });

  it('nothing is thrown, and no price is out of range', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          damaged.map((frame) => JSON.stringify(frame)),
          fc.json(),
          fc.string(),
        ),
        (text) => {
          const heard = decodeFrame(text);
          const prices: (number | null)[] = [];
          if (heard.type === 'bookDelta' || heard.type === 'trade') prices.push(heard.price);
          if (heard.type === 'bookSnapshot') prices.push(...[...heard.bids, ...heard.asks].map(([price]) => price));
          if (heard.type === 'ticker') prices.push(heard.bid, heard.ask);
          if (heard.type === 'fill') prices.push(heard.fill.price);
          if (heard.type === 'order') prices.push(heard.order.price);
          for (const price of prices) {
            if (price === null) continue;
            expect(Number.isInteger(price) && price > 0 && price < 10_000).toBe(true);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});
