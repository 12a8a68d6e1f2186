/**
 * An exchange's memory on disk: JSON lines, only ever appended to. The first says what the exchange is, each other one is
 * an entry: `{"at": market ms, "do": "create", "args": […], "sum": …}`. A line is written through to the system before it
 * takes effect, so it outlives `kill -9`; it is not synced to the disk, so a power cut may take the end of the log with it.
 * The sum of a line is a CRC-32 that goes on from the line before: nothing can be altered, lost or repeated unnoticed.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { assert } from '../../domain/assert.ts';
import { BothsidesError, messageOf } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { UnixMs } from '../../domain/units.ts';
import { COMMANDS, checkOrigin, checkSame, type Entry, type Memory, type Origin } from './memory.ts';

export const LOG_VERSION = 1;
/** How a log of ours begins, whatever its version. */
const SIGN = '{"log":"bothsides exchange","version":';
export const SUM = /^(.*),"sum":"([0-9a-f]{8})"\}$/;
const ACTS: ReadonlySet<string> = new Set([...COMMANDS, 'start', 'time']);
const CHUNK_BYTES = 1 << 20;
const NEWLINE = 10;

interface Header extends Origin {
  readonly log: string;
  readonly version: number;
  readonly seed: number;
}

/**
 * Opens a log or makes one; the caller sees to it that no other process has it open. Throws DATA_UNWRITABLE; `recall`
 * throws DATA_VERSION, DATA_MISMATCH (another seed or origin) and DATA_DAMAGED, naming file and line. A last line that
 * was not written to its end is dropped: what it said was never done.
 */
export function openCommandLog(path: string, seed: number): Memory {
  const file = open(path);
  let length = 0;
  let sum = 0;
  let isOpen = true;
  /** Its end is known. */
  let isRead = false;

  function append(body: string): void {
    assert(isRead, `${path} is appended to before it was read`);
    if (!isOpen) throw unwritable(path, 'it is closed');
    const next = crc32(body, sum);
    const line = Buffer.from(`${body.slice(0, -1)},"sum":"${hex(next)}"}\n`);
    try {
      for (let written = 0; written < line.length; ) written += writeSync(file, line, written);
    } catch (cause) {
      // Half a line would spoil the ones after it.
      truncate(length);
      throw unwritable(path, messageOf(cause), cause);
    }
    length += line.length;
    sum = next;
  }

  function truncate(to: number): void {
    try {
      ftruncateSync(file, to);
    } catch (cause) {
      close();
      throw unwritable(path, messageOf(cause), cause);
    }
  }

  function endAt(end: number): void {
    truncate(end);
    length = end;
    isRead = true;
  }

  function close(): void {
    if (isOpen) closeSync(file);
    isOpen = false;
  }

  function* past(lines: Iterator<string, number>): Generator<Entry> {
    let lastMs = Number.NEGATIVE_INFINITY;
    let number = 2;
    for (let line = lines.next(); ; line = lines.next(), number++) {
      if (line.done === true) {
        endAt(line.value);
        return;
      }
      const { at, do: act, args } = parse(verified(line.value, number), number);
      const isEntry = Number.isSafeInteger(at) && at >= lastMs && typeof act === 'string' && ACTS.has(act);
      if (!isEntry || !(args === undefined || Array.isArray(args))) throw damaged(path, number, 'it is no entry');
      lastMs = at;
      yield { atMs: at as UnixMs, act: act as Entry['act'], args: args ?? [] };
    }
  }

  /** What stands in a line, less its sum, which must follow from the lines before. */
  function verified(line: string, number: number): string {
    const [, body, found] = SUM.exec(line) ?? [];
    if (body === undefined) throw damaged(path, number, 'it has no sum');
    const text = `${body}}`;
    const next = crc32(text, sum);
    if (hex(next) !== found) throw damaged(path, number, 'its sum does not fit what it says');
    sum = next;
    return text;
  }

  function parse(text: string, number: number): Record<string, Json> & { at: number; args?: Json[] } {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw damaged(path, number, messageOf(cause), cause);
    }
  }

  function readHeader(line: string): Header {
    if (!line.startsWith(SIGN)) throw damaged(path, 1, 'it is not the beginning of a log of ours');
    const version = Number.parseInt(line.slice(SIGN.length), 10);
    if (version !== LOG_VERSION) throw otherVersion(path, version);
    return parse(verified(line, 1), 1) as unknown as Header;
  }

  return {
    name: path,
    recall(origin) {
      const lines = linesOf(file, path);
      const first = lines.next();
      if (first.done === true) {
        endAt(0);
        append(JSON.stringify({ log: 'bothsides exchange', version: LOG_VERSION, seed, ...origin } satisfies Header));
        return { startMs: origin.startMs, entries: [] };
      }
      const header = readHeader(first.value);
      checkSame('seed', String(header.seed), String(seed), path);
      checkOrigin(header, origin, path);
      return { startMs: header.startMs, entries: past(lines) };
    },
    append({ atMs, act, args }) {
      append(JSON.stringify({ at: atMs, do: act, ...(args.length === 0 ? {} : { args }) }));
    },
    close,
  };
}

function open(path: string): number {
  try {
    return openSync(path, 'a+', 0o600);
  } catch (cause) {
    throw unwritable(path, messageOf(cause), cause);
  }
}

/** The whole lines of a file from its beginning; returns where they end. */
export function* linesOf(file: number, path: string): Generator<string, number> {
  const size = fstatSync(file).size;
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let rest: Buffer = Buffer.alloc(0);
  let position = 0;
  for (let read = 1; position < size && read > 0; position += read) {
    read = readSync(file, chunk, 0, chunk.length, position);
    const bytes = Buffer.concat([rest, chunk.subarray(0, read)]);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      yield bytes.toString('utf8', start, end);
      start = end + 1;
    }
    rest = bytes.subarray(start);
    // Nothing that is not ours is ever cut off.
    if (position === 0 && start === 0 && !isBeginning(rest)) throw damaged(path, 1, 'it is no log of ours');
  }
  return position - rest.length;
}

/** Of a log whose first line was not written to its end. */
function isBeginning(bytes: Buffer): boolean {
  const text = bytes.toString('utf8', 0, SIGN.length);
  return bytes.length < CHUNK_BYTES && SIGN.startsWith(text);
}

export function hex(sum: number): string {
  return sum.toString(16).padStart(8, '0');
}

const UNCHANGED = 'Nothing was changed. Run `npm run doctor` on this data folder: it says what can be done.';

function damaged(path: string, line: number, what: string, cause?: unknown): BothsidesError {
  return new BothsidesError('DATA_DAMAGED', `The exchange's log ${path} is damaged in line ${line}: ${what}.`, {
    remedy: UNCHANGED,
    cause,
  });
}

function otherVersion(path: string, version: number): BothsidesError {
  const text = `The exchange's log ${path} has version ${version}; this program knows ${LOG_VERSION}.`;
  return new BothsidesError('DATA_VERSION', text, {
    remedy:
      'Start the version of the program that wrote it, or choose another folder with --data. Nothing was changed.',
  });
}

function unwritable(path: string, what: string, cause?: unknown): BothsidesError {
  return new BothsidesError('DATA_UNWRITABLE', `The exchange's log ${path} cannot be written: ${what}.`, {
    remedy: 'Check that its folder belongs to you, and that the disk has room and is not read-only.',
    cause,
  });
}
