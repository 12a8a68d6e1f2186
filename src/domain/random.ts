/** Where chance enters: one seeded source, split by name so that one consumer never disturbs another. */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Uniform integer in [min, max]. */
  integer(min: number, max: number): number;
  /** Standard normal. */
  normal(): number;
  /** Exponential with this mean. */
  exponential(mean: number): number;
  /** An independent source, fixed by this source's seed and the name alone, however much either was used. */
  split(name: string): Random;
}
