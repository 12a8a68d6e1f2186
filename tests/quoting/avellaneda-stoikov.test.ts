import { describe, expect, it } from 'vitest';
import { boundedVariance, optimalSpread, reservationPrice } from '../../src/quoting/avellaneda-stoikov.ts';

/** The paper's own market: s = 100, T = 1, σ = 2, k = 1.5, in its units. */
const PAPER = { midCents: 100, volatility: 2, fillDecay: 1.5, orderContracts: 1 };

/** The spread at t, and its mean over the day: the paper's tables print the mean. */
function spreadAt(riskAversion: number, remaining: number): number {
  return optimalSpread({ ...PAPER, riskAversion, varianceCents2: PAPER.volatility ** 2 * remaining });
}
function meanSpread(riskAversion: number): number {
  const steps = 200;
  let sum = 0;
  for (let step = 0; step < steps; step++) sum += spreadAt(riskAversion, 1 - (step + 0.5) / steps);
  return sum / steps;
}

describe("the paper's model", () => {
  it('has a spread of 1.2908 at the end of the day and of 1.6908 at its beginning with γ = 0.1', () => {
    expect(spreadAt(0.1, 0)).toBeCloseTo(20 * Math.log(1 + 0.1 / 1.5), 12);
    expect(spreadAt(0.1, 0)).toBeCloseTo(1.2908, 4);
    expect(spreadAt(0.1, 1)).toBeCloseTo(1.6908, 4);
  });

  it.each([
    [0.1, 1.4908],
    [0.01, 1.3489],
    [0.5, 2.1507],
  ])('has, with γ = %s, a mean spread over the day of %s', (riskAversion, expected) => {
    expect(meanSpread(riskAversion)).toBeCloseTo(expected, 4);
  });

  it('has a reservation price below the mid when long, above when short, by q·γ·σ²·τ', () => {
    const at = (inventoryContracts: number) =>
      reservationPrice({ midCents: 100, inventoryContracts, riskAversion: 0.1, varianceCents2: 4 * 0.5 });
    expect(at(0)).toBe(100);
    expect(at(3)).toBeCloseTo(100 - 3 * 0.1 * 4 * 0.5, 12);
    expect(at(-3)).toBeCloseTo(100 + 3 * 0.1 * 4 * 0.5, 12);
  });
});

describe('the model for orders of Δ contracts', () => {
  const input = { riskAversion: 0.05, fillDecay: 1, varianceCents2: 3 };

  it('is the paper’s with Δ = 1', () => {
    const expected = 0.05 * 3 + (2 / 0.05) * Math.log(1 + 0.05 / 1);
    expect(optimalSpread({ ...input, orderContracts: 1 })).toBeCloseTo(expected, 12);
  });

  it('has (1/(γΔ))·ln(1 + γΔ/k) from the intensity and Δ·γσ²τ/2 from inventory on each side', () => {
    const perSide = (1 / 0.15) * Math.log(1 + 0.15) + (0.15 * 3) / 2;
    expect(optimalSpread({ ...input, orderContracts: 3 })).toBeCloseTo(2 * perSide, 12);
  });

  it('agrees with indifference: selling Δ at the ask price without its intensity part leaves utility as it was', () => {
    // Exponential utility with q held to the end: −exp(−γx − γqs + γ²q²σ²τ/2); here by its exponent.
    const { riskAversion: γ, varianceCents2: v } = input;
    const exponent = (cash: number, q: number) => -γ * cash - γ * q * 50 + (γ * γ * q * q * v) / 2;
    const q = 4;
    const Δ = 3;
    const r = reservationPrice({ midCents: 50, inventoryContracts: q, riskAversion: γ, varianceCents2: v });
    expect(exponent(Δ * (r + (Δ * γ * v) / 2), q - Δ)).toBeCloseTo(exponent(0, q), 10);
    expect(exponent(-Δ * (r - (Δ * γ * v) / 2), q + Δ)).toBeCloseTo(exponent(0, q), 10);
  });
});

describe('the variance of a price that ends at 0 or 100', () => {
  it('is σ²τ while that is possible', () => {
    expect(boundedVariance(0.1, 300, 50)).toEqual({ varianceCents2: 0.1 * 0.1 * 300, isBound: false });
  });

  it('is never more than p(1 − p), 2500 ¢² in the middle and little near an end', () => {
    expect(boundedVariance(10, 3600, 50)).toEqual({ varianceCents2: 2500, isBound: true });
    expect(boundedVariance(10, 3600, 2)).toEqual({ varianceCents2: 196, isBound: true });
  });
});
