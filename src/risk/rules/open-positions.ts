import { atMost, type Rule } from '../proposal.ts';

/** Markets in which we have a position or an order that could make one (a number). */
export const openPositions: Rule = (proposal) =>
  atMost('openPositions', proposal.openPositions, proposal.limits.openPositionsMax);
