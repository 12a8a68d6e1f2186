/** Faults that hold for a while: the exchange, its trading or a market stands still. Clock skew and stale reads are asked for. */
import type { Clock, TimerId } from '../../../domain/clock.ts';
import type { Ticker } from '../../../domain/ids.ts';
import type { Engine } from '../model.ts';
import { type FaultBook, isWithin, untilChange } from './fault-book.ts';
import { fits, isStanding, type StandingRule } from './spec.ts';

export interface StandingFaults {
  /** A pause of all trading in which an earlier life ended is over. */
  lift(): void;
  /** The rules were replaced: what held of the old ones ends, what holds of the new ones begins. */
  renew(): void;
  /** What they hold is let go. */
  stop(): void;
}

/** The engine is paused by its own commands, so that it behaves, and remembers, as in a pause of its operator's. */
export function createStandingFaults(options: { book: FaultBook; wall: Clock; engine: Engine }): StandingFaults {
  const { book, wall, engine } = options;
  const holding = new Map<StandingRule, readonly Ticker[]>();
  let timer: TimerId | null = null;

  function begin(rule: StandingRule): void {
    const halted: Ticker[] = [];
    if (rule.fault === 'exchangePause') engine.setExchangeActive(false);
    else if (rule.fault === 'tradingPause') engine.setTradingActive(false);
    else if (rule.fault === 'marketHalt') {
      for (const { listed, status } of engine.allMarkets()) {
        if (status !== 'active' || !fits(rule.on.market, listed.ticker)) continue;
        engine.pauseMarket(listed.ticker);
        halted.push(listed.ticker);
      }
    }
    holding.set(rule, halted);
    book.noteStanding(rule, 'begins');
  }

  function end(rule: StandingRule): void {
    const halted = holding.get(rule) ?? [];
    holding.delete(rule);
    const isHeldByAnother = [...holding.keys()].some(({ fault }) => fault === rule.fault);
    if (rule.fault === 'exchangePause' && !isHeldByAnother) engine.setExchangeActive(true);
    if (rule.fault === 'tradingPause' && !isHeldByAnother) engine.setTradingActive(true);
    // One that closed meanwhile stays closed.
    for (const market of halted) if (engine.market(market)?.status === 'inactive') engine.resumeMarket(market);
    book.noteStanding(rule, 'ends');
  }

  function look(): void {
    timer = null;
    const { elapsedMs } = book;
    const rules = book.rules.filter(isStanding);
    for (const rule of [...holding.keys()]) if (!rules.includes(rule) || !isWithin(rule, elapsedMs)) end(rule);
    for (const rule of rules) if (!holding.has(rule) && isWithin(rule, elapsedMs)) begin(rule);
    const waits = rules.map((rule) => untilChange(rule, elapsedMs)).filter((waitMs) => waitMs !== null);
    if (waits.length > 0) timer = wall.setTimeout(look, Math.max(1, Math.min(...waits)));
  }

  function disarm(): void {
    if (timer !== null) wall.clearTimeout(timer);
    timer = null;
  }

  return {
    lift() {
      if (!engine.exchangeActive) engine.setExchangeActive(true);
      if (!engine.tradingActive) engine.setTradingActive(true);
    },
    renew() {
      disarm();
      look();
    },
    stop() {
      disarm();
      for (const rule of [...holding.keys()]) end(rule);
    },
  };
}
