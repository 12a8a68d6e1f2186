import { exchangeError } from './errors.ts';
import type { Route } from './venue.ts';

/** Calls that the venue has and this exchange does not: answered 501, never as if they did not exist. */
const PATHS: readonly (readonly [method: Route['method'], path: string])[] = [
  ['GET', '/historical/positions'],
  ['POST', '/portfolio/subaccounts'],
  ['GET', '/portfolio/subaccounts/balances'],
  ['POST', '/portfolio/subaccounts/transfer'],
  ['GET', '/portfolio/subaccounts/transfers'],
  ['GET', '/portfolio/subaccounts/netting'],
  ['PUT', '/portfolio/subaccounts/netting'],
  ['GET', '/api_keys'],
  ['POST', '/api_keys'],
  ['POST', '/api_keys/generate'],
  ['DELETE', '/api_keys/:key'],
  ['GET', '/account/api_usage_level/volume_progress'],
  ['GET', '/communications/*'],
  ['POST', '/communications/*'],
  ['PUT', '/communications/*'],
  ['DELETE', '/communications/*'],
  ['GET', '/series/:series/events/:event/forecast_percentile_history'],
  ['GET', '/search/*'],
  ['GET', '/live_data/*'],
  ['GET', '/milestones/*'],
  ['GET', '/structured_targets/*'],
  ['GET', '/multivariate_event_collections/*'],
  ['POST', '/multivariate_event_collections/*'],
  ['GET', '/fcm/*'],
  ['POST', '/fcm/*'],
  ['PUT', '/fcm/*'],
  ['DELETE', '/fcm/*'],
];

export const notBuiltRoutes: readonly Route[] = PATHS.map(([method, path]) => ({
  method,
  path,
  access: 'public',
  readCost: null,
  handle: () => {
    throw exchangeError(501, 'not_implemented', `${method} ${path} is not built in this exchange`);
  },
}));
