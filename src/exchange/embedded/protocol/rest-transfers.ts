/**
 * Deposits and withdrawals as the venue lists them; and, because no bank stands behind this exchange, a call of its own
 * that makes one: `POST /_deposit {"amount_cents": 5000, "exchange_index": 0}`, negative to take money out.
 */
import type { Microdollars } from '../../../domain/units.ts';
import type { EngineTransfer } from '../model.ts';
import { Body } from './body.ts';
import { exchangeError } from './errors.ts';
import { seconds, wholeCents } from './format.ts';
import { pageOf } from './page.ts';
import { Query } from './query.ts';
import { COST_DEFAULT, SHARDS } from './rate-limits.ts';
import { type Call, ok, type Reply, type Route, userOf, type Venue } from './venue.ts';

const PAGE = { max: 500, default: 100 } as const;
const MICRODOLLARS_PER_CENT = 10_000;

export const transferRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/portfolio/deposits',
    access: 'private',
    readCost: COST_DEFAULT,
    handle: (venue, call) => list(venue, call, 'deposits'),
  },
  {
    method: 'GET',
    path: '/portfolio/withdrawals',
    access: 'private',
    readCost: COST_DEFAULT,
    handle: (venue, call) => list(venue, call, 'withdrawals'),
  },
  { method: 'POST', path: '/_deposit', access: 'private', readCost: COST_DEFAULT, handle: makeDeposit },
];

function list({ engine }: Venue, call: Call, what: 'deposits' | 'withdrawals'): Reply {
  const query = new Query(what === 'deposits' ? 'GetDeposits' : 'GetWithdrawals', call.query);
  const sign = what === 'deposits' ? 1 : -1;
  const page = pageOf(engine.transfers(userOf(call)), {
    limit: query.limit(PAGE),
    cursor: query.cursor(),
    keyOf: (transfer) => transfer.id,
    matches: ({ amount }) => amount * sign > 0,
  });
  return ok({ [what]: page.items.map(transferJson), cursor: page.cursor });
}

function makeDeposit({ engine }: Venue, call: Call): Reply {
  const body = Body.parse('DepositRequest', call.text);
  const cents = body.integer('amount_cents') ?? 0;
  const shard = body.integer('exchange_index') ?? 0;
  if (cents === 0) throw exchangeError(400, 'invalid_parameters', 'amount_cents is required');
  if (!(SHARDS as readonly number[]).includes(shard)) {
    throw exchangeError(400, 'invalid_parameters', `exchange_index must be one of: ${SHARDS.join(', ')}`);
  }
  const answer = engine.deposit(userOf(call), shard, (cents * MICRODOLLARS_PER_CENT) as Microdollars);
  if (!answer.ok) throw exchangeError(400, answer.code, answer.details ?? answer.code);
  return ok(transferJson(answer.transfer));
}

function transferJson({ id, amount, atMs }: EngineTransfer): Record<string, unknown> {
  return {
    id,
    status: 'applied',
    type: 'ach',
    amount_cents: Math.abs(wholeCents(amount)),
    fee_cents: 0,
    created_ts: seconds(atMs),
    finalized_ts: seconds(atMs),
  };
}
