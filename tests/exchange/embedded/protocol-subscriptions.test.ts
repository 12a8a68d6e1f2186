/** Subscriptions from their beginning to their end: by name or id, before there is a market, after the exchange gave up. */
import { describe, expect, it, vi } from 'vitest';
import { named, type Ticker } from '../../../src/domain/ids.ts';
import { createFixture, type Frame, HAIL, RAIN, SNOW } from './protocol-fixture.ts';

function subscribe(channels: readonly string[], params: Record<string, unknown> = {}, id = 1) {
  return { id, cmd: 'subscribe', params: { channels, ...params } };
}
/** A frame without the time at which it was sent. */
function body(frame: Frame): Frame {
  const { sending_ts_ms, ...rest } = frame;
  return rest;
}

describe('A ticker subscription', () => {
  const RAIN_ID = '00000000-0000-4000-8000-000000000000';
  const SNOW_ID = '00000000-0000-4000-8000-000000000001';

  it('takes markets by id, answers with the names that it was given, and shows each new one at once if asked to', () => {
    const fixture = createFixture();
    const stream = fixture.openStream('alice');
    stream.command(subscribe(['ticker'], { market_id: RAIN_ID, send_initial_snapshot: true }));
    expect(stream.take().map(({ type, msg }) => [type, msg.market_ticker])).toEqual([
      ['subscribed', undefined],
      ['ticker', RAIN],
    ]);
    const update = (params: Record<string, unknown>) => {
      stream.command({ id: 2, cmd: 'update_subscription', params: { sid: 1, ...params } });
      return stream.take();
    };
    const added = update({ action: 'add_markets', market_ids: [SNOW_ID, RAIN_ID], send_initial_snapshot: true });
    expect(added.map(({ type, msg }) => [type, msg.market_ticker ?? msg.market_ids])).toEqual([
      ['ok', [RAIN_ID, SNOW_ID]],
      ['ticker', SNOW],
    ]);
    expect(update({ action: 'add_markets', market_ticker: HAIL })[0].msg).toEqual({
      market_tickers: [HAIL],
      market_ids: [RAIN_ID, SNOW_ID],
    });
    expect(update({ action: 'delete_markets', market_tickers: [RAIN, HAIL] })[0].msg).toEqual({
      market_ids: [SNOW_ID],
    });
  });

  it('that asked for short answers gets them from then on', () => {
    const stream = createFixture().openStream('alice');
    stream.command(subscribe(['ticker'], { market_ticker: RAIN, skip_ticker_ack: true }));
    stream.take();
    const update = { sid: 1, action: 'add_markets', market_ticker: SNOW };
    stream.command({ id: 2, cmd: 'update_subscription', params: update });
    expect(stream.take().map(body)).toEqual([{ type: 'ok', id: 2, sid: 1, msg: {} }]);
  });
});

describe('A subscription', () => {
  it('to a market that is listed later begins with its listing', () => {
    const fixture = createFixture();
    const stream = fixture.openStream('alice');
    const later = named<Ticker>('KXRAIN-27MAR06-LAX');
    stream.command(subscribe(['orderbook_delta'], { market_ticker: later }));
    expect(stream.take().map(({ type }) => type)).toEqual(['subscribed']);
    const listed = fixture.engine.market(HAIL)?.listed;
    if (listed === undefined) throw new Error('the fixture lists it');
    fixture.engine.addMarket({ ...listed, ticker: later, marketId: '00000000-0000-4000-8000-000000000009' });
    expect(stream.take()).toMatchObject([{ type: 'orderbook_snapshot', seq: 1, msg: { market_ticker: later } }]);
    fixture.crowd(later, 'bid', 10, 1);
    expect(stream.take()).toMatchObject([{ type: 'orderbook_delta', seq: 2 }]);
  });

  it('that the exchange cannot go on with is ended by a terminal error, and made anew by the client', () => {
    const fixture = createFixture();
    const stream = fixture.openStream('alice');
    stream.command(subscribe(['orderbook_delta', 'trade'], { market_ticker: RAIN }));
    stream.take();
    fixture.server.endSubscriptions(10, ({ channel }) => channel === 'orderbook_delta');
    expect(stream.take().map(body)).toEqual([
      { type: 'error', sid: 1, seq: 2, msg: { code: 10, msg: 'Channel error' } },
    ]);
    fixture.crowd(RAIN, 'bid', 10, 1);
    expect(stream.take()).toEqual([]);
    stream.command(subscribe(['orderbook_delta'], { market_ticker: RAIN }));
    expect(stream.take()).toMatchObject([{ type: 'subscribed' }, { sid: 3, seq: 1 }]);
  });

  it('whose message cannot be made is ended, and the exchange goes on', () => {
    const fixture = createFixture();
    const stream = fixture.openStream('alice');
    stream.command(subscribe(['orderbook_delta', 'trade'], { market_ticker: RAIN }));
    stream.take();
    // Once: the book's change is what the hub hears first, and nobody else may fall over what this test plants.
    const broken = vi.spyOn(fixture.engine, 'isBookLost').mockImplementationOnce(() => {
      throw new Error('nobody knows');
    });
    fixture.crowd(RAIN, 'bid', 10, 1);
    broken.mockRestore();
    expect(stream.take()).toMatchObject([{ type: 'error', sid: 1, msg: { code: 10 } }]);
    expect(fixture.faults).toHaveLength(1);
    stream.command({ id: 2, cmd: 'list_subscriptions' });
    expect(stream.take()).toMatchObject([{ msg: [{ channel: 'trade', sid: 2 }] }]);
    expect(fixture.engine.bestBid(RAIN)).not.toBeNull();
  });
});

describe('A user', () => {
  it('has at most two hundred connections at a time', () => {
    const fixture = createFixture();
    const streams = Array.from({ length: 200 }, () => fixture.openStream('alice'));
    expect(() => fixture.openStream('alice')).toThrow('429 {"error":"too many requests"}');
    fixture.openStream('bob');
    streams[0]?.close();
    fixture.openStream('alice');
  });
});
