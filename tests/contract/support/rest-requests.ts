/** Requests over REST by chance: mostly near what a client would send, to every route that there is. */
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { notBuiltRoutes } from '../../../src/exchange/embedded/protocol/not-built.ts';
import type { Route } from '../../../src/exchange/embedded/protocol/venue.ts';
import { HAIL, order, RAIN, ROOT } from '../../exchange/embedded/protocol-fixture.ts';

/** Every route of every file that has some. */
async function allRoutes(): Promise<readonly Route[]> {
  const folder = new URL('../../../src/exchange/embedded/protocol/', import.meta.url);
  const routes: Route[] = [];
  for (const file of readdirSync(folder).filter((name) => /^(rest-|not-built)/.test(name))) {
    const exported: Record<string, unknown> = await import(new URL(file, folder).href);
    for (const [name, value] of Object.entries(exported)) {
      if (name.endsWith('Routes')) routes.push(...(typeof value === 'function' ? value(() => 0) : value));
    }
  }
  return routes;
}
const ROUTES = await allRoutes();

export interface Asked {
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
  ...['source', 'destination', 'source_exchange_shard', 'destination_exchange_shard', 'source_subaccount'],
  ...['destination_subaccount', 'client_transfer_id', 'allocations'],
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
  ...[
    'include_latest_before_start',
    'show_historical',
    'type',
    'max_settled_ts',
    'include_volume',
    'incentive_description',
  ],
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
/** Money between shards, or paid in, with perhaps a field or two spoiled. */
const nearTransfer = fc
  .tuple(
    fc.integer({ min: -1, max: 4 }),
    fc.oneof(fc.integer({ min: -1, max: 20_000_000 }), fc.maxSafeInteger()),
    fc.boolean(),
    someFields,
  )
  .map(([shard, amount, isSpoiled, spoiled]) =>
    objectText([
      ...Object.entries({ source: 'event_contract', destination: 'event_contract', source_exchange_shard: 0 }),
      ...Object.entries({ destination_exchange_shard: shard, amount, amount_cents: amount }),
      ...(isSpoiled ? spoiled : []),
    ]),
  );
const body: fc.Arbitrary<string | Uint8Array | null> = fc.oneof(
  { weight: 1, arbitrary: nearTransfer },
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
export const ORDER_ID = '{order}';
export const GROUP_ID = '{group}';
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

export const BUILT = ROUTES.filter((route) => !notBuiltRoutes.includes(route));
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

export const request: fc.Arbitrary<Asked> = fc
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
export function requestOf(
  asked: Asked,
  signed: (path: string, method: string) => Record<string, string>,
): Request | null {
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
