/** Orders and the fills that came of them, linked to the sessions that wanted them. */
import type { Fill } from '../../domain/fill.ts';
import { fillKey } from '../../domain/fill.ts';
import type { JournalEntry } from '../../domain/journal.ts';
import { isTerminal, type OrderIntent, type OrderPurpose, type OrderState } from '../../domain/order.ts';
import { type Centicents, type Centicontracts, formatMoney, formatPrice, formatQuantity } from '../../domain/units.ts';
import type { FillFact, OrderFact } from '../wire-dashboard.ts';
import { Shelf } from './shelf.ts';

const FILLS_KEPT = 5_000;
const ORDERS_KEPT = 5_000;

export interface ToldOrder {
  readonly sequence: number;
  readonly intent: OrderIntent;
  readonly state: OrderState;
  readonly orderId: string | null;
  readonly price: Centicents;
  readonly quantity: Centicontracts;
  readonly filled: Centicontracts;
  readonly reason: string | null;
  readonly movedMs: number;
}

export interface ToldFill {
  readonly sequence: number;
  readonly fill: Fill;
  readonly session: string | null;
  readonly purpose: OrderPurpose | null;
  readonly positionAfter: Centicontracts;
}

export class TradesTold {
  readonly orders = new Shelf<ToldOrder>(ORDERS_KEPT, ({ state }) => isTerminal(state));
  readonly fills = new Shelf<ToldFill>(FILLS_KEPT);

  intended({ sequence, marketMs, data }: JournalEntry): ToldOrder {
    const intent = data as unknown as OrderIntent;
    const { price, quantity } = intent;
    const order: ToldOrder = {
      ...{ sequence, intent, state: 'intended', orderId: null, price, quantity },
      ...{ filled: 0 as Centicontracts, reason: null, movedMs: marketMs },
    };
    this.orders.put(intent.clientOrderId, order);
    return order;
  }

  moved({ marketMs, data }: JournalEntry): void {
    const row = data as unknown as Pick<ToldOrder, 'state' | 'orderId' | 'price' | 'quantity' | 'filled' | 'reason'> & {
      readonly clientOrderId: string;
    };
    const known = this.orders.get(row.clientOrderId);
    if (known === undefined) return;
    const { state, orderId, price, quantity, filled, reason } = row;
    this.orders.put(row.clientOrderId, {
      ...known,
      ...{ state, orderId, price, quantity, filled, reason, movedMs: marketMs },
    });
  }

  /** @param positionAfter as the ledger has it after this fill */
  filled({ sequence, data }: JournalEntry, positionAfter: Centicontracts): ToldFill {
    const fill = data as unknown as Fill;
    const order = fill.clientOrderId === null ? undefined : this.orders.get(fill.clientOrderId);
    const told: ToldFill = {
      ...{ sequence, fill, positionAfter },
      session: order?.intent.session ?? null,
      purpose: order?.intent.purpose ?? null,
    };
    this.fills.put(fillKey(fill), told);
    return told;
  }
}

export function fillFact({ sequence, fill, session, purpose, positionAfter }: ToldFill): FillFact {
  const { atMs, tradeId, orderId, clientOrderId, market, side, price, quantity, fee, isTaker } = fill;
  return {
    ...{ sequence, atMs, tradeId, orderId, clientOrderId, market, session, purpose, side, isTaker },
    price: formatPrice(price),
    quantity: formatQuantity(quantity),
    fee: formatMoney(fee),
    positionAfter: formatQuantity(positionAfter),
  };
}

export function orderFact(order: ToldOrder): OrderFact {
  const { sequence, intent, orderId, state, reason, movedMs } = order;
  const { clientOrderId, market, session, purpose, side, intendedMarketMs } = intent;
  return {
    ...{ sequence, clientOrderId, orderId, market, session, purpose, side, state, reason, movedMs },
    price: formatPrice(order.price),
    quantity: formatQuantity(order.quantity),
    filled: formatQuantity(order.filled),
    placedMs: intendedMarketMs,
    isOver: isTerminal(state),
  };
}
