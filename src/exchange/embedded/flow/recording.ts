/**
 * Recordings on disk: JSON lines, plain or zstandard, a file or a folder of files that follow each other in time. They
 * are streamed: a line is decoded when it is asked for, and no file is ever held whole. The formats: line-decoder.ts.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BothsidesError, messageOf } from '../../../domain/errors.ts';
import { named, type Ticker } from '../../../domain/ids.ts';
import { type UnixMs, unixMs } from '../../../domain/units.ts';
import { LineDecoder } from './line-decoder.ts';
import { LineRefused } from './recorded-fields.ts';
import type { GapCause, RecordedLine } from './recorded-line.ts';
import { type Fault, FileBroken, readLines } from './recording-bytes.ts';

const REMEDY =
  'A recording is a .jsonl or .jsonl.zst file (or a folder of them) with one object a line: ' +
  '{"recv_ns", "frame"}, {"recv_ns", "control", "data"}, or a frame of the stream alone.';
const REMEDY_BROKEN =
  'Everything before was read. To use that much by itself, unpack it (zstd -dc FILE > PART.jsonl) and cut PART.jsonl ' +
  'after its last whole line; otherwise fetch or record it again.';
const REMEDY_NOTHING = 'Nothing of it was read: fetch or record it again.';
const REMEDY_CUT =
  'Everything before was read. To use that much by itself, cut the file after its last whole line; otherwise fetch or ' +
  'record it again.';
const REMEDIES: Readonly<Record<Fault, string>> = {
  truncated: REMEDY_BROKEN,
  torn: REMEDY_BROKEN,
  damaged: REMEDY_BROKEN,
  endless: REMEDY,
  foreign: REMEDY,
  system: 'Check that the file is there and that this user may read it.',
};
/** Some editors begin a file with it. */
const BYTE_ORDER_MARK = '\ufeff';
/** How far the recorder's clock may step back inside a file; the line then counts at the time before. */
const CLOCK_STEP_MS_MAX = 1_000;
/** How our own recorder names its files, one after the other in time. */
const OWN_NAME = /^\d{8}T\d{9}Z-\d{4,}\.jsonl\.zst$/;

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
  /** From `settlements.json` beside the recording or one folder above; a recording may also tell results in its lines. */
  readonly settlements: ReadonlyMap<Ticker, RecordedSettlement>;
  /** What is wrong with it and does not keep it from being played: grows while it is read, one sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Looks into a recording without playing it. Throws RECORDING_UNREADABLE.
 * @param onWarning told of each warning once, when reading gets there
 */
export async function openRecording(
  path: string,
  onWarning: (text: string) => void = () => undefined,
): Promise<Recording> {
  const files = await filesOf(path);
  const warnings: string[] = [];
  const warn = (text: string): void => {
    if (warnings.includes(text)) return;
    warnings.push(text);
    onWarning(text);
  };
  const lines: AsyncIterable<RecordedLine> = { [Symbol.asyncIterator]: () => readFiles(files, warn) };
  for await (const line of lines) {
    const settlements = await readSettlements(path);
    return { files, firstMs: line.recvMs, lines, settlements, warnings };
  }
  throw unreadable(path, 'it holds no line');
}

/** Every line in order of time. Throws RECORDING_UNREADABLE, naming file and line, when it gets there. */
export async function* readRecording(
  path: string,
  onWarning: (text: string) => void = () => undefined,
): AsyncGenerator<RecordedLine, void> {
  yield* readFiles(await filesOf(path), onWarning);
}

function unreadable(where: string, what: string, cause?: unknown, remedy = REMEDY): BothsidesError {
  return new BothsidesError('RECORDING_UNREADABLE', `The recording ${where} cannot be read: ${what}`, {
    remedy,
    cause,
  });
}

export function isRecordingName(name: string): boolean {
  return name.endsWith('.jsonl') || name.endsWith('.jsonl.zst');
}

/** Whether our own recorder gave it this name: then it is a part of a recording, which its folder is. */
export function isPartName(name: string): boolean {
  return OWN_NAME.test(name);
}

async function filesOf(path: string): Promise<readonly string[]> {
  let isFolder: boolean;
  let names: string[] = [];
  try {
    isFolder = (await stat(path)).isDirectory();
    if (isFolder) names = await readdir(path);
  } catch (cause) {
    throw unreadable(path, messageOf(cause), cause, REMEDIES.system);
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

async function* readFiles(files: readonly string[], warn: (text: string) => void): AsyncGenerator<RecordedLine, void> {
  const decoder = new LineDecoder();
  let lastMs = 0;
  let gap: GapCause | null = null;
  for (const file of files) {
    decoder.beginFile(gap);
    gap = null;
    let number = 0;
    let isFirst = true;
    let damaged = decoder.damaged;
    const isOwn = (): boolean => decoder.format === 'own' || (decoder.format === null && isPartName(basename(file)));
    try {
      for await (const { lines, isUnended } of readLines(file)) {
        for (const line of lines) {
          number++;
          const text = number === 1 && line.startsWith(BYTE_ORDER_MARK) ? line.slice(1) : line;
          if (text.trim() === '') continue;
          if (isUnended && !isWhole(text)) {
            if (isOwn()) throw new FileBroken('truncated', 'its last line breaks off');
            if (number > 1) throw unreadable(`${file}, line ${number},`, 'it breaks off', undefined, REMEDY_CUT);
          }
          for (const { recvMs, ...said } of decodeAt(file, number, () => decoder.decode(text))) {
            // The next file may not begin before this one ended; inside, a clock may have been set right.
            if (recvMs < lastMs - (isFirst ? 0 : CLOCK_STEP_MS_MAX))
              throw unreadable(`${file}, line ${number},`, 'it was received before the line that it follows');
            isFirst = false;
            lastMs = Math.max(lastMs, recvMs);
            yield { recvMs: unixMs(lastMs), ...said, file, line: number };
          }
          if (decoder.damaged > damaged) {
            damaged = decoder.damaged;
            warn(`${file}, line ${number}, holds a frame that was damaged when it was received.`);
          }
        }
      }
    } catch (cause) {
      if (!(cause instanceof FileBroken)) throw cause;
      const isTail = cause.fault === 'truncated' || cause.fault === 'torn';
      if (!isTail || !isOwn())
        throw unreadable(
          number === 0 ? file : `${file}, after line ${number},`,
          cause.message,
          cause,
          number === 0 && REMEDIES[cause.fault] === REMEDY_BROKEN ? REMEDY_NOTHING : REMEDIES[cause.fault],
        );
      gap = 'torn';
      warn(`The recorder of ${file} was interrupted: it was read to its last whole line, ${number}.`);
      continue;
    }
    decodeAt(file, number, () => decoder.endFile());
    if (isFirst && decoder.format !== 'answers') throw unreadable(file, 'it is empty');
  }
  if (lastMs === 0) throw unreadable(files[0]!, 'it holds no line of a stream');
}

function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function decodeAt<T>(file: string, number: number, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (!(cause instanceof LineRefused)) throw cause;
    throw unreadable(`${file}, line ${number},`, messageOf(cause), cause);
  }
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
      throw unreadable(file, messageOf(cause), cause, REMEDIES.system);
    }
    for (const [market, settlement] of decodeSettlements(file, text)) found.set(market, settlement);
  }
  return found;
}

function decodeSettlements(file: string, text: string): Map<Ticker, RecordedSettlement> {
  const broken = (what: string, cause?: unknown): BothsidesError =>
    unreadable(file, what, cause, 'Correct it, or move it elsewhere: its markets then close without a result.');
  let rows: unknown;
  try {
    rows = (JSON.parse(text) as { settlements?: unknown } | null)?.settlements;
  } catch (cause) {
    throw broken(messageOf(cause), cause);
  }
  if (!Array.isArray(rows)) throw broken(`${basename(file)} has no list "settlements"`);
  const found = new Map<Ticker, RecordedSettlement>();
  for (const [index, row] of (rows as (Record<string, unknown> | null)[]).entries()) {
    const { market_ticker: market, result, settlement_ts: settled } = row ?? {};
    if (typeof market !== 'string') throw broken(`settlement ${index + 1} has no market_ticker`);
    // Neither yes nor no (void, scalar, not known yet): the market stays closed without a result.
    if (result !== 'yes' && result !== 'no') continue;
    const settledMs = typeof settled === 'string' ? Date.parse(settled) : Number.NaN;
    found.set(named(market), { result, settledMs: Number.isFinite(settledMs) ? unixMs(settledMs) : null });
  }
  return found;
}
