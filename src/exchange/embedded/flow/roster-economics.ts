/** Series about interest rates, published figures and stock indices. */
import { field, ladder } from './event-drafts.ts';
import { DAY, HALF, HOUR, interestAt, plan, type SeriesFamily, WITH_MAKER_FEES } from './series-plan.ts';

const BANKS = ['', 'North', 'Island', 'Coast', 'Alpine', 'Delta'];

/** The first bank is the one of which everybody speaks. */
export const RATES: SeriesFamily = BANKS.map((bank, rank) =>
  plan({
    ticker: `KXRATEMOVE${bank.toUpperCase()}`,
    title: bank === '' ? 'Central bank decision' : `Central bank decision, ${bank}`,
    category: 'Economics',
    frequency: 'monthly',
    fees: WITH_MAKER_FEES,
    characters: ['efficient', 'meanReverting', 'efficient', 'meanReverting', 'dead'],
    interest: interestAt(rank),
    news: [
      { what: 'The minutes of the last meeting are published', beforeCloseMinutes: 6 * DAY, share: 0.15 },
      { what: 'The statement is published', beforeCloseMinutes: 20, share: 0.9 },
    ],
    volume24hContracts: 120_000,
    lifeMinutes: 30 * DAY,
    firstCloseMinutes: [9 * DAY, 20 * DAY],
    leftAtClose: 0.2,
    draft: (random) =>
      field(
        random,
        bank === '' ? 'What does the central bank decide?' : `What does the central bank of ${bank} decide?`,
        [
          ['HOLD', 'No change'],
          ['C25', 'Cut of 25 bp'],
          ['H25', 'Hike of 25 bp'],
          ['C50', 'Cut of more than 25 bp'],
          ['H50', 'Hike of more than 25 bp'],
        ],
      ),
  }),
);

const MEASURES = [
  { code: 'PRICES', name: 'Consumer prices, yearly change', expected: 2.9, deviation: 0.17, step: 0.1, unit: '%' },
  { code: 'CORE', name: 'Core consumer prices, yearly change', expected: 3.1, deviation: 0.15, step: 0.1, unit: '%' },
  { code: 'IDLE', name: 'Unemployment', expected: 4.3, deviation: 0.12, step: 0.1, unit: '%' },
  { code: 'JOBS', name: 'New jobs of the month, thousands', expected: 90, deviation: 60, step: 25, unit: '' },
  { code: 'OUTPUT', name: 'Growth of the quarter, yearly rate', expected: 2.2, deviation: 0.8, step: 0.5, unit: '%' },
];

export const PRICES: SeriesFamily = MEASURES.map(({ code, name, ...draft }, rank) =>
  plan({
    ticker: `KX${code}`,
    title: name,
    category: 'Economics',
    frequency: 'monthly',
    characters: ['meanReverting', 'efficient', 'meanReverting', 'dead'],
    interest: interestAt(rank),
    news: [{ what: 'The figure is published', beforeCloseMinutes: 15, share: 0.95 }],
    volume24hContracts: 35_000,
    lifeMinutes: 30 * DAY,
    firstCloseMinutes: [6 * DAY, 25 * DAY],
    leftAtClose: 0.4,
    draft: (random) => ladder(random, { title: `${name}?`, count: 5, ...draft }),
  }),
);

const INDICES = [
  { code: 'INDEXHALF', name: 'Stock index', expected: 6_400, deviation: 62, step: 40 },
  { code: 'TECHIDX', name: 'Technology index', expected: 23_000, deviation: 320, step: 200 },
  { code: 'SMALLIDX', name: 'Small companies index', expected: 2_300, deviation: 30, step: 20 },
];

export const INDEX: SeriesFamily = INDICES.map(({ code, name, ...draft }, rank) =>
  plan({
    ticker: `KX${code}`,
    title: `${name} at the end of the day`,
    category: 'Financials',
    frequency: 'daily',
    fees: HALF,
    characters: ['efficient', 'meanReverting'],
    interest: interestAt(rank),
    news: [
      { what: 'The exchange opens', beforeCloseMinutes: 24 * HOUR + 390, share: 0.1 },
      { what: 'The exchange opens', beforeCloseMinutes: 390, share: 0.15 },
    ],
    volume24hContracts: 80_000,
    lifeMinutes: 3 * DAY,
    firstCloseMinutes: [26 * HOUR, 60 * HOUR],
    draft: (random) => ladder(random, { title: `${name} at the close?`, unit: '', count: 4, ...draft }),
  }),
);
