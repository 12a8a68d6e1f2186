/**
 * LevelDB's own files, damaged on a real disk. What must hold of its log, as it is read before LevelDB is let near it:
 *
 * 1. One changed byte anywhere is found, or changes nothing of what is read.
 * 2. A log cut off anywhere is a torn end: what stands before is whole, and nothing is called altered.
 * 3. A torn end whose last part the disk never filled is a torn end too; a hole before a later record is damage.
 */
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Level } from 'level';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crc32c } from '../../src/store/crc32c.ts';
import { findFileDamage } from '../../src/store/level-files.ts';
import { readLog } from '../../src/store/level-log.ts';
import { openLevelStore } from '../../src/store/level-store.ts';
import { alteredBlock } from '../../src/store/level-table.ts';
import { StoreJournal } from '../../src/store/store-journal.ts';
import { checkVersion } from '../../src/store/store-version.ts';
import { standingClocks } from './stage.ts';

let root: string;
/** A database as a killed process leaves it: tables, and a log of several blocks. */
let model: string;
let log: Buffer;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bothsides-files-'));
  model = join(root, 'model');
  for (let life = 0; life < 2; life++) {
    const store = await openLevelStore(model);
    const journal = await StoreJournal.open(store, standingClocks());
    for (let batch = 12; batch > 0; batch--) {
      for (let index = 0; index < 3 + batch * 12; index++)
        journal.append('order.intended', { index, market: `RAIN-26-${index}` });
      await journal.flush();
    }
    await store.close();
  }
  log = await readFile(join(model, (await filesOf(model, '.log'))[0]!));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function filesOf(folder: string, ending: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith(ending));
}

function recordsOf(bytes: Buffer): { hashes: string[]; altered: boolean } {
  const hashes: string[] = [];
  const { alteredAt } = readLog(bytes, (record) => hashes.push(createHash('sha256').update(record).digest('hex')));
  return { hashes, altered: alteredAt !== null };
}

describe('LevelDB’s log', () => {
  it('bears the checksum that its makers chose', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(Buffer.alloc(0))).toBe(0);
    const text = Buffer.from('any text, longer than eight bytes');
    for (let start = 0; start < 9; start++) expect(crc32c(text, start)).toBe(crc32c(text.subarray(start)));
  });

  it('is read to its end over blocks and parts of records', () => {
    expect(log.length).toBeGreaterThan(3 * 32_768);
    const { hashes, altered } = recordsOf(log);
    expect(altered).toBe(false);
    expect(hashes.length).toBeGreaterThanOrEqual(12);
  });

  it('with one changed byte is found, or says the same', () => {
    const whole = recordsOf(log);
    fc.assert(
      fc.property(fc.nat(log.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = Buffer.from(log);
        bytes[at]! ^= change;
        expect(readLog(bytes).alteredAt !== null || recordsOf(bytes).hashes.join() === whole.hashes.join()).toBe(true);
      }),
      {
        numRuns: 300,
        examples: [
          [log.length - 1, 1],
          [0, 1],
          [4, 1],
          [5, 255],
          [6, 2],
        ],
      },
    );
  });

  it('with any byte of its last record changed is found too, its length included', () => {
    const last = lastRecordAt(log);
    for (let at = last; at < log.length; at += at < last + 30 ? 1 : 29) {
      const bytes = Buffer.from(log);
      bytes[at]! ^= 0x11;
      expect(readLog(bytes).alteredAt, `byte ${at}`).not.toBeNull();
    }
  });

  it('that breaks off anywhere has a torn end, and what stands before it is whole', () => {
    const { hashes } = recordsOf(log);
    fc.assert(
      fc.property(fc.nat(log.length), (length) => {
        const found = recordsOf(log.subarray(0, length));
        expect(found.altered).toBe(false);
        expect(found.hashes).toEqual(hashes.slice(0, found.hashes.length));
      }),
      { numRuns: 300 },
    );
  });

  it('whose last write the disk filled only in part has a torn end; with a record behind the hole it is damaged', () => {
    const last = lastRecordAt(log);
    const torn = Buffer.from(log).fill(0, last + 40);
    expect(recordsOf(torn).altered).toBe(false);
    const grown = Buffer.concat([log, Buffer.alloc(5_000)]);
    expect(recordsOf(grown)).toEqual({ ...recordsOf(log) });
    const holed = Buffer.from(log).fill(0, 40_000, 41_000);
    expect(recordsOf(holed).altered).toBe(true);
  });
});

/** Where the last record of a log begins; it stands in one part. */
function lastRecordAt(bytes: Buffer): number {
  let last = -1;
  for (let at = bytes.length - 8; last < 0; at--) {
    if (bytes[at + 6] === 1 && at + 7 + bytes.readUInt16LE(at + 4) === bytes.length) last = at;
  }
  return last;
}

/** One of the files, by its ending or name. */
async function fileIn(folder: string, what: RegExp): Promise<string> {
  return join(folder, (await readdir(folder)).find((name) => what.test(name))!);
}

async function flip(file: string, share: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[Math.floor(bytes.length * share)]! ^= 0x20;
  await writeFile(file, bytes);
}

const DAMAGES: readonly (readonly [what: string, spoil: (folder: string) => Promise<void>, message: RegExp])[] = [
  ['without CURRENT', async (at) => rm(join(at, 'CURRENT')), /CURRENT is missing/],
  ['with an empty CURRENT', (at) => writeFile(join(at, 'CURRENT'), ''), /CURRENT does not name a MANIFEST/],
  [
    'with a CURRENT that leads nowhere',
    (at) => writeFile(join(at, 'CURRENT'), 'MANIFEST-999999\n'),
    /MANIFEST-999999 is missing/,
  ],
  ['without its MANIFEST', async (at) => rm(await fileIn(at, /^MANIFEST/)), /MANIFEST-\d+ is missing/],
  ['with an empty MANIFEST', async (at) => truncate(await fileIn(at, /^MANIFEST/)), /MANIFEST-\d+ has no beginning/],
  [
    'with an altered MANIFEST',
    async (at) => flip(await fileIn(at, /^MANIFEST/), 0.3),
    /MANIFEST-\d+ was altered at byte/,
  ],
  ['with an altered log', async (at) => flip(await fileIn(at, /\.log$/), 0.5), /\.log was altered at byte/],
  ['without its log', async (at) => rm(await fileIn(at, /\.log$/)), /\.log is missing/],
  [
    'with an empty table',
    async (at) => truncate(await fileIn(at, /\.ldb$/)),
    /\.ldb has 0 bytes where \d+ were written/,
  ],
  [
    'with an altered table',
    async (at) => flip(await fileIn(at, /\.ldb$/), 0.5),
    /\.ldb was altered in the block at byte/,
  ],
  ['without a table', async (at) => rm(await fileIn(at, /\.ldb$/)), /\.ldb is missing/],
];

describe('LevelDB’s tables', () => {
  it('with one changed byte are found, or the byte says nothing', async () => {
    const table = await readFile(await fileIn(model, /\.ldb$/));
    expect(alteredBlock(table)).toBeNull();
    // Between the handles and the sign at its end the footer is filled up with nothing.
    const [from, to] = [table.length - 48 + 8, table.length - 8];
    fc.assert(
      fc.property(fc.nat(table.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = Buffer.from(table);
        bytes[at]! ^= change;
        expect(alteredBlock(bytes) !== null || (at >= from && at < to), `byte ${at}`).toBe(true);
      }),
      {
        numRuns: 200,
        examples: [
          [0, 1],
          [table.length - 49, 1],
          [table.length - 48, 1],
          [table.length - 1, 1],
        ],
      },
    );
    for (const length of [0, 40, 48, 100, table.length - 1]) {
      expect(alteredBlock(table.subarray(0, length)), `${length} bytes`).not.toBeNull();
    }
  });
});

describe('A database', () => {
  async function copyOfModel(name: string): Promise<string> {
    const folder = join(root, name);
    await cp(model, folder, { recursive: true });
    return folder;
  }

  async function contentOf(folder: string): Promise<string[]> {
    // LevelDB's own diary and its lock are no data.
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

  it('as it was left is whole, and one that was never made is no damage', async () => {
    expect(findFileDamage(model)).toBeNull();
    expect(findFileDamage(join(root, 'nowhere'))).toBeNull();
    expect((await filesOf(model, '.ldb')).length).toBeGreaterThan(0);
    const begun = await copyOfModel('begun');
    for (const name of await readdir(begun)) if (!name.startsWith('MANIFEST')) await rm(join(begun, name));
    // A first start that died before it had written CURRENT.
    expect(findFileDamage(begun)).toBeNull();
    await (await openLevelStore(begun)).close();
  });

  it.each(DAMAGES)('%s is refused with what to do, and nothing of it is touched', async (what, spoil, message) => {
    const folder = await copyOfModel(what.replaceAll(' ', '-'));
    await spoil(folder);
    const before = await contentOf(folder);
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(openLevelStore(folder)).rejects.toMatchObject({
        code: 'DATA_DAMAGED',
        message,
        remedy: expect.stringContaining('npm run doctor'),
      });
    }
    expect(await contentOf(folder)).toEqual(before);
  });

  it('with a torn log opens with what was promised', async () => {
    const folder = await copyOfModel('torn');
    const file = await fileIn(folder, /\.log$/);
    await truncate(file, (await stat(file)).size - 100);
    const store = await openLevelStore(folder);
    const journal = await StoreJournal.open(store, standingClocks(), { checkAll: true });
    expect(journal.lastSequence).toBeGreaterThan(500);
    await store.close();
  });

  it('of another program is told from ours', async () => {
    const folder = join(root, 'foreign');
    const theirs = new Level<string, string>(folder);
    await theirs.put('holiday', 'photos');
    await theirs.close();
    const store = await openLevelStore(folder);
    await expect(checkVersion(store)).rejects.toMatchObject({
      code: 'DATA_DAMAGED',
      message: /no version, though it holds "holiday"/,
    });
    expect(await store.get('holiday')).toBe('photos');
    await store.close();
  });
});
