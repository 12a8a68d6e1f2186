/**
 * What runs came to, as sums: everything in a tally adds up over runs, and every figure of a report is made from one, so
 * that totals are weighted as they must be. The journal is read as it is; market data comes from whoever watched.
 */
import type { Fill } from '../domain/fill.ts';
import type { Ticker } from '../domain/ids.ts';
import type { JournalEntry } from '../domain/journal.ts';
import type { Centicontracts, Microdollars } from '../domain/units.ts';
import {
  addInventory,
  deviationContracts,
  type Inventory,
  inventoryOf,
  meanAbsoluteContracts,
  NO_INVENTORY,
  positionPath,
} from './inventory.ts';
import { addGains, centsPerContract, type Gain, gainAfter, NO_GAIN, type Touches } from './markouts.ts';
import { Presence, twoSidedMs } from './presence.ts';
import type { Span } from './step-path.ts';

/** After a fill, milliseconds. */
export const MARKOUT_HORIZONS_MS = [1_000, 10_000, 60_000] as const;

export interface RunTally {
  readonly fills: number;
  readonly contracts: Centicontracts;
  readonly makerContracts: Centicontracts;
  /** Before fees. */
  readonly realizedPnl: Microdollars;
  /** What is open at the end, at the exit side of the touch. */
  readonly unrealizedPnl: Microdollars;
  readonly fees: Microdollars;
  /** Against the mid just before the fill. */
  readonly captured: Gain;
  /** In order of `MARKOUT_HORIZONS_MS`. */
  readonly markouts: readonly Gain[];
  readonly inventory: Inventory;
  /** Milliseconds, summed over markets. */
  readonly twoSidedMs: number;
}

export const EMPTY_TALLY: RunTally = {
  fills: 0,
  contracts: 0 as Centicontracts,
  makerContracts: 0 as Centicontracts,
  realizedPnl: 0 as Microdollars,
  unrealizedPnl: 0 as Microdollars,
  fees: 0 as Microdollars,
  captured: NO_GAIN,
  markouts: MARKOUT_HORIZONS_MS.map(() => NO_GAIN),
  inventory: NO_INVENTORY,
  twoSidedMs: 0,
};

/** One market as somebody beside the trader saw it: what others showed, and when it could be traded. */
export interface SeenMarket {
  readonly touches: Touches;
  readonly open: readonly Span[];
}

/** Money as the ledger has it in the end. */
export type FinalMoney = Pick<RunTally, 'realizedPnl' | 'unrealizedPnl' | 'fees'>;

export function tallyOf(
  entries: Iterable<JournalEntry>,
  seen: ReadonlyMap<Ticker, SeenMarket>,
  money: FinalMoney,
): RunTally {
  const fills: Fill[] = [];
  const presence = new Presence();
  for (const entry of entries) {
    presence.take(entry);
    if (entry.kind === 'fill.received') fills.push(entry.data as unknown as Fill);
  }
  const touchesOf = (market: Ticker): Touches | null => seen.get(market)?.touches ?? null;
  let inventory = NO_INVENTORY;
  let twoSided = 0;
  for (const [market, { open }] of seen) {
    const ours = fills.filter((fill) => fill.market === market);
    inventory = addInventory(inventory, inventoryOf(positionPath(ours), open));
    const standing = presence.markets.get(market);
    if (standing !== undefined) twoSided += twoSidedMs(standing, open);
  }
  const contractsOf = (some: readonly Fill[]) => some.reduce((sum, fill) => sum + fill.quantity, 0) as Centicontracts;
  return {
    fills: fills.length,
    contracts: contractsOf(fills),
    makerContracts: contractsOf(fills.filter((fill) => !fill.isTaker)),
    ...money,
    captured: gainAfter(fills, null, touchesOf),
    markouts: MARKOUT_HORIZONS_MS.map((horizonMs) => gainAfter(fills, horizonMs, touchesOf)),
    inventory,
    twoSidedMs: twoSided,
  };
}

export function addTallies(one: RunTally, other: RunTally): RunTally {
  return {
    fills: one.fills + other.fills,
    contracts: (one.contracts + other.contracts) as Centicontracts,
    makerContracts: (one.makerContracts + other.makerContracts) as Centicontracts,
    realizedPnl: (one.realizedPnl + other.realizedPnl) as Microdollars,
    unrealizedPnl: (one.unrealizedPnl + other.unrealizedPnl) as Microdollars,
    fees: (one.fees + other.fees) as Microdollars,
    captured: addGains(one.captured, other.captured),
    markouts: one.markouts.map((gain, index) => addGains(gain, other.markouts[index]!)),
    inventory: addInventory(one.inventory, other.inventory),
    twoSidedMs: one.twoSidedMs + other.twoSidedMs,
  };
}

/** Figures for people; null where there is nothing to divide by. */
export interface RunFigures {
  /** Share of contracts, 0 … 1. */
  readonly makerShare: number | null;
  /** Realised + unrealised − fees, exact. */
  readonly netPnl: Microdollars;
  readonly netCentsPerContract: number | null;
  readonly capturedCents: number | null;
  /** In order of `MARKOUT_HORIZONS_MS`. */
  readonly markoutCents: readonly (number | null)[];
  readonly positionDeviation: number | null;
  readonly positionMeanAbsolute: number | null;
  /** Share of the time in which markets were open, 0 … 1. */
  readonly twoSidedShare: number | null;
}

export function figuresOf(tally: RunTally): RunFigures {
  const { contracts, inventory } = tally;
  const netPnl = (tally.realizedPnl + tally.unrealizedPnl - tally.fees) as Microdollars;
  return {
    makerShare: contracts === 0 ? null : tally.makerContracts / contracts,
    netPnl,
    // $0.000001 ÷ 0.01 contract = $0.0001 a contract.
    netCentsPerContract: contracts === 0 ? null : netPnl / contracts / 100,
    capturedCents: centsPerContract(tally.captured),
    markoutCents: tally.markouts.map(centsPerContract),
    positionDeviation: deviationContracts(inventory),
    positionMeanAbsolute: meanAbsoluteContracts(inventory),
    twoSidedShare: inventory.openMs === 0 ? null : tally.twoSidedMs / inventory.openMs,
  };
}
