/** A small venue with its protocol server: one series, two events, three markets, two accounts, clocks that stand. */

import { type EventTicker, named, type SeriesTicker, type Ticker } from '../../../src/domain/ids.ts';
import { ManualClock } from '../../../src/domain/manual-clock.ts';
import { WHOLE_CENTS } from '../../../src/domain/market.ts';
import { createRandom } from '../../../src/domain/seeded-random.ts';
import type { Side } from '../../../src/domain/side.ts';
import { type Centicents, type Centicontracts, fromDollars, unixMs, ZERO_QUANTITY } from '../../../src/domain/units.ts';
import { createEngine } from '../../../src/exchange/embedded/engine.ts';
import { CROWD } from '../../../src/exchange/embedded/model.ts';
import { fakeSignature, type VenueAccount } from '../../../src/exchange/embedded/protocol/auth.ts';
import type { Tier } from '../../../src/exchange/embedded/protocol/rate-limits.ts';
import { createVenueServer, STREAM_PATH } from '../../../src/exchange/embedded/server.ts';

export const START_MS = unixMs(Date.UTC(2027, 2, 4, 12, 0, 0, 250));
export const RAIN = named<Ticker>('KXRAIN-27MAR05-NYC');
export const SNOW = named<Ticker>('KXRAIN-27MAR05-BOS');
export const HAIL = named<Ticker>('KXRAIN-27MAR06-NYC');
/** As the wire names alice. */
export const ALICE_ID = '83b85c87-12dd-5234-8cbd-5211dec0b961';
/** Stands on shard 2; the others on 0. */
export const HAIL_SHARD = 2;
export const ROOT = '/trade-api/v2';

export interface FixtureOptions {
  readonly tier?: Tier;
  readonly readDelayMs?: number;
  readonly accounts?: readonly VenueAccount[];
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: bodies are looked into freely, as a client's JSON is
  readonly body: any;
  readonly text: string;
  readonly headers: Headers;
}
// biome-ignore lint/suspicious/noExplicitAny: as above
export type Frame = any;

export function createFixture(options: FixtureOptions = {}) {
  const market = new ManualClock(START_MS);
  const wall = new ManualClock(START_MS);
  const engine = createEngine({ market, random: createRandom(7) });
  const accounts: readonly VenueAccount[] = options.accounts ?? [
    { keyId: 'key-alice', publicKey: null, user: 'alice' },
    { keyId: 'key-bob', publicKey: null, user: 'bob' },
  ];
  const faults: unknown[] = [];
  engine.addSeries({
    ticker: named<SeriesTicker>('KXRAIN'),
    title: 'Rain',
    category: 'Climate and Weather',
    frequency: 'daily',
    tags: ['Rain', 'Snow'],
    fees: { type: 'quadratic', multiplierMillionths: 1_000_000 },
    exchangeIndex: 0,
  });
  for (const day of ['27MAR05', '27MAR06']) {
    engine.addEvent({
      ticker: named<EventTicker>(`KXRAIN-${day}`),
      series: named<SeriesTicker>('KXRAIN'),
      title: `Rain on ${day}?`,
      subTitle: day,
      mutuallyExclusive: day === '27MAR05',
      feeOverride: null,
    });
  }
  for (const ticker of [RAIN, SNOW, HAIL]) {
    engine.addMarket({
      ticker,
      event: named<EventTicker>(ticker.slice(0, 'KXRAIN-27MAR05'.length)),
      marketId: `00000000-0000-4000-8000-${String([RAIN, SNOW, HAIL].indexOf(ticker)).padStart(12, '0')}`,
      title: `Rain in ${ticker}?`,
      yesSubTitle: 'Rain',
      noSubTitle: 'No rain',
      kind: 'binary',
      createdMs: unixMs(START_MS - 3_600_000),
      openMs: unixMs(START_MS - 1_800_000),
      closeMs: unixMs(START_MS + (ticker === HAIL ? 7_200_000 : 3_600_000)),
      expectedExpirationMs: unixMs(START_MS + 7_200_000),
      settlementTimerSeconds: 60,
      gridLabel: 'linear_cent',
      grid: WHOLE_CENTS,
      exchangeIndex: ticker === HAIL ? HAIL_SHARD : 0,
      strikeType: 'greater',
      floorStrike: 0.1,
      capStrike: null,
      rulesPrimary: 'Yes if it rains.',
      volumeBefore: ZERO_QUANTITY,
      volume24hBefore: ZERO_QUANTITY,
      openInterestBefore: ZERO_QUANTITY,
    });
  }
  for (const user of new Set(accounts.map((account) => account.user))) {
    engine.openAccount(user, new Map([0, 1, 2, 3].map((shard) => [shard, fromDollars(1_000)])));
  }
  const server = createVenueServer({
    engine,
    market,
    wall,
    tier: options.tier ?? 'prestige',
    accounts,
    speed: () => 1,
    readDelayMs: options.readDelayMs ?? 0,
    onFault: (error) => faults.push(error),
  });

  function signedHeaders(user: string, method: string, path: string): Record<string, string> {
    const timestamp = String(wall.now());
    return {
      'KALSHI-ACCESS-KEY': `key-${user}`,
      'KALSHI-ACCESS-TIMESTAMP': timestamp,
      'KALSHI-ACCESS-SIGNATURE': fakeSignature(`${timestamp}${method}${path}`),
    };
  }

  async function send(method: string, path: string, init: { headers?: Record<string, string>; body?: unknown } = {}) {
    const { headers = {}, body } = init;
    const response = await server.fetch(
      new Request(`http://venue${ROOT}${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    );
    const text = await response.text();
    return {
      status: response.status,
      body: text === '' ? null : JSON.parse(text),
      text,
      headers: response.headers,
    } satisfies Answer;
  }

  /** A request signed by this user. */
  function call(user: string, method: string, path: string, body?: unknown): Promise<Answer> {
    const headers = signedHeaders(user, method, ROOT + path.split('?')[0]);
    return send(method, path, body === undefined ? { headers } : { headers, body });
  }

  /** A stream of this user's; `frames` collects what arrives. */
  function openStream(user: string, options: { buffered?: () => number } = {}) {
    const frames: Frame[] = [];
    const raw: string[] = [];
    const state = { pings: 0, closed: null as { code: number; reason: string } | null };
    const answer = server.connect(signedHeaders(user, 'GET', STREAM_PATH), {
      send: (text) => {
        raw.push(text);
        frames.push(JSON.parse(text));
      },
      ping: () => {
        state.pings++;
      },
      close: (code, reason) => {
        state.closed = { code, reason };
      },
      ...options,
    });
    if (!answer.accepted) throw new Error(`the handshake was refused: ${answer.status} ${answer.body}`);
    return {
      frames,
      raw,
      state,
      command: (command: unknown) => answer.receive(typeof command === 'string' ? command : JSON.stringify(command)),
      /** Takes what has arrived. */
      take: (): Frame[] => frames.splice(0),
      close: () => answer.closed(),
    };
  }

  return {
    market,
    wall,
    engine,
    server,
    faults,
    send,
    signedHeaders,
    call,
    openStream,
    /** A resting order of the crowd: price in cents, whole contracts. */
    crowd(ticker: Ticker, side: Side, cents: number, contracts: number) {
      const answer = engine.create(CROWD, {
        market: ticker,
        side,
        price: (cents * 100) as Centicents,
        quantity: (contracts * 100) as Centicontracts,
        timeInForce: 'goodTillCanceled',
        selfTrade: 'taker_at_cross',
        clientOrderId: null,
        expiresAtMs: null,
        postOnly: false,
        reduceOnly: false,
        cancelOnPause: false,
        groupId: null,
      });
      if (!answer.ok) throw new Error(`the crowd was refused: ${answer.code}`);
      return answer.order;
    },
  };
}

/** The body of a create, with everything that is required. */
export function order(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    ticker: RAIN,
    side: 'bid',
    count: '1.00',
    price: '0.0100',
    time_in_force: 'good_till_canceled',
    self_trade_prevention_type: 'taker_at_cross',
    ...fields,
  };
}
