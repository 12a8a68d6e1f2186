import { describe, expect, it } from 'vitest';
import { type EndReason, marketSession, type SessionFact } from '../../machines/market-session.ts';
import { settle, T0_MS } from '../support/chart-bodies.ts';
import { ChartWalk } from '../support/chart-walk.ts';
import { NOTHING_ALIVE, SESSION_INPUT, SessionStage, type StageOptions } from '../support/session-stage.ts';

const walk = new ChartWalk(marketSession, ['', 'warmup', 'quoting']);
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
      { type: 'regime.changed', regime: 'RANGING', ready: true, fresh: false, seen: true, atMs: T0_MS },
      { type: 'regime.changed', regime: 'RANGING', ready: true, fresh: true, seen: true, atMs: T0_MS },
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

  it('keeps quoting whatever its position, and knows it', () => {
    const stage = begin().toQuoting();
    stage.facts.say({ type: 'position.changed', position: -700 });
    expect(stage.value).toEqual(LIVE);
    expect(stage.context.position).toBe(-700);
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

describe('The chart of a session, up to its ways out,', () => {
  it('was in every state and took every transition in these tests', () => {
    expect(walk.unvisited()).toEqual([]);
    expect(walk.untaken()).toEqual([]);
  });
});
