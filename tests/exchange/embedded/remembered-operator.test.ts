import { describe, expect, it } from 'vitest';
import { type Centicents, unixMs } from '../../../src/domain/units.ts';
import { createMemory } from '../../../src/exchange/embedded/memory.ts';
import { everythingOf, live, pass, relive } from './remembered-life.ts';

describe('What the operator did', () => {
  it('is there again: announced fees that are still to come, pauses, a result that is doubted', async () => {
    const memory = createMemory();
    const first = await live(memory);
    pass(first, 1_000);
    const { engine } = first.embedded;
    const [one, two] = engine.allMarkets().map(({ listed }) => listed);
    const series = engine.event(one!.event)!.series;
    const dearer = { type: 'quadratic_with_maker_fees', multiplierMillionths: 2_000_000 } as const;
    const atMs = unixMs(first.embedded.market.now() + 60_000);
    const before = engine.feesOf(one!.ticker);
    engine.changeSeriesFees(series, dearer, atMs);
    engine.changeEventFees(two!.event, { ...dearer, multiplierMillionths: 0 }, first.embedded.market.now());
    engine.determine(two!.ticker, 'yes', 10_000 as Centicents);
    engine.dispute(two!.ticker);
    engine.setTradingActive(false);
    pass(first, 1_000);
    const changes = engine.feeChanges();
    const all = everythingOf(first.embedded);
    first.embedded.stop();

    const again = await relive(memory);
    const rebuilt = again.embedded.engine;
    expect(everythingOf(again.embedded)).toEqual(all);
    expect(rebuilt.feeChanges()).toEqual(changes);
    expect(rebuilt.tradingActive).toBe(false);
    expect(rebuilt.market(two!.ticker)?.status).toBe('disputed');
    expect(rebuilt.feesOf(two!.ticker).multiplierMillionths).toBe(0);
    expect(rebuilt.feesOf(one!.ticker)).toEqual(before);
    again.wall.advanceTo(again.wall.now() + 60_000);
    expect(rebuilt.feesOf(one!.ticker)).toEqual(dearer);
    rebuilt.amendResult(two!.ticker, 'no', 0 as Centicents);
    expect(rebuilt.market(two!.ticker)).toMatchObject({ status: 'amended', result: 'no' });
  });
});
