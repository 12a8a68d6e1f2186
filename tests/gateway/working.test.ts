/** Desired against working: what stands is what is wanted, in the fewest tokens, and refusals make nobody frantic. */
import { describe, expect, it } from 'vitest';
import { named } from '../../src/domain/ids.ts';
import { MARKET, OTHER, Stage } from './stage.ts';

describe('A working order', () => {
  it('that is near enough is left alone', async () => {
    const stage = await Stage.open();
    stage.want({ bid: [40, 10] });
    await stage.advance(50);
    stage.want({ bid: [41, 10, { keeps: () => true }] });
    await stage.advance(1_000);
    expect(stage.resting()).toEqual([['bid', 40, 10]]);
    expect(stage.line.seen.filter((seen) => seen.name !== 'read')).toHaveLength(1);
  });

  it('at another price is canceled first and created when its side is clear', async () => {
    const stage = await Stage.open();
    stage.want({ bid: [40, 10], ask: [60, 10] });
    await stage.advance(50);
    stage.want({ bid: [41, 10], ask: [60, 10] });
    await stage.advance(50);
    expect(stage.resting()).toEqual([
      ['ask', 60, 10],
      ['bid', 41, 10],
    ]);
    expect(stage.line.seen.map((seen) => seen.name).filter((name) => name !== 'read')).toEqual([
      'create',
      'create',
      'cancel',
      'create',
    ]);
  });

  it('that must only shrink keeps its place in the queue', async () => {
    const stage = await Stage.open();
    stage.want({ bid: [40, 10] });
    await stage.advance(50);
    stage.crowd('bid', 40, 5);
    stage.want({ bid: [40, 4] });
    await stage.advance(50);
    expect(stage.resting()).toEqual([['bid', 40, 4]]);
    stage.crowd('ask', 40, 4);
    await stage.advance(50);
    expect(stage.positionHere()).toBe(4);
  });

  it('that was partly filled shrinks to what is wanted beside what it has executed', async () => {
    const stage = await Stage.open();
    stage.want({ bid: [40, 10] });
    await stage.advance(50);
    stage.crowd('ask', 40, 3);
    await stage.advance(50);
    stage.want({ bid: [40, 4] });
    await stage.advance(50);
    expect(stage.resting()).toEqual([['bid', 40, 4]]);
    expect(stage.placed()).toHaveLength(1);
  });

  it('that is filled while its amend waits for tokens is amended by what is true then', async () => {
    const stage = await Stage.open();
    stage.want({ bid: [40, 10] });
    await stage.advance(2_000);
    for (let index = 0; index < 10; index++)
      void stage.venue.orders.create(
        { ...stage.lastRow(), clientOrderId: named(`hand-${index}`), price: stage.wanted('bid', [1, 1]).price },
        { priority: 'quote' },
      );
    stage.want({ bid: [40, 4] });
    stage.crowd('ask', 40, 3);
    await stage.advance(2_000);
    expect(stage.rows()).toHaveLength(1);
    expect(stage.lastRow()).toMatchObject({ filled: 300, quantity: 700, state: 'partiallyFilled' });
  });

  it('that shrinks while it is being filled never counts for less than may still execute', async () => {
    const stage = await Stage.open();
    stage.want({ bid: [40, 10] });
    await stage.advance(50);
    stage.deaf = true;
    stage.want({ bid: [40, 4] });
    // The fill comes before the amend, and nobody hears of it.
    stage.crowd('ask', 40, 3);
    await stage.advance(5);
    const there = stage.placed()[0]!;
    expect([there.filled, there.remaining]).toEqual([300, 100]);
    expect(stage.exposure.openQuantity(MARKET, 'bid')).toBeGreaterThanOrEqual(there.remaining + there.filled);
    stage.deaf = false;
    await stage.advance(5_000);
    expect(stage.positionHere()).toBe(3);
  });

  it('that was partly filled keeps its place until less than half of what is wanted is left', async () => {
    const stage = await Stage.open();
    stage.want({ bid: [40, 10] });
    await stage.advance(50);
    stage.crowd('ask', 40, 5);
    stage.want({ bid: [40, 10] });
    await stage.advance(50);
    expect(stage.resting()).toEqual([['bid', 40, 5]]);
    stage.crowd('ask', 40, 1);
    await stage.advance(200);
    expect(stage.resting()).toEqual([['bid', 40, 10]]);
  });

  it('is renewed before it expires, and keeps its place', async () => {
    const stage = await Stage.open();
    stage.want({ bid: [40, 10] });
    await stage.advance(50);
    for (let second = 0; second < 900; second++) {
      stage.want({ bid: [40, 10] });
      await stage.advance(1_000);
    }
    expect(stage.placed()).toHaveLength(1);
    expect(stage.resting()).toEqual([['bid', 40, 10]]);
    expect(stage.line.count('amend')).toBe(3);
  });

  it('that expired at the exchange is replaced', async () => {
    const stage = await Stage.open();
    stage.want({ bid: [40, 10] });
    await stage.advance(50);
    stage.line.fail('amend', { how: 'refused', status: 400, code: 'invalid_parameters' }, 1_000);
    for (let second = 0; second < 320; second++) {
      stage.want({ bid: [40, 10] });
      await stage.advance(1_000);
    }
    expect(stage.placed().map((order) => order.updateReason)).toEqual(['ExpiryCancel', null]);
    expect(stage.rows()[0]!.state).toBe('expired');
    // A renewal that is refused is tried ever more rarely.
    expect(stage.line.count('amend')).toBeLessThan(30);
  });

  it('that the exchange cancels by itself is heard of on the private stream and replaced when it may be', async () => {
    const stage = await Stage.open();
    stage.want({ bid: [40, 10] });
    await stage.advance(50);
    stage.engine.pauseMarket(MARKET);
    await stage.advance(50);
    expect(stage.rows()[0]!).toMatchObject({ state: 'canceled', reason: 'HaltCancel' });
    const sent = stage.line.count('create');
    for (let tick = 0; tick < 300; tick++) {
      stage.want({ bid: [40 + (tick % 3), 10] });
      await stage.advance(100);
    }
    // Thirty seconds of refusals, whatever the price does: tried again after 1, 2, 4, 8, 16 s.
    expect(stage.line.count('create') - sent).toBeLessThanOrEqual(6);
    stage.engine.resumeMarket(MARKET);
    await stage.advance(35_000);
    expect(stage.resting()).toHaveLength(1);
  });
});

describe('An order that turns up where nobody wants anything', () => {
  it('is canceled once the door has been opened, and not before', async () => {
    const stage = await Stage.open();
    stage.want({ bid: [40, 10] }, OTHER);
    await stage.advance(50);
    // Another life: the same row in a table whose gateway has no desk for it.
    const row = stage.lastRow();
    const next = await Stage.open();
    next.door.close();
    void next.venue.orders.create(row, { priority: 'quote' });
    await next.advance(50);
    next.table.restore({ ...row, orderId: next.placed()[0]!.orderId });
    await next.advance(5_000);
    expect(next.line.count('cancel')).toBe(0);
    next.door.open();
    await next.advance(50);
    expect(next.resting(OTHER)).toEqual([]);
  });
});

describe('Fills', () => {
  it('that were reported and have not come keep the market closed, then they are read', async () => {
    const stage = await Stage.open();
    stage.want({ bid: [40, 10], ask: [60, 10] });
    await stage.advance(50);
    stage.lost.fills = true;
    stage.crowd('ask', 40, 10);
    await stage.advance(50);
    expect(stage.rows()[0]!).toMatchObject({ state: 'filled', filled: 0, filledReported: 1_000 });
    expect(stage.exposure.openQuantity(MARKET, 'bid')).toBe(1_000);
    const sent = stage.line.count('create');
    stage.want({ bid: [39, 10], ask: [61, 10] });
    await stage.advance(1_000);
    expect(stage.line.count('create')).toBe(sent);
    await stage.advance(3_000);
    expect(stage.positionHere()).toBe(10);
    expect(stage.line.count('create')).toBe(sent + 2);
  });

  it('that come before the create is answered are counted once, and the order goes on', async () => {
    const stage = await Stage.open();
    stage.line.fail('create', { how: 'slowAnswer', byMs: 500 });
    stage.want({ bid: [40, 10] });
    await stage.advance(20);
    stage.crowd('ask', 40, 4);
    await stage.advance(20);
    expect(stage.lastRow()).toMatchObject({ state: 'partiallyFilled', filled: 400 });
    await stage.advance(1_000);
    expect(stage.lastRow()).toMatchObject({ state: 'partiallyFilled', filled: 400, filledReported: 400 });
    expect(stage.positionHere()).toBe(4);
  });
});

describe('A refusal', () => {
  it('of a cancel by 429 is tried again, soon at first and then ever later', async () => {
    const stage = await Stage.open();
    stage.want({ bid: [40, 10] });
    await stage.advance(50);
    stage.line.fail('cancel', { how: '429' }, 1_000);
    stage.want({});
    await stage.advance(20_000);
    const times = stage.line.seen.filter((seen) => seen.name === 'cancel').map((seen) => seen.atMs);
    const gaps = times.slice(1).map((atMs, index) => atMs - times[index]!);
    expect(gaps[0]).toBeLessThan(300);
    expect(times.length).toBeLessThan(15);
    expect(stage.lastRow().state).toBe('resting');
    stage.line.heal();
    await stage.advance(6_000);
    expect(stage.resting()).toEqual([]);
  });

  it('of a create by 429 costs no more than a few tries, and is no mistake of ours', async () => {
    const stage = await Stage.open();
    stage.line.fail('create', { how: '429' }, 1_000);
    for (let tick = 0; tick < 100; tick++) {
      stage.want({ bid: [40 + (tick % 5), 10] });
      await stage.advance(100);
    }
    expect(stage.line.count('create')).toBeLessThan(20);
    expect(stage.gateway.counts.rejected).toBe(0);
    stage.line.heal();
    await stage.advance(3_000);
    expect(stage.resting()).toHaveLength(1);
  });

  it('by risk is told once and tried again at another price at once', async () => {
    const stage = await Stage.open({ limits: { orderMax: 4_000_000 as never } });
    for (let tick = 0; tick < 20; tick++) {
      stage.want({ bid: [41, 10] });
      await stage.advance(20);
    }
    expect(stage.facts.filter((fact) => fact.type === 'denied')).toHaveLength(1);
    expect(stage.gateway.counts.denied).toBe(1);
    stage.want({ bid: [40, 10] });
    await stage.advance(20);
    expect(stage.resting()).toEqual([['bid', 40, 10]]);
  });

  it('because the exchange already has this id makes the order unknown, not rejected', async () => {
    const stage = await Stage.open();
    stage.deaf = true;
    stage.want({ bid: [40, 10] });
    // Somebody on the way sent it twice, and we hear the answer to the second.
    stage.line.fail('create', { how: 'refused', status: 409, code: 'order_already_exists' });
    await stage.advance(1_000);
    expect(stage.lastRow().state).toBe('unknown');
    expect(stage.exposure.openOrders).toBe(1);
  });
});

describe('An exit at once or not at all', () => {
  const exit = { purpose: 'exit', timeInForce: 'immediateOrCancel', postOnly: false } as const;

  async function holding(contracts: number): Promise<Stage> {
    const stage = await Stage.open();
    stage.want({ bid: [40, contracts] });
    await stage.advance(50);
    stage.crowd('ask', 40, contracts);
    stage.want({});
    await stage.advance(50);
    expect(stage.positionHere()).toBe(contracts);
    stage.line.seen.length = 0;
    return stage;
  }

  it('is sent once for a wish, whatever became of it', async () => {
    const stage = await holding(10);
    stage.crowd('bid', 38, 4);
    const wanted = stage.wanted('ask', [38, 10, exit]);
    const market = stage.marketOf();
    for (let tick = 0; tick < 10; tick++) {
      stage.gateway.want(market, stage.lastRow().session, { bid: null, ask: wanted });
      await stage.advance(100);
    }
    expect(stage.line.count('create')).toBe(1);
    expect(stage.lastRow()).toMatchObject({ state: 'canceled', filled: 400 });
    expect(stage.positionHere()).toBe(6);
  });

  it('that never left is sent after all', async () => {
    const stage = await holding(10);
    stage.crowd('bid', 38, 10);
    stage.store.holdWrites(true);
    stage.want({ ask: [38, 10, exit] });
    await stage.advance(260);
    stage.store.holdWrites(false);
    await stage.advance(1_000);
    expect(stage.positionHere()).toBe(0);
    expect(stage.positionThere()).toBe(0);
  });

  it('whose answer was lost is not repeated with another id before it is known', async () => {
    const stage = await holding(10);
    stage.crowd('bid', 38, 20);
    stage.deaf = true;
    stage.line.fail('create', { how: 'timeoutAfter' });
    stage.want({ ask: [38, 10, exit] });
    await stage.advance(500);
    for (let tick = 0; tick < 100; tick++) {
      stage.want({ ask: [38, 10, exit] });
      await stage.advance(100);
    }
    expect(stage.line.count('create')).toBe(1);
    expect([stage.positionHere(), stage.positionThere()]).toEqual([0, 0]);
  });
});

describe('While tokens are short', () => {
  it('no new quote starts, an exit does, and both follow when they are there again', async () => {
    const stage = await Stage.open();
    stage.gateway.congested = true;
    stage.want({ bid: [40, 10] });
    await stage.advance(1_000);
    expect(stage.line.count('create')).toBe(0);
    stage.gateway.congested = false;
    await stage.advance(50);
    expect(stage.resting()).toEqual([['bid', 40, 10]]);
  });
});
