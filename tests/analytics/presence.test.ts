import { describe, expect, it } from 'vitest';
import { Presence, twoSidedMs } from '../../src/analytics/presence.ts';
import { entry, ONE, TWO } from './facts.ts';

const intended = (ms: number, id: string, side: 'bid' | 'ask', rest: object = {}) =>
  entry(ms, 'order.intended', { clientOrderId: id, market: ONE, side, purpose: 'quote', ...rest });
const moved = (ms: number, id: string, state: string) => entry(ms, 'order.moved', { clientOrderId: id, state });

function presenceOf(...entries: ReturnType<typeof entry>[]): Presence {
  const presence = new Presence();
  for (const each of entries) presence.take(each);
  return presence;
}
const within = [{ fromMs: 0, toMs: 100 }];

describe('Time with quotes on both sides', () => {
  it('begins when the second side rests and ends when one of them is gone', () => {
    const { markets } = presenceOf(
      intended(5, 'b', 'bid'),
      moved(6, 'b', 'sent'),
      moved(10, 'b', 'resting'),
      intended(11, 'a', 'ask'),
      moved(20, 'a', 'resting'),
      moved(30, 'a', 'partiallyFilled'),
      moved(50, 'a', 'cancelPending'),
      moved(60, 'a', 'canceled'),
      moved(90, 'b', 'filled'),
    );
    expect(twoSidedMs(markets.get(ONE)!, within)).toBe(60 - 20);
    expect(twoSidedMs(markets.get(ONE)!, [{ fromMs: 25, toMs: 26 }])).toBe(1);
  });

  it('goes on while one quote takes the place of another', () => {
    const { markets } = presenceOf(
      intended(0, 'b', 'bid'),
      moved(0, 'b', 'resting'),
      intended(0, 'a', 'ask'),
      moved(0, 'a', 'resting'),
      intended(40, 'a2', 'ask'),
      moved(45, 'a2', 'resting'),
      moved(50, 'a', 'canceled'),
    );
    expect(twoSidedMs(markets.get(ONE)!, within)).toBe(100);
  });

  it('knows an order whose fate is unknown as not there, and exits as no quotes', () => {
    const { markets } = presenceOf(
      intended(0, 'b', 'bid'),
      moved(0, 'b', 'resting'),
      intended(0, 'x', 'ask', { purpose: 'exit' }),
      moved(0, 'x', 'resting'),
      intended(0, 'a', 'ask'),
      moved(10, 'a', 'unknown'),
      moved(40, 'a', 'resting'),
      moved(70, 'a', 'rejected'),
    );
    expect(twoSidedMs(markets.get(ONE)!, within)).toBe(70 - 40);
  });

  it('keeps markets apart', () => {
    const { markets } = presenceOf(
      intended(0, 'b', 'bid'),
      moved(0, 'b', 'resting'),
      intended(0, 'a', 'ask', { market: TWO }),
      moved(0, 'a', 'resting'),
    );
    expect([...markets.values()].map((standing) => twoSidedMs(standing, within))).toEqual([0, 0]);
  });
});
