/** What the socket benchmark and its venue, in another thread, agree on. */
export interface SocketVenueOptions {
  readonly markets: number;
  readonly frames: number;
}

/** The trade that ends a run. */
export const LAST_TRADE = 'ffffffff-0000-4000-8000-000000000000';

export function tickerOf(market: number): string {
  return `KXBENCH-26NOV${10 + (market % 20)}-T${60_000 + market * 250}`;
}
