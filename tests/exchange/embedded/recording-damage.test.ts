/**
 * Files that are not as they should be. Whatever is wrong with one: every whole line before it is given first, then it
 * is said with file, line and what to do; only what a crash of our own recorder leaves behind is no error.
 */
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRecording } from '../../../src/exchange/embedded/flow/recording.ts';

const START_MS = Date.UTC(2026, 0, 5, 12, 0, 0);
const CHECKSUM = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
let folder: string;
let files = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bothsides-damage-'));
});
afterAll(() => rm(folder, { recursive: true }));

const msg = (index: number) => ({
  market_ticker: 'KXTEST-26JAN05-A',
  side: 'yes',
  price_dollars: `0.${String(1 + ((index * 37) % 98)).padStart(2, '0')}00`,
  delta_fp: `${(index * 7_919) % 1_000}.00`,
});
const received = (index: number) =>
  `${JSON.stringify({ recv_ns: (START_MS + index) * 1e6, frame: { type: 'orderbook_delta', sid: 1, seq: index + 1, msg: msg(index) } })}\n`;
const own = (index: number) =>
  index === 0
    ? `${JSON.stringify({ recv_ns: START_MS * 1e6, n: 0, control: 'recording', data: { format: 'bothsides', version: 1, run: 'r', part: 1, no_side: 'yes' } })}\n`
    : `${JSON.stringify({ recv_ns: (START_MS + index) * 1e6, n: index, frame: { type: 'orderbook_delta', sid: 1, seq: index, msg: msg(index) } })}\n`;
const textOf = (line: (index: number) => string, from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => line(from + index)).join('');

async function write(content: string | Buffer, name = `${++files}.jsonl.zst`): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

interface Outcome {
  readonly lines: number;
  readonly gaps: readonly string[];
  readonly warnings: readonly string[];
  readonly error: { readonly code: string; readonly message: string; readonly remedy: string } | null;
}
async function read(path: string): Promise<Outcome> {
  let lines = 0;
  const gaps: string[] = [];
  const warnings: string[] = [];
  let error: Outcome['error'] = null;
  try {
    for await (const line of readRecording(path, (text) => warnings.push(text))) {
      lines++;
      if (line.gap !== undefined) gaps.push(line.gap);
    }
  } catch (thrown) {
    error = thrown as Outcome['error'];
  }
  return { lines, gaps, warnings, error };
}

describe('A file in many pieces', () => {
  const PIECE = 40;
  const pieces = (line: (index: number) => string, count = 12) =>
    Array.from({ length: count }, (_, index) =>
      zstdCompressSync(textOf(line, index * PIECE, (index + 1) * PIECE), CHECKSUM),
    );

  it('that was cut anywhere gives every whole line before the cut, then the error', async () => {
    const whole = pieces(received);
    const bytes = Buffer.concat(whole);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: bytes.length - 1 }), async (cut) => {
        let end = 0;
        let complete = 0;
        for (const piece of whole) {
          end += piece.length;
          if (end <= cut) complete += PIECE;
        }
        const { lines, error } = await read(await write(bytes.subarray(0, cut), 'cut.jsonl.zst'));
        expect(lines).toBeGreaterThanOrEqual(complete);
        expect(lines).toBeLessThanOrEqual(complete + PIECE);
        // At the end of a piece nobody can tell that there was more; and fewer than the four bytes that begin one are none.
        const isBetween = whole.some((_, index) => {
          const more = cut - Buffer.concat(whole.slice(0, index)).length;
          return index > 0 && more >= 0 && more < 4;
        });
        if (isBetween) expect(error).toBeNull();
        else if (lines > 0) {
          expect(error).toMatchObject({ code: 'RECORDING_UNREADABLE' });
          expect(error!.message).toContain(`cut.jsonl.zst, after line ${lines},`);
          expect(error!.message).toContain('its compression breaks off');
          expect(error!.remedy).toMatch(/zstd -dc/);
        }
      }),
      { numRuns: 60, examples: [[3145]] },
    );
  });

  it('of our own recorder that was cut anywhere is read to its last whole line, with a warning', async () => {
    const bytes = Buffer.concat(pieces(own));
    const name = '20260105T120000000Z-0001.jsonl.zst';
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 200, max: bytes.length - 1 }), async (cut) => {
        const { lines, error, warnings } = await read(await write(bytes.subarray(0, cut), name));
        if (lines === 0) return;
        expect(error).toBeNull();
        if (lines % PIECE !== 0) expect(warnings[0]).toContain(`last whole line, ${lines}`);
      }),
      { numRuns: 40 },
    );
  });

  it('of which a bit was turned gives every piece before that', async () => {
    const whole = pieces(received, 40);
    for (const turned of [3, 17, 39]) {
      const damaged = Buffer.concat(whole);
      const start = Buffer.concat(whole.slice(0, turned)).length;
      damaged[start + 200]! ^= 0x10;
      const { lines, error } = await read(await write(damaged));
      expect(lines).toBeGreaterThanOrEqual(turned * PIECE);
      // A bit that unpacks to something else is noticed by the checksum, at the end of its piece.
      expect(lines).toBeLessThanOrEqual((turned + 1) * PIECE);
      expect(error).toMatchObject({ code: 'RECORDING_UNREADABLE' });
      expect(error!.message).toMatch(/line \d+, cannot be read: it (cannot be unpacked|is not JSON)/);
    }
  });

  it('with foreign bytes behind or between is not taken for whole', async () => {
    const [one, two] = pieces(received, 2) as [Buffer, Buffer];
    for (const tail of [Buffer.alloc(4_096), Buffer.from('and so on'), Buffer.concat([Buffer.alloc(64), two])]) {
      const { lines, error } = await read(await write(Buffer.concat([one, tail])));
      expect(lines).toBe(PIECE);
      expect(error!.message).toContain(`after line ${PIECE}, cannot be read: behind byte ${one.length}`);
    }
    // What a crash of the machine leaves behind our own.
    const [mine] = pieces(own, 1) as [Buffer];
    const { lines, error, warnings } = await read(await write(Buffer.concat([mine, Buffer.alloc(4_096)])));
    expect([lines, error, warnings.length]).toEqual([PIECE, null, 1]);
  });
});

describe('A folder of our own recorder', () => {
  it('goes on after a file that a crash had torn, and after one that it had left empty', async () => {
    const place = join(folder, 'crashed');
    await mkdir(place);
    const first = Buffer.concat([zstdCompressSync(textOf(own, 0, 30)), zstdCompressSync(textOf(own, 30, 50))]);
    const second = zstdCompressSync(textOf(own, 0, 50).replaceAll('"recv_ns":176', '"recv_ns":177'));
    await writeFile(join(place, '20260105T120000000Z-0001.jsonl.zst'), first.subarray(0, first.length - 9));
    await writeFile(join(place, '20260105T120000001Z-0001.jsonl.zst'), '');
    await writeFile(join(place, '20260430T120000000Z-0001.jsonl.zst'), second);
    const { lines, error, gaps, warnings } = await read(place);
    expect(error).toBeNull();
    expect(lines).toBe(80);
    expect(gaps).toHaveLength(1);
    expect(warnings).toHaveLength(2);
  });

  it('is not excused where somebody else’s file is torn', async () => {
    const packed = zstdCompressSync(textOf(received, 0, 50));
    const { error } = await read(await write(packed.subarray(0, packed.length - 9)));
    expect(error).toMatchObject({ code: 'RECORDING_UNREADABLE' });
  });

  it('may be unpacked; its last line may then be half a line', async () => {
    const text = textOf(own, 0, 50);
    const { lines, error, warnings } = await read(await write(text.slice(0, -30), 'unpacked.jsonl'));
    expect([lines, error, warnings.length]).toEqual([49, null, 1]);
  });
});

describe('A file of another kind', () => {
  it('is named for what it is', async () => {
    const rows: [string, string | Buffer, RegExp][] = [
      ['csv.jsonl', 'time,bid,ask\n1,2,3\n', /csv\.jsonl, line 1, cannot be read: it is not JSON/],
      ['other.jsonl', '{"ts":1,"bid":0.4}\n', /other\.jsonl, line 1, cannot be read: it is of a format/],
      ['text.jsonl.zst', textOf(received, 0, 3), /text\.jsonl\.zst cannot be read: it cannot be unpacked/],
      ['packed.jsonl', zstdCompressSync(textOf(received, 0, 3)), /is packed with zstandard.*call it \.jsonl\.zst/],
      [
        'gzip.jsonl',
        Buffer.from([31, 139, 8, 0, 0, 0, 0, 0]),
        /gzip\.jsonl cannot be read: it is not text in UTF-8, but gzip/,
      ],
      ['picture.jsonl', Buffer.from('89504e470d0a1a0a', 'hex'), /not text in UTF-8, but a picture/],
      [
        'wide.jsonl',
        Buffer.from(`\ufeff${textOf(received, 0, 3)}`, 'utf16le'),
        /not text in UTF-8, but text in UTF-16/,
      ],
      ['zeros.jsonl', Buffer.alloc(4_096), /not text in UTF-8, but something else/],
      ['late.jsonl', '{"recv_ns":1e30,"control":"start","data":{}}\n', /line 1, .*later than the year 2200/],
      ['gzip.jsonl.zst', Buffer.from([31, 139, 8, 0, 0, 0, 0, 0]), /gzip\.jsonl\.zst cannot be read/],
      ['nothing.jsonl.zst', '', /nothing\.jsonl\.zst cannot be read: it is empty/],
    ];
    for (const [name, content, says] of rows) {
      const { lines, error } = await read(await write(content, name));
      expect(lines).toBe(0);
      expect(error!.message).toMatch(says);
      expect(error!.remedy).not.toBe('');
      // Nothing of it was read, and nobody is told otherwise.
      expect(error!.remedy).not.toMatch(/Everything before/);
    }
  });

  it('is read where an editor put a mark before the first line or ended lines its own way', async () => {
    const text = `\ufeff${textOf(received, 0, 9)}`.replaceAll('\n', '\r\n');
    const { lines, error } = await read(await write(text, 'edited.jsonl'));
    expect([lines, error]).toEqual([9, null]);
  });

  it('is named when the system does not let it be read', async () => {
    await mkdir(join(folder, 'a-folder.d/inside.jsonl'), { recursive: true });
    const { error } = await read(join(folder, 'a-folder.d'));
    expect(error!.message).toMatch(/inside\.jsonl cannot be read: EISDIR/);
    expect(error!.remedy).toMatch(/may read it/);
    // The superuser may read everything.
    if (process.getuid?.() === 0) return;
    const path = await write('', 'locked.jsonl');
    await chmod(path, 0);
    expect((await read(path)).error!.message).toMatch(/locked\.jsonl cannot be read: EACCES/);
  });
});

describe('A file without end', () => {
  async function grown(name: string, chunks: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<string> {
    const path = join(folder, name);
    await pipeline(chunks, createZstdCompress(), createWriteStream(path));
    return path;
  }
  const MEGABYTE = Buffer.alloc(1_048_576, 'x');

  it('whose only line never ends is refused, long before memory is', async () => {
    const path = await grown('endless.jsonl.zst', Array(64).fill(MEGABYTE));
    const before = process.memoryUsage().rss;
    const { lines, error } = await read(path);
    expect(lines).toBe(0);
    expect(error!.message).toMatch(/endless\.jsonl\.zst cannot be read: it is not made of lines/);
    expect(process.memoryUsage().rss - before).toBeLessThan(400_000_000);
  });

  it.runIf(process.env.BOTHSIDES_LONG === '1')(
    'of 700 MB is read in a memory that does not grow with it',
    async () => {
      const LINES = 4_000_000;
      async function* chunks(): AsyncGenerator<Buffer, void> {
        for (let from = 0; from < LINES; from += 10_000) yield Buffer.from(textOf(received, from, from + 10_000));
      }
      const path = await grown('large.jsonl.zst', chunks());
      let lines = 0;
      let peak = 0;
      let half = 0;
      for await (const _ of readRecording(path)) {
        if (++lines % 100_000 !== 0) continue;
        peak = Math.max(peak, process.memoryUsage().rss);
        if (lines === LINES / 2) half = peak;
      }
      expect(lines).toBe(LINES);
      expect(peak).toBeLessThan(half * 1.3);
    },
    180_000,
  );
});
