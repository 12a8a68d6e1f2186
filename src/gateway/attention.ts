/** When a market is looked at: once at the end of a turn in which something in it changed, or at its time. */
import type { Clock, TimerId } from '../domain/clock.ts';
import type { Ticker } from '../domain/ids.ts';

export class Attention {
  readonly #market: Clock;
  readonly #look: (ticker: Ticker) => void;
  readonly #dirty = new Set<Ticker>();
  readonly #timers = new Map<Ticker, TimerId>();

  constructor(market: Clock, look: (ticker: Ticker) => void) {
    this.#market = market;
    this.#look = look;
  }

  /** Looks before this turn ends, once however often it is asked: never in the middle of what is changing it. */
  soon(ticker: Ticker): void {
    if (this.#dirty.size === 0) queueMicrotask(() => this.#lookAtDirty());
    this.#dirty.add(ticker);
  }

  /** Looks at this market time; instead of any time asked for before. Null: not by time. */
  at(ticker: Ticker, dueMs: number | null): void {
    const timer = this.#timers.get(ticker);
    if (timer !== undefined) this.#market.clearTimeout(timer);
    this.#timers.delete(ticker);
    if (dueMs === null) return;
    const fire = (): void => {
      this.#timers.delete(ticker);
      this.#look(ticker);
    };
    this.#timers.set(ticker, this.#market.setTimeout(fire, dueMs - this.#market.now()));
  }

  #lookAtDirty(): void {
    const tickers = [...this.#dirty];
    this.#dirty.clear();
    for (const ticker of tickers) this.#look(ticker);
  }
}
