/**
 * Ticks in, desired quotes out: while a session is in `quoting.live` this is subscribed, and the market is quoted; when
 * it leaves, nothing is wanted any more. A decision is made in the turn in which the book changed, at most one in
 * `paceMs`; what came in between is looked at when the pace allows.
 */
import { Observable } from 'rxjs';
import type { OfSession, SessionEvent } from '../../machines/market-session.ts';
import type { Clocks } from '../domain/clock.ts';
import { messageOf } from '../domain/errors.ts';
import { named, type SessionId, type Ticker } from '../domain/ids.ts';
import type { Journal } from '../domain/journal.ts';
import type { PriceGrid } from '../domain/market.ts';
import { centicontracts } from '../domain/units.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Wanted } from '../gateway/wanted.ts';
import { decide } from '../quoting/decide.ts';
import type { Decision, Desired, Explanation } from '../quoting/decision.ts';
import { keeps } from '../quoting/keep.ts';
import type { Settings } from '../settings/schema.ts';
import type { Accounts } from './accounts.ts';
import type { WatchedMarkets } from './watched-markets.ts';

export interface QuoterOptions {
  readonly clocks: Clocks;
  readonly settings: Settings;
  readonly markets: WatchedMarkets;
  readonly gateway: Gateway;
  readonly accounts: Accounts;
  readonly journal: Journal;
  /** Extra width of a session's quotes, cents, set by its chart. */
  readonly widenCents: (session: string) => number;
  /** The last word on each market, for whoever asks why. */
  readonly explanations: Map<Ticker, Explanation>;
}

export function quoter(options: QuoterOptions, { session, market: name }: OfSession): Observable<SessionEvent> {
  const { clocks, settings, markets, gateway, accounts, journal, explanations } = options;
  const ticker = named<Ticker>(name);
  return new Observable<SessionEvent>((subscriber) => {
    let decidedAtMs = Number.NEGATIVE_INFINITY;
    let timer: unknown = null;
    let sides: 'both' | 'bidOnly' | 'askOnly' = 'both';
    let saidReasons = '';

    const look = (): void => {
      clocks.market.clearTimeout(timer);
      timer = null;
      decidedAtMs = clocks.market.now();
      const watched = markets.get(ticker);
      if (watched === null) return;
      const decision = decide({
        market: watched.market,
        reading: watched.reading,
        touch: markets.fullTouch(ticker),
        position: accounts.position(ticker),
        signals: watched.signals.now(decidedAtMs),
        secondsToClose: (watched.market.closeMs - decidedAtMs) / 1000,
        widenCents: options.widenCents(session),
        sides: 'both',
        quantity: centicontracts(Math.round(settings.session.quantityContracts * 100)),
        settings,
      });
      explanations.set(ticker, decision.explain);
      gateway.want(watched.market, named<SessionId>(session), {
        bid: wantedFrom(decision.bid, decision, watched.market.grid, settings),
        ask: wantedFrom(decision.ask, decision, watched.market.grid, settings),
      });

      const now =
        decision.bid === null && decision.ask !== null
          ? 'askOnly'
          : decision.ask === null && decision.bid !== null
            ? 'bidOnly'
            : 'both';
      if (now !== sides) {
        sides = now;
        subscriber.next({ type: 'sides.limited', to: now });
      }
      const reasons = `${decision.explain.whyNoBid ?? ''}|${decision.explain.whyNoAsk ?? ''}`;
      if (reasons !== saidReasons) {
        saidReasons = reasons;
        if (reasons !== '|')
          journal.append('quote.withheld', {
            market: ticker,
            bid: decision.explain.whyNoBid,
            ask: decision.explain.whyNoAsk,
          });
      }
    };

    const guarded = (): void => {
      try {
        look();
      } catch (error) {
        // A fault here must end the session, not the process: its chart withdraws what stands.
        subscriber.next({ type: 'quoter.failed', message: messageOf(error) });
      }
    };

    const subscription = markets.changed$.subscribe((changed) => {
      if (changed !== ticker) return;
      const waitMs = decidedAtMs + settings.quoting.paceMs - clocks.market.now();
      if (waitMs <= 0) guarded();
      else timer ??= clocks.market.setTimeout(guarded, waitMs);
    });
    subscription.add(
      accounts.changed$.subscribe((changed) => {
        if (changed !== ticker) return;
        // Another position is another quote: the pace is for books.
        clocks.market.clearTimeout(timer);
        timer = clocks.market.setTimeout(guarded, 0);
      }),
    );
    // Orders expire and σ moves though the book is quiet: look again at least this often.
    const heartbeat = (): void => {
      // Set first: a fault ends this quoter, and its timers with it.
      beat = clocks.market.setTimeout(heartbeat, HEARTBEAT_MS);
      if (clocks.market.now() - decidedAtMs >= HEARTBEAT_MS) guarded();
    };
    let beat: unknown = clocks.market.setTimeout(heartbeat, HEARTBEAT_MS);
    timer = clocks.market.setTimeout(guarded, 0);
    return () => {
      subscription.unsubscribe();
      clocks.market.clearTimeout(timer);
      clocks.market.clearTimeout(beat);
      gateway.wantNothing(ticker);
    };
  });
}

const HEARTBEAT_MS = 5_000;

function wantedFrom(desired: Desired | null, decision: Decision, grid: PriceGrid, settings: Settings): Wanted | null {
  if (desired === null) return null;
  return {
    ...desired,
    purpose: 'quote',
    timeInForce: 'goodTillCanceled',
    postOnly: true,
    // The gateway judges sizes by itself: a partly filled order keeps its place.
    keeps: (price) => keeps({ ...desired, price }, desired, decision, { grid, settings }),
  };
}
