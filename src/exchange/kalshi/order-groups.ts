/** Groups of orders that the venue takes off together. Each write is sent at most once, like every other. */
import { named } from '../../domain/ids.ts';
import { formatQuantity } from '../../domain/units.ts';
import type { OrderGroupAddress, OrderGroups, VenueOrderGroup, WriteOptions, WriteOutcome } from '../port.ts';
import { COST } from './costs.ts';
import { nonsense } from './errors.ts';
import { outcomeOf } from './order-entry.ts';
import { check } from './parse-rest.ts';
import type { Rest, WriteRequest } from './rest.ts';
import * as wire from './wire.ts';

const GROUPS = '/portfolio/order_groups';

export function createOrderGroups({
  rest,
  subaccount,
}: {
  readonly rest: Rest;
  readonly subaccount: number;
}): OrderGroups {
  const pathOf = ({ orderGroup }: OrderGroupAddress): string => `${GROUPS}/${encodeURIComponent(orderGroup)}`;

  /** A command about one group, which is told to its shard. */
  async function command(
    { exchangeIndex, ...request }: Pick<WriteRequest, 'method' | 'path' | 'body'> & { readonly exchangeIndex: number },
    options: WriteOptions,
  ): Promise<WriteOutcome<null>> {
    const reply = await rest.write(
      { ...request, query: { exchange_index: exchangeIndex, subaccount }, cost: COST.request, shard: exchangeIndex },
      options,
    );
    return outcomeOf(reply, wire.done, () => null);
  }

  return {
    async create({ exchangeIndex, contractsLimit }, options) {
      const reply = await rest.write(
        {
          method: 'POST',
          path: `${GROUPS}/create`,
          body: { contracts_limit_fp: formatQuantity(contractsLimit), exchange_index: exchangeIndex, subaccount },
          cost: COST.request,
          shard: exchangeIndex,
        },
        options,
      );
      return outcomeOf(reply, wire.orderGroupCreated, (body) => ({
        orderGroup: named(body.order_group_id),
        exchangeIndex: body.exchange_index ?? exchangeIndex,
      }));
    },

    // The venue answers with all of them at once: there are no pages.
    async list(options) {
      const body = await rest.read({ path: GROUPS, query: { subaccount }, priority: options?.priority ?? 'read' });
      const items = check(wire.orderGroupsPage, GROUPS, body).order_groups.map(
        (group): VenueOrderGroup => ({
          orderGroup: named(group.id),
          exchangeIndex: group.exchange_index ?? 0,
          contractsLimit: group.contracts_limit_fp ?? null,
          isTriggered: group.is_auto_cancel_enabled,
        }),
      );
      return { items, complete: true };
    },

    async read(address, options) {
      const path = pathOf(address);
      const query = { exchange_index: address.exchangeIndex, subaccount };
      const reply = await rest.tryRead({ path, query, priority: options?.priority ?? 'read' });
      if (!reply.ok) {
        if (reply.refusal.status === 404) return null;
        throw nonsense(path, `${reply.refusal.status} ${reply.refusal.code}`);
      }
      const body = check(wire.orderGroupAnswer, path, reply.json);
      return {
        ...address,
        contractsLimit: body.contracts_limit_fp ?? null,
        isTriggered: body.is_auto_cancel_enabled,
        orders: (body.orders ?? []).map((orderId) => named(orderId)),
      };
    },

    reset: (address, options) =>
      command({ method: 'PUT', path: `${pathOf(address)}/reset`, body: {}, ...shardOf(address) }, options),

    trigger: (address, options) =>
      command({ method: 'PUT', path: `${pathOf(address)}/trigger`, body: {}, ...shardOf(address) }, options),

    setLimit: (address, contractsLimit, options) =>
      command(
        {
          method: 'PUT',
          path: `${pathOf(address)}/limit`,
          body: { contracts_limit_fp: formatQuantity(contractsLimit) },
          ...shardOf(address),
        },
        options,
      ),

    delete: (address, options) =>
      command({ method: 'DELETE', path: pathOf(address), body: null, ...shardOf(address) }, options),
  };
}

function shardOf({ exchangeIndex }: OrderGroupAddress): { readonly exchangeIndex: number } {
  return { exchangeIndex };
}
