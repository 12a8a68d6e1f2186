/** A process that is killed, and the next one on its data folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
let folder: string;
let data: string;
const children = new Set<ChildProcess>();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bothsides-restart-'));
  data = join(folder, 'data');
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  rmSync(folder, { recursive: true, force: true });
});

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  return { child, exited: once(child, 'exit'), said: text(child.stderr) };
}

function countInLog(what: string): number {
  try {
    return readFileSync(join(data, 'exchange.log'), 'utf8').split(`"do":"${what}"`).length - 1;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function trade(forMarket: string): Promise<Record<string, unknown>> {
  const run = start(['trade', '--for', forMarket, '--speed', '10', '--json', '--data', data, '--console', 'off']);
  const lines = (await text(run.child.stdout)).trimEnd().split('\n');
  expect(await run.exited, await run.said).toEqual([0, null]);
  return JSON.parse(lines.at(-1)!);
}

describe('Making markets again after kill -9', () => {
  it('finds account, orders and market time as they were, twice over', async () => {
    const killed = start(['trade', '--speed', '10', '--json', '--data', data, '--console', 'off']);
    await until(() => countInLog('create') >= 6);
    // Not in the middle of a request: what became of one is known only a minute later, and a stop waits for it.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    killed.child.kill('SIGKILL');
    expect(await killed.exited).toEqual([null, 'SIGKILL']);
    const created = countInLog('create');

    const second = await trade('5s');
    expect(second).toMatchObject({ exit: 0, restored: true });
    expect(second).toMatchObject({ money: { difference: '0.000000' }, orders: { unknown: 0, leftResting: 0 } });
    expect(countInLog('create')).toBeGreaterThanOrEqual(created);
    expect(countInLog('start')).toBe(1);

    const third = await trade('1s');
    expect(third).toMatchObject({ exit: 0, restored: true, money: { difference: '0.000000' } });
  }, 60_000);
});

describe('The exchange again after kill -9', () => {
  async function open(args: readonly string[] = []): Promise<{ child: ChildProcess; marketMs: () => Promise<number> }> {
    const { child } = start(['exchange', '--json', '--speed', '100', '--data', data, ...args]);
    const [line] = await once(createInterface({ input: child.stdout! }), 'line');
    const { restUrl } = JSON.parse(line);
    const clock = async () => (await fetch(`${restUrl}/_clock`)).json() as Promise<{ marketTimeMs: number }>;
    return { child, marketMs: async () => (await clock()).marketTimeMs };
  }

  it('goes on in its market time, and is held by one process', async () => {
    const first = await open();
    const beganMs = await first.marketMs();
    await until(() => countInLog('time') >= 2);
    const knownMs = await first.marketMs();
    const other = start(['exchange', '--data', data]);
    expect(await other.exited).toEqual([5, null]);
    expect(await other.said).toContain('[DATA_IN_USE]');
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');

    const again = await open();
    const nowMs = await again.marketMs();
    // At most a second of wall time is forgotten; it did not begin again, where the wall stands.
    expect(nowMs).toBeGreaterThanOrEqual(knownMs - 110_000);
    expect(nowMs - beganMs).toBeGreaterThan(100_000);
    again.child.kill('SIGTERM');
    expect(await once(again.child, 'exit')).toEqual([0, null]);
  });
});
