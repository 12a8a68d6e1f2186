/**
 * The stream over real sockets, with clients that break the protocol at every level: bytes that are no handshake, frames
 * that are no frames, messages of 64 MiB, ten thousand subscriptions, clients that vanish and clients that never read.
 * After each of them the exchange serves the next client as if nothing had been, and holds no more memory for them than
 * their bounded queues. BOTHSIDES_LONG=1 tries more of each.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createRandom } from '../../src/domain/seeded-random.ts';
import { createEmbedded, type Embedded } from '../../src/exchange/embedded/embedded.ts';
import { fakeSignature } from '../../src/exchange/embedded/protocol/auth.ts';
import { type Loopback, STREAM_PATH, serveLoopback } from '../../src/exchange/embedded/server.ts';
import { createSystemClock } from '../../src/runtime/system-clock.ts';

const LONG = process.env.BOTHSIDES_LONG === '1';
const MEBIBYTE = 2 ** 20;
/** Of the longest messages tried: the longest that is taken, with time for it. */
const SIZE = (LONG ? 64 : 3) * MEBIBYTE;
const clock = createSystemClock();
const faults: unknown[] = [];
let embedded: Embedded;
let loopback: Loopback;
let market: string;

beforeAll(async () => {
  embedded = await createEmbedded({
    clocks: { wall: clock },
    random: createRandom(5),
    flow: 'none',
    markets: 4,
    accounts: ['good', 'bad'].map((user) => ({ keyId: user, publicKey: null, user })),
    onFault: (error) => faults.push(error),
  });
  loopback = await serveLoopback(embedded.server, { port: 0 });
  embedded.start();
  const open = embedded.engine.allMarkets().find(({ status }) => status === 'active');
  if (open === undefined) throw new Error('a market is open');
  market = open.listed.ticker;
});
afterAll(async () => {
  embedded.stop();
  await loopback.close();
});

function headers(user: string): Record<string, string> {
  const timestamp = String(Math.floor(clock.now()));
  return {
    'KALSHI-ACCESS-KEY': user,
    'KALSHI-ACCESS-TIMESTAMP': timestamp,
    'KALSHI-ACCESS-SIGNATURE': fakeSignature(`${timestamp}GET${STREAM_PATH}`),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: frames are looked into freely
type Frame = any;

async function openStream(user: string) {
  const socket = new WebSocket(loopback.wsUrl, { headers: headers(user), maxPayload: 0 });
  const frames: Buffer[] = [];
  let heard = () => {};
  socket.on('message', (data: Buffer) => {
    frames.push(data);
    heard();
  });
  socket.on('error', () => undefined);
  await once(socket, 'open');
  /** Those that are passed over are not even read: there may be many megabytes of them. */
  const next = async (passOver: string | null = null): Promise<Frame> => {
    for (let at = 0; ; at++) {
      while (at === frames.length) {
        frames.length = 0;
        at = 0;
        await new Promise<void>((resolve) => (heard = resolve));
      }
      if (passOver !== null && frames[at]!.toString('latin1', 0, passOver.length) === passOver) continue;
      const [frame] = frames.splice(0, at + 1).slice(-1);
      return JSON.parse(String(frame));
    }
  };
  return { socket, next, send: (command: unknown) => socket.send(JSON.stringify(command)) };
}

/** A connection of bare bytes, after the handshake or before it. */
async function openBytes(user: string | null): Promise<Socket> {
  const socket = connect(loopback.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  if (user === null) return socket;
  const lines = Object.entries(headers(user)).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(
    `GET ${STREAM_PATH} HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${lines.join('')}\r\n`,
  );
  const [head] = await once(socket, 'data');
  expect(String(head)).toMatch(/^HTTP\/1\.1 101 /);
  return socket;
}

/** A frame as a client sends it; its mask is zero, so the bytes stay what they are. */
function frame(opcode: number, payload: Buffer, claimed = payload.length): Buffer {
  const head = Buffer.alloc(14);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(claimed), 2);
  return Buffer.concat([head, payload]);
}

/** The code with which the exchange ended the connection; null: it just did. */
async function closeCode(socket: Socket): Promise<number | null> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('end', () => socket.end());
  if (!socket.destroyed) await Promise.race([once(socket, 'end'), once(socket, 'close')]);
  const bytes = Buffer.concat(chunks);
  return bytes.length >= 4 && bytes[0] === 0x88 ? bytes.readUInt16BE(2) : null;
}

async function standsFirm(): Promise<void> {
  const stream = await openStream('good');
  stream.send({ id: 1, cmd: 'subscribe', params: { channels: ['orderbook_delta'], market_ticker: market } });
  expect(await stream.next()).toMatchObject({ type: 'subscribed', id: 1 });
  expect(await stream.next()).toMatchObject({ type: 'orderbook_snapshot', seq: 1 });
  stream.socket.terminate();
  expect((await fetch(`${loopback.restUrl}/exchange/status`)).status).toBe(200);
  expect(faults).toEqual([]);
}
afterEach(standsFirm);

describe('A message', () => {
  it(`of ${SIZE / MEBIBYTE} MiB is answered, whatever it is made of`, async () => {
    const stream = await openStream('bad');
    const size = SIZE;
    const shapes = [
      '['.repeat(size),
      `[${'[],'.repeat(size / 3 - 1)}[]]`,
      `{"id":1,"cmd":"subscribe","params":${'{"a":'.repeat(size / 8)}1${'}'.repeat(size / 8)}}`,
      `{"cmd":"list_subscriptions","params":{"a":"${'\\"'.repeat(size / 2 - 64)}"}}`,
      `{"cmd":"${'x'.repeat(size - 64)}"}`,
      `{"cmd":"subscribe","params":{"channels":["trade"],"market_ticker":"${'K'.repeat(size - 128)}"}}`,
    ];
    const answers: unknown[] = [];
    const before = process.memoryUsage().rss;
    let highest = 0;
    for (const shape of shapes) {
      stream.socket.send(shape);
      const answer = await stream.next();
      answers.push(answer.msg?.code ?? answer.type);
      highest = Math.max(highest, process.memoryUsage().rss - before);
    }
    expect(answers).toEqual([1, 1, 1, 'ok', 5, 11]);
    // This process holds the client as well, with its own copies.
    expect(highest).toBeLessThan(1_500 * MEBIBYTE);
    stream.socket.terminate();
  }, 60_000);

  it('beyond 64 MiB ends the connection with 1009, before it has come', async () => {
    const socket = await openBytes('bad');
    socket.write(frame(1, Buffer.alloc(0), 64 * MEBIBYTE + 1));
    expect(await closeCode(socket)).toBe(1009);
  });

  it('that is no text is answered; one that is no frame, or no letters, ends the connection by its number', async () => {
    const stream = await openStream('bad');
    stream.socket.send(Buffer.from('{"id":1,"cmd":"list_subscriptions"}'));
    expect((await stream.next()).msg).toEqual({ code: 1, msg: 'Unable to process message' });
    stream.socket.terminate();
    for (const [code, bytes] of [
      [1007, frame(1, Buffer.from([0xff, 0xfe]))],
      [1002, Buffer.from([0x81, 0x02, 0x7b, 0x7d])],
      [1002, Buffer.from([0xf1, 0x80, 0, 0, 0, 0])],
    ] as const) {
      const socket = await openBytes('bad');
      socket.write(bytes);
      expect(await closeCode(socket)).toBe(code);
    }
  });

  it('of any bytes at all stops nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.uint8Array({ maxLength: 300 }), fc.nat(11), async (isOpen, bytes, opcode) => {
        const socket = await openBytes(isOpen ? 'bad' : null);
        socket.resume();
        socket.write(opcode > 10 ? bytes : frame(opcode, Buffer.from(bytes)));
        await new Promise<void>((resolve) => setImmediate(resolve));
        // Some say goodbye, some vanish.
        if (bytes.length % 2 === 0) socket.destroy();
        else socket.end();
      }),
      { numRuns: LONG ? 1_000 : 80 },
    );
  }, 60_000);
});

describe('Ten thousand subscriptions', () => {
  it('of one client are each answered, and are ten at most', async () => {
    const stream = await openStream('bad');
    const channels = ['orderbook_delta', 'ticker', 'trade', 'fill', 'market_lifecycle_v2'];
    for (let id = 1; id <= 2_000; id++) {
      const params = { channels, market_ticker: `KXMANY-${id}`, skip_ticker_ack: true };
      stream.send({ id, cmd: 'subscribe', params });
    }
    stream.send({ id: 10_001, cmd: 'list_subscriptions' });
    const counts = new Map<string, number>();
    for (;;) {
      const { type, id, msg } = await stream.next();
      if (id === 10_001) {
        expect(msg).toHaveLength(5);
        break;
      }
      counts.set(type, (counts.get(type) ?? 0) + 1);
    }
    expect(Object.fromEntries(counts)).toEqual({ subscribed: 5, ok: 9_995 });
    stream.socket.terminate();
  }, 30_000);
});

describe('A client that never reads', () => {
  it('and goes on asking costs its queue and no more, and loses the connection; others hear everything', async () => {
    const socket = await openBytes('bad');
    socket.pause();
    const other = await openStream('good');
    const subscribe = { id: 1, cmd: 'subscribe', params: { channels: ['orderbook_delta'], market_ticker: market } };
    socket.write(frame(1, Buffer.from(JSON.stringify(subscribe))));
    other.send(subscribe);
    await other.next();
    await other.next();
    // An answer of a thousand names for a question of a hundred letters, over and over.
    const names = Array.from({ length: 1_000 }, (_, index) => `KXMANY-${index}`);
    const adding = { cmd: 'update_subscription', params: { sid: 1, action: 'add_markets', market_tickers: names } };
    const question = {
      cmd: 'update_subscription',
      params: { sid: 1, action: 'add_markets', market_ticker: 'KXMANY-1' },
    };
    socket.write(frame(1, Buffer.from(JSON.stringify(adding))));
    const burst = Buffer.concat(Array.from({ length: 500 }, () => frame(1, Buffer.from(JSON.stringify(question)))));
    const before = process.memoryUsage();
    let highest = 0;
    for (let count = 0; count < 40; count++) {
      socket.write(burst);
      await new Promise<void>((resolve) => setTimeout(resolve, 10));
      highest = Math.max(highest, process.memoryUsage().rss - before.rss);
    }
    // What was asked would be 240 MB; the last thing that it finds when it reads at last is why it was cut off.
    let last = '';
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      last = (last + chunk.toString('latin1')).slice(-100);
    });
    socket.resume();
    while (!last.includes('outgoing buffer overflow')) await once(socket, 'data');
    socket.destroy();
    expect(bytes).toBeLessThan(20 * MEBIBYTE);
    expect(highest).toBeLessThan(400 * MEBIBYTE);
    // The other client was never kept waiting.
    for (let cents = 1; cents <= 3; cents++)
      embedded.engine.crowdAdd(market as never, 'bid', (cents * 100) as never, 100 as never);
    expect([await other.next(), await other.next(), await other.next()].map(({ seq }) => seq)).toEqual([2, 3, 4]);
    other.socket.terminate();
  }, 30_000);

  it('is told so by error 25 once it reads again, and can begin anew', async () => {
    const stream = await openStream('bad');
    const names = Array.from({ length: 400 }, (_, index) => `KXLONG-${index}`);
    stream.send({ id: 1, cmd: 'subscribe', params: { channels: ['orderbook_delta'], market_ticker: market } });
    await stream.next();
    await stream.next();
    stream.socket.pause();
    // Half of what a connection may hold, then the book moves.
    stream.send({
      id: 2,
      cmd: 'update_subscription',
      params: { sid: 1, action: 'add_markets', market_tickers: names },
    });
    for (let count = 0; count < 9_000; count++) {
      stream.send({ cmd: 'update_subscription', params: { sid: 1, action: 'add_markets', market_ticker: 'KXLONG-1' } });
    }
    for (let isOpen = true; isOpen; ) {
      embedded.engine.crowdAdd(market as never, 'bid', 100 as never, 100 as never);
      await new Promise<void>((resolve) => setTimeout(resolve, 20));
      isOpen = false;
      embedded.server.endSubscriptions(25, ({ listener }) => {
        isOpen ||= listener.user === 'bad';
        return false;
      });
    }
    stream.socket.resume();
    const isAnswer = '{"type":"ok"';
    let over = await stream.next(isAnswer);
    while (over.type !== 'error') over = await stream.next(isAnswer);
    expect([over.sid, over.msg.code]).toEqual([1, 25]);
    stream.send({ id: 3, cmd: 'subscribe', params: { channels: ['orderbook_delta'], market_ticker: market } });
    // What it had asked of the old one before it knew is answered first.
    let answer = await stream.next();
    while (answer.id !== 3) {
      expect(answer.msg.code).toBe(7);
      answer = await stream.next();
    }
    expect(answer).toMatchObject({ type: 'subscribed', msg: { sid: 2 } });
    stream.socket.terminate();
  }, 30_000);
});

describe('A client that is gone', () => {
  it('at any point of the handshake or after it leaves nothing behind', async () => {
    for (let count = 0; count < (LONG ? 400 : 60); count++) {
      const half = await openBytes(null);
      half.write(`GET ${STREAM_PATH} HTTP/1.1\r\nHost: here\r\nUpgrade: web`);
      half.destroy();
      const whole = await openBytes('bad');
      const subscribe = { id: 1, cmd: 'subscribe', params: { channels: ['orderbook_delta'], market_ticker: market } };
      whole.write(frame(1, Buffer.from(JSON.stringify(subscribe))));
      if (count % 3 === 0) whole.resetAndDestroy();
      else whole.destroy();
    }
    // All of one user's places are free again: two hundred at a time is the most.
    const deadlineMs = clock.now() + 5_000;
    for (;;) {
      const streams = await Promise.allSettled(Array.from({ length: 190 }, () => openBytes('bad')));
      for (const stream of streams) if (stream.status === 'fulfilled') stream.value.destroy();
      if (streams.every(({ status }) => status === 'fulfilled')) break;
      expect(clock.now()).toBeLessThan(deadlineMs);
      await new Promise<void>((resolve) => setTimeout(resolve, 50));
    }
  }, 30_000);

  it('without saying so is let go of when it left three pings without a sign of life, one that is there is not', async () => {
    const silent = await openBytes('bad');
    silent.pause();
    const there = await openStream('good');
    const gone = once(silent, 'close');
    for (let count = 0; count < 4; count++) {
      const pinged = once(there.socket, 'ping');
      embedded.server.heartbeat();
      await pinged;
      there.socket.ping();
      await once(there.socket, 'pong');
    }
    silent.resume();
    await gone;
    expect(there.socket.readyState).toBe(WebSocket.OPEN);
    there.socket.terminate();
  });

  it('is pinged with the word that the venue uses, and its own pings are answered', async () => {
    const { socket } = await openStream('bad');
    const ping = once(socket, 'ping');
    embedded.server.heartbeat();
    expect(String((await ping)[0])).toBe('heartbeat');
    const pong = once(socket, 'pong');
    socket.ping('mine');
    expect(String((await pong)[0])).toBe('mine');
    socket.terminate();
  });
});
