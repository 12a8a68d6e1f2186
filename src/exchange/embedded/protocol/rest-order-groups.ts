/** Order groups: made, read, reset, triggered, limited and deleted. Each lives on one shard, 0 unless another is named. */
import { type Centicontracts, CONTRACT, formatQuantity, parseQuantity } from '../../../domain/units.ts';
import type { EngineOrderGroup } from '../group-model.ts';
import type { Answer } from '../model.ts';
import { Body } from './body.ts';
import { exchangeError, refusal } from './errors.ts';
import { Query } from './query.ts';
import { COST_DEFAULT, SHARDS } from './rate-limits.ts';
import { requirePrimary } from './subaccount.ts';
import { billWrite, type Call, ok, type Reply, type Route, userOf, type Venue } from './venue.ts';

const GROUPS = '/portfolio/order_groups';

export const orderGroupRoutes: readonly Route[] = [
  { method: 'POST', path: `${GROUPS}/create`, access: 'private', readCost: null, handle: createGroup },
  { method: 'GET', path: GROUPS, access: 'private', readCost: COST_DEFAULT, handle: listGroups },
  { method: 'GET', path: `${GROUPS}/:group`, access: 'private', readCost: COST_DEFAULT, handle: readGroup },
  command('DELETE', '', 'DeleteOrderGroup', ({ engine }, user, id) => engine.deleteGroup(user, id)),
  command('PUT', '/reset', 'ResetOrderGroup', ({ engine }, user, id) => engine.resetGroup(user, id)),
  command('PUT', '/trigger', 'TriggerOrderGroup', ({ engine }, user, id) => engine.triggerGroup(user, id)),
  command('PUT', '/limit', 'UpdateOrderGroupLimit', ({ engine }, user, id, text) =>
    engine.limitGroup(user, id, readLimit(Body.parse('UpdateOrderGroupLimitRequest', text))),
  ),
];

function shardOf(exchangeIndex: number | null): number {
  const shard = exchangeIndex ?? 0;
  if ((SHARDS as readonly number[]).includes(shard)) return shard;
  throw exchangeError(400, 'invalid_parameters', `exchange_index ${shard} does not exist`);
}

function createGroup(venue: Venue, call: Call): Reply {
  const body = Body.parse('CreateOrderGroupRequest', call.text);
  const shard = shardOf(body.integer('exchange_index'));
  billWrite(venue, call, COST_DEFAULT, shard);
  requirePrimary(body.integer('subaccount'));
  const answer = venue.engine.createGroup(userOf(call), shard, readLimit(body));
  if (!answer.ok) throw refusal(answer);
  const { id, exchangeIndex } = answer.group;
  return { status: 201, body: { order_group_id: id, subaccount: 0, exchange_index: exchangeIndex } };
}

function listGroups({ engine }: Venue, call: Call): Reply {
  requirePrimary(new Query('GetOrderGroups', call.query).integer('subaccount'));
  return ok({ order_groups: engine.groups(userOf(call)).map((group) => ({ id: group.id, ...groupJson(group) })) });
}

function readGroup(venue: Venue, call: Call): Reply {
  const query = new Query('GetOrderGroup', call.query);
  requirePrimary(query.integer('subaccount'));
  const group = findGroup(venue, call, query);
  return ok({ ...groupJson(group), orders: group.orders });
}

function groupJson(group: EngineOrderGroup): Record<string, unknown> {
  return {
    // Seen to be true once a group is triggered and false again after its reset, whatever its name says.
    is_auto_cancel_enabled: group.isTriggered,
    contracts_limit_fp: formatQuantity(group.limit),
    exchange_index: group.exchangeIndex,
  };
}

function findGroup(venue: Venue, call: Call, query: Query): EngineOrderGroup {
  const group = venue.engine.group(userOf(call), call.param('group'));
  const shard = query.integer('exchange_index');
  if (group === null || (shard !== null && shard !== group.exchangeIndex)) {
    throw exchangeError(404, 'order_group_not_found');
  }
  return group;
}

/** A command about one group. Without a shard only shard 0 is asked, as for orders. */
function command(
  method: 'DELETE' | 'PUT',
  below: string,
  operation: string,
  act: (venue: Venue, user: string, id: string, text: string) => Answer<object>,
): Route {
  return {
    method,
    path: `${GROUPS}/:group${below}`,
    access: 'private',
    readCost: null,
    handle(venue, call) {
      const query = new Query(operation, call.query);
      const shard = shardOf(query.integer('exchange_index'));
      billWrite(venue, call, COST_DEFAULT, shard);
      requirePrimary(query.integer('subaccount'));
      const id = call.param('group');
      if (venue.engine.group(userOf(call), id)?.exchangeIndex !== shard) {
        throw exchangeError(404, 'order_group_not_found');
      }
      const answer = act(venue, userOf(call), id, call.text);
      if (!answer.ok) throw refusal(answer);
      return ok({});
    },
  };
}

/** Whole contracts as a number, or as text; both only if they say the same. */
function readLimit(body: Body): Centicontracts {
  const whole = body.integer('contracts_limit');
  const text = body.text('contracts_limit_fp');
  const exact = text === null ? null : parseQuantity(text);
  if (text !== null && exact === null) throw exchangeError(400, 'invalid_parameters', 'contracts_limit_fp is no count');
  if (whole !== null && exact !== null && whole * CONTRACT !== exact) {
    throw exchangeError(400, 'invalid_parameters', 'contracts_limit and contracts_limit_fp differ');
  }
  const limit = exact ?? (whole === null ? null : whole * CONTRACT);
  if (limit === null) throw exchangeError(400, 'invalid_parameters', 'contracts_limit is required');
  return limit as Centicontracts;
}
