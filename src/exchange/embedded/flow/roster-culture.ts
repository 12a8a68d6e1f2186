/** Series about entertainment and politics. */
import { brackets, field, ladder, question } from './event-drafts.ts';
import { DAY, entrants, HOUR, interestAt, nth, plan, type SeriesFamily } from './series-plan.ts';

const COUNTRIES = ['', 'North', 'Island', 'Coast', 'Alpine', 'Delta'];
const named = (title: string, country: string): string => (country === '' ? title : `${title}, ${country}`);

export const SONGS: SeriesFamily = COUNTRIES.map((country, rank) =>
  plan({
    ticker: `KXTOPSONG${country.toUpperCase()}`,
    title: named('Song at number one', country),
    category: 'Entertainment',
    frequency: 'weekly',
    characters: ['meanReverting', 'trending', 'dead', 'meanReverting'],
    interest: interestAt(rank),
    news: [{ what: 'Half of the week is counted', beforeCloseMinutes: 3 * DAY, share: 0.3 }],
    volume24hContracts: 11_000,
    lifeMinutes: 7 * DAY,
    firstCloseMinutes: [3 * DAY, 6 * DAY],
    draft: (random) =>
      field(
        random,
        `${named('Which song is number one this week', country)}?`,
        entrants(['Amber Rooms', 'Last Train Slow', 'Paper Moons', 'Quiet Weather']),
        0.08,
      ),
  }),
);

const FILMS = ['', 'Lantern', 'Meridian', 'Saltwater', 'Overture'];

export const OPENINGS: SeriesFamily = FILMS.map((film, rank) =>
  plan({
    ticker: `KXFILMOPEN${film.toUpperCase()}`,
    title: film === '' ? 'Opening weekend' : `Opening weekend of ${film}`,
    category: 'Entertainment',
    frequency: 'weekly',
    characters: ['meanReverting', 'trending'],
    interest: interestAt(rank),
    news: [{ what: 'The first day is counted', beforeCloseMinutes: 2 * DAY, share: 0.6 }],
    volume24hContracts: 9_000,
    lifeMinutes: 10 * DAY,
    firstCloseMinutes: [3 * DAY, 9 * DAY],
    ...(rank === 0 ? { isNewborn: true as const } : {}),
    draft: (random) =>
      ladder(random, {
        title: film === '' ? 'Opening weekend, million dollars?' : `${film}, opening weekend, million dollars?`,
        unit: 'M',
        expected: 60 - 6 * rank,
        deviation: 9,
        step: 5,
        count: 4,
      }),
  }),
);

const BILLS = ['budget', 'harbor', 'broadband', 'housing', 'rail'];

export const VOTES: SeriesFamily = COUNTRIES.map((country, rank) =>
  plan({
    ticker: `KXBILLVOTE${country.toUpperCase()}`,
    title: named('Vote on a bill', country),
    category: 'Politics',
    frequency: 'custom',
    characters: ['meanReverting', 'trending', 'efficient'],
    interest: interestAt(rank),
    news: [{ what: 'The committee reports', beforeCloseMinutes: 2 * DAY, share: 0.3 }],
    volume24hContracts: 24_000,
    lifeMinutes: 20 * DAY,
    firstCloseMinutes: [4 * DAY, 16 * DAY],
    draft: (random, turn) => question(random, `Does the ${nth(BILLS, turn + rank)} bill pass?`, [0.3, 0.7]),
  }),
);

export const APPROVALS: SeriesFamily = COUNTRIES.map((country, rank) =>
  plan({
    ticker: `KXAPPROVAL${country.toUpperCase()}`,
    title: named('Approval rating', country),
    category: 'Politics',
    frequency: 'weekly',
    characters: ['meanReverting', 'meanReverting', 'trending', 'dead'],
    interest: interestAt(rank),
    // A poll each morning.
    news: Array.from({ length: 6 }, (_, index) => ({
      what: 'A poll is published',
      beforeCloseMinutes: (6 - index) * DAY - 10 * HOUR,
      share: 0.08,
    })),
    volume24hContracts: 18_000,
    lifeMinutes: 7 * DAY,
    firstCloseMinutes: [2 * DAY, 6 * DAY],
    draft: (random) =>
      brackets(random, {
        title: `${named('Approval rating at the end of the week', country)}?`,
        unit: '%',
        expected: 44 - 2 * rank,
        deviation: 0.9,
        step: 0.5,
        count: 5,
      }),
  }),
);
