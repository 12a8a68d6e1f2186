/**
 * The supervisor's eyes: kill switches in first form and the operator's HALT file, looked at once a second of wall time.
 * What they find is an event for the chart; a halt shuts the door before the chart hears of it.
 */
import { merge, Observable } from 'rxjs';
import type { SupervisorEvent } from '../../machines/risk-supervisor.ts';
import type { Clocks } from '../domain/clock.ts';
import type { Journal } from '../domain/journal.ts';
import { formatMoney, type Microdollars, type UnixMs } from '../domain/units.ts';
import type { Feed } from '../feed/feed.ts';
import type { Door } from '../gateway/door.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { dailyLoss, easternDay, errorRate, WindowCounter } from '../risk/kill-switches.ts';
import type { Settings } from '../settings/schema.ts';
import type { Accounts } from './accounts.ts';
import type { WatchedMarkets } from './watched-markets.ts';

export interface SuperviseOptions {
  readonly clocks: Clocks;
  readonly settings: Settings;
  readonly accounts: Accounts;
  readonly gateway: Gateway;
  readonly feed: Feed;
  readonly markets: WatchedMarkets;
  readonly door: Door;
  readonly journal: Journal;
  /** Whether the operator's HALT file is there. */
  readonly haltFile: () => boolean;
  /** Markets with a session now. */
  readonly quoted: () => Iterable<string>;
}

const LOOK_EVERY_MS = 1_000;

/** Marks equity at the start of each day in New York and says when a switch fires. */
export class DayBook {
  #day = '';
  #equityAtStart: Microdollars | null = null;

  /** Equity with which the day began; taken at the first look of a day. */
  startOf(nowMs: UnixMs, equity: Microdollars): Microdollars {
    const day = easternDay(nowMs);
    if (day !== this.#day || this.#equityAtStart === null) {
      this.#day = day;
      this.#equityAtStart = equity;
    }
    return this.#equityAtStart;
  }
  /** What an earlier run on this folder noted, so that a restart does not forgive a loss. */
  restore(day: string, equityAtStart: Microdollars): void {
    this.#day = day;
    this.#equityAtStart = equityAtStart;
  }
  get current(): { readonly day: string; readonly equity: Microdollars | null } {
    return { day: this.#day, equity: this.#equityAtStart };
  }
}

export function supervise(options: SuperviseOptions, days: DayBook): Observable<SupervisorEvent> {
  const { clocks, settings, accounts, gateway, door, journal } = options;
  return new Observable<SupervisorEvent>((subscriber) => {
    const errors = new WindowCounter(settings.risk.errorsPerHourMax);
    let halted = false;
    let paused = false;
    let lost = false;
    let staleSinceMs: number | null = null;

    const look = (): void => {
      if (options.haltFile() && !halted) {
        halted = true;
        door.restrict();
        subscriber.next({ type: 'operator.halt', reason: 'haltFile' });
      }
      const nowMs = clocks.market.now();
      const equity = accounts.equity();
      const before = days.current.day;
      const atStart = days.startOf(nowMs, equity);
      if (days.current.day !== before) journal.append('day.began', { day: days.current.day, equity: atStart });
      const loss = dailyLoss(equity, atStart, settings);
      if (loss.isBreached && !lost) {
        lost = true;
        door.restrict();
        journal.append('switch.fired', { switch: 'dailyLoss', loss: loss.loss, limit: loss.limit });
        subscriber.next({
          type: 'switch.fired',
          action: 'halt',
          reason: `dailyLoss ${formatMoney(loss.loss)} of ${formatMoney(loss.limit)}`,
          resumeAtMs: null,
        });
      }
      const rate = errorRate(errors, nowMs, settings);
      if (rate.isBreached && !paused) {
        paused = true;
        journal.append('switch.fired', { switch: 'errors', count: rate.count });
        subscriber.next({
          type: 'switch.fired',
          action: 'pause',
          reason: 'errors',
          resumeAtMs: nowMs + settings.risk.errorsClearMs,
        });
      } else if (paused && rate.isClear) paused = false;

      const wallMs = clocks.wall.now();
      let anyStale = false;
      for (const ticker of options.quoted()) {
        if (options.feed.view(ticker as never)?.isCurrent(wallMs) !== true) anyStale = true;
      }
      staleSinceMs = anyStale ? (staleSinceMs ?? wallMs) : null;
      if (staleSinceMs !== null && wallMs - staleSinceMs >= settings.risk.feedStaleMs) {
        staleSinceMs = wallMs;
        journal.append('switch.fired', { switch: 'feedStale' });
        subscriber.next({
          type: 'switch.fired',
          action: 'reduce',
          reason: 'feedStale',
          resumeAtMs: nowMs + settings.risk.feedStaleMs,
        });
      }
    };

    let timer: unknown = null;
    const tick = (): void => {
      look();
      timer = clocks.wall.setTimeout(tick, LOOK_EVERY_MS);
    };
    const subscription = merge(gateway.facts$).subscribe((fact) => {
      const counts = fact.type === 'unknown' || (fact.type === 'rejected' && fact.reason !== 'throttled');
      if (counts) errors.record(clocks.market.now());
    });
    timer = clocks.wall.setTimeout(tick, 0);
    return () => {
      subscription.unsubscribe();
      clocks.wall.clearTimeout(timer);
    };
  });
}
