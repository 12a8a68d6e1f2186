/**
 * What must hold of the journal, whatever happens to the process and the disk:
 *
 * 1. What was promised (`synced`) is there after a power cut, unchanged and in order.
 * 2. What is there after a power cut is a prefix of what was appended: no hole, no stranger, nothing twice.
 * 3. A start that changes nothing changes nothing: opening twice gives the same entries and the same hash.
 * 4. The hash is a function of the entries alone: not of how they were grouped, of starts, or of bookmarks.
 * 5. Any single change to a stored entry, and any entry missing from the middle, is found at open and named.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../src/domain/journal.ts';
import type { Json } from '../../src/domain/json.ts';
import { journalKey } from '../../src/store/journal-codec.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { StoreJournal } from '../../src/store/store-journal.ts';
import { all, standingClocks } from '../store/stage.ts';

const json = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>;

type Step =
  | { readonly do: 'append'; readonly data: Json }
  | { readonly do: 'wait' }
  | { readonly do: 'hold'; readonly held: boolean }
  | { readonly do: 'stop' }
  | { readonly do: 'crash'; readonly survivors: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: json.map((data) => ({ do: 'append', data }) as const) },
  { weight: 3, arbitrary: fc.constant({ do: 'wait' } as const) },
  { weight: 2, arbitrary: fc.boolean().map((held) => ({ do: 'hold', held }) as const) },
  { weight: 1, arbitrary: fc.constant({ do: 'stop' } as const) },
  { weight: 1, arbitrary: fc.nat(2).map((survivors) => ({ do: 'crash', survivors }) as const) },
);

async function microtasks(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await Promise.resolve();
}

/** As it comes back from text: −0 and the like are gone. */
const stored = (data: Json): Json => JSON.parse(JSON.stringify(data)) as Json;

describe('The journal', () => {
  it('survives crashes with everything promised and a prefix of the rest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const clocks = standingClocks();
        let store = new MemoryStore();
        let journal = await StoreJournal.open(store, clocks);
        let appended: Json[] = [];
        let promised = 0;
        for (const now of steps) {
          if (now.do === 'append') {
            const sequence = journal.append('k', now.data);
            appended.push(stored(now.data));
            expect(sequence).toBe(appended.length);
            journal.synced(sequence).then(
              () => {
                promised = Math.max(promised, sequence);
              },
              () => {},
            );
          } else if (now.do === 'wait') await microtasks();
          else if (now.do === 'hold') store.holdWrites(now.held);
          else {
            if (now.do === 'stop') {
              store.holdWrites(false);
              await journal.close();
              await microtasks();
            }
            const survivors = now.do === 'crash' ? now.survivors : 0;
            const promisedBefore = now.do === 'stop' ? appended.length : promised;
            store = store.crash(survivors);
            await microtasks();
            journal = await StoreJournal.open(store, clocks);
            const twice = await StoreJournal.open(store, clocks);
            expect([twice.lastSequence, twice.hash()]).toEqual([journal.lastSequence, journal.hash()]);
            expect(journal.lastSequence).toBeGreaterThanOrEqual(promisedBefore);
            appended = appended.slice(0, journal.lastSequence);
            promised = journal.lastSequence;
            expect((await all(journal.read())).map(({ data }) => data)).toEqual(appended);
          }
        }
        store.holdWrites(false);
        expect((await all(journal.read())).map(({ data }) => data)).toEqual(appended);
      }),
      { numRuns: 150 },
    );
  });

  it('has the same hash however its entries were grouped and however often it was stopped', async () => {
    const entries = fc.array(fc.tuple(json, fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 15 });
    await fc.assert(
      fc.asyncProperty(entries, async (list) => {
        const clocks = standingClocks();
        const straight = await StoreJournal.open(new MemoryStore(), clocks);
        const store = new MemoryStore();
        let broken = await StoreJournal.open(store, clocks);
        for (const [data, waits, stops] of list) {
          straight.append('k', data);
          broken.append('k', data);
          if (waits) await microtasks();
          if (stops) {
            await broken.close();
            broken = await StoreJournal.open(store, clocks);
          }
        }
        expect(broken.hash()).toBe(straight.hash());
      }),
      { numRuns: 100 },
    );
  });

  it('finds any changed character and any missing entry, and names the entry', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(json, { minLength: 2, maxLength: 12 }),
        fc.nat(),
        fc.nat(),
        fc.boolean(),
        async (datas, which, where, removes) => {
          const store = new MemoryStore();
          const journal = await StoreJournal.open(store, standingClocks());
          for (const data of datas) journal.append('k', data);
          await journal.flush();
          const sequence = 1 + (which % (removes ? datas.length - 1 : datas.length));
          const key = journalKey(sequence);
          const value = (await store.get(key))!;
          const at = where % value.length;
          const changed = value.slice(0, at) + (value[at] === 'x' ? 'y' : 'x') + value.slice(at + 1);
          await store.batch([removes ? { type: 'del', key } : { type: 'put', key, value: changed }], { sync: true });
          await expect(StoreJournal.open(store, standingClocks())).rejects.toMatchObject({
            code: 'DATA_DAMAGED',
            message: expect.stringContaining(`entry ${sequence}:`),
          });
        },
      ),
      { numRuns: 200 },
    );
  });

  it('gives listeners exactly what a later reader finds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(json, { maxLength: 10 }), async (datas) => {
        const journal = await StoreJournal.open(new MemoryStore(), standingClocks());
        const heard: JournalEntry[] = [];
        journal.entries$.subscribe((entry) => heard.push({ ...entry, data: stored(entry.data) }));
        for (const data of datas) journal.append('k', data);
        expect(await all(journal.read())).toEqual(heard);
      }),
      { numRuns: 50 },
    );
  });
});
