import { describe, expect, it } from 'vitest';
import { type ClientOrderId, named, type OrderId, type SessionId, type Ticker } from '../../src/domain/ids.ts';
import {
  advance,
  intend,
  isTerminal,
  mayRest,
  type OrderEvent,
  OrderEventRefused,
  type OrderIntent,
  type OrderRow,
  type OrderState,
  openQuantity,
  worstPrice,
} from '../../src/domain/order.ts';
import type { Centicents, Centicontracts, UnixMs } from '../../src/domain/units.ts';

const contracts = (count: number) => (count * 100) as Centicontracts;
const cents = (count: number) => (count * 100) as Centicents;
const at = (ms: number) => ms as UnixMs;
const ORDER = named<OrderId>('order-1');

const INTENT: OrderIntent = {
  clientOrderId: named<ClientOrderId>('bs-r1-s1-1'),
  market: named<Ticker>('RAIN-26'),
  exchangeIndex: 0,
  session: named<SessionId>('s1'),
  purpose: 'quote',
  side: 'bid',
  price: cents(40),
  quantity: contracts(10),
  timeInForce: 'goodTillCanceled',
  postOnly: true,
  reduceOnly: false,
  expiresAtMs: at(900_000),
  intendedWallMs: at(1_000),
  intendedMarketMs: at(2_000),
};

const sent: OrderEvent = { type: 'sent', wallMs: at(1_001) };
const accepted = (filled = 0, remaining = 10 - filled): OrderEvent => ({
  type: 'accepted',
  orderId: ORDER,
  filled: contracts(filled),
  remaining: contracts(remaining),
});
const filled = (count: number): OrderEvent => ({ type: 'filled', quantity: contracts(count), orderId: ORDER });
const cancelSent: OrderEvent = { type: 'cancelSent', wallMs: at(2_001) };
const cancelAccepted = (reducedBy: number): OrderEvent => ({ type: 'cancelAccepted', reducedBy: contracts(reducedBy) });
const amendTo = (price: number, quantity: number): OrderEvent => ({
  type: 'amendSent',
  amend: { price: cents(price), quantity: contracts(quantity), expiresAtMs: at(950_000) },
  wallMs: at(3_001),
});
const amendAccepted = (done: number | null, remaining: number | null): OrderEvent => ({
  type: 'amendAccepted',
  filled: done === null ? null : contracts(done),
  remaining: remaining === null ? null : contracts(remaining),
});
const lost: OrderEvent = { type: 'outcomeUnknown', reason: 'timeout' };
const refused: OrderEvent = { type: 'requestRefused', reason: 'throttled' };
const observed = (
  status: 'resting' | 'canceled' | 'executed',
  done: number,
  remaining: number,
  more: { reason?: string | null; conclusive?: boolean; price?: number } = {},
): OrderEvent => ({
  type: 'observed',
  orderId: ORDER,
  status,
  filled: contracts(done),
  remaining: contracts(remaining),
  price: cents(more.price ?? 40),
  reason: more.reason ?? null,
  conclusive: more.conclusive ?? false,
});

function live(...events: OrderEvent[]): OrderRow {
  return events.reduce(advance, intend(INTENT));
}

/** One row in every state, and in those whose past matters, one for each past. */
const ROWS = {
  intended: live(),
  sent: live(sent),
  resting: live(sent, accepted()),
  partiallyFilled: live(sent, accepted(), filled(4)),
  cancelPending: live(sent, accepted(), cancelSent),
  'cancelPending over an amend': live(sent, accepted(), amendTo(38, 15), cancelSent),
  amendPending: live(sent, accepted(), amendTo(38, 15)),
  'unknown create': live(sent, lost),
  'unknown cancel': live(sent, accepted(), cancelSent, lost),
  'unknown amend': live(sent, accepted(), amendTo(38, 15), lost),
  filled: live(sent, accepted(), filled(10)),
  canceled: live(sent, accepted(), cancelSent, cancelAccepted(10)),
  rejected: live(sent, { type: 'rejected', reason: 'post only cross' }),
  expired: live(sent, accepted(), observed('canceled', 0, 0, { reason: 'ExpiryCancel' })),
  denied: live({ type: 'denied', reason: 'paused' }),
} as const satisfies Record<string, OrderRow>;

const EVENTS = {
  denied: { type: 'denied', reason: 'paused' },
  sent,
  accepted: accepted(),
  'accepted, rest gone': accepted(0, 0),
  rejected: { type: 'rejected', reason: 'invalid_price' },
  lost,
  'fill 4': filled(4),
  'fill 10': filled(10),
  cancelSent,
  'canceled 10': cancelAccepted(10),
  'canceled 6': cancelAccepted(6),
  notFound: { type: 'cancelNotFound' },
  refused,
  amendSent: amendTo(41, 12),
  amendAccepted: amendAccepted(0, 15),
  'seen resting': observed('resting', 0, 10),
  'seen resting for sure': observed('resting', 0, 10, { conclusive: true }),
  'seen canceled': observed('canceled', 0, 0),
  'seen executed': observed('executed', 10, 0),
  absent: { type: 'absent' },
} as const satisfies Record<string, OrderEvent>;

/** `·` nothing changes but what is known of it · `×` cannot happen: refused · otherwise the state it leads to. */
const TABLE = `
                            | denied | sent | accepted | accepted, rest gone | rejected | lost    | fill 4          | fill 10 | cancelSent    | canceled 10 | canceled 6 | notFound | refused      | amendSent    | amendAccepted | seen resting | seen resting for sure | seen canceled | seen executed | absent
intended                    | denied | sent | resting  | canceled            | ×        | ×       | partiallyFilled | filled  | ×             | ×           | ×          | ×        | ×            | ×            | ·             | resting      | resting               | canceled      | filled        | ×
sent                        | ×      | ×    | resting  | canceled            | rejected | unknown | partiallyFilled | filled  | cancelPending | canceled    | canceled   | unknown  | ×            | ×            | ·             | resting      | resting               | canceled      | filled        | rejected
resting                     | ×      | ×    | ·        | canceled            | ×        | ·       | partiallyFilled | filled  | cancelPending | canceled    | canceled   | unknown  | ·            | amendPending | ·             | ·            | ·                     | canceled      | filled        | ×
partiallyFilled             | ×      | ×    | ·        | canceled            | ×        | ·       | ·               | filled  | cancelPending | canceled    | canceled   | unknown  | ·            | amendPending | ·             | ·            | ·                     | canceled      | filled        | ×
cancelPending               | ×      | ×    | ·        | canceled            | ×        | unknown | ·               | filled  | ·             | canceled    | canceled   | unknown  | resting      | ×            | ·             | ·            | resting               | canceled      | filled        | ×
cancelPending over an amend | ×      | ×    | ·        | canceled            | ×        | unknown | ·               | ·       | ·             | unknown     | unknown    | unknown  | amendPending | ×            | ·             | ·            | resting               | canceled      | filled        | ×
amendPending                | ×      | ×    | ·        | canceled            | ×        | unknown | ·               | ·       | cancelPending | unknown     | unknown    | unknown  | resting      | ×            | resting       | ·            | resting               | canceled      | filled        | ×
unknown create              | ×      | ·    | resting  | canceled            | rejected | ·       | partiallyFilled | filled  | ·             | canceled    | canceled   | ·        | ×            | ×            | ·             | resting      | resting               | canceled      | filled        | rejected
unknown cancel              | ×      | ×    | ·        | canceled            | ×        | ·       | ·               | filled  | ·             | canceled    | canceled   | ·        | ·            | ×            | ·             | ·            | resting               | canceled      | filled        | ×
unknown amend               | ×      | ×    | ·        | canceled            | ×        | ·       | ·               | ·       | ·             | ·           | ·          | ·        | ·            | ×            | resting       | ·            | resting               | canceled      | filled        | ×
filled                      | ×      | ×    | ·        | ·                   | ·        | ·       | ·               | ·       | ×             | ·           | ·          | ·        | ·            | ×            | ·             | ·            | ·                     | ·             | ·             | ·
canceled                    | ×      | ×    | ·        | ·                   | ·        | ·       | ·               | filled  | ×             | ·           | ·          | ·        | ·            | ×            | ·             | ·            | ·                     | ·             | filled        | ·
rejected                    | ×      | ×    | ·        | ·                   | ·        | ·       | ·               | filled  | ×             | ·           | ·          | ·        | ·            | ×            | ·             | ·            | ·                     | ·             | filled        | ·
expired                     | ×      | ×    | ·        | ·                   | ·        | ·       | ·               | filled  | ×             | ·           | ·          | ·        | ·            | ×            | ·             | ·            | ·                     | ·             | filled        | ·
denied                      | ×      | ×    | ·        | ·                   | ·        | ·       | ·               | ·       | ×             | ·           | ·          | ·        | ·            | ×            | ·             | ·            | ·                     | ·             | ·             | ·
`;

function parseTable(): readonly (readonly [rowName: string, eventName: string, outcome: string])[] {
  const [head, ...lines] = TABLE.trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const events = head!.slice(1);
  return lines.flatMap(([rowName, ...cells]) => cells.map((cell, index) => [rowName!, events[index]!, cell] as const));
}

describe('An order in every state, at every event', () => {
  const cells = parseTable();

  it('is in the table', () => {
    expect(cells).toHaveLength(Object.keys(ROWS).length * Object.keys(EVENTS).length);
    const states = new Set(Object.values(ROWS).map(({ state }) => state));
    const known: Record<OrderState, true> = {
      intended: true,
      sent: true,
      resting: true,
      partiallyFilled: true,
      cancelPending: true,
      amendPending: true,
      unknown: true,
      filled: true,
      canceled: true,
      rejected: true,
      expired: true,
      denied: true,
    };
    expect([...states].sort()).toEqual(Object.keys(known).sort());
  });

  it.each(Object.keys(ROWS) as (keyof typeof ROWS)[])('goes from "%s" where the table says', (name) => {
    const row = ROWS[name];
    const found = cells
      .filter(([rowName]) => rowName === name)
      .map(([, eventName]) => {
        try {
          const { state } = advance(row, EVENTS[eventName as keyof typeof EVENTS]);
          return [eventName, state === row.state ? '·' : state];
        } catch (error) {
          if (!(error instanceof OrderEventRefused)) throw error;
          return [eventName, '×'];
        }
      });
    expect(found).toEqual(cells.filter(([rowName]) => rowName === name).map(([, event, outcome]) => [event, outcome]));
  });

  it('never changes the row it was given', () => {
    for (const row of Object.values(ROWS)) {
      const before = structuredClone(row);
      for (const event of Object.values(EVENTS)) {
        try {
          advance(row, event);
        } catch {
          // Refusals are in the table above.
        }
      }
      expect(row).toEqual(before);
    }
  });
});

describe('What may still execute', () => {
  it('is everything until something is known, also of an order whose fate is not', () => {
    for (const name of ['intended', 'sent', 'resting', 'cancelPending', 'unknown create', 'unknown cancel'] as const) {
      expect(openQuantity(ROWS[name]), name).toBe(contracts(10));
    }
  });

  it('counts an amend that is not known at the larger size and the worse price', () => {
    for (const name of ['amendPending', 'cancelPending over an amend', 'unknown amend'] as const) {
      expect(openQuantity(ROWS[name]), name).toBe(contracts(15));
      expect(worstPrice(ROWS[name]), name).toBe(cents(40));
    }
    const raised = live(sent, accepted(), amendTo(43, 5));
    expect([openQuantity(raised), worstPrice(raised)]).toEqual([contracts(10), cents(43)]);
    const ask = advance(advance({ ...intend(INTENT), side: 'ask' }, sent), accepted());
    expect(worstPrice(advance(ask, amendTo(38, 5)))).toBe(cents(38));
  });

  it('is what the venue reported and no record has shown yet, once the order is over', () => {
    const row = live(sent, accepted(), cancelSent, cancelAccepted(7));
    expect([row.state, openQuantity(row)]).toEqual(['canceled', contracts(3)]);
    expect(openQuantity(advance(row, filled(2)))).toBe(contracts(1));
    expect(openQuantity(advance(advance(row, filled(2)), filled(1)))).toBe(0);
  });

  it('is nothing of an order that never left', () => {
    expect(openQuantity(ROWS.denied)).toBe(0);
    expect(openQuantity(ROWS.rejected)).toBe(0);
  });

  it('rests nowhere before it is sent and after it is over', () => {
    for (const row of Object.values(ROWS)) {
      expect(mayRest(row)).toBe(row.state !== 'intended' && !isTerminal(row.state));
    }
  });
});

describe('An answer that comes late', () => {
  it('still tells the fill that it reports', () => {
    const row = live(sent, filled(2), accepted(5, 5));
    expect([row.state, row.filled, row.filledReported]).toEqual(['partiallyFilled', contracts(2), contracts(5)]);
  });

  it('ends an order whose rest the venue dropped, though a fill had brought it to rest', () => {
    const row = live(sent, filled(2), accepted(2, 0));
    expect([row.state, row.reason, openQuantity(row)]).toEqual(['canceled', 'immediateOrCancel', 0]);
  });

  it('resolves what had become unknown', () => {
    expect(live(sent, lost, accepted()).state).toBe('resting');
    expect(live(sent, lost, { type: 'rejected', reason: 'x' }).state).toBe('rejected');
    expect(live(sent, accepted(), cancelSent, lost, cancelAccepted(10)).state).toBe('canceled');
    const amended = live(sent, accepted(), amendTo(38, 15), lost, amendAccepted(0, 15));
    expect([amended.state, amended.quantity, amended.price]).toEqual(['resting', contracts(15), cents(38)]);
  });

  it('by timing out changes nothing that a fill has proven', () => {
    const row = live(sent, filled(2));
    expect(advance(row, lost)).toBe(row);
  });
});

describe('A cancel and an amend at once', () => {
  const both = live(sent, accepted(), amendTo(38, 15), cancelSent);

  it('keep the worse of both while either is out', () => {
    const back = advance(both, refused);
    expect([back.state, back.pending, openQuantity(back)]).toEqual(['amendPending', 'amend', contracts(15)]);
    const amended = advance(both, amendAccepted(0, 15));
    expect([amended.state, amended.quantity, amended.amend]).toEqual(['cancelPending', contracts(15), null]);
  });

  it('are over when only one order of events explains what the cancel took off', () => {
    const amendFirst = advance(both, cancelAccepted(13));
    expect([amendFirst.state, openQuantity(amendFirst)]).toEqual(['canceled', contracts(2)]);
    expect([amendFirst.price, amendFirst.quantity]).toEqual([cents(38), contracts(15)]);
    const shrink = live(sent, accepted(), filled(5), amendTo(40, 7), cancelSent);
    const cancelFirst = advance(shrink, cancelAccepted(4));
    expect([cancelFirst.state, openQuantity(cancelFirst)]).toEqual(['canceled', contracts(1)]);
  });

  it('stay unknown when both do, until the order’s own record says how much executed', () => {
    const row = advance(both, cancelAccepted(6));
    expect([row.state, openQuantity(row)]).toEqual(['unknown', contracts(15)]);
    const seen = advance(row, observed('canceled', 9, 0));
    expect([seen.state, openQuantity(seen)]).toEqual(['canceled', contracts(9)]);
  });
});

describe('An unknown order', () => {
  it('stays unknown when it is asked to cancel again, and when that is refused', () => {
    const again = advance(ROWS['unknown cancel'], cancelSent);
    expect([again.state, again.signedWallMs]).toEqual(['unknown', 2_001]);
    expect(advance(again, refused).state).toBe('unknown');
    expect(advance(again, cancelAccepted(10)).state).toBe('canceled');
  });

  it('is not known by a record that may be older than the request', () => {
    expect(advance(ROWS['unknown amend'], observed('resting', 0, 10)).state).toBe('unknown');
    const sure = advance(ROWS['unknown amend'], observed('resting', 3, 12, { conclusive: true, price: 38 }));
    expect([sure.state, sure.quantity, sure.price, sure.amend]).toEqual([
      'partiallyFilled',
      contracts(15),
      cents(38),
      null,
    ]);
  });

  it('that once had the venue’s id cannot be absent', () => {
    const ioc = advance({ ...intend(INTENT), timeInForce: 'immediateOrCancel' }, sent);
    const known = advance(advance(ioc, filled(4)), lost);
    expect(known.state).toBe('unknown');
    expect(() => advance(known, { type: 'absent' })).toThrow(/unknown: "absent" cannot happen/);
  });
});

describe('An order that takes at once', () => {
  const ioc = advance({ ...intend(INTENT), timeInForce: 'immediateOrCancel' }, sent);

  it('is not at rest because a fill came before the answer', () => {
    expect(advance(ioc, filled(4)).state).toBe('sent');
    expect(advance(advance(ioc, filled(4)), accepted(4, 0)).state).toBe('canceled');
    expect(advance(advance(ioc, accepted(4, 0)), filled(4))).toEqual(advance(advance(ioc, filled(4)), accepted(4, 0)));
  });

  it('is filled when all of it was', () => {
    expect(advance(ioc, accepted(10, 0)).state).toBe('filled');
    expect(openQuantity(advance(ioc, accepted(10, 0)))).toBe(contracts(10));
    expect(advance(ioc, filled(10)).state).toBe('filled');
  });
});

describe('An amend', () => {
  it('down to what has executed ends the order', () => {
    const row = live(sent, accepted(), filled(4), amendTo(40, 4), amendAccepted(4, 0));
    expect([row.state, openQuantity(row)]).toEqual(['filled', 0]);
  });

  it('that was refused leaves the order as it was', () => {
    const row = live(sent, accepted(), filled(4), amendTo(38, 15), refused);
    expect([row.state, row.price, row.quantity, row.amend]).toEqual([
      'partiallyFilled',
      cents(40),
      contracts(10),
      null,
    ]);
  });

  it('to more keeps an order alive that executes all it had before', () => {
    const row = live(sent, accepted(), amendTo(38, 15), filled(10));
    expect([row.state, openQuantity(row)]).toEqual(['amendPending', contracts(5)]);
    expect(advance(row, amendAccepted(10, 5)).state).toBe('partiallyFilled');
    expect(advance(row, refused).state).toBe('filled');
  });
});
