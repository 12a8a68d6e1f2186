/**
 * Whole recordings, where BOTHSIDES_RECORDINGS names a folder of them: the crowd's touch against the recording's own ticker,
 * and what is missing in them. One of each kind; all of them with BOTHSIDES_LONG=1.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { playRecording, type TouchCount, touchCounter } from '../../support/play-recording.ts';

const root = process.env.BOTHSIDES_RECORDINGS;
const isLong = process.env.BOTHSIDES_LONG === '1';
const folder = root === undefined ? '' : join(root, 'bitcoin-15min-stream');
const isThere = root !== undefined && existsSync(folder);
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

interface Row {
  readonly file: string;
  readonly deltas: number;
  readonly seq_gaps: number;
  readonly deltas_without_book: number;
  readonly ticker_touch_match: readonly [number, number];
}
const rows = (kind: string): readonly Row[] =>
  (JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Row[]).filter(({ file }) => file.startsWith(kind));

if (!isThere) {
  const why = root === undefined ? 'BOTHSIDES_RECORDINGS is not set' : `${folder} is not there`;
  it(`Recordings were not replayed: ${why}`, () => say(`Recordings were not replayed: ${why}.`));
}
const share = ({ near, looks }: TouchCount) => near / looks;

describe.runIf(isThere)('A whole recording', () => {
  it('is replayed with its touch within 2¢ of its ticker', { timeout: 600_000 }, async () => {
    const wanted = rows('clean/').filter(({ file }) => isLong || file.includes('20260513T1712Z'));
    const total: TouchCount = { looks: 0, near: 0 };
    for (const row of wanted) {
      const { count, look } = touchCounter();
      const { stats, engine } = await playRecording(join(folder, row.file), { onPlayed: look });
      const [matches, of] = row.ticker_touch_match;
      say(
        `${row.file}: touch within 2¢ in ${count.near} of ${count.looks} = ${(100 * share(count)).toFixed(2)} % ` +
          `(index: ${matches} of ${of})`,
      );
      expect(stats).toMatchObject({ deltas: row.deltas, gaps: 0, deltasWithoutBook: 0, impossible: 0 });
      expect(share(count)).toBeGreaterThanOrEqual(0.98);
      // The exchange closes by its own clock, so a few tickers find its book empty already.
      expect(of - count.looks).toBeLessThanOrEqual(10);
      expect(count.looks - count.near).toBeLessThanOrEqual(of - matches + 1);
      expect(engine.market(stats.markets[0]!)).toMatchObject({ status: 'finalized' });
      expect(engine.tradingActive).toBe(false);
      total.looks += count.looks;
      total.near += count.near;
    }
    say(`all ${wanted.length}: ${total.near} of ${total.looks} = ${(100 * share(total)).toFixed(2)} %`);
    expect(share(total)).toBeGreaterThanOrEqual(0.99);
  });

  it('loses its book where it has a gap, until its next snapshot', { timeout: 600_000 }, async () => {
    const wanted = rows('with-gaps/').filter(({ file }) => isLong || file.includes('20260511T1217Z'));
    for (const row of wanted) {
      const facts: string[] = [];
      const { stats } = await playRecording(join(folder, row.file), {
        onEngine: (engine) =>
          engine.events.subscribe(({ type }) => {
            if (type === 'bookLost' || type === 'bookReplaced') facts.push(type);
          }),
      });
      say(`${row.file}: ${stats.gaps} gap, ${stats.deltasWithoutBook} of ${stats.deltas} deltas without a book`);
      expect(stats).toMatchObject({ deltas: row.deltas, gaps: row.seq_gaps, impossible: 0 });
      // The change in which a gap shows is the first that nothing is known of; the index still counts it.
      expect(Math.abs(stats.deltasWithoutBook - row.deltas_without_book)).toBeLessThanOrEqual(1);
      expect(facts.filter((fact) => fact === 'bookLost').length).toBeGreaterThanOrEqual(1);
    }
  });

  it('of another recorder, without receive times, is replayed without an error', { timeout: 60_000 }, async () => {
    const path = join(root!, 'five-markets-stream', 'session.jsonl');
    const { stats, engine } = await playRecording(path);
    expect(stats).toMatchObject({ snapshots: 5, deltas: 2_885, gaps: 0, impossible: 0, deltasWithoutBook: 0 });
    expect(stats.markets).toHaveLength(5);
    for (const market of stats.markets) expect(engine.book(market).bids.length).toBeGreaterThan(0);
  });

  it.runIf(isLong)('follows another in a folder', { timeout: 900_000 }, async () => {
    const { stats } = await playRecording(join(folder, 'clean'));
    expect(readdirSync(join(folder, 'clean'))).toHaveLength(19);
    expect(stats).toMatchObject({ gaps: 0, impossible: 0, deltasWithoutBook: 0 });
    expect(stats.deltas).toBe(rows('clean/').reduce((sum, { deltas }) => sum + deltas, 0));
    expect(stats.marketsWithoutResult).toEqual([]);
  });
});
