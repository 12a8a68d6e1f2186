/**
 * Which of the accepted markets to quote first. A first form of the score: 24 h volume for, spread against, each scaled
 * to 0 … 1 over the candidates. Weights as in the full score, of which depth, last hour and time are still missing.
 */
import type { Market } from '../domain/market.ts';
import { DOLLAR, toCents, toContracts } from '../domain/units.ts';

const WEIGHT_OF_VOLUME = 0.3;
const WEIGHT_OF_SPREAD = -0.15;

export interface Ranked {
  readonly market: Market;
  readonly score: number;
  /** What the score was made from. */
  readonly volume24hContracts: number;
  readonly spreadCents: number;
}

/** Best first with scores; equal ones in the order of their tickers, so that the same candidates always rank the same. */
export function score(accepted: readonly Market[]): Ranked[] {
  const volumes = accepted.map((market) => toContracts(market.volume24h));
  const spreads = accepted.map(spreadOf);
  const scaledVolume = scale(volumes);
  const scaledSpread = scale(spreads);
  return accepted
    .map((market, index) => ({
      market,
      score: WEIGHT_OF_VOLUME * scaledVolume(volumes[index]!) + WEIGHT_OF_SPREAD * scaledSpread(spreads[index]!),
      volume24hContracts: volumes[index]!,
      spreadCents: spreads[index]!,
    }))
    .sort((a, b) => b.score - a.score || (a.market.ticker < b.market.ticker ? -1 : 1));
}

/** ¢; a market with an empty side counts as the widest there is. */
function spreadOf(market: Market): number {
  if (market.bid === null || market.ask === null) return toCents(DOLLAR);
  return toCents(market.ask) - toCents(market.bid);
}

/** Min-max over the candidates; all equal: nothing to tell them apart by, 0. */
function scale(values: readonly number[]): (value: number) => number {
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const range = max - min;
  return (value) => (range > 0 ? (value - min) / range : 0);
}
