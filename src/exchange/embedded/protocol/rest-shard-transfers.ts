/** An account's money moved between its shards, by itself; and how much of it rests in orders. */
import { formatMoney, type Microdollars } from '../../../domain/units.ts';
import type { ShardTransfer } from '../account-model.ts';
import { Body, type Fields } from './body.ts';
import { exchangeError, notFound, refusal } from './errors.ts';
import { formatBalance, seconds, wholeCents } from './format.ts';
import { pageOf } from './page.ts';
import { Query } from './query.ts';
import { COST_DEFAULT, SHARDS } from './rate-limits.ts';
import { requirePrimary } from './subaccount.ts';
import { billWrite, type Call, ok, type Reply, type Route, userOf, type Venue } from './venue.ts';

const PAGE = { max: 500, default: 100 } as const;
const MICRODOLLARS_PER_CENTICENT = 100;
/** Perpetuals (`margined`) are another exchange. */
const INSTANCE = 'event_contract';
const CLIENT_TRANSFER_ID_LENGTH_MAX = 64;
const TRANSFER = '/portfolio/intra_exchange_instance_transfer';
const ALLOCATION = '/portfolio/target_balance_allocation';
const TRANSFER_FIELDS: Fields = {
  source: 'string',
  destination: 'string',
  amount: 'int',
  source_exchange_shard: 'int',
  destination_exchange_shard: 'int',
  source_subaccount: 'int',
  destination_subaccount: 'int',
  client_transfer_id: 'string',
};

export const shardTransferRoutes: readonly Route[] = [
  { method: 'POST', path: TRANSFER, access: 'private', readCost: null, handle: transfer },
  read(`${TRANSFER}s`, list),
  read(`${TRANSFER}s/:transfer`, ({ engine }, call) => {
    const found = engine.shardTransfers(userOf(call)).find(({ id }) => id === call.param('transfer'));
    if (found === undefined) throw notFound();
    return ok({ transfer: transferJson(found) });
  }),
  read('/portfolio/summary/total_resting_order_value', readRestingValue),
  // The venue keeps the balances of chosen institutions in proportion; everybody else has no allocation and gets none.
  read(ALLOCATION, () => ok({ allocations: [], resting_margin_reservation: 'sum' })),
  {
    method: 'POST',
    path: ALLOCATION,
    access: 'private',
    readCost: null,
    handle(venue, call) {
      billWrite(venue, call, COST_DEFAULT, 0);
      throw exchangeError(403, 'target_balance_allocation_is_not_enabled_for_this_user');
    },
  },
];

function read(path: string, handle: Route['handle']): Route {
  return { method: 'GET', path, access: 'private', readCost: COST_DEFAULT, handle };
}

function transfer(venue: Venue, call: Call): Reply {
  const body = Body.parse('IntraExchangeInstanceTransferRequest', call.text, TRANSFER_FIELDS);
  billWrite(venue, call, COST_DEFAULT, 0);
  body.oneOf('source', [INSTANCE]);
  body.oneOf('destination', [INSTANCE]);
  const amount = body.integer('amount') ?? 0;
  if (amount <= 0) throw exchangeError(400, 'invalid_parameters', 'amount must be greater than 0');
  const from = shardOf(body, 'source_exchange_shard');
  const to = shardOf(body, 'destination_exchange_shard');
  requirePrimary(body.integer('source_subaccount'));
  requirePrimary(body.integer('destination_subaccount'));
  if (from === to) throw exchangeError(400, 'invalid_parameters', 'source and destination must differ');
  const clientTransferId = body.text('client_transfer_id') || null;
  if (clientTransferId !== null && clientTransferId.length > CLIENT_TRANSFER_ID_LENGTH_MAX) {
    const details = `client_transfer_id must have at most ${CLIENT_TRANSFER_ID_LENGTH_MAX} characters`;
    throw exchangeError(400, 'invalid_parameters', details);
  }
  const answer = venue.engine.transferBetweenShards(userOf(call), {
    from,
    to,
    amount: (amount * MICRODOLLARS_PER_CENTICENT) as Microdollars,
    clientTransferId,
  });
  if (!answer.ok) throw refusal(answer);
  return ok({ transfer_id: answer.transfer.id });
}

function shardOf(body: Body, name: string): number {
  const shard = body.integer(name) ?? 0;
  if ((SHARDS as readonly number[]).includes(shard)) return shard;
  throw exchangeError(400, 'invalid_parameters', `${name} must be one of: ${SHARDS.join(', ')}`);
}

function list({ engine }: Venue, call: Call): Reply {
  const query = new Query('GetIntraExchangeInstanceTransfers', call.query);
  const page = pageOf(engine.shardTransfers(userOf(call)), {
    limit: query.limit(PAGE),
    cursor: query.cursor(),
    keyOf: (one) => one.id,
  });
  // Unlike elsewhere, the last page has no cursor at all.
  return ok({ transfers: page.items.map(transferJson), ...(page.cursor === '' ? {} : { cursor: page.cursor }) });
}

function transferJson({ id, from, to, amount, atMs }: ShardTransfer): Record<string, unknown> {
  return {
    transfer_id: id,
    source: INSTANCE,
    destination: INSTANCE,
    source_exchange_shard: from,
    destination_exchange_shard: to,
    amount: formatMoney(amount),
    status: 'complete',
    created_ts: seconds(atMs),
  };
}

function readRestingValue({ engine }: Venue, call: Call): Reply {
  const shards = [...engine.restingValue(userOf(call))].sort(([a], [b]) => a - b);
  const total = shards.reduce((sum, [, value]) => sum + value, 0) as Microdollars;
  return ok({
    total_resting_order_value: wholeCents(total),
    resting_order_value_breakdown: shards.map(([index, value]) => ({
      exchange_index: index,
      balance: formatBalance(value),
    })),
  });
}
