import { describe, expect, it } from 'vitest';
import type { Ticker } from '../../../src/domain/ids.ts';
import { named } from '../../../src/domain/ids.ts';
import type { Centicents } from '../../../src/domain/units.ts';
import {
  CLOSE_MS,
  createReplay,
  delta,
  lose,
  MARKET,
  opening,
  quiet,
  reconnect,
  START_MS,
  snapshot,
  type Timed,
  ticker,
  trade,
  watch,
} from '../../support/replay.ts';

const found = (ms: number): Timed =>
  snapshot(
    ms,
    [[50, 70]],
    [
      [52, 80],
      [53, 30],
    ],
  );

describe('A hole in a recording', () => {
  it('loses the book until its next snapshot', async () => {
    const { engine, playTo, crowd, flow } = createReplay([
      ...opening(),
      delta(950, 'bid', 40, 1),
      lose(960),
      delta(1_000, 'bid', 50, 5),
      delta(1_500, 'bid', 49, 5),
      found(2_000),
      delta(3_000, 'bid', 50, 1),
      quiet(),
    ]);
    await playTo(949);
    expect(engine.isBookLost(MARKET)).toBe(false);
    // Nobody knows when it was that it lacks something: from the last frame before on.
    await playTo(951);
    expect(engine.isBookLost(MARKET)).toBe(true);
    await playTo(1_600);
    expect(engine.isBookLost(MARKET)).toBe(true);
    expect(engine.book(MARKET)).toEqual({ bids: [], asks: [] });
    await playTo(4_000);
    expect(engine.isBookLost(MARKET)).toBe(false);
    expect([crowd('bid', 50), crowd('bid', 49), crowd('ask', 52)]).toEqual([71, 0, 80]);
    expect(flow.stats).toMatchObject({ gaps: 1, deltasWithoutBook: 2, impossible: 0 });
  });

  it('that shows only when the market has closed was there before: the book is lost while it trades', async () => {
    const closing = CLOSE_MS - START_MS;
    const { engine, playTo, flow } = createReplay([
      ...opening(),
      delta(closing - 300, 'bid', 50, 5),
      lose(closing + 6_000, 500),
      snapshot(closing + 6_900, [], []),
      delta(closing + 20_000, 'bid', 1, 1),
    ]);
    await playTo(closing - 301);
    expect(engine.isBookLost(MARKET)).toBe(false);
    await playTo(closing - 1);
    expect(engine.isBookLost(MARKET)).toBe(true);
    await playTo(closing + 10_000);
    expect(flow.stats.gaps).toBe(1);
  });

  it('behind a longer silence counts from ten seconds before it shows', async () => {
    const { engine, playTo } = createReplay([
      ...opening(),
      ticker(19_999, 50, 500),
      ticker(25_000, 50, 500),
      lose(29_900),
      delta(30_000, 'bid', 50, 5),
      quiet(),
    ]);
    await playTo(24_999);
    expect(engine.isBookLost(MARKET)).toBe(false);
    await playTo(25_000);
    expect(engine.isBookLost(MARKET)).toBe(true);
  });

  it('is none where the numbering begins anew with a snapshot', async () => {
    const { engine, playTo, flow } = createReplay([...opening(), reconnect(1_000), found(2_000), quiet()]);
    await playTo(1_500);
    expect(engine.isBookLost(MARKET)).toBe(true);
    await playTo(3_000);
    expect(engine.isBookLost(MARKET)).toBe(false);
    expect(flow.stats.gaps).toBe(0);
  });

  it('keeps the place of an account in line: no further back, and no further forward than the new level', async () => {
    const { playTo, order, ahead } = createReplay([
      ...opening(),
      delta(700, 'ask', 52, 50),
      delta(700, 'ask', 53, 500),
      lose(900),
      delta(1_000, 'bid', 50, 5),
      snapshot(
        3_000,
        [
          [49, 300],
          [50, 70],
        ],
        [
          [52, 130],
          [53, 9],
        ],
      ),
      quiet(),
    ]);
    await playTo(500);
    const shorter = order('one', 'bid', 50, 5);
    const longer = order('one', 'ask', 52, 5);
    await playTo(1_500);
    const late = order('two', 'bid', 49, 5);
    await playTo(4_000);
    // 100 before each of the first two; all of the level before whoever came meanwhile.
    expect([ahead(shorter), ahead(longer), ahead(late)]).toEqual([70, 100, 300]);
  });

  it('fills an account by what trades beyond its price, and by nothing at its price', async () => {
    const { engine, playTo, order, filled, flow } = createReplay([
      ...opening(),
      lose(900),
      delta(1_000, 'bid', 50, 5),
      trade(2_000, 'ask', 50, 40),
      trade(3_000, 'ask', 49, 4),
      quiet(),
    ]);
    await playTo(500);
    const id = order('one', 'bid', 50, 30);
    await playTo(2_500);
    expect(filled('one', id)).toBe(0);
    await playTo(4_000);
    expect(filled('one', id)).toBe(4);
    expect(engine.fills('one')).toMatchObject([{ price: 5_000 }]);
    expect(flow.stats).toMatchObject({ traded: 44_00, filledAccounts: 4_00 });
  });

  it('leaves nothing to take', async () => {
    const { playTo, order, filled } = createReplay([...opening(), lose(900), delta(1_000, 'bid', 50, 5), quiet()]);
    await playTo(1_500);
    expect(filled('one', order('one', 'bid', 52, 5, { timeInForce: 'immediateOrCancel' }))).toBe(0);
  });

  it('is what there is before a market’s first snapshot', async () => {
    const { engine, playTo } = createReplay(opening());
    await playTo(150);
    expect(engine.isBookLost(MARKET)).toBe(true);
    await playTo(200);
    expect(engine.isBookLost(MARKET)).toBe(false);
  });
});

describe('The end of a recording', () => {
  it('pauses trading: nobody is filled by a crowd that is not there, and results are paid in their time', async () => {
    const settlements = new Map([[MARKET, { result: 'yes' as const, settledMs: null }]]);
    const { engine, playTo, order, flow } = createReplay([...opening(), delta(1_000, 'bid', 50, 5)], { settlements });
    await playTo(500);
    order('one', 'bid', 52, 10, { timeInForce: 'immediateOrCancel' });
    await playTo(2_000);
    await flow.done;
    expect(engine.tradingActive).toBe(false);
    expect(() => order('one', 'ask', 50, 10, { timeInForce: 'immediateOrCancel' })).toThrow('trading_is_paused');
    expect(engine.market(MARKET)).toMatchObject({ status: 'active', result: null });
    // Marked at the last price, 52¢ for ten.
    expect(engine.portfolioValue('one')).toBe(5_200_000);
    await playTo(CLOSE_MS - START_MS + 20_000);
    expect(engine.settlements('one')).toMatchObject([{ revenue: 10_000_000 }]);
  });

  it('comes after all that could be read, where it breaks off', async () => {
    let lines = 0;
    const { engine, playTo, flow } = createReplay([...opening(), delta(50_000, 'bid', 51, 5), quiet()], {
      everyLine: () => (++lines > 4 ? Promise.reject(new Error('torn')) : Promise.resolve()),
    });
    await playTo(49_000);
    expect(engine.tradingActive).toBe(true);
    await playTo(50_000);
    expect(engine.bestBid(MARKET)).toEqual([5_100, 5_00]);
    await expect(flow.done).rejects.toThrow('torn');
    expect(engine.tradingActive).toBe(false);
  });
});

describe('A recorded market', () => {
  const OTHER: Ticker = named('KXRAIN-26JAN06-NYC');

  it('is listed when the recording first shows it, where nothing announced it', async () => {
    const { engine, playTo, flow } = createReplay([...opening().slice(1), quiet()]);
    await playTo(1_000);
    // Fifteen minutes from when it was first seen.
    expect(engine.market(MARKET)!.listed.closeMs).toBe(START_MS + 100 + 900_000);
    expect(engine.bestBid(MARKET)).toEqual([5_000, 100_00]);
    expect(flow.stats.marketsWithoutResult).toEqual([MARKET]);
  });

  it('takes what the table says of its series, or of all others', async () => {
    const other: Timed = [0, { type: 'watch', market: OTHER, closeMs: CLOSE_MS, strike: null }];
    const { engine, playTo } = createReplay([...opening(), [300, other[1]], quiet()]);
    await playTo(1_000);
    expect(engine.market(OTHER)!.listed).toMatchObject({ event: 'KXRAIN-26JAN06', gridLabel: 'linear_cent' });
    expect(engine.series(named('KXRAIN'))).toMatchObject({ category: 'Other', title: 'KXRAIN' });
  });

  it('pauses, moves its close and pays when the recording says so', async () => {
    const closeMs = (START_MS + 60_000) as typeof CLOSE_MS;
    const { engine, playTo, order, flow } = createReplay([
      ...opening(),
      [1_000, { type: 'trading', market: MARKET, isTrading: false }],
      [2_000, { type: 'trading', market: MARKET, isTrading: true }],
      delta(2_100, 'bid', 50, 1),
      [3_000, { type: 'closeMoved', market: MARKET, closeMs }],
      [70_000, { type: 'settled', market: MARKET, result: 'no', settledMs: null }],
      [90_000, { type: 'other' }],
    ]);
    await playTo(500);
    order('one', 'ask', 50, 10, { timeInForce: 'immediateOrCancel' });
    await playTo(1_500);
    expect(engine.market(MARKET)!.status).toBe('inactive');
    await playTo(2_500);
    expect(engine.market(MARKET)!.status).toBe('active');
    expect(engine.bestBid(MARKET)).toEqual([5_000, 101_00]);
    await playTo(61_000);
    expect(engine.market(MARKET)!.status).toBe('closed');
    expect(flow.stats.marketsWithoutResult).toEqual([MARKET]);
    await playTo(75_000);
    expect(engine.market(MARKET)).toMatchObject({ status: 'finalized', result: 'no' });
    expect(engine.settlements('one')).toMatchObject([{ noQuantity: 10_00, revenue: 10_000_000 }]);
    expect(flow.stats.marketsWithoutResult).toEqual([]);
  });

  it('goes by trades that were recorded, and does not count the first of them twice', async () => {
    const { playTo, flow } = createReplay([
      ...opening(),
      delta(2_000, 'bid', 50, -10),
      // The ticker was quicker than the trade that it tells of.
      ticker(2_100, 50, 1_010),
      trade(2_150, 'ask', 50, 10),
      trade(3_000, 'ask', 50, 7),
      ticker(3_100, 50, 1_017),
      quiet(),
    ]);
    await playTo(5_000);
    expect(flow.stats.traded).toBe(17_00);
  });
});

describe('The pace of a replay', () => {
  it('waits for an audience of the first moment’s markets, and of each that comes later', async () => {
    const second: Ticker = named('KXBTC15M-26JAN051230-30');
    const asked: (readonly Ticker[])[] = [];
    const goOn: (() => void)[] = [];
    const { engine, playTo } = createReplay(
      [
        ...opening(),
        [400, { type: 'watch', market: second, closeMs: CLOSE_MS, strike: null }],
        [30_000, { type: 'watch', market: named('KXBTC15M-26JAN051245-45'), closeMs: CLOSE_MS, strike: null }],
        delta(30_001, 'bid', 50, 1),
        quiet(),
      ],
      {
        pace: {
          begin: () => expect.unreachable('somebody is waited for'),
          awaitAudience(markets) {
            asked.push(markets);
            return new Promise<void>((resolve) => goOn.push(resolve));
          },
          skipTo: () => Promise.resolve(),
        },
      },
    );
    await playTo(0);
    expect(asked).toEqual([[MARKET, second]]);
    await playTo(10_000);
    expect(engine.bestBid(MARKET)).toBeNull();
    goOn[0]!();
    await playTo(10_000);
    expect(engine.bestBid(MARKET)).toEqual([5_000, 100_00]);
    await playTo(40_000);
    expect(asked.slice(1)).toEqual([['KXBTC15M-26JAN051245-45']]);
    expect(engine.bestBid(MARKET)).toEqual([5_000, 100_00]);
    goOn[1]!();
    await playTo(40_000);
    expect(engine.bestBid(MARKET)).toEqual([5_000, 101_00]);
  });

  it('begins with its first line where that moment names no market: only time will bring one', async () => {
    const said: string[] = [];
    const late = opening().map(([atMs, ...rest]): Timed => [atMs + 5_000, ...rest]);
    const { playTo } = createReplay([[0, { type: 'other' }], ...late, quiet()], {
      pace: {
        begin: () => void said.push('begin'),
        awaitAudience: (markets) => {
          said.push(...markets);
          return Promise.resolve();
        },
        skipTo: () => Promise.resolve(),
      },
    });
    await playTo(0);
    expect(said).toEqual(['begin']);
    await playTo(6_000);
    expect(said).toEqual(['begin', MARKET]);
  });

  it('skips the time between recordings, to just before the next one', async () => {
    const skipped: number[] = [];
    const hours = 5 * 3_600_000;
    const timed: Timed[] = [
      ...opening(),
      [hours, { type: 'watch', market: named('KXBTC15M-26JAN051730-30'), closeMs: CLOSE_MS, strike: null }, 'file'],
      [hours + 20_000, { type: 'other' }],
    ];
    const { clock, playTo } = createReplay(timed, {
      pace: {
        begin: () => undefined,
        awaitAudience: () => Promise.resolve(),
        skipTo(atMs) {
          skipped.push(atMs - START_MS);
          clock.advanceTo(atMs);
          return Promise.resolve();
        },
      },
    });
    await playTo(300);
    expect(skipped).toEqual([hours - 1_000]);
  });
});

it('A market that is watched again keeps its listing', async () => {
  const { engine, playTo, flow } = createReplay([...opening(), watch(5_000), quiet()]);
  await playTo(6_000);
  expect(flow.stats.markets).toEqual([MARKET]);
  expect(engine.crowdQuantity(MARKET, 'bid', 5_000 as Centicents)).toBe(100_00);
});
