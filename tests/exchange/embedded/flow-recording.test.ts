import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RecordedLine } from '../../../src/exchange/embedded/flow/recorded-line.ts';
import { openRecording, readRecording } from '../../../src/exchange/embedded/flow/recording.ts';

const START_MS = Date.UTC(2026, 0, 5, 12, 0, 0);
const MARKET = 'KXTEST-26JAN05-A';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bothsides-recording-'));
});
afterAll(() => rm(folder, { recursive: true }));

const at = (ms: number) => (START_MS + ms) * 1_000_000;
const frame = (ms: number, type: string, msg: object, sequence = 1) =>
  JSON.stringify({ recv_ns: at(ms), frame: { type, sid: 2, seq: sequence, msg: { market_ticker: MARKET, ...msg } } });
const watch = JSON.stringify({
  recv_ns: at(0),
  control: 'watch_market',
  data: { market_ticker: MARKET, close_time: '2026-01-05T12:15:00Z', strike: 100.5, status: 'active' },
});
const snapshot = frame(10, 'orderbook_snapshot', {
  yes_dollars_fp: [
    ['0.4000', '10.00'],
    ['0.4100', '2.50'],
  ],
  no_dollars_fp: [['0.5500', '7.00']],
});
const delta = frame(20, 'orderbook_delta', { price_dollars: '0.5500', delta_fp: '-3.00', side: 'no', price_cents: 45 });
const ticker = frame(30, 'ticker', {
  price_dollars: '0.4500',
  volume_fp: '3.00',
  open_interest_fp: '1.00',
  yes_bid_dollars: '0.4100',
  yes_ask_dollars: '0.4500',
});
const LINES = [watch, snapshot, delta, ticker];

async function write(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, content);
  return path;
}
async function read(path: string): Promise<RecordedLine[]> {
  const lines: RecordedLine[] = [];
  for await (const line of readRecording(path)) lines.push(line);
  return lines;
}

describe('A recording', () => {
  it('is read line by line, each with its time and place', async () => {
    const path = await write('plain.jsonl', `${LINES.join('\n')}\n`);
    const lines = await read(path);
    expect(lines.map(({ recvMs, line, file }) => [recvMs - START_MS, line, file])).toEqual(
      [0, 10, 20, 30].map((ms, index) => [ms, index + 1, path]),
    );
    expect(lines.map(({ entry }) => entry)).toEqual([
      { type: 'watch', market: MARKET, closeMs: START_MS + 900_000, strike: 100.5 },
      {
        type: 'snapshot',
        subscription: 2,
        sequence: 1,
        market: MARKET,
        bids: [
          [4_000, 1_000],
          [4_100, 250],
        ],
        asks: [[4_500, 700]],
      },
      { type: 'delta', subscription: 2, sequence: 1, market: MARKET, side: 'ask', price: 4_500, change: -300 },
      { type: 'ticker', market: MARKET, lastPrice: 4_500, volume: 300, openInterest: 100, bid: 4_100, ask: 4_500 },
    ]);
  });

  it('may be compressed, in one piece or in many, end without a newline and hold blank lines', async () => {
    const plain = await read(await write('same.jsonl', LINES.join('\n\n')));
    const whole = await read(await write('same.jsonl.zst', zstdCompressSync(LINES.join('\n\n'))));
    const pieces = LINES.map((line) => zstdCompressSync(`${line}\n\n`));
    const many = await read(await write('many.jsonl.zst', Buffer.concat(pieces)));
    const placeless = (lines: RecordedLine[]) => lines.map(({ file: _, ...rest }) => rest);
    expect(plain).toHaveLength(4);
    expect(placeless(whole)).toEqual(placeless(plain));
    expect(placeless(many)).toEqual(placeless(plain));
  });

  it('may be a folder, whose files follow each other by name', async () => {
    const later = LINES.map((line) => line.replace(/"recv_ns":(\d+)/, (_, ns) => `"recv_ns":${Number(ns) + 1e12}`));
    await write('run/b.jsonl.zst', zstdCompressSync(later.join('\n')));
    await write('run/a.jsonl', LINES.join('\n'));
    await write('run/notes.txt', 'not a recording');
    const lines = await read(join(folder, 'run'));
    expect(lines.map(({ recvMs }) => recvMs - START_MS)).toEqual([0, 10, 20, 30, 1e6, 1e6 + 10, 1e6 + 20, 1e6 + 30]);
  });

  it('passes over what it does not know', async () => {
    const others = [
      JSON.stringify({ recv_ns: at(0), control: 'ws_connected', data: {} }),
      JSON.stringify({ recv_ns: at(0), frame: { type: 'subscribed', id: 1, msg: { channel: 'ticker', sid: 1 } } }),
    ];
    const lines = await read(await write('others.jsonl', others.join('\n')));
    expect(lines.map(({ entry }) => entry.type)).toEqual(['other', 'other']);
  });

  it('is streamed: its first line is there before a broken one further on is noticed', async () => {
    const path = await write('later.jsonl', [watch, snapshot, '{"recv_ns":'].join('\n'));
    const lines = readRecording(path);
    expect((await lines.next()).value?.entry.type).toBe('watch');
    expect((await lines.next()).value?.entry.type).toBe('snapshot');
    await expect(lines.next()).rejects.toMatchObject({ code: 'RECORDING_UNREADABLE' });
  });

  it('says when it starts and how its markets ended, from beside it or one folder above', async () => {
    const rows = [
      { market_ticker: MARKET, result: 'yes', settlement_ts: '2026-01-05T12:15:09.5Z' },
      { market_ticker: 'KXTEST-B', result: 'no', settlement_ts: null },
      { market_ticker: 'KXTEST-C', result: '' },
    ];
    await write('settled/settlements.json', JSON.stringify({ settlements: rows }));
    const path = await write('settled/clean/run.jsonl', LINES.join('\n'));
    for (const place of [path, join(folder, 'settled/clean')]) {
      const recording = await openRecording(place);
      expect(recording.firstMs).toBe(START_MS);
      expect([...recording.settlements]).toEqual([
        [MARKET, { result: 'yes', settledMs: START_MS + 909_500 }],
        ['KXTEST-B', { result: 'no', settledMs: null }],
      ]);
      let count = 0;
      for await (const _ of recording.lines) count++;
      expect(count).toBe(4);
    }
  });
});

describe('A recording that cannot be read', () => {
  const refused = (path: string, ...says: (string | RegExp)[]) =>
    expect(read(path)).rejects.toSatisfy((error: { code: string; message: string; remedy: string }) => {
      expect(error.code).toBe('RECORDING_UNREADABLE');
      for (const word of says) expect(error.message).toMatch(word);
      expect(error.remedy.length).toBeGreaterThan(20);
      return true;
    });

  it('is named: missing, of another kind, an empty folder, an empty file', async () => {
    await refused(join(folder, 'nowhere.jsonl'), /nowhere\.jsonl/, /no such file/);
    await refused(await write('book.csv', 'a,b'), /book\.csv/);
    await mkdir(join(folder, 'nothing'));
    await refused(join(folder, 'nothing'), /nothing/);
    await refused(await write('empty.jsonl', ''), /empty\.jsonl/, /it is empty/);
    await refused(await write('empty.jsonl.zst', zstdCompressSync('')), /empty\.jsonl\.zst/, /it is empty/);
    await refused(await write('hollow.jsonl.zst', ''), /hollow\.jsonl\.zst/);
  });

  it('is named with the line where it breaks', async () => {
    const cut = LINES.join('\n').slice(0, -20);
    await refused(await write('cut.jsonl', cut), /cut\.jsonl, line 4,/);
    const wrong: [string, RegExp][] = [
      [frame(20, 'orderbook_delta', { price_dollars: '0.55001', delta_fp: '1', side: 'no' }), /price_dollars/],
      [frame(20, 'orderbook_delta', { price_dollars: '1.0000', delta_fp: '1', side: 'no' }), /price_dollars/],
      [frame(20, 'orderbook_delta', { price_dollars: '0.5', delta_fp: 1, side: 'no' }), /delta_fp/],
      [frame(20, 'orderbook_delta', { price_dollars: '0.5', delta_fp: '1', side: 'both' }), /side/],
      [frame(20, 'orderbook_snapshot', { yes_dollars_fp: [['0.5']] }), /yes_dollars_fp/],
      [frame(20, 'ticker', { price_dollars: '0.5', volume_fp: '-1', open_interest_fp: '0' }), /volume_fp/],
      ['{"type":"ticker","sid":1}', /recv_ns/],
      ['[1, 2]', /not an object/],
      ['{"recv_ns": 5e18}', /neither/],
      [frame(-2_000, 'ok', {}), /before the line/],
    ];
    for (const [line, says] of wrong)
      await refused(await write('wrong.jsonl', `${watch}\n${snapshot}\n${line}\n`), /wrong\.jsonl, line 3,/, says);
  });

  it('is named when its compression breaks off or never was one', async () => {
    const many = Array.from({ length: 3_000 }, (_, index) =>
      frame(index, 'orderbook_delta', { price_dollars: '0.5000', delta_fp: `${(index * 7_919) % 1_000}`, side: 'yes' }),
    );
    const packed = zstdCompressSync(many.join('\n'));
    await refused(await write('short.jsonl.zst', packed.subarray(0, packed.length - 30)), /short\.jsonl\.zst/, /line/);
    await refused(await write('text.jsonl.zst', LINES.join('\n')), /text\.jsonl\.zst/);
  });

  it('is named when one file of a folder begins before the one before it ended', async () => {
    await write('overlap/a.jsonl', LINES.join('\n'));
    await write('overlap/b.jsonl', LINES.join('\n'));
    await refused(join(folder, 'overlap'), /b\.jsonl, line 1,/, /before/);
  });
});
