/** Series about the weather of cities. */
import { brackets, question } from './event-drafts.ts';
import { DECI_CENT } from './price-grids.ts';
import { DAY, HOUR, interestAt, type PlannedNews, plan, type SeriesFamily } from './series-plan.ts';

const CITIES = [
  { code: '', name: 'New York', expected: 58 },
  { code: 'CHI', name: 'Chicago', expected: 54 },
  { code: 'MIA', name: 'Miami', expected: 84 },
  { code: 'AUS', name: 'Austin', expected: 79 },
  { code: 'DEN', name: 'Denver', expected: 60 },
  { code: 'SEA', name: 'Seattle', expected: 57 },
  { code: 'BOS', name: 'Boston', expected: 55 },
  { code: 'PHX', name: 'Phoenix', expected: 96 },
  { code: 'LAX', name: 'Los Angeles', expected: 72 },
  { code: 'ATL', name: 'Atlanta', expected: 74 },
  { code: 'DCA', name: 'Washington', expected: 66 },
  { code: 'DAL', name: 'Dallas', expected: 80 },
];

/** Stations report by the hour; what they say while the day warms up is what there is to know. */
const REPORTS: readonly PlannedNews[] = Array.from({ length: 47 }, (_, index) => ({
  what: 'The station reports',
  beforeCloseMinutes: (47 - index) * HOUR - 9,
  share: 0.03,
}));

export const TEMPERATURES: SeriesFamily = CITIES.map(({ code, name, expected }, rank) =>
  plan({
    ticker: `KXHITEMP${code}`,
    title: `Highest temperature of the day, ${name}`,
    category: 'Climate and Weather',
    frequency: 'daily',
    characters: ['meanReverting', 'trending', 'meanReverting', 'meanReverting', 'dead'],
    liquidity: 'weather',
    interest: interestAt(rank / 4),
    news: REPORTS,
    surprises: { perHour: 1, share: [0.02, 0.08] },
    volume24hContracts: 14_000,
    lifeMinutes: 2 * DAY,
    firstCloseMinutes: [30 * HOUR, 46 * HOUR],
    draft: (random) =>
      brackets(random, {
        title: `Highest temperature in ${name}?`,
        unit: '°',
        expected,
        deviation: 3.5,
        step: 2,
        count: 5,
      }),
  }),
);

export const RAIN: SeriesFamily = CITIES.map(({ code, name }, rank) =>
  plan({
    ticker: `KXRAINDAY${code}`,
    title: `Rain tomorrow, ${name}`,
    category: 'Climate and Weather',
    frequency: 'daily',
    grid: DECI_CENT,
    characters: ['meanReverting', 'trending'],
    liquidity: 'weather',
    interest: interestAt(rank / 4),
    volume24hContracts: 8_000,
    lifeMinutes: 2 * DAY,
    firstCloseMinutes: [25 * HOUR, 40 * HOUR],
    draft: (random) => question(random, `Rain in ${name}?`, [0.25, 0.75]),
  }),
);
