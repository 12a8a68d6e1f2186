import type { Clock } from '../../../domain/clock.ts';
import type { Ticker } from '../../../domain/ids.ts';
import {
  CHANNELS,
  type ChannelName,
  isChannel,
  type Listener,
  STREAM_ERRORS,
  Subscription,
  type TerminalCode,
} from './channels.ts';
import {
  type Command,
  CommandError,
  checkSharing,
  type NamedMarkets,
  type Params,
  parseCommand,
  readAction,
  readChannels,
  readFlag,
  readMarkets,
  readSid,
  readSids,
  requireParams,
} from './stream-commands.ts';
import type { StreamHub } from './stream-hub.ts';

/** The other end of a connection. */
export interface Peer {
  send(text: string): void;
  ping(): void;
  close(code: number, reason: string): void;
  /** Breaks the line without a word; absent: it can only be closed. */
  drop?(): void;
  /** What is handed over and not yet gone, in characters or more; absent: it always keeps up. */
  buffered?(): number;
}

/** A client that lets this much pile up loses the subscription that would add to it. */
const SUBSCRIPTION_BUFFER_MAX = 32 * 1024 * 1024;
/** A client that goes on to command without reading the answers loses the connection. */
const CONNECTION_BUFFER_MAX = 2 * SUBSCRIPTION_BUFFER_MAX;
const POLICY_VIOLATION = 1008;
const COMMANDS_PER_SECOND_MAX = 10_000;
/** Of all subscriptions of a connection together. */
const MARKETS_MAX = 500_000;

/** A subscription and the markets that a command brought to it. */
interface Begun {
  readonly subscription: Subscription;
  readonly added: readonly Ticker[];
  readonly withTickers: boolean;
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

  get subscriptions(): Iterable<Subscription> {
    return this.#subscriptions.values();
  }

  closed(): void {
    this.#open = false;
    for (const subscription of this.#subscriptions.values()) this.#hub.remove(subscription);
    this.#subscriptions.clear();
  }

  deliver(subscription: Subscription, type: string, body: string): void {
    this.#deliver(subscription, type, body, 0);
  }

  end(subscription: Subscription, code: TerminalCode): void {
    if (!this.#subscriptions.has(subscription.sid)) return;
    this.#drop(subscription);
    this.#sendError(0, new CommandError(code), subscription);
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
      this.#sendError(id, error instanceof CommandError ? error : new CommandError(1));
    }
  }

  /** A message that is no text cannot be a command. */
  receiveBinary(): void {
    if (this.#open) this.#sendError(0, new CommandError(1));
  }

  #obey({ id, cmd, params }: Command): void {
    switch (cmd) {
      case 'subscribe':
        this.#subscribe(id, requireParams(params));
        break;
      case 'unsubscribe':
        this.#unsubscribe(id, requireParams(params));
        break;
      case 'update_subscription':
        this.#update(id, requireParams(params));
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

  /** Every channel is acknowledged first, with one answer each; what the subscriptions begin with follows. */
  #subscribe(id: number, params: Params): void {
    const channels = readChannels(params);
    const options = {
      useYesPrice: readFlag(params, 'use_yes_price'),
      quiet: readFlag(params, 'skip_ticker_ack'),
      withTickers: readFlag(params, 'send_initial_snapshot'),
    };
    const markets = readMarkets(params);
    if (channels.includes('communications')) checkSharing(params);
    const begun: Begun[] = [];
    // Each channel is its own subscription: one that fails takes no other with it.
    for (const channel of channels) {
      if (!this.#open) return;
      try {
        begun.push(this.#subscribeTo(id, channel, markets, options));
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        this.#sendError(id, error);
      }
    }
    this.#begin(begun);
  }

  #subscribeTo(
    id: number,
    channel: string,
    named: NamedMarkets | null,
    { useYesPrice, quiet, withTickers }: { useYesPrice: boolean; quiet: boolean; withTickers: boolean },
  ): Begun {
    if (!isChannel(channel)) throw new CommandError(8);
    const wanted = CHANNELS[channel].markets === 'ignored' ? null : this.#resolve(channel, named);
    const existing = this.#of(channel);
    if (existing !== null) {
      const added = wanted === null ? this.#widen(existing) : this.#addMarkets(existing, wanted);
      existing.quiet ||= quiet;
      this.#sendOk(id, existing);
      return { subscription: existing, added, withTickers };
    }
    const subscription = new Subscription({
      sid: this.#lastSid + 1,
      channel,
      listener: this,
      markets: wanted === null ? null : new Set(),
      useYesPrice,
    });
    subscription.quiet = quiet;
    const added = wanted === null ? [] : this.#addMarkets(subscription, wanted);
    this.#lastSid = subscription.sid;
    this.#subscriptions.set(subscription.sid, subscription);
    this.#send(`{"type":"subscribed",${idPart(id)}"msg":${JSON.stringify({ channel, sid: subscription.sid })}`);
    return { subscription, added, withTickers };
  }

  #unsubscribe(id: number, params: Params): void {
    for (const sid of readSids(params)) {
      if (!this.#open) return;
      const subscription = this.#subscriptions.get(sid);
      if (subscription === undefined) {
        this.#sendError(id, new CommandError(7));
        continue;
      }
      this.#drop(subscription);
      this.#send(`{"type":"unsubscribed",${idPart(id)}${subscription.stamp().slice(0, -1)}`);
    }
  }

  #update(id: number, params: Params): void {
    const subscription = this.#subscriptions.get(readSid(params));
    if (subscription === undefined) throw new CommandError(7);
    try {
      this.#change(id, subscription, params);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      this.#sendError(id, error, subscription);
    }
  }

  #change(id: number, subscription: Subscription, params: Params): void {
    const { channel } = subscription;
    const action = readAction(params);
    if (CHANNELS[channel].markets === 'ignored') throw new CommandError(13);
    if (action === 'get_snapshot' && channel !== 'orderbook_delta') throw new CommandError(13);
    const withTickers = readFlag(params, 'send_initial_snapshot');
    const named = this.#resolve(channel, readMarkets(params));
    if (named === null) throw new CommandError(14);
    const markets = [...named.keys()];
    if (action === 'get_snapshot') {
      const unknown = markets.find((market) => !subscription.hears(market) || !this.#hub.isListed(market));
      if (unknown !== undefined) throw new CommandError(11, { market_ticker: unknown });
      this.#sendSnapshots(subscription, markets, id);
    } else if (action === 'delete_markets') {
      if (subscription.markets === null) throw new CommandError(11);
      for (const market of markets) {
        subscription.markets.delete(market);
        subscription.ids.delete(market);
      }
      // A filter that lost its last market still is one; only books live by market in the hub.
      if (channel === 'orderbook_delta') this.#hub.remove(subscription, markets);
      this.#sendOk(id, subscription);
    } else {
      const added = this.#addMarkets(subscription, named);
      this.#sendOk(id, subscription);
      this.#begin([{ subscription, added, withTickers }]);
    }
  }

  /** The markets named, by ticker: with its id where that was the name. null: none. Only the ticker channel takes ids. */
  #resolve(channel: ChannelName, named: NamedMarkets | null): Map<Ticker, string | null> | null {
    const isRequired = CHANNELS[channel].markets === 'required';
    if (named === null || (named.ids.length > 0 && channel !== 'ticker')) {
      if (isRequired) throw new CommandError(14);
      if (named !== null) throw new CommandError(11);
      return null;
    }
    const markets = new Map<Ticker, string | null>(named.tickers.map((ticker) => [ticker, null]));
    for (const id of named.ids) {
      const ticker = this.#marketOfId(id);
      if (ticker === null) throw new CommandError(11, { market_id: id });
      markets.set(ticker, id);
    }
    return markets;
  }

  /** Those that are new to it. A subscription to everything has them already. */
  #addMarkets(subscription: Subscription, named: ReadonlyMap<Ticker, string | null>): readonly Ticker[] {
    const own = subscription.markets;
    if (own === null) return [];
    const added = [...named.keys()].filter((market) => !own.has(market));
    let count = added.length;
    for (const { markets } of this.#subscriptions.values()) count += markets?.size ?? 0;
    if (count > MARKETS_MAX) throw new CommandError(26);
    for (const market of added) {
      own.add(market);
      const id = named.get(market) ?? null;
      if (id !== null) subscription.ids.set(market, id);
    }
    return added;
  }

  #widen(subscription: Subscription): readonly Ticker[] {
    subscription.markets = null;
    subscription.ids.clear();
    return [];
  }

  /** Shows what is there before the hub tells what changes. */
  #begin(begun: readonly Begun[]): void {
    for (const { subscription, added, withTickers } of begun) {
      this.#sendSnapshots(subscription, added, 0);
      if (subscription.channel === 'ticker' && withTickers) this.#sendTickers(subscription, added);
    }
    for (const { subscription, added } of begun) {
      if (this.#subscriptions.has(subscription.sid)) this.#hub.add(subscription, added);
    }
  }

  #drop(subscription: Subscription): void {
    this.#subscriptions.delete(subscription.sid);
    this.#hub.remove(subscription);
  }

  #of(channel: ChannelName): Subscription | null {
    for (const subscription of this.#subscriptions.values()) if (subscription.channel === channel) return subscription;
    return null;
  }

  /** `id` 0: unasked for. A market that is not listed has no book to show: its first one comes with its listing. */
  #sendSnapshots(subscription: Subscription, markets: readonly Ticker[], id: number): void {
    if (subscription.channel !== 'orderbook_delta') return;
    for (const market of markets) {
      if (!this.#subscriptions.has(subscription.sid)) return;
      const body = this.#hub.snapshot(market, subscription.useYesPrice);
      if (body !== null) this.#deliver(subscription, 'orderbook_snapshot', body, id);
    }
  }

  #sendTickers(subscription: Subscription, markets: readonly Ticker[]): void {
    for (const market of markets) {
      const body = this.#hub.ticker(market);
      if (body !== null) this.#deliver(subscription, 'ticker', body, 0);
    }
  }

  #deliver(subscription: Subscription, type: string, body: string, id: number): void {
    if (!this.#open) return;
    if (this.#buffered() > SUBSCRIPTION_BUFFER_MAX) this.end(subscription, 25);
    else this.#send(`{"type":"${type}",${idPart(id)}${subscription.stamp()}"msg":${body}`);
  }

  #sendOk(id: number, subscription: Subscription): void {
    this.#send(`{"type":"ok",${idPart(id)}${subscription.stamp()}"msg":${JSON.stringify(namesOf(subscription))}`);
  }

  #sendError(id: number, { code, about }: CommandError, subscription: Subscription | null = null): void {
    const body = JSON.stringify({ code, msg: STREAM_ERRORS[code], ...about });
    this.#send(`{"type":"error",${idPart(id)}${subscription?.stamp() ?? ''}"msg":${body}`);
  }

  /** Takes a frame without its end: every message says when it was sent, and ends a line. */
  #send(opened: string): void {
    if (!this.#open) return;
    if (this.#buffered() > CONNECTION_BUFFER_MAX) {
      this.closed();
      this.#peer.close(POLICY_VIOLATION, 'outgoing buffer overflow');
      return;
    }
    this.#peer.send(`${opened},"sending_ts_ms":${Math.floor(this.#market.now())}}\n`);
  }

  #buffered(): number {
    return this.#peer.buffered?.() ?? 0;
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
}

/** All its markets, under the names by which they came. */
function namesOf(subscription: Subscription): { market_tickers?: readonly Ticker[]; market_ids?: readonly string[] } {
  if (subscription.quiet) return {};
  const market_tickers = [...(subscription.markets ?? [])].filter((market) => !subscription.ids.has(market));
  const market_ids = [...subscription.ids.values()];
  return {
    ...(market_tickers.length === 0 && market_ids.length > 0 ? {} : { market_tickers }),
    ...(market_ids.length === 0 ? {} : { market_ids }),
  };
}

function idPart(id: number): string {
  return id === 0 ? '' : `"id":${id},`;
}
