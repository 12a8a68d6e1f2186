/** A run that only listens: which markets, on a connection that is opened again whenever it is lost, for how long. */
import type { Subscription } from 'rxjs';
import type { Clocks, TimerId } from '../domain/clock.ts';
import { BothsidesError, messageOf } from '../domain/errors.ts';
import { named, type Ticker } from '../domain/ids.ts';
import type { Market } from '../domain/market.ts';
import type { Random } from '../domain/random.ts';
import type { Venue } from '../exchange/port.ts';
import { Feed } from '../feed/feed.ts';
import type { Settings } from '../settings/schema.ts';
import type { Log } from './log.ts';

/** Markets open at times that nobody announces: the catalogue is read this often, market time. */
const LOOK_EVERY_MS = 60_000;

export type Choice =
  | { readonly kind: 'markets'; readonly markets: readonly string[] }
  /** Every market of it that is open, as they come and go. */
  | { readonly kind: 'series'; readonly series: string }
  /** Those with the most volume of the last 24 h; one that was chosen is kept until it closes. */
  | { readonly kind: 'top'; readonly count: number };

export interface RecordRunOptions {
  readonly clocks: Clocks;
  readonly random: Random;
  /** Tells the recorder by itself: see feed/recorder-venue.ts and exchange/kalshi/tapped-sockets.ts. */
  readonly venue: Venue;
  readonly settings: Settings;
  readonly choice: Choice;
  readonly log: Log;
}

export class RecordRun {
  readonly #options: RecordRunOptions;
  readonly #feed: Feed;
  readonly #random: Random;
  readonly #seen = new Set<Ticker>();
  #connection: Subscription | null = null;
  #polling: Subscription | null = null;
  #failures = 0;
  #reconnectTimer: TimerId = null;
  #lookTimer: TimerId = null;
  #isStopped = false;

  constructor(options: RecordRunOptions) {
    this.#options = options;
    this.#feed = new Feed(options);
    this.#random = options.random.split('reconnect');
  }

  /** Every market that was watched. */
  get markets(): ReadonlySet<Ticker> {
    return this.#seen;
  }

  /** Chooses and connects. Throws USAGE for what the exchange does not list, and what its first answers throw. */
  async start(): Promise<void> {
    const found = await this.#look();
    const { choice, log } = this.#options;
    if (choice.kind === 'markets') {
      const missing = choice.markets.filter((ticker) => !found.some((market) => market.ticker === ticker));
      if (missing.length > 0) throw unlisted(`no market ${missing.join(', ')}`);
    } else if (found.length === 0) {
      if (choice.kind === 'series')
        log.warn({ series: choice.series }, 'no market of this series is open; waiting for one');
      else log.warn({}, 'no market is open; waiting for one');
    }
    if (this.#isStopped) return;
    this.#connect();
    this.#lookLater();
  }

  /** Opens another connection, which begins with whole books. */
  begin(): void {
    if (this.#isStopped || this.#connection === null) return;
    this.#connection.unsubscribe();
    this.#connect();
  }

  stop(): void {
    this.#isStopped = true;
    const { clocks } = this.#options;
    clocks.wall.clearTimeout(this.#reconnectTimer);
    clocks.market.clearTimeout(this.#lookTimer);
    this.#polling?.unsubscribe();
    this.#connection?.unsubscribe();
  }

  async #look(): Promise<readonly Market[]> {
    const { venue, choice } = this.#options;
    if (choice.kind === 'markets') {
      const tickers = choice.markets.map((ticker) => named<Ticker>(ticker));
      const { items } = await venue.catalogue.markets({ tickers }, { priority: 'scan' });
      for (const market of items) this.#watch(market.ticker);
      return items;
    }
    const { items, complete } = await venue.catalogue.markets({ status: 'open' }, { priority: 'scan' });
    const open = new Set(items.map((market) => market.ticker));
    // What is over sends nothing any more; how it ended comes without being asked for.
    if (complete) for (const ticker of this.#feed.watched()) if (!open.has(ticker)) this.#feed.unwatch(ticker);
    const chosen = this.#chosen(items);
    for (const market of chosen) this.#watch(market.ticker);
    return chosen;
  }

  #chosen(open: readonly Market[]): readonly Market[] {
    const { choice } = this.#options;
    if (choice.kind === 'series') return open.filter((market) => market.series === choice.series);
    const count = choice.kind === 'top' ? choice.count - this.#feed.watched().length : 0;
    const others = open.filter((market) => this.#feed.view(market.ticker) === null);
    return others.toSorted((a, b) => b.volume24h - a.volume24h).slice(0, Math.max(0, count));
  }

  #watch(market: Ticker): void {
    this.#seen.add(market);
    this.#feed.watch(market);
  }

  #lookLater(): void {
    const { clocks, log } = this.#options;
    this.#lookTimer = clocks.market.setTimeout(() => {
      this.#look()
        .catch((error: unknown) => log.warn({ error: messageOf(error) }, 'the catalogue could not be read'))
        .finally(() => {
          if (!this.#isStopped) this.#lookLater();
        });
    }, LOOK_EVERY_MS);
  }

  #connect(): void {
    const { log } = this.#options;
    this.#connection = this.#feed.connection().subscribe({
      next: (fact) => {
        if (fact.type === 'feed.live') {
          this.#failures = 0;
          this.#polling?.unsubscribe();
          this.#polling = null;
        } else if (fact.type === 'feed.closed') log.warn({ reason: fact.reason }, 'the stream of the exchange is down');
        else if (fact.type === 'feed.refused')
          log.warn({ code: fact.code, message: fact.message }, 'the exchange refused a subscription');
      },
      complete: () => this.#connectLater(),
    });
  }

  #connectLater(): void {
    if (this.#isStopped) return;
    const { clocks, settings } = this.#options;
    const { reconnectBaseMs, reconnectCapMs } = settings.feed;
    const longestMs = Math.min(reconnectCapMs, reconnectBaseMs * 2 ** this.#failures);
    this.#failures++;
    this.#polling ??= this.#feed.polling().subscribe();
    this.#reconnectTimer = clocks.wall.setTimeout(
      () => this.#connect(),
      longestMs / 2 + (this.#random.uniform() * longestMs) / 2,
    );
  }
}

function unlisted(what: string): BothsidesError {
  return new BothsidesError('USAGE', `The exchange lists ${what}.`, { remedy: 'Check the names.' });
}
