/** The console on a real port, looked at through real sockets; behind it a trader in a virtual world. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { ALL_CHARTS } from '../../src/cli/all-charts.ts';
import type { MakePart } from '../../src/console/console-part.ts';
import { machinesPart } from '../../src/console/machines-part.ts';
import { PARTS } from '../../src/console/parts.ts';
import { type Console, openConsole } from '../../src/console/server.ts';
import type { ViewerLimits } from '../../src/console/viewers.ts';
import type { ServerMessage, ServerText, Topic } from '../../src/console/wire.ts';
import type { Clock } from '../../src/domain/clock.ts';
import type { Json } from '../../src/domain/json.ts';
import { SILENT } from '../../src/runtime/log.ts';
import { createSystemClock } from '../../src/runtime/system-clock.ts';
import { quotingNow, simSettings, startTrial, type Trial } from '../support/world.ts';

export const TOKEN = 'the-token-of-this-run';

export interface StageOptions {
  readonly parts?: readonly MakePart[];
  readonly market?: Clock;
  readonly stately?: boolean;
  readonly limits?: Partial<ViewerLimits>;
  readonly pageFolder?: string;
  readonly state?: () => Json;
}

export function openStage({ parts = PARTS, market, ...options }: StageOptions = {}): Promise<Console> {
  const wall = createSystemClock();
  return openConsole({
    host: '127.0.0.1',
    port: 0,
    onTaken: 'refuse',
    clocks: { wall, market: market ?? wall, monotonicMs: () => wall.monotonicMs() },
    log: SILENT,
    run: () => ({ id: 'r1', mode: 'sim', seed: 1, pid: process.pid, startedWallMs: 0, readOnly: false }),
    speed: () => 1,
    state: () => ({ mode: 'sim' }),
    isHealthy: () => true,
    token: TOKEN,
    parts: [...parts, machinesPart(ALL_CHARTS)],
    ...options,
  });
}

/** A trader that quotes in some markets, and the console that shows it. */
export async function openLive(
  options: StageOptions & { readonly sets?: readonly string[]; readonly quoting?: number; readonly seed?: number } = {},
): Promise<{ web: Console; trial: Trial }> {
  const { sets = [], quoting = 3, seed = 71, ...rest } = options;
  const trial = await startTrial({ seed, forMs: null, settings: simSettings(sets) });
  const web = await openStage({ market: trial.world.clock, ...rest });
  web.attach({ past: trial.run.journal, live: trial.run });
  if (!(await trial.world.advance(120_000, () => quotingNow(trial) >= quoting))) throw new Error('nothing is quoted');
  return { web, trial };
}

/** One who looks: everything that it was told, in order. */
export class Looker {
  readonly told: ServerMessage[] = [];
  readonly socket: WebSocket;
  closed: { code: number; reason: string } | null = null;

  constructor(url: string, path = '/api/live', headers: Record<string, string> = {}) {
    this.socket = new WebSocket(url.replace(/^http/, 'ws') + path, { headers });
    this.socket.on('message', (data) => {
      const text = JSON.parse(String(data)) as ServerText;
      this.told.push(...(Array.isArray(text) ? (text as ServerMessage[]) : [text as ServerMessage]));
    });
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    this.socket.on('error', () => undefined);
  }

  static async at(url: string, topics?: readonly Topic[]): Promise<Looker> {
    const looker = new Looker(url);
    await once(looker.socket, 'open');
    if (topics !== undefined) looker.say({ type: 'watch', topics });
    return looker;
  }

  say(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  of<T extends ServerMessage['type']>(type: T): Extract<ServerMessage, { type: T }>[] {
    return this.told.filter((message) => message.type === type) as Extract<ServerMessage, { type: T }>[];
  }

  /** Resolves when it is so; rejects when it is not within 20 s, on however busy a machine. */
  async until(isSo: (looker: this) => boolean): Promise<void> {
    await until(() => isSo(this));
  }

  end(): void {
    this.socket.terminate();
  }
}

export async function until(isSo: () => boolean, withinMs = 20_000): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!isSo()) {
    if (performance.now() > endMs) throw new Error(`not so within ${withinMs} ms: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly json: () => never;
}

/** As a program asks, with whatever headers it likes (`fetch` would not let us lie about our host). */
export async function ask(
  url: string,
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const asked = httpRequest({ host: hostname, port, path, method, headers });
  asked.end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  let text = '';
  for await (const piece of answer.setEncoding('utf8')) text += piece;
  return { status: answer.statusCode!, headers: answer.headers, text, json: () => JSON.parse(text) as never };
}

/** How the handshake of a WebSocket is answered: 101 where it is let in. */
export async function handshake(url: string, path: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(url.replace(/^http/, 'ws') + path, { headers });
  return new Promise((resolve) => {
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('unexpected-response', (_request, answer) => {
      answer.resume();
      resolve(answer.statusCode!);
    });
    socket.on('error', () => undefined);
  });
}
