/** `npm start` from outside: what it says first and last, what its console shows, how it stops. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DEFAULTS } from '../support/default-settings.ts';
import { type Ended, FEW, type Running, readState, Stage, until, untilQuoting } from '../support/processes.ts';
import { Tape } from '../support/tape.ts';

const stage = new Stage();
afterAll(() => stage.clear());
const TIMEOUT = 90_000;
const LONG = process.env.BOTHSIDES_LONG === '1';
const DEFAULT_PORT = DEFAULTS.console.port;

/** A key and its own keys, all the way down; maps by reason and null are leaves. */
const SUMMARY_KEYS = {
  '': 'mode seed ranForMs exit restored timeScaled feed scanner sessions orders fills money openAtEnd requests latency',
  feed: 'messages deltas gaps resyncs',
  scanner: 'seen accepted rejected',
  sessions: 'opened resumed closed reasons',
  orders: 'created canceled amended denied rejected unknown leftResting',
  fills: 'count contracts makerShare',
  money: 'openingCash cash explainedCash difference realizedPnl unrealizedPnl fees equity',
  requests: 'total status429',
  latency: 'inControlMs firstQuoteMs tickToOrderUsP50 tickToOrderUsP99',
} as const;

describe.concurrent('A run against the exchange that comes along', { timeout: TIMEOUT }, () => {
  it('ends by itself, clean, and says what it came to', async () => {
    const data = join(stage.folder(), 'data');
    const trader = stage.start([
      'trade',
      ...FEW,
      '--for',
      '25s',
      '--speed',
      '5',
      '--json',
      '--data',
      data,
      '--console',
      '0',
    ]);
    const { consoleUrl, dataDir, pid, ...rest } = await trader.first;
    expect(rest).toEqual({});
    expect([dataDir, pid]).toEqual([data, trader.pid]);
    expect(consoleUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);

    const { code, json, stdout, stderr } = await trader.ended;
    expect(code, stderr).toBe(0);
    expect(stdout.split('\n')).toHaveLength(2);
    const summary = json[1] as Record<string, Record<string, never>>;
    for (const [key, names] of Object.entries(SUMMARY_KEYS))
      expect(Object.keys(key === '' ? summary : summary[key]!)).toEqual(names.split(' '));
    expect(summary).toMatchObject({
      mode: 'sim',
      exit: 0,
      restored: false,
      timeScaled: true,
      orders: { unknown: 0, leftResting: 0 },
      money: { openingCash: '4000.000000', difference: '0.000000' },
      requests: { status429: 0 },
    });
    const { orders, sessions, money, latency } = summary;
    expect(orders!.created).toBeGreaterThan(0);
    expect(sessions!.opened! + sessions!.resumed!).toBe(sessions!.closed);
    expect(Number(summary.ranForMs)).toBeLessThan(25_000 + 45_000);
    const dollars = (name: string) => Math.round(Number(money![name]) * 1e6);
    expect(dollars('equity')).toBe(
      dollars('openingCash') + dollars('realizedPnl') + dollars('unrealizedPnl') - dollars('fees'),
    );
    expect(latency!.firstQuoteMs).toBeGreaterThan(latency!.inControlMs!);
    expect(existsSync(join(data, 'run.json'))).toBe(false);

    // The folder remembers whose it is.
    const otherSeed = await stage.run(['trade', '--data', data, '--seed', '2', '--console', 'off']);
    const recording = await new Tape().watch(0).write(join(stage.folder(), 'tape.jsonl'));
    const replay = ['--mode', 'replay', '--recording', recording];
    const otherMode = await stage.run(['trade', '--data', data, ...replay, '--console', 'off']);
    expect(otherSeed).toMatchObject({ code: 5, stdout: '' });
    expect(otherSeed.stderr).toContain('belongs to seed 1, not 2');
    expect(otherMode).toMatchObject({ code: 5, stdout: '' });
    expect(otherMode.stderr).toContain('belongs to mode sim, not replay');
  });

  it('shows its state to this machine alone, and stops quoting at a HALT file until told to end', async () => {
    const taken = createServer().on('error', () => undefined);
    taken.listen(DEFAULT_PORT, '127.0.0.1');
    const data = stage.folder();
    const trader = stage.start(['trade', ...FEW, '--json', '--data', data, '--speed', '2']);
    const { consoleUrl, pid } = await trader.first;
    // The default port was taken, so the next free one is.
    const port = new URL(String(consoleUrl)).port;
    expect(Number(port)).toBeGreaterThan(DEFAULT_PORT);

    const state = await untilQuoting(consoleUrl);
    expect(state).toMatchObject({ mode: 'sim', clock: { speed: 2 }, risk: { mode: 'active', permission: 'open' } });
    expect(state.equity).toMatch(/^\d+\.\d{6}$/);
    expect(Object.keys(state.reasons)).toHaveLength(12);
    expect(Object.values(state.reasons)).toContain('quoted');
    for (const actor of state.actors)
      expect(Object.keys(actor)).toEqual(['id', 'machine', 'parent', 'state', 'sinceMs']);
    expect(state.actors).toContainEqual(expect.objectContaining({ id: 'trader', parent: null, state: 'trading' }));
    expect(await ask(`${consoleUrl}/healthz`)).toEqual([200, '{"ok":true}']);
    expect((await ask(`${consoleUrl}/api/state`, { host: 'example.com' }))[0]).toBe(403);
    expect((await ask(`${consoleUrl}/api/state`, { origin: 'http://example.com' }))[0]).toBe(403);

    const runFile = join(data, 'run.json');
    expect(statSync(runFile).mode & 0o777).toBe(0o600);
    const run = JSON.parse(readFileSync(runFile, 'utf8'));
    expect(run).toMatchObject({ pid, consoleUrl, restUrl: expect.stringMatching(/\/trade-api\/v2$/) });
    expect(Object.keys(run).sort()).toEqual([
      'consoleUrl',
      'keyId',
      'mode',
      'pid',
      'privateKeyPath',
      'restUrl',
      'token',
      'wsUrl',
    ]);
    const key = readFileSync(run.privateKeyPath, 'utf8').split('\n')[1]!;
    expect(run.token).toMatch(/^[\w-]{20,}$/);
    expect(readFileSync(runFile, 'utf8')).not.toContain(key);

    // Others who want the same.
    const [sameData, samePort] = await Promise.all([
      stage.run(['trade', '--data', data, '--json', '--console', '0']),
      stage.run(['trade', '--data', stage.folder(), '--json', '--console', port]),
    ]);
    expect(sameData).toMatchObject({ code: 5, stdout: '' });
    expect(sameData!.stderr).toContain(`in use by process ${pid}`);
    expect(samePort).toMatchObject({ code: 3, stdout: '' });
    expect(samePort!.stderr).toContain('[PORT_IN_USE]');

    writeFileSync(join(data, 'HALT'), '');
    await until('nothing rests', async () => ((await readState(consoleUrl)).orders.length === 0 ? true : null), 6_000);
    const halted = await readState(consoleUrl);
    expect(halted.risk.mode).toBe('halted');
    expect(Object.values(halted.reasons)).not.toContain('quoted');
    expect((await ask(`${consoleUrl}/healthz`))[0]).toBe(200);
    const { code, json, stdout, stderr } = await stopped(trader, 'SIGINT');
    expect(code, stderr).toBe(0);
    expect(json[1]).toMatchObject({ exit: 0, orders: { leftResting: 0 }, money: { difference: '0.000000' } });
    for (const secret of [key, run.token]) {
      expect(stdout + stderr).not.toContain(secret);
      expect(JSON.stringify(state)).not.toContain(secret);
    }
    taken.close();
  });

  it.runIf(LONG)('takes everything back on a signal, and goes on from there when started again', async () => {
    const args = ['trade', ...FEW, '--data', stage.folder(), '--speed', '2', '--console', '0', '--json'];
    for (const restored of [false, true]) {
      const trader = stage.start(args);
      await untilQuoting((await trader.first).consoleUrl);
      const { code, json, stderr } = await stopped(trader, 'SIGTERM');
      expect(code, stderr).toBe(0);
      expect(json[1]).toMatchObject({
        exit: 0,
        restored,
        orders: { leftResting: 0, unknown: 0 },
        money: { difference: '0.000000' },
      });
    }
  });

  it('hears the signal that npm hears, even while it starts', async () => {
    const npm = stage.npmStart([...FEW, '--data', stage.folder(), '--console', 'off', '--json']);
    const { pid } = await npm.first;
    npm.kill('SIGTERM');
    const { code } = await npm.ended;
    expect(code).toBe(0);
    expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
  });
});

/** Told to end, it does so within eight seconds. */
async function stopped(trader: Running, signal: NodeJS.Signals): Promise<Ended> {
  const toldMs = performance.now();
  trader.kill(signal);
  const ended = await trader.ended;
  expect(performance.now() - toldMs).toBeLessThan(8_000);
  return ended;
}

/** Status and body; with headers that fetch would not send. */
function ask(url: string, headers: Record<string, string> = {}): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers }, (answer: IncomingMessage) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      answer.on('end', () => resolve([answer.statusCode ?? 0, body]));
    });
    request.on('error', reject);
  });
}
