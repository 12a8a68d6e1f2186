/** Incentive programs. */
import { Query } from './query.ts';
import { COST_DEFAULT } from './rate-limits.ts';
import { type Call, ok, type Reply, type Route, type Venue } from './venue.ts';

export const programRoutes: readonly Route[] = [route('/incentive_programs', listPrograms)];

function route(path: string, handle: Route['handle']): Route {
  return { method: 'GET', path, access: 'public', readCost: COST_DEFAULT, handle };
}

/** This exchange pays for nothing: there are no programs. */
function listPrograms(_venue: Venue, call: Call): Reply {
  const query = new Query('GetIncentivePrograms', call.query);
  query.limit({ max: 10_000, default: 100 });
  query.oneOf('status', ['all', 'active', 'upcoming', 'closed', 'paid_out'] as const);
  query.oneOf('type', ['all', 'liquidity', 'volume', 'margin_liquidity', 'margin_volume'] as const);
  return ok({ incentive_programs: [], next_cursor: '' });
}
