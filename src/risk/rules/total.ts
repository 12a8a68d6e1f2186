import { atMost, type Rule } from '../proposal.ts';

/** What everything together can lose (S1: 20 % of equity), in money. */
export const total: Rule = (proposal) => atMost('total', proposal.totalLoss, proposal.limits.totalMax);
