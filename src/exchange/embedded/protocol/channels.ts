/** The stream's channels and the frames they travel in. */
import type { Ticker } from '../../../domain/ids.ts';

export interface ChannelKind {
  /** Whether its messages carry `seq`. */
  readonly sequenced: boolean;
  /** Whether it takes markets: must have them, may have them, or speaks of everything whatever is named. */
  readonly markets: 'required' | 'optional' | 'ignored';
}

/** `communications` and `multivariate_market_lifecycle` stay silent here: there are no quote requests and no combos. */
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

export const STREAM_ERRORS = {
  1: 'Unable to process message',
  2: 'Params required',
  3: 'Channels required',
  4: 'Subscription IDs required',
  5: 'Unknown command',
  7: 'Unknown subscription ID',
  8: 'Unknown channel name',
  11: 'Invalid parameter',
  12: 'Exactly one subscription ID is required',
  13: 'Unsupported action',
  14: 'Market Ticker required',
  15: 'Action required',
  25: 'Subscription buffer overflow',
  27: 'Too many requests',
} as const;
export type StreamErrorCode = keyof typeof STREAM_ERRORS;

/** One channel of one connection. */
export class Subscription {
  readonly sid: number;
  readonly channel: ChannelName;
  readonly listener: Listener;
  /** null: every market. */
  markets: Set<Ticker> | null;
  /** Prices of the no side on the yes scale. */
  readonly useYesPrice: boolean;
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
}
