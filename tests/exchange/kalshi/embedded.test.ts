/** The client against the embedded exchange: the same story over real sockets and in memory. */
import { afterEach, describe, expect, it } from 'vitest';
import { type ClientOrderId, named } from '../../../src/domain/ids.ts';
import type { Market } from '../../../src/domain/market.ts';
import { createRandom } from '../../../src/domain/seeded-random.ts';
import type { Centicents, Centicontracts, UnixMs } from '../../../src/domain/units.ts';
import { createEmbedded, type Embedded } from '../../../src/exchange/embedded/embedded.ts';
import { serveLoopback } from '../../../src/exchange/embedded/server.ts';
import { createSigner } from '../../../src/exchange/kalshi/sign.ts';
import { createPortSockets, createWsSockets } from '../../../src/exchange/kalshi/sockets.ts';
import { createHandlerTransport, createKyTransport } from '../../../src/exchange/kalshi/transport.ts';
import { createKalshiVenue, type KalshiOptions } from '../../../src/exchange/kalshi/venue.ts';
import type { OrderAddress, StreamEvent, Venue } from '../../../src/exchange/port.ts';
import { createSystemClock } from '../../../src/runtime/system-clock.ts';
import { keyPair } from './support/scripted-exchange.ts';
import { clocksOf, EXCHANGE_SETTINGS, intentOf } from './support/venue.ts';

interface World {
  readonly maker: Venue;
  readonly taker: Venue;
  readonly embedded: Embedded;
}
const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

const settings = { ...EXCHANGE_SETTINGS, requestTimeoutMs: 5000 };
const wall = createSystemClock();

async function overSockets(): Promise<World> {
  const keys = { maker: keyPair('rsa'), taker: keyPair('ed25519') };
  const embedded = await createEmbedded({
    clocks: { wall },
    random: createRandom(3),
    flow: 'none',
    accounts: [
      { keyId: 'key-maker', publicKey: keys.maker.publicKey, user: 'maker' },
      { keyId: 'key-taker', publicKey: keys.taker.publicKey, user: 'taker' },
    ],
  });
  const loopback = await serveLoopback(embedded.server, { port: 0 });
  endings.push(
    () => embedded.stop(),
    () => loopback.close(),
  );
  embedded.start();
  const venue = (name: 'maker' | 'taker') =>
    keep(embedded, {
      keyId: `key-${name}`,
      signer: createSigner(keys[name].privatePem),
      restUrl: loopback.restUrl,
      wsUrl: loopback.wsUrl,
      transport: createKyTransport(),
      sockets: createWsSockets(),
    });
  return { embedded, maker: venue('maker'), taker: venue('taker') };
}

async function inMemory(): Promise<World> {
  const embedded = await createEmbedded({
    clocks: { wall },
    random: createRandom(3),
    flow: 'none',
    accounts: [
      { keyId: 'key-maker', publicKey: null, user: 'maker' },
      { keyId: 'key-taker', publicKey: null, user: 'taker' },
    ],
  });
  endings.push(() => embedded.stop());
  embedded.start();
  const venue = (name: 'maker' | 'taker') =>
    keep(embedded, {
      keyId: `key-${name}`,
      signer: { sign: (text) => Buffer.from(`sim:${text}`).toString('base64') },
      restUrl: 'http://exchange.test/trade-api/v2',
      wsUrl: 'ws://exchange.test/trade-api/ws/v2',
      transport: createHandlerTransport(embedded.server.fetch),
      sockets: createPortSockets(embedded.server.connect),
    });
  return { embedded, maker: venue('maker'), taker: venue('taker') };
}

function keep(
  embedded: Embedded,
  options: Pick<KalshiOptions, 'keyId' | 'signer' | 'restUrl' | 'wsUrl' | 'transport' | 'sockets'>,
): Venue {
  const venue = createKalshiVenue({
    ...options,
    clocks: clocksOf(wall, embedded.market),
    random: createRandom(4),
    settings,
  });
  endings.push(() => venue.close());
  return venue;
}

/** Waits for an event of a kind that satisfies, whether heard already or still to come. */
function listen(venue: Venue) {
  const heard: StreamEvent[] = [];
  const stream = venue.openStream();
  let wake = () => {};
  stream.events.subscribe((event) => {
    heard.push(event);
    wake();
  });
  const find = async <T extends StreamEvent['type']>(
    type: T,
    condition: (event: Extract<StreamEvent, { type: T }>) => boolean = () => true,
  ) => {
    for (;;) {
      const found = heard.find((event) => event.type === type && condition(event as Extract<StreamEvent, { type: T }>));
      if (found !== undefined) return found as Extract<StreamEvent, { type: T }>;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { stream, heard, find };
}

describe.each([
  ['over sockets', overSockets],
  ['in memory', inMemory],
] as const)('The client and the embedded exchange %s', (_name, create) => {
  const intents = (market: Market) => {
    let next = 0;
    return (changes: Parameters<typeof intentOf>[0]) =>
      intentOf({
        market: market.ticker,
        exchangeIndex: market.exchangeIndex,
        clientOrderId: named<ClientOrderId>(`bs-t-${next++}`),
        ...changes,
      });
  };

  it('tell the same story of a quote that is hit, amended, decreased and canceled', async () => {
    const { maker, taker, embedded } = await create();
    const listing = await maker.catalogue.markets({ status: 'open' });
    expect(listing.complete).toBe(true);
    const market = listing.items[0]!;
    expect(market).toMatchObject({ status: 'active', bid: null, ask: null });
    expect(await maker.account.readLimits()).toEqual({ tier: 'basic' });
    expect(await maker.clock()).toMatchObject({ speed: 1 });
    expect(await maker.catalogue.status()).toEqual({ exchangeActive: true, tradingActive: true });

    const { stream, heard, find } = listen(maker);
    stream.subscribe(['fill', 'order', 'position'], null);
    stream.subscribe(['book', 'trade', 'ticker'], [market.ticker]);
    await find('bookSnapshot');

    const intent = intents(market);
    const expiresAtMs = (embedded.market.now() + 300_000) as UnixMs;
    const bid = intent({ price: 4000 as Centicents, quantity: 1000 as Centicontracts, expiresAtMs });
    const made = await maker.orders.create(bid, { priority: 'quote' });
    if (made.kind !== 'accepted') throw new Error(JSON.stringify(made));
    const address: OrderAddress = {
      orderId: made.value.orderId,
      market: market.ticker,
      exchangeIndex: market.exchangeIndex,
    };
    expect(made.value).toMatchObject({ filled: 0, remaining: 1000 });
    expect(await find('bookDelta')).toMatchObject({
      side: 'bid',
      price: 4000,
      change: 1000,
      clientOrderId: bid.clientOrderId,
    });
    expect(await maker.catalogue.book(market.ticker)).toMatchObject({ bids: [[4000, 1000]], asks: [] });

    expect(await maker.orders.create(bid, { priority: 'quote' })).toMatchObject({
      kind: 'rejected',
      status: 409,
      code: 'order_already_exists',
    });

    const sold = await taker.orders.create(
      intent({
        side: 'ask',
        price: 4000 as Centicents,
        quantity: 250 as Centicontracts,
        timeInForce: 'immediateOrCancel',
        postOnly: false,
      }),
      { priority: 'quote' },
    );
    expect(sold).toMatchObject({ kind: 'accepted', value: { filled: 250, remaining: 0 } });
    const { fill } = await find('fill');
    expect(fill).toMatchObject({ side: 'bid', price: 4000, quantity: 250, isTaker: false, positionAfter: 250 });
    expect(fill.clientOrderId).toBe(bid.clientOrderId);
    expect(await find('trade')).toMatchObject({ price: 4000, quantity: 250, takerSide: 'ask' });
    await find('position', (event) => event.position === 250);

    const amended = await maker.orders.amend(
      { ...address, side: 'bid' },
      { price: 4100 as Centicents, quantity: 1000 as Centicontracts, expiresAtMs },
      { priority: 'replace' },
    );
    expect(amended.kind).toBe('accepted');
    await find('bookDelta', (event) => event.price === 4100 && event.change === 750);
    expect(await maker.orders.decreaseTo(address, 500 as Centicontracts, { priority: 'reduce' })).toEqual({
      kind: 'accepted',
      value: { remaining: 500 },
    });
    expect((await maker.account.orders({ status: 'resting' })).items).toMatchObject([
      { orderId: address.orderId, price: 4100, filled: 250, remaining: 500, clientOrderId: bid.clientOrderId },
    ]);
    expect(await maker.orders.cancel(address, { priority: 'cancel' })).toEqual({
      kind: 'accepted',
      value: { reducedBy: 500 },
    });
    expect(await maker.orders.cancel(address, { priority: 'cancel' })).toMatchObject({ kind: 'rejected', status: 404 });
    await find('order', (event) => event.order.status === 'canceled');

    expect(await maker.account.order(address)).toMatchObject({ status: 'canceled', filled: 250, remaining: 0 });
    const fills = await maker.account.fills({ market: market.ticker });
    expect(fills).toMatchObject({ complete: true, items: [{ tradeId: fill.tradeId, fee: fill.fee, quantity: 250 }] });
    expect((await maker.account.positions()).items).toMatchObject([
      { market: market.ticker, position: 250, exposure: 1_000_000 },
    ]);
    const balance = await maker.account.balance();
    expect([...balance.byShard.values()].reduce((sum, cash) => sum + cash, 0)).toBe(balance.cash);
    expect(await maker.account.userDataTimestamp()).toBeGreaterThan(Date.UTC(2024, 0));

    expect(heard.filter((event) => event.type === 'malformed')).toEqual([]);
    const books = heard.filter((event) => event.type === 'bookSnapshot' || event.type === 'bookDelta');
    expect(books.map((event) => event.sequence)).toEqual(books.map((_, index) => index + 1));
  });

  it('agree on the rate: a burst beyond the bucket waits, and is never refused', async () => {
    const { maker } = await create();
    const market = (await maker.catalogue.markets({ status: 'open' })).items[0]!;
    const intent = intents(market);
    const outcomes = await Promise.all(
      Array.from({ length: 14 }, () =>
        maker.orders.create(intent({ price: 100 as Centicents, quantity: 100 as Centicontracts }), {
          priority: 'quote',
        }),
      ),
    );
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(outcomes.map(() => 'accepted'));
    expect(maker.requests.status429).toBe(0);
    const addresses = outcomes.flatMap((outcome) =>
      outcome.kind === 'accepted'
        ? [{ orderId: outcome.value.orderId, market: market.ticker, exchangeIndex: market.exchangeIndex }]
        : [],
    );
    const canceled = await maker.orders.cancelBatch(addresses, { priority: 'cancel' });
    expect(canceled).toMatchObject(addresses.map(() => ({ kind: 'accepted', value: { reducedBy: 100 } })));
  });
});
