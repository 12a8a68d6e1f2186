/** An account as the exchange has it, read over HTTP with the account's own key, and how it differs from what its trader says. */
import { readFileSync } from 'node:fs';
import { createRandom } from '../../src/domain/seeded-random.ts';
import { formatMoney, formatQuantity } from '../../src/domain/units.ts';
import { createSigner } from '../../src/exchange/kalshi/sign.ts';
import { createWsSockets } from '../../src/exchange/kalshi/sockets.ts';
import { createKyTransport } from '../../src/exchange/kalshi/transport.ts';
import { createKalshiVenue } from '../../src/exchange/kalshi/venue.ts';
import type { Listing, Venue } from '../../src/exchange/port.ts';
import { createSystemClock } from '../../src/runtime/system-clock.ts';
import { DEFAULTS } from './default-settings.ts';
import type { ConsoleState } from './processes.ts';

export interface AccountKey {
  readonly restUrl: string;
  readonly wsUrl: string;
  readonly keyId: string;
  readonly privateKeyPath: string;
}

/** A second client of the same account. */
export function clientOf({ restUrl, wsUrl, keyId, privateKeyPath }: AccountKey): Venue {
  const wall = createSystemClock();
  return createKalshiVenue({
    restUrl,
    wsUrl,
    keyId,
    signer: createSigner(readFileSync(privateKeyPath, 'utf8')),
    transport: createKyTransport(),
    sockets: createWsSockets(),
    clocks: { wall, market: wall, monotonicMs: () => wall.monotonicMs() },
    random: createRandom(1),
    settings: DEFAULTS.exchange,
  });
}

/** The account in one moment: equal before and after everything was read. */
export interface AccountReading {
  readonly resting: readonly { readonly clientOrderId: string; readonly market: string; readonly side: string }[];
  /** Market → signed quantity, none that is flat. */
  readonly positions: Readonly<Record<string, string>>;
  readonly fillCount: number;
  readonly fees: string;
  /** By our own sum over what executed and what was paid; what resting orders hold is not in it. */
  readonly cash: string;
}

/** @param openingCash of the account, $ with six decimals */
export async function readAccount({ account }: Venue, openingCash: string): Promise<AccountReading> {
  const fills = whole(await account.fills({}));
  const settlements = whole(await account.settlements({}));
  const positions = whole(await account.positions());
  const orders = whole(await account.orders({ status: 'resting' }));
  let cash = Math.round(Number(openingCash) * 1e6);
  let fees = 0;
  const net = new Map<string, number>();
  for (const { market, side, price, quantity, fee } of fills) {
    const signed = side === 'bid' ? quantity : -quantity;
    net.set(market, (net.get(market) ?? 0) + signed);
    cash -= signed * price + fee;
    fees += fee;
  }
  // A contract sold short holds a dollar until its market is settled; then it is gone, and what it is worth is paid.
  for (const quantity of net.values()) cash -= Math.max(0, -quantity) * 10_000;
  for (const { revenue, fee } of settlements) cash += revenue - fee;
  return {
    resting: orders.map(({ clientOrderId, market, side }) => ({ clientOrderId: String(clientOrderId), market, side })),
    positions: Object.fromEntries(
      positions
        .filter(({ position }) => position !== 0)
        .map(({ market, position }) => [market, formatQuantity(position)])
        .sort(),
    ),
    fillCount: fills.length,
    fees: formatMoney(fees as never),
    cash: formatMoney(cash as never),
  };
}

/** Where the trader's word differs from the exchange's; empty when they are one. */
export function differencesFrom(state: ConsoleState, reading: AccountReading): string[] {
  const found: string[] = [];
  const compare = (what: string, ours: unknown, theirs: unknown): void => {
    if (JSON.stringify(ours) !== JSON.stringify(theirs))
      found.push(`${what}: ours ${JSON.stringify(ours)}, the exchange's ${JSON.stringify(theirs)}`);
  };
  compare(
    'positions',
    Object.fromEntries(state.positions.map((p) => [p.market, p.quantity]).sort()),
    reading.positions,
  );
  compare('fills', state.fills.count, reading.fillCount);
  compare('fees', state.money.fees, reading.fees);
  compare('cash', state.money.explainedCash, reading.cash);
  const known = new Set(state.orders.map(({ clientOrderId }) => clientOrderId));
  for (const { clientOrderId } of reading.resting)
    if (!known.has(clientOrderId)) found.push(`order ${clientOrderId} rests, and the trader does not know it`);
  const there = new Set(reading.resting.map(({ clientOrderId }) => clientOrderId));
  for (const { clientOrderId, state: itsState } of state.orders)
    if (itsState === 'resting' && !there.has(clientOrderId)) found.push(`order ${clientOrderId} does not rest`);
  found.push(...doubled(reading));
  return found;
}

/** Sides of a market on which more than one order rests: nobody ever wants that. */
export function doubled({ resting }: AccountReading): string[] {
  const seen = new Map<string, number>();
  for (const { market, side } of resting) seen.set(`${market} ${side}`, (seen.get(`${market} ${side}`) ?? 0) + 1);
  return [...seen].filter(([, count]) => count > 1).map(([place, count]) => `${count} orders rest at ${place}`);
}

function whole<T>({ items, complete }: Listing<T>): readonly T[] {
  if (!complete) throw new Error('a listing was not complete');
  return items;
}
