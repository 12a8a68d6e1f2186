/** The table of replays: its columns, and the line at its foot. */
import { addTallies, EMPTY_TALLY, figuresOf, MARKOUT_HORIZONS_MS, type RunFigures } from '../analytics/run-tally.ts';
import type { Column } from '../analytics/table.ts';
import { EXIT, type ExitCode } from '../domain/errors.ts';
import { formatMoney, type Microdollars, toContracts } from '../domain/units.ts';
import type { ReplayOutcome } from './replay-run.ts';

export interface ReplayRow {
  readonly name: string;
  readonly outcome: ReplayOutcome;
  readonly figures: RunFigures;
}

export function rowOf(name: string, outcome: ReplayOutcome): ReplayRow {
  return { name, outcome, figures: figuresOf(outcome.tally) };
}

/** All together: sums, and figures made of the sums. */
export function totalOf(outcomes: readonly ReplayOutcome[]): ReplayRow {
  const sum = (of: (outcome: ReplayOutcome) => number): number => outcomes.reduce((all, each) => all + of(each), 0);
  const total: ReplayOutcome = {
    recording: '',
    // Any run that did not end well is the end of all of them.
    exit: (outcomes.find(({ exit }) => exit !== EXIT.done)?.exit ?? EXIT.done) as ExitCode,
    failure: null,
    ranForMs: sum((each) => each.ranForMs),
    markets: sum((each) => each.markets),
    deltas: sum((each) => each.deltas),
    ordersCreated: sum((each) => each.ordersCreated),
    denied: sum((each) => each.denied),
    rejected: sum((each) => each.rejected),
    gapsSeen: sum((each) => each.gapsSeen),
    gapsRecorded: sum((each) => each.gapsRecorded),
    settled: sum((each) => each.settled),
    openAtEnd: sum((each) => each.openAtEnd),
    // One too much does not make up for one too little.
    difference: sum((each) => Math.abs(each.difference)) as Microdollars,
    tally: outcomes.reduce((all, each) => addTallies(all, each.tally), EMPTY_TALLY),
    journalHash: '',
  };
  return rowOf(`${outcomes.length} ${outcomes.length === 1 ? 'run' : 'runs'}`, total);
}

const fixed = (digits: number) => (value: number) => value.toFixed(digits);
const percent = (value: number) => `${(value * 100).toFixed(1)}%`;
const money = (text: string) => text.replace(/(\.\d{4})\d\d$/, '$1');

export const REPLAY_COLUMNS: readonly Column<ReplayRow>[] = [
  { key: 'recording', head: 'recording', means: 'the file', value: ({ name }) => name },
  {
    key: 'durationMs',
    head: 'min',
    means: 'market time from the first moment to the end of the wind-down, minutes',
    value: ({ outcome }) => outcome.ranForMs,
    text: (ms: number) => (ms / 60_000).toFixed(1),
  },
  { key: 'markets', head: 'mkts', means: 'markets that it tells of', value: ({ outcome }) => outcome.markets },
  { key: 'deltas', head: 'deltas', means: 'changes of a level in it', value: ({ outcome }) => outcome.deltas },
  { key: 'orders', head: 'orders', means: 'orders that we created', value: ({ outcome }) => outcome.ordersCreated },
  { key: 'fills', head: 'fills', means: 'executions of ours', value: ({ outcome }) => outcome.tally.fills },
  {
    key: 'contracts',
    head: 'contr',
    means: 'contracts in them',
    value: ({ outcome }) => toContracts(outcome.tally.contracts),
    text: fixed(2),
  },
  {
    key: 'makerShare',
    head: 'maker',
    means: 'share of the contracts that was filled as maker',
    value: ({ figures }) => figures.makerShare,
    text: percent,
  },
  {
    key: 'feesDollars',
    head: 'fees $',
    means: 'fees, dollars',
    value: ({ outcome }) => formatMoney(outcome.tally.fees),
    text: money,
  },
  {
    key: 'netPnlDollars',
    head: 'net $',
    means: 'P&L after fees: realised, and what is open at the end at the exit side of the touch, dollars',
    value: ({ figures }) => formatMoney(figures.netPnl),
    text: money,
  },
  {
    key: 'netCentsPerContract',
    head: '¢/contr',
    means: 'the same by contract traded, cents',
    value: ({ figures }) => figures.netCentsPerContract,
    text: fixed(3),
  },
  {
    key: 'positionDeviationContracts',
    head: 'pos sd',
    means: 'standard deviation of the position over the time in which markets were open, contracts',
    value: ({ figures }) => figures.positionDeviation,
    text: fixed(3),
  },
  {
    key: 'positionMeanAbsoluteContracts',
    head: '|pos|',
    means: 'mean of the absolute position over the same time, contracts',
    value: ({ figures }) => figures.positionMeanAbsolute,
    text: fixed(3),
  },
  {
    key: 'capturedCents',
    head: 'capt ¢',
    means: "fill against the mid of the others' book just before it, cents a contract; positive is good for us",
    value: ({ figures }) => figures.capturedCents,
    text: fixed(3),
  },
  ...MARKOUT_HORIZONS_MS.map(
    (horizonMs, index): Column<ReplayRow> => ({
      key: `markout${horizonMs / 1000}sCents`,
      head: `${horizonMs / 1000} s ¢`,
      means: `fill against that mid ${horizonMs / 1000} s later, where there was one, cents a contract; positive is good for us`,
      value: ({ figures }) => figures.markoutCents[index] ?? null,
      text: fixed(3),
    }),
  ),
  {
    key: 'twoSidedShare',
    head: '2-sided',
    means: 'share of the time in which markets were open with quotes of ours resting on both sides',
    value: ({ figures }) => figures.twoSidedShare,
    text: percent,
  },
  {
    key: 'gapsSeen',
    head: 'gaps',
    means: 'breaks of the stream that we noticed',
    value: ({ outcome }) => outcome.gapsSeen,
  },
  {
    key: 'gapsRecorded',
    head: 'rec',
    means: 'breaks of a sequence that the recording has',
    value: ({ outcome }) => outcome.gapsRecorded,
  },
  {
    key: 'settled',
    head: 'settled',
    means: 'markets that paid out what we held',
    value: ({ outcome }) => outcome.settled,
  },
  {
    key: 'openAtEnd',
    head: 'open',
    means: 'markets with a position at the end',
    value: ({ outcome }) => outcome.openAtEnd,
  },
  {
    key: 'denied',
    head: 'denied',
    means: 'orders that we refused ourselves',
    value: ({ outcome }) => outcome.denied,
  },
  {
    key: 'rejected',
    head: 'rej',
    means: 'orders that the exchange refused',
    value: ({ outcome }) => outcome.rejected,
  },
  {
    key: 'differenceDollars',
    head: 'difference',
    means: "cash that our ledger explains less the exchange's, dollars; anything but 0 is a fault",
    value: ({ outcome }) => formatMoney(outcome.difference),
  },
  { key: 'exit', head: 'exit', means: 'exit code of the run', value: ({ outcome }) => outcome.exit },
];
