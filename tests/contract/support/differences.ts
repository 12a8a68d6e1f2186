/** Where an answer of ours is not the one that was written down. */
import type { Identities, Wire } from './session.ts';

/** What the venue has taken out of its answers since they were recorded, and when. */
const REMOVED: Readonly<Record<string, string>> = {
  fractional_trading_enabled: '2026-07-09',
  response_price_units: '2026-07-09',
  service: '2026-08-06',
  liquidity_dollars: '2026-10-01',
};

/** What it has put in since then. */
const ADDED: ReadonlySet<string> = new Set([
  'exchange_index',
  'exchange_index_statuses',
  'intra_exchange_transfers_active',
  'exchange_estimated_resume_time',
  'settlement_bounds_type',
  'settlement_floor_dollars',
]);

/** What some of their markets have and no market has here: all of it may be absent. */
const OF_SOME_MARKETS: ReadonlySet<string> = new Set([
  'custom_strike',
  'early_close_condition',
  'is_provisional',
  'mve_collection_ticker',
  'mve_selected_legs',
  'occurrence_datetime',
  'primary_participant_key',
]);

/** What depends on what else that market lived through. */
const OF_THAT_MARKET: ReadonlySet<string> = new Set(['updated_time']);

const IDS: ReadonlySet<string> = new Set(['order_id', 'trade_id', 'fill_id']);
const TIMES: ReadonlySet<string> = new Set(['created_time', 'last_update_time', 'ts', 'ts_ms', 'updated_ts']);
/** Between a request's way to the venue and the venue's own doing. */
const TIME_TOLERANCE_MS = 2_000;

/** `values`: also what the fields say, not only which they are and of what type. */
export function differences(theirs: Wire, ours: Wire, ids: Identities, options: { values: boolean }): string[] {
  const found: string[] = [];

  function compare(at: string, key: string, a: Wire, b: Wire, values: boolean): void {
    if (kindOf(a) !== kindOf(b)) found.push(`${at}: ${kindOf(b)} instead of ${kindOf(a)}`);
    else if (Array.isArray(a)) compareLists(at, a, b, values);
    else if (typeof a === 'object' && a !== null) compareObjects(at, a, b, values);
    else if (key === 'cursor') same(at, a === '', b === '');
    else if (IDS.has(key)) {
      if (!ids.pair(a, b)) found.push(`${at}: ${b} is not what was called ${a}`);
    } else if (TIMES.has(key) && values) {
      if (Math.abs(timeOf(a) - timeOf(b)) > TIME_TOLERANCE_MS) same(at, a, b);
    } else if (values && !OF_THAT_MARKET.has(key)) same(at, a, b);
    else same(`${at} (form)`, formOf(a), formOf(b));
  }

  function compareObjects(at: string, a: Wire, b: Wire, values: boolean): void {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const [has, have] = [key in a, key in b];
      if (has && have) compare(`${at}.${key}`, key, a[key], b[key], values);
      else if (has && OF_SOME_MARKETS.has(key)) continue;
      else if (has && !(key in REMOVED)) found.push(`${at}.${key} is missing`);
      else if (have && !ADDED.has(key)) found.push(`${at}.${key} is nothing of theirs`);
      if (have && key in REMOVED) found.push(`${at}.${key} is gone since ${REMOVED[key]}`);
    }
  }

  function compareLists(at: string, a: Wire[], b: Wire[], values: boolean): void {
    same(`${at}.length`, a.length, b.length);
    for (const [index, one] of b.entries()) {
      const other = a[index];
      if (other !== undefined) compare(`${at}[${index}]`, '', other, one, values);
    }
  }

  function same(at: string, a: unknown, b: unknown): void {
    if (a !== b) found.push(`${at}: ${JSON.stringify(b)} instead of ${JSON.stringify(a)}`);
  }

  compare('', '', theirs, ours, options.values);
  return found;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}

/** A number's text with its digits taken for 0; other text, and numbers, by their type alone. */
function formOf(value: unknown): string {
  if (typeof value !== 'string') return typeof value;
  if (/^-?\d+\.\d+$/.test(value)) return value.replace(/^-?\d+/, '0').replace(/\d/g, '0');
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? 'time' : 'text';
}

/** Seconds, milliseconds or RFC 3339. */
function timeOf(value: string | number): number {
  if (typeof value === 'string') return Date.parse(value);
  return value < 1e11 ? value * 1000 : value;
}
