/**
 * The ways out of a market: take our orders off and know it, work a reducing order towards the touch, cross within the
 * allowance. Σ reducing orders never passes |position|: one order at a time, and risk checks it again.
 */
import { filter, merge, Observable } from 'rxjs';
import type { OfSession, SessionEvent, Withdrawn } from '../../machines/market-session.ts';
import { type Clocks, sleep } from '../domain/clock.ts';
import { messageOf } from '../domain/errors.ts';
import { tradeFee } from '../domain/fees.ts';
import { named, type SessionId, type Ticker } from '../domain/ids.ts';
import type { Journal } from '../domain/journal.ts';
import type { Json } from '../domain/json.ts';
import { CONTRACT, toContracts } from '../domain/units.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { OrderTable } from '../gateway/order-table.ts';
import { NOTHING, type Wanted, type WantedPair } from '../gateway/wanted.ts';
import { boundedVariance } from '../quoting/avellaneda-stoikov.ts';
import { decideExit, type ExitDecision, type ExitOrder, exitCosts } from '../quoting/exit.ts';
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
  readonly ordersChanged$: Observable<Ticker>;
  readonly journal: Pick<Journal, 'append'>;
}

/** Works reducing orders while subscribed; says `exit.flat` when there is nothing left to reduce and nothing rests. */
export function exitWorker(
  options: ExitOptions,
  input: OfSession & { readonly patient: boolean },
): Observable<SessionEvent> {
  const { clocks, settings, markets, gateway, table, accounts, journal } = options;
  const ticker = named<Ticker>(input.market);
  return new Observable<SessionEvent>((subscriber) => {
    const startedMs = clocks.market.now();
    let referenceCents = markets.get(ticker)?.reading?.midCents ?? null;
    const said = { flat: false, placed: '' };

    const look = (): void => {
      const watched = markets.get(ticker);
      const position = accounts.position(ticker);
      if (position === 0) {
        gateway.wantNothing(ticker);
        if (table.isClear(ticker) && !said.flat) {
          said.flat = true;
          subscriber.next({ type: 'exit.flat' });
        }
        return;
      }
      if (watched === null) return;
      referenceCents ??= watched.reading?.midCents ?? null;
      const manner = input.patient ? 'rest' : 'work';
      const decision = decideExit({
        market: watched.market,
        reading: watched.reading,
        touch: markets.fullTouch(ticker),
        position,
        ageMs: clocks.market.now() - startedMs,
        manner,
        referenceCents,
        settings,
      });
      const { order } = decision;
      const placed = order === null ? '' : `${order.side} ${order.price}`;
      if (order !== null && placed !== said.placed)
        journal.append('exit.decided', explained(input, manner, position, decision));
      said.placed = placed;
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
      // Set first: what is found may be the end of this worker, and ends the timer with it.
      timer = clocks.market.setTimeout(tick, settings.exit.repriceEveryMs);
      guarded();
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
  const { clocks, gateway, accounts } = options;
  const ticker = named<Ticker>(market);
  gateway.wantNothing(ticker);
  await clear(options, ticker, Number.POSITIVE_INFINITY, signal);
  return { position: accounts.position(ticker), atMs: clocks.market.now() };
}

const RETRY_MS = 500;

/** Resolves when nothing of ours is open here any more, or with false at this wall time. */
async function clear(options: ExitOptions, ticker: Ticker, untilMs: number, signal: AbortSignal): Promise<boolean> {
  const { clocks, gateway, table, ordersChanged$ } = options;
  let wake = (): void => undefined;
  const changes = ordersChanged$.pipe(filter((changed) => changed === ticker)).subscribe(() => wake());
  try {
    while (!table.isClear(ticker)) {
      if (signal.aborted) throw new Error(`Withdrawing from ${ticker} was called off`);
      if (clocks.wall.now() >= untilMs) return false;
      // A refused cancel is tried again; a change of any row here is looked at when it happens.
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      const timer = clocks.wall.setTimeout(resolve, RETRY_MS);
      await promise;
      clocks.wall.clearTimeout(timer);
      if (!table.isClear(ticker)) gateway.settle(ticker);
    }
    return true;
  } finally {
    changes.unsubscribe();
  }
}

/** How often crossing is tried before what is left is carried. */
const CROSSINGS_MAX = 5;
/** So long an order that executes at once may be without an answer before it is withdrawn, wall time. */
const CROSSING_ANSWER_MS = 6_000;
/** Between two crossings: a book that we took from refills, market time. */
const CROSSING_PAUSE_MS = 300;
/** A polled book may be this old to cross on it; a streamed one is either current or not, wall time. */
const TRUSTED_AGE_MS = 2_000;

/** Crosses within the slippage allowance, benign ends only where that is cheaper than carrying. */
export async function flatten(
  options: ExitOptions,
  input: OfSession & { readonly isBenign: boolean },
  signal: AbortSignal,
): Promise<Withdrawn> {
  const { clocks, settings, markets, gateway, table, accounts, journal } = options;
  const ticker = named<Ticker>(input.market);
  const referenceCents = markets.get(ticker)?.reading?.midCents ?? null;
  for (let crossing = 0; crossing < CROSSINGS_MAX && !signal.aborted; crossing++) {
    const watched = markets.get(ticker);
    const position = accounts.position(ticker);
    // An order whose fate is not known yet may execute too: nothing is sent beside it.
    if (position === 0 || watched === null || !table.isClear(ticker) || !isTrusted(options, ticker)) break;
    if (input.isBenign && crossing === 0 && isCarryingCheaper(options, ticker)) break;
    const decision = decideExit({
      market: watched.market,
      reading: watched.reading,
      touch: markets.fullTouch(ticker),
      position,
      ageMs: 0,
      manner: 'cross',
      referenceCents,
      settings,
    });
    if (decision.order === null) break;
    journal.append('exit.decided', explained(input, 'cross', position, decision));
    // One immediate-or-cancel at a time: wanted until its answer is in, then looked at afresh.
    gateway.want(watched.market, named<SessionId>(input.session), only(decision.order));
    await clear(options, ticker, clocks.wall.now() + CROSSING_ANSWER_MS, signal);
    await withdraw(options, input, signal);
    if (accounts.position(ticker) !== 0) await sleep(clocks.market, CROSSING_PAUSE_MS);
  }
  return withdraw(options, input, signal);
}

/** Whether a taking order may rely on the book as it is now. */
function isTrusted({ markets, clocks }: ExitOptions, ticker: Ticker): boolean {
  const view = markets.view(ticker);
  const wallMs = clocks.wall.now();
  if (view?.isCurrent(wallMs) !== true) return false;
  return view.source === 'stream' || wallMs - view.atWallMs <= TRUSTED_AGE_MS;
}

/** An exit's reason, for the journal. */
function explained(
  { session, market }: OfSession,
  manner: 'rest' | 'work' | 'cross',
  position: number,
  { order, limitCents, progress }: ExitDecision,
): Json {
  const { side, price, quantity } = order!;
  return { market, session, manner, position, side, price, quantity, limitCents, progress };
}

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
