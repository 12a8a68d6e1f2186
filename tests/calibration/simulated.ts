/** The synthetic world watched by its own crowd alone: nobody trades in it but the program. */
import type { Ticker } from '../../src/domain/ids.ts';
import { ManualClock } from '../../src/domain/manual-clock.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import { CONTRACT, unixMs } from '../../src/domain/units.ts';
import { createEngine } from '../../src/exchange/embedded/engine.ts';
import { createSyntheticWorld } from '../../src/exchange/embedded/flow/synthetic.ts';
import type { Engine } from '../../src/exchange/embedded/model.ts';
import type { Level } from '../../src/exchange/port.ts';
import { counts, type Figures, Observer } from './figures.ts';

const START_MS = unixMs(Date.UTC(2026, 4, 13, 13, 33, 13));
const SECOND_MS = 1_000;
const TEN = 10;
/** Ladders are read every so many seconds. */
const LADDER_EVERY = 5;

export interface Worlds {
  readonly seeds: readonly number[];
  readonly markets: number;
  readonly minutes: number;
}

interface Watched {
  readonly ticker: Ticker;
  readonly observer: Observer;
  bid: number;
  ask: number;
  volume: number;
}

/** Figures of each group of series; `groupOf` names the group of a series, or null. */
export function watchWorlds(worlds: Worlds, groupOf: (series: string) => string | null): Map<string, Figures> {
  const observers = new Map<string, Observer>();
  for (const seed of worlds.seeds) watchWorld(seed, worlds, groupOf, observers);
  return new Map([...observers].map(([group, observer]) => [group, observer.figures()]));
}

function watchWorld(
  seed: number,
  { markets, minutes }: Worlds,
  groupOf: (series: string) => string | null,
  observers: Map<string, Observer>,
): void {
  const clock = new ManualClock(START_MS);
  const random = createRandom(seed);
  const engine = createEngine({ market: clock, random: random.split('engine') });
  const flow = createSyntheticWorld({ engine, market: clock, random: random.split('flow'), markets });
  const watched = new Map<Ticker, Watched | null>();

  function watch(ticker: Ticker): Watched | null {
    const known = watched.get(ticker);
    if (known !== undefined) return known;
    const state = engine.market(ticker)!;
    const group = groupOf(engine.event(state.listed.event)!.series);
    let made: Watched | null = null;
    if (group !== null) {
      let observer = observers.get(group);
      if (observer === undefined) {
        observer = new Observer(SECOND_MS);
        observers.set(group, observer);
        observer.updated(0);
        observer.touchMoved(0);
      }
      made = { ticker, observer, bid: 0, ask: 0, volume: state.volume };
      see(made);
    }
    watched.set(ticker, made);
    return made;
  }

  function see(market: Watched): void {
    market.bid = (engine.bestBid(market.ticker)?.[0] ?? 0) / 100;
    market.ask = (engine.bestAsk(market.ticker)?.[0] ?? 0) / 100;
  }

  flow.start();
  engine.events.subscribe((event) => {
    if (event.type === 'book') {
      const market = watch(event.market);
      if (market !== null && counts(market)) market.observer.updated();
    } else if (event.type === 'ticker') {
      const market = watch(event.market);
      if (market === null) return;
      const { bid, ask } = market;
      const countsNow = counts(market);
      see(market);
      // A quote that is replaced at once empties its side for a moment, in one change of the book after the other.
      if (countsNow && (market.bid !== bid || market.ask !== ask)) market.observer.touchMoved();
    }
  });
  for (let second = 1; second <= 60 * minutes; second++) {
    clock.advanceTo(unixMs(START_MS + second * SECOND_MS));
    for (const { listed, status, volume } of engine.allMarkets()) {
      const market = status === 'active' ? watch(listed.ticker) : null;
      if (market === null) continue;
      see(market);
      if (counts(market)) look(engine, market, second);
      if (counts(market)) market.observer.traded((volume - market.volume) / CONTRACT);
      market.volume = volume;
    }
  }
  flow.stop();
}

function look(engine: Engine, { ticker, observer, bid, ask }: Watched, second: number): void {
  let ten: readonly [number, number] | null = null;
  if (second % LADDER_EVERY === 0) {
    const { bids, asks } = engine.book(ticker);
    ten = [sumOf(bids.slice(-TEN)), sumOf(asks.slice(0, TEN))];
  }
  const touch = [engine.bestBid(ticker)![1] / CONTRACT, engine.bestAsk(ticker)![1] / CONTRACT] as const;
  observer.look({ market: ticker, atMs: START_MS + second * SECOND_MS, bid, ask, touch, ten });
}

function sumOf(levels: readonly Level[]): number {
  return levels.reduce((sum, [, quantity]) => sum + quantity, 0) / CONTRACT;
}
