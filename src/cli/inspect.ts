/** `npm run inspect -- --data FOLDER`: a run that is over, or broke off, in the browser. Nothing in the folder changes. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { machinesPart } from '../console/machines-part.ts';
import { PARTS } from '../console/parts.ts';
import { type Console, openConsole } from '../console/server.ts';
import { BothsidesError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { unixMs } from '../domain/units.ts';
import { createSystemClock } from '../runtime/system-clock.ts';
import { type Environment, withEnvFile } from '../settings/credentials.ts';
import { loadSettings } from '../settings/load.ts';
import { openStoreCopy } from '../store/copy-store.ts';
import { isAlive, readRun } from '../store/data-folder.ts';
import { findFileDamage } from '../store/level-files.ts';
import { isLevelStoreHeld } from '../store/level-store.ts';
import { type PastJournal, readPastJournal } from '../store/past-journal.ts';
import { STORE } from '../store/set-aside.ts';
import { ALL_CHARTS } from './all-charts.ts';
import { portArgument } from './arguments.ts';
import { createLog } from './log.ts';
import { note, printJson } from './output.ts';
import { makeToken } from './secret.ts';
import { listenForSignals } from './signals.ts';

export interface InspectFlags {
  readonly data: string;
  readonly console?: number;
  readonly json?: true;
}

export function registerInspect(program: Command): void {
  program
    .command('inspect')
    .description('open a run that is over in the browser, read-only')
    .requiredOption('--data <folder>', 'where the trader remembered')
    .option('--console <port>', 'port of the console on 127.0.0.1; 0 takes a free one', portArgument)
    .option('--json', 'the first line of stdout says where we are')
    .action((flags: InspectFlags) => inspectCommand(flags));
}

export async function inspectCommand(flags: InspectFlags, environment: Environment = process.env): Promise<void> {
  const env = withEnvFile(environment, process.cwd());
  const log = createLog(flags.json === true, env.LOG_LEVEL ?? 'warn');
  const wall = createSystemClock();
  const folder = resolve(flags.data);
  await refuseOther(folder);
  // LevelDB itself says nothing of what it leaves out.
  const files = findFileDamage(join(folder, STORE), 'all');
  const copy = await openStoreCopy(folder, STORE, 'elsewhere');
  try {
    const past = copy.store === null ? null : await readPastJournal(copy.store);
    const damage = [
      ...(files === null ? [] : [`${STORE}/${files.file} ${files.what}.`]),
      ...(past?.findings.damage ?? (files === null ? ['The database cannot be opened.'] : [])),
    ];
    if (past === null || past.lastSequence === 0) throw nothingIn(folder, damage);
    if (damage.length > 0) note(shortcoming(past, damage));
    const signals = listenForSignals(wall);
    const web = await openPast(flags, past, { wall, log, env });
    try {
      if (flags.json === true) printJson({ consoleUrl: web.url, dataDir: folder, pid: process.pid });
      else note(`What ${folder} remembers, read-only: ${web.url} — Ctrl-C ends.`);
      await signals.first;
    } finally {
      await web.close();
      signals.release();
    }
  } finally {
    await copy.close();
  }
}

async function openPast(
  flags: InspectFlags,
  past: PastJournal,
  around: {
    readonly wall: ReturnType<typeof createSystemClock>;
    readonly log: ReturnType<typeof createLog>;
    readonly env: Environment;
  },
): Promise<Console> {
  const { wall } = around;
  const { settings } = loadSettings({ mode: 'sim', sets: [], env: around.env });
  const run = past.lastRun?.data as Readonly<Record<string, Json>> | undefined;
  const endMs = past.last!.marketMs;
  const facts = {
    id: (run?.run as string | undefined) ?? null,
    mode: past.findings.identity?.mode ?? String(run?.mode ?? 'unknown'),
    seed: past.findings.identity?.seed ?? null,
    pid: process.pid,
    startedWallMs: past.lastRun?.wallMs ?? past.last!.wallMs,
    readOnly: true,
  };
  // Time stands where the journal ends.
  const market = { ...wall, now: () => unixMs(endMs) };
  const web = await openConsole({
    host: settings.console.host,
    port: flags.console ?? settings.console.port,
    onTaken: flags.console === undefined ? 'next' : 'refuse',
    clocks: { wall, market, monotonicMs: () => wall.monotonicMs() },
    log: around.log,
    run: () => facts,
    speed: () => 0,
    state: () => ({ mode: facts.mode, seed: facts.seed, readOnly: true }),
    isHealthy: () => true,
    // Nobody is ever told this one: there is nothing to change.
    token: makeToken(),
    parts: [...PARTS, machinesPart(ALL_CHARTS)],
  });
  web.attach({ past, live: null });
  return web;
}

async function refuseOther(folder: string): Promise<void> {
  if (!existsSync(join(folder, STORE))) {
    throw new BothsidesError('USAGE', `There is no data folder at ${folder}.`, {
      remedy: 'Name it with --data FOLDER.',
    });
  }
  if (!(await isLevelStoreHeld(join(folder, STORE)))) return;
  const run = await readRun(folder);
  const holder = run !== null && isAlive(run.pid) ? `process ${run.pid}` : 'another process';
  throw new BothsidesError('DATA_IN_USE', `The data folder ${folder} is in use by ${holder}.`, {
    remedy:
      typeof run?.consoleUrl === 'string'
        ? `Look at it while it runs: ${run.consoleUrl}`
        : 'Stop that one first; what is shown here is a run that is over.',
  });
}

function nothingIn(folder: string, damage: readonly string[]): BothsidesError {
  if (damage.length === 0) {
    return new BothsidesError('USAGE', `Nothing has run in ${folder} yet.`, { remedy: 'Name it with --data FOLDER.' });
  }
  return new BothsidesError('DATA_DAMAGED', `Nothing can be read of what ${folder} remembers: ${damage[0]}`, {
    remedy: 'See npm run doctor, which can mend it with --repair.',
  });
}

/** What a person should know of a journal that is not whole. */
function shortcoming({ findings }: PastJournal, damage: readonly string[]): string {
  const more = damage.length > 1 ? ` (and ${damage.length - 1} more)` : '';
  const lost = findings.lost > 0 ? `; ${findings.lost} after them are not` : '';
  return `What is remembered here is damaged: ${damage[0]}${more} Shown are the first ${findings.entries} entries, which are whole${lost}.`;
}
