/** Which faults are in, which of them come now, and what has come. Chance is the seed's: the same requests meet the same. */
import type { Clock } from '../../../domain/clock.ts';
import type { Random } from '../../../domain/random.ts';
import { type EventRule, type FaultName, type FaultRule, fits, isStanding, type StandingRule } from './spec.ts';

/** So many of the last faults are kept word for word; all are counted. */
const LOG_MAX = 1_000;

export interface FaultEvent {
  /** Wall time since the faults were put in. */
  readonly atMs: number;
  readonly rule: number;
  readonly fault: FaultName;
  /** What it came upon: "POST /portfolio/events/orders", "orderbook_delta KX…", "begins". */
  readonly what: string;
}

export interface FaultCount {
  readonly fault: FaultName;
  /** How many requests, frames or handshakes fitted. */
  readonly fitted: number;
  /** How many met the fault; windows that began, where it holds for a while. */
  readonly came: number;
}

interface Entry {
  readonly rule: FaultRule;
  readonly chance: Random;
  fitted: number;
  came: number;
}

export class FaultBook {
  readonly #wall: Clock;
  readonly #random: Random;
  readonly #onFault: (event: FaultEvent) => void;
  #entries: readonly Entry[] = [];
  #beganMs = 0;
  #log: FaultEvent[] = [];

  constructor(options: { wall: Clock; random: Random; onFault: (event: FaultEvent) => void }) {
    this.#wall = options.wall;
    this.#random = options.random;
    this.#onFault = options.onFault;
  }

  /** Puts these in, in place of those before: counted from now on. */
  replace(rules: readonly FaultRule[]): void {
    this.#beganMs = this.#wall.now();
    this.#log = [];
    this.#entries = rules.map((rule, index) => ({
      rule,
      chance: this.#random.split(`${index} ${rule.fault}`),
      fitted: 0,
      came: 0,
    }));
  }

  get rules(): readonly FaultRule[] {
    return this.#entries.map(({ rule }) => rule);
  }

  get counts(): readonly FaultCount[] {
    return this.#entries.map(({ rule: { fault }, fitted, came }) => ({ fault, fitted, came }));
  }

  /** Oldest first, bounded. */
  get log(): readonly FaultEvent[] {
    return this.#log;
  }

  get elapsedMs(): number {
    return this.#wall.now() - this.#beganMs;
  }

  /** Those that come upon this, in their order. Everything that fits counts, whatever came of the rules before. */
  upon(what: () => string, doesFit: (rule: EventRule) => boolean): readonly EventRule[] {
    const come: EventRule[] = [];
    for (const [index, entry] of this.#entries.entries()) {
      const { rule } = entry;
      if (isStanding(rule) || !doesFit(rule)) continue;
      entry.fitted++;
      if (rule.timesMax !== undefined && entry.came >= rule.timesMax) continue;
      const isChosen =
        rule.at !== undefined
          ? rule.at.includes(entry.fitted)
          : rule.probability === undefined || entry.chance.uniform() < rule.probability;
      if (!isChosen || !isWithin(rule, this.elapsedMs)) continue;
      this.#note(index, entry, what());
      come.push(rule);
    }
    return come;
  }

  has(doesFit: (rule: FaultRule) => boolean): boolean {
    return this.#entries.some(({ rule }) => doesFit(rule));
  }

  /** Those that hold now. */
  holding<N extends StandingRule['fault']>(fault: N): readonly Extract<StandingRule, { fault: N }>[] {
    const elapsedMs = this.elapsedMs;
    return this.rules.filter(
      (rule): rule is Extract<StandingRule, { fault: N }> => rule.fault === fault && isWithin(rule, elapsedMs),
    );
  }

  noteStanding(rule: StandingRule, what: 'begins' | 'ends'): void {
    const index = this.#entries.findIndex((entry) => entry.rule === rule);
    const entry = this.#entries[index];
    if (entry !== undefined) this.#note(index, entry, what, what === 'begins' ? 1 : 0);
  }

  #note(index: number, entry: Entry, what: string, by = 1): void {
    entry.came += by;
    const event = { atMs: this.elapsedMs, rule: index + 1, fault: entry.rule.fault, what };
    this.#log.push(event);
    if (this.#log.length > 2 * LOG_MAX) this.#log = this.#log.slice(-LOG_MAX);
    this.#onFault(event);
  }
}

type Window = Pick<StandingRule, 'everyMs'> & {
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
};

/** Where the window that `elapsedMs` falls into, or the next one, begins and ends. */
function windowAt({ fromMs = 0, toMs = Number.POSITIVE_INFINITY, everyMs }: Window, elapsedMs: number) {
  if (everyMs === undefined || elapsedMs < toMs) return { fromMs, toMs };
  const round = Math.ceil((elapsedMs - toMs + 1) / everyMs);
  return { fromMs: fromMs + round * everyMs, toMs: toMs + round * everyMs };
}

export function isWithin(window: Window, elapsedMs: number): boolean {
  const { fromMs, toMs } = windowAt(window, elapsedMs);
  return elapsedMs >= fromMs && elapsedMs < toMs;
}

/** How long until this window next begins or ends; null: never again. */
export function untilChange(window: Window, elapsedMs: number): number | null {
  const { fromMs, toMs } = windowAt(window, elapsedMs);
  if (elapsedMs < fromMs) return fromMs - elapsedMs;
  return elapsedMs < toMs && Number.isFinite(toMs) ? toMs - elapsedMs : null;
}

export function fitsMarket(pattern: string | undefined, markets: () => readonly string[]): boolean {
  return pattern === undefined || markets().some((market) => fits(pattern, market));
}
