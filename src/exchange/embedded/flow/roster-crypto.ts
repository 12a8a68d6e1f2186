/** Series about the prices of coins. The coins' own prices are of our making. */
import { brackets, ladder, rise } from './event-drafts.ts';
import { TAPERED_DECI_CENT } from './price-grids.ts';
import { DAY, HOUR, interestAt, plan, type SeriesFamily } from './series-plan.ts';

interface Coin {
  readonly code: string;
  readonly name: string;
  readonly price: number;
  /** Distance of hourly strikes, about 0.6 standard deviations of an hour. */
  readonly step: number;
}

const COINS: readonly Coin[] = [
  { code: 'BTC', name: 'Bitcoin', price: 96_000, step: 250 },
  { code: 'ETH', name: 'Ethereum', price: 3_400, step: 12 },
  { code: 'SOL', name: 'Solana', price: 180, step: 0.8 },
  { code: 'XRP', name: 'XRP', price: 2.4, step: 0.01 },
  { code: 'DOGE', name: 'Dogecoin', price: 0.18, step: 0.001 },
  { code: 'BNB', name: 'BNB', price: 640, step: 2.5 },
  { code: 'LTC', name: 'Litecoin', price: 110, step: 0.5 },
  { code: 'ADA', name: 'Cardano', price: 0.8, step: 0.004 },
];

export const QUARTER_HOURS: SeriesFamily = COINS.map(({ code, name, price, step }, rank) =>
  plan({
    ticker: `KX${code}QH`,
    title: `${name} up or down, quarter-hourly`,
    category: 'Crypto',
    frequency: 'fifteen_min',
    grid: TAPERED_DECI_CENT,
    exchangeIndex: 2,
    characters: ['jumping'],
    liquidity: rank === 0 ? 'busiest' : 'coin',
    interest: rank === 0 ? 1 : interestAt(rank - 1),
    volume24hContracts: 90_000,
    lifeMinutes: 15,
    alignMinutes: 15,
    firstCloseMinutes: [10, 25],
    leftAtClose: 0.02,
    draft: (random) =>
      rise(random, `${name} up over the next 15 minutes?`, { unit: '$', expected: price, deviation: 1.7 * step }),
  }),
);

export const HOURS: SeriesFamily = COINS.map(({ code, name, price, step }, rank) =>
  plan({
    ticker: `KX${code}HR`,
    title: `${name} price, hourly`,
    category: 'Crypto',
    frequency: 'hourly',
    exchangeIndex: 2,
    characters: ['efficient', 'jumping'],
    liquidity: 'hourly',
    interest: interestAt(rank),
    volume24hContracts: 30_000,
    lifeMinutes: HOUR,
    firstCloseMinutes: [5, 30],
    leftAtClose: 0.02,
    draft: (random) =>
      ladder(random, {
        title: `${name} price at the end of the hour?`,
        unit: '$',
        expected: price,
        deviation: 1.7 * step,
        step,
        count: 5,
      }),
  }),
);

export const WEEKS: SeriesFamily = COINS.map(({ code, name, price, step }, rank) =>
  plan({
    ticker: `KX${code}WEEK`,
    title: `${name} price range at the end of the week`,
    category: 'Crypto',
    frequency: 'weekly',
    exchangeIndex: 2,
    characters: ['meanReverting', 'efficient', 'trending'],
    interest: interestAt(rank),
    volume24hContracts: 60_000,
    lifeMinutes: 7 * DAY,
    firstCloseMinutes: [2 * DAY, 6 * DAY],
    draft: (random) =>
      brackets(random, {
        title: `${name} price at the end of the week?`,
        unit: '$',
        expected: price,
        deviation: 15 * step,
        step: 10 * step,
        count: 5,
      }),
  }),
);
