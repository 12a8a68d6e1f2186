/** What the socket benchmarks and their venues, in another thread, agree on. */
export interface SocketVenueOptions {
  readonly markets: number;
  readonly frames: number;
}

export interface TickVenueOptions {
  readonly markets: number;
  readonly framesPerSecond: number;
}

/** The trade that ends a run. */
export const LAST_TRADE = 'ffffffff-0000-4000-8000-000000000000';

export function tickerOf(market: number): string {
  return `KXBENCH-26NOV${10 + (market % 20)}-T${60_000 + market * 250}`;
}
