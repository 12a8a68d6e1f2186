import { expect } from 'vitest';
import type { EngineEvent } from '../../src/exchange/embedded/model.ts';
import { type EngineWorld, MARKET } from './engine.ts';

/** The world as one who only listens knows it. */
export class Listener {
  levels = { bid: new Map<number, number>(), ask: new Map<number, number>() };
  readonly positions = new Map<string, number>();
  readonly orders = new Map<string, string>();

  hear(event: EngineEvent): void {
    if (event.type === 'book') {
      const level = this.levels[event.side];
      const after = (level.get(event.price) ?? 0) + event.change;
      expect(after).toBeGreaterThanOrEqual(0);
      if (after === 0) level.delete(event.price);
      else level.set(event.price, after);
    } else if (event.type === 'fill') {
      const { fill } = event;
      const change = fill.side === 'bid' ? fill.quantity : -fill.quantity;
      this.positions.set(fill.user, (this.positions.get(fill.user) ?? 0) + change);
      expect(fill.positionAfter).toBe(this.positions.get(fill.user));
    } else if (event.type === 'order') {
      this.orders.set(event.order.orderId, JSON.stringify(event.order));
    }
  }

  check(world: EngineWorld): void {
    const ascending = (level: Map<number, number>) => [...level].sort(([a], [b]) => a - b);
    const { bids, asks } = world.engine.book(MARKET);
    expect(ascending(this.levels.bid)).toEqual(bids);
    expect(ascending(this.levels.ask)).toEqual(asks);
    for (const name of ['ann', 'ben']) {
      expect(world.position(name) * 100).toBeCloseTo(this.positions.get(name) ?? 0, 6);
      for (const order of world.engine.orders(name)) expect(this.orders.get(order.orderId)).toBe(JSON.stringify(order));
    }
  }
}
