/** The stream's channels, what a subscription to one holds, and the numbers of what can go wrong. */
import type { Ticker } from '../../../domain/ids.ts';

export interface ChannelKind {
  /** Whether its messages carry `seq`. */
  readonly sequenced: boolean;
  /** Whether it takes markets: must have them, may have them, or speaks of everything whatever is named. */
  readonly markets: 'required' | 'optional' | 'ignored';
}

/**
 * `communications` and `multivariate_market_lifecycle` stay silent here: there are no quote requests and no combos. The
 * feeds of index and asset prices (`cfbenchmarks_value`, `cfbenchmarks_value_5hz`, `pyth_value`) are left out: error 8.
 */
export const CHANNELS = {
  orderbook_delta: { sequenced: true, markets: 'required' },
  ticker: { sequenced: false, markets: 'optional' },
  trade: { sequenced: true, markets: 'optional' },
  fill: { sequenced: false, markets: 'optional' },
  user_orders: { sequenced: false, markets: 'optional' },
  market_positions: { sequenced: false, markets: 'optional' },
  order_group_updates: { sequenced: true, markets: 'ignored' },
  market_lifecycle_v2: { sequenced: true, markets: 'ignored' },
  multivariate_market_lifecycle: { sequenced: true, markets: 'ignored' },
  communications: { sequenced: true, markets: 'ignored' },
} as const satisfies Record<string, ChannelKind>;
export type ChannelName = keyof typeof CHANNELS;

export function isChannel(name: unknown): name is ChannelName {
  return typeof name === 'string' && Object.hasOwn(CHANNELS, name);
}

/** Those that can happen here. 6, 16 and 17 are retired; 9, 18, 23, 24 and 28 belong to what is left out. */
export const STREAM_ERRORS = {
  1: 'Unable to process message',
  2: 'Params required',
  3: 'Channels required',
  4: 'Subscription IDs required',
  5: 'Unknown command',
  7: 'Unknown subscription ID',
  8: 'Unknown channel name',
  10: 'Channel error',
  11: 'Invalid parameter',
  12: 'Exactly one subscription ID is required',
  13: 'Unsupported action',
  14: 'Market Ticker required',
  15: 'Action required',
  19: 'shard_factor must be > 0',
  20: 'shard_factor is required when shard_key is set',
  21: 'shard_key must be >= 0 and < shard_factor',
  22: 'shard_factor must be <= 100',
  25: 'Subscription buffer overflow',
  26: 'Subscription market limit exceeded',
  27: 'Too many requests',
} as const;
export type StreamErrorCode = keyof typeof STREAM_ERRORS;
/** After these the subscription is over though the connection is open. */
export type TerminalCode = 10 | 25;

/** One channel of one connection. */
export class Subscription {
  readonly sid: number;
  readonly channel: ChannelName;
  readonly listener: Listener;
  /** null: every market. */
  markets: Set<Ticker> | null;
  /** Those of its markets that were named by id, with it. */
  readonly ids = new Map<Ticker, string>();
  /** Prices of the no side on the yes scale. */
  readonly useYesPrice: boolean;
  /** Answers do not list its markets. */
  quiet = false;
  #sequence = 0;

  constructor(options: {
    sid: number;
    channel: ChannelName;
    listener: Listener;
    markets: Set<Ticker> | null;
    useYesPrice: boolean;
  }) {
    this.sid = options.sid;
    this.channel = options.channel;
    this.listener = options.listener;
    this.markets = options.markets;
    this.useYesPrice = options.useYesPrice;
  }

  hears(market: Ticker): boolean {
    return this.markets === null || this.markets.has(market);
  }

  /** Something that this subscription should have been sent is lost: its next number shows it. */
  skip(): void {
    this.#sequence++;
  }

  /** `"sid":3,"seq":7,`: takes the next number where the channel has them. */
  stamp(): string {
    return CHANNELS[this.channel].sequenced ? `"sid":${this.sid},"seq":${++this.#sequence},` : `"sid":${this.sid},`;
  }
}

/** A connection as the hub sees it. */
export interface Listener {
  readonly user: string;
  /** A message of a subscription; ends the subscription instead if the client does not keep up. */
  deliver(subscription: Subscription, type: string, body: string): void;
  /** The subscription cannot go on: its client is told so, and hears no more of it. */
  end(subscription: Subscription, code: TerminalCode): void;
}
