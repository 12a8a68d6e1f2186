import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Ticker } from '../../../src/domain/ids.ts';
import { ManualClock } from '../../../src/domain/manual-clock.ts';
import { createRandom } from '../../../src/domain/seeded-random.ts';
import type { Side } from '../../../src/domain/side.ts';
import { type Centicents, type Centicontracts, fromDollars, unixMs } from '../../../src/domain/units.ts';
import { createEngine } from '../../../src/exchange/embedded/engine.ts';
import { createSyntheticWorld } from '../../../src/exchange/embedded/flow/synthetic.ts';
import type { Engine, MarketState, NewOrder } from '../../../src/exchange/embedded/model.ts';

const START_MS = unixMs(Date.UTC(2026, 4, 13, 13, 33, 13));
const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
/** The crowd is looked at once a second. */
const LOOKS_SECONDS = process.env.BOTHSIDES_LONG === '1' ? 300 : 100;

function createWorld(seed: number, options: { markets?: number; none?: boolean } = {}) {
  const clock = new ManualClock(START_MS);
  const random = createRandom(seed);
  const engine = createEngine({ market: clock, random: random.split('engine') });
  const flow = createSyntheticWorld({
    engine,
    market: clock,
    random: random.split('flow'),
    markets: options.markets ?? 60,
    none: options.none ?? false,
  });
  const advance = (ms: number) => clock.advanceTo(clock.now() + ms);
  return { clock, engine, flow, advance };
}

const active = (engine: Engine) => engine.allMarkets().filter(({ status }) => status === 'active');
const mid = (engine: Engine, ticker: Ticker) =>
  ((engine.bestBid(ticker)?.[0] ?? 0) + (engine.bestAsk(ticker)?.[0] ?? 10_000)) / 2;
const categoryOf = (engine: Engine, { listed }: MarketState) =>
  engine.series(engine.event(listed.event)!.series)!.category;

describe('The catalogue of the synthetic world', () => {
  const { engine } = createWorld(1);
  const markets = engine.allMarkets();

  it('is listed at once, as large as asked for, over many categories', () => {
    expect(markets).toHaveLength(60);
    expect(new Set(markets.map((market) => categoryOf(engine, market))).size).toBeGreaterThanOrEqual(5);
    expect(new Set(markets.map(({ listed }) => listed.ticker)).size).toBe(60);
    for (const count of [1, 7, 50, 300]) {
      const listed = createWorld(1, { markets: count }).engine.allMarkets();
      expect(listed).toHaveLength(count);
      expect(new Set(listed.map(({ listed: { ticker } }) => ticker)).size).toBe(count);
    }
  });

  it('has exclusive events, ladders, single questions, several grids, fees and shards', () => {
    const events = engine.allEvents();
    expect(events.some(({ mutuallyExclusive }) => mutuallyExclusive)).toBe(true);
    const strikes = markets.filter(({ listed }) => listed.strikeType === 'greater');
    expect(strikes.length).toBeGreaterThan(5);
    expect(events.some(({ ticker }) => engine.eventMarkets(ticker).length === 1)).toBe(true);
    expect(new Set(markets.map(({ listed }) => listed.gridLabel))).toEqual(
      new Set(['linear_cent', 'deci_cent', 'tapered_deci_cent']),
    );
    expect(new Set(engine.allSeries().map(({ fees }) => `${fees.type} ${fees.multiplierMillionths}`)).size).toBe(3);
    expect(new Set(markets.map(({ listed }) => listed.exchangeIndex))).toEqual(new Set([0, 2, 3]));
  });

  it('closes some of its markets within the hour and a half, most of them days later', () => {
    const minutes = markets.map(({ listed }) => (listed.closeMs - START_MS) / MINUTE_MS);
    expect(Math.min(...minutes)).toBeGreaterThanOrEqual(10);
    expect(minutes.filter((closes) => closes <= 90).length).toBeGreaterThanOrEqual(3);
    expect(minutes.filter((closes) => closes > 1_440).length).toBeGreaterThan(30);
  });

  it('was listed in the past, except what is new, and had traded before', () => {
    const old = markets.filter(({ listed }) => listed.createdMs < START_MS - MINUTE_MS);
    expect(old.length).toBeGreaterThan(45);
    expect(old.length).toBeLessThan(60);
    for (const { listed, volume, volume24h } of old) {
      expect(volume24h).toBeGreaterThan(0);
      expect(volume).toBeGreaterThanOrEqual(volume24h);
      expect(listed.openMs).toBeGreaterThanOrEqual(listed.createdMs);
    }
  });

  it('stands still, open and empty when there is to be no flow', () => {
    const { engine: empty, flow, advance } = createWorld(1, { none: true });
    flow.start();
    advance(DAY_MS);
    expect(active(empty)).toHaveLength(60);
    for (const { listed } of empty.allMarkets()) expect(empty.bestBid(listed.ticker)).toBeNull();
  });
});

describe('A large world', () => {
  const { engine } = createWorld(1, { markets: 1_000 });
  const markets = engine.allMarkets();

  it('has more series of every kind, not the same ones over and over', () => {
    expect(markets).toHaveLength(1_000);
    const series = engine.allSeries();
    expect(series.length).toBeGreaterThan(90);
    const titles = engine.allEvents().map(({ title, ticker }) => `${title} ${ticker.replace(/N\d+$/, '')}`);
    expect(new Set(titles).size / titles.length).toBeGreaterThan(0.9);
  });

  it('says beforehand when something is to come out', () => {
    const announced = markets.filter(({ listed }) => / at \d{4}-\d\d-\d\dT\d\d:\d\dZ\.$/.test(listed.rulesPrimary));
    expect(announced.length).toBeGreaterThan(200);
  });
});

describe('The crowd of the synthetic world', () => {
  it('does the same from the same seed, and something else from another', () => {
    const history = (seed: number) => {
      const { engine, flow, advance } = createWorld(seed, { markets: 20 });
      const hash = createHash('sha256');
      let count = 0;
      engine.events.subscribe((event) => {
        count++;
        hash.update(JSON.stringify(event));
      });
      flow.start();
      advance(45_000);
      return `${count} ${hash.digest('hex')}`;
    };
    const once = history(5);
    expect(history(5)).toBe(once);
    expect(history(6)).not.toBe(once);
  });

  it('quotes both sides of active markets nearly always, mostly 1 to 6 cents wide, with depth', () => {
    const { engine, flow, advance } = createWorld(2);
    flow.start();
    let looks = 0;
    let twoSided = 0;
    const spreads: number[] = [];
    const depths: number[] = [];
    for (let second = 0; second < LOOKS_SECONDS; second++) {
      advance(1_000);
      for (const { listed, dollarVolume } of active(engine)) {
        // Without a trade: the dead and the just born.
        if (dollarVolume === 0 || Math.abs(mid(engine, listed.ticker) - 5_000) > 4_500) continue;
        const bid = engine.bestBid(listed.ticker);
        const ask = engine.bestAsk(listed.ticker);
        looks++;
        if (bid === null || ask === null) continue;
        twoSided++;
        expect(ask[0]).toBeGreaterThan(bid[0]);
        spreads.push(ask[0] - bid[0]);
        depths.push(bid[1] + ask[1]);
      }
    }
    expect(looks).toBeGreaterThan(27 * LOOKS_SECONDS);
    expect(twoSided / looks).toBeGreaterThan(0.95);
    expect(spreads.filter((spread) => spread <= 600).length / spreads.length).toBeGreaterThan(0.8);
    depths.sort((one, other) => one - other);
    expect(depths[Math.floor(depths.length / 2)]).toBeGreaterThan(50_00);
  });

  it('fills a passive quote at the touch or inside it within seconds to a minute', () => {
    const { engine, flow, advance } = createWorld(3);
    engine.openAccount('maker', new Map([0, 1, 2, 3].map((shard) => [shard, fromDollars(100_000)] as const)));
    flow.start();
    advance(10_000);
    const markets = active(engine).filter(
      ({ listed, volume }) =>
        volume > listed.volumeBefore &&
        listed.closeMs > START_MS + DAY_MS &&
        Math.abs(mid(engine, listed.ticker) - 5_000) < 3_500,
    );
    expect(markets.length).toBeGreaterThan(10);
    const waits: number[] = [];
    for (const { listed } of markets) {
      const tick = listed.grid.stepAt(5_000);
      const bid = engine.bestBid(listed.ticker)![0];
      const inside = engine.bestAsk(listed.ticker)![0] - bid > tick ? bid + tick : bid;
      const answer = engine.create('maker', quote(listed.ticker, 'bid', inside as Centicents));
      expect(answer.ok).toBe(true);
      if (!answer.ok) continue;
      let seconds = 0;
      while (seconds < 120 && engine.order('maker', answer.order.orderId)!.status === 'resting') {
        advance(1_000);
        seconds++;
      }
      waits.push(seconds);
    }
    waits.sort((one, other) => one - other);
    expect(waits[Math.floor(waits.length / 2)]).toBeLessThan(45);
    expect(waits.filter((wait) => wait <= 60).length / waits.length).toBeGreaterThan(0.7);
  });

  it('takes a quote that is too good at once, whichever side it stands on', () => {
    const { engine, flow, advance } = createWorld(4);
    engine.openAccount('maker', new Map([[0, fromDollars(1_000)]]));
    flow.start();
    const { listed } = active(engine).find(
      ({ listed: { ticker, exchangeIndex } }) => exchangeIndex === 0 && Math.abs(mid(engine, ticker) - 5_000) < 2_000,
    )!;
    const ask = engine.bestAsk(listed.ticker)![0];
    // Clear the way, then bid 8 cents more than anybody asked.
    const price = (ask + 800) as Centicents;
    engine.create('maker', { ...quote(listed.ticker, 'bid', price), quantity: 1_000_00 as Centicontracts });
    const before = engine.positions('maker').find(({ market }) => market === listed.ticker)?.quantity ?? 0;
    engine.create('maker', quote(listed.ticker, 'bid', price));
    advance(20_000);
    const after = engine.positions('maker').find(({ market }) => market === listed.ticker)?.quantity ?? 0;
    expect(after).toBeGreaterThan(before);
  });

  it('does not make up for hours that it missed', () => {
    // A clock that fires late: everything due is fired when its time has long passed.
    const clock = new ManualClock(START_MS);
    let lateMs = 0;
    const late = {
      now: () => unixMs(clock.now() + lateMs),
      setTimeout: (run: () => void, ms: number) => clock.setTimeout(run, ms),
      clearTimeout: (id: unknown) => clock.clearTimeout(id),
    };
    const random = createRandom(5);
    const engine = createEngine({ market: late, random });
    const world = createSyntheticWorld({ engine, market: late, random, markets: 20 });
    world.start();
    clock.advanceTo(START_MS + 10_000);
    const before = world.actions;
    lateMs = 5 * MINUTE_MS;
    clock.advanceTo(START_MS + 11_000);
    // Two seconds are made up for, and one more has passed; ten had passed before.
    expect(world.actions - before).toBeLessThan(before / 2);
    expect(world.actions - before).toBeGreaterThan(0);
  });

  it('does nothing after it was stopped', () => {
    const { engine, flow, advance, clock } = createWorld(6, { markets: 10 });
    flow.start();
    advance(5_000);
    flow.stop();
    let told = 0;
    engine.events.subscribe(() => told++);
    advance(MINUTE_MS);
    expect(told).toBe(0);
    expect(clock.now()).toBe(START_MS + MINUTE_MS + 5_000);
  });
});

describe('The end of synthetic markets', () => {
  let world: ReturnType<typeof createWorld>;
  beforeAll(() => {
    world = createWorld(7, { markets: 25 });
    world.flow.start();
    world.advance(50 * MINUTE_MS);
  }, 60_000);

  it('comes at their close, with a result, and others follow', () => {
    const { engine, clock } = world;
    const over = engine.allMarkets().filter(({ listed }) => listed.closeMs < clock.now() - MINUTE_MS);
    expect(over.length).toBeGreaterThan(5);
    for (const market of over) {
      expect(market.status).toBe('finalized');
      expect(['yes', 'no']).toContain(market.result);
    }
    expect(active(engine).length).toBe(25);
    const successors = engine.allMarkets().filter(({ listed }) => listed.createdMs > START_MS);
    expect(successors.length).toBe(over.length);
  });

  it('asks of a price whether it rises from where it stood at the opening, which is told once it trades', () => {
    const rising = world.engine.allMarkets().filter(({ listed }) => /up over the next/.test(listed.title));
    expect(rising.some(({ listed }) => listed.createdMs > START_MS)).toBe(true);
    for (const { listed } of rising) {
      expect(listed).toMatchObject({ strikeType: 'greater_or_equal', floorStrike: expect.any(Number) });
      expect(listed.yesSubTitle).toMatch(/^\$[\d,.]+ or above$/);
    }
  });

  it('fits together within each event', () => {
    const { engine } = world;
    const settled = engine
      .allEvents()
      .map((event) => ({ event, markets: engine.eventMarkets(event.ticker) }))
      .filter(({ markets }) => markets.every(({ status }) => status === 'finalized'));
    expect(settled.length).toBeGreaterThanOrEqual(3);
    for (const { event, markets } of settled) {
      const yes = markets.filter(({ result }) => result === 'yes');
      if (event.mutuallyExclusive) expect(yes.length).toBeLessThanOrEqual(1);
      const ladder = markets.filter(({ listed }) => listed.strikeType === 'greater');
      if (ladder.length !== markets.length) continue;
      const strikesYes = yes.map(({ listed }) => listed.floorStrike!);
      const strikesNo = markets.filter(({ result }) => result === 'no').map(({ listed }) => listed.floorStrike!);
      expect(Math.max(...strikesYes, Number.NEGATIVE_INFINITY)).toBeLessThan(
        Math.min(...strikesNo, Number.POSITIVE_INFINITY),
      );
    }
  });
});

function quote(market: Ticker, side: Side, price: Centicents): NewOrder {
  return {
    market,
    side,
    price,
    quantity: 5_00 as Centicontracts,
    timeInForce: 'goodTillCanceled',
    selfTrade: 'taker_at_cross',
    clientOrderId: null,
    expiresAtMs: null,
    postOnly: false,
    reduceOnly: false,
    cancelOnPause: false,
    groupId: null,
  };
}
