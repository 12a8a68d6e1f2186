/** Halts, pauses and crash loops over restarts: what bars trading is in the journal, and only a person or its time lifts it. */
import { describe, expect, it } from 'vitest';
import { type UnixMs, unixMs } from '../../src/domain/units.ts';
import { startsInLoop } from '../../src/runtime/crash-loop.ts';
import type { RunRecord } from '../../src/runtime/remembered.ts';
import { StoreJournal } from '../../src/store/store-journal.ts';
import { type Life, Lives } from '../support/lives.ts';

const modes = (life: Life): string[] => life.all<{ mode: string }>('risk.moded').map(({ mode }) => mode);
const opened = (life: Life) => life.all('session.opened').length;
/** With sessions, so that one could begin. */
const QUOTING = ['sim.markets=16'];

/** Somebody writes into the journal of a stopped trader. */
async function say(lives: Lives, ...said: readonly (readonly [kind: string, data: object])[]): Promise<void> {
  const journal = await StoreJournal.open(lives.store, { wall: lives.world.clock, market: lives.world.clock });
  for (const [kind, data] of said) journal.append(kind, data as never);
  await journal.close();
}

describe('A halt by the HALT file', () => {
  it('stays over restarts after the file is gone, until the operator resumes: first reducing, then trading', async () => {
    const lives = await Lives.begin({ seed: 31, sets: QUOTING });
    const first = await lives.live({ haltFile: () => true, forMs: 5_000 });
    expect(modes(first)).toEqual(['active', 'halted']);
    expect(first.all('operator.halted')).toEqual([{ by: 'haltFile' }]);
    const second = await lives.live({ forMs: 30_000 });
    expect(modes(second).at(-1)).toBe('halted');
    expect(second.all('operator.halted')).toEqual([]);
    expect(opened(second)).toBe(0);
    expect(second.summary).toMatchObject({ exit: 0, orders: { created: 0 } });
    await say(lives, ['operator.resumed', { by: 'ada' }]);
    const third = await lives.live({ forMs: 10_000 });
    expect(modes(third).at(-1)).toBe('reducing');
    expect(opened(third)).toBe(0);
    await say(lives, ['operator.resumed', { by: 'ada' }]);
    expect(modes(await lives.live({ forMs: 3_000 }))).toEqual(['active']);
  });

  it('survives a death in the very second in which it was said', async () => {
    const lives = await Lives.begin({ seed: 32 });
    let isThere = false;
    await lives.live({
      dies: true,
      forMs: 1_100,
      haltFile: () => isThere,
      during: () => {
        isThere = true;
      },
    });
    expect(modes(await lives.live()).at(-1)).toBe('halted');
  });
});

describe('A loss halt', () => {
  it('stays on the next day too, ends with 9, and is lifted by the operator', async () => {
    // Half a minute before midnight in New York.
    const lives = await Lives.begin({ seed: 33, startMs: Date.UTC(2026, 0, 6, 4, 59, 30) });
    await lives.live();
    const fired = {
      switch: 'dailyLoss',
      action: 'halt',
      reason: 'dailyLoss 300 of 200',
      resumeAtMs: null,
      day: '2026-01-05',
    };
    await say(lives, ['switch.fired', fired]);
    expect((await lives.live()).summary).toMatchObject({ exit: 9 });
    await lives.world.advance(60_000);
    const nextDay = await lives.live();
    expect(nextDay.summary).toMatchObject({ exit: 9 });
    expect(modes(nextDay).at(-1)).toBe('halted');
    await say(lives, ['operator.resumed', { by: 'ada' }]);
    const after = await lives.live();
    expect(after.summary).toMatchObject({ exit: 0 });
    expect(modes(after).at(-1)).toBe('reducing');
  });
});

describe('A pause', () => {
  it('with an end survives as such, and ends by itself', async () => {
    const lives = await Lives.begin({ seed: 34 });
    await lives.live();
    const resumeAtMs = lives.world.clock.now() + 20_000;
    await say(lives, [
      'switch.fired',
      { switch: 'errors', action: 'pause', reason: 'errors', resumeAtMs, day: '2026-01-05' },
    ]);
    const second = await lives.live({ forMs: 30_000 });
    expect(modes(second)).toEqual(['active', 'paused', 'active']);
    const moded = second.entries.filter(({ kind }) => kind === 'risk.moded');
    expect(moded.at(-1)!.marketMs).toBeGreaterThanOrEqual(resumeAtMs);
    expect(modes(await lives.live())).toEqual(['active']);
  });

  it('by the operator has no end but the operator', async () => {
    const lives = await Lives.begin({ seed: 35 });
    const first = await lives.live({
      forMs: 3_000,
      async during(run) {
        await lives.world.advance(500);
        // What the chart does when it hears of it.
        run.runtime.applyMode('paused', { type: 'operator.pause' });
      },
    });
    expect(first.all('operator.paused')).toEqual([{ by: 'operator' }]);
    const second = await lives.live();
    expect(modes(second)).toEqual(['active', 'paused']);
    expect(second.all('operator.paused')).toEqual([]);
    await say(lives, ['operator.resumed', { by: 'ada' }]);
    expect(modes(await lives.live())).toEqual(['active']);
  });
});

describe('Starts that die one after the other', () => {
  const record = (startedMs: number, more: Partial<RunRecord> = {}): RunRecord => ({
    run: 'r',
    sequence: 1,
    startedMs: unixMs(startedMs),
    hasEnded: false,
    isSteady: false,
    isGuarded: false,
    ...more,
  });
  const MINUTE = 60_000;

  it.each([
    ['the first', [record(0)], 1],
    ['the third', [record(0), record(MINUTE), record(2 * MINUTE)], 3],
    [
      'one after a run that went on for a minute',
      [record(0), record(MINUTE, { isSteady: true }), record(3 * MINUTE)],
      1,
    ],
    [
      'one after runs that ended in order',
      [record(0, { hasEnded: true }), record(1, { hasEnded: true }), record(2)],
      1,
    ],
    [
      'one after two deaths and a run that ended in order',
      [record(0), record(1), record(2, { hasEnded: true }), record(3)],
      3,
    ],
    [
      'one after a guarded run that a person ended',
      [record(0), record(1), record(2, { hasEnded: true, isGuarded: true }), record(3)],
      1,
    ],
    ['one more than five minutes after the others', [record(0), record(1), record(6 * MINUTE)], 1],
  ])('are counted: %s', (_, runs, starts) => {
    expect(startsInLoop(runs)).toBe(starts);
  });

  it('make the third take orders back and do nothing else, name the record before the crash, and end with 0', async () => {
    const lives = await Lives.begin({ seed: 36, sets: QUOTING });
    const dying: Life[] = [];
    for (let start = 0; start < 2; start++) dying.push(await lives.live({ dies: true, forMs: 18_000 }));
    expect(dying.every((life) => life.summary === null)).toBe(true);
    expect(dying[1]!.all('run.guarded')).toEqual([]);
    const lastOfDead = dying[1]!.entries.at(-1)!;
    const third = await lives.live({ forMs: 15_000 });
    const [guarded] = third.all<{ starts: number; last: { kind: string; sequence: number; wallMs: UnixMs }[] }>(
      'run.guarded',
    );
    expect(guarded!.starts).toBe(3);
    expect(guarded!.last.at(-1)).toMatchObject({
      kind: lastOfDead.kind,
      sequence: lastOfDead.sequence,
      wallMs: lastOfDead.wallMs,
    });
    expect(third.summary).toMatchObject({
      exit: 0,
      orders: { created: 0, unknown: 0, leftResting: 0 },
      money: { difference: '0.000000' },
    });
    expect(third.all('order.intended')).toEqual([]);
    expect(opened(third)).toBe(0);
    const resting = lives.world.exchange.engine.orders(lives.world.user).filter(({ status }) => status === 'resting');
    expect(resting).toEqual([]);
    const fourth = await lives.live({ forMs: 20_000 });
    expect(fourth.all('run.guarded')).toEqual([]);
    expect(fourth.summary!.orders.created).toBeGreaterThan(0);
  });

  it('are none where the third comes after a minute of work', async () => {
    const lives = await Lives.begin({ seed: 37 });
    await lives.live({ dies: true, forMs: 2_000 });
    const second = await lives.live({ dies: true, forMs: 65_000 });
    expect(second.all('run.steady')).toHaveLength(1);
    expect((await lives.live()).all('run.guarded')).toEqual([]);
  });

  it('are not counted where the guard is off', async () => {
    const lives = await Lives.begin({ seed: 38, sets: ['sim.markets=12', 'recovery.crashLoopStartsMax=0'] });
    for (let start = 0; start < 4; start++) await lives.live({ dies: true, forMs: 1_000 });
    expect((await lives.live({ forMs: 1_000 })).all('run.guarded')).toEqual([]);
  });
});
