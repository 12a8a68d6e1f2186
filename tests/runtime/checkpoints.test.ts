/** Checkpoints beside a journal: when they are written, what a start reads, and which are not believed. */
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/domain/json.ts';
import { ManualClock } from '../../src/domain/manual-clock.ts';
import { Checkpoints } from '../../src/runtime/checkpoints.ts';
import { type Log, SILENT } from '../../src/runtime/log.ts';
import { REMEMBERED_VERSION, Remembered } from '../../src/runtime/remembered.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { Snapshots } from '../../src/store/snapshots.ts';
import { StoreJournal } from '../../src/store/store-journal.ts';
import { NOON_MS } from '../support/markets.ts';

type Written = readonly [kind: string, data: Json];

const plain = (remembered: Remembered): unknown => JSON.parse(JSON.stringify(remembered.toJson()));

/** A folder on which one process after the other lives. */
class Folder {
  store = new MemoryStore();
  readonly warnings: string[] = [];
  readonly #log: Log = { ...SILENT, warn: (_detail: object, message: string) => void this.warnings.push(message) };

  async open() {
    const clock = new ManualClock(NOON_MS);
    const journal = await StoreJournal.open(this.store, { wall: clock, market: clock });
    const snapshots = new Snapshots(this.store, journal, 'trader');
    const remembered = new Remembered();
    const read: number[] = [];
    const counted = {
      get lastSequence() {
        return journal.lastSequence;
      },
      entries$: journal.entries$,
      async *readPages(from: number) {
        for await (const page of journal.readPages(from)) {
          read.push(...page.map(({ sequence }) => sequence));
          yield page;
        }
      },
    };
    const checkpoints = new Checkpoints({ journal: counted, snapshots, log: this.#log }, remembered);
    await checkpoints.load();
    return { journal, snapshots, remembered, checkpoints, read };
  }

  die(): void {
    this.store = this.store.crash();
  }
}

const fillNumber = (index: number): Written => [
  'fill.received',
  {
    tradeId: `t${index}`,
    orderId: 'o',
    clientOrderId: null,
    market: 'KXA',
    side: 'bid',
    price: 4_000,
    quantity: 100,
    fee: 1,
    isTaker: false,
    positionAfter: null,
    atMs: NOON_MS + index,
  },
];

describe('Checkpoints', () => {
  it('are written every five thousand entries, and a start reads what came after the last', async () => {
    const folder = new Folder();
    const first = await folder.open();
    for (let index = 0; index < 5_400; index++) first.journal.append(...fillNumber(index));
    await first.journal.flush();
    folder.die();
    const second = await folder.open();
    expect(second.read[0]).toBe(5_001);
    expect(second.read).toHaveLength(400);
    expect(plain(second.remembered)).toEqual(plain(first.remembered));
    expect(second.remembered.ledger.apply(fillNumber(17)[1] as never)).toBe('duplicate');
  });

  it('are never there without the entries that they speak of', async () => {
    const folder = new Folder();
    const first = await folder.open();
    for (let index = 0; index < 5_100; index++) first.journal.append(...fillNumber(index));
    // Nothing was synced: the power goes in the same turn.
    folder.die();
    const second = await folder.open();
    expect(second.journal.lastSequence).toBeGreaterThanOrEqual(second.checkpoints.atSequence);
    expect(folder.warnings).toEqual([]);
  });

  it('at a clean end leave nothing to read', async () => {
    const folder = new Folder();
    const first = await folder.open();
    for (let index = 0; index < 40; index++) first.journal.append(...fillNumber(index));
    first.checkpoints.save();
    await first.journal.close();
    const second = await folder.open();
    expect(second.read).toEqual([]);
    expect(plain(second.remembered)).toEqual(plain(first.remembered));
  });

  it('drop the names of fills that were proven since', async () => {
    const folder = new Folder();
    const first = await folder.open();
    for (let index = 0; index < 5_000; index++) first.journal.append(...fillNumber(index));
    first.journal.append('account.proven', { fillsBeforeMs: NOON_MS + 1_000_000, settledMs: null });
    for (let index = 2_000_000; index < 2_000_010; index++) first.journal.append(...fillNumber(index));
    first.checkpoints.save();
    await first.journal.close();
    const names = (await new Snapshots(folder.store, first.journal, 'trader').all()).map(({ session }) => session);
    expect(names).toHaveLength(2);
    const second = await folder.open();
    expect(plain(second.remembered)).toEqual(plain(first.remembered));
    expect(second.remembered.ledger.fillCount).toBe(5_010);
  });

  it.each([
    [
      'of a version that nobody knows',
      async (folder: Folder) => {
        const { snapshots, journal, remembered } = await folder.open();
        const snapshot = { segments: [], written: 0, state: remembered.toJson(false) };
        snapshots.save('remembered', { version: REMEMBERED_VERSION + 1, atSequence: journal.lastSequence, snapshot });
        await journal.flush();
      },
    ],
    [
      'that was altered',
      async (folder: Folder) => {
        const key = 'snapshot/trader/remembered';
        const value = (await folder.store.get(key))!.replace('"isOpened":false', '"isOpened":true');
        await folder.store.batch([{ type: 'put', key, value }], { sync: true });
      },
    ],
    [
      'whose fills were altered',
      async (folder: Folder) => {
        const key = 'snapshot/trader/fills-000000001';
        const value = (await folder.store.get(key))!.replace('t17|o', 't18|o');
        await folder.store.batch([{ type: 'put', key, value }], { sync: true });
      },
    ],
    [
      'that lost its fills',
      async (folder: Folder) => {
        await folder.store.batch([{ type: 'del', key: 'snapshot/trader/fills-000000001' }], { sync: true });
      },
    ],
    [
      'that is ahead of its journal',
      async (folder: Folder) => {
        const { snapshots, journal, remembered } = await folder.open();
        const state = { ...(remembered.toJson(false) as object), atSequence: 9_999 } as Json;
        snapshots.save('remembered', {
          version: REMEMBERED_VERSION,
          atSequence: 9_999,
          snapshot: { segments: [], written: 0, state },
        });
        await journal.flush();
      },
    ],
  ])('%s are not believed: the whole journal is read, and said so, once', async (_, spoil) => {
    const folder = new Folder();
    const first = await folder.open();
    for (let index = 0; index < 600; index++) first.journal.append(...fillNumber(index));
    first.checkpoints.save();
    await first.journal.close();
    await spoil(folder);
    const second = await folder.open();
    expect(folder.warnings).toEqual(['the checkpoint is not believed: the whole journal is read instead']);
    expect(second.read).toHaveLength(600);
    expect(plain(second.remembered)).toEqual(plain(first.remembered));
    second.checkpoints.save();
    await second.journal.close();
    const third = await folder.open();
    expect(folder.warnings).toHaveLength(1);
    expect(third.read).toEqual([]);
    expect(plain(third.remembered)).toEqual(plain(first.remembered));
  });
});
