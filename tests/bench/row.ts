/** What a benchmark answers, and how ours and a baseline are measured beside each other. */

/** One line of the table: a measured value against its budget. */
export interface BenchRow {
  readonly name: string;
  /** What `ours` and `baseline` count: "operations/s", "µs", "ms". */
  readonly unit: string;
  readonly ours: number;
  /** The bare thing that ours is compared with, same run; null where the budget is absolute. */
  readonly baseline: number | null;
  /** What the budget bounds: ours ÷ baseline, or ours. */
  readonly value: number;
  readonly budget: number;
  readonly bound: 'atLeast' | 'atMost';
}

/** A benchmark; its rows come in the order in which they are printed. */
export type Bench = () => BenchRow | readonly BenchRow[] | Promise<BenchRow | readonly BenchRow[]>;

/** A row whose budget is a least share of the baseline. */
export function ratioRow(
  name: string,
  unit: string,
  ours: number,
  baseline: number,
  ratio: number,
  budget: number,
): BenchRow {
  return { name, unit, ours, baseline, value: ratio, budget, bound: 'atLeast' };
}

/** A row whose budget is a most of ours alone. */
export function ceilingRow(name: string, unit: string, ours: number, budget: number): BenchRow {
  return { name, unit, ours, baseline: null, value: ours, budget, bound: 'atMost' };
}

export const ROUNDS = 5;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Work per second of a synchronous run of `count` pieces. */
export function rateOf(count: number, run: () => void): number {
  const start = performance.now();
  run();
  return (count * 1_000) / (performance.now() - start);
}

export interface Measured {
  readonly ours: number;
  readonly baseline: number;
  /** The median of the rounds' own ratios: a slow moment of the machine hits both sides of one round. */
  readonly ratio: number;
}

/** Measures both `ROUNDS` times in turns, after one round that only warms up. */
export async function compare(
  ours: () => number | Promise<number>,
  baseline: () => number | Promise<number>,
): Promise<Measured> {
  const rounds: { ours: number; baseline: number }[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const pair = { baseline: await baseline(), ours: await ours() };
    if (round > 0) rounds.push(pair);
  }
  return {
    ours: median(rounds.map((pair) => pair.ours)),
    baseline: median(rounds.map((pair) => pair.baseline)),
    ratio: median(rounds.map((pair) => pair.ours / pair.baseline)),
  };
}

/** The median of `ROUNDS` measurements after one that warms up. */
export async function repeatedly(measure: () => number | Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const value = await measure();
    if (round > 0) values.push(value);
  }
  return median(values);
}
