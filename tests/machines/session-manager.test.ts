import { describe, expect, it } from 'vitest';
import type { ActorRefFrom } from 'xstate';
import { deadlineOn } from '../../machines/deadline.ts';
import {
  marketSession,
  type OfSession,
  type SessionEvent,
  type SessionFact,
  type SessionInput,
  type Withdrawn,
} from '../../machines/market-session.ts';
import { type ManagerInput, type Opening, sessionManager } from '../../machines/session-manager.ts';
import { Asked, clockAt, settle, T0_MS, Tap, underParent } from '../support/chart-bodies.ts';
import { ChartWalk } from '../support/chart-walk.ts';

const HOUR_MS = 3_600_000;
const INPUT: ManagerInput = {
  concurrentMax: 2,
  restMs: 10_000,
  resumed: [],
  openedBefore: 0,
  session: {
    warmupTimeoutMs: 60_000,
    startDelayMs: 5_000,
    ttlMs: 300_000,
    closeDangerMs: 180_000,
    onClose: 'flat',
    reversionWaitMs: 15_000,
    softExitMaxMs: 20_000,
    carryTtlMs: 600_000,
    smallQuantity: 200,
  },
};
const walk = new ChartWalk(sessionManager);

const opening = (market: string, closeMs = T0_MS + HOUR_MS): Opening => ({ market, closeMs });
const RAIN = opening('RAIN-26');
const SNOW = opening('SNOW-26');
const HAIL = opening('HAIL-26');

/** The manager with real sessions, which all hear one stream of facts. */
function begin(input: Partial<ManagerInput> = {}) {
  const clock = clockAt();
  const facts = new Tap<SessionFact, OfSession>();
  const withdraw = new Asked<Withdrawn, OfSession>();
  const quiet = <T extends OfSession>() => new Tap<SessionEvent, T>().body;
  const session = marketSession.provide({
    actors: {
      deadline: deadlineOn(clock),
      facts: facts.body,
      quoter: quiet<OfSession>(),
      exitWorker: quiet<OfSession & { readonly patient: boolean }>(),
      withdraw: withdraw.body,
      flatten: new Asked<Withdrawn, OfSession & { readonly isBenign: boolean }>().body,
    },
  });
  const { child, heard } = underParent(sessionManager.provide({ actors: { marketSession: session } }), {
    clock,
    inspect: walk.inspect,
    input: { ...INPUT, ...input },
  });
  const actor = child as ActorRefFrom<typeof sessionManager>;
  const context = () => actor.getSnapshot().context;
  return {
    actor,
    clock,
    facts,
    withdraw,
    context,
    told: () => heard.map(({ type }) => type),
    value: () => actor.getSnapshot().value,
    offer: (...candidates: Opening[]) => actor.send({ type: 'candidates.found', candidates, atMs: clock.now() }),
    orphan: (market: Opening) => actor.send({ type: 'position.orphaned', ...market, atMs: clock.now() }),
    markets: () => Object.keys(context().sessions),
    session: (market: string) =>
      (actor.getSnapshot().children as Record<string, ActorRefFrom<typeof marketSession>>)[
        context().sessions[market]!.session
      ]!,
    end(market: string) {
      this.session(market).send({ type: 'session.stop', reason: 'operator', manner: 'soft' });
    },
  };
}

describe('The manager', () => {
  it('opens a session a candidate, best first, while there is room, and counts who had none', () => {
    const stage = begin();
    stage.offer(RAIN, SNOW, HAIL);
    expect(stage.markets()).toEqual(['RAIN-26', 'SNOW-26']);
    expect(stage.context()).toMatchObject({ opened: 2, refusals: { full: 1 } });
    expect(stage.value()).toBe('full');
    stage.offer(RAIN, HAIL);
    expect(stage.context().refusals).toEqual({ full: 2, active: 1 });
    expect(stage.session('RAIN-26').getSnapshot().context).toMatchObject({
      session: 's1',
      kind: 'quote',
      openedMs: T0_MS,
      warmupUntilMs: T0_MS + 60_000,
      closingAtMs: RAIN.closeMs - 180_000,
    });
  });

  it('begins with the sessions that an earlier process left, under their names, and numbers new ones after all there were', () => {
    const first = begin();
    first.offer(RAIN);
    const { resumed: _, ...input } = (first.session('RAIN-26').getSnapshot() as { context: SessionInput }).context;
    const resumed = { into: 'quoting' as const, reason: null, carries: false, readyAtMs: T0_MS, withdrawnAtMs: null };
    const stage = begin({ resumed: [{ ...input, session: 's7', resumed }], openedBefore: 7 });
    expect(stage.session('RAIN-26').getSnapshot()).toMatchObject({
      value: { quoting: { flow: 'frozen' } },
      context: { session: 's7' },
    });
    stage.offer(RAIN, SNOW);
    expect(stage.context()).toMatchObject({ opened: 8, refusals: { active: 1 } });
    expect(Object.keys(stage.actor.getSnapshot().children)).toEqual(['s7', 's8']);
    stage.end('RAIN-26');
  });

  it('has one session a market', () => {
    const stage = begin();
    stage.offer(RAIN);
    stage.offer(RAIN, RAIN);
    expect(stage.context()).toMatchObject({ opened: 1, refusals: { active: 2 } });
  });

  it('accepts again when a session ended, forgets its actor, and counts its reason', async () => {
    const stage = begin();
    stage.offer(RAIN, SNOW);
    expect(stage.value()).toBe('full');
    stage.end('RAIN-26');
    await settle();
    expect(stage.value()).toBe('accepting');
    expect(stage.markets()).toEqual(['SNOW-26']);
    expect(Object.keys(stage.actor.getSnapshot().children)).toEqual(['s2']);
    expect(stage.context()).toMatchObject({ opened: 2, closed: 1, endReasons: { operator: 1 } });
  });

  it('lets a market rest after its session, and no longer', () => {
    const stage = begin();
    stage.offer(RAIN);
    stage.end('RAIN-26');
    stage.clock.advanceTo(T0_MS + 9_999);
    stage.offer(RAIN);
    expect(stage.context()).toMatchObject({ opened: 1, refusals: { resting: 1 } });
    stage.clock.advanceTo(T0_MS + 10_000);
    stage.offer(RAIN);
    expect(stage.markets()).toEqual(['RAIN-26']);
  });

  it('does not keep the rest of every market that ever had a session', () => {
    const stage = begin();
    for (let round = 0; round < 50; round++) {
      stage.clock.advanceTo(T0_MS + round * 20_000);
      stage.offer(opening(`M${round}-26`));
      stage.end(`M${round}-26`);
    }
    expect(stage.context()).toMatchObject({ opened: 50, closed: 50, sessions: {} });
    expect(Object.keys(stage.context().restingUntilMs)).toEqual(['M49-26']);
  });

  it('opens nothing on a market that is about to close', () => {
    const stage = begin();
    stage.offer(opening('RAIN-26', T0_MS + 180_000));
    expect(stage.context()).toMatchObject({ opened: 0, refusals: { closing: 1 } });
  });

  it('counts a session that broke as failed, and goes on', async () => {
    const stage = begin();
    stage.offer(RAIN, SNOW);
    const unreadable: SessionEvent = {
      type: 'session.stop',
      reason: 'operator',
      get manner(): 'soft' {
        throw new Error('broken');
      },
    };
    stage.session('RAIN-26').send(unreadable);
    await settle();
    expect(stage.context()).toMatchObject({ closed: 1, endReasons: { failed: 1 } });
    expect(stage.markets()).toEqual(['SNOW-26']);
  });

  it.each(['reducing', 'paused', 'halted'] as const)('refuses while risk is %s, from wherever it was', async (mode) => {
    for (const candidates of [[RAIN], [RAIN, SNOW]]) {
      const stage = begin();
      stage.offer(...candidates);
      stage.actor.send({ type: 'risk.moded', mode });
      expect(stage.value()).toBe('refusing');
      stage.offer(RAIN, HAIL);
      expect(stage.context()).toMatchObject({ opened: candidates.length, refusals: { active: 1, risk: 1 } });
      stage.actor.send({ type: 'risk.moded', mode: 'active' });
      expect(stage.value()).toBe(candidates.length === 2 ? 'full' : 'accepting');
    }
  });

  it('gives a position without a session one of kind carry, however full it is, and once', () => {
    const stage = begin();
    stage.offer(RAIN, SNOW);
    stage.orphan(HAIL);
    stage.orphan(HAIL);
    expect(stage.context().sessions['HAIL-26']).toEqual({ session: 's3', kind: 'carry', closeMs: HAIL.closeMs });
    expect(stage.session('HAIL-26').getSnapshot()).toMatchObject({
      value: { softExit: 'cancelling' },
      context: { kind: 'carry' },
    });
    expect(stage.context().opened).toBe(3);
  });

  it('takes no room for what is carried, and opens nothing beside it', async () => {
    const stage = begin();
    stage.orphan(HAIL);
    stage.offer(HAIL, RAIN, SNOW);
    expect(stage.markets()).toEqual(['HAIL-26', 'RAIN-26', 'SNOW-26']);
    expect(stage.context().refusals).toEqual({ unwinding: 1 });
  });

  it('works on positions while it refuses, and waits with them during a halt', () => {
    const stage = begin();
    stage.actor.send({ type: 'risk.moded', mode: 'halted' });
    stage.orphan(HAIL);
    expect(stage.context().opened).toBe(0);
    stage.actor.send({ type: 'risk.moded', mode: 'reducing' });
    stage.orphan(HAIL);
    expect(stage.markets()).toEqual(['HAIL-26']);
  });
});

describe("The operator's word on sessions", () => {
  it('reaches one market alone, or all; what carries goes on carrying unless it is to be flattened', async () => {
    const stage = begin();
    stage.offer(RAIN);
    stage.offer(HAIL);
    stage.orphan(SNOW);
    await stage.withdraw.answer({ position: 500, atMs: T0_MS });
    const carrying = stage.session('SNOW-26');
    const stop = { type: 'manager.stop', reason: 'operator', isCarryStopped: false } as const;
    stage.actor.send({ ...stop, market: 'RAIN-26' });
    await settle();
    expect(stage.markets().sort()).toEqual(['HAIL-26', 'SNOW-26']);
    stage.actor.send({ ...stop, market: null });
    await settle();
    expect(stage.markets()).toEqual(['SNOW-26']);
    expect(carrying.getSnapshot().value).toEqual({ softExit: 'working' });
    stage.actor.send({ type: 'manager.stop', market: null, reason: 'flattened', isCarryStopped: true });
    expect(carrying.getSnapshot()).toMatchObject({
      value: { killed: 'cancelling' },
      context: { reason: 'flattened', carries: false },
    });
  });
});

describe('A manager that closes', () => {
  it('without sessions is closed at once, and says so', () => {
    const stage = begin();
    stage.actor.send({ type: 'manager.close', reason: 'shutdown', manner: 'soft' });
    expect(stage.value()).toBe('closed');
    expect(stage.told()).toContain('sessions.closed');
  });

  it('stops every session and is closed when the last one is, opening nothing meanwhile', async () => {
    const stage = begin();
    stage.offer(RAIN);
    stage.orphan(SNOW);
    stage.actor.send({ type: 'manager.close', reason: 'shutdown', manner: 'soft' });
    await settle();
    expect(stage.value()).toBe('closing');
    expect(stage.markets()).toEqual(['SNOW-26']);
    stage.offer(RAIN);
    stage.orphan(HAIL);
    expect(stage.markets()).toEqual(['SNOW-26']);
    await stage.withdraw.answer({ position: 0, atMs: T0_MS });
    expect(stage.value()).toBe('closed');
    expect(stage.told().filter((type) => type === 'sessions.closed')).toHaveLength(1);
    expect(stage.context()).toMatchObject({ closed: 2, endReasons: { shutdown: 1, carriedOn: 1 } });
  });

  it('passes on that patience is over', async () => {
    const stage = begin();
    stage.orphan(SNOW);
    await stage.withdraw.answer({ position: 500, atMs: T0_MS });
    stage.actor.send({ type: 'manager.close', reason: 'shutdown', manner: 'soft' });
    expect(stage.session('SNOW-26').getSnapshot().value).toEqual({ softExit: 'working' });
    stage.actor.send({ type: 'manager.close', reason: 'shutdown', manner: 'carry' });
    expect(stage.session('SNOW-26').getSnapshot()).toMatchObject({
      value: { killed: 'cancelling' },
      context: { carries: true },
    });
    await stage.withdraw.answer({ position: 500, atMs: T0_MS });
    expect(stage.value()).toBe('closed');
    expect(stage.context().endReasons).toEqual({ shutdown: 1 });
  });

  it('was in every state and took every transition in these tests', () => {
    expect(walk.unvisited()).toEqual([]);
    expect(walk.untaken()).toEqual([]);
  });
});
