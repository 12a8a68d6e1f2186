/** The command line from outside: a process, its two streams and its exit code. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bothsides-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function bothsides(args: readonly string[], env: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
  });
}

const WRONG = [
  ['an unknown flag', ['config', '--loud'], "unknown option '--loud'", 'USAGE', 2],
  ['an unknown command', ['trad'], "unknown command 'trad'", 'USAGE', 2],
  ['an unknown mode', ['config', '--mode', 'prod'], 'sim, replay, paper, demo, live', 'USAGE', 2],
  ['a flag without its value', ['config', '--mode'], 'argument missing', 'USAGE', 2],
  ['an argument too many', ['config', 'all'], 'too many arguments', 'USAGE', 2],
  ['a --set without a value', ['config', '--set', 'sim.seed'], 'section.key=value', 'USAGE', 2],
  ['a command that is not built', ['backtest', '--from', 'x'], 'backtest is not built yet', 'NOT_BUILT', 2],
  ['a mode that is not built', ['trade', '--mode', 'paper'], 'paper is not built yet', 'NOT_BUILT', 2],
  ['real money without a confirmation', ['trade', '--mode', 'live'], '--confirm-live', 'LIVE_UNCONFIRMED', 2],
  ['a duration without a unit', ['trade', '--for', '60'], 'like 500ms, 60s', 'USAGE', 2],
  ['a recording that nobody plays', ['exchange', '--recording', 'x'], '--flow replay', 'USAGE', 2],
  ['a key that does not exist', ['config', '--set', 'sim.sed=1'], 'sim.seed', 'CONFIG_KEY', 3],
  ['a file that does not exist', ['config', '--config', 'none.yaml'], 'none.yaml', 'CONFIG_FILE', 3],
] as const;
/** A process each takes its time: the short form starts some, of each kind. */
const SOME = ['USAGE', 'NOT_BUILT', 'LIVE_UNCONFIRMED', 'CONFIG_KEY'].map(
  (code) => WRONG.find((row) => row[3] === code)!,
);

describe('A command line that is wrong', () => {
  it.each(process.env.BOTHSIDES_LONG === '1' ? WRONG : SOME)(
    'is answered in one sentence on stderr: %s',
    (_, args, says, code, status) => {
      const result = bothsides(args);
      expect(result.stdout).toBe('');
      expect(result.stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(result.stderr).toMatch(/^bothsides: ([A-Z]|--)/);
      expect(result.stderr.toLowerCase()).toContain(says.toLowerCase());
      expect(result.stderr).toContain(`[${code}]`);
      expect(result.status).toBe(status);
    },
  );
});

describe('The config command', () => {
  it('tells programs each value and where it came from', () => {
    const result = bothsides(['config', '--mode', 'demo', '--set', 'sim.seed=7', '--json']);
    expect(result.status).toBe(0);
    expect(result.stderr).toBe('');
    const { mode, values } = JSON.parse(result.stdout) as { mode: string; values: Record<string, unknown>[] };
    expect(mode).toBe('demo');
    expect(values).toContainEqual({ key: 'sim.seed', value: 7, source: '--set', line: null });
    const gamma = values.find(({ key }) => key === 'quoting.gammaPerCent');
    expect(gamma).toMatchObject({ source: 'config/default.yaml', line: expect.any(Number) });
  });

  it('tells people the same, in columns', () => {
    const lines = bothsides(['config', '--set', 'sim.seed=7']).stdout.split('\n');
    const column = lines[0]!.indexOf('from');
    const seed = lines.find((line) => line.startsWith('sim.seed'))!;
    expect(seed.slice(column)).toBe('--set');
    const pace = lines.find((line) => line.startsWith('quoting.paceMs'))!;
    expect(pace).toMatch(/ 250 .* milliseconds .*config\/default\.yaml:\d+$/);
  });

  it('warns on stderr of what aggressive relaxes', () => {
    const result = bothsides(['config', '--config', 'aggressive']);
    expect(result.stderr).toContain('relaxes');
    expect(result.stdout).not.toContain('relaxes');
  });

  it('reads .env of the working folder beneath the environment', () => {
    writeFileSync(join(folder, '.env'), 'KALSHI_BASE_URL=http://127.0.0.1:1111/trade-api/v2\n');
    const line = (env: NodeJS.ProcessEnv) =>
      bothsides(['config', '--mode', 'demo'], env)
        .stdout.split('\n')
        .find((text) => text.startsWith('exchange.demoRestUrl'));
    expect(line({})).toContain('127.0.0.1:1111');
    expect(line({ KALSHI_BASE_URL: 'http://127.0.0.1:2222/trade-api/v2' })).toContain('127.0.0.1:2222');
  });

  it('shows live without a confirmation, since it trades nothing', () => {
    expect(bothsides(['config', '--mode', 'live']).status).toBe(0);
  });
});

describe('Help', () => {
  it('is a result, and its absence of a command a mistake', () => {
    const asked = bothsides(['--help']);
    expect(asked.status).toBe(0);
    for (const command of ['trade', 'exchange', 'config']) expect(asked.stdout).toContain(`  ${command} `);
    const nothing = bothsides([]);
    expect(nothing.status).toBe(2);
    expect(nothing.stdout).toBe('');
    expect(nothing.stderr).toContain('Usage:');
  });
});
