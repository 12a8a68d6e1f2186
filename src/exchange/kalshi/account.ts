/** The account as the venue keeps it. Portfolio reads lag behind writes: `userDataTimestamp` says by how much. */
import { fillKey } from '../../domain/fill.ts';
import type { UnixMs } from '../../domain/units.ts';
import type { AccountPort, Listing, Priority, ReadOptions, VenueTransfer } from '../port.ts';
import { COST } from './costs.ts';
import { nonsense } from './errors.ts';
import { collect } from './pagination.ts';
import { check, toBalance, toFill, toOrder, toPosition, toSettlement, toTransfer } from './parse-rest.ts';
import type { RateBudget } from './rate-budget.ts';
import type { Query, Rest } from './rest.ts';
import * as wire from './wire.ts';

const PAGE_SIZE = 1000;
/** Of deposits and withdrawals, which know no subaccounts and take no longer pages. */
const TRANSFERS_PAGE_SIZE = 500;

/** Time filters are whole seconds; a second early never leaves anything out. */
const seconds = (sinceMs: UnixMs | undefined) => (sinceMs === undefined ? undefined : Math.floor(sinceMs / 1000));
const priorityOf = (options: ReadOptions | undefined): Priority => options?.priority ?? 'read';

export function createAccount({
  rest,
  budget,
  subaccount,
}: {
  readonly rest: Rest;
  readonly budget: RateBudget;
  readonly subaccount: number;
}): AccountPort {
  /** The venue's defaults differ from call to call (subaccount 0 here, all there), so it is always said. */
  const list = <P extends { readonly cursor: string }, T>(
    path: string,
    filters: Query,
    options: ReadOptions | undefined,
    read: { parse: (body: unknown) => P; items: (page: P) => readonly T[]; keyOf: (item: T) => string },
  ) =>
    collect<T>({
      keyOf: read.keyOf,
      fetchPage: async (cursor) => {
        const query = { ...filters, subaccount, limit: PAGE_SIZE, cursor };
        const page = read.parse(await rest.read({ path, query, priority: priorityOf(options) }));
        return { items: read.items(page), cursor: page.cursor };
      },
    });

  async function transfersOf(
    kind: VenueTransfer['kind'],
    options: ReadOptions | undefined,
    parse: (path: string, body: unknown) => { items: readonly wire.WireTransfer[]; cursor: string },
  ): Promise<Listing<VenueTransfer>> {
    const path = `/portfolio/${kind}s`;
    return collect<VenueTransfer>({
      keyOf: (transfer) => transfer.id,
      fetchPage: async (cursor) => {
        const query = { limit: TRANSFERS_PAGE_SIZE, cursor };
        const page = parse(path, await rest.read({ path, query, priority: priorityOf(options) }));
        return { items: page.items.map((transfer) => toTransfer(kind, transfer)), cursor: page.cursor };
      },
    });
  }

  return {
    async balance(options) {
      const path = '/portfolio/balance';
      const body = await rest.read({ path, query: { subaccount }, priority: priorityOf(options) });
      return toBalance(check(wire.balance, path, body));
    },

    positions: (options) =>
      list('/portfolio/positions', {}, options, {
        parse: (body) => check(wire.positionsPage, '/portfolio/positions', body),
        items: (page) => page.market_positions.map(toPosition),
        keyOf: (position) => position.market,
      }),

    orders: (query, options) =>
      list(
        '/portfolio/orders',
        { ticker: query.market, status: query.status, min_ts: seconds(query.sinceMs) },
        options,
        {
          parse: (body) => check(wire.ordersPage, '/portfolio/orders', body),
          items: (page) => page.orders.map(toOrder),
          keyOf: (order) => order.orderId,
        },
      ),

    async order(address, options) {
      const path = `/portfolio/orders/${encodeURIComponent(address.orderId)}`;
      const reply = await rest.tryRead({
        path,
        query: { exchange_index: address.exchangeIndex, market_ticker: address.market },
        priority: priorityOf(options),
        cost: COST.orderRead,
      });
      if (reply.ok) return toOrder(check(wire.orderAnswer, path, reply.json).order);
      if (reply.refusal.status === 404) return null;
      throw nonsense(path, `${reply.refusal.status} ${reply.refusal.code}`);
    },

    fills: (query, options) =>
      list(
        '/portfolio/fills',
        { ticker: query.market, order_id: query.orderId, min_ts: seconds(query.sinceMs) },
        options,
        {
          parse: (body) => check(wire.fillsPage, '/portfolio/fills', body),
          items: (page) => page.fills.map(toFill),
          keyOf: fillKey,
        },
      ),

    settlements: (query, options) =>
      list('/portfolio/settlements', { min_ts: seconds(query.sinceMs) }, options, {
        parse: (body) => check(wire.settlementsPage, '/portfolio/settlements', body),
        items: (page) => page.settlements.map(toSettlement),
        keyOf: (settlement) => `${settlement.market}|${settlement.atMs}`,
      }),

    async transfers(options) {
      const [deposits, withdrawals] = await Promise.all([
        transfersOf('deposit', options, (path, body) => {
          const page = check(wire.depositsPage, path, body);
          return { items: page.deposits, cursor: page.cursor };
        }),
        transfersOf('withdrawal', options, (path, body) => {
          const page = check(wire.withdrawalsPage, path, body);
          return { items: page.withdrawals, cursor: page.cursor };
        }),
      ]);
      return {
        items: [...deposits.items, ...withdrawals.items],
        complete: deposits.complete && withdrawals.complete,
      };
    },

    async userDataTimestamp(options) {
      const path = '/exchange/user_data_timestamp';
      return check(wire.userDataTimestamp, path, await rest.read({ path, priority: priorityOf(options) })).as_of_time;
    },

    async readLimits() {
      const path = '/account/limits';
      const { usage_tier, read, write } = check(wire.limits, path, await rest.read({ path, priority: 'read' }));
      budget.resize({
        read: { tokensPerSecond: read.refill_rate, capacity: read.bucket_capacity },
        write: { tokensPerSecond: write.refill_rate, capacity: write.bucket_capacity },
      });
      return { tier: usage_tier };
    },
  };
}
