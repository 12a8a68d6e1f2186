/** Every minute: what rests at the exchange against what we think rests there. */
import { describe, expect, it } from 'vitest';
import { named } from '../../src/domain/ids.ts';
import { MARKET, Stage } from './stage.ts';

async function verify(stage: Stage): Promise<unknown> {
  let result: unknown = null;
  void stage.verify().then((value) => {
    result = value;
  });
  await stage.advance(100);
  return result;
}

async function quoting(readDelayMs = 0): Promise<Stage> {
  const stage = await Stage.open({ readDelayMs });
  stage.want({ bid: [40, 10] });
  await stage.advance(50);
  return stage;
}

describe('Verifying', () => {
  it('changes nothing where all is as we think', async () => {
    const stage = await quoting();
    await stage.advance(5_000);
    const before = stage.lastRow();
    expect(await verify(stage)).toEqual({ complete: true, strays: 0, missing: 0 });
    expect(stage.lastRow()).toBe(before);
  });

  it('cancels an order of ours that nobody here knows, and leaves a stranger’s alone', async () => {
    const stage = await quoting();
    for (const id of ['bs-r0-s9-7', 'by-hand'])
      void stage.venue.orders.create(
        { ...stage.lastRow(), clientOrderId: named(id), price: stage.wanted('bid', [30, 1]).price },
        { priority: 'quote' },
      );
    await stage.advance(50);
    expect(await verify(stage)).toMatchObject({ strays: 1 });
    const resting = stage.placed().filter((order) => order.status === 'resting');
    expect(resting.map((order) => order.clientOrderId)).toEqual(['bs-r1-s1-1', 'by-hand']);
  });

  it('cancels what we thought over and still rests', async () => {
    const stage = await quoting();
    const row = stage.lastRow();
    stage.deaf = true;
    stage.table.apply(row.clientOrderId, { type: 'cancelAccepted', reducedBy: row.quantity });
    stage.gateway.wantNothing(MARKET);
    await stage.advance(5_000);
    expect(stage.resting()).toHaveLength(1);
    expect(await verify(stage)).toMatchObject({ strays: 1 });
    expect(stage.resting()).toEqual([]);
  });

  it('finds out what became of an order that we think resting and that does not rest', async () => {
    const stage = await quoting();
    stage.deaf = true;
    stage.engine.cancelAll(stage.user);
    await stage.advance(5_000);
    expect(stage.lastRow().state).toBe('resting');
    expect(await verify(stage)).toMatchObject({ missing: 1 });
    expect(stage.rows()[0]!.state).toBe('canceled');
    // And what is wanted stands again.
    expect(stage.resting()).toEqual([['bid', 40, 10]]);
  });

  it('believes a reading nothing about what happened after it', async () => {
    const stage = await quoting(8_000);
    await stage.advance(4_000);
    // The listing is from before the order was there.
    expect(await verify(stage)).toEqual({ complete: true, strays: 0, missing: 0 });
    await stage.advance(10_000);
    stage.want({});
    await stage.advance(4_000);
    // And this one from before it was canceled.
    expect(await verify(stage)).toEqual({ complete: true, strays: 0, missing: 0 });
    expect(stage.line.count('cancel')).toBe(1);
  });

  it('notices executions that nobody told of, and the fills are read back', async () => {
    const stage = await quoting();
    stage.deaf = true;
    stage.crowd('ask', 40, 3);
    await stage.advance(5_000);
    expect(stage.positionHere()).toBe(0);
    await verify(stage);
    expect(stage.lastRow()).toMatchObject({ filledReported: 300, state: 'partiallyFilled' });
    await stage.advance(3_000);
    expect(stage.positionHere()).toBe(3);
  });

  it('cancels an order that rests otherwise than we think', async () => {
    const stage = await quoting();
    stage.deaf = true;
    const { orderId } = stage.placed()[0]!;
    stage.engine.amend(stage.user, orderId, {
      market: MARKET,
      side: 'bid',
      price: stage.wanted('bid', [42, 1]).price,
      quantity: stage.wanted('bid', [42, 12]).quantity,
    });
    await stage.advance(5_000);
    await verify(stage);
    expect(stage.placed()[0]!.status).toBe('canceled');
    expect(stage.kinds('order.differs')).toHaveLength(1);
  });

  it('on half a listing does nothing', async () => {
    const stage = await quoting();
    await stage.advance(5_000);
    stage.cutListings = true;
    expect(await verify(stage)).toEqual({ complete: false, strays: 0, missing: 0 });
    expect(stage.lastRow().state).toBe('resting');
  });
});
