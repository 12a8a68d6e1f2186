/** `record` as a process of its own, on an exchange in another one. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRecording } from '../../src/exchange/embedded/flow/recording.ts';
import { FEW, FEW_LISTED, type Running, Stage, until } from '../support/processes.ts';

const stage = new Stage();
afterAll(() => stage.clear());

interface Where {
  readonly restUrl: string;
  readonly accounts: readonly { readonly keyId: string; readonly privateKeyPath: string }[];
}
let at: Where;
beforeAll(async () => {
  const exchange = stage.start(['exchange', '--json', '--speed', '20', ...FEW_LISTED, '--data', stage.folder()]);
  at = (await exchange.first) as unknown as Where;
});

function record(args: readonly string[]): Running {
  const [account] = at.accounts;
  return stage.start(['record', '--json', '--exchange-rest', at.restUrl, ...args], {
    env: { KALSHI_ACCESS_KEY: account!.keyId, KALSHI_PRIVATE_KEY: account!.privateKeyPath },
  });
}
async function typesIn(folder: string): Promise<Map<string, number>> {
  const types = new Map<string, number>();
  for await (const { entry } of readRecording(folder)) types.set(entry.type, (types.get(entry.type) ?? 0) + 1);
  return types;
}

describe.concurrent('npm run record', { timeout: 60_000 }, () => {
  it('writes down the busiest markets for as long as it was told, and says what it wrote', async () => {
    const out = join(stage.folder(), 'a/new/one');
    const { code, json, stderr } = await record(['--top', '5', '--for', '60s', '--out', out]).ended;
    expect(code, stderr).toBe(0);
    expect(json[0]).toMatchObject({ folder: out, markets: 5 });
    expect(json[1]).toMatchObject({ folder: out, gaps: 0, dropped: 0, failure: null, exit: 0 });
    const { files, bytes, lines, frames, markets } = json[1] as unknown as {
      files: string[];
      bytes: number;
      lines: number;
      frames: number;
      markets: string[];
    };
    expect(files).toHaveLength(1);
    expect((await stat(files[0]!)).size).toBe(bytes);
    expect(markets).toHaveLength(5);
    const types = await typesIn(out);
    expect(types.get('listing')).toBe(5);
    expect(types.get('snapshot')).toBeGreaterThanOrEqual(5);
    expect([...types.values()].reduce((sum, count) => sum + count)).toBe(lines + 1);
    expect(frames).toBeGreaterThan(20);
  });

  it('ends whole on Ctrl-C, and nothing is lost that was heard a second before a kill', async () => {
    const [stopped, killed] = [stage.folder(), stage.folder()];
    const one = record(['--out', stopped]);
    const two = record(['--out', killed]);
    const sizeOf = async (folder: string): Promise<number> => {
      const [name] = await readdir(folder);
      return name === undefined ? 0 : (await stat(join(folder, name))).size;
    };
    await Promise.all([one.first, two.first]);
    for (const folder of [stopped, killed])
      await until('something is written twice', async () => ((await sizeOf(folder)) > 5_000 ? true : null));
    one.kill('SIGINT');
    two.kill('SIGKILL');
    const { code, json } = await one.ended;
    expect(code).toBe(0);
    expect(json[1]).toMatchObject({ exit: 0, failure: null });
    await two.ended;
    for (const folder of [stopped, killed]) expect((await typesIn(folder)).get('delta')).toBeGreaterThan(50);
  });

  it.runIf(process.env.BOTHSIDES_LONG === '1')('refuses what it cannot do, in one sentence', async () => {
    const [file] = await readdir(join(import.meta.dirname));
    const rows: [readonly string[], number, string][] = [
      [['--markets', 'KXNONE-1', '--out', stage.folder()], 2, 'The exchange lists no market KXNONE-1.'],
      [['--markets', 'A', '--series', 'B'], 2, '--markets, --series and --top choose in different ways.'],
      [['--out', join(import.meta.dirname, file!)], 5, 'Nothing can be recorded in'],
    ];
    await Promise.all(
      rows.map(async ([args, exit, says]) => {
        const { code, stderr } = await record(args).ended;
        expect(stderr).toContain(says);
        expect(code, stderr).toBe(exit);
      }),
    );
    const keyless = await stage.run(['record', '--exchange-rest', at.restUrl]);
    expect([keyless.code, keyless.stderr]).toEqual([4, expect.stringContaining('[CREDENTIALS_MISSING]')]);
  });
});

// The recorder itself is tested in its room, and `npm run record` above: this adds a whole run of a trader.
describe.runIf(process.env.BOTHSIDES_LONG === '1')('npm start --record', { timeout: 60_000 }, () => {
  it('writes down a run while it trades, beside what it remembers', async () => {
    const data = stage.folder();
    const sim = join(import.meta.dirname, '../../config/sim.yaml');
    const args = [
      'trade',
      ...FEW,
      '--config',
      sim,
      '--set',
      'sim.speed=20',
      '--for',
      '40s',
      '--data',
      data,
      '--console',
      'off',
    ];
    const { code, stderr } = await stage.run([...args, '--record']);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/Recorded [\d,]+ lines \([\d,]+ frames\) in 1 file, .* no gaps: /);
    const types = await typesIn(join(data, 'recordings'));
    expect(types.get('listing')).toBeGreaterThan(3);
    expect(types.get('delta')).toBeGreaterThan(50);
  });
});
