import { existsSync } from 'node:fs';
import { chmod, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BothsidesError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { UnixMs } from '../domain/units.ts';
import { type DataIdentity, IDENTITY_KEY } from './identity.ts';
import { openLevelStore, unwritable } from './level-store.ts';
import { makeFolder } from './make-folder.ts';
import { getSealed, putSealed } from './sealed.ts';
import { placeMended, STORE } from './set-aside.ts';
import type { Store } from './store.ts';
import { checkVersion } from './store-version.ts';

/** What the running process says about itself to others on this machine (port and token of its console). */
export interface RunInfo {
  readonly pid: number;
  readonly [key: string]: Json;
}

export interface DataFolder {
  readonly folder: string;
  readonly store: Store;
  /** True when nothing had been remembered here before. */
  readonly isNew: boolean;
  /** Replaces run.json, readable by its owner alone. */
  writeRun(info: RunInfo): Promise<void>;
  removeRun(): Promise<void>;
  /** Closes the store and gives the lock back. */
  close(): Promise<void>;
}

/** Says to people and to us that the folder is ours. */
const SIGN = 'README.txt';
const SIGN_START = 'Data of Bothsides';
const SIGN_TEXT = `${SIGN_START}, a market maker. Made and read by the program alone; one process at a time.
To start afresh, move this folder away: positions, orders and cash are read from the exchange.
`;
const RUN = 'run.json';

/**
 * Opens a data folder, makes it when it is not there, and holds it for this process. Throws DATA_IN_USE (naming the
 * holder's pid where it is known), DATA_MISMATCH when the data belongs to another mode, seed or recording or the folder is
 * somebody else's, DATA_DAMAGED, DATA_VERSION, DATA_UNWRITABLE.
 */
export async function openDataFolder(folder: string, identity: DataIdentity, now: UnixMs): Promise<DataFolder> {
  await claim(folder);
  await placeMended(folder);
  const runFile = join(folder, RUN);
  const store = await openLevelStore(join(folder, STORE)).catch(async (error: unknown) => {
    throw error instanceof BothsidesError && error.code === 'DATA_IN_USE' ? await inUse(folder, error) : error;
  });
  const writeRun = (info: RunInfo) => replaceFile(folder, runFile, `${JSON.stringify(info)}\n`);
  try {
    await checkVersion(store);
    const isNew = await remember(folder, store, identity);
    // Whoever finds the folder in use learns by whom, from the first moment on.
    await writeRun({ pid: process.pid, startedWallMs: now });
    return {
      folder,
      store,
      isNew,
      writeRun,
      removeRun: () => rm(runFile, { force: true }),
      close: () => store.close(),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Makes the folder ours, or finds that it is; a folder with other things in it is left alone. */
async function claim(folder: string): Promise<void> {
  try {
    makeFolder(folder);
    const kind = await lookAtFolder(folder);
    if (kind === 'foreign') throw foreign(folder);
    if (kind === 'empty') await writeFile(join(folder, SIGN), SIGN_TEXT);
  } catch (error) {
    throw error instanceof BothsidesError ? error : unwritable(folder, error);
  }
}

export type FolderKind = 'none' | 'empty' | 'ours' | 'foreign';

/** What a folder is to us; nothing is changed. Throws what the system says. */
export async function lookAtFolder(folder: string): Promise<FolderKind> {
  if (!existsSync(folder)) return 'none';
  const names = await readdir(folder);
  if (names.length === 0) return 'empty';
  if (!names.includes(SIGN)) return 'foreign';
  // A sign that was being written when the power went is alone in its folder.
  const sign = await readFile(join(folder, SIGN), 'utf8');
  return names.length === 1 || sign.startsWith(SIGN_START) ? 'ours' : 'foreign';
}

export function foreign(folder: string): BothsidesError {
  return new BothsidesError('DATA_MISMATCH', `The folder ${folder} is not empty and not a data folder of ours.`, {
    remedy: 'Choose an empty or a new folder with --data.',
  });
}

/** Writes down what the data belongs to, or compares it; true when it was written now. */
async function remember(folder: string, store: Store, identity: DataIdentity): Promise<boolean> {
  const { mode, seed, recording } = identity;
  const found = await getSealed<DataIdentity>(store, IDENTITY_KEY);
  if (found === null) {
    await store.batch([putSealed(IDENTITY_KEY, { mode, seed, recording })], { sync: true });
    return true;
  }
  const differs = mismatch(folder, found, identity);
  if (differs !== null) throw differs;
  return false;
}

/** DATA_MISMATCH where the data belongs to another world than is wanted; null where it is the same. */
export function mismatch(folder: string, found: DataIdentity, wanted: DataIdentity): BothsidesError | null {
  for (const key of ['mode', 'seed', 'recording'] as const) {
    if (found[key] === wanted[key]) continue;
    const text = `The data folder ${folder} belongs to ${key} ${found[key] ?? 'none'}, not ${wanted[key] ?? 'none'}.`;
    return new BothsidesError('DATA_MISMATCH', text, {
      remedy: `Start with ${key} ${found[key] ?? 'none'}, or choose another folder with --data.`,
    });
  }
  return null;
}

async function inUse(folder: string, cause: BothsidesError): Promise<BothsidesError> {
  const run = await readRun(folder);
  const holder = run !== null && isAlive(run.pid) ? `process ${run.pid}` : 'another process';
  return new BothsidesError('DATA_IN_USE', `The data folder ${folder} is in use by ${holder}.`, {
    remedy: 'Stop that one first, or choose another folder with --data.',
    cause,
  });
}

/** What the process on this folder says about itself; null when there is none, or it cannot be read. */
export async function readRun(folder: string): Promise<RunInfo | null> {
  try {
    const info: unknown = JSON.parse(await readFile(join(folder, RUN), 'utf8'));
    return isRunInfo(info) ? info : null;
  } catch {
    // Not there, not ours to read, or half written: then nothing is known, which is the answer.
    return null;
  }
}

/** Whether there is a process of this number; of another user it is one as well. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isRunInfo(info: unknown): info is RunInfo {
  if (typeof info !== 'object' || info === null) return false;
  const { pid } = info as { pid?: unknown };
  return Number.isInteger(pid) && (pid as number) > 0;
}

/** All or nothing, and never readable by others in between. */
async function replaceFile(folder: string, file: string, text: string): Promise<void> {
  const draft = `${file}.new`;
  try {
    await rm(draft, { force: true });
    await writeFile(draft, text, { mode: 0o600 });
    await chmod(draft, 0o600);
    await rename(draft, file);
  } catch (error) {
    throw unwritable(folder, error);
  }
}
