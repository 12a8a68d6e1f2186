/** `npm run replay` from outside: the table, the same for programs, and how it ends. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Stage } from '../support/processes.ts';
import { Tape } from '../support/tape.ts';

const stage = new Stage();
afterAll(() => stage.clear());

/** Both sides are joined, nothing trades. */
const quiet = (): Tape =>
  new Tape()
    .watch(0)
    .snapshot(100, [[48, 100]], [[52, 100]])
    .delta(30_000, 'bid', 30, 1);

describe.concurrent('The replay command', { timeout: 60_000 }, () => {
  it('shows one line a recording and one for all of them, and ends as the worst of them did', async () => {
    const folder = stage.folder();
    mkdirSync(join(folder, 'deeper'));
    await quiet().write(join(folder, 'b.jsonl'));
    await quiet().write(join(folder, 'deeper', 'a.jsonl.zst'));
    const bad = await new Tape().take(['no recording']).write(join(stage.folder(), 'bad.jsonl'));
    const csv = join(folder, 'table.csv');
    const { code, stdout, stderr } = await stage.run(['replay', '--recording', folder, bad, '--csv', csv]);
    expect(code, stderr).toBe(2);
    expect(stdout.split('\n').map((line) => [line.split(/ {2,}/)[0], line.split(/ +/).at(-1)])).toEqual([
      ['recording', 'exit'],
      [expect.stringMatching(/^-+$/), '----'],
      ['b', '0'],
      ['a', '0'],
      ['bad', '2'],
      [expect.stringMatching(/^-+$/), '----'],
      ['3 runs', '2'],
    ]);
    // Progress, what went wrong and what the headings mean are said beside the result.
    expect(stderr).toContain('3/3');
    expect(stderr).toContain('bad.jsonl, line 1');
    expect(stderr).toMatch(/^2-sided {2,}share of the time/m);
    expect(readFileSync(csv, 'utf8').split('\r\n')[0]).toMatch(/^recording,durationMs,.*,exit$/);
  });

  it.runIf(process.env.BOTHSIDES_LONG === '1')('tells programs the same, with the hash of each journal', async () => {
    const recording = await quiet().write(join(stage.folder(), 'b.jsonl'));
    const args = [
      '--recording',
      recording,
      '--json',
      '--latency',
      '20',
      '--queue-model',
      'power',
      '--set',
      'sim.seed=3',
    ];
    const { code, json, stderr } = await stage.run(['replay', ...args]);
    expect(code, stderr).toBe(0);
    expect(json).toHaveLength(1);
    const { runs, total } = json[0] as { runs: Record<string, unknown>[]; total: Record<string, unknown> };
    expect(runs).toHaveLength(1);
    expect(runs[0]).toMatchObject({ recording: 'b', orders: 2, fills: 0, differenceDollars: '0.000000', exit: 0 });
    expect(runs[0]!.journalHash).toMatch(/^[\w-]{43}$/);
    expect(total).toMatchObject({ recording: '1 run', orders: 2, makerShare: null });
  });

  it.runIf(process.env.BOTHSIDES_LONG === '1')('says in one sentence what it cannot do', async () => {
    const [nothing, slow, empty] = await Promise.all([
      stage.run(['replay']),
      stage.run(['replay', '--recording', 'x.jsonl', '--latency', 'slow', '--queue-model', 'power']),
      stage.run(['replay', '--recording', stage.folder()]),
    ]);
    expect(nothing).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--recording') });
    expect(slow).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('milliseconds from 0') });
    expect(empty).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('[RECORDING_UNREADABLE]') });
  });
});
