/** What is told of a market's life, and what an operator may say anew of it. */
import type { Ticker } from '../../domain/ids.ts';

export type LifecycleChange =
  | 'created'
  | 'activated'
  | 'deactivated'
  | 'closeMoved'
  | 'closed'
  | 'determined'
  | 'settled'
  | 'gridChanged';

/** What becomes known of a market only after it was listed: a strike that is the price at its opening. Absent: as it was. */
export interface MarketMetadata {
  readonly yesSubTitle?: string;
  readonly strikeType?: string;
  readonly floorStrike?: number;
  readonly capStrike?: number;
}

export interface MetadataCommands {
  /** Says what a market is about more closely; nothing that is traded changes. */
  changeMetadata(market: Ticker, metadata: MarketMetadata): void;
}
