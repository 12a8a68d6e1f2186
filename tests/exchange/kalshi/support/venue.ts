import type { Clock, Clocks } from '../../../../src/domain/clock.ts';
import { type ClientOrderId, named, type OrderId, type SessionId, type Ticker } from '../../../../src/domain/ids.ts';
import type { OrderIntent } from '../../../../src/domain/order.ts';
import { createRandom } from '../../../../src/domain/seeded-random.ts';
import type { Centicents, Centicontracts, UnixMs } from '../../../../src/domain/units.ts';
import type { KalshiOptions } from '../../../../src/exchange/kalshi/venue.ts';
import type { OrderAddress } from '../../../../src/exchange/port.ts';
import { createSystemClock } from '../../../../src/runtime/system-clock.ts';
import type { Settings } from '../../../../src/settings/schema.ts';
import { KEY_ID } from './scripted-exchange.ts';

export const EXCHANGE_SETTINGS: Settings['exchange'] = {
  demoRestUrl: 'http://127.0.0.1/trade-api/v2',
  demoWsUrl: 'ws://127.0.0.1/trade-api/ws/v2',
  liveRestUrl: 'http://127.0.0.1/trade-api/v2',
  liveWsUrl: 'ws://127.0.0.1/trade-api/ws/v2',
  subaccount: 0,
  requestTimeoutMs: 1_000,
  readRetriesMax: 2,
  retryBaseMs: 1,
  retryCapMs: 4,
  readTokensPerSecond: 200,
  writeTokensPerSecond: 100,
  clockSkewWarnMs: 2000,
};

export function clocksOf(wall: Clock, market: Clock = wall): Clocks {
  return { wall, market, monotonicMs: () => wall.now() };
}

/** Everything of the options that is no address, key or transport. */
export function commonOptions(): Pick<KalshiOptions, 'keyId' | 'clocks' | 'random' | 'settings'> {
  return {
    keyId: KEY_ID,
    clocks: clocksOf(createSystemClock()),
    random: createRandom(11),
    settings: EXCHANGE_SETTINGS,
  };
}

export const MARKET = named<Ticker>('KXRAIN-26DEC24-T1');

export function intentOf(changes: Partial<OrderIntent> = {}): OrderIntent {
  return {
    clientOrderId: named<ClientOrderId>('bs-r1-s1-1'),
    market: MARKET,
    exchangeIndex: 0,
    session: named<SessionId>('s1'),
    purpose: 'quote',
    side: 'bid',
    price: 4200 as Centicents,
    quantity: 1250 as Centicontracts,
    timeInForce: 'goodTillCanceled',
    postOnly: true,
    reduceOnly: false,
    expiresAtMs: null,
    intendedWallMs: 0 as UnixMs,
    intendedMarketMs: 0 as UnixMs,
    ...changes,
  };
}

export function addressOf(orderId = 'order-1', exchangeIndex = 0): OrderAddress {
  return { orderId: named<OrderId>(orderId), market: MARKET, exchangeIndex };
}
