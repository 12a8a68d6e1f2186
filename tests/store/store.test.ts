/** One set of rules for both stores: what the virtual world learns on the one in memory must hold on the disk. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLevelStore } from '../../src/store/level-store.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { keysUnder, type Store } from '../../src/store/store.ts';
import { checkVersion, STORE_VERSION } from '../../src/store/store-version.ts';
import { all, contentOf } from './stage.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bothsides-store-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const put = (key: string, value = key) => ({ type: 'put', key, value }) as const;
const del = (key: string) => ({ type: 'del', key }) as const;
const keysOf = (entries: readonly (readonly [string, string])[]) => entries.map(([key]) => key);

let count = 0;
const KINDS: readonly (readonly [string, () => Promise<Store>])[] = [
  ['on disk', () => openLevelStore(join(root, `store-${++count}`))],
  ['in memory', () => Promise.resolve(new MemoryStore())],
];

describe.each(KINDS)('A store %s', (_, open) => {
  it('gives back what was put, and null for what was not', async () => {
    const store = await open();
    await store.batch([put('a', 'one'), put('b', 'zwei · δύο')], { sync: true });
    expect(await store.get('a')).toBe('one');
    expect(await store.get('b')).toBe('zwei · δύο');
    expect(await store.get('c')).toBeNull();
    await store.batch([del('a'), put('b', 'changed')], { sync: false });
    expect(await store.get('a')).toBeNull();
    expect(await store.get('b')).toBe('changed');
    await store.close();
  });

  it('reads in the order of the keys, whatever the order of the writes', async () => {
    const store = await open();
    for (const key of ['m', 'c', 'x', 'a']) await store.batch([put(key)], { sync: false });
    await store.batch([del('c'), put('b'), put('z')], { sync: false });
    expect(keysOf(await contentOf(store))).toEqual(['a', 'b', 'm', 'x', 'z']);
    await store.close();
  });

  it('reads ranges: from inclusive, to exclusive, backwards, limited', async () => {
    const store = await open();
    await store.batch(
      ['a/1', 'a/2', 'a/3', 'b/1'].map((key) => put(key)),
      { sync: true },
    );
    const read = async (range: Parameters<Store['entries']>[0]) => keysOf(await all(store.entries(range)));
    expect(await read({ gte: 'a/2' })).toEqual(['a/2', 'a/3', 'b/1']);
    expect(await read({ gte: 'a/2', lt: 'b/1' })).toEqual(['a/2', 'a/3']);
    expect(await read(keysUnder('a/'))).toEqual(['a/1', 'a/2', 'a/3']);
    expect(await read({ ...keysUnder('a/'), reverse: true, limit: 2 })).toEqual(['a/3', 'a/2']);
    expect(await read({ limit: 1 })).toEqual(['a/1']);
    expect(await read({ gte: 'c' })).toEqual([]);
    expect(await read({ gte: 'b', lt: 'a' })).toEqual([]);
    await store.close();
  });

  it('can be read only in part, and reads what stood there when the reading began', async () => {
    const store = await open();
    await store.batch([put('a'), put('b'), put('c')], { sync: true });
    const seen: string[] = [];
    for await (const [key] of store.entries({})) {
      seen.push(key);
      if (key === 'a') await store.batch([put('d')], { sync: true });
      if (key === 'b') break;
    }
    expect(seen).toEqual(['a', 'b']);
    await store.close();
  });

  it('bears a version, and refuses one that it does not know', async () => {
    const store = await open();
    await checkVersion(store);
    await checkVersion(store);
    expect(await store.get('meta/version')).toBe(String(STORE_VERSION));
    await store.batch([put('meta/version', '99')], { sync: true });
    await expect(checkVersion(store)).rejects.toMatchObject({ code: 'DATA_VERSION', message: /version 99/ });
    await store.close();
  });

  it('with content and no version is damaged, not new', async () => {
    const store = await open();
    await store.batch([put('journal/1')], { sync: true });
    await expect(checkVersion(store)).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
    await store.close();
  });
});

describe('A store on disk', () => {
  it('keeps everything over a close', async () => {
    const folder = join(root, 'kept');
    const first = await openLevelStore(folder);
    await first.batch([put('a', '1')], { sync: true });
    await first.batch([put('b', '2')], { sync: false });
    await first.close();
    const second = await openLevelStore(folder);
    expect(await contentOf(second)).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    await second.close();
  });

  it('belongs to one process at a time, and says so by name', async () => {
    const folder = join(root, 'locked');
    const holder = await openLevelStore(folder);
    await expect(openLevelStore(folder)).rejects.toMatchObject({
      code: 'DATA_IN_USE',
      message: expect.stringContaining(folder),
    });
    await holder.close();
    await (await openLevelStore(folder)).close();
  });

  it('that cannot be written says which folder and why', async () => {
    await writeFile(join(root, 'file'), 'not a folder');
    await expect(openLevelStore(join(root, 'file', 'store'))).rejects.toMatchObject({
      code: 'DATA_UNWRITABLE',
      message: expect.stringContaining(join(root, 'file', 'store')),
    });
  });

  it('whose own files are damaged is refused as damaged', async () => {
    const folder = join(root, 'damaged');
    const store = await openLevelStore(folder);
    await store.batch([put('a')], { sync: true });
    await store.close();
    await writeFile(join(folder, 'CURRENT'), 'MANIFEST-999999\n');
    await expect(openLevelStore(folder)).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
  });
});

describe('A store in memory', () => {
  it('forgets in a crash what was not synced', async () => {
    const store = new MemoryStore();
    await store.batch([put('a')], { sync: false });
    await store.batch([put('b')], { sync: true });
    await store.batch([put('c'), del('a')], { sync: false });
    expect(keysOf(await contentOf(store))).toEqual(['b', 'c']);
    const after = store.crash();
    expect(keysOf(await contentOf(after))).toEqual(['a', 'b']);
    await expect(store.batch([put('d')], { sync: true })).rejects.toThrow();
    expect(keysOf(await contentOf(after.crash()))).toEqual(['a', 'b']);
  });

  it('may keep more than it promised, but never a later write without the earlier ones', async () => {
    const store = new MemoryStore();
    for (const key of ['a', 'b', 'c']) await store.batch([put(key)], { sync: false });
    expect(store.unsyncedBatches).toBe(3);
    expect(keysOf(await contentOf(store.crash(2)))).toEqual(['a', 'b']);
  });

  it('refuses writes when told to, and nothing of them is left', async () => {
    const store = new MemoryStore();
    store.failWrites(true);
    await expect(store.batch([put('a')], { sync: true })).rejects.toMatchObject({ code: 'DATA_UNWRITABLE' });
    store.failWrites(false);
    await store.batch([put('b')], { sync: true });
    expect(keysOf(await contentOf(store.crash()))).toEqual(['b']);
  });

  it('holds writes back when told to: seen, not safe, not answered', async () => {
    const store = new MemoryStore();
    store.holdWrites(true);
    let answered = false;
    const write = store.batch([put('a')], { sync: true }).then(() => {
      answered = true;
    });
    expect(await store.get('a')).toBe('a');
    expect(answered).toBe(false);
    expect(store.unsyncedBatches).toBe(1);
    store.holdWrites(false);
    await write;
    expect(keysOf(await contentOf(store.crash()))).toEqual(['a']);
  });
});
