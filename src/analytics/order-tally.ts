/** What became of orders: how many the exchange took, and how many of those executed. Read off the journal, bounded memory. */
import type { JournalEntry } from '../domain/journal.ts';
import { isTerminal, type OrderIntent, type OrderState } from '../domain/order.ts';

export interface FillShare {
  /** Orders that were taken by the exchange and are over. */
  readonly ended: number;
  /** Of these, how many executed at least in part. */
  readonly filled: number;
}

/** States that only an order has which the exchange took. */
const TAKEN: ReadonlySet<OrderState> = new Set(['resting', 'partiallyFilled', 'filled', 'canceled', 'expired']);

interface Followed {
  readonly isTaker: boolean;
  wasSent: boolean;
  wasTaken: boolean;
}

/** Follows `order.intended` and `order.moved`. An order that we denied ourselves never left, and is not counted. */
export class OrderTally {
  /** Creates with a known outcome: taken, and refused by the exchange. */
  taken = 0;
  refused = 0;
  #limit: FillShare = { ended: 0, filled: 0 };
  #taker: FillShare = { ended: 0, filled: 0 };
  readonly #open = new Map<string, Followed>();

  take({ kind, data }: JournalEntry): void {
    if (kind === 'order.intended') {
      const { clientOrderId, timeInForce } = data as unknown as OrderIntent;
      this.#open.set(clientOrderId, {
        isTaker: timeInForce !== 'goodTillCanceled',
        wasSent: false,
        wasTaken: false,
      });
      return;
    }
    if (kind !== 'order.moved') return;
    const { clientOrderId, state, filled } = data as { clientOrderId: string; state: OrderState; filled: number };
    const order = this.#open.get(clientOrderId);
    if (order === undefined) return;
    if (!order.wasTaken && TAKEN.has(state)) {
      order.wasTaken = true;
      this.taken++;
    }
    if (state !== 'denied') order.wasSent = true;
    if (!isTerminal(state)) return;
    this.#open.delete(clientOrderId);
    if (state === 'rejected' && order.wasSent && !order.wasTaken) this.refused++;
    if (!order.wasTaken) return;
    const add = ({ ended, filled: before }: FillShare) => ({ ended: ended + 1, filled: before + (filled > 0 ? 1 : 0) });
    if (order.isTaker) this.#taker = add(this.#taker);
    else this.#limit = add(this.#limit);
  }

  /** Orders that rest, and those that take or go. */
  get limit(): FillShare {
    return this.#limit;
  }
  get taker(): FillShare {
    return this.#taker;
  }
}
