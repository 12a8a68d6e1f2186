/**
 * LevelDB's log format (its write-ahead log and its MANIFEST), read and never written: blocks of 32 KiB with records of
 * `checksum (4) · length (2) · type (1) · bytes`. LevelDB itself, when it meets a record of its log that is not what was
 * written, drops it with everything up to the next block, says nothing, and removes the log; so the log is looked at
 * before LevelDB is let near it.
 */
import { crc32c, unmask } from './crc32c.ts';

const BLOCK = 32_768;
const HEADER = 7;
const FULL = 1;
const FIRST = 2;
const LAST = 4;
/** Text has no zeros; a place that the disk never got has nothing else. */
const UNWRITTEN_ZEROS = 16;

export interface LogReading {
  /** Whole records. */
  readonly records: number;
  /**
   * Byte at which something was altered; null when all is as it was written. An end that was being written when the
   * power went is no alteration: nobody was told that it is safe.
   */
  readonly alteredAt: number | null;
}

/** Reads a log to its end, giving each whole record to `take`. */
export function readLog(bytes: Buffer, take: (record: Buffer) => void = () => {}): LogReading {
  let records = 0;
  let parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (BLOCK - (at % BLOCK) < HEADER) {
      at += BLOCK - (at % BLOCK);
      continue;
    }
    const end = recordEnd(bytes, at);
    if (end === null) return { records, alteredAt: isTornAt(bytes, at) ? null : at };
    const type = bytes[at + 6]!;
    if (type === FULL || type === FIRST) parts = [];
    parts.push(bytes.subarray(at + HEADER, end));
    if (type === FULL || type === LAST) {
      records++;
      take(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
    }
    at = end;
  }
  return { records, alteredAt: null };
}

/** Where the record that begins here ends; null when none does, or another than was written. */
function recordEnd(bytes: Buffer, at: number): number | null {
  if (at + HEADER > bytes.length) return null;
  const type = bytes[at + 6]!;
  const end = at + HEADER + bytes.readUInt16LE(at + 4);
  const blockEnd = at - (at % BLOCK) + BLOCK;
  if (type < FULL || type > LAST || end > bytes.length || end > blockEnd) return null;
  return isWhole(bytes, at, end) ? end : null;
}

function isWhole(bytes: Buffer, at: number, end: number): boolean {
  return crc32c(bytes, at + 6, end) === unmask(bytes.readUInt32LE(at));
}

/**
 * Whether what is wrong here is the last write, broken off: it ends too early or has holes that the disk never filled, and
 * no later record was begun. (One write is on its way at a time.)
 */
function isTornAt(bytes: Buffer, at: number): boolean {
  if (beginsLater(bytes, at)) return false;
  if (at + HEADER > bytes.length) return true;
  if (at + HEADER + bytes.readUInt16LE(at + 4) > bytes.length) {
    // It would be whole if it said that it is as long as what is there: then that is what was altered.
    return !isWhole(bytes, at, bytes.length);
  }
  return bytes.indexOf(Buffer.alloc(UNWRITTEN_ZEROS), at) >= 0;
}

/** Whether a whole record begins after this place: within its block anywhere, since a length may be what was altered. */
function beginsLater(bytes: Buffer, from: number): boolean {
  for (let at = from + 1; at + HEADER <= bytes.length; at++) {
    const type = bytes[at + 6]!;
    if ((type === FULL || type === FIRST) && recordEnd(bytes, at) !== null) return true;
  }
  return false;
}
