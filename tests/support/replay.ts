/** A recording made by hand, and the embedded exchange that it is replayed in. */
import { named, type OrderId, type Ticker } from '../../src/domain/ids.ts';
import { ManualClock } from '../../src/domain/manual-clock.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import type { Side } from '../../src/domain/side.ts';
import { type Centicents, type Centicontracts, fromDollars, unixMs } from '../../src/domain/units.ts';
import { createEngine } from '../../src/exchange/embedded/engine.ts';
import { CAUTIOUS, type QueueSettings } from '../../src/exchange/embedded/flow/queue-model.ts';
import { PLAIN_SERIES, type SeriesTable } from '../../src/exchange/embedded/flow/recorded-catalogue.ts';
import type { GapCause, RecordedEntry, RecordedLine } from '../../src/exchange/embedded/flow/recorded-line.ts';
import type { RecordedSettlement } from '../../src/exchange/embedded/flow/recording.ts';
import { createReplayFlow } from '../../src/exchange/embedded/flow/replay.ts';
import type { ReplayPace } from '../../src/exchange/embedded/flow/replay-pace.ts';
import type { NewOrder } from '../../src/exchange/embedded/model.ts';

export const START_MS = unixMs(Date.UTC(2026, 0, 5, 12, 2, 0));
export const CLOSE_MS = unixMs(Date.UTC(2026, 0, 5, 12, 15, 0));
export const MARKET: Ticker = named('KXBTC15M-26JAN051215-15');

export const SERIES: SeriesTable = {
  ...PLAIN_SERIES,
  KXBTC15M: {
    category: 'Crypto',
    title: 'Bitcoin price up in the next 15 minutes?',
    frequency: 'fifteen_min',
    lifeMinutes: 15,
    grid: 'tapered_deci_cent',
    feeType: 'quadratic',
    feeMultiplier: 1,
    exchangeIndex: 2,
    mutuallyExclusive: false,
  },
};

/** A line and when it was received, ms after the start. */
export type Timed = readonly [ms: number, entry: RecordedEntry, gap?: GapCause];
let sequence = 0;
export const watch = (ms = 0): Timed => [ms, { type: 'watch', market: MARKET, closeMs: CLOSE_MS, strike: 90_000 }];
const levels = (pairs: [number, number][]) =>
  pairs.map(([cents, contracts]) => [cents * 100, contracts * 100] as unknown as readonly [Centicents, Centicontracts]);
export const snapshot = (ms: number, bids: [number, number][], asks: [number, number][]): Timed => [
  ms,
  {
    type: 'snapshot',
    subscription: 2,
    sequence: ++sequence,
    market: MARKET,
    bids: levels(bids),
    asks: levels(asks),
  },
];
export const delta = (ms: number, side: Side, cents: number, contracts: number): Timed => [
  ms,
  {
    type: 'delta',
    subscription: 2,
    sequence: ++sequence,
    market: MARKET,
    side,
    price: (cents * 100) as Centicents,
    change: (contracts * 100) as Centicontracts,
  },
];
export const ticker = (ms: number, lastCents: number | null, volume: number): Timed => [
  ms,
  {
    type: 'ticker',
    market: MARKET,
    lastPrice: lastCents === null ? null : ((lastCents * 100) as Centicents),
    volume: (volume * 100) as Centicontracts,
    openInterest: 500_00 as Centicontracts,
    bid: null,
    ask: null,
  },
];
export const trade = (ms: number, takerSide: Side, cents: number, contracts: number): Timed => [
  ms,
  {
    type: 'trade',
    market: MARKET,
    price: (cents * 100) as Centicents,
    quantity: (contracts * 100) as Centicontracts,
    takerSide,
  },
];

/** The numbering of the subscription to books lacks something here. */
export const lose = (ms: number, frames = 1): Timed => {
  sequence += frames;
  return [ms, { type: 'other' }];
};
/** Another connection. */
export const reconnect = (ms: number): Timed => [ms, { type: 'other' }, 'connection'];

async function* linesOf(timed: readonly Timed[], everyLine: () => Promise<void>): AsyncGenerator<RecordedLine, void> {
  for (const [index, [ms, entry, gap]] of timed.entries()) {
    await everyLine();
    const missing = gap === undefined ? {} : { gap };
    yield { recvMs: unixMs(START_MS + ms), ...missing, file: 'a.jsonl', line: index + 1, entry };
  }
}
/** A turn of the event loop: everything that is promised by now has happened. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

export interface ReplayOptions {
  readonly settlements?: ReadonlyMap<Ticker, RecordedSettlement>;
  readonly everyLine?: () => Promise<void>;
  readonly queue?: QueueSettings;
  readonly pace?: ReplayPace;
}
export function createReplay(timed: readonly Timed[], options: ReplayOptions = {}) {
  const clock = new ManualClock(START_MS);
  const random = createRandom(1);
  const engine = createEngine({ market: clock, random: random.split('engine') });
  const flow = createReplayFlow({
    engine,
    market: clock,
    random,
    firstMs: START_MS,
    lines: { [Symbol.asyncIterator]: () => linesOf(timed, options.everyLine ?? (() => Promise.resolve())) },
    settlements: options.settlements ?? new Map(),
    settings: { ...(options.queue ?? CAUTIOUS), series: SERIES },
    ...(options.pace === undefined ? {} : { pace: options.pace }),
  });
  for (const user of ['one', 'two']) engine.openAccount(user, new Map([[2, fromDollars(100_000)]]));
  flow.start();
  /** Lets everything up to this time happen, with the turns that reading takes. */
  const playTo = async (ms: number) => {
    await turn();
    for (let next = clock.nextDueMs; next !== null && next <= START_MS + ms; next = clock.nextDueMs) {
      clock.advanceTo(next);
      await turn();
    }
    clock.advanceTo(START_MS + ms);
    await turn();
  };
  const order = (user: string, side: Side, cents: number, contracts: number, rest: Partial<NewOrder> = {}): OrderId => {
    const answer = engine.create(user, {
      market: MARKET,
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
      ...rest,
    });
    if (!answer.ok) throw new Error(`${answer.code} ${answer.details}`);
    return answer.order.orderId;
  };
  const filled = (user: string, id: OrderId) => engine.order(user, id)!.filled / 100;
  const ahead = (id: OrderId) => (engine.queueAhead(id) ?? Number.NaN) / 100;
  const crowd = (side: Side, cents: number) => engine.crowdQuantity(MARKET, side, (cents * 100) as Centicents) / 100;
  return { clock, engine, flow, playTo, order, filled, ahead, crowd };
}

/** The book that most stories begin with: 100 bid at 50, 100 asked at 52. */
export const opening = (): Timed[] => [
  watch(),
  ticker(100, 51, 1_000),
  snapshot(
    200,
    [
      [49, 40],
      [50, 100],
    ],
    [
      [52, 100],
      [53, 30],
    ],
  ),
];
export const quiet = (): Timed => delta(60_000, 'bid', 1, 1);
