/**
 * The embedded exchange's vocabulary: what is listed, who has what, what a command answers, what the world hears.
 * The engine (matching, accounts, lifecycle, settlement) implements `Engine`; the protocol server and the order flows
 * know only this file. Prices are on the yes scale everywhere; everything is exact.
 */
import type { Observable } from 'rxjs';
import type { ClientOrderId, EventTicker, OrderId, SeriesTicker, Ticker, TradeId } from '../../domain/ids.ts';
import type { FeeSchedule, MarketResult, MarketStatus, PriceGrid } from '../../domain/market.ts';
import type { TimeInForce } from '../../domain/order.ts';
import type { Side } from '../../domain/side.ts';
import type { Centicents, Centicontracts, Microdollars, UnixMs } from '../../domain/units.ts';
import type { Level } from '../port.ts';
import type { AccountCommands } from './account-model.ts';
import type { CrowdCommands } from './crowd-commands.ts';
import type { FeeChange, FeeCommands } from './fee-model.ts';
import type { EngineOrderGroup, GroupChange } from './group-model.ts';
import type { LifecycleChange, MarketMetadata, MetadataCommands } from './lifecycle-model.ts';

export type UserId = string;
/**
 * The user that the order flow trades as: unlimited credit, no history kept, never reads. The crowd is many people: its
 * orders execute against each other, self-trade prevention does not apply to it.
 */
export const CROWD: UserId = 'crowd';

export interface ListedSeries {
  readonly ticker: SeriesTicker;
  readonly title: string;
  readonly category: string;
  readonly frequency: string;
  readonly tags: readonly string[];
  readonly fees: FeeSchedule;
  readonly exchangeIndex: number;
}

export interface ListedEvent {
  readonly ticker: EventTicker;
  readonly series: SeriesTicker;
  readonly title: string;
  readonly subTitle: string;
  readonly mutuallyExclusive: boolean;
  /** Beats the series' schedule when present. */
  readonly feeOverride: FeeSchedule | null;
}

/** What is fixed or changed only by the exchange's operator; status and result are the engine's. */
export interface ListedMarket {
  readonly ticker: Ticker;
  readonly event: EventTicker;
  /** A uuid; shows on the stream only. */
  readonly marketId: string;
  readonly title: string;
  readonly yesSubTitle: string;
  readonly noSubTitle: string;
  readonly kind: 'binary' | 'scalar';
  readonly createdMs: UnixMs;
  readonly openMs: UnixMs;
  readonly closeMs: UnixMs;
  readonly expectedExpirationMs: UnixMs;
  readonly settlementTimerSeconds: number;
  readonly gridLabel: string;
  readonly grid: PriceGrid;
  readonly exchangeIndex: number;
  readonly strikeType: string | null;
  readonly floorStrike: number | null;
  readonly capStrike: number | null;
  readonly rulesPrimary: string;
  readonly rulesSecondary?: string;
  /** 24 h volume and open interest that stood before this exchange's own trades (recordings, a world that starts mid-life). */
  readonly volumeBefore: Centicontracts;
  readonly volume24hBefore: Centicontracts;
  readonly openInterestBefore: Centicontracts;
}

export interface MarketState {
  readonly listed: ListedMarket;
  readonly status: MarketStatus;
  readonly result: MarketResult | null;
  readonly settlementValue: Centicents | null;
  readonly settledMs: UnixMs | null;
  readonly lastPrice: Centicents | null;
  readonly lastTradeQuantity: Centicontracts;
  readonly volume: Centicontracts;
  readonly volume24h: Centicontracts;
  readonly openInterest: Centicontracts;
  /** Σ price × quantity of trades, for the ticker's dollar volume. */
  readonly dollarVolume: Microdollars;
}

export interface NewOrder {
  readonly market: Ticker;
  readonly side: Side;
  readonly price: Centicents;
  readonly quantity: Centicontracts;
  readonly timeInForce: TimeInForce;
  readonly selfTrade: 'taker_at_cross' | 'maker';
  readonly clientOrderId: ClientOrderId | null;
  /** Market time, only with goodTillCanceled; null: never. */
  readonly expiresAtMs: UnixMs | null;
  readonly postOnly: boolean;
  readonly reduceOnly: boolean;
  readonly cancelOnPause: boolean;
  readonly groupId: string | null;
}

export type OrderStatus = 'resting' | 'canceled' | 'executed';
/** `last_update_reason` on the wire. */
export type UpdateReason =
  | 'Decrease'
  | 'Amend'
  | 'MarginCancel'
  | 'SelfTradeCancel'
  | 'ExpiryCancel'
  | 'CloseCancel'
  | 'HaltCancel'
  | 'Trade'
  | 'PostOnlyCrossCancel'
  | 'ReduceOnlyCancel';

export interface EngineOrder {
  readonly orderId: OrderId;
  readonly user: UserId;
  readonly market: Ticker;
  readonly exchangeIndex: number;
  readonly clientOrderId: ClientOrderId | null;
  readonly side: Side;
  readonly price: Centicents;
  readonly status: OrderStatus;
  /** filled + remaining while resting; what was asked for, as amended. */
  readonly initial: Centicontracts;
  readonly filled: Centicontracts;
  /** 0 once canceled. */
  readonly remaining: Centicontracts;
  readonly timeInForce: TimeInForce;
  readonly selfTrade: 'taker_at_cross' | 'maker';
  readonly expiresAtMs: UnixMs | null;
  readonly postOnly: boolean;
  readonly cancelOnPause: boolean;
  readonly groupId: string | null;
  /** Σ cost on the order's own leg (bid: price × q, ask: (1 − price) × q), taker and maker executions apart. */
  readonly takerCost: Microdollars;
  readonly makerCost: Microdollars;
  readonly takerFees: Microdollars;
  readonly makerFees: Microdollars;
  readonly createdMs: UnixMs;
  readonly updatedMs: UnixMs;
  readonly updateReason: UpdateReason | null;
}

export interface EngineFill {
  readonly tradeId: TradeId;
  readonly orderId: OrderId;
  readonly user: UserId;
  readonly clientOrderId: ClientOrderId | null;
  readonly market: Ticker;
  readonly exchangeIndex: number;
  readonly side: Side;
  readonly price: Centicents;
  readonly quantity: Centicontracts;
  readonly fee: Microdollars;
  readonly isTaker: boolean;
  readonly atMs: UnixMs;
  readonly positionAfter: Centicontracts;
}

export interface EngineTrade {
  readonly tradeId: TradeId;
  readonly market: Ticker;
  readonly price: Centicents;
  readonly quantity: Centicontracts;
  readonly takerSide: Side;
  readonly atMs: UnixMs;
}

export interface EnginePosition {
  readonly market: Ticker;
  readonly exchangeIndex: number;
  /** Signed: + yes, − no. */
  readonly quantity: Centicontracts;
  /** Cost of what is open, ≥ 0 (long: Σ price × q; short: Σ (1 − price) × q; average cost). */
  readonly cost: Microdollars;
  /** Σ |cost| of everything traded. */
  readonly totalTraded: Microdollars;
  readonly realizedPnl: Microdollars;
  readonly fees: Microdollars;
  readonly updatedMs: UnixMs;
}

export interface EngineSettlement {
  readonly market: Ticker;
  readonly event: EventTicker;
  readonly exchangeIndex: number;
  readonly result: MarketResult;
  readonly yesQuantity: Centicontracts;
  readonly yesCost: Microdollars;
  readonly noQuantity: Centicontracts;
  readonly noCost: Microdollars;
  readonly revenue: Microdollars;
  /** The part of the payout below a whole cent, which is not paid. */
  readonly fee: Microdollars;
  /** All fees of this market: those of its executions and this one. */
  readonly feesPaid: Microdollars;
  readonly value: Centicents;
  readonly atMs: UnixMs;
}

/** Money paid in (> 0) or taken out (< 0) by the account's owner. */
export interface EngineTransfer {
  readonly id: string;
  readonly exchangeIndex: number;
  readonly amount: Microdollars;
  readonly atMs: UnixMs;
}

/** Wire codes of refusals (api.md §1.4); the protocol server gives them their HTTP status and shape. */
export type RefusalCode =
  | 'not_found'
  | 'market_not_found'
  | 'insufficient_balance'
  | 'invalid_price'
  | 'invalid_order'
  | 'invalid_order_size'
  | 'invalid_parameters'
  | 'order_already_exists'
  | 'fill_or_kill_insufficient_resting_volume'
  | 'market_inactive'
  | 'market_already_closed'
  | 'trading_is_paused'
  | 'exchange_is_paused'
  | 'order_side_mismatch'
  | 'order_ticker_mismatch'
  | 'order_id_and_client_order_id_mismatch'
  | 'invalid_amend_quantity_for_order'
  | 'cannot_update_filled_order'
  | 'self_cross_attempt'
  | 'order_group_not_found'
  | 'exceeded_order_group_risk_limit'
  | 'transfer_already_exists';

export interface Refused {
  readonly ok: false;
  readonly code: RefusalCode;
  readonly details: string | null;
}
export type Answer<T> = ({ readonly ok: true } & T) | Refused;

export type CreateAccepted = {
  readonly order: EngineOrder;
  readonly fills: readonly EngineFill[];
  readonly atMs: UnixMs;
};
export type CancelAccepted = { readonly order: EngineOrder; readonly reducedBy: Centicontracts; readonly atMs: UnixMs };
export type AmendAccepted = {
  readonly order: EngineOrder;
  readonly fills: readonly EngineFill[];
  /** Whether resting size changed or something filled (decides which fields the answer carries). */
  readonly changed: boolean;
  readonly atMs: UnixMs;
};

export interface AmendOrder {
  readonly market: Ticker;
  readonly side: Side;
  readonly price: Centicents;
  /** Already filled + wanted remaining. */
  readonly quantity: Centicontracts;
  /** undefined: as it was; null: cleared. */
  readonly expiresAtMs?: UnixMs | null;
  readonly clientOrderId?: ClientOrderId;
  readonly updatedClientOrderId?: ClientOrderId;
}

/** Everything that happens, told synchronously and in order, after the engine's state has changed. */
export type EngineEvent =
  | {
      readonly type: 'book';
      readonly market: Ticker;
      readonly side: Side;
      readonly price: Centicents;
      readonly change: Centicontracts;
      /** Whose order caused it; the crowd's are null. */
      readonly user: UserId | null;
      readonly clientOrderId: ClientOrderId | null;
      readonly atMs: UnixMs;
    }
  /** The whole book was replaced at once (a recording's snapshot): subscribers get a snapshot. */
  | { readonly type: 'bookReplaced'; readonly market: Ticker; readonly atMs: UnixMs }
  /** Nobody knows the book any more (a hole in a recording), until it is replaced: subscribers miss something. */
  | { readonly type: 'bookLost'; readonly market: Ticker; readonly atMs: UnixMs }
  | { readonly type: 'trade'; readonly trade: EngineTrade }
  | { readonly type: 'fill'; readonly fill: EngineFill }
  | { readonly type: 'order'; readonly order: EngineOrder }
  | { readonly type: 'position'; readonly user: UserId; readonly position: EnginePosition }
  /** Touch, last price, volume or open interest of this market changed. */
  | { readonly type: 'ticker'; readonly market: Ticker; readonly atMs: UnixMs }
  | { readonly type: 'lifecycle'; readonly market: Ticker; readonly change: LifecycleChange; readonly atMs: UnixMs }
  | { readonly type: 'metadata'; readonly market: Ticker; readonly metadata: MarketMetadata; readonly atMs: UnixMs }
  | {
      readonly type: 'orderGroup';
      readonly user: UserId;
      readonly group: string;
      readonly change: GroupChange;
      /** With `created` and `limitUpdated`. */
      readonly limit: Centicontracts | null;
      readonly atMs: UnixMs;
    }
  | { readonly type: 'settlement'; readonly user: UserId; readonly settlement: EngineSettlement }
  /** The owner of an account paid in, took out, or moved money between shards. */
  | { readonly type: 'transfer'; readonly user: UserId }
  /** An announced change of fees holds from now on. */
  | { readonly type: 'feesChanged'; readonly change: FeeChange; readonly atMs: UnixMs };

export interface Engine extends CrowdCommands, AccountCommands, FeeCommands, MetadataCommands {
  readonly events: Observable<EngineEvent>;

  // Catalogue and lifecycle. The engine opens and closes markets by their times on the market clock and pays
  // `settlementTimerSeconds` after `determine`; who knows the result (the flow) calls `determine` after the close.
  addSeries(series: ListedSeries): void;
  addEvent(event: ListedEvent): void;
  addMarket(market: ListedMarket): void;
  moveClose(market: Ticker, closeMs: UnixMs): void;
  changeGrid(market: Ticker, label: string, grid: PriceGrid): void;
  pauseMarket(market: Ticker): void;
  /** Reactivation cancels every resting order. */
  resumeMarket(market: Ticker): void;
  determine(market: Ticker, result: MarketResult, value: Centicents): void;
  /** Somebody doubts the result: nothing is paid until `amendResult` says what it is. */
  dispute(market: Ticker): void;
  /** The result after a second look, be it the same; it is paid when the settlement timer has run again. */
  amendResult(market: Ticker, result: MarketResult, value: Centicents): void;
  setTradingActive(active: boolean): void;
  setExchangeActive(active: boolean): void;
  readonly tradingActive: boolean;
  readonly exchangeActive: boolean;

  series(ticker: SeriesTicker): ListedSeries | null;
  allSeries(): readonly ListedSeries[];
  event(ticker: EventTicker): ListedEvent | null;
  allEvents(): readonly ListedEvent[];
  eventMarkets(ticker: EventTicker): readonly MarketState[];
  market(ticker: Ticker): MarketState | null;
  /** In order of listing. */
  allMarkets(): readonly MarketState[];

  // Accounts.
  openAccount(user: UserId, cash: ReadonlyMap<number, Microdollars>): void;
  hasAccount(user: UserId): boolean;
  /** Cash less the collateral of resting orders, by shard. */
  availableCash(user: UserId): ReadonlyMap<number, Microdollars>;
  /** Σ position × last price (the touch of the exit side before the first trade), of one shard or of all. */
  portfolioValue(user: UserId, exchangeIndex?: number | null): Microdollars;
  /** Newest first. */
  orders(user: UserId): readonly EngineOrder[];
  order(user: UserId, orderId: OrderId): EngineOrder | null;
  /** Newest first. */
  fills(user: UserId): readonly EngineFill[];
  positions(user: UserId): readonly EnginePosition[];
  settlements(user: UserId): readonly EngineSettlement[];
  /** Newest first. */
  transfers(user: UserId): readonly EngineTransfer[];
  /** Pays in, or out where the amount is negative: no more than is available on that shard. At once. */
  deposit(user: UserId, exchangeIndex: number, amount: Microdollars): Answer<{ readonly transfer: EngineTransfer }>;

  // Orders.
  create(user: UserId, order: NewOrder): Answer<CreateAccepted>;
  cancel(user: UserId, orderId: OrderId): Answer<CancelAccepted>;
  cancelAll(user: UserId): readonly EngineOrder[];
  amend(user: UserId, orderId: OrderId, amend: AmendOrder): Answer<AmendAccepted>;
  /** Down to this remainder; keeps its place in the queue. */
  decreaseTo(user: UserId, orderId: OrderId, remaining: Centicontracts): Answer<CancelAccepted>;

  // Order groups.
  createGroup(user: UserId, exchangeIndex: number, limit: Centicontracts): Answer<{ readonly group: EngineOrderGroup }>;
  deleteGroup(user: UserId, id: string): Answer<object>;
  /** Takes orders again, and counts from zero. */
  resetGroup(user: UserId, id: string): Answer<object>;
  triggerGroup(user: UserId, id: string): Answer<object>;
  limitGroup(user: UserId, id: string, limit: Centicontracts): Answer<object>;
  /** In order of making. */
  groups(user: UserId): readonly EngineOrderGroup[];
  group(user: UserId, id: string): EngineOrderGroup | null;

  // Market data.
  /** Ascending prices; asks on the yes scale. */
  book(market: Ticker): { readonly bids: readonly Level[]; readonly asks: readonly Level[] };
  bestBid(market: Ticker): Level | null;
  bestAsk(market: Ticker): Level | null;
  /** Newest first, bounded. */
  trades(market: Ticker): readonly EngineTrade[];
  /** Contracts ahead of this order at its price. */
  queueAhead(orderId: OrderId): Centicontracts | null;
}
