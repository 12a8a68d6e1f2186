/** A ledger as simple as can be, to hold others against: average cost, rounded to $0.000001 when part of a position goes. */
import type { Side } from '../../src/domain/side.ts';
import type { Centicents, Centicontracts } from '../../src/domain/units.ts';
import { lossOfOrder } from '../../src/risk/worst-loss.ts';

export interface PlainPosition {
  quantity: number;
  cost: number;
}
export function execute(position: PlainPosition, side: Side, price: number, quantity: number): void {
  const signed = side === 'bid' ? quantity : -quantity;
  if (position.quantity === 0 || Math.sign(position.quantity) === Math.sign(signed)) {
    position.cost += lossOfOrder(side, price as Centicents, quantity as Centicontracts);
    position.quantity += signed;
    return;
  }
  const closing = Math.min(quantity, Math.abs(position.quantity));
  const size = Math.abs(position.quantity);
  position.cost -= closing === size ? position.cost : Math.round((position.cost * closing) / size);
  position.quantity += Math.sign(signed) * closing;
  if (quantity > closing) execute(position, side, price, quantity - closing);
}
