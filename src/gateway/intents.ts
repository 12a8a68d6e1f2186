/** Wishes as orders that can be sent: with an id that was never used before, and a time at which they end by themselves. */
import type { Clocks } from '../domain/clock.ts';
import { makeClientOrderId, type RunId } from '../domain/ids.ts';
import type { OrderIntent } from '../domain/order.ts';
import type { UnixMs } from '../domain/units.ts';
import type { Desk } from './desk.ts';
import type { ShardGroups } from './shard-groups.ts';
import type { Wanted } from './wanted.ts';

export interface IntentsOptions {
  readonly clocks: Clocks;
  readonly run: RunId;
  /** Market time that an order which rests lives at the venue. */
  readonly expirationMs: number;
  readonly groups?: ShardGroups;
}

export class Intents {
  readonly #options: IntentsOptions;
  #sequence = 0;

  constructor(options: IntentsOptions) {
    this.#options = options;
  }

  make(desk: Desk, wanted: Wanted): OrderIntent {
    const { clocks, run } = this.#options;
    const { side, price, quantity, purpose, timeInForce, postOnly } = wanted;
    const stand = purpose === 'quote' ? this.#options.groups?.stand(desk.market.exchangeIndex) : undefined;
    const isImmediate = timeInForce === 'immediateOrCancel';
    return {
      clientOrderId: makeClientOrderId(run, desk.session, ++this.#sequence),
      market: desk.market.ticker,
      exchangeIndex: desk.market.exchangeIndex,
      session: desk.session,
      purpose,
      side,
      price,
      quantity,
      timeInForce,
      postOnly,
      reduceOnly: purpose === 'exit' && isImmediate,
      ...(stand?.ok === true ? { orderGroup: stand.orderGroup } : {}),
      expiresAtMs: timeInForce === 'goodTillCanceled' ? this.expiry() : null,
      intendedWallMs: clocks.wall.now(),
      intendedMarketMs: clocks.market.now(),
    };
  }

  /** Whole seconds on the wire: rounded down, so that we never believe in an order that is already gone. */
  expiry(): UnixMs {
    const { clocks, expirationMs } = this.#options;
    return (Math.floor((clocks.market.now() + expirationMs) / 1000) * 1000) as UnixMs;
  }
}
