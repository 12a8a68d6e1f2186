import { describe, expect, it } from 'vitest';
import { journalKey } from '../../src/store/journal-codec.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { migrate, Snapshots } from '../../src/store/snapshots.ts';
import { StoreJournal } from '../../src/store/store-journal.ts';
import { standingClocks } from './stage.ts';

async function stage() {
  const store = new MemoryStore();
  const journal = await StoreJournal.open(store, standingClocks());
  return { store, journal, snapshots: new Snapshots(store, journal) };
}

describe('Snapshots', () => {
  it('are one record a session: the last one saved, in the order of the names', async () => {
    const { journal, snapshots } = await stage();
    for (let entry = 1; entry <= 9; entry++) journal.append('session.moved', entry);
    snapshots.save('s2', { version: 1, atSequence: 3, snapshot: { value: 'warmup' } });
    snapshots.save('s1', { version: 1, atSequence: 4, snapshot: { value: 'quoting' } });
    snapshots.save('s2', { version: 1, atSequence: 9, snapshot: { value: 'softExit' } });
    expect(await snapshots.all()).toEqual([
      { session: 's1', version: 1, atSequence: 4, snapshot: { value: 'quoting' } },
      { session: 's2', version: 1, atSequence: 9, snapshot: { value: 'softExit' } },
    ]);
    snapshots.remove('s1');
    expect((await snapshots.all()).map(({ session }) => session)).toEqual(['s2']);
  });

  it('of one name are apart from those of another', async () => {
    const { store, journal, snapshots } = await stage();
    const ledgers = new Snapshots(store, journal, 'ledger');
    ledgers.save('main', { version: 1, atSequence: 0, snapshot: {} });
    expect(await snapshots.all()).toEqual([]);
    expect(await ledgers.all()).toHaveLength(1);
  });

  it('are never on disk without the entries before them, whatever a power cut leaves', async () => {
    for (let survivors = 0; survivors <= 3; survivors++) {
      const { store, journal, snapshots } = await stage();
      store.holdWrites(true);
      for (let round = 1; round <= 3; round++) {
        const atSequence = journal.append('session.moved', round);
        snapshots.save('s', { version: 1, atSequence, snapshot: round });
        if (round === 2) await Promise.resolve();
      }
      const after = store.crash(survivors);
      const recovered = await StoreJournal.open(after, standingClocks());
      for (const found of await new Snapshots(after, recovered).all()) {
        expect(found.atSequence).toBeLessThanOrEqual(recovered.lastSequence);
      }
    }
  });

  it('that were altered are found', async () => {
    const { store, snapshots } = await stage();
    snapshots.save('s1', { version: 1, atSequence: 0, snapshot: { inventory: 500 } });
    const [found] = await snapshots.all();
    expect(found!.snapshot).toEqual({ inventory: 500 });
    const key = 'snapshot/session/s1';
    const value = (await store.get(key))!.replace('500', '501');
    await store.batch([{ type: 'put', key, value }], { sync: true });
    await expect(snapshots.all()).rejects.toMatchObject({ code: 'DATA_DAMAGED', message: /session\/s1/ });
  });

  it('that speak of entries which the journal has lost are found', async () => {
    const { store, journal, snapshots } = await stage();
    for (let entry = 1; entry <= 9; entry++) journal.append('session.moved', entry);
    snapshots.save('s1', { version: 1, atSequence: 9, snapshot: {} });
    await journal.flush();
    await store.batch([{ type: 'del', key: journalKey(9) }], { sync: true });
    const shorter = await StoreJournal.open(store, standingClocks());
    await expect(new Snapshots(store, shorter).all()).rejects.toMatchObject({
      code: 'DATA_DAMAGED',
      message: /ends at entry 8, but the stored snapshot snapshot\/session\/s1 is of entry 9/,
      remedy: /npm run doctor/,
    });
  });

  it('of an older version are brought forward step by step, and unknown ones are refused with what to do', () => {
    const record = { session: 's1', version: 1, atSequence: 7, snapshot: { width: 'normal' } };
    const steps = {
      1: () => ({ flow: 'live', width: 'normal' }),
      2: (snapshot: unknown) => ({ ...(snapshot as object), sides: 'both' }),
    };
    expect(migrate(record, 1)).toEqual(record);
    expect(migrate(record, 3, steps)).toEqual({
      session: 's1',
      version: 3,
      atSequence: 7,
      snapshot: { flow: 'live', width: 'normal', sides: 'both' },
    });
    expect(() => migrate({ ...record, version: 4 }, 3, steps)).toThrow(/version 4; this program knows 3/);
    expect(() => migrate({ ...record, version: 0 }, 3, steps)).toThrow(
      expect.objectContaining({ code: 'DATA_VERSION', remedy: expect.stringMatching(/set the data folder aside/) }),
    );
  });
});
