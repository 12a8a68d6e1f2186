/** Commands for the exchange's engine, by chance: few prices, so that orders meet; odd sizes, so that rounding shows. */
import fc from 'fast-check';
import type { FeeSchedule, FeeType } from '../../src/domain/market.ts';
import type { Side } from '../../src/domain/side.ts';
import type { Centicents, Centicontracts } from '../../src/domain/units.ts';
import { CROWD, type NewOrder } from '../../src/exchange/embedded/model.ts';
import { feesOf } from './markets.ts';

export const USERS = ['ann', 'ben', CROWD] as const;

export const user = fc.constantFrom(...USERS);
export const side = fc.constantFrom<Side>('bid', 'ask');
/** Tenths of a cent among them, so that cash needs rounding. */
export const price = fc.oneof(
  fc.integer({ min: 46, max: 54 }).map((cents) => cents * 100),
  fc.integer({ min: 495, max: 505 }).map((tenths) => tenths * 10),
  fc.constantFrom(10, 100, 9_900, 9_990),
) as fc.Arbitrary<Centicents>;
export const quantity = fc.oneof(
  fc.integer({ min: 1, max: 20 }).map((contracts) => contracts * 100),
  fc.integer({ min: 1, max: 999 }),
) as fc.Arbitrary<Centicontracts>;
/** Which of the orders so far, from the newest back. */
const pick = fc.nat(12);

export const fees: fc.Arbitrary<FeeSchedule> = fc
  .tuple(
    fc.constantFrom<FeeType>('quadratic', 'quadratic_with_maker_fees', 'quadratic_with_combo_maker_fees'),
    fc.constantFrom(0, 0.5, 1, 8),
  )
  .map(([type, multiplier]) => feesOf(type, multiplier));

export type CreateStep = {
  kind: 'create';
  user: string;
  delayMs: number | null;
  /** Not `quantity` but the most that the account can pay for, and so much more. */
  beyondMost: number | null;
} & Pick<
  NewOrder,
  'side' | 'price' | 'quantity' | 'timeInForce' | 'selfTrade' | 'postOnly' | 'reduceOnly' | 'cancelOnPause'
>;
/** Without a price: at its own. */
export type AmendStep = { kind: 'amend'; pick: number; price: Centicents | null; quantity: Centicontracts };
export type TradingStep =
  | CreateStep
  | AmendStep
  | { kind: 'cancel'; pick: number }
  | { kind: 'decrease'; pick: number; by: number }
  | { kind: 'wait'; delayMs: number }
  | { kind: 'cancelAll'; user: string };
/** What the exchange's operator does. */
export type OperatorStep =
  | { kind: 'market' | 'trading' | 'exchange'; isActive: boolean }
  | { kind: 'close'; isOpen: boolean }
  | { kind: 'fees'; fees: FeeSchedule };
export type Step = TradingStep | OperatorStep;

export const create: fc.Arbitrary<CreateStep> = fc.record({
  kind: fc.constant('create' as const),
  user,
  side,
  price,
  quantity,
  timeInForce: fc.constantFrom<NewOrder['timeInForce']>(
    'goodTillCanceled',
    'goodTillCanceled',
    'goodTillCanceled',
    'immediateOrCancel',
    'fillOrKill',
  ),
  selfTrade: fc.constantFrom<NewOrder['selfTrade']>('taker_at_cross', 'maker'),
  postOnly: fc.boolean(),
  reduceOnly: fc.boolean(),
  cancelOnPause: fc.boolean(),
  delayMs: fc.option(fc.integer({ min: 1, max: 5_000 })),
  beyondMost: fc.option(fc.constantFrom(0, 1), { freq: 4 }),
});

export const trading: fc.Arbitrary<TradingStep> = fc.oneof(
  { weight: 12, arbitrary: create },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('cancel' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('decrease' as const), pick, by: fc.nat(1_500) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('amend' as const), pick, price: fc.option(price, { freq: 1 }), quantity }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), delayMs: fc.nat(2_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancelAll' as const), user }) },
);

/** More often on than off: a market that is shut does little. */
const isActive = fc.constantFrom(true, true, true, false);
const operating: fc.Arbitrary<OperatorStep> = fc.oneof(
  fc.record({ kind: fc.constantFrom('market' as const, 'trading' as const, 'exchange' as const), isActive }),
  fc.record({ kind: fc.constant('close' as const), isOpen: isActive }),
  fc.record({ kind: fc.constant('fees' as const), fees }),
);

export const tradingSteps: fc.Arbitrary<TradingStep[]> = fc.array(trading, { minLength: 5, maxLength: 60 });
export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof<fc.WeightedArbitrary<Step>[]>({ weight: 24, arbitrary: trading }, { weight: 1, arbitrary: operating }),
  { minLength: 5, maxLength: 60 },
);
