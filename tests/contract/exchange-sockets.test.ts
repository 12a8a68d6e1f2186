/** The exchange as a stranger's client meets it: over real sockets on this machine, with real keys of both kinds. */
import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { BothsidesError } from '../../src/domain/errors.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import { createEmbedded, type Embedded } from '../../src/exchange/embedded/embedded.ts';
import { type Loopback, serveLoopback } from '../../src/exchange/embedded/server.ts';
import { createSystemClock } from '../../src/runtime/system-clock.ts';

const clock = createSystemClock();
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed25519 = generateKeyPairSync('ed25519');
const keys: Readonly<Record<string, KeyObject>> = { 'rsa-key': rsa.privateKey, 'ed-key': ed25519.privateKey };

function signedHeaders(keyId: string, method: string, path: string): Record<string, string> {
  const timestamp = String(clock.now());
  const data = Buffer.from(`${timestamp}${method}${path}`);
  const key = keys[keyId]!;
  const signature =
    key.asymmetricKeyType === 'ed25519'
      ? sign(null, data, key)
      : sign('sha256', data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
  return {
    'KALSHI-ACCESS-KEY': keyId,
    'KALSHI-ACCESS-TIMESTAMP': timestamp,
    'KALSHI-ACCESS-SIGNATURE': signature.toString('base64'),
  };
}

let embedded: Embedded;
let loopback: Loopback;

beforeAll(async () => {
  embedded = await createEmbedded({
    clocks: { wall: clock },
    random: createRandom(11),
    flow: 'none',
    markets: 12,
    accounts: [
      { keyId: 'rsa-key', publicKey: rsa.publicKey, user: 'rae' },
      { keyId: 'ed-key', publicKey: ed25519.publicKey, user: 'edith' },
    ],
  });
  loopback = await serveLoopback(embedded.server, { port: 0 });
  embedded.start();
});
afterAll(async () => {
  embedded.stop();
  await loopback.close();
});

async function call(keyId: string, method: string, path: string, body?: unknown) {
  const url = new URL(`${loopback.restUrl}${path}`);
  const response = await fetch(url, {
    method,
    headers: { ...signedHeaders(keyId, method, url.pathname), 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text), headers: response.headers };
}

/** A stream whose frames can be waited for. */
async function openStream(keyId: string) {
  const socket = new WebSocket(loopback.wsUrl, { headers: signedHeaders(keyId, 'GET', '/trade-api/ws/v2') });
  // biome-ignore lint/suspicious/noExplicitAny: frames are looked into freely
  const frames: any[] = [];
  const heard = new Set<() => void>();
  socket.on('message', (data) => {
    frames.push(JSON.parse(String(data)));
    for (const listener of heard) listener();
  });
  await once(socket, 'open');
  return {
    socket,
    send: (command: unknown) => socket.send(JSON.stringify(command)),
    /** The next frame of this type, taken out. */
    next: (type: string) =>
      // biome-ignore lint/suspicious/noExplicitAny: as above
      new Promise<any>((resolve) => {
        const look = (): void => {
          const index = frames.findIndex((frame) => frame.type === type);
          if (index < 0) return;
          heard.delete(look);
          resolve(frames.splice(index, 1)[0]);
        };
        heard.add(look);
        look();
      }),
  };
}

describe('Over sockets', () => {
  it('both kinds of key trade with each other, and both streams tell of it', async () => {
    const listed = await call('rsa-key', 'GET', '/markets?status=open&limit=1');
    const { ticker, exchange_index } = listed.body.markets[0];
    const rae = await openStream('rsa-key');
    const edith = await openStream('ed-key');
    for (const stream of [rae, edith]) {
      const channels = ['orderbook_delta', 'trade', 'fill', 'user_orders', 'market_positions'];
      stream.send({ id: 1, cmd: 'subscribe', params: { channels, market_tickers: [ticker], use_yes_price: true } });
      expect((await stream.next('orderbook_snapshot')).msg.market_ticker).toBe(ticker);
      for (let count = 0; count < channels.length; count++) await stream.next('subscribed');
    }
    const terms = { ticker, exchange_index, time_in_force: 'good_till_canceled', self_trade_prevention_type: 'maker' };
    const offered = await call('rsa-key', 'POST', '/portfolio/events/orders', {
      ...terms,
      side: 'ask',
      price: '0.5500',
      count: '2.00',
      client_order_id: 'offer',
    });
    expect(offered.status).toBe(201);
    expect((await rae.next('orderbook_delta')).msg).toMatchObject({
      price_dollars: '0.5500',
      client_order_id: 'offer',
    });
    expect((await edith.next('orderbook_delta')).msg).not.toHaveProperty('client_order_id');
    const taken = await call('ed-key', 'POST', '/portfolio/events/orders', {
      ...terms,
      side: 'bid',
      price: '0.6000',
      count: '0.75',
    });
    expect(taken.body).toMatchObject({ fill_count: '0.75', remaining_count: '0.00', average_fill_price: '0.5500' });
    expect((await rae.next('fill')).msg).toMatchObject({ is_taker: false, post_position_fp: '-0.75' });
    expect((await edith.next('fill')).msg).toMatchObject({ is_taker: true, post_position_fp: '0.75' });
    expect((await edith.next('trade')).msg).toMatchObject({ count_fp: '0.75', taker_book_side: 'bid' });
    expect((await rae.next('market_position')).msg.position_fp).toBe('-0.75');

    const rest = await call('rsa-key', 'DELETE', '/portfolio/events/orders/batched', {
      orders: [{ order_id: offered.body.order_id, exchange_index }],
    });
    expect(rest.body.orders[0]).toMatchObject({ reduced_by: '1.25' });
    expect((await call('ed-key', 'DELETE', '/portfolio/events/orders')).status).toBe(204);
    rae.socket.close();
    edith.socket.close();
  });

  it('an unsigned stream is refused with the reason', async () => {
    const socket = new WebSocket(loopback.wsUrl);
    const [, response] = await once(socket, 'unexpected-response');
    expect(response.statusCode).toBe(401);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    expect(JSON.parse(Buffer.concat(chunks).toString()).error.code).toBe('signature_is_missing_from_headers');
    const lost = new WebSocket(loopback.wsUrl.replace('/ws/v2', '/ws/v3'), {
      headers: signedHeaders('ed-key', 'GET', '/'),
    });
    const [, other] = await once(lost, 'unexpected-response');
    expect(other.statusCode).toBe(404);
    for (const one of [socket, lost]) one.on('error', () => undefined).terminate();
  });

  it('answers carry a date, and the process keeps its own Request', async () => {
    const answer = await call('rsa-key', 'GET', '/portfolio/balance');
    expect(Math.abs(Date.parse(answer.headers.get('date') ?? '') - clock.now())).toBeLessThan(5_000);
    expect(new Request('http://a/').constructor.name).toBe('Request');
    expect(answer.body.balance_breakdown).toHaveLength(4);
  });

  it('a port that is taken is refused by name', async () => {
    const refused = await serveLoopback(embedded.server, { port: loopback.port }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(BothsidesError);
    expect(refused).toMatchObject({ code: 'PORT_IN_USE', message: expect.stringContaining(String(loopback.port)) });
  });
});
