/**
 * Getting out of a position: one reducing order at a time. Its price works from our own side of the touch towards the
 * other side as time goes by, never further from the reference than the slippage allowed, so that it is always where a
 * trade can happen; and it crosses only when told to, or when what is left is small.
 */
import type { BookReading } from '../book/read-book.ts';
import type { Market } from '../domain/market.ts';
import type { TimeInForce } from '../domain/order.ts';
import type { Side } from '../domain/side.ts';
import { type Centicents, type Centicontracts, CONTRACT } from '../domain/units.ts';
import type { Settings } from '../settings/schema.ts';
import type { Touch } from './decision.ts';
import { behind, eagerness, onGrid, opposingPrice } from './place.ts';

export interface ExitInput {
  readonly market: Pick<Market, 'grid'>;
  /** The others' book; null where it cannot be read. */
  readonly reading: BookReading | null;
  /** The full book, for crossing. */
  readonly touch: Touch;
  /** Signed. */
  readonly position: Centicontracts;
  /** How long this exit has been worked on, market time. */
  readonly ageMs: number;
  /**
   * `rest`: join our side of the touch and stay there (a carried position). `work`: move towards the other side with
   * age. `cross`: take what is there, now.
   */
  readonly manner: 'rest' | 'work' | 'cross';
  /** The mid when the exit began, ¢: slippage counts from here. Null: from the mid of now. */
  readonly referenceCents: number | null;
  readonly settings: Pick<Settings, 'exit'>;
}

export interface ExitOrder {
  readonly side: Side;
  readonly price: Centicents;
  readonly quantity: Centicontracts;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  /** The venue caps it at the position; it takes this with immediateOrCancel only. */
  readonly reduceOnly: boolean;
}

/** Stable codes. */
export type NoExitReason = 'flat' | 'noBook' | 'crossedBook' | 'slippage' | 'offGrid';

export interface ExitDecision {
  readonly order: ExitOrder | null;
  readonly whyNot: NoExitReason | null;
  /** The least favourable price allowed, ¢. */
  readonly limitCents: number;
  /** Share of the way from our side of the touch to the other, 0 … 1. */
  readonly progress: number;
}

export function decideExit(input: ExitInput): ExitDecision {
  const { reading, position, market } = input;
  const { exit } = input.settings;
  const none = (whyNot: NoExitReason, limitCents = 0): ExitDecision => ({
    order: null,
    whyNot,
    limitCents,
    progress: 0,
  });
  if (position === 0) return none('flat');
  const { bid, ask } = input.touch;
  if (bid === null || ask === null) return none('noBook');
  if (bid >= ask) return none('crossedBook');

  const side: Side = position > 0 ? 'ask' : 'bid';
  const quantity = Math.abs(position) as Centicontracts;
  const reference = input.referenceCents ?? reading?.midCents ?? (bid + ask) / 200;
  const allowance = exit.slippageCentsMax;
  const limitCents = side === 'ask' ? reference - allowance : reference + allowance;
  const opposing = opposingPrice(side, { bid, ask });

  const isSmall = quantity < exit.smallContracts * CONTRACT;
  if (input.manner === 'cross' || (isSmall && input.manner === 'work')) {
    const crossing = withinLimit(side, opposing, limitCents);
    if (crossing) {
      // The limit is the touch itself: a level below it that we have not looked at is not taken by surprise.
      const order: ExitOrder = {
        side,
        price: opposing,
        quantity,
        timeInForce: 'immediateOrCancel',
        postOnly: false,
        reduceOnly: true,
      };
      return { order, whyNot: null, limitCents, progress: 1 };
    }
    if (input.manner === 'cross') return none('slippage', limitCents);
  }

  if (reading === null) return none('noBook', limitCents);
  const nearest = behind(market.grid, side, opposing);
  if (nearest === null) return none('offGrid', limitCents);
  const progress = input.manner === 'work' ? progressOf(input.ageMs, exit) : 0;
  const own = side === 'ask' ? reading.ask : reading.bid;
  const wanted = own + (opposing - own) * progress;
  // Joining our own side gives nothing away, wherever the market went since: only the way across is held to the limit.
  const allowed = input.manner === 'work' ? leastEager(side, wanted, limitCents * 100) : wanted;
  const price = onGrid(market.grid, side, leastEager(side, allowed, nearest));
  if (price === null) return none('offGrid', limitCents);
  return {
    order: { side, price, quantity, timeInForce: 'goodTillCanceled', postOnly: true, reduceOnly: false },
    whyNot: null,
    limitCents,
    progress,
  };
}

/** Full way after the soft exit's time, in steps of the repricing interval so that an order is not moved every tick. */
function progressOf(ageMs: number, exit: Settings['exit']): number {
  const step = Math.floor(Math.max(0, ageMs) / exit.repriceEveryMs) * exit.repriceEveryMs;
  return Math.min(1, step / exit.softExitMaxMs);
}

function withinLimit(side: Side, price: number, limitCents: number): boolean {
  return eagerness(side, price, limitCents * 100) <= 1e-6;
}

function leastEager(side: Side, a: number, b: number): number {
  return eagerness(side, a, b) <= 0 ? a : b;
}

export interface ExitCosts {
  /** Crossing: half spread, taker fee and expected slippage, ¢ a contract. */
  readonly crossCents: number;
  /** Carrying: what the variance to the horizon costs at our risk aversion, ¢ a contract. */
  readonly carryCents: number;
  readonly cheaper: 'cross' | 'carry';
}

/**
 * What a benign end chooses between. Carrying q contracts for τ costs (γ/2)·q²·σ²τ of certainty equivalent, so
 * (γ/2)·|q|·σ²τ a contract: the same risk aversion (γ, 1/¢) that quoting has.
 */
export function exitCosts(input: {
  readonly spreadCents: number;
  readonly takerFeeCents: number;
  readonly slippageCents: number;
  readonly positionContracts: number;
  readonly varianceCents2: number;
  readonly riskAversion: number;
}): ExitCosts {
  const crossCents = input.spreadCents / 2 + input.takerFeeCents + input.slippageCents;
  const carryCents = (input.riskAversion / 2) * Math.abs(input.positionContracts) * input.varianceCents2;
  return { crossCents, carryCents, cheaper: crossCents <= carryCents ? 'cross' : 'carry' };
}
