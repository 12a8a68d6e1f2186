/** What may leave, and in which moment that is decided. */
import { describe, expect, it } from 'vitest';
import { named, type RunId } from '../../src/domain/ids.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { MARKET, Stage } from './stage.ts';

/** Fills the write bucket's queue: the next create waits for tokens. */
async function exhaustTokens(stage: Stage): Promise<void> {
  for (let index = 0; index < 10; index++)
    void stage.venue.orders.create(
      { ...stage.rows()[0]!, clientOrderId: named(`hand-${index}`), price: stage.wanted('bid', [1, 1]).price },
      { priority: 'quote' },
    );
}

describe('A halt', () => {
  it('lets nothing leave that was approved before it, wherever it waited', async () => {
    for (const waitsFor of ['disk', 'tokens', 'signature'] as const) {
      const store = new MemoryStore();
      const stage = await Stage.open({ store });
      stage.want({ bid: [40, 1] });
      await stage.advance(50);
      if (waitsFor === 'disk') store.holdWrites(true);
      if (waitsFor === 'tokens') await exhaustTokens(stage);
      stage.want({ bid: [40, 1], ask: [60, 1] });
      expect(stage.lastRow()).toMatchObject({ side: 'ask', state: 'intended' });
      const before = stage.line.count('create');
      stage.door.restrict();
      store.holdWrites(false);
      await stage.advance(3_000);
      expect(stage.line.seen.slice(before).filter((seen) => seen.body?.side === 'ask')).toEqual([]);
      expect(stage.lastRow()).toMatchObject({ side: 'ask', state: 'denied', reason: 'permission' });
      expect(stage.exposure.openOrders).toBe(1);
    }
  });

  it('followed by an all-clear does not revive what was approved before it', async () => {
    const store = new MemoryStore();
    const stage = await Stage.open({ store });
    store.holdWrites(true);
    stage.want({ bid: [40, 1] });
    stage.door.restrict();
    stage.door.open();
    const first = stage.lastRow();
    store.holdWrites(false);
    await stage.advance(20);
    expect(stage.table.get(first.clientOrderId)).toMatchObject({ state: 'denied', reason: 'staleApproval' });
    await stage.advance(1_000);
    expect(stage.resting()).toEqual([['bid', 40, 1]]);
    expect(stage.placed()[0]!.clientOrderId).not.toBe(first.clientOrderId);
  });

  it('does not keep a cancel from leaving, nor an order from being canceled over an amend', async () => {
    const stage = await Stage.open();
    stage.want({ bid: [40, 10] });
    await stage.advance(50);
    stage.line.fail('amend', { how: 'slowAnswer', byMs: 3_000 });
    stage.want({ bid: [40, 4] });
    await stage.advance(50);
    expect(stage.lastRow().state).toBe('amendPending');
    stage.door.restrict();
    stage.gateway.wantNothing(MARKET);
    await stage.advance(50);
    expect(stage.resting()).toEqual([]);
    await stage.advance(10_000);
    expect(stage.lastRow().state).toBe('canceled');
  });

  it('lets orders run out instead of renewing them', async () => {
    const stage = await Stage.open();
    stage.want({ bid: [40, 10] });
    await stage.advance(50);
    stage.door.restrict();
    for (let second = 0; second < 310; second++) {
      stage.want({ bid: [40, 10] });
      await stage.advance(1_000);
    }
    expect(stage.line.count('amend')).toBe(0);
    expect(stage.lastRow().state).toBe('expired');
  });
});

describe('An approval', () => {
  it('that has grown old in a queue opens nothing; the wish is taken up again by itself', async () => {
    const store = new MemoryStore();
    const stage = await Stage.open({ store });
    store.holdWrites(true);
    stage.want({ bid: [40, 1] });
    await stage.advance(260);
    store.holdWrites(false);
    await stage.advance(10);
    expect(stage.lastRow()).toMatchObject({ state: 'denied', reason: 'staleApproval' });
    expect(stage.exposure.openOrders).toBe(0);
    await stage.advance(400);
    expect(stage.resting()).toEqual([['bid', 40, 1]]);
  });
});

describe('A quote that waits', () => {
  it('is dropped when another was wanted meanwhile, and only the newest is sent', async () => {
    const store = new MemoryStore();
    const stage = await Stage.open({ store });
    store.holdWrites(true);
    stage.want({ bid: [40, 1] });
    stage.want({ bid: [41, 1] });
    stage.want({ bid: [42, 1] });
    store.holdWrites(false);
    await stage.advance(50);
    expect(stage.resting()).toEqual([['bid', 42, 1]]);
    expect(stage.line.count('create')).toBe(1);
    expect(stage.gateway.counts.denied).toBe(0);
  });

  it('is dropped when less is wanted meanwhile, or nothing, or an exit', async () => {
    for (const then of [{ bid: [40, 5] }, {}, { bid: [40, 10, { purpose: 'exit' }] }] as const) {
      const store = new MemoryStore();
      const stage = await Stage.open({ store });
      store.holdWrites(true);
      stage.want({ bid: [40, 10] });
      const first = stage.lastRow();
      stage.want(then);
      store.holdWrites(false);
      await stage.advance(50);
      expect(stage.table.get(first.clientOrderId)).toMatchObject({ state: 'denied', reason: 'superseded' });
    }
  });

  it('is dropped when the book became void by then, whatever it is for', async () => {
    const store = new MemoryStore();
    const stage = await Stage.open({ store });
    store.holdWrites(true);
    stage.want({ bid: [40, 1] });
    stage.isBookVoid = true;
    store.holdWrites(false);
    await stage.advance(50);
    expect(stage.line.count('create')).toBe(0);
    expect(stage.lastRow()).toMatchObject({ state: 'denied', reason: 'noBook' });
  });

  it('is dropped when its price crosses by then', async () => {
    const store = new MemoryStore();
    const stage = await Stage.open({ store });
    store.holdWrites(true);
    stage.want({ bid: [40, 1] });
    stage.crowd('ask', 40, 5);
    store.holdWrites(false);
    await stage.advance(50);
    expect(stage.line.count('create')).toBe(0);
    expect(stage.lastRow()).toMatchObject({ state: 'denied', reason: 'wouldCross' });
  });
});

describe('A cancel that waits', () => {
  it('is dropped when its order is wanted again, and costs nothing', async () => {
    const stage = await Stage.open();
    stage.want({ bid: [40, 1] });
    await stage.advance(2_000);
    await exhaustTokens(stage);
    stage.want({});
    stage.want({ bid: [40, 1] });
    await stage.advance(1_000);
    expect(stage.line.count('cancel')).toBe(0);
    expect(stage.lastRow().state).toBe('resting');
  });

  it('is dropped when its order was filled meanwhile', async () => {
    const stage = await Stage.open();
    stage.want({ bid: [40, 1] });
    await stage.advance(2_000);
    await exhaustTokens(stage);
    stage.want({});
    stage.crowd('ask', 40, 1);
    await stage.advance(1_000);
    expect(stage.line.count('cancel')).toBe(0);
    expect(stage.rows()[0]!.state).toBe('filled');
  });
});

describe('The journal', () => {
  it('has the intent on disk before the request leaves', async () => {
    const store = new MemoryStore();
    const stage = await Stage.open({ store });
    stage.facts.length = 0;
    let atSend: number | null = null;
    let sequence = 0;
    stage.gateway.facts$.subscribe((fact) => {
      if (fact.type !== 'sent') return;
      sequence = stage.entries.find((entry) => entry.kind === 'order.intended')!.sequence;
      atSend = store.unsyncedBatches;
    });
    store.holdWrites(true);
    stage.want({ bid: [40, 1] });
    await stage.advance(100);
    expect(stage.line.count('create')).toBe(0);
    expect(store.unsyncedBatches).toBe(1);
    store.holdWrites(false);
    await stage.advance(20);
    expect(atSend).toBe(0);
    const survivor = store.crash();
    expect(await survivor.get(`journal/${String(sequence).padStart(16, '0')}`)).toBeDefined();
    expect(stage.resting()).toEqual([['bid', 40, 1]]);
  });

  it('that cannot be written lets nothing leave but cancels, and is not asked in a storm', async () => {
    const store = new MemoryStore();
    const stage = await Stage.open({ store });
    stage.want({ bid: [40, 1] });
    await stage.advance(50);
    store.failWrites(true);
    for (let tick = 0; tick < 100; tick++) {
      stage.want({ bid: [40, 1], ask: [60 + (tick % 2), 1] });
      await stage.advance(100);
    }
    expect(stage.line.count('create')).toBe(1);
    expect(stage.kinds('order.intended').length).toBeLessThan(10);
    expect(stage.lastRow()).toMatchObject({ side: 'ask', state: 'denied', reason: 'journal' });
    expect(stage.exposure.openOrders).toBe(1);
    stage.want({});
    await stage.advance(50);
    expect(stage.resting()).toEqual([]);
  });
});

describe('Every client order id', () => {
  it('is made of run, session and sequence, and used once', async () => {
    const stage = await Stage.open();
    for (const cents of [40, 41, 42]) {
      stage.want({ bid: [cents, 1] });
      await stage.advance(50);
    }
    const ids = stage.placed().map((order) => order.clientOrderId);
    expect(ids).toEqual(['bs-r1-s1-1', 'bs-r1-s1-2', 'bs-r1-s1-3']);
    expect(named<RunId>('r1')).toBe('r1');
  });
});
