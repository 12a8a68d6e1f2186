import { describe, expect, it } from 'vitest';
import { score } from '../../src/discovery/rank.ts';
import { named } from '../../src/domain/ids.ts';
import { marketWith, price, quantity } from '../support/markets.ts';

const candidate = (ticker: string, volume: number, spreadCents: number) =>
  marketWith({
    ticker: named(ticker),
    volume24h: quantity(volume),
    bid: price(40),
    ask: price(40 + spreadCents),
  });
const order = (...markets: Parameters<typeof score>[0]) => score(markets).map(({ market }) => market.ticker);

describe('the ranking', () => {
  it('prefers volume among equal spreads and a tight spread among equal volumes', () => {
    expect(order(candidate('LITTLE', 10, 4), candidate('MUCH', 1000, 4))).toEqual(['MUCH', 'LITTLE']);
    expect(order(candidate('WIDE', 10, 9), candidate('TIGHT', 10, 2))).toEqual(['TIGHT', 'WIDE']);
  });

  it('weighs volume twice as much as spread, each scaled over the candidates', () => {
    const ranked = score([
      candidate('MUCH-WIDE', 1000, 12),
      candidate('LITTLE-TIGHT', 0, 2),
      candidate('BETWEEN', 500, 7),
    ]);
    expect(ranked.map(({ market, score: points }) => [market.ticker, points])).toEqual([
      ['MUCH-WIDE', expect.closeTo(0.15)],
      ['BETWEEN', expect.closeTo(0.075)],
      ['LITTLE-TIGHT', 0],
    ]);
  });

  it('counts an empty side as the widest spread there is', () => {
    expect(order({ ...candidate('EMPTY', 10, 2), ask: null }, candidate('WIDE', 10, 20))).toEqual(['WIDE', 'EMPTY']);
  });

  it('puts equal ones in the order of their tickers, however they came', () => {
    expect(order(candidate('B', 10, 2), candidate('A', 10, 2), candidate('C', 10, 2))).toEqual(['A', 'B', 'C']);
  });

  it('has nothing to say about nothing', () => {
    expect(score([])).toEqual([]);
  });
});
