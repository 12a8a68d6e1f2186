import { atMost, type Rule } from '../proposal.ts';

/** What one order alone can lose (S1: 3 % of equity), in money. */
export const orderSize: Rule = (proposal) => atMost('orderSize', proposal.orderLoss, proposal.limits.orderMax);
