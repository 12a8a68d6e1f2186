import { type Context, Hono } from 'hono';
import { authenticate, isSigned } from './auth.ts';
import { bodyText } from './body-text.ts';
import { errorDetail, notFound, tooManyRequests, VenueError } from './errors.ts';
import { notBuiltRoutes } from './not-built.ts';
import { accountRoutes } from './rest-account.ts';
import { candleRoutes } from './rest-candles.ts';
import { catalogueRoutes } from './rest-catalogue.ts';
import { exchangeRoutes } from './rest-exchange.ts';
import { feeRoutes } from './rest-fees.ts';
import { historicalRoutes } from './rest-historical.ts';
import { marketRoutes } from './rest-markets.ts';
import { orderGroupRoutes } from './rest-order-groups.ts';
import { orderRoutes } from './rest-orders.ts';
import { portfolioRoutes } from './rest-portfolio.ts';
import { programRoutes } from './rest-programs.ts';
import { shardTransferRoutes } from './rest-shard-transfers.ts';
import { transferRoutes } from './rest-transfers.ts';
import type { Call, Reply, Route, Venue } from './venue.ts';

export const REST_ROOT = '/trade-api/v2';

/**
 * The venue's REST calls as one fetch handler. Whatever arrives, it answers: refusals in the venue's shapes, and a fault of
 * ours as a 500. Beyond reading the body nothing waits, so a call takes effect in one turn.
 */
export function createRest(
  venue: Venue,
  options: { readLagMs: () => number; onFault: (error: unknown) => void },
): (request: Request) => Promise<Response> {
  const app = new Hono();
  // A fixed path goes before one with a parameter in its place: the first that fits is taken.
  const routes = [
    ...exchangeRoutes(options.readLagMs),
    ...notBuiltRoutes.filter((route) => !route.path.includes(':')),
    ...programRoutes,
    ...feeRoutes,
    ...candleRoutes,
    ...catalogueRoutes,
    ...accountRoutes,
    ...marketRoutes,
    ...historicalRoutes,
    ...portfolioRoutes,
    ...transferRoutes,
    ...shardTransferRoutes,
    ...orderRoutes,
    ...orderGroupRoutes,
    ...notBuiltRoutes.filter((route) => route.path.includes(':')),
  ];

  function answer(reply: Reply): Response {
    // The wall clock's own date: clients measure their skew by it.
    const headers = { date: new Date(venue.wall.now()).toUTCString() };
    if (reply.body === null) return new Response(null, { status: reply.status, headers });
    return new Response(JSON.stringify(reply.body), {
      status: reply.status,
      headers: { ...headers, 'content-type': 'application/json' },
    });
  }

  function fail(error: unknown): Response {
    if (error instanceof VenueError) return answer({ status: error.status, body: error.body });
    options.onFault(error);
    return answer({ status: 500, body: { error: errorDetail('internal_server_error') } });
  }

  for (const route of routes) {
    app.on(route.method, REST_ROOT + route.path, async (context) => {
      try {
        const text = route.method === 'GET' ? '' : await bodyText(context.req.raw);
        return answer(admit(venue, route, context, text));
      } catch (error) {
        return fail(error);
      }
    });
  }
  app.notFound(() => fail(notFound()));
  app.onError((error) => fail(error));

  return async (request) => {
    try {
      return await app.fetch(request);
    } catch (error) {
      return fail(error);
    }
  };
}

/** Who it is, whether there are tokens, and then the call itself: in one turn. */
function admit(venue: Venue, route: Route, context: Context, text: string): Reply {
  venue.catchUp();
  const url = new URL(context.req.url);
  const signed = {
    method: context.req.method,
    path: url.pathname,
    header: (name: string) => context.req.header(name),
  };
  const account =
    route.access === 'private' || isSigned(signed) ? authenticate(signed, venue.accounts, venue.wall.now()) : null;
  if (route.readCost !== null && !venue.rates.read(account?.user ?? null, route.readCost)) throw tooManyRequests();
  const call: Call = {
    account,
    query: url.searchParams,
    text,
    param: (name) => context.req.param(name) ?? '',
  };
  return route.handle(venue, call);
}
