import type { Centicontracts, Microdollars } from '../../domain/units.ts';
import type { Stake } from './accounts.ts';
import type { Floor } from './floor.ts';
import type { ListedEntry } from './listed-entry.ts';
import type { EngineSettlement } from './model.ts';

/** Payouts are whole cents. */
const CENT = 10_000;

/** What a position is worth at the result: `revenue` is paid, `fee` is the part below a whole cent that is not. */
export function payout(
  position: number,
  value: number,
): { readonly revenue: Microdollars; readonly fee: Microdollars } {
  const gross = position >= 0 ? position * value : -position * (10_000 - value);
  const fee = gross % CENT;
  return { revenue: (gross - fee) as Microdollars, fee: fee as Microdollars };
}

/** Pays every position in a market whose result is final. */
export function settle(floor: Floor, entry: ListedEntry): void {
  const value = entry.settlementValue!;
  floor.touch(entry);
  entry.traded = true;
  for (const account of floor.accounts.values()) {
    const stake = account.stakes.get(entry.ticker);
    if (stake === undefined || stake.position === 0) continue;
    const settlement = settlementOf(floor, entry, stake);
    account.settlements.push(settlement);
    floor.feesTaken += settlement.fee;
    pay(stake, settlement.revenue, settlement.fee, floor);
    floor.tell({ type: 'settlement', user: account.user, settlement });
    floor.tell({ type: 'position', user: account.user, position: stake.view() });
  }
  const crowd = floor.crowd.stakes.get(entry.ticker);
  if (crowd !== undefined) {
    // The crowd keeps no cents apart: it is paid to the last fraction.
    const { revenue, fee } = payout(crowd.position, value);
    pay(crowd, revenue + fee, 0, floor);
    floor.crowd.stakes.delete(entry.ticker);
  }
  entry.openInterest = 0;
}

function settlementOf(floor: Floor, entry: ListedEntry, stake: Stake): EngineSettlement {
  const { position, cost } = stake;
  const { revenue, fee } = payout(position, entry.settlementValue!);
  return {
    market: entry.ticker,
    event: entry.listed.event,
    exchangeIndex: entry.exchangeIndex,
    result: entry.result!,
    yesQuantity: Math.max(0, position) as Centicontracts,
    yesCost: (position > 0 ? cost : 0) as Microdollars,
    noQuantity: Math.max(0, -position) as Centicontracts,
    noCost: (position < 0 ? cost : 0) as Microdollars,
    revenue,
    fee,
    feesPaid: (stake.fees + fee) as Microdollars,
    value: entry.settlementValue!,
    atMs: floor.now,
  };
}

function pay(stake: Stake, revenue: number, fee: number, floor: Floor): void {
  stake.purse.cash += revenue;
  stake.realizedPnl += revenue + fee - stake.cost;
  stake.fees += fee;
  stake.position = 0;
  stake.cost = 0;
  stake.updatedMs = floor.now;
  stake.settleHold();
}
