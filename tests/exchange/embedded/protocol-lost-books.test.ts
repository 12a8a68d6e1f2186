import { describe, expect, it } from 'vitest';
import type { Centicents } from '../../../src/domain/units.ts';
import { createFixture, HAIL, order, RAIN, SNOW } from './protocol-fixture.ts';

function subscribe(channels: readonly string[], params: Record<string, unknown>) {
  return { id: 1, cmd: 'subscribe', params: { channels, ...params } };
}

describe('A book', () => {
  it('shows a lost book as a hole in its numbering, and knows nothing of it until it is found again', async () => {
    const fixture = createFixture();
    fixture.crowd(RAIN, 'bid', 47, 3);
    fixture.crowd(SNOW, 'bid', 40, 2);
    const early = fixture.openStream('alice');
    early.command(subscribe(['orderbook_delta'], { market_tickers: [RAIN, SNOW] }));
    expect(early.take().at(-1)).toMatchObject({ sid: 1, seq: 2 });
    fixture.engine.crowdLose(RAIN);
    // Number 3 is missing; what shows it leads nowhere, and nothing else is said of this book.
    expect(early.take().map(({ type, seq }) => [type, seq])).toEqual([['orderbook_delta', 4]]);
    await fixture.call('bob', 'POST', '/portfolio/events/orders', order({ client_order_id: 'meanwhile' }));
    early.command({
      id: 2,
      cmd: 'update_subscription',
      params: { sid: 1, action: 'get_snapshot', market_tickers: [RAIN] },
    });
    expect(early.take()).toEqual([]);
    const late = fixture.openStream('bob');
    late.command(subscribe(['orderbook_delta'], { market_tickers: [RAIN, SNOW] }));
    expect(late.take().map(({ type, msg }) => [type, msg.market_ticker])).toEqual([
      ['subscribed', undefined],
      ['orderbook_snapshot', SNOW],
    ]);
    expect((await fixture.call('alice', 'GET', `/markets/${RAIN}/orderbook`)).status).toBe(503);
    expect((await fixture.call('alice', 'GET', `/markets/${SNOW}/orderbook`)).status).toBe(200);
    // Other books of the subscription go on.
    fixture.engine.crowdAdd(SNOW, 'bid', 4_100 as Centicents, 100 as never);
    expect(early.take()).toMatchObject([{ type: 'orderbook_delta', seq: 5, msg: { market_ticker: SNOW } }]);
    late.take();
    fixture.engine.crowdReplace(RAIN, [[4_500, 700] as never], []);
    for (const [stream, seq] of [
      [early, 6],
      [late, 3],
    ] as const)
      expect(stream.take()).toMatchObject([{ type: 'orderbook_snapshot', seq, msg: { market_ticker: RAIN } }]);
    expect((await fixture.call('alice', 'GET', `/markets/${RAIN}/orderbook`)).status).toBe(200);
  });

  it('is waited for, market by market', () => {
    const fixture = createFixture();
    const told: string[] = [];
    fixture.server.whenBooksSubscribed([RAIN, SNOW], () => told.push('both'));
    const stop = fixture.server.whenBooksSubscribed([HAIL], () => told.push('hail'));
    const stream = fixture.openStream('alice');
    stream.command(subscribe(['orderbook_delta'], { market_tickers: [RAIN] }));
    expect(told).toEqual([]);
    stream.command(subscribe(['orderbook_delta'], { market_tickers: [SNOW] }));
    expect(told).toEqual(['both']);
    fixture.server.whenBooksSubscribed([RAIN], () => told.push('at once'));
    stop();
    stream.command(subscribe(['orderbook_delta'], { market_tickers: [HAIL] }));
    expect(told).toEqual(['both', 'at once']);
  });
});
