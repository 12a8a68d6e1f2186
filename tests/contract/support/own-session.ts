/**
 * A morning at the venue that never was: an account of $50, one market, and requests like those that were recorded once.
 * Each names the recording that it mirrors, or the document that says so where none was made.
 */
import { fromDollars } from '../../../src/domain/units.ts';
import { at, MARKET, MORNING, TICKER } from './own-market.ts';
import type { Exchanged, Session, Wire } from './session.ts';

const USER = '0d9f3c1e-5b7a-4a62-9c55-2f8e61b4a001';
const id = (number: number) => `7c1a0000-0000-4000-8000-${String(number).padStart(12, '0')}`;
/** Made before the first request, made to rest, made to take. */
const [EARLIER, RESTS, TAKES] = [id(1), id(2), id(3)];
const [EARLIER_FILL, TAKER_FILL] = [id(11), id(12)];

const ROOT = '/trade-api/v2';
const ORDERS = `${ROOT}/portfolio/events/orders`;
const BALANCE = `${ROOT}/portfolio/balance`;

function order(fields: Wire): Wire {
  return {
    user_id: USER,
    ticker: TICKER,
    type: 'limit',
    side: 'yes',
    action: 'buy',
    outcome_side: 'yes',
    book_side: 'bid',
    initial_count_fp: '1.00',
    fill_count_fp: '0.00',
    maker_fees_dollars: '0.000000',
    maker_fill_cost_dollars: '0.000000',
    taker_fees_dollars: '0.000000',
    taker_fill_cost_dollars: '0.000000',
    self_trade_prevention_type: 'taker_at_cross',
    subaccount_number: 0,
    ...fields,
  };
}

const BOUGHT_EARLIER = order({
  order_id: EARLIER,
  client_order_id: 'frost-0',
  status: 'executed',
  yes_price_dollars: '0.9500',
  no_price_dollars: '0.0500',
  initial_count_fp: '2.00',
  fill_count_fp: '2.00',
  remaining_count_fp: '0.00',
  // 2 at .90: 0.07 × 2 × 0.90 × 0.10.
  taker_fill_cost_dollars: '1.800000',
  taker_fees_dollars: '0.012600',
  created_time: at(-90),
  last_update_time: at(-90),
});
const RESTING = order({
  order_id: RESTS,
  client_order_id: 'frost-1',
  status: 'resting',
  yes_price_dollars: '0.0200',
  no_price_dollars: '0.9800',
  remaining_count_fp: '1.00',
  created_time: at(20),
  last_update_time: at(20),
});
const CANCELED = { ...RESTING, status: 'canceled', remaining_count_fp: '0.00', last_update_time: at(24) };
const TOOK = order({
  order_id: TAKES,
  client_order_id: 'frost-2',
  status: 'executed',
  yes_price_dollars: '0.5000',
  no_price_dollars: '0.5000',
  fill_count_fp: '1.00',
  remaining_count_fp: '0.00',
  taker_fill_cost_dollars: '0.360000',
  // 0.07 × 0.36 × 0.64 = .016128, and what brings −.376128 down to whole $0.0001.
  taker_fees_dollars: '0.016200',
  created_time: at(30),
  last_update_time: at(30),
});

function fill(fields: Wire): Wire {
  return {
    ticker: TICKER,
    market_ticker: TICKER,
    side: 'yes',
    action: 'buy',
    outcome_side: 'yes',
    book_side: 'bid',
    is_taker: true,
    subaccount_number: 0,
    ...fields,
  };
}

const refused = (code: string, details?: string) => ({
  error: { code, message: code.replaceAll('_', ' '), ...(details === undefined ? {} : { details }) },
});
const unauthorized = (details: string) => ({
  error: { code: 'authentication_error', message: 'authentication_error', details },
});
const balance = {
  balance: 4_818,
  balance_dollars: '48.1874',
  balance_breakdown: [{ exchange_index: 0, balance: '48.1874' }],
  // What was paid last, 90¢, though 31¢ is bid.
  portfolio_value: 180,
};
const asked = (fields: Wire) => ({
  ticker: TICKER,
  side: 'bid',
  count: '1.00',
  price: '0.0200',
  time_in_force: 'good_till_canceled',
  self_trade_prevention_type: 'taker_at_cross',
  post_only: false,
  ...fields,
});

type Told = readonly [mirrors: string, second: number, request: string, status: number, answer: Wire, more?: Wire];
const TOLD: readonly Told[] = [
  ['auth__balance_ok', 0, `GET ${BALANCE}`, 200, { ...balance, updated_ts: MORNING / 1000 }],
  ['auth__skew_minus5s', 1, `GET ${BALANCE}`, 200, { ...balance, updated_ts: MORNING / 1000 + 1 }, { skewMs: -5_000 }],
  ['auth__skew_minus30s', 2, `GET ${BALANCE}`, 401, refused('header_timestamp_expired'), { skewMs: -30_000 }],
  [
    'skew +30 s, documents §1.2',
    2,
    `GET ${BALANCE}`,
    200,
    { ...balance, updated_ts: MORNING / 1000 + 2 },
    { skewMs: 30_000 },
  ],
  [
    'auth__bad_signature',
    3,
    `GET ${BALANCE}`,
    401,
    unauthorized('INCORRECT_API_KEY_SIGNATURE'),
    { auth: 'bad-signature' },
  ],
  ['auth__unknown_key_id', 3, `GET ${BALANCE}`, 401, unauthorized('NOT_FOUND'), { auth: 'unknown-key-id' }],
  [
    'auth__missing_signature_header',
    4,
    `GET ${BALANCE}`,
    401,
    refused('signature_is_missing_from_headers'),
    { auth: 'missing-signature-header' },
  ],
  [
    'markets__limit_over_max',
    5,
    `GET ${ROOT}/markets?limit=1001`,
    400,
    {
      msg: "Parameter validation failed for GetMarkets: Key: 'GetMarketsParams.Limit' Error:Field validation for 'Limit' failed on the 'lte' tag",
    },
  ],
  ['markets__garbage_cursor', 6, `GET ${ROOT}/markets?limit=5&cursor=nonsense`, 200, { markets: [MARKET], cursor: '' }],
  [
    'markets__single_filter_lastpage',
    7,
    `GET ${ROOT}/markets?tickers=${TICKER}`,
    200,
    { markets: [MARKET], cursor: '' },
  ],
  ['markets__status_open', 7, `GET ${ROOT}/markets?status=open`, 200, { markets: [MARKET], cursor: '' }],
  ['markets__single', 8, `GET ${ROOT}/markets/${TICKER}`, 200, { market: MARKET }],
  [
    'orderbook__base',
    9,
    `GET ${ROOT}/markets/${TICKER}/orderbook`,
    200,
    { orderbook_fp: { yes_dollars: [['0.3100', '5.00']], no_dollars: [['0.6400', '4.50']] } },
  ],
  [
    'account__limits, with the budgets of today',
    10,
    `GET ${ROOT}/account/limits`,
    200,
    {
      usage_tier: 'basic',
      read: { refill_rate: 200, bucket_capacity: 600 },
      write: { refill_rate: 100, bucket_capacity: 100 },
      grants: [],
    },
  ],
  [
    'orders__create_v2_maker',
    20,
    `POST ${ORDERS}`,
    201,
    {
      order_id: RESTS,
      client_order_id: 'frost-1',
      fill_count: '0.00',
      remaining_count: '1.00',
      ts_ms: MORNING + 20_000,
    },
    { body: asked({ client_order_id: 'frost-1' }) },
  ],
  [
    'orders__duplicate_client_order_id',
    21,
    `POST ${ORDERS}`,
    409,
    refused('order_already_exists'),
    { body: asked({ client_order_id: 'frost-1' }) },
  ],
  ['orders__get_after_create', 22, `GET ${ROOT}/portfolio/orders/${RESTS}`, 200, { order: RESTING }],
  [
    'orders__cancel_v2',
    24,
    `DELETE ${ORDERS}/${RESTS}`,
    200,
    { order_id: RESTS, reduced_by: '1.00', ts_ms: MORNING + 24_000 },
  ],
  [
    'orders__get_after_cancel, which comes late',
    24.4,
    `GET ${ROOT}/portfolio/orders/${RESTS}`,
    200,
    { order: RESTING },
  ],
  ['orders__cancel_already_canceled', 26, `DELETE ${ORDERS}/${RESTS}`, 404, refused('not_found')],
  ['orders__cancel_unknown_id', 27, `DELETE ${ORDERS}/00000000-0000-0000-0000-000000000000`, 404, refused('not_found')],
  [
    'a used client id is not freed by its cancel, documents §1.5',
    28,
    `POST ${ORDERS}`,
    409,
    refused('order_already_exists'),
    { body: asked({ client_order_id: 'frost-1', price: '0.0300' }) },
  ],
  [
    'orders__create_v2_taker_ioc',
    30,
    `POST ${ORDERS}`,
    201,
    {
      order_id: TAKES,
      client_order_id: 'frost-2',
      fill_count: '1.00',
      remaining_count: '0.00',
      average_fill_price: '0.3600',
      average_fee_paid: '0.0162',
      ts_ms: MORNING + 30_000,
    },
    { body: asked({ client_order_id: 'frost-2', price: '0.5000', time_in_force: 'immediate_or_cancel' }) },
  ],
  [
    'fills__after_taker',
    32,
    `GET ${ROOT}/portfolio/fills?limit=10`,
    200,
    {
      fills: [
        fill({
          fill_id: TAKER_FILL,
          trade_id: TAKER_FILL,
          order_id: TAKES,
          count_fp: '1.00',
          yes_price_dollars: '0.3600',
          no_price_dollars: '0.6400',
          fee_cost: '0.016200',
          created_time: at(30),
          ts: MORNING / 1000 + 30,
        }),
        fill({
          fill_id: EARLIER_FILL,
          trade_id: EARLIER_FILL,
          order_id: EARLIER,
          count_fp: '2.00',
          yes_price_dollars: '0.9000',
          no_price_dollars: '0.1000',
          fee_cost: '0.012600',
          created_time: at(-90),
          ts: MORNING / 1000 - 90,
        }),
      ],
      cursor: '',
    },
  ],
  [
    'portfolio__orders_list',
    33,
    `GET ${ROOT}/portfolio/orders?limit=10`,
    200,
    { orders: [TOOK, CANCELED, BOUGHT_EARLIER], cursor: '' },
  ],
  [
    'orders__insufficient_balance',
    34,
    `POST ${ORDERS}`,
    400,
    refused('insufficient_balance'),
    { body: asked({ client_order_id: 'frost-3', price: '0.9900', count: '5000.00' }) },
  ],
  [
    'orders__invalid_price_structure',
    35,
    `POST ${ORDERS}`,
    400,
    refused('invalid_price'),
    { body: asked({ client_order_id: 'frost-4', price: '0.3150', post_only: true }) },
  ],
  [
    'orders__numeric_field_types',
    36,
    `POST ${ORDERS}`,
    400,
    {
      code: 'bad_request',
      message: 'bad request',
      details: 'json: cannot unmarshal number into Go struct field CreateOrderV2Request.count of type string',
    },
    // Both are wrong: the one that was sent first is named.
    {
      body: {
        ticker: TICKER,
        count: 1,
        price: 0.02,
        side: 'bid',
        time_in_force: 'good_till_canceled',
        self_trade_prevention_type: 'maker',
      },
    },
  ],
  [
    'orders__post_only_cross',
    37,
    `POST ${ORDERS}`,
    400,
    refused('invalid_order', 'post only cross'),
    { body: asked({ client_order_id: 'frost-5', price: '0.9900', post_only: true }) },
  ],
  [
    'FOK that cannot fill, documents §1.4',
    38,
    `POST ${ORDERS}`,
    409,
    refused('fill_or_kill_insufficient_resting_volume'),
    { body: asked({ client_order_id: 'frost-6', price: '0.3600', count: '9.00', time_in_force: 'fill_or_kill' }) },
  ],
  [
    'the first order path, documents §1.4',
    39,
    `POST ${ROOT}/portfolio/orders`,
    410,
    refused('deprecated_v1_order_endpoint'),
    { body: asked({}) },
  ],
  ['settlements__page', 40, `GET ${ROOT}/portfolio/settlements?limit=10`, 200, { settlements: [], cursor: '' }],
];

export const OWN_SESSION: Session = {
  user: USER,
  openingCash: fromDollars(50),
  markets: [MARKET],
  earlierOrders: [BOUGHT_EARLIER],
  books: [
    { market: TICKER, side: 'bid', price: '0.3100', count: '5.00' },
    { market: TICKER, side: 'ask', price: '0.3600', count: '4.50' },
  ],
  exchanged: TOLD.map(([name, second, request, status, answer, more = {}]): Exchanged => {
    const [method = '', path = ''] = request.split(' ');
    const atMs = MORNING + second * 1000;
    return { name, atMs, auth: 'signed', skewMs: 0, method, path, body: null, status, answer, ...more };
  }),
};
