import { describe, expect, it } from 'vitest';
import { named, type Ticker } from '../../src/domain/ids.ts';
import { OrderTable } from '../../src/gateway/order-table.ts';

const A = named<Ticker>('KXA');
const B = named<Ticker>('KXB');

describe('a market whose position is in doubt', () => {
  it('counts as behind until its fills were read back, and no other market does', () => {
    const table = new OrderTable(() => undefined);
    expect(table.isBehind(A)).toBe(false);
    table.doubt(A);
    expect(table.isBehind(A)).toBe(true);
    expect(table.isBehind(B)).toBe(false);
    expect(table.doubted()).toEqual([A]);
    table.trust(A);
    expect(table.isBehind(A)).toBe(false);
  });
});
