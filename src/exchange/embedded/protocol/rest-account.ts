/** What an account may do, and how it may do more. */
import { exchangeError } from './errors.ts';
import { COST_CANCEL, COST_DEFAULT, COST_ORDER_READ, COST_UPGRADE, limitsOf, type Tier } from './rate-limits.ts';
import { billWrite, type Call, ok, type Reply, type Route, userOf, type Venue } from './venue.ts';

const ROOT = '/trade-api/v2';
/** What an account that trades by API may give itself. */
const SELF_SERVICE: Tier = 'advanced';
/** Of its latest orders, one at least must have been made by API; here all are. */
const LATEST_ORDERS = 100;

export const accountRoutes: readonly Route[] = [
  { method: 'GET', path: '/account/limits', access: 'private', readCost: COST_DEFAULT, handle: readLimits },
  { method: 'GET', path: '/account/endpoint_costs', access: 'public', readCost: COST_DEFAULT, handle: readCosts },
  { method: 'POST', path: '/account/api_usage_level/upgrade', access: 'private', readCost: null, handle: upgrade },
];

function readLimits({ engine, rates }: Venue, call: Call): Reply {
  const user = userOf(call);
  const tier = rates.tierOf(user);
  const { read, write } = limitsOf(tier);
  return ok({
    usage_tier: tier,
    read: { refill_rate: read.refillRate, bucket_capacity: read.capacity },
    write: { refill_rate: write.refillRate, bucket_capacity: write.capacity },
    // Granted for good: nothing expires.
    grants: engine.usageLevels(user).map((level) => ({ exchange_instance: 'event_contract', level, source: 'manual' })),
  });
}

function readCosts(): Reply {
  const cost = (method: Route['method'], path: string, tokens: number) => ({ method, path: ROOT + path, cost: tokens });
  return ok({
    default_cost: COST_DEFAULT,
    endpoint_costs: [
      cost('POST', '/account/api_usage_level/upgrade', COST_UPGRADE),
      cost('DELETE', '/portfolio/events/orders', COST_CANCEL),
      cost('DELETE', '/portfolio/events/orders/:order_id', COST_CANCEL),
      cost('DELETE', '/portfolio/events/orders/batched', COST_CANCEL),
      cost('GET', '/portfolio/orders/:order_id', COST_ORDER_READ),
    ],
  });
}

function upgrade(venue: Venue, call: Call): Reply {
  billWrite(venue, call, COST_UPGRADE, 0);
  const user = userOf(call);
  if (venue.engine.orders(user).length === 0) {
    const details = `none of the latest ${LATEST_ORDERS} orders was created via API`;
    throw exchangeError(403, 'permission_denied', details);
  }
  venue.engine.grantUsageLevel(user, SELF_SERVICE);
  return { status: 201, body: null };
}
