import { describe, expect, it } from 'vitest';
import { type EndReason, marketSession, type SessionEvent, type SessionFact } from '../../machines/market-session.ts';
import { settle, T0_MS } from '../support/chart-bodies.ts';
import { ChartWalk, leavesOf } from '../support/chart-walk.ts';
import {
  LARGE,
  NOTHING_ALIVE,
  SESSION_INPUT,
  SessionStage,
  SMALL,
  type StageOptions,
} from '../support/session-stage.ts';

const walk = new ChartWalk(marketSession);
const begin = (options: StageOptions = {}) => new SessionStage({ walk, ...options }).start();
const LIVE = { quoting: { flow: 'live', width: 'normal', sides: 'both' } };

function expectClosed(stage: SessionStage, reason: EndReason, carried: number): void {
  expect(stage.value).toBe('closed');
  expect(stage.isOver).toBe(true);
  expect(stage.output).toEqual({ session: 's1', market: 'RAIN-26', kind: stage.context.kind, reason, carried });
  expect(stage.alive()).toEqual(NOTHING_ALIVE);
}

describe('Warm-up', () => {
  it('waits for the book, then for the regime, then for its delay, and only then quotes', () => {
    const stage = begin();
    expect(stage.value).toEqual({ warmup: 'awaitingBook' });
    stage.facts.say({ type: 'data.current' }, { type: 'book.synced' });
    expect(stage.value).toEqual({ warmup: 'awaitingRegime' });
    stage.regime({ ready: false });
    expect(stage.value).toEqual({ warmup: 'awaitingRegime' });
    stage.regime();
    expect(stage.value).toEqual({ warmup: 'delaying' });
    stage.pass(SESSION_INPUT.startDelayMs - 1);
    expect(stage.quoter.listeners).toBe(0);
    stage.pass(1);
    expect(stage.value).toEqual(LIVE);
    expect(stage.quoter.inputs).toEqual([{ session: 's1', market: 'RAIN-26' }]);
  });

  it('loses no fact that came before its state did', () => {
    const stage = begin();
    stage.regime();
    stage.facts.say({ type: 'data.current' });
    expect(stage.value).toEqual({ warmup: 'awaitingBook' });
    stage.facts.say({ type: 'book.synced' });
    expect(stage.value).toEqual({ warmup: 'delaying' });
  });

  it('goes back when the book is lost, and needs its delay again when the regime is', () => {
    const stage = begin().toDelaying();
    stage.facts.say({ type: 'book.voided' });
    expect(stage.value).toEqual({ warmup: 'awaitingBook' });
    stage.regime({ ready: false });
    stage.facts.say({ type: 'book.synced' });
    expect(stage.value).toEqual({ warmup: 'awaitingRegime' });
    stage.facts.say({ type: 'book.voided' });
    expect(stage.value).toEqual({ warmup: 'awaitingBook' });
    stage.facts.say({ type: 'book.synced' });
    stage.pass(30_000);
    stage.regime();
    stage.pass(4_999);
    expect(stage.value).toEqual({ warmup: 'delaying' });
    stage.regime({ ready: false });
    expect(stage.value).toEqual({ warmup: 'awaitingRegime' });
    stage.pass(1);
    expect(stage.value).toEqual({ warmup: 'awaitingRegime' });
    stage.regime();
    stage.pass(5_000);
    expect(stage.value).toEqual(LIVE);
  });

  it.each<[string, (stage: SessionStage) => void, EndReason]>([
    ['it takes too long', (stage) => stage.pass(60_000), 'warmupTimeout'],
    ['it is told to stop', (stage) => stage.stop('soft'), 'operator'],
    ['risk halts', (stage) => stage.facts.say({ type: 'risk.moded', mode: 'halted' }), 'riskHalted'],
    ['risk reduces', (stage) => stage.facts.say({ type: 'risk.moded', mode: 'reducing' }), 'riskReducing'],
    ['risk pauses', (stage) => stage.facts.say({ type: 'risk.moded', mode: 'paused' }), 'riskReducing'],
    ['the market ended', (stage) => stage.facts.say({ type: 'market.ended' }), 'closing'],
  ])('closes at once when %s: nothing of ours is in the market', (_when, happen, reason) => {
    const stage = begin();
    happen(stage);
    expectClosed(stage, reason, 0);
    expect(stage.withdraw.questions).toHaveLength(0);
  });

  it('closes when its market is about to, instead of quoting in the last minutes', () => {
    const stage = begin({ input: { closingAtMs: T0_MS + 3_000 } }).toDelaying();
    stage.pass(3_000);
    expectClosed(stage, 'closing', 0);
    expect(stage.quoter.inputs).toEqual([]);
  });

  it('that ends where a quote may not stand goes through quoting without a quote', async () => {
    const stage = begin().toDelaying();
    stage.facts.say({ type: 'volatility.collapsed' });
    stage.pass(5_000);
    expect(stage.value).toEqual({ softExit: 'cancelling' });
    await settle();
    expect(stage.quoter.inputs).toEqual([]);
  });
});

describe('Quoting', () => {
  const freezing: [SessionFact, SessionFact][] = [
    [{ type: 'book.voided' }, { type: 'book.synced' }],
    [{ type: 'data.stale' }, { type: 'data.current' }],
    [{ type: 'trades.silent' }, { type: 'trades.heard' }],
    [{ type: 'spread.shocked' }, { type: 'spread.calmed' }],
    [{ type: 'orders.uncertain' }, { type: 'orders.certain' }],
    [
      { type: 'regime.changed', regime: 'RANGING', ready: true, fresh: false, atMs: T0_MS },
      { type: 'regime.changed', regime: 'RANGING', ready: true, fresh: true, atMs: T0_MS },
    ],
  ];
  it.each(freezing)('takes its quotes off at %o and comes back at %o', (ill, well) => {
    const stage = begin().toQuoting();
    stage.facts.say(ill);
    expect(stage.value).toMatchObject({ quoting: { flow: 'frozen' } });
    expect(stage.quoter.listeners).toBe(0);
    stage.facts.say(well);
    expect(stage.value).toMatchObject({ quoting: { flow: 'live' } });
    expect(stage.quoter.listeners).toBe(1);
  });

  it('comes back only when every reason to freeze is gone', () => {
    const stage = begin().toQuoting();
    for (const [ill] of freezing) stage.facts.say(ill);
    for (const [, well] of freezing) {
      expect(stage.quoter.listeners).toBe(0);
      stage.facts.say(well);
    }
    expect(stage.quoter.listeners).toBe(1);
  });

  it('begins frozen, and quotes nothing, where the data is not current', async () => {
    const stage = begin();
    stage.facts.say({ type: 'book.synced' });
    stage.regime();
    stage.pass(5_000);
    expect(stage.value).toMatchObject({ quoting: { flow: 'frozen' } });
    await settle();
    expect(stage.quoter.inputs).toEqual([]);
    stage.facts.say({ type: 'data.current' });
    expect(stage.quoter.listeners).toBe(1);
  });

  it('widens while trades go against it, and narrows again, also on its way out', () => {
    const stage = begin().toQuoting();
    stage.facts.say({ type: 'toxicity.triggered' });
    expect(stage.value).toMatchObject({ quoting: { flow: 'live', width: 'widened' } });
    stage.facts.say({ type: 'toxicity.recovered' });
    expect(stage.value).toEqual(LIVE);
    stage.facts.say({ type: 'toxicity.triggered' });
    stage.stop('soft');
    expect(stage.acted).toEqual(['widen', 'narrow', 'widen', 'narrow']);
  });

  it('shows which sides the quoter can quote, and both again when a new quoter begins', () => {
    const stage = begin().toQuoting();
    for (const to of ['bidOnly', 'askOnly', 'both', 'askOnly'] as const) {
      stage.quoter.say({ type: 'sides.limited', to });
      expect(stage.value).toMatchObject({ quoting: { flow: 'live', sides: to } });
    }
    expect(stage.quoter.inputs).toHaveLength(1);
    stage.facts.say({ type: 'data.stale' }, { type: 'data.current' });
    expect(stage.value).toEqual(LIVE);
  });

  it.each<[string, (stage: SessionStage) => void, EndReason]>([
    ['its time is over', (stage) => stage.pass(300_000), 'ttl'],
    ['it is told to stop softly', (stage) => stage.stop('soft'), 'operator'],
    ['volatility collapsed', (stage) => stage.facts.say({ type: 'volatility.collapsed' }), 'collapsed'],
    [
      'a trend trades against it',
      (stage) => {
        stage.regime({ regime: 'TRENDING', ready: false });
        expect(stage.value).toEqual(LIVE);
        stage.facts.say({ type: 'toxicity.triggered' });
      },
      'trendingToxic',
    ],
    ['risk reduces', (stage) => stage.facts.say({ type: 'risk.moded', mode: 'reducing' }), 'riskReducing'],
    ['risk pauses', (stage) => stage.facts.say({ type: 'risk.moded', mode: 'paused' }), 'riskReducing'],
  ])('leaves softly when %s', async (_when, happen, reason) => {
    const stage = begin().toQuoting();
    happen(stage);
    expect(stage.value).toEqual({ softExit: 'cancelling' });
    expect(stage.quoter.listeners).toBe(0);
    await stage.withdrawn(0);
    expectClosed(stage, reason, 0);
  });

  it.each<[string, (stage: SessionStage) => void, EndReason, boolean]>([
    ['it is told to stop hard', (stage) => stage.stop('hard'), 'operator', false],
    ['it is told to carry', (stage) => stage.stop('carry'), 'operator', true],
    [
      'chaos trades against it',
      (stage) => {
        stage.facts.say({ type: 'toxicity.triggered' });
        expect(stage.value).toMatchObject({ quoting: { width: 'widened' } });
        stage.regime({ regime: 'CHAOTIC', ready: false });
      },
      'chaoticToxic',
      false,
    ],
    ['data stopped', (stage) => stage.facts.say({ type: 'data.stopped' }), 'dataStopped', false],
    ['risk halts', (stage) => stage.facts.say({ type: 'risk.moded', mode: 'halted' }), 'riskHalted', true],
    ['the market ended', (stage) => stage.facts.say({ type: 'market.ended' }), 'closing', true],
    [
      'its quoter says it failed',
      (stage) => stage.quoter.say({ type: 'quoter.failed', message: 'x' }),
      'failed',
      false,
    ],
    ['its quoter broke', (stage) => stage.quoter.fail(new Error('x')), 'failed', false],
    ['its facts broke', (stage) => stage.facts.fail(new Error('x')), 'failed', true],
  ])('is killed when %s', async (_when, happen, reason, carries) => {
    const stage = begin().toQuoting();
    happen(stage);
    expect(stage.value).toEqual({ killed: 'cancelling' });
    expect(stage.quoter.listeners).toBe(0);
    expect(stage.context.carries).toBe(carries);
    await stage.withdrawn(0);
    expectClosed(stage, reason, 0);
  });

  it.each([
    ['flat', 'softExit', false],
    ['carry', 'killed', true],
  ] as const)('with onClose %s goes to %s when its market is about to close', (onClose, state, carries) => {
    const stage = begin({ input: { onClose, closingAtMs: T0_MS + 60_000 } }).toQuoting();
    stage.pass(55_000);
    expect(stage.value).toEqual({ [state]: 'cancelling' });
    expect(stage.context).toMatchObject({ reason: 'closing', carries });
  });

  it('does not let a late regime give it more time', () => {
    const stage = begin().toQuoting();
    stage.pass(200_000);
    stage.regime({ ready: false });
    stage.regime();
    stage.pass(100_000);
    expect(stage.context.reason).toBe('ttl');
  });
});

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

describe('A session that is restored', () => {
  type Route = (stage: SessionStage) => SessionStage | Promise<SessionStage>;
  const routes: Record<string, Route> = {
    'warmup.awaitingBook': (stage) => stage,
    'warmup.awaitingRegime': (stage) => {
      stage.facts.say({ type: 'book.synced' });
      return stage;
    },
    'warmup.delaying': (stage) => stage.toDelaying(),
    'quoting.flow.live': (stage) => stage.toQuoting(),
    'quoting.flow.frozen': (stage) => {
      stage.toQuoting().facts.say({ type: 'book.voided' });
      return stage;
    },
    'quoting.width.normal': (stage) => stage.toQuoting(),
    'quoting.width.widened': (stage) => {
      stage.toQuoting().facts.say({ type: 'toxicity.triggered' });
      return stage;
    },
    'quoting.sides.both': (stage) => stage.toQuoting(),
    'quoting.sides.bidOnly': (stage) => {
      stage.toQuoting().quoter.say({ type: 'sides.limited', to: 'bidOnly' });
      return stage;
    },
    'quoting.sides.askOnly': (stage) => {
      stage.toQuoting().quoter.say({ type: 'sides.limited', to: 'askOnly' });
      return stage;
    },
    'softExit.cancelling': (stage) => stage.toSoftExit(),
    'softExit.awaitingReversion': async (stage) => {
      await stage.toSoftExit().withdrawn(LARGE);
      return stage;
    },
    'softExit.working': (stage) => stage.toWorking(),
    'killed.cancelling': (stage) => stage.toKilled(),
    'killed.flattening': (stage) => stage.toFlattening(),
    closed: (stage) => {
      stage.stop('soft');
      return stage;
    },
  };
  /** Left in the microstep after they are entered: never at rest, never stored. */
  const passedThrough = ['opening', 'killed.carrying'];

  /** Where each state goes when all its deadlines passed while nobody was there. */
  const overdue: Record<string, unknown> = {
    'warmup.awaitingBook': 'closed',
    'warmup.awaitingRegime': 'closed',
    'warmup.delaying': 'closed',
    'quoting.flow.live': { softExit: 'cancelling' },
    'quoting.flow.frozen': { softExit: 'cancelling' },
    'quoting.width.normal': { softExit: 'cancelling' },
    'quoting.width.widened': { softExit: 'cancelling' },
    'quoting.sides.both': { softExit: 'cancelling' },
    'quoting.sides.bidOnly': { softExit: 'cancelling' },
    'quoting.sides.askOnly': { softExit: 'cancelling' },
    'softExit.awaitingReversion': { killed: 'cancelling' },
    'softExit.working': { killed: 'cancelling' },
  };

  async function storedIn(state: string): Promise<{ before: SessionStage; stored: unknown }> {
    const before = await routes[state]!(begin());
    const stored = JSON.parse(JSON.stringify(before.actor.getPersistedSnapshot()));
    before.actor.stop();
    return { before, stored };
  }

  it('has a way to every state that can be stored', () => {
    expect([...Object.keys(routes), ...passedThrough].sort()).toEqual(leavesOf(marketSession).sort());
  });

  it.each(Object.keys(routes))(
    'in %s is alive there, and its bodies are asked again with the same input',
    async (state) => {
      const { before, stored } = await storedIn(state);
      expect(before.actor.getSnapshot().matches(pathOf(state))).toBe(true);
      const after = begin({ snapshot: stored, clock: before.clock });
      expect(after.value).toEqual(before.value);
      expect(after.context).toEqual(before.context);
      // Entry actions do not run again; children do.
      expect(after.acted).toEqual([]);
      if (state === 'closed') {
        expect(after.isOver).toBe(true);
        expect(after.alive()).toEqual(NOTHING_ALIVE);
        return;
      }
      expect(after.facts.inputs).toEqual([{ session: 's1', market: 'RAIN-26' }]);
      for (const name of ['quoter', 'exitWorker'] as const) {
        expect(after[name].inputs).toEqual(name === bodyIn(state) ? [before[name].inputs.at(-1)] : []);
      }
      for (const name of ['withdraw', 'flatten'] as const) {
        const inputs = after[name].questions.map(({ input }) => input);
        expect(inputs).toEqual(name === bodyIn(state) ? [before[name].questions.at(-1)?.input] : []);
      }
      after.stop('carry');
      if (!after.isOver) await after.withdrawn(0);
      expectClosed(after, after.context.reason!, 0);
    },
  );

  it.each(Object.keys(routes))('in %s lets deadlines that passed meanwhile fire in a later turn', async (state) => {
    const { before, stored } = await storedIn(state);
    before.clock.advanceTo(T0_MS + 40 * 86_400_000);
    const after = begin({ snapshot: stored, clock: before.clock });
    expect(after.value).toEqual(before.value);
    await settle();
    expect(after.value).toEqual(before.value);
    after.pass(0);
    expect(after.value).toEqual(overdue[state] ?? before.value);
  });

  it.each(Object.keys(routes))('in %s can be stored and restored again', async (state) => {
    const { before, stored } = await storedIn(state);
    const after = begin({ snapshot: stored, clock: before.clock });
    const again = JSON.parse(JSON.stringify(after.actor.getPersistedSnapshot()));
    expect(again.value).toEqual((stored as { value: unknown }).value);
    expect(again.context).toEqual((stored as { context: unknown }).context);
    expect(Object.keys(again.children).sort()).toEqual(Object.keys((stored as { children: object }).children).sort());
  });
});

/** The body that works in a state, besides facts and deadlines. */
function bodyIn(state: string): 'quoter' | 'exitWorker' | 'withdraw' | 'flatten' | null {
  if (state.startsWith('quoting')) return state === 'quoting.flow.frozen' ? null : 'quoter';
  if (state.endsWith('cancelling')) return 'withdraw';
  if (state === 'softExit.working') return 'exitWorker';
  return state === 'killed.flattening' ? 'flatten' : null;
}

function pathOf(state: string): never {
  return state
    .split('.')
    .reduceRight<unknown>((inner, key) => (inner === null ? key : { [key]: inner }), null) as never;
}

describe('The chart of a session', () => {
  it('was in every state and took every transition in these tests', () => {
    expect(walk.unvisited()).toEqual([]);
    expect(walk.untaken()).toEqual([]);
  });
});
