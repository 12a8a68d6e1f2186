/** `npm run doctor` as a person uses it: it says what a start would meet, and --repair mends what is damaged. */
import { generateKeyPairSync } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type DoctorFlags, examine } from '../../src/cli/doctor.ts';
import type { Check } from '../../src/cli/doctor-check.ts';
import { type Microdollars, unixMs } from '../../src/domain/units.ts';
import { openCommandLog } from '../../src/exchange/embedded/command-log.ts';
import { openBookmarks, saveSession } from '../../src/runtime/stored-sessions.ts';
import type { Environment } from '../../src/settings/credentials.ts';
import { openDataFolder } from '../../src/store/data-folder.ts';
import { openLevelStore } from '../../src/store/level-store.ts';
import { StoreJournal } from '../../src/store/store-journal.ts';
import { standingClocks } from '../store/stage.ts';
import { FEW, Stage, untilQuoting } from '../support/processes.ts';

const stage = new Stage();
afterEach(() => stage.clear());

interface Looked {
  readonly exit: number;
  readonly checks: ReadonlyMap<string, Check>;
  readonly repaired: readonly string[];
}

async function look(flags: Partial<DoctorFlags>, env: Environment = {}, cwd = stage.folder()): Promise<Looked> {
  const { exit, checks, repaired } = await examine({ mode: 'sim', data: 'data', ...flags }, env, cwd);
  return { exit, checks: new Map(checks.map((check) => [check.name, check])), repaired };
}

const trade = (data: string, forMarket: string) =>
  stage.run(['trade', ...FEW, '--data', data, '--for', forMarket, '--speed', '10', '--console', 'off', '--json']);

function flip(file: string, share: number): void {
  const bytes = readFileSync(file);
  bytes[Math.floor(bytes.length * share)]! ^= 0x01;
  writeFileSync(file, bytes);
}

/** A store with records in a folder that bears our sign. */
async function dataWith(records: Readonly<Record<string, string>>): Promise<string> {
  const data = join(stage.folder(), 'data');
  mkdirSync(data);
  writeFileSync(join(data, 'README.txt'), 'Data of Bothsides');
  const store = await openLevelStore(join(data, 'store'));
  const operations = Object.entries(records).map(([key, value]) => ({ type: 'put', key, value }) as const);
  await store.batch(operations, { sync: true });
  await store.close();
  return data;
}

describe('A store that was damaged while nobody looked', () => {
  it('is refused by a start, seen and mended by the doctor, and traded on without a difference', async () => {
    const data = join(stage.folder(), 'data');
    const run = stage.start(['trade', ...FEW, '--data', data, '--speed', '10', '--console', '0', '--json']);
    await untilQuoting((await run.first).consoleUrl);
    const busy = await look({ data });
    expect(busy.exit).toBe(0);
    expect(busy.checks.get('in use')?.detail).toEqual({ held: true, pid: run.pid });
    expect(busy.checks.get('store')?.status).toBe('skipped');
    expect(busy.checks.get('account')?.text).toMatch(
      /tier basic, \$[\d.]+ available, \d+ positions, \d+ resting orders/,
    );
    run.kill('SIGKILL');
    await run.ended;

    const store = join(data, 'store');
    const log = readdirSync(store).find((name) => name.endsWith('.log'))!;
    flip(join(store, log), 0.6);
    const damaged = readFileSync(join(store, log));
    const refused = await trade(data, '2s');
    expect(refused.code).toBe(5);
    expect(refused.stderr).toMatch(/\.log was altered at byte \d+.*npm run doctor.*\[DATA_DAMAGED\]/s);

    appendFileSync(join(data, 'exchange.log'), 'scribble\n');
    const seen = await look({ data });
    expect(seen.exit).toBe(5);
    expect(seen.checks.get('store')).toMatchObject({ status: 'fail', code: 'DATA_DAMAGED', remedy: /--repair/ });
    expect(seen.checks.get('last run')?.text).toContain('did not end by itself');
    expect(seen.checks.get('exchange log')?.status).toBe('fail');
    expect(readFileSync(join(store, log))).toEqual(damaged);

    const mended = await stage.run(['doctor', '--data', data, '--repair']);
    expect(mended.code).toBe(0);
    expect(mended.stdout).toMatch(/now store\.damaged\.1.*first \d+ entries.*next start reads complete listings/s);
    expect(mended.stdout).toMatch(/^ok +store +version \d+/m);
    expect(mended.stdout).toMatch(/^warn +last run .*\n +→ The next start reconciles/m);
    expect(mended.stdout.split('\n').at(-1)).toBe('Nothing stands in the way of a start.');
    expect(readFileSync(join(data, 'store.damaged.1', log))).toEqual(damaged);
    expect(readFileSync(join(data, 'exchange.log.damaged.1'), 'utf8')).toMatch(/scribble\n$/);

    const again = await trade(data, '5s');
    expect(again.code, again.stderr).toBe(0);
    expect(again.json.at(-1)).toMatchObject({ restored: true, money: { difference: '0.000000' } });
    expect((await look({ data })).checks.get('last run')).toMatchObject({ status: 'ok', text: /ended .* with exit 0/ });
  }, 120_000);
});

describe('The doctor', () => {
  it('before the first start says what would be made, and changes nothing', async () => {
    const cwd = stage.folder();
    const { exit, checks } = await look({}, {}, cwd);
    expect(exit).toBe(0);
    expect([...checks.values()].filter(({ status }) => status === 'fail')).toEqual([]);
    expect(checks.get('data')?.text).toContain('made at the first start');
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('leaves a folder alone that is not ours', async () => {
    const cwd = stage.folder();
    writeFileSync(join(cwd, 'diary.txt'), '');
    const { exit, checks } = await look({ data: '.', repair: true }, {}, cwd);
    expect([exit, checks.get('data')?.code]).toEqual([5, 'DATA_MISMATCH']);
    expect(readdirSync(cwd)).toEqual(['diary.txt']);
  });

  it('ends with the code of the worst failure: data, then keys, then configuration, then the exchange', async () => {
    const demo = { mode: 'demo', exchangeRest: 'http://127.0.0.1:9/trade-api/v2', set: ['exchange.retryCapMs=200'] };
    const keyless = await look(demo);
    expect([keyless.exit, keyless.checks.get('keys')?.code]).toEqual([4, 'CREDENTIALS_MISSING']);
    expect(keyless.checks.get('exchange')?.code).toBe('EXCHANGE_UNREACHABLE');

    const cwd = stage.folder();
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(join(cwd, 'key.pem'), pem, { mode: 0o644 });
    const keyed = await look(demo, { KALSHI_ACCESS_KEY: 'an id', KALSHI_PRIVATE_KEY: 'key.pem' }, cwd);
    expect(keyed.exit).toBe(8);
    expect(keyed.checks.get('keys')).toMatchObject({ status: 'warn', text: /mode 644/, remedy: /chmod 600/ });
    expect(JSON.stringify([...keyed.checks.values()])).not.toContain('BEGIN');

    const wrong = await look({ set: ['sim.seed=x'] });
    expect([wrong.exit, wrong.checks.get('configuration')?.code]).toEqual([3, 'CONFIG_VALUE']);
    const data = await dataWith({ holiday: 'photos' });
    const both = await look({ data, set: ['sim.seed=x'] });
    expect([both.exit, both.checks.get('store')?.code]).toEqual([5, 'DATA_DAMAGED']);
  });

  it('repeats what the self-check of quoting warns of', async () => {
    const { exit, checks } = await look({ set: ['quoting.kPerCent=9'] });
    expect(exit).toBe(0);
    expect(checks.get('configuration')).toMatchObject({ status: 'warn', text: /less than a tick/ });
  });

  it('tells a newer version from damage: it is not mended', async () => {
    const data = await dataWith({ 'meta/version': '99' });
    const { exit, checks, repaired } = await look({ data, repair: true });
    expect([exit, checks.get('store')?.code]).toEqual([5, 'DATA_VERSION']);
    expect(repaired).toEqual(['Nothing had to be mended.']);
    expect(readdirSync(data).sort()).toEqual(['README.txt', 'store']);
  });

  it('sees what else there is to know: HALT, a stale run.json, what was set aside, an older version', async () => {
    const data = await dataWith({ 'meta/version': '1' });
    writeFileSync(join(data, 'HALT'), '');
    writeFileSync(join(data, 'run.json'), JSON.stringify({ pid: 2 ** 22 + 1 }));
    mkdirSync(join(data, 'store.damaged.1'));
    const { exit, checks } = await look({ data });
    expect(exit).toBe(0);
    expect(checks.get('halt')?.status).toBe('warn');
    expect(checks.get('in use')).toMatchObject({ status: 'warn', text: /which is gone/ });
    expect(checks.get('set aside')?.text).toContain('store.damaged.1');
    expect(checks.get('store')?.text).toContain('version 1; the next start brings it to version 2');
  });

  it('says how the last run ended, whose data it is, and that a clock was set back', async () => {
    const data = join(stage.folder(), 'data');
    const folder = await openDataFolder(data, { mode: 'sim', seed: 5, recording: null }, unixMs(1));
    const clocks = standingClocks();
    const journal = await StoreJournal.open(folder.store, clocks);
    journal.append('run.started', { run: 'r', mode: 'sim', seed: 5 });
    clocks.wall.advanceTo(Date.UTC(2100, 0));
    journal.append('run.ended', { exit: 7, left: 2 });
    await journal.close();
    await folder.removeRun();
    await folder.close();
    const { exit, checks } = await look({ data });
    // A start may bring its seed as a flag; its mode is what the doctor was asked about.
    expect([exit, checks.get('identity')?.status]).toEqual([0, 'warn']);
    expect(checks.get('identity')).toMatchObject({ text: /belongs to seed 5, not 1/, remedy: /seed 5/ });
    const other = await look({ data, mode: 'demo', exchangeRest: 'http://127.0.0.1:9/trade-api/v2' });
    expect([other.exit, other.checks.get('identity')?.code]).toEqual([5, 'DATA_MISMATCH']);
    expect(checks.get('last run')).toMatchObject({ status: 'warn', text: /with exit 7 and 2 orders possibly left/ });
    expect(checks.get('time')).toMatchObject({ status: 'warn', text: /1 entries were written up to/ });
    expect((await look({ data, set: ['sim.seed=5'] })).checks.has('identity')).toBe(false);
  });

  it('finds sessions that no start could go on with, and mends without them', async () => {
    const data = join(stage.folder(), 'data');
    const folder = await openDataFolder(data, { mode: 'sim', seed: 1, recording: null }, unixMs(1));
    const journal = await StoreJournal.open(folder.store, standingClocks());
    const atSequence = journal.append('session.opened', {});
    const snapshot = { chart: { value: 'dreaming', context: {} }, worthBefore: 0 as Microdollars };
    saveSession(openBookmarks(folder.store, journal), 's1', atSequence, snapshot);
    await journal.close();
    await folder.close();
    const { exit, checks } = await look({ data });
    expect(exit).toBe(5);
    expect(checks.get('sessions')).toMatchObject({ code: 'DATA_DAMAGED', text: /s1 is in no state/ });
    const mended = await look({ data, repair: true });
    expect([mended.exit, mended.checks.get('sessions')]).toEqual([0, undefined]);
    expect(mended.checks.get('store')?.text).toContain('2 entries, every checksum right; no bookmarks');
  });

  it('looks at the folder of an exchange alone as well', async () => {
    const data = stage.folder();
    mkdirSync(join(data, 'keys'));
    writeFileSync(join(data, 'exchange.log'), 'scribble\n');
    const { exit, checks } = await look({ data });
    expect([exit, checks.get('data')?.status, checks.get('exchange log')?.code]).toEqual([5, 'ok', 'DATA_DAMAGED']);
  });

  it('leaves an exchange’s log alone that is damaged before its end', async () => {
    const data = await dataWith({ 'meta/version': '2' });
    const log = join(data, 'exchange.log');
    const memory = openCommandLog(log, 1);
    memory.recall({
      startMs: unixMs(1),
      flow: 'synthetic',
      world: 1,
      markets: 1,
      openingCash: 5 as Microdollars,
      draw: 7,
    });
    for (let at = 1; at <= 5; at++) memory.append({ atMs: unixMs(at), act: 'create', args: ['user'] });
    memory.close();
    const spoiled = readFileSync(log, 'utf8').replace('user', 'loser');
    writeFileSync(log, spoiled);
    const { exit, checks } = await look({ data, repair: true });
    expect(exit).toBe(5);
    expect(checks.get('exchange log')).toMatchObject({ text: /in line 2/, remedy: /cannot be mended/ });
    expect(readFileSync(log, 'utf8')).toBe(spoiled);
    expect(readdirSync(data).sort()).toEqual(['README.txt', 'exchange.log', 'store']);
  });
});
