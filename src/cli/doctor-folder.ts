/** The data folder from outside: whose it is, whether it can be written, who works in it, what lies beside the store. */
import { accessSync, constants, existsSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BothsidesError, messageOf } from '../domain/errors.ts';
import { foreign, isAlive, lookAtFolder, type RunInfo, readRun } from '../store/data-folder.ts';
import { isLevelStoreHeld } from '../store/level-store.ts';
import { MENDED, STORE } from '../store/set-aside.ts';
import { type Check, fail, failedWith, ok, skipped, warn } from './doctor-check.ts';
import { EXCHANGE_LOG } from './venue.ts';

/** A day of quoting writes less than this. */
const FREE_BYTES_WARN = 1 << 30;
/** A log and the table that is made of it, a few times over. */
const FREE_BYTES_MIN = 64 << 20;

export interface FolderFindings {
  readonly checks: readonly Check[];
  /** What is to be looked into: the data of a trader, or of an exchange alone. */
  readonly holds: 'trader' | 'exchange' | 'nothing';
  /** A process works in it now. */
  readonly isHeld: boolean;
  /** What that process, or the last one that did not end by itself, says of itself. */
  readonly run: RunInfo | null;
}

export async function checkFolder(folder: string): Promise<FolderFindings> {
  const nothing = { holds: 'nothing', isHeld: false, run: null } as const;
  try {
    const kind = await lookAtFolder(folder);
    const room = [writable(folder), freeSpace(folder)];
    const isExchange = kind === 'foreign' && isExchangeFolder(folder);
    if (kind === 'foreign' && !isExchange) return { ...nothing, checks: [failedWith('data', foreign(folder))] };
    if (kind === 'none' || kind === 'empty')
      return { ...nothing, checks: [ok('data', `${folder}: made at the first start`), ...room] };
    const isHeld = existsSync(join(folder, STORE)) && (await isLevelStoreHeld(join(folder, STORE)));
    const run = await readRun(folder);
    const whose = isExchange ? `${folder}, of an exchange alone` : folder;
    const checks = [ok('data', whose), ...room, holder(isHeld, run), ...beside(folder), halt(folder)];
    return { checks, holds: isExchange ? 'exchange' : 'trader', isHeld, run };
  } catch (error) {
    if (error instanceof BothsidesError) return { ...nothing, checks: [failedWith('data', error)] };
    const text = `The data folder ${folder} cannot be read: ${messageOf(error)}.`;
    return { ...nothing, checks: [fail('data', 'DATA_UNWRITABLE', text, 'Check that it belongs to you.')] };
  }
}

/** `npm run exchange -- --data …` keeps its keys, its log and its lock, and no sign. */
function isExchangeFolder(folder: string): boolean {
  const names = readdirSync(folder);
  return (
    names.includes(EXCHANGE_LOG) && names.every((name) => /^(keys|store|exchange\.log(\.damaged\.\d+)?)$/.test(name))
  );
}

function nearestThere(folder: string): string {
  return existsSync(folder) ? folder : nearestThere(dirname(folder));
}

function writable(folder: string): Check {
  const there = nearestThere(folder);
  try {
    accessSync(there, constants.W_OK);
    for (const name of existsSync(join(folder, STORE)) ? readdirSync(join(folder, STORE)) : [])
      accessSync(join(folder, STORE, name), constants.R_OK | constants.W_OK);
  } catch (error) {
    const remedy = 'Check that the folder and all in it belong to you, and that the disk is not read-only.';
    return fail('writable', 'DATA_UNWRITABLE', `${there} cannot be written: ${messageOf(error)}`, remedy);
  }
  const owner = statSync(there).uid;
  const self = process.getuid?.() ?? owner;
  if (owner === self) return ok('writable', 'yes');
  return warn('writable', `yes, but it belongs to user ${owner}, not ${self}`, 'Start as the same user each time.');
}

function freeSpace(folder: string): Check {
  const { bavail, bsize } = statfsSync(nearestThere(folder));
  const free = bavail * bsize;
  const text = `${megabytes(free)} MiB free`;
  const remedy = 'Make room on the disk under the data folder: a journal that cannot be written ends the run.';
  if (free < FREE_BYTES_MIN) return fail('disk', 'DATA_UNWRITABLE', text, remedy, free);
  return free < FREE_BYTES_WARN ? warn('disk', text, remedy, free) : ok('disk', text, free);
}

function megabytes(bytes: number): string {
  return Math.floor(bytes / 2 ** 20).toLocaleString('en-US');
}

function holder(isHeld: boolean, run: RunInfo | null): Check {
  const who = run === null ? 'a process that says nothing of itself' : `process ${run.pid}`;
  if (isHeld) return ok('in use', `by ${who}`, { held: true, pid: run?.pid ?? null });
  if (run === null) return ok('in use', 'by nobody', { held: false, pid: null });
  const now = isAlive(run.pid) ? 'that number is another process now' : 'which is gone';
  const text = `by nobody; run.json was left by process ${run.pid}, ${now}`;
  return warn('in use', text, 'Nothing: the next start replaces it.', { held: false, pid: run.pid });
}

/** What was moved aside, and what a mending left that did not get to its end. */
function beside(folder: string): Check[] {
  const names = readdirSync(folder);
  const aside = names.filter((name) => /^(store|exchange\.log)(\.damaged)?\.\d+$/.test(name)).sort();
  const checks: Check[] = [];
  if (names.includes(MENDED) && !names.includes(STORE)) {
    checks.push(warn('mended', 'a mended store is not in its place yet', 'Nothing: the next start puts it there.'));
  }
  if (aside.length > 0)
    checks.push(ok('set aside', `${aside.join(', ')}: nothing reads them; yours to keep or remove`));
  return checks;
}

function halt(folder: string): Check {
  if (!existsSync(join(folder, 'HALT'))) return skipped('halt', 'no file HALT');
  return warn('halt', 'there is a file HALT: nothing is quoted', `Remove ${join(folder, 'HALT')} to quote again.`);
}
