import { describe, expect, it } from 'vitest';
import { type EndReason, marketSession, type SessionEvent } from '../../machines/market-session.ts';
import { T0_MS } from '../support/chart-bodies.ts';
import { ChartWalk } from '../support/chart-walk.ts';
import {
  LARGE,
  NOTHING_ALIVE,
  SESSION_INPUT,
  SessionStage,
  SMALL,
  type StageOptions,
} from '../support/session-stage.ts';

const walk = new ChartWalk(marketSession, ['opening', 'softExit', 'killed', 'closed']);
const begin = (options: StageOptions = {}) => new SessionStage({ walk, ...options }).start();

function expectClosed(stage: SessionStage, reason: EndReason, carried: number): void {
  expect(stage.value).toBe('closed');
  expect(stage.isOver).toBe(true);
  expect(stage.output).toEqual({ session: 's1', market: 'RAIN-26', kind: stage.context.kind, reason, carried });
  expect(stage.alive()).toEqual(NOTHING_ALIVE);
}

describe('A soft exit', () => {
  it('waits for a reversion, works, and is closed when flat and nothing rests', async () => {
    const stage = begin().toSoftExit();
    await stage.withdrawn(LARGE);
    expect(stage.value).toEqual({ softExit: 'awaitingReversion' });
    stage.pass(14_999);
    expect(stage.exitWorker.listeners).toBe(0);
    stage.pass(1);
    expect(stage.value).toEqual({ softExit: 'working' });
    expect(stage.exitWorker.inputs).toEqual([{ session: 's1', market: 'RAIN-26', patient: false }]);
    stage.facts.say({ type: 'position.changed', position: 0 });
    stage.exitWorker.say({ type: 'exit.flat' });
    expect(stage.value).toEqual({ softExit: 'cancelling' });
    expect(stage.exitWorker.listeners).toBe(0);
    await stage.withdrawn(0);
    expectClosed(stage, 'operator', 0);
  });

  it.each<[string, StageOptions, number, (stage: SessionStage) => void]>([
    ['what is left is small', {}, -SMALL, (stage) => stage.stop('soft')],
    ['risk reduces', {}, LARGE, (stage) => stage.facts.say({ type: 'risk.moded', mode: 'reducing' })],
    ['the market closes soon', { input: { closingAtMs: T0_MS + 6_000 } }, LARGE, (stage) => stage.pass(1_000)],
    [
      'trades go against it',
      {},
      LARGE,
      (stage) => {
        stage.stop('soft');
        stage.facts.say({ type: 'toxicity.triggered' });
      },
    ],
  ])('works at once when %s', async (_when, options, position, happen) => {
    const stage = begin(options).toQuoting();
    happen(stage);
    await stage.withdrawn(position);
    expect(stage.value).toEqual({ softExit: 'working' });
    expect(stage.context.position).toBe(position);
  });

  it('judges what is small by what withdrawing told, not by what was heard before', async () => {
    const stage = begin().toQuoting();
    stage.facts.say({ type: 'position.changed', position: SMALL });
    stage.stop('soft');
    await stage.withdrawn(LARGE);
    expect(stage.value).toEqual({ softExit: 'awaitingReversion' });
  });

  it('is killed when its time is over and something is left', async () => {
    const stage = await begin().toWorking();
    stage.pass(4_999);
    expect(stage.value).toEqual({ softExit: 'working' });
    stage.pass(1);
    expect(stage.value).toEqual({ killed: 'cancelling' });
    await stage.withdrawn(LARGE);
    expect(stage.value).toEqual({ killed: 'flattening' });
    expect(stage.flatten.questions.at(-1)?.input).toMatchObject({ isBenign: true });
  });

  it('has its patience once: a worker that was flat for a moment does not renew it', async () => {
    const stage = await begin().toWorking();
    stage.pass(4_000);
    stage.exitWorker.say({ type: 'exit.flat' });
    await stage.withdrawn(LARGE);
    stage.pass(1_000);
    expect(stage.value).toEqual({ killed: 'cancelling' });
  });

  it.each<[string, (stage: SessionStage) => void, boolean]>([
    ['it is told to stop hard', (stage) => stage.stop('hard'), false],
    ['it is told to carry', (stage) => stage.stop('carry'), true],
    ['risk halts', (stage) => stage.facts.say({ type: 'risk.moded', mode: 'halted' }), true],
    ['the market ended', (stage) => stage.facts.say({ type: 'market.ended' }), true],
  ])('is killed in each of its states when %s, and keeps its first reason', async (_when, happen, carries) => {
    const cancelling = begin().toSoftExit();
    const awaiting = begin().toSoftExit();
    await awaiting.withdrawn(LARGE);
    const working = await begin().toWorking();
    for (const stage of [cancelling, awaiting, working]) {
      happen(stage);
      expect(stage.value).toEqual({ killed: 'cancelling' });
      expect(stage.exitWorker.listeners).toBe(0);
      expect(stage.context).toMatchObject({ reason: 'operator', carries });
    }
  });

  it('lets a second soft stop change nothing', async () => {
    const stage = await begin().toWorking();
    stage.stop('soft', 'shutdown');
    expect(stage.value).toEqual({ softExit: 'working' });
    expect(stage.context.reason).toBe('operator');
  });

  it.each<[string, (stage: SessionStage) => void | Promise<void>]>([
    ['its worker broke', (stage) => stage.exitWorker.fail(new Error('x'))],
    ['its worker says it failed', (stage) => stage.exitWorker.say({ type: 'quoter.failed', message: 'x' })],
  ])('carries what is left when %s', async (_when, happen) => {
    const stage = await begin().toWorking();
    await happen(stage);
    expect(stage.value).toEqual({ killed: 'cancelling' });
    await stage.withdrawn(LARGE);
    expectClosed(stage, 'operator', LARGE);
    expect(stage.flatten.questions).toEqual([]);
  });

  it('withdraws once more, and then carries, when withdrawing broke', async () => {
    const stage = begin().toSoftExit();
    await stage.withdraw.refuse(new Error('x'));
    expect(stage.value).toEqual({ killed: 'cancelling' });
    await stage.withdrawn(LARGE);
    expectClosed(stage, 'operator', LARGE);
  });
});

describe('A killed session', () => {
  it('withdraws, crosses, and is closed when flat', async () => {
    const stage = await begin().toFlattening();
    expect(stage.value).toEqual({ killed: 'flattening' });
    await stage.flattened(0);
    expectClosed(stage, 'operator', 0);
    expect(stage.acted).toEqual([]);
  });

  it('is closed without crossing when there is nothing to cross', async () => {
    const stage = begin().toKilled();
    await stage.withdrawn(0);
    expectClosed(stage, 'operator', 0);
    expect(stage.flatten.questions).toEqual([]);
  });

  it('carries what crossing left', async () => {
    const stage = await begin().toFlattening();
    await stage.flattened(-SMALL);
    expectClosed(stage, 'operator', -SMALL);
    expect(stage.acted).toEqual(['carried']);
  });

  it.each<[EndReason, boolean]>([
    ['operator', true],
    ['shutdown', true],
    ['chaoticToxic', false],
    ['closing', false],
  ])('tells the crossing whether an end by %s could also carry: %s', async (reason, isBenign) => {
    const stage = begin().toQuoting();
    stage.tell({ type: 'session.stop', reason, manner: 'hard' });
    await stage.withdrawn(LARGE);
    expect(stage.flatten.questions[0]?.input).toEqual({ session: 's1', market: 'RAIN-26', isBenign });
  });

  const bars: [string, SessionEvent][] = [
    ['a book that is lost', { type: 'book.voided' }],
    ['data that is old', { type: 'data.stale' }],
    ['data that stopped', { type: 'data.stopped' }],
    ['an order of unknown fate', { type: 'orders.uncertain' }],
    ['a halt', { type: 'risk.moded', mode: 'halted' }],
    ['a market that ended', { type: 'market.ended' }],
    ['an order to carry', { type: 'session.stop', reason: 'shutdown', manner: 'carry' }],
  ];
  it.each(bars)('does not cross on %s', async (_bar, event) => {
    const stage = begin().toKilled();
    stage.tell(event);
    expect(stage.value).toEqual({ killed: 'cancelling' });
    await stage.withdrawn(LARGE);
    expectClosed(stage, 'operator', LARGE);
    expect(stage.flatten.questions).toEqual([]);
  });

  it.each(bars)('stops crossing at %s, withdraws what it sent, and does not begin again', async (_bar, event) => {
    const stage = await begin().toFlattening();
    stage.tell(event);
    expect(stage.value).toEqual({ killed: 'cancelling' });
    expect(stage.flatten.questions[0]?.signal.aborted).toBe(true);
    stage.facts.say({ type: 'data.current' }, { type: 'book.synced' }, { type: 'orders.certain' });
    await stage.withdrawn(SMALL);
    expectClosed(stage, 'operator', SMALL);
    expect(stage.flatten.questions).toHaveLength(1);
  });

  it('takes no second order to hurry', async () => {
    const stage = await begin().toFlattening();
    stage.stop('hard', 'shutdown');
    expect(stage.value).toEqual({ killed: 'flattening' });
    expect(stage.context.reason).toBe('operator');
  });

  it.each(['withdraw', 'flatten'] as const)('carries the position it last heard of when %s broke', async (body) => {
    const stage = body === 'withdraw' ? begin().toKilled() : await begin().toFlattening();
    stage.facts.say({ type: 'position.changed', position: 700 });
    await stage[body].refuse(new Error('x'));
    expectClosed(stage, 'operator', 700);
    expect(stage.acted).toEqual(['carried']);
  });
});

describe('A session of kind carry', () => {
  const carry: StageOptions = { input: { kind: 'carry' } };

  it('never quotes: it withdraws what may rest and works its position with patience', async () => {
    const stage = begin(carry);
    expect(stage.value).toEqual({ softExit: 'cancelling' });
    await stage.withdrawn(LARGE);
    expect(stage.value).toEqual({ softExit: 'working' });
    expect(stage.exitWorker.inputs[0]).toMatchObject({ patient: true });
    stage.exitWorker.say({ type: 'exit.flat' });
    await stage.withdrawn(0);
    expectClosed(stage, 'carriedOn', 0);
    expect(stage.quoter.inputs).toEqual([]);
  });

  it('hands on what is left when its time is over, without crossing', async () => {
    const stage = begin(carry).toDelaying();
    await stage.withdrawn(LARGE);
    stage.pass(600_000);
    await stage.withdrawn(LARGE);
    expectClosed(stage, 'carriedOn', LARGE);
    expect(stage.flatten.questions).toEqual([]);
  });

  it('says why it ended when it was made to', async () => {
    const stage = begin(carry);
    await stage.withdrawn(LARGE);
    stage.facts.say({ type: 'risk.moded', mode: 'halted' });
    await stage.withdrawn(LARGE);
    expectClosed(stage, 'riskHalted', LARGE);
  });

  it('that is hurried at the end of a run crosses only where that is cheaper', async () => {
    const stage = begin(carry).toDelaying();
    await stage.withdrawn(LARGE);
    stage.stop('hard', 'shutdown');
    await stage.withdrawn(LARGE);
    expect(stage.flatten.questions[0]?.input.isBenign).toBe(true);
  });
});

describe('A session that an earlier process left', () => {
  const left = { reason: null, carries: false, readyAtMs: T0_MS - 60_000, withdrawnAtMs: null };

  it('goes on quoting frozen, until the book is in sync and an allowed regime was seen by this process', () => {
    const stage = begin({ input: { resumed: { ...left, into: 'quoting' } } });
    expect(stage.value).toEqual({ quoting: { flow: 'frozen', width: 'normal', sides: 'both' } });
    stage.facts.say({ type: 'data.current' }, { type: 'book.synced' });
    // What is remembered of the regime may be young enough, and is still only remembered.
    stage.regime({ ready: false, seen: false });
    expect(stage.quoter.listeners).toBe(0);
    stage.regime({ ready: false, seen: true });
    expect(stage.value).toMatchObject({ quoting: { flow: 'live' } });
  });

  it('keeps the end of its life', () => {
    const stage = begin({ input: { resumed: { ...left, into: 'quoting' } } });
    stage.pass(SESSION_INPUT.startDelayMs + SESSION_INPUT.ttlMs - 60_000 - 1);
    expect(stage.value).toMatchObject({ quoting: { flow: 'frozen' } });
    stage.pass(1);
    expect(stage.value).toEqual({ softExit: 'cancelling' });
    expect(stage.context.reason).toBe('ttl');
  });

  it('goes on leaving with the patience and the reason that it had', async () => {
    const withdrawnAtMs = T0_MS - 14_000;
    const stage = begin({ input: { resumed: { ...left, into: 'softExit', reason: 'collapsed', withdrawnAtMs } } });
    expect(stage.value).toEqual({ softExit: 'cancelling' });
    await stage.withdrawn(LARGE);
    stage.pass(1_000);
    expect(stage.value).toEqual({ softExit: 'working' });
    stage.pass(5_000);
    expect(stage.value).toEqual({ killed: 'cancelling' });
    expect(stage.context.reason).toBe('collapsed');
  });

  it('that was killed to carry withdraws again, and does not cross', async () => {
    const stage = begin({ input: { resumed: { ...left, into: 'killed', reason: 'riskHalted', carries: true } } });
    stage.facts.say({ type: 'data.current' }, { type: 'book.synced' });
    expect(stage.value).toEqual({ killed: 'cancelling' });
    await stage.withdrawn(LARGE);
    expectClosed(stage, 'riskHalted', LARGE);
  });

  it('in warm-up warms up', () => {
    const stage = begin({ input: { resumed: { ...left, into: 'warmup', readyAtMs: 0 } } }).toQuoting();
    expect(stage.value).toMatchObject({ quoting: { flow: 'live' } });
  });
});

describe('The chart of a session, from its first state and on its ways out,', () => {
  it('was in every state and took every transition in these tests', () => {
    expect(walk.unvisited()).toEqual([]);
    expect(walk.untaken()).toEqual([]);
  });
});
