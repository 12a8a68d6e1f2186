import type { EventTicker, SeriesTicker, Ticker } from '../../domain/ids.ts';
import type { FeeSchedule } from '../../domain/market.ts';
import type { UnixMs } from '../../domain/units.ts';

/** New fees that were announced; they hold from `atMs` on, by the market clock. */
export interface FeeChange {
  readonly id: string;
  readonly series: SeriesTicker;
  /** null: the series' own schedule changes. */
  readonly event: EventTicker | null;
  /** null, of an event: its override ends, the series' schedule holds again. */
  readonly fees: FeeSchedule | null;
  readonly atMs: UnixMs;
}

export interface FeeCommands {
  /** New fees of a series from `atMs` on (at once, when that is past). Throws for a series that is not listed. */
  changeSeriesFees(series: SeriesTicker, fees: FeeSchedule, atMs: UnixMs): void;
  /** A new override of an event, or its end, from `atMs` on (at once, when that is past). Throws as above. */
  changeEventFees(event: EventTicker, fees: FeeSchedule | null, atMs: UnixMs): void;
  /** All that were ever announced, those to come included; in order of announcement. */
  feeChanges(): readonly FeeChange[];
  /** What an execution here would pay now. */
  feesOf(market: Ticker): FeeSchedule;
}
