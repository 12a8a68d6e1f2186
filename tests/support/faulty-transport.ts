/**
 * A line to the exchange that goes wrong where a test says so. Every request is handed over for writing at once; what the
 * exchange does with it, and whether anybody hears of it, is the script's.
 */
import type { Clock } from '../../src/domain/clock.ts';
import type { HttpAnswer, HttpRequest, HttpTransport } from '../../src/exchange/kalshi/transport.ts';

/** `group`: any command about an order group. */
export type RequestName = 'create' | 'cancel' | 'amend' | 'read' | 'group';

export type Fault =
  /** It never arrives, and nothing is heard. */
  | { readonly how: 'timeoutBefore' }
  /** It is done, and nothing is heard. */
  | { readonly how: 'timeoutAfter' }
  /** It wanders about, is done late, and nothing is heard. */
  | { readonly how: 'doneLate'; readonly afterMs: number }
  /** The connection breaks, before or after it is done. */
  | { readonly how: 'brokenBefore' }
  | { readonly how: 'brokenAfter' }
  | { readonly how: '5xxBefore' }
  | { readonly how: '5xxAfter' }
  /** It is done, and the 2xx says nothing. */
  | { readonly how: 'emptyAfter' }
  /** Not done. */
  | { readonly how: '429' }
  /** Not done, and said so. */
  | { readonly how: 'refused'; readonly status: number; readonly code: string }
  /** It is done at once and answered late. */
  | { readonly how: 'slowAnswer'; readonly byMs: number };

export interface Seen {
  readonly name: RequestName;
  readonly method: string;
  readonly path: string;
  readonly body: Record<string, unknown> | null;
  readonly atMs: number;
}

interface Rule {
  readonly on: RequestName;
  readonly fault: Fault;
  times: number;
}

const FAILURE = '{"error":{"code":"internal_error","message":"something broke"}}';

export class FaultyTransport implements HttpTransport {
  /** Every request whose bytes were written, oldest first. */
  readonly seen: Seen[] = [];
  /** Milliseconds of each leg. */
  latencyMs = 2;
  /** Listings of orders come back empty, and no order is found by its id: the exchange has put them away. */
  hideOrders = false;
  /** Asked where no rule speaks; null: nothing goes wrong. */
  chance: (name: RequestName, url: string) => Fault | null = () => null;
  readonly #inner: HttpTransport;
  readonly #clock: Clock;
  readonly #rules: Rule[] = [];

  constructor(inner: HttpTransport, clock: Clock) {
    this.#inner = inner;
    this.#clock = clock;
  }

  /** The next `times` requests of this name go wrong like this. */
  fail(on: RequestName, fault: Fault, times = 1): void {
    this.#rules.push({ on, fault, times });
  }

  /** Nothing goes wrong any more. */
  heal(): void {
    this.#rules.length = 0;
    this.chance = () => null;
  }

  count(name: RequestName): number {
    return this.seen.filter((seen) => seen.name === name).length;
  }

  async send(request: HttpRequest): Promise<HttpAnswer> {
    const { beforeWrite, ...rest } = request;
    beforeWrite?.();
    const { pathname } = new URL(request.url);
    const name = nameOf(request.method, pathname);
    const body = request.body === null ? null : JSON.parse(request.body);
    this.seen.push({ name, method: request.method, path: pathname, body, atMs: this.#clock.now() });
    const fault = this.#next(name, request.url);
    if (this.hideOrders && name === 'read' && pathname.endsWith('/portfolio/orders'))
      return { status: 200, body: '{"orders":[],"cursor":""}', date: null };
    if (this.hideOrders && name === 'read' && pathname.includes('/portfolio/orders/'))
      return { status: 404, body: '{"error":{"code":"not_found","message":"not found"}}', date: null };
    await this.#wait(this.latencyMs);
    switch (fault?.how) {
      case 'timeoutBefore':
        return unanswered(request.signal);
      case 'timeoutAfter':
        await this.#inner.send(rest);
        return unanswered(request.signal);
      case 'doneLate':
        this.#clock.setTimeout(() => void this.#inner.send(rest), fault.afterMs);
        return unanswered(request.signal);
      case 'brokenBefore':
        throw new TypeError('fetch failed');
      case 'brokenAfter':
        await this.#inner.send(rest);
        throw new TypeError('fetch failed');
      case '5xxBefore':
        return { status: 503, body: FAILURE, date: null };
      case '5xxAfter':
        await this.#inner.send(rest);
        return { status: 503, body: FAILURE, date: null };
      case 'emptyAfter': {
        const { status, date } = await this.#inner.send(rest);
        return { status, body: '', date };
      }
      case '429':
        return { status: 429, body: '{"error":"too many requests"}', date: null };
      case 'refused':
        return {
          status: fault.status,
          body: JSON.stringify({ error: { code: fault.code, message: fault.code } }),
          date: null,
        };
      default: {
        const answer = await this.#inner.send(rest);
        await this.#wait(fault?.how === 'slowAnswer' ? fault.byMs : this.latencyMs);
        return answer;
      }
    }
  }

  #next(name: RequestName, url: string): Fault | null {
    const rule = this.#rules.find((each) => each.on === name);
    if (rule === undefined) return this.chance(name, url);
    if (--rule.times === 0) this.#rules.splice(this.#rules.indexOf(rule), 1);
    return rule.fault;
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.setTimeout(resolve, delayMs);
    });
  }
}

function nameOf(method: string, path: string): RequestName {
  if (method === 'GET') return 'read';
  if (path.includes('/order_groups')) return 'group';
  if (method === 'DELETE') return 'cancel';
  return path.endsWith('/amend') || path.endsWith('/decrease') ? 'amend' : 'create';
}

function unanswered(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
