/** What a person at the terminal wants to hear while the trader works: said as log lines, facts beside the words. */
import { Subscription } from 'rxjs';
import type { Clock } from '../domain/clock.ts';
import type { Ticker } from '../domain/ids.ts';
import { formatMoney, formatPrice, formatQuantity } from '../domain/units.ts';
import type { ActorEntry } from '../runtime/actor-register.ts';
import type { Log } from '../runtime/log.ts';
import type { TraderRuntime } from '../runtime/trader-runtime.ts';

const STATUS_EVERY_MS = 30_000;
const LOOK_EVERY_MS = 500;
/** The feed was given up by us, in order. */
const LEFT = 'left';

export interface ProgressOptions {
  readonly runtime: TraderRuntime;
  readonly log: Log;
  readonly wall: Clock;
  /** Tickers asked for by name: one that the exchange does not have is said. */
  readonly markets: readonly string[];
}

/** Until unsubscribed. */
export function reportProgress({ runtime, log, wall, markets }: ProgressOptions): Subscription {
  const { feed, gateway, accounts, ledger, scan, sessions, table } = runtime;
  const all = new Subscription();
  let isInControl = false;
  let isScanned = false;
  let wasLive = false;
  let mode = runtime.mode;
  let firstMarket: Ticker | null = null;
  let isFirstSaid = false;
  let isWindingDown = false;

  all.add(
    gateway.facts$.subscribe((fact) => {
      if (fact.type === 'firstOrder') firstMarket ??= fact.market;
      else if (fact.type === 'unknown') {
        log.warn({ market: fact.market, cause: fact.cause }, 'what became of an order is not known; it is looked for');
      } else if (fact.type === 'rejected') {
        log.info({ market: fact.market, reason: fact.reason }, 'the exchange rejected an order');
      }
    }),
  );
  all.add(
    accounts.fills$.subscribe((fill) => {
      const { market, side, isTaker } = fill;
      const price = formatPrice(fill.price);
      const quantity = formatQuantity(fill.quantity);
      const position = formatQuantity(ledger.position(market).quantity);
      const what = `${side === 'bid' ? 'bought' : 'sold'} ${quantity} at ${price}${isTaker ? ' as taker' : ''}`;
      log.info({ market, side, price, quantity, isTaker, position }, `${what}, position ${position}`);
    }),
  );
  all.add(
    feed.facts$.subscribe((fact) => {
      if (fact.type === 'feed.closed' && fact.reason !== LEFT)
        log.warn({ reason: fact.reason }, 'the stream of the exchange is down');
      else if (fact.type === 'feed.refused')
        log.warn({ code: fact.code, message: fact.message }, 'the exchange refused a subscription');
      else if (fact.type === 'feed.lagging')
        log.warn({ medianMs: fact.medianMs }, 'the stream of the exchange runs late; quotes stop');
      else if (fact.type === 'feed.gap')
        log.warn({ channel: fact.channel }, 'the stream of the exchange missed something; it is read again');
      else if (fact.type === 'feed.live') {
        if (wasLive) log.info({}, 'the stream of the exchange is live again');
        wasLive = true;
      }
    }),
  );

  const look = (): void => {
    if (!isInControl && runtime.inControlMs !== null) {
      isInControl = true;
      const afterMs = Math.round(runtime.inControlMs);
      const { restored } = runtime;
      const cash = formatMoney(ledger.explainedCash());
      log.info({ afterMs, restored, cash }, `in control${restored ? ' again' : ''}, cash and positions add up`);
    }
    if (!isScanned && scan.counts.seen > 0) {
      isScanned = true;
      const { seen, accepted } = scan.counts;
      log.info({ seen, accepted }, `${seen} markets open, ${accepted} worth a look`);
      const listed = new Set<string>(scan.listed.keys());
      for (const market of markets)
        if (!listed.has(market)) log.warn({ market }, 'the exchange has no open market of this name');
    }
    if (!isFirstSaid && firstMarket !== null && runtime.firstQuoteMs !== null) {
      isFirstSaid = true;
      const afterMs = Math.round(runtime.firstQuoteMs);
      log.info({ market: firstMarket, afterMs }, `first quote, ${seconds(afterMs)} after the start`);
    }
    if (!isWindingDown && runtime.register.entries().some(isDraining)) {
      isWindingDown = true;
      log.info({}, 'winding down: nothing new is quoted, positions are worked off, at most 45 s of market time');
    }
    if (mode !== runtime.mode) {
      const [before, now] = [mode, runtime.mode];
      mode = now;
      if (now === 'active') log.info({ before }, 'risk is active again');
      else log.warn({ before, mode: now }, now === 'halted' ? 'halted: nothing new is quoted' : `risk is ${now}`);
    }
  };
  const status = (): void => {
    const resting = [...table.allOpen()].length;
    const facts = { sessions: sessions.markets().size, resting, fills: runtime.counts.fills };
    const equity = formatMoney(accounts.equity());
    log.info({ ...facts, equity }, `${facts.sessions} sessions, ${resting} orders, ${facts.fills} fills`);
  };
  all.add(every(wall, LOOK_EVERY_MS, look));
  all.add(every(wall, STATUS_EVERY_MS, status));
  return all;
}

function isDraining({ machine, state }: ActorEntry): boolean {
  return machine === 'trader' && state !== 'trading';
}

function every(clock: Clock, periodMs: number, work: () => void): () => void {
  const again = (): void => {
    work();
    timer = clock.setTimeout(again, periodMs);
  };
  let timer: unknown = clock.setTimeout(again, periodMs);
  return () => clock.clearTimeout(timer);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
