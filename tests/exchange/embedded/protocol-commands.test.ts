/** What a client may do wrong on the stream. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFixture, type Frame, RAIN, SNOW, START_MS } from './protocol-fixture.ts';

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

const RAIN_ID = '00000000-0000-4000-8000-000000000000';

describe('A command that cannot be done', () => {
  const codesOf = (command: unknown): number[] => {
    const stream = createFixture().openStream('alice');
    stream.command(command);
    return errorCodes(stream.take());
  };

  it.each([
    [1, 'no JSON', '{'],
    [1, 'no object', '[]'],
    [1, 'an id that is none', { id: 'one', cmd: 'list_subscriptions' }],
    [1, 'a command that is no text', { id: 1, cmd: 7 }],
    [1, 'a flag that is none', subscribe(['trade'], { use_yes_price: 'yes' })],
    [1, 'channels that are no list', subscribe('trade' as never)],
    [1, 'a subscription that is no number', { id: 1, cmd: 'unsubscribe', params: { sids: ['1'] } }],
    [2, 'no params', { id: 1, cmd: 'subscribe' }],
    [2, 'params that are null', { id: null, cmd: 'subscribe', params: null }],
    [3, 'no channels', { id: 1, cmd: 'subscribe', params: {} }],
    [3, 'an empty list of channels', { id: 1, cmd: 'subscribe', params: { channels: [] } }],
    [4, 'no subscriptions', { id: 1, cmd: 'unsubscribe', params: {} }],
    [5, 'an unknown command', { id: 1, cmd: 'dance', params: {} }],
    [5, 'no command', { id: 1 }],
    [7, 'an unknown subscription', { id: 1, cmd: 'update_subscription', params: { sid: 5, action: 'add_markets' } }],
    [8, 'a channel of the past', subscribe(['multivariate'])],
    [11, 'one market and many', subscribe(['trade'], { market_ticker: RAIN, market_tickers: [SNOW] })],
    [8, 'a feed that is left out', subscribe(['cfbenchmarks_value'], { index_ids: ['all'] })],
    [11, 'tickers and ids', subscribe(['ticker'], { market_ticker: RAIN, market_ids: ['x'] })],
    [11, 'an id that no market has', subscribe(['ticker'], { market_id: 'x' })],
    [11, 'ids where only tickers are taken', subscribe(['fill'], { market_id: RAIN_ID })],
    [11, 'a name that no market can have', subscribe(['trade'], { market_ticker: 'K'.repeat(200) })],
    [12, 'two subscriptions', { id: 1, cmd: 'update_subscription', params: { sids: [1, 2] } }],
    [12, 'no subscription to change', { id: 1, cmd: 'update_subscription', params: { action: 'add_markets' } }],
    [14, 'a book without a market', subscribe(['orderbook_delta'])],
    [14, 'a book by id', subscribe(['orderbook_delta'], { market_id: RAIN_ID })],
    [19, 'a share of nothing', subscribe(['communications'], { shard_factor: 0 })],
    [20, 'a share of no number of shares', subscribe(['communications'], { shard_key: 0 })],
    [21, 'a share beyond the last', subscribe(['communications'], { shard_factor: 2, shard_key: 2 })],
    [22, 'too many shares', subscribe(['communications'], { shard_factor: 101 })],
    [11, 'a filter that is none', subscribe(['communications'], { user_filter: 'others' })],
  ])('gets error %i for %s', (code, _, command) => {
    expect(codesOf(command)).toEqual([code]);
  });

  it('on a subscription gets errors 13, 14 and 15', () => {
    const stream = createFixture().openStream('alice');
    stream.command(subscribe(['trade'], { market_ticker: RAIN }));
    stream.take();
    const update = (params: Record<string, unknown>) => {
      stream.command({ id: 2, cmd: 'update_subscription', params: { sid: 1, ...params } });
      return errorCodes(stream.take());
    };
    expect(update({ market_ticker: RAIN })).toEqual([15]);
    expect(update({ action: 'explode', market_ticker: RAIN })).toEqual([13]);
    expect(update({ action: 'get_snapshot', market_ticker: RAIN })).toEqual([13]);
    expect(update({ action: 'add_markets' })).toEqual([14]);
  });

  it('on a numbered subscription is counted there', () => {
    const fixture = createFixture();
    const stream = fixture.openStream('alice');
    stream.command(subscribe(['orderbook_delta', 'user_orders'], { market_ticker: RAIN }));
    stream.take();
    const update = (params: Record<string, unknown>) => {
      stream.command({ id: 2, cmd: 'update_subscription', params });
      return stream.take().map(body);
    };
    expect(update({ sid: 1, action: 'get_snapshot', market_tickers: [SNOW] })).toEqual([
      { type: 'error', id: 2, sid: 1, seq: 2, msg: { code: 11, msg: 'Invalid parameter', market_ticker: SNOW } },
    ]);
    expect(update({ sid: 2, action: 'add_markets' })).toEqual([
      { type: 'error', id: 2, sid: 2, msg: { code: 14, msg: 'Market Ticker required' } },
    ]);
    fixture.crowd(RAIN, 'bid', 10, 1);
    expect(stream.take()).toMatchObject([{ type: 'orderbook_delta', seq: 3 }]);
  });

  // Half a million names take seconds on a busy machine.
  it.runIf(process.env.BOTHSIDES_LONG === '1')(
    'for more markets than a connection may have brings none of them',
    () => {
      const stream = createFixture().openStream('alice');
      const many = Array.from({ length: 499_999 }, (_, index) => `KXMANY-${index}`);
      stream.command(subscribe(['trade'], { market_tickers: many }));
      stream.command(subscribe(['fill'], { market_tickers: [RAIN, SNOW] }, 2));
      expect(stream.take()).toMatchObject([
        { type: 'subscribed', id: 1 },
        { type: 'error', id: 2, msg: { code: 26, msg: 'Subscription market limit exceeded' } },
      ]);
      stream.command(subscribe(['fill'], { market_tickers: [RAIN] }, 3));
      expect(stream.take()).toMatchObject([{ type: 'subscribed', id: 3, msg: { channel: 'fill', sid: 2 } }]);
    },
  );

  it('for one channel takes no other with it', () => {
    const stream = createFixture().openStream('alice');
    stream.command(subscribe(['nonsense', 'fill', 'orderbook_delta', 'trade']));
    const frames = stream.take();
    expect(frames.filter((frame) => frame.type === 'subscribed').map((frame) => frame.msg)).toEqual([
      { channel: 'fill', sid: 1 },
      { channel: 'trade', sid: 2 },
    ]);
    expect(errorCodes(frames)).toEqual([8, 14]);
    stream.command({ id: 3, cmd: 'list_subscriptions' });
    expect(body(stream.take()[0])).toEqual({
      type: 'ok',
      id: 3,
      msg: [
        { channel: 'fill', sid: 1 },
        { channel: 'trade', sid: 2 },
      ],
    });
  });

  it('whatever it is, is answered and is no fault', () => {
    const fixture = createFixture();
    const stream = fixture.openStream('alice');
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(1, [1], RAIN, [RAIN], ['orderbook_delta', 'ticker'], 'add_markets'),
    );
    const command = fc.record({
      id: fc.oneof(fc.nat(5), odd),
      cmd: fc.oneof(fc.constantFrom('subscribe', 'unsubscribe', 'update_subscription', 'list_subscriptions'), odd),
      params: fc.oneof(
        fc.dictionary(
          fc.constantFrom(
            'channels',
            'sid',
            'sids',
            'action',
            'market_ticker',
            'market_tickers',
            'use_yes_price',
            'market_id',
          ),
          odd,
        ),
        odd,
      ),
    });
    fc.assert(
      fc.property(command, (sent) => {
        stream.take();
        stream.command(sent);
        const silent = sent.cmd === 'update_subscription' || sent.cmd === 'unsubscribe';
        expect(stream.take().length).toBeGreaterThanOrEqual(silent ? 0 : 1);
      }),
      { numRuns: 500 },
    );
    expect(fixture.faults).toEqual([]);
  });
});

describe('A client that does not keep up', () => {
  it('loses the subscription, is told so once, and hears no more of it', () => {
    const fixture = createFixture();
    let buffered = 0;
    const slow = fixture.openStream('alice', { buffered: () => buffered });
    const quick = fixture.openStream('bob');
    for (const stream of [slow, quick]) {
      stream.command(subscribe(['orderbook_delta'], { market_ticker: RAIN }));
      stream.take();
    }
    buffered = 40 * 2 ** 20;
    fixture.crowd(RAIN, 'bid', 10, 1);
    fixture.crowd(RAIN, 'bid', 11, 1);
    expect(slow.take().map(body)).toEqual([
      { type: 'error', sid: 1, seq: 2, msg: { code: 25, msg: 'Subscription buffer overflow' } },
    ]);
    expect(quick.take().map((frame) => frame.seq)).toEqual([2, 3]);
    buffered = 0;
    slow.command(subscribe(['orderbook_delta'], { market_ticker: RAIN }));
    expect(slow.take()[1]).toMatchObject({ type: 'orderbook_snapshot', sid: 2, seq: 1 });
  });

  it('and goes on commanding loses the connection', () => {
    const fixture = createFixture();
    let buffered = 0;
    const stream = fixture.openStream('alice', { buffered: () => buffered });
    stream.command(subscribe(['orderbook_delta', 'user_orders'], { market_ticker: RAIN }));
    stream.take();
    buffered = 80 * 2 ** 20;
    stream.command({ id: 2, cmd: 'list_subscriptions' });
    expect(stream.take()).toEqual([]);
    expect(stream.state.closed).toEqual({ code: 1008, reason: 'outgoing buffer overflow' });
    buffered = 0;
    fixture.crowd(RAIN, 'bid', 10, 1);
    stream.command({ id: 3, cmd: 'list_subscriptions' });
    expect(stream.take()).toEqual([]);
  });

  it('that hung up costs nothing more', () => {
    const fixture = createFixture();
    const stream = fixture.openStream('alice');
    stream.command(subscribe(['orderbook_delta', 'ticker', 'trade'], { market_ticker: RAIN }));
    stream.take();
    stream.close();
    fixture.crowd(RAIN, 'bid', 10, 1);
    fixture.market.advanceTo(START_MS + 1_000);
    expect(stream.take()).toEqual([]);
  });
});
