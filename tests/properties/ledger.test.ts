/**
 * The ledger against a naive account that a venue with netting would keep: cash moves with every execution on the yes axis,
 * a dollar is held for every short contract, a market pays its value a yes contract at the end. What must hold:
 *
 * 1. Explained cash is the venue's cash, to the microdollar, after every fact and in whatever order facts arrive.
 * 2. Positions are the venue's positions; the cost of a flat one is 0, of an open one never negative.
 * 3. Cash = opening + transfers + realised P&L − fees − cost of what is open.
 * 4. A fact heard twice changes nothing the second time.
 * 5. Equity at marks = cash + what the venue would pay at them; realised + unrealised P&L − fees = equity − what was put in.
 * 6. Nothing is rounded away: over a whole life the P&L of a settled market is exactly what was paid out less what was paid in.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fill } from '../../src/domain/fill.ts';
import { named, type OrderId, type Ticker, type TradeId } from '../../src/domain/ids.ts';
import type { Centicents, Centicontracts, Microdollars, UnixMs } from '../../src/domain/units.ts';
import { Ledger } from '../../src/ledger/ledger.ts';

const MARKETS = ['RAIN-26', 'SNOW-26', 'HAIL-26'].map((name) => named<Ticker>(name));
const OPENING = 1_000_000_000 as Microdollars;

/** BigInt and nothing clever: two numbers a market. */
class NaiveVenue {
  cash = BigInt(OPENING);
  readonly held = new Map<Ticker, bigint>();

  execute({ market, side, price, quantity, fee }: Fill): Centicontracts {
    const before = this.held.get(market) ?? 0n;
    const signed = side === 'bid' ? BigInt(quantity) : -BigInt(quantity);
    const after = before + signed;
    const short = (position: bigint) => (position < 0n ? -position : 0n);
    this.cash += -signed * BigInt(price) - 10_000n * (short(after) - short(before)) - BigInt(fee);
    this.held.set(market, after);
    return Number(after) as Centicontracts;
  }

  /** What is paid at a value, whole cents, and what is kept of the rest. */
  settle(market: Ticker, value: number): { revenue: Microdollars; fee: Microdollars } {
    const position = this.held.get(market) ?? 0n;
    const gross = position >= 0n ? position * BigInt(value) : -position * BigInt(10_000 - value);
    const fee = gross % 10_000n;
    this.cash += gross - fee;
    this.held.set(market, 0n);
    return { revenue: Number(gross - fee) as Microdollars, fee: Number(fee) as Microdollars };
  }
}

const price = fc.integer({ min: 1, max: 9_999 });
const fillArbitrary = fc.record({
  market: fc.constantFrom(...MARKETS),
  side: fc.constantFrom('bid' as const, 'ask' as const),
  price: price as fc.Arbitrary<Centicents>,
  quantity: fc.oneof(
    fc.integer({ min: 1, max: 5_000 }),
    fc.integer({ min: 1, max: 100_000_000 }),
  ) as fc.Arbitrary<Centicontracts>,
  fee: fc.integer({ min: 0, max: 2_000_000 }) as fc.Arbitrary<Microdollars>,
  isTaker: fc.boolean(),
});

function numbered(
  list: readonly Omit<Fill, 'tradeId' | 'orderId' | 'clientOrderId' | 'atMs' | 'positionAfter'>[],
): Fill[] {
  return list.map((fill, index) => ({
    ...fill,
    tradeId: named<TradeId>(`trade-${index}`),
    orderId: named<OrderId>(`order-${index % 3}`),
    clientOrderId: null,
    atMs: index as UnixMs,
    positionAfter: null,
  }));
}

function opened(): Ledger {
  const ledger = new Ledger();
  ledger.setOpening(OPENING);
  return ledger;
}

const fillsArbitrary = fc.array(fillArbitrary, { maxLength: 25 }).map(numbered);
const valuesArbitrary = fc.tuple(
  ...MARKETS.map(() => fc.oneof(fc.constantFrom(0, 10_000), fc.integer({ min: 0, max: 10_000 }))),
);

describe('The ledger', () => {
  it('explains the venue’s cash and holds the venue’s positions after every fill', () => {
    fc.assert(
      fc.property(fillsArbitrary, (fills) => {
        const ledger = opened();
        const venue = new NaiveVenue();
        for (const each of fills) {
          const heard = { ...each, positionAfter: venue.execute(each) };
          expect(ledger.apply(heard)).toBe('applied');
          expect(ledger.matches(heard)).toBe(true);
          expect(BigInt(ledger.explainedCash())).toBe(venue.cash);
          const position = ledger.position(each.market);
          expect(BigInt(position.quantity)).toBe(venue.held.get(each.market));
          if (position.quantity === 0) expect(position.cost).toBe(0);
          expect(position.cost).toBeGreaterThanOrEqual(0);
          const openCost = ledger.positions().reduce((sum, { cost }) => sum + cost, 0);
          expect(ledger.explainedCash()).toBe(OPENING + ledger.realizedPnl() - ledger.fees() - openCost);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('explains it to the end, whatever the results are and in whatever order facts arrive, once or twice', () => {
    const order = fc.array(fc.nat(), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(fillsArbitrary, valuesArbitrary, order, (fills, values, shuffle) => {
        const venue = new NaiveVenue();
        for (const each of fills) venue.execute(each);
        const settlements = MARKETS.map((market, index) => {
          const value = values[index]! as Centicents;
          return { market, value, ...venue.settle(market, value), atMs: 99 };
        });
        const ledger = opened();
        const facts: (() => string)[] = [
          ...fills.map((each) => () => ledger.apply(each)),
          ...settlements.map((each) => () => ledger.settle(each)),
          () => ledger.transfer('deposit', 5_000_000 as Microdollars),
        ];
        const shuffled = facts.map((fact, index) => [shuffle[index]!, fact] as const).sort(([a], [b]) => a - b);
        for (const [, fact] of shuffled) {
          expect(fact()).toBe('applied');
          const cash = ledger.explainedCash();
          expect(fact()).toBe('duplicate');
          expect(ledger.explainedCash()).toBe(cash);
        }
        expect(BigInt(ledger.explainedCash())).toBe(venue.cash + 5_000_000n);
        for (const market of MARKETS) expect(ledger.position(market)).toMatchObject({ quantity: 0, cost: 0 });
        expect(ledger.realizedPnl() - ledger.fees()).toBe(ledger.explainedCash() - OPENING - 5_000_000);
        expect(Ledger.fromJson(JSON.parse(JSON.stringify(ledger.toJson()))).toJson()).toEqual(ledger.toJson());
      }),
      { numRuns: 300 },
    );
  });

  it('values what is open as the venue would pay it at the marks', () => {
    fc.assert(
      fc.property(fillsArbitrary, valuesArbitrary, (fills, values) => {
        const ledger = opened();
        const venue = new NaiveVenue();
        for (const each of fills) {
          ledger.apply(each);
          venue.execute(each);
        }
        const marks = (market: Ticker) => values[MARKETS.indexOf(market)]! as Centicents;
        const cash = ledger.explainedCash();
        for (const market of MARKETS) {
          const { fee } = venue.settle(market, marks(market));
          venue.cash += BigInt(fee);
        }
        expect(BigInt(ledger.equity(cash, marks))).toBe(venue.cash);
        expect(ledger.realizedPnl() + ledger.unrealized(marks) - ledger.fees()).toBe(
          ledger.equity(cash, marks) - OPENING,
        );
      }),
      { numRuns: 200 },
    );
  });
});
