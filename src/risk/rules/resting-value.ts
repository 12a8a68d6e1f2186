import { atMost, type Rule } from '../proposal.ts';

/** What our open orders hold as collateral, in money. */
export const restingValue: Rule = (proposal) => atMost('resting', proposal.restingValue, proposal.limits.restingMax);
