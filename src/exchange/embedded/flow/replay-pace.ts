import type { Ticker } from '../../../domain/ids.ts';
import type { UnixMs } from '../../../domain/units.ts';

/** What a replay can ask of the clock that it lives by, where that clock is the exchange's own. */
export interface ReplayPace {
  /** Time goes, which stood until now: there is nobody yet to wait for. */
  begin(): void;
  /**
   * Time stands still until somebody is subscribed to each of these books, or for as long as is reasonable: what passes
   * unseen is lost to those who come later. Never rejects.
   */
  awaitAudience(markets: readonly Ticker[]): Promise<void>;
  /** Nothing happens until then: time is there at once, and stands for a moment, so that clients notice. Never rejects. */
  skipTo(marketMs: UnixMs): Promise<void>;
}
