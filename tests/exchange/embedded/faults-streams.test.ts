/** Each fault that comes upon streams, as our own client meets it in memory, and what of it only sockets can show. */

import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { createRandom } from '../../../src/domain/seeded-random.ts';
import { createEmbedded } from '../../../src/exchange/embedded/embedded.ts';
import { checkFaults } from '../../../src/exchange/embedded/faults/spec.ts';
import { fakeSignature } from '../../../src/exchange/embedded/protocol/auth.ts';
import { serveLoopback } from '../../../src/exchange/embedded/server.ts';
import { createSystemClock } from '../../../src/runtime/system-clock.ts';
import { openStage, START_MS, type Stage, type StageOptions } from './fault-stage.ts';

let stage: Stage | null = null;
const endings: (() => unknown)[] = [];
afterEach(async () => {
  await stage?.close();
  stage = null;
  for (const end of endings.splice(0).reverse()) await end();
});

async function open(rules: readonly unknown[], options?: StageOptions): Promise<Stage> {
  stage = await openStage(rules, options);
  return stage;
}

const ON_BOOK = { channel: 'orderbook_delta' } as const;

/** A book's stream, on which three orders come after the snapshot; the sequence numbers that were heard. */
async function sequences(rules: readonly unknown[], options?: StageOptions): Promise<number[]> {
  const { listen, create, advance } = await open(rules, options);
  const { heard } = await listen(['book']);
  for (const [index, price] of [100, 200, 300].entries()) await create(`order ${index}`, price);
  await advance(2_000);
  return heard.flatMap((event) =>
    event.type === 'bookSnapshot' || event.type === 'bookDelta' ? [event.sequence] : [],
  );
}

describe('Frames', () => {
  it('come in order when nothing is asked for', async () => {
    expect(await sequences([])).toEqual([1, 2, 3, 4]);
  });
  it('are lost', async () => {
    expect(await sequences([{ fault: 'loseFrame', on: ON_BOOK, at: [2] }])).toEqual([1, 3, 4]);
  });
  it('come twice', async () => {
    expect(await sequences([{ fault: 'repeatFrame', on: ON_BOOK, at: [2] }])).toEqual([1, 2, 2, 3, 4]);
  });
  it('are overtaken by the next one, or late where there is none', async () => {
    expect(await sequences([{ fault: 'reorderFrame', on: ON_BOOK, at: [2] }])).toEqual([1, 3, 2, 4]);
    await stage?.close();
    expect(await sequences([{ fault: 'reorderFrame', on: ON_BOOK, at: [4] }])).toEqual([1, 2, 3, 4]);
  });
  it('show a gap though none is missing', async () => {
    expect(await sequences([{ fault: 'sequenceGap', on: ON_BOOK, at: [2] }])).toEqual([1, 3, 4, 5]);
  });
  it('of another market or channel are left alone', async () => {
    expect(await sequences([{ fault: 'loseFrame', on: { ...ON_BOOK, market: 'NO-SUCH-*' } }])).toEqual([1, 2, 3, 4]);
    await stage?.close();
    expect(await sequences([{ fault: 'loseFrame', on: { channel: 'fill' } }])).toEqual([1, 2, 3, 4]);
  });

  it('that are late hold up those behind them, in order', async () => {
    const { listen, create, advance, clock } = await open([
      { fault: 'delayFrame', on: ON_BOOK, at: [2], delayMs: 500 },
    ]);
    const { of } = await listen(['book']);
    const dueMs = clock.now() - START_MS + 500;
    await create('one', 100);
    await advance(100);
    await create('two', 200);
    await advance(1_000);
    expect(of('bookDelta')).toMatchObject([
      { sequence: 2, heardMs: dueMs },
      { sequence: 3, heardMs: dueMs },
    ]);
  });
});

describe('A stream', () => {
  it('is dropped in the middle of its frames, and opens again', async () => {
    const { listen, create } = await open([{ fault: 'dropStream', on: ON_BOOK, at: [2] }]);
    const first = await listen(['book']);
    await create('one');
    expect(first.of('closed')).toMatchObject([{ code: 1006 }]);
    expect(first.of('bookDelta')).toEqual([]);
    const second = await listen(['book']);
    expect(second.of('bookSnapshot')).toMatchObject([{ sequence: 1, bids: [[100, 100]] }]);
  });

  it('is refused at its handshake', async () => {
    const { listen } = await open([{ fault: 'refuseStream', at: [1], status: 502 }]);
    expect((await listen(['book'])).of('closed')[0]?.reason).toContain('502');
    expect((await listen(['book'])).of('bookSnapshot')).toHaveLength(1);
  });

  it('carries neither pongs nor pings while they are missing', async () => {
    const { listen, advance, embedded } = await open([{ fault: 'missingPongs', fromMs: 1_000, toMs: 2_000 }]);
    const { stream, of } = await listen([]);
    const alive = async (act: () => void): Promise<number> => {
      const before = of('alive').length;
      act();
      await advance(10);
      return of('alive').length - before;
    };
    expect(await alive(() => stream.ping())).toBe(1);
    await advance(1_000);
    expect(await alive(() => stream.ping())).toBe(0);
    expect(await alive(() => embedded.server.heartbeat())).toBe(0);
    await advance(1_000);
    expect(await alive(() => stream.ping())).toBe(1);
    expect(await alive(() => embedded.server.heartbeat())).toBe(1);
  });

  it('has a latency of its own, in which frames keep their order', async () => {
    const leg = { baseMs: 0, meanMs: 0 };
    const options = { latency: { request: leg, response: leg, stream: { baseMs: 100, meanMs: 300 } } };
    expect(await sequences([], options)).toEqual([1, 2, 3, 4]);
  });
});

describe('Over sockets', () => {
  async function serve(rules: readonly unknown[]) {
    const embedded = await createEmbedded({
      clocks: { wall: createSystemClock() },
      random: createRandom(1),
      flow: 'none',
      accounts: [{ keyId: 'key', publicKey: null, user: 'alice' }],
      faults: { rules: checkFaults(rules, 'the test'), endpoint: true },
    });
    const loopback = await serveLoopback(embedded.server, { port: 0 });
    endings.push(
      () => embedded.stop(),
      () => loopback.close(),
    );
    embedded.start();
    return loopback;
  }

  it('a dropped request has no answer at all, a silent one none in time, and the next is answered', async () => {
    const on = { path: '/exchange/status' };
    const { restUrl } = await serve([
      { fault: 'dropBefore', on, at: [1] },
      { fault: 'dropAfter', on, at: [2] },
      { fault: 'silenceBefore', on, at: [3] },
    ]);
    await expect(fetch(`${restUrl}/exchange/status`)).rejects.toThrow('fetch failed');
    await expect(fetch(`${restUrl}/exchange/status`)).rejects.toThrow('fetch failed');
    await expect(fetch(`${restUrl}/exchange/status`, { signal: AbortSignal.timeout(100) })).rejects.toThrow('timeout');
    expect((await fetch(`${restUrl}/exchange/status`)).status).toBe(200);
    const { counts } = (await (await fetch(`${restUrl}/_faults`)).json()) as { counts: { came: number }[] };
    expect(counts.map(({ came }) => came)).toEqual([1, 1, 1]);
  });

  it('pongs are missing, a dropped stream ends without a close frame', async () => {
    const { restUrl, wsUrl } = await serve([
      { fault: 'missingPongs', fromMs: 0, toMs: 60_000 },
      { fault: 'dropStream', at: [1] },
    ]);
    const at = String(Date.now());
    const ws = new WebSocket(wsUrl, {
      headers: {
        'KALSHI-ACCESS-KEY': 'key',
        'KALSHI-ACCESS-TIMESTAMP': at,
        'KALSHI-ACCESS-SIGNATURE': fakeSignature(`${at}GET/trade-api/ws/v2`),
      },
    });
    let pongs = 0;
    ws.on('pong', () => pongs++);
    const closed = new Promise<number>((resolve) => ws.on('close', resolve));
    const said: string[] = [];
    ws.on('message', (data) => said.push(String(data)));
    await new Promise((resolve) => ws.on('open', resolve));
    ws.ping();
    ws.send('{"id":1,"cmd":"list_subscriptions"}');
    // The answer comes after the pong would have.
    await new Promise((resolve) => ws.once('message', resolve));
    expect(pongs).toBe(0);
    await fetch(`${restUrl}/_faults`, { method: 'PUT', body: '[{"fault":"dropStream","at":[1]}]' });
    ws.once('pong', async () => {
      const { markets } = (await (await fetch(`${restUrl}/markets?limit=1`)).json()) as {
        markets: { ticker: string }[];
      };
      const params = { channels: ['orderbook_delta'], market_tickers: [markets[0]!.ticker] };
      ws.send(JSON.stringify({ id: 2, cmd: 'subscribe', params }));
    });
    ws.ping();
    expect(await closed).toBe(1006);
    expect(pongs).toBe(1);
    expect(said.some((text) => text.includes('orderbook_snapshot'))).toBe(false);
  });
});
