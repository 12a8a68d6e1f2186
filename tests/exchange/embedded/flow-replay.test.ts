import { describe, expect, it } from 'vitest';
import { named } from '../../../src/domain/ids.ts';
import type { Centicents } from '../../../src/domain/units.ts';
import {
  CLOSE_MS,
  createReplay,
  delta,
  MARKET,
  opening,
  quiet,
  START_MS,
  snapshot,
  ticker,
  trade,
} from '../../support/replay.ts';

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

  it('is filled when the ticker tells of it where that comes long after', async () => {
    const { playTo, order, filled } = createReplay([
      ...opening(),
      delta(2_000, 'bid', 50, -100),
      delta(9_000, 'ask', 53, 1),
      ticker(20_000, 50, 1_110),
      quiet(),
    ]);
    await playTo(500);
    const id = order('one', 'bid', 50, 30);
    await playTo(19_000);
    expect(filled('one', id)).toBe(0);
    await playTo(20_000);
    expect(filled('one', id)).toBe(30);
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
