import type { Clock } from '../../../domain/clock.ts';
import { named, type Ticker } from '../../../domain/ids.ts';
import {
  CHANNELS,
  type ChannelName,
  isChannel,
  type Listener,
  STREAM_ERRORS,
  type StreamErrorCode,
  Subscription,
} from './channels.ts';
import type { StreamHub } from './stream-hub.ts';

/** The other end of a connection. */
export interface Peer {
  send(text: string): void;
  ping(): void;
  close(code: number, reason: string): void;
  /** Bytes handed over and not yet gone; absent: it always keeps up. */
  buffered?(): number;
}

/** A client that lets this much pile up loses the subscription that would add to it. */
const BUFFERED_BYTES_MAX = 16 * 1024 * 1024;
const COMMANDS_PER_SECOND_MAX = 10_000;

interface Command {
  /** 0: none. */
  readonly id: number;
  readonly cmd: unknown;
  readonly params: Readonly<Record<string, unknown>> | null;
}

/** A command that cannot be done, with the stream's error code. */
class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: StreamErrorCode;
  readonly market: string | null;
  constructor(code: StreamErrorCode, market: string | null = null) {
    super(STREAM_ERRORS[code]);
    this.code = code;
    this.market = market;
  }
}

/** One client's stream: takes its commands, holds its subscriptions, numbers what it is sent. */
export class StreamConnection implements Listener {
  readonly user: string;
  readonly #peer: Peer;
  readonly #hub: StreamHub;
  readonly #market: Clock;
  readonly #wall: Clock;
  readonly #marketOfId: (marketId: string) => Ticker | null;
  readonly #onFault: (error: unknown) => void;
  readonly #subscriptions = new Map<number, Subscription>();
  #lastSid = 0;
  #open = true;
  #secondMs = 0;
  #commandsThisSecond = 0;

  constructor(options: {
    user: string;
    peer: Peer;
    hub: StreamHub;
    market: Clock;
    wall: Clock;
    marketOfId: (marketId: string) => Ticker | null;
    onFault: (error: unknown) => void;
  }) {
    this.user = options.user;
    this.#peer = options.peer;
    this.#hub = options.hub;
    this.#market = options.market;
    this.#wall = options.wall;
    this.#marketOfId = options.marketOfId;
    this.#onFault = options.onFault;
  }

  get peer(): Peer {
    return this.#peer;
  }

  closed(): void {
    this.#open = false;
    for (const subscription of this.#subscriptions.values()) this.#hub.remove(subscription);
    this.#subscriptions.clear();
  }

  deliver(subscription: Subscription, type: string, body: string): void {
    if (!this.#open) return;
    if ((this.#peer.buffered?.() ?? 0) > BUFFERED_BYTES_MAX) {
      this.#drop(subscription);
      this.#sendError(0, 25, { subscription });
      return;
    }
    this.#send(`{"type":"${type}",${subscription.stamp()}"msg":${body}`);
  }

  /** Never throws: whatever a client sends, it gets an answer. */
  receive(text: string): void {
    if (!this.#open) return;
    let id = 0;
    try {
      const command = parseCommand(text);
      id = command.id;
      this.#countCommand();
      this.#obey(command);
    } catch (error) {
      if (!(error instanceof CommandError)) this.#onFault(error);
      const { code, market } = error instanceof CommandError ? error : { code: 1 as const, market: null };
      this.#sendError(id, code, { market });
    }
  }

  #obey({ id, cmd, params }: Command): void {
    switch (cmd) {
      case 'subscribe':
        this.#subscribe(id, required(params));
        break;
      case 'unsubscribe':
        this.#unsubscribe(id, required(params));
        break;
      case 'update_subscription':
        this.#update(id, required(params));
        break;
      case 'list_subscriptions': {
        const list = [...this.#subscriptions.values()].map(({ channel, sid }) => ({ channel, sid }));
        this.#send(`{"type":"ok",${idPart(id)}"msg":${JSON.stringify(list)}`);
        break;
      }
      default:
        throw new CommandError(5);
    }
  }

  #subscribe(id: number, params: Readonly<Record<string, unknown>>): void {
    const { channels } = params;
    if (channels === undefined || channels === null) throw new CommandError(3);
    if (!Array.isArray(channels) || channels.some((channel) => typeof channel !== 'string')) throw new CommandError(1);
    if (channels.length === 0) throw new CommandError(3);
    const useYesPrice = flag(params, 'use_yes_price');
    const withSnapshot = flag(params, 'send_initial_snapshot');
    const quiet = flag(params, 'skip_ticker_ack');
    const markets = this.#readMarkets(params);
    // Each channel is its own subscription: one that fails takes no other with it.
    for (const channel of channels) {
      try {
        this.#subscribeTo(id, channel, markets, { useYesPrice, withSnapshot, quiet });
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        this.#sendError(id, error.code, { market: error.market });
      }
    }
  }

  #subscribeTo(
    id: number,
    channel: unknown,
    markets: readonly Ticker[] | null,
    options: { useYesPrice: boolean; withSnapshot: boolean; quiet: boolean },
  ): void {
    if (!isChannel(channel)) throw new CommandError(8);
    const kind = CHANNELS[channel];
    if (kind.markets === 'required' && markets === null) throw new CommandError(14);
    const wanted = kind.markets === 'ignored' ? null : markets;
    const existing = this.#of(channel);
    if (existing !== null) {
      const added = wanted === null ? this.#widen(existing) : this.#addMarkets(existing, wanted);
      this.#sendOk(id, existing, options.quiet);
      this.#sendSnapshots(existing, added, 0);
      return;
    }
    const subscription = new Subscription({
      sid: ++this.#lastSid,
      channel,
      listener: this,
      markets: wanted === null ? null : new Set(wanted),
      useYesPrice: options.useYesPrice,
    });
    this.#subscriptions.set(subscription.sid, subscription);
    this.#send(`{"type":"subscribed",${idPart(id)}"msg":${JSON.stringify({ channel, sid: subscription.sid })}`);
    this.#hub.add(subscription);
    this.#sendSnapshots(subscription, wanted ?? [], 0);
    if (channel === 'ticker' && options.withSnapshot) {
      for (const market of wanted ?? []) {
        const body = this.#hub.ticker(market);
        if (body !== null) this.deliver(subscription, 'ticker', body);
      }
    }
  }

  #unsubscribe(id: number, params: Readonly<Record<string, unknown>>): void {
    const { sids } = params;
    if (sids === undefined || sids === null) throw new CommandError(4);
    if (!Array.isArray(sids)) throw new CommandError(1);
    if (sids.length === 0) throw new CommandError(4);
    for (const sid of sids) {
      const subscription = typeof sid === 'number' ? this.#subscriptions.get(sid) : undefined;
      if (subscription === undefined) {
        this.#sendError(id, 7, {});
        continue;
      }
      this.#drop(subscription);
      this.#send(`{"type":"unsubscribed",${idPart(id)}${subscription.stamp().slice(0, -1)}`);
    }
  }

  #update(id: number, params: Readonly<Record<string, unknown>>): void {
    const subscription = this.#subscriptions.get(readSid(params));
    if (subscription === undefined) throw new CommandError(7);
    const { action } = params;
    if (action === undefined || action === null || action === '') throw new CommandError(15);
    const markets = this.#readMarkets(params);
    if (action !== 'add_markets' && action !== 'delete_markets' && action !== 'get_snapshot')
      throw new CommandError(13);
    if (action === 'get_snapshot' && subscription.channel !== 'orderbook_delta') throw new CommandError(13);
    if (CHANNELS[subscription.channel].markets === 'ignored') throw new CommandError(13);
    if (markets === null) throw new CommandError(14);
    if (action === 'get_snapshot') {
      const unknown = markets.find((market) => !subscription.hears(market));
      if (unknown !== undefined) throw new CommandError(11, unknown);
      this.#sendSnapshots(subscription, markets, id);
      return;
    }
    if (action === 'delete_markets') {
      if (subscription.markets === null) throw new CommandError(11);
      for (const market of markets) subscription.markets.delete(market);
      this.#hub.remove(subscription, markets);
      // A filter that lost its last market still is one; only books live by market in the hub.
      if (subscription.channel !== 'orderbook_delta') this.#hub.add(subscription);
      this.#sendOk(id, subscription, flag(params, 'skip_ticker_ack'));
      return;
    }
    const added = this.#addMarkets(subscription, markets);
    this.#sendOk(id, subscription, flag(params, 'skip_ticker_ack'));
    this.#sendSnapshots(subscription, added, 0);
  }

  /** Those that are new to it. A subscription to everything has them already. */
  #addMarkets(subscription: Subscription, markets: readonly Ticker[]): readonly Ticker[] {
    const own = subscription.markets;
    if (own === null) return [];
    const added = markets.filter((market) => !own.has(market));
    for (const market of added) own.add(market);
    this.#hub.add(subscription);
    return added;
  }

  #widen(subscription: Subscription): readonly Ticker[] {
    subscription.markets = null;
    return [];
  }

  #drop(subscription: Subscription): void {
    this.#subscriptions.delete(subscription.sid);
    this.#hub.remove(subscription);
  }

  #of(channel: ChannelName): Subscription | null {
    for (const subscription of this.#subscriptions.values()) if (subscription.channel === channel) return subscription;
    return null;
  }

  /** `id` 0: unasked for. A market that is not listed has no book to show. */
  #sendSnapshots(subscription: Subscription, markets: readonly Ticker[], id: number): void {
    if (subscription.channel !== 'orderbook_delta') return;
    for (const market of markets) {
      const body = this.#hub.snapshot(market, subscription.useYesPrice);
      if (body !== null) this.#send(`{"type":"orderbook_snapshot",${idPart(id)}${subscription.stamp()}"msg":${body}`);
    }
  }

  #sendOk(id: number, subscription: Subscription, quiet: boolean): void {
    const body = quiet ? {} : { market_tickers: [...(subscription.markets ?? [])].sort() };
    this.#send(`{"type":"ok",${idPart(id)}${subscription.stamp()}"msg":${JSON.stringify(body)}`);
  }

  #sendError(id: number, code: StreamErrorCode, scope: { subscription?: Subscription; market?: string | null }): void {
    const body = {
      code,
      msg: STREAM_ERRORS[code],
      ...(scope.market == null ? {} : { market_ticker: scope.market }),
    };
    this.#send(`{"type":"error",${idPart(id)}${scope.subscription?.stamp() ?? ''}"msg":${JSON.stringify(body)}`);
  }

  /** Takes a frame without its end: every message says when it was sent, and ends a line. */
  #send(opened: string): void {
    this.#peer.send(`${opened},"sending_ts_ms":${Math.floor(this.#market.now())}}\n`);
  }

  #countCommand(): void {
    const nowMs = this.#wall.now();
    if (nowMs - this.#secondMs >= 1000) {
      this.#secondMs = nowMs;
      this.#commandsThisSecond = 0;
    }
    this.#commandsThisSecond++;
    if (this.#commandsThisSecond > COMMANDS_PER_SECOND_MAX) throw new CommandError(27);
  }

  /** null: none named. Ids are turned into tickers. */
  #readMarkets(params: Readonly<Record<string, unknown>>): readonly Ticker[] | null {
    const tickers = readNames(params, 'market_ticker', 'market_tickers').map((name) => named<Ticker>(name));
    const ids = readNames(params, 'market_id', 'market_ids');
    if (ids.length > 0 && tickers.length > 0) throw new CommandError(11);
    for (const id of ids) {
      const ticker = this.#marketOfId(id);
      if (ticker === null) throw new CommandError(11);
      tickers.push(ticker);
    }
    return tickers.length === 0 ? null : [...new Set(tickers)];
  }
}

function parseCommand(text: string): Command {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CommandError(1);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new CommandError(1);
  const { id = 0, cmd, params = null } = value as Record<string, unknown>;
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0) throw new CommandError(1);
  if (params !== null && (typeof params !== 'object' || Array.isArray(params))) throw new CommandError(1);
  return { id, cmd, params: params as Command['params'] };
}

function required(params: Command['params']): Readonly<Record<string, unknown>> {
  if (params === null) throw new CommandError(2);
  return params;
}

function flag(params: Readonly<Record<string, unknown>>, name: string): boolean {
  const value = params[name] ?? false;
  if (typeof value !== 'boolean') throw new CommandError(1);
  return value;
}

/** One name or a list of names, not both. */
function readNames(params: Readonly<Record<string, unknown>>, one: string, many: string): string[] {
  const single = params[one] ?? null;
  const list = params[many] ?? null;
  if (single !== null && list !== null) throw new CommandError(11);
  const names = single !== null ? [single] : (list ?? []);
  if (!Array.isArray(names) || names.some((name) => typeof name !== 'string')) throw new CommandError(1);
  return names.filter((name) => name !== '');
}

/** `sid`, or `sids` with one member. */
function readSid(params: Readonly<Record<string, unknown>>): number {
  const { sid = null, sids = null } = params;
  const all = sid !== null ? [sid, ...(Array.isArray(sids) ? sids : [])] : sids;
  if (!Array.isArray(all) || all.length !== 1) throw new CommandError(12);
  if (typeof all[0] !== 'number') throw new CommandError(1);
  return all[0];
}

function idPart(id: number): string {
  return id === 0 ? '' : `"id":${id},`;
}
