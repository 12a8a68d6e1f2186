import { describe, expect, it } from 'vitest';
import type { Fill } from '../../src/domain/fill.ts';
import { named, type OrderId } from '../../src/domain/ids.ts';
import type { Centicents, Centicontracts, Microdollars } from '../../src/domain/units.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { cents, contracts, dollars, fill, RAIN, SNOW } from './fixtures.ts';

function ledgerOf(...fills: Fill[]): Ledger {
  const ledger = new Ledger();
  ledger.setOpening(dollars(1_000));
  for (const each of fills) ledger.apply(each);
  return ledger;
}

describe('A position', () => {
  it('is flat in a market where nothing happened', () => {
    expect(new Ledger().position(RAIN)).toEqual({ market: RAIN, quantity: 0, cost: 0, realizedPnl: 0, fees: 0 });
  });

  it('of yes costs its price', () => {
    const ledger = ledgerOf(fill('bid', 10, 40));
    expect(ledger.position(RAIN)).toMatchObject({ quantity: contracts(10), cost: dollars(4), realizedPnl: 0 });
    expect(ledger.explainedCash()).toBe(dollars(996));
  });

  it('of no costs what is missing to a dollar', () => {
    const ledger = ledgerOf(fill('ask', 10, 40));
    expect(ledger.position(RAIN)).toMatchObject({ quantity: contracts(-10), cost: dollars(6), realizedPnl: 0 });
    expect(ledger.explainedCash()).toBe(dollars(994));
  });

  it('averages what was paid and earns the difference when it closes', () => {
    const ledger = ledgerOf(fill('bid', 10, 40), fill('bid', 10, 50), fill('ask', 5, 60));
    expect(ledger.position(RAIN)).toMatchObject({
      quantity: contracts(15),
      cost: dollars(6.75),
      realizedPnl: dollars(0.75),
    });
    expect(ledger.explainedCash()).toBe(dollars(1_000 - 4 - 5 + 3));
  });

  it('of no earns when it is bought back lower', () => {
    const ledger = ledgerOf(fill('ask', 10, 60), fill('bid', 10, 45));
    expect(ledger.position(RAIN)).toMatchObject({ quantity: 0, cost: 0, realizedPnl: dollars(1.5) });
    expect(ledger.explainedCash()).toBe(dollars(1_001.5));
  });

  it('turns over in one fill: the old side closes, the rest opens', () => {
    const ledger = ledgerOf(fill('bid', 10, 40), fill('ask', 25, 50));
    expect(ledger.position(RAIN)).toMatchObject({
      quantity: contracts(-15),
      cost: dollars(7.5),
      realizedPnl: dollars(1),
    });
    expect(ledger.explainedCash()).toBe(dollars(1_000 + 1 - 7.5));
  });

  it('leaves the fraction of an uneven average with what is still open', () => {
    // Three hundredths of a contract for 100 millionths more than three equal parts.
    const ledger = ledgerOf(fill('bid', 0.01, 33.33), fill('bid', 0.02, 33.34));
    expect(ledger.position(RAIN).cost).toBe(10_001);
    ledger.apply(fill('ask', 0.01, 50));
    expect(ledger.position(RAIN)).toMatchObject({ cost: 10_001 - 3_333, realizedPnl: 5_000 - 3_333 });
    ledger.apply(fill('ask', 0.02, 50));
    expect(ledger.position(RAIN)).toMatchObject({ quantity: 0, cost: 0, realizedPnl: 15_000 - 10_001 });
  });

  it('stays exact where cost × quantity leaves 2⁵³', () => {
    const ledger = ledgerOf(fill('bid', 1_000_000, 33.33), fill('bid', 0.01, 1));
    const cost = 3_333 * 100_000_000 + 100;
    expect(ledger.position(RAIN).cost).toBe(cost);
    ledger.apply(fill('ask', 333_333.33, 50));
    const released = (BigInt(cost) * 33_333_333n) / 100_000_001n;
    expect(BigInt(ledger.position(RAIN).cost)).toBe(BigInt(cost) - released);
  });
});

describe('A ledger', () => {
  it('counts each fill once, by trade and order', () => {
    const one = fill('bid', 10, 40);
    const ledger = ledgerOf(one);
    expect(ledger.apply({ ...one, positionAfter: contracts(10) })).toBe('duplicate');
    // The same trade may execute two orders of ours.
    expect(ledger.apply({ ...one, orderId: named<OrderId>('order-2') })).toBe('applied');
    expect(ledger.fillCount).toBe(2);
    expect(ledger.has(one)).toBe(true);
    expect(ledger.position(RAIN).quantity).toBe(contracts(20));
  });

  it('keeps fees apart from profit and takes them off cash', () => {
    const ledger = ledgerOf(
      fill('bid', 10, 40, { fee: 17_500 as Microdollars, isTaker: true }),
      fill('ask', 10, 50, { fee: 4_400 as Microdollars }),
    );
    expect(ledger.realizedPnl()).toBe(dollars(1));
    expect(ledger.fees()).toBe(21_900);
    expect(ledger.explainedCash()).toBe(dollars(1_001) - 21_900);
    expect([ledger.contracts, ledger.makerContracts]).toEqual([contracts(20), contracts(10)]);
  });

  it('says whether the venue’s position is ours after a fill', () => {
    const ledger = ledgerOf(fill('bid', 10, 40));
    const next = fill('ask', 4, 50, { positionAfter: contracts(6) });
    ledger.apply(next);
    expect(ledger.matches(next)).toBe(true);
    const after = fill('bid', 1, 40, { positionAfter: contracts(9) });
    ledger.apply(after);
    expect(ledger.matches(after)).toBe(false);
    expect(ledger.matches({ market: RAIN, positionAfter: null })).toBe(true);
    expect(ledger.matches({ market: SNOW, positionAfter: contracts(0) })).toBe(true);
  });

  it('counts transfers once, by their id', () => {
    const ledger = ledgerOf();
    expect(ledger.transfer('deposit-1', dollars(50))).toBe('applied');
    expect(ledger.transfer('deposit-1', dollars(50))).toBe('duplicate');
    ledger.transfer('withdrawal-1', dollars(-20));
    expect(ledger.explainedCash()).toBe(dollars(1_030));
  });

  it('values open positions at the price at which they could be left', () => {
    const ledger = ledgerOf(fill('bid', 10, 40), fill('ask', 10, 60, { market: SNOW }));
    const marks = (market: string, quantity: Centicontracts): Centicents => {
      expect(Math.sign(quantity)).toBe(market === RAIN ? 1 : -1);
      return market === RAIN ? cents(45) : cents(70);
    };
    expect(ledger.unrealized(marks)).toBe(dollars(0.5 - 1));
    const cash = ledger.explainedCash();
    expect(ledger.equity(cash, marks)).toBe(dollars(1_000 - 4 - 4 + 4.5 + 3));
    // Nothing known: at cost. Known to be worth nothing: nothing.
    expect(ledger.unrealized(() => null)).toBe(0);
    expect(ledger.equity(cash, (market) => (market === RAIN ? cents(0) : cents(100)))).toBe(cash);
  });

  it('comes back from what it was stored as', () => {
    const first = fill('bid', 10, 40, { fee: 17_500 as Microdollars });
    const ledger = ledgerOf(first, fill('ask', 3, 55), fill('ask', 5, 61, { market: SNOW }));
    ledger.transfer('t', dollars(3));
    ledger.settle({ market: SNOW, value: cents(0), revenue: dollars(5), fee: dollars(0), atMs: 9 });
    const again = Ledger.fromJson(JSON.parse(JSON.stringify(ledger.toJson())));
    expect(again.toJson()).toEqual(ledger.toJson());
    expect(again.apply(first)).toBe('duplicate');
    expect(again.transfer('t', dollars(3))).toBe('duplicate');
    expect(again.explainedCash()).toBe(ledger.explainedCash());
    expect(again.positions()).toEqual(ledger.positions());
  });
});

describe('What explains the cash', () => {
  it('is told apart, and adds up to it', () => {
    const ledger = ledgerOf(fill('bid', 10, 40, { fee: 17_500 as Microdollars }), fill('ask', 4, 60, { market: SNOW }));
    ledger.settle({ market: RAIN, value: cents(100), revenue: dollars(10), fee: dollars(0), atMs: 9 });
    ledger.transfer('deposit-1', dollars(25));
    const sources = ledger.cashSources();
    expect(sources).toEqual({
      opening: dollars(1_000),
      fills: dollars(-4 - 1.6),
      fees: -17_500,
      settlements: dollars(10),
      transfers: dollars(25),
    });
    expect(Object.values(sources).reduce((sum, amount) => sum + amount, 0)).toBe(ledger.explainedCash());
  });
});

describe('Cash that is asked for between any two facts', () => {
  it('is what those explain that came before', () => {
    const ledger = new Ledger();
    const seen = [ledger.explainedCash()];
    const facts = [
      () => ledger.setOpening(dollars(1_000)),
      () => ledger.apply(fill('bid', 10, 40)),
      () => ledger.transfer('deposit-1', dollars(25)),
      () => ledger.settle({ market: RAIN, value: cents(100), revenue: dollars(10), fee: dollars(0), atMs: 9 }),
    ];
    for (const fact of facts) {
      fact();
      seen.push(ledger.explainedCash());
    }
    expect(seen).toEqual([dollars(0), dollars(1_000), dollars(996), dollars(1_021), dollars(1_031)]);
  });
});

describe('A position that a person took from the venue', () => {
  const adjusted = (ledger: Ledger, count: number, cost: number) =>
    ledger.adjustPosition({ id: `a${count}`, market: RAIN, quantity: contracts(count), cost: dollars(cost) });

  it('is theirs, once, and moves no money', () => {
    const ledger = ledgerOf(fill('bid', 10, 40), fill('ask', 4, 50));
    const cash = ledger.explainedCash();
    const earned = ledger.realizedPnl();
    expect(adjusted(ledger, -3, 1.5)).toBe('applied');
    expect(ledger.position(RAIN)).toMatchObject({ quantity: contracts(-3), cost: dollars(1.5), realizedPnl: earned });
    expect(ledger.explainedCash()).toBe(cash);
    expect(adjusted(ledger, -3, 1.5)).toBe('duplicate');
    // From here on it lives like any other: buying it back pays collateral out again.
    ledger.apply(fill('bid', 3, 40));
    expect(ledger.explainedCash()).toBe(cash + dollars(3 - 1.2));
  });

  it('is there again although we thought its market settled', () => {
    const ledger = ledgerOf(fill('bid', 10, 40));
    ledger.settle({ market: RAIN, value: cents(100), revenue: dollars(10), fee: dollars(0), atMs: 9 });
    const cash = ledger.explainedCash();
    adjusted(ledger, 10, 4);
    expect(ledger.position(RAIN)).toMatchObject({ quantity: contracts(10), realizedPnl: dollars(6) });
    expect(ledger.explainedCash()).toBe(cash);
  });
});

describe('A settlement', () => {
  it('pays a dollar for a yes that came true, and closes the position', () => {
    const ledger = ledgerOf(fill('bid', 10, 40));
    expect(ledger.settle({ market: RAIN, value: cents(100), revenue: dollars(10), fee: dollars(0), atMs: 9 })).toBe(
      'applied',
    );
    expect(ledger.position(RAIN)).toMatchObject({ quantity: 0, cost: 0, realizedPnl: dollars(6) });
    expect(ledger.explainedCash()).toBe(dollars(1_006));
  });

  it('pays a dollar for a no whose yes did not, and nothing for the other', () => {
    const won = ledgerOf(fill('ask', 10, 40));
    won.settle({ market: RAIN, value: cents(0), revenue: dollars(10), fee: dollars(0), atMs: 9 });
    expect([won.realizedPnl(), won.explainedCash()]).toEqual([dollars(4), dollars(1_004)]);
    const lost = ledgerOf(fill('ask', 10, 40));
    lost.settle({ market: RAIN, value: cents(100), revenue: dollars(0), fee: dollars(0), atMs: 9 });
    expect([lost.realizedPnl(), lost.explainedCash()]).toEqual([dollars(-6), dollars(994)]);
  });

  it('below a whole cent keeps the rest as a fee', () => {
    const ledger = ledgerOf(fill('bid', 0.5, 40));
    // Half a contract at $0.4950: $0.2475, of which 24 cents are paid.
    ledger.settle({ market: RAIN, value: 4_950 as Centicents, revenue: dollars(0.24), fee: dollars(0.0075), atMs: 9 });
    expect(ledger.position(RAIN)).toMatchObject({ realizedPnl: dollars(0.0475), fees: dollars(0.0075) });
    expect(ledger.explainedCash()).toBe(dollars(1_000 - 0.2 + 0.24));
  });

  it('counts once', () => {
    const ledger = ledgerOf(fill('bid', 10, 40));
    const settlement = { market: RAIN, value: cents(100), revenue: dollars(10), fee: dollars(0), atMs: 9 };
    ledger.settle(settlement);
    expect(ledger.settle({ ...settlement, atMs: 10 })).toBe('duplicate');
    expect(ledger.explainedCash()).toBe(dollars(1_006));
  });

  it('that is heard before the last fill of its market explains the same cash', () => {
    const before = fill('bid', 10, 40);
    const late = fill('ask', 4, 50);
    const settlement = { market: RAIN, value: cents(100), revenue: dollars(6), fee: dollars(0), atMs: 9 };
    const straight = ledgerOf(before, late);
    straight.settle(settlement);
    const late2 = ledgerOf(before);
    late2.settle(settlement);
    late2.apply(late);
    expect(late2.positions()).toEqual(straight.positions());
    expect(late2.explainedCash()).toBe(straight.explainedCash());
    expect(late2.explainedCash()).toBe(dollars(1_000 - 4 + 2 + 6));
  });
});
