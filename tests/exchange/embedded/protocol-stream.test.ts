import { describe, expect, it } from 'vitest';
import { createFixture, type Frame, HAIL, order, RAIN, SNOW, START_MS } from './protocol-fixture.ts';

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
function errorCodes(frames: readonly Frame[]): number[] {
  return frames.filter((frame) => frame.type === 'error').map((frame) => frame.msg.code);
}
const create = async (fixture: Fixture, user: string, fields: Record<string, unknown>) =>
  (await fixture.call(user, 'POST', ORDERS, order(fields))).body;

describe('A handshake', () => {
  it('is signed like a request, even for public channels', () => {
    const { server } = createFixture();
    const peer = { send: () => undefined, ping: () => undefined, close: () => undefined };
    const answer = server.connect({}, peer);
    expect(answer).toEqual({
      accepted: false,
      status: 401,
      body: JSON.stringify({
        error: { code: 'signature_is_missing_from_headers', message: 'signature is missing from headers' },
      }),
    });
  });

  it('opens a stream that can be pinged and ended', () => {
    const fixture = createFixture();
    const stream = fixture.openStream('alice');
    fixture.server.heartbeat();
    expect(stream.state.pings).toBe(1);
    fixture.server.disconnect(1001, 'going away');
    expect(stream.state.closed).toEqual({ code: 1001, reason: 'going away' });
    fixture.server.heartbeat();
    expect(stream.state.pings).toBe(1);
  });
});

describe('A book subscription', () => {
  it('is acknowledged, begins with a snapshot and goes on with deltas, in one numbering', () => {
    const fixture = createFixture();
    fixture.crowd(RAIN, 'bid', 47, 3);
    fixture.crowd(RAIN, 'ask', 52, 2);
    const stream = fixture.openStream('alice');
    stream.command(subscribe(['orderbook_delta', 'trade'], { market_tickers: [RAIN] }));
    const market_id = '00000000-0000-4000-8000-000000000000';
    expect(stream.take().map(body)).toEqual([
      { type: 'subscribed', id: 1, msg: { channel: 'orderbook_delta', sid: 1 } },
      { type: 'subscribed', id: 1, msg: { channel: 'trade', sid: 2 } },
      {
        type: 'orderbook_snapshot',
        sid: 1,
        seq: 1,
        msg: {
          market_ticker: RAIN,
          market_id,
          yes_dollars_fp: [['0.4700', '3.00']],
          no_dollars_fp: [['0.4800', '2.00']],
        },
      },
    ]);
    fixture.market.advanceTo(START_MS + 100);
    fixture.crowd(RAIN, 'ask', 53, 1);
    expect(stream.take().map(body)).toEqual([
      {
        type: 'orderbook_delta',
        sid: 1,
        seq: 2,
        msg: {
          market_ticker: RAIN,
          market_id,
          price_dollars: '0.4700',
          delta_fp: '1.00',
          side: 'no',
          ts: '2027-03-04T12:00:00.35Z',
          ts_ms: START_MS + 100,
        },
      },
    ]);
    expect(stream.raw.every((text) => text.endsWith('\n'))).toBe(true);
  });

  it('leaves out an empty side, and shows the no side on the yes scale if asked to', () => {
    const fixture = createFixture();
    fixture.crowd(RAIN, 'ask', 52, 2);
    fixture.crowd(RAIN, 'ask', 55, 1);
    const stream = fixture.openStream('alice');
    stream.command(subscribe(['orderbook_delta'], { market_ticker: RAIN, use_yes_price: true }));
    expect(stream.take()[1].msg).toEqual({
      market_ticker: RAIN,
      market_id: expect.any(String),
      no_dollars_fp: [
        ['0.5200', '2.00'],
        ['0.5500', '1.00'],
      ],
    });
    fixture.crowd(RAIN, 'ask', 53, 1);
    expect(stream.take()[0].msg).toMatchObject({ price_dollars: '0.5300', side: 'no' });
  });

  it("names one's own order in a delta, and nobody else's", async () => {
    const fixture = createFixture();
    const alice = fixture.openStream('alice');
    const bob = fixture.openStream('bob');
    for (const stream of [alice, bob]) {
      stream.command(subscribe(['orderbook_delta'], { market_ticker: RAIN }));
      stream.take();
    }
    await create(fixture, 'alice', { client_order_id: 'mine' });
    expect(alice.take()[0].msg).toMatchObject({ client_order_id: 'mine', subaccount: 0, delta_fp: '1.00' });
    expect(bob.take()[0].msg).not.toHaveProperty('client_order_id');
  });

  it('becomes a snapshot again when the whole book is replaced', () => {
    const fixture = createFixture();
    const stream = fixture.openStream('alice');
    stream.command(subscribe(['orderbook_delta'], { market_ticker: RAIN }));
    stream.take();
    fixture.engine.crowdReplace(RAIN, [[4_500, 700] as never], []);
    const frames = stream.take().filter((frame) => frame.type === 'orderbook_snapshot');
    expect(frames).toHaveLength(1);
    expect(frames[0].msg.yes_dollars_fp).toEqual([['0.4500', '7.00']]);
  });

  it('takes in and lets go of markets, each answer counted in the numbering', () => {
    const fixture = createFixture();
    const stream = fixture.openStream('alice');
    stream.command(subscribe(['orderbook_delta'], { market_tickers: [SNOW] }));
    stream.take();
    const update = (action: string, market: string, id: number) =>
      stream.command({ id, cmd: 'update_subscription', params: { sids: [1], action, market_tickers: [market] } });
    update('add_markets', RAIN, 2);
    expect(stream.take().map(body)).toEqual([
      { type: 'ok', id: 2, sid: 1, seq: 2, msg: { market_tickers: [SNOW, RAIN] } },
      { type: 'orderbook_snapshot', sid: 1, seq: 3, msg: expect.objectContaining({ market_ticker: RAIN }) },
    ]);
    update('get_snapshot', SNOW, 3);
    expect(stream.take().map(body)).toEqual([
      { type: 'orderbook_snapshot', id: 3, sid: 1, seq: 4, msg: expect.objectContaining({ market_ticker: SNOW }) },
    ]);
    update('delete_markets', SNOW, 4);
    expect(stream.take().map(body)).toEqual([{ type: 'ok', id: 4, sid: 1, seq: 5, msg: { market_tickers: [RAIN] } }]);
    fixture.crowd(SNOW, 'bid', 10, 1);
    expect(stream.take()).toEqual([]);
    update('get_snapshot', SNOW, 5);
    expect(errorCodes(stream.take())).toEqual([11]);
  });

  it('asked for again merges into the first', () => {
    const fixture = createFixture();
    const stream = fixture.openStream('alice');
    stream.command(subscribe(['orderbook_delta'], { market_tickers: [RAIN] }));
    stream.take();
    stream.command(subscribe(['orderbook_delta'], { market_tickers: [RAIN, HAIL] }, 2));
    expect(stream.take().map(body)).toEqual([
      { type: 'ok', id: 2, sid: 1, seq: 2, msg: { market_tickers: [RAIN, HAIL] } },
      { type: 'orderbook_snapshot', sid: 1, seq: 3, msg: expect.objectContaining({ market_ticker: HAIL }) },
    ]);
  });

  it('ends with its own number', () => {
    const fixture = createFixture();
    const stream = fixture.openStream('alice');
    stream.command(subscribe(['orderbook_delta', 'fill'], { market_tickers: [RAIN] }));
    stream.take();
    stream.command({ id: 9, cmd: 'unsubscribe', params: { sids: [1, 2, 7] } });
    expect(stream.take().map(body)).toEqual([
      { type: 'unsubscribed', id: 9, sid: 1, seq: 2 },
      { type: 'unsubscribed', id: 9, sid: 2 },
      { type: 'error', id: 9, msg: { code: 7, msg: 'Unknown subscription ID' } },
    ]);
    fixture.crowd(RAIN, 'bid', 10, 1);
    expect(stream.take()).toEqual([]);
    // The next one has a new id and counts from the beginning.
    stream.command(subscribe(['orderbook_delta'], { market_tickers: [RAIN] }));
    expect(stream.take()[1]).toMatchObject({ sid: 3, seq: 1 });
  });
});
