/**
 * The supervisor's eyes: kill switches in first form and the operator's HALT file, looked at once a second of wall time.
 * What they find is an event for the chart; a halt shuts the door before the chart hears of it.
 */
import { Observable } from 'rxjs';
import type { RiskMode } from '../../machines/market-session.ts';
import type { SupervisorEvent } from '../../machines/risk-supervisor.ts';
import type { Clocks } from '../domain/clock.ts';
import type { Ticker } from '../domain/ids.ts';
import type { Journal } from '../domain/journal.ts';
import type { Json } from '../domain/json.ts';
import { formatMoney, type UnixMs } from '../domain/units.ts';
import type { Feed } from '../feed/feed.ts';
import type { Door } from '../gateway/door.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { dailyLoss, easternDay, errorRate, WindowCounter } from '../risk/kill-switches.ts';
import type { Settings } from '../settings/schema.ts';
import type { Accounts } from './accounts.ts';
import type { DayBook, SwitchRecord } from './day-book.ts';

export interface SuperviseOptions {
  readonly clocks: Clocks;
  readonly settings: Settings;
  readonly accounts: Pick<Accounts, 'equity' | 'isMarked'>;
  readonly gateway: Pick<Gateway, 'facts$'>;
  readonly feed: Pick<Feed, 'view'>;
  readonly door: Pick<Door, 'restrict'>;
  readonly journal: Pick<Journal, 'append'>;
  /** Whether the operator's HALT file is there. */
  readonly haltFile: () => boolean;
  /** Markets with a session now. */
  readonly quoted: () => Iterable<Ticker>;
  readonly mode: () => RiskMode;
  /** Market milliseconds a wall millisecond. */
  readonly speed: () => number;
  /** Where what is measured can be read. */
  readonly gauge: SwitchGauge;
}

/** What the kill switches measure, for those who look: see `SwitchRecord` for what they made of it. */
export class SwitchGauge {
  /** Mistakes of the last hour, market time. */
  readonly errors: WindowCounter;
  /** Wall time since when a quoted market's data has not been current; null: all is. */
  staleSinceMs: number | null = null;

  constructor(settings: Pick<Settings, 'risk'>) {
    this.errors = new WindowCounter(settings.risk.errorsPerHourMax);
  }
}

const LOOK_EVERY_MS = 1_000;
/** Positions of an earlier run are without prices until their books come; so long that is waited for, wall time. */
const UNMARKED_MAX_MS = 30_000;
/** A switch whose cause goes on fires again when that makes it stand longer by this share of its own time. */
const AGAIN_SHARE = 1 / 3;
/** Refusals that are no mistakes: a race that post-only won for us, and tokens that others took. */
const NO_ERRORS: ReadonlySet<string> = new Set(['postOnlyCross', 'throttled']);

export function supervise(options: SuperviseOptions, days: DayBook): Observable<SupervisorEvent> {
  const { clocks, settings, accounts, gateway, door, journal } = options;
  return new Observable<SupervisorEvent>((subscriber) => {
    const { gauge } = options;
    const { errors } = gauge;

    const tell = ({ action, reason, resumeAtMs }: SwitchRecord): void => {
      if (action === 'halt') door.restrict();
      subscriber.next({ type: 'switch.fired', action, reason, resumeAtMs });
    };
    /** Once for its cause; again only to let it stand longer. */
    const fire = (record: SwitchRecord, nowMs: UnixMs): void => {
      const standing = days.answered(record.switch, nowMs);
      if (standing !== null) {
        const { resumeAtMs } = standing;
        if (resumeAtMs === null || record.resumeAtMs === null) return;
        if (record.resumeAtMs - resumeAtMs < AGAIN_SHARE * (record.resumeAtMs - nowMs)) return;
      }
      days.fired(record);
      journal.append('switch.fired', record as unknown as Json);
      tell(record);
    };

    /** What stood when the last run ended; its journal has it already. */
    const recall = (): void => {
      const { bar } = days;
      if (bar?.action === 'reduce') subscriber.next({ type: 'operator.reduce' });
      if (bar?.action === 'pause') subscriber.next({ type: 'operator.pause' });
      for (const standing of days.standing(clocks.market.now())) tell(standing);
      if (bar?.action !== 'halt') return;
      door.restrict();
      subscriber.next({ type: 'operator.halt', reason: bar.by });
    };
    const lookForFile = (): void => {
      // While it lies there nothing trades, whatever was said meanwhile.
      if (!options.haltFile() || options.mode() === 'halted') return;
      door.restrict();
      journal.append('operator.halted', { by: 'haltFile' });
      subscriber.next({ type: 'operator.halt', reason: 'haltFile' });
    };
    const beganMs = clocks.wall.now();
    const lookAtLoss = (nowMs: UnixMs): void => {
      // A gain or loss that only comes of a price that was not there a moment ago is none of this day.
      if (!accounts.isMarked() && clocks.wall.now() - beganMs < UNMARKED_MAX_MS) return;
      const equity = accounts.equity();
      const { day } = days.current;
      const atStart = days.startOf(nowMs, equity);
      if (days.current.day !== day) journal.append('day.began', { day: days.current.day, equity: atStart });
      const { loss, limit, isBreached } = dailyLoss(equity, atStart, settings);
      if (!isBreached) return;
      const reason = `dailyLoss ${formatMoney(loss)} of ${formatMoney(limit)}`;
      fire({ switch: 'dailyLoss', action: 'halt', reason, resumeAtMs: null, day: days.current.day }, nowMs);
    };
    const lookAtErrors = (nowMs: UnixMs): void => {
      const { isBreached, isClear, count } = errorRate(errors, nowMs, settings);
      // So many within the hour, and none for half of it: that is what a pause waits for.
      if (!isBreached || isClear) return;
      const resumeAtMs = (errors.lastMs ?? nowMs) + settings.risk.errorsClearMs;
      const reason = `errors ${count} in an hour`;
      fire({ switch: 'errors', action: 'pause', reason, resumeAtMs, day: easternDay(nowMs) }, nowMs);
    };
    const lookAtFeed = (nowMs: UnixMs): void => {
      const wallMs = clocks.wall.now();
      let isStale = false;
      for (const ticker of options.quoted()) isStale ||= options.feed.view(ticker)?.isCurrent(wallMs) !== true;
      gauge.staleSinceMs = isStale ? (gauge.staleSinceMs ?? wallMs) : null;
      const { feedStaleMs } = settings.risk;
      if (gauge.staleSinceMs === null || wallMs - gauge.staleSinceMs < feedStaleMs) return;
      // Data age is wall time; what the chart waits for is market time.
      const resumeAtMs = nowMs + feedStaleMs * options.speed();
      fire({ switch: 'feedStale', action: 'reduce', reason: 'feedStale', resumeAtMs, day: easternDay(nowMs) }, nowMs);
    };

    const subscription = gateway.facts$.subscribe((fact) => {
      if (fact.type === 'unknown' || (fact.type === 'rejected' && !NO_ERRORS.has(fact.reason)))
        errors.record(clocks.market.now());
    });
    let timer: unknown = null;
    const tick = (): void => {
      const nowMs = clocks.market.now();
      timer = clocks.wall.setTimeout(tick, LOOK_EVERY_MS);
      lookForFile();
      lookAtLoss(nowMs);
      lookAtErrors(nowMs);
      lookAtFeed(nowMs);
    };
    timer = clocks.wall.setTimeout(() => {
      // What stopped an earlier run stops this one too, before anything is quoted.
      recall();
      tick();
    }, 0);
    return () => {
      subscription.unsubscribe();
      clocks.wall.clearTimeout(timer);
    };
  });
}
