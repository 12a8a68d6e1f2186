/** One connection to the stream: a signed handshake, commands with ids, frames as events. It never reconnects itself. */
import { type Observable, Subject } from 'rxjs';
import type { Clocks } from '../../domain/clock.ts';
import { messageOf } from '../../domain/errors.ts';
import { type EventTicker, named, type Ticker } from '../../domain/ids.ts';
import type { UnixMs } from '../../domain/units.ts';
import type { Channel, StreamConnection, StreamEvent } from '../port.ts';
import { CHANNELS, type Decoded, decodeFrame } from './parse-stream.ts';
import { type Signer, signedHeaders } from './sign.ts';
import type { SkewEstimate } from './skew.ts';
import type { Socket, SocketPort } from './sockets.ts';

/** Normal end, and the end without a close frame, as the protocol numbers them. */
const CLOSED_BY_US = 1000;
const BROKEN = 1006;

export interface StreamOptions {
  readonly wsUrl: string;
  readonly keyId: string;
  readonly signer: Signer | null;
  readonly sockets: SocketPort;
  readonly skew: SkewEstimate;
  readonly clocks: Clocks;
  readonly handshakeTimeoutMs: number;
  readonly subaccount: number;
  /** The venue changed this event's fees. */
  readonly onEventFees: (event: EventTicker) => void;
  /** Any market of an event that was listed, for changes that name the event alone. */
  readonly marketOf: (event: EventTicker) => Ticker | null;
}

export function openStream(options: StreamOptions): StreamConnection {
  return new Connection(options);
}

class Connection implements StreamConnection {
  readonly #options: StreamOptions;
  readonly #events = new Subject<StreamEvent>();
  readonly events: Observable<StreamEvent> = this.#events.asObservable();
  /** Commands given before the handshake is through. */
  #outbox: string[] | null = [];
  #socket: Socket | null = null;
  #isOver = false;
  #lastId = 0;
  #lastError = '';
  #stopHandshakeTimer: () => void = () => {};

  constructor(options: StreamOptions) {
    this.#options = options;
    const { clocks, handshakeTimeoutMs } = options;
    const timer = clocks.wall.setTimeout(
      () => this.#end(BROKEN, `no handshake within ${handshakeTimeoutMs} ms`),
      handshakeTimeoutMs,
    );
    this.#stopHandshakeTimer = () => clocks.wall.clearTimeout(timer);
    this.#open().catch((error) => this.#end(BROKEN, `not opened: ${messageOf(error)}`));
  }

  subscribe(channels: readonly Channel[], markets: readonly Ticker[] | null): void {
    this.#command('subscribe', {
      channels: channels.map((channel) => CHANNELS[channel]),
      ...(markets === null ? {} : { market_tickers: markets }),
      // Said explicitly, because the venue's default is about to change from the no scale to the yes scale.
      ...(channels.includes('book') ? { use_yes_price: true } : {}),
    });
  }

  addMarkets(subscription: number, markets: readonly Ticker[]): void {
    this.#update(subscription, 'add_markets', markets);
  }
  removeMarkets(subscription: number, markets: readonly Ticker[]): void {
    this.#update(subscription, 'delete_markets', markets);
  }
  requestSnapshots(subscription: number, markets: readonly Ticker[]): void {
    this.#update(subscription, 'get_snapshot', markets);
  }
  unsubscribe(subscription: number): void {
    this.#command('unsubscribe', { sids: [subscription] });
  }

  ping(): void {
    if (this.#outbox === null && !this.#isOver) this.#socket?.ping();
  }

  close(): void {
    this.#end(CLOSED_BY_US, 'closed by us');
  }

  #update(subscription: number, action: string, markets: readonly Ticker[]): void {
    if (markets.length > 0) {
      this.#command('update_subscription', { sid: subscription, market_tickers: markets, action });
    }
  }

  #command(cmd: string, params: Readonly<Record<string, unknown>>): void {
    if (this.#isOver) return;
    const text = JSON.stringify({ id: ++this.#lastId, cmd, params });
    if (this.#outbox === null) this.#socket?.send(text);
    else this.#outbox.push(text);
  }

  async #open(): Promise<void> {
    const { wsUrl, keyId, signer, sockets, skew, clocks } = this.#options;
    const atMs = Math.round(clocks.wall.now() + (skew.ms ?? 0)) as UnixMs;
    const path = new URL(wsUrl).pathname;
    const headers = signer === null ? {} : await signedHeaders(keyId, signer, { atMs, method: 'GET', path });
    if (this.#isOver) return;
    const socket = sockets.open(wsUrl, headers);
    this.#socket = socket;
    socket.onopen = () => {
      if (this.#isOver) return;
      this.#stopHandshakeTimer();
      const waiting = this.#outbox ?? [];
      this.#outbox = null;
      this.#events.next({ type: 'opened' });
      for (const text of waiting) socket.send(text);
    };
    socket.onmessage = (text) => {
      if (!this.#isOver) this.#hear(decodeFrame(text, this.#options.subaccount));
    };
    socket.onpong = () => {
      if (!this.#isOver) this.#events.next({ type: 'alive' });
    };
    socket.onerror = (message) => {
      this.#lastError = message;
    };
    socket.onclose = (code, reason) => this.#end(code, reason || this.#lastError);
  }

  #hear(heard: Decoded): void {
    if (heard.type === 'eventFeesChanged') {
      const { subscription, sequence, fees } = heard;
      const event = named<EventTicker>(heard.event);
      this.#options.onEventFees(event);
      const market = this.#options.marketOf(event);
      // Nothing to say it of, or not the whole of it: whoever asks for the market again learns its fees.
      if (market === null || fees === undefined) {
        this.#events.next({ type: 'sequenced', subscription, sequence });
        return;
      }
      const change = { kind: 'feesChanged', event, fees } as const;
      this.#events.next({ type: 'lifecycle', subscription, sequence, market, change });
      return;
    }
    if (heard.type === 'commandFailed' && 'sequence' in heard) {
      const { subscription, sequence, code, message } = heard;
      this.#events.next({ type: 'sequenced', subscription, sequence });
      this.#events.next({ type: 'commandFailed', code, message });
      return;
    }
    this.#events.next(heard);
  }

  /** Says `closed`, once, and nothing after it. */
  #end(code: number, reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#outbox = null;
    this.#stopHandshakeTimer();
    this.#socket?.close();
    this.#events.next({ type: 'closed', code, reason });
    this.#events.complete();
  }
}
