import { describe, expect, it } from 'vitest';
import { type ActorRefFrom, createActor } from 'xstate';
import { deadlineOn } from '../../machines/deadline.ts';
import { type FeedMachineFact, marketFeed } from '../../machines/market-feed.ts';
import {
  marketSession,
  type OfSession,
  type SessionEvent,
  type SessionFact,
  type Withdrawn,
} from '../../machines/market-session.ts';
import { type GatewayEvent, orderGateway } from '../../machines/order-gateway.ts';
import { riskSupervisor, type SupervisorEvent } from '../../machines/risk-supervisor.ts';
import { type Candidate, type Discovery, type ScannerEvent, type Sweep, scanner } from '../../machines/scanner.ts';
import { sessionManager } from '../../machines/session-manager.ts';
import { type Proof, type TraderInput, trader } from '../../machines/trader.ts';
import { Door } from '../../src/gateway/door.ts';
import { Asked, clockAt, settle, T0_MS, Tap } from '../support/chart-bodies.ts';
import { ChartWalk } from '../support/chart-walk.ts';

const INPUT: TraderInput = {
  scanner: { sweepEveryMs: 3_000, rediscoverEveryMs: 600_000 },
  manager: {
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
  },
};
const CLOSE_MS = T0_MS + 3_600_000;
const RAIN: Candidate = { market: 'RAIN-26', score: 1, closeMs: CLOSE_MS };
const SNOW: Candidate = { market: 'SNOW-26', score: 0, closeMs: CLOSE_MS };

const walk = new ChartWalk(trader);

/** All charts together as they run, with bodies at their outermost edge and the real door. */
function begin() {
  const clock = clockAt();
  const door = new Door();
  const deadline = deadlineOn(clock);
  const connection = new Tap<FeedMachineFact>();
  const watch = new Tap<SupervisorEvent>();
  const facts = new Tap<SessionFact, OfSession>();
  const discover = new Asked<Discovery>();
  const sweep = new Asked<Sweep>();
  const withdraw = new Asked<Withdrawn, OfSession>();
  const proveEmpty = new Asked<Proof>();
  const chart = trader.provide({
    actors: {
      deadline,
      marketFeed: marketFeed.provide({
        actors: {
          connection: connection.body,
          polling: new Tap<FeedMachineFact>().body,
          backoff: new Tap<{ readonly type: 'backoff.over' }, { readonly failures: number }>().body,
        },
      }),
      scanner: scanner.provide({
        actors: {
          deadline,
          catalogueChanges: new Tap<ScannerEvent>().body,
          discover: discover.body,
          sweep: sweep.body,
          whenToRetry: new Asked<number>().body,
        },
      }),
      sessionManager: sessionManager.provide({
        actors: {
          marketSession: marketSession.provide({
            actors: {
              deadline,
              facts: facts.body,
              quoter: new Tap<SessionEvent, OfSession>().body,
              exitWorker: new Tap<SessionEvent, OfSession & { readonly patient: boolean }>().body,
              withdraw: withdraw.body,
              flatten: new Asked<Withdrawn, OfSession & { readonly isBenign: boolean }>().body,
            },
          }),
        },
      }),
      orderGateway: orderGateway.provide({
        actors: { gatewayFacts: new Tap<GatewayEvent>().body, resolver: new Tap<GatewayEvent>().body },
        actions: {
          closeDoor: () => door.close(),
          restrictDoor: () => door.restrict(),
          openDoor: () => door.open(),
        },
      }),
      riskSupervisor: riskSupervisor.provide({ actors: { deadline, watch: watch.body } }),
      proveEmpty: proveEmpty.body,
    },
  });
  const actor = createActor(chart, { id: 'trader', clock, input: INPUT, inspect: walk.inspect });
  actor.start();
  const sessions = () => actor.system.get('sessions') as ActorRefFrom<typeof sessionManager>;
  const supervisor = () => actor.system.get('supervisor') as ActorRefFrom<typeof riskSupervisor>;
  return {
    actor,
    clock,
    door,
    connection,
    watch,
    facts,
    discover,
    withdraw,
    proveEmpty,
    sessions,
    supervisor,
    value: () => actor.getSnapshot().value,
    markets: () => Object.keys(sessions().getSnapshot().context.sessions),
    session: (market: string) => {
      const manager = sessions().getSnapshot();
      const children = manager.children as Record<string, ActorRefFrom<typeof marketSession>>;
      return children[manager.context.sessions[market]!.session]!.getSnapshot();
    },
    goLive: () => connection.say({ type: 'feed.opened' }, { type: 'feed.live' }),
    async sweep(candidates: readonly Candidate[], orphans: readonly Candidate[] = []) {
      if (discover.open.length > 0) await discover.answer({ seen: 9, accepted: 2, complete: true, atMs: clock.now() });
      await sweep.answer({ candidates, orphans, atMs: clock.now() });
    },
    drain(manner: 'soft' | 'carry') {
      actor.send({
        type: 'trader.drain',
        reason: 'shutdown',
        manner,
        hardAtMs: clock.now() + (manner === 'soft' ? 30_000 : 0),
        carryAtMs: clock.now() + (manner === 'soft' ? 40_000 : 0),
      });
    },
  };
}

/** Live, with one session that works on a position of 5 contracts. */
async function working() {
  const stage = begin();
  stage.goLive();
  await stage.sweep([], [SNOW]);
  await stage.withdraw.answer({ position: 500, atMs: stage.clock.now() });
  expect(stage.session('SNOW-26').value).toEqual({ softExit: 'working' });
  return stage;
}

describe('A trader', () => {
  it('opens its gateway only once the feed is live', () => {
    const stage = begin();
    expect(stage.value()).toBe('trading');
    expect(stage.door.permission).toBe('closed');
    stage.connection.say({ type: 'feed.opened' });
    expect(stage.door.permission).toBe('closed');
    stage.connection.say({ type: 'feed.live' });
    expect(stage.door.permission).toBe('open');
  });

  it('passes what the scanner found to the sessions, positions first', async () => {
    const stage = begin();
    await stage.sweep([SNOW, RAIN], [SNOW]);
    expect(stage.markets()).toEqual(['SNOW-26', 'RAIN-26']);
    const { sessions, refusals } = stage.sessions().getSnapshot().context;
    expect(sessions['SNOW-26']?.kind).toBe('carry');
    expect(sessions['RAIN-26']?.kind).toBe('quote');
    expect(refusals).toEqual({ unwinding: 1 });
  });

  it('leaves the gateway nothing but cancels while a halt stands, whatever the feed says', () => {
    const stage = begin();
    stage.goLive();
    stage.watch.say({ type: 'switch.fired', action: 'halt', reason: 'dailyLoss', resumeAtMs: null });
    expect(stage.door.permission).toBe('cancelOnly');
    stage.connection.say({ type: 'feed.lagging', medianMs: 3_000 }, { type: 'feed.live' });
    expect(stage.door.permission).toBe('cancelOnly');
    expect(stage.sessions().getSnapshot().value).toBe('refusing');
    stage.supervisor().send({ type: 'operator.resume' });
    expect(stage.door.permission).toBe('open');
    expect(stage.sessions().getSnapshot().value).toBe('refusing');
    stage.supervisor().send({ type: 'operator.resume' });
    expect(stage.sessions().getSnapshot().value).toBe('accepting');
  });

  it('halted before it was live does not open when it is', () => {
    const stage = begin();
    stage.supervisor().send({ type: 'operator.halt', reason: 'by hand' });
    expect(stage.door.permission).toBe('cancelOnly');
    stage.goLive();
    expect(stage.door.permission).toBe('cancelOnly');
  });

  it('makes every approval stale when the mode falls', () => {
    const stage = begin();
    stage.goLive();
    const stamp = { riskEpoch: stage.door.riskEpoch, validUntilMs: Number.MAX_SAFE_INTEGER as never };
    expect(stage.door.refusal(stamp, 0 as never)).toBeNull();
    stage.supervisor().send({ type: 'operator.halt', reason: 'by hand' });
    expect(stage.door.refusal(stamp, 0 as never)).toBe('permission');
  });
});

describe('A trader that drains', () => {
  it('stops scanning, winds its sessions down, proves that nothing is left, and stops with the proof', async () => {
    const stage = await working();
    stage.drain('soft');
    expect(stage.value()).toEqual({ draining: 'winding' });
    expect(stage.actor.system.get('scanner')).toBeUndefined();
    expect(stage.door.permission).toBe('open');
    expect(stage.session('SNOW-26').value).toEqual({ softExit: 'working' });
    stage.drain('carry');
    await stage.withdraw.answer({ position: 500, atMs: stage.clock.now() });
    expect(stage.value()).toEqual({ draining: 'proving' });
    expect(stage.door.permission).toBe('closed');
    await stage.proveEmpty.answer({ left: [] });
    expect(stage.actor.getSnapshot()).toMatchObject({
      value: 'stopped',
      status: 'done',
      output: { proof: { left: [] } },
    });
    expect(stage.clock.nextDueMs).toBeNull();
    expect([stage.connection, stage.watch, stage.facts].map(({ listeners }) => listeners)).toEqual([0, 0, 0]);
  });

  it('goes straight to the proof when it has no sessions', () => {
    const stage = begin();
    stage.drain('soft');
    expect(stage.value()).toEqual({ draining: 'proving' });
  });

  it('is patient, then hard, then carries, each at its time', async () => {
    const stage = await working();
    const sessions = stage.sessions();
    stage.facts.say({ type: 'book.synced' }, { type: 'data.current' });
    stage.drain('soft');
    stage.clock.advanceTo(T0_MS + 29_999);
    expect(stage.session('SNOW-26').value).toEqual({ softExit: 'working' });
    stage.clock.advanceTo(T0_MS + 30_000);
    expect(stage.session('SNOW-26').value).toEqual({ killed: 'cancelling' });
    await stage.withdraw.answer({ position: 500, atMs: stage.clock.now() });
    expect(stage.session('SNOW-26').value).toEqual({ killed: 'flattening' });
    stage.clock.advanceTo(T0_MS + 40_000);
    expect(stage.session('SNOW-26').value).toEqual({ killed: 'cancelling' });
    await stage.withdraw.answer({ position: 300, atMs: stage.clock.now() });
    expect(stage.value()).toEqual({ draining: 'proving' });
    expect(sessions.getSnapshot().context.endReasons).toEqual({ shutdown: 1 });
  });

  it('hears halts and live feeds on its way out: an exit needs its permission', async () => {
    const stage = begin();
    await stage.sweep([], [SNOW]);
    stage.drain('soft');
    expect(stage.door.permission).toBe('closed');
    stage.goLive();
    expect(stage.door.permission).toBe('open');
    stage.supervisor().send({ type: 'operator.halt', reason: 'by hand' });
    expect(stage.door.permission).toBe('cancelOnly');
  });

  it('keeps the gateway closed while it proves, whatever changes', async () => {
    const stage = begin();
    stage.goLive();
    stage.watch.say({ type: 'switch.fired', action: 'pause', reason: 'errors', resumeAtMs: T0_MS + 1_000 });
    stage.drain('soft');
    expect(stage.value()).toEqual({ draining: 'proving' });
    stage.clock.advanceTo(T0_MS + 1_000);
    expect(stage.supervisor().getSnapshot().value).toBe('active');
    stage.connection.say({ type: 'feed.lagging', medianMs: 3_000 }, { type: 'feed.live' });
    stage.drain('carry');
    await settle();
    expect(stage.value()).toEqual({ draining: 'proving' });
    expect(stage.door.permission).toBe('closed');
    expect(stage.proveEmpty.questions).toHaveLength(1);
  });

  it('stops without a proof when there is none to be had', async () => {
    const stage = begin();
    stage.drain('carry');
    await stage.proveEmpty.refuse(new Error('the exchange is away'));
    expect(stage.actor.getSnapshot()).toMatchObject({ value: 'stopped', output: { proof: null } });
  });

  it.each(['trading', 'winding', 'proving'] as const)('can be abandoned while %s: nothing goes on', async (state) => {
    const stage = state === 'proving' ? begin() : await working();
    if (state !== 'trading') stage.drain('soft');
    stage.actor.send({ type: 'trader.abandon' });
    expect(stage.actor.getSnapshot()).toMatchObject({ value: 'stopped', status: 'done', output: { proof: null } });
    expect(stage.clock.nextDueMs).toBeNull();
    expect(stage.withdraw.open).toHaveLength(0);
    expect(stage.proveEmpty.open).toHaveLength(0);
    expect([stage.connection, stage.watch, stage.facts].map(({ listeners }) => listeners)).toEqual([0, 0, 0]);
  });

  it('was in every state and took every transition in these tests', () => {
    expect(walk.unvisited()).toEqual([]);
    expect(walk.untaken()).toEqual([]);
  });
});
