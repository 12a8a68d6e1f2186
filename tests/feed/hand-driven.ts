/** The port of a venue, driven by hand: a test says what the stream says and sees which commands were given. */
import { type Observable, Subject } from 'rxjs';
import type { Clock, Clocks } from '../../src/domain/clock.ts';
import { named, type Ticker } from '../../src/domain/ids.ts';
import type { Side } from '../../src/domain/side.ts';
import type { Centicents, Centicontracts, UnixMs } from '../../src/domain/units.ts';
import type {
  Catalogue,
  Channel,
  Level,
  RestBook,
  StreamConnection,
  StreamEvent,
  Venue,
} from '../../src/exchange/port.ts';
import type { FeedFact } from '../../src/feed/facts.ts';
import { Feed } from '../../src/feed/feed.ts';
import type { Settings } from '../../src/settings/schema.ts';

export const SETTINGS: Settings['feed'] = {
  aliveWithinMs: 5000,
  pingEveryMs: 2000,
  stopAfterMs: 15_000,
  lagMedianMsMax: 2000,
  lagSamples: 50,
  reconnectBaseMs: 500,
  reconnectCapMs: 5000,
  polledBookAgeMsMax: 10_000,
  pollEveryMs: 2000,
  auditEveryMs: 60_000,
  conflateAfterMs: 5,
};

export const A = named<Ticker>('KXA');
export const B = named<Ticker>('KXB');
export const C = named<Ticker>('KXC');

/** Time that stands until it is told to pass; `speed` is how fast the market runs against the wall. */
export class HandClocks implements Clocks {
  wallMs = 1_800_000_000_000;
  marketMs = 1_800_000_000_000;
  speed = 1;
  monotonic = 0;
  /** Passes on its own with each look, so that a turn can be made to take long. */
  monotonicStep = 0;
  #timers: { atMs: number; callback: () => void }[] = [];

  readonly wall: Clock = {
    now: () => this.wallMs as UnixMs,
    setTimeout: (callback, delayMs) => {
      const timer = { atMs: this.wallMs + delayMs, callback };
      this.#timers.push(timer);
      return timer;
    },
    clearTimeout: (id) => {
      this.#timers = this.#timers.filter((timer) => timer !== id);
    },
  };
  readonly market: Clock = { ...this.wall, now: () => this.marketMs as UnixMs };

  monotonicMs(): number {
    this.monotonic += this.monotonicStep;
    return this.monotonic;
  }

  get pending(): number {
    return this.#timers.length;
  }

  /** Lets wall time pass, each timer at its time, with everything that follows in the same turn. */
  async pass(ms: number): Promise<void> {
    const endMs = this.wallMs + ms;
    for (;;) {
      const next = this.#timers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#jump(next.atMs);
      next.callback();
      await turn();
    }
    this.#jump(endMs);
  }

  /** The process sleeps: time passes, and timers that fell due fire late, once it is awake. */
  sleep(ms: number): void {
    this.#jump(this.wallMs + ms);
  }

  #jump(toWallMs: number): void {
    const ms = Math.max(0, toWallMs - this.wallMs);
    this.wallMs += ms;
    this.marketMs += ms * this.speed;
  }
}

/** The rest of the present turn. */
export async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

export class HandStream implements StreamConnection {
  readonly #events = new Subject<StreamEvent>();
  readonly events: Observable<StreamEvent> = this.#events;
  readonly commands: string[] = [];
  pings = 0;
  isClosed = false;
  /** Venue's numbers: a subscription by channel, and the last number used on each. */
  readonly ids = new Map<Channel, number>();
  readonly #sequences = new Map<number, number>();
  #lastId = 0;
  /** Answers `subscribe` by itself while true. */
  answers = true;

  subscribe(channels: readonly Channel[], markets: readonly Ticker[] | null): void {
    this.commands.push(`subscribe ${channels.join('+')}${markets === null ? '' : ` ${markets.join(',')}`}`);
    if (this.answers) for (const channel of channels) queueMicrotask(() => this.answer(channel));
  }
  addMarkets(subscription: number, markets: readonly Ticker[]): void {
    this.commands.push(`add ${this.#channelOf(subscription)} ${markets.join(',')}`);
  }
  removeMarkets(subscription: number, markets: readonly Ticker[]): void {
    this.commands.push(`remove ${this.#channelOf(subscription)} ${markets.join(',')}`);
  }
  requestSnapshots(subscription: number, markets: readonly Ticker[]): void {
    this.commands.push(`snapshots ${this.#channelOf(subscription)} ${markets.join(',')}`);
  }
  unsubscribe(subscription: number): void {
    this.commands.push(`unsubscribe ${this.#channelOf(subscription)}`);
  }
  ping(): void {
    this.pings++;
  }
  close(): void {
    this.isClosed = true;
  }

  answer(channel: Channel): void {
    const subscription = ++this.#lastId;
    this.ids.set(channel, subscription);
    this.say({ type: 'subscribed', channel, subscription });
  }

  say(event: StreamEvent): void {
    this.#events.next(event);
  }
  end(): void {
    this.#events.complete();
  }
  fail(error: Error): void {
    this.#events.error(error);
  }

  id(channel: Channel): number {
    return this.ids.get(channel)!;
  }
  /** The next number of a channel's subscription; `skip` loses that many frames before it. */
  number(channel: Channel, skip = 0): { subscription: number; sequence: number } {
    const subscription = this.id(channel);
    const sequence = (this.#sequences.get(subscription) ?? 0) + 1 + skip;
    this.#sequences.set(subscription, sequence);
    return { subscription, sequence };
  }

  snapshot(market: Ticker, bids: [number, number][] = [[4000, 1000]], asks: [number, number][] = [[6000, 1000]]): void {
    const at = this.number('book');
    this.say({ type: 'bookSnapshot', ...at, market, bids: levels(bids), asks: levels(asks) });
  }

  delta(
    market: Ticker,
    side: Side,
    price: number,
    change: number,
    options: { skip?: number; atMs?: number } = {},
  ): void {
    this.say({
      type: 'bookDelta',
      ...this.number('book', options.skip),
      market,
      side,
      price: price as Centicents,
      change: change as Centicontracts,
      atMs: (options.atMs ?? 1_800_000_000_000) as UnixMs,
      clientOrderId: null,
    });
  }

  #channelOf(subscription: number): string {
    for (const [channel, id] of this.ids) if (id === subscription) return channel;
    return `?${subscription}`;
  }
}

export function levels(pairs: readonly [number, number][]): Level[] {
  return pairs.map(([price, quantity]) => [price as Centicents, quantity as Centicontracts]);
}

export function restBook(market: Ticker, bids: [number, number][], asks: [number, number][]): RestBook {
  return { market, bids: levels(bids), asks: levels(asks) };
}

export interface Hand {
  readonly feed: Feed;
  readonly clocks: HandClocks;
  readonly streams: HandStream[];
  /** The one that was opened last. */
  stream(): HandStream;
  /** What was said since the last look, in order. */
  facts(): string[];
  /** Books that were announced since the last look. */
  announced(): Ticker[];
  /** How the venue answers for REST books. */
  rest: {
    book: (market: Ticker) => Promise<RestBook>;
    books: (markets: readonly Ticker[]) => Promise<readonly RestBook[]>;
  };
  open(): { leave: () => void; isComplete: () => boolean };
}

export function createHand(overrides: Partial<Settings['feed']> = {}): Hand {
  const clocks = new HandClocks();
  const streams: HandStream[] = [];
  const rest: Hand['rest'] = {
    book: () => Promise.reject(new Error('no REST book in this test')),
    books: () => Promise.reject(new Error('no REST books in this test')),
  };
  const venue: Pick<Venue, 'openStream' | 'catalogue'> = {
    openStream() {
      const stream = new HandStream();
      streams.push(stream);
      return stream;
    },
    catalogue: {
      book: (market: Ticker) => rest.book(market),
      books: (markets: readonly Ticker[]) => rest.books(markets),
    } as unknown as Catalogue,
  };
  const feed = new Feed({ venue, clocks, settings: { feed: { ...SETTINGS, ...overrides } } });
  const facts: string[] = [];
  const announced: Ticker[] = [];
  feed.facts$.subscribe((fact) => facts.push(describe(fact)));
  feed.books$.subscribe((market) => announced.push(market));
  return {
    feed,
    clocks,
    streams,
    rest,
    stream: () => streams.at(-1)!,
    facts: () => facts.splice(0),
    announced: () => announced.splice(0),
    open() {
      let isComplete = false;
      const subscription = feed.connection().subscribe({
        complete: () => {
          isComplete = true;
        },
      });
      return { leave: () => subscription.unsubscribe(), isComplete: () => isComplete };
    },
  };
}

/** A hand whose stream is open, with these markets watched and in sync. */
export async function createLiveHand(
  markets: readonly Ticker[] = [A, B],
  overrides: Partial<Settings['feed']> = {},
): Promise<Hand> {
  const hand = createHand(overrides);
  for (const market of markets) hand.feed.watch(market);
  hand.open();
  hand.stream().say({ type: 'opened' });
  await turn();
  for (const market of markets) hand.stream().snapshot(market);
  await turn();
  hand.facts();
  hand.announced();
  hand.stream().commands.splice(0);
  return hand;
}

function describe(fact: FeedFact): string {
  switch (fact.type) {
    case 'feed.closed':
      return `closed: ${fact.reason}`;
    case 'feed.gap':
      return `gap in ${fact.channel}`;
    case 'feed.lagging':
      return `lagging ${fact.medianMs}`;
    case 'feed.refused':
      return `refused ${fact.code}`;
    case 'feed.malformed':
      return `malformed ${fact.message}`;
    case 'feed.pollFailed':
      return `pollFailed ${fact.message}`;
    case 'book.synced':
      return `synced ${fact.market}`;
    case 'book.voided':
      return `voided ${fact.market}: ${fact.reason}`;
    default:
      return fact.type.replace('feed.', '');
  }
}
