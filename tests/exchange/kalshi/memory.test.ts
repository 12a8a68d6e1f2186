/** The client inside one process, as the virtual world uses it: a handler, a message port, and a clock that is driven. */
import { describe, expect, it } from 'vitest';
import { named, type Ticker } from '../../../src/domain/ids.ts';
import { createRandom } from '../../../src/domain/seeded-random.ts';
import { createPortSockets, type PortConnect } from '../../../src/exchange/kalshi/sockets.ts';
import { createHandlerTransport } from '../../../src/exchange/kalshi/transport.ts';
import { createKalshiVenue } from '../../../src/exchange/kalshi/venue.ts';
import type { StreamEvent } from '../../../src/exchange/port.ts';
import { addressOf, clocksOf, EXCHANGE_SETTINGS, intentOf } from './support/venue.ts';
import { settle, VirtualClock } from './support/virtual-clock.ts';

type Handler = (request: Request) => Response | Promise<Response>;

function world(handler: Handler, connect: PortConnect = () => ({ accepted: false, status: 503, body: 'closed' })) {
  const wall = new VirtualClock();
  const market = new VirtualClock();
  const venue = createKalshiVenue({
    restUrl: 'http://exchange.test/trade-api/v2',
    wsUrl: 'ws://exchange.test/trade-api/ws/v2',
    keyId: 'key',
    signer: { sign: (text) => Buffer.from(`sim:${text}`).toString('base64') },
    transport: createHandlerTransport(handler),
    sockets: createPortSockets(connect),
    clocks: clocksOf(wall, market),
    random: createRandom(5),
    settings: EXCHANGE_SETTINGS,
  });
  return { wall, market, venue };
}
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
const CREATED = json.bind(null, { order_id: 'o', fill_count: '0.00', remaining_count: '12.50' }, 201);

describe('In memory', () => {
  it('a request settles within one turn, and leaves no timer', async () => {
    const { wall, market, venue } = world(async (request) => {
      const signature = atob(request.headers.get('kalshi-access-signature')!);
      expect(signature).toBe(`sim:${wall.now()}POST/trade-api/v2/portfolio/events/orders`);
      expect(await request.json()).toMatchObject({ ticker: 'KXRAIN-26DEC24-T1' });
      return CREATED();
    });
    let kind = '';
    void venue.orders.create(intentOf(), { priority: 'quote' }).then((outcome) => {
      kind = outcome.kind;
    });
    await settle();
    expect(kind).toBe('accepted');
    expect([wall.timers, market.timers]).toEqual([0, 0]);
  });

  it('a time-out falls due on the wall clock; the market’s does not matter', async () => {
    const { wall, market, venue } = world(() => new Promise(() => {}));
    let kind = '';
    void venue.orders.create(intentOf(), { priority: 'quote' }).then((outcome) => {
      kind = outcome.kind;
    });
    await market.advance(3_600_000);
    await wall.advance(EXCHANGE_SETTINGS.requestTimeoutMs - 1);
    expect(kind).toBe('');
    await wall.advance(1);
    expect(kind).toBe('unknown');
    expect(wall.timers).toBe(0);
  });

  it('tokens come with the market clock; the wall’s does not matter', async () => {
    let received = 0;
    const { wall, market, venue } = world(() => {
      received++;
      return CREATED();
    });
    const congestion: boolean[] = [];
    venue.congested$.subscribe((isCongested) => congestion.push(isCongested));
    for (let index = 0; index < 12; index++) void venue.orders.create(intentOf(), { priority: 'quote' });
    await wall.advance(60_000);
    expect(received).toBe(10);
    expect(congestion).toEqual([false, true]);
    await market.advance(100);
    expect(received).toBe(11);
    await market.advance(100);
    expect(received).toBe(12);
    expect(congestion).toEqual([false, true, false]);
  });

  it('a quote that its door refuses after the wait gives its tokens back', async () => {
    let received = 0;
    const { market, venue } = world(() => {
      received++;
      return CREATED();
    });
    for (let index = 0; index < 10; index++) await venue.orders.create(intentOf(), { priority: 'quote' });
    let denial = '';
    void venue.orders.create(intentOf(), { priority: 'quote', door: () => 'superseded' }).then((outcome) => {
      denial = outcome.kind === 'denied' ? outcome.reason : outcome.kind;
    });
    void venue.orders.create(intentOf(), { priority: 'quote' });
    await market.advance(100);
    expect(denial).toBe('superseded');
    expect(received).toBe(11);
  });

  it('reads are repeated after a wait on the wall clock that grows with chance', async () => {
    let received = 0;
    const { wall, venue } = world(() => {
      received++;
      return received < 3 ? json({}, 503) : json({ as_of_time: '2026-12-01T09:00:00Z' });
    });
    const read = venue.account.userDataTimestamp();
    await settle();
    expect(received).toBe(1);
    await wall.advance(EXCHANGE_SETTINGS.retryBaseMs);
    expect(received).toBe(2);
    await wall.advance(EXCHANGE_SETTINGS.retryBaseMs * 2);
    expect(await read).toBe(Date.UTC(2026, 11, 1, 9));
  });

  it('a request given up while its signature was made does not leave later', async () => {
    let received = 0;
    let sign: (signature: string) => void = () => {};
    const wall = new VirtualClock();
    const venue = createKalshiVenue({
      restUrl: 'http://exchange.test/trade-api/v2',
      wsUrl: 'ws://exchange.test/trade-api/ws/v2',
      keyId: 'key',
      signer: {
        sign: () =>
          new Promise((resolve) => {
            sign = resolve;
          }),
      },
      transport: createHandlerTransport(() => {
        received++;
        return json({ order_id: 'o', reduced_by: '1.00' });
      }),
      sockets: createPortSockets(() => ({ accepted: false, status: 503, body: '' })),
      clocks: clocksOf(wall),
      random: createRandom(5),
      settings: EXCHANGE_SETTINGS,
    });
    const outcome = venue.orders.cancel(addressOf(), { priority: 'cancel' });
    await settle();
    await venue.close();
    sign('signature');
    expect(await outcome).toMatchObject({ kind: 'denied' });
    expect(received).toBe(0);
  });

  describe('a stream', () => {
    const port = () => {
      const told: string[] = [];
      let speak: (text: string) => void = () => {};
      let hangUp: (code: number, reason: string) => void = () => {};
      const connect: PortConnect = (headers, peer) => {
        told.push(atob(headers['KALSHI-ACCESS-SIGNATURE']!).slice(-'GET/trade-api/ws/v2'.length));
        speak = (text) => peer.send(text);
        hangUp = (code, reason) => peer.close(code, reason);
        return {
          accepted: true,
          receive: (text) => told.push(text),
          pong: () => told.push('pong'),
          closed: () => told.push('closed'),
        };
      };
      return { told, connect, speak: (text: string) => speak(text), hangUp: (code: number) => hangUp(code, 'bye') };
    };
    const DELTA = (seq: number) =>
      JSON.stringify({
        type: 'orderbook_delta',
        sid: 1,
        seq,
        msg: { market_ticker: 'T', price_dollars: '0.5000', delta_fp: '1.00', side: 'yes', ts_ms: 1 },
      });

    it('speaks and hears through the message port, in order and never inside the server’s own turn', async () => {
      const { told, connect, speak, hangUp } = port();
      const { venue } = world(() => json({}), connect);
      const heard: StreamEvent[] = [];
      const stream = venue.openStream();
      stream.events.subscribe((event) => heard.push(event));
      stream.subscribe(['ticker'], [named<Ticker>('T')]);
      await settle();
      speak(DELTA(1));
      speak(DELTA(2));
      expect(heard).toHaveLength(1);
      await settle();
      stream.ping();
      await settle();
      hangUp(4001);
      await settle();
      expect(heard).toMatchObject([
        { type: 'opened' },
        { type: 'bookDelta', sequence: 1 },
        { type: 'bookDelta', sequence: 2 },
        { type: 'alive' },
        { type: 'closed', code: 4001, reason: 'bye' },
      ]);
      expect(told[0]).toBe('GET/trade-api/ws/v2');
      expect(JSON.parse(told[1]!)).toMatchObject({ cmd: 'subscribe' });
    });

    it('that is refused is closed with the reason', async () => {
      const { wall, venue } = world(() => json({}));
      const heard: StreamEvent[] = [];
      venue.openStream().events.subscribe((event) => heard.push(event));
      await settle();
      expect(heard).toEqual([{ type: 'closed', code: 1006, reason: 'handshake refused with 503: closed' }]);
      expect(wall.timers).toBe(0);
    });

    it('that we close tells the server, and hears nothing any more', async () => {
      const { told, connect, speak } = port();
      const { venue } = world(() => json({}), connect);
      const heard: StreamEvent[] = [];
      const stream = venue.openStream();
      stream.events.subscribe((event) => heard.push(event));
      await settle();
      speak(DELTA(1));
      stream.close();
      await settle();
      expect(told.at(-1)).toBe('closed');
      expect(heard.map((event) => event.type)).toEqual(['opened', 'closed']);
    });
  });
});
