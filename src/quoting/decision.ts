/** What quoting is asked and what it answers. Cents, contracts and seconds are floats here; a price that leaves is exact. */
import type { BookReading } from '../book/read-book.ts';
import type { Market } from '../domain/market.ts';
import type { Side } from '../domain/side.ts';
import type { Centicents, Centicontracts } from '../domain/units.ts';
import type { Regime, Settings } from '../settings/schema.ts';

export type QuotingSettings = Pick<Settings, 'quoting' | 'regimes' | 'discovery'>;

/** The full book's best prices, our own orders in them. */
export interface Touch {
  readonly bid: Centicents | null;
  readonly ask: Centicents | null;
}

export interface DecideInput {
  readonly market: Pick<Market, 'grid' | 'fees'>;
  /** The others' book; null where it cannot be read. */
  readonly reading: BookReading | null;
  /** Only for crossing. */
  readonly touch: Touch;
  /** Signed. */
  readonly position: Centicontracts;
  readonly signals: { readonly sigmaCentsPerSqrtSecond: number; readonly regime: Regime };
  readonly secondsToClose: number;
  /** Widening ordered from outside (adverse selection), of the total spread. */
  readonly widenCents: number;
  readonly sides: 'both' | 'bidOnly' | 'askOnly';
  /** Wanted on each side. */
  readonly quantity: Centicontracts;
  readonly settings: QuotingSettings;
}

/** One wanted order. */
export interface Desired {
  readonly side: Side;
  readonly price: Centicents;
  readonly quantity: Centicontracts;
}

/** Why a side is not quoted. Stable codes. */
export type NoQuoteReason =
  /** Nobody else's bid and ask to quote around. */
  | 'noBook'
  /** The full book is crossed or locked: not to be believed. */
  | 'crossedBook'
  /** σ is not a number ≥ 0. */
  | 'noVolatility'
  | 'closing'
  /** The mid is beyond the hard extremes. */
  | 'extreme'
  /** Both legs' fees and margins do not fit into the widest spread allowed. */
  | 'feeFloor'
  /** The session quotes the other side only. */
  | 'sides'
  /** No room under the position limit for the smallest order. */
  | 'capacity'
  /** No allowed price is left. */
  | 'offGrid';

/** What changed a price or a size away from what the model said, in the order in which bounds are applied. */
export type Bound =
  | 'variance'
  | 'tight'
  | 'wide'
  | 'feeFloor'
  | 'wideMarket'
  | 'thinBook'
  | 'adverse'
  | 'throttledMax'
  | 'bidPostOnly'
  | 'askPostOnly'
  | 'bidJoins'
  | 'askJoins'
  | 'bidCapacity'
  | 'askCapacity';

/** How a decision came about: plain JSON, for the journal and for people. */
export interface Explanation {
  readonly regime: Regime;
  /** s */
  readonly midCents: number;
  /** q */
  readonly positionContracts: number;
  /** σ */
  readonly sigmaCentsPerSqrtSecond: number;
  /** σ²τ as used, ¢² */
  readonly varianceCents2: number;
  /** τ */
  readonly horizonSeconds: number;
  /** γ, multiplied for the regime */
  readonly gammaPerCent: number;
  /** k, multiplied for the regime */
  readonly kPerCent: number;
  /** r */
  readonly reservationCents: number;
  /** The model's total spread, before any bound. */
  readonly modelSpreadCents: number;
  /** δ: the total spread after every bound that widens or narrows, before touch and grid. */
  readonly spreadCents: number;
  /** The least spread that pays both legs' fees and margins. */
  readonly feeFloorCents: number;
  readonly bounds: readonly Bound[];
  readonly whyNoBid: NoQuoteReason | null;
  readonly whyNoAsk: NoQuoteReason | null;
}

export interface Decision {
  readonly bid: Desired | null;
  readonly ask: Desired | null;
  readonly explain: Explanation;
}
