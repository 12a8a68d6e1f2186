/** The series of the synthetic world, of our own making: what they ask, how they trade, how often they come. */
import type { FeeSchedule } from '../../../domain/market.ts';
import type { Random } from '../../../domain/random.ts';
import type { CharacterName } from './characters.ts';
import { brackets, type EventDraft, field, ladder, question } from './event-drafts.ts';
import { DECI_CENT, LINEAR_CENT, type NamedGrid, TAPERED_DECI_CENT } from './price-grids.ts';

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

const PLAIN: FeeSchedule = { type: 'quadratic', multiplierMillionths: 1_000_000 };
const WITH_MAKER_FEES: FeeSchedule = { type: 'quadratic_with_maker_fees', multiplierMillionths: 1_000_000 };
const HALF: FeeSchedule = { type: 'quadratic', multiplierMillionths: 500_000 };

const HOUR = 60;
const DAY = 24 * HOUR;

const CITIES = ['New York', 'Chicago', 'Miami', 'Austin', 'Denver', 'Seattle', 'Boston', 'Phoenix'];
const TEAMS = ['Harbor', 'Summit', 'Prairie', 'Canyon', 'Lakeside', 'Foundry', 'Delta', 'Granite', 'Orchard', 'Beacon'];
const code = (name: string): string => name.slice(0, 3).toUpperCase();
const nth = <T>(list: readonly T[], index: number): T => list[index % list.length]!;
const pair = (turn: number): [string, string] => [nth(TEAMS, 2 * turn), nth(TEAMS, 2 * turn + 1)];
const entrants = (names: readonly string[]): [string, string][] => names.map((name) => [code(name), name]);

type Defaults = 'tags' | 'grid' | 'fees' | 'exchangeIndex' | 'leftAtClose' | 'alignMinutes';
function plan(given: Omit<SeriesPlan, Defaults> & Partial<Pick<SeriesPlan, Defaults>>): SeriesPlan {
  return {
    tags: [],
    grid: LINEAR_CENT,
    fees: PLAIN,
    exchangeIndex: 0,
    leftAtClose: 0.05,
    alignMinutes: HOUR,
    ...given,
  };
}

/** In the order in which a small world takes them: every category early, something that closes soon among them. */
export const ROSTER: readonly SeriesPlan[] = [
  plan({
    ticker: 'KXBTCQH',
    title: 'Bitcoin up or down, quarter-hourly',
    category: 'Crypto',
    frequency: 'fifteen_min',
    grid: TAPERED_DECI_CENT,
    exchangeIndex: 2,
    characters: ['jumping'],
    volume24hContracts: 90_000,
    lifeMinutes: 15,
    alignMinutes: 15,
    firstCloseMinutes: [10, 25],
    leftAtClose: 0.02,
    draft: (random) => question(random, 'Bitcoin up over the next 15 minutes?', [0.4, 0.6], ['Up', 'Down']),
  }),
  plan({
    ticker: 'KXRATEMOVE',
    title: 'Central bank decision',
    category: 'Economics',
    frequency: 'monthly',
    fees: WITH_MAKER_FEES,
    characters: ['efficient', 'meanReverting', 'efficient', 'meanReverting', 'dead'],
    volume24hContracts: 120_000,
    lifeMinutes: 30 * DAY,
    firstCloseMinutes: [9 * DAY, 20 * DAY],
    leftAtClose: 0.2,
    draft: (random) =>
      field(random, 'What does the central bank decide?', [
        ['HOLD', 'No change'],
        ['C25', 'Cut of 25 bp'],
        ['H25', 'Hike of 25 bp'],
        ['C50', 'Cut of more than 25 bp'],
        ['H50', 'Hike of more than 25 bp'],
      ]),
  }),
  plan({
    ticker: 'KXHITEMP',
    title: 'Highest temperature of the day',
    category: 'Climate and Weather',
    frequency: 'daily',
    characters: ['meanReverting', 'trending', 'meanReverting', 'meanReverting', 'dead'],
    volume24hContracts: 14_000,
    lifeMinutes: 2 * DAY,
    firstCloseMinutes: [30 * HOUR, 46 * HOUR],
    draft: (random, turn) =>
      brackets(random, {
        title: `Highest temperature in ${nth(CITIES, turn)}?`,
        unit: '°',
        expected: 58 + 4 * (turn % 5),
        deviation: 3.5,
        step: 2,
        count: 5,
      }),
  }),
  plan({
    ticker: 'KXHOOPGAME',
    title: 'Basketball: winner',
    category: 'Sports',
    frequency: 'custom',
    exchangeIndex: 3,
    characters: ['jumping'],
    volume24hContracts: 200_000,
    lifeMinutes: 150,
    alignMinutes: 5,
    firstCloseMinutes: [65, 90],
    draft: (random, turn) => field(random, `${pair(turn).join(' at ')}: winner?`, entrants(pair(turn))),
  }),
  plan({
    ticker: 'KXTOPSONG',
    title: 'Song at number one',
    category: 'Entertainment',
    frequency: 'weekly',
    characters: ['meanReverting', 'trending', 'dead', 'meanReverting'],
    volume24hContracts: 11_000,
    lifeMinutes: 7 * DAY,
    firstCloseMinutes: [3 * DAY, 6 * DAY],
    draft: (random) =>
      field(
        random,
        'Which song is number one this week?',
        entrants(['Amber Rooms', 'Last Train Slow', 'Paper Moons', 'Quiet Weather']),
        0.08,
      ),
  }),
  plan({
    ticker: 'KXBILLVOTE',
    title: 'Vote on a bill',
    category: 'Politics',
    frequency: 'custom',
    characters: ['meanReverting', 'trending', 'efficient'],
    volume24hContracts: 24_000,
    lifeMinutes: 20 * DAY,
    firstCloseMinutes: [4 * DAY, 16 * DAY],
    draft: (random, turn) =>
      question(
        random,
        `Does the ${nth(['budget', 'harbor', 'broadband', 'housing', 'rail'], turn)} bill pass?`,
        [0.3, 0.7],
      ),
  }),
  plan({
    ticker: 'KXBTCHR',
    title: 'Bitcoin price, hourly',
    category: 'Crypto',
    frequency: 'hourly',
    exchangeIndex: 2,
    characters: ['efficient', 'jumping'],
    volume24hContracts: 30_000,
    lifeMinutes: HOUR,
    firstCloseMinutes: [5, 30],
    leftAtClose: 0.02,
    draft: (random) =>
      ladder(random, {
        title: 'Bitcoin price at the end of the hour?',
        unit: '$',
        expected: 96_000,
        deviation: 420,
        step: 250,
        count: 5,
      }),
  }),
  plan({
    ticker: 'KXPRICES',
    title: 'Consumer prices, yearly change',
    category: 'Economics',
    frequency: 'monthly',
    characters: ['meanReverting', 'efficient', 'meanReverting', 'dead'],
    volume24hContracts: 35_000,
    lifeMinutes: 30 * DAY,
    firstCloseMinutes: [6 * DAY, 25 * DAY],
    leftAtClose: 0.4,
    draft: (random) =>
      ladder(random, {
        title: 'Consumer prices: change over the year?',
        unit: '%',
        expected: 2.9,
        deviation: 0.17,
        step: 0.1,
        count: 5,
      }),
  }),
  plan({
    ticker: 'KXBTCWEEK',
    title: 'Bitcoin price range at the end of the week',
    category: 'Crypto',
    frequency: 'weekly',
    exchangeIndex: 2,
    characters: ['meanReverting', 'efficient', 'trending'],
    volume24hContracts: 60_000,
    lifeMinutes: 7 * DAY,
    firstCloseMinutes: [2 * DAY, 6 * DAY],
    draft: (random) =>
      brackets(random, {
        title: 'Bitcoin price at the end of the week?',
        unit: '$',
        expected: 96_000,
        deviation: 3_800,
        step: 2_500,
        count: 5,
      }),
  }),
  plan({
    ticker: 'KXCUPWIN',
    title: 'Cup: winner',
    category: 'Sports',
    frequency: 'annual',
    grid: DECI_CENT,
    characters: ['efficient', 'meanReverting', 'trending', 'meanReverting', 'dead'],
    volume24hContracts: 70_000,
    lifeMinutes: 45 * DAY,
    firstCloseMinutes: [5 * DAY, 30 * DAY],
    draft: (random) => field(random, 'Who wins the cup?', entrants(TEAMS.slice(0, 6)), 0.05),
  }),
  plan({
    ticker: 'KXSOCMATCH',
    title: 'Football: result',
    category: 'Sports',
    frequency: 'custom',
    exchangeIndex: 3,
    fees: WITH_MAKER_FEES,
    characters: ['jumping', 'jumping', 'trending'],
    volume24hContracts: 150_000,
    lifeMinutes: 120,
    alignMinutes: 5,
    firstCloseMinutes: [30, 80],
    draft: (random, turn) => {
      const [home, away] = pair(turn + 2);
      return field(random, `${home} against ${away}: result?`, [...entrants([home, away]), ['TIE', 'Draw']]);
    },
  }),
  plan({
    ticker: 'KXINDEXHALF',
    title: 'Stock index at the end of the day',
    category: 'Financials',
    frequency: 'daily',
    fees: HALF,
    characters: ['efficient', 'meanReverting'],
    volume24hContracts: 80_000,
    lifeMinutes: 3 * DAY,
    firstCloseMinutes: [26 * HOUR, 60 * HOUR],
    draft: (random) =>
      ladder(random, {
        title: 'Stock index at the close?',
        unit: '',
        expected: 6_400,
        deviation: 62,
        step: 40,
        count: 4,
      }),
  }),
  plan({
    ticker: 'KXAPPROVAL',
    title: 'Approval rating',
    category: 'Politics',
    frequency: 'weekly',
    characters: ['meanReverting', 'meanReverting', 'trending', 'dead'],
    volume24hContracts: 18_000,
    lifeMinutes: 7 * DAY,
    firstCloseMinutes: [2 * DAY, 6 * DAY],
    draft: (random) =>
      brackets(random, {
        title: 'Approval rating at the end of the week?',
        unit: '%',
        expected: 44,
        deviation: 0.9,
        step: 0.5,
        count: 5,
      }),
  }),
  plan({
    ticker: 'KXFILMOPEN',
    title: 'Opening weekend',
    category: 'Entertainment',
    frequency: 'weekly',
    characters: ['meanReverting', 'trending'],
    volume24hContracts: 9_000,
    lifeMinutes: 10 * DAY,
    firstCloseMinutes: [3 * DAY, 9 * DAY],
    isNewborn: true,
    draft: (random) =>
      ladder(random, {
        title: 'Opening weekend, million dollars?',
        unit: 'M',
        expected: 60,
        deviation: 9,
        step: 5,
        count: 4,
      }),
  }),
  plan({
    ticker: 'KXRAINDAY',
    title: 'Rain tomorrow',
    category: 'Climate and Weather',
    frequency: 'daily',
    grid: DECI_CENT,
    characters: ['meanReverting', 'trending'],
    volume24hContracts: 8_000,
    lifeMinutes: 2 * DAY,
    firstCloseMinutes: [25 * HOUR, 40 * HOUR],
    draft: (random, turn) => question(random, `Rain in ${nth(CITIES, turn + 3)}?`, [0.25, 0.75]),
  }),
];

/** Fills a world up to the wanted number of markets, one at a time. */
export const FILLERS: readonly SeriesPlan[] = ROSTER.filter(({ ticker }) =>
  ['KXBILLVOTE', 'KXRAINDAY'].includes(ticker),
);
