/**
 * A trader without its charts, for benchmarks: the rooms as a trader puts them together, an exchange that takes every
 * order at once, and nothing signed.
 */
import type { Subscription } from 'rxjs';
import { type Clocks, sleep } from '../../src/domain/clock.ts';
import { type EventTicker, named, type RunId, type Ticker } from '../../src/domain/ids.ts';
import type { Market } from '../../src/domain/market.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import { fromDollars, type UnixMs } from '../../src/domain/units.ts';
import type { SocketPort } from '../../src/exchange/kalshi/sockets.ts';
import type { HttpTransport } from '../../src/exchange/kalshi/transport.ts';
import { createKalshiVenue } from '../../src/exchange/kalshi/venue.ts';
import { SILENT } from '../../src/runtime/log.ts';
import { quoter } from '../../src/runtime/quoter.ts';
import { openBookmarks } from '../../src/runtime/stored-sessions.ts';
import { connectTickPlane } from '../../src/runtime/tick-plane.ts';
import { TraderRuntime } from '../../src/runtime/trader-runtime.ts';
import { Snapshots } from '../../src/store/snapshots.ts';
import type { Store } from '../../src/store/store.ts';
import { StoreJournal } from '../../src/store/store-journal.ts';
import { withSettings } from '../support/default-settings.ts';
import { marketWith } from '../support/markets.ts';
import { tickerOf } from './socket-protocol.ts';

/** An answer of the exchange takes this long, market time. */
const ANSWER_MS = 2;
const DAY_MS = 86_400_000;
const FAR_AWAY = 1e9;

/** As it ships, but that nothing is refused and that every change of a book is decided on. */
export const SETTINGS = withSettings({
  quoting: { paceMs: 0 },
  feed: { lagMedianMsMax: FAR_AWAY },
  risk: {
    marketDollarsMax: FAR_AWAY,
    categoryDollarsMax: FAR_AWAY,
    totalDollarsMax: FAR_AWAY,
    groupShareOfEquity: 1,
    totalShareOfEquity: 1,
    openPositionsMax: 100,
  },
});

/** Takes every order and cancels what it is told to. */
function createAnswers(clocks: Clocks): HttpTransport {
  let orders = 0;
  const bucket = { refill_rate: FAR_AWAY, bucket_capacity: FAR_AWAY };
  const bodyOf = (method: string, path: string, text: string | null): object => {
    if (path.endsWith('/order_groups/create')) return { order_group_id: 'group', exchange_index: 0 };
    if (method === 'POST') {
      const { count } = JSON.parse(text ?? '{}');
      return { order_id: `order-${++orders}`, fill_count: '0.00', remaining_count: count };
    }
    if (method === 'DELETE') return { order_id: path.split('/').at(-1), reduced_by: '3.00' };
    if (path.endsWith('/account/limits')) return { usage_tier: 'bench', read: bucket, write: bucket };
    return { fills: [], orders: [], settlements: [], order_groups: [], cursor: '' };
  };
  return {
    async send(request) {
      request.beforeWrite?.();
      if (request.method !== 'GET') await sleep(clocks.market, ANSWER_MS);
      const body = bodyOf(request.method, new URL(request.url).pathname, request.body);
      return { status: request.method === 'POST' ? 201 : 200, body: JSON.stringify(body), date: null };
    },
  };
}

export function benchMarket(index: number, nowMs: number): Market {
  return marketWith({
    ticker: named<Ticker>(tickerOf(index)),
    event: named<EventTicker>(`KXBENCH-${index >> 2}`),
    closeMs: (nowMs + 30 * DAY_MS) as UnixMs,
  });
}

export interface BenchTrader {
  readonly runtime: TraderRuntime;
  readonly journal: StoreJournal;
  /** Opens the connection; resolves when the books of all watched markets are in sync. */
  connect(): Promise<void>;
  /** Quotes a watched market from now on, until unsubscribed or stopped. */
  quote(market: Market): Subscription;
  stop(): Promise<void>;
}

export async function createBenchTrader(options: {
  readonly clocks: Clocks;
  readonly sockets: SocketPort;
  readonly wsUrl: string;
  readonly store: Store;
}): Promise<BenchTrader> {
  const { clocks, sockets, wsUrl, store } = options;
  const random = createRandom(1);
  const venue = createKalshiVenue({
    restUrl: 'http://127.0.0.1/trade-api/v2',
    wsUrl,
    keyId: 'bench',
    signer: { sign: () => 'unsigned' },
    transport: createAnswers(clocks),
    sockets,
    clocks,
    random,
    settings: SETTINGS.exchange,
  });
  const journal = await StoreJournal.open(store, clocks);
  const runtime = new TraderRuntime({
    clocks,
    random,
    venue,
    settings: SETTINGS,
    journal,
    bookmarks: openBookmarks(store, journal),
    checkpoints: new Snapshots(store, journal, 'trader'),
    run: named<RunId>('bench'),
    haltFile: () => false,
    log: SILENT,
    speed: () => 1,
    startedMs: clocks.monotonicMs(),
  });
  await venue.account.readLimits();
  runtime.ledger.setOpening(fromDollars(100_000));
  const tickPlane = connectTickPlane(runtime);
  const { markets, gateway, accounts, explanations } = runtime;
  const quoting = {
    clocks,
    settings: SETTINGS,
    markets,
    gateway,
    accounts,
    journal,
    explanations,
    widenCents: () => 0,
  };
  return {
    runtime,
    journal,
    async connect() {
      const missing = new Set<Ticker>(runtime.feed.watched());
      const isLive = new Promise<void>((resolve) => {
        runtime.feed.facts$.subscribe((fact) => {
          if (fact.type === 'book.synced' && missing.delete(fact.market) && missing.size === 0) resolve();
        });
      });
      tickPlane.add(runtime.feed.connection().subscribe());
      runtime.door.open();
      await isLive;
    },
    quote(market) {
      runtime.exposure.describe(market.ticker, market);
      const quotes = quoter(quoting, { session: `s-${market.ticker}`, market: market.ticker }).subscribe();
      tickPlane.add(quotes);
      return quotes;
    },
    async stop() {
      runtime.door.close();
      tickPlane.unsubscribe();
      await venue.close();
      await journal.close();
      await store.close();
    },
  };
}
