/** The last question before an order's bytes are written: is it still what should stand there? */
import type { Ticker } from '../domain/ids.ts';
import type { OrderIntent } from '../domain/order.ts';
import type { Side } from '../domain/side.ts';
import type { Centicents } from '../domain/units.ts';
import type { Recall } from './recall.ts';
import { groupObjection, type ShardGroups } from './shard-groups.ts';
import { keepsPrice, type Wanted } from './wanted.ts';

/** What is wanted has changed, or the book has, or the net is down, since it was asked for: it is dropped, never sent. */
export function objectionTo(
  intent: OrderIntent,
  wanted: Wanted | null,
  recall: Recall,
  {
    groups,
    crosses,
  }: {
    readonly groups?: ShardGroups;
    readonly crosses: (market: Ticker, side: Side, price: Centicents) => boolean | null;
  },
): string | null {
  const { market, side, price, quantity } = intent;
  const isWanted =
    wanted !== null &&
    wanted.purpose === intent.purpose &&
    wanted.timeInForce === intent.timeInForce &&
    quantity <= wanted.quantity &&
    keepsPrice(wanted, price);
  if (!isWanted) return 'superseded';
  if (recall.isOpen) return recall.objection();
  const ofGroup = groupObjection(groups, intent);
  if (ofGroup !== null) return ofGroup;
  const isCrossing = crosses(market, side, price);
  // Whatever it is for, nothing leaves on a book that is void: a wish may be older than the hole in its stream.
  if (isCrossing === null) return 'noBook';
  return intent.postOnly && isCrossing ? 'wouldCross' : null;
}
