/** What a client of any kind sees of each fault on its socket: status, body, silence; and what became of its request. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createRandom } from '../../../src/domain/seeded-random.ts';
import { createEmbedded } from '../../../src/exchange/embedded/embedded.ts';
import { checkFaults } from '../../../src/exchange/embedded/faults/spec.ts';
import { fakeSignature } from '../../../src/exchange/embedded/protocol/auth.ts';
import { serveLoopback } from '../../../src/exchange/embedded/server.ts';
import { createSystemClock } from '../../../src/runtime/system-clock.ts';

const ORDERS = '/portfolio/events/orders';
/** After this a client here believes that no answer comes. */
const SILENT_MS = 500;
const LATE_MS = 80;

let close: () => Promise<void> = async () => undefined;
afterEach(() => close());

async function open(rules: readonly unknown[]) {
  const embedded = await createEmbedded({
    clocks: { wall: createSystemClock() },
    random: createRandom(3),
    flow: 'none',
    markets: 12,
    accounts: [{ keyId: 'key', publicKey: null, user: 'alice' }],
    tier: 'prestige',
    faults: { rules: checkFaults(rules, 'the test'), endpoint: true },
  });
  const { restUrl, ...loopback } = await serveLoopback(embedded.server, { port: 0 });
  close = async () => {
    embedded.stop();
    await loopback.close();
  };
  embedded.start();
  const market = embedded.engine.allMarkets()[0]!.listed.ticker;

  /** What came: a status with a text, no answer in time, or a line that broke. */
  async function call(method: string, path: string, body?: object, patienceMs = 10_000) {
    const at = String(Date.now());
    const signed = `${at}${method}/trade-api/v2${path.split('?')[0]}`;
    const beganMs = performance.now();
    try {
      const response = await fetch(restUrl + path, {
        method,
        headers: {
          'KALSHI-ACCESS-KEY': 'key',
          'KALSHI-ACCESS-TIMESTAMP': at,
          'KALSHI-ACCESS-SIGNATURE': fakeSignature(signed),
          'content-type': 'application/json',
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(patienceMs),
      });
      const text = await response.text();
      return { status: response.status, text, date: response.headers.get('date'), tookMs: performance.now() - beganMs };
    } catch (error) {
      return {
        status: (error as Error).name === 'TimeoutError' ? 'silence' : 'broken',
        text: '',
        date: null,
        tookMs: 0,
      };
    }
  }
  const order = { side: 'bid', price: '0.0100', count: '1.00', time_in_force: 'good_till_canceled', post_only: true };
  return {
    embedded,
    market,
    call,
    create: (clientOrderId = 'one', patienceMs?: number) => {
      const named = { ticker: market, client_order_id: clientOrderId, self_trade_prevention_type: 'taker_at_cross' };
      return call('POST', ORDERS, { ...order, ...named }, patienceMs);
    },
    resting: () => embedded.engine.orders('alice').filter(({ status }) => status === 'resting').length,
  };
}

/** null: nothing was said. */
function json(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return 'no JSON';
  }
}

const UNAVAILABLE = { error: expect.objectContaining({ code: 'service_unavailable' }) };

describe('A create on a socket', () => {
  it.each<[string, { answer: [status: unknown, body: unknown]; rests: number; more?: object }]>([
    ['throttle', { answer: [429, { error: 'too many requests' }], rests: 0 }],
    ['errorBefore', { answer: [503, UNAVAILABLE], rests: 0 }],
    ['errorAfter', { answer: [502, { error: expect.any(Object) }], rests: 1, more: { status: 502 } }],
    ['silenceBefore', { answer: ['silence', null], rests: 0 }],
    ['silenceAfter', { answer: ['silence', null], rests: 1 }],
    ['dropBefore', { answer: ['broken', null], rests: 0 }],
    ['dropAfter', { answer: ['broken', null], rests: 1 }],
    ['emptyBody', { answer: [201, null], rests: 1 }],
    ['malformedBody', { answer: [201, 'no JSON'], rests: 1 }],
  ])('that meets %s', async (fault, { answer, rests, more }) => {
    const { create, resting } = await open([{ fault, on: { method: 'POST', path: ORDERS }, at: [1], ...more }]);
    const { status, text } = await create('one', answer[0] === 'silence' ? SILENT_MS : undefined);
    expect([status, json(text)]).toEqual(answer);
    await vi.waitFor(() => expect(resting()).toBe(rests));
    expect((await create('two')).status).toBe(201);
  });

  it.each(['slowRequest', 'slowAnswer'])('that meets %s is answered late', async (fault) => {
    const { create, resting } = await open([{ fault, at: [1], delayMs: LATE_MS }]);
    const answer = create();
    await new Promise((resolve) => setTimeout(resolve, LATE_MS / 2));
    expect((await answer).status).toBe(201);
    expect((await answer).tookMs).toBeGreaterThanOrEqual(LATE_MS - 1);
    expect(resting()).toBe(1);
  });

  it.each([
    ['exchangePause', {}, 409, 'exchange_is_paused'],
    ['tradingPause', {}, 409, 'trading_is_paused'],
    ['marketHalt', { on: { market: '*' } }, 400, 'market_inactive'],
  ])('that meets %s is refused', async (fault, more, status, code) => {
    const { create } = await open([{ fault, fromMs: 0, toMs: 60_000, ...more }]);
    const answer = await create();
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(code);
  });
});

describe('A read on a socket', () => {
  it('that is cut has half of its items and a cursor at which it breaks off', async () => {
    const { create, call } = await open([{ fault: 'cutPages', on: { path: '/portfolio/orders' } }]);
    for (const id of ['one', 'two', 'three', 'four']) await create(id);
    const page = json((await call('GET', '/portfolio/orders')).text) as { orders: unknown[]; cursor: string };
    expect(page.orders).toHaveLength(2);
    expect((await call('GET', `/portfolio/orders?cursor=${page.cursor}`)).status).toBe(503);
  });

  it('lags: a canceled order still rests, cash is still held, a second cancel finds nothing, the time stamp says when', async () => {
    const { create, call, market, embedded } = await open([]);
    const { order_id } = json((await create()).text) as { order_id: string };
    const cash = async () => (json((await call('GET', '/portfolio/balance')).text) as { balance: number }).balance;
    const status = async () =>
      (json((await call('GET', `/portfolio/orders/${order_id}`)).text) as { order: { status: string } }).order.status;
    expect(await status()).toBe('resting');
    const held = await cash();
    const lagsFromMs = Date.now();
    embedded.faults!.replace([{ fault: 'staleReads', fromMs: 0, toMs: 3_600_000, delayMs: 1_800_000 }]);
    // The read above showed everything up to its own millisecond.
    await new Promise((resolve) => setTimeout(resolve, 5));
    const cancel = `${ORDERS}/${order_id}?market_ticker=${market}`;
    expect((await call('DELETE', cancel)).status).toBe(200);
    expect(await status()).toBe('resting');
    expect(await cash()).toBe(held);
    expect((await call('DELETE', cancel)).status).toBe(404);
    const stamp = json((await call('GET', '/exchange/user_data_timestamp')).text) as { as_of_time: string };
    expect(Date.parse(stamp.as_of_time)).toBeLessThanOrEqual(lagsFromMs);
  });

  it('of a clock that is off has its date, and its own signature is refused', async () => {
    const { call } = await open([{ fault: 'clockSkew', fromMs: 0, toMs: 60_000, skewMs: 45_000 }]);
    const answer = await call('GET', '/portfolio/balance');
    expect(answer.status).toBe(401);
    expect(Date.parse(answer.date!) - Date.now()).toBeGreaterThan(43_000);
  });
});
