import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/domain/manual-clock.ts';
import { createRandom } from '../../../src/domain/seeded-random.ts';
import { unixMs } from '../../../src/domain/units.ts';
import { createEngine } from '../../../src/exchange/embedded/engine.ts';
import { createSyntheticWorld } from '../../../src/exchange/embedded/flow/synthetic.ts';

const MINUTE_MS = 60_000;

describe('The synthetic crowd', () => {
  it.each(['setTradingActive', 'setExchangeActive'] as const)(
    'stands still while %s is off, and goes on afterwards with all that it has',
    (pause) => {
      const clock = new ManualClock(unixMs(Date.UTC(2026, 4, 13, 13, 33, 13)));
      const random = createRandom(5);
      const engine = createEngine({ market: clock, random: random.split('engine') });
      const flow = createSyntheticWorld({ engine, market: clock, random: random.split('flow'), markets: 12 });
      const advance = (ms: number) => clock.advanceTo(clock.now() + ms);
      const open = () => engine.allMarkets().filter(({ status }) => status === 'active');
      const books = () => new Map(open().map(({ listed: { ticker } }) => [ticker, engine.book(ticker)]));
      flow.start();
      advance(5 * MINUTE_MS);
      const levels = (depth = 0) =>
        [...books().values()].reduce((sum, book) => sum + book.bids.length + book.asks.length, depth);
      const before = books();
      const depth = levels();
      expect(depth).toBeGreaterThan(100);
      engine[pause](false);
      advance(10 * MINUTE_MS);
      for (const [ticker, book] of books()) if (before.has(ticker)) expect(book).toEqual(before.get(ticker));
      engine[pause](true);
      advance(5 * MINUTE_MS);
      const moved = [...books()].filter(
        ([ticker, book]) => JSON.stringify(book) !== JSON.stringify(before.get(ticker)),
      );
      expect(moved.length).toBeGreaterThan(books().size / 2);
      // Orders that their makers had forgotten would stay for good.
      expect(levels()).toBeLessThan(1.5 * depth);
      flow.stop();
    },
  );
});
