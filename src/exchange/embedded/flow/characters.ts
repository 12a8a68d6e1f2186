/** How a synthetic market behaves: how its price strays from the truth, and how the truth comes out. */
export interface Character {
  /** Of everybody's rates, and of the spread, of its class of markets. */
  readonly pace: number;
  readonly spread: number;
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
    pace: 1.2,
    spread: 0.7,
    noiseCents: 0.2,
    noiseSeconds: 20,
    lagSeconds: 0,
    jumpsPerHour: 0,
    jumpShare: [0, 0],
  },
  meanReverting: {
    pace: 1,
    spread: 1,
    noiseCents: 0.9,
    noiseSeconds: 40,
    lagSeconds: 0,
    jumpsPerHour: 0,
    jumpShare: [0, 0],
  },
  trending: {
    pace: 0.8,
    spread: 1,
    noiseCents: 0.3,
    noiseSeconds: 20,
    lagSeconds: 120,
    jumpsPerHour: 2,
    jumpShare: [0.02, 0.1],
  },
  jumping: {
    pace: 1,
    spread: 1,
    noiseCents: 0.5,
    noiseSeconds: 15,
    lagSeconds: 0,
    jumpsPerHour: 8,
    jumpShare: [0.03, 0.2],
  },
  dead: {
    pace: 0.01,
    spread: 5,
    noiseCents: 0.5,
    noiseSeconds: 900,
    lagSeconds: 0,
    jumpsPerHour: 0,
    jumpShare: [0, 0],
  },
};
