/** Real recordings through a virtual world, where BOTHSIDES_RECORDINGS names a folder of them; all with BOTHSIDES_LONG=1. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CrowdWatch } from '../../src/backtest/crowd-watch.ts';
import { replayAll } from '../../src/backtest/replay-pool.ts';
import { createVirtualWorld } from '../../src/backtest/virtual-world.ts';
import type { Ticker } from '../../src/domain/ids.ts';
import type { JournalEntry } from '../../src/domain/journal.ts';
import { readRecording } from '../../src/exchange/embedded/flow/recording.ts';
import type { Engine } from '../../src/exchange/embedded/model.ts';
import { loadSettings } from '../../src/settings/load.ts';

const folder = process.env.BOTHSIDES_RECORDINGS;
const root = join(folder ?? '', 'bitcoin-15min-stream');
const isThere = folder !== undefined && existsSync(join(root, 'index.json'));
const isLong = process.env.BOTHSIDES_LONG === '1';
if (!isThere) {
  const why = folder === undefined ? 'BOTHSIDES_RECORDINGS is not set' : `${root} is not there`;
  process.stderr.write(`Not run: real recordings in a virtual world (${why}).\n`);
}

interface Indexed {
  readonly file: string;
  readonly deltas: number;
  readonly seq_gaps: number;
}
const index: readonly Indexed[] = isThere ? JSON.parse(readFileSync(join(root, 'index.json'), 'utf8')) : [];
const { settings } = loadSettings({ mode: 'replay', env: {} });

describe.runIf(isThere)('A real recording in a virtual world', { timeout: 900_000 }, () => {
  it('is traded on to a clean end, by a watcher who sees the book that the exchange has', async () => {
    const recording = join(root, 'clean/20260513T1640Z.jsonl.zst');
    const world = await createVirtualWorld({ seed: 1, settings, flow: { kind: 'replay', recording } });
    const { engine } = world.exchange;
    const watch = new CrowdWatch(engine, world.clock.now());
    const run = await world.start({ forMs: null });
    const summary = run.finished;
    let hasEnded = false;
    void summary.finally(() => {
      hasEnded = true;
    });
    let compared = 0;
    const compare = (): void => {
      const nowMs = world.clock.now();
      for (const [market, { touches }] of watch.seen(nowMs)) {
        if (engine.market(market)?.status !== 'active') continue;
        expect(touches.at(nowMs)).toEqual(crowdTouch(engine, market));
        compared++;
      }
      if (!hasEnded) world.clock.setTimeout(compare, 997);
    };
    compare();
    await world.advance(3_600_000, () => hasEnded);
    world.stop();
    expect(await summary).toMatchObject({ exit: 0, money: { difference: '0.000000' }, orders: { unknown: 0 } });
    expect(world.exchange.replay?.stats.deltas).toBe(index.find(({ file }) => recording.endsWith(file))?.deltas);
    expect(compared).toBeGreaterThan(400);
  });

  it.runIf(isLong)('ends clean, every gap seen and every cent explained, whichever of them it is', async () => {
    const jobs = index.map(({ file }) => ({ recording: join(root, file), settings }));
    const outcomes = await replayAll(jobs, { threads: 2 });
    for (const [at, { file, deltas, seq_gaps: gaps }] of index.entries())
      expect(outcomes[at], file).toMatchObject({
        exit: 0,
        failure: null,
        difference: 0,
        deltas,
        gapsRecorded: gaps,
        gapsSeen: gaps,
      });
  });

  it.runIf(isLong)('has a void book and no quotes from where it lacks something until its next snapshot', async () => {
    for (const { file, seq_gaps: gaps } of index) {
      if (gaps === 0) continue;
      const recording = join(root, file);
      const { lost, endMs } = await lostIn(recording);
      expect(lost.length, file).toBe(gaps);
      const world = await createVirtualWorld({ seed: 1, settings, flow: { kind: 'replay', recording } });
      const run = await world.start({ forMs: null });
      const created: JournalEntry[] = [];
      run.journal.entries$.subscribe((entry) => {
        if (entry.kind === 'order.intended') created.push(entry);
      });
      const voidedMs: number[] = [];
      run.runtime.feed.facts$.subscribe((fact) => {
        if (fact.type === 'book.voided' && fact.reason === 'gap') voidedMs.push(world.clock.now());
      });
      let hasEnded = false;
      void run.finished.finally(() => {
        hasEnded = true;
      });
      await world.advance(3_600_000, () => hasEnded);
      world.stop();
      expect(created.length, file).toBeGreaterThan(0);
      for (const { fromMs, toMs } of lost)
        expect(voidedMs.filter((ms) => ms >= fromMs && ms < Math.min(toMs, fromMs + 1_000)).length, file).toBe(1);
      expect(voidedMs.length, file).toBe(gaps);
      // And again once there is a book, and time for a warm-up.
      const againMs = Math.max(...lost.map(({ toMs }) => toMs));
      if (endMs - againMs > 240_000)
        expect(created.filter(({ marketMs }) => marketMs > againMs).length, file).toBeGreaterThan(0);
      const within = created.filter(({ marketMs, data }) => {
        const { market } = data as { market: string };
        // What is on its way when the stream breaks was decided before.
        return lost.some((gap) => gap.market === market && marketMs > gap.fromMs + 100 && marketMs < gap.toMs);
      });
      expect(within, file).toEqual([]);
    }
  });
});

function crowdTouch(engine: Engine, market: Ticker) {
  const { bids, asks } = engine.book(market);
  const crowd = (side: 'bid' | 'ask') =>
    (side === 'bid' ? bids.toReversed() : asks).find(([price]) => engine.crowdQuantity(market, side, price) > 0)?.[0];
  const [bid, ask] = [crowd('bid'), crowd('ask')];
  return bid === undefined || ask === undefined || bid >= ask ? null : { bid, ask };
}

/** Between the last frame before a break in a subscription's numbering and the next snapshot a book is not known. */
async function lostIn(recording: string) {
  const lost: { market: string; fromMs: number; toMs: number }[] = [];
  const frames = new Map<number, { readonly sequence: number; readonly recvMs: number }>();
  let endMs = 0;
  for await (const { recvMs, gap, entry } of readRecording(recording)) {
    endMs = recvMs;
    if (gap !== undefined) frames.clear();
    if (entry.type !== 'snapshot' && entry.type !== 'delta') continue;
    if (entry.type === 'snapshot') {
      for (const each of lost)
        if (each.market === entry.market && each.toMs === Number.POSITIVE_INFINITY) each.toMs = recvMs;
    }
    const { subscription, sequence } = entry;
    const before = frames.get(subscription);
    frames.set(subscription, { sequence, recvMs });
    if (before === undefined || sequence === before.sequence + 1 || sequence === 1) continue;
    const toMs = entry.type === 'snapshot' ? recvMs : Number.POSITIVE_INFINITY;
    lost.push({ market: entry.market, fromMs: before.recvMs, toMs });
  }
  return { lost, endMs };
}
