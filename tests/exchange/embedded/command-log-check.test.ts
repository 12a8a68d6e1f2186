/** The embedded exchange's log looked at from outside, and a damaged end cut off it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unixMs } from '../../../src/domain/units.ts';
import { openCommandLog } from '../../../src/exchange/embedded/command-log.ts';
import { checkCommandLog, cutCommandLog } from '../../../src/exchange/embedded/command-log-check.ts';
import type { Origin } from '../../../src/exchange/embedded/memory.ts';

const ORIGIN = { startMs: unixMs(1_000), flow: 'synthetic', world: 1, markets: 1, openingCash: 5, draw: 7 } as Origin;
const ENTRIES = 20;

let root: string;
let whole: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'bothsides-log-'));
  const path = join(root, 'model');
  const log = openCommandLog(path, 1);
  log.recall(ORIGIN);
  for (let at = 1; at <= ENTRIES; at++) log.append({ atMs: unixMs(1_000 + at), act: 'create', args: [`user ${at}`] });
  log.close();
  whole = readFileSync(path, 'utf8');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function logOf(text: string): string {
  const path = join(root, 'log');
  writeFileSync(path, text);
  return path;
}

/** A letter of this line (1 is the header) changed. */
function altered(line: number): string {
  const lines = whole.split('\n');
  lines[line - 1] = lines[line - 1]!.replace('user', 'loser').replace('synthetic', 'synthesis');
  return lines.join('\n');
}

describe('An exchange’s log', () => {
  it('as it was written is whole, and is not changed by looking', () => {
    const path = logOf(whole);
    expect(checkCommandLog(path)).toEqual({
      lines: ENTRIES + 1,
      wholeBytes: Buffer.byteLength(whole),
      lastMs: 1_000 + ENTRIES,
      damage: null,
    });
    expect(readFileSync(path, 'utf8')).toBe(whole);
  });

  it('whose last line has no end is whole: nobody was told of it', () => {
    const torn = whole.slice(0, -10);
    expect(checkCommandLog(logOf(torn))).toMatchObject({ lines: ENTRIES, lastMs: 999 + ENTRIES, damage: null });
  });

  it('with a damaged end is told from one that is damaged before its end', () => {
    expect(checkCommandLog(logOf(altered(ENTRIES + 1)))).toMatchObject({
      lines: ENTRIES,
      damage: { line: ENTRIES + 1, what: 'its sum does not fit what it says', isAtEnd: true },
    });
    expect(checkCommandLog(logOf(altered(5)))).toMatchObject({ lines: 4, damage: { line: 5, isAtEnd: false } });
    expect(checkCommandLog(logOf(`${whole}scribble\n`))).toMatchObject({
      lines: ENTRIES + 1,
      damage: { line: ENTRIES + 2, what: 'it has no sum', isAtEnd: true },
    });
  });

  it('is mended at its end: the exchange lives through what is left, and the log as it was stands beside it', () => {
    const spoiled = altered(ENTRIES + 1);
    const path = logOf(spoiled);
    const aside = join(root, 'log.damaged.1');
    cutCommandLog(path, aside, checkCommandLog(path).wholeBytes);
    expect(readFileSync(aside, 'utf8')).toBe(spoiled);
    const log = openCommandLog(path, 1);
    expect([...log.recall(ORIGIN).entries]).toHaveLength(ENTRIES - 1);
    log.append({ atMs: unixMs(2_000), act: 'create', args: [] });
    log.close();
    expect(checkCommandLog(path).damage).toBeNull();
  });

  it('that is none of ours has nothing that could be kept', () => {
    expect(checkCommandLog(logOf('My diary.\nMonday.\n'))).toMatchObject({ lines: 0, damage: { line: 1 } });
  });
});
