/** The real command as somebody else's program starts it: its two streams, its exit code, and nothing left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(import.meta.dirname, '../..');
export const MAIN = join(ROOT, 'src/cli/main.ts');

/** A small market and few sessions, where a test is of the process and not of what it trades: a full one takes half a core. */
export const FEW = ['--set', 'sim.markets=12', '--set', 'session.concurrentMax=6'];
/** The same of an exchange that is a process of its own. */
export const FEW_LISTED = ['--markets', '12'];

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The lines of stdout as JSON. */
  readonly json: readonly Record<string, unknown>[];
  /** Wall time from start to end. */
  readonly tookMs: number;
}

export interface Running {
  readonly pid: number;
  /** The first line of stdout as JSON. Rejects when the process ends without one. */
  readonly first: Promise<Record<string, unknown>>;
  readonly ended: Promise<Ended>;
  readonly stderr: () => string;
  kill(signal: NodeJS.Signals): void;
}

export interface SpawnOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** Processes and folders of a test file; `clear` ends and removes all of them. */
export class Stage {
  readonly #children = new Set<ChildProcess>();
  readonly #folders: string[] = [];

  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'bothsides-run-'));
    this.#folders.push(folder);
    return folder;
  }

  /** `node src/cli/main.ts …` in an empty working folder, with nothing of our own environment but PATH. */
  start(args: readonly string[], options: SpawnOptions = {}): Running {
    return this.#spawn(process.execPath, [MAIN, ...args], { cwd: options.cwd ?? this.folder(), env: options.env });
  }

  /** `npm start -- …` as a person types it, in the project. */
  npmStart(args: readonly string[]): Running {
    return this.#spawn('npm', ['start', '--silent', '--', ...args], { cwd: ROOT, env: { HOME: process.env.HOME } });
  }

  run(args: readonly string[], options: SpawnOptions = {}): Promise<Ended> {
    return this.start(args, options).ended;
  }

  async clear(): Promise<void> {
    const gone = [...this.#children].map((child) => once(child, 'exit'));
    for (const child of this.#children) child.kill('SIGKILL');
    await Promise.all(gone);
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }

  #spawn(
    command: string,
    args: readonly string[],
    options: { cwd: string; env: NodeJS.ProcessEnv | undefined },
  ): Running {
    const startedMs = performance.now();
    const env = { PATH: process.env.PATH, ...options.env };
    const child = spawn(command, args, { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#children.add(child);
    const lines: string[] = [];
    let stderr = '';
    const first = Promise.withResolvers<Record<string, unknown>>();
    // Not everybody waits for it.
    first.promise.catch(() => undefined);
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      if (lines.length === 1 && line.startsWith('{')) first.resolve(JSON.parse(line));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const ended = once(child, 'close').then(([code, signal]): Ended => {
      this.#children.delete(child);
      first.reject(new Error(`It ended with ${code ?? signal} before its first line: ${stderr}`));
      const json = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
      return { code, signal, stdout: lines.join('\n'), stderr, json, tookMs: performance.now() - startedMs };
    });
    return {
      pid: child.pid!,
      first: first.promise,
      ended,
      stderr: () => stderr,
      kill: (signal) => void child.kill(signal),
    };
  }
}

/** Looks again and again until it holds; then what it gave. A look that fails is one that found nothing yet. */
export async function until<T>(what: string, look: () => Promise<T | null> | T | null, withinMs = 30_000): Promise<T> {
  const giveUpMs = performance.now() + withinMs;
  for (;;) {
    let failure: unknown = null;
    try {
      const found = await look();
      if (found !== null) return found;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > giveUpMs) throw new Error(`Not within ${withinMs} ms: ${what}`, { cause: failure });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export interface ConsoleState {
  readonly mode: string;
  readonly clock: { readonly marketMs: number; readonly speed: number };
  readonly risk: { readonly mode: string; readonly permission: string };
  /** What keeps it from trading, a line each. */
  readonly bars: readonly string[];
  readonly restored: boolean;
  readonly inControlMs: number | null;
  readonly firstQuoteMs: number | null;
  readonly actors: readonly { id: string; machine: string; state: unknown; parent: string | null; sinceMs: number }[];
  readonly positions: readonly { readonly market: string; readonly quantity: string }[];
  readonly orders: readonly {
    readonly clientOrderId: string;
    readonly market: string;
    readonly side: string;
    readonly state: string;
  }[];
  readonly fills: { readonly count: number };
  readonly money: { readonly openingCash: string; readonly explainedCash: string; readonly fees: string };
  readonly equity: string;
  readonly reasons: Readonly<Record<string, string>>;
}

export async function readState(consoleUrl: unknown): Promise<ConsoleState> {
  return (await (await fetch(`${consoleUrl}/api/state`)).json()) as ConsoleState;
}

/** The state, once orders rest; who waits in vain is told why nothing is quoted. */
export async function untilQuoting(consoleUrl: unknown, withinMs?: number): Promise<ConsoleState> {
  let last: Partial<ConsoleState> = {};
  const look = async () => {
    const state = await readState(consoleUrl);
    last = state;
    return state.orders?.some((order) => order.state === 'resting') ? state : null;
  };
  try {
    return await until('quotes rest', look, withinMs);
  } catch (error) {
    const { mode, risk, inControlMs, firstQuoteMs, reasons } = last;
    const why = JSON.stringify({ mode, risk, inControlMs, firstQuoteMs, reasons: Object.values(reasons ?? {}) });
    throw new Error(`${(error as Error).message}; the trader said last: ${why}`, { cause: error });
  }
}
