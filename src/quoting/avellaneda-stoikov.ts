/**
 * Avellaneda and Stoikov, "High-frequency trading in a limit order book" (2008), in cents, contracts and seconds:
 * riskAversion γ and fillDecay k in 1/¢, volatility σ in ¢/√s, horizon τ = T − t in s, inventory q in contracts.
 *
 *   reservation price  r = s − q·γ·σ²·τ
 *   total spread       γ·σ²·τ + (2/γ)·ln(1 + γ/k)          (both from the paper's section 3, linear approximation)
 *
 * The paper's orders are of one unit. For Δ contracts at once the same indifference, u(x, q) = u(x ± Δ·r′, q ∓ Δ) with
 * exponential utility, gives prices per contract at r ± Δ·γ·σ²·τ/2, and the intensity's part of each side becomes
 * (1/(γΔ))·ln(1 + γΔ/k).
 */

export interface ModelInput {
  readonly midCents: number;
  readonly inventoryContracts: number;
  /** Δ, > 0 */
  readonly orderContracts: number;
  readonly riskAversion: number;
  readonly fillDecay: number;
  /** σ²τ in ¢² */
  readonly varianceCents2: number;
}

/** r */
export function reservationPrice(
  input: Pick<ModelInput, 'midCents' | 'inventoryContracts' | 'riskAversion' | 'varianceCents2'>,
): number {
  return input.midCents - input.inventoryContracts * input.riskAversion * input.varianceCents2;
}

/** The total spread for orders of Δ contracts, Δ·γ·σ²τ + (2/(γΔ))·ln(1 + γΔ/k); with Δ = 1 the paper's. */
export function optimalSpread(
  input: Pick<ModelInput, 'orderContracts' | 'riskAversion' | 'fillDecay' | 'varianceCents2'>,
): number {
  const perOrder = input.riskAversion * input.orderContracts;
  return perOrder * input.varianceCents2 + (2 / perOrder) * Math.log1p(perOrder / input.fillDecay);
}

/**
 * σ²τ of a price that ends at 0 or 100: whatever σ says, a martingale at p cannot move more than p(1 − p) in all that is
 * left of its life. Below 0 or beyond 100 nothing is left.
 */
export function boundedVariance(
  sigmaCentsPerSqrtSecond: number,
  horizonSeconds: number,
  midCents: number,
): { readonly varianceCents2: number; readonly isBound: boolean } {
  const free = sigmaCentsPerSqrtSecond * sigmaCentsPerSqrtSecond * horizonSeconds;
  const most = Math.max(0, midCents * (100 - midCents));
  return free > most ? { varianceCents2: most, isBound: true } : { varianceCents2: free, isBound: false };
}
