/**
 * Alerts to a webhook. Whoever trades never waits for it: what is to be said goes into a short queue and leaves by itself. A
 * repeat within its time is counted and not sent, an hour has a budget (what is critical has one of its own), and what was
 * left out is told with the next that is sent. The address is a secret and stands in no log and no error.
 */

import type { Clock } from '../domain/clock.ts';
import { messageOf } from '../domain/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Settings } from '../settings/schema.ts';
import { type Alert, type AlertOrigin, bodyFor, SEVERITIES } from './alert-words.ts';

export interface AlertOptions {
  /** Of the environment. */
  readonly url: string;
  readonly settings: Settings['alerts'];
  readonly wall: Clock;
  readonly log: Log;
  readonly origin: () => AlertOrigin;
}

export interface AlertCounts {
  sent: number;
  /** Given up on after the last try. */
  failed: number;
  /** A repeat within its time. */
  repeated: number;
  /** Beyond the hour's budget, or the queue's length. */
  overBudget: number;
}

const HOUR_MS = 3_600_000;
const QUEUE_MAX = 50;
/** After a failed try, wall time; then it is given up. */
const TRY_AGAIN_MS = [1_000, 5_000];
/** Kinds of alerts whose last time is remembered. */
const CODES_MAX = 1_000;

export class Alerts {
  readonly counts: AlertCounts = { sent: 0, failed: 0, repeated: 0, overBudget: 0 };
  readonly #options: AlertOptions;
  readonly #queue: Alert[] = [];
  /** When each was last let through, and how often it came since. */
  readonly #said = new Map<string, { atMs: number; repeats: number }>();
  #sentMs: { normal: number[]; critical: number[] } = { normal: [], critical: [] };
  #leftOut = 0;
  #working: Promise<void> | null = null;
  #pause: { readonly timer: unknown; readonly end: () => void } | null = null;
  #isClosing = false;

  constructor(options: AlertOptions) {
    this.#options = options;
  }

  /** Never throws, never waits. */
  raise(alert: Alert): void {
    const { settings, wall } = this.#options;
    if (SEVERITIES.indexOf(alert.severity) < SEVERITIES.indexOf(settings.severityMin)) return;
    const nowMs = wall.now();
    const before = this.#said.get(alert.code);
    if (before !== undefined && nowMs - before.atMs < settings.repeatAfterMs) {
      before.repeats++;
      this.counts.repeated++;
      return;
    }
    if (!this.#hasBudget(alert, nowMs) || this.#queue.length >= QUEUE_MAX) {
      this.counts.overBudget++;
      this.#leftOut++;
      return;
    }
    if (this.#said.size >= CODES_MAX) this.#said.clear();
    this.#said.set(alert.code, { atMs: nowMs, repeats: 0 });
    this.#queue.push({ ...alert, text: `${alert.text}${this.#besides(before?.repeats ?? 0)}` });
    this.#working ??= this.#work();
  }

  /** What waits still goes out, for as long as this, wall time. */
  async close(withinMs = 3_000): Promise<void> {
    this.#isClosing = true;
    this.#pause?.end();
    if (this.#working === null) return;
    const { wall } = this.#options;
    const limit = Promise.withResolvers<void>();
    const timer = wall.setTimeout(() => limit.resolve(), withinMs);
    await Promise.race([this.#working, limit.promise]);
    wall.clearTimeout(timer);
    this.#queue.length = 0;
  }

  #hasBudget({ severity }: Alert, nowMs: number): boolean {
    const kind = severity === 'critical' ? 'critical' : 'normal';
    const recent = this.#sentMs[kind].filter((atMs) => nowMs - atMs < HOUR_MS);
    const hasRoom = recent.length < this.#options.settings.perHourMax;
    this.#sentMs = { ...this.#sentMs, [kind]: hasRoom ? [...recent, nowMs] : recent };
    return hasRoom;
  }

  #besides(repeats: number): string {
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    const again = repeats === 0 ? '' : ` (It came ${repeats} times more since it was last told.)`;
    return leftOut === 0 ? again : `${again} (${leftOut} other alerts were left out: the hour's budget was spent.)`;
  }

  async #work(): Promise<void> {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) await this.#deliver(next);
    this.#working = null;
  }

  async #deliver(alert: Alert): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const failure = await this.#send(alert);
      if (failure === null) {
        this.counts.sent++;
        return;
      }
      const againMs = failure.isFinal || this.#isClosing ? undefined : TRY_AGAIN_MS[attempt];
      if (againMs === undefined) {
        this.counts.failed++;
        this.#options.log.warn({ code: alert.code, failure: failure.what }, 'an alert could not be sent');
        return;
      }
      await this.#wait(againMs);
    }
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.wall.setTimeout(resolve, delayMs);
      const end = (): void => {
        this.#options.wall.clearTimeout(timer);
        resolve();
      };
      this.#pause = { timer, end };
    });
  }

  async #send(alert: Alert): Promise<{ readonly what: string; readonly isFinal: boolean } | null> {
    const { url, settings, wall, origin } = this.#options;
    const limit = new AbortController();
    const timer = wall.setTimeout(() => limit.abort(), settings.timeoutMs);
    try {
      const chat = new URL(url).searchParams.get('chat_id');
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(bodyFor(settings.format, alert, origin(), { wallMs: wall.now(), chat })),
        // Wherever else it would lead is not what the address says.
        redirect: 'manual',
        signal: limit.signal,
      });
      await response.body?.cancel();
      if (response.ok) return null;
      const isFinal = response.status < 500 && response.status !== 429;
      return { what: `answered ${response.status}`, isFinal };
    } catch (error) {
      return {
        what: limit.signal.aborted ? `no answer within ${settings.timeoutMs} ms` : causeOf(error),
        isFinal: false,
      };
    } finally {
      wall.clearTimeout(timer);
    }
  }
}

/** A code like ECONNREFUSED; never a text, which may hold the address. */
function causeOf(error: unknown): string {
  const { cause } = error as { cause?: { code?: unknown } };
  if (typeof cause?.code === 'string') return cause.code;
  return error instanceof TypeError ? 'the request failed' : messageOf(error).replace(/\S*:\/\/\S*/g, '…');
}
