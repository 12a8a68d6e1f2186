/** `npm run inspect` as a person uses it: on a run that ended, one that was killed, one that still goes on, and a damaged one. */
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { History, Moment, Moments, ServerMessage } from '../../src/console/wire.ts';
import { ask, Looker } from '../console/stage.ts';
import { FEW, type Running, Stage, untilQuoting } from '../support/processes.ts';

const stage = new Stage();
afterAll(() => stage.clear());

/** What the folder remembers, by file; LevelDB's diary of who opened it (LOG) is none of it. */
function contentOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files
      .filter(({ name }) => !/^LOG(\.old)?$/.test(name))
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => [path, createHash('sha256').update(readFileSync(path)).digest('hex')]),
  );
}

const inspect = (data: string) => stage.start(['inspect', '--data', data, '--console', '0', '--json']);
const urlOf = async (run: Running) => String((await run.first).consoleUrl);
const get = async <T>(url: string, path: string) => (await ask(url, path)).json() as T;

async function killedRun(): Promise<string> {
  const data = join(stage.folder(), 'data');
  const run = stage.start(['trade', ...FEW, '--data', data, '--speed', '10', '--console', '0', '--json']);
  await untilQuoting((await run.first).consoleUrl);
  const refused = await inspect(data).ended;
  expect(refused.code).toBe(5);
  expect(refused.stderr).toContain(`is in use by process ${run.pid}`);
  expect(refused.stderr).toContain(String((await run.first).consoleUrl));
  run.kill('SIGKILL');
  await run.ended;
  return data;
}

describe('A run that is over', { timeout: 60_000 }, () => {
  it('is shown as it was, read-only, and nothing in its folder changes; damaged, as far as it is whole', async () => {
    const data = await killedRun();
    const before = contentOf(data);
    const viewer = inspect(data);
    const url = await urlOf(viewer);

    const looker = await Looker.at(url, ['inspection', 'journal']);
    await looker.until(() => looker.of('journal').length > 0);
    const hello = looker.told[0] as Extract<ServerMessage, { type: 'hello' }>;
    const moments = await get<Moments>(url, '/api/moments');
    expect(hello.run).toMatchObject({ mode: 'sim', readOnly: true, id: expect.stringMatching(/^[0-9a-z]{8}/) });
    expect(hello.clock.speed).toBe(0);
    expect(hello.clock.marketMs).toBeGreaterThanOrEqual(moments.lastMs!);
    expect(looker.of('@xstate.actor')).toEqual([]);

    const { actors } = await get<Moment>(url, `/api/at?ms=${moments.lastMs}`);
    const quoting = actors.find(({ state }) => typeof state === 'object' && state !== null && 'quoting' in state)!;
    expect(quoting.machine).toBe('marketSession');
    const { moves } = await get<History>(url, `/api/history?actor=${quoting.id}`);
    expect(moves.map(({ from }) => from).at(-1)).toBeNull();
    const machines = await get<{ id: string }[]>(url, '/api/machines');
    expect(machines.map(({ id }) => id)).toContain('marketSession');
    // There is nothing to control, whatever is shown.
    const wish = { method: 'POST', headers: { authorization: 'Bearer x' } };
    expect((await ask(url, '/api/control', wish)).status).toBe(401);
    looker.end();
    viewer.kill('SIGINT');
    expect((await viewer.ended).code).toBe(0);
    expect(contentOf(data)).toEqual(before);

    const log = readdirSync(join(data, 'store')).find((name) => name.endsWith('.log'))!;
    const path = join(data, 'store', log);
    const bytes = readFileSync(path);
    bytes[Math.floor(bytes.length * 0.7)]! ^= 0x01;
    writeFileSync(path, bytes);
    const scratched = contentOf(data);
    const again = inspect(data);
    const part = await get<Moments>(await urlOf(again), '/api/moments');
    expect(part.lastMs).toBeLessThanOrEqual(moments.lastMs!);
    expect(part.density.length).toBeGreaterThan(0);
    again.kill('SIGINT');
    const { code, stderr } = await again.ended;
    expect([code, stderr]).toEqual([0, expect.stringMatching(/damaged.*first \d+ entries, which are whole/)]);
    expect(contentOf(data)).toEqual(scratched);
  });

  it.runIf(process.env.BOTHSIDES_LONG === '1')('is not there: a sentence says so', async () => {
    const none = await inspect(join(stage.folder(), 'none')).ended;
    expect([none.code, none.stderr]).toEqual([
      2,
      expect.stringMatching(/There is no data folder at .*none.*\[USAGE\]/),
    ]);
    const garbage = join(stage.folder(), 'garbage');
    mkdirSync(join(garbage, 'store'), { recursive: true });
    appendFileSync(join(garbage, 'store', 'CURRENT'), 'scribble\n');
    const refused = await inspect(garbage).ended;
    expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining('[DATA_DAMAGED]')]);
    expect(refused.stderr).toContain('npm run doctor');
  });
});
