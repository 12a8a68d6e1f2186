/** What a benchmark answers, and how ours and a baseline are measured beside each other. */

/** What was measured several times: the median, and how far the measurements lay apart. */
export interface Repeated {
  readonly value: number;
  readonly least: number;
  readonly most: number;
}

/** One line of the table: a measured value against its budget. */
export interface BenchRow {
  readonly name: string;
  /** What `ours` and `baseline` count: "operations/s", "µs", "ms". */
  readonly unit: string;
  readonly ours: number;
  /** The bare thing that ours is compared with, same run; null where the budget is absolute. */
  readonly baseline: number | null;
  /** What the budget bounds: ours ÷ baseline, or ours. */
  readonly measured: Repeated;
  readonly budget: number;
  readonly bound: 'atLeast' | 'atMost';
  /** Why the measurement says nothing about us when it misses the budget. */
  readonly doubt?: string | null;
}

/** A benchmark; its rows come in the order in which they are printed. */
export type Bench = () => BenchRow | readonly BenchRow[] | Promise<BenchRow | readonly BenchRow[]>;

/** A row whose budget is a share of the baseline. */
export function ratioRow(
  name: string,
  unit: string,
  { ours, baseline, ratio }: Measured,
  budget: number,
  bound: BenchRow['bound'] = 'atLeast',
): BenchRow {
  return { name, unit, ours, baseline, measured: ratio, budget, bound };
}

/** A row whose budget is a most of ours alone. */
export function ceilingRow(name: string, unit: string, measured: Repeated, budget: number): BenchRow {
  return { name, unit, ours: measured.value, baseline: null, measured, budget, bound: 'atMost' };
}

export const ROUNDS = 5;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function summarize(values: readonly number[]): Repeated {
  return { value: median(values), least: Math.min(...values), most: Math.max(...values) };
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
  /** The rounds' own ratios: a slow moment of the machine hits both sides of one round. */
  readonly ratio: Repeated;
}

type Measurement = () => number | Promise<number>;

/** Measures each contender beside one baseline, `ROUNDS` times in turns, after a round that only warms up. */
export async function compare(contenders: readonly Measurement[], baseline: Measurement): Promise<Measured[]> {
  const bare: number[] = [];
  const theirs: number[][] = contenders.map(() => []);
  for (let round = 0; round <= ROUNDS; round++) {
    const warming = round === 0;
    const base = await baseline();
    if (!warming) bare.push(base);
    for (const [index, contender] of contenders.entries()) {
      const value = await contender();
      if (!warming) theirs[index]!.push(value);
    }
  }
  return theirs.map((values) => compared(values, bare));
}

/** Ours and a baseline, measured in the same rounds. */
export function compared(ours: readonly number[], bare: readonly number[]): Measured {
  return {
    ours: median(ours),
    baseline: median(bare),
    ratio: summarize(ours.map((value, round) => value / bare[round]!)),
  };
}

/** `ROUNDS` measurements after one that warms up. */
export async function repeatedly(measure: Measurement): Promise<Repeated> {
  const values: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const value = await measure();
    if (round > 0) values.push(value);
  }
  return summarize(values);
}
