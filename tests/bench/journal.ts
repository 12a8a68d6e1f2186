/** What a restart costs beside opening the database bare: the journal's check of its tail, and reading that tail once. */
import { copyFile, link, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { createSystemClock } from '../../src/runtime/system-clock.ts';
import { openLevelStore } from '../../src/store/level-store.ts';
import { StoreJournal } from '../../src/store/store-journal.ts';
import { type BenchRow, compare, ratioRow } from './row.ts';

/** With BOTHSIDES_LONG=1 the whole million of the budget; it takes half a minute to write. */
const ENTRIES = process.env.BOTHSIDES_LONG === '1' ? 1_000_000 : 100_000;
/** Not a multiple of the bookmark's distance: a killed process leaves some unchecked. */
const TAIL = 9_999;
const TOGETHER = 5_000;

const clock = createSystemClock();
const clocks = { wall: clock, market: clock };

/** A journal as a killed process leaves it: no bookmark at the end. */
async function writeJournal(folder: string): Promise<void> {
  const store = await openLevelStore(folder);
  const journal = await StoreJournal.open(store, clocks);
  while (journal.lastSequence < ENTRIES + TAIL) {
    const count = Math.min(TOGETHER, ENTRIES + TAIL - journal.lastSequence);
    for (let index = 0; index < count; index++) {
      const id = journal.lastSequence;
      journal.append('order.intended', {
        clientOrderId: `bs-r1-s${id % 20}-${id}`,
        market: `RAIN-26-${id % 40}`,
        side: id % 2 === 0 ? 'bid' : 'ask',
        price: 4_000 + (id % 2_000),
        quantity: 1_000,
        session: `s${id % 20}`,
      });
    }
    await journal.flush();
  }
  await store.close();
}

/**
 * The database as the last process left it, log and all: whoever opens it first pays for that. Tables are never changed,
 * so they are linked; the rest is copied.
 */
async function freshCopy(folder: string): Promise<string> {
  const copy = `${folder}-copy`;
  await rm(copy, { recursive: true, force: true });
  await mkdir(copy);
  for (const name of await readdir(folder)) {
    await (name.endsWith('.ldb') ? link : copyFile)(join(folder, name), join(copy, name));
  }
  return copy;
}

async function openBare(folder: string): Promise<number> {
  const copy = await freshCopy(folder);
  const start = performance.now();
  const database = new Level<string, string>(copy);
  await database.open();
  const took = performance.now() - start;
  await database.close();
  return took;
}

async function restart(folder: string): Promise<number> {
  const copy = await freshCopy(folder);
  const start = performance.now();
  const store = await openLevelStore(copy);
  const journal = await StoreJournal.open(store, clocks);
  let read = 0;
  for await (const page of journal.readPages(ENTRIES + 1)) read += page.length;
  const took = performance.now() - start;
  if (read !== TAIL || journal.lastSequence !== ENTRIES + TAIL) throw new Error(`${read} entries came back`);
  await store.close();
  return took;
}

export async function benchRestart(): Promise<BenchRow> {
  const root = await mkdtemp(join(tmpdir(), 'bothsides-bench-'));
  const folder = join(root, 'journal');
  try {
    await writeJournal(folder);
    const [measured] = await compare([() => restart(folder)], () => openBare(folder));
    const name = `restart, tail of 10,000 after ${ENTRIES.toLocaleString('en-US')} ÷ bare open`;
    return ratioRow(name, 'ms', measured!, 10, 'atMost');
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
