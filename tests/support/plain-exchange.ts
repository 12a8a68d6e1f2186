/** Price-time priority in the plainest words: one list of orders, searched from start to end. What the engine is held to. */
import type { OrderId } from '../../src/domain/ids.ts';
import type { Side } from '../../src/domain/side.ts';
import { CROWD, type UserId } from '../../src/exchange/embedded/model.ts';

export interface PlainOrder {
  readonly id: OrderId;
  readonly user: UserId;
  readonly side: Side;
  price: number;
  remaining: number;
}

export interface PlainExecution {
  readonly maker: UserId;
  readonly price: number;
  readonly quantity: number;
}

export class PlainBook {
  /** In order of coming. */
  orders: PlainOrder[] = [];

  /** The oldest of the best-priced orders that this one would meet. */
  private meets(side: Side, price: number): PlainOrder | null {
    let best: PlainOrder | null = null;
    for (const order of this.orders) {
      if (order.side === side) continue;
      if (side === 'bid' ? order.price > price : order.price < price) continue;
      if (best === null || (side === 'bid' ? order.price < best.price : order.price > best.price)) best = order;
    }
    return best;
  }

  /** Executes what crosses; what is left of the order is in `remaining`, 0 too when it met its own account and stopped. */
  take(taker: PlainOrder, ownIsCanceled: boolean): PlainExecution[] {
    const executions: PlainExecution[] = [];
    while (taker.remaining > 0) {
      const maker = this.meets(taker.side, taker.price);
      if (maker === null) break;
      if (maker.user === taker.user && maker.user !== CROWD) {
        if (!ownIsCanceled) {
          taker.remaining = 0;
          break;
        }
        this.remove(maker.id);
        continue;
      }
      const quantity = Math.min(maker.remaining, taker.remaining);
      executions.push({ maker: maker.user, price: maker.price, quantity });
      taker.remaining -= quantity;
      maker.remaining -= quantity;
      if (maker.remaining === 0) this.remove(maker.id);
    }
    return executions;
  }

  rest(order: PlainOrder): void {
    this.orders.push(order);
  }

  remove(id: OrderId): void {
    this.orders = this.orders.filter((order) => order.id !== id);
  }

  find(id: OrderId): PlainOrder | undefined {
    return this.orders.find((order) => order.id === id);
  }

  /** Ascending [price, quantity]. */
  levels(side: Side): [number, number][] {
    const sums = new Map<number, number>();
    for (const order of this.orders) {
      if (order.side === side) sums.set(order.price, (sums.get(order.price) ?? 0) + order.remaining);
    }
    return [...sums].sort(([a], [b]) => a - b);
  }
}
