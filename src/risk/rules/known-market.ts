import type { Rule } from '../proposal.ts';

/** New risk only where it is known what it is correlated with. */
export const knownMarket: Rule = ({ event }) =>
  event === null ? { reason: 'unknownMarket', value: 1, limit: 0 } : null;
