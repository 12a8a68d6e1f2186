/** Somebody else at the exchange, who trades with us when a test wants it. */
import type { VirtualWorld } from '../../src/backtest/virtual-world.ts';
import type { Centicents, Centicontracts } from '../../src/domain/units.ts';
import { CROWD, type EngineOrder } from '../../src/exchange/embedded/model.ts';

/** Takes every order of ours that rests and is meant, with all that stands before it. */
export function takeOrders({ exchange, user }: VirtualWorld, meant: (order: EngineOrder) => boolean): void {
  const { engine } = exchange;
  const resting = engine.orders(user).filter((order) => order.status === 'resting' && meant(order));
  for (const { market, side, price, remaining } of resting)
    engine.create(CROWD, {
      market,
      side: side === 'bid' ? 'ask' : 'bid',
      price: price as Centicents,
      quantity: (remaining * 50) as Centicontracts,
      timeInForce: 'immediateOrCancel',
      selfTrade: 'taker_at_cross',
      clientOrderId: null,
      expiresAtMs: null,
      postOnly: false,
      reduceOnly: false,
      cancelOnPause: false,
      groupId: null,
    });
}
