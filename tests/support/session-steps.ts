/** What may happen to a market session, for sequences by chance. */
import fc from 'fast-check';
import type { SessionFact, SessionInput } from '../../machines/market-session.ts';
import { T0_MS } from './chart-bodies.ts';

export type Manner = 'soft' | 'hard' | 'carry';
export type Step =
  | { readonly kind: 'fact'; readonly fact: SessionFact }
  | { readonly kind: 'regime'; readonly regime: string; readonly ready: boolean; readonly fresh: boolean }
  | { readonly kind: 'fill'; readonly position: number }
  | { readonly kind: 'stop'; readonly manner: Manner }
  | { readonly kind: 'sides'; readonly to: 'both' | 'bidOnly' | 'askOnly' }
  /** `left`: a fill that comes after the worker said that it is flat. */
  | { readonly kind: 'flat'; readonly left: number }
  | { readonly kind: 'fail' }
  | { readonly kind: 'break'; readonly body: 'quoter' | 'exitWorker' | 'facts' | 'withdraw' | 'flatten' }
  | { readonly kind: 'answer' }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'warm' }
  | { readonly kind: 'restore' };

const factArbitrary: fc.Arbitrary<SessionFact> = fc.oneof(
  fc.constantFrom<SessionFact>(
    { type: 'book.synced' },
    { type: 'book.voided' },
    { type: 'data.current' },
    { type: 'data.stale' },
    { type: 'data.stopped' },
    { type: 'trades.heard' },
    { type: 'trades.silent' },
    { type: 'spread.shocked' },
    { type: 'spread.calmed' },
    { type: 'toxicity.triggered' },
    { type: 'toxicity.recovered' },
    { type: 'volatility.collapsed' },
    { type: 'orders.uncertain' },
    { type: 'orders.certain' },
    { type: 'market.ended' },
  ),
  fc.constantFrom('active', 'active', 'reducing', 'paused', 'halted').map((mode) => ({
    type: 'risk.moded' as const,
    mode: mode as 'active',
  })),
);

const stop = (manner: Manner): Step => ({ kind: 'stop', manner });
const pass = (ms: number): Step => ({ kind: 'pass', ms });
const WARM: Step = { kind: 'warm' };
const FILL: Step = { kind: 'fill', position: 700 };
const ANSWER: Step = { kind: 'answer' };

/** Ways to the states that chance alone seldom reaches. */
export const wayArbitrary: fc.Arbitrary<readonly Step[]> = fc.constantFrom(
  [],
  [WARM],
  [WARM, FILL, stop('soft')],
  [WARM, FILL, stop('soft'), ANSWER],
  [WARM, FILL, stop('soft'), ANSWER, pass(15_000)],
  [WARM, FILL, stop('hard')],
  [WARM, FILL, stop('hard'), ANSWER],
);

export const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: factArbitrary.map((fact) => ({ kind: 'fact' as const, fact })) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('regime' as const),
      regime: fc.constantFrom('RANGING', 'TRENDING', 'CHAOTIC'),
      ready: fc.boolean(),
      fresh: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: fc.constant(WARM) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('fill' as const), position: fc.integer({ min: -900, max: 900 }) }),
  },
  { weight: 2, arbitrary: fc.constantFrom<Manner>('soft', 'soft', 'hard', 'carry').map(stop) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('sides' as const), to: fc.constantFrom('both', 'bidOnly', 'askOnly') }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('flat' as const), left: fc.constantFrom(0, 300) }) },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.constant<Step>({ kind: 'fail' }),
      fc.record({
        kind: fc.constant('break' as const),
        body: fc.constantFrom('quoter', 'exitWorker', 'facts', 'withdraw', 'flatten'),
      }),
    ),
  },
  { weight: 6, arbitrary: fc.constant(ANSWER) },
  { weight: 6, arbitrary: fc.constantFrom(0, 1_000, 5_000, 15_000, 15_000, 300_000).map(pass) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'restore' }) },
);

export const inputArbitrary: fc.Arbitrary<Partial<SessionInput>> = fc.record({
  kind: fc.constantFrom('quote', 'quote', 'quote', 'carry'),
  onClose: fc.constantFrom('flat', 'carry'),
  closingAtMs: fc.constantFrom(T0_MS + 4_000, T0_MS + 60_000, T0_MS + 3_600_000),
});
