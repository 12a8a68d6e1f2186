import type { ClientOrderId, OrderId, Ticker, TradeId } from './ids.ts';
import type { Side } from './side.ts';
import type { Centicents, Centicontracts, Microdollars, UnixMs } from './units.ts';

/** One execution of one order of ours. Its identity is (tradeId, orderId): a stream and a listing both bring it. */
export interface Fill {
  readonly tradeId: TradeId;
  readonly orderId: OrderId;
  /** Known on the stream; a listing carries none. */
  readonly clientOrderId: ClientOrderId | null;
  readonly market: Ticker;
  readonly side: Side;
  /** The yes price, of either leg. */
  readonly price: Centicents;
  readonly quantity: Centicontracts;
  /** The venue's own number, ≥ 0. */
  readonly fee: Microdollars;
  readonly isTaker: boolean;
  readonly atMs: UnixMs;
  /** Signed position after this fill as the venue sees it; null where the source does not say. */
  readonly positionAfter: Centicontracts | null;
}

export function fillKey(fill: Pick<Fill, 'tradeId' | 'orderId'>): string {
  return `${fill.tradeId}|${fill.orderId}`;
}
