/**
 * Invariants of risk, under any interleaving of approvals, amends, fills (whole, partial, at the limit or better), cancels,
 * settlements and changes of mode:
 *
 * 1. The worst case of every market, event and category and of everything stays within its limit.
 * 2. Every sum that is kept up equals one computed from nothing.
 * 3. Outside `active` nothing is approved but orders that reduce a position.
 * 4. Exits add up to no more than the position, on the side that reduces it, at every instant.
 * 5. What is denied changes nothing; what ended is forgotten.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClientOrderId, type EventTicker, named, type Ticker } from '../../src/domain/ids.ts';
import type { OrderPurpose } from '../../src/domain/order.ts';
import type { Side } from '../../src/domain/side.ts';
import type { Centicents, Centicontracts, Microdollars, UnixMs } from '../../src/domain/units.ts';
import { approve } from '../../src/risk/approve.ts';
import { Exposure } from '../../src/risk/exposure.ts';
import type { Limits } from '../../src/risk/limits.ts';
import type { RiskMode } from '../../src/risk/proposal.ts';
import { lossOfOrder, worstLoss } from '../../src/risk/worst-loss.ts';
import { execute, type PlainPosition } from '../support/plain-position.ts';

const dollars = (amount: number) => Math.round(amount * 1e6) as Microdollars;
/** Ten times as many in the long run. */
const RUNS = process.env.BOTHSIDES_LONG === '1' ? 3_000 : 300;

const MARKETS = ['A', 'B', 'C', 'D'].map((name) => named<Ticker>(name));
const EVENTS = ['ONE', 'TWO'].map((name) => named<EventTicker>(name));
const CATEGORIES = ['x', 'y'];
const eventOf = (market: number) => EVENTS[market >> 1]!;
const categoryOf = (market: number) => CATEGORIES[market & 1]!;

const LIMITS: Limits = {
  orderMax: dollars(6),
  marketMax: dollars(8),
  categoryMax: dollars(13),
  groupMax: dollars(12),
  totalMax: dollars(20),
  restingMax: dollars(25),
  openPositionsMax: 3,
  approvalValidMs: 250,
};

interface Row {
  readonly id: ClientOrderId;
  readonly market: number;
  readonly side: Side;
  readonly purpose: OrderPurpose;
  price: Centicents;
  open: number;
}

type Action =
  | { readonly type: 'approve'; market: number; side: Side; price: number; quantity: number; purpose: OrderPurpose }
  | { readonly type: 'amend'; row: number; price: number; quantity: number; accepted: boolean }
  | { readonly type: 'fill'; row: number; share: number; better: number }
  | { readonly type: 'cancel'; row: number }
  | { readonly type: 'settle'; market: number }
  | { readonly type: 'mode'; mode: RiskMode };

const prices = fc.oneof(
  fc.integer({ min: 1, max: 99 }).map((cents) => cents * 100),
  fc.integer({ min: 1, max: 9_999 }),
);
const quantities = fc.oneof(
  fc.integer({ min: 1, max: 8 }).map((lots) => lots * 100),
  fc.integer({ min: 1, max: 1_000 }),
);
const sides = fc.constantFrom<Side>('bid', 'ask');
const market = fc.nat(MARKETS.length - 1);
const row = fc.nat(30);
const actions: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('approve' as const),
      market,
      side: sides,
      price: prices,
      quantity: quantities,
      purpose: fc.constantFrom<OrderPurpose>('quote', 'quote', 'exit'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('amend' as const),
      row,
      price: prices,
      quantity: quantities,
      accepted: fc.boolean(),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      type: fc.constant('fill' as const),
      row,
      share: fc.constantFrom(0.1, 0.5, 1, 1),
      better: fc.constantFrom(0, 0, 0, 0.5),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('cancel' as const), row }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('settle' as const), market }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('mode' as const),
      mode: fc.constantFrom<RiskMode>('active', 'active', 'active', 'reducing', 'paused', 'halted'),
    }),
  },
);

/** The account and its orders as a plain table, beside the exposure that is tested. */
class World {
  readonly exposure = new Exposure();
  readonly rows: Row[] = [];
  readonly positions: PlainPosition[] = MARKETS.map(() => ({ quantity: 0, cost: 0 }));
  mode: RiskMode = 'active';
  fills = 0;
  approved = 0;
  #sequence = 0;

  constructor() {
    for (const [index, ticker] of MARKETS.entries()) {
      this.exposure.describe(ticker, { category: categoryOf(index), event: eventOf(index) });
    }
  }

  take(action: Action): void {
    switch (action.type) {
      case 'approve':
        this.#approve(action);
        return;
      case 'amend':
        this.#amend(action);
        return;
      case 'fill':
        this.#fill(action);
        return;
      case 'cancel': {
        const found = this.rows[action.row % Math.max(1, this.rows.length)];
        if (found !== undefined) this.#end(found);
        return;
      }
      case 'settle':
        for (const open of this.rows.filter((candidate) => candidate.market === action.market)) this.#end(open);
        this.positions[action.market] = { quantity: 0, cost: 0 };
        this.#tellPosition(action.market);
        return;
      case 'mode':
        this.mode = action.mode;
    }
  }

  #context() {
    return {
      exposure: this.exposure,
      limits: LIMITS,
      cash: dollars(1_000),
      mode: this.mode,
      riskEpoch: 1,
      nowWallMs: 0 as UnixMs,
    };
  }

  #approve({ market: index, side, price, quantity, purpose }: Extract<Action, { type: 'approve' }>): void {
    const id = named<ClientOrderId>(`o${++this.#sequence}`);
    const before = this.exposure.total;
    const request = {
      clientOrderId: id,
      market: MARKETS[index]!,
      side,
      price: price as Centicents,
      quantity: quantity as Centicontracts,
      purpose,
    };
    const answer = approve(request, this.#context());
    if (!answer.ok) {
      expect(this.exposure.total).toBe(before);
      expect(this.exposure.reservation(id)).toBeNull();
      return;
    }
    this.approved++;
    if (this.mode !== 'active') {
      expect(purpose).toBe('exit');
      const { quantity: held } = this.positions[index]!;
      expect(side).toBe(held > 0 ? 'ask' : 'bid');
      expect(quantity).toBeLessThanOrEqual(Math.abs(held));
    }
    this.rows.push({ id, market: index, side, purpose, price: price as Centicents, open: quantity });
  }

  #amend({ row: at, price, quantity, accepted }: Extract<Action, { type: 'amend' }>): void {
    const found = this.rows[at % Math.max(1, this.rows.length)];
    if (found === undefined) return;
    const answer = approve(
      {
        clientOrderId: found.id,
        market: MARKETS[found.market]!,
        side: found.side,
        purpose: found.purpose,
        price: price as Centicents,
        quantity: quantity as Centicontracts,
      },
      this.#context(),
    );
    if (answer.ok && accepted) {
      found.price = price as Centicents;
      found.open = quantity;
    }
    // The venue has answered: the row says what is open now.
    this.exposure.update(found.id, found.open as Centicontracts, found.price);
  }

  #fill({ row: at, share, better }: Extract<Action, { type: 'fill' }>): void {
    const found = this.rows[at % Math.max(1, this.rows.length)];
    if (found === undefined) return;
    const quantity = Math.max(1, Math.floor(found.open * share));
    const best = found.side === 'bid' ? 1 : 9_999;
    const price = Math.round(found.price + (best - found.price) * better);
    this.fills++;
    found.open -= quantity;
    execute(this.positions[found.market]!, found.side, price, quantity);
    if (found.open === 0) this.#end(found);
    else this.exposure.update(found.id, found.open as Centicontracts, found.price);
    this.#tellPosition(found.market);
  }

  #end(ended: Row): void {
    this.rows.splice(this.rows.indexOf(ended), 1);
    this.exposure.release(ended.id);
  }

  #tellPosition(index: number): void {
    const { quantity, cost } = this.positions[index]!;
    this.exposure.setPosition(MARKETS[index]!, quantity as Centicontracts, cost as Microdollars);
  }

  openOf(index: number): Row[] {
    return this.rows.filter((candidate) => candidate.market === index);
  }
  worstOf(index: number): number {
    const { quantity, cost } = this.positions[index]!;
    return worstLoss(
      { quantity: quantity as Centicontracts, cost: cost as Microdollars },
      this.openOf(index).map(({ side, price, open }) => ({ side, price, quantity: open as Centicontracts })),
    );
  }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function checkWithinLimits(world: World): void {
  const { exposure } = world;
  // Average costs are rounded to $0.000001 when part of a position goes: a gain may be that much less than it was.
  const rounding = world.fills;
  for (const ticker of MARKETS) expect(exposure.market(ticker)).toBeLessThanOrEqual(LIMITS.marketMax + rounding);
  for (const event of EVENTS) expect(exposure.group(event)).toBeLessThanOrEqual(LIMITS.groupMax + rounding);
  for (const category of CATEGORIES) {
    expect(exposure.category(category)).toBeLessThanOrEqual(LIMITS.categoryMax + rounding);
  }
  expect(exposure.total).toBeLessThanOrEqual(LIMITS.totalMax + rounding);
}

function checkSums(world: World): void {
  const { exposure } = world;
  const worst = MARKETS.map((_, index) => world.worstOf(index));
  expect(MARKETS.map((ticker) => exposure.market(ticker))).toEqual(worst);
  expect(exposure.total).toBe(sum(worst));
  for (const event of EVENTS) {
    expect(exposure.group(event)).toBe(sum(worst.filter((_, index) => eventOf(index) === event)));
  }
  for (const category of CATEGORIES) {
    expect(exposure.category(category)).toBe(sum(worst.filter((_, index) => categoryOf(index) === category)));
  }
  expect(exposure.restingValue).toBe(
    sum(world.rows.map(({ side, price, open }) => lossOfOrder(side, price, open as Centicontracts))),
  );
  expect(exposure.openOrders).toBe(world.rows.length);
  const occupied = MARKETS.filter(
    (_, index) => world.positions[index]!.quantity !== 0 || world.openOf(index).length > 0,
  );
  expect(exposure.openPositions).toBe(occupied.length);
}

function checkExits(world: World): void {
  for (const [index, { quantity }] of world.positions.entries()) {
    const exits = world.openOf(index).filter(({ purpose }) => purpose === 'exit');
    expect(sum(exits.map(({ open }) => open))).toBeLessThanOrEqual(Math.abs(quantity));
    for (const { side } of exits) expect(side).toBe(quantity > 0 ? 'ask' : 'bid');
  }
}

describe('reservations', () => {
  it('hold under any interleaving (1–5)', () => {
    let fills = 0;
    let approved = 0;
    fc.assert(
      fc.property(fc.array(actions, { minLength: 10, maxLength: 60 }), (sequence) => {
        const world = new World();
        for (const action of sequence) {
          world.take(action);
          checkWithinLimits(world);
          checkSums(world);
          checkExits(world);
        }
        fills += world.fills;
        approved += world.approved;
      }),
      { numRuns: RUNS },
    );
    // The sequences do something: most runs approve and fill several orders.
    expect(approved).toBeGreaterThan(RUNS * 2);
    expect(fills).toBeGreaterThan(RUNS * 2);
  });
});
