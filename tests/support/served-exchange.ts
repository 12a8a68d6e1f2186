/**
 * The embedded exchange over real sockets for real clients: signed in wall time, its market on a clock that the test moves,
 * so that a market settles when the test says so. Every request that came in is kept with its answer.
 */
import { generateKeyPairSync } from 'node:crypto';
import { ManualClock } from '../../src/domain/manual-clock.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import { unixMs } from '../../src/domain/units.ts';
import { createEmbedded, type Embedded } from '../../src/exchange/embedded/embedded.ts';
import { serveLoopback } from '../../src/exchange/embedded/server.ts';
import { createSystemClock } from '../../src/runtime/system-clock.ts';

export interface Exchanged {
  readonly method: string;
  /** Below /trade-api/v2, without the query. */
  readonly path: string;
  readonly status: number;
  readonly text: string;
}

export interface TraderKey {
  readonly keyId: string;
  readonly privateKeyPem: string;
}

export interface ServedExchange {
  readonly embedded: Embedded;
  readonly restUrl: string;
  readonly wsUrl: string;
  readonly port: number;
  /** In the order of the answers. */
  readonly exchanged: Exchanged[];
  /** What a 500 would be about. */
  readonly faults: unknown[];
  readonly keys: { readonly ann: TraderKey; readonly ben: TraderKey };
  advance(milliseconds: number): void;
  close(): Promise<void>;
}

/** Twelve markets whose books are empty; two accounts with RSA keys and $1,000 on every shard. */
export async function serveExchange(): Promise<ServedExchange> {
  const wall = createSystemClock();
  const market = new ManualClock(unixMs(Date.UTC(2027, 2, 4, 12)));
  const faults: unknown[] = [];
  const accountOf = (user: string) => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const keyId = `key-of-${user}`;
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    return { account: { keyId, publicKey, user }, key: { keyId, privateKeyPem: pem } };
  };
  const ann = accountOf('ann');
  const ben = accountOf('ben');
  const embedded = await createEmbedded({
    clocks: { wall, market },
    random: createRandom(5),
    flow: 'none',
    markets: 12,
    accounts: [ann.account, ben.account],
    tier: 'prestige',
    onFault: (error) => faults.push(error),
  });
  const exchanged: Exchanged[] = [];
  const root = '/trade-api/v2';
  const loopback = await serveLoopback(
    {
      ...embedded.server,
      async fetch(request) {
        const answer = await embedded.server.fetch(request);
        const { pathname } = new URL(request.url);
        const text = await answer.clone().text();
        exchanged.push({ method: request.method, path: pathname.slice(root.length), status: answer.status, text });
        return answer;
      },
    },
    { port: 0 },
  );
  embedded.start();
  return {
    embedded,
    restUrl: loopback.restUrl,
    wsUrl: loopback.wsUrl,
    port: loopback.port,
    exchanged,
    faults,
    keys: { ann: ann.key, ben: ben.key },
    advance: (milliseconds) => market.advanceTo(market.now() + milliseconds),
    async close() {
      embedded.stop();
      await loopback.close();
    },
  };
}
