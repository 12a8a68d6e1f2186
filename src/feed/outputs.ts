import { Subject } from 'rxjs';
import type { Fill } from '../domain/fill.ts';
import type { Ticker } from '../domain/ids.ts';
import type { Centicontracts } from '../domain/units.ts';
import type { LifecycleEvent, TickerEvent, TradeEvent, VenueOrder } from '../exchange/port.ts';

/** What is passed on in the moment in which it arrives; it outlives every connection. */
export class FeedOutputs {
  readonly trades$ = new Subject<TradeEvent>();
  readonly tickers$ = new Subject<TickerEvent>();
  readonly fills$ = new Subject<Fill>();
  readonly orders$ = new Subject<VenueOrder>();
  readonly positions$ = new Subject<{ readonly market: Ticker; readonly position: Centicontracts }>();
  readonly lifecycle$ = new Subject<LifecycleEvent>();
}
