/**
 * The net under the quotes and the dead-man, in a whole world: a storm of fills triggers a group, and a trader that dies
 * leaves nothing at the exchange once its quotes' time is over.
 */
import { describe, expect, it } from 'vitest';
import type { Interference } from '../../src/backtest/virtual-world.ts';
import { stateReport } from '../../src/runtime/state-report.ts';
import { takeOrders } from '../support/crowd.ts';
import { differences, restart, restingAtExchange, simSettings, startTrial, type Trial } from '../support/world.ts';

const SETTINGS = simSettings();
const CAPACITY = SETTINGS.quoting.positionContractsMax * 100;

const quotesOf = (trial: Trial) =>
  trial.world.exchange.engine
    .orders(trial.world.user)
    .filter((order) => order.status === 'resting' && order.groupId !== null);
const groupsOf = ({ world }: Trial) => world.exchange.engine.groups(world.user);

async function quoting(seed: number, interference: Interference = {}): Promise<Trial> {
  const trial = await startTrial({ seed, forMs: null, settings: SETTINGS, interference });
  expect(await trial.world.advance(60_000, () => quotesOf(trial).length >= 4)).toBe(true);
  return trial;
}

/** Somebody takes every quote of ours on the shard, again and again, as fast as they come. */
async function storm(trial: Trial, exchangeIndex: number, done: () => boolean): Promise<void> {
  for (let blow = 0; blow < 400 && !done(); blow++) {
    takeOrders(trial.world, (order) => order.groupId !== null && order.exchangeIndex === exchangeIndex);
    await trial.world.advance(50);
  }
}

describe('a storm of fills', () => {
  it('ends at the limit of its shard: quotes gone, none sent until the reset, positions bounded, the ledger equal', async () => {
    const trial = await quoting(71);
    const { runtime, journal } = trial.run;
    const shard = quotesOf(trial)[0]!.exchangeIndex;
    const group = groupsOf(trial).find((each) => each.exchangeIndex === shard)!;
    const seen: { atMs: number; kind: string; exchangeIndex: number }[] = [];
    journal.entries$.subscribe(({ kind, data, marketMs }) => {
      const { exchangeIndex, purpose } = data as { exchangeIndex?: number; purpose?: string };
      if (kind.startsWith('group.') || (kind === 'order.intended' && purpose === 'quote'))
        seen.push({ atMs: marketMs, kind, exchangeIndex: exchangeIndex ?? -1 });
    });
    const executed = () => runtime.ledger.contracts;
    const before = executed();
    const isTriggered = () => trial.world.exchange.engine.group(trial.world.user, group.id)!.isTriggered;

    await storm(trial, shard, isTriggered);
    expect(isTriggered()).toBe(true);
    expect(quotesOf(trial).filter(({ exchangeIndex }) => exchangeIndex === shard)).toEqual([]);
    await trial.world.advance(200);
    const said = stateReport(runtime, { mode: 'sim', seed: 71, speed: 1 }) as unknown as {
      orderGroups: { exchangeIndex: number; state: string }[];
      reasons: Record<string, string>;
    };
    expect(said.orderGroups.find(({ exchangeIndex }) => exchangeIndex === shard)!.state).toBe('triggered');
    expect(Object.values(said.reasons)).toContain('orderGroupTriggered');
    // What one blow takes comes on top of the limit, no more: each session's two quotes.
    const blow = SETTINGS.session.concurrentMax * 2 * SETTINGS.session.quantityContracts * 100;
    expect(executed() - before).toBeGreaterThan(group.limit);
    expect(executed() - before).toBeLessThanOrEqual(group.limit + blow);
    for (const position of trial.world.exchange.engine.positions(trial.world.user))
      expect(Math.abs(position.quantity)).toBeLessThanOrEqual(CAPACITY);
    expect(differences(trial)).toEqual([]);

    const isReset = () => seen.some(({ kind, exchangeIndex }) => kind === 'group.reset' && exchangeIndex === shard);
    expect(await trial.world.advance(SETTINGS.gateway.groupPauseMs + 30_000, isReset)).toBe(true);
    const ofShard = seen.filter(({ exchangeIndex }) => exchangeIndex === shard);
    const from = ofShard.findIndex(({ kind }) => kind === 'group.triggered');
    const until = ofShard.findIndex(({ kind }) => kind === 'group.reset');
    expect(ofShard.slice(from + 1, until)).toEqual([]);
    expect(ofShard[until]!.atMs - ofShard[from]!.atMs).toBeGreaterThanOrEqual(SETTINGS.gateway.groupPauseMs);
    expect(await trial.world.advance(120_000, () => quotesOf(trial).some((each) => each.exchangeIndex === shard))).toBe(
      true,
    );

    trial.run.windDown();
    const summary = await trial.finish(180_000);
    expect(trial.violations).toEqual([]);
    expect(differences(trial)).toEqual([]);
    expect(summary).toMatchObject({
      exit: 0,
      money: { difference: '0.000000' },
      orders: { leftResting: 0, unknown: 0 },
    });
    // Whatever of ours still wanders about cannot come to rest any more.
    expect(groupsOf(trial).every((each) => each.isTriggered)).toBe(true);
  });
});

describe('a trader that dies', () => {
  it('leaves nothing at the exchange once the time of its quotes is over', async () => {
    const trial = await quoting(72);
    expect(restingAtExchange(trial)).toBeGreaterThan(0);
    trial.run.kill();
    await trial.world.advance(SETTINGS.quoting.expirationMs - SETTINGS.quoting.renewBeforeMs - 10_000);
    const { engine } = trial.world.exchange;
    const withoutEnd = engine
      .orders(trial.world.user)
      .filter((order) => order.status === 'resting' && order.expiresAtMs === null);
    expect(withoutEnd).toEqual([]);
    await trial.world.advance(SETTINGS.quoting.renewBeforeMs + 10_000);
    expect(restingAtExchange(trial)).toBe(0);
  });

  it('comes back to the same groups: they take its orders off before anything else is done, and it quotes in them', async () => {
    const trial = await quoting(73);
    // The dead process's burst of creates leaves no tokens for a moment.
    await trial.world.advance(2_000);
    const before = groupsOf(trial).map(({ id }) => id);
    const groupsLeft = new Set([...trial.run.runtime.table.allOpen()].flatMap(({ orderGroup }) => orderGroup ?? []));
    // In the order in which they leave: on the line each of them takes its own time.
    const writes: string[] = [];
    const next = await restart(trial, {
      forMs: null,
      bystander: () => ({
        transport: (inner) => ({
          send(request) {
            const { pathname } = new URL(request.url);
            if (request.method === 'PUT' || request.method === 'DELETE')
              writes.push(`${request.method} ${pathname.split('/').at(-1)}`);
            return inner.send(request);
          },
        }),
      }),
    });
    expect(await next.world.advance(10_000, () => next.run.isInControl())).toBe(true);
    expect(groupsLeft.size).toBeGreaterThan(0);
    expect(writes.slice(0, groupsLeft.size)).toEqual([...groupsLeft].map(() => 'PUT trigger'));
    expect(writes.slice(groupsLeft.size)).not.toContain('PUT trigger');
    expect(next.run.runtime.gateway.counts.created).toBe(0);
    expect(restingAtExchange(next)).toBe(0);
    expect(await next.world.advance(90_000, () => quotesOf(next).length >= 2)).toBe(true);
    const used = new Set(quotesOf(next).map(({ groupId }) => groupId));
    expect(before).toEqual(expect.arrayContaining([...used]));
    next.run.windDown();
    expect(await next.finish(180_000)).toMatchObject({ exit: 0, orders: { leftResting: 0 } });
    expect(next.violations).toEqual([]);
    expect(differences(next)).toEqual([]);
  });
});

describe('a halt', () => {
  it('takes the quotes of each shard off with one request, before the cancels', async () => {
    let isHaltFileThere = false;
    const trial = await startTrial({ seed: 74, forMs: null, settings: SETTINGS, haltFile: () => isHaltFileThere });
    expect(await trial.world.advance(60_000, () => quotesOf(trial).length >= 4)).toBe(true);
    isHaltFileThere = true;
    expect(await trial.world.advance(1_100, () => quotesOf(trial).length === 0)).toBe(true);
    expect(groupsOf(trial).every(({ isTriggered }) => isTriggered)).toBe(true);
    const unknown = trial.run.runtime.gateway.counts.unknown;
    await trial.world.advance(10_000);
    expect(trial.run.runtime.table.unknownCount).toBe(0);
    expect(trial.run.runtime.gateway.counts.unknown).toBe(unknown);
    expect(quotesOf(trial)).toEqual([]);
    trial.run.stopNow();
    await trial.finish(60_000);
    expect(trial.violations).toEqual([]);
    expect(differences(trial)).toEqual([]);
    expect(restingAtExchange(trial)).toBe(0);
  });
});
