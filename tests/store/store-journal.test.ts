import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/domain/json.ts';
import { journalKey } from '../../src/store/journal-codec.ts';
import { openDamagedLevelStore, openLevelStore } from '../../src/store/level-store.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { StoreJournal } from '../../src/store/store-journal.ts';
import { all, standingClocks } from './stage.ts';

async function journalWith(count: number, store = new MemoryStore()) {
  const journal = await StoreJournal.open(store, standingClocks());
  for (let index = 1; index <= count; index++) journal.append('fill.received', { index });
  await journal.flush();
  return { store, journal };
}

async function settledTurn(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

describe('The journal', () => {
  it('numbers entries from 1 without holes, with both times, over every start', async () => {
    const store = new MemoryStore();
    const clocks = standingClocks();
    const first = await StoreJournal.open(store, clocks);
    expect(first.lastSequence).toBe(0);
    expect(first.append('order.intended', { price: 5_600 })).toBe(1);
    clocks.wall.advanceTo(1_000_005);
    expect(first.append('order.accepted', null)).toBe(2);
    await first.close();

    const second = await StoreJournal.open(store, clocks);
    expect(second.lastSequence).toBe(2);
    expect(second.append('session.moved', ['quoting'])).toBe(3);
    expect(await all(second.read())).toEqual([
      { sequence: 1, wallMs: 1_000_000, marketMs: 5_000_000, kind: 'order.intended', data: { price: 5_600 } },
      { sequence: 2, wallMs: 1_000_005, marketMs: 5_000_000, kind: 'order.accepted', data: null },
      { sequence: 3, wallMs: 1_000_005, marketMs: 5_000_000, kind: 'session.moved', data: ['quoting'] },
    ]);
  });

  it('reads from a number on, what was appended before the call', async () => {
    const { journal } = await journalWith(5);
    const reading = all(journal.read(4));
    journal.append('late', null);
    expect((await reading).map(({ sequence }) => sequence)).toEqual([4, 5]);
    expect(await all(journal.read(7))).toEqual([]);
  });

  it('keeps what an entry was when it was appended, though its data changes later', async () => {
    const journal = await StoreJournal.open(new MemoryStore(), standingClocks());
    const data = { quantity: 100 };
    journal.append('order.intended', data);
    data.quantity = 200;
    expect((await all(journal.read()))[0]!.data).toEqual({ quantity: 100 });
  });

  it('tells its listeners every entry in order, even those that a listener appends itself', async () => {
    const journal = await StoreJournal.open(new MemoryStore(), standingClocks());
    const heard: string[] = [];
    journal.entries$.subscribe(({ kind }) => {
      if (kind === 'question') journal.append('answer', null);
    });
    journal.entries$.subscribe({ next: ({ kind }) => heard.push(kind), complete: () => heard.push('end') });
    journal.append('question', null);
    expect(heard).toEqual(['question', 'answer']);
    await journal.close();
    expect(heard).toEqual(['question', 'answer', 'end']);
  });

  it('has one hash for one history, and another for any other', async () => {
    const hashOf = async (...datas: Json[]) => {
      const journal = await StoreJournal.open(new MemoryStore(), standingClocks());
      for (const data of datas) journal.append('x', data);
      return journal.hash();
    };
    expect(await hashOf(1, 2)).toBe(await hashOf(1, 2));
    expect(await hashOf(1, 2)).not.toBe(await hashOf(2, 1));
    expect(await hashOf(1, 2)).not.toBe(await hashOf(1, 2, 3));
    const { store, journal } = await journalWith(3);
    expect((await StoreJournal.open(store, standingClocks())).hash()).toBe(journal.hash());
  });

  it('refuses to grow after it was closed', async () => {
    const { journal } = await journalWith(1);
    await journal.close();
    await journal.close();
    expect(() => journal.append('late', null)).toThrow(/closed before "late"/);
  });
});

describe('Group commit', () => {
  it('has one batch on its way, and everything appended meanwhile in the next', async () => {
    const store = new MemoryStore();
    const journal = await StoreJournal.open(store, standingClocks());
    const sizes: number[] = [];
    const write = store.batch.bind(store);
    store.batch = (operations, options) => {
      expect(options.sync).toBe(true);
      sizes.push(operations.length);
      return write(operations, options);
    };
    store.holdWrites(true);
    for (let index = 0; index < 3; index++) journal.append('first', index);
    await settledTurn();
    for (let index = 0; index < 50; index++) journal.append('meanwhile', index);
    await settledTurn();
    expect(sizes).toEqual([3]);
    store.holdWrites(false);
    await journal.flush();
    expect(sizes).toEqual([3, 50]);
  });

  it('promises an entry only when it is on disk, and no later than the ones before it', async () => {
    const store = new MemoryStore();
    const journal = await StoreJournal.open(store, standingClocks());
    const safe: number[] = [];
    store.holdWrites(true);
    const first = journal.append('a', null);
    void journal.synced(first).then(() => safe.push(first));
    await settledTurn();
    const second = journal.append('b', null);
    void journal.synced(second).then(() => safe.push(second));
    await settledTurn();
    expect(safe).toEqual([]);
    store.holdWrites(false);
    await settledTurn();
    expect(safe).toEqual([1, 2]);
    await journal.synced(first);
  });

  it('leaves nothing of what was not promised after a power cut, and everything that was', async () => {
    const { store, journal } = await journalWith(4);
    store.holdWrites(true);
    journal.append('torn', 5);
    await settledTurn();
    journal.append('torn', 6);
    const after = await StoreJournal.open(store.crash(), standingClocks());
    expect(after.lastSequence).toBe(4);
    expect((await all(after.read())).length).toBe(4);
    expect(after.append('next', null)).toBe(5);
  });

  it('settles in microtasks alone on a store in memory', async () => {
    const journal = await StoreJournal.open(new MemoryStore(), standingClocks());
    let safe = false;
    void journal.synced(journal.append('a', null)).then(() => {
      safe = true;
    });
    await settledTurn();
    expect(safe).toBe(true);
  });
});

describe('A disk that refuses', () => {
  it('is heard once; what was not written is never promised, and appending goes on in memory', async () => {
    const { store, journal } = await journalWith(2);
    const heard: Error[] = [];
    journal.onFailure((error) => heard.push(error));
    store.failWrites(true);
    const sequence = journal.append('order.intended', null);
    await expect(journal.synced(sequence)).rejects.toMatchObject({ code: 'DATA_UNWRITABLE' });
    const told: number[] = [];
    journal.entries$.subscribe((entry) => told.push(entry.sequence));
    expect(journal.append('order.canceled', null)).toBe(4);
    expect(told).toEqual([4]);
    await expect(journal.synced(4)).rejects.toMatchObject({ code: 'DATA_UNWRITABLE' });
    await expect(journal.flush()).rejects.toMatchObject({ code: 'DATA_UNWRITABLE' });
    await journal.synced(2);
    expect(heard).toHaveLength(1);
    journal.onFailure((error) => heard.push(error));
    expect(heard).toHaveLength(2);
    expect(heard[1]).toBe(heard[0]);
  });

  it('gets nothing more, so that no later entry stands behind a hole', async () => {
    const { store, journal } = await journalWith(2);
    store.failWrites(true);
    journal.append('lost', null);
    await settledTurn();
    store.failWrites(false);
    journal.append('after', null);
    await settledTurn();
    expect((await StoreJournal.open(store, standingClocks())).lastSequence).toBe(2);
  });

  it('by not answering counts as failed after the stall time of the wall clock, and not before', async () => {
    const store = new MemoryStore();
    const clocks = standingClocks();
    const journal = await StoreJournal.open(store, clocks, { writeStallMs: 5_000 });
    const heard: Error[] = [];
    journal.onFailure((error) => heard.push(error));
    store.holdWrites(true);
    const waiting = journal.synced(journal.append('order.intended', null));
    await settledTurn();
    clocks.wall.advanceTo(1_000_000 + 4_999);
    clocks.market.advanceTo(9_000_000);
    expect(heard).toEqual([]);
    clocks.wall.advanceTo(1_000_000 + 5_100);
    await expect(waiting).rejects.toMatchObject({ code: 'DATA_UNWRITABLE', message: /5000 ms/ });
    clocks.wall.advanceTo(2_000_000);
    expect(heard).toHaveLength(1);
  });

  it('and wakes up after a stall remembers what happened meanwhile, though nothing is promised any more', async () => {
    const store = new MemoryStore();
    const clocks = standingClocks();
    const journal = await StoreJournal.open(store, clocks, { writeStallMs: 100 });
    store.holdWrites(true);
    journal.append('before', null);
    await settledTurn();
    clocks.wall.advanceTo(1_001_000);
    journal.append('order.canceled', null);
    store.holdWrites(false);
    await settledTurn();
    await expect(journal.synced(journal.append('after', null))).rejects.toMatchObject({ code: 'DATA_UNWRITABLE' });
    await settledTurn();
    expect((await StoreJournal.open(store.crash(), clocks)).lastSequence).toBe(3);
  });

  it('leaves no timer behind a write that was answered', async () => {
    const clocks = standingClocks();
    const journal = await StoreJournal.open(new MemoryStore(), clocks);
    await journal.synced(journal.append('a', null));
    await settledTurn();
    expect(clocks.wall.nextDueMs).toBeNull();
  });
});

describe('Damage', () => {
  it('that took an entry away is found at open and named', async () => {
    const { store } = await journalWith(9);
    await store.batch([{ type: 'del', key: journalKey(5) }], { sync: true });
    await expect(StoreJournal.open(store, standingClocks())).rejects.toMatchObject({
      code: 'DATA_DAMAGED',
      message: /entry 5: it is missing/,
    });
  });

  it('that took only the last entries away is a torn end, and normal', async () => {
    const { store } = await journalWith(9);
    for (const sequence of [9, 8]) await store.batch([{ type: 'del', key: journalKey(sequence) }], { sync: true });
    expect((await StoreJournal.open(store, standingClocks())).lastSequence).toBe(7);
  });

  it('before the bookmark of a clean stop is found when it is read, or when everything is checked', async () => {
    const { store, journal } = await journalWith(9);
    await journal.close();
    await store.batch([{ type: 'del', key: journalKey(5) }], { sync: true });
    const again = await StoreJournal.open(store, standingClocks());
    await expect(all(again.read())).rejects.toMatchObject({ code: 'DATA_DAMAGED', message: /entry 5/ });
    await expect(StoreJournal.open(store, standingClocks(), { checkAll: true })).rejects.toMatchObject({
      code: 'DATA_DAMAGED',
      message: /entry 5/,
    });
  });

  it('that took the bookmarked entry itself away is found', async () => {
    const { store, journal } = await journalWith(9);
    await journal.close();
    await store.batch([{ type: 'del', key: journalKey(9) }], { sync: true });
    await expect(StoreJournal.open(store, standingClocks())).rejects.toMatchObject({
      code: 'DATA_DAMAGED',
      message: /entry 9: it is missing/,
    });
  });

  it('under LevelDB’s own files never passes as a shorter or another history', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bothsides-journal-'));
    try {
      const written = await openLevelStore(folder);
      const journal = await StoreJournal.open(written, standingClocks());
      for (let index = 0; index < 2_000; index++)
        journal.append('fill.received', { index, text: 'x'.repeat(index % 70) });
      await journal.flush();
      await written.close();
      // A second start turns the log into a table.
      await (await openLevelStore(folder)).close();
      const tables = (await readdir(folder)).filter((name) => name.endsWith('.ldb'));
      expect(tables.length).toBeGreaterThan(0);
      const file = join(folder, tables[0]!);
      const bytes = await readFile(file);
      bytes.fill(0x5a, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 64);
      await writeFile(file, bytes);
      await expect(openLevelStore(folder)).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
      // Behind that check stands another: what LevelDB makes of it.
      const store = await openDamagedLevelStore(folder);
      const readAll = StoreJournal.open(store, standingClocks()).then((damaged) => all(damaged.read()));
      await expect(readAll).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
      const checkAll = StoreJournal.open(store, standingClocks(), { checkAll: true });
      await expect(checkAll).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
      await store.close();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('On disk', () => {
  it('the journal comes back as it was', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bothsides-journal-'));
    try {
      const first = await openLevelStore(folder);
      const journal = await StoreJournal.open(first, standingClocks());
      for (let index = 0; index < 300; index++) journal.append('fill.received', { index });
      await journal.synced(journal.lastSequence);
      const hash = journal.hash();
      await journal.close();
      await first.close();
      const second = await openLevelStore(folder);
      const again = await StoreJournal.open(second, standingClocks());
      expect([again.lastSequence, again.hash()]).toEqual([300, hash]);
      expect((await all(again.read(299))).map(({ data }) => data)).toEqual([{ index: 298 }, { index: 299 }]);
      await second.close();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
