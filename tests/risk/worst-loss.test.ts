import { describe, expect, it } from 'vitest';
import type { Centicontracts, Microdollars } from '../../src/domain/units.ts';
import { lossOfOrder, type OpenOrder, worstLoss } from '../../src/risk/worst-loss.ts';
import { price, quantity } from '../support/markets.ts';

const dollars = (amount: number) => Math.round(amount * 1e6) as Microdollars;
const bid = (contracts: number, cents: number): OpenOrder => ({
  side: 'bid',
  price: price(cents),
  quantity: quantity(contracts),
});
const ask = (contracts: number, cents: number): OpenOrder => ({
  side: 'ask',
  price: price(cents),
  quantity: quantity(contracts),
});
/** A position at an average yes price. */
const held = (contracts: number, cents: number) => ({
  quantity: quantity(contracts),
  cost: dollars((Math.abs(contracts) * (contracts > 0 ? cents : 100 - cents)) / 100),
});
const FLAT = { quantity: 0 as Centicontracts, cost: 0 as Microdollars };

describe('what an order can lose', () => {
  it('is its price for a bid and the rest of the dollar for an ask', () => {
    expect(lossOfOrder('bid', price(40), quantity(3))).toBe(dollars(1.2));
    expect(lossOfOrder('ask', price(40), quantity(3))).toBe(dollars(1.8));
  });
});

describe('the worst loss', () => {
  it('of nothing is nothing', () => {
    expect(worstLoss(FLAT, [])).toBe(0);
  });
  it('without a position is the worse side: only one of the results comes', () => {
    expect(worstLoss(FLAT, [bid(3, 40), ask(3, 45)])).toBe(dollars(1.65));
    expect(worstLoss(FLAT, [bid(3, 60), ask(3, 65)])).toBe(dollars(1.8));
  });
  it('of a long is its cost, of a short the rest of the dollar', () => {
    expect(worstLoss(held(10, 40), [])).toBe(dollars(4));
    expect(worstLoss(held(-10, 40), [])).toBe(dollars(6));
  });
  it('adds what builds the position', () => {
    expect(worstLoss(held(10, 40), [bid(5, 42)])).toBe(dollars(6.1));
    expect(worstLoss(held(-10, 40), [ask(5, 42)])).toBe(dollars(8.9));
  });
  it('is not raised by closing at cost or better', () => {
    expect(worstLoss(held(10, 40), [ask(10, 40)])).toBe(dollars(4));
    expect(worstLoss(held(10, 40), [ask(10, 99)])).toBe(dollars(4));
    expect(worstLoss(held(-10, 40), [bid(10, 1)])).toBe(dollars(6));
  });
  it('counts of orders that close and go beyond only what goes beyond', () => {
    // Long 1 from 10¢, sells 10 at 50¢: 9 of them open a short.
    expect(worstLoss(held(1, 10), [ask(10, 50)])).toBe(dollars(4.5));
    expect(worstLoss(held(-1, 90), [bid(10, 50)])).toBe(dollars(4.5));
  });
  it('does not let an open gain pay for orders that would take it: after closing it is gone from the sum', () => {
    // Long 1 from 10¢, sells 10 at 90¢. The gain of the long on yes (90¢) would hide 9 × 10¢.
    expect(worstLoss(held(1, 10), [ask(10, 90)])).toBe(dollars(0.9));
    // What stands after the sale: short 9 from 90¢.
    expect(worstLoss(held(-9, 90), [])).toBe(dollars(0.9));
  });
  it('takes the dearest of what closes for what goes beyond', () => {
    // Long 2: the asks at 80¢ close it, the one at 30¢ opens a short that can lose 70¢ a contract.
    expect(worstLoss(held(2, 10), [ask(2, 80), ask(3, 30)])).toBe(dollars(2.1));
  });
  it('counts a loss that closing would make real', () => {
    // Short 10 from 20¢ (gains $2 on no), buys back at 70¢: no costs 7 − 2 = $5; yes costs $8 as it stands.
    expect(worstLoss(held(-10, 20), [bid(10, 70)])).toBe(dollars(8));
    // Short 10 from 90¢: $1 on yes; buying back 5 at 99¢ costs nothing more on yes, and no still gains.
    expect(worstLoss(held(-10, 90), [bid(5, 99)])).toBe(dollars(1));
  });
});
