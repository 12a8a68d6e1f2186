/**
 * Recordings in a virtual world: hand-made tapes whose fills, and every figure made of them, are known beforehand; and
 * what such a run may depend on: the recording, the seed and the settings, nothing else.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { figuresOf } from '../../src/analytics/run-tally.ts';
import { replayAll } from '../../src/backtest/replay-pool.ts';
import { replayOutcome, replayRecording } from '../../src/backtest/replay-run.ts';
import { totalOf } from '../../src/backtest/replay-table.ts';
import { createVirtualWorld } from '../../src/backtest/virtual-world.ts';
import type { Fill } from '../../src/domain/fill.ts';
import type { JournalEntry } from '../../src/domain/journal.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { SLOW_MARKET, TAPE_START_MS, Tape } from '../support/tape.ts';
import { whileForbidden } from '../support/virtual-guard.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bothsides-replay-'));
});
afterAll(() => rm(folder, { recursive: true }));

const settingsOf = (sets: readonly string[] = []) =>
  loadSettings({ mode: 'replay', sets: [...SLOW_MARKET, ...sets], env: {} }).settings;

/** A book 4¢ wide: we join both sides of it, three contracts behind a hundred, before five seconds are over. */
const opening = (): Tape =>
  new Tape().watch(0).snapshot(
    100,
    [
      [47, 50],
      [48, 100],
    ],
    [
      [52, 100],
      [53, 50],
    ],
  );

/** Of our three contracts at 48¢ one is bought at 40 s, when 101 contracts had been sold there since we came. */
const oneFill = (): Tape =>
  opening()
    .trade(20_000, 'ask', 48, 99)
    // Others come after us, and some of those that leave came after us as well.
    .delta(20_500, 'bid', 48, 50)
    .delta(30_000, 'bid', 48, -20)
    .trade(40_000, 'ask', 48, 2)
    // The mid is 50.5¢ a second later, 50¢ ten seconds later, 49.5¢ a minute later.
    .delta(40_600, 'bid', 49, 10)
    .delta(45_000, 'bid', 49, -10)
    .delta(90_000, 'bid', 48, -29)
    .delta(120_000, 'bid', 30, 1);

/** What the trader wrote down, times from the start of the tape. */
async function journalOf(recording: string, sets: readonly string[] = []): Promise<readonly JournalEntry[]> {
  const world = await createVirtualWorld({ seed: 1, settings: settingsOf(sets), flow: { kind: 'replay', recording } });
  expect(world.clock.now()).toBe(TAPE_START_MS);
  const run = await world.start({ forMs: null });
  const entries: JournalEntry[] = [];
  run.journal.entries$.subscribe((entry) => entries.push(entry));
  let hasEnded = false;
  run.finished.then(() => {
    hasEnded = true;
  });
  await world.advance(3_600_000, () => hasEnded);
  world.stop();
  expect(hasEnded).toBe(true);
  return entries.map((entry) => ({ ...entry, marketMs: (entry.marketMs - TAPE_START_MS) as typeof entry.marketMs }));
}
const fillsIn = (entries: readonly JournalEntry[]) =>
  entries
    .filter(({ kind }) => kind === 'fill.received')
    .map(({ data }) => data as unknown as Fill)
    .map(({ atMs, side, price, quantity, isTaker }) => [atMs - TAPE_START_MS, side, price, quantity, isTaker]);

describe('A recording as the crowd of a virtual world', () => {
  it('fills our bid when all that stood before it had been sold to, and not by what came after it', async () => {
    const fills = fillsIn(await journalOf(await oneFill().write(join(folder, 'one-fill.jsonl'))));
    expect(fills).toEqual([[40_000, 'bid', 4_800, 100, false]]);
  });

  it('comes to the figures that were computed by hand', async () => {
    const recording = await oneFill().write(join(folder, 'figures.jsonl'));
    const outcome = await replayRecording({ recording, settings: settingsOf() });
    expect(outcome).toMatchObject({
      exit: 0,
      failure: null,
      markets: 1,
      deltas: 8,
      ordersCreated: 2,
      denied: 0,
      rejected: 0,
      gapsSeen: 0,
      settled: 0,
      openAtEnd: 1,
      difference: 0,
    });
    // Bought at 48¢; when the recording is over the best bid is 47¢, and nobody is there any more to sell to.
    expect(outcome.tally).toMatchObject({ fills: 1, contracts: 100, makerContracts: 100, realizedPnl: 0, fees: 0 });
    expect(outcome.tally.unrealizedPnl).toBe(-10_000);
    const figures = figuresOf(outcome.tally);
    expect(figures).toMatchObject({ makerShare: 1, netPnl: -10_000, netCentsPerContract: -1 });
    // 2¢ below the mid of 50¢.
    expect(figures.capturedCents).toBe(2);
    expect(figures.markoutCents).toEqual([2.5, 2, 1.5]);
    // One contract for 80 of 120 seconds.
    expect(figures.positionMeanAbsolute).toBeCloseTo(80 / 120, 2);
    expect(figures.positionDeviation).toBeCloseTo(Math.sqrt((80 / 120) * (40 / 120)), 2);
    // From before 5 s to 120 s.
    expect(figures.twoSidedShare).toBeGreaterThan(115 / 121);
    expect(figures.twoSidedShare).toBeLessThan(1);
  });

  it('has no later mid for what was bought just before its end', async () => {
    const tape = opening().trade(20_000, 'ask', 48, 102).delta(25_000, 'bid', 30, 1);
    const outcome = await replayRecording({
      recording: await tape.write(join(folder, 'end.jsonl')),
      settings: settingsOf(),
    });
    expect(outcome.tally).toMatchObject({ contracts: 200, captured: { quantity: 200 } });
    expect(outcome.tally.markouts.map(({ quantity }) => quantity)).toEqual([200, 0, 0]);
  });

  it('is not quoted while frames of it are missing, and again after its next snapshot', async () => {
    const book = [[[48, 100]], [[52, 100]]] as const;
    const tape = opening()
      .delta(20_000, 'bid', 30, 1)
      .lose()
      .delta(20_100, 'bid', 30, 1)
      .delta(35_000, 'bid', 49, 10)
      .snapshot(50_000, ...book)
      .delta(90_000, 'bid', 30, 1);
    const recording = await tape.write(join(folder, 'gap.jsonl'));
    const entries = await journalOf(recording);
    const createdMs = entries.filter(({ kind }) => kind === 'order.intended').map(({ marketMs }) => marketMs);
    expect(createdMs.filter((ms) => ms < 20_100)).toHaveLength(2);
    expect(createdMs.filter((ms) => ms >= 20_100 && ms < 50_000)).toEqual([]);
    expect(createdMs.filter((ms) => ms >= 50_000 && ms < 60_000)).toHaveLength(2);
    const outcome = await replayRecording({ recording, settings: settingsOf() });
    expect(outcome).toMatchObject({ gapsRecorded: 1, gapsSeen: 1, exit: 0, difference: 0 });
    const { inventory, twoSidedMs } = outcome.tally;
    // All the time but for the warm-up and the half minute.
    expect(twoSidedMs / inventory.openMs).toBeGreaterThan(50 / 90);
    expect(twoSidedMs / inventory.openMs).toBeLessThan(60 / 90);
  });

  it('knows nothing of what is played later', async () => {
    const until = 60_000;
    const rise = opening().trade(20_000, 'ask', 48, 99).trade(70_000, 'bid', 52, 100).delta(120_000, 'bid', 51, 500);
    const fall = opening().trade(20_000, 'ask', 48, 99).trade(70_000, 'ask', 48, 100).delta(120_000, 'ask', 49, 500);
    const earlier = async (tape: Tape, name: string) =>
      (await journalOf(await tape.write(join(folder, name)))).filter(({ marketMs }) => marketMs < until);
    const risen = await earlier(rise, 'rise.jsonl');
    expect(risen.length).toBeGreaterThan(10);
    expect(await earlier(fall, 'fall.jsonl')).toEqual(risen);
  });

  it('that breaks off is traded to where it breaks off, and says so', async () => {
    const recording = await oneFill().take(['{"recv_ns":']).write(join(folder, 'broken.jsonl'));
    const outcome = await replayRecording({ recording, settings: settingsOf() });
    expect(outcome).toMatchObject({ exit: 2, ordersCreated: 2, openAtEnd: 1, difference: 0 });
    expect(outcome.tally).toMatchObject({ fills: 1, makerContracts: 100 });
    expect(outcome.failure).toContain('broken.jsonl');
  });
});

describe('A replay', () => {
  it('writes the same journal each time, however it is read, and another with another seed, latency or setting', async () => {
    const plain = await oneFill().write(join(folder, 'same.jsonl'));
    const packed = await oneFill().write(join(folder, 'same.jsonl.zst'));
    const hash = async (recording: string, sets: readonly string[] = [], baseMs?: number) => {
      const latency = baseMs === undefined ? {} : { latency: { baseMs, jitterMs: 3 } };
      return (await replayRecording({ recording, settings: settingsOf(sets), ...latency })).journalHash;
    };
    const first = await hash(plain);
    expect(await hash(plain)).toBe(first);
    expect(await hash(packed)).toBe(first);
    const others = [
      await hash(plain, ['sim.seed=2']),
      await hash(plain, [], 20),
      await hash(plain, ['session.quantityContracts=2']),
    ];
    expect(new Set([first, ...others]).size).toBe(4);
  });

  it('stands still while the file is being read', async () => {
    const long = opening();
    for (let ms = 1_000; ms < 300_000; ms += 40) long.delta(ms, 'bid', 30, 1);
    const recording = await long.write(join(folder, 'long.jsonl'));
    const world = await createVirtualWorld({ seed: 1, settings: settingsOf(), flow: { kind: 'replay', recording } });
    let looks = 0;
    let early = 0;
    const look = (): void => {
      looks++;
      if (world.exchange.replay?.pending !== null) early++;
      world.clock.setTimeout(look, 10);
    };
    look();
    early = 0;
    await world.advance(300_000);
    world.stop();
    expect(world.exchange.replay?.stats.deltas).toBe(7_475);
    expect(looks).toBeGreaterThan(29_000);
    expect(early).toBe(0);
  });

  it('asks the machine for nothing but the file', async () => {
    const recording = await oneFill().write(join(folder, 'guarded.jsonl.zst'));
    const settings = settingsOf();
    // Opening, reading and unpacking a file: a replay stands still while that is under way.
    const reading = /^(FSREQ|FILEHANDLE|ZSTD|ZLIB|STREAM_END)/;
    const asked = await whileForbidden(() => replayRecording({ recording, settings }), reading);
    expect(asked).toEqual({ calls: [], resources: [] });
  });

  it.runIf(process.env.BOTHSIDES_LONG === '1')(
    'comes to the same on a thread beside others, in the order that was asked for',
    async () => {
      const one = await oneFill().write(join(folder, 'thread-1.jsonl'));
      const two = await opening().delta(60_000, 'bid', 30, 1).write(join(folder, 'thread-2.jsonl'));
      const none = join(folder, 'none.jsonl');
      const jobs = [one, none, two].map((recording) => ({ recording, settings: settingsOf() }));
      const heard: number[] = [];
      const outcomes = await replayAll(jobs, { threads: 2, onOutcome: (index) => heard.push(index) });
      expect(outcomes).toEqual(await Promise.all(jobs.map(replayOutcome)));
      expect(heard.sort()).toEqual([0, 1, 2]);
      expect(outcomes[1]).toMatchObject({ exit: 2, failure: expect.stringContaining('none.jsonl'), ordersCreated: 0 });
      // One run that failed is not hidden by those that did not.
      expect(totalOf(outcomes).outcome).toMatchObject({ exit: 2, ordersCreated: 4, markets: 2 });
    },
  );
});
