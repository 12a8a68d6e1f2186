/**
 * Orders on our account that are not ours (placed by hand, by another program): left alone, but what they can still lose
 * counts like our own, so that limits hold for the account and not only for us.
 */
import { type ClientOrderId, isOwnOrder, named } from '../domain/ids.ts';
import type { VenueOrder } from '../exchange/port.ts';
import type { Exposure } from '../risk/exposure.ts';

export class ForeignOrders {
  readonly #exposure: Exposure;
  readonly #held = new Set<ClientOrderId>();

  constructor(exposure: Exposure) {
    this.#exposure = exposure;
  }

  get count(): number {
    return this.#held.size;
  }

  /** One order's news; ours are not looked at. */
  observe(order: VenueOrder): void {
    if (isOwnOrder(order.clientOrderId)) return;
    const id = holdingOf(order);
    if (order.status !== 'resting' || order.remaining <= 0) {
      this.#release(id);
      return;
    }
    const { market, side, price, remaining: quantity } = order;
    if (this.#held.has(id)) this.#exposure.update(id, quantity, price);
    else {
      this.#exposure.reserve(id, { market, side, price, quantity, purpose: 'quote' });
      this.#held.add(id);
    }
  }

  /** A complete listing of what rests: what it lacks is over. */
  replace(resting: readonly VenueOrder[]): void {
    const now = new Set(resting.filter((order) => !isOwnOrder(order.clientOrderId)).map(holdingOf));
    for (const id of [...this.#held]) if (!now.has(id)) this.#release(id);
    for (const order of resting) this.observe(order);
  }

  #release(id: ClientOrderId): void {
    if (!this.#held.delete(id)) return;
    this.#exposure.release(id);
  }
}

/** The venue's id, marked so that it can never be taken for one of our own. */
function holdingOf(order: VenueOrder): ClientOrderId {
  return named(`foreign:${order.orderId}`);
}
