/** An exchange with faults and our own client of it, in memory on a virtual clock: nothing takes time but what is asked to. */
import { VirtualClock } from '../../../src/backtest/virtual-clock.ts';
import { type ClientOrderId, named } from '../../../src/domain/ids.ts';
import { createRandom } from '../../../src/domain/seeded-random.ts';
import { type Centicents, type Centicontracts, unixMs } from '../../../src/domain/units.ts';
import { createEmbedded } from '../../../src/exchange/embedded/embedded.ts';
import type { FaultOptions } from '../../../src/exchange/embedded/faults/faulty-server.ts';
import { checkFaults } from '../../../src/exchange/embedded/faults/spec.ts';
import { fakeSignature } from '../../../src/exchange/embedded/protocol/auth.ts';
import { createPortSockets } from '../../../src/exchange/kalshi/sockets.ts';
import { createHandlerTransport } from '../../../src/exchange/kalshi/transport.ts';
import { createKalshiVenue } from '../../../src/exchange/kalshi/venue.ts';
import type { Channel, OrderAddress, StreamEvent } from '../../../src/exchange/port.ts';
import { EXCHANGE_SETTINGS, intentOf } from '../kalshi/support/venue.ts';

export const START_MS = unixMs(Date.UTC(2027, 2, 4, 12));
export const CREATE = { method: 'POST', path: '/portfolio/events/orders' } as const;
const WRITE = { priority: 'quote' } as const;

export interface StageOptions extends Omit<FaultOptions, 'rules'> {
  readonly readDelayMs?: number;
  readonly seed?: number;
  readonly flow?: 'none' | 'synthetic';
  /** How far the client's own clock is off. */
  readonly clientSkewMs?: number;
}

export async function openStage(rules: readonly unknown[], options: StageOptions = {}) {
  const { readDelayMs, seed = 5, flow = 'none', clientSkewMs = 0, ...faults } = options;
  const clock = new VirtualClock(START_MS);
  const random = createRandom(seed);
  const embedded = await createEmbedded({
    clocks: { wall: clock, market: clock },
    random,
    flow,
    accounts: [{ keyId: 'key', publicKey: null, user: 'alice' }],
    tier: 'prestige',
    ...(readDelayMs === undefined ? {} : { readDelayMs }),
    faults: { ...faults, rules: checkFaults(rules, 'the test') },
  });
  embedded.start();
  const wall = {
    now: () => unixMs(clock.now() + clientSkewMs),
    setTimeout: (callback: () => void, delayMs: number) => clock.setTimeout(callback, delayMs),
    clearTimeout: (id: unknown) => clock.clearTimeout(id),
  };
  const venue = createKalshiVenue({
    keyId: 'key',
    signer: { sign: fakeSignature },
    restUrl: 'http://exchange.test/trade-api/v2',
    wsUrl: 'ws://exchange.test/trade-api/ws/v2',
    transport: createHandlerTransport(embedded.server.fetch),
    sockets: createPortSockets(embedded.server.connect),
    clocks: { wall, market: clock, monotonicMs: () => clock.now() },
    random: random.split('client'),
    settings: { ...EXCHANGE_SETTINGS, requestTimeoutMs: 2_000 },
  });
  const { listed } = embedded.engine.allMarkets()[0]!;

  /** Lets time pass until it has settled. */
  async function settled<T>(promise: Promise<T>, withinMs = 60_000): Promise<T> {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    promise.then(over, over);
    if (await clock.run(clock.now() + withinMs, () => isOver)) return promise;
    throw new Error(`nothing came within ${withinMs} ms`);
  }

  return {
    clock,
    embedded,
    engine: embedded.engine,
    faults: embedded.faults!,
    venue,
    market: listed,
    settled,
    advance: (ms: number) => clock.run(clock.now() + ms),
    create: (id: string, price = 100, market = listed.ticker) =>
      settled(
        venue.orders.create(
          intentOf({
            clientOrderId: named<ClientOrderId>(id),
            market,
            exchangeIndex: listed.exchangeIndex,
            side: 'bid',
            price: price as Centicents,
            quantity: 100 as Centicontracts,
            postOnly: false,
          }),
          WRITE,
        ),
      ),
    cancel: (address: OrderAddress) => settled(venue.orders.cancel(address, WRITE)),
    /** Of the first order that was taken. */
    address(): OrderAddress {
      const { orderId } = embedded.engine.orders('alice').at(-1)!;
      return { orderId, market: listed.ticker, exchangeIndex: listed.exchangeIndex };
    },
    resting: () => embedded.engine.orders('alice').filter(({ status }) => status === 'resting').length,
    /** A stream on these channels; what was heard, with the time of each. */
    async listen(channels: readonly Channel[]) {
      const heard: (StreamEvent & { readonly heardMs: number })[] = [];
      const stream = venue.openStream();
      stream.events.subscribe((event) => {
        if (event.type === 'opened') stream.subscribe(channels, [listed.ticker]);
        heard.push({ ...event, heardMs: clock.now() - START_MS });
      });
      await clock.run(clock.now() + 10);
      const of = <T extends StreamEvent['type']>(type: T) =>
        heard.filter((event): event is Extract<StreamEvent, { type: T }> & { heardMs: number } => event.type === type);
      return { stream, heard, of };
    },
    close: async () => {
      await venue.close();
      embedded.stop();
    },
  };
}
export type Stage = Awaited<ReturnType<typeof openStage>>;
