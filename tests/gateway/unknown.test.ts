/** Orders whose fate is unknown: never doubled, never forgotten, never made up. */
import { describe, expect, it } from 'vitest';
import { openQuantity } from '../../src/domain/order.ts';
import type { Fault } from '../support/faulty-transport.ts';
import { MARKET, OTHER, Stage } from './stage.ts';

const AFTER: readonly Fault[] = [
  { how: 'timeoutAfter' },
  { how: 'brokenAfter' },
  { how: '5xxAfter' },
  { how: 'emptyAfter' },
];
const BEFORE: readonly Fault[] = [{ how: 'timeoutBefore' }, { how: 'brokenBefore' }, { how: '5xxBefore' }];

describe('A create that took effect and was not answered', () => {
  for (const fault of AFTER) {
    it(`is found and kept, never doubled: ${fault.how}`, async () => {
      const stage = await Stage.open();
      stage.deaf = true;
      stage.line.fail('create', fault);
      stage.want({ bid: [40, 10] });
      await stage.advance(6_000);
      stage.deaf = false;
      await stage.advance(6_000);
      expect(stage.resting()).toEqual([['bid', 40, 10]]);
      expect(stage.placed()).toHaveLength(1);
      expect(stage.lastRow()).toMatchObject({ state: 'resting', orderId: stage.placed()[0]!.orderId });
      expect(stage.table.unknownCount).toBe(0);
    });
  }

  it('is known at once where the private stream tells of it, and asks nobody', async () => {
    const stage = await Stage.open();
    stage.line.fail('create', { how: 'timeoutAfter' });
    stage.want({ bid: [40, 10] });
    await stage.advance(20_000);
    expect(stage.gateway.counts.unknown).toBe(0);
    expect(stage.resting()).toEqual([['bid', 40, 10]]);
    expect(stage.line.count('create')).toBe(1);
  });

  it('and was filled meanwhile brings exactly its fills', async () => {
    const stage = await Stage.open();
    stage.deaf = true;
    stage.line.fail('create', { how: 'timeoutAfter' });
    stage.want({ bid: [40, 10] });
    await stage.advance(100);
    stage.crowd('ask', 40, 10);
    stage.want({});
    await stage.advance(10_000);
    expect(stage.lastRow()).toMatchObject({ state: 'filled', filled: 1_000 });
    expect([stage.positionHere(), stage.positionThere()]).toEqual([10, 10]);
    expect(stage.table.isClear(stage.lastRow().market)).toBe(true);
    expect(stage.exposure.openOrders).toBe(0);
  });

  it('has its fills too when they were read before its id was known', async () => {
    const stage = await Stage.open();
    stage.deaf = true;
    stage.line.fail('create', { how: 'timeoutAfter' });
    stage.want({ bid: [40, 10] });
    await stage.advance(100);
    stage.crowd('ask', 40, 4);
    stage.accounts.takeFills((await withTime(stage, stage.venue.account.fills({}))).items);
    expect(stage.positionHere()).toBe(4);
    expect(stage.lastRow().filled).toBe(0);
    stage.want({});
    await stage.advance(10_000);
    expect(stage.lastRow()).toMatchObject({ state: 'canceled', filled: 400 });
    expect(stage.table.isClear(stage.lastRow().market)).toBe(true);
  });

  it('that nobody wants any more is canceled as soon as it is found', async () => {
    const stage = await Stage.open();
    stage.deaf = true;
    stage.line.fail('create', { how: 'timeoutAfter' });
    stage.want({ bid: [40, 10] });
    await stage.advance(1_000);
    stage.want({});
    await stage.advance(9_000);
    expect(stage.resting()).toEqual([]);
    expect(stage.lastRow().state).toBe('canceled');
  });

  it('keeps both sides of its market closed, and its worst case reserved, until it is known', async () => {
    const stage = await Stage.open();
    stage.deaf = true;
    stage.line.fail('create', { how: 'timeoutAfter' });
    stage.line.fail('read', { how: 'brokenBefore' }, 1_000);
    stage.want({ bid: [40, 10] });
    await stage.advance(6_000);
    stage.want({ bid: [40, 10], ask: [60, 10] });
    await stage.advance(20_000);
    expect(stage.line.count('create')).toBe(1);
    expect(stage.lastRow().state).toBe('unknown');
    expect(stage.exposure.total).toBe(4_000_000);
    stage.line.heal();
    await stage.advance(5_000);
    expect(stage.resting()).toEqual([
      ['bid', 40, 10],
      ['ask', 60, 10],
    ]);
  });
});

describe('A create that never arrived', () => {
  for (const fault of BEFORE) {
    it(`is sent again with its own id, and stands once: ${fault.how}`, async () => {
      const stage = await Stage.open();
      stage.line.fail('create', fault);
      stage.want({ bid: [40, 10] });
      await stage.advance(15_000);
      expect(stage.resting()).toEqual([['bid', 40, 10]]);
      const bodies = stage.line.seen.filter((seen) => seen.name === 'create').map((seen) => seen.body);
      expect(bodies).toHaveLength(2);
      expect(bodies[1]).toEqual(bodies[0]);
      expect(stage.rows()).toHaveLength(1);
    });
  }

  it('and arrives late after all exists once: the one sent again is told so, and it is found', async () => {
    const stage = await Stage.open();
    stage.deaf = true;
    stage.line.fail('create', { how: 'doneLate', afterMs: 9_000 });
    stage.want({ bid: [40, 10] });
    await stage.advance(30_000);
    expect(stage.placed()).toHaveLength(1);
    expect(stage.resting()).toEqual([['bid', 40, 10]]);
    expect(stage.lastRow().state).toBe('resting');
  });

  it('is not sent again when nobody wants it: after 60 s a complete listing proves it absent', async () => {
    const stage = await Stage.open();
    stage.line.fail('create', { how: 'timeoutBefore' });
    stage.want({ bid: [40, 10] });
    await stage.advance(1_000);
    stage.want({});
    await stage.advance(57_000);
    expect(stage.lastRow()).toMatchObject({ state: 'unknown' });
    expect(stage.exposure.openOrders).toBe(1);
    await stage.advance(10_000);
    expect(stage.lastRow()).toMatchObject({ state: 'rejected', reason: 'absent' });
    expect(stage.exposure.openOrders).toBe(0);
    expect(stage.line.count('create')).toBe(1);
  });

  it('is not sent again after a halt, nor when risk would not approve it now, nor when it would cross', async () => {
    for (const obstacle of ['halt', 'mode', 'cross'] as const) {
      const stage = await Stage.open();
      stage.line.fail('create', { how: 'timeoutBefore' });
      stage.want({ bid: [40, 10] });
      await stage.advance(1_000);
      if (obstacle === 'halt') stage.door.restrict();
      if (obstacle === 'mode') stage.mode = 'reducing';
      if (obstacle === 'cross') stage.crowd('ask', 39, 100);
      await stage.advance(50_000);
      expect(stage.line.count('create')).toBe(1);
      expect(stage.exposure.openOrders).toBe(1);
    }
  });

  it('is believed absent 60 s after the last time it was sent, not the first', async () => {
    const stage = await Stage.open();
    stage.line.fail('create', { how: 'timeoutBefore' }, 10);
    stage.want({ bid: [40, 10] });
    await stage.advance(50_000);
    const sent = stage.line.seen.filter((seen) => seen.name === 'create');
    expect(sent.length).toBeGreaterThan(1);
    expect(sent.length).toBeLessThanOrEqual(4);
    const lastMs = sent.at(-1)!.atMs;
    await stage.advance(lastMs + 60_000 - stage.clock.now());
    expect(stage.rows()[0]!.state).toBe('unknown');
    stage.want({});
    await stage.advance(8_000);
    expect(stage.rows()[0]!).toMatchObject({ state: 'rejected', reason: 'absent' });
  });
});

describe('A listing', () => {
  it('that lags behind does not make an order absent, nor bring a canceled one back', async () => {
    const stage = await Stage.open({ readDelayMs: 4_000 });
    stage.deaf = true;
    stage.line.fail('create', { how: 'timeoutAfter' });
    stage.want({ bid: [40, 10] });
    await stage.advance(20_000);
    expect(stage.placed()).toHaveLength(1);
    expect(stage.lastRow().state).toBe('resting');
    stage.line.fail('cancel', { how: '5xxAfter' });
    stage.want({});
    await stage.advance(1_000);
    expect(stage.resting()).toEqual([]);
    expect(stage.lastRow().state).toBe('unknown');
    await stage.advance(10_000);
    expect(stage.lastRow().state).toBe('canceled');
  });

  for (const obstacle of ['is not answered', 'ends early'] as const) {
    it(`that ${obstacle} proves nothing, however late it is`, async () => {
      const stage = await Stage.open();
      stage.line.fail('create', { how: 'timeoutBefore' });
      stage.want({ bid: [40, 10] });
      await stage.advance(1_000);
      stage.want({});
      if (obstacle === 'ends early') stage.cutListings = true;
      else stage.line.chance = (name) => (name === 'read' ? { how: '5xxBefore' } : null);
      await stage.advance(200_000);
      expect(stage.lastRow().state).toBe('unknown');
      stage.cutListings = false;
      stage.line.heal();
      await stage.advance(10_000);
      expect(stage.lastRow()).toMatchObject({ state: 'rejected', reason: 'absent' });
    });
  }

  it('of one market that cannot be read does not keep the others unknown', async () => {
    const stage = await Stage.open();
    stage.deaf = true;
    stage.line.chance = (name, url) =>
      name === 'create' ? { how: 'timeoutAfter' } : url.includes(`ticker=${MARKET}`) ? { how: '5xxBefore' } : null;
    stage.want({ bid: [40, 10] });
    stage.want({ bid: [40, 10] }, OTHER);
    await stage.advance(20_000);
    expect(stage.rows().map((row) => row.state)).toEqual(['unknown', 'resting']);
  });

  it('is asked for once, by however many', async () => {
    const stage = await Stage.open();
    stage.line.fail('create', { how: 'timeoutBefore' });
    stage.want({ bid: [40, 10] });
    await stage.advance(5_100);
    stage.line.seen.length = 0;
    const looks = [stage.evidence.look(), stage.evidence.look(), stage.evidence.look()];
    await stage.advance(100);
    await Promise.all(looks);
    expect(stage.line.count('create')).toBe(1);
    expect(stage.line.count('read')).toBe(3);
  });
});

describe('A cancel', () => {
  for (const fault of [...AFTER, ...BEFORE]) {
    it(`that was not answered is sent again until the order is gone: ${fault.how}`, async () => {
      const stage = await Stage.open();
      stage.want({ bid: [40, 10] });
      await stage.advance(100);
      stage.deaf = true;
      stage.line.fail('cancel', fault);
      stage.want({});
      await stage.advance(12_000);
      expect(stage.resting()).toEqual([]);
      expect(stage.lastRow().state).toBe('canceled');
      expect(stage.exposure.openOrders).toBe(0);
    });
  }

  it('that finds nothing is no cancel: the fills are read before it is believed', async () => {
    const stage = await Stage.open();
    stage.want({ bid: [40, 10] });
    await stage.advance(100);
    stage.deaf = true;
    stage.crowd('ask', 40, 10);
    stage.want({});
    await stage.advance(100);
    expect(stage.lastRow()).toMatchObject({ state: 'unknown', reason: 'cancelNotFound' });
    expect(openQuantity(stage.lastRow())).toBe(1_000);
    await stage.advance(3_000);
    expect(stage.lastRow()).toMatchObject({ state: 'filled', filled: 1_000 });
    expect(stage.positionHere()).toBe(10);
  });

  it('that finds nothing is not repeated while the reads lag behind', async () => {
    const stage = await Stage.open({ readDelayMs: 5_000 });
    stage.want({ bid: [40, 10] });
    await stage.advance(6_000);
    stage.deaf = true;
    stage.crowd('ask', 40, 10);
    stage.want({});
    await stage.advance(15_000);
    expect(stage.lastRow()).toMatchObject({ state: 'filled', filled: 1_000 });
    expect(stage.line.count('cancel')).toBe(1);
  });
});

describe('An amend that was not answered', () => {
  for (const fault of [...AFTER, ...BEFORE]) {
    it(`ends with the order known, whatever it did: ${fault.how}`, async () => {
      const stage = await Stage.open();
      stage.want({ bid: [40, 10] });
      await stage.advance(100);
      stage.deaf = true;
      stage.line.fail('amend', fault);
      stage.want({ bid: [40, 4] });
      await stage.advance(5_100);
      if (stage.lastRow().state === 'unknown') expect(openQuantity(stage.lastRow())).toBe(1_000);
      await stage.advance(10_000);
      stage.deaf = false;
      expect(stage.table.unknownCount).toBe(0);
      expect(stage.resting()).toEqual([['bid', 40, 4]]);
    });
  }
});

describe('An order that the exchange has put away', () => {
  it('is over with what its fill records say', async () => {
    const stage = await Stage.open();
    stage.want({ bid: [40, 10] });
    await stage.advance(100);
    stage.crowd('ask', 40, 3);
    await stage.advance(100);
    stage.deaf = true;
    stage.line.fail('cancel', { how: 'refused', status: 404, code: 'not_found' });
    stage.engine.cancelAll(stage.user);
    stage.line.hideOrders = true;
    stage.want({});
    await stage.advance(50_000);
    expect(stage.lastRow().state).toBe('unknown');
    await stage.advance(20_000);
    expect(stage.lastRow()).toMatchObject({ state: 'canceled', filled: 300, reason: 'gone' });
    expect(stage.table.isClear(stage.lastRow().market)).toBe(true);
  });
});

async function withTime<T>(stage: Stage, promise: Promise<T>): Promise<T> {
  let value: T | undefined;
  void promise.then((got) => {
    value = got;
  });
  await stage.advance(50);
  return value!;
}
