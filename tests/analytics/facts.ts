/** Fills, orders and journal entries for tests that compute by hand: cents and contracts in, units out. */
import type { Touch } from '../../src/analytics/markouts.ts';
import type { Fill } from '../../src/domain/fill.ts';
import { named, type Ticker } from '../../src/domain/ids.ts';
import type { JournalEntry } from '../../src/domain/journal.ts';
import type { Json } from '../../src/domain/json.ts';
import type { Side } from '../../src/domain/side.ts';
import type { Centicents, Centicontracts, Microdollars } from '../../src/domain/units.ts';
import { unixMs } from '../../src/domain/units.ts';

export const ONE: Ticker = named('KXONE-1');
export const TWO: Ticker = named('KXTWO-1');
let fills = 0;

export function fill(
  atMs: number,
  side: Side,
  cents: number,
  contracts: number,
  rest: { readonly market?: Ticker; readonly isTaker?: boolean } = {},
): Fill {
  return {
    tradeId: named(`t${++fills}`),
    orderId: named(`o${fills}`),
    clientOrderId: null,
    market: rest.market ?? ONE,
    side,
    price: Math.round(cents * 100) as Centicents,
    quantity: Math.round(contracts * 100) as Centicontracts,
    fee: 0 as Microdollars,
    isTaker: rest.isTaker ?? false,
    atMs: unixMs(atMs),
    positionAfter: null,
  };
}

export const touch = (bid: number, ask: number): Touch => ({
  bid: Math.round(bid * 100) as Centicents,
  ask: Math.round(ask * 100) as Centicents,
});

let sequence = 0;
export function entry(atMs: number, kind: string, data: object): JournalEntry {
  return { sequence: ++sequence, wallMs: unixMs(atMs), marketMs: unixMs(atMs), kind, data: data as Json };
}
