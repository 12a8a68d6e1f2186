/** What a trader does while a recording lacks something, when it shows another market, and when its markets close or it ends. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createVirtualWorld } from '../../src/backtest/virtual-world.ts';
import type { JournalEntry } from '../../src/domain/journal.ts';
import type { FeedFact } from '../../src/feed/facts.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { SLOW_MARKET, TAPE_CLOSE_MS, TAPE_MARKET, TAPE_START_MS, Tape } from '../support/tape.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bothsides-holes-'));
});
afterAll(() => rm(folder, { recursive: true }));

const BIDS = [
  [47, 50],
  [48, 100],
] as const;
const ASKS = [
  [52, 100],
  [53, 50],
] as const;

async function played(tape: Tape, name: string, sets: readonly string[] = []) {
  const recording = await tape.write(join(folder, name));
  const { settings } = loadSettings({ mode: 'replay', sets: [...SLOW_MARKET, ...sets], env: {} });
  const world = await createVirtualWorld({ seed: 1, settings, flow: { kind: 'replay', recording } });
  const run = await world.start({ forMs: null });
  const entries: JournalEntry[] = [];
  const facts: (FeedFact & { readonly ms: number })[] = [];
  run.journal.entries$.subscribe((entry) => entries.push(entry));
  run.runtime.feed.facts$.subscribe((fact) => facts.push({ ...fact, ms: world.clock.now() - TAPE_START_MS }));
  let isOver = false;
  run.finished.finally(() => {
    isOver = true;
  });
  await world.advance(3_600_000, () => isOver);
  const summary = await run.finished;
  world.stop();
  const intended = entries
    .filter(({ kind }) => kind === 'order.intended')
    .map(({ marketMs }) => marketMs - TAPE_START_MS);
  return { summary, intended, facts, engine: world.exchange.engine };
}

it('A hole in a recording is a hole in the feed: no quote until the book is found again, then quotes', async () => {
  const tape = new Tape()
    .watch(0)
    .snapshot(100, BIDS, ASKS)
    .delta(20_000, 'bid', 47, 5)
    .lose(3)
    .delta(30_000, 'bid', 47, 5)
    .delta(35_000, 'ask', 53, 5)
    .delta(50_000, 'bid', 46, 5)
    .snapshot(60_000, BIDS, ASKS)
    .delta(90_000, 'bid', 30, 1)
    .delta(150_000, 'bid', 30, 1);
  const { summary, intended, facts, engine } = await played(tape, 'hole.jsonl');
  expect(summary).toMatchObject({ exit: 0, feed: { gaps: 1, resyncs: 1 } });
  const at = (type: FeedFact['type']) => facts.filter((fact) => fact.type === type).map(({ ms }) => ms);
  // The stream takes a few milliseconds.
  expect(at('feed.gap').map((ms) => Math.round(ms / 100))).toEqual([300]);
  expect(at('book.voided').map((ms) => Math.round(ms / 100))[0]).toBe(300);
  expect(at('book.synced').map((ms) => Math.round(ms / 100))).toEqual([1, 600]);
  expect(intended.some((ms) => ms < 30_000)).toBe(true);
  expect(intended.filter((ms) => ms > 30_100 && ms < 60_000)).toEqual([]);
  expect(intended.some((ms) => ms > 60_000)).toBe(true);
  expect(engine.orders('trader').every(({ status }) => status !== 'resting')).toBe(true);
});

it('A market that appears later is watched before anything of it is lost', async () => {
  const later = 'KXBTC15M-26JAN050730-30';
  const second = new Tape(later, TAPE_START_MS + 1_600_000).watch(40_000).snapshot(40_200, BIDS, ASKS);
  const tape = new Tape()
    .watch(0)
    .snapshot(100, BIDS, ASKS)
    .delta(30_000, 'bid', 47, 5)
    .take(second.lines)
    .delta(100_000, 'bid', 30, 1);
  const { summary, facts } = await played(tape, 'later.jsonl');
  const synced = facts.filter((fact) => fact.type === 'book.synced') as { market: string; ms: number }[];
  expect(synced.map(({ market }) => market)).toEqual([TAPE_MARKET, later]);
  expect(synced[1]!.ms).toBeLessThan(40_300);
  expect(summary.openAtEnd.map(({ market, position }) => [market, position])).toEqual(
    [
      [TAPE_MARKET, 0],
      [later, 0],
    ].sort(),
  );
});

it('A position that is carried to its market’s close is paid by the recorded result, and no earlier', async () => {
  const home = join(folder, 'carried');
  await mkdir(home);
  await writeFile(
    join(home, 'settlements.json'),
    JSON.stringify({ settlements: [{ market_ticker: TAPE_MARKET, result: 'yes', settlement_ts: null }] }),
  );
  const closeMs = TAPE_CLOSE_MS - TAPE_START_MS;
  const tape = new Tape()
    .watch(0)
    .snapshot(100, BIDS, ASKS)
    .trade(20_000, 'ask', 48, 99)
    .delta(20_500, 'bid', 48, 50)
    // One is left before us: two of ours are bought.
    .trade(40_000, 'ask', 48, 3)
    .delta(41_000, 'bid', 47, 1);
  const open = await played(tape, 'carried/open.jsonl', ['exit.onClose=carry']);
  expect(open.engine.settlements('trader')).toEqual([]);
  const { summary, engine } = await played(tape.delta(closeMs + 20_000, 'bid', 30, 1), 'carried/paid.jsonl', [
    'exit.onClose=carry',
  ]);
  const bought = engine.fills('trader').reduce((sum, { quantity }) => sum + quantity, 0);
  expect(bought).toBe(200);
  expect(open.summary.openAtEnd).toMatchObject([{ market: TAPE_MARKET, position: bought / 100, mark: '0.4800' }]);
  expect(engine.settlements('trader')).toMatchObject([
    { result: 'yes', yesQuantity: bought, revenue: bought * 10_000 },
  ]);
  expect(summary).toMatchObject({ exit: 0, openAtEnd: [], money: { difference: '0.000000' } });
  // 52¢ a contract.
  expect(summary.money.realizedPnl).toBe(((bought * 5_200) / 1e6).toFixed(6));
});
