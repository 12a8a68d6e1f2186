/** What a series of the synthetic world is made of. */
import type { FeeSchedule } from '../../../domain/market.ts';
import type { Random } from '../../../domain/random.ts';
import type { CharacterName } from './characters.ts';
import type { EventDraft } from './event-drafts.ts';
import type { LiquidityName } from './liquidity.ts';
import { LINEAR_CENT, type NamedGrid } from './price-grids.ts';

/** Something that is known to come out at a known time. */
export interface PlannedNews {
  readonly what: string;
  readonly beforeCloseMinutes: number;
  /** Of what is still uncertain then, how much it takes away. */
  readonly share: number;
}

export interface Surprises {
  readonly perHour: number;
  /** Of what is still uncertain then, how much one takes away. */
  readonly share: readonly [min: number, max: number];
}

export interface SeriesPlan {
  readonly ticker: string;
  readonly title: string;
  readonly category: string;
  readonly frequency: string;
  readonly tags: readonly string[];
  readonly grid: NamedGrid;
  readonly fees: FeeSchedule;
  readonly exchangeIndex: number;
  /** Taken in turn by the markets of an event. */
  readonly characters: readonly CharacterName[];
  readonly liquidity: LiquidityName;
  /** Of the usual interest in such markets. */
  readonly interest: number;
  readonly news: readonly PlannedNews[];
  /** What nobody expects; null: as its first character has it. */
  readonly surprises: Surprises | null;
  /** Of a typical market, contracts a day. */
  readonly volume24hContracts: number;
  /** How long an event trades, minutes; its successor is listed when it closes. */
  readonly lifeMinutes: number;
  /** Close times fall on multiples of this since midnight, minutes. */
  readonly alignMinutes: number;
  /** The first event closes this long after the world starts, about; minutes. */
  readonly firstCloseMinutes: readonly [min: number, max: number];
  /** Share of the uncertainty that only the result takes away. */
  readonly leftAtClose: number;
  /** The first event is listed just when the world starts. */
  readonly isNewborn?: true;
  /** The `turn`-th event of the series. */
  readonly draft: (random: Random, turn: number) => EventDraft;
}

/** Series of one kind, the best known first: a larger world has more of them. */
export type SeriesFamily = readonly SeriesPlan[];

export const PLAIN: FeeSchedule = { type: 'quadratic', multiplierMillionths: 1_000_000 };
export const WITH_MAKER_FEES: FeeSchedule = { type: 'quadratic_with_maker_fees', multiplierMillionths: 1_000_000 };
export const HALF: FeeSchedule = { type: 'quadratic', multiplierMillionths: 500_000 };

export const HOUR = 60;
export const DAY = 24 * HOUR;

type Defaults =
  | 'tags'
  | 'grid'
  | 'fees'
  | 'exchangeIndex'
  | 'leftAtClose'
  | 'alignMinutes'
  | 'liquidity'
  | 'interest'
  | 'news'
  | 'surprises';

export function plan(given: Omit<SeriesPlan, Defaults> & Partial<Pick<SeriesPlan, Defaults>>): SeriesPlan {
  return {
    tags: [],
    grid: LINEAR_CENT,
    fees: PLAIN,
    exchangeIndex: 0,
    leftAtClose: 0.05,
    alignMinutes: HOUR,
    liquidity: 'plain',
    interest: 1,
    news: [],
    surprises: null,
    ...given,
  };
}

/** Few series are well known; interest falls with the rank, as 1/(1 + rank/2). */
export function interestAt(rank: number): number {
  return 1 / (1 + rank / 2);
}

export const nth = <T>(list: readonly T[], index: number): T => list[index % list.length]!;
export const code = (name: string): string =>
  name
    .replace(/[^A-Za-z]/g, '')
    .slice(0, 3)
    .toUpperCase();
export const entrants = (names: readonly string[]): [string, string][] => names.map((name) => [code(name), name]);
