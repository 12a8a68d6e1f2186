/** What a recording does not say about its markets: a table by the beginning of the ticker, with a plain default. */
import { named, type SeriesTicker, type Ticker } from '../../../domain/ids.ts';
import type { FeeType, Market } from '../../../domain/market.ts';
import { type UnixMs, unixMs, ZERO_QUANTITY } from '../../../domain/units.ts';
import type { ListedEvent, ListedMarket, ListedSeries } from '../model.ts';
import { DECI_CENT, LINEAR_CENT, type NamedGrid, TAPERED_DECI_CENT } from './price-grids.ts';
import type { RecordedTicker } from './recorded-line.ts';

const MINUTE_MS = 60_000;

const GRIDS = { linear_cent: LINEAR_CENT, deci_cent: DECI_CENT, tapered_deci_cent: TAPERED_DECI_CENT } as const;
export type GridName = keyof typeof GRIDS;

/** What all markets of a series have in common. */
export interface SeriesFacts {
  readonly category: string;
  readonly title: string;
  /** As the venue names it: hourly, daily, fifteen_min, custom. */
  readonly frequency: string;
  /** How long one of its markets trades, where the recording does not say when it opened or closes. */
  readonly lifeMinutes: number;
  readonly grid: GridName;
  readonly feeType: FeeType;
  readonly feeMultiplier: number;
  /** The shard. */
  readonly exchangeIndex: number;
  /** At most one market of an event pays. */
  readonly mutuallyExclusive: boolean;
}

/** By the beginning of the ticker, the longest that fits; `default` where none does. */
export type SeriesTable = Readonly<Record<string, SeriesFacts>>;

export const PLAIN_SERIES: SeriesTable = {
  default: {
    category: 'Other',
    title: '',
    frequency: 'custom',
    lifeMinutes: 1_440,
    grid: 'linear_cent',
    feeType: 'quadratic',
    feeMultiplier: 1,
    exchangeIndex: 0,
    mutuallyExclusive: false,
  },
};

export interface Listing {
  readonly series: ListedSeries;
  readonly event: ListedEvent;
  readonly market: ListedMarket;
}

/** What a recording does say of a market that it announces. */
export interface Announced {
  readonly market: Ticker;
  /** Null where nobody says: a market's life from now. */
  readonly closeMs: UnixMs | null;
  readonly strike: number | null;
}

export function factsOf(table: SeriesTable, market: Ticker): SeriesFacts {
  let found = 'default';
  for (const prefix of Object.keys(table)) {
    if (market.startsWith(prefix) && (found === 'default' || prefix.length > found.length)) found = prefix;
  }
  return table[found] ?? PLAIN_SERIES.default!;
}

/**
 * A listing as of `now`. `first` is the market's first ticker in the recording, if one is in sight: what it had traded by
 * then stood before.
 */
export function listingOf(
  announced: Announced,
  facts: SeriesFacts,
  first: RecordedTicker | null,
  marketId: string,
  now: UnixMs,
): Listing {
  const seriesName: SeriesTicker = named(announced.market.split('-', 1)[0]!);
  const eventName = eventOf(announced.market);
  const lifeMs = facts.lifeMinutes * MINUTE_MS;
  const closeMs = announced.closeMs ?? unixMs(now + lifeMs);
  const openMs = unixMs(Math.min(closeMs - lifeMs, now));
  const strike = announced.strike === null ? '' : `$${announced.strike.toLocaleString('en-US')}`;
  const title = facts.title === '' ? seriesName : facts.title;
  const grid: NamedGrid = GRIDS[facts.grid];
  return {
    series: {
      ticker: seriesName,
      title,
      category: facts.category,
      frequency: facts.frequency,
      tags: [],
      fees: { type: facts.feeType, multiplierMillionths: Math.round(facts.feeMultiplier * 1_000_000) },
      exchangeIndex: facts.exchangeIndex,
    },
    event: {
      ticker: named(eventName),
      series: seriesName,
      title,
      subTitle: strike === '' ? '' : `Above ${strike}`,
      mutuallyExclusive: facts.mutuallyExclusive,
      feeOverride: null,
    },
    market: {
      ticker: announced.market,
      event: named(eventName),
      marketId,
      title,
      yesSubTitle: strike === '' ? 'Yes' : `${strike} or above`,
      noSubTitle: strike === '' ? 'No' : `Below ${strike}`,
      kind: 'binary',
      createdMs: openMs,
      openMs,
      closeMs,
      expectedExpirationMs: unixMs(closeMs + 5 * MINUTE_MS),
      settlementTimerSeconds: 1,
      gridLabel: grid.label,
      grid: grid.grid,
      exchangeIndex: facts.exchangeIndex,
      strikeType: announced.strike === null ? null : 'greater_or_equal',
      floorStrike: announced.strike,
      capStrike: null,
      rulesPrimary: 'Settles as the recorded market did.',
      volumeBefore: first?.volume ?? ZERO_QUANTITY,
      volume24hBefore: first?.volume ?? ZERO_QUANTITY,
      openInterestBefore: first?.openInterest ?? ZERO_QUANTITY,
    },
  };
}

/** A listing that was recorded whole: the table gives only what a catalogue's reader does not keep. */
export function recordedListing(listed: Market, facts: SeriesFacts, marketId: string): Listing {
  const known = Object.values(GRIDS).find(({ grid }) => JSON.stringify(grid) === JSON.stringify(listed.grid));
  return {
    series: {
      ticker: listed.series,
      title: listed.title,
      category: listed.category,
      frequency: facts.frequency,
      tags: [],
      fees: listed.fees,
      exchangeIndex: listed.exchangeIndex,
    },
    event: {
      ticker: listed.event,
      series: listed.series,
      title: listed.title,
      subTitle: '',
      mutuallyExclusive: listed.mutuallyExclusive,
      feeOverride: listed.fees,
    },
    market: {
      ticker: listed.ticker,
      event: listed.event,
      marketId,
      title: listed.title,
      yesSubTitle: 'Yes',
      noSubTitle: 'No',
      kind: listed.kind,
      createdMs: listed.createdMs,
      openMs: listed.openMs,
      closeMs: listed.closeMs,
      expectedExpirationMs: unixMs(listed.closeMs + 5 * MINUTE_MS),
      settlementTimerSeconds: 1,
      gridLabel: known?.label ?? 'custom',
      grid: listed.grid,
      exchangeIndex: listed.exchangeIndex,
      strikeType: null,
      floorStrike: null,
      capStrike: null,
      rulesPrimary: 'Settles as the recorded market did.',
      volumeBefore: listed.volume,
      volume24hBefore: listed.volume24h,
      openInterestBefore: listed.openInterest,
    },
  };
}

/** The ticker less its last part; a ticker of one or two parts is its own event. */
function eventOf(market: Ticker): string {
  const parts = market.split('-');
  return parts.length > 2 ? parts.slice(0, -1).join('-') : market;
}
