/** What may happen between trader and exchange, switched on and off by a test. */
import type { Interference } from '../../src/backtest/virtual-world.ts';
import type { Socket } from '../../src/exchange/kalshi/sockets.ts';

export interface Switches {
  /** Every request is answered 429 and does nothing. */
  throttling: boolean;
  /** So many creates from now on take effect and are never answered. */
  lostAnswers: number;
  /** So many creates from now on never arrive and are never answered. */
  lostCreates: number;
  /** So many changes of a book from now on are lost on the way. */
  lostDeltas: number;
  /** The venue's news of our orders is lost on the way. */
  deaf: boolean;
  /** New connections are refused. */
  refusing: boolean;
  /** Nothing comes through any more, and nobody says so. */
  silent: boolean;
}

export interface Meddler {
  readonly switches: Switches;
  readonly interference: Interference;
  /** Breaks every open connection. */
  drop(): void;
  /** Requests seen, by method and path. */
  readonly seen: string[];
}

export function createMeddler(): Meddler {
  const switches: Switches = {
    throttling: false,
    lostAnswers: 0,
    lostCreates: 0,
    lostDeltas: 0,
    deaf: false,
    refusing: false,
    silent: false,
  };
  const open = new Set<Socket>();
  const seen: string[] = [];
  return {
    switches,
    seen,
    drop() {
      for (const socket of [...open]) {
        open.delete(socket);
        socket.close();
        socket.onclose(1006, 'the line broke');
      }
    },
    interference: {
      transport: (inner) => ({
        async send(request) {
          const { pathname } = new URL(request.url);
          seen.push(`${request.method} ${pathname}`);
          if (switches.throttling) return { status: 429, body: '{"error":"too many requests"}', date: null };
          const isCreate = request.method === 'POST' && pathname.endsWith('/portfolio/events/orders');
          if (isCreate && switches.lostCreates > 0) {
            switches.lostCreates--;
            return unanswered(request.signal);
          }
          const answer = await inner.send(request);
          if (isCreate && switches.lostAnswers > 0) {
            switches.lostAnswers--;
            return unanswered(request.signal);
          }
          return answer;
        },
      }),
      sockets: (inner) => ({
        open(url, headers) {
          const socket = inner.open(url, headers);
          const outer: Socket = { ...socket, onopen() {}, onmessage() {}, onpong() {}, onerror() {}, onclose() {} };
          open.add(outer);
          socket.onopen = () => (switches.refusing ? end(outer) : outer.onopen());
          socket.onmessage = (text) => {
            if (switches.silent || !open.has(outer)) return;
            if (switches.deaf && text.includes('"user_order"')) return;
            if (switches.lostDeltas > 0 && text.includes('"orderbook_delta"') && text.includes('"seq"')) {
              switches.lostDeltas--;
              return;
            }
            outer.onmessage(text);
          };
          socket.onpong = () => {
            if (!switches.silent) outer.onpong();
          };
          socket.onerror = (message) => outer.onerror(message);
          socket.onclose = (code, reason) => {
            if (open.delete(outer)) outer.onclose(code, reason);
          };
          return outer;

          function end(ended: Socket): void {
            open.delete(ended);
            socket.close();
            ended.onclose(1006, 'refused');
          }
        },
      }),
    },
  };
}

function unanswered(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
