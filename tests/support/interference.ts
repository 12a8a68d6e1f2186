/** What may happen between trader and exchange, switched on and off by a test. */
import type { Interference } from '../../src/backtest/virtual-world.ts';
import { sleep } from '../../src/domain/clock.ts';
import type { Socket } from '../../src/exchange/kalshi/sockets.ts';
import type { HttpAnswer, HttpRequest, HttpTransport } from '../../src/exchange/kalshi/transport.ts';

export interface Switches {
  /** Every request is answered 429 and does nothing. */
  throttling: boolean;
  /** So many creates from now on take effect and are never answered. */
  lostAnswers: number;
  /** So many creates from now on never arrive and are never answered. */
  lostCreates: number;
  /** So many cancels from now on take effect and are never answered. */
  lostCancels: number;
  /** So many creates, and so many cancels, from now on wander about for seconds before they come to the exchange. */
  lateCreates: number;
  lateCancels: number;
  /** Listings of the account break off, this one or all of them: half of the first page, and no second one. */
  cutListings: 'orders' | 'fills' | 'positions' | 'settlements' | 'all' | null;
  /** So many changes of a book from now on are lost on the way. */
  lostDeltas: number;
  /** The venue's news of our orders is lost on the way. */
  deaf: boolean;
  /** New connections are refused. */
  refusing: boolean;
  /** Nothing comes through any more, and nobody says so. */
  silent: boolean;
}

/** Nothing happens that should not. */
export const CALM: Readonly<Switches> = {
  throttling: false,
  lostAnswers: 0,
  lostCreates: 0,
  lostCancels: 0,
  lateCreates: 0,
  lateCancels: 0,
  cutListings: null,
  lostDeltas: 0,
  deaf: false,
  refusing: false,
  silent: false,
};

/** So long a late request wanders: longer than we wait for an answer, shorter than its signature is good. */
const LATE_MS = [300, 9_000] as const;

export interface Meddler {
  readonly switches: Switches;
  readonly interference: Interference;
  /** Breaks every open connection. */
  drop(): void;
  /** Requests seen, by method and path. */
  readonly seen: string[];
}

export function createMeddler(): Meddler {
  const switches: Switches = { ...CALM };
  const open = new Set<Socket>();
  const seen: string[] = [];
  const take = (name: 'lostAnswers' | 'lostCreates' | 'lostCancels' | 'lateCreates' | 'lateCancels'): boolean => {
    if (switches[name] === 0) return false;
    switches[name]--;
    return true;
  };
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
      transport: (inner, clock, random) => ({
        async send(request) {
          const { pathname } = new URL(request.url);
          seen.push(`${request.method} ${pathname}`);
          if (switches.throttling) return { status: 429, body: '{"error":"too many requests"}', date: null };
          const isCreate = request.method === 'POST' && pathname.endsWith('/portfolio/events/orders');
          const isCancel = request.method === 'DELETE' && pathname.includes('/portfolio/events/orders/');
          const listing = request.method === 'GET' ? LISTING.exec(pathname)?.[1] : undefined;
          if (listing !== undefined && (switches.cutListings === 'all' || switches.cutListings === listing))
            return cut(inner, request);
          if (isCreate && take('lostCreates')) return unanswered(request.signal);
          // Whoever gives up waiting does not call it back.
          if ((isCreate && take('lateCreates')) || (isCancel && take('lateCancels')))
            await sleep(clock, random.integer(...LATE_MS));
          const answer = await inner.send(request);
          if ((isCreate && take('lostAnswers')) || (isCancel && take('lostCancels'))) return unanswered(request.signal);
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

const LISTING = /\/portfolio\/(orders|fills|positions|settlements)$/;
const CUT = 'cut';

/** The first half of a listing, with a cursor that leads nowhere. */
async function cut(inner: HttpTransport, request: HttpRequest): Promise<HttpAnswer> {
  if (new URL(request.url).searchParams.get('cursor') === CUT) return { status: 503, body: '', date: null };
  const answer = await inner.send(request);
  if (answer.status !== 200) return answer;
  const page = JSON.parse(answer.body) as Record<string, unknown>;
  for (const [name, items] of Object.entries(page))
    if (Array.isArray(items)) page[name] = items.slice(0, Math.floor(items.length / 2));
  return { ...answer, body: JSON.stringify({ ...page, cursor: CUT }) };
}

function unanswered(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
