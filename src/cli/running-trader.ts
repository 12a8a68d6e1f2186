/** The trader that runs on a data folder, as its run.json and its console tell: found, asked, or found not to answer. */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Clock } from '../domain/clock.ts';
import { BothsidesError, messageOf } from '../domain/errors.ts';
import { isAlive, type RunInfo, readRun } from '../store/data-folder.ts';

/** What a run says about itself. Of one that is just starting only the pid is known. */
export interface RunFile {
  readonly pid: number;
  readonly mode: string | null;
  readonly consoleUrl: string | null;
  readonly token: string | null;
  readonly restUrl: string | null;
  readonly wsUrl: string | null;
  readonly keyId: string | null;
  readonly privateKeyPath: string | null;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export type Found =
  | { readonly kind: 'answers'; readonly run: RunFile; ask(path: string, post?: object): Promise<Answer> }
  /** Alive, and silent for two seconds: it hangs, was stopped, or has not got as far as a console. */
  | { readonly kind: 'silent'; readonly run: RunFile }
  /** Alive, and was told to have no console. */
  | { readonly kind: 'mute'; readonly run: RunFile }
  /** Not running; what the last one left of itself, if it died. */
  | { readonly kind: 'gone'; readonly run: RunFile | null };

const ANSWERS_WITHIN_MS = 2_000;
/** A command is answered when the journal has it on disk. */
const DONE_WITHIN_MS = 10_000;
const DEFAULT_HOME = '.bothsides';

/** The folder that was named; otherwise that of the one trader that runs here. Throws USAGE. */
export function chooseFolder(named: string | undefined): string {
  if (named !== undefined) {
    const folder = resolve(named);
    if (existsSync(join(folder, 'store'))) return folder;
    throw new BothsidesError('USAGE', `There is no data folder at ${folder}.`, {
      remedy: 'Name it with --data FOLDER.',
    });
  }
  const home = resolve(DEFAULT_HOME);
  const folders = existsSync(home)
    ? readdirSync(home)
        .map((name) => join(home, name))
        .filter((folder) => existsSync(join(folder, 'store')))
    : [];
  const running = folders.filter((folder) => existsSync(join(folder, 'run.json')));
  const [only, ...others] = running.length > 0 ? running : folders;
  if (only !== undefined && others.length === 0) return only;
  const seen =
    only === undefined ? `No trader has run in ${home}.` : `There are several: ${[only, ...others].join(', ')}.`;
  throw new BothsidesError('USAGE', seen, { remedy: 'Name its data folder with --data FOLDER.' });
}

export async function findTrader(folder: string, wall: Clock): Promise<Found> {
  const info = await readRun(folder);
  const run = info === null ? null : runFileOf(info);
  if (run === null || !isAlive(run.pid)) return { kind: 'gone', run };
  if (run.token === null) return { kind: 'silent', run };
  if (run.consoleUrl === null) return { kind: 'mute', run };
  const ask = (path: string, post?: object): Promise<Answer> =>
    request(`${run.consoleUrl}${path}`, { wall, token: run.token!, withinMs: DONE_WITHIN_MS }, post);
  try {
    const token = run.token;
    const { status } = await request(`${run.consoleUrl}/healthz`, { wall, token, withinMs: ANSWERS_WITHIN_MS });
    return status === 200 || status === 503 ? { kind: 'answers', run, ask } : { kind: 'gone', run };
  } catch (error) {
    // Nobody listens there any more: the number of the process is somebody else's by now.
    const isClosed = (error as { cause?: { code?: string } }).cause?.code === 'ECONNREFUSED';
    return { kind: isClosed ? 'gone' : 'silent', run };
  }
}

interface Asking {
  readonly wall: Clock;
  readonly token: string;
  readonly withinMs: number;
}

async function request(url: string, { wall, token, withinMs }: Asking, post?: object): Promise<Answer> {
  const limit = new AbortController();
  const timer = wall.setTimeout(() => limit.abort(), withinMs);
  try {
    const response = await fetch(url, {
      method: post === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', connection: 'close' },
      ...(post === undefined ? {} : { body: JSON.stringify(post) }),
      signal: limit.signal,
    });
    return { status: response.status, body: await response.json() };
  } finally {
    wall.clearTimeout(timer);
  }
}

/** An answer that is what was asked for; otherwise the refusal as an error. */
export function bodyOf<T>({ status, body }: Answer): T {
  if (status === 200) return body as T;
  const { code, message } = (body as { error?: { code?: string; message?: string } })?.error ?? {};
  throw new BothsidesError('USAGE', `The trader refused: ${message ?? `status ${status}`}`, {
    remedy: code === 'NO_TOKEN' ? 'Its run.json is not of this run: is it another trader that has its port?' : '',
  });
}

/** A trader that is there and does not answer, for commands that need its answer. */
export function unanswered(folder: string, { kind, run }: Extract<Found, { kind: 'silent' | 'mute' }>): BothsidesError {
  const isMute = kind === 'mute';
  const what = isMute ? 'was started without a console' : `does not answer within ${ANSWERS_WITHIN_MS / 1000} s`;
  return new BothsidesError('DATA_IN_USE', `The trader in ${folder} (process ${run.pid}) ${what}.`, {
    remedy: isMute
      ? 'Stop the trader first, or start it with a console; npm run halt works all the same.'
      : 'npm run halt works all the same, and so does ending the process.',
  });
}

/** What a failing request to a trader that answered a moment ago means. */
export async function whileAsking<T>(folder: string, run: RunFile, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof BothsidesError) throw error;
    throw new BothsidesError(
      'DATA_IN_USE',
      `The trader in ${folder} (process ${run.pid}) broke off: ${messageOf(error)}`,
      {
        remedy: 'Look at npm run status, then try again.',
        cause: error,
      },
    );
  }
}

function runFileOf(info: RunInfo): RunFile {
  const text = (key: string): string | null => (typeof info[key] === 'string' ? (info[key] as string) : null);
  return {
    pid: info.pid,
    mode: text('mode'),
    consoleUrl: text('consoleUrl'),
    token: text('token'),
    restUrl: text('restUrl'),
    wsUrl: text('wsUrl'),
    keyId: text('keyId'),
    privateKeyPath: text('privateKeyPath'),
  };
}
