/**
 * What holds whatever a recording says and whatever accounts do:
 * 1. accounts are filled for no more than the recording's own trades;
 * 2. the crowd never has more at a level than the recording, and has the same wherever accounts took nothing;
 * 3. the volume of the market is the recording's plus what accounts took;
 * 4. how fast the recording is read changes nothing.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { named, type OrderId, type Ticker } from '../../../src/domain/ids.ts';
import { ManualClock } from '../../../src/domain/manual-clock.ts';
import { createRandom } from '../../../src/domain/seeded-random.ts';
import { opposite, type Side } from '../../../src/domain/side.ts';
import { type Centicents, type Centicontracts, fromDollars, unixMs } from '../../../src/domain/units.ts';
import { createEngine } from '../../../src/exchange/embedded/engine.ts';
import { RecordedBook } from '../../../src/exchange/embedded/flow/recorded-book.ts';
import type { RecordedEntry, RecordedLine } from '../../../src/exchange/embedded/flow/recorded-line.ts';
import type { RecordedSettlement } from '../../../src/exchange/embedded/flow/recording.ts';
import { createReplayFlow } from '../../../src/exchange/embedded/flow/replay.ts';
import type { NewOrder } from '../../../src/exchange/embedded/model.ts';

const START_MS = unixMs(Date.UTC(2026, 0, 5, 12, 2, 0));
const CLOSE_MS = unixMs(Date.UTC(2026, 0, 5, 12, 15, 0));
const MARKET: Ticker = named('KXBTC15M-26JAN051215-15');

type Timed = readonly [ms: number, entry: RecordedEntry];
let sequence = 0;
const watch = (ms = 0): Timed => [ms, { type: 'watch', market: MARKET, closeMs: CLOSE_MS, strike: 90_000 }];
const levels = (pairs: [number, number][]) =>
  pairs.map(([cents, contracts]) => [cents * 100, contracts * 100] as unknown as readonly [Centicents, Centicontracts]);
const snapshot = (ms: number, bids: [number, number][], asks: [number, number][]): Timed => [
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
const delta = (ms: number, side: Side, cents: number, contracts: number): Timed => [
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
const ticker = (ms: number, lastCents: number | null, volume: number): Timed => [
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
const trade = (ms: number, takerSide: Side, cents: number, contracts: number): Timed => [
  ms,
  {
    type: 'trade',
    market: MARKET,
    price: (cents * 100) as Centicents,
    quantity: (contracts * 100) as Centicontracts,
    takerSide,
  },
];

async function* linesOf(timed: readonly Timed[], everyLine: () => Promise<void>): AsyncGenerator<RecordedLine, void> {
  for (const [index, [ms, entry]] of timed.entries()) {
    await everyLine();
    yield { recvMs: unixMs(START_MS + ms), file: 'a.jsonl', line: index + 1, entry };
  }
}
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

interface ReplayOptions {
  readonly settlements?: ReadonlyMap<Ticker, RecordedSettlement>;
  readonly everyLine?: () => Promise<void>;
}
function createReplay(timed: readonly Timed[], options: ReplayOptions = {}) {
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
const opening = (): Timed[] => [
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
const quiet = (): Timed => delta(60_000, 'bid', 1, 1);

describe('A replayed market', () => {
  it('is listed when it is watched, with what it had traded before', async () => {
    const { engine, playTo, flow } = createReplay([...opening(), quiet()]);
    await playTo(300);
    const { listed, status, volume } = engine.market(MARKET)!;
    expect(status).toBe('active');
    expect(listed).toMatchObject({
      event: 'KXBTC15M-26JAN051215',
      closeMs: CLOSE_MS,
      openMs: CLOSE_MS - 900_000,
      floorStrike: 90_000,
      gridLabel: 'tapered_deci_cent',
      exchangeIndex: 2,
    });
    expect(volume).toBe(1_000_00);
    expect(engine.series(named('KXBTC15M'))).toMatchObject({ category: 'Crypto', fees: { type: 'quadratic' } });
    expect(flow.firstMs).toBe(START_MS);
  });

  it('shows the recorded book, change by change', async () => {
    const { engine, playTo } = createReplay([
      ...opening(),
      delta(1_000, 'bid', 51, 5),
      delta(1_500, 'ask', 52, -100),
      quiet(),
    ]);
    await playTo(999);
    expect(engine.bestBid(MARKET)).toEqual([5_000, 100_00]);
    await playTo(1_000);
    expect(engine.bestBid(MARKET)).toEqual([5_100, 5_00]);
    await playTo(2_000);
    expect(engine.bestAsk(MARKET)).toEqual([5_300, 30_00]);
  });

  it('closes when it closed and pays what it paid', async () => {
    const settlements = new Map([[MARKET, { result: 'yes' as const, settledMs: null }]]);
    const { engine, playTo, order, flow } = createReplay([...opening(), quiet()], { settlements });
    await playTo(300);
    order('one', 'bid', 52, 10, { timeInForce: 'immediateOrCancel' });
    await playTo(CLOSE_MS - START_MS + 1);
    expect(engine.market(MARKET)!.status).toBe('closed');
    await playTo(CLOSE_MS - START_MS + 20_000);
    expect(engine.market(MARKET)).toMatchObject({ status: 'finalized', result: 'yes' });
    expect(engine.settlements('one')).toMatchObject([{ yesQuantity: 10_00, revenue: 10_000_000 }]);
    expect(flow.stats.marketsWithoutResult).toEqual([]);
    await flow.done;
  });

  it('stays closed, and is reported, when nobody recorded its result', async () => {
    const { engine, playTo, flow } = createReplay([...opening(), quiet()]);
    await playTo(CLOSE_MS - START_MS + 600_000);
    expect(engine.market(MARKET)!.status).toBe('closed');
    expect(flow.stats.marketsWithoutResult).toEqual([MARKET]);
  });

  it('ends with its recording, and with a recording that breaks', async () => {
    const whole = createReplay(opening());
    await whole.playTo(1_000);
    await expect(whole.flow.done).resolves.toBeUndefined();
    expect(whole.flow.stats).toMatchObject({ lines: 3, snapshots: 1, tickers: 1, gaps: 0 });
    const broken = createReplay(opening(), { everyLine: () => Promise.reject(new Error('torn')) });
    await broken.playTo(1_000);
    await expect(broken.flow.done).rejects.toThrow('torn');
  });

  it('stops when it is told to', async () => {
    const { engine, flow, playTo, clock } = createReplay([...opening(), delta(1_000, 'bid', 51, 5), quiet()]);
    await playTo(500);
    flow.stop();
    await flow.done;
    await playTo(5_000);
    expect(engine.bestBid(MARKET)).toEqual([5_000, 100_00]);
    expect(clock.now()).toBe(START_MS + 5_000);
  });
});

describe('An account order in a replayed queue', () => {
  it('stands behind what was there, is not brought forward by others leaving, and gets what trades beyond them', async () => {
    const { playTo, order, ahead, filled } = createReplay([
      ...opening(),
      delta(1_000, 'bid', 50, 50),
      delta(2_000, 'bid', 50, -50),
      ticker(3_000, 51, 1_000),
      delta(5_000, 'bid', 50, -100),
      ticker(5_100, 50, 1_120),
      quiet(),
    ]);
    await playTo(500);
    const id = order('one', 'bid', 50, 30);
    expect(ahead(id)).toBe(100);
    await playTo(2_500);
    expect(ahead(id)).toBe(100);
    await playTo(6_000);
    expect(filled('one', id)).toBe(20);
  });

  it('moves up by as much as was cancelled only where nothing else is left to cancel', async () => {
    const { playTo, order, ahead, filled } = createReplay([...opening(), delta(2_000, 'bid', 50, -70), quiet()]);
    await playTo(500);
    const id = order('one', 'bid', 50, 30);
    await playTo(10_000);
    expect(ahead(id)).toBe(30);
    expect(filled('one', id)).toBe(0);
  });

  it('is filled when the trade happened, not when the ticker told of it', async () => {
    const { playTo, order, filled } = createReplay([
      ...opening(),
      delta(2_000, 'bid', 50, -100),
      ticker(2_900, 50, 1_110),
      quiet(),
    ]);
    await playTo(500);
    const id = order('one', 'bid', 50, 30);
    await playTo(2_001);
    expect(filled('one', id)).toBe(10);
  });

  it('is filled through: a trade at a worse price for the taker gives up to what it printed', async () => {
    const { engine, playTo, order, filled, crowd } = createReplay([
      ...opening(),
      delta(2_000, 'bid', 50, -25),
      ticker(2_100, 50, 1_025),
      quiet(),
    ]);
    await playTo(500);
    const id = order('one', 'bid', 51, 40);
    await playTo(3_000);
    expect(filled('one', id)).toBe(25);
    expect(engine.fills('one')).toMatchObject([{ price: 5_100, quantity: 25_00, isTaker: false }]);
    expect(crowd('bid', 50)).toBe(75);
  });

  it('shares what printed with the other accounts, first come first served', async () => {
    const { playTo, order, filled } = createReplay([
      ...opening(),
      delta(2_000, 'bid', 50, -100),
      ticker(2_100, 50, 1_145),
      quiet(),
    ]);
    await playTo(500);
    const first = order('one', 'bid', 50, 30);
    const second = order('two', 'bid', 50, 30);
    await playTo(3_000);
    expect([filled('one', first), filled('two', second)]).toEqual([30, 15]);
  });

  it('is filled by a print whose level was never seen to shrink, at the touch that it met', async () => {
    const { playTo, order, filled, crowd } = createReplay([...opening(), ticker(2_000, 52, 1_130), quiet()]);
    await playTo(500);
    const ask = order('one', 'ask', 52, 50);
    const bid = order('one', 'bid', 50, 50);
    await playTo(3_000);
    expect(filled('one', ask)).toBe(30);
    expect(filled('one', bid)).toBe(0);
    expect(crowd('ask', 52)).toBe(100);
  });

  it('is not filled by quotes that move to its price or past it', async () => {
    const { engine, playTo, order, filled } = createReplay([
      ...opening(),
      delta(2_000, 'ask', 52, -100),
      delta(2_100, 'ask', 51, 60),
      ticker(2_200, 51, 1_000),
      quiet(),
    ]);
    await playTo(500);
    const id = order('one', 'bid', 51, 40);
    await playTo(3_000);
    expect(filled('one', id)).toBe(0);
    expect(engine.crowdQuantity(MARKET, 'ask', 5_100 as Centicents)).toBe(60_00);
  });

  it('goes by the trade channel where a recording has one', async () => {
    const { playTo, order, filled, flow } = createReplay([
      ...opening(),
      delta(2_000, 'bid', 50, -100),
      trade(2_010, 'ask', 50, 100),
      trade(2_020, 'ask', 50, 12),
      ticker(2_900, 50, 1_500),
      quiet(),
    ]);
    await playTo(500);
    const id = order('one', 'bid', 50, 30);
    await playTo(3_000);
    expect(filled('one', id)).toBe(12);
    expect(flow.stats.traded).toBe(112_00);
  });
});

describe('What an account took from the crowd', () => {
  const take = { timeInForce: 'immediateOrCancel' } as const;

  it('is gone until the recorded level has lost it', async () => {
    const { playTo, order, crowd } = createReplay([
      ...opening(),
      delta(1_000, 'ask', 52, 10),
      delta(2_000, 'ask', 52, -80),
      delta(3_000, 'ask', 52, -30),
      delta(4_000, 'ask', 52, 25),
      quiet(),
    ]);
    await playTo(500);
    order('one', 'bid', 52, 60, take);
    expect(crowd('ask', 52)).toBe(40);
    await playTo(1_500);
    expect(crowd('ask', 52)).toBe(50);
    // 30 recorded, all of them among the 60 that are gone.
    await playTo(2_500);
    expect(crowd('ask', 52)).toBe(0);
    await playTo(3_500);
    expect(crowd('ask', 52)).toBe(0);
    await playTo(4_500);
    expect(crowd('ask', 52)).toBe(25);
  });

  it('is what recorded trades take first', async () => {
    const { playTo, order, crowd } = createReplay([
      ...opening(),
      delta(2_000, 'ask', 52, -60),
      ticker(2_100, 52, 1_060),
      quiet(),
    ]);
    await playTo(500);
    order('one', 'bid', 52, 60, take);
    await playTo(3_000);
    expect(crowd('ask', 52)).toBe(40);
  });

  it('does not come back with a snapshot', async () => {
    const { playTo, order, crowd } = createReplay([
      ...opening(),
      snapshot(
        2_000,
        [[50, 80]],
        [
          [52, 90],
          [54, 5],
        ],
      ),
      quiet(),
    ]);
    await playTo(500);
    order('one', 'bid', 52, 60, take);
    await playTo(3_000);
    expect([crowd('bid', 50), crowd('ask', 52), crowd('ask', 54), crowd('ask', 53)]).toEqual([80, 30, 5, 0]);
  });
});

describe('Any recording, any accounts', () => {
  const entries = fc.array(
    fc.record({
      ms: fc.integer({ min: 0, max: 900 }),
      kind: fc.constantFrom('delta', 'delta', 'delta', 'print', 'order', 'order', 'take'),
      side: fc.constantFrom<Side>('bid', 'ask'),
      offset: fc.integer({ min: 0, max: 4 }),
      contracts: fc.integer({ min: -60, max: 60 }),
    }),
    { minLength: 5, maxLength: 60 },
  );

  function story(steps: { ms: number; kind: string; side: Side; offset: number; contracts: number }[]) {
    const timed: Timed[] = [...opening()];
    const acts: { ms: number; kind: string; side: Side; cents: number; contracts: number }[] = [];
    const book = new RecordedBook();
    for (const [side, cents, contracts] of [
      ['bid', 49, 40],
      ['bid', 50, 100],
      ['ask', 52, 100],
      ['ask', 53, 30],
    ] as const)
      book.change(side, (cents * 100) as Centicents, contracts);
    let ms = 300;
    let volume = 1_000;
    for (const step of steps) {
      ms += step.ms;
      const cents = step.side === 'bid' ? 50 - step.offset : 52 + step.offset;
      const size = Math.max(1, Math.abs(step.contracts));
      if (step.kind === 'delta') {
        const has = book.quantityAt(step.side, (cents * 100) as Centicents);
        const change = Math.max(-has, step.contracts);
        book.change(step.side, (cents * 100) as Centicents, change);
        timed.push(delta(ms, step.side, cents, change));
      } else if (step.kind === 'print') {
        volume += size;
        timed.push(ticker(ms, cents, volume));
      } else acts.push({ ms, kind: step.kind, side: step.side, cents, contracts: size });
    }
    timed.push([ms + 20_000, { type: 'other' }]);
    return { timed, acts, book, printed: volume - 1_000, endMs: ms + 1 };
  }

  it('keep to what was recorded', async () => {
    await fc.assert(
      fc.asyncProperty(entries, fc.integer({ min: 1, max: 3 }), async (steps, pace) => {
        const { timed, acts, book, printed, endMs } = story(steps);
        const run = async (everyLine: () => Promise<void>) => {
          const replay = createReplay(timed, { everyLine });
          const { engine, playTo } = replay;
          // However many turns it takes, reading is ahead of playing.
          for (let wait = 0; wait < timed.length + 5; wait++) await turn();
          let maker = 0;
          let taker = 0;
          const taken = new Set<string>();
          engine.events.subscribe((event) => {
            if (event.type !== 'fill') return;
            if (!event.fill.isTaker) maker += event.fill.quantity;
            else {
              taker += event.fill.quantity;
              taken.add(`${opposite(event.fill.side)} ${event.fill.price}`);
            }
          });
          for (const [index, act] of acts.entries()) {
            await playTo(act.ms);
            const user = index % 2 === 0 ? 'one' : 'two';
            const crossing = act.kind === 'take' ? { timeInForce: 'immediateOrCancel' as const } : {};
            replay.order(user, act.kind === 'take' ? opposite(act.side) : act.side, act.cents, act.contracts, crossing);
          }
          await playTo(endMs);
          return { replay, maker, taker, taken };
        };
        const { replay, maker, taker, taken } = await run(() => Promise.resolve());
        // Fills against another account's taker are theirs, not the recording's.
        expect(maker - taker).toBeLessThanOrEqual(printed * 100);
        expect(replay.flow.stats.filledAccounts).toBeLessThanOrEqual(printed * 100);
        expect(replay.flow.stats.traded).toBe(printed * 100);
        expect(replay.engine.market(MARKET)!.volume).toBe((1_000 + printed) * 100 + taker);
        for (const side of ['bid', 'ask'] as const)
          for (let cents = 40; cents < 60; cents++) {
            const price = (cents * 100) as Centicents;
            const recorded: number = book.quantityAt(side, price);
            const has = replay.crowd(side, cents);
            expect(has).toBeLessThanOrEqual(recorded);
            if (!taken.has(`${side} ${price}`)) expect(has).toBe(recorded);
          }
        let count = 0;
        const slow = await run(async () => {
          if (count++ % pace === 0) await turn();
        });
        expect(slow.maker).toBe(maker);
        expect(slow.replay.engine.fills('one')).toEqual(replay.engine.fills('one'));
      }),
      { numRuns: 40 },
    );
  });
});
