/**
 * A thousand synthetic markets in real time: what their crowd, its matching, the charts and the records take of one core, by
 * themselves and with a client that follows every change of every book.
 */
import { createRandom } from '../../src/domain/seeded-random.ts';
import { createEmbedded, type Embedded } from '../../src/exchange/embedded/embedded.ts';
import { fakeSignature } from '../../src/exchange/embedded/protocol/auth.ts';
import { STREAM_PATH } from '../../src/exchange/embedded/server.ts';
import { createSystemClock } from '../../src/runtime/system-clock.ts';
import { type BenchRow, ceilingRow, repeatedly } from './row.ts';

const MARKETS = 1_000;
const MEASURED_MS = 3_000;
/** Well under half a core: the rest of it is for clients. */
const ALONE_PERCENT_MAX = 20;
const FOLLOWED_PERCENT_MAX = 30;
/** Less than this would mean that the crowd does not act. */
const FRAMES_PER_SECOND_MIN = 300;

const wall = createSystemClock();

async function percentOfCore(): Promise<number> {
  const startMs = performance.now();
  const start = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, MEASURED_MS));
  const { user, system } = process.cpuUsage(start);
  return (100 * (user + system)) / 1_000 / (performance.now() - startMs);
}

/** Returns how many frames have come so far. */
function follow({ server, engine }: Embedded): () => number {
  let frames = 0;
  const atMs = wall.now();
  const headers = {
    'kalshi-access-key': 'follower',
    'kalshi-access-timestamp': String(atMs),
    'kalshi-access-signature': fakeSignature(`${atMs}GET${STREAM_PATH}`),
  };
  const peer = { send: () => frames++, ping: () => undefined, close: () => undefined };
  const answer = server.connect(headers, peer);
  if (!answer.accepted) throw new Error(`The exchange refused a client: ${answer.body}`);
  const params = {
    channels: ['orderbook_delta', 'ticker', 'trade'],
    market_tickers: engine.allMarkets().map(({ listed }) => listed.ticker),
  };
  answer.receive(JSON.stringify({ id: 1, cmd: 'subscribe', params }));
  return () => frames;
}

export async function benchMarkets(): Promise<readonly BenchRow[]> {
  const exchange = await createEmbedded({
    clocks: { wall },
    random: createRandom(1),
    flow: 'synthetic',
    markets: MARKETS,
    accounts: [{ keyId: 'follower', publicKey: null, user: 'follower' }],
  });
  try {
    exchange.start();
    const alone = await repeatedly(percentOfCore);
    const frames = follow(exchange);
    const before = frames();
    const startMs = performance.now();
    const followed = await repeatedly(percentOfCore);
    const rate = ((frames() - before) * 1_000) / (performance.now() - startMs);
    if (rate < FRAMES_PER_SECOND_MIN)
      throw new Error(`Only ${rate.toFixed(0)} frames a second: the crowd does not act`);
    return [
      ceilingRow('a thousand synthetic markets in real time', '% of a core', alone, ALONE_PERCENT_MAX),
      ceilingRow('… and a client that follows all of them', '% of a core', followed, FOLLOWED_PERCENT_MAX),
    ];
  } finally {
    exchange.stop();
  }
}
