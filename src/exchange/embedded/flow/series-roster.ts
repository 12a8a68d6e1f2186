/** The series of the synthetic world, of our own making, in the order in which a world takes them. */
import { HOURS, QUARTER_HOURS, WEEKS } from './roster-crypto.ts';
import { APPROVALS, OPENINGS, SONGS, VOTES } from './roster-culture.ts';
import { INDEX, PRICES, RATES } from './roster-economics.ts';
import { CLUBS, CUPS, HOOPS, SOCCER } from './roster-sports.ts';
import { RAIN, TEMPERATURES } from './roster-weather.ts';
import type { SeriesFamily } from './series-plan.ts';

/** Every category early, something that closes soon among them. */
export const ROSTER: readonly SeriesFamily[] = [
  QUARTER_HOURS,
  RATES,
  TEMPERATURES,
  HOOPS,
  SONGS,
  VOTES,
  HOURS,
  PRICES,
  WEEKS,
  CUPS,
  SOCCER,
  INDEX,
  APPROVALS,
  OPENINGS,
  RAIN,
  CLUBS,
];

/** Fills a world up to the wanted number of markets, one at a time. */
export const FILLERS: readonly SeriesFamily[] = [VOTES, RAIN];
