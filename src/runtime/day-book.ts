/** What kill switches remember from one run on a data folder to the next, so that a restart forgives nothing. */
import type { Microdollars, UnixMs } from '../domain/units.ts';
import { easternDay } from '../risk/kill-switches.ts';

/** A kill switch that fired, as the journal keeps it (`switch.fired`). */
export interface SwitchRecord {
  readonly switch: 'dailyLoss' | 'errors' | 'feedStale';
  readonly action: 'reduce' | 'pause' | 'halt';
  readonly reason: string;
  /** Market time at which it clears by itself; null: not before the day is over, and by a person. */
  readonly resumeAtMs: number | null;
  /** The day in New York on which it fired. */
  readonly day: string;
}

/** Marks equity at the start of each day in New York, and keeps the switches that still stand. */
export class DayBook {
  #day = '';
  #equityAtStart: Microdollars | null = null;
  readonly #fired = new Map<SwitchRecord['switch'], SwitchRecord>();

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

  fired(record: SwitchRecord): void {
    this.#fired.set(record.switch, record);
  }

  /** Those that fired in any run and have not cleared yet. */
  standing(nowMs: UnixMs): SwitchRecord[] {
    const day = easternDay(nowMs);
    return [...this.#fired.values()].filter(({ resumeAtMs, day: firedOn }) =>
      resumeAtMs === null ? firedOn === day : resumeAtMs > nowMs,
    );
  }
}
