/** What an operator's command would do, or did: which sessions, orders and positions it touches. Plain JSON, no effects. */
import type { RiskMode } from '../../machines/market-session.ts';
import { openQuantity } from '../domain/order.ts';
import { formatMoney, formatPrice, formatQuantity, type Microdollars } from '../domain/units.ts';
import { valueAt } from '../ledger/position.ts';
import type { TraderRuntime } from './trader-runtime.ts';

export const OPERATOR_ACTIONS = ['pause', 'resume', 'flatten', 'cancelAll', 'halt'] as const;
export type OperatorAction = (typeof OPERATOR_ACTIONS)[number];

export interface OperatorCommand {
  readonly action: OperatorAction;
  /** One market alone; null: all of them. Only for pause, resume and flatten. */
  readonly market: string | null;
  /** Whose word it is. */
  readonly by: string;
  /** What was said with it. */
  readonly why: string | null;
}

export interface PlannedSession {
  readonly session: string;
  readonly market: string;
  readonly state: string;
  /** `closed` at once; `softExit`: works its position off with patience; `killed`: off the book, and out or carried. */
  readonly becomes: 'closed' | 'softExit' | 'killed' | 'unchanged';
}
export interface PlannedOrder {
  readonly clientOrderId: string;
  readonly market: string;
  readonly side: 'bid' | 'ask';
  readonly price: string;
  readonly open: string;
  readonly purpose: 'quote' | 'exit';
}
/** Money and prices in dollars, quantities in contracts. */
export interface PlannedPosition {
  readonly market: string;
  readonly quantity: string;
  readonly cost: string;
  /** The touch on which it could be closed, and what it is worth there; null where there is none. */
  readonly exitPrice: string | null;
  readonly exitValue: string | null;
}

export interface OperatorPlan {
  readonly action: OperatorAction;
  readonly market: string | null;
  /** Risk mode of the whole trader; `to` is what it becomes. */
  readonly mode: { readonly from: RiskMode; readonly to: RiskMode };
  readonly sessions: readonly PlannedSession[];
  /** Taken off the book. */
  readonly orders: readonly PlannedOrder[];
  /** Held where the command reaches; `flatten` works them off, the others leave them or let them be worked off. */
  readonly positions: readonly PlannedPosition[];
  /** What else a person should know, a sentence each. */
  readonly notes: readonly string[];
}

/** The trader as it is now, under this command. */
export function planOf(
  runtime: TraderRuntime,
  { action, market }: Pick<OperatorCommand, 'action' | 'market'>,
): OperatorPlan {
  const isReached = (ticker: string): boolean => market === null || market === ticker;
  const mode = { from: runtime.mode, to: market === null ? modeAfter(action, runtime) : runtime.mode };
  const sessions = sessionsNow(runtime)
    .filter((session) => isReached(session.market))
    .map(({ session, market: ticker, state }) => ({
      session,
      market: ticker,
      state,
      becomes: becoming(action, state),
    }));
  const orders: PlannedOrder[] = [];
  for (const row of runtime.table.allOpen()) {
    if (action === 'resume' || !isReached(row.market)) continue;
    if ((action === 'pause' || action === 'flatten') && row.purpose === 'exit') continue;
    const { clientOrderId, side, price, purpose } = row;
    const open = formatQuantity(openQuantity(row));
    orders.push({ clientOrderId, market: row.market, side, price: formatPrice(price), open, purpose });
  }
  const positions = runtime.ledger
    .positions()
    .filter(({ market: ticker, quantity }) => quantity !== 0 && isReached(ticker))
    .map(({ market: ticker, quantity, cost }): PlannedPosition => {
      const mark = runtime.mark(ticker, quantity);
      return {
        market: ticker,
        quantity: formatQuantity(quantity),
        cost: formatMoney(cost),
        exitPrice: mark === null ? null : formatPrice(mark),
        exitValue: mark === null ? null : formatMoney(valueAt(quantity, mark) as Microdollars),
      };
    });
  return { action, market, mode, sessions, orders, positions, notes: notesOn(runtime, action, market, mode.to) };
}

function modeAfter(action: OperatorAction, { mode }: TraderRuntime): RiskMode {
  switch (action) {
    case 'halt':
      return 'halted';
    case 'resume':
      return mode === 'halted' ? 'reducing' : 'active';
    case 'flatten':
      return mode === 'halted' ? 'halted' : 'reducing';
    case 'pause':
    case 'cancelAll':
      return mode === 'halted' ? 'halted' : 'paused';
  }
}

function sessionsNow({ sessions, register }: TraderRuntime) {
  const states = new Map(register.entries().map(({ id, state }) => [id, stateText(state)]));
  return [...sessions.entries()].map(([market, session]) => ({
    session,
    market: market as string,
    state: states.get(session) ?? 'opening',
  }));
}

/** `quoting`, `softExit.working`: the first two levels say enough. */
function stateText(state: unknown): string {
  if (typeof state !== 'object' || state === null) return String(state);
  const [[top, inner] = ['', null]] = Object.entries(state);
  return typeof inner === 'string' ? `${top}.${inner}` : top;
}

function becoming(action: OperatorAction, state: string): PlannedSession['becomes'] {
  const [top] = state.split('.');
  if (action === 'resume' || top === 'killed' || top === 'closed') return 'unchanged';
  if (top === 'warmup' || top === 'opening') return 'closed';
  if (action === 'halt') return 'killed';
  return top === 'quoting' ? 'softExit' : 'unchanged';
}

function notesOn(runtime: TraderRuntime, action: OperatorAction, market: string | null, to: RiskMode): string[] {
  const { days, mode, guarded, parts } = runtime;
  const notes: string[] = [];
  if (action !== 'halt' && mode === 'halted' && market === null)
    notes.push(
      action === 'resume'
        ? 'It was halted: now it only reduces positions. Resume once more to let it trade.'
        : 'It is halted, which is more than this: it stays halted.',
    );
  if (action === 'resume') {
    if (market === null && mode === 'active') notes.push('Nothing was halted or paused.');
    if (market !== null && days.barOn(market) === null) notes.push(`${market} was not paused by itself.`);
    if (market !== null && mode !== 'active')
      notes.push(`The whole trader is ${mode}: nothing is quoted until that is resumed.`);
    const others = [...days.marketBars.keys()];
    if (market === null && others.length > 0)
      notes.push(`Paused by themselves, and still so: ${others.join(', ')}. Resume them by name.`);
    if (parts.haltFile()) notes.push('A file HALT lies in the data folder and halts it again at once: remove it.');
    if (guarded !== null)
      notes.push('Starts on this folder died one after the other: this one quotes nothing until it is started again.');
  } else if (action === 'cancelAll') {
    notes.push('It stays paused until it is resumed; orders that only reduce a position may come again.');
  } else if (action === 'pause') {
    notes.push('Nothing new is quoted until it is resumed; positions are worked off as at the end of a session.');
  } else if (action === 'flatten') {
    const rule =
      'Positions are worked off within the slippage that is allowed; what is left rests as an order that only reduces.';
    if (to !== 'halted') notes.push(`${rule} Nothing new is quoted until it is resumed.`);
  } else {
    notes.push('Nothing leaves but cancels; positions are carried as they are until it is resumed.');
  }
  return notes;
}

/** What keeps the trader from trading freely, a line each: an operator's word, kill switches, markets barred by themselves. */
export function standingBars({ days, parts }: Pick<TraderRuntime, 'days' | 'parts'>, withMarkets = true): string[] {
  const bars = days.bar === null ? [] : [`${days.bar.action}, said by ${days.bar.by}`];
  for (const { action, reason } of days.standing(parts.clocks.market.now())) bars.push(`${action}: ${reason}`);
  if (withMarkets)
    for (const [market, { action, by }] of days.marketBars) bars.push(`${market} alone: ${action}, said by ${by}`);
  return bars;
}
