import { atMost, type Rule } from '../proposal.ts';

/** What the markets of one event can lose together (S1: 15 % of equity), in money: they come true or fail as one. */
export const group: Rule = (proposal) => atMost('group', proposal.groupLoss, proposal.limits.groupMax);
