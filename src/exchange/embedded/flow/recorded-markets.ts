/**
 * The markets of a recording as the exchange lists them: announced when the recording first speaks of them, closed when they
 * closed, paid what they paid. Results come from lines of the recording or from the list beside it.
 */
import { assert } from '../../../domain/assert.ts';
import type { Clock } from '../../../domain/clock.ts';
import type { Ticker } from '../../../domain/ids.ts';
import type { Random } from '../../../domain/random.ts';
import { type Centicents, DOLLAR, type UnixMs } from '../../../domain/units.ts';
import type { Engine, MarketState } from '../model.ts';
import type { FlowTimers } from './flow-timers.ts';
import { uuidOf } from './market-id.ts';
import {
  type Announced,
  factsOf,
  type Listing,
  listingOf,
  recordedListing,
  type SeriesTable,
} from './recorded-catalogue.ts';
import type { RecordedListing, RecordedTicker } from './recorded-line.ts';
import type { RecordedSettlement } from './recording.ts';

/** Where the recording does not say when a market was settled: as long after the close as venues take. */
const SETTLE_AFTER_MS = 6_000;
const SETTLE_AFTER_CLOSE_MS = 1_000;

export class RecordedMarkets {
  /** In order of listing. */
  readonly listed: Ticker[] = [];
  readonly #withoutResult = new Set<Ticker>();
  readonly #engine: Engine;
  readonly #market: Clock;
  readonly #random: Random;
  readonly #timers: FlowTimers;
  readonly #settlements: ReadonlyMap<Ticker, RecordedSettlement>;
  readonly #series: SeriesTable;

  constructor(options: {
    engine: Engine;
    market: Clock;
    random: Random;
    timers: FlowTimers;
    settlements: ReadonlyMap<Ticker, RecordedSettlement>;
    series: SeriesTable;
  }) {
    this.#engine = options.engine;
    this.#market = options.market;
    this.#random = options.random;
    this.#timers = options.timers;
    this.#settlements = options.settlements;
    this.#series = options.series;
  }

  /** Their close is the end of them: no result was recorded. */
  get withoutResult(): readonly Ticker[] {
    return [...this.#withoutResult];
  }

  has(market: Ticker): boolean {
    return this.#engine.market(market) !== null;
  }

  /** A market that is listed already can only get another close. */
  announce(announced: Announced, first: RecordedTicker | null): void {
    const { market, closeMs } = announced;
    if (this.has(market)) {
      if (closeMs !== null) this.moveClose(market, closeMs);
      return;
    }
    this.#add(listingOf(announced, factsOf(this.#series, market), first, this.#idOf(market), this.#market.now()));
  }

  /** Everything that was listed of it, or of what changed. */
  list({ market, listed }: RecordedListing): void {
    const listing = recordedListing(listed, factsOf(this.#series, market), this.#idOf(market));
    const known = this.#engine.market(market);
    if (known === null) {
      if (listed.openMs >= listed.closeMs) return;
      this.#add(listing);
    } else {
      this.#engine.addEvent(listing.event);
      if (listing.market.gridLabel !== known.listed.gridLabel)
        this.#engine.changeGrid(market, listing.market.gridLabel, listing.market.grid);
      this.moveClose(market, listed.closeMs);
    }
    if (listed.status === 'inactive') this.#engine.pauseMarket(market);
  }

  moveClose(market: Ticker, closeMs: UnixMs): void {
    const known = this.#engine.market(market);
    if (known !== null && isOpen(known) && known.listed.closeMs !== closeMs) this.#engine.moveClose(market, closeMs);
  }

  setTrading(market: Ticker, isTrading: boolean): void {
    if (!this.has(market)) return;
    if (isTrading) this.#engine.resumeMarket(market);
    else this.#engine.pauseMarket(market);
  }

  /** The recording says that the venue determined this result just now. */
  settle(market: Ticker, result: 'yes' | 'no'): void {
    const known = this.#engine.market(market);
    this.#withoutResult.delete(market);
    if (known !== null && (isOpen(known) || known.status === 'closed')) this.#determine(market, result);
  }

  #add({ series, event, market }: Listing): void {
    const engine = this.#engine;
    if (engine.series(series.ticker) === null) engine.addSeries(series);
    if (engine.event(event.ticker) === null) engine.addEvent(event);
    engine.addMarket(market);
    this.listed.push(market.ticker);
    const settlement = this.#settlements.get(market.ticker);
    if (settlement === undefined) this.#withoutResult.add(market.ticker);
    else this.#settleLater(market.ticker, settlement);
  }

  #settleLater(market: Ticker, settlement: RecordedSettlement): void {
    const closeMs = this.#stateOf(market).listed.closeMs;
    const atMs = Math.max(settlement.settledMs ?? closeMs + SETTLE_AFTER_MS, closeMs + SETTLE_AFTER_CLOSE_MS);
    this.#timers.at(atMs, () => this.#settleWhenClosed(market, settlement));
  }

  #settleWhenClosed(market: Ticker, settlement: RecordedSettlement): void {
    const state = this.#stateOf(market);
    if (state.status === 'closed') this.#determine(market, settlement.result);
    // Its close was moved after it had been recorded.
    else if (isOpen(state)) {
      const againMs = Math.max(this.#market.now(), state.listed.closeMs) + SETTLE_AFTER_CLOSE_MS;
      this.#timers.at(againMs, () => this.#settleWhenClosed(market, settlement));
    }
  }

  #determine(market: Ticker, result: 'yes' | 'no'): void {
    this.#engine.determine(market, result, result === 'yes' ? DOLLAR : (0 as Centicents));
  }

  #stateOf(market: Ticker): MarketState {
    const state = this.#engine.market(market);
    assert(state !== null, `market ${market} is listed`);
    return state;
  }

  #idOf(market: Ticker): string {
    return uuidOf(this.#random.split(market));
  }
}

function isOpen({ status }: MarketState): boolean {
  return status === 'initialized' || status === 'active' || status === 'inactive';
}
