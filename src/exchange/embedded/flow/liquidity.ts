/**
 * Who trades in a class of synthetic markets: how often, how wide, how deep. The numbers are set so that the figures in the
 * comments come out again (`npm run calibrate` prints them side by side); they are frozen: a strategy is never judged in a
 * world that was tuned for it. A change makes another world of the same seed (`SYNTHETIC_WORLD`).
 */

export interface Liquidity {
  /** At even odds, 1/s: makers look at their quotes, somebody places or cancels a small order, takers come. */
  readonly makerRate: number;
  readonly fidgetRate: number;
  readonly takerRate: number;
  /** What makers want between fair value and their best quote; median over markets, and how these differ (of its logarithm). */
  readonly halfSpreadCents: number;
  readonly spreadSigma: number;
  /** Contracts at a level; median and spread of its logarithm. */
  readonly depthContracts: number;
  readonly depthSigma: number;
  readonly levels: number;
  /** What a level holds beside the one before it. */
  readonly further: number;
  /** Least distance between levels of makers, $0.0001: on fine grids they leave ticks out. */
  readonly levelStep: number;
  /** Small orders: median contracts; share of them that better the touch where there is room. */
  readonly fidgetContracts: number;
  readonly betterShare: number;
  /** A taker's order, median contracts and spread of its logarithm. */
  readonly tradeContracts: number;
  readonly tradeSigma: number;
  /** Of the noise of a market's character. */
  readonly noiseShare: number;
}

export type LiquidityName = 'busiest' | 'coin' | 'hourly' | 'weather' | 'game' | 'cup' | 'field' | 'plain';

export const LIQUIDITY: Readonly<Record<LiquidityName, Liquidity>> = {
  /**
   * A stream of 15-minute bitcoin markets, 19 runs of May 2026: spread 1–1–1–2¢ (quarters, 90 %), 100–470–1,130 contracts at the
   * touch, 5,400 over ten levels, 110 changes of the book a second, the touch moves 270 times a minute, trades in 57 of 60
   * seconds, 51,000 contracts a minute. Two thirds of the changes: one such market costs as much as all others of a small world.
   */
  busiest: {
    makerRate: 6,
    fidgetRate: 55,
    takerRate: 9,
    halfSpreadCents: 0.12,
    spreadSigma: 0.1,
    depthContracts: 300,
    depthSigma: 1.5,
    levels: 16,
    further: 0.94,
    levelStep: 50,
    fidgetContracts: 50,
    betterShare: 0.04,
    tradeContracts: 60,
    tradeSigma: 1.4,
    noiseShare: 1,
  },
  /** The touch of 15-minute markets of three smaller coins, August 2026: spread 1–1–2–3¢. Rates were not recorded: our choice. */
  coin: {
    makerRate: 2,
    fidgetRate: 8,
    takerRate: 1,
    halfSpreadCents: 0.25,
    spreadSigma: 0.5,
    depthContracts: 200,
    depthSigma: 1.3,
    levels: 12,
    further: 0.94,
    levelStep: 50,
    fidgetContracts: 20,
    betterShare: 0.04,
    tradeContracts: 25,
    tradeSigma: 1.3,
    noiseShare: 1,
  },
  /** Hourly brackets of two coins, July 2026: spread 3–4–6–7¢; they had traded 1,100 contracts at half time (median). */
  hourly: {
    makerRate: 1,
    fidgetRate: 1,
    takerRate: 0.15,
    halfSpreadCents: 1.8,
    spreadSigma: 0.4,
    depthContracts: 150,
    depthSigma: 1.3,
    levels: 10,
    further: 0.94,
    levelStep: 50,
    fidgetContracts: 10,
    betterShare: 0.04,
    tradeContracts: 10,
    tradeSigma: 1.2,
    noiseShare: 1,
  },
  /**
   * Moves of the touch of a city's daily temperature, 13 days of December 2025: spread 1–2–4–6¢, 6.3 moves a minute, 1-minute
   * changes 0–0.5–1¢ and 5.5¢ in a hundred; ladders of many cities, July 2026: 2–7–54 contracts at the touch, 350 over ten levels.
   */
  weather: {
    makerRate: 0.7,
    fidgetRate: 0.5,
    takerRate: 0.1,
    halfSpreadCents: 0.6,
    spreadSigma: 0.7,
    depthContracts: 2,
    depthSigma: 2.4,
    levels: 14,
    further: 1.12,
    levelStep: 100,
    fidgetContracts: 4,
    betterShare: 0.04,
    tradeContracts: 8,
    tradeSigma: 1.3,
    noiseShare: 0.5,
  },
  /** Ladders of games of many leagues, July 2026: spread 1–3–7¢, 156–690–1,900 contracts at the touch, 9,300 over ten levels. */
  game: {
    makerRate: 1.2,
    fidgetRate: 2,
    takerRate: 0.5,
    halfSpreadCents: 0.6,
    spreadSigma: 1.2,
    depthContracts: 600,
    depthSigma: 1.5,
    levels: 14,
    further: 0.94,
    levelStep: 100,
    fidgetContracts: 40,
    betterShare: 0.04,
    tradeContracts: 25,
    tradeSigma: 1.4,
    noiseShare: 1,
  },
  /**
   * The touch of a cup's winners while they play, July 2026, prices in 0.1¢: spread 0.1–0.1–0.2–0.4¢, 200–4,700–44,000 contracts
   * at the touch, 1-minute changes 0–0.05–0.1¢.
   */
  cup: {
    makerRate: 0.5,
    fidgetRate: 1,
    takerRate: 0.15,
    halfSpreadCents: 0.06,
    spreadSigma: 0.5,
    depthContracts: 2_500,
    depthSigma: 3.4,
    levels: 16,
    further: 0.94,
    levelStep: 10,
    fidgetContracts: 30,
    betterShare: 0.25,
    tradeContracts: 60,
    tradeSigma: 1.6,
    noiseShare: 0.1,
  },
  /** Five minutes of a stream of a field months away, July 2026: spread 1¢, 9,000–170,000 contracts at the touch, 3 changes a second. */
  field: {
    makerRate: 0.15,
    fidgetRate: 3,
    takerRate: 0.05,
    halfSpreadCents: 0.15,
    spreadSigma: 0.2,
    depthContracts: 18_000,
    depthSigma: 1.6,
    levels: 14,
    further: 0.94,
    levelStep: 100,
    fidgetContracts: 1,
    betterShare: 0.04,
    tradeContracts: 40,
    tradeSigma: 1.5,
    noiseShare: 0.2,
  },
  /** Economics, politics, entertainment: no recording; between weather and games, our choice. */
  plain: {
    makerRate: 0.6,
    fidgetRate: 0.5,
    takerRate: 0.2,
    halfSpreadCents: 0.9,
    spreadSigma: 0.5,
    depthContracts: 120,
    depthSigma: 1.4,
    levels: 10,
    further: 0.94,
    levelStep: 50,
    fidgetContracts: 10,
    betterShare: 0.04,
    tradeContracts: 15,
    tradeSigma: 1.2,
    noiseShare: 1,
  },
};
