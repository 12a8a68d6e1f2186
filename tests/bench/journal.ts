/**
 * What a restart costs beside opening the database bare: the journal's check of its tail, the last checkpoint, the entries
 * after it into ledger, table and exposure, and a hundred stored sessions.
 */
import { copyFile, link, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { type ClientOrderId, named, type OrderId, type Ticker } from '../../src/domain/ids.ts';
import type { Json } from '../../src/domain/json.ts';
import { intend, type OrderIntent } from '../../src/domain/order.ts';
import { centicents, centicontracts, microdollars } from '../../src/domain/units.ts';
import { OrderTable } from '../../src/gateway/order-table.ts';
import { Exposure } from '../../src/risk/exposure.ts';
import { WindowCounter } from '../../src/risk/kill-switches.ts';
import { Checkpoints } from '../../src/runtime/checkpoints.ts';
import { SILENT } from '../../src/runtime/log.ts';
import { restore } from '../../src/runtime/recover.ts';
import { Remembered } from '../../src/runtime/remembered.ts';
import { recordOf } from '../../src/runtime/row-record.ts';
import { openBookmarks, readStoredSessions, saveSession, saveSignals } from '../../src/runtime/stored-sessions.ts';
import { createSystemClock } from '../../src/runtime/system-clock.ts';
import { openLevelStore } from '../../src/store/level-store.ts';
import { Snapshots } from '../../src/store/snapshots.ts';
import type { Store } from '../../src/store/store.ts';
import { StoreJournal } from '../../src/store/store-journal.ts';
import { type BenchRow, compare, ratioRow } from './row.ts';

/** With BOTHSIDES_LONG=1 the whole million of the budget; it takes a minute to write. */
const ENTRIES = process.env.BOTHSIDES_LONG === '1' ? 1_000_000 : 100_000;
/** Not a multiple of the bookmark's distance: a killed process leaves some unchecked. */
const TAIL = 9_999;
const TOGETHER = 5_000;
const SESSIONS = 100;
/** Of each order: its intent, four moves, and what was decided for it; each eighth is filled. */
const ORDER_ENTRIES = 6;
const MARKETS = 40;

const clock = createSystemClock();
const clocks = { wall: clock, market: clock };

/** The entries of one order's life, as a trader writes them. */
function* orderLife(index: number): Generator<readonly [kind: string, data: unknown]> {
  const market = named<Ticker>(`RAIN-26-${index % MARKETS}`);
  const nowMs = clock.now();
  const intent: OrderIntent = {
    clientOrderId: named<ClientOrderId>(`bs-r1-s${index % 20}-${index}`),
    market,
    exchangeIndex: 0,
    session: named(`s${index % 20}`),
    purpose: 'quote',
    side: index % 2 === 0 ? 'bid' : 'ask',
    price: centicents(4_000 + (index % 2_000)),
    quantity: centicontracts(300),
    timeInForce: 'goodTillCanceled',
    postOnly: true,
    reduceOnly: false,
    expiresAtMs: null,
    intendedWallMs: nowMs,
    intendedMarketMs: nowMs,
  };
  const row = intend(intent);
  const orderId = named<OrderId>(`00000000-0000-4000-8000-${String(index).padStart(12, '0')}`);
  yield ['quote.decided', { market, session: intent.session, explain: { s: 50, q: 1, sigma: 0.1, bounds: [] } }];
  yield ['order.intended', intent];
  yield ['order.moved', recordOf({ ...row, state: 'sent', pending: 'create', signedWallMs: nowMs })];
  yield ['order.moved', recordOf({ ...row, state: 'resting', orderId })];
  if (index % 8 === 0) {
    const { clientOrderId, side, price, quantity } = intent;
    const fill = { orderId, clientOrderId, market, side, price, quantity, fee: microdollars(5_000), isTaker: false };
    yield ['fill.received', { tradeId: orderId, ...fill, positionAfter: null, atMs: nowMs }];
    yield ['order.moved', recordOf({ ...row, state: 'filled', orderId, filled: quantity, filledReported: quantity })];
  } else {
    yield [
      'order.moved',
      recordOf({ ...row, state: 'cancelPending', orderId, pending: 'cancel', signedWallMs: nowMs }),
    ];
    yield ['order.moved', recordOf({ ...row, state: 'canceled', orderId })];
  }
}

/** A journal as a killed process leaves it: its last checkpoint 9,999 entries ago, no bookmark at the end. */
async function writeJournal(folder: string): Promise<void> {
  const store = await openLevelStore(folder);
  const journal = await StoreJournal.open(store, clocks);
  const checkpoints = new Checkpoints(
    { journal, snapshots: checkpointsOf(store, journal), log: SILENT },
    new Remembered(),
  );
  await checkpoints.load();
  journal.append('account.opened', { cash: microdollars(4_000_000_000), fillsBefore: 0 });
  let order = 0;
  while (journal.lastSequence + ORDER_ENTRIES <= ENTRIES) {
    const until = Math.min(ENTRIES, journal.lastSequence + TOGETHER);
    while (journal.lastSequence + ORDER_ENTRIES <= until)
      for (const [kind, data] of orderLife(order++)) journal.append(kind, data as Json);
    await journal.flush();
  }
  while (journal.lastSequence < ENTRIES) journal.append('market.sampled', {});
  checkpoints.save();
  const bookmarks = openBookmarks(store, journal);
  for (let index = 0; index < SESSIONS; index++) {
    const context = { session: `s${index}`, market: `RAIN-26-${index}`, kind: 'quote', position: 0, resumed: null };
    const chart = {
      status: 'active',
      value: { quoting: { flow: 'live', width: 'normal', sides: 'both' } },
      context,
      children: {},
    };
    saveSession(bookmarks, `s${index}`, ENTRIES, { chart: chart as never, worthBefore: microdollars(0) });
    saveSignals(bookmarks, `s${index}`, ENTRIES, {
      atMs: clock.now(),
      samples: Array.from({ length: 150 }, (_, at) => at),
    } as never);
  }
  await journal.flush();
  // The tail is written by somebody who makes no checkpoints, as if each had been lost.
  const last = await StoreJournal.open(store, clocks);
  while (last.lastSequence < ENTRIES + TAIL)
    for (const [kind, data] of orderLife(order++))
      if (last.lastSequence < ENTRIES + TAIL) last.append(kind, data as Json);
  await last.flush();
  await store.close();
}

function checkpointsOf(store: Store, journal: StoreJournal): Snapshots {
  return new Snapshots(store, journal, 'trader');
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
  const remembered = new Remembered();
  const checkpoints = new Checkpoints({ journal, snapshots: checkpointsOf(store, journal), log: SILENT }, remembered);
  await checkpoints.load();
  const table = new OrderTable(() => undefined);
  const entries = new WindowCounter(1_000);
  restore(remembered, { table, exposure: new Exposure(), entries, approvalValidMs: 250, wallMs: clock.now() });
  const { left } = await readStoredSessions(openBookmarks(store, journal));
  const took = performance.now() - start;
  const fills = remembered.ledger.fillCount;
  if (remembered.atSequence !== ENTRIES + TAIL || left.length !== SESSIONS || fills < ENTRIES / 60)
    throw new Error(`entry ${remembered.atSequence}, ${left.length} sessions and ${fills} fills came back`);
  await store.close();
  return took;
}

export async function benchRestart(): Promise<BenchRow> {
  const root = await mkdtemp(join(tmpdir(), 'bothsides-bench-'));
  const folder = join(root, 'journal');
  try {
    await writeJournal(folder);
    const [measured] = await compare([() => restart(folder)], () => openBare(folder));
    const name = `restart, tail of 10,000 after ${ENTRIES.toLocaleString('en-US')}, ${SESSIONS} sessions ÷ bare open`;
    return ratioRow(name, 'ms', measured!, 10, 'atMost');
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
