/**
 * A store of an older version is brought to ours step by step. Whatever the power does on the way, the next start finds
 * the version before a step or the one after it, never something between.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unixMs } from '../../src/domain/units.ts';
import { openDataFolder } from '../../src/store/data-folder.ts';
import { encodeEntry, FIRST_LINK, journalKey, linkOf, textOf } from '../../src/store/journal-codec.ts';
import { openLevelStore } from '../../src/store/level-store.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { Snapshots } from '../../src/store/snapshots.ts';
import type { Store, StoreOperation } from '../../src/store/store.ts';
import { StoreJournal } from '../../src/store/store-journal.ts';
import { checkVersion, STORE_VERSION, type StoreMigration } from '../../src/store/store-version.ts';
import { all, contentOf, standingClocks } from './stage.ts';

const put = (key: string, value: string): StoreOperation => ({ type: 'put', key, value });
const IDENTITY = { mode: 'sim', seed: 7, recording: null };
const SESSION = 'snapshot/session/s1';

/** What version 1 wrote: three entries, a bookmark at the second, a session. */
async function fillWithVersion1(store: Store): Promise<void> {
  let link = FIRST_LINK;
  const operations: StoreOperation[] = [];
  for (let sequence = 1; sequence <= 3; sequence++) {
    const text = textOf({ sequence, wallMs: unixMs(1), marketMs: unixMs(2), kind: 'k', data: { sequence } });
    link = linkOf(link, text);
    operations.push(put(journalKey(sequence), encodeEntry(link, text)));
  }
  const session = JSON.stringify([1, 3, { value: 'quoting' }]);
  operations.push(
    put('meta/version', '1'),
    put('meta/identity', JSON.stringify(IDENTITY)),
    put('meta/journalBookmark', '2'),
    put(SESSION, `${linkOf(SESSION, session)} ${session}`),
  );
  await store.batch(operations, { sync: true });
}

async function version1(): Promise<MemoryStore> {
  const store = new MemoryStore();
  await fillWithVersion1(store);
  return store;
}

/** Journal, bookmark and sessions as a start reads them. */
async function readAll(store: Store) {
  const journal = await StoreJournal.open(store, standingClocks());
  return { entries: await all(journal.read()), sessions: await new Snapshots(store, journal).all() };
}

describe('A store of version 1', () => {
  it('is brought to the present one: the same journal and sessions, and every record sealed', async () => {
    const store = await version1();
    const before = await contentOf(store);
    expect(await checkVersion(store)).toBe(1);
    expect(await store.get('meta/version')).toBe(String(STORE_VERSION));
    const { entries, sessions } = await readAll(store);
    expect(entries.map(({ data }) => data)).toEqual([{ sequence: 1 }, { sequence: 2 }, { sequence: 3 }]);
    expect(sessions).toEqual([{ session: 's1', version: 1, atSequence: 3, snapshot: { value: 'quoting' } }]);
    const isHistory = ([key]: [string, string]) => /^(journal|snapshot)\//.test(key);
    expect((await contentOf(store)).filter(isHistory)).toEqual(before.filter(isHistory));
  });

  it('is changed once: the second start writes nothing', async () => {
    const store = await version1();
    await checkVersion(store);
    const after = await contentOf(store);
    store.failWrites(true);
    expect(await checkVersion(store)).toBe(STORE_VERSION);
    expect(await contentOf(store)).toEqual(after);
  });

  it('is of the one version or of the other after a power cut, and opens either way', async () => {
    for (const survivors of [0, 1]) {
      const store = await version1();
      store.holdWrites(true);
      void checkVersion(store).catch(() => {});
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      expect(store.unsyncedBatches).toBe(1);
      const after = store.crash(survivors);
      expect(await after.get('meta/version')).toBe(survivors === 0 ? '1' : '2');
      const { entries, sessions } = await readAll(after);
      expect([entries.length, sessions.length]).toEqual([3, 1]);
    }
  });

  it('opens as a data folder, and is still held to what it belongs to', async () => {
    const root = await mkdtemp(join(tmpdir(), 'bothsides-version-'));
    try {
      const folder = join(root, 'data');
      const open = (seed: number) => openDataFolder(folder, { ...IDENTITY, seed }, unixMs(1));
      await (await open(7)).close();
      await rm(join(folder, 'store'), { recursive: true });
      const old = await openLevelStore(join(folder, 'store'));
      await fillWithVersion1(old);
      await old.close();
      await expect(open(8)).rejects.toMatchObject({ code: 'DATA_MISMATCH' });
      const data = await open(7);
      expect(data.isNew).toBe(false);
      expect((await readAll(data.store)).entries).toHaveLength(3);
      await data.close();
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });

  it('whose records are not what was written is refused as it is', async () => {
    const spoiled: [string, string][] = [
      ['meta/identity', '{"mode":"sim"'],
      ['meta/journalBookmark', '9'],
      ['meta/journalBookmark', 'x'],
    ];
    for (const [key, value] of spoiled) {
      const store = await version1();
      await store.batch([put(key, value)], { sync: true });
      const before = await contentOf(store);
      await expect(checkVersion(store)).rejects.toMatchObject({ code: 'DATA_DAMAGED', remedy: /npm run doctor/ });
      expect(await contentOf(store)).toEqual(before);
    }
  });
});

describe('A way over several versions', () => {
  const add =
    (key: string): StoreMigration =>
    async () => [put(key, key)];
  const steps = { 2: add('second'), 3: add('third') };

  it('takes each step once, though the power goes after any of them', async () => {
    for (const survivors of [0, 1]) {
      for (const crashAt of [0, 1]) {
        let store = new MemoryStore();
        await checkVersion(store, 2);
        let batches = 0;
        const write = store.batch.bind(store);
        store.batch = (operations, options) => {
          if (batches++ === crashAt) store.holdWrites(true);
          return write(operations, options);
        };
        void checkVersion(store, 4, steps).catch(() => {});
        for (let turn = 0; turn < 40; turn++) await Promise.resolve();
        store = store.crash(survivors);
        const between = Number(await store.get('meta/version'));
        expect(between).toBe(2 + crashAt + survivors);
        expect(await store.get('third')).toBe(between === 4 ? 'third' : null);
        expect(await checkVersion(store, 4, steps)).toBe(between);
        expect(await contentOf(store)).toEqual([
          ['meta/version', '4'],
          ['second', 'second'],
          ['third', 'third'],
        ]);
      }
    }
  });

  it('that begins nowhere, or leads back, is refused with what to do and without a write', async () => {
    const store = new MemoryStore();
    await checkVersion(store, 2);
    store.failWrites(true);
    await expect(checkVersion(store, 4, { 3: add('third') })).rejects.toMatchObject({
      code: 'DATA_VERSION',
      message: /version 2; this program knows 4: nothing leads/,
    });
    await expect(checkVersion(store, 1, steps)).rejects.toMatchObject({
      code: 'DATA_VERSION',
      message: /a newer version of the program wrote it/,
      remedy: /Start the version of the program that wrote it/,
    });
  });
});

describe('Sealed records', () => {
  it('that were altered are damage, not a fault of ours', async () => {
    for (const key of ['meta/version', 'meta/journalBookmark']) {
      const store = await version1();
      await checkVersion(store);
      const value = (await store.get(key))!;
      await store.batch([put(key, `${value.slice(0, -1)}x`)], { sync: true });
      await expect(StoreJournal.open(store, standingClocks())).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
    }
  });

  it('find a journal that is another than the one that was marked', async () => {
    const [ours, other] = [new MemoryStore(), new MemoryStore()];
    for (const store of [ours, other]) {
      const journal = await StoreJournal.open(store, standingClocks());
      for (const data of [1, 2, 3]) journal.append(store === ours ? 'ours' : 'other', data);
      await journal.close();
    }
    const foreign = (await contentOf(other)).filter(([key]) => key.startsWith('journal/'));
    await ours.batch(
      foreign.map(([key, value]) => put(key, value)),
      { sync: true },
    );
    await expect(StoreJournal.open(ours, standingClocks())).rejects.toMatchObject({
      code: 'DATA_DAMAGED',
      message: /entry 3: it is not the one that was marked/,
    });
  });
});
