/** After a sleep of the process: what stood is taken back, and nothing new leaves before all of it is known to be gone. */
import { describe, expect, it } from 'vitest';
import { OTHER, Stage } from './stage.ts';

const writes = (stage: Stage): string[] => stage.line.seen.map(({ name }) => name).filter((name) => name !== 'read');

describe('A recall', () => {
  it('takes back in every market what is wanted there still, and lets it be wanted anew once it is gone', async () => {
    const stage = await Stage.open();
    stage.want({ bid: [40, 10], ask: [60, 10] });
    stage.want({ bid: [30, 5] }, OTHER);
    await stage.advance(100);
    expect(stage.gateway.recall()).toBe(3);
    // A frame from before the sleep makes somebody want just the same.
    stage.want({ bid: [40, 10], ask: [60, 10] });
    await stage.advance(1_000);
    expect(writes(stage)).toEqual([
      ...['create', 'create', 'create'],
      ...['cancel', 'cancel', 'cancel'],
      ...['create', 'create'],
    ]);
    expect(stage.resting()).toHaveLength(2);
    expect(stage.resting(OTHER)).toEqual([]);
  });

  it('forgets what was wanted before it', async () => {
    const stage = await Stage.open();
    stage.want({ bid: [40, 10] });
    await stage.advance(100);
    stage.gateway.recall();
    await stage.advance(5_000);
    expect(stage.resting()).toEqual([]);
    expect(writes(stage)).toEqual(['create', 'cancel']);
  });

  it('waits for an order whose cancel was never answered', async () => {
    const stage = await Stage.open();
    stage.want({ bid: [40, 10] });
    await stage.advance(100);
    stage.deaf = true;
    stage.line.fail('cancel', { how: 'timeoutAfter' });
    stage.gateway.recall();
    stage.want({ bid: [41, 10] }, OTHER);
    await stage.advance(3_000);
    expect(stage.resting(OTHER)).toEqual([]);
    await stage.advance(30_000);
    expect(stage.table.unknownCount).toBe(0);
    expect(stage.resting(OTHER)).toEqual([['bid', 41, 10]]);
  });

  it('of nothing keeps nobody waiting', async () => {
    const stage = await Stage.open();
    expect(stage.gateway.recall()).toBe(0);
    stage.want({ bid: [40, 10] });
    await stage.advance(100);
    expect(stage.resting()).toEqual([['bid', 40, 10]]);
  });
});

describe('A process that has not seen yet that it slept', () => {
  it('creates nothing, and renews nothing', async () => {
    const stage = await Stage.open();
    let isAwake = true;
    stage.door.heedSleep(() => isAwake);
    stage.want({ bid: [40, 10] });
    await stage.advance(100);
    isAwake = false;
    stage.want({ bid: [40, 10], ask: [60, 10] });
    // Its expiry comes near.
    await stage.advance(250_000);
    expect(writes(stage)).toEqual(['create']);
    isAwake = true;
    stage.want({ bid: [40, 10], ask: [60, 10] });
    await stage.advance(100);
    expect(writes(stage).sort()).toEqual(['amend', 'create', 'create']);
  });

  it('lets no create out that was approved before', async () => {
    const stage = await Stage.open();
    let isAwake = true;
    stage.door.heedSleep(() => isAwake);
    stage.want({ bid: [40, 10] });
    isAwake = false;
    await stage.advance(100);
    expect(writes(stage)).toEqual([]);
    expect(stage.lastRow()).toMatchObject({ state: 'denied' });
    expect(stage.facts).toContainEqual(expect.objectContaining({ type: 'denied', reason: 'asleep' }));
  });
});
