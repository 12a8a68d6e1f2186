/** What a journal's tail makes of orders, sessions, counters and switches at the next start. */
import { describe, expect, it } from 'vitest';
import { type ClientOrderId, named, type Ticker } from '../../src/domain/ids.ts';
import type { Json } from '../../src/domain/json.ts';
import { ManualClock } from '../../src/domain/manual-clock.ts';
import { intend, type OrderIntent, type OrderRow } from '../../src/domain/order.ts';
import { fromDollars, unixMs } from '../../src/domain/units.ts';
import { OrderTable } from '../../src/gateway/order-table.ts';
import { Exposure } from '../../src/risk/exposure.ts';
import { HOUR_MS, WindowCounter } from '../../src/risk/kill-switches.ts';
import { Checkpoints } from '../../src/runtime/checkpoints.ts';
import { SILENT } from '../../src/runtime/log.ts';
import { restore } from '../../src/runtime/recover.ts';
import { Remembered } from '../../src/runtime/remembered.ts';
import { recordOf } from '../../src/runtime/row-record.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { Snapshots } from '../../src/store/snapshots.ts';
import { StoreJournal } from '../../src/store/store-journal.ts';
import { DEFAULTS } from '../support/default-settings.ts';
import { NOON_MS, price, quantity } from '../support/markets.ts';

const A: Ticker = named('KXTEST-A');
const ID: ClientOrderId = named('bs-run-s1-1');

const INTENT: OrderIntent = {
  clientOrderId: ID,
  market: A,
  exchangeIndex: 0,
  session: named('s1'),
  purpose: 'quote',
  side: 'bid',
  price: price(40),
  quantity: quantity(3),
  timeInForce: 'goodTillCanceled',
  postOnly: true,
  reduceOnly: false,
  expiresAtMs: null,
  intendedWallMs: NOON_MS,
  intendedMarketMs: NOON_MS,
};

const RESTING: Partial<OrderRow> = { state: 'resting', orderId: named('o1') };

const row = (changes: Partial<OrderRow>): OrderRow => ({ ...intend(INTENT), ...changes });
const moved = (changes: Partial<OrderRow>): [string, Json] => [
  'order.moved',
  recordOf(row(changes)) as unknown as Json,
];
const intended: [string, Json] = ['order.intended', INTENT as unknown as Json];
const filled = (contracts: number): [string, Json] => [
  'fill.received',
  {
    tradeId: `t${contracts}`,
    orderId: 'o1',
    clientOrderId: ID,
    market: A,
    side: 'bid',
    price: price(40),
    quantity: quantity(contracts),
    fee: 0,
    isTaker: false,
    positionAfter: null,
    atMs: NOON_MS,
  },
];

interface Loaded {
  readonly remembered: Remembered;
  readonly table: OrderTable;
  readonly exposure: Exposure;
  readonly entries: WindowCounter;
  readonly journal: StoreJournal;
}

async function journalOf(store: MemoryStore): Promise<StoreJournal> {
  const clock = new ManualClock(NOON_MS);
  return StoreJournal.open(store, { wall: clock, market: clock });
}

/** Loads what another process wrote, after a power cut. */
async function load(entries: readonly (readonly [string, Json])[]): Promise<Loaded> {
  const before = new MemoryStore();
  const written = await journalOf(before);
  for (const [kind, data] of entries) written.append(kind, data);
  await written.flush();
  return loadFrom(before.crash());
}

const BOOT_MS = unixMs(NOON_MS + 5_000);

async function loadFrom(store: MemoryStore): Promise<Loaded> {
  const journal = await journalOf(store);
  const remembered = new Remembered();
  await new Checkpoints(
    { journal, snapshots: new Snapshots(store, journal, 'trader'), log: SILENT },
    remembered,
  ).load();
  const table = new OrderTable(() => undefined);
  const exposure = new Exposure();
  const counter = new WindowCounter(DEFAULTS.risk.entriesPerHourMax);
  const { approvalValidMs } = DEFAULTS.risk;
  restore(remembered, { table, exposure, entries: counter, approvalValidMs, wallMs: BOOT_MS });
  return { remembered, table, exposure, entries: counter, journal };
}

describe('an order in the tail', () => {
  const dollars = (cents: number, contracts: number) => fromDollars((cents * contracts) / 100);

  it.each([
    ['that was intended may have left: unknown, at its worst', [intended], 'unknown', dollars(40, 3)],
    ['that was sent is unknown', [intended, moved({ state: 'sent', pending: 'create' })], 'unknown', dollars(40, 3)],
    ['that rested rests, until the exchange says otherwise', [intended, moved(RESTING)], 'resting', dollars(40, 3)],
    [
      'that was being canceled is unknown',
      [intended, moved({ ...RESTING, state: 'cancelPending', pending: 'cancel' })],
      'unknown',
      dollars(40, 3),
    ],
    [
      'that was being amended counts at the worse of both',
      [
        intended,
        moved({
          ...RESTING,
          state: 'amendPending',
          pending: 'amend',
          amend: { price: price(41), quantity: quantity(4), expiresAtMs: null },
        }),
      ],
      'unknown',
      dollars(41, 4),
    ],
    ['that was denied is over', [intended, moved({ state: 'denied' })], null, 0],
    ['that was canceled is over', [intended, moved({ ...RESTING, state: 'canceled' })], null, 0],
    [
      'that was canceled with executions whose records are missing is not',
      [intended, moved({ ...RESTING, state: 'canceled', filledReported: quantity(1) })],
      'canceled',
      dollars(40, 1),
    ],
    [
      'that was filled, with its records, is a position',
      [intended, filled(3), moved({ ...RESTING, state: 'filled', filled: quantity(3), filledReported: quantity(3) })],
      null,
      dollars(40, 3),
    ],
    ['nobody intended is nobody’s', [moved(RESTING)], null, 0],
  ] as const)('%s', async (_, entries, state, worstCase) => {
    const { table, exposure } = await load(entries);
    expect(table.get(ID)?.state ?? null).toBe(state);
    expect(exposure.market(A)).toBe(worstCase);
    expect(table.isUncertain(A)).toBe(state === 'unknown');
  });

  it('may have been signed as late as its approval was valid', async () => {
    const { table } = await load([intended]);
    expect(table.get(ID)?.signedWallMs).toBe(NOON_MS + DEFAULTS.risk.approvalValidMs);
  });
});

describe('money', () => {
  it('is that of the opening, of every fill once, and of what was adjusted', async () => {
    const { remembered } = await load([
      filled(1),
      ['account.opened', { cash: fromDollars(1_000) }],
      filled(2),
      filled(2),
      ['account.adjusted', { id: 'a1', amount: fromDollars(0.5) }],
    ]);
    const { ledger } = remembered;
    expect(remembered.isOpened).toBe(true);
    expect(ledger.position(A).quantity).toBe(quantity(3));
    expect(ledger.explainedCash()).toBe(fromDollars(1_000 - 1.2 + 0.5));
  });

  it('was never opened by a process that died before it knew what there was', async () => {
    const { remembered } = await load([['run.started', {}], filled(1)]);
    expect(remembered.isOpened).toBe(false);
  });
});

describe('sessions of a process that died', () => {
  it('count against the entries of this hour; carried positions do not', async () => {
    const opened = (kind: string): [string, Json] => ['session.opened', { session: 's', market: A, kind }];
    const { entries } = await load([opened('quote'), opened('carry'), opened('quote')]);
    expect(entries.count(NOON_MS)).toBe(2);
    expect(entries.count((NOON_MS + HOUR_MS) as typeof NOON_MS)).toBe(0);
  });
});

describe('risk', () => {
  it('forgives neither a loss nor a pause', async () => {
    const fired = {
      switch: 'errors',
      action: 'pause',
      reason: 'errors 11 in an hour',
      resumeAtMs: NOON_MS + 60_000,
      day: '2026-06-15',
    };
    const { remembered } = await load([
      ['day.began', { day: '2026-06-15', equity: fromDollars(900) }],
      ['switch.fired', fired],
    ]);
    const { days } = remembered;
    expect(days.startOf(NOON_MS, fromDollars(1))).toBe(fromDollars(900));
    expect(days.standing(NOON_MS)).toEqual([fired]);
  });
});

describe('loading', () => {
  it('twice is loading once', async () => {
    const store = new MemoryStore();
    const written = await journalOf(store);
    for (const [kind, data] of [intended, moved(RESTING), filled(1)]) written.append(kind, data);
    await written.flush();
    const first = await loadFrom(store);
    const second = await loadFrom(store);
    expect([...second.table.allOpen()]).toEqual([...first.table.allOpen()]);
    expect(second.remembered.toJson()).toEqual(first.remembered.toJson());
    expect(second.journal.lastSequence).toBe(3);
  });
});
