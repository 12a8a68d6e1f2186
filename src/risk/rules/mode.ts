import type { Rule } from '../proposal.ts';

/** Outside `active` nothing is approved but orders that only reduce a position. */
export const mode: Rule = ({ mode, purpose }) =>
  mode === 'active' || purpose === 'exit' ? null : { reason: 'mode', value: 1, limit: 0 };
