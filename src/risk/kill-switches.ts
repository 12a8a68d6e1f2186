/** First forms of the switches that stop trading by themselves: each says what it measured, never what to do about it. */
import { fromDollars, type Microdollars, type UnixMs } from '../domain/units.ts';
import type { Settings } from '../settings/schema.ts';

export const HOUR_MS = 3_600_000;

export interface DailyLoss {
  /** What the day has cost so far; 0 when it has not. */
  readonly loss: Microdollars;
  readonly limit: Microdollars;
  readonly isBreached: boolean;
}

/**
 * The loss since 00:00 in New York against min(dollars, share of the equity the day began with). Equity is marked to
 * the side at which a position could be left, so an unrealised loss counts like a realised one.
 */
export function dailyLoss(
  equityNow: Microdollars,
  equityAtStart: Microdollars,
  settings: Pick<Settings, 'risk'>,
): DailyLoss {
  const { dailyLossDollars, dailyLossShare } = settings.risk;
  const share = Math.floor(Math.max(0, equityAtStart) * dailyLossShare);
  const limit = Math.min(fromDollars(dailyLossDollars), share) as Microdollars;
  const loss = Math.max(0, equityAtStart - equityNow) as Microdollars;
  // An account that began with nothing has no loss to speak of until it has one.
  return { loss, limit, isBreached: loss > 0 && loss >= limit };
}

const easternClock = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'America/New_York',
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
});

/** The day in New York that a moment belongs to, as 2026-03-08: a new one begins a new daily loss. */
export function easternDay(atMs: UnixMs): string {
  return easternClock.format(atMs);
}

/**
 * Counts what happened within the last hour (or another window), remembering no more than is needed to know that there
 * were too many. Market or wall time, as long as it is always the same.
 */
export class WindowCounter {
  readonly #max: number;
  readonly #windowMs: number;
  #times: number[] = [];

  /** `max`: how many within `windowMs` are still allowed. */
  constructor(max: number, windowMs: number = HOUR_MS) {
    this.#max = max;
    this.#windowMs = windowMs;
  }

  record(atMs: UnixMs): void {
    this.#times.push(atMs);
    if (this.#times.length > this.#max + 1) this.#times.shift();
  }

  /** How many in the window that ends now; never says more than one over the allowed number. */
  count(nowMs: UnixMs): number {
    const from = nowMs - this.#windowMs;
    return this.#times.filter((time) => time > from).length;
  }
  hasRoom(nowMs: UnixMs): boolean {
    return this.count(nowMs) < this.#max;
  }
  isExceeded(nowMs: UnixMs): boolean {
    return this.count(nowMs) > this.#max;
  }
  get lastMs(): UnixMs | null {
    return (this.#times.at(-1) ?? null) as UnixMs | null;
  }

  toJson(): readonly number[] {
    return [...this.#times];
  }
  /** Takes over what another run recorded, in its order. */
  restore(times: readonly number[]): void {
    this.#times = times.slice(-(this.#max + 1));
  }
}

export interface ErrorRate {
  readonly count: number;
  readonly max: number;
  /** Too many within the hour: pause. */
  readonly isBreached: boolean;
  /** None for long enough to resume after a pause. */
  readonly isClear: boolean;
}

/** Orders rejected, transport failures and unknown outcomes of the last hour (429s apart) against what is allowed. */
export function errorRate(errors: WindowCounter, nowMs: UnixMs, settings: Pick<Settings, 'risk'>): ErrorRate {
  const { errorsPerHourMax, errorsClearMs } = settings.risk;
  const last = errors.lastMs;
  return {
    count: errors.count(nowMs),
    max: errorsPerHourMax,
    isBreached: errors.isExceeded(nowMs),
    isClear: last === null || nowMs - last >= errorsClearMs,
  };
}
