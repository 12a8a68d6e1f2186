/**
 * What a market's own record leaves out: its series, category, fee schedule and whether its event's markets exclude each
 * other. Found through the event and its series, kept for a while, fetched in bulk where much is missing.
 */
import type { Clock } from '../../domain/clock.ts';
import { type EventTicker, named, type SeriesTicker, type Ticker } from '../../domain/ids.ts';
import type { FeeSchedule } from '../../domain/market.ts';
import type { UnixMs } from '../../domain/units.ts';
import type { CatalogueQuery, Priority } from '../port.ts';
import { check, toFees } from './parse-rest.ts';
import type { Rest } from './rest.ts';
import * as wire from './wire.ts';

export interface Family {
  readonly series: SeriesTicker;
  readonly category: string;
  readonly fees: FeeSchedule;
  readonly mutuallyExclusive: boolean;
}

/** Fees change rarely and by announcement; an event's override is also pushed on the stream. */
const EVENT_TTL_MS = 10 * 60_000;
const SERIES_TTL_MS = 60 * 60_000;
const EVENTS_PER_PAGE = 200;
/** Beyond this many unknown events, paging through all of them costs less than asking for each. */
const EVENTS_ASKED_ONE_BY_ONE = 3;
const SERIES_ASKED_ONE_BY_ONE = 5;
const EVENT_PAGES_MAX = 200;

interface Kept<T> {
  readonly value: T;
  readonly untilMs: UnixMs;
}

class Shelf<T> {
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #kept = new Map<string, Kept<T>>();
  constructor(clock: Clock, ttlMs: number) {
    this.#clock = clock;
    this.#ttlMs = ttlMs;
  }
  get(key: string): T | undefined {
    const kept = this.#kept.get(key);
    return kept !== undefined && kept.untilMs > this.#clock.now() ? kept.value : undefined;
  }
  put(key: string, value: T): void {
    this.#kept.set(key, { value, untilMs: (this.#clock.now() + this.#ttlMs) as UnixMs });
  }
  drop(key: string): void {
    this.#kept.delete(key);
  }
}

export class Families {
  readonly #rest: Rest;
  readonly #events: Shelf<wire.WireEvent>;
  readonly #series: Shelf<wire.WireSeries>;
  readonly #marketOf = new Map<EventTicker, Ticker>();
  /** Bulk reads under way, so that two callers do not page through the same lists. */
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(rest: Rest, wall: Clock) {
    this.#rest = rest;
    this.#events = new Shelf(wall, EVENT_TTL_MS);
    this.#series = new Shelf(wall, SERIES_TTL_MS);
  }

  /** Makes `get` answer for these events as far as the venue knows them. */
  async load(events: ReadonlySet<string>, query: CatalogueQuery, priority: Priority): Promise<void> {
    const unknown = () => [...events].filter((event) => this.#events.get(event) === undefined);
    if (unknown().length > EVENTS_ASKED_ONE_BY_ONE) {
      await this.#once(`events ${query.status ?? ''}`, () => this.#pageEvents(query.status, priority));
    }
    // What the bulk list left out (its status filter is the event's, not the market's).
    await Promise.all(unknown().map((event) => this.#loadEvent(event, priority)));

    const series = new Set<string>();
    for (const event of events) {
      const known = this.#events.get(event);
      if (known !== undefined && this.#series.get(known.series_ticker) === undefined) series.add(known.series_ticker);
    }
    if (series.size > SERIES_ASKED_ONE_BY_ONE) await this.#once('series', () => this.#loadAllSeries(priority));
    const missing = [...series].filter((ticker) => this.#series.get(ticker) === undefined);
    await Promise.all(missing.map((ticker) => this.#loadSeries(ticker, priority)));
  }

  get(ticker: EventTicker): Family | null {
    const event = this.#events.get(ticker);
    const series = event && this.#series.get(event.series_ticker);
    if (event === undefined || series === undefined) return null;
    return {
      series: named<SeriesTicker>(series.ticker),
      category: series.category,
      fees: toFees(event, series),
      mutuallyExclusive: event.mutually_exclusive,
    };
  }

  /** Remembers one market an event, for what the stream says of an event alone. */
  note(event: EventTicker, market: Ticker): void {
    this.#marketOf.set(event, market);
  }

  marketOf(event: EventTicker): Ticker | null {
    return this.#marketOf.get(event) ?? null;
  }

  /** The venue says that this event changed. */
  forget(event: EventTicker): void {
    this.#events.drop(event);
  }

  #once(key: string, act: () => Promise<void>): Promise<void> {
    const running = this.#underWay.get(key) ?? act().finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, running);
    return running;
  }

  #keepEvents(items: readonly unknown[]): void {
    for (const item of items) {
      const event = wire.event.safeParse(item);
      if (event.success) this.#events.put(event.data.event_ticker, event.data);
    }
  }

  #keepSeries(items: readonly unknown[]): void {
    for (const item of items) {
      const series = wire.series.safeParse(item);
      if (series.success) this.#series.put(series.data.ticker, series.data);
    }
  }

  async #pageEvents(status: string | undefined, priority: Priority): Promise<void> {
    const seen = new Set<string>();
    let cursor: string | undefined;
    for (let page = 0; page < EVENT_PAGES_MAX; page++) {
      const query = { limit: EVENTS_PER_PAGE, status, cursor };
      const body = check(wire.eventsPage, '/events', await this.#rest.read({ path: '/events', query, priority }));
      this.#keepEvents(body.events);
      if (body.cursor === '' || seen.has(body.cursor)) return;
      seen.add(body.cursor);
      cursor = body.cursor;
    }
  }

  async #loadEvent(ticker: string, priority: Priority): Promise<void> {
    const path = `/events/${encodeURIComponent(ticker)}`;
    const reply = await this.#rest.tryRead({ path, priority });
    if (reply.ok) this.#keepEvents([check(wire.eventAnswer, path, reply.json).event]);
  }

  async #loadAllSeries(priority: Priority): Promise<void> {
    const body = await this.#rest.read({ path: '/series', priority });
    this.#keepSeries(check(wire.seriesList, '/series', body).series);
  }

  async #loadSeries(ticker: string, priority: Priority): Promise<void> {
    const path = `/series/${encodeURIComponent(ticker)}`;
    const reply = await this.#rest.tryRead({ path, priority });
    if (reply.ok) this.#keepSeries([check(wire.seriesAnswer, path, reply.json).series]);
  }
}
