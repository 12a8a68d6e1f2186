/** The port's order groups against the exchange, over real sockets and in memory: one story, told twice. */
import { afterEach, describe, expect, it } from 'vitest';
import { type ClientOrderId, named, type OrderGroupId } from '../../src/domain/ids.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import type { Centicents, Centicontracts } from '../../src/domain/units.ts';
import { createEmbedded } from '../../src/exchange/embedded/embedded.ts';
import { serveLoopback } from '../../src/exchange/embedded/server.ts';
import { createPortSockets, createWsSockets } from '../../src/exchange/kalshi/sockets.ts';
import { createHandlerTransport, createKyTransport } from '../../src/exchange/kalshi/transport.ts';
import { createKalshiVenue } from '../../src/exchange/kalshi/venue.ts';
import type { OrderGroupAddress, StreamEvent, Venue } from '../../src/exchange/port.ts';
import { createSystemClock } from '../../src/runtime/system-clock.ts';
import { EXCHANGE_SETTINGS, intentOf } from '../exchange/kalshi/support/venue.ts';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

const wall = createSystemClock();
const WRITE = { priority: 'quote' } as const;
const limit = (contracts: number) => (contracts * 100) as Centicontracts;

async function open(way: 'sockets' | 'memory') {
  const embedded = await createEmbedded({
    clocks: { wall },
    random: createRandom(3),
    flow: 'none',
    accounts: ['maker', 'taker'].map((user) => ({ keyId: `key-${user}`, publicKey: null, user })),
    tier: 'advanced',
  });
  endings.push(() => embedded.stop());
  embedded.start();
  const loopback = way === 'sockets' ? await serveLoopback(embedded.server, { port: 0 }) : null;
  if (loopback !== null) endings.push(() => loopback.close());
  const venueOf = (user: string): Venue => {
    const venue = createKalshiVenue({
      keyId: `key-${user}`,
      signer: { sign: (text) => Buffer.from(`sim:${text}`).toString('base64') },
      restUrl: loopback?.restUrl ?? 'http://exchange.test/trade-api/v2',
      wsUrl: loopback?.wsUrl ?? 'ws://exchange.test/trade-api/ws/v2',
      transport: loopback === null ? createHandlerTransport(embedded.server.fetch) : createKyTransport(),
      sockets: loopback === null ? createPortSockets(embedded.server.connect) : createWsSockets(),
      clocks: { wall, market: embedded.market, monotonicMs: () => wall.now() },
      random: createRandom(4),
      settings: { ...EXCHANGE_SETTINGS, requestTimeoutMs: 5_000 },
    });
    endings.push(() => venue.close());
    return venue;
  };
  const maker = venueOf('maker');
  await maker.account.readLimits();
  const { listed } = embedded.engine.allMarkets()[0]!;
  const place = (venue: Venue, id: string, side: 'bid' | 'ask', contracts: number, orderGroup?: OrderGroupId) =>
    venue.orders.create(
      intentOf({
        clientOrderId: named<ClientOrderId>(id),
        market: listed.ticker,
        exchangeIndex: listed.exchangeIndex,
        side,
        price: 4_000 as Centicents,
        quantity: limit(contracts),
        postOnly: false,
        ...(orderGroup === undefined ? {} : { orderGroup }),
      }),
      WRITE,
    );
  return { maker, taker: venueOf('taker'), market: listed, place };
}

/** What is heard of groups, in order; `said` waits for the n-th. */
function listen(venue: Venue) {
  const heard: Extract<StreamEvent, { type: 'orderGroup' }>[] = [];
  const stream = venue.openStream();
  let wake = (): void => undefined;
  const ready = Promise.withResolvers<void>();
  stream.events.subscribe((event) => {
    if (event.type === 'opened') stream.subscribe(['orderGroup'], null);
    if (event.type === 'subscribed' && event.channel === 'orderGroup') ready.resolve();
    if (event.type === 'orderGroup') heard.push(event);
    wake();
  });
  return {
    ready: ready.promise,
    async said(count: number) {
      while (heard.length < count)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      return heard.map(({ change, sequence }) => [sequence, change.kind]);
    },
  };
}

async function made(venue: Venue, exchangeIndex: number, contracts: number): Promise<OrderGroupAddress> {
  const outcome = await venue.groups.create({ exchangeIndex, contractsLimit: limit(contracts) }, WRITE);
  if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
  return outcome.value;
}

describe.each(['sockets', 'memory'] as const)('Order groups over %s', (way) => {
  it('are made, listed, read, limited, triggered, reset and deleted, and heard of in order', async () => {
    const { maker, market, place } = await open(way);
    const stream = listen(maker);
    await stream.ready;
    const address = await made(maker, market.exchangeIndex, 20);
    const asMade = { ...address, contractsLimit: limit(20), isTriggered: false };
    expect(await maker.groups.list()).toEqual({ items: [asMade], complete: true });

    const placed = await place(maker, 'bs-1', 'bid', 5, address.orderGroup);
    const orderId = placed.kind === 'accepted' ? placed.value.orderId : null;
    expect(await maker.groups.read(address)).toEqual({ ...asMade, orders: [orderId] });
    expect((await maker.account.orders({})).items).toMatchObject([{ orderId, orderGroup: address.orderGroup }]);

    const done = { kind: 'accepted', value: null };
    expect(await maker.groups.setLimit(address, limit(7), WRITE)).toEqual(done);
    expect(await maker.groups.trigger(address, { priority: 'cancel' })).toEqual(done);
    expect(await maker.groups.read(address)).toMatchObject({ contractsLimit: limit(7), isTriggered: true, orders: [] });
    expect((await maker.account.orders({ status: 'resting' })).items).toEqual([]);
    expect(await place(maker, 'bs-2', 'bid', 5, address.orderGroup)).toMatchObject({
      kind: 'rejected',
      code: 'exceeded_order_group_risk_limit',
    });
    expect(await maker.groups.reset(address, WRITE)).toEqual(done);
    expect(await place(maker, 'bs-2', 'bid', 5, address.orderGroup)).toMatchObject({ kind: 'accepted' });
    expect(await maker.groups.delete(address, WRITE)).toEqual(done);
    expect((await maker.account.orders({ status: 'resting' })).items).toEqual([]);

    expect(await maker.groups.read(address)).toBeNull();
    expect(await maker.groups.reset(address, WRITE)).toMatchObject({ kind: 'rejected', status: 404 });
    expect(await place(maker, 'bs-3', 'bid', 5, address.orderGroup)).toMatchObject({
      kind: 'rejected',
      code: 'order_group_not_found',
    });
    expect(await stream.said(5)).toEqual([
      [1, 'created'],
      [2, 'limitUpdated'],
      [3, 'triggered'],
      [4, 'reset'],
      [5, 'deleted'],
    ]);
  });

  it('are triggered by what they execute', async () => {
    const { maker, taker, market, place } = await open(way);
    const stream = listen(maker);
    await stream.ready;
    const address = await made(maker, market.exchangeIndex, 3);
    await place(maker, 'bs-1', 'bid', 9, address.orderGroup);
    expect(await place(taker, 'bs-t', 'ask', 4)).toMatchObject({ kind: 'accepted', value: { filled: 400 } });
    expect(await stream.said(2)).toEqual([
      [1, 'created'],
      [2, 'triggered'],
    ]);
    expect((await maker.account.orders({})).items).toMatchObject([{ status: 'canceled', filled: 400 }]);
  });
});
