/**
 * Whatever a client sends over REST, it is answered as the venue answers, and the exchange goes on:
 *
 * 1. every answer has a status that the venue has, and JSON, or nothing for a 204; a refusal has one of its error shapes;
 * 2. nothing is a fault of ours (a 500), however it was asked;
 * 3. no money is made or lost by it;
 * 4. afterwards an orderly request is answered, and orders can be placed.
 *
 * What once failed stands in KEPT.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notBuiltRoutes } from '../../src/exchange/embedded/protocol/not-built.ts';
import { catalogueRoutes } from '../../src/exchange/embedded/protocol/rest-catalogue.ts';
import { exchangeRoutes } from '../../src/exchange/embedded/protocol/rest-exchange.ts';
import { orderGroupRoutes } from '../../src/exchange/embedded/protocol/rest-order-groups.ts';
import { orderRoutes } from '../../src/exchange/embedded/protocol/rest-orders.ts';
import { portfolioRoutes } from '../../src/exchange/embedded/protocol/rest-portfolio.ts';
import { transferRoutes } from '../../src/exchange/embedded/protocol/rest-transfers.ts';
import { STREAM_PATH } from '../../src/exchange/embedded/server.ts';
import { createFixture, HAIL, order, RAIN, ROOT } from '../exchange/embedded/protocol-fixture.ts';
import { isVenueError } from '../support/error-shapes.ts';
import { type ServedExchange, serveExchange } from '../support/served-exchange.ts';

const LONG = process.env.BOTHSIDES_LONG === '1';
const STATUSES = [200, 201, 204, 400, 401, 403, 404, 409, 410, 429, 501, 503];
const ROUTES = [
  ...exchangeRoutes(() => 0),
  ...catalogueRoutes,
  ...portfolioRoutes,
  ...transferRoutes,
  ...orderRoutes,
  ...orderGroupRoutes,
  ...notBuiltRoutes,
];

interface Asked {
  readonly method: string;
  /** From the root, encoded, with its query. */
  readonly target: string;
  /** null: nobody signs. */
  readonly user: 'alice' | 'bob' | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
}

/** Text that means something somewhere, or looks as if it did. */
const words = fc.constantFrom(
  ...[RAIN, HAIL, 'KXRAIN', 'KXRAIN-27MAR05', 'open', 'active', 'resting', 'all', 'only', 'true', 'null', 'undefined'],
  ...['0', '-1', '1', '63', '64', '1000', '1001', '1e3', '0x10', '1.00', '-0.01', '0.001', '.5', '1.', ' 1', '１'],
  ...['9'.repeat(15), '9'.repeat(40), 'NaN', 'Infinity', '-0', '__proto__', 'constructor', 'toString', '', ',', ',,a,'],
  ...['bid', 'ask', 'maker', 'taker_at_cross', 'immediate_or_cancel', 'fill_or_kill', 'good_till_canceled', '0.5000'],
  ...[
    '0.0100',
    '0.9900',
    '1.0000',
    '0.0000',
    '0.0050',
    'MARKET',
    '\u0000',
    'ä',
    '\ud83d\ude00',
    '../..',
    'a'.repeat(3000),
  ],
  ...['after:', 'after:x', RAIN].map((text) => Buffer.from(text).toString('base64url')),
);
const text = fc.oneof(
  { weight: 3, arbitrary: words },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
);
const json: fc.Arbitrary<unknown> = fc.oneof(
  text,
  fc.constantFrom(null, true, false, 0, -1, 1, 2, 1.5, 1e15, 1e300, -1e-300, 2 ** 53, 4_102_444_800),
  fc.jsonValue({ maxDepth: 2 }),
);

const FIELDS = [
  ...[
    'ticker',
    'side',
    'count',
    'price',
    'time_in_force',
    'self_trade_prevention_type',
    'client_order_id',
    'post_only',
  ],
  ...['expiration_time', 'reduce_only', 'cancel_order_on_pause', 'subaccount', 'order_group_id', 'exchange_index'],
  ...['reduce_by', 'reduce_to', 'market_ticker', 'updated_client_order_id', 'contracts_limit', 'contracts_limit_fp'],
  ...['order_id', 'orders', 'amount_cents', 'amount', '__proto__', 'constructor'],
];
const QUERIES = [
  ...['limit', 'cursor', 'ticker', 'tickers', 'event_ticker', 'series_ticker', 'status', 'depth', 'market_tickers'],
  ...['min_ts', 'max_ts', 'min_close_ts', 'max_close_ts', 'min_created_ts', 'min_settled_ts', 'min_updated_ts'],
  ...[
    'subaccount',
    'exchange_index',
    'count_filter',
    'settlement_status',
    'with_nested_markets',
    'mve_filter',
    'order_id',
  ],
  ...['is_block_trade', 'category', 'tags', 'start_ts', 'end_ts', 'period_interval', 'market_ticker', '', '__proto__'],
];

/** Fields as a JSON object's text, so that `__proto__` is one of them. */
const objectText = (fields: readonly (readonly [string, unknown])[]) =>
  `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value) ?? 'null'}`).join(',')}}`;
const someFields = fc.array(fc.tuple(fc.constantFrom(...FIELDS), json), { maxLength: 2 });
/** An order with perhaps a field or two spoiled: the last of two with one name counts. */
const nearOrder = fc
  .tuple(fc.constantFrom('bid', 'ask'), fc.constantFrom('0.4000', '0.5000', '0.6000'), fc.boolean(), someFields)
  .map(([side, price, isSpoiled, spoiled]) =>
    objectText([
      ...Object.entries(order({ side, price, count: '2.00', contracts_limit: 5, order_id: ORDER_ID })),
      ...(isSpoiled ? spoiled : []),
    ]),
  );
const body: fc.Arbitrary<string | Uint8Array | null> = fc.oneof(
  { weight: 4, arbitrary: nearOrder },
  { weight: 2, arbitrary: fc.array(nearOrder, { maxLength: 3 }).map((items) => `{"orders":[${items.join(',')}]}`) },
  { weight: 2, arbitrary: someFields.map(objectText) },
  { weight: 1, arbitrary: json.map((value) => JSON.stringify(value) ?? '') },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...[
        '',
        'null',
        '[]',
        '{"orders":{}}',
        '{"orders":[null]}',
        '{"orders":[[]]}',
        '\ufeff{}',
        '{"ticker":"\\ud800"}',
      ],
      ...['['.repeat(20_000), '{"a":'.repeat(20_000), '{"count":1e400}', `{"ticker":"${'x'.repeat(100_000)}"}`],
    ),
  },
  { weight: 1, arbitrary: fc.constant(null) },
);

/** Stands for an id that an earlier answer had. */
const ORDER_ID = '{order}';
const GROUP_ID = '{group}';
const rarely = <T>(arbitrary: fc.Arbitrary<T>, usual: T) =>
  fc.oneof({ weight: 14, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary });

function partFor(name: string): fc.Arbitrary<string> {
  const known: Record<string, string> = {
    ':order': ORDER_ID,
    ':group': GROUP_ID,
    ':ticker': RAIN,
    ':event': 'KXRAIN-27MAR05',
    ':series': 'KXRAIN',
  };
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(known[name] ?? 'x') },
    { weight: 1, arbitrary: text.map(encode) },
  );
}

const routed = (routes: typeof ROUTES) =>
  fc
    .constantFrom(...routes)
    .chain(({ method, path }) =>
      fc.record({
        method: rarely(
          fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'get', 'Post', 'PROPFIND'),
          method as string,
        ),
        parts: fc.tuple(...path.split('/').map((part) => (/^[:*]/.test(part) ? partFor(part) : fc.constant(part)))),
        query: fc.oneof(
          { weight: 2, arbitrary: fc.constant<[string, string][]>([]) },
          {
            weight: 1,
            arbitrary: fc.array(fc.tuple(fc.constantFrom(...QUERIES), text), { minLength: 1, maxLength: 2 }),
          },
        ),
        tail: rarely(fc.constantFrom('/', '//', '%', '%zz', '?', '#a', ';a=b'), ''),
      }),
    )
    .map(({ method, parts, query, tail }) => {
      const asked = query.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
      return { method, target: `${ROOT}${parts.join('/')}${tail}${asked === '' ? '' : `?${asked}`}` };
    });

const BUILT = ROUTES.filter((route) => !notBuiltRoutes.includes(route));
const ORDERING = BUILT.filter(({ method }) => method !== 'GET');
const addressed = fc.oneof(
  { weight: 10, arbitrary: routed(ORDERING) },
  { weight: 10, arbitrary: routed(BUILT) },
  { weight: 1, arbitrary: routed(ROUTES) },
  {
    weight: 1,
    arbitrary: fc
      .string({ unit: 'binary', maxLength: 30 })
      .map((rest) => ({ method: 'GET', target: `/${encode(rest)}` })),
  },
);

/** As a client would; a lone half of a pair stays what it is. */
function encode(value: string): string {
  return encodeURIComponent(value.toWellFormed());
}

const request: fc.Arbitrary<Asked> = fc
  .record({
    address: addressed,
    user: fc.constantFrom('alice', 'alice', 'alice', 'alice', 'bob', 'bob', 'bob', null),
    headers: rarely(
      fc.dictionary(
        fc.constantFrom(
          ...['content-type', 'content-encoding', 'accept', 'accept-encoding', 'expect', 'x-forwarded-for', 'cookie'],
          ...['kalshi-access-key', 'kalshi-access-timestamp', 'kalshi-access-signature', 'range', 'if-none-match'],
        ),
        fc.oneof(
          fc.constantFrom('application/json', 'text/plain', 'gzip', 'utf-16', '*/*', 'key-bob'),
          fc.string({ maxLength: 30 }),
        ),
        { maxKeys: 2 },
      ),
      {},
    ),
    body,
  })
  .map(({ address, ...rest }) => ({ ...address, ...rest }));

/** The request's path signed by its user, as far as it can be made at all: null if no client could send it. */
function requestOf(asked: Asked, signed: (path: string, method: string) => Record<string, string>): Request | null {
  const url = `http://venue${asked.target}`;
  const method = asked.method;
  const hasBody = asked.body !== null && !['GET', 'HEAD', 'get'].includes(method);
  try {
    return new Request(url, {
      method,
      headers: { ...(asked.user === null ? {} : signed(new URL(url).pathname, method)), ...asked.headers },
      ...(hasBody ? { body: asked.body as string } : {}),
    });
  } catch {
    return null;
  }
}

/** One exchange for a whole run: what comes later meets what came before. */
async function play(requests: readonly Asked[]): Promise<void> {
  const venue = createFixture();
  venue.crowd(RAIN, 'bid', 40, 1_000);
  venue.crowd(RAIN, 'ask', 60, 1_000);
  const ids = { [ORDER_ID]: 'none', [GROUP_ID]: 'none' };
  const known = (from: string) => from.replaceAll(ORDER_ID, ids[ORDER_ID]).replaceAll(GROUP_ID, ids[GROUP_ID]);
  for (const drawn of requests) {
    const asked = {
      ...drawn,
      target: known(drawn.target),
      body: typeof drawn.body === 'string' ? known(drawn.body) : drawn.body,
    };
    const made = requestOf(asked, (path, method) => venue.signedHeaders(asked.user ?? '', method.toUpperCase(), path));
    if (made === null) continue;
    const answer = await venue.server.fetch(made);
    const said = await answer.text();
    const told = `${asked.method} ${asked.target.slice(0, 200)} ${String(asked.body).slice(0, 200)} → ${answer.status} ${said.slice(0, 300)}`;
    expect(venue.faults, told).toEqual([]);
    expect(STATUSES, told).toContain(answer.status);
    if (answer.status === 204 || asked.method === 'HEAD') expect(said, told).toBe('');
    else {
      expect(answer.headers.get('content-type'), told).toMatch(/^application\/json/);
      if (answer.status >= 400) expect(isVenueError(JSON.parse(said)), told).toBe(true);
      else expect(typeof JSON.parse(said), told).toBe('object');
    }
    ids[ORDER_ID] = /"order_id":"([\w-]+)"/.exec(said)?.[1] ?? ids[ORDER_ID];
    ids[GROUP_ID] = /"order_group_id":"([\w-]+)"/.exec(said)?.[1] ?? ids[GROUP_ID];
    venue.market.advanceTo(venue.market.now() + 1);
    const { cash, openInterest, fees, deposits } = venue.engine.audit();
    expect(cash + openInterest * 10_000 + fees - deposits, told).toBe(0);
  }
  expect((await venue.send('GET', '/exchange/status')).status).toBe(200);
  venue.engine.cancelAll('bob');
  const placed = await venue.call('bob', 'POST', '/portfolio/events/orders', order({ client_order_id: 'at the end' }));
  expect(placed.status, placed.text).toBe(201);
}

/** What failed once. */
const KEPT: Readonly<Record<string, readonly Partial<Asked>[]>> = {
  'trades of a market that does not exist': [{ target: `${ROOT}/markets/trades?ticker=NOTHING` }],
};

describe('Whatever is asked over REST', () => {
  for (const [what, requests] of Object.entries(KEPT)) {
    it(`once failed: ${what}`, () =>
      play(requests.map((one) => ({ method: 'GET', target: ROOT, user: 'alice', headers: {}, body: null, ...one }))));
  }

  it(
    'is answered as the venue answers, and the exchange goes on',
    () =>
      fc.assert(
        fc.asyncProperty(fc.array(request, { minLength: 10, maxLength: 40 }), play),
        LONG ? { numRuns: 5_000 } : { numRuns: 60, seed: 20_270_304 },
      ),
    LONG ? 600_000 : 30_000,
  );
});

describe('Whatever comes in over a socket', () => {
  let exchange: ServedExchange;
  beforeAll(async () => {
    exchange = await serveExchange();
  });
  afterAll(() => exchange.close());

  /** Sends the bytes, then hangs up; what came back. */
  async function say(...pieces: readonly (string | Uint8Array)[]): Promise<string> {
    const socket = connect(exchange.port, '127.0.0.1');
    let heard = '';
    socket.on('data', (data) => {
      heard += data.toString('latin1');
    });
    // The other side may hang up first.
    socket.on('error', () => undefined);
    for (const piece of pieces) socket.write(piece);
    socket.end();
    await once(socket, 'close');
    return heard;
  }
  const head = (line: string, ...headers: readonly string[]) =>
    `${[`${line} HTTP/1.1`, 'Host: venue', 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`;
  const orders = `${ROOT}/portfolio/events/orders`;
  const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

  it('never stops the exchange, and a client that goes away is no fault of ours', async () => {
    const status = `GET ${ROOT}/exchange/status`;
    const junk = [
      'HELLO\r\n\r\n',
      head('OPTIONS *'),
      head('CONNECT venue:1'),
      head('TRACE /'),
      head('GET //a//b'),
      head(`GET ${ROOT}/markets?x=${'a'.repeat(20_000)}`),
      `${head(`POST ${orders}`, 'Content-Length: 500')}abc`,
      `${head(`POST ${orders}`, 'Content-Length: -1')}abc`,
      `${head(`POST ${orders}`, 'Transfer-Encoding: chunked')}ZZ\r\nabc\r\n`,
      `${head(`POST ${orders}`, 'Expect: nonsense', 'Content-Length: 2')}{}`,
      head(`GET ${ROOT}/x`, 'Upgrade: websocket'),
      head(`GET ${STREAM_PATH}`, 'Upgrade: websocket', 'Sec-WebSocket-Key: no'),
      new Uint8Array(2_000).fill(255),
    ];
    for (const bytes of junk) {
      await say(bytes);
      expect(statusOf(await say(head(status))), String(bytes).slice(0, 60)).toBe(200);
    }
    expect(exchange.faults).toEqual([]);
  });

  it('is served in HTTP/1.1 where HTTP/2 was offered', async () => {
    const upgrade = ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'];
    const asked = head(`GET ${ROOT}/exchange/status`, ...upgrade).replace('close', 'Upgrade, HTTP2-Settings, close');
    expect(statusOf(await say(asked))).toBe(200);
  });

  it('is not kept when it is longer than any request can be, told or not', async () => {
    const told = await say(head(`POST ${orders}`, `Content-Length: ${2 ** 40}`));
    expect(statusOf(told)).toBe(413);
    expect(isVenueError(JSON.parse(told.split('\r\n\r\n')[1]!))).toBe(true);
    const chunk = `100000\r\n${' '.repeat(0x100000)}\r\n`;
    const untold = await say(head(`POST ${orders}`, 'Transfer-Encoding: chunked'), chunk.repeat(9), '0\r\n\r\n');
    expect(statusOf(untold)).toBe(413);
  });
});
