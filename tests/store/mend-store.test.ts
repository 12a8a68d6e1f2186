/**
 * A damaged store, mended. Whatever the damage: the old store stands beside the new one as it was; what the new one holds
 * is a beginning of the old history, to the byte; it opens, and it says of itself where it was broken.
 */
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unixMs } from '../../src/domain/units.ts';
import { openStoreCopy } from '../../src/store/copy-store.ts';
import { openDataFolder } from '../../src/store/data-folder.ts';
import { inspectStore } from '../../src/store/inspect-store.ts';
import { journalKey } from '../../src/store/journal-codec.ts';
import { findFileDamage } from '../../src/store/level-files.ts';
import { openLevelStore } from '../../src/store/level-store.ts';
import { mendStore } from '../../src/store/mend-store.ts';
import { Snapshots } from '../../src/store/snapshots.ts';
import type { Store, StoreOperation } from '../../src/store/store.ts';
import { StoreJournal } from '../../src/store/store-journal.ts';
import { all, standingClocks } from './stage.ts';

const IDENTITY = { mode: 'sim', seed: 7, recording: null };
const NOW = unixMs(1);
/** Entries of the model: those of its first life stand in a table, the rest in the log. */
const IN_TABLE = 1_100;
const ENTRIES = 1_400;

let root: string;
let model: string;
let texts: readonly string[];
let number = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bothsides-mend-'));
  model = join(root, 'model');
  let lives: readonly number[] = [IN_TABLE, ENTRIES];
  for (; lives.length > 0; lives = lives.slice(1)) {
    const data = await openDataFolder(model, IDENTITY, NOW);
    const journal = await StoreJournal.open(data.store, standingClocks());
    while (journal.lastSequence < lives[0]!) {
      journal.append('fill.received', { index: journal.lastSequence, text: 'contracts'.repeat(3) });
      if (journal.lastSequence % 50 === 0) await journal.flush();
    }
    for (const session of ['s1', 's2']) save(data.store, journal, 'session', session);
    save(data.store, journal, 'counter', 'opened');
    await journal.flush();
    texts = (await all(data.store.entries({ gte: journalKey(1), lt: journalKey(ENTRIES + 1) }))).map(
      ([, value]) => value,
    );
    await data.removeRun();
    await data.close();
  }
});
afterAll(() => rm(root, { recursive: true, force: true }));

function save(store: Store, journal: StoreJournal, name: string, key: string): void {
  new Snapshots(store, journal, name).save(key, { version: 1, atSequence: journal.lastSequence, snapshot: { key } });
}

async function damaged(spoil: (store: string) => Promise<unknown>): Promise<string> {
  const folder = join(root, `data-${++number}`);
  await cp(model, folder, { recursive: true });
  await spoil(join(folder, 'store'));
  return folder;
}

/** Changes what is stored, past every checksum but our own. */
const rewrite = (change: (store: Store) => Promise<readonly StoreOperation[]>) => async (folder: string) => {
  const store = await openLevelStore(folder);
  await store.batch(await change(store), { sync: true });
  await store.close();
};
const altered = (key: string) =>
  rewrite(async (store) => [{ type: 'put', key, value: `${(await store.get(key))!.slice(0, -2)}X]` }]);
const removed = (key: string) => rewrite(async () => [{ type: 'del', key }]);

const flipped =
  (ending: string, share: number, bytes = 1) =>
  async (folder: string) => {
    const file = join(folder, (await readdir(folder)).find((name) => name.endsWith(ending))!);
    const content = await readFile(file);
    const at = Math.floor(content.length * share);
    for (let index = at; index < at + bytes; index++) content[index]! ^= 0x20;
    await writeFile(file, content);
  };
const without = (pattern: RegExp) => async (folder: string) => {
  for (const name of await readdir(folder)) if (pattern.test(name)) await rm(join(folder, name));
};

async function hashesOf(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => !/^(LOG|LOG\.old|LOCK)$/.test(name)).sort();
  return Promise.all(
    names.map(
      async (name) =>
        `${name} ${createHash('sha256')
          .update(await readFile(join(folder, name)))
          .digest('hex')}`,
    ),
  );
}

async function mend(folder: string) {
  return mendStore(folder, standingClocks(), findFileDamage(join(folder, 'store')) === null);
}

interface Case {
  readonly spoil: (store: string) => Promise<unknown>;
  /** Entries that must be kept at least and at most. */
  readonly kept: readonly [number, number];
  readonly bookmarks: number;
}
const CASES: Readonly<Record<string, Case>> = {
  'an altered entry': { spoil: altered(journalKey(700)), kept: [699, 699], bookmarks: 1 },
  'an altered last entry': { spoil: altered(journalKey(ENTRIES)), kept: [ENTRIES - 1, ENTRIES - 1], bookmarks: 1 },
  'a missing entry': { spoil: removed(journalKey(1_300)), kept: [1_299, 1_299], bookmarks: 1 },
  'a missing bookmarked entry': { spoil: removed(journalKey(1_000)), kept: [999, 999], bookmarks: 1 },
  'a missing first entry': { spoil: removed(journalKey(1)), kept: [0, 0], bookmarks: 1 },
  'an altered session': { spoil: altered('snapshot/session/s1'), kept: [ENTRIES, ENTRIES], bookmarks: 2 },
  'an altered bookmark': { spoil: altered('meta/journalBookmark'), kept: [ENTRIES, ENTRIES], bookmarks: 3 },
  'a stranger': {
    spoil: rewrite(async () => [{ type: 'put', key: 'virus', value: 'x' }]),
    kept: [ENTRIES, ENTRIES],
    bookmarks: 3,
  },
  'a version that is none': {
    spoil: rewrite(async () => [{ type: 'put', key: 'meta/version', value: 'two' }]),
    kept: [ENTRIES, ENTRIES],
    bookmarks: 3,
  },
  'an altered log': { spoil: flipped('.log', 0.5), kept: [IN_TABLE, ENTRIES - 1], bookmarks: 1 },
  'an altered table': { spoil: flipped('.ldb', 0.5, 64), kept: [400, 700], bookmarks: 1 },
  'no CURRENT': { spoil: without(/^CURRENT$/), kept: [ENTRIES, ENTRIES], bookmarks: 1 },
  'no MANIFEST': { spoil: without(/^MANIFEST/), kept: [ENTRIES, ENTRIES], bookmarks: 1 },
  'no log': { spoil: without(/\.log$/), kept: [IN_TABLE, IN_TABLE], bookmarks: 1 },
  'no table': { spoil: without(/\.ldb$/), kept: [0, 0], bookmarks: 1 },
  'nothing but a name': { spoil: without(/\.(ldb|log)$|^MANIFEST/), kept: [0, 0], bookmarks: 0 },
};

describe('A damaged store is mended', () => {
  it.each(Object.entries(CASES))('after %s', async (_, { spoil, kept, bookmarks }) => {
    const folder = await damaged(spoil);
    const before = await hashesOf(join(folder, 'store'));
    const copy = await openStoreCopy(folder, 'store');
    const found = copy.store === null ? null : await inspectStore(copy.store);
    await copy.close();
    expect(found === null || found.damage.length > 0 || findFileDamage(join(folder, 'store')) !== null).toBe(true);

    const mended = await mend(folder);
    expect(mended.aside).toBe('store.damaged.1');
    expect(mended.kept).toBeGreaterThanOrEqual(kept[0]);
    expect(mended.kept).toBeLessThanOrEqual(kept[1]);
    expect(await hashesOf(join(folder, 'store.damaged.1'))).toEqual(before);
    expect((await readdir(folder)).sort()).toEqual(['README.txt', 'store', 'store.damaged.1']);

    const data = await openDataFolder(folder, IDENTITY, NOW);
    const journal = await StoreJournal.open(data.store, standingClocks(), { checkAll: true });
    expect(journal.lastSequence).toBe(mended.kept + 1);
    const values = await all(data.store.entries({ gte: journalKey(1), lt: journalKey(mended.kept + 1) }));
    expect(values.map(([, value]) => value)).toEqual(texts.slice(0, mended.kept));
    const last = await all(journal.read(mended.kept + 1));
    expect(last).toMatchObject([{ kind: 'store.mended', data: { kept: mended.kept, lost: mended.lost } }]);
    let records = 0;
    for (const name of ['session', 'counter']) records += (await new Snapshots(data.store, journal, name).all()).length;
    expect([records, mended.bookmarks]).toEqual([bookmarks, bookmarks]);
    const whole = await inspectStore(data.store);
    expect([whole.damage, whole.entries]).toEqual([[], mended.kept + 1]);
    await data.close();
  });

  it('again and again: each damaged one keeps a name of its own', async () => {
    const folder = await damaged(altered(journalKey(700)));
    await mend(folder);
    await altered(journalKey(300))(join(folder, 'store'));
    expect(await mend(folder)).toMatchObject({ aside: 'store.damaged.2', kept: 299 });
  });
});

describe('A mending', () => {
  it('of a store that somebody works on is refused, and changes nothing', async () => {
    const folder = await damaged(async () => undefined);
    const data = await openDataFolder(folder, IDENTITY, NOW);
    await expect(mend(folder)).rejects.toMatchObject({ code: 'DATA_IN_USE' });
    await data.removeRun();
    await data.close();
    expect((await readdir(folder)).sort()).toEqual(['README.txt', 'store']);
  });

  it('of a store that a newer program wrote is refused, and changes nothing', async () => {
    const folder = await damaged(rewrite(async () => [{ type: 'put', key: 'meta/version', value: '99' }]));
    await expect(mend(folder)).rejects.toMatchObject({ code: 'DATA_VERSION' });
    expect(await readdir(join(folder))).toContain('store');
    expect(await readdir(join(folder))).not.toContain('store.damaged.1');
  });

  it('that was killed before it was done is begun again; killed between the two names, the next start ends it', async () => {
    const folder = await damaged(altered(journalKey(700)));
    await cp(join(model, 'store'), join(folder, 'store.mending'), { recursive: true });
    await cp(join(model, 'store'), join(folder, 'store.copy'), { recursive: true });
    await cp(join(model, 'store'), join(folder, 'store.mended'), { recursive: true });
    expect(await mend(folder)).toMatchObject({ aside: 'store.damaged.1', kept: 699 });
    expect((await readdir(folder)).sort()).toEqual(['README.txt', 'store', 'store.damaged.1']);

    await rename(join(folder, 'store'), join(folder, 'store.mended'));
    const data = await openDataFolder(folder, IDENTITY, NOW);
    expect(data.isNew).toBe(false);
    expect((await StoreJournal.open(data.store, standingClocks())).lastSequence).toBe(700);
    await data.close();
  });

  it('of a torn end is not needed', async () => {
    const folder = await damaged(async (store) => {
      const log = join(store, (await readdir(store)).find((name) => name.endsWith('.log'))!);
      await truncate(log, (await readFile(log)).length - 50);
    });
    const copy = await openStoreCopy(folder, 'store');
    expect((await inspectStore(copy.store!)).damage).toEqual([]);
    await copy.close();
    await (await openDataFolder(folder, IDENTITY, NOW)).close();
  });
});
