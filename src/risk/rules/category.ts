import { atMost, type Rule } from '../proposal.ts';

/** What the markets of one category can lose together, in money. */
export const category: Rule = (proposal) => atMost('category', proposal.categoryLoss, proposal.limits.categoryMax);
