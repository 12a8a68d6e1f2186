/** The exchange as the rest of the program puts it together: in memory, on clocks that others move. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/domain/manual-clock.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import { unixMs } from '../../src/domain/units.ts';
import { createEmbedded, type Embedded, type EmbeddedOptions } from '../../src/exchange/embedded/embedded.ts';
import { fakeSignature } from '../../src/exchange/embedded/protocol/auth.ts';

const WALL = unixMs(Date.UTC(2027, 4, 1, 9));
const ACCOUNTS = [{ keyId: 'k', publicKey: null, user: 'trader' }];

function signedHeaders(wall: ManualClock, method: string, path: string): Record<string, string> {
  const timestamp = String(wall.now());
  const signature = fakeSignature(`${timestamp}${method}${path}`);
  return { 'kalshi-access-key': 'k', 'kalshi-access-timestamp': timestamp, 'kalshi-access-signature': signature };
}

async function create(wall: ManualClock, options: Partial<EmbeddedOptions> = {}): Promise<Embedded> {
  return createEmbedded({
    clocks: { wall, market: wall },
    random: createRandom(5),
    flow: 'synthetic',
    markets: 10,
    accounts: ACCOUNTS,
    ...options,
  });
}

function openStream(embedded: Embedded, wall: ManualClock): { frames: string[]; command(command: unknown): void } {
  const frames: string[] = [];
  const answer = embedded.server.connect(signedHeaders(wall, 'GET', '/trade-api/ws/v2'), {
    send: (text) => frames.push(text),
    ping: () => undefined,
    close: () => undefined,
  });
  if (!answer.accepted) throw new Error(answer.body);
  return { frames, command: (command) => answer.receive(JSON.stringify(command)) };
}

/** Ten seconds of a synthetic market with a trader in it, as the wire shows it. */
async function play(stepMs: number): Promise<{ hash: string; frames: number; orders: number }> {
  const wall = new ManualClock(WALL);
  const embedded = await create(wall);
  embedded.start();
  const tickers = embedded.engine.allMarkets().map(({ listed }) => listed.ticker);
  const stream = openStream(embedded, wall);
  const channels = ['orderbook_delta', 'ticker', 'trade', 'fill', 'user_orders', 'market_positions'];
  stream.command({ id: 1, cmd: 'subscribe', params: { channels, market_tickers: tickers } });
  let orders = 0;
  for (let second = 1; second <= 10; second++) {
    for (let ms = stepMs; ms <= 1_000; ms += stepMs) wall.advanceTo(WALL + (second - 1) * 1_000 + ms);
    const path = '/trade-api/v2/portfolio/events/orders';
    const response = await embedded.server.fetch(
      new Request(`http://venue${path}`, {
        method: 'POST',
        headers: signedHeaders(wall, 'POST', path),
        body: JSON.stringify({
          ticker: tickers[second % tickers.length],
          side: second % 2 === 0 ? 'bid' : 'ask',
          price: second % 2 === 0 ? '0.9900' : '0.0100',
          count: '1.00',
          time_in_force: 'immediate_or_cancel',
          self_trade_prevention_type: 'taker_at_cross',
        }),
      }),
    );
    if (response.status === 201) orders++;
  }
  embedded.stop();
  // When a frame was sent depends on who came round when; what it says does not.
  const said = stream.frames.map((frame) => frame.replace(/,"sending_ts_ms":\d+/, ''));
  return { hash: createHash('sha256').update(said.join('')).digest('hex'), frames: said.length, orders };
}

describe('An embedded exchange', () => {
  it('says the same again from the same seed, however finely its time is cut', async () => {
    const first = await play(1_000);
    expect(first.frames).toBeGreaterThan(100);
    expect(first.orders).toBe(10);
    expect(await play(1_000)).toEqual(first);
    expect(await play(20)).toEqual(first);
  });

  it('answers in microtasks alone', async () => {
    const wall = new ManualClock(WALL);
    const embedded = await create(wall, { flow: 'none' });
    const path = '/trade-api/v2/portfolio/orders';
    let answered = 0;
    for (const url of [`http://venue${path}`, 'http://venue/trade-api/v2/markets', 'http://venue/nothing']) {
      const request = new Request(url, { headers: signedHeaders(wall, 'GET', new URL(url).pathname) });
      void embedded.server.fetch(request).then((response) => response.text().then(() => answered++));
    }
    const post = '/trade-api/v2/portfolio/events/orders';
    const body = JSON.stringify({ orders: 'x'.repeat(1_000_000) });
    const request = new Request(`http://venue${post}`, {
      method: 'POST',
      headers: signedHeaders(wall, 'POST', post),
      body,
    });
    void embedded.server.fetch(request).then((response) => response.text().then(() => answered++));
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(4);
  });

  it('leaves no timer behind when it is stopped', async () => {
    const wall = new ManualClock(WALL);
    const embedded = await createEmbedded({
      clocks: { wall },
      random: createRandom(5),
      flow: 'synthetic',
      markets: 10,
      accounts: ACCOUNTS,
      speed: 20,
    });
    embedded.start();
    wall.advanceTo(WALL + 100);
    expect(embedded.market.now()).toBe(WALL + 2_000);
    embedded.stop();
    expect(wall.nextDueMs).toBeNull();
  });

  it('needs a recording for a replay', async () => {
    await expect(create(new ManualClock(WALL), { flow: 'replay' })).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('A replay', () => {
  const MARKET = 'KXBTC15M-27MAY010915-15';
  const firstMs = Date.UTC(2027, 3, 1);

  async function withReplay(check: (embedded: Embedded, wall: ManualClock) => Promise<void> | void): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'bothsides-replay-'));
    try {
      const file = join(folder, 'recording.jsonl');
      const msg = { market_ticker: MARKET, market_id: 'm', yes_dollars_fp: [['0.4000', '5.00']] };
      const frames = [0, 60_000].map((offsetMs, index) => ({
        recv_ns: (firstMs + offsetMs) * 1e6,
        frame: { type: 'orderbook_snapshot', sid: 1, seq: index + 1, msg },
      }));
      writeFileSync(file, frames.map((frame) => `${JSON.stringify(frame)}\n`).join(''));
      const wall = new ManualClock(WALL);
      const embedded = await createEmbedded({
        clocks: { wall },
        random: createRandom(1),
        flow: 'replay',
        recording: file,
        accounts: ACCOUNTS,
        speed: 4,
      });
      embedded.start();
      // What its first moment shows is known once it has been read.
      while (embedded.replay!.pending !== null) await embedded.replay!.pending;
      await check(embedded, wall);
      embedded.stop();
      expect(wall.nextDueMs).toBeNull();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  it('stands at its first moment until somebody watches a book, then runs', async () => {
    await withReplay((embedded, wall) => {
      wall.advanceTo(WALL + 9_000);
      expect([embedded.market.now(), embedded.speed()]).toEqual([firstMs, 0]);
      const stream = openStream(embedded, wall);
      stream.command({ id: 1, cmd: 'subscribe', params: { channels: ['trade'] } });
      expect(embedded.speed()).toBe(0);
      stream.command({ id: 2, cmd: 'subscribe', params: { channels: ['orderbook_delta'], market_ticker: MARKET } });
      expect(embedded.speed()).toBe(4);
      wall.advanceTo(WALL + 10_000);
      expect(embedded.market.now()).toBe(firstMs + 4_000);
    });
  });

  it('goes on by itself after ten seconds', async () => {
    await withReplay((embedded, wall) => {
      wall.advanceTo(WALL + 10_000);
      expect(embedded.speed()).toBe(4);
      expect(embedded.market.now()).toBe(firstMs);
    });
  });
});
