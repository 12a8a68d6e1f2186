/**
 * `npm run bench [-- name …]`: ours ÷ a bare baseline, same run, median of five, against the budgets. Ends with 1 when a
 * row is more than a fifth away from its budget, unless the machine was seen to be too busy to say so. Not part of the tests: a busy machine must not fail a commit.
 */
import { alignColumns, note, print, printError } from '../../src/cli/output.ts';
import type { Bench, BenchRow } from './row.ts';

/** How far from its budget a row may be before the run fails: machines differ. */
const TOLERATED = 0.8;

/** Each benchmark by the name that asks for it alone; loaded when it is its turn. */
const BENCHES: Readonly<Record<string, Bench>> = {
  parse: async () => (await import('./parse.ts')).benchParse(),
  socket: async () => (await import('./socket.ts')).benchSocket(),
  tick: async () => (await import('./tick.ts')).benchTick(),
  console: async () => (await import('./console.ts')).benchConsole(),
  page: async () => (await import('./page.ts')).benchPage(),
  decide: async () => (await import('./decide.ts')).benchDecide(),
  streaming: async () => (await import('./streaming.ts')).benchStreaming(),
  matching: async () => (await import('./matching.ts')).benchMatching(),
  markets: async () => (await import('./markets.ts')).benchMarkets(),
  restart: async () => (await import('./journal.ts')).benchRestart(),
  memory: async () => (await import('./memory.ts')).benchMemory(),
  slope: async () => (await import('./memory.ts')).benchSlope(),
  signing: async () => (await import('./signing.ts')).benchSigning(),
};

/** A budget that nothing is measured against yet, and why. */
const UNMEASURED = ['backtest on prepared input ÷ a bare loop', '–', '–', '–', '–', '≥ 0.5', 'no code yet'];

/** A benchmark that waits for something that never comes must not hold up the table. */
const LIMIT_MS = process.env.BOTHSIDES_LONG === '1' ? 900_000 : 180_000;

async function withinLimit(name: string, bench: Bench): Promise<readonly BenchRow[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The benchmark ${name} did not end in ${LIMIT_MS} ms`)), LIMIT_MS);
  });
  try {
    return [await Promise.race([bench(), late])].flat();
  } finally {
    clearTimeout(timer);
  }
}

type Verdict = 'holds' | 'near' | 'FAILS' | 'unclear';

function judge({ bound, budget, measured, doubt }: BenchRow): Verdict {
  // A value below zero (memory that was given back) is within any ceiling.
  const isWithin = (tolerance: number) =>
    bound === 'atLeast' ? measured.value >= budget * tolerance : measured.value * tolerance <= budget;
  if (isWithin(1)) return 'holds';
  if (isWithin(TOLERATED)) return 'near';
  return doubt ? 'unclear' : 'FAILS';
}

function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 3;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}

function describeRow(row: BenchRow): string[] {
  const { measured } = row;
  const sign = row.bound === 'atLeast' ? '≥' : '≤';
  const unit = row.baseline === null ? ` ${row.unit}` : ' ×';
  return [
    row.name,
    `${formatNumber(row.ours)} ${row.unit}`,
    row.baseline === null ? '–' : `${formatNumber(row.baseline)} ${row.unit}`,
    `${formatNumber(measured.value)}${unit}`,
    `${formatNumber(measured.least)} – ${formatNumber(measured.most)}`,
    `${sign} ${formatNumber(row.budget)}`,
    judge(row),
  ];
}

async function main(wanted: readonly string[]): Promise<void> {
  const names = Object.keys(BENCHES);
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    note(`bench: there is no ${unknown.join(', ')}; there are ${names.join(', ')}.`);
    process.exitCode = 2;
    return;
  }
  const rows: BenchRow[] = [];
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    note(`measuring ${name} …`);
    rows.push(...(await withinLimit(name, bench)));
  }
  const head = ['what', 'ours', 'baseline', 'measured', 'from – to', 'budget', ''];
  const unmeasured = wanted.length === 0 ? [UNMEASURED] : [];
  print(alignColumns([head, ...rows.map(describeRow), ...unmeasured]));
  for (const row of rows) if (row.doubt) print(`${row.name}: ${row.doubt}`);
  if (rows.some((row) => judge(row) === 'FAILS')) process.exitCode = 1;
}

// A bench that was given up may still hold sockets and threads open: nothing waits for them.
await main(process.argv.slice(2)).then(
  () => process.exit(),
  (error: unknown) => process.exit(printError(error)),
);
