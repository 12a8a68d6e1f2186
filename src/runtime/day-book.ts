/** What kill switches and the operator said, from one run on a data folder to the next, so that a restart forgives nothing. */
import type { Json } from '../domain/json.ts';
import { type Microdollars, type UnixMs, ZERO_MONEY } from '../domain/units.ts';
import { easternDay } from '../risk/kill-switches.ts';

/** A kill switch that fired, as the journal keeps it (`switch.fired`). */
export interface SwitchRecord {
  readonly switch: 'dailyLoss' | 'errors' | 'feedStale';
  readonly action: 'reduce' | 'pause' | 'halt';
  readonly reason: string;
  /** Market time at which it clears by itself; null: by a person, and not before. */
  readonly resumeAtMs: number | null;
  /** The day in New York on which it fired. */
  readonly day: string;
}

/** A person's word that stands until a person takes it back. */
export interface OperatorBar {
  readonly action: SwitchRecord['action'];
  /** Who or what said it: a name, or `haltFile`. */
  readonly by: string;
}

interface DayBookJson {
  readonly day: string;
  readonly equity: Microdollars | null;
  readonly fired: readonly SwitchRecord[];
  readonly lifted: readonly SwitchRecord['switch'][];
  readonly bar: OperatorBar | null;
  readonly marketBars: readonly (readonly [market: string, bar: OperatorBar])[];
}

/** Marks equity at the start of each day in New York, and keeps the bars that still stand. */
export class DayBook {
  #day = '';
  #equityAtStart: Microdollars | null = null;
  #earnedAway: (day: string) => Microdollars = () => ZERO_MONEY;
  readonly #fired = new Map<SwitchRecord['switch'], SwitchRecord>();
  /** Switches that fired and that the operator has lifted since. */
  readonly #lifted = new Set<SwitchRecord['switch']>();
  #bar: OperatorBar | null = null;
  readonly #marketBars = new Map<string, OperatorBar>();

  /** What was earned on a day before this process looked at it; see away.ts. */
  cameBack(earned: (day: string) => Microdollars): void {
    this.#earnedAway = earned;
  }

  /** Equity with which the day began; taken at the first look of a day. */
  startOf(nowMs: UnixMs, equity: Microdollars): Microdollars {
    const day = easternDay(nowMs);
    if (day !== this.#day || this.#equityAtStart === null) {
      this.#day = day;
      this.#equityAtStart = (equity - this.#earnedAway(day)) as Microdollars;
    }
    return this.#equityAtStart;
  }
  /** What an earlier run on this folder noted, so that a restart does not forgive a loss. */
  restore(day: string, equityAtStart: Microdollars): void {
    this.#day = day;
    this.#equityAtStart = equityAtStart;
  }
  /** Money came or went by other ways than trading: that is no gain and no loss of the day. */
  moved(amount: Microdollars): void {
    if (this.#equityAtStart !== null) this.#equityAtStart = (this.#equityAtStart + amount) as Microdollars;
  }
  get current(): { readonly day: string; readonly equity: Microdollars | null } {
    return { day: this.#day, equity: this.#equityAtStart };
  }

  fired(record: SwitchRecord): void {
    this.#fired.set(record.switch, record);
    this.#lifted.delete(record.switch);
  }

  /** Those that fired in any run and have not cleared yet: a pause by its time, a halt by the operator alone. */
  standing(nowMs: UnixMs): SwitchRecord[] {
    return [...this.#fired.values()].filter(
      ({ switch: name, resumeAtMs }) => !this.#lifted.has(name) && (resumeAtMs === null || resumeAtMs > nowMs),
    );
  }
  /** What this switch said last, as far as it still answers the same cause: a halt for its day, whoever lifted it since. */
  answered(name: SwitchRecord['switch'], nowMs: UnixMs): SwitchRecord | null {
    const record = this.#fired.get(name);
    if (record === undefined) return null;
    const { resumeAtMs, day } = record;
    return (resumeAtMs === null ? day === easternDay(nowMs) : resumeAtMs > nowMs) ? record : null;
  }

  /** The operator's word; a weaker one does not lift a halt. */
  barred(action: OperatorBar['action'], by: string): void {
    if (this.#bar?.action === 'halt' && action !== 'halt') return;
    this.#bar = { action, by };
  }
  /** What the operator put up and has not taken down; null when nothing. */
  get bar(): OperatorBar | null {
    return this.#bar;
  }
  /** The operator's word on one market: nothing is quoted there until it is taken back. */
  barredOn(market: string, action: 'pause' | 'reduce', by: string): void {
    this.#marketBars.set(market, { action, by });
  }
  liftOn(market: string): void {
    this.#marketBars.delete(market);
  }
  barOn(market: string): OperatorBar | null {
    return this.#marketBars.get(market) ?? null;
  }
  get marketBars(): ReadonlyMap<string, OperatorBar> {
    return this.#marketBars;
  }
  /** The operator says that trading may go on; after a halt it goes on reducing, until that is lifted as well. */
  lift(): void {
    const wasHalted = this.#bar?.action === 'halt' || this.#hasHalt();
    this.#bar = wasHalted ? { action: 'reduce', by: 'operator' } : null;
    for (const name of this.#fired.keys()) this.#lifted.add(name);
  }

  toJson(): Json {
    const json: DayBookJson = {
      day: this.#day,
      equity: this.#equityAtStart,
      fired: [...this.#fired.values()],
      lifted: [...this.#lifted],
      bar: this.#bar,
      marketBars: [...this.#marketBars],
    };
    return json as unknown as Json;
  }
  restoreFrom(json: Json): void {
    const { day, equity, fired, lifted, bar, marketBars } = json as unknown as DayBookJson;
    this.#day = day;
    this.#equityAtStart = equity;
    for (const record of fired) this.fired(record);
    for (const name of lifted) this.#lifted.add(name);
    this.#bar = bar;
    for (const [market, on] of marketBars) this.#marketBars.set(market, on);
  }

  #hasHalt(): boolean {
    for (const { switch: name, action } of this.#fired.values())
      if (action === 'halt' && !this.#lifted.has(name)) return true;
    return false;
  }
}
