/**
 * What is cancelled stood ahead of us or behind us with a probability that depends on how much there is of either, taken
 * by its expectation: no dice. After E. Rigtorp, "Estimating order queue position" (2013), as in hftbacktest,
 * backtest/models/queue.rs, `ProbQueueModel` with `PowerProbQueueFunc` and `LogProbQueueFunc`:
 *
 *     P(behind) = f(behind) / (f(behind) + f(ahead))
 *     ahead ← ahead − (1 − P) × canceled + min(behind − P × canceled, 0)
 *
 * f(x) = xⁿ (power) or ln(1 + x) (logarithmic), x in contracts. What P would take from behind beyond what is there comes from
 * ahead; likewise the other way round, where the original goes below zero and so fills an order by cancellations: here
 * only trades fill. Fractions of 0.01 contract are left to those ahead.
 */
import type { AheadOfCancel } from '../crowd-commands.ts';

/** How much the length of a part of the line weighs. Contracts; f(0) = 0 and rising. */
export type Weight = (contracts: number) => number;

/** Exponent 1: as likely from anywhere in the line; above 1: sooner from the longer part. */
export function power(exponent: number): Weight {
  return (contracts) => contracts ** exponent;
}

export const logarithmic: Weight = (contracts) => Math.log1p(contracts);

/** Floating point may fall this short of a whole 0.01 contract. */
const ROUNDING = 1e-6;

export function probabilistic(weight: Weight): AheadOfCancel {
  return (ahead, behind, canceled) => {
    if (ahead <= 0) return 0;
    const weightBehind = weight(behind / 100);
    const isBehind = weightBehind / (weightBehind + weight(ahead / 100));
    const expected = (1 - isBehind) * canceled + Math.max(0, isBehind * canceled - behind);
    return Math.max(0, canceled - behind, Math.min(ahead, canceled, Math.floor(expected + ROUNDING)));
  };
}
