/** Simulated beside recorded: one line a class and figure. */
import { CLASSES, isWithin, type MarketClass, recordedFigures } from './classes.ts';
import { FIGURES, type FigureName, type Figures } from './figures.ts';
import { type Worlds, watchWorlds } from './simulated.ts';

export interface Compared {
  readonly kind: MarketClass;
  readonly figure: FigureName;
  readonly simulated: number;
  /** Null where no recording tells it. */
  readonly recorded: number | null;
}

/** Enough for a minute's moves of the slowest class; three worlds, for no class to hang on one market's luck. */
export const WORLDS: Worlds = { seeds: [1, 2, 3], markets: 130, minutes: 45 };

export type Verdict = 'within' | 'OUTSIDE' | 'apart' | 'not recorded';

/** Every figure of every class of which the world has markets. */
export async function compare(worlds: Worlds, root: string | null): Promise<readonly Compared[]> {
  const simulated = watchWorlds(worlds, (series) => CLASSES.find((kind) => kind.series.test(series))?.name ?? null);
  const rows: Compared[] = [];
  for (const kind of CLASSES) {
    const ours: Figures = simulated.get(kind.name) ?? {};
    const theirs: Figures = (root === null ? null : await recordedFigures(kind, root)) ?? {};
    for (const figure of Object.keys(FIGURES) as FigureName[]) {
      const value = ours[figure];
      if (value !== undefined) rows.push({ kind, figure, simulated: value, recorded: theirs[figure] ?? null });
    }
  }
  return rows;
}

export function verdictOn({ kind, figure, simulated, recorded }: Compared): Verdict {
  if (recorded === null) return 'not recorded';
  if (kind.apart?.[figure] !== undefined) return 'apart';
  return isWithin(kind, figure, simulated, recorded) ? 'within' : 'OUTSIDE';
}

export function tableOf(rows: readonly Compared[]): string[][] {
  const table: string[][] = [];
  let last: MarketClass | null = null;
  for (const row of rows) {
    const { kind, figure, simulated, recorded } = row;
    if (kind !== last) table.push([kind.name, 'simulated', 'recorded', `within × ${kind.within}`]);
    last = kind;
    const verdict = verdictOn(row);
    const why = verdict === 'apart' ? `apart: ${kind.apart![figure]}` : verdict;
    table.push([`  ${FIGURES[figure]}`, shown(simulated), recorded === null ? '–' : shown(recorded), why]);
  }
  return table;
}

function shown(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}
