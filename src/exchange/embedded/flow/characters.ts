/** How a synthetic market behaves: who trades in it, and how its price strays from the truth. */
export interface Character {
  /** How often makers look at their quotes, 1/s, and takers come, 1/s. */
  readonly makerRate: number;
  readonly takerRate: number;
  /** What makers want between fair value and their best quote. */
  readonly halfSpreadCents: number;
  /** Contracts at the touch, and in a taker's order; medians. */
  readonly depthContracts: number;
  readonly tradeContracts: number;
  readonly levels: number;
  /** Noise that comes and goes: its standard deviation, and the time in which it fades. */
  readonly noiseCents: number;
  readonly noiseSeconds: number;
  /** How slowly the price follows the truth; 0: at once. */
  readonly lagSeconds: number;
  readonly jumpsPerHour: number;
  readonly jumpShare: readonly [min: number, max: number];
}

export type CharacterName = 'efficient' | 'meanReverting' | 'trending' | 'jumping' | 'dead';

export const CHARACTERS: Readonly<Record<CharacterName, Character>> = {
  efficient: {
    makerRate: 1.5,
    takerRate: 0.4,
    halfSpreadCents: 0.35,
    depthContracts: 250,
    tradeContracts: 20,
    levels: 8,
    noiseCents: 0.3,
    noiseSeconds: 20,
    lagSeconds: 0,
    jumpsPerHour: 0,
    jumpShare: [0, 0],
  },
  meanReverting: {
    makerRate: 0.9,
    takerRate: 0.35,
    halfSpreadCents: 1,
    depthContracts: 140,
    tradeContracts: 18,
    levels: 8,
    noiseCents: 0.9,
    noiseSeconds: 40,
    lagSeconds: 0,
    jumpsPerHour: 0,
    jumpShare: [0, 0],
  },
  trending: {
    makerRate: 0.8,
    takerRate: 0.25,
    halfSpreadCents: 1,
    depthContracts: 120,
    tradeContracts: 15,
    levels: 7,
    noiseCents: 0.3,
    noiseSeconds: 20,
    lagSeconds: 120,
    jumpsPerHour: 2,
    jumpShare: [0.02, 0.1],
  },
  jumping: {
    makerRate: 2,
    takerRate: 0.6,
    halfSpreadCents: 0.7,
    depthContracts: 180,
    tradeContracts: 20,
    levels: 8,
    noiseCents: 0.5,
    noiseSeconds: 15,
    lagSeconds: 0,
    jumpsPerHour: 8,
    jumpShare: [0.03, 0.2],
  },
  dead: {
    makerRate: 0.015,
    takerRate: 0.001,
    halfSpreadCents: 4,
    depthContracts: 60,
    tradeContracts: 8,
    levels: 3,
    noiseCents: 0.5,
    noiseSeconds: 900,
    lagSeconds: 0,
    jumpsPerHour: 0,
    jumpShare: [0, 0],
  },
};
