/** An exchange's log looked at from outside, without living through it and without changing it. */
import { closeSync, copyFileSync, openSync, renameSync, truncateSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { BothsidesError } from '../../domain/errors.ts';
import { hex, linesOf, SUM } from './command-log.ts';

export interface CommandLogFindings {
  /** Whole lines from the first on that follow from each other; the first is the header. */
  readonly lines: number;
  /** Bytes up to where they end. */
  readonly wholeBytes: number;
  /** Market time of the last of them; null when there is none but the header. */
  readonly lastMs: number | null;
  /** The first line that is not as it was written; null when all are. A last line without an end is none: nobody was told of it. */
  readonly damage: { readonly line: number; readonly what: string; readonly isAtEnd: boolean } | null;
}

/** Reads a log to its end. Throws DATA_DAMAGED for a file that is no log of ours, and what the system says. */
export function checkCommandLog(path: string): CommandLogFindings {
  const file = openSync(path, 'r');
  try {
    let sum = 0;
    let whole = 0;
    let wholeBytes = 0;
    let lastMs: number | null = null;
    let damaged: { line: number; what: string } | null = null;
    let number = 0;
    for (const line of linesOf(file, path)) {
      number++;
      const [, body, found] = SUM.exec(line) ?? [];
      if (damaged !== null) {
        // A whole line behind a damaged one is part of a history that cannot be taken back to where the damage is.
        if (body !== undefined) return { lines: whole, wholeBytes, lastMs, damage: { ...damaged, isAtEnd: false } };
        continue;
      }
      const text = `${body}}`;
      const next = crc32(text, sum);
      if (body === undefined) damaged = { line: number, what: 'it has no sum' };
      else if (hex(next) !== found) damaged = { line: number, what: 'its sum does not fit what it says' };
      else {
        sum = next;
        whole = number;
        wholeBytes += Buffer.byteLength(line) + 1;
        const { at } = JSON.parse(text) as { at?: number };
        lastMs = at ?? lastMs;
      }
    }
    return { lines: whole, wholeBytes, lastMs, damage: damaged === null ? null : { ...damaged, isAtEnd: true } };
  } finally {
    closeSync(file);
  }
}

/** Cuts a damaged end off a log. The whole of it goes on standing under `aside`; at no moment is there none. */
export function cutCommandLog(path: string, aside: string, wholeBytes: number): void {
  const draft = `${path}.mending`;
  try {
    copyFileSync(path, draft);
    truncateSync(draft, wholeBytes);
    copyFileSync(path, aside);
    renameSync(draft, path);
  } catch (cause) {
    const text = `The exchange's log ${path} cannot be mended: ${(cause as Error).message}.`;
    throw new BothsidesError('DATA_UNWRITABLE', text, { remedy: 'Check that the disk has room.', cause });
  }
}
