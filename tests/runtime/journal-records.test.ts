/** What a run writes down for those who look at it later: its settings, discoveries, samples of markets, results of sessions. */
import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../src/domain/journal.ts';
import type { Position } from '../../src/ledger/position.ts';
import { simSettings, startTrial } from '../support/world.ts';

async function entriesOf(seed: number): Promise<{ entries: JournalEntry[]; positions: readonly Position[] }> {
  const trial = await startTrial({ seed, forMs: 90_000 });
  const entries: JournalEntry[] = [];
  trial.run.journal.entries$.subscribe((entry) => entries.push(entry));
  await trial.finish(240_000);
  return { entries, positions: trial.run.runtime.ledger.positions() };
}

describe('The journal of a run', () => {
  it('says with which settings, what was discovered, how markets looked, and what sessions earned', async () => {
    const { entries, positions } = await entriesOf(71);
    const of = <T>(kind: string): T[] => entries.filter((entry) => entry.kind === kind).map(({ data }) => data as T);

    const discovered = of<{ seen: number; accepted: number; rejected: Record<string, number>; top: object[] }>(
      'markets.discovered',
    );
    expect(discovered.length).toBeGreaterThan(0);
    const { seen, accepted, rejected, top } = discovered[0]!;
    expect(Object.values(rejected).reduce((sum, count) => sum + count, accepted)).toBe(seen);
    expect(top.length).toBeGreaterThan(0);
    expect(top[0]).toMatchObject({ market: expect.any(String), score: expect.any(Number) });

    const sampled = of<{ market: string; session: string; ourBid: [number, number] | null; bid: number }>(
      'market.sampled',
    );
    expect(sampled.length).toBeGreaterThan(10);
    expect(sampled.some(({ ourBid }) => ourBid !== null)).toBe(true);
    const times = entries.filter(({ kind }) => kind === 'market.sampled').map(({ marketMs }) => marketMs);
    const steps = [...new Set(times)];
    for (const [index, atMs] of steps.slice(1).entries())
      expect((atMs - steps[index]!) % simSettings().journal.sampleEveryMs).toBe(0);

    // Where nothing was carried, what a market's sessions earned is what it earned.
    const closed = of<{ market: string; pnl: number; carried: number }>('session.closed');
    const carried = new Set(closed.filter((end) => end.carried !== 0).map(({ market }) => market));
    const whole = positions.filter(({ market, realizedPnl }) => !carried.has(market) && realizedPnl !== 0);
    expect(whole.length).toBeGreaterThan(0);
    for (const { market, realizedPnl, fees } of whole) {
      const earned = closed.filter((end) => end.market === market).reduce((sum, { pnl }) => sum + pnl, 0);
      expect(earned, market).toBe(realizedPnl - fees);
    }
  });
});
