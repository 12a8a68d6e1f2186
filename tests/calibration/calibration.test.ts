/**
 * The synthetic world beside recordings of the venue, where BOTHSIDES_RECORDINGS names a folder of them: every figure
 * that a recording tells lies within the band of its class. It is what
 * `npm run calibrate` prints, in the same worlds.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alignColumns } from '../../src/cli/output.ts';
import { CLASSES, isWithin } from './classes.ts';
import { type Look, Observer } from './figures.ts';
import { compare, tableOf, verdictOn, WORLDS } from './table.ts';

const root = process.env.BOTHSIDES_RECORDINGS;
const folders = CLASSES.flatMap(({ recordings }) => recordings.map(({ folder }) => folder));
const missing = folders.filter((folder) => root === undefined || !existsSync(join(root, folder)));
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

if (missing.length > 0) {
  const why = root === undefined ? 'BOTHSIDES_RECORDINGS is not set' : `not there: ${missing.join(', ')}`;
  it(`Not everything of the synthetic world was compared with recordings: ${why}`, () =>
    say(`The synthetic world was not compared with all its recordings: ${why}.`));
}

// Over a minute of a core: hours of every class of market are lived through.
const LONG = process.env.BOTHSIDES_LONG === '1';
describe.runIf(LONG && missing.length < folders.length)('The synthetic world beside recordings', () => {
  it('has spreads, depths, rates and moves of their size', { timeout: 600_000 }, async () => {
    const rows = (await compare(WORLDS, root ?? null)).filter(({ recorded }) => recorded !== null);
    say(alignColumns(tableOf(rows)));
    expect(rows.length).toBeGreaterThan(missing.length === 0 ? 65 : 0);
    const outside = rows.filter((row) => verdictOn(row) === 'OUTSIDE');
    expect(outside.map(({ kind, figure }) => `${kind.name}: ${figure}`)).toEqual([]);
  });
});

describe('The figures of a market', () => {
  const look = (second: number, bid: number, ask: number, touch: Look['touch'] = null): Look => ({
    market: 'A',
    atMs: second * 1_000,
    bid,
    ask,
    touch,
    ten: null,
  });

  it('are those of what was seen: quantiles of looks, rates of the time that was looked at', () => {
    const observer = new Observer(1_000);
    for (let second = 0; second < 120; second++) {
      observer.look(look(second, second < 60 ? 40 : 43, second % 4 === 0 ? 46 : 44, [100, 300]));
      observer.updated(3);
      observer.traded(second % 2 === 0 ? 5 : 0);
    }
    observer.touchMoved(10);
    expect(observer.figures()).toEqual({
      spread25: 1,
      spread50: 4,
      spread75: 4,
      spread90: 6,
      touch25: 100,
      touch50: 300,
      touch75: 300,
      updates: 3,
      touchMoves: 5,
      tradedSeconds: 30,
      contracts: 150,
      move50: 1.5,
      move75: 1.5,
      move90: 1.5,
      move99: 1.5,
    });
  });

  it('leave out moments near certainty or without a side, and what was not told', () => {
    const observer = new Observer(1_000);
    for (let second = 0; second < 50; second++) observer.look(look(second, 97, 98));
    for (let second = 0; second < 50; second++) observer.look(look(second, 0, 20));
    for (let second = 0; second < 50; second++) observer.look(look(second, 50, 0));
    expect(observer.figures()).toEqual({});
  });

  it('are judged by their class: by a factor, and never for less than a tick', () => {
    const kind = { name: '', series: /^$/, within: 2, recordings: [] };
    expect(isWithin(kind, 'touch50', 200, 100)).toBe(true);
    expect(isWithin(kind, 'touch50', 201, 100)).toBe(false);
    expect(isWithin(kind, 'touch50', 49, 100)).toBe(false);
    expect(isWithin(kind, 'spread50', 3, 1)).toBe(false);
    expect(isWithin(kind, 'spread50', 2, 1)).toBe(true);
    expect(isWithin({ ...kind, tickCents: 0.1 }, 'spread50', 1, 0.2)).toBe(false);
    expect(isWithin({ ...kind, tickCents: 0.1 }, 'move50', 0.05, 0)).toBe(true);
  });
});
