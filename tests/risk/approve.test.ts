import { beforeEach, describe, expect, it } from 'vitest';
import { type ClientOrderId, type EventTicker, named, type Ticker } from '../../src/domain/ids.ts';
import type { Centicents, Centicontracts, Microdollars, UnixMs } from '../../src/domain/units.ts';
import { type ApprovalContext, approve, isApproved } from '../../src/risk/approve.ts';
import { Exposure } from '../../src/risk/exposure.ts';
import { type Limits, limitsOf } from '../../src/risk/limits.ts';
import type { OrderRequest, RiskMode } from '../../src/risk/proposal.ts';
import { DEFAULTS, withSettings } from '../support/default-settings.ts';
import { price, quantity } from '../support/markets.ts';

const dollars = (amount: number) => Math.round(amount * 1e6) as Microdollars;
const A = named<Ticker>('A');
const B = named<Ticker>('B');
const C = named<Ticker>('C');
const ONE = named<EventTicker>('ONE');
const TWO = named<EventTicker>('TWO');

const WIDE: Limits = {
  orderMax: dollars(1000),
  marketMax: dollars(1000),
  categoryMax: dollars(1000),
  groupMax: dollars(1000),
  totalMax: dollars(1000),
  restingMax: dollars(1000),
  openPositionsMax: 1000,
  approvalValidMs: 250,
};

let exposure: Exposure;
let sequence: number;
beforeEach(() => {
  sequence = 0;
  exposure = new Exposure();
  exposure.describe(A, { category: 'x', event: ONE });
  exposure.describe(B, { category: 'x', event: TWO });
  exposure.describe(C, { category: 'y', event: ONE });
});

function order(changes: Partial<OrderRequest> = {}): OrderRequest {
  return {
    clientOrderId: named(`order-${++sequence}`),
    market: A,
    side: 'bid',
    price: price(50),
    quantity: quantity(4),
    purpose: 'quote',
    ...changes,
  };
}
function context(limits: Partial<Limits> = {}, mode: RiskMode = 'active', cash = dollars(1000)): ApprovalContext {
  return { exposure, limits: { ...WIDE, ...limits }, cash, mode, riskEpoch: 7, nowWallMs: 1_000 as UnixMs };
}
const reasonOf = (answer: ReturnType<typeof approve>) => (answer.ok ? null : answer.reason);

describe('an approval', () => {
  it('carries the epoch and the wall time until which it opens the door', () => {
    const request = order();
    expect(approve(request, context())).toMatchObject({ ok: true, request, riskEpoch: 7, validUntilMs: 1_250 });
  });

  it('has reserved the worst case when it answers', () => {
    const request = order();
    approve(request, context());
    expect(exposure.market(A)).toBe(dollars(2));
    expect(exposure.group(ONE)).toBe(dollars(2));
    expect(exposure.category('x')).toBe(dollars(2));
    expect(exposure.total).toBe(dollars(2));
    expect(exposure.restingValue).toBe(dollars(2));
    expect(exposure.reservation(request.clientOrderId)).toMatchObject({ price: price(50), quantity: quantity(4) });
  });

  it('cannot be made outside risk', () => {
    const real = approve(order(), context());
    expect(isApproved(real)).toBe(true);
    expect(isApproved({ ...JSON.parse(JSON.stringify(real)) })).toBe(false);
    expect(isApproved({ ok: true, request: order(), riskEpoch: 7, validUntilMs: 9e9 })).toBe(false);
  });

  it('is given up to the limit exactly', () => {
    expect(approve(order(), context({ orderMax: dollars(2), marketMax: dollars(2), totalMax: dollars(2) })).ok).toBe(
      true,
    );
  });
});

describe('a denial', () => {
  it('leaves everything as it was', () => {
    approve(order({ market: B }), context());
    approve(order({ side: 'ask' }), context());
    const before = [
      exposure.total,
      exposure.restingValue,
      exposure.openPositions,
      exposure.openOrders,
      exposure.market(A),
    ];
    const request = order({ quantity: quantity(40) });
    expect(reasonOf(approve(request, context({ marketMax: dollars(8) })))).toBe('market');
    expect([
      exposure.total,
      exposure.restingValue,
      exposure.openPositions,
      exposure.openOrders,
      exposure.market(A),
    ]).toEqual(before);
    expect(exposure.reservation(request.clientOrderId)).toBeNull();
  });

  it('says what would have been and what is allowed', () => {
    const answer = approve(order(), context({ orderMax: dollars(1.5) }));
    expect(answer).toMatchObject({ ok: false, reason: 'orderSize', value: dollars(2), limit: dollars(1.5) });
  });

  it.each([
    ['orderSize', { orderMax: dollars(1.999999) }],
    ['market', { marketMax: dollars(3.999999) }],
    ['category', { categoryMax: dollars(5.999999) }],
    ['group', { groupMax: dollars(5.999999) }],
    ['total', { totalMax: dollars(7.999999) }],
    ['resting', { restingMax: dollars(7.999999) }],
    ['openPositions', { openPositionsMax: 2 }],
  ] as const)('%s: a figure one step over its limit', (reason, limits) => {
    // $2 on each of three markets, and $2 more on A: market 4, category x (A, B) 6, event ONE (A, C) 6, total 8.
    for (const market of [A, B, C]) expect(approve(order({ market }), context()).ok).toBe(true);
    expect(reasonOf(approve(order(), context(limits)))).toBe(reason);
  });

  it('balance: open orders together cost more than the cash', () => {
    approve(order(), context());
    expect(reasonOf(approve(order({ market: B }), context({}, 'active', dollars(3.99))))).toBe('balance');
    expect(approve(order({ market: B }), context({}, 'active', dollars(4))).ok).toBe(true);
  });

  it('unknownMarket: nobody has said what it is correlated with', () => {
    expect(reasonOf(approve(order({ market: named('Z') }), context()))).toBe('unknownMarket');
  });

  it.each([
    ['price', 0],
    ['price', 10_000],
    ['price', 50.5],
    ['price', Number.NaN],
    ['quantity', 0],
    ['quantity', -100],
    ['quantity', 0.5],
  ])('invalidOrder: %s %s', (field, value) => {
    expect(reasonOf(approve(order({ [field]: value }), context()))).toBe('invalidOrder');
    expect(exposure.openOrders).toBe(0);
  });
});

describe('modes', () => {
  it.each(['reducing', 'paused', 'halted'] as const)('%s approves exits and nothing else', (mode) => {
    exposure.setPosition(A, quantity(4), dollars(2));
    expect(reasonOf(approve(order(), context({}, mode)))).toBe('mode');
    expect(reasonOf(approve(order({ side: 'ask' }), context({}, mode)))).toBe('mode');
    expect(approve(order({ side: 'ask', purpose: 'exit' }), context({}, mode)).ok).toBe(true);
  });
});

describe('exits', () => {
  const exit = (contracts: number, changes: Partial<OrderRequest> = {}) =>
    order({ side: 'ask', purpose: 'exit', quantity: quantity(contracts), ...changes });

  it('together never ask for more than the position', () => {
    exposure.setPosition(A, quantity(4), dollars(2));
    expect(approve(exit(3), context()).ok).toBe(true);
    expect(reasonOf(approve(exit(2), context()))).toBe('reducingOnly');
    expect(approve(exit(1), context()).ok).toBe(true);
  });
  it('only reduce: never on the side of the position, never without one', () => {
    expect(reasonOf(approve(exit(1), context()))).toBe('reducingOnly');
    exposure.setPosition(A, quantity(-4), dollars(2));
    expect(reasonOf(approve(exit(1), context()))).toBe('reducingOnly');
    expect(approve(exit(4, { side: 'bid' }), context()).ok).toBe(true);
  });
  it('wait for quotes on the same side: one of them filling would leave less to exit', () => {
    exposure.setPosition(A, quantity(4), dollars(2));
    const quote = order({ side: 'ask', quantity: quantity(3) });
    approve(quote, context());
    expect(reasonOf(approve(exit(4), context()))).toBe('reducingOnly');
    exposure.release(quote.clientOrderId);
    expect(approve(exit(4), context()).ok).toBe(true);
    expect(reasonOf(approve(order({ side: 'ask' }), context()))).toBe('reducingOnly');
    expect(approve(order({ side: 'bid' }), context()).ok).toBe(true);
  });
  it('pass every limit on money: a limit that was passed must not keep us in', () => {
    exposure.setPosition(A, quantity(400), dollars(200));
    const nothing = {
      orderMax: 0,
      marketMax: 0,
      totalMax: 0,
      restingMax: 0,
      groupMax: 0,
      categoryMax: 0,
    } as Partial<Limits>;
    expect(approve(exit(400), context({ ...nothing, openPositionsMax: 0 }, 'halted', dollars(0))).ok).toBe(true);
  });
  it('are approved in a market that nobody described', () => {
    const Z = named<Ticker>('Z');
    exposure.setPosition(Z, quantity(1), dollars(0.5));
    expect(approve(exit(1, { market: Z }), context()).ok).toBe(true);
    expect(exposure.total).toBe(dollars(0.5));
  });
});

describe('an amend of an order that is held', () => {
  it('reserves the worse of both until the row says more', () => {
    const request = order();
    approve(request, context());
    expect(approve({ ...request, price: price(40), quantity: quantity(6) }, context()).ok).toBe(true);
    expect(exposure.reservation(request.clientOrderId)).toMatchObject({ price: price(50), quantity: quantity(6) });
    expect(exposure.openOrders).toBe(1);
    exposure.update(request.clientOrderId, quantity(6), price(40));
    expect(exposure.market(A)).toBe(dollars(2.4));
  });
  it('leaves the old reservation when it is denied', () => {
    const request = order();
    approve(request, context());
    const answer = approve({ ...request, quantity: quantity(60) }, context({ marketMax: dollars(8) }));
    expect(reasonOf(answer)).toBe('market');
    expect(exposure.market(A)).toBe(dollars(2));
  });
  it('cannot make it another order', () => {
    const request = order();
    approve(request, context());
    expect(reasonOf(approve({ ...request, side: 'ask' }, context()))).toBe('invalidOrder');
    expect(reasonOf(approve({ ...request, market: B }, context()))).toBe('invalidOrder');
  });
});

describe('exposure', () => {
  it('moves to the right group when a market is described late, or again', () => {
    const Z = named<Ticker>('Z');
    exposure.setPosition(Z, quantity(2), dollars(1));
    expect(exposure.total).toBe(dollars(1));
    exposure.describe(Z, { category: 'x', event: ONE });
    expect([exposure.category('x'), exposure.group(ONE)]).toEqual([dollars(1), dollars(1)]);
    exposure.describe(Z, { category: 'y', event: TWO });
    expect([exposure.category('x'), exposure.group(ONE)]).toEqual([0, 0]);
    expect([exposure.category('y'), exposure.group(TWO)]).toEqual([dollars(1), dollars(1)]);
  });
  it('follows a row: less open, then nothing; again is harmless', () => {
    const { clientOrderId } = order();
    approve(order({ clientOrderId }), context());
    exposure.update(clientOrderId, quantity(1), price(50));
    expect(exposure.total).toBe(dollars(0.5));
    exposure.update(clientOrderId, 0 as Centicontracts, price(50));
    expect([exposure.total, exposure.openOrders, exposure.openPositions]).toEqual([0, 0, 0]);
    exposure.release(clientOrderId);
    exposure.update(clientOrderId, quantity(1), price(50));
    expect(exposure.total).toBe(0);
  });
  it('holds an id once', () => {
    const reservation = {
      market: A,
      side: 'bid',
      price: 5000 as Centicents,
      quantity: quantity(1),
      purpose: 'quote',
    } as const;
    exposure.reserve('one' as ClientOrderId, reservation);
    expect(() => exposure.reserve('one' as ClientOrderId, reservation)).toThrow(/already reserved/);
  });
  it('takes no position at a negative cost: that would be a gain that nobody has', () => {
    expect(() => exposure.setPosition(A, quantity(1), dollars(-1))).toThrow(/cannot have cost/);
    expect(() => exposure.setPosition(A, quantity(0), dollars(1))).toThrow(/cannot have cost/);
  });
});

describe('limits', () => {
  it('are the smaller of dollars and a share of equity', () => {
    const risk = {
      orderShareOfEquity: 0.03,
      orderDollarsMax: 30,
      groupShareOfEquity: 0.15,
      totalShareOfEquity: 0.2,
      totalDollarsMax: 60,
      marketDollarsMax: 8,
      categoryDollarsMax: 24,
      restingDollarsMax: 10_000,
    };
    const settings = withSettings({ risk });
    const rich = limitsOf(settings, dollars(100_000));
    expect(rich).toMatchObject({ orderMax: dollars(30), totalMax: dollars(60), groupMax: dollars(15_000) });
    const poor = limitsOf(settings, dollars(100));
    expect(poor).toMatchObject({ orderMax: dollars(3), totalMax: dollars(20), groupMax: dollars(15) });
    expect(poor).toMatchObject({ marketMax: dollars(8), categoryMax: dollars(24), restingMax: dollars(10_000) });
  });
  it('leave nothing to an account without equity', () => {
    expect(limitsOf(DEFAULTS, dollars(-5))).toMatchObject({ orderMax: 0, groupMax: 0, totalMax: 0 });
    expect(reasonOf(approve(order(), { ...context(), limits: limitsOf(DEFAULTS, dollars(-5)) }))).toBe('orderSize');
  });
});
