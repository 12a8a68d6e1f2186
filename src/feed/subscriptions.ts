import type { Ticker } from '../domain/ids.ts';
import type { Channel, StreamConnection } from '../exchange/port.ts';
import { SequenceCheck } from './sequence.ts';

/** Asked for together; private ones first, so that no fill can come unheard after the first book. */
const GROUPS: readonly { readonly channels: readonly Channel[]; readonly isByMarket: boolean }[] = [
  { channels: ['fill', 'order', 'position', 'orderGroup'], isByMarket: false },
  { channels: ['lifecycle'], isByMarket: false },
  { channels: ['book'], isByMarket: true },
  { channels: ['ticker', 'trade'], isByMarket: true },
];

/** A subscription that lasted this long was sound: when it is lost it is asked for again at once. */
const SOUND_AFTER_MS = 60_000;

/** One channel of a connection: what we asked for and what became of it. */
export class ChannelSubscription {
  readonly channel: Channel;
  /** The venue's number for it; null while there is none. */
  id: number | null = null;
  sequence = new SequenceCheck();
  /** The markets that the venue was told. */
  readonly asked = new Set<Ticker>();
  subscribedWallMs = 0;
  askAtWallMs = 0;
  failures = 0;

  constructor(channel: Channel) {
    this.channel = channel;
  }
}

export interface SubscriptionsOptions {
  readonly connection: StreamConnection;
  readonly answerWithinMs: number;
  readonly retryBaseMs: number;
  readonly retryCapMs: number;
  /** Told which books the venue will now send a snapshot of by itself. */
  readonly onBooksAsked: (markets: readonly Ticker[]) => void;
}

/** Keeps what the venue sends on one connection equal to what is wanted, through losses and refusals. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #channels = new Map<Channel, ChannelSubscription>();
  readonly #byId = new Map<number, ChannelSubscription>();
  #latest: ChannelSubscription | undefined = undefined;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
    for (const { channels } of GROUPS) for (const c of channels) this.#channels.set(c, new ChannelSubscription(c));
  }

  get book(): ChannelSubscription {
    return this.#channels.get('book')!;
  }

  byId(id: number): ChannelSubscription | undefined {
    // Frames come in runs of one subscription.
    if (this.#latest?.id !== id) this.#latest = this.#byId.get(id);
    return this.#latest;
  }

  /** Every channel that is wanted was answered. */
  isComplete(wantsMarkets: boolean): boolean {
    return GROUPS.every(
      ({ channels, isByMarket }) =>
        (isByMarket && !wantsMarkets) || channels.every((channel) => this.#channels.get(channel)!.id !== null),
    );
  }

  /** Sends whatever commands are due so that what we have becomes what we want. */
  reconcile(wanted: ReadonlySet<Ticker>, nowWallMs: number): void {
    for (const { channels, isByMarket } of GROUPS) {
      const states = channels.map((channel) => this.#channels.get(channel)!);
      const due = states.filter((state) => state.id === null && nowWallMs >= state.askAtWallMs);
      if (due.length > 0 && !(isByMarket && wanted.size === 0))
        this.#ask(due, isByMarket ? [...wanted] : null, nowWallMs);
      if (isByMarket) for (const state of states) this.#adjust(state, wanted);
    }
  }

  /** The venue answered. A second answer for a channel with another number takes the place of the first. */
  subscribed(channel: Channel, id: number, nowWallMs: number): void {
    const state = this.#channels.get(channel)!;
    if (state.id === id) return;
    if (state.id !== null) this.#byId.delete(state.id);
    state.id = id;
    state.sequence = new SequenceCheck();
    state.subscribedWallMs = nowWallMs;
    this.#byId.set(id, state);
  }

  /** The venue ended it; it will be asked for again: at once if it had been sound, else after a growing pause. */
  lost(state: ChannelSubscription, nowWallMs: number): void {
    if (state.id !== null) this.#byId.delete(state.id);
    state.id = null;
    if (nowWallMs - state.subscribedWallMs > SOUND_AFTER_MS) state.failures = 0;
    state.askAtWallMs = state.failures === 0 ? nowWallMs : nowWallMs + this.#pauseMs(state.failures);
    state.failures++;
  }

  #ask(due: readonly ChannelSubscription[], markets: readonly Ticker[] | null, nowWallMs: number): void {
    this.#options.connection.subscribe(
      due.map(({ channel }) => channel),
      markets,
    );
    for (const state of due) {
      // Unless it is answered by then.
      state.askAtWallMs = nowWallMs + this.#options.answerWithinMs + this.#pauseMs(state.failures);
      state.asked.clear();
      if (markets === null) continue;
      for (const market of markets) state.asked.add(market);
      if (state.channel === 'book') this.#options.onBooksAsked(markets);
    }
  }

  #adjust(state: ChannelSubscription, wanted: ReadonlySet<Ticker>): void {
    if (state.id === null) return;
    const added = [...wanted].filter((market) => !state.asked.has(market));
    const removed = [...state.asked].filter((market) => !wanted.has(market));
    if (added.length > 0) {
      this.#options.connection.addMarkets(state.id, added);
      for (const market of added) state.asked.add(market);
      if (state.channel === 'book') this.#options.onBooksAsked(added);
    }
    if (removed.length > 0) {
      this.#options.connection.removeMarkets(state.id, removed);
      for (const market of removed) state.asked.delete(market);
    }
  }

  #pauseMs(failures: number): number {
    return Math.min(this.#options.retryCapMs, this.#options.retryBaseMs * 2 ** Math.max(0, failures - 1));
  }
}
