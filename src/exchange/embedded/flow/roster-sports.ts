/** Series about games, cups and players of leagues of our own making. */
import { field } from './event-drafts.ts';
import { DECI_CENT } from './price-grids.ts';
import { DAY, entrants, interestAt, nth, plan, type SeriesFamily, WITH_MAKER_FEES } from './series-plan.ts';

const TEAMS = ['Harbor', 'Summit', 'Prairie', 'Canyon', 'Lakeside', 'Foundry', 'Delta', 'Granite', 'Orchard', 'Beacon'];
const pair = (turn: number): [string, string] => [nth(TEAMS, 2 * turn), nth(TEAMS, 2 * turn + 1)];

const LEAGUES = ['', 'North', 'South', 'East', 'West', 'Valley', 'Coastal', 'Junior'];

export const HOOPS: SeriesFamily = LEAGUES.map((league, rank) =>
  plan({
    ticker: `KXHOOPGAME${league.toUpperCase()}`,
    title: league === '' ? 'Basketball: winner' : `Basketball, ${league}: winner`,
    category: 'Sports',
    frequency: 'custom',
    exchangeIndex: 3,
    // Some leagues nobody follows.
    characters: [rank < 6 ? 'jumping' : 'dead'],
    liquidity: 'game',
    interest: interestAt(rank),
    news: [{ what: 'Second half', beforeCloseMinutes: 70, share: 0.1 }],
    volume24hContracts: 200_000,
    lifeMinutes: 150,
    alignMinutes: 5,
    firstCloseMinutes: [65, 90],
    draft: (random, turn) => field(random, `${pair(turn + rank).join(' at ')}: winner?`, entrants(pair(turn + rank))),
  }),
);

export const SOCCER: SeriesFamily = LEAGUES.map((league, rank) =>
  plan({
    ticker: `KXSOCMATCH${league.toUpperCase()}`,
    title: league === '' ? 'Football: result' : `Football, ${league}: result`,
    category: 'Sports',
    frequency: 'custom',
    exchangeIndex: 3,
    fees: WITH_MAKER_FEES,
    characters: rank < 6 ? ['jumping', 'jumping', 'trending'] : ['dead'],
    liquidity: 'game',
    interest: interestAt(rank),
    news: [{ what: 'Second half', beforeCloseMinutes: 50, share: 0.05 }],
    volume24hContracts: 150_000,
    lifeMinutes: 120,
    alignMinutes: 5,
    firstCloseMinutes: [30, 80],
    draft: (random, turn) => {
      const [home, away] = pair(turn + 2 + rank);
      return field(random, `${home} against ${away}: result?`, [...entrants([home, away]), ['TIE', 'Draw']]);
    },
  }),
);

export const CUPS: SeriesFamily = LEAGUES.map((league, rank) =>
  plan({
    ticker: `KXCUPWIN${league.toUpperCase()}`,
    title: league === '' ? 'Cup: winner' : `Cup, ${league}: winner`,
    category: 'Sports',
    frequency: 'annual',
    grid: DECI_CENT,
    characters: ['efficient', 'meanReverting', 'trending', 'meanReverting', 'dead'],
    liquidity: 'cup',
    interest: interestAt(rank),
    volume24hContracts: 70_000,
    lifeMinutes: 45 * DAY,
    firstCloseMinutes: [5 * DAY, 30 * DAY],
    draft: (random) => field(random, 'Who wins the cup?', entrants(TEAMS.slice(0, 6)), 0.05),
  }),
);

const PLAYERS = ['Marlow', 'Okafor', 'Lindqvist', 'Tanaka', 'Ferreira', 'Novak'];

export const CLUBS: SeriesFamily = PLAYERS.map((player, rank) =>
  plan({
    ticker: `KXNEXTCLUB${rank === 0 ? '' : player.toUpperCase()}`,
    title: `${player}: next club`,
    category: 'Sports',
    frequency: 'custom',
    characters: ['efficient', 'efficient', 'meanReverting', 'efficient', 'dead'],
    liquidity: 'field',
    interest: interestAt(rank),
    volume24hContracts: 40_000,
    lifeMinutes: 90 * DAY,
    firstCloseMinutes: [30 * DAY, 80 * DAY],
    draft: (random) => field(random, `Where does ${player} play next?`, entrants(TEAMS.slice(2, 7)), 0.1),
  }),
);
