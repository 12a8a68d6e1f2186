/** Faults that come upon requests: before the exchange sees one, or once it has done as asked. */
import { type Clock, sleep } from '../../../domain/clock.ts';
import { BothsidesError } from '../../../domain/errors.ts';
import { errorDetail } from '../protocol/errors.ts';
import { REST_ROOT } from '../protocol/rest.ts';
import { type FaultBook, fitsMarket } from './fault-book.ts';
import { type EventRule, type FaultRule, fits, type RequestFault, type RuleOf } from './spec.ts';

type Handler = (request: Request) => Promise<Response>;

const REQUEST_FAULTS: Readonly<Record<RequestFault, true>> = {
  throttle: true,
  errorBefore: true,
  errorAfter: true,
  silenceBefore: true,
  silenceAfter: true,
  dropBefore: true,
  dropAfter: true,
  emptyBody: true,
  malformedBody: true,
  cutPages: true,
  slowRequest: true,
  slowAnswer: true,
};

/** Where a cut listing goes on, and breaks off. */
const CUT_CURSOR = 'cut';
/** What our own exchange alone has (its clock, its faults) is left alone: nobody else's client asks for it. */
const OWN = `${REST_ROOT}/_`;

/**
 * The handler with faults in front of it. A dropped connection rejects; silence never settles. Several may come upon one
 * request: delays add up, and of the others the first one counts.
 */
export function faultyRequests(inner: Handler, options: { book: FaultBook; wall: Clock; now: () => number }): Handler {
  const { book, wall } = options;
  const answer = (status: number, body: unknown): Response =>
    new Response(JSON.stringify(body), {
      status,
      headers: { date: new Date(options.now()).toUTCString(), 'content-type': 'application/json' },
    });
  const failure = (status: number): Response =>
    answer(status, { error: errorDetail(status === 503 ? 'service_unavailable' : 'internal_server_error') });

  return async (request) => {
    const url = new URL(request.url);
    if (url.pathname.startsWith(OWN)) return inner(request);
    const { method } = request;
    const path = url.pathname.startsWith(REST_ROOT) ? url.pathname.slice(REST_ROOT.length) : url.pathname;
    const isOf = (rule: EventRule): rule is RuleOf<RequestFault> =>
      isRequestRule(rule) && isMethod(rule, method) && isPath(rule, path);
    const isByMarket = book.has((rule) => isRequestRule(rule) && rule.on?.market !== undefined);
    const named = isByMarket ? namedMarkets(url, method === 'GET' ? '' : await request.clone().text()) : [];
    const come = book
      .upon(
        () => `${method} ${path}`,
        (rule) => isOf(rule) && fitsMarket(rule.on?.market, () => named),
      )
      .filter(isOf);
    let afterMs = 0;
    let decisive: RuleOf<RequestFault> | null = null;
    for (const rule of come) {
      if (rule.fault === 'slowRequest') await sleep(wall, rule.delayMs);
      else if (rule.fault === 'slowAnswer') afterMs += rule.delayMs;
      else decisive ??= rule;
    }
    const given = await meet(request, url, decisive);
    if (afterMs > 0) await sleep(wall, afterMs);
    return given;
  };

  async function meet(request: Request, url: URL, rule: RuleOf<RequestFault> | null): Promise<Response> {
    // The second half of a listing that was cut is gone, whatever its fault says by then.
    if (request.method === 'GET' && url.searchParams.get('cursor') === CUT_CURSOR) return failure(503);
    if (rule === null) return inner(request);
    switch (rule.fault) {
      case 'throttle':
        return answer(429, { error: 'too many requests' });
      case 'errorBefore':
        return failure(rule.status);
      case 'silenceBefore':
        return never();
      case 'dropBefore':
        throw dropped();
      default:
        return spoil(await inner(request), rule);
    }
  }

  async function spoil(done: Response, rule: RuleOf<RequestFault>): Promise<Response> {
    const { status, headers } = done;
    switch (rule.fault) {
      case 'errorAfter':
        return failure(rule.status);
      case 'silenceAfter':
        return never();
      case 'dropAfter':
        throw dropped();
      case 'emptyBody':
        return new Response('', { status, headers: dated(headers) });
      case 'malformedBody': {
        const text = await done.text();
        return new Response(text.slice(0, Math.ceil(text.length / 2)), { status, headers: dated(headers) });
      }
      case 'cutPages':
        return status === 200 ? cut(await done.text(), headers) : done;
      default:
        return done;
    }
  }
}

function isRequestRule(rule: FaultRule): rule is RuleOf<RequestFault> {
  return rule.fault in REQUEST_FAULTS;
}

function isMethod({ on }: RuleOf<RequestFault>, method: string): boolean {
  return on?.method === undefined || on.method === method;
}

function isPath({ on }: RuleOf<RequestFault>, path: string): boolean {
  return on?.path === undefined || fits(on.path, path);
}

/** The headers of an answer whose length is another now. */
function dated(headers: Headers): Record<string, string> {
  return { date: headers.get('date') ?? '', 'content-type': 'application/json' };
}

/** The first half of a page, with a cursor that leads nowhere. What is no listing stays as it is. */
function cut(text: string, headers: Headers): Response {
  const page = JSON.parse(text) as Record<string, unknown>;
  if (typeof page.cursor === 'string') {
    for (const [name, items] of Object.entries(page))
      if (Array.isArray(items)) page[name] = items.slice(0, Math.floor(items.length / 2));
    page.cursor = CUT_CURSOR;
  }
  return new Response(JSON.stringify(page), { status: 200, headers: dated(headers) });
}

/** Every word of the request that may be a ticker. */
function namedMarkets(url: URL, body: string): readonly string[] {
  const inQuery = [...url.searchParams].flatMap(([name, value]) => (TICKERS.test(name) ? value.split(',') : []));
  const inBody = [...body.matchAll(/"(?:market_)?ticker"\s*:\s*"([^"]*)"/g)].map(([, ticker]) => ticker!);
  return [...url.pathname.split('/').filter((part) => part !== ''), ...inQuery, ...inBody];
}

const TICKERS = /^(market_)?tickers?$/;

function never(): Promise<Response> {
  return new Promise(() => undefined);
}

function dropped(): BothsidesError {
  return new BothsidesError('EXCHANGE_UNREACHABLE', 'The connection was dropped by a fault that was asked for.');
}
