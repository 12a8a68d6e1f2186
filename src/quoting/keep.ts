/** Whether a working order is near enough to what is wanted to be left alone: writes are the scarce resource. */
import type { PriceGrid } from '../domain/market.ts';
import type { Settings } from '../settings/schema.ts';
import type { Decision, Desired } from './decision.ts';
import { eagerness } from './place.ts';

/**
 * Kept with the same size and a price that is at most
 * - max(1 tick, min(10 % of the half-spread, 1¢)) less eager than wanted, or
 * - 1 tick more eager, as long as the spread to the other wanted side still pays both legs' fees.
 *
 * `working.quantity` is what is still open of it.
 */
export function keeps(
  working: Desired,
  desired: Desired | null,
  decision: Pick<Decision, 'bid' | 'ask' | 'explain'>,
  context: { readonly grid: PriceGrid; readonly settings: Pick<Settings, 'quoting'> },
): boolean {
  if (desired === null || working.side !== desired.side || working.quantity !== desired.quantity) return false;
  const { grid } = context;
  const { keepHalfSpreadShare, keepCentsMax } = context.settings.quoting;
  const { side } = desired;
  const ahead = eagerness(side, working.price, desired.price);
  if (ahead === 0) return true;
  // A tick is the step between the two: at a border of the grid it depends on the direction.
  const tick = grid.stepAt(Math.min(working.price, desired.price));
  if (ahead < 0) {
    const share = Math.min((decision.explain.spreadCents / 2) * keepHalfSpreadShare, keepCentsMax) * 100;
    return -ahead <= Math.max(tick, share);
  }
  if (ahead > tick) return false;
  const other = side === 'bid' ? decision.ask : decision.bid;
  return other === null || eagerness(side, other.price, working.price) >= decision.explain.feeFloorCents * 100;
}
