/**
 * Disks and neighbours as they are: full, read-only, limited, held by somebody else. Each is refused with a code and with
 * what to do; what was promised before is there afterwards. What only root may set up is said where it was not run.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../src/domain/errors.ts';
import { unixMs } from '../../src/domain/units.ts';
import { openStoreCopy } from '../../src/store/copy-store.ts';
import { openDataFolder } from '../../src/store/data-folder.ts';
import { inspectStore } from '../../src/store/inspect-store.ts';
import { StoreJournal } from '../../src/store/store-journal.ts';
import { all, standingClocks } from './stage.ts';

const IDENTITY = { mode: 'sim', seed: 7, recording: null };
const open = (folder: string) => openDataFolder(folder, IDENTITY, unixMs(1));
const root = mkdtempSync(join(tmpdir(), 'bothsides-disk-'));
const mounted: string[] = [];
afterAll(() => {
  for (const at of mounted) execFileSync('umount', ['-l', at]);
  rmSync(root, { recursive: true, force: true });
});

function mount(size: string): string | null {
  const at = mkdtempSync(join(root, 'disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', at], { stdio: 'ignore' });
  } catch {
    return null;
  }
  mounted.push(at);
  return at;
}

const isRoot = process.getuid?.() === 0;
const small = isRoot ? mount('2m') : null;
const sealed = isRoot ? mount('8m') : null;
const without = small === null || sealed === null ? ' (not run: mounting a disk is not permitted here)' : '';

/** Appends until the disk refuses; how many entries were promised. */
async function fillUp(folder: string): Promise<{ promised: number; failure: unknown }> {
  const data = await open(folder);
  const journal = await StoreJournal.open(data.store, standingClocks());
  try {
    for (let promised = 0; ; promised = journal.lastSequence) {
      journal.append('fill.received', { index: promised, text: 'x'.repeat(2_000) });
      const failure = await journal.synced(journal.lastSequence).then(
        () => null,
        (error: unknown) => error,
      );
      if (failure !== null) return { promised, failure };
    }
  } finally {
    await data.close();
  }
}

describe('A disk', () => {
  it.skipIf(without !== '')(
    `that is full is heard at the write; what was promised is there with room again${without}`,
    async () => {
      const folder = join(small!, 'data');
      const { promised, failure } = await fillUp(folder);
      expect(failure).toMatchObject({ code: 'DATA_UNWRITABLE', message: /No space left/, remedy: /has room/ });
      expect(promised).toBeGreaterThan(100);
      // Without room it does not open either, and nothing is lost by trying.
      const refused = await open(folder).then(
        async (data) => data.close(),
        (error: unknown) => error,
      );
      if (refused !== undefined) expect(refused).toMatchObject({ code: 'DATA_UNWRITABLE' });
      // What stands there can be looked at all the same, and the look leaves nothing behind.
      const names = readdirSync(folder);
      const copy = await openStoreCopy(folder, 'store');
      expect((await inspectStore(copy.store!)).damage).toEqual([]);
      await copy.close();
      expect(readdirSync(folder)).toEqual(names);
      execFileSync('mount', ['-o', 'remount,size=32m', small!]);
      const data = await open(folder);
      const journal = await StoreJournal.open(data.store, standingClocks(), { checkAll: true });
      expect(journal.lastSequence).toBeGreaterThanOrEqual(promised);
      expect((await all(journal.read())).length).toBe(journal.lastSequence);
      await data.close();
    },
  );

  it.skipIf(without !== '')(`that is read-only is refused with what to do${without}`, async () => {
    const folder = join(sealed!, 'data');
    await (await open(folder)).close();
    execFileSync('mount', ['-o', 'remount,ro', sealed!]);
    const refused = await open(folder).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'DATA_UNWRITABLE', message: /data/, remedy: /not read-only/ });
    expect(exitCodeOf(refused)).toBe(5);
    await expect(open(join(sealed!, 'new'))).rejects.toMatchObject({ code: 'DATA_UNWRITABLE' });
  });

  it('that takes no larger files is heard at the write, and what was promised is there afterwards', async () => {
    const folder = join(root, 'limited');
    const script = `
      import { openDataFolder } from ${module('data-folder')};
      import { StoreJournal } from ${module('store-journal')};
      const data = await openDataFolder(${JSON.stringify(folder)}, ${JSON.stringify(IDENTITY)}, 1);
      const clock = { now: () => 1, setTimeout: () => 0, clearTimeout: () => {} };
      const journal = await StoreJournal.open(data.store, { wall: clock, market: clock });
      try {
        for (;;) {
          await journal.synced(journal.append('fill.received', 'x'.repeat(2000)));
          process.stdout.write(journal.lastSequence + '\\n');
        }
      } catch (error) {
        process.stdout.write(error.code);
      }`;
    // 64 blocks of 1024 bytes.
    const limited = `trap '' XFSZ; ulimit -f 64; exec "$0" --input-type=module -e "$1"`;
    const child = spawn('bash', ['-c', limited, process.execPath, script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = (await text(child.stdout)).split('\n');
    expect(lines.pop()).toBe('DATA_UNWRITABLE');
    const promised = Number(lines.pop());
    expect(promised).toBeGreaterThan(10);
    const data = await open(folder);
    const journal = await StoreJournal.open(data.store, standingClocks(), { checkAll: true });
    expect(journal.lastSequence).toBeGreaterThanOrEqual(promised);
    await data.close();
  });
});

function module(name: string): string {
  return JSON.stringify(new URL(`../../src/store/${name}.ts`, import.meta.url).href);
}

describe('A data folder', () => {
  const other = isRoot ? '' : ' (not run: only root can start a process of another user)';

  it.skipIf(other !== '')(`on which another user’s process works is refused by name${other}`, async () => {
    const home = mkdtempSync(join(tmpdir(), 'bothsides-theirs-'));
    const nobody = 65_534;
    chownSync(home, nobody, nobody);
    chmodSync(home, 0o755);
    const folder = join(home, 'data');
    const script = `
      import { openDataFolder } from ${module('data-folder')};
      await openDataFolder(${JSON.stringify(folder)}, ${JSON.stringify(IDENTITY)}, 1);
      process.stdout.write('held');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      uid: nobody,
      gid: nobody,
      env: { PATH: process.env.PATH, HOME: home },
    });
    try {
      await once(child.stdout, 'data');
      const refused = await open(folder).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: 'DATA_IN_USE', message: expect.stringContaining(`process ${child.pid}`) });
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
      rmSync(home, { recursive: true, force: true });
    }
  });

  it('whose run.json was left by a process that is gone opens, and the file is replaced', async () => {
    const folder = join(root, 'stale');
    const data = await open(folder);
    const gone = spawn(process.execPath, ['-e', '0']);
    await once(gone, 'exit');
    await data.writeRun({ pid: gone.pid!, consoleUrl: null });
    // Somebody else holds it: the pid in the file says nothing about who.
    const refused = await open(folder).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'DATA_IN_USE', message: expect.stringContaining('another process') });
    await data.close();
    const again = await open(folder);
    await expect(open(folder)).rejects.toMatchObject({ message: expect.stringContaining(`process ${process.pid}`) });
    await again.close();
  });
});

describe('A clock that was set back', () => {
  it('is no reason not to open: entries go by their numbers', async () => {
    const folder = join(root, 'clock');
    const data = await open(folder);
    const later = standingClocks();
    later.wall.advanceTo(9_000_000);
    const journal = await StoreJournal.open(data.store, later);
    journal.append('late', null);
    await journal.close();
    const before = await StoreJournal.open(data.store, standingClocks(), { checkAll: true });
    expect(before.append('early', null)).toBe(2);
    expect((await all(before.read())).map(({ wallMs }) => wallMs)).toEqual([9_000_000, 1_000_000]);
    await data.close();
  });
});
