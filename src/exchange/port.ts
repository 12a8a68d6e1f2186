/**
 * What the trader needs from any venue: a catalogue, order entry, an account and a stream. It speaks the domain's terms
 * only (bid and ask on the yes price, exact integers); wire names stay in the client that implements it.
 */
import type { Observable } from 'rxjs';
import type { Fill } from '../domain/fill.ts';
import type { ClientOrderId, EventTicker, OrderGroupId, OrderId, Ticker, TradeId } from '../domain/ids.ts';
import type { FeeSchedule, Market, MarketResult, PriceGrid } from '../domain/market.ts';
import type { AmendRequest, OrderIntent } from '../domain/order.ts';
import type { Side } from '../domain/side.ts';
import type { Centicents, Centicontracts, Microdollars, UnixMs } from '../domain/units.ts';
import type { BucketLevel } from './bucket-level.ts';

/** Who goes first when the rate budget is short; first named, first served. */
export const PRIORITIES = ['cancel', 'reduce', 'replace', 'quote', 'read', 'scan'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** A listing, with whether it is all there is: an incomplete one is never evidence of absence. */
export interface Listing<T> {
  readonly items: readonly T[];
  readonly complete: boolean;
}

/**
 * What became of a write. `rejected`: the venue answered that it did not do it. `unknown`: it may or may not have been
 * done (time-out, 5xx, broken connection, an answer that does not say). `denied`: our own door refused it in the moment
 * of writing; nothing left. `throttled`: 429, not done.
 */
export type WriteOutcome<T> =
  | { readonly kind: 'accepted'; readonly value: T }
  | { readonly kind: 'rejected'; readonly code: string; readonly message: string; readonly status: number }
  | { readonly kind: 'throttled' }
  | { readonly kind: 'denied'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly cause: string };

/** Asked synchronously in the turn in which the bytes are written; a reason stops the write. */
export type Door = () => string | null;
/** Told the wall time that was signed, just before the bytes are written (after the door let them pass). */
export type OnSigned = (wallMs: UnixMs) => void;

export interface WriteOptions {
  readonly priority: Priority;
  readonly door?: Door;
  readonly onSigned?: OnSigned;
}

export interface CreateAnswer {
  readonly orderId: OrderId;
  readonly filled: Centicontracts;
  readonly remaining: Centicontracts;
}
export interface CancelAnswer {
  readonly reducedBy: Centicontracts;
}
export interface AmendAnswer {
  readonly filled: Centicontracts | null;
  readonly remaining: Centicontracts | null;
}

/** An order that the venue holds, addressed for a write: an id alone cannot be routed to its shard. */
export interface OrderAddress {
  readonly orderId: OrderId;
  readonly market: Ticker;
  readonly exchangeIndex: number;
}

export interface OrderEntry {
  create(intent: OrderIntent, options: WriteOptions): Promise<WriteOutcome<CreateAnswer>>;
  createBatch(intents: readonly OrderIntent[], options: WriteOptions): Promise<readonly WriteOutcome<CreateAnswer>[]>;
  cancel(order: OrderAddress, options: WriteOptions): Promise<WriteOutcome<CancelAnswer>>;
  cancelBatch(orders: readonly OrderAddress[], options: WriteOptions): Promise<readonly WriteOutcome<CancelAnswer>[]>;
  amend(
    order: OrderAddress & { readonly side: Side },
    amend: AmendRequest,
    options: WriteOptions,
  ): Promise<WriteOutcome<AmendAnswer>>;
  /** Always to an absolute remainder, never by a difference: a repeat does no harm. */
  decreaseTo(
    order: OrderAddress,
    remaining: Centicontracts,
    options: WriteOptions,
  ): Promise<WriteOutcome<{ readonly remaining: Centicontracts }>>;
}

/** A group of orders, addressed for a write: it lives on one shard. */
export interface OrderGroupAddress {
  readonly orderGroup: OrderGroupId;
  readonly exchangeIndex: number;
}

/** The venue's own record of a group. */
export interface VenueOrderGroup extends OrderGroupAddress {
  /** Contracts that its orders may execute within a rolling 15 s; null where the venue does not say. */
  readonly contractsLimit: Centicontracts | null;
  /** Nothing of it rests, and nothing new is taken, until it is reset. */
  readonly isTriggered: boolean;
}

/**
 * Orders that the venue takes off together: when they execute more than the limit within a rolling 15 s of its time, when
 * told to, and when the limit is set below what they have executed. Then it refuses new ones until the group is reset.
 */
export interface OrderGroups {
  /** `contractsLimit`: whole contracts, 1 to 1,000,000. Not idempotent: an unknown outcome may have made one. */
  create(
    request: { readonly exchangeIndex: number; readonly contractsLimit: Centicontracts },
    options: WriteOptions,
  ): Promise<WriteOutcome<OrderGroupAddress>>;
  /** All groups of the account, strangers' too. */
  list(options?: ReadOptions): Promise<Listing<VenueOrderGroup>>;
  /** With what rests or rested in it; null when there is none. */
  read(
    address: OrderGroupAddress,
    options?: ReadOptions,
  ): Promise<(VenueOrderGroup & { readonly orders: readonly OrderId[] }) | null>;
  /** Takes orders again, counting from zero. */
  reset(address: OrderGroupAddress, options: WriteOptions): Promise<WriteOutcome<null>>;
  /** Takes all of its orders off and refuses new ones. */
  trigger(address: OrderGroupAddress, options: WriteOptions): Promise<WriteOutcome<null>>;
  setLimit(
    address: OrderGroupAddress,
    contractsLimit: Centicontracts,
    options: WriteOptions,
  ): Promise<WriteOutcome<null>>;
  /** For good, with all of its orders. */
  delete(address: OrderGroupAddress, options: WriteOptions): Promise<WriteOutcome<null>>;
}

/** The venue's own record of an order of the account. */
export interface VenueOrder {
  readonly orderId: OrderId;
  readonly clientOrderId: ClientOrderId | null;
  readonly market: Ticker;
  readonly exchangeIndex: number;
  readonly side: Side;
  readonly price: Centicents;
  readonly status: 'resting' | 'canceled' | 'executed';
  readonly filled: Centicontracts;
  readonly remaining: Centicontracts;
  readonly initial: Centicontracts;
  readonly reason: string | null;
  /** When the venue drops it by itself, market time; null: never. Absent where the record does not come from the venue. */
  readonly expiresAtMs?: UnixMs | null;
  readonly orderGroup?: OrderGroupId | null;
  readonly createdMs: UnixMs;
  readonly updatedMs: UnixMs;
}

export interface VenuePosition {
  readonly market: Ticker;
  readonly position: Centicontracts;
  readonly exposure: Microdollars;
  readonly realizedPnl: Microdollars;
  readonly fees: Microdollars;
}

export interface VenueSettlement {
  readonly market: Ticker;
  readonly result: MarketResult;
  /** What the account was paid. */
  readonly revenue: Microdollars;
  /** What lay below a whole cent of it and was kept. The fees of fills come with the fills. */
  readonly fee: Microdollars;
  /** What a yes contract paid; null where the venue does not say. */
  readonly value: Centicents | null;
  readonly atMs: UnixMs;
}

/** Money that came to the account or left it by the bank's way. */
export interface VenueTransfer {
  /** Unique among deposits and withdrawals together. */
  readonly id: string;
  readonly kind: 'deposit' | 'withdrawal';
  /** Only what is `applied` is in the balance; `returned` was, and is no longer. */
  readonly status: 'pending' | 'applied' | 'failed' | 'returned';
  /** ≥ 0. */
  readonly amount: Microdollars;
  /** What was charged for it; the venue does not say whether beside the amount or out of it. ≥ 0. */
  readonly fee: Microdollars;
  /** When it was applied; when it was asked for, as long as it is not. */
  readonly atMs: UnixMs;
}

export interface VenueBalance {
  /** Available cash over all shards (what rests is already taken off). */
  readonly cash: Microdollars;
  readonly byShard: ReadonlyMap<number, Microdollars>;
  readonly portfolioValue: Microdollars;
  readonly atMs: UnixMs;
}

export interface OrdersQuery {
  readonly market?: Ticker;
  readonly status?: 'resting' | 'canceled' | 'executed';
  readonly sinceMs?: UnixMs;
}
export interface FillsQuery {
  readonly market?: Ticker;
  readonly orderId?: OrderId;
  readonly sinceMs?: UnixMs;
}
export interface ReadOptions {
  readonly priority?: Priority;
}

export interface AccountPort {
  balance(options?: ReadOptions): Promise<VenueBalance>;
  positions(options?: ReadOptions): Promise<Listing<VenuePosition>>;
  orders(query: OrdersQuery, options?: ReadOptions): Promise<Listing<VenueOrder>>;
  order(address: OrderAddress, options?: ReadOptions): Promise<VenueOrder | null>;
  fills(query: FillsQuery, options?: ReadOptions): Promise<Listing<Fill>>;
  settlements(query: { readonly sinceMs?: UnixMs }, options?: ReadOptions): Promise<Listing<VenueSettlement>>;
  /** Deposits and withdrawals, all there ever were. */
  transfers(options?: ReadOptions): Promise<Listing<VenueTransfer>>;
  /** Portfolio reads reflect everything up to here (the venue's wall time). */
  userDataTimestamp(options?: ReadOptions): Promise<UnixMs>;
  /** Reads the tier and sizes the rate budget after it. */
  readLimits(): Promise<{ readonly tier: string }>;
}

export interface RestBook {
  readonly market: Ticker;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

export interface ExchangeStatus {
  readonly exchangeActive: boolean;
  readonly tradingActive: boolean;
}

export interface CatalogueQuery {
  readonly status?: 'open' | 'closed' | 'settled' | 'unopened';
  readonly event?: EventTicker;
  readonly tickers?: readonly Ticker[];
}

export interface Catalogue {
  /** Page by page, each market with category and fees through its event and series. */
  markets(query: CatalogueQuery, options?: ReadOptions): Promise<Listing<Market>>;
  market(ticker: Ticker, options?: ReadOptions): Promise<Market | null>;
  book(ticker: Ticker, options?: ReadOptions): Promise<RestBook>;
  books(tickers: readonly Ticker[], options?: ReadOptions): Promise<readonly RestBook[]>;
  status(options?: ReadOptions): Promise<ExchangeStatus>;
}

/** One price of a book: [price, quantity], on the yes scale for both sides. */
export type Level = readonly [price: Centicents, quantity: Centicontracts];

export type Channel = 'book' | 'ticker' | 'trade' | 'fill' | 'order' | 'position' | 'orderGroup' | 'lifecycle';

/** What a connection says. Everything that consumes a sequence number carries it, so that a gap cannot hide. */
export type StreamEvent =
  | { readonly type: 'opened' }
  /** The last event of a connection. */
  | { readonly type: 'closed'; readonly code: number; readonly reason: string }
  /** A pong came back: the connection is alive though nothing happens on it. */
  | { readonly type: 'alive' }
  | { readonly type: 'subscribed'; readonly channel: Channel; readonly subscription: number }
  /** An answer that took part in the numbering and says nothing else. */
  | { readonly type: 'sequenced'; readonly subscription: number; readonly sequence: number }
  | { readonly type: 'unsubscribed'; readonly subscription: number; readonly sequence: number | null }
  /** The subscription is dead though the connection is open (codes 10, 25). */
  | {
      readonly type: 'subscriptionLost';
      readonly subscription: number;
      readonly code: number;
      readonly message: string;
    }
  | { readonly type: 'commandFailed'; readonly code: number; readonly message: string }
  /** A frame that could not be understood. Its subscription is known when the damage is in the body only. */
  | { readonly type: 'malformed'; readonly subscription: number | null; readonly message: string }
  | BookSnapshotEvent
  | BookDeltaEvent
  | TickerEvent
  | TradeEvent
  | { readonly type: 'fill'; readonly fill: Fill }
  | { readonly type: 'order'; readonly order: VenueOrder }
  | { readonly type: 'position'; readonly market: Ticker; readonly position: Centicontracts }
  | OrderGroupEvent
  | LifecycleEvent;

export interface BookSnapshotEvent {
  readonly type: 'bookSnapshot';
  readonly subscription: number;
  readonly sequence: number;
  readonly market: Ticker;
  /** Ascending prices. */
  readonly bids: readonly Level[];
  /** Ascending prices, on the yes scale. */
  readonly asks: readonly Level[];
}
export interface BookDeltaEvent {
  readonly type: 'bookDelta';
  readonly subscription: number;
  readonly sequence: number;
  readonly market: Ticker;
  readonly side: Side;
  readonly price: Centicents;
  /** Added to the level's quantity; negative takes away. */
  readonly change: Centicontracts;
  /** The venue's time, market clock. */
  readonly atMs: UnixMs;
  /** Set when an order of ours caused it. */
  readonly clientOrderId: ClientOrderId | null;
}
export interface TickerEvent {
  readonly type: 'ticker';
  readonly market: Ticker;
  readonly bid: Centicents | null;
  readonly ask: Centicents | null;
  readonly bidSize: Centicontracts;
  readonly askSize: Centicontracts;
  readonly lastPrice: Centicents | null;
  readonly volume: Centicontracts;
  readonly openInterest: Centicontracts;
  readonly atMs: UnixMs;
}
export interface TradeEvent {
  readonly type: 'trade';
  readonly subscription: number;
  readonly sequence: number;
  readonly tradeId: TradeId;
  readonly market: Ticker;
  readonly price: Centicents;
  readonly quantity: Centicontracts;
  /** The side of the order that took: a bid lifted an ask. */
  readonly takerSide: Side;
  readonly atMs: UnixMs;
}
export interface OrderGroupEvent {
  readonly type: 'orderGroup';
  readonly subscription: number;
  readonly sequence: number;
  readonly orderGroup: OrderGroupId;
  readonly change:
    | { readonly kind: 'created' | 'limitUpdated'; readonly contractsLimit: Centicontracts | null }
    | { readonly kind: 'triggered' | 'reset' | 'deleted' };
  readonly atMs: UnixMs;
}
export interface LifecycleEvent {
  readonly type: 'lifecycle';
  readonly subscription: number;
  readonly sequence: number;
  readonly market: Ticker;
  readonly change:
    | { readonly kind: 'created' | 'activated' | 'deactivated' | 'metadataUpdated' }
    | { readonly kind: 'closeMoved'; readonly closeMs: UnixMs }
    | { readonly kind: 'determined'; readonly result: MarketResult; readonly value: Centicents | null }
    | { readonly kind: 'settled' }
    | { readonly kind: 'gridChanged'; readonly grid: PriceGrid }
    /** Of every market of this event (`market` is one of them); null: back to the series' own schedule. */
    | { readonly kind: 'feesChanged'; readonly event: EventTicker; readonly fees: FeeSchedule | null };
}

/** One connection. It never reconnects by itself: whoever opened it decides. */
export interface StreamConnection {
  /** Hot: subscribe before the first turn ends. Completes after `closed`. */
  readonly events: Observable<StreamEvent>;
  /** Asks for channels; `markets` null where the channel takes none. Answered by `subscribed`, one a channel. */
  subscribe(channels: readonly Channel[], markets: readonly Ticker[] | null): void;
  addMarkets(subscription: number, markets: readonly Ticker[]): void;
  removeMarkets(subscription: number, markets: readonly Ticker[]): void;
  unsubscribe(subscription: number): void;
  /** Asks for fresh snapshots of these books on a book subscription. */
  requestSnapshots(subscription: number, markets: readonly Ticker[]): void;
  /** A ping of our own; its pong arrives as `alive`. */
  ping(): void;
  close(): void;
}

/** The venue's two times; a venue without its own market clock answers null and the wall counts. */
export interface VenueClock {
  readonly marketMs: UnixMs;
  readonly wallMs: UnixMs;
  /** Market milliseconds a wall millisecond; 0 while it stands still. */
  readonly speed: number;
}

export interface RequestCounts {
  readonly total: number;
  readonly status429: number;
}

export interface Venue {
  readonly catalogue: Catalogue;
  readonly orders: OrderEntry;
  readonly groups: OrderGroups;
  readonly account: AccountPort;
  openStream(): StreamConnection;
  clock(): Promise<VenueClock | null>;
  /** Wall time of the venue minus ours, from the answers' Date headers and signatures' fate; null before any. */
  readonly skewMs: number | null;
  readonly requests: RequestCounts;
  /** True while writes wait for tokens: the gateway hears of congestion. */
  readonly congested$: Observable<boolean>;
  /** The rate budget as it is now. */
  budget(): readonly BucketLevel[];
  close(): Promise<void>;
}
