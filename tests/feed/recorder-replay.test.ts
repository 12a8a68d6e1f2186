/**
 * What was recorded plays again. The synthetic world, live: the real client, the feed and the recorder on its protocol
 * server, in memory, on clocks that stand; then its recording, through the same exchange. At the same moments the same
 * books stand in it; the same trades happened and the same results came.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clocks } from '../../src/domain/clock.ts';
import type { Ticker } from '../../src/domain/ids.ts';
import { ManualClock } from '../../src/domain/manual-clock.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import { type UnixMs, unixMs } from '../../src/domain/units.ts';
import { createEmbedded, type Embedded } from '../../src/exchange/embedded/embedded.ts';
import { fakeSignature } from '../../src/exchange/embedded/protocol/auth.ts';
import { createPortSockets } from '../../src/exchange/kalshi/sockets.ts';
import { tapSockets } from '../../src/exchange/kalshi/tapped-sockets.ts';
import { createHandlerTransport } from '../../src/exchange/kalshi/transport.ts';
import { createKalshiVenue } from '../../src/exchange/kalshi/venue.ts';
import { Recorder } from '../../src/feed/recorder.ts';
import { recordedVenue } from '../../src/feed/recorder-venue.ts';
import { SILENT } from '../../src/runtime/log.ts';
import { RecordRun } from '../../src/runtime/record-run.ts';
import { loadSettings } from '../../src/settings/load.ts';

const { settings } = loadSettings({ mode: 'sim' });
const START_MS = unixMs(Date.UTC(2026, 0, 5, 12, 0, 0));
/** Longer than a market of a quarter of an hour lives. */
const LIVED_MS = 16 * 60_000;
const LOOK_EVERY_MS = 5_000;
const MARKETS = 12;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bothsides-again-'));
});
afterAll(() => rm(folder, { recursive: true }));

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** What is compared: what was watched by then, at moments and over the whole time. */
interface Seen {
  readonly books: Map<string, string>;
  readonly trades: Map<Ticker, string[]>;
  readonly results: Map<Ticker, string>;
}

function watchEngine({ engine }: Embedded): Seen {
  const seen: Seen = { books: new Map(), trades: new Map(), results: new Map() };
  engine.events.subscribe((event) => {
    if (event.type === 'trade') {
      const { market, price, quantity, takerSide, atMs } = event.trade;
      const list = seen.trades.get(market) ?? [];
      seen.trades.set(market, list);
      list.push(`${atMs} ${takerSide} ${quantity} at ${price}`);
    }
    if (event.type === 'lifecycle' && event.change === 'determined')
      seen.results.set(event.market, `${engine.market(event.market)!.result}`);
  });
  return seen;
}
function look({ engine }: Embedded, seen: Seen, markets: Iterable<Ticker>, atMs: UnixMs): void {
  for (const ticker of markets) {
    const state = engine.market(ticker);
    if (state?.status !== 'active') continue;
    seen.books.set(`${ticker} ${atMs - START_MS}`, JSON.stringify(engine.book(ticker)));
  }
}

async function live(): Promise<{ seen: Seen; markets: ReadonlySet<Ticker>; recorder: Recorder }> {
  const clock = new ManualClock(START_MS);
  const clocks: Clocks = { wall: clock, market: clock, monotonicMs: () => 0 };
  const random = createRandom(11);
  const exchange = await createEmbedded({
    clocks,
    random: random.split('exchange'),
    flow: 'synthetic',
    markets: MARKETS,
    accounts: [{ keyId: 'key', publicKey: null, user: 'recorder' }],
  });
  const seen = watchEngine(exchange);
  const recorder = await Recorder.open({
    folder,
    clocks,
    settings: { ...settings.recorder, fileMinutesMax: 7 },
    run: 'live',
    source: {},
    onFailure: (error) => {
      throw error;
    },
  });
  const venue = createKalshiVenue({
    restUrl: 'http://venue/trade-api/v2',
    wsUrl: 'ws://venue/trade-api/ws/v2',
    keyId: 'key',
    signer: { sign: fakeSignature },
    transport: createHandlerTransport((request) => exchange.server.fetch(request)),
    sockets: tapSockets(
      createPortSockets((headers, peer) => exchange.server.connect(headers, peer)),
      () => recorder,
    ),
    clocks,
    random,
    settings: settings.exchange,
  });
  const run = new RecordRun({
    clocks,
    random,
    venue: recordedVenue(venue, recorder),
    settings,
    choice: { kind: 'top', count: MARKETS },
    log: SILENT,
  });
  exchange.start();
  clock.advanceTo(START_MS + 1_000);
  const started = run.start();
  for (let nowMs = START_MS + 1_000; nowMs <= START_MS + LIVED_MS; nowMs += 250) {
    // Whatever happens is heard of in its own millisecond.
    for (let next = clock.nextDueMs; next !== null && next <= nowMs; next = clock.nextDueMs) {
      clock.advanceTo(next);
      await turn();
    }
    clock.advanceTo(nowMs);
    await turn();
    if (nowMs % LOOK_EVERY_MS === 0) look(exchange, seen, run.markets, unixMs(nowMs));
  }
  await started;
  run.stop();
  await venue.close();
  await recorder.close();
  exchange.stop();
  return { seen, markets: run.markets, recorder };
}

async function again(markets: Iterable<Ticker>): Promise<{ seen: Seen; exchange: Embedded }> {
  const clock = new ManualClock(START_MS);
  const exchange = await createEmbedded({
    clocks: { wall: clock, market: clock },
    random: createRandom(5),
    flow: 'replay',
    recording: folder,
    accounts: [],
  });
  const seen = watchEngine(exchange);
  exchange.start();
  for (let nowMs: number = START_MS; nowMs <= START_MS + LIVED_MS; nowMs += 250) {
    for (let next = clock.nextDueMs; next !== null && next <= nowMs; next = clock.nextDueMs) {
      while (exchange.replay!.pending !== null) await exchange.replay!.pending;
      clock.advanceTo(next);
    }
    clock.advanceTo(nowMs);
    while (exchange.replay!.pending !== null) await exchange.replay!.pending;
    clock.advanceTo(nowMs);
    if (nowMs % LOOK_EVERY_MS === 0) look(exchange, seen, markets, unixMs(nowMs));
  }
  return { seen, exchange };
}

describe('A recorded world, played again', () => {
  it('has the same books at the same moments, the same trades and the same results', async () => {
    const { seen, markets, recorder } = await live();
    expect(recorder.counts).toMatchObject({ dropped: 0, gaps: 0 });
    expect(recorder.files.length).toBeGreaterThan(2);
    const { seen: replayed, exchange } = await again(markets);
    exchange.stop();

    expect(seen.books.size).toBeGreaterThan(MARKETS * 100);
    const different = [...seen.books].filter(([moment, book]) => replayed.books.get(moment) !== book);
    process.stderr.write(`${seen.books.size} books, ${different.length} different; ${recorder.counts.frames} frames\n`);
    expect(different.slice(0, 2).map(([moment, book]) => [moment, book, replayed.books.get(moment)])).toEqual([]);
    let trades = 0;
    for (const market of markets) {
      const happened = (seen.trades.get(market) ?? []).filter(
        (trade) => Number(trade.split(' ')[0]) > START_MS + 1_000,
      );
      expect(replayed.trades.get(market) ?? [], market).toEqual(happened);
      trades += happened.length;
    }
    expect(trades).toBeGreaterThan(200);
    expect(replayed.results).toEqual(new Map([...seen.results].filter(([market]) => markets.has(market))));
  }, 30_000);
});
