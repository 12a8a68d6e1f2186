import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../src/domain/errors.ts';
import { unixMs } from '../../src/domain/units.ts';
import { openDataFolder, readRun } from '../../src/store/data-folder.ts';
import type { DataIdentity } from '../../src/store/identity.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bothsides-data-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const NOW = unixMs(1_700_000_000_000);
const SIM: DataIdentity = { mode: 'sim', seed: 7, recording: null };
const open = (name: string, identity = SIM) => openDataFolder(join(root, name), identity, NOW);

describe('A data folder', () => {
  it('is made where there is none, with all folders above it', async () => {
    const data = await open('deep/er/new');
    expect(data.isNew).toBe(true);
    await data.store.batch([{ type: 'put', key: 'x', value: 'y' }], { sync: true });
    await data.close();
    const again = await open('deep/er/new');
    expect(again.isNew).toBe(false);
    expect(await again.store.get('x')).toBe('y');
    await again.close();
  });

  it('may be an empty folder that is there already', async () => {
    await mkdir(join(root, 'empty'));
    await (await open('empty')).close();
  });

  it('is never a folder with somebody else’s things in it, which stay as they are', async () => {
    await mkdir(join(root, 'foreign'));
    await writeFile(join(root, 'foreign', 'README.txt'), 'My holiday.');
    await writeFile(join(root, 'foreign', 'photo.jpg'), '');
    const refused = await open('foreign').catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'DATA_MISMATCH', message: expect.stringContaining('foreign') });
    expect(exitCodeOf(refused)).toBe(5);
    expect((await readdir(join(root, 'foreign'))).sort()).toEqual(['README.txt', 'photo.jpg']);
  });

  it('remembers mode, seed and recording, and names the one that differs', async () => {
    await (await open('sim')).close();
    const refusals: [DataIdentity, RegExp][] = [
      [{ ...SIM, mode: 'demo' }, /belongs to mode sim, not demo/],
      [{ ...SIM, seed: 8 }, /belongs to seed 7, not 8/],
      [{ ...SIM, recording: 'day.zst' }, /belongs to recording none, not day.zst/],
    ];
    for (const [identity, message] of refusals) {
      await expect(open('sim', identity)).rejects.toMatchObject({ code: 'DATA_MISMATCH', message });
    }
    // A refusal gives the lock back.
    await (await open('sim')).close();
  });

  it('in use is refused by name, with the process that holds it', async () => {
    const data = await open('held');
    const refused = await open('held').catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'DATA_IN_USE', message: expect.stringContaining(join(root, 'held')) });
    expect((refused as Error).message).toContain(`process ${process.pid}`);
    await data.close();
  });

  it('is refused to a second process and free again when the first is killed', async () => {
    const folder = join(root, 'killed');
    const script = `
      import { openDataFolder } from ${JSON.stringify(new URL('../../src/store/data-folder.ts', import.meta.url).href)};
      await openDataFolder(${JSON.stringify(folder)}, ${JSON.stringify(SIM)}, 1);
      process.stdout.write('held');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await expect(open('killed')).rejects.toMatchObject({
      code: 'DATA_IN_USE',
      message: expect.stringContaining(`process ${child.pid}`),
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await open('killed')).close();
  });

  it('tells others about the running process in a file that only its owner reads', async () => {
    const data = await open('run');
    const file = join(root, 'run', 'run.json');
    await data.writeRun({ pid: 42, consolePort: 8123, token: 'secret' });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ pid: 42, consolePort: 8123, token: 'secret' });
    expect(await readRun(join(root, 'run'))).toMatchObject({ consolePort: 8123 });
    await data.removeRun();
    expect(await readRun(join(root, 'run'))).toBeNull();
    await data.removeRun();
    await data.close();
  });

  it('that cannot be written says so', async () => {
    await writeFile(join(root, 'plain'), '');
    const refused = await open('plain/data').catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'DATA_UNWRITABLE', message: expect.stringContaining('plain') });
    expect((refused as { remedy: string }).remedy).not.toBe('');
  });

  it('of an unknown version is refused, and not changed', async () => {
    const data = await open('newer');
    await data.store.batch([{ type: 'put', key: 'meta/version', value: '99' }], { sync: true });
    await data.close();
    await expect(open('newer')).rejects.toMatchObject({ code: 'DATA_VERSION' });
    await expect(open('newer')).rejects.toMatchObject({ code: 'DATA_VERSION' });
  });
});
