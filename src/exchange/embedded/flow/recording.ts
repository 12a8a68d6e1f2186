/**
 * Recordings on disk: JSON lines, plain or zstandard, a file or a folder of files that follow each other in time. They
 * are streamed: a line is decoded when it is asked for, and no file is ever held whole.
 */
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { createZstdDecompress } from 'node:zlib';
import { BothsidesError, messageOf } from '../../../domain/errors.ts';
import { named, type Ticker } from '../../../domain/ids.ts';
import { type UnixMs, unixMs } from '../../../domain/units.ts';
import { decodeLine, type RecordedLine } from './recorded-line.ts';

const REMEDY =
  'A recording is a .jsonl or .jsonl.zst file (or a folder of them) with one object a line: ' +
  '{"recv_ns", "frame"} or {"recv_ns", "control", "data"}.';
/** A line of a recording is a frame of the stream; the largest snapshots are well under this. */
const LINE_CHARACTERS_MAX = 8_000_000;
/** How far the recorder's clock may step back inside a file; the line then counts at the time before. */
const CLOCK_STEP_MS_MAX = 1_000;

export interface RecordedSettlement {
  readonly result: 'yes' | 'no';
  /** When the venue settled; null where the recording does not say. */
  readonly settledMs: UnixMs | null;
}

export interface Recording {
  readonly files: readonly string[];
  /** When the first line was received: where the market clock starts. */
  readonly firstMs: UnixMs;
  /** From the beginning, each time. */
  readonly lines: AsyncIterable<RecordedLine>;
  /** From `settlements.json` beside the recording or one folder above. */
  readonly settlements: ReadonlyMap<Ticker, RecordedSettlement>;
}

/** Looks into a recording without playing it. Throws RECORDING_UNREADABLE. */
export async function openRecording(path: string): Promise<Recording> {
  const files = await filesOf(path);
  const lines: AsyncIterable<RecordedLine> = { [Symbol.asyncIterator]: () => readFiles(files) };
  for await (const line of lines) {
    const settlements = await readSettlements(path);
    return { files, firstMs: line.recvMs, lines, settlements };
  }
  throw unreadable(path, 'it holds no line');
}

/** Every line in order of time. Throws RECORDING_UNREADABLE, naming file and line, when it gets there. */
export async function* readRecording(path: string): AsyncGenerator<RecordedLine, void> {
  yield* readFiles(await filesOf(path));
}

function unreadable(where: string, what: string, cause?: unknown): BothsidesError {
  return new BothsidesError('RECORDING_UNREADABLE', `The recording ${where} cannot be read: ${what}`, {
    remedy: REMEDY,
    cause,
  });
}

export function isRecordingName(name: string): boolean {
  return name.endsWith('.jsonl') || name.endsWith('.jsonl.zst');
}

async function filesOf(path: string): Promise<readonly string[]> {
  let isFolder: boolean;
  let names: string[] = [];
  try {
    isFolder = (await stat(path)).isDirectory();
    if (isFolder) names = await readdir(path);
  } catch (cause) {
    throw unreadable(path, messageOf(cause), cause);
  }
  if (!isFolder) {
    if (!isRecordingName(path)) throw unreadable(path, 'its name ends neither in .jsonl nor in .jsonl.zst');
    return [path];
  }
  const files = names
    .filter(isRecordingName)
    .sort()
    .map((name) => join(path, name));
  if (files.length === 0) throw unreadable(path, 'the folder holds no .jsonl or .jsonl.zst file');
  return files;
}

async function* readFiles(files: readonly string[]): AsyncGenerator<RecordedLine, void> {
  let lastMs = 0;
  for (const file of files) {
    let number = 0;
    let isFirst = true;
    for await (const batch of readLines(file)) {
      for (const text of batch) {
        number++;
        if (text.trim() === '') continue;
        const { recvMs, entry } = decodeAt(file, number, text);
        if (recvMs < lastMs - (isFirst ? 0 : CLOCK_STEP_MS_MAX)) {
          throw unreadable(`${file}, line ${number},`, 'it was received before the line that it follows');
        }
        const gap = isFirst && lastMs > 0 ? ({ gap: 'file' } as const) : {};
        isFirst = false;
        lastMs = Math.max(lastMs, recvMs);
        yield { recvMs: unixMs(lastMs), ...gap, file, line: number, entry };
      }
    }
    if (isFirst) throw unreadable(file, 'it is empty');
  }
}

function decodeAt(file: string, number: number, text: string): ReturnType<typeof decodeLine> {
  try {
    return decodeLine(text);
  } catch (cause) {
    throw unreadable(`${file}, line ${number},`, messageOf(cause), cause);
  }
}

/** The lines of a file in batches, one a chunk of the stream; a last line without its newline counts. */
async function* readLines(file: string): AsyncGenerator<readonly string[], void> {
  const source = createReadStream(file);
  const stream = file.endsWith('.zst') ? source.pipe(createZstdDecompress()) : source;
  // `pipe` does not carry errors over.
  if (stream !== source) source.on('error', (error) => stream.destroy(error));
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let number = 0;
  try {
    for await (const chunk of stream) {
      const lines = (rest + decoder.write(chunk as Buffer)).split('\n');
      rest = lines.pop()!;
      if (rest.length > LINE_CHARACTERS_MAX) throw new Error('it is not made of lines');
      number += lines.length;
      if (lines.length > 0) yield lines;
    }
  } catch (cause) {
    if (cause instanceof BothsidesError) throw cause;
    throw unreadable(`${file}, after line ${number},`, messageOf(cause), cause);
  } finally {
    source.destroy();
  }
  rest += decoder.end();
  if (rest !== '') yield [rest];
}

/** Results by market, where the recording has them. */
async function readSettlements(path: string): Promise<ReadonlyMap<Ticker, RecordedSettlement>> {
  const found = new Map<Ticker, RecordedSettlement>();
  const folder = (await stat(path)).isDirectory() ? path : dirname(path);
  // The nearer file wins.
  for (const place of [dirname(folder), folder]) {
    const file = join(place, 'settlements.json');
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw unreadable(file, messageOf(cause), cause);
    }
    for (const [market, settlement] of decodeSettlements(file, text)) found.set(market, settlement);
  }
  return found;
}

function decodeSettlements(file: string, text: string): Map<Ticker, RecordedSettlement> {
  let rows: unknown;
  try {
    rows = (JSON.parse(text) as { settlements?: unknown } | null)?.settlements;
  } catch (cause) {
    throw unreadable(file, messageOf(cause), cause);
  }
  if (!Array.isArray(rows)) throw unreadable(file, `${basename(file)} has no list "settlements"`);
  const found = new Map<Ticker, RecordedSettlement>();
  for (const [index, row] of (rows as (Record<string, unknown> | null)[]).entries()) {
    const { market_ticker: market, result, settlement_ts: settled } = row ?? {};
    if (typeof market !== 'string') throw unreadable(file, `settlement ${index + 1} has no market_ticker`);
    // Neither yes nor no (void, scalar, not known yet): the market stays closed without a result.
    if (result !== 'yes' && result !== 'no') continue;
    const settledMs = typeof settled === 'string' ? Date.parse(settled) : Number.NaN;
    found.set(named(market), { result, settledMs: Number.isFinite(settledMs) ? unixMs(settledMs) : null });
  }
  return found;
}
