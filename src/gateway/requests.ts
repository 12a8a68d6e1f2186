/**
 * The way of one request: the row before the journal, the journal before the wire, the door in the turn of writing, and
 * the answer into the row. Each request is sent at most once; what became of it is in the row when the promise resolves.
 */
import type { Clocks } from '../domain/clock.ts';
import { messageOf } from '../domain/errors.ts';
import type { ClientOrderId } from '../domain/ids.ts';
import type { Journal } from '../domain/journal.ts';
import type { Json } from '../domain/json.ts';
import { type AmendRequest, isTerminal, type OrderIntent, type OrderRow } from '../domain/order.ts';
import type { OrderAddress, OrderEntry, Priority, Door as WriteDoor, WriteOutcome } from '../exchange/port.ts';
import type { OrderTable } from './order-table.ts';

export interface RequestsOptions {
  readonly table: OrderTable;
  readonly journal: Journal;
  readonly orders: OrderEntry;
  readonly clocks: Clocks;
  /** A create was written: its bytes are on their way. */
  readonly onCreateSent: (row: OrderIntent) => void;
  /** An order became unknown. */
  readonly onUnknown: (row: OrderRow, cause: string) => void;
}

/** What became of a request, as far as the sender must know; everything else is in the row. */
export type Result =
  | { readonly kind: 'done' }
  /** Nothing left: our own door, or nothing to do. */
  | { readonly kind: 'denied'; readonly reason: string }
  /** The journal did not take the intent; nothing left. */
  | { readonly kind: 'unjournaled'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string; readonly isThrottled: boolean }
  | { readonly kind: 'unknown'; readonly cause: string };

const DONE: Result = { kind: 'done' };
type Refused = Extract<Result, { readonly kind: 'refused' }>;
const THROTTLED: Refused = { kind: 'refused', reason: 'throttled', message: '', isThrottled: true };

/** The venue has an order with this id: it says nothing about what became of it. */
const EXISTS = 'order_already_exists';

export class Requests {
  readonly #options: RequestsOptions;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /** The row exists when this returns its promise: a second look at the side sees it and starts nothing. */
  create(intent: OrderIntent, door: WriteDoor): Promise<Result> {
    const { table, journal, orders } = this.#options;
    const id = intent.clientOrderId;
    table.add(intent);
    return this.#untilKnown(id, async () => {
      try {
        await journal.synced(journal.append('order.intended', intent as unknown as Json));
      } catch (error) {
        table.apply(id, { type: 'denied', reason: 'journal' });
        return { kind: 'unjournaled', reason: messageOf(error) };
      }
      const outcome = await orders.create(intent, {
        priority: priorityOf(intent),
        door,
        onSigned: (wallMs) => {
          table.apply(id, { type: 'sent', wallMs });
          this.#options.onCreateSent(intent);
        },
      });
      return this.#created(intent, outcome);
    });
  }

  #created(intent: OrderIntent, outcome: WriteOutcome<CreatedAnswer>): Result {
    const { table, journal } = this.#options;
    const id = intent.clientOrderId;
    switch (outcome.kind) {
      case 'accepted':
        table.apply(id, { type: 'accepted', ...outcome.value });
        return DONE;
      case 'denied':
        table.apply(id, { type: 'denied', reason: outcome.reason });
        return outcome;
      case 'unknown':
        return this.#unknown(id, outcome.cause, true);
      case 'throttled':
        return this.#notCreated(id, THROTTLED);
      case 'rejected': {
        // Somebody on the way may have sent it twice: whatever the first did, it did with our id.
        if (outcome.code === EXISTS) return this.#unknown(id, EXISTS, true);
        const isCross = /post.only/i.test(outcome.message);
        const reason = isCross ? 'postOnlyCross' : outcome.code;
        journal.append('order.rejected', { clientOrderId: id, reason, message: outcome.message });
        return this.#notCreated(id, { kind: 'refused', reason, message: outcome.message, isThrottled: false });
      }
    }
  }

  #notCreated(id: ClientOrderId, result: Refused): Result {
    const { table, journal } = this.#options;
    // A record or a fill that says otherwise is stronger than the answer.
    if (table.get(id)?.pending === 'create') table.apply(id, { type: 'rejected', reason: result.reason });
    else journal.append('order.contradicted', { clientOrderId: id, reason: result.reason });
    return result;
  }

  /**
   * The same body with the same id once more, to learn what became of the first. Done: it is there, now if not before.
   * Refused as existing is `done` too: the next listing shows it. Any other answer says nothing about the first.
   */
  async resend(row: OrderRow, door: WriteDoor): Promise<Result> {
    const { table, journal, orders } = this.#options;
    const id = row.clientOrderId;
    const isUnknown = (): boolean => {
      const now = table.get(id);
      return now?.state === 'unknown' && now.pending === 'create';
    };
    const outcome = await orders.create(row, {
      priority: 'replace',
      door: () => (isUnknown() ? door() : 'known'),
      onSigned: (wallMs) => void table.apply(id, { type: 'sent', wallMs }),
    });
    if (outcome.kind === 'denied') return outcome;
    const code = outcome.kind === 'rejected' ? outcome.code : '';
    journal.append('order.resent', { clientOrderId: id, outcome: outcome.kind, code });
    if (outcome.kind === 'accepted') table.apply(id, { type: 'accepted', ...outcome.value });
    if (outcome.kind === 'accepted' || code === EXISTS) return DONE;
    if (outcome.kind === 'unknown') return outcome;
    if (outcome.kind === 'throttled') return THROTTLED;
    return { kind: 'refused', reason: code, message: outcome.message, isThrottled: false };
  }

  /** @param door asked in the turn of writing whether the order must still go; null: it must, whatever is wanted */
  cancel(row: OrderRow, door: WriteDoor | null): Promise<Result> {
    const { table, orders } = this.#options;
    const id = row.clientOrderId;
    return this.#untilKnown(id, async () => {
      const outcome = await orders.cancel(addressOf(row), {
        priority: 'cancel',
        // Over before its cancel got its tokens: they are not spent.
        door: () => (isOver(table.get(id)) ? 'nothingToCancel' : (door?.() ?? null)),
        onSigned: (wallMs) => void table.apply(id, { type: 'cancelSent', wallMs }),
      });
      if (outcome.kind !== 'accepted') return this.#notDone(id, outcome);
      table.apply(id, { type: 'cancelAccepted', reducedBy: outcome.value.reducedBy });
      return DONE;
    });
  }

  /** Always to a total and a price, never by a difference: a repeat does no harm, and a fill on the way is counted in. */
  amend(row: OrderRow, amend: AmendRequest, door: WriteDoor): Promise<Result> {
    const { table, orders } = this.#options;
    const id = row.clientOrderId;
    return this.#untilKnown(id, async () => {
      const outcome = await orders.amend({ ...addressOf(row), side: row.side }, amend, {
        priority: 'replace',
        door: () => {
          const now = table.get(id);
          const isResting = now?.state === 'resting' || now?.state === 'partiallyFilled';
          // What was computed from an older count of fills would ask for something else now.
          return isResting && now.filled === row.filled ? door() : 'superseded';
        },
        onSigned: (wallMs) => void table.apply(id, { type: 'amendSent', amend, wallMs }),
      });
      if (outcome.kind !== 'accepted') return this.#notDone(id, outcome);
      table.apply(id, { type: 'amendAccepted', ...outcome.value });
      return DONE;
    });
  }

  /** A cancel or an amend that was not answered with "done". */
  #notDone(id: ClientOrderId, outcome: Exclude<WriteOutcome<unknown>, { kind: 'accepted' }>): Result {
    const { table } = this.#options;
    switch (outcome.kind) {
      case 'denied':
        return outcome;
      case 'unknown':
        return this.#unknown(id, outcome.cause);
      case 'throttled':
        if (table.get(id)?.pending !== 'create') table.apply(id, { type: 'requestRefused', reason: 'throttled' });
        return THROTTLED;
      case 'rejected':
        // It rests no longer: whether filled, canceled or expired only its record says.
        if (outcome.status === 404) table.apply(id, { type: 'cancelNotFound' });
        else if (table.get(id)?.pending !== 'create') table.apply(id, { type: 'requestRefused', reason: outcome.code });
        return { kind: 'refused', reason: outcome.code, message: outcome.message, isThrottled: false };
    }
  }

  #unknown(id: ClientOrderId, cause: string, isCreate = false): Result {
    const { table } = this.#options;
    const before = table.get(id);
    // A create that fills or records have proven meanwhile is not made unknown by its missing answer.
    if (isCreate && before?.pending !== 'create') return DONE;
    const after = table.apply(id, { type: 'outcomeUnknown', reason: cause });
    // Records and fills may have been faster than the answer that never came.
    if (after.state !== 'unknown') return DONE;
    if (before?.state !== 'unknown') this.#options.onUnknown(after, cause);
    return { kind: 'unknown', cause };
  }

  /** A fault of ours in the middle of a request must not leave its row in between for ever. */
  async #untilKnown(id: ClientOrderId, send: () => Promise<Result>): Promise<Result> {
    try {
      return await send();
    } catch (error) {
      const { table } = this.#options;
      if (table.get(id)?.state === 'intended') table.apply(id, { type: 'denied', reason: 'fault' });
      else this.#unknown(id, messageOf(error));
      throw error;
    }
  }
}

type CreatedAnswer = Extract<Awaited<ReturnType<OrderEntry['create']>>, { kind: 'accepted' }>['value'];

function isOver(row: OrderRow | null): boolean {
  return row === null || isTerminal(row.state);
}

/** Who goes first when tokens are short: what reduces before what adds. */
function priorityOf(intent: OrderIntent): Priority {
  return intent.purpose === 'exit' ? 'reduce' : 'quote';
}

export function addressOf(row: OrderRow): OrderAddress {
  if (row.orderId === null) throw new TypeError(`order ${row.clientOrderId} has no venue id yet`);
  return { orderId: row.orderId, market: row.market, exchangeIndex: row.exchangeIndex };
}
