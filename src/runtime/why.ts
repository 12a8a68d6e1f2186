/** What is known of why a market is or is not quoted now, from every room that has a say: plain data, made when asked for. */
import type { RiskMode, SessionContext } from '../../machines/market-session.ts';
import { named, type Ticker } from '../domain/ids.ts';
import { openQuantity } from '../domain/order.ts';
import { formatPrice, formatQuantity, toCents, toContracts } from '../domain/units.ts';
import type { Wanted } from '../gateway/wanted.ts';
import type { Explanation } from '../quoting/decision.ts';
import type { Settings } from '../settings/schema.ts';
import { standingBars } from './operator-plan.ts';
import type { TraderRuntime } from './trader-runtime.ts';

/** One side's order as prices and contracts for people. */
export interface WhyOrder {
  readonly price: string;
  readonly quantity: string;
}

export interface WhySession {
  readonly session: string;
  readonly kind: 'quote' | 'carry';
  /** Ids of the states that are active, outermost first: `quoting`, `quoting.flow.frozen`. */
  readonly states: readonly string[];
  readonly sinceMs: number;
  /** What its chart believes; null where it cannot be read. */
  readonly believes: Pick<
    SessionContext,
    | 'reason'
    | 'bookSynced'
    | 'regimeReady'
    | 'regime'
    | 'regimeFresh'
    | 'regimeSeen'
    | 'dataCurrent'
    | 'tradesHeard'
    | 'spreadCalm'
    | 'toxic'
    | 'certain'
    | 'readyAtMs'
    | 'startDelayMs'
  > | null;
}

export interface WhyFacts {
  readonly market: string;
  /** As the exchange calls it; null where it is not in the catalogue any more. */
  readonly listed: {
    readonly title: string;
    readonly category: string;
    readonly status: string;
    readonly closeMs: number;
    readonly ageSeconds: number;
    readonly volume24hContracts: number;
    readonly bidCents: number | null;
    readonly askCents: number | null;
  } | null;
  readonly nowMs: number;
  readonly isWatched: boolean;
  /** The scanner's code; null where it has nothing against it. */
  readonly scanned: string | null;
  readonly session: WhySession | null;
  readonly sessionsNow: number;
  readonly signals: { readonly regime: string; readonly stableWindows: number; readonly observations: number } | null;
  readonly position: string;
  readonly wanted: { readonly bid: WhyOrder | null; readonly ask: WhyOrder | null };
  readonly resting: { readonly bid: WhyOrder | null; readonly ask: WhyOrder | null };
  readonly isReducing: boolean;
  /** The last word of quoting here; of a session that is over it may be old. */
  readonly explain: Explanation | null;
  readonly risk: {
    readonly mode: RiskMode;
    readonly permission: string;
    readonly isAwake: boolean;
    readonly isGuarded: boolean;
    /** What stands, in words of who or what put it up. */
    readonly bars: readonly string[];
    readonly marketBar: { readonly action: string; readonly by: string } | null;
    /** The last quote that risk denied here and has not approved since; money in $0.000001, or a count. */
    readonly denial: LastDenial | null;
  };
  readonly hindrance: string | null;
  readonly isCongested: boolean;
  readonly isUncertain: boolean;
  readonly settings: Pick<Settings, 'quoting' | 'discovery' | 'session' | 'regimes' | 'adverse' | 'risk'>;
}

/** An order that risk did not let pass. */
export interface LastDenial {
  readonly side: 'bid' | 'ask';
  readonly reason: string;
  readonly value: number;
  readonly limit: number;
}

export function whyFacts(runtime: TraderRuntime, name: string): WhyFacts {
  const { parts, markets, scan, sessions, gateway, table, door, days, approvals } = runtime;
  const ticker = named<Ticker>(name);
  const watched = markets.get(ticker);
  const market = watched?.market ?? scan.listed.get(ticker) ?? null;
  const nowMs = parts.clocks.market.now();
  const signals = watched?.signals.now(nowMs) ?? null;
  const reading = watched?.reading ?? null;
  const wanted = gateway.wantedIn(ticker);
  const { quoting, discovery, session, regimes, adverse, risk } = parts.settings;
  return {
    market: name,
    listed:
      market === null
        ? null
        : {
            title: market.title,
            category: market.category,
            status: market.status,
            closeMs: market.closeMs,
            ageSeconds: (nowMs - Math.max(market.openMs, market.createdMs)) / 1000,
            volume24hContracts: toContracts(market.volume24h),
            bidCents: centsOf(reading?.bid ?? market.bid),
            askCents: centsOf(reading?.ask ?? market.ask),
          },
    nowMs,
    isWatched: watched !== null,
    scanned: scan.reasons.get(ticker) ?? null,
    session: sessionOn(runtime, ticker),
    sessionsNow: sessions.markets().size,
    signals:
      signals === null
        ? null
        : { regime: signals.regime, stableWindows: signals.stableWindows, observations: signals.observations },
    position: formatQuantity(runtime.accounts.position(ticker)),
    wanted: { bid: wantedOf(wanted.bid), ask: wantedOf(wanted.ask) },
    resting: { bid: restingOn(runtime, ticker, 'bid'), ask: restingOn(runtime, ticker, 'ask') },
    isReducing: [...table.open(ticker)].some(({ purpose }) => purpose === 'exit'),
    explain: runtime.explanations.get(ticker) ?? null,
    risk: {
      mode: runtime.mode,
      permission: door.permission,
      isAwake: door.isAwake,
      isGuarded: runtime.guarded !== null,
      bars: standingBars(runtime, false),
      marketBar: days.barOn(ticker),
      denial: approvals.denials.get(ticker) ?? null,
    },
    hindrance: runtime.groups.hindrance(market?.exchangeIndex ?? 0),
    isCongested: isCongested(runtime),
    isUncertain: table.isUncertain(ticker),
    settings: { quoting, discovery, session, regimes, adverse, risk },
  };
}

function centsOf(price: Parameters<typeof toCents>[0] | null): number | null {
  return price === null ? null : toCents(price);
}

function sessionOn(runtime: TraderRuntime, ticker: Ticker): WhySession | null {
  const id = runtime.sessions.sessionOf(ticker);
  if (id === null) return null;
  const entry = runtime.register.entries().find((each) => each.id === id);
  const context = contextOf(runtime, id);
  return {
    session: id,
    kind: context?.kind ?? 'quote',
    states: entry === undefined ? [] : statesIn(entry.state),
    sinceMs: entry?.sinceMs ?? 0,
    believes: context,
  };
}

function contextOf(runtime: TraderRuntime, session: string): SessionContext | null {
  const snapshot = runtime.sessionsChart()?.children[session]?.getSnapshot() as
    | { context?: SessionContext }
    | undefined;
  return snapshot?.context ?? null;
}

/** `{quoting: {flow: 'live'}}` → `quoting`, `quoting.flow`, `quoting.flow.live`. */
export function statesIn(value: unknown, path = ''): string[] {
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  if (typeof value === 'string') return [at(value)];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [at(name), ...statesIn(inner, at(name))]);
}

function wantedOf(wanted: Wanted | null): WhyOrder | null {
  return wanted === null ? null : { price: formatPrice(wanted.price), quantity: formatQuantity(wanted.quantity) };
}

function restingOn({ table }: TraderRuntime, ticker: Ticker, side: 'bid' | 'ask'): WhyOrder | null {
  for (const row of table.open(ticker)) {
    if (row.side !== side || (row.state !== 'resting' && row.state !== 'partiallyFilled')) continue;
    return { price: formatPrice(row.price), quantity: formatQuantity(openQuantity(row)) };
  }
  return null;
}

function isCongested({ register }: TraderRuntime): boolean {
  const chart = register.entries().find(({ machine }) => machine === 'orderGateway');
  return (chart?.state as { flow?: string } | undefined)?.flow === 'congested';
}
