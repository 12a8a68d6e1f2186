/** What recordings of each format say, and where they say that something is missing. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RecordedLine } from '../../../src/exchange/embedded/flow/recorded-line.ts';
import { openRecording, readRecording } from '../../../src/exchange/embedded/flow/recording.ts';

const START_MS = Date.UTC(2026, 0, 5, 12, 0, 0);
const MARKET = 'KXTEST-26JAN05-A';
let folder: string;
let files = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bothsides-formats-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(lines: readonly (object | string)[], name = `${++files}.jsonl`): Promise<string> {
  const path = join(folder, name);
  const text = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
  await writeFile(path, name.endsWith('.zst') ? zstdCompressSync(text) : text);
  return path;
}
async function read(path: string): Promise<{ lines: RecordedLine[]; warnings: string[] }> {
  const lines: RecordedLine[] = [];
  const warnings: string[] = [];
  for await (const line of readRecording(path, (text) => warnings.push(text))) lines.push(line);
  return { lines, warnings };
}
const told = (lines: readonly RecordedLine[]) =>
  lines.map(({ entry, gap }) => (gap === undefined ? entry.type : `${gap}: ${entry.type}`));

// Our own format.

const at = (ms: number) => (START_MS + ms) * 1_000_000;
let n = 0;
const header = (run = 'one', part = 1) => ({
  recv_ns: at(0),
  n,
  control: 'recording',
  data: { format: 'bothsides', version: 1, run, part, no_side: 'yes' },
});
const line = (ms: number, rest: object) => ({ recv_ns: at(ms), n: ++n, ...rest });
const control = (ms: number, name: string, data: object = {}) => line(ms, { control: name, data });
const frame = (ms: number, type: string, msg: object, sequence = 1) =>
  line(ms, { frame: { type, sid: 1, seq: sequence, msg: { market_ticker: MARKET, ...msg } } });
const snapshot = (ms: number) => frame(ms, 'orderbook_snapshot', { no_dollars_fp: [['0.4500', '7.00']] });
const delta = (ms: number) =>
  frame(ms, 'orderbook_delta', { side: 'no', price_dollars: '0.4500', delta_fp: '-1.00' }, 2);
const lifecycle = (ms: number, msg: object) => frame(ms, 'market_lifecycle_v2', msg);
const listing = (ms: number, change: object = {}) =>
  control(ms, 'market', {
    market_ticker: MARKET,
    event_ticker: 'KXTEST-26JAN05',
    series_ticker: 'KXTEST',
    category: 'Crypto',
    title: 'Up?',
    market_type: 'binary',
    status: 'active',
    created_time: '2026-01-05T11:00:00.000Z',
    open_time: '2026-01-05T11:00:00.000Z',
    close_time: '2026-01-05T12:15:00.000Z',
    price_ranges: [{ start: '0.0000', end: '1.0000', step: '0.0010' }],
    fee_type: 'quadratic',
    fee_multiplier_millionths: 500_000,
    exchange_index: 2,
    mutually_exclusive: true,
    volume_fp: '12.00',
    volume_24h_fp: '11.00',
    open_interest_fp: '3.00',
    yes_bid_dollars: '0.4400',
    yes_ask_dollars: null,
    yes_bid_size_fp: '1.00',
    yes_ask_size_fp: '0.00',
    last_price_dollars: '0.4500',
    result: null,
    settlement_value_dollars: null,
    ...change,
  });

describe('Our own recording', () => {
  it('says what is listed, with grid and fees', async () => {
    n = 0;
    const { lines } = await read(await write([header(), listing(1)]));
    expect(lines[1]!.entry).toMatchObject({
      type: 'listing',
      market: MARKET,
      listed: {
        ...{ event: 'KXTEST-26JAN05', series: 'KXTEST', category: 'Crypto', status: 'active', exchangeIndex: 2 },
        closeMs: START_MS + 900_000,
        fees: { type: 'quadratic', multiplierMillionths: 500_000 },
        grid: { ranges: [{ start: 0, end: 10_000, step: 10 }] },
        ...{ volume: 1_200, bid: 4_400, ask: null, lastPrice: 4_500, result: null },
      },
    });
  });

  it('has the no side on the yes scale, as it was asked for', async () => {
    n = 0;
    const { lines } = await read(await write([header(), snapshot(1), delta(2)]));
    expect(lines[1]!.entry).toMatchObject({ type: 'snapshot', bids: [], asks: [[4_500, 700]] });
    expect(lines[2]!.entry).toMatchObject({ type: 'delta', side: 'ask', price: 4_500, change: -100 });
  });

  it('tells pauses, moved closes and results of the markets that it is about, and of no others', async () => {
    n = 0;
    const { lines } = await read(
      await write([
        header(),
        listing(1),
        lifecycle(2, { event_type: 'deactivated' }),
        lifecycle(3, { event_type: 'activated' }),
        lifecycle(4, { event_type: 'close_date_updated', close_ts: START_MS / 1000 + 60 }),
        lifecycle(5, { event_type: 'determined', result: 'no', determination_ts: START_MS / 1000 + 61 }),
        lifecycle(6, { event_type: 'settled', settled_ts: START_MS / 1000 + 62 }),
        lifecycle(7, { event_type: 'determined', result: 'scalar', settlement_value: '0.5000' }),
        lifecycle(8, { market_ticker: 'KXOTHER-1', event_type: 'determined', result: 'yes', determination_ts: 5 }),
      ]),
    );
    expect(lines.slice(2).map(({ entry }) => entry)).toEqual([
      { type: 'trading', market: MARKET, isTrading: false },
      { type: 'trading', market: MARKET, isTrading: true },
      { type: 'closeMoved', market: MARKET, closeMs: START_MS + 60_000 },
      { type: 'settled', market: MARKET, result: 'no', settledMs: START_MS + 61_000 },
      { type: 'other' },
      { type: 'other' },
      { type: 'other' },
    ]);
  });

  it('keeps what is private to itself', async () => {
    n = 0;
    const fill = { type: 'trade', msg: { market_ticker: MARKET, yes_price_dollars: '0.5', count_fp: '1.00' } };
    const { lines } = await read(await write([header(), line(1, { private: fill })]));
    expect(told(lines)).toEqual(['other', 'other']);
  });

  it('is one recording over all files of a run, and another one with the next run', async () => {
    const place = await mkdtemp(join(folder, 'parts-'));
    const name = (part: number) =>
      join(place.slice(folder.length + 1), `20260105T12000000${part}Z-000${part}.jsonl.zst`);
    n = 0;
    await write([header(), snapshot(1), delta(2)], name(1));
    // Its header, and what it says again, have the number of the line before.
    const again = { ...listing(3), n: 2 };
    n = 2;
    await write([{ ...header('one', 2), recv_ns: at(3) }, again, delta(4)], name(2));
    n = 0;
    await write([{ ...header('two'), recv_ns: at(5) }, delta(6)], name(3));
    const { lines } = await read(place);
    expect(told(lines)).toEqual(['other', 'snapshot', 'delta', 'other', 'listing', 'delta', 'file: other', 'delta']);
  });

  it('shows where lines were left out, a connection was lost, or a frame came damaged', async () => {
    const lost = () => {
      n += 5;
      return control(3, 'gap', { dropped: 5 });
    };
    n = 0;
    const { lines, warnings } = await read(
      await write([
        header(),
        control(0, 'connected'),
        snapshot(1),
        lost(),
        snapshot(4),
        control(5, 'disconnected', { code: 1006, reason: '' }),
        control(6, 'connected'),
        snapshot(7),
        `{"recv_ns":${at(8)},"n":${++n},"frame":{"type":"orderbook_delta","sid":1,}}`,
        snapshot(9),
        line(10, { text: 'neither\nthis' }),
        snapshot(11),
        frame(12, 'orderbook_delta', { side: 'no', price_dollars: 'much', delta_fp: '1.00' }),
        snapshot(13),
        frame(14, 'ticker', { price_dollars: 'much' }),
        delta(15),
      ]),
    );
    expect(told(lines).slice(2)).toEqual([
      'snapshot',
      'dropped: other',
      'snapshot',
      'connection: other',
      'other',
      'snapshot',
      'malformed: other',
      'snapshot',
      'malformed: other',
      'snapshot',
      'malformed: other',
      'snapshot',
      'other',
      'delta',
    ]);
    expect(warnings).toHaveLength(4);
    expect(warnings[0]).toMatch(/line 9, holds a frame that was damaged when it was received/);
  });

  it('has polled books where no stream kept them', async () => {
    n = 0;
    const book = (ms: number) =>
      control(ms, 'book', { market_ticker: MARKET, bids: [['0.4000', '2.00']], asks: [['0.4500', '1.00']] });
    const { lines } = await read(
      await write([header(), control(0, 'connected'), book(1), snapshot(2), control(3, 'disconnected'), book(4)]),
    );
    expect(told(lines)).toEqual(['other', 'other', 'other', 'snapshot', 'connection: other', 'snapshot']);
    expect(lines[5]!.entry).toMatchObject({ bids: [[4_000, 200]], asks: [[4_500, 100]] });
  });

  it('is refused in a version that is not known', async () => {
    n = 0;
    const later = { ...header(), data: { ...header().data, version: 2 } };
    await expect(read(await write([later]))).rejects.toMatchObject({
      code: 'RECORDING_UNREADABLE',
      message: expect.stringMatching(/line 1, cannot be read: its version 2/),
    });
  });
});

describe('Frames alone', () => {
  const sent = (ms: number | null, type: string, msg: object, sequence: number) => ({
    type,
    sid: 1,
    seq: sequence,
    msg: { market_ticker: MARKET, ...(ms === null ? {} : { ts_ms: START_MS + ms }), ...msg },
  });
  const whole = (sequence: number) =>
    sent(null, 'orderbook_snapshot', { yes_dollars_fp: [['0.4000', '5.00']] }, sequence);
  const change = (ms: number, sequence: number) =>
    sent(ms, 'orderbook_delta', { side: 'no', price_dollars: '0.5500', delta_fp: '2.00' }, sequence);

  it('are dated by when they were sent, those before the first such one with it; blank lines are nothing', async () => {
    const ack = { type: 'subscribed', id: 1, msg: { channel: 'orderbook_delta', sid: 1 } };
    const fill = { type: 'fill', sid: 2, msg: { market_ticker: MARKET, ts_ms: START_MS + 99_000 } };
    const { lines } = await read(await write([ack, '', whole(1), '', change(500, 2), fill, change(400, 3)]));
    expect(told(lines)).toEqual(['other', 'watch', 'snapshot', 'delta', 'other', 'delta']);
    expect(lines.map(({ recvMs }) => recvMs - START_MS)).toEqual([500, 500, 500, 500, 500, 500]);
    // The no side is on the no scale, as the venue sends it by itself.
    expect(lines[3]!.entry).toMatchObject({ side: 'ask', price: 4_500 });
    expect(lines[1]!.entry).toMatchObject({ market: MARKET, strike: null });
  });

  it('show another connection by its numbering', async () => {
    const { lines } = await read(await write([whole(1), change(1, 2), whole(1), change(2, 2)]));
    expect(told(lines)).toEqual(['watch', 'snapshot', 'delta', 'connection: snapshot', 'delta']);
  });

  it('are refused where none says when, or where they go back in time', async () => {
    const refused = (path: string, says: RegExp) =>
      expect(read(path)).rejects.toMatchObject({ code: 'RECORDING_UNREADABLE', message: expect.stringMatching(says) });
    await refused(await write([whole(1), whole(2)]), /line 2, cannot be read: none of its frames says when/);
    await refused(await write([change(20_000, 1), change(0, 2)]), /line 2, cannot be read: it was sent before/);
  });

  it('may stand beside REST answers, which are passed over', async () => {
    const place = await mkdtemp(join(folder, 'session-'));
    const inPlace = (name: string) => join(place.slice(folder.length + 1), name);
    const rest = [{ method: 'GET', url: 'https://venue/markets', status: 200, response_body: '{}' }];
    await write(rest, inPlace('rest.jsonl'));
    await expect(openRecording(join(place, 'rest.jsonl'))).rejects.toMatchObject({ code: 'RECORDING_UNREADABLE' });
    await write([whole(1), change(7, 2)], inPlace('session.jsonl'));
    const recording = await openRecording(place);
    expect(recording.firstMs).toBe(START_MS + 7);
    const { lines } = await read(place);
    expect(told(lines)).toEqual(['watch', 'snapshot', 'delta']);
  });
});
