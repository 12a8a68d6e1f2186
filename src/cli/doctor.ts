/** `npm run doctor`: looks at everything that a start depends on and says what to do; with --repair it mends a damaged data folder. */
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Clocks } from '../domain/clock.ts';
import type { ExitCode } from '../domain/errors.ts';
import type { UnixMs } from '../domain/units.ts';
import { selfCheck } from '../quoting/self-check.ts';
import { createSystemClock } from '../runtime/system-clock.ts';
import { type Environment, readCredentials, withEnvFile } from '../settings/credentials.ts';
import { loadSettings, type Override } from '../settings/load.ts';
import { parseMode } from '../settings/mode.ts';
import type { Mode, Settings } from '../settings/schema.ts';
import type { RunInfo } from '../store/data-folder.ts';
import type { DataIdentity } from '../store/identity.ts';
import { repeated } from './arguments.ts';
import { type Check, exitOf, failedWith, ok, skipped, warn } from './doctor-check.ts';
import { type Address, checkExchange } from './doctor-exchange.ts';
import { checkFolder, type FolderFindings } from './doctor-folder.ts';
import { checkKeys } from './doctor-keys.ts';
import { type Damage, repair } from './doctor-repair.ts';
import { checkExchangeLog, checkStore } from './doctor-store.ts';
import { alignColumns, print, printJson } from './output.ts';
import { checkedAddress, EXCHANGE_LOG, wsUrlFrom } from './venue.ts';

export interface DoctorFlags {
  readonly mode: string;
  readonly data?: string;
  readonly config?: string;
  readonly set?: readonly string[];
  readonly exchangeRest?: string;
  readonly repair?: true;
  readonly json?: true;
}

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('look at everything that a start depends on, and say what to do')
    .option('--mode <mode>', 'sim, replay, paper, demo or live', 'sim')
    .option('--data <folder>', 'where everything is remembered; .bothsides/<mode> by default')
    .option('--repair', 'mend a damaged data folder: what is damaged moves aside, nothing is deleted')
    .option('--config <file>', 'a file of overrides, or a shipped profile: conservative, aggressive, s2')
    .option('--set <key=value>', 'one override, may be repeated', repeated)
    .option('--exchange-rest <url>', 'an exchange that speaks Kalshi, for demo')
    .option('--json', 'for programs')
    .action((flags: DoctorFlags) => doctorCommand(flags));
}

async function doctorCommand(flags: DoctorFlags): Promise<void> {
  const report = await examine(flags, process.env, process.cwd());
  if (flags.json === true) printJson(report);
  else print(textOf(report));
  process.exitCode = report.exit;
}

export interface Report {
  /** Of the worst failure; 0 without one. */
  readonly exit: ExitCode;
  readonly mode: Mode;
  readonly dataDir: string;
  /** As they stand after a repair. */
  readonly checks: readonly Check[];
  /** Sentences: what was done, and what the next start will do. */
  readonly repaired: readonly string[];
}

/** Looks, and mends where that was asked for. Throws USAGE, CREDENTIALS_UNREADABLE (.env), and what `repair` throws. */
export async function examine(flags: DoctorFlags, environment: Environment, cwd: string): Promise<Report> {
  const mode = parseMode(flags.mode);
  const wall = createSystemClock();
  const dataDir = resolve(cwd, flags.data ?? join('.bothsides', mode));
  const clocks = { wall, market: wall, monotonicMs: () => wall.monotonicMs() };
  const visit: Visit = { mode, env: withEnvFile(environment, cwd), flags, cwd, dataDir, clocks };
  let { checks, damage } = await look(visit);
  const repaired: string[] = [];
  if (flags.repair === true) {
    repaired.push(...(await repair(dataDir, clocks, damage)));
    if (damage.store !== null || damage.cutLogAt !== null) checks = (await look(visit)).checks;
  }
  return { exit: exitOf(checks), mode, dataDir, checks, repaired };
}

interface Visit {
  readonly mode: Mode;
  readonly env: Environment;
  readonly flags: DoctorFlags;
  readonly cwd: string;
  readonly dataDir: string;
  readonly clocks: Clocks;
}

async function look(visit: Visit): Promise<{ readonly checks: readonly Check[]; readonly damage: Damage }> {
  const { mode, env, dataDir, clocks } = visit;
  const { wall } = clocks;
  const checks: Check[] = [ok('node', process.versions.node), wallClock(wall.now())];
  const configured = configuration(visit);
  checks.push(...configured.checks, ...checkKeys(mode, dataDir, env, visit.cwd));
  const folder = await checkFolder(dataDir);
  checks.push(...folder.checks);
  const damage: { -readonly [K in keyof Damage]: Damage[K] } = { store: null, cutLogAt: null };
  if (folder.isHeld) {
    checks.push(skipped('store', 'not looked at: the process that works on it holds its lock'));
  } else {
    if (folder.holds === 'trader') {
      const store = await checkStore(dataDir, wantedIdentity(mode, configured.settings), clocks);
      checks.push(...store.checks);
      damage.store = store.damage;
    }
    if (folder.holds === 'exchange' || (folder.holds === 'trader' && mode === 'sim')) {
      const log = checkExchangeLog(join(dataDir, EXCHANGE_LOG));
      checks.push(log.check);
      damage.cutLogAt = log.cutAt;
    }
  }
  checks.push(...(await exchange(visit, configured.settings, folder)));
  return { checks, damage };
}

function configuration({ mode, env, flags }: Visit): { checks: Check[]; settings: Settings | null } {
  try {
    const overrides = flags.exchangeRest === undefined ? [] : addressOverrides(flags.exchangeRest);
    const loaded = loadSettings({ mode, configPath: flags.config, sets: flags.set, overrides, env });
    const { settings, origins } = loaded;
    const warnings = [
      ...loaded.warnings.map((text) => warn('configuration', text, '')),
      ...selfCheck(settings).map(({ message, parameter }) => warn('configuration', message, `See ${parameter}.`)),
    ];
    return { checks: [ok('configuration', `${origins.size} values, nothing contradicts`), ...warnings], settings };
  } catch (error) {
    return { checks: [failedWith('configuration', error)], settings: null };
  }
}

function addressOverrides(text: string): Override[] {
  const rest = checkedAddress(text, '--exchange-rest');
  return [
    { key: 'exchange.demoRestUrl', value: rest, source: '--exchange-rest' },
    { key: 'exchange.demoWsUrl', value: wsUrlFrom(rest), source: '--exchange-rest' },
  ];
}

/** What a start in this mode would ask of the data; null where that is not known. */
function wantedIdentity(mode: Mode, settings: Settings | null): DataIdentity | null {
  if (settings === null || mode === 'replay') return null;
  return { mode, seed: mode === 'sim' ? settings.sim.seed : null, recording: null };
}

async function exchange(visit: Visit, settings: Settings | null, folder: FolderFindings): Promise<Check[]> {
  if (settings === null) return [skipped('exchange', 'not asked: the configuration does not say which')];
  const address = addressOf(visit, settings, folder);
  return typeof address === 'string' ? [skipped('exchange', address)] : checkExchange(address, visit.clocks, settings);
}

/** Where the exchange is, or why it is not asked. */
function addressOf({ mode, env }: Visit, settings: Settings, { isHeld, run }: FolderFindings): Address | string {
  switch (mode) {
    case 'sim':
    case 'replay':
      return (isHeld ? ownAddress(run) : null) ?? `mode ${mode} brings its own, which is open while it trades`;
    case 'demo':
      return { restUrl: settings.exchange.demoRestUrl, wsUrl: settings.exchange.demoWsUrl, account: accountOf(env) };
    case 'paper':
    case 'live':
      return `mode ${mode} is not built yet`;
  }
}

/** Of the embedded exchange of the process that works here now. */
function ownAddress(run: RunInfo | null): Address | null {
  if (run === null) return null;
  const { restUrl, wsUrl, keyId, privateKeyPath } = run;
  if (typeof restUrl !== 'string' || typeof wsUrl !== 'string' || typeof keyId !== 'string') return null;
  const account = typeof privateKeyPath === 'string' ? { keyId, privateKey: privateKeyPath } : null;
  return { restUrl, wsUrl, account };
}

function accountOf(env: Environment): Address['account'] {
  try {
    return readCredentials(env);
  } catch {
    // The check of the keys has said it; what is public can be asked all the same.
    return null;
  }
}

/** A clock that stands before the day on which this program was installed was never set. */
function wallClock(nowMs: UnixMs): Check {
  const installedMs = statSync(join(import.meta.dirname, '../../package.json')).mtimeMs;
  const text = new Date(nowMs).toISOString();
  if (nowMs >= installedMs) return ok('wall clock', text, nowMs);
  return warn(
    'wall clock',
    `${text}, before this program was installed`,
    'Set the clock of this machine (NTP).',
    nowMs,
  );
}

const MARKS: Readonly<Record<Check['status'], string>> = { ok: 'ok', warn: 'warn', fail: 'FAIL', skipped: '-' };

function textOf({ checks, repaired, exit }: Report): string {
  const rows = checks.flatMap(({ status, name, text, remedy, code }) => [
    [MARKS[status], name, code === null ? text : `${text} [${code}]`],
    ...(remedy === '' ? [] : [['', '', `→ ${remedy}`]]),
  ]);
  const end = exit === 0 ? 'Nothing stands in the way of a start.' : 'Not all is well: see FAIL.';
  return [...repaired, ...(repaired.length > 0 ? [''] : []), alignColumns(rows), '', end].join('\n');
}
