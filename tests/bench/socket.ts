/**
 * Bytes on a socket → book updated and announced, through the client and the feed as they run in a trader, against `ws`
 * with a bare `JSON.parse` of each message. Both read the same bytes from a server in another thread, on loopback,
 * without compression. Counted in processor time of this thread: how long the other one takes does not matter.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import WebSocket from 'ws';
import type { Clocks } from '../../src/domain/clock.ts';
import { named, type Ticker } from '../../src/domain/ids.ts';
import { SkewEstimate } from '../../src/exchange/kalshi/skew.ts';
import { createWsSockets } from '../../src/exchange/kalshi/sockets.ts';
import { openStream } from '../../src/exchange/kalshi/stream.ts';
import type { Catalogue } from '../../src/exchange/port.ts';
import { Feed } from '../../src/feed/feed.ts';
import { createSystemClock } from '../../src/runtime/system-clock.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { type BenchRow, compare, ratioRow } from './row.ts';
import { LAST_TRADE, type SocketVenueOptions, tickerOf } from './socket-protocol.ts';

const MARKETS = 60;
const FRAMES = 150_000;

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Messages a second of processor time that `ws` and `JSON.parse` alone can take. */
async function bareRate(url: string, pour: () => void): Promise<number> {
  const ws = new WebSocket(url, { perMessageDeflate: false });
  await once(ws, 'open');
  let seen = 0;
  let checksum = 0;
  const startMs = cpuMs();
  await new Promise<void>((resolve) => {
    ws.on('message', (data: Buffer) => {
      checksum += JSON.parse(data.toString()).sid;
      if (++seen === FRAMES) resolve();
    });
    pour();
  });
  const tookMs = cpuMs() - startMs;
  ws.terminate();
  if (checksum === 0) throw new Error('nothing was parsed');
  return (FRAMES * 1000) / tookMs;
}

/** The same through the client, the feed and its books. */
async function ourRate(url: string, pour: () => void): Promise<number> {
  const system = createSystemClock();
  const clocks: Clocks = { wall: system, market: system, monotonicMs: () => system.monotonicMs() };
  const feed = new Feed({
    venue: {
      openStream: () =>
        openStream({
          wsUrl: url,
          keyId: 'bench',
          signer: null,
          sockets: createWsSockets(),
          skew: new SkewEstimate(),
          clocks,
          handshakeTimeoutMs: 5000,
          subaccount: 0,
          onEventFees: () => {},
          marketOf: () => null,
        }),
      catalogue: {} as Catalogue,
    },
    clocks,
    settings: { feed: { ...loadSettings({ mode: 'sim' }).settings.feed, lagMedianMsMax: Number.MAX_VALUE } },
  });
  const tickers = Array.from({ length: MARKETS }, (_, market) => named<Ticker>(tickerOf(market)));
  for (const ticker of tickers) feed.watch(ticker);
  feed.prioritise(tickers);
  let touches = 0;
  feed.books$.subscribe((market) => {
    touches += feed.view(market)?.book.bestBid() ?? 0;
  });
  const isLive = new Promise<void>((resolve) => {
    feed.facts$.subscribe((fact) => fact.type === 'feed.live' && resolve());
  });
  const isDone = new Promise<void>((resolve, reject) => {
    feed.trades$.subscribe((trade) => trade.tradeId === LAST_TRADE && resolve());
    feed.facts$.subscribe((fact) => {
      if (fact.type === 'feed.closed') reject(new Error(`the stream ended under way: ${fact.reason}`));
    });
  });
  const connection = feed.connection().subscribe();
  await isLive;
  const startMs = cpuMs();
  pour();
  await isDone;
  const tookMs = cpuMs() - startMs;
  connection.unsubscribe();
  const { deltas, gaps, malformed, voided } = feed.counts;
  if (gaps + malformed > 0 || voided !== MARKETS || deltas < FRAMES * 0.9 || touches === 0) {
    throw new Error(`the books were not kept: ${JSON.stringify(feed.counts)}`);
  }
  return (FRAMES * 1000) / tookMs;
}

export async function benchSocket(): Promise<BenchRow> {
  const workerData: SocketVenueOptions = { markets: MARKETS, frames: FRAMES };
  const worker = new Worker(new URL('./socket-venue.ts', import.meta.url), { workerData });
  try {
    const [port] = (await once(worker, 'message')) as [number];
    const url = `ws://127.0.0.1:${port}/trade-api/ws/v2`;
    const pour = (): void => worker.postMessage('pour');
    const [measured] = await compare([() => ourRate(url, pour)], () => bareRate(url, pour));
    return ratioRow('socket bytes → book ÷ ws + JSON.parse', 'messages/s', measured!, 0.75);
  } finally {
    await worker.terminate();
  }
}
