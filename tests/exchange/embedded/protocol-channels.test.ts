/** What the stream tells beside books: an account of itself, everybody of trades, tickers and the life of markets. */
import { describe, expect, it } from 'vitest';
import { named } from '../../../src/domain/ids.ts';
import type { Centicents } from '../../../src/domain/units.ts';
import { unixMs } from '../../../src/domain/units.ts';
import { ALICE_ID, createFixture, type Frame, HAIL, order, RAIN, SNOW, START_MS } from './protocol-fixture.ts';

const ORDERS = '/portfolio/events/orders';
type Fixture = ReturnType<typeof createFixture>;

function subscribe(channels: readonly string[], params: Record<string, unknown> = {}, id = 1) {
  return { id, cmd: 'subscribe', params: { channels, ...params } };
}
/** A frame without the time at which it was sent. */
function body(frame: Frame): Frame {
  const { sending_ts_ms, ...rest } = frame;
  return rest;
}
const create = async (fixture: Fixture, user: string, fields: Record<string, unknown>) =>
  (await fixture.call(user, 'POST', ORDERS, order(fields))).body;

describe('Private channels', () => {
  it('tell an account of its own orders, fills and positions only', async () => {
    const fixture = createFixture();
    const alice = fixture.openStream('alice');
    const bob = fixture.openStream('bob');
    for (const stream of [alice, bob]) {
      stream.command(subscribe(['fill', 'user_orders', 'market_positions']));
      expect(stream.take().map((frame) => frame.msg.sid)).toEqual([1, 2, 3]);
    }
    const rested = await create(fixture, 'alice', { side: 'ask', price: '0.6000', client_order_id: 'ask-1' });
    expect(alice.take().map(body)).toEqual([
      {
        type: 'user_order',
        sid: 2,
        msg: {
          order_id: rested.order_id,
          user_id: ALICE_ID,
          ticker: RAIN,
          exchange_index: 0,
          status: 'resting',
          side: 'no',
          is_yes: false,
          outcome_side: 'no',
          book_side: 'ask',
          yes_price_dollars: '0.6000',
          fill_count_fp: '0.00',
          remaining_count_fp: '1.00',
          initial_count_fp: '1.00',
          taker_fill_cost_dollars: '0.000000',
          maker_fill_cost_dollars: '0.000000',
          taker_fees_dollars: '0.000000',
          maker_fees_dollars: '0.000000',
          client_order_id: 'ask-1',
          self_trade_prevention_type: 'taker_at_cross',
          created_time: '2027-03-04T12:00:00.25Z',
          created_ts_ms: START_MS,
          subaccount_number: 0,
        },
      },
    ]);
    expect(bob.take()).toEqual([]);
    await create(fixture, 'bob', { price: '0.6000', count: '0.40', time_in_force: 'immediate_or_cancel' });
    const frames = alice.take();
    expect(frames.find((frame) => frame.type === 'fill').msg).toEqual({
      trade_id: expect.any(String),
      order_id: rested.order_id,
      client_order_id: 'ask-1',
      market_ticker: RAIN,
      exchange_index: 0,
      is_taker: false,
      side: 'no',
      yes_price_dollars: '0.6000',
      count_fp: '0.40',
      fee_cost: '0.000000',
      action: 'buy',
      ts: Math.floor(START_MS / 1000),
      ts_ms: START_MS,
      post_position_fp: '-0.40',
      purchased_side: 'no',
      outcome_side: 'no',
      book_side: 'ask',
      subaccount: 0,
    });
    expect(frames.find((frame) => frame.type === 'user_order').msg).toMatchObject({
      status: 'resting',
      fill_count_fp: '0.40',
      remaining_count_fp: '0.60',
      last_update_reason: 'Trade',
    });
    expect(frames.find((frame) => frame.type === 'market_position').msg).toMatchObject({
      user_id: ALICE_ID,
      position_fp: '-0.40',
      position_cost_dollars: '0.160000',
      volume_fp: '0.40',
    });
    expect(frames.every((frame) => frame.seq === undefined)).toBe(true);
    const taken = bob.take();
    expect(taken.filter((frame) => frame.type === 'fill')).toHaveLength(1);
    expect(taken.find((frame) => frame.type === 'fill').msg).toMatchObject({
      is_taker: true,
      post_position_fp: '0.40',
    });
    expect(taken.every((frame) => frame.msg.client_order_id !== 'ask-1')).toBe(true);
  });

  it('tell nobody else of a fill, an order or a position (§5.4)', async () => {
    const fixture = createFixture();
    fixture.crowd(RAIN, 'ask', 40, 10);
    const streams = ['alice', 'bob'].map((user) => fixture.openStream(user));
    for (const stream of streams) {
      stream.command(subscribe(['fill', 'user_orders', 'market_positions', 'order_group_updates']));
      stream.take();
    }
    await create(fixture, 'alice', { price: '0.4000', count: '3.00' });
    await fixture.call('alice', 'POST', '/portfolio/order_groups/create', { contracts_limit: 5 });
    const [own, others] = streams.map((stream) => stream.take().map(({ type }) => type));
    expect(own!.toSorted()).toEqual(['fill', 'market_position', 'order_group_updates', 'user_order']);
    expect(others).toEqual([]);
  });

  it('give the reason of an update that has one: an own cancel has none, whatever came before it (§5.5)', async () => {
    const fixture = createFixture();
    const stream = fixture.openStream('alice');
    stream.command(subscribe(['user_orders'], {}));
    const { body } = await fixture.call('alice', 'POST', '/portfolio/events/orders', order({ count: '3.00' }));
    const path = `/portfolio/events/orders/${body.order_id}`;
    await fixture.call('alice', 'POST', `${path}/decrease`, { reduce_by: '1.00' });
    await fixture.call('alice', 'DELETE', path);
    const orders = stream.take().filter(({ type }) => type === 'user_order');
    expect(orders.map(({ msg }) => [msg.status, msg.last_update_reason])).toEqual([
      ['resting', undefined],
      ['resting', 'Decrease'],
      ['canceled', undefined],
    ]);
  });

  it('can be narrowed to markets', async () => {
    const fixture = createFixture();
    const stream = fixture.openStream('alice');
    stream.command(subscribe(['user_orders'], { market_tickers: [SNOW] }));
    stream.take();
    await create(fixture, 'alice', { ticker: RAIN });
    expect(stream.take()).toEqual([]);
    await create(fixture, 'alice', { ticker: SNOW });
    expect(stream.take()).toHaveLength(1);
  });
});

describe('Public channels', () => {
  it('tell each trade once, numbered', async () => {
    const fixture = createFixture();
    fixture.crowd(RAIN, 'bid', 40, 1);
    fixture.crowd(RAIN, 'bid', 39, 1);
    const stream = fixture.openStream('bob');
    stream.command(subscribe(['trade']));
    stream.take();
    await create(fixture, 'alice', { side: 'ask', price: '0.3900', count: '2.00', time_in_force: 'fill_or_kill' });
    const frames = stream.take();
    expect(frames.map((frame) => [frame.type, frame.seq, frame.msg.yes_price_dollars])).toEqual([
      ['trade', 1, '0.4000'],
      ['trade', 2, '0.3900'],
    ]);
    expect(frames[0].msg).toMatchObject({
      no_price_dollars: '0.6000',
      taker_side: 'no',
      taker_outcome_side: 'no',
      taker_book_side: 'ask',
    });
  });

  it('tell the ticker at most ten times a second, as it then stands', () => {
    const fixture = createFixture();
    const stream = fixture.openStream('bob');
    stream.command(subscribe(['ticker'], { market_ticker: RAIN, send_initial_snapshot: true }));
    expect(stream.take()[1].msg).toMatchObject({ yes_bid_dollars: '0.0000', yes_ask_dollars: '0.0000' });
    for (let cents = 10; cents < 40; cents++) fixture.crowd(RAIN, 'bid', cents, 2);
    expect(stream.take()).toEqual([]);
    fixture.market.advanceTo(START_MS + 100);
    expect(stream.take().map(body)).toEqual([
      {
        type: 'ticker',
        sid: 1,
        msg: {
          market_id: expect.any(String),
          market_ticker: RAIN,
          price_dollars: '0.0000',
          yes_bid_dollars: '0.3900',
          yes_ask_dollars: '1.0000',
          volume_fp: '0.00',
          open_interest_fp: '0.00',
          dollar_volume: 0,
          dollar_open_interest: 0,
          yes_bid_size_fp: '2.00',
          yes_ask_size_fp: '0.00',
          last_trade_size_fp: '0.00',
          ts: Math.floor((START_MS + 100) / 1000),
          ts_ms: START_MS + 100,
          time: '2027-03-04T12:00:00.35Z',
        },
      },
    ]);
    fixture.market.advanceTo(START_MS + 10_000);
    expect(stream.take()).toEqual([]);
  });

  it('tell the life of every market, but neither its opening nor its close by time', () => {
    const fixture = createFixture();
    const stream = fixture.openStream('bob');
    stream.command(subscribe(['market_lifecycle_v2'], { market_tickers: [HAIL] }));
    stream.take();
    fixture.engine.moveClose(RAIN, unixMs(START_MS + 60_000));
    fixture.engine.pauseMarket(SNOW);
    fixture.engine.resumeMarket(SNOW);
    fixture.market.advanceTo(START_MS + 60_000);
    fixture.engine.determine(RAIN, 'yes', 10_000 as Centicents);
    fixture.market.advanceTo(START_MS + 120_000);
    const frames = stream.take();
    expect(frames.map((frame) => frame.seq)).toEqual([1, 2, 3, 4, 5]);
    // One that is listed before it opens is told of once, when it is listed (§5.5).
    const { listed } = fixture.engine.market(HAIL)!;
    const opening = named<typeof HAIL>('KXRAIN-27MAR06-OSL');
    const openMs = unixMs(fixture.market.now() + 5_000);
    fixture.engine.addMarket({ ...listed, ticker: opening, openMs });
    fixture.market.advanceTo(openMs + 1_000);
    expect(fixture.engine.market(opening)?.status).toBe('active');
    const told = stream.take().map(({ msg }) => [msg.market_ticker ?? msg.event_ticker, msg.event_type]);
    expect(told).toEqual([[opening, 'created']]);
    expect(frames.map((frame) => frame.msg)).toEqual([
      { market_ticker: RAIN, event_type: 'close_date_updated', close_ts: Math.floor((START_MS + 60_000) / 1000) },
      { market_ticker: SNOW, event_type: 'deactivated', is_deactivated: true },
      { market_ticker: SNOW, event_type: 'activated', is_deactivated: false },
      {
        market_ticker: RAIN,
        event_type: 'determined',
        result: 'yes',
        determination_ts: Math.floor((START_MS + 60_000) / 1000),
        settlement_value: '1.0000',
      },
      { market_ticker: RAIN, event_type: 'settled', settled_ts: Math.floor((START_MS + 120_000) / 1000) },
    ]);
  });

  it('tell what becomes known of a market after it was listed, and only that (§5.5); the market shows it', async () => {
    const fixture = createFixture();
    const stream = fixture.openStream('alice');
    stream.command({ id: 1, cmd: 'subscribe', params: { channels: ['market_lifecycle_v2'] } });
    stream.take();
    fixture.market.advanceTo(unixMs(START_MS + 5_000));
    fixture.engine.changeMetadata(RAIN, { strikeType: 'between', floorStrike: 95_000, capStrike: 95_250 });
    fixture.engine.changeMetadata(RAIN, { yesSubTitle: 'above $95,000' });
    expect(stream.take().map(({ type, sid, seq, msg }) => ({ type, sid, seq, msg }))).toEqual([
      {
        type: 'market_lifecycle_v2',
        sid: 1,
        seq: 1,
        msg: {
          market_ticker: RAIN,
          event_type: 'metadata_updated',
          strike_type: 'between',
          floor_strike: 95_000,
          cap_strike: 95_250,
        },
      },
      {
        type: 'market_lifecycle_v2',
        sid: 1,
        seq: 2,
        msg: { market_ticker: RAIN, event_type: 'metadata_updated', yes_sub_title: 'above $95,000' },
      },
    ]);
    const { body } = await fixture.send('GET', `/markets/${RAIN}`);
    expect(body.market).toMatchObject({
      floor_strike: 95_000,
      cap_strike: 95_250,
      yes_sub_title: 'above $95,000',
      updated_time: '2027-03-04T12:00:05.25Z',
    });
  });

  it('tell when an event’s fees are set and when that is taken back, but nothing of a series’ own', () => {
    const fixture = createFixture();
    const stream = fixture.openStream('bob');
    stream.command(subscribe(['market_lifecycle_v2']));
    stream.take();
    const event = fixture.engine.market(RAIN)!.listed.event;
    const fees = { type: 'quadratic_with_maker_fees', multiplierMillionths: 500_000 } as const;
    fixture.engine.changeEventFees(event, fees, unixMs(START_MS + 60_000));
    fixture.engine.changeSeriesFees(fixture.engine.event(event)!.series, fees, START_MS);
    expect(stream.take()).toEqual([]);
    fixture.market.advanceTo(START_MS + 60_000);
    fixture.engine.changeEventFees(event, null, unixMs(START_MS + 60_000));
    const body = (type: string | null, multiplier: number | null) => ({
      event_ticker: 'KXRAIN-27MAR05',
      fee_type_override: type,
      fee_multiplier_override: multiplier,
    });
    expect(stream.take().map(({ sending_ts_ms: _, ...frame }) => frame)).toEqual([
      { type: 'event_fee_update', sid: 1, seq: 1, msg: body('quadratic_with_maker_fees', 0.5) },
      { type: 'event_fee_update', sid: 1, seq: 2, msg: body(null, null) },
    ]);
  });
});

describe('The markets of a connection', () => {
  it('are 500,000 at most, all its subscriptions together; one more is error 26 and nothing else changes (§2, §5.3)', () => {
    const stream = createFixture().openStream('alice');
    const names = (count: number, of: string) => Array.from({ length: count }, (_, index) => `${of}${index}`);
    const ask = (channel: string, market_tickers: readonly string[]) => {
      stream.command(subscribe([channel], { market_tickers, skip_ticker_ack: true }));
      return stream.take().map(({ type, msg }) => [type, msg.code]);
    };
    expect(ask('ticker', names(499_999, 'A'))).toEqual([['subscribed', undefined]]);
    expect(ask('trade', names(2, 'B'))).toEqual([['error', 26]]);
    expect(ask('trade', names(1, 'B'))).toEqual([['subscribed', undefined]]);
    expect(ask('trade', names(2, 'B'))).toEqual([['error', 26]]);
  });
});
