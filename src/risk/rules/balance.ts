import { atMost, type Rule } from '../proposal.ts';

/** Every open order must be covered by cash, counted as if no position paid for any of them, in money. */
export const balance: Rule = (proposal) => atMost('balance', proposal.restingValue, proposal.cash);
