/** What the recorder writes, how it survives, and that it keeps nobody waiting. Real files, clocks that stand. */
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { named, type Ticker } from '../../src/domain/ids.ts';
import { ManualClock } from '../../src/domain/manual-clock.ts';
import type { Market } from '../../src/domain/market.ts';
import { unixMs } from '../../src/domain/units.ts';
import { readRecording } from '../../src/exchange/embedded/flow/recording.ts';
import { Recorder, type RecorderOptions } from '../../src/feed/recorder.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { marketWith } from '../support/markets.ts';

const { settings } = loadSettings({ mode: 'sim' });
const START_MS = unixMs(Date.UTC(2026, 0, 5, 12, 0, 0));
const RAIN = named<Ticker>('KXRAIN-26JAN05-NYC');
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bothsides-recorder-'));
});
afterAll(() => rm(root, { recursive: true }));

const DELTA = `{"type":"orderbook_delta","sid":1,"seq":2,"msg":{"market_ticker":"${RAIN}","price_dollars":"0.4000","delta_fp":"5.00","side":"yes"}}`;
const FILL = `{"type":"fill","sid":2,"msg":{"market_ticker":"${RAIN}","order_id":"mine"}}`;
const subscribe = (action?: string) =>
  JSON.stringify({ id: 1, cmd: 'subscribe', params: { market_tickers: [RAIN], ...(action ? { action } : {}) } });

async function create(change: Partial<RecorderOptions['settings']> = {}, rest: Partial<RecorderOptions> = {}) {
  const folder = await mkdtemp(join(root, 'run-'));
  const wall = new ManualClock(START_MS);
  const failures: string[] = [];
  const recorder = await Recorder.open({
    folder,
    clocks: { wall, market: wall },
    settings: { ...settings.recorder, ...change },
    run: 'run',
    source: { mode: 'sim' },
    onFailure: (error) => failures.push(`${error.code} ${error.message}`),
    ...rest,
  });
  /** Time goes on, and the disk has all the time it needs. */
  const pass = async (ms: number) => {
    wall.advanceTo(wall.now() + ms);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 2));
  };
  return { recorder, folder, wall, failures, pass };
}
async function textOf(folder: string): Promise<string[]> {
  const texts: string[] = [];
  for (const name of (await readdir(folder)).sort())
    texts.push(
      ...zstdDecompressSync(await readFile(join(folder, name)))
        .toString()
        .trimEnd()
        .split('\n'),
    );
  return texts;
}
async function entriesOf(folder: string) {
  const entries: string[] = [];
  for await (const { entry, gap } of readRecording(folder))
    entries.push(gap === undefined ? entry.type : `${gap}: ${entry.type}`);
  return entries;
}
type Line = Record<string, unknown>;

describe('A recorder', () => {
  it('keeps every frame byte for byte, dated and numbered in the order in which they came', async () => {
    const { recorder, folder, wall } = await create();
    const frames = [DELTA, '{ "type" : "ticker", "msg":{"é": "\\u00e9"} }', DELTA];
    recorder.connected();
    for (const [index, frame] of frames.entries()) {
      if (index === 2) wall.advanceTo(START_MS + 5);
      recorder.frame(frame);
    }
    await recorder.close();
    const texts = await textOf(folder);
    expect(texts).toEqual([
      expect.stringMatching(
        /^\{"recv_ns":1767614400000000000,"n":0,"control":"recording","data":\{"format":"bothsides"/,
      ),
      '{"recv_ns":1767614400000000000,"n":1,"control":"connected","data":{"connection":1}}',
      `{"recv_ns":1767614400000000001,"n":2,"frame":${frames[0]}}`,
      `{"recv_ns":1767614400000000002,"n":3,"frame":${frames[1]}}`,
      `{"recv_ns":1767614400005000000,"n":4,"frame":${frames[2]}}`,
    ]);
    expect((await readdir(folder))[0]).toBe('20260105T120000000Z-0001.jsonl.zst');
    expect(recorder.counts).toMatchObject({ lines: 4, frames: 3, dropped: 0, gaps: 0, files: 1 });
  });

  it('never goes back in time, whatever its clock does', async () => {
    const market = { ...new ManualClock(START_MS), now: () => unixMs(nowMs) } as ManualClock;
    let nowMs: number = START_MS + 10;
    const { recorder, folder, wall } = await create({}, { clocks: { wall: new ManualClock(START_MS), market } });
    recorder.frame(DELTA);
    nowMs -= 7;
    recorder.frame(DELTA);
    await recorder.close();
    expect(wall.now()).toBe(START_MS);
    const times = (await textOf(folder)).map((text) => BigInt(/"recv_ns":(\d+)/.exec(text)![1]!));
    expect(times[2]! - times[1]!).toBe(1n);
  });

  it('marks what is of the account alone, and what it does not know as if it were', async () => {
    const { recorder, folder } = await create();
    for (const text of [
      FILL,
      '{"sid":1,"type":"user_order","msg":{}}',
      '{"type":"something_new"}',
      '{"sid":1,"type":"trade"}',
    ])
      recorder.frame(text);
    await recorder.close();
    const lines = (await textOf(folder)).slice(1).map((text) => JSON.parse(text) as Line);
    expect(lines.map((line) => ('private' in line ? 'private' : 'frame'))).toEqual([
      'private',
      'private',
      'private',
      'frame',
    ]);
  });

  it('keeps a frame that is no line of JSON as the text that it is', async () => {
    const { recorder, folder } = await create();
    recorder.frame(DELTA.replace('"sid"', '\n"sid"'));
    recorder.frame('nonsense');
    recorder.frame(`${DELTA.slice(0, -5)}`);
    recorder.frame(DELTA);
    await recorder.close();
    expect(await textOf(folder)).toHaveLength(5);
    expect(await entriesOf(folder)).toEqual(['other', 'delta', 'other', 'malformed: other', 'delta']);
  });

  it('writes the listing of each market that is watched: first, and when it changed', async () => {
    const { recorder, folder, pass } = await create({ fileMinutesMax: 1 });
    const market: Market = marketWith({ ticker: RAIN });
    recorder.listed([market, marketWith({ ticker: named<Ticker>('KXOTHER-1') })], true);
    recorder.sent(subscribe());
    recorder.listed([{ ...market, volume: market.volume }], false);
    recorder.listed([{ ...market, closeMs: unixMs(market.closeMs + 1_000) }], false);
    recorder.sent(subscribe('delete_markets'));
    await pass(1_000);
    expect(await entriesOf(folder)).toEqual(['other', 'listing', 'other', 'listing', 'other']);
    // A later file says it again, so that it can be read by itself.
    await pass(61_000);
    recorder.frame(DELTA);
    await recorder.close();
    expect(recorder.files).toHaveLength(2);
    const { listed } = await firstListing(recorder.files[1]!);
    expect(listed).toEqual({ ...market, closeMs: market.closeMs + 1_000 });
  });

  async function firstListing(file: string) {
    for await (const { entry } of readRecording(file)) if (entry.type === 'listing') return entry;
    throw new Error('no listing');
  }

  it('refuses a folder that holds something later, or that cannot be', async () => {
    const { recorder, folder } = await create();
    recorder.frame(DELTA);
    await recorder.close();
    const wall = new ManualClock(unixMs(START_MS - 5_000));
    const options = { ...{ run: 'other', source: {}, settings: settings.recorder }, onFailure: () => undefined };
    await expect(Recorder.open({ ...options, folder, clocks: { wall, market: wall } })).rejects.toMatchObject({
      code: 'USAGE',
    });
    const nowhere = join(folder, 'nowhere');
    await expect(Recorder.open({ ...options, folder: nowhere, clocks: { wall, market: wall } })).rejects.toMatchObject({
      code: 'DATA_UNWRITABLE',
    });
  });
});

describe('What was recorded', () => {
  it('can be read while it is being written, up to the last flush', async () => {
    const { recorder, folder, pass } = await create();
    for (let count = 0; count < 10; count++) recorder.frame(DELTA);
    expect(await readdir(folder)).toEqual([]);
    await pass(999);
    expect(await readdir(folder)).toEqual([]);
    await pass(1);
    expect(await entriesOf(folder)).toHaveLength(11);
    recorder.frame(DELTA);
    await pass(1_000);
    expect(await entriesOf(folder)).toHaveLength(12);
    await recorder.close();
  });

  it('is one recording over files that follow each other by size', async () => {
    const { recorder, folder, pass } = await create({ fileMegabytesMax: 0.0001, chunkKilobytes: 1 });
    recorder.connected();
    for (let count = 0; count < 40; count++) {
      recorder.frame(DELTA);
      if (count % 10 === 0) await pass(1_000);
    }
    await recorder.close();
    const names = await readdir(folder);
    expect(names.length).toBeGreaterThan(3);
    expect(names.toSorted()).toEqual(recorder.files.map((path) => path.slice(folder.length + 1)));
    const entries = await entriesOf(folder);
    expect(entries.filter((entry) => entry === 'delta')).toHaveLength(40);
    expect(entries.filter((entry) => entry.includes(':'))).toEqual([]);
    const bytes = await Promise.all(recorder.files.map(async (path) => (await readFile(path)).length));
    expect(recorder.counts.bytes).toBe(bytes.reduce((sum, size) => sum + size));
  });

  it('shows that lines were left out where the disk does not keep up, in bounded memory', async () => {
    const gaps: number[] = [];
    const { recorder, folder, pass } = await create(
      { bufferMegabytesMax: 0.05, chunkKilobytes: 4 },
      { onGap: (dropped) => gaps.push(dropped) },
    );
    // No turn of the event loop: nothing can be written meanwhile.
    for (let count = 0; count < 1_000; count++) recorder.frame(DELTA);
    const { dropped } = recorder.counts;
    expect(dropped).toBeGreaterThan(500);
    await pass(1_000);
    recorder.frame(DELTA);
    recorder.frame(DELTA);
    await recorder.close();
    expect(gaps).toEqual([dropped]);
    expect(recorder.counts).toMatchObject({ dropped, gaps: 1 });
    const entries = await entriesOf(folder);
    const kept = 1_000 - dropped;
    expect(entries.slice(kept + 1)).toEqual(['dropped: other', 'delta', 'delta']);
    expect(entries.slice(1, kept + 1)).toEqual(Array(kept).fill('delta'));
  });
});

describe('A disk that fails', () => {
  it('ends the recording, is said once, and harms nobody who goes on speaking', async () => {
    const { recorder, folder, failures, pass } = await create();
    recorder.frame(DELTA);
    await rm(folder, { recursive: true });
    await pass(1_000);
    expect(failures).toEqual([expect.stringMatching(/^DATA_UNWRITABLE Recording stopped: .*ENOENT/)]);
    const { lines } = recorder.counts;
    recorder.frame(DELTA);
    recorder.connected();
    await pass(5_000);
    await recorder.close();
    await recorder.close();
    expect(recorder.failure?.code).toBe('DATA_UNWRITABLE');
    expect(failures).toHaveLength(1);
    expect(recorder.counts.lines).toBe(lines);
  });

  it('is left with whole chunks alone', async () => {
    const { recorder, folder, failures, pass } = await create({ fileMinutesMax: 1 });
    recorder.frame(DELTA);
    await pass(1_000);
    // The next file cannot be made.
    await mkdir(join(folder, '20260105T120101000Z-0002.jsonl.zst'));
    await pass(60_000);
    recorder.frame(DELTA);
    await pass(1_000);
    expect(failures).toEqual([expect.stringContaining('EEXIST')]);
    await rm(join(folder, '20260105T120101000Z-0002.jsonl.zst'), { recursive: true });
    expect(await entriesOf(folder)).toEqual(['other', 'delta']);
    await recorder.close();
  });
});
