/**
 * What a session's chart hears: the present state of its market as facts, then every change of one, at most one of a
 * kind a turn. Ticks stay in the tick plane; this looks at what they left behind, once a second and whenever feed,
 * orders or position say something.
 */
import { merge, Observable } from 'rxjs';
import type { RiskMode, SessionFact } from '../../machines/market-session.ts';
import type { Clocks } from '../domain/clock.ts';
import type { Ticker } from '../domain/ids.ts';
import type { Feed } from '../feed/feed.ts';
import type { OrderTable } from '../gateway/order-table.ts';
import type { Settings } from '../settings/schema.ts';
import type { Accounts } from './accounts.ts';
import { Markouts } from './markouts.ts';
import type { WatchedMarkets } from './watched-markets.ts';

export interface SessionFactsOptions {
  readonly clocks: Clocks;
  readonly settings: Settings;
  readonly feed: Feed;
  readonly markets: WatchedMarkets;
  readonly accounts: Accounts;
  readonly table: OrderTable;
  /** Orders of this market changed. */
  readonly ordersChanged$: Observable<Ticker>;
  readonly mode: () => RiskMode;
}

const LOOK_EVERY_WALL_MS = 1_000;

/** What the last look found; a fact is said when a part of it is another than before. */
interface Situation {
  synced: boolean;
  regime: string;
  ready: boolean;
  fresh: boolean;
  seen: boolean;
  current: boolean;
  stopped: boolean;
  heard: boolean;
  calm: boolean;
  toxic: boolean;
  collapsed: boolean;
  position: number;
  certain: boolean;
  ended: boolean;
  mode: RiskMode;
}

export function sessionFacts(options: SessionFactsOptions, ticker: Ticker): Observable<SessionFact> {
  const { clocks, settings, feed, markets, accounts, table } = options;
  return new Observable<SessionFact>((subscriber) => {
    const markouts = new Markouts(settings.adverse);
    const openedMs = clocks.market.now();
    let before: Situation | null = null;
    /** Wall time since when the data has not been current. */
    let staleSinceMs: number | null = null;

    const look = (): void => {
      const nowMs = clocks.market.now();
      const wallMs = clocks.wall.now();
      const watched = markets.get(ticker);
      const view = feed.view(ticker);
      const signals = watched?.signals.now(nowMs) ?? null;
      const current = view?.isCurrent(wallMs) ?? false;
      staleSinceMs = current ? null : (staleSinceMs ?? wallMs);
      const spreadCents = watched?.reading?.spreadCents ?? null;
      const now: Situation = {
        synced: view?.inSync ?? false,
        regime: signals?.regime ?? 'UNKNOWN',
        ready:
          signals !== null &&
          settings.regimes.allowed.includes(signals.regime) &&
          signals.stableWindows >= settings.session.stableWindows &&
          signals.observations >= settings.session.minObservations,
        seen: signals !== null && signals.stableWindows > 0 && settings.regimes.allowed.includes(signals.regime),
        fresh: signals?.regimeAtMs != null && nowMs - signals.regimeAtMs <= settings.regimes.ageMsMax,
        current,
        stopped: staleSinceMs !== null && wallMs - staleSinceMs >= settings.feed.stopAfterMs,
        heard: nowMs - Math.max(signals?.lastTradeMs ?? 0, openedMs) <= settings.session.noTradesMs,
        calm:
          spreadCents === null ||
          signals?.spreadMedianCents == null ||
          spreadCents - signals.spreadMedianCents <= settings.session.spreadShockCents,
        toxic: markouts.isToxic,
        collapsed:
          signals !== null &&
          signals.observations >= settings.session.minObservations &&
          signals.sigmaCentsPerSqrtSecond < settings.session.collapseSigmaCentsPerSqrtSecond,
        position: accounts.position(ticker),
        certain: !table.isUncertain(ticker),
        ended: watched === null || watched.endedAtMs !== null || nowMs >= watched.market.closeMs,
        mode: options.mode(),
      };
      for (const fact of changes(before, now, nowMs)) subscriber.next(fact);
      before = now;
    };

    // Set before looking: what is found may end the session, and its timers with it.
    let timer: unknown = null;
    const tick = (): void => {
      timer = clocks.market.setTimeout(tick, settings.adverse.checkEveryMs);
      markouts.check(clocks.market.now(), markets.get(ticker)?.reading?.midCents ?? null);
      look();
    };
    // Whether data is current is a question of wall time, and must not wait for a slow market's clock.
    let wallTimer: unknown = null;
    const wallTick = (): void => {
      wallTimer = clocks.wall.setTimeout(wallTick, LOOK_EVERY_WALL_MS);
      look();
    };
    const subscription = merge(feed.facts$, accounts.changed$, options.ordersChanged$).subscribe((heard) => {
      if (typeof heard === 'string' ? heard === ticker : !('market' in heard) || heard.market === ticker) look();
    });
    subscription.add(
      accounts.fills$.subscribe((fill) => {
        if (fill.market === ticker) markouts.filled(fill);
      }),
    );
    wallTimer = clocks.wall.setTimeout(wallTick, LOOK_EVERY_WALL_MS);
    tick();
    return () => {
      subscription.unsubscribe();
      clocks.wall.clearTimeout(wallTimer);
      clocks.market.clearTimeout(timer);
    };
  });
}

function* changes(before: Situation | null, now: Situation, atMs: number): Iterable<SessionFact> {
  if (before?.mode !== now.mode) yield { type: 'risk.moded', mode: now.mode };
  if (before?.position !== now.position) yield { type: 'position.changed', position: now.position };
  if (before?.certain !== now.certain) yield { type: now.certain ? 'orders.certain' : 'orders.uncertain' };
  if (before?.current !== now.current) yield { type: now.current ? 'data.current' : 'data.stale' };
  if (now.stopped && before?.stopped !== true) yield { type: 'data.stopped' };
  if (before?.synced !== now.synced) yield { type: now.synced ? 'book.synced' : 'book.voided' };
  if (
    before?.regime !== now.regime ||
    before.ready !== now.ready ||
    before.fresh !== now.fresh ||
    before.seen !== now.seen
  ) {
    const { regime, ready, fresh, seen } = now;
    yield { type: 'regime.changed', regime, ready, fresh, seen, atMs };
  }
  if (before?.heard !== now.heard) yield { type: now.heard ? 'trades.heard' : 'trades.silent' };
  if (before?.calm !== now.calm) yield { type: now.calm ? 'spread.calmed' : 'spread.shocked' };
  if (now.toxic !== (before?.toxic ?? false)) yield { type: now.toxic ? 'toxicity.triggered' : 'toxicity.recovered' };
  if (now.collapsed && before?.collapsed !== true) yield { type: 'volatility.collapsed' };
  if (now.ended && before?.ended !== true) yield { type: 'market.ended' };
}
