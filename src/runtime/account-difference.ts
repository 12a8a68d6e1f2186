/** Where what we remember and what the exchange says differ, as data and as a table for a person. Pure. */
import type { Ticker } from '../domain/ids.ts';
import { isOwnOrder } from '../domain/ids.ts';
import { isTerminal, type OrderRow, openQuantity, worstPrice } from '../domain/order.ts';
import {
  type Centicontracts,
  formatMoney,
  formatPrice,
  formatQuantity,
  type Microdollars,
  ZERO_QUANTITY,
} from '../domain/units.ts';
import type { VenueOrder, VenuePosition } from '../exchange/port.ts';
import type { CashSources, Ledger } from '../ledger/ledger.ts';
import { lossOfOrder } from '../risk/worst-loss.ts';

export interface PositionDifference {
  readonly market: Ticker;
  readonly ours: Centicontracts;
  readonly theirs: Centicontracts;
  /** What the exchange says that its position cost. */
  readonly cost: Microdollars;
}

export interface CashComparison {
  readonly sources: CashSources;
  readonly explained: Microdollars;
  readonly theirs: Microdollars;
  /** What orders that may rest hold at most as collateral: cash that the exchange does not show. */
  readonly held: Microdollars;
  /** The exchange's less what is explained; 0 where collateral of orders can account for it. */
  readonly unexplained: Microdollars;
}

export interface AccountDifference {
  readonly positions: readonly PositionDifference[];
  readonly cash: CashComparison;
  /** Orders of ours whose fate is not known yet. */
  readonly unknown: readonly OrderRow[];
}

export interface AccountReading {
  readonly positions: readonly VenuePosition[];
  readonly resting: readonly VenueOrder[];
  readonly cash: Microdollars;
}

export function compareAccount(ledger: Ledger, rows: Iterable<OrderRow>, reading: AccountReading): AccountDifference {
  const open = [...rows];
  const explained = ledger.explainedCash();
  const held = heldByOrders(open, reading.resting);
  const missing = explained - reading.cash;
  const isHeld = missing > 0 && missing <= held;
  return {
    positions: positionsThatDiffer(ledger, reading.positions),
    cash: {
      sources: ledger.cashSources(),
      explained,
      theirs: reading.cash,
      held,
      unexplained: (isHeld || missing === 0 ? 0 : -missing) as Microdollars,
    },
    unknown: open.filter(({ state }) => state === 'unknown'),
  };
}

function positionsThatDiffer(ledger: Ledger, venue: readonly VenuePosition[]): PositionDifference[] {
  const theirs = new Map(venue.map((position) => [position.market, position]));
  const ours = new Map(ledger.positions().map((position) => [position.market, position.quantity]));
  const found: PositionDifference[] = [];
  for (const market of new Set([...theirs.keys(), ...ours.keys()])) {
    const here = ours.get(market) ?? ZERO_QUANTITY;
    const there = theirs.get(market);
    if (here === (there?.position ?? 0)) continue;
    found.push({
      market,
      ours: here,
      theirs: there?.position ?? ZERO_QUANTITY,
      cost: there?.exposure ?? (0 as Microdollars),
    });
  }
  return found.sort((a, b) => (a.market < b.market ? -1 : 1));
}

/** Orders of ours that may rest, and those of others on this account. */
function heldByOrders(rows: readonly OrderRow[], resting: readonly VenueOrder[]): Microdollars {
  let held = 0;
  for (const row of rows) {
    if (!isTerminal(row.state)) held += lossOfOrder(row.side, worstPrice(row), openQuantity(row));
  }
  for (const order of resting) {
    if (!isOwnOrder(order.clientOrderId)) held += lossOfOrder(order.side, order.price, order.remaining);
  }
  return held as Microdollars;
}

/** The difference of an account as lines of a table; what adds up is left out, the cash is always shown. */
export function differenceText({ positions, cash, unknown }: AccountDifference): string {
  const parts: string[] = [];
  if (positions.length > 0) {
    const rows = positions.map(({ market, ours, theirs }) => [
      market,
      formatQuantity(ours),
      formatQuantity(theirs),
      signed(formatQuantity((theirs - ours) as Centicontracts)),
    ]);
    parts.push(tableText([['market', 'ours', "the exchange's", 'difference'], ...rows]));
  }
  parts.push(tableText(cashRows(cash)));
  if (unknown.length > 0) {
    const rows = unknown.map((row) => [
      `${row.market} ${row.clientOrderId}`,
      row.side,
      formatQuantity(openQuantity(row)),
      formatPrice(worstPrice(row)),
    ]);
    parts.push(tableText([['order of unknown fate', 'side', 'open', 'price'], ...rows]));
  }
  return parts.join('\n\n');
}

function cashRows({ sources, explained, theirs, held, unexplained }: CashComparison): string[][] {
  const rows = [
    ['cash', ''],
    ['opening', money(sources.opening)],
    ['fills', signed(money(sources.fills))],
    ['fees', signed(money(sources.fees))],
    ['settlements', signed(money(sources.settlements))],
    ['transfers and adjustments', signed(money(sources.transfers))],
    ['explained', money(explained)],
    ["the exchange's", money(theirs)],
  ];
  if (held > 0) rows.push(['held by open orders, at most', money(held)]);
  rows.push(['difference', signed(money(unexplained))]);
  return rows;
}

/** The first column to the left, numbers to the right, two spaces between. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  return rows
    .map((row) =>
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  '),
    )
    .map((line) => `  ${line}`.trimEnd())
    .join('\n');
}

function money(amount: Microdollars): string {
  return formatMoney(amount);
}

function signed(text: string): string {
  return text.startsWith('-') || Number(text) === 0 ? text : `+${text}`;
}
