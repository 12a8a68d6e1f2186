/** What the streaming benchmark and its clients, in another thread, agree on. */

export interface StreamClientsOptions {
  readonly url: string;
  readonly clients: number;
  /** Of one round. */
  readonly matches: number;
  readonly market: string;
  readonly keyId: string;
  /** Nanoseconds of the machine's monotonic clock at which each match of the round began: filled by the server. */
  readonly matchedNs: BigInt64Array<SharedArrayBuffer>;
}

/** The frames by which a client hears of a match: the level that it took from, and the trade. */
export const KINDS = ['orderbook_delta', 'trade'] as const;

/** From the clients: all of them are subscribed; a round's waiting times in µs, sorted, are here; what went wrong. */
export type FromClients =
  | { readonly type: 'ready' }
  | { readonly type: 'heard'; readonly waitedUs: Float64Array }
  | { readonly type: 'failed'; readonly why: string };
