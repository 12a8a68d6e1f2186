import { Subject } from 'rxjs';
import type { Fill } from '../domain/fill.ts';
import type { Ticker } from '../domain/ids.ts';
import type { Centicontracts } from '../domain/units.ts';
import type {
  BookDeltaEvent,
  LifecycleEvent,
  OrderGroupEvent,
  TickerEvent,
  TradeEvent,
  VenueOrder,
} from '../exchange/port.ts';

/** What is passed on in the moment in which it arrives; it outlives every connection. */
export class FeedOutputs {
  readonly trades$ = new Subject<TradeEvent>();
  readonly tickers$ = new Subject<TickerEvent>();
  readonly fills$ = new Subject<Fill>();
  readonly orders$ = new Subject<VenueOrder>();
  readonly positions$ = new Subject<{ readonly market: Ticker; readonly position: Centicontracts }>();
  readonly orderGroups$ = new Subject<OrderGroupEvent>();
  readonly lifecycle$ = new Subject<LifecycleEvent>();
  /** Deltas that an order of ours caused: with them a reader knows what of the book is its own. */
  readonly ownDeltas$ = new Subject<BookDeltaEvent>();
  /** A book was replaced as a whole: what was known of our part in it is gone. */
  readonly snapshots$ = new Subject<Ticker>();
}
