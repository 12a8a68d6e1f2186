import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EventTicker, named, type OrderId, type Ticker } from '../../../src/domain/ids.ts';
import type { UnixMs } from '../../../src/domain/units.ts';
import { createSigner } from '../../../src/exchange/kalshi/sign.ts';
import { createWsSockets } from '../../../src/exchange/kalshi/sockets.ts';
import { createKyTransport } from '../../../src/exchange/kalshi/transport.ts';
import { createKalshiVenue } from '../../../src/exchange/kalshi/venue.ts';
import type { Venue } from '../../../src/exchange/port.ts';
import {
  type Answer,
  keyPair,
  openScriptedExchange,
  type Received,
  type ScriptedExchange,
} from './support/scripted-exchange.ts';
import { addressOf, commonOptions, EXCHANGE_SETTINGS } from './support/venue.ts';

const { privatePem, publicKey } = keyPair('ed25519');
let exchange: ScriptedExchange;
let venue: Venue;
const warnings: string[] = [];

beforeAll(async () => {
  exchange = await openScriptedExchange(publicKey);
});
beforeEach(() => {
  exchange.received.length = 0;
  warnings.length = 0;
  venue = createKalshiVenue({
    ...commonOptions(),
    settings: { ...EXCHANGE_SETTINGS, readTokensPerSecond: 1e6 },
    restUrl: exchange.restUrl,
    wsUrl: exchange.wsUrl,
    signer: createSigner(privatePem),
    transport: createKyTransport(),
    sockets: createWsSockets(),
    log: (level, message) => {
      if (level === 'warn') warnings.push(message);
    },
  });
});
afterEach(() => venue.close());
afterAll(async () => {
  await exchange.close();
});

const ok = (json: unknown): Answer => ({ status: 200, json });
const NOT_FOUND: Answer = { status: 404, json: { error: { code: 'not_found', message: 'not found' } } };
/** Answers in turn; the last one stays. */
const inTurn = (...answers: Answer[]) => {
  let next = 0;
  return () => answers[Math.min(next++, answers.length - 1)]!;
};
const paths = () => exchange.received.map((request) => request.path);

describe('A read', () => {
  it('is repeated after a 429, a failure of the venue, a broken connection and silence', async () => {
    for (const trouble of [
      { status: 429, json: { error: 'too many requests' } },
      { status: 503 },
      'hangUp',
      'silence',
    ] as const) {
      exchange.respond = inTurn(trouble, ok({ as_of_time: '2026-12-01T09:00:00Z' }));
      expect(await venue.account.userDataTimestamp()).toBe(Date.UTC(2026, 11, 1, 9));
    }
  });

  it('gives up after so many tries, and says what stood in the way', async () => {
    exchange.respond = () => ({ status: 502 });
    await expect(venue.account.userDataTimestamp()).rejects.toMatchObject({
      code: 'EXCHANGE_UNREACHABLE',
      message: expect.stringContaining('HTTP 502, 3 times'),
    });
    expect(exchange.received).toHaveLength(3);
  });

  it('is not repeated when the venue refuses it', async () => {
    exchange.respond = () => ({ status: 400, json: { msg: 'Parameter validation failed' } });
    await expect(venue.account.balance()).rejects.toMatchObject({ code: 'EXCHANGE_NONSENSE' });
    expect(exchange.received).toHaveLength(1);
  });

  it('with a key that the venue does not take says so, and shows nothing of the key', async () => {
    exchange.respond = () => ({
      status: 401,
      json: { error: { code: 'authentication_error', message: 'authentication_error', details: 'NOT_FOUND' } },
    });
    const error = await venue.account.balance().catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: 'CREDENTIALS_REFUSED', message: expect.stringContaining('NOT_FOUND') });
    expect(JSON.stringify(error)).not.toContain(privatePem.split('\n')[1]);
    expect(exchange.received).toHaveLength(1);
  });

  it('of a body that makes no sense is an error', async () => {
    exchange.respond = () => ({ status: 200, text: '<html>maintenance</html>' });
    await expect(venue.account.balance()).rejects.toMatchObject({ code: 'EXCHANGE_NONSENSE' });
  });

  it('is signed with the venue’s time once that is known, and the difference is warned of', async () => {
    const venueAheadMs = 25_000;
    exchange.respond = (request) => {
      const nowMs = Date.now() + venueAheadMs;
      const date = new Date(nowMs).toUTCString();
      return Math.abs(request.timestampMs - nowMs) > 10_000
        ? {
            status: 401,
            date,
            json: { error: { code: 'header_timestamp_expired', message: 'header timestamp expired' } },
          }
        : { status: 200, date, json: { as_of_time: '2026-12-01T09:00:00Z' } };
    };
    await venue.account.userDataTimestamp();
    expect(exchange.received).toHaveLength(2);
    expect(Math.abs(venue.skewMs! - venueAheadMs)).toBeLessThanOrEqual(1100);
    await venue.account.userDataTimestamp();
    expect(exchange.received).toHaveLength(3);
    expect(warnings).toHaveLength(1);
  });

  it('is counted', async () => {
    exchange.respond = inTurn({ status: 429, json: {} }, ok({ as_of_time: '2026-12-01T09:00:00Z' }));
    await venue.account.userDataTimestamp();
    expect(venue.requests).toEqual({ total: 2, status429: 1 });
  });
});

describe('The account', () => {
  const orderNumber = (index: number, changes: object = {}) => ({
    order_id: `o-${index}`,
    ticker: 'T',
    book_side: 'bid',
    yes_price_dollars: '0.5000',
    status: 'resting',
    fill_count_fp: '0.00',
    remaining_count_fp: '1.00',
    initial_count_fp: '1.00',
    created_time: '2026-12-01T09:00:00Z',
    ...changes,
  });

  it('lists orders over all pages of its own subaccount', async () => {
    exchange.respond = (request) =>
      request.query.cursor === 'p2'
        ? ok({ orders: [orderNumber(2)], cursor: '' })
        : ok({ orders: [orderNumber(1)], cursor: 'p2' });
    const listing = await venue.account.orders({ status: 'resting', sinceMs: 1_790_000_000_999 as UnixMs });
    expect(listing.complete).toBe(true);
    expect(listing.items.map((order) => order.orderId)).toEqual(['o-1', 'o-2']);
    expect(exchange.received[0]!.query).toEqual({
      subaccount: '0',
      limit: '1000',
      status: 'resting',
      min_ts: '1790000000',
    });
  });

  it('marks a listing incomplete when the venue falls silent on the way', async () => {
    exchange.respond = (request) =>
      request.query.cursor === undefined ? ok({ orders: [orderNumber(1)], cursor: 'p2' }) : { status: 503 };
    expect(await venue.account.orders({})).toMatchObject({ complete: false, items: [{ orderId: 'o-1' }] });
  });

  it('marks a listing incomplete whose cursor the venue no longer knows', async () => {
    exchange.respond = () => ok({ orders: [orderNumber(1)], cursor: 'p2' });
    expect(await venue.account.orders({})).toMatchObject({ complete: false, items: [{ orderId: 'o-1' }] });
    expect(exchange.received).toHaveLength(2);
  });

  it('does not take a page without a cursor for the last one', async () => {
    exchange.respond = () => ok({ orders: [orderNumber(1)] });
    await expect(venue.account.orders({})).rejects.toMatchObject({ code: 'EXCHANGE_NONSENSE' });
  });

  it('finds one order, or that there is none', async () => {
    exchange.respond = inTurn(ok({ order: orderNumber(1, { status: 'executed' }) }), NOT_FOUND);
    expect(await venue.account.order(addressOf('o-1'))).toMatchObject({ status: 'executed' });
    expect(await venue.account.order(addressOf('o-2'))).toBeNull();
  });

  it('does not take somebody else’s 404 for the order’s absence', async () => {
    exchange.respond = () => ({ status: 404, text: '<html>no such site</html>' });
    await expect(venue.account.order(addressOf('o-1'))).rejects.toMatchObject({ code: 'EXCHANGE_NONSENSE' });
  });

  it('lists fills of an order, positions and settlements', async () => {
    exchange.respond = (request) =>
      ok(
        {
          '/portfolio/fills': { fills: [], cursor: '' },
          '/portfolio/positions': {
            market_positions: [
              {
                ticker: 'T',
                position_fp: '-3.00',
                market_exposure_dollars: '1.500000',
                realized_pnl_dollars: '-0.250000',
                fees_paid_dollars: '0.018900',
              },
            ],
            event_positions: [],
          },
          '/portfolio/settlements': { settlements: [] },
        }[request.path],
      );
    expect(await venue.account.fills({ orderId: named<OrderId>('o-1') })).toEqual({ items: [], complete: true });
    expect(exchange.received.at(-1)!.query.order_id).toBe('o-1');
    expect((await venue.account.positions()).items).toEqual([
      { market: 'T', position: -300, exposure: 1_500_000, realizedPnl: -250_000, fees: 18_900 },
    ]);
    expect(await venue.account.settlements({})).toEqual({ items: [], complete: true });
  });
});

describe('The catalogue', () => {
  const market = (ticker: string, event: string, changes: object = {}) => ({
    ticker,
    event_ticker: event,
    market_type: 'binary',
    status: 'active',
    title: ticker,
    created_time: '2026-12-01T09:00:00Z',
    open_time: '2026-12-01T09:00:00Z',
    close_time: '2026-12-25T00:00:00Z',
    yes_bid_dollars: '0.0000',
    yes_ask_dollars: '0.0000',
    yes_bid_size_fp: '0.00',
    yes_ask_size_fp: '0.00',
    last_price_dollars: '0.0000',
    volume_fp: '0.00',
    volume_24h_fp: '0.00',
    open_interest_fp: '0.00',
    result: '',
    price_ranges: [{ start: '0.0000', end: '1.0000', step: '0.0100' }],
    ...changes,
  });
  const event = (ticker: string, series: string, changes: object = {}) => ({
    event_ticker: ticker,
    series_ticker: series,
    mutually_exclusive: true,
    ...changes,
  });
  const series = (ticker: string) => ({ ticker, category: 'Climate', fee_type: 'quadratic', fee_multiplier: 1 });

  /** Events E0…; the odd ones are listed, the even ones must be asked for. Series of every event is S. */
  const world = (markets: unknown[]) => (request: Received) => {
    const [, kind, ticker] = request.path.split('/');
    if (kind === 'markets') return ok({ markets, cursor: '' });
    if (kind === 'series') return ok({ series: ticker === undefined ? [series('S')] : series(ticker) });
    if (kind === 'events' && ticker === undefined)
      return ok({ events: [event('E1', 'S'), event('E3', 'S')], cursor: '' });
    if (kind === 'events' && ticker === 'E9') return NOT_FOUND;
    return ok({ event: event(ticker!, 'S', { fee_type_override: 'quadratic_with_maker_fees' }) });
  };

  it('describes each market through its event and series, and asks for each of them once', async () => {
    exchange.respond = world([market('A', 'E0'), market('B', 'E0'), market('C', 'E2')]);
    const first = await venue.catalogue.markets({ status: 'open' });
    expect(first.complete).toBe(true);
    expect(first.items[0]).toMatchObject({
      ticker: 'A',
      series: 'S',
      category: 'Climate',
      mutuallyExclusive: true,
      fees: { type: 'quadratic_with_maker_fees', multiplierMillionths: 1_000_000 },
      bid: null,
      ask: null,
    });
    expect(paths().toSorted()).toEqual(['/events/E0', '/events/E2', '/markets', '/series/S']);
    await venue.catalogue.markets({ status: 'open' });
    expect(paths().slice(4)).toEqual(['/markets']);
    expect(exchange.received.at(-1)!.query).toMatchObject({ status: 'open', limit: '1000', mve_filter: 'exclude' });
  });

  it('pages through all events where many are unknown, and asks for what that left out', async () => {
    exchange.respond = world([0, 1, 2, 3, 4].map((index) => market(`M${index}`, `E${index}`)));
    const listing = await venue.catalogue.markets({ status: 'open' });
    expect(listing.items).toHaveLength(5);
    expect(
      paths()
        .filter((path) => path.startsWith('/events'))
        .toSorted(),
    ).toEqual(['/events', '/events/E0', '/events/E2', '/events/E4']);
  });

  it('leaves out what cannot be understood, and says that the listing is not complete', async () => {
    exchange.respond = world([market('A', 'E0'), market('B', 'E9'), market('C', 'E0', { yes_bid_dollars: 0.4 })]);
    const listing = await venue.catalogue.markets({});
    expect(listing.items.map((one) => one.ticker)).toEqual(['A']);
    expect(listing.complete).toBe(false);
    expect(warnings).toHaveLength(1);
  });

  it('asks for named markets a hundred at a time', async () => {
    exchange.respond = world([market('A', 'E0')]);
    const tickers = Array.from({ length: 130 }, (_, index) => named<Ticker>(`T${index}`));
    await venue.catalogue.markets({ tickers });
    const asked = exchange.received.filter((request) => request.path === '/markets');
    expect(asked.map((request) => request.query.tickers!.split(',').length)).toEqual([100, 30]);
    expect(asked[0]!.query.mve_filter).toBeUndefined();
  });

  it('lists the markets of an event', async () => {
    exchange.respond = world([market('A', 'E0')]);
    await venue.catalogue.markets({ event: named<EventTicker>('E0') });
    expect(exchange.received[0]!.query.event_ticker).toBe('E0');
  });

  it('finds one market, or that there is none', async () => {
    exchange.respond = (request) =>
      request.path === '/markets/A' ? ok({ market: market('A', 'E0') }) : world([])(request);
    expect(await venue.catalogue.market(named<Ticker>('A'))).toMatchObject({ ticker: 'A', series: 'S' });
    exchange.respond = () => NOT_FOUND;
    expect(await venue.catalogue.market(named<Ticker>('Z'))).toBeNull();
  });

  it('reads books one by one and many at once', async () => {
    const sides = { yes_dollars: [['0.4700', '3.00']], no_dollars: [['0.4800', '2.00']] };
    exchange.respond = (request) =>
      request.path === '/markets/orderbooks'
        ? ok({ orderbooks: [{ ticker: 'A', orderbook_fp: sides }] })
        : ok({ orderbook_fp: sides });
    const expected = { market: 'A', bids: [[4700, 300]], asks: [[5200, 200]] };
    expect(await venue.catalogue.book(named<Ticker>('A'))).toEqual(expected);
    expect(await venue.catalogue.books([named<Ticker>('A')])).toEqual([expected]);
  });

  it('reads the exchange’s status, even where it comes with a 503', async () => {
    exchange.respond = () => ({ status: 503, json: { exchange_active: false, trading_active: false } });
    expect(await venue.catalogue.status()).toEqual({ exchangeActive: false, tradingActive: false });
  });
});

describe('The venue’s clock', () => {
  it('is null where there is none, whatever stands there instead', async () => {
    for (const answer of [NOT_FOUND, { status: 404, text: '404 page not found' }, { status: 403, text: '' }]) {
      exchange.respond = () => answer as Answer;
      expect(await venue.clock()).toBeNull();
    }
  });

  it('says market time, wall time and speed', async () => {
    exchange.respond = () => ok({ marketTimeMs: 5000, wallTimeMs: 4000, speed: 60 });
    expect(await venue.clock()).toEqual({ marketMs: 5000, wallMs: 4000, speed: 60 });
  });
});

describe('A closed venue', () => {
  it('answers what was in flight: writes are unknown, reads fail', async () => {
    exchange.respond = () => 'silence';
    const read = venue.account.balance();
    const write = venue.orders.cancel(addressOf(), { priority: 'cancel' });
    read.catch(() => {});
    while (exchange.received.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    await venue.close();
    expect(await write).toMatchObject({ kind: 'unknown' });
    await expect(read).rejects.toMatchObject({ code: 'EXCHANGE_UNREACHABLE' });
    expect(await venue.orders.cancel(addressOf(), { priority: 'cancel' })).toMatchObject({ kind: 'denied' });
  });
});
