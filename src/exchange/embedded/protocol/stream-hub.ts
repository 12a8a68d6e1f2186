import type { Clock } from '../../../domain/clock.ts';
import type { Ticker } from '../../../domain/ids.ts';
import type { Centicontracts, UnixMs } from '../../../domain/units.ts';
import type { Engine, EngineEvent, UserId } from '../model.ts';
import type { ChannelName, Subscription } from './channels.ts';
import {
  deltaBody,
  eventFeesBody,
  eventLifecycleBody,
  fillBody,
  lifecycleBody,
  metadataBody,
  orderGroupBody,
  positionBody,
  snapshotBody,
  tickerBody,
  tradeBody,
  userOrderBody,
} from './stream-messages.ts';

/** Ticker messages of a market come at most this often, in market time. */
const TICKER_EVERY_MS = 100;

type OtherChannel = Exclude<ChannelName, 'orderbook_delta'>;

/** The channel that tells of it; null: none. */
const CHANNEL_OF = {
  trade: 'trade',
  fill: 'fill',
  order: 'user_orders',
  position: 'market_positions',
  orderGroup: 'order_group_updates',
  ticker: 'ticker',
  lifecycle: 'market_lifecycle_v2',
  metadata: 'market_lifecycle_v2',
  settlement: null,
  transfer: null,
  feesChanged: 'market_lifecycle_v2',
} as const satisfies Record<Exclude<EngineEvent['type'], 'book' | 'bookReplaced' | 'bookLost'>, OtherChannel | null>;

/**
 * Carries what happens in the engine to whoever subscribed to it, in the engine's order and in the same turn. A body is
 * written once and shared by all who get the same.
 */
export class StreamHub {
  readonly #engine: Engine;
  readonly #market: Clock;
  readonly #wasQuoted: (market: Ticker) => boolean;
  readonly #traded: (user: UserId, market: Ticker) => number;
  readonly #onFault: (error: unknown) => void;
  readonly #books = new Map<Ticker, Set<Subscription>>();
  readonly #others = new Map<OtherChannel, Set<Subscription>>();
  readonly #dirtyTickers = new Set<Ticker>();
  #tickerTimerSet = false;
  /** Paused markets: only their reactivation is announced, an opening by time is not. */
  readonly #paused = new Set<Ticker>();
  readonly #toldEvents = new Set<string>();
  /** Lost books whose subscribers were not sent anything since: the next thing that they are sent shows that something is missing. */
  readonly #untold = new Set<Ticker>();
  readonly #awaited = new Set<{ readonly markets: Set<Ticker>; readonly then: () => void }>();

  constructor(options: {
    engine: Engine;
    market: Clock;
    wasQuoted: (market: Ticker) => boolean;
    traded: (user: UserId, market: Ticker) => number;
    onFault: (error: unknown) => void;
  }) {
    this.#engine = options.engine;
    this.#market = options.market;
    this.#wasQuoted = options.wasQuoted;
    this.#traded = options.traded;
    this.#onFault = options.onFault;
    for (const event of this.#engine.allEvents()) {
      if (this.#engine.eventMarkets(event.ticker).length > 0) this.#toldEvents.add(event.ticker);
    }
    this.#engine.events.subscribe((event) => this.#hear(event));
  }

  /** A subscription, or markets that came to it. */
  add(subscription: Subscription, markets: Iterable<Ticker>): void {
    const { channel } = subscription;
    if (channel === 'orderbook_delta') {
      for (const market of markets) entry(this.#books, market).add(subscription);
      for (const awaited of [...this.#awaited]) this.#lookFor(awaited);
    } else {
      entry(this.#others, channel).add(subscription);
    }
  }

  /** Calls back once, as soon as each of these books has a subscriber: perhaps at once. Returns how to stop waiting. */
  whenBooksSubscribed(markets: readonly Ticker[], then: () => void): () => void {
    const awaited = { markets: new Set(markets), then };
    this.#awaited.add(awaited);
    this.#lookFor(awaited);
    return () => this.#awaited.delete(awaited);
  }

  #lookFor(awaited: { readonly markets: Set<Ticker>; readonly then: () => void }): void {
    for (const market of awaited.markets) if (this.#books.has(market)) awaited.markets.delete(market);
    if (awaited.markets.size === 0 && this.#awaited.delete(awaited)) awaited.then();
  }

  remove(subscription: Subscription, markets: Iterable<Ticker> | null = null): void {
    const { channel } = subscription;
    if (channel !== 'orderbook_delta') {
      this.#others.get(channel)?.delete(subscription);
      return;
    }
    for (const market of markets ?? subscription.markets ?? []) {
      const listeners = this.#books.get(market);
      listeners?.delete(subscription);
      if (listeners?.size === 0) this.#books.delete(market);
    }
  }

  /** The body of a book's snapshot; null for a market that is not listed, and for a book that nobody knows. */
  snapshot(market: Ticker, useYesPrice: boolean): string | null {
    const listed = this.#engine.market(market)?.listed;
    return listed === undefined || this.#engine.isBookLost(market)
      ? null
      : JSON.stringify(snapshotBody(this.#engine, listed, useYesPrice));
  }

  isListed(market: Ticker): boolean {
    return this.#engine.market(market) !== null;
  }

  ticker(market: Ticker): string | null {
    const state = this.#engine.market(market);
    if (state === null) return null;
    return JSON.stringify(tickerBody(this.#engine, state, this.#wasQuoted(market), this.#market.now()));
  }

  /** The engine goes on whatever happens here: those whose message cannot be made are told that their channel is over. */
  #hear(event: EngineEvent): void {
    try {
      this.#pass(event);
    } catch (error) {
      this.#onFault(error);
      for (const subscription of this.#listenersTo(event)) subscription.listener.end(subscription, 10);
    }
  }

  #listenersTo(event: EngineEvent): readonly Subscription[] {
    if (event.type === 'book' || event.type === 'bookReplaced' || event.type === 'bookLost') {
      return [...(this.#books.get(event.market) ?? [])];
    }
    const channel = CHANNEL_OF[event.type];
    return channel === null ? [] : [...(this.#others.get(channel) ?? [])];
  }

  #pass(event: EngineEvent): void {
    switch (event.type) {
      case 'book':
        this.#tellDelta(event);
        break;
      case 'bookLost':
        for (const subscription of this.#books.get(event.market) ?? []) {
          subscription.skip();
          this.#untold.add(event.market);
        }
        break;
      case 'bookReplaced':
        this.#untold.delete(event.market);
        this.#tellSnapshot(event.market);
        break;
      case 'trade':
        this.#tell('trade', 'trade', event.trade.market, null, () => tradeBody(event.trade));
        break;
      case 'fill':
        this.#tell('fill', 'fill', event.fill.market, event.fill.user, () => fillBody(event.fill));
        break;
      case 'order': {
        const { order } = event;
        this.#tell('user_orders', 'user_order', order.market, order.user, () => userOrderBody(order));
        break;
      }
      case 'position': {
        const { user, position } = event;
        const traded = () => this.#traded(user, position.market) as Centicontracts;
        this.#tell('market_positions', 'market_position', position.market, user, () =>
          positionBody(user, position, traded()),
        );
        break;
      }
      case 'orderGroup':
        this.#tell('order_group_updates', 'order_group_updates', null, event.user, () => orderGroupBody(event));
        break;
      case 'ticker':
        this.#markTicker(event.market);
        break;
      case 'lifecycle':
        this.#tellLifecycle(event.market, event.change, event.atMs);
        break;
      case 'metadata':
        this.#tell('market_lifecycle_v2', 'market_lifecycle_v2', null, null, () => metadataBody(event));
        break;
      case 'feesChanged': {
        const { change } = event;
        // The stream has no word for a series' own fees.
        if (change.event !== null) {
          this.#tell('market_lifecycle_v2', 'event_fee_update', null, null, () => eventFeesBody(change));
        }
        break;
      }
      case 'settlement':
        // No channel tells of it; the market's `settled` does.
        break;
      case 'transfer':
        // No channel tells of it.
        break;
    }
  }

  #tellDelta(event: Extract<EngineEvent, { type: 'book' }>): void {
    const listeners = this.#books.get(event.market);
    const market = listeners === undefined ? undefined : this.#engine.market(event.market)?.listed;
    if (listeners === undefined || market === undefined) return;
    // The first change after a loss, whatever it is, has a number that shows the loss; the others lead nowhere.
    if (this.#engine.isBookLost(event.market) && !this.#untold.delete(event.market)) return;
    const written = new Map<number, string>();
    for (const subscription of listeners) {
      const own = event.user !== null && event.user === subscription.listener.user;
      const form = (subscription.useYesPrice ? 1 : 0) + (own ? 2 : 0);
      let body = written.get(form);
      if (body === undefined) {
        body = JSON.stringify(deltaBody(event, market, subscription.useYesPrice, own));
        written.set(form, body);
      }
      subscription.listener.deliver(subscription, 'orderbook_delta', body);
    }
  }

  #tellSnapshot(market: Ticker): void {
    const written = new Map<boolean, string>();
    for (const subscription of this.#books.get(market) ?? []) {
      const { useYesPrice } = subscription;
      const body = written.get(useYesPrice) ?? this.snapshot(market, useYesPrice);
      if (body === null) return;
      written.set(useYesPrice, body);
      subscription.listener.deliver(subscription, 'orderbook_snapshot', body);
    }
  }

  /** `user` null: for everybody. */
  #tell(channel: OtherChannel, type: string, market: Ticker | null, user: UserId | null, body: () => unknown): void {
    let written: string | null = null;
    for (const subscription of this.#others.get(channel) ?? []) {
      if (user !== null && subscription.listener.user !== user) continue;
      if (market !== null && !subscription.hears(market)) continue;
      written ??= JSON.stringify(body());
      subscription.listener.deliver(subscription, type, written);
    }
  }

  #markTicker(market: Ticker): void {
    if ((this.#others.get('ticker')?.size ?? 0) === 0) return;
    this.#dirtyTickers.add(market);
    if (this.#tickerTimerSet) return;
    this.#tickerTimerSet = true;
    this.#market.setTimeout(() => this.#tellTickers(), TICKER_EVERY_MS);
  }

  #tellTickers(): void {
    this.#tickerTimerSet = false;
    const markets = [...this.#dirtyTickers];
    this.#dirtyTickers.clear();
    try {
      for (const market of markets) {
        const state = this.#engine.market(market);
        if (state === null) continue;
        this.#tell('ticker', 'ticker', market, null, () =>
          tickerBody(this.#engine, state, this.#wasQuoted(market), this.#market.now()),
        );
      }
    } catch (error) {
      this.#onFault(error);
      for (const subscription of [...(this.#others.get('ticker') ?? [])]) subscription.listener.end(subscription, 10);
    }
  }

  #tellLifecycle(market: Ticker, change: Extract<EngineEvent, { type: 'lifecycle' }>['change'], atMs: UnixMs): void {
    const state = this.#engine.market(market);
    if (state === null) return;
    if (change === 'created') {
      // Whoever asked for the book before there was one gets it now.
      this.#tellSnapshot(market);
      this.#tellEvent(state.listed.event, state.listed.exchangeIndex);
    }
    if (change === 'deactivated') this.#paused.add(market);
    if (change === 'activated' && !this.#paused.delete(market)) return;
    const body = lifecycleBody(change, state, atMs);
    if (body !== null) this.#tell('market_lifecycle_v2', 'market_lifecycle_v2', null, null, () => body);
  }

  /** An event is announced with its first market. */
  #tellEvent(ticker: string, exchangeIndex: number): void {
    const event = this.#engine.event(ticker as Parameters<Engine['event']>[0]);
    if (event === null || this.#toldEvents.has(ticker)) return;
    this.#toldEvents.add(ticker);
    this.#tell('market_lifecycle_v2', 'event_lifecycle', null, null, () => eventLifecycleBody(event, exchangeIndex));
  }
}

function entry<K, V>(map: Map<K, Set<V>>, key: K): Set<V> {
  let set = map.get(key);
  if (set === undefined) {
    set = new Set();
    map.set(key, set);
  }
  return set;
}
