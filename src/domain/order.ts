/**
 * The life of an order: a pure function over a table row.
 *
 *   intended → sent → resting ⇄ partiallyFilled → filled | canceled | rejected | expired
 *
 * beside these `denied` (by us, nothing left), `cancelPending`, `amendPending`, and `unknown`: a request was sent and we
 * do not know what it did. A fill may arrive in any state. Nothing but evidence ends `unknown`.
 */
import type { ClientOrderId, OrderGroupId, OrderId, SessionId, Ticker } from './ids.ts';
import type { Side } from './side.ts';
import { type Centicents, type Centicontracts, type UnixMs, ZERO_QUANTITY } from './units.ts';

export type OrderState =
  | 'intended'
  | 'sent'
  | 'resting'
  | 'partiallyFilled'
  | 'cancelPending'
  | 'amendPending'
  | 'unknown'
  | 'filled'
  | 'canceled'
  | 'rejected'
  | 'expired'
  | 'denied';

export type TimeInForce = 'goodTillCanceled' | 'immediateOrCancel' | 'fillOrKill';

/** What an order is for: quotes add risk on purpose; exits only ever reduce a position. */
export type OrderPurpose = 'quote' | 'exit';

/** What is fixed before an order leaves. */
export interface OrderIntent {
  readonly clientOrderId: ClientOrderId;
  readonly market: Ticker;
  readonly exchangeIndex: number;
  readonly session: SessionId;
  readonly purpose: OrderPurpose;
  readonly side: Side;
  readonly price: Centicents;
  readonly quantity: Centicontracts;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  /** Caps what is filled at the current position (the venue takes it with immediateOrCancel only). */
  readonly reduceOnly: boolean;
  /** The venue takes it off with all others of this group when the group is triggered; absent: it stands alone. */
  readonly orderGroup?: OrderGroupId;
  /** Market time at which the venue drops it by itself; null: never. */
  readonly expiresAtMs: UnixMs | null;
  readonly intendedWallMs: UnixMs;
  readonly intendedMarketMs: UnixMs;
}

/** The wanted values of an amend in flight. `quantity` is the total, filled included. */
export interface AmendRequest {
  readonly price: Centicents;
  readonly quantity: Centicontracts;
  readonly expiresAtMs: UnixMs | null;
}

export type RequestKind = 'create' | 'cancel' | 'amend';

export interface OrderRow extends OrderIntent {
  readonly state: OrderState;
  readonly orderId: OrderId | null;
  /** Executed so far by fills that we hold (the sum of fill records). */
  readonly filled: Centicontracts;
  /** Executed so far as the venue's answers say; may run ahead of `filled` until the fill records arrive. */
  readonly filledReported: Centicontracts;
  readonly amend: AmendRequest | null;
  /** Which request is in flight or unanswered. */
  readonly pending: RequestKind | null;
  /** Wall time at which the pending request was signed: 60 s later the venue no longer takes it. */
  readonly signedWallMs: UnixMs | null;
  /** Why it ended, was refused, or is unknown. */
  readonly reason: string | null;
}

export type OrderEvent =
  /** We refused it before anything left. */
  | { readonly type: 'denied'; readonly reason: string }
  | { readonly type: 'sent'; readonly wallMs: UnixMs }
  /** The venue's answer to a create. `remaining` 0 with less than all filled: an immediateOrCancel's rest is gone. */
  | {
      readonly type: 'accepted';
      readonly orderId: OrderId;
      readonly filled: Centicontracts;
      readonly remaining: Centicontracts;
    }
  | { readonly type: 'rejected'; readonly reason: string }
  /** Time-out, 5xx, broken connection, a 2xx that does not say: nobody knows. */
  | { readonly type: 'outcomeUnknown'; readonly reason: string }
  | { readonly type: 'filled'; readonly quantity: Centicontracts; readonly orderId: OrderId }
  | { readonly type: 'cancelSent'; readonly wallMs: UnixMs }
  /** The venue canceled what was left: `reducedBy` of it. */
  | { readonly type: 'cancelAccepted'; readonly reducedBy: Centicontracts }
  /** 404: it no longer rests. Filled or canceled: only fills and the order's own record say which. */
  | { readonly type: 'cancelNotFound' }
  /** The cancel or amend was refused as a request (429, 400, 401…): the order is as it was. */
  | { readonly type: 'requestRefused'; readonly reason: string }
  | { readonly type: 'amendSent'; readonly amend: AmendRequest; readonly wallMs: UnixMs }
  | {
      readonly type: 'amendAccepted';
      readonly filled: Centicontracts | null;
      readonly remaining: Centicontracts | null;
    }
  /** The venue's own record of the order, from a listing, a single read or the private stream. */
  | {
      readonly type: 'observed';
      readonly orderId: OrderId;
      readonly status: 'resting' | 'canceled' | 'executed';
      readonly filled: Centicontracts;
      readonly remaining: Centicontracts;
      readonly price: Centicents;
      readonly reason: string | null;
      /** True when the read was taken after the pending request's fate was sealed (see gateway/evidence.ts). */
      readonly conclusive: boolean;
    }
  /** Complete evidence that the venue never had it and can no longer take it. */
  | { readonly type: 'absent' };

const TERMINAL: ReadonlySet<OrderState> = new Set(['filled', 'canceled', 'rejected', 'expired', 'denied']);

export function isTerminal(state: OrderState): boolean {
  return TERMINAL.has(state);
}

/** A row at its beginning: known to us and the journal, nobody else. */
export function intend(intent: OrderIntent): OrderRow {
  return {
    ...intent,
    state: 'intended',
    orderId: null,
    filled: ZERO_QUANTITY,
    filledReported: ZERO_QUANTITY,
    amend: null,
    pending: null,
    signedWallMs: null,
    reason: null,
  };
}

/**
 * What may still execute, at the worse of all that is possible: an amend that is not known counts at the larger size,
 * and fills that were reported but have not arrived count although the order is over. Zero releases the reservation.
 */
export function openQuantity(row: OrderRow): Centicontracts {
  if (row.state === 'denied') return ZERO_QUANTITY;
  if (isTerminal(row.state)) return Math.max(0, row.filledReported - row.filled) as Centicontracts;
  const total = Math.max(row.quantity, row.amend?.quantity ?? 0);
  return Math.max(0, total - row.filled) as Centicontracts;
}

/** The worst price at which what is open may execute (highest for a bid, lowest for an ask). */
export function worstPrice(row: OrderRow): Centicents {
  if (row.amend === null) return row.price;
  return (
    row.side === 'bid' ? Math.max(row.price, row.amend.price) : Math.min(row.price, row.amend.price)
  ) as Centicents;
}

/** Whether the venue may hold it on its book as far as we know. */
export function mayRest(row: OrderRow): boolean {
  return !isTerminal(row.state) && row.state !== 'intended';
}

/** Where a live order stands once nothing is pending. */
function settled(row: OrderRow): OrderState {
  const executed = Math.max(row.filled, row.filledReported);
  if (executed >= row.quantity) return 'filled';
  return executed > 0 ? 'partiallyFilled' : 'resting';
}

function atRest(row: OrderRow, changes: Partial<OrderRow> = {}): OrderRow {
  const next: OrderRow = { ...row, amend: null, pending: null, signedWallMs: null, reason: null, ...changes };
  const state = settled(next);
  return { ...next, state, reason: state === 'filled' ? null : next.reason };
}

/** A finished order of which everything executed is filled, however we learned of its end. */
function ended(row: OrderRow, state: OrderState, reason: string | null, changes: Partial<OrderRow> = {}): OrderRow {
  const next: OrderRow = { ...row, amend: null, pending: null, signedWallMs: null, ...changes };
  if (state !== 'denied' && settled(next) === 'filled') return { ...next, state: 'filled', reason: null };
  return { ...next, state, reason };
}

/** A fact from the venue proves that the request left, whatever we remember of sending it. */
function proven(row: OrderRow): OrderRow {
  if (row.state !== 'intended') return row;
  return { ...row, state: 'sent', pending: 'create', signedWallMs: row.intendedWallMs };
}

/** A fact that makes no sense for a row in this state; the caller journals and counts it. */
export class OrderEventRefused extends Error {
  override readonly name = 'OrderEventRefused';
  constructor(row: OrderRow, event: OrderEvent) {
    super(`Order ${row.clientOrderId} is ${row.state}: "${event.type}" cannot happen to it`);
  }
}

/**
 * The next row. Facts from the venue (`filled`, `observed`, answers) are taken in every state in which they can arrive,
 * in any order; an event that only our own code could send in the wrong state throws `OrderEventRefused`.
 */
export function advance(row: OrderRow, event: OrderEvent): OrderRow {
  switch (event.type) {
    case 'denied':
      if (row.state !== 'intended') throw new OrderEventRefused(row, event);
      return ended(row, 'denied', event.reason);

    case 'sent':
      // The same request once more: nothing is known by that, but what it signed can take effect later than the first.
      if (row.state === 'unknown' && row.pending === 'create') return { ...row, signedWallMs: event.wallMs };
      if (row.state !== 'intended') throw new OrderEventRefused(row, event);
      return { ...row, state: 'sent', pending: 'create', signedWallMs: event.wallMs };

    case 'accepted':
      return accept(proven(row), event);

    case 'rejected':
      // A create that was refused; anything else that the venue refuses is `requestRefused`.
      if (isTerminal(row.state)) return row;
      if (row.pending !== 'create') throw new OrderEventRefused(row, event);
      return ended(row, 'rejected', event.reason);

    case 'outcomeUnknown':
      if (row.state === 'intended') throw new OrderEventRefused(row, event);
      // The venue's own records were faster than the answer that never came: nothing is unknown.
      if (isTerminal(row.state) || row.pending === null) return row;
      return { ...row, state: 'unknown', reason: event.reason };

    case 'filled':
      return fill(proven(row), event);

    case 'cancelSent':
      if (isTerminal(row.state) || row.state === 'intended') throw new OrderEventRefused(row, event);
      // Asking again does not make known what the first request did.
      if (row.state === 'unknown') {
        return { ...row, pending: row.pending === 'create' ? 'create' : 'cancel', signedWallMs: event.wallMs };
      }
      return { ...row, state: 'cancelPending', pending: 'cancel', signedWallMs: event.wallMs };

    case 'cancelAccepted':
      if (row.state === 'intended') throw new OrderEventRefused(row, event);
      return isTerminal(row.state) ? row : cancel(row, event.reducedBy);

    case 'cancelNotFound':
      if (row.state === 'intended') throw new OrderEventRefused(row, event);
      if (isTerminal(row.state)) return row;
      return {
        ...row,
        state: 'unknown',
        pending: row.pending === 'create' ? 'create' : 'cancel',
        reason: 'cancelNotFound',
      };

    case 'requestRefused':
      if (isTerminal(row.state)) return row;
      if (row.state === 'intended' || row.pending === 'create') throw new OrderEventRefused(row, event);
      if (row.state === 'unknown') return row;
      // Refused before it left: nothing was pending and nothing has changed.
      if (row.pending === null) return { ...row, reason: event.reason };
      // The cancel is off; the amend that it overtook is still out.
      if (row.pending === 'cancel' && row.amend !== null) {
        return { ...row, state: 'amendPending', pending: 'amend', reason: event.reason };
      }
      return atRest(row, { reason: event.reason });

    case 'amendSent':
      if (row.state !== 'resting' && row.state !== 'partiallyFilled') throw new OrderEventRefused(row, event);
      return { ...row, state: 'amendPending', pending: 'amend', amend: event.amend, signedWallMs: event.wallMs };

    case 'amendAccepted':
      return isTerminal(row.state) || row.amend === null ? row : amend(row, row.amend, event);

    case 'observed':
      return observe(proven(row), event);

    case 'absent':
      if (isTerminal(row.state)) return row;
      // An order that once had the venue's id cannot have "never arrived"; its fills decide (`observed`).
      if (row.pending !== 'create' || row.orderId !== null) throw new OrderEventRefused(row, event);
      return ended(row, 'rejected', 'absent');
  }
}

/** The venue's answer to a create, before or after fills, records and later requests. */
function accept(row: OrderRow, event: Extract<OrderEvent, { type: 'accepted' }>): OrderRow {
  const reported = Math.max(event.filled, row.filledReported) as Centicontracts;
  const next: OrderRow = { ...row, orderId: event.orderId, filledReported: reported };
  const restIsGone = event.remaining === 0 && Math.max(reported, row.filled) < row.quantity;
  if (isTerminal(row.state)) {
    const reason = row.state === 'canceled' && restIsGone ? (row.reason ?? 'immediateOrCancel') : row.reason;
    return ended(next, row.state, reason);
  }
  if (restIsGone) return ended(next, 'canceled', 'immediateOrCancel');
  if (row.pending === 'create') return atRest(next);
  return row.pending === null ? atRest(next, { reason: row.reason }) : next;
}

function fill(row: OrderRow, event: Extract<OrderEvent, { type: 'filled' }>): OrderRow {
  const filled = (row.filled + event.quantity) as Centicontracts;
  const next: OrderRow = {
    ...row,
    orderId: row.orderId ?? event.orderId,
    filled,
    filledReported: Math.max(filled, row.filledReported) as Centicontracts,
  };
  // The records behind a reported execution, or a fill that won the race against a cancel.
  if (isTerminal(row.state)) return ended(next, row.state, row.reason);
  // A larger amend in flight may leave more to execute.
  const total = Math.max(row.quantity, row.amend?.quantity ?? 0);
  if (filled >= total) return ended(next, 'filled', null);
  if (row.state === 'resting') return { ...next, state: 'partiallyFilled' };
  // A fill proves that the create arrived: nothing about it is unknown any more.
  if (row.pending === 'create' && row.timeInForce === 'goodTillCanceled') return atRest(next);
  return next;
}

/** What was left is canceled: the rest of the total has executed, whether or not its records are here. */
function cancel(row: OrderRow, reducedBy: Centicontracts): OrderRow {
  const { amend } = row;
  const least = Math.max(row.filled, row.filledReported);
  const before = row.quantity - reducedBy;
  if (amend === null || amend.quantity === row.quantity) {
    return ended(row, 'canceled', null, { filledReported: Math.max(least, before) as Centicontracts });
  }
  // Whether the amend came first decides how much executed. Where both are possible only the order's own record tells.
  const after = amend.quantity - reducedBy;
  if (before >= least === after >= least) {
    return { ...row, state: 'unknown', pending: 'cancel', reason: 'canceledDuringAmend' };
  }
  if (before >= least) return ended(row, 'canceled', null, { filledReported: before as Centicontracts });
  const { price, quantity } = amend;
  return ended(row, 'canceled', null, { price, quantity, filledReported: after as Centicontracts });
}

function amend(row: OrderRow, wanted: AmendRequest, event: Extract<OrderEvent, { type: 'amendAccepted' }>): OrderRow {
  // The venue may count in `filled` what this amend executed, or all of it; what remains leaves no doubt.
  const said = event.remaining === null ? (event.filled ?? 0) : wanted.quantity - event.remaining;
  const reported = Math.max(said, row.filledReported) as Centicontracts;
  const { price, quantity, expiresAtMs } = wanted;
  const amended: OrderRow = { ...row, price, quantity, expiresAtMs, filledReported: reported };
  if (Math.max(reported, row.filled) >= quantity) return ended(amended, 'filled', null);
  if (event.remaining === 0) return ended(amended, 'canceled', 'amendedToFilled');
  // A cancel overtook the amend: the amended values count, the cancel is still out.
  return row.pending === 'amend' ? atRest(amended) : { ...amended, amend: null };
}

function observe(row: OrderRow, event: Extract<OrderEvent, { type: 'observed' }>): OrderRow {
  // The record of a finished order is final; one of a resting order may be older than what we know.
  const isFinal = event.status !== 'resting';
  const reported = Math.max(event.filled, isFinal ? row.filled : row.filledReported) as Centicontracts;
  const next: OrderRow = { ...row, orderId: row.orderId ?? event.orderId, filledReported: reported };
  if (isTerminal(row.state)) {
    return ended(next, row.state, isFinal ? (event.reason ?? row.reason) : row.reason);
  }
  if (isFinal) {
    // More than the order had executed: the amend in flight had taken effect.
    const amended = row.amend !== null && reported > row.quantity ? row.amend : row;
    const total = { price: amended.price, quantity: amended.quantity };
    if (event.status === 'executed') return ended(next, 'filled', null, total);
    return ended(next, event.reason === 'ExpiryCancel' ? 'expired' : 'canceled', event.reason, total);
  }
  // For a create that is all we wanted to know; a cancel or an amend may still be under way unless the read is conclusive.
  if (row.pending === 'create') return atRest(next);
  if (row.pending === null) return atRest(next, { reason: row.reason });
  if (!event.conclusive) return next;
  return atRest(next, { price: event.price, quantity: (event.filled + event.remaining) as Centicontracts });
}
