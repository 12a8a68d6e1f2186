/**
 * A person's word to a running trader. Invariants: nothing new leaves from the turn in which pause, flatten, cancelAll or
 * halt was said; nobody's word is lost by a death in the very next moment; a dry run changes nothing; what was barred stays
 * barred over restarts until it is resumed.
 */
import { describe, expect, it } from 'vitest';
import type { VirtualRun } from '../../src/backtest/virtual-world.ts';
import type { JournalEntry } from '../../src/domain/journal.ts';
import type { OperatorAction, OperatorCommand } from '../../src/runtime/operator-plan.ts';
import {
  differences,
  quotingNow,
  restart,
  restingAtExchange,
  simSettings,
  startTrial,
  type Trial,
} from '../support/world.ts';

const SETTINGS = simSettings(['sim.markets=16', 'session.concurrentMax=5']);

async function quoting(seed: number): Promise<Trial> {
  const trial = await startTrial({ seed, forMs: null, settings: SETTINGS });
  expect(await trial.world.advance(60_000, () => quotingNow(trial) >= 3 && restingAtExchange(trial) >= 3)).toBe(true);
  return trial;
}

function command(action: OperatorAction, market: string | null = null, why: string | null = null): OperatorCommand {
  return { action, market, by: 'ada', why };
}

const TO = [
  ['pause', 'paused'],
  ['flatten', 'reducing'],
  ['cancelAll', 'paused'],
  ['halt', 'halted'],
] as const;

/** Says it and lets time pass until it is on disk. */
async function say({ world, run }: Trial, what: OperatorCommand) {
  const answer = run.runtime.operator.carryOut(what);
  let isDone = false;
  const settled = answer.finally(() => {
    isDone = true;
  });
  await world.advance(1_000, () => isDone);
  return settled;
}

/** Creates whose bytes were written from now on. */
function sentFrom({ run }: Trial): string[] {
  const sent: string[] = [];
  run.runtime.gateway.facts$.subscribe((fact) => void (fact.type === 'sent' && sent.push(fact.market)));
  return sent;
}

async function entries(run: VirtualRun, ...kinds: readonly string[]): Promise<JournalEntry[]> {
  const found: JournalEntry[] = [];
  for await (const entry of run.journal.read()) if (kinds.includes(entry.kind)) found.push(entry);
  return found;
}

const quotes = ({ run }: Trial) => [...run.runtime.table.allOpen()].filter(({ purpose }) => purpose === 'quote').length;

describe('A dry run', () => {
  it('names sessions, orders and positions and changes nothing', async () => {
    const trial = await quoting(301);
    const { runtime, journal } = trial.run;
    const before = [journal.lastSequence, runtime.mode, runtime.door.permission];
    for (const [action, to] of TO) {
      const plan = runtime.operator.plan(command(action));
      expect(plan.mode).toEqual({ from: 'active', to });
      expect(plan.sessions.length).toBe(runtime.sessions.markets().size);
      expect(plan.sessions.find(({ state }) => state === 'quoting')!.becomes).toBe(
        action === 'halt' ? 'killed' : 'softExit',
      );
      expect(plan.orders.length).toBe([...runtime.table.allOpen()].length);
      for (const order of plan.orders)
        expect(order).toMatchObject({ price: expect.stringMatching(/^0\.\d{4}$/), purpose: 'quote' });
      expect(plan.positions.map(({ market }) => market)).toEqual(runtime.accounts.held());
      for (const { exitPrice, exitValue } of plan.positions) {
        expect(exitPrice).toMatch(/^0\.\d{4}$/);
        expect(exitValue).toMatch(/^\d+\.\d{6}$/);
      }
    }
    expect(runtime.operator.plan(command('resume')).orders).toEqual([]);
    expect([journal.lastSequence, runtime.mode, runtime.door.permission]).toEqual(before);
  });
});

describe('A pause', () => {
  it('stops quoting in its turn, takes quotes off, is journaled with who and why, and ends with resume', async () => {
    const trial = await quoting(302);
    const sent = sentFrom(trial);
    const answer = trial.run.runtime.operator.carryOut(command('pause', null, 'lunch'));
    expect(trial.run.runtime.mode).toBe('paused');
    expect(quotingNow(trial)).toBe(0);
    await trial.world.advance(3_000);
    await answer;
    expect(quotes(trial)).toBe(0);
    expect(sent.filter((market) => trial.run.runtime.accounts.position(market as never) === 0)).toEqual([]);
    const said = await entries(trial.run, 'operator.commanded', 'operator.paused');
    expect(said.map(({ kind, data }) => [kind, data])).toEqual([
      ['operator.commanded', { action: 'pause', by: 'ada', why: 'lunch' }],
      ['operator.paused', { by: 'ada', why: 'lunch' }],
    ]);
    await say(trial, command('resume'));
    expect(trial.run.runtime.mode).toBe('active');
    expect(await trial.world.advance(120_000, () => quotingNow(trial) >= 1 && quotes(trial) >= 1)).toBe(true);
    trial.run.windDown();
    expect(await trial.finish(60_000)).toMatchObject({ exit: 0, orders: { leftResting: 0 } });
    expect(differences(trial)).toEqual([]);
    expect(trial.violations).toEqual([]);
  });

  it('survives a death in the moment after it was answered', async () => {
    const trial = await quoting(303);
    await say(trial, command('pause'));
    const last = trial.run.journal.lastSequence;
    const next = await restart(trial, { forMs: null });
    await trial.world.advance(30_000, () => next.run.isInControl());
    await trial.world.advance(20_000);
    expect(next.run.runtime.mode).toBe('paused');
    const intended = await entries(next.run, 'order.intended');
    expect(
      intended.filter(({ sequence, data }) => sequence > last && (data as { purpose: string }).purpose === 'quote'),
    ).toEqual([]);
    expect(restingAtExchange(next)).toBe(0);
    next.run.stopNow();
    await next.finish(10_000);
  });
});

describe('One market', () => {
  it('is paused alone, stays so over a restart, and is quoted again when it is resumed', async () => {
    const trial = await quoting(304);
    const { runtime } = trial.run;
    const market = runtime.operator.plan(command('pause')).orders[0]!.market;
    const others = quotingNow(trial) - 1;
    await say(trial, command('pause', market, 'news'));
    expect(runtime.mode).toBe('active');
    expect(quotingNow(trial)).toBeGreaterThanOrEqual(others);
    await trial.world.advance(30_000);
    const isQuoted = (on: Trial) =>
      [...on.run.runtime.table.open(market as never)].some(({ purpose }) => purpose === 'quote');
    expect(isQuoted(trial)).toBe(false);
    expect(await entries(trial.run, 'operator.paused')).toMatchObject([{ data: { by: 'ada', why: 'news', market } }]);

    const next = await restart(trial, { forMs: null });
    await next.world.advance(30_000, () => next.run.isInControl());
    expect(next.run.runtime.days.barOn(market)).toEqual({ action: 'pause', by: 'ada' });
    const created = new Set<string>();
    next.run.runtime.gateway.facts$.subscribe((fact) => void (fact.type === 'sent' && created.add(fact.market)));
    await next.world.advance(40_000);
    expect(created.size).toBeGreaterThan(0);
    expect(isQuoted(next)).toBe(false);
    expect(next.run.runtime.operator.plan(command('resume')).notes.join(' ')).toContain(market);
    await say(next, command('resume', market));
    expect(next.run.runtime.days.barOn(market)).toBeNull();
    next.run.runtime.scan.sweep();
    expect(next.run.runtime.scan.reasons.get(market as never)).not.toBe('operator');
    next.run.stopNow();
    await next.finish(10_000);
    expect(next.violations).toEqual([]);
  });

  it('is not halted by itself, and must exist', async () => {
    const { run } = await quoting(305);
    const { operator } = run.runtime;
    const market = run.runtime.operator.plan(command('pause')).orders[0]!.market;
    expect(() => operator.plan(command('halt', market))).toThrow('whole trader');
    expect(() => operator.plan(command('pause', 'NO<b>SUCH'))).toThrow('No market is called "NO<b>SUCH"');
    await expect(operator.carryOut(command('cancelAll', market))).rejects.toThrow('whole trader');
    expect(run.runtime.mode).toBe('active');
  });
});

describe('flatten', () => {
  it('works every position off or rests to reduce it, and opens none', async () => {
    const trial = await quoting(306);
    const { runtime } = trial.run;
    await trial.world.advance(240_000, () => runtime.accounts.held().length >= 2);
    const held = new Map(runtime.accounts.held().map((market) => [market, runtime.accounts.position(market)]));
    expect(held.size).toBeGreaterThanOrEqual(2);
    await say(trial, command('flatten'));
    expect(runtime.mode).toBe('reducing');
    await trial.world.advance(180_000, () => runtime.accounts.held().length === 0);
    for (const market of runtime.accounts.held()) {
      const before = held.get(market) ?? 0;
      expect(Math.abs(runtime.accounts.position(market))).toBeLessThanOrEqual(Math.abs(before));
    }
    expect(runtime.accounts.held().length).toBeLessThan(held.size);
    expect(quotes(trial)).toBe(0);
    expect(trial.violations).toEqual([]);
    trial.run.stopNow();
    await trial.finish(10_000);
  });
});

describe('cancelAll', () => {
  it('takes everything of ours off within a second and stays paused', async () => {
    const trial = await quoting(307);
    await say(trial, command('cancelAll'));
    expect(trial.run.runtime.mode).toBe('paused');
    await trial.world.advance(1_000, () => restingAtExchange(trial) === 0);
    expect(restingAtExchange(trial)).toBe(0);
    await trial.world.advance(30_000);
    expect(quotes(trial)).toBe(0);
    trial.run.stopNow();
    await trial.finish(10_000);
  });
});

describe('A halt', () => {
  it('shuts the door in its turn, is not said twice, and resume leads through reducing', async () => {
    const trial = await quoting(308);
    const sent = sentFrom(trial);
    const { runtime } = trial.run;
    const answer = runtime.operator.carryOut(command('halt', null, 'strange'));
    expect(runtime.door.permission).toBe('cancelOnly');
    expect(runtime.mode).toBe('halted');
    await trial.world.advance(20_000);
    await answer;
    expect(sent).toEqual([]);
    expect(restingAtExchange(trial)).toBe(0);
    await say(trial, command('halt'));
    expect(await entries(trial.run, 'operator.halted')).toMatchObject([{ data: { by: 'ada', why: 'strange' } }]);
    expect(await entries(trial.run, 'operator.commanded')).toHaveLength(2);
    expect((await say(trial, command('resume'))).notes.join(' ')).toContain('Resume once more');
    expect(runtime.mode).toBe('reducing');
    await say(trial, command('resume'));
    expect(runtime.mode).toBe('active');
    trial.run.stopNow();
    expect(await trial.finish(10_000)).toMatchObject({ exit: 0 });
  });
});
