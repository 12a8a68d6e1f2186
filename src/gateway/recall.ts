/** After a sleep: orders that must be gone before anything new may leave. */
import type { ClientOrderId, Ticker } from '../domain/ids.ts';
import { isTerminal } from '../domain/order.ts';
import type { Door } from './door.ts';
import type { OrderTable } from './order-table.ts';

export class Recall {
  readonly #door: Door;
  readonly #table: OrderTable;
  readonly #awaited = new Set<ClientOrderId>();

  /** @param onOver called when the last order that was awaited is gone */
  constructor(door: Door, table: OrderTable, onOver: () => void) {
    this.#door = door;
    this.#table = table;
    table.watch((row) => {
      if (isTerminal(row.state) && this.#awaited.delete(row.clientOrderId) && this.#awaited.size === 0) onOver();
    });
  }

  get isOpen(): boolean {
    return this.#awaited.size > 0;
  }
  get size(): number {
    return this.#awaited.size;
  }

  /** Why nothing new may leave, whatever is wanted: nobody has seen yet that we slept, or what stood then still stands. */
  objection(): string | null {
    return this.isOpen || !this.#door.isAwake ? 'asleep' : null;
  }

  /** All that lives now is awaited. Returns its markets. */
  begin(): Set<Ticker> {
    const markets = new Set<Ticker>();
    for (const row of this.#table.allOpen()) {
      if (isTerminal(row.state)) continue;
      this.#awaited.add(row.clientOrderId);
      markets.add(row.market);
    }
    return markets;
  }
}
