/**
 * Invariants of what is remembered:
 * - a checkpoint at any entry and the entries after it are the whole journal: ledger, rows, days, bars, runs;
 * - taking an entry a second time changes nothing.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClientOrderId, named, type Ticker } from '../../src/domain/ids.ts';
import type { JournalEntry } from '../../src/domain/journal.ts';
import type { Json } from '../../src/domain/json.ts';
import { advance, intend, type OrderRow } from '../../src/domain/order.ts';
import type { Centicents, Microdollars, UnixMs } from '../../src/domain/units.ts';
import { Remembered } from '../../src/runtime/remembered.ts';
import { recordOf } from '../../src/runtime/row-record.ts';
import { NOON_MS, price, quantity } from '../support/markets.ts';

type Written = readonly [kind: string, data: Json];
const MARKETS: readonly Ticker[] = ['KXA', 'KXB', 'KXC'].map((name) => named<Ticker>(name));

/** What a trader may do next; numbers are taken modulo what there is. */
type Step = readonly [what: number, pick: number, amount: number];
const steps = fc.array(fc.tuple(fc.nat(15), fc.nat(50), fc.integer({ min: 1, max: 40 })), { maxLength: 80 });

/** A journal as a trader writes it: orders go through their life, fills come once, twice, with and without our id. */
function journalOf(plan: readonly Step[]): Written[] {
  const written: Written[] = [];
  const rows: OrderRow[] = [];
  const fills: Json[] = [];
  let count = 0;
  const write = (kind: string, data: unknown): void => void written.push([kind, data as Json]);
  const move = (row: OrderRow, event: Parameters<typeof advance>[1]): void => {
    let next: OrderRow;
    try {
      next = advance(row, event);
    } catch {
      // It cannot happen to a row in this state, so it was never written.
      return;
    }
    rows[rows.indexOf(row)] = next;
    write('order.moved', recordOf(next));
  };
  const fillOf = (row: OrderRow | undefined, market: Ticker, pick: number, amount: number): void => {
    const fill = {
      tradeId: `t${count++}`,
      orderId: row?.orderId ?? `stranger-${pick % 3}`,
      clientOrderId: pick % 2 === 0 ? (row?.clientOrderId ?? null) : null,
      market,
      side: pick % 3 === 0 ? 'ask' : 'bid',
      price: price(amount + 20),
      quantity: quantity(1),
      fee: amount,
      isTaker: pick % 5 === 0,
      positionAfter: null,
      atMs: NOON_MS + count * 1_000,
    } as unknown as Json;
    fills.push(fill);
    write('fill.received', fill);
  };
  for (const [what, pick, amount] of plan) {
    const row = rows[pick % Math.max(1, rows.length)];
    const market = MARKETS[pick % MARKETS.length]!;
    const wallMs = (NOON_MS + count) as UnixMs;
    const total = quantity(amount);
    switch (what) {
      case 0:
      case 1: {
        const intent = {
          clientOrderId: named<ClientOrderId>(`bs-r-s-${count++}`),
          market,
          exchangeIndex: 0,
          session: named<never>('s'),
          purpose: 'quote' as const,
          side: pick % 2 === 0 ? ('bid' as const) : ('ask' as const),
          price: price(40),
          quantity: quantity(amount),
          timeInForce: 'goodTillCanceled' as const,
          postOnly: true,
          reduceOnly: false,
          expiresAtMs: null,
          intendedWallMs: wallMs,
          intendedMarketMs: wallMs,
        };
        rows.push(intend(intent));
        write('order.intended', intent);
        break;
      }
      case 2:
        if (row) move(row, { type: 'sent', wallMs });
        break;
      case 3:
        if (row)
          move(row, {
            type: 'accepted',
            orderId: named(`o-${row.clientOrderId}`),
            filled: quantity(0),
            remaining: row.quantity,
          });
        break;
      case 4:
        if (row?.orderId) {
          fillOf(row, row.market, pick * 2, amount);
          move(row, { type: 'filled', quantity: quantity(1), orderId: row.orderId });
        }
        break;
      case 5:
        if (row) move(row, { type: 'outcomeUnknown', reason: 'timeout' });
        break;
      case 6:
        if (row) move(row, { type: 'cancelSent', wallMs });
        break;
      case 7:
        if (row) move(row, { type: 'cancelAccepted', reducedBy: row.quantity });
        break;
      case 8:
        if (row)
          move(row, { type: 'amendSent', wallMs, amend: { price: price(41), quantity: total, expiresAtMs: null } });
        break;
      case 9:
        fillOf(undefined, market, pick * 2 + 1, amount);
        break;
      case 10:
        if (fills.length > 0) write('fill.received', fills[pick % fills.length]);
        break;
      case 11:
        write('market.settled', {
          market,
          value: 10_000 as Centicents,
          revenue: amount * 10_000,
          fee: 0,
          atMs: wallMs,
          result: 'yes',
        });
        break;
      case 12:
        if (pick % 4 === 0)
          write('account.opened', { cash: amount * 1_000_000, fillsBefore: 0, transfersBefore: ['deposit:a'] });
        else if (pick % 4 === 1) write('account.transferred', { id: `deposit:${pick}`, amount: amount * 10_000 });
        else if (pick % 4 === 2) write('account.adjusted', { id: `adjustment-${count++}`, amount });
        else write('account.accepted', { by: 'someone', adjustments: [] });
        break;
      case 13:
        if (pick % 4 === 0) write('day.began', { day: '2026-06-15', equity: amount as Microdollars });
        else if (pick % 4 === 1)
          write('switch.fired', {
            switch: 'dailyLoss',
            action: 'halt',
            reason: 'loss',
            resumeAtMs: null,
            day: '2026-06-15',
          });
        else if (pick % 4 === 2) write('operator.halted', { by: 'haltFile' });
        else write('operator.resumed', { by: 'someone' });
        break;
      case 14:
        write(pick % 3 === 0 ? 'run.started' : pick % 3 === 1 ? 'run.steady' : 'run.ended', { run: `r${count++}` });
        if (pick % 2 === 0) write('session.opened', { session: 's', market, kind: 'quote' });
        break;
      case 15:
        if (pick % 3 === 0)
          write('account.proven', { fillsBeforeMs: NOON_MS + (count - 5) * 1_000, settledMs: NOON_MS });
        else if (pick % 3 === 1) write('risk.moded', { mode: 'reducing' });
        else
          write('position.adjusted', {
            id: `p${pick % 7}`,
            market,
            before: 0,
            quantity: total,
            cost: 0,
            by: 'someone',
          });
        break;
    }
  }
  return written;
}

function entriesOf(written: readonly Written[]): JournalEntry[] {
  return written.map(([kind, data], index) => {
    const atMs = (NOON_MS + index * 60_000) as UnixMs;
    return { sequence: index + 1, wallMs: atMs, marketMs: atMs, kind, data };
  });
}

function rememberAll(entries: readonly JournalEntry[]): Remembered {
  const remembered = new Remembered();
  for (const entry of entries) remembered.take(entry);
  return remembered;
}

/** Everything that a start reads of it, and not the way in which it is stored. */
function plain(remembered: Remembered): unknown {
  const { ledger, orders, days, atSequence, isOpened, settledMs, mode, unaccepted, runs, entries } = remembered;
  return {
    positions: ledger.positions(),
    sources: ledger.cashSources(),
    counted: [ledger.fillCount, ledger.contracts, ledger.makerContracts, ledger.provenMs],
    rows: [...orders.rows()],
    unplaced: [...orders.unplaced()],
    days: [days.current, days.bar, days.standing(NOON_MS), days.answered('dailyLoss', NOON_MS)],
    rest: [atSequence, isOpened, settledMs, mode, unaccepted, runs, entries],
  };
}

/** Whether it would take this fill once more. */
const knows = (remembered: Remembered, { kind, data }: JournalEntry): boolean =>
  kind !== 'fill.received' || remembered.ledger.has(data as never);

describe('What is remembered', () => {
  it('is the same from a checkpoint at any point and the tail as from the whole journal', () => {
    fc.assert(
      fc.property(steps, fc.nat(100), (plan, at) => {
        const entries = entriesOf(journalOf(plan));
        const cut = entries.length === 0 ? 0 : at % (entries.length + 1);
        const stored = JSON.stringify(rememberAll(entries.slice(0, cut)).toJson());
        const again = Remembered.fromJson(JSON.parse(stored));
        for (const entry of entries.slice(cut)) again.take(entry);
        const whole = rememberAll(entries);
        expect(plain(again)).toEqual(plain(whole));
        expect(entries.filter((entry) => !knows(again, entry))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('does not change when it is told again what it knows', () => {
    fc.assert(
      fc.property(steps, (plan) => {
        const entries = entriesOf(journalOf(plan));
        const once = rememberAll(entries);
        const before = plain(once);
        for (const entry of entries) once.take(entry);
        expect(plain(once)).toEqual(before);
      }),
      { numRuns: 100 },
    );
  });

  it('is the same when ledger and days heard of a fact before its entry was told', () => {
    fc.assert(
      fc.property(steps, (plan) => {
        const entries = entriesOf(journalOf(plan));
        const shared = new Remembered();
        for (const entry of entries) {
          // As the trader does it: first the ledger, then the journal.
          if (entry.kind === 'fill.received') shared.ledger.apply(entry.data as never);
          if (entry.kind === 'market.settled') shared.ledger.settle(entry.data as never);
          if (entry.kind === 'switch.fired') shared.days.fired(entry.data as never);
          shared.take(entry);
        }
        expect(plain(shared)).toEqual(plain(rememberAll(entries)));
      }),
      { numRuns: 100 },
    );
  });

  it('keeps no name of a fill that a complete listing has proven, and still knows it', () => {
    const fill = (at: number): Written => [
      'fill.received',
      {
        tradeId: `t${at}`,
        orderId: 'o',
        clientOrderId: null,
        market: 'KXA',
        side: 'bid',
        price: 4_000,
        quantity: 100,
        fee: 0,
        isTaker: false,
        positionAfter: null,
        atMs: at,
      },
    ];
    const { ledger } = rememberAll(
      entriesOf([fill(1_000), fill(2_000), ['account.proven', { fillsBeforeMs: 2_000, settledMs: null }]]),
    );
    expect((ledger.toJson() as { fills: unknown[] }).fills).toHaveLength(1);
    expect(ledger.apply(fill(1_000)[1] as never)).toBe('duplicate');
    expect(ledger.apply(fill(3_000)[1] as never)).toBe('applied');
    expect(ledger.fillCount).toBe(3);
  });
});

describe('Deposits that an opening balance holds already', () => {
  it('do not count again, whoever shows them', () => {
    const remembered = rememberAll(
      entriesOf([
        ['account.opened', { cash: 5_000_000, fillsBefore: 0, transfersBefore: ['deposit:a'] }],
        ['account.transferred', { id: 'deposit:a', amount: 1_000_000 }],
        ['account.transferred', { id: 'deposit:b', amount: 1_000_000 }],
      ]),
    );
    expect(remembered.ledger.explainedCash()).toBe(6_000_000);
  });
});

describe('A fill and the move of its order', () => {
  const INTENDED = journalOf([[0, 0, 3]])[0]!;
  const intent = INTENDED[1] as unknown as OrderRow;
  const resting: Written = [
    'order.moved',
    recordOf({ ...intend(intent), state: 'resting', orderId: named('o1') }) as unknown as Json,
  ];
  const fill = (clientOrderId: string | null): Written => [
    'fill.received',
    {
      tradeId: 't',
      orderId: 'o1',
      clientOrderId,
      market: intent.market,
      side: 'bid',
      price: 4_000,
      quantity: 100,
      fee: 0,
      isTaker: false,
      positionAfter: null,
      atMs: NOON_MS,
    },
  ];
  const rowAfter = (...written: Written[]): OrderRow => [...rememberAll(entriesOf(written)).orders.rows()][0]!;

  it('torn apart by the end of a journal still makes the row count its fill', () => {
    expect(rowAfter(INTENDED, resting, fill(intent.clientOrderId)).filled).toBe(100);
  });

  it('is counted once when both are there', () => {
    const moved: Written = [
      'order.moved',
      recordOf({
        ...intend(intent),
        state: 'partiallyFilled',
        orderId: named('o1'),
        filled: quantity(1),
        filledReported: quantity(1),
      }) as unknown as Json,
    ];
    expect(rowAfter(INTENDED, resting, fill(intent.clientOrderId), moved).filled).toBe(100);
  });

  it('waits for its order where nobody knew whose it was, and no longer once the order counts it', () => {
    const waiting = rememberAll(entriesOf([INTENDED, fill(null)]));
    expect([...waiting.orders.unplaced()]).toEqual([['o1', 100]]);
    const placed: Written = [
      'order.moved',
      recordOf({
        ...intend(intent),
        state: 'partiallyFilled',
        orderId: named('o1'),
        filled: quantity(1),
        filledReported: quantity(1),
      }) as unknown as Json,
    ];
    expect([...rememberAll(entriesOf([INTENDED, fill(null), resting, placed])).orders.unplaced()]).toEqual([]);
  });
});
