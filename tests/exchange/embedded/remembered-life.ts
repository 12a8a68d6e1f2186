/** An embedded exchange with a memory, two accounts and a wall that the test moves; and what may come to it from outside. */
import { ManualClock } from '../../../src/domain/manual-clock.ts';
import { createRandom } from '../../../src/domain/seeded-random.ts';
import { fromDollars, unixMs } from '../../../src/domain/units.ts';
import { createEmbedded, type Embedded, type EmbeddedOptions } from '../../../src/exchange/embedded/embedded.ts';
import type { Memory } from '../../../src/exchange/embedded/memory.ts';
import { fakeSignature } from '../../../src/exchange/embedded/protocol/auth.ts';

export const BIRTH = unixMs(Date.UTC(2027, 4, 1, 9));
/** The second life begins much later, by the wall. */
export const REBIRTH = unixMs(BIRTH + 5 * 86_400_000);
export const USERS = ['ann', 'ben'];
export const SPEED = 3;

export interface Life {
  readonly wall: ManualClock;
  readonly embedded: Embedded;
}

export async function live(memory: Memory, options: Partial<EmbeddedOptions> = {}, wallMs = BIRTH): Promise<Life> {
  const wall = new ManualClock(wallMs);
  const embedded = await createEmbedded({
    clocks: { wall },
    random: createRandom(7),
    flow: 'synthetic',
    markets: 6,
    speed: SPEED,
    openingCash: fromDollars(200),
    accounts: USERS.map((user) => ({ keyId: user, publicKey: null, user })),
    memory,
    onFault: (error) => {
      throw error;
    },
    ...options,
  });
  embedded.start();
  return { wall, embedded };
}

export const relive = (memory: Memory, options: Partial<EmbeddedOptions> = {}) => live(memory, options, REBIRTH);

export function pass({ wall, embedded }: Life, ms: number): void {
  wall.advanceTo(wall.now() + ms);
  embedded.server.fetch(new Request('http://venue/trade-api/v2/_clock'));
}

/** Somebody listens to everything: which must not matter. */
export function watch({ wall, embedded }: Life): void {
  const answer = embedded.server.connect(signed(wall, '/trade-api/ws/v2'), {
    send: () => undefined,
    ping: () => undefined,
    close: () => undefined,
  });
  const channels = [
    'orderbook_delta',
    'ticker',
    'trade',
    'fill',
    'user_orders',
    'market_positions',
    'order_group_updates',
  ];
  const market_tickers = embedded.engine.allMarkets().map(({ listed }) => listed.ticker);
  if (!answer.accepted) throw new Error(answer.body);
  answer.receive(JSON.stringify({ id: 1, cmd: 'subscribe', params: { channels, market_tickers } }));
}

export function signed(wall: ManualClock, path: string): Record<string, string> {
  return {
    'kalshi-access-key': 'ann',
    'kalshi-access-timestamp': String(wall.now()),
    'kalshi-access-signature': fakeSignature(`${wall.now()}GET${path}`),
  };
}

export function accountOf({ engine }: Embedded, user: string): unknown {
  return {
    cash: [...engine.availableCash(user)],
    orders: engine.orders(user),
    groups: engine.groups(user),
    fills: engine.fills(user),
    positions: engine.positions(user),
    settlements: engine.settlements(user),
  };
}

export function everythingOf(embedded: Embedded): unknown {
  const { engine } = embedded;
  const markets = engine.allMarkets();
  return {
    audit: engine.audit(),
    markets,
    books: markets.map(({ listed }) => engine.book(listed.ticker)),
    trades: markets.map(({ listed }) => engine.trades(listed.ticker)),
    accounts: USERS.map((user) => accountOf(embedded, user)),
    queues: USERS.flatMap((user) => engine.orders(user).map(({ orderId }) => engine.queueAhead(orderId))),
  };
}

export const EASY = {
  quantity: 100,
  timeInForce: 'goodTillCanceled',
  selfTrade: 'taker_at_cross',
  clientOrderId: null,
  expiresAtMs: null,
  postOnly: false,
  reduceOnly: false,
  cancelOnPause: false,
  groupId: null,
};
