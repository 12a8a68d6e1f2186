/**
 * The line between trader and exchange in a virtual world: the exchange's own handler and message port, with a latency on
 * each leg as an entry in the queue. Requests honour their abort signal; frames never overtake each other.
 */
import type { Clock } from '../domain/clock.ts';
import type { Random } from '../domain/random.ts';
import type { Socket, SocketPort } from '../exchange/kalshi/sockets.ts';
import type { HttpRequest, HttpTransport } from '../exchange/kalshi/transport.ts';

/** Each leg takes at least `baseMs` and on average `jitterMs` more (exponential). */
export interface Latency {
  readonly baseMs: number;
  readonly jitterMs: number;
}

export interface LineOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly request: Latency;
  readonly response: Latency;
  readonly stream: Latency;
}

function draw(random: Random, latency: Latency): number {
  return latency.baseMs + (latency.jitterMs === 0 ? 0 : random.exponential(latency.jitterMs));
}

export function latentTransport(inner: HttpTransport, options: LineOptions): HttpTransport {
  const random = options.random.split('http');
  return {
    async send(request) {
      // The bytes leave now; what the exchange does with them comes later.
      request.beforeWrite?.();
      const { beforeWrite: _left, ...rest } = request;
      await wait(options.clock, draw(random, options.request), request);
      const answer = await inner.send(rest);
      await wait(options.clock, draw(random, options.response), request);
      return answer;
    },
  };
}

function wait(clock: Clock, delayMs: number, { signal }: HttpRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const timer = clock.setTimeout(() => {
      signal.removeEventListener('abort', give);
      resolve();
    }, delayMs);
    const give = (): void => {
      clock.clearTimeout(timer);
      reject(signal.reason);
    };
    signal.addEventListener('abort', give, { once: true });
  });
}

export function latentSockets(inner: SocketPort, options: LineOptions): SocketPort {
  const random = options.random.split('stream');
  const { clock } = options;
  return {
    open(url, headers) {
      const socket = inner.open(url, headers);
      const nothing = (): void => undefined;
      let dueMs = 0;
      /** Later, and never before what was said before it. */
      const later = (what: () => void): void => {
        dueMs = Math.max(dueMs, clock.now() + draw(random, options.stream));
        clock.setTimeout(what, dueMs - clock.now());
      };
      const outer: Socket = {
        onopen: nothing,
        onmessage: nothing,
        onpong: nothing,
        onerror: nothing,
        onclose: nothing,
        send: (text) => clock.setTimeout(() => socket.send(text), draw(random, options.request)),
        ping: () => clock.setTimeout(() => socket.ping(), draw(random, options.request)),
        close: () => socket.close(),
      };
      socket.onopen = () => later(() => outer.onopen());
      socket.onmessage = (text) => later(() => outer.onmessage(text));
      socket.onpong = () => later(() => outer.onpong());
      socket.onerror = (message) => later(() => outer.onerror(message));
      socket.onclose = (code, reason) => later(() => outer.onclose(code, reason));
      return outer;
    },
  };
}
