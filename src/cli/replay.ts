/** `npm run replay`: recordings, each a run of its own in virtual time, and one table of what they came to. */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, relative, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { csvTable, legend, recordOf, textTable } from '../analytics/table.ts';
import { recordingsUnder } from '../backtest/recordings-under.ts';
import { replayAll } from '../backtest/replay-pool.ts';
import type { ReplayJob, ReplayOutcome } from '../backtest/replay-run.ts';
import { REPLAY_COLUMNS, rowOf, totalOf } from '../backtest/replay-table.ts';
import { NEAR } from '../backtest/virtual-world.ts';
import { BothsidesError, EXIT, messageOf } from '../domain/errors.ts';
import { QUEUE_MODELS } from '../exchange/embedded/flow/queue-model.ts';
import { selfCheck } from '../quoting/self-check.ts';
import { createSystemClock } from '../runtime/system-clock.ts';
import { type Environment, withEnvFile } from '../settings/credentials.ts';
import { loadSettings, type Override } from '../settings/load.ts';
import { repeated } from './arguments.ts';
import { note, print, printJson } from './output.ts';

export interface ReplayFlags {
  readonly recording: readonly string[];
  readonly set?: readonly string[];
  readonly config?: string;
  readonly queueModel?: string;
  readonly latency?: number;
  readonly json?: true;
  readonly csv?: string;
}

export function registerReplay(program: Command): void {
  program
    .command('replay')
    .description('trade on recordings, each a run of its own as fast as this machine can, and show what they came to')
    .requiredOption('--recording <path...>', 'files, or folders of files; may be repeated', repeated)
    .option('--config <file>', 'a file of overrides, or a shipped profile: conservative, aggressive, s2')
    .option('--set <key=value>', 'one override, may be repeated', repeated)
    .addOption(
      new Option('--queue-model <model>', 'who of a level cancels; riskAverse unless said').choices(QUEUE_MODELS),
    )
    .option('--latency <ms>', 'each way between trader and exchange, at least; 5 unless said', latencyArgument)
    .option('--json', 'runs and total as one JSON document instead of the table')
    .option('--csv <file>', 'write the table there as well')
    .action((flags: ReplayFlags) => replayCommand(flags));
}

const LATENCY_MS_MAX = 60_000;

function latencyArgument(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value > LATENCY_MS_MAX)
    throw new InvalidArgumentError(`Write milliseconds from 0 to ${LATENCY_MS_MAX}.`);
  return value;
}

export async function replayCommand(flags: ReplayFlags, environment: Environment = process.env): Promise<void> {
  const files = (await Promise.all(flags.recording.map((path) => recordingsUnder(resolve(path))))).flat();
  const jobs = jobsOf(files, flags, withEnvFile(environment, process.cwd()));
  const wall = createSystemClock();
  const beganMs = wall.monotonicMs();
  const nameOf = namesOf(files);
  let done = 0;
  const outcomes = await replayAll(jobs, {
    threads: availableParallelism(),
    onOutcome(index, outcome) {
      done++;
      note(`${done}/${files.length}  ${nameOf(files[index]!)}  ${spoken(outcome)}`);
    },
  });
  const tookMs = wall.monotonicMs() - beganMs;
  const deltas = outcomes.reduce((sum, outcome) => sum + outcome.deltas, 0);
  note(`${(tookMs / 1000).toFixed(1)} s, ${Math.round(deltas / (tookMs / 1000))} deltas a second.`);
  const rows = outcomes.map((outcome) => rowOf(nameOf(outcome.recording), outcome));
  const total = totalOf(outcomes);
  if (flags.csv !== undefined) writeCsv(flags.csv, csvTable(REPLAY_COLUMNS, rows));
  if (flags.json === true) {
    printJson({
      runs: rows.map((row) => ({
        ...recordOf(REPLAY_COLUMNS, row),
        journalHash: row.outcome.journalHash,
        failure: row.outcome.failure,
      })),
      total: recordOf(REPLAY_COLUMNS, total),
    });
  } else {
    print(textTable(REPLAY_COLUMNS, rows, [total]));
    note(`\n${legend(REPLAY_COLUMNS)}`);
  }
  process.exitCode = total.outcome.exit;
}

function jobsOf(files: readonly string[], flags: ReplayFlags, env: Environment): ReplayJob[] {
  const said = new Set<string>();
  const say = (text: string): void => {
    if (!said.has(text)) note(text);
    said.add(text);
  };
  return files.map((recording) => {
    const overrides: Override[] = [{ key: 'sim.recording', value: recording, source: '--recording' }];
    if (flags.queueModel !== undefined)
      overrides.push({ key: 'sim.queueModel', value: flags.queueModel, source: '--queue-model' });
    const { settings, warnings } = loadSettings({
      mode: 'replay',
      configPath: flags.config,
      sets: flags.set,
      overrides,
      env,
    });
    for (const warning of warnings) say(warning);
    for (const { message } of selfCheck(settings)) say(message);
    const latency = flags.latency === undefined ? {} : { latency: { ...NEAR, baseMs: flags.latency } };
    return { recording, settings, ...latency };
  });
}

function spoken({ exit, failure, tally, ordersCreated }: ReplayOutcome): string {
  const what = `${ordersCreated} orders, ${tally.fills} fills`;
  if (failure !== null) return `${what}, ended with ${exit}: ${failure}`;
  return exit === EXIT.done ? what : `${what}, ended with ${exit}`;
}

/** The file's name, or as much of its path as tells it from the others. */
function namesOf(files: readonly string[]): (file: string) => string {
  const isUnique = new Set(files.map((file) => basename(file))).size === files.length;
  return (file) => (isUnique ? basename(file) : relative(process.cwd(), file)).replace(/\.jsonl(\.zst)?$/, '');
}

function writeCsv(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    throw new BothsidesError('USAGE', `The table cannot be written to ${file}: ${messageOf(cause)}`, {
      remedy: 'Name a file in a folder that can be written to.',
      cause,
    });
  }
}
