/** Classes of markets: which series of the synthetic world belong to each, and which recordings show the like of it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FigureName, Figures } from './figures.ts';
import {
  filesUnder,
  ofLadders,
  ofStream,
  ofTouches,
  ofTouchTable,
  readDollarTouch,
  readOutcomes,
  readTouch,
} from './recorded.ts';

export interface MarketClass {
  readonly name: string;
  readonly series: RegExp;
  /** Later ones add what the earlier do not tell. */
  readonly recordings: readonly RecordedSource[];
  /** A simulated figure may be this many times the recorded one, or that part of it; see `isWithin`. */
  readonly within: number;
  /** One tick more or less is no difference: prices are discrete, and so are their spreads and moves. */
  readonly tickCents?: number;
  /** Where the world is known to differ, and why: figures that are shown and not judged. */
  readonly apart?: Readonly<Partial<Record<FigureName, string>>>;
}

export interface RecordedSource {
  readonly folder: string;
  /** What was recorded, for the table. */
  readonly what: string;
  readonly read: (folder: string) => Promise<Figures>;
}

const SECOND_MS = 1_000;

export const CLASSES: readonly MarketClass[] = [
  {
    name: 'crypto, a quarter of an hour, the busiest',
    series: /^KXBTCQH$/,
    within: 2,
    recordings: [
      {
        folder: 'bitcoin-15min-stream/clean',
        what: 'a stream of 15-minute bitcoin markets',
        read: (folder) => ofStream(filesUnder(folder, '.jsonl.zst'), true),
      },
    ],
  },
  {
    name: 'crypto, a quarter of an hour, others',
    series: /^KX(?!BTC)[A-Z]+QH$/,
    within: 2,
    recordings: [
      {
        folder: 'crypto-15min-touch',
        what: 'the touch of 15-minute markets of three smaller coins',
        read: async (folder) => {
          const files = ['KXBNB15M', 'KXETH15M', 'KXSOL15M'].map((name) =>
            join(folder, name, 'raw_snapshots.jsonl.zst'),
          );
          const { spread25, spread50, spread75, spread90 } = await ofTouches(files, SECOND_MS, readDollarTouch);
          // The recorder repeats a stale touch for half a minute at a time: moves and rates are not the market's.
          return { spread25: spread25!, spread50: spread50!, spread75: spread75!, spread90: spread90! };
        },
      },
    ],
  },
  {
    name: 'crypto, strikes by the hour',
    series: /^KX[A-Z]+HR$/,
    within: 2,
    recordings: [
      {
        folder: 'rest-captures-2026-07/crypto_hourly',
        what: 'hourly brackets, asked for twice an hour',
        read: async (folder) => {
          const { move50, move75, move90, move99, ...still } = await ofTouches(
            filesUnder(folder, '.zst'),
            60_000,
            readOutcomes,
          );
          return still;
        },
      },
    ],
  },
  {
    name: 'weather, brackets of a day',
    series: /^KXHITEMP/,
    within: 2,
    recordings: [
      {
        folder: 'nyc-temperature-touch',
        what: "every move of the touch of a city's daily temperature",
        read: (folder) => ofTouchTable(filesUnder(folder, '.csv.zst')),
      },
      {
        folder: 'rest-captures-2026-07/weather_books',
        what: 'ladders of temperatures of many cities',
        read: (folder) => ofLadders(filesUnder(folder, '.jsonl.zst')),
      },
    ],
  },
  {
    name: 'sports, games',
    series: /^KX(HOOPGAME|SOCMATCH)/,
    within: 2,
    apart: { spread90: 'recorded are games of a week ahead too, which nobody quotes yet; ours are being played' },
    recordings: [
      {
        folder: 'rest-captures-2026-07/orderbook_depth',
        what: 'ladders of games of many leagues',
        read: (folder) => ofLadders(filesUnder(folder, '.jsonl.zst')),
      },
    ],
  },
  {
    name: 'sports, the winner of a cup',
    series: /^KXCUPWIN/,
    // Two markets on two evenings: more cannot be said.
    within: 3,
    tickCents: 0.1,
    recordings: [
      {
        folder: 'world-cup-touch',
        what: 'the touch of two winners while they play',
        read: (folder) => ofTouches(filesUnder(folder, '.jsonl.zst'), 5 * SECOND_MS, readTouch),
      },
    ],
  },
  {
    name: 'a field that is months away',
    series: /^KXNEXTCLUB/,
    within: 2,
    recordings: [
      {
        folder: 'five-markets-stream',
        what: 'five minutes of a stream of three such markets',
        read: (folder) => ofStream([join(folder, 'session.jsonl')], false),
      },
    ],
  },
];

/** What there is of a class; null where nothing of it is there. */
export async function recordedFigures(kind: MarketClass, root: string): Promise<Figures | null> {
  let found: Figures | null = null;
  for (const { folder, read } of kind.recordings) {
    const path = join(root, folder);
    if (existsSync(path)) found = { ...(await read(path)), ...(found ?? {}) };
  }
  return found;
}

/** A move of the middle is made of half ticks; a touch that hardly moves has not been seen long enough to say more. */
const TICKS: Readonly<Partial<Record<FigureName, number>>> = {
  spread25: 1,
  spread50: 1,
  spread75: 1,
  spread90: 1,
  move50: 0.5,
  move75: 0.5,
  move90: 0.5,
  move99: 0.5,
  touchMoves: 0.5,
};

/** Whether a simulated figure lies within its class's band around the recorded one. */
export function isWithin(kind: MarketClass, name: FigureName, simulated: number, recorded: number): boolean {
  const tick = (TICKS[name] ?? 0) * (kind.tickCents ?? 1);
  if (Math.abs(simulated - recorded) <= tick + 1e-9) return true;
  return simulated <= recorded * kind.within && simulated >= recorded / kind.within;
}
