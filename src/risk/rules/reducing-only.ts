import { atMost, type Rule } from '../proposal.ts';

/**
 * Exits never add up to more than the position, whatever fills first (quantities of 0.01 contract). So everything open
 * on the side that closes counts, quotes too: one of them filling would leave less to exit than the exits ask for. And a
 * quote may not join exits beyond the position for the same reason.
 */
export const reducingOnly: Rule = ({ purpose, side, position, openOnSide, exitsOnSide }) => {
  if (purpose === 'quote' && exitsOnSide === 0) return null;
  const closes = side === 'ask' ? position > 0 : position < 0;
  return atMost('reducingOnly', openOnSide, closes ? Math.abs(position) : 0);
};
