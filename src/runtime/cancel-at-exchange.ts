/**
 * Everything of ours off, straight at the exchange: for when the trader itself hangs or is gone. Only orders that carry our
 * mark, unless all of the account's are asked for; proven by complete listings, twice, because one may come before the last
 * order that was on its way.
 */
import { type Clock, sleep } from '../domain/clock.ts';
import { BothsidesError, messageOf } from '../domain/errors.ts';
import { isOwnOrder, type OrderGroupId, type Ticker } from '../domain/ids.ts';
import type { Venue, VenueOrder } from '../exchange/port.ts';

export interface CancelOptions {
  readonly wall: Clock;
  /** Strangers' orders on the account, too. */
  readonly all: boolean;
  readonly market: Ticker | null;
  /** Also takes the order groups of our quotes off, so that late ones are refused. */
  readonly triggersGroups: boolean;
  readonly withinMs?: number;
}

export interface Canceled {
  /** What rested at the first look. */
  readonly found: readonly VenueOrder[];
  /** What rested at the last. */
  readonly left: readonly VenueOrder[];
  /** Two complete listings in a row showed nothing. */
  readonly proven: boolean;
}

const WITHIN_MS = 15_000;
const PAUSE_MS = 250;
const EMPTY_LOOKS = 2;

/** What rests of what is meant; throws what the venue throws. */
export async function restingAtExchange(
  venue: Pick<Venue, 'account'>,
  { all, market }: Pick<CancelOptions, 'all' | 'market'>,
): Promise<{ readonly orders: readonly VenueOrder[]; readonly complete: boolean }> {
  const query = market === null ? {} : { market };
  const { items, complete } = await venue.account.orders({ status: 'resting', ...query }, { priority: 'cancel' });
  const orders = items.filter(
    (order) => order.status === 'resting' && order.remaining > 0 && (all || isOwnOrder(order.clientOrderId)),
  );
  return { orders, complete };
}

/** Throws only when not a single look succeeded. */
export async function cancelAtExchange(
  venue: Pick<Venue, 'account' | 'orders' | 'groups'>,
  options: CancelOptions,
): Promise<Canceled> {
  const { wall } = options;
  const untilMs = wall.now() + (options.withinMs ?? WITHIN_MS);
  let found: readonly VenueOrder[] | null = null;
  let left: readonly VenueOrder[] = [];
  let emptyLooks = 0;
  let failure: unknown = null;
  do {
    try {
      const { orders, complete } = await restingAtExchange(venue, options);
      if (found === null && options.triggersGroups) await triggerGroups(venue, orders);
      found ??= orders;
      left = orders;
      emptyLooks = orders.length === 0 && complete ? emptyLooks + 1 : 0;
      if (emptyLooks >= EMPTY_LOOKS) return { found, left, proven: true };
      if (orders.length > 0) await venue.orders.cancelBatch(orders, { priority: 'cancel' });
    } catch (error) {
      emptyLooks = 0;
      failure = error;
      // Who is refused once is refused again.
      if (error instanceof BothsidesError && error.code === 'CREDENTIALS_REFUSED') break;
    }
    await sleep(wall, PAUSE_MS);
  } while (wall.now() < untilMs);
  if (found === null)
    throw failure instanceof BothsidesError
      ? failure
      : new BothsidesError('EXCHANGE_UNREACHABLE', `It could not be asked what rests there: ${messageOf(failure)}`, {
          remedy: 'Nothing was canceled. Try again, or cancel on the site of the exchange.',
          cause: failure,
        });
  return { found, left, proven: false };
}

/** One request a group takes all of its orders off, faster than one an order; the listing tells what became of it. */
async function triggerGroups(venue: Pick<Venue, 'groups'>, orders: readonly VenueOrder[]): Promise<void> {
  const groups = new Map<OrderGroupId, number>();
  for (const { orderGroup, exchangeIndex, clientOrderId } of orders)
    if (orderGroup != null && isOwnOrder(clientOrderId)) groups.set(orderGroup, exchangeIndex);
  for (const [orderGroup, exchangeIndex] of groups)
    await venue.groups.trigger({ orderGroup, exchangeIndex }, { priority: 'cancel' });
}
