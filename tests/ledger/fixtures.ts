import type { Fill } from '../../src/domain/fill.ts';
import { named, type OrderId, type Ticker, type TradeId } from '../../src/domain/ids.ts';
import type { Side } from '../../src/domain/side.ts';
import type { Centicents, Centicontracts, Microdollars, UnixMs } from '../../src/domain/units.ts';

export const RAIN = named<Ticker>('RAIN-26');
export const SNOW = named<Ticker>('SNOW-26');

export const contracts = (count: number) => Math.round(count * 100) as Centicontracts;
export const cents = (count: number) => Math.round(count * 100) as Centicents;
export const dollars = (count: number) => Math.round(count * 1_000_000) as Microdollars;

let trades = 0;
/** A fill by hand: contracts at cents; another trade each time. */
export function fill(side: Side, count: number, price: number, more: Partial<Fill> = {}): Fill {
  return {
    tradeId: named<TradeId>(`trade-${++trades}`),
    orderId: named<OrderId>('order-1'),
    clientOrderId: null,
    market: RAIN,
    side,
    price: cents(price),
    quantity: contracts(count),
    fee: 0 as Microdollars,
    isTaker: false,
    atMs: 1_000 as UnixMs,
    positionAfter: null,
    ...more,
  };
}
