/**
 * The ways out of a market: take our orders off and know it, work a reducing order towards the touch, cross within the
 * allowance. Σ reducing orders never passes |position|: one order at a time, and risk checks it again.
 */
import { filter, firstValueFrom, merge, Observable, type Subject } from 'rxjs';
import type { OfSession, SessionEvent, Withdrawn } from '../../machines/market-session.ts';
import { type Clocks, sleep } from '../domain/clock.ts';
import { messageOf } from '../domain/errors.ts';
import { tradeFee } from '../domain/fees.ts';
import { named, type SessionId, type Ticker } from '../domain/ids.ts';
import { CONTRACT, toContracts } from '../domain/units.ts';
import type { Evidence } from '../gateway/evidence.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { OrderTable } from '../gateway/order-table.ts';
import { NOTHING, type Wanted, type WantedPair } from '../gateway/wanted.ts';
import { boundedVariance } from '../quoting/avellaneda-stoikov.ts';
import { decideExit, type ExitOrder, exitCosts } from '../quoting/exit.ts';
import type { Settings } from '../settings/schema.ts';
import type { Accounts } from './accounts.ts';
import type { WatchedMarkets } from './watched-markets.ts';

export interface ExitOptions {
  readonly clocks: Clocks;
  readonly settings: Settings;
  readonly markets: WatchedMarkets;
  readonly gateway: Gateway;
  readonly table: OrderTable;
  readonly accounts: Accounts;
  readonly evidence: Evidence;
  readonly ordersChanged$: Subject<Ticker>;
}

/** Works reducing orders while subscribed; says `exit.flat` when there is nothing left to reduce and nothing rests. */
export function exitWorker(
  options: ExitOptions,
  input: OfSession & { readonly patient: boolean },
): Observable<SessionEvent> {
  const { clocks, settings, markets, gateway, table, accounts } = options;
  const ticker = named<Ticker>(input.market);
  return new Observable<SessionEvent>((subscriber) => {
    const startedMs = clocks.market.now();
    const referenceCents = markets.get(ticker)?.reading?.midCents ?? null;
    let said = false;

    const look = (): void => {
      const watched = markets.get(ticker);
      const position = accounts.position(ticker);
      if (position === 0) {
        gateway.wantNothing(ticker);
        if (table.isClear(ticker) && !said) {
          said = true;
          subscriber.next({ type: 'exit.flat' });
        }
        return;
      }
      if (watched === null) return;
      const { order } = decideExit({
        market: watched.market,
        reading: watched.reading,
        touch: markets.fullTouch(ticker),
        position,
        ageMs: clocks.market.now() - startedMs,
        manner: input.patient ? 'rest' : 'work',
        referenceCents,
        settings,
      });
      gateway.want(watched.market, named<SessionId>(input.session), order === null ? NOTHING : only(order));
    };
    const guarded = (): void => {
      try {
        look();
      } catch (error) {
        subscriber.next({ type: 'quoter.failed', message: messageOf(error) });
      }
    };
    let timer: unknown = null;
    const tick = (): void => {
      guarded();
      timer = clocks.market.setTimeout(tick, settings.exit.repriceEveryMs);
    };
    const subscription = merge(accounts.changed$, options.ordersChanged$)
      .pipe(filter((changed) => changed === ticker && accounts.position(ticker) === 0))
      .subscribe(guarded);
    timer = clocks.market.setTimeout(tick, 0);
    return () => {
      subscription.unsubscribe();
      clocks.market.clearTimeout(timer);
      gateway.wantNothing(ticker);
    };
  });
}

function only(order: ExitOrder): WantedPair {
  const wanted: Wanted = {
    side: order.side,
    price: order.price,
    quantity: order.quantity,
    purpose: 'exit',
    timeInForce: order.timeInForce,
    postOnly: order.postOnly,
    keeps: (price) => price === order.price,
  };
  return order.side === 'bid' ? { bid: wanted, ask: null } : { bid: null, ask: wanted };
}

/**
 * Takes everything of ours off this market and resolves once that is known: no row is live, none is unknown, and every
 * reported execution has its fill. It never gives up by itself: the chart's deadlines and the process's own decide.
 */
export async function withdraw(options: ExitOptions, { market }: OfSession, signal: AbortSignal): Promise<Withdrawn> {
  const { clocks, gateway, table, accounts, ordersChanged$ } = options;
  const ticker = named<Ticker>(market);
  gateway.wantNothing(ticker);
  while (!table.isClear(ticker)) {
    if (signal.aborted) throw new Error(`Withdrawing from ${ticker} was called off`);
    // A refused cancel is tried again; a change of any row here is looked at when it happens.
    await Promise.race([
      firstValueFrom(ordersChanged$.pipe(filter((changed) => changed === ticker))),
      sleep(clocks.wall, RETRY_MS),
    ]);
    if (!table.isClear(ticker)) gateway.settle(ticker);
  }
  return { position: accounts.position(ticker), atMs: clocks.market.now() };
}

const RETRY_MS = 500;
/** How often crossing is tried before what is left is carried. */
const CROSSINGS_MAX = 5;

/** Crosses within the slippage allowance, benign ends only where that is cheaper than carrying. */
export async function flatten(
  options: ExitOptions,
  input: OfSession & { readonly isBenign: boolean },
  signal: AbortSignal,
): Promise<Withdrawn> {
  const { clocks, settings, markets, gateway, accounts } = options;
  const ticker = named<Ticker>(input.market);
  const referenceCents = markets.get(ticker)?.reading?.midCents ?? null;
  for (let crossing = 0; crossing < CROSSINGS_MAX && !signal.aborted; crossing++) {
    const watched = markets.get(ticker);
    const position = accounts.position(ticker);
    if (position === 0 || watched === null) break;
    if (input.isBenign && crossing === 0 && isCarryingCheaper(options, ticker)) break;
    const { order } = decideExit({
      market: watched.market,
      reading: watched.reading,
      touch: markets.fullTouch(ticker),
      position,
      ageMs: 0,
      manner: 'cross',
      referenceCents,
      settings,
    });
    if (order === null) break;
    gateway.want(watched.market, named<SessionId>(input.session), only(order));
    // One immediate-or-cancel at a time: wanted until its answer is in, then looked at afresh.
    await sleep(clocks.market, CROSSING_WAIT_MS);
    gateway.wantNothing(ticker);
    await withdraw(options, input, signal);
  }
  gateway.wantNothing(ticker);
  return withdraw(options, input, signal);
}

const CROSSING_WAIT_MS = 300;

function isCarryingCheaper(options: ExitOptions, ticker: Ticker): boolean {
  const { markets, accounts, settings, clocks } = options;
  const watched = markets.get(ticker);
  if (watched?.reading == null) return true;
  const { reading, market, signals } = watched;
  const nowMs = clocks.market.now();
  const secondsToClose = Math.max(0, (market.closeMs - nowMs) / 1000);
  const { sigmaCentsPerSqrtSecond } = signals.now(nowMs);
  const { varianceCents2 } = boundedVariance(
    sigmaCentsPerSqrtSecond,
    Math.min(secondsToClose, settings.quoting.horizonSeconds),
    reading.midCents,
  );
  const costs = exitCosts({
    spreadCents: reading.spreadCents,
    takerFeeCents: tradeFee(market.fees, reading.bid, CONTRACT, true) / 10_000,
    slippageCents: 0,
    positionContracts: toContracts(accounts.position(ticker)),
    varianceCents2,
    riskAversion: settings.quoting.gammaPerCent,
  });
  return costs.cheaper === 'carry';
}
