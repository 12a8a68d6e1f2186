import { describe, expect, it } from 'vitest';
import type { ActorRefFrom } from 'xstate';
import { deadlineOn } from '../../machines/deadline.ts';
import { type Candidate, type Discovery, type ScannerEvent, type Sweep, scanner } from '../../machines/scanner.ts';
import { Asked, clockAt, T0_MS, Tap, underParent } from '../support/chart-bodies.ts';
import { ChartWalk } from '../support/chart-walk.ts';

const SWEEP_EVERY_MS = 3_000;
const REDISCOVER_EVERY_MS = 600_000;
const RAIN: Candidate = { market: 'RAIN-26', score: 2, closeMs: T0_MS + 7_200_000 };
const SNOW: Candidate = { market: 'SNOW-26', score: 1, closeMs: T0_MS + 7_200_000 };

const walk = new ChartWalk(scanner);

function begin() {
  const clock = clockAt();
  const changes = new Tap<ScannerEvent>();
  const discover = new Asked<Discovery>();
  const sweep = new Asked<Sweep>();
  const whenToRetry = new Asked<number>();
  const chart = scanner.provide({
    actors: {
      deadline: deadlineOn(clock),
      catalogueChanges: changes.body,
      discover: discover.body,
      sweep: sweep.body,
      whenToRetry: whenToRetry.body,
    },
  });
  const { child, heard } = underParent(chart, {
    clock,
    inspect: walk.inspect,
    input: { sweepEveryMs: SWEEP_EVERY_MS, rediscoverEveryMs: REDISCOVER_EVERY_MS },
  });
  const actor = child as ActorRefFrom<typeof scanner>;
  return {
    actor,
    clock,
    changes,
    discover,
    sweep,
    whenToRetry,
    heard,
    value: () => actor.getSnapshot().value,
    found: (accepted: number) => discover.answer({ seen: 60, accepted, complete: true, atMs: clock.now() }),
    swept: (candidates: readonly Candidate[] = [], orphans: readonly Candidate[] = []) =>
      sweep.answer({ candidates, orphans, atMs: clock.now() }),
  };
}

async function resting() {
  const stage = begin();
  await stage.found(2);
  await stage.swept();
  return stage;
}

describe('The scanner', () => {
  it('discovers, sweeps at once, and offers what it found', async () => {
    const { actor, value, found, swept, heard } = begin();
    expect(value()).toBe('discovering');
    await found(2);
    expect(value()).toEqual({ watching: 'sweeping' });
    expect(actor.getSnapshot().context).toMatchObject({ seen: 60, accepted: 2, discoveredAtMs: T0_MS });
    await swept([RAIN], [SNOW]);
    expect(value()).toEqual({ watching: 'resting' });
    expect(heard).toEqual([{ type: 'markets.swept', candidates: [RAIN], orphans: [SNOW], atMs: T0_MS }]);
  });

  it('rests between sweeps for as long as it was told', async () => {
    const { clock, value } = await resting();
    clock.advanceTo(T0_MS + SWEEP_EVERY_MS - 1);
    expect(value()).toEqual({ watching: 'resting' });
    clock.advanceTo(T0_MS + SWEEP_EVERY_MS);
    expect(value()).toEqual({ watching: 'sweeping' });
  });

  it('sweeps at once when asked to', async () => {
    const { actor, value } = await resting();
    actor.send({ type: 'scan.now' });
    expect(value()).toEqual({ watching: 'sweeping' });
  });

  it('reads the catalogue again when it is old, however often it swept since', async () => {
    const { clock, value, swept, found } = await resting();
    while (clock.now() < T0_MS + REDISCOVER_EVERY_MS - SWEEP_EVERY_MS) {
      clock.advanceTo(clock.now() + SWEEP_EVERY_MS);
      expect(value()).toEqual({ watching: 'sweeping' });
      await swept();
    }
    clock.advanceTo(T0_MS + REDISCOVER_EVERY_MS);
    expect(value()).toBe('rediscovering');
    await found(3);
    expect(value()).toEqual({ watching: 'sweeping' });
  });

  it('reads the catalogue again when the venue changed it', async () => {
    const { changes, value } = await resting();
    changes.say({ type: 'catalogue.changed' });
    expect(value()).toBe('rediscovering');
  });

  it.each(['discovering', 'rediscovering'])(
    'reads the catalogue once more when the venue changed it meanwhile (%s)',
    async (state) => {
      const stage = state === 'discovering' ? begin() : await resting();
      if (state === 'rediscovering') stage.changes.say({ type: 'catalogue.changed' });
      stage.changes.say({ type: 'catalogue.changed' });
      expect(stage.value()).toBe(state);
      await stage.found(0);
      expect(stage.value()).toBe('rediscovering');
      await stage.found(1);
      expect(stage.value()).toEqual({ watching: 'sweeping' });
    },
  );

  it('offers what it found before it reads the catalogue once more', async () => {
    const stage = begin();
    stage.changes.say({ type: 'catalogue.changed' });
    await stage.found(2);
    expect(stage.value()).toEqual({ watching: 'sweeping' });
    await stage.swept([RAIN]);
    expect(stage.heard).toMatchObject([{ candidates: [RAIN] }]);
    expect(stage.value()).toBe('rediscovering');
    await stage.found(2);
    await stage.swept();
    expect(stage.value()).toEqual({ watching: 'resting' });
  });

  it.each(['discovering', 'rediscovering'])('starves when nothing qualifies after %s', async (state) => {
    const stage = state === 'discovering' ? begin() : await resting();
    if (state === 'rediscovering') stage.changes.say({ type: 'catalogue.changed' });
    expect(stage.value()).toBe(state);
    await stage.found(0);
    expect(stage.value()).toBe('starved');
  });

  it.each(['discovering', 'rediscovering'])('starves when %s fails, and says why', async (state) => {
    const stage = state === 'discovering' ? begin() : await resting();
    if (state === 'rediscovering') stage.changes.say({ type: 'catalogue.changed' });
    await stage.discover.refuse(new Error('503'));
    expect(stage.value()).toBe('starved');
    expect(stage.actor.getSnapshot().context.failure).toBe('Error: 503');
  });

  it('starves when a sweep fails', async () => {
    const { sweep, found, value } = begin();
    await found(2);
    await sweep.refuse(new Error('no'));
    expect(value()).toBe('starved');
  });

  it.each([
    ['its pause is over', (stage: ReturnType<typeof begin>) => stage.whenToRetry.answer(0)],
    ['even its pause fails', (stage: ReturnType<typeof begin>) => stage.whenToRetry.refuse(new Error('no clock'))],
    ['the catalogue changed', (stage: ReturnType<typeof begin>) => stage.changes.say({ type: 'catalogue.changed' })],
    ['it is asked to', (stage: ReturnType<typeof begin>) => stage.actor.send({ type: 'scan.now' })],
  ])('discovers anew out of starvation when %s', async (_when, feed) => {
    const stage = begin();
    await stage.found(0);
    await feed(stage);
    expect(stage.value()).toBe('discovering');
    await stage.found(1);
    expect(stage.actor.getSnapshot().context.failure).toBeNull();
  });

  it('still tells of positions without a session while it starves, and offers nothing else', async () => {
    const { found, swept, sweep, value, actor, heard, whenToRetry } = begin();
    await found(0);
    await swept([RAIN], [SNOW]);
    expect(heard).toEqual([{ type: 'markets.swept', candidates: [], orphans: [SNOW], atMs: T0_MS }]);
    expect(value()).toBe('starved');
    await whenToRetry.answer(0);
    await found(0);
    await sweep.refuse(new Error('no'));
    expect(value()).toBe('starved');
    expect(actor.getSnapshot().context.failure).toBe('Error: no');
  });

  it('was in every state and took every transition in these tests', () => {
    expect(walk.unvisited()).toEqual([]);
    expect(walk.untaken()).toEqual([]);
  });
});
