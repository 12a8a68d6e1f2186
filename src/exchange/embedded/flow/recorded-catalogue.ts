/** What a recording does not say about its markets: a table by the ticker's series, with a plain default. */
import { named, type Ticker } from '../../../domain/ids.ts';
import type { FeeSchedule } from '../../../domain/market.ts';
import { type UnixMs, unixMs, ZERO_QUANTITY } from '../../../domain/units.ts';
import type { ListedEvent, ListedMarket, ListedSeries } from '../model.ts';
import { LINEAR_CENT, type NamedGrid, TAPERED_DECI_CENT } from './price-grids.ts';
import type { RecordedTicker, RecordedWatch } from './recorded-line.ts';

interface SeriesFacts {
  readonly category: string;
  readonly title: string;
  readonly frequency: string;
  /** How long one of its markets trades. */
  readonly periodMs: number;
  readonly grid: NamedGrid;
  readonly fees: FeeSchedule;
  readonly exchangeIndex: number;
}

const MINUTE_MS = 60_000;
const QUADRATIC: FeeSchedule = { type: 'quadratic', multiplierMillionths: 1_000_000 };

function quarterHourly(coin: string): SeriesFacts {
  return {
    category: 'Crypto',
    title: `${coin} price up in the next 15 minutes?`,
    frequency: 'fifteen_min',
    periodMs: 15 * MINUTE_MS,
    grid: TAPERED_DECI_CENT,
    fees: QUADRATIC,
    exchangeIndex: 2,
  };
}

const BY_SERIES: ReadonlyMap<string, SeriesFacts> = new Map([
  ['KXBTC15M', quarterHourly('Bitcoin')],
  ['KXETH15M', quarterHourly('Ethereum')],
  ['KXSOL15M', quarterHourly('Solana')],
  ['KXBNB15M', quarterHourly('BNB')],
]);

const UNKNOWN_SERIES: SeriesFacts = {
  category: 'Other',
  title: '',
  frequency: 'custom',
  periodMs: 24 * 60 * MINUTE_MS,
  grid: LINEAR_CENT,
  fees: QUADRATIC,
  exchangeIndex: 0,
};

export interface RecordedListing {
  readonly series: ListedSeries;
  readonly event: ListedEvent;
  readonly market: ListedMarket;
}

/**
 * A listing for a watched market as of `now`. `first` is the market's first ticker in the recording, if one is in sight:
 * what it had traded by then stood before.
 */
export function listingOf(
  watch: RecordedWatch,
  first: RecordedTicker | null,
  marketId: string,
  now: UnixMs,
): RecordedListing {
  const seriesName = watch.market.split('-', 1)[0]!;
  const facts = BY_SERIES.get(seriesName) ?? { ...UNKNOWN_SERIES, title: seriesName };
  const eventName = eventOf(watch.market);
  const openMs = unixMs(Math.min(watch.closeMs - facts.periodMs, now));
  const strike = watch.strike === null ? '' : `$${watch.strike.toLocaleString('en-US')}`;
  return {
    series: {
      ticker: named(seriesName),
      title: facts.title,
      category: facts.category,
      frequency: facts.frequency,
      tags: [],
      fees: facts.fees,
      exchangeIndex: facts.exchangeIndex,
    },
    event: {
      ticker: named(eventName),
      series: named(seriesName),
      title: facts.title,
      subTitle: strike === '' ? '' : `Above ${strike}`,
      mutuallyExclusive: false,
      feeOverride: null,
    },
    market: {
      ticker: watch.market,
      event: named(eventName),
      marketId,
      title: facts.title,
      yesSubTitle: strike === '' ? 'Yes' : `${strike} or above`,
      noSubTitle: strike === '' ? 'No' : `Below ${strike}`,
      kind: 'binary',
      createdMs: openMs,
      openMs,
      closeMs: watch.closeMs,
      expectedExpirationMs: unixMs(watch.closeMs + 5 * MINUTE_MS),
      settlementTimerSeconds: 1,
      gridLabel: facts.grid.label,
      grid: facts.grid.grid,
      exchangeIndex: facts.exchangeIndex,
      strikeType: watch.strike === null ? null : 'greater_or_equal',
      floorStrike: watch.strike,
      capStrike: null,
      rulesPrimary: 'Settles as the recorded market did.',
      volumeBefore: first?.volume ?? ZERO_QUANTITY,
      volume24hBefore: first?.volume ?? ZERO_QUANTITY,
      openInterestBefore: first?.openInterest ?? ZERO_QUANTITY,
    },
  };
}

/** The ticker less its last part; a ticker of one or two parts is its own event. */
function eventOf(market: Ticker): string {
  const parts = market.split('-');
  return parts.length > 2 ? parts.slice(0, -1).join('-') : market;
}
