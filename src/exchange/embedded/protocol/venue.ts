import type { Clock } from '../../../domain/clock.ts';
import type { Ticker } from '../../../domain/ids.ts';
import type { Charts } from '../charts.ts';
import type { Engine, UserId } from '../model.ts';
import type { VenueAccount } from './auth.ts';
import { tooManyRequests } from './errors.ts';
import type { LiveRecords } from './live-records.ts';
import type { RateLimits, WriteScope } from './rate-limits.ts';

/** What every handler of the protocol works with. */
export interface Venue {
  readonly engine: Engine;
  readonly market: Clock;
  readonly wall: Clock;
  readonly accounts: ReadonlyMap<string, VenueAccount>;
  readonly rates: RateLimits;
  readonly records: LiveRecords;
  readonly charts: Charts;
  /** Whether this market ever had a quote: an empty side is shown differently before the first one. */
  wasQuoted(market: Ticker): boolean;
  /** Contracts this user ever traded in a market. */
  tradedQuantity(user: UserId, market: Ticker): number;
  /** Market milliseconds a wall millisecond. */
  speed(): number;
  /** Brings the engine's time to the present. */
  catchUp(): void;
}

/** A request that passed the door. */
export interface Call {
  readonly account: VenueAccount | null;
  readonly query: URLSearchParams;
  /** The body; empty for a GET. */
  readonly text: string;
  param(name: string): string;
}

export interface Reply {
  readonly status: number;
  /** null: no body. */
  readonly body: unknown;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE' | 'PUT';
  /** Below /trade-api/v2. */
  readonly path: string;
  readonly access: 'public' | 'private';
  /** Read tokens; null where the handler bills writes by itself, or nothing is billed. */
  readonly readCost: number | null;
  handle(venue: Venue, call: Call): Reply;
}

export function ok(body: unknown): Reply {
  return { status: 200, body };
}

/** The user of a private call. */
export function userOf(call: Call): UserId {
  if (call.account === null) throw new TypeError('a private route was called without an account');
  return call.account.user;
}

export function billWrite(venue: Venue, call: Call, cost: number, scope: WriteScope): void {
  if (!venue.rates.write(userOf(call), cost, scope)) throw tooManyRequests();
}
