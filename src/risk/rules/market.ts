import { atMost, type Rule } from '../proposal.ts';

/** What one market can lose, position and every open order together, in money. */
export const market: Rule = (proposal) => atMost('market', proposal.marketLoss, proposal.limits.marketMax);
