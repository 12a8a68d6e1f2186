/** How long bytes are on their way between a client and an exchange of ours. */
import { type Clock, sleep } from '../../../domain/clock.ts';
import { BothsidesError } from '../../../domain/errors.ts';
import type { Random } from '../../../domain/random.ts';
import type { ConnectAnswer, VenueServer } from '../server.ts';

/** At least `baseMs`, and on average `meanMs` more (exponential), in wall time. */
export interface Leg {
  readonly baseMs: number;
  readonly meanMs: number;
}

export interface Latency {
  /** Also of what is said on a stream. */
  readonly request: Leg;
  readonly response: Leg;
  readonly stream: Leg;
}

const NONE: Leg = { baseMs: 0, meanMs: 0 };
const LEGS = ['request', 'response', 'stream'] as const;

/** "5+3" for all legs, or "request=5+3,response=2,stream=10+5": base and mean of the rest in ms. Throws USAGE. */
export function parseLatency(text: string): Latency {
  const legs: { request: Leg; response: Leg; stream: Leg } = { request: NONE, response: NONE, stream: NONE };
  if (!text.includes('=')) {
    const leg = parseLeg(text, text);
    return { request: leg, response: leg, stream: leg };
  }
  for (const part of text.split(',')) {
    const [name, value = ''] = part.trim().split('=');
    const leg = LEGS.find((known) => known === name);
    if (leg === undefined) throw unreadable(text);
    legs[leg] = parseLeg(value, text);
  }
  return legs;
}

function parseLeg(text: string, whole: string): Leg {
  const match = /^(\d{1,5}(?:\.\d+)?)(?:\+(\d{1,5}(?:\.\d+)?))?$/.exec(text.trim());
  if (match === null) throw unreadable(whole);
  return { baseMs: Number(match[1]), meanMs: Number(match[2] ?? 0) };
}

function unreadable(text: string): BothsidesError {
  return new BothsidesError('USAGE', `${JSON.stringify(text)} is no latency.`, {
    remedy: 'Write base+mean in ms, like 5+3, or by leg: request=5+3,response=2,stream=10+5.',
  });
}

export type Line = Pick<VenueServer, 'fetch' | 'connect'>;

/** The line to a server. Requests may overtake each other, as on connections of their own; frames of a stream may not. */
export function latentLine(inner: Line, options: { latency: Latency; wall: Clock; random: Random }): Line {
  const { latency, wall } = options;
  const http = options.random.split('http');
  const stream = options.random.split('stream');
  const draw = (random: Random, { baseMs, meanMs }: Leg): number =>
    baseMs + (meanMs === 0 ? 0 : random.exponential(meanMs));

  return {
    async fetch(request) {
      await sleep(wall, draw(http, latency.request));
      const answer = await inner.fetch(request);
      await sleep(wall, draw(http, latency.response));
      return answer;
    },
    connect(headers, peer): ConnectAnswer {
      const out = inOrder(wall, () => draw(stream, latency.stream));
      const back = inOrder(wall, () => draw(stream, latency.request));
      let onItsWay = 0;
      const answer = inner.connect(headers, {
        send(text) {
          onItsWay += text.length;
          out(() => {
            onItsWay -= text.length;
            peer.send(text);
          });
        },
        ping: () => out(() => peer.ping()),
        close: (code, reason) => out(() => peer.close(code, reason)),
        ...(peer.drop === undefined ? {} : { drop: () => peer.drop?.() }),
        buffered: () => onItsWay + (peer.buffered?.() ?? 0),
      });
      if (!answer.accepted) return answer;
      return {
        ...answer,
        receive: (text) => back(() => answer.receive(text)),
        receiveBinary: () => back(() => answer.receiveBinary()),
      };
    },
  };
}

/** What is done later, each after its own delay and none before what was asked for before it. */
export function inOrder(wall: Clock, delayMs: () => number): (act: () => void) => void {
  const waiting: (() => void)[] = [];
  let dueMs = 0;
  return (act) => {
    dueMs = Math.max(dueMs, wall.now() + delayMs());
    waiting.push(act);
    // Timers of one machine that are due at once fire in any order: whichever it is, the oldest is done.
    wall.setTimeout(() => waiting.shift()?.(), dueMs - wall.now());
  };
}
