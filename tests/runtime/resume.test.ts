/**
 * What becomes of a session that an earlier process left, as a table: where it was, what the exchange says of its market,
 * what time it is, how old its signals are.
 */
import { describe, expect, it } from 'vitest';
import type { EndReason, Resumption, SessionContext } from '../../machines/market-session.ts';
import { type LeftSession, type MarketNow, type Resumed, resume } from '../../src/runtime/resume.ts';
import { T0_MS } from '../support/chart-bodies.ts';
import { SESSION_INPUT, SessionStage } from '../support/session-stage.ts';

const TIMES = { warmupTimeoutMs: 60_000, closeDangerMs: 180_000, signalsAgeMsMax: 30_000 };
/** Opened at T0, ready a second later. */
const READY_MS = T0_MS + 1_000;
const TTL_END_MS = READY_MS + SESSION_INPUT.startDelayMs + SESSION_INPUT.ttlMs;
const OPEN: MarketNow = { isOver: false, closeMs: T0_MS + 3_600_000 };
const CLOSING_MS = OPEN.closeMs - TIMES.closeDangerMs;

function left(
  place: Resumption['into'],
  change: Partial<SessionContext> = {},
  signalsAtMs: number | null = null,
): LeftSession {
  const stage = new SessionStage().start();
  const { context } = stage;
  stage.actor.stop();
  return { place, context: { ...context, readyAtMs: READY_MS, ...change }, signalsAtMs };
}

interface Case {
  readonly when: string;
  readonly left: LeftSession;
  readonly market?: MarketNow | null;
  readonly nowMs: number;
  readonly says:
    | { readonly verdict: 'closed'; readonly reason: EndReason }
    | ({ readonly verdict: 'resume' | 'exit' } & Partial<Resumption>);
}

const over: MarketNow = { ...OPEN, isOver: true };
const SOON = T0_MS + 20_000;
const CASES: readonly Case[] = [
  { when: 'in warm-up, in time', left: left('warmup'), nowMs: SOON, says: { verdict: 'resume', into: 'warmup' } },
  {
    when: 'in warm-up whose time is over',
    left: left('warmup'),
    nowMs: T0_MS + 60_000,
    says: { verdict: 'closed', reason: 'warmupTimeout' },
  },
  {
    when: 'in warm-up of a market that is about to close',
    left: left('warmup', { warmupUntilMs: OPEN.closeMs }),
    nowMs: CLOSING_MS,
    says: { verdict: 'closed', reason: 'closing' },
  },
  {
    when: 'quoting, with signals of 30 s ago',
    left: left('quoting', {}, SOON - 30_000),
    nowMs: SOON,
    says: { verdict: 'resume', into: 'quoting', readyAtMs: READY_MS },
  },
  {
    when: 'quoting, with older signals',
    left: left('quoting', {}, SOON - 30_001),
    nowMs: SOON,
    says: { verdict: 'resume', into: 'warmup', readyAtMs: 0 },
  },
  {
    when: 'quoting, without signals',
    left: left('quoting'),
    nowMs: SOON,
    says: { verdict: 'resume', into: 'warmup', readyAtMs: 0 },
  },
  {
    when: 'quoting, at the last moment of its life',
    left: left('quoting', {}, TTL_END_MS - 1),
    nowMs: TTL_END_MS - 1,
    says: { verdict: 'resume', into: 'quoting' },
  },
  {
    when: 'quoting, and its life is over',
    left: left('quoting', {}, TTL_END_MS),
    nowMs: TTL_END_MS,
    says: { verdict: 'exit', into: 'softExit', reason: 'ttl' },
  },
  {
    when: 'quoting a market that is about to close',
    left: left('quoting', { ttlMs: 86_400_000 }, CLOSING_MS),
    nowMs: CLOSING_MS,
    says: { verdict: 'exit', into: 'softExit', reason: 'closing' },
  },
  {
    when: 'quoting a market that is about to close, to carry',
    left: left('quoting', { onClose: 'carry' }, CLOSING_MS),
    nowMs: CLOSING_MS,
    says: { verdict: 'exit', into: 'killed', reason: 'closing', carries: true },
  },
  {
    when: 'in a soft exit',
    left: left('softExit', { reason: 'collapsed', withdrawnAtMs: T0_MS + 5_000 }),
    nowMs: SOON,
    says: { verdict: 'exit', into: 'softExit', reason: 'collapsed', withdrawnAtMs: T0_MS + 5_000 },
  },
  {
    when: 'in a soft exit of a market that is about to close',
    left: left('softExit', { reason: 'ttl' }),
    nowMs: CLOSING_MS,
    says: { verdict: 'exit', into: 'softExit', reason: 'ttl' },
  },
  {
    when: 'carrying',
    left: left('softExit', { kind: 'carry' }),
    nowMs: T0_MS + 900_000,
    says: { verdict: 'exit', into: 'softExit', reason: null },
  },
  {
    when: 'killed',
    left: left('killed', { reason: 'chaoticToxic' }),
    nowMs: SOON,
    says: { verdict: 'exit', into: 'killed', reason: 'chaoticToxic', carries: false },
  },
  {
    when: 'killed to carry',
    left: left('killed', { reason: 'riskHalted', carries: true }),
    nowMs: SOON,
    says: { verdict: 'exit', into: 'killed', carries: true },
  },
];

describe('A session that was left', () => {
  it.each(CASES)('$when', ({ left, market = OPEN, nowMs, says }) => {
    const outcome = resume(left, market, nowMs, TIMES);
    if (says.verdict === 'closed') {
      expect(outcome).toEqual(says);
      return;
    }
    const { verdict, ...resumed } = says;
    expect(outcome).toMatchObject({ verdict, input: { session: 's1', market: 'RAIN-26', resumed } });
  });

  it.each<Resumption['into']>(['warmup', 'quoting', 'softExit', 'killed'])(
    'in %s is closed when its market is over, past its close, or not known to the exchange',
    (place) => {
      for (const market of [over, { isOver: false, closeMs: SOON }, null])
        expect(resume(left(place, {}, SOON), market, SOON, TIMES)).toEqual({ verdict: 'closed', reason: 'closing' });
    },
  );

  it('lives by the close that the exchange tells now', () => {
    const outcome = resume(left('quoting', {}, SOON), { isOver: false, closeMs: SOON + 200_000 }, SOON, TIMES);
    expect(inputOf(outcome)).toMatchObject({ closingAtMs: SOON + 20_000 });
  });

  it('that warms up anew has a new time for it', () => {
    const outcome = resume(left('quoting'), OPEN, T0_MS + 200_000, TIMES);
    expect(inputOf(outcome)).toMatchObject({ warmupUntilMs: T0_MS + 260_000, resumed: { into: 'warmup' } });
  });

  it('judged twice is judged the same, and its input is plain data', () => {
    for (const { left, market = OPEN, nowMs } of CASES) {
      const once = resume(left, market, nowMs, TIMES);
      expect(resume(JSON.parse(JSON.stringify(left)), market, nowMs, TIMES)).toEqual(once);
      expect(JSON.parse(JSON.stringify(once))).toEqual(once);
    }
  });
});

function inputOf(outcome: Resumed) {
  if (outcome.verdict === 'closed') throw new Error('it was closed');
  return outcome.input;
}
