/**
 * C3, the volatility that is believed before anything was observed: σ_base · (1 + 2p(1 − p)), p the market's
 * probability. A contract near 50 ¢ has further to go than one near the edge.
 */
export function priorSigma(baseCentsPerSqrtSecond: number, midCents: number): number {
  const probability = midCents / 100;
  return baseCentsPerSqrtSecond * (1 + 2 * probability * (1 - probability));
}

/** Squared changes seen, and the time in which they were seen. Evidence of two spans adds up. */
export interface VarianceEvidence {
  /** Σ change², ¢². */
  readonly squaresCents: number;
  readonly seconds: number;
}

/**
 * σ in ¢/√s: the mean squared change a second, shrunk towards the prior as if that had been observed for
 * `priorSeconds`. √((Σ Δ² + w·σ₀²) ÷ (T + w)). 0 when there is neither evidence nor weight.
 */
export function shrunkSigma(evidence: VarianceEvidence, prior: number, priorSeconds: number): number {
  const seconds = evidence.seconds + priorSeconds;
  return seconds > 0 ? Math.sqrt((evidence.squaresCents + priorSeconds * prior * prior) / seconds) : 0;
}
