import { describe, expect, it } from 'vitest';
import type { UnixMs } from '../../../src/domain/units.ts';
import { CROWD } from '../../../src/exchange/embedded/model.ts';
import { dollars, EngineWorld, MARKET } from '../../support/engine.ts';
import { DAY_MS, feesOf, NOON_MS, price, quantity, TENTHS } from '../../support/markets.ts';

const status = (world: EngineWorld) => world.engine.market(MARKET)?.status;
const lifecycle = (world: EngineWorld) =>
  world.events.flatMap((event) => (event.type === 'lifecycle' ? event.change : []));

describe('a market', () => {
  it('opens and closes by the market clock, and pays when its settlement timer is over', () => {
    const world = new EngineWorld({
      market: { openMs: (NOON_MS + 1_000) as UnixMs, closeMs: (NOON_MS + 60_000) as UnixMs },
    });
    expect(status(world)).toBe('initialized');
    expect(world.refusal('ann', 'bid', 50, 1)).toBe('market_inactive');
    world.advance(1_000);
    expect(status(world)).toBe('active');
    world.advance(59_000);
    expect(status(world)).toBe('closed');
    world.engine.determine(MARKET, 'yes', price(100));
    expect(status(world)).toBe('determined');
    world.advance(59_999);
    expect(status(world)).toBe('determined');
    world.advance(1);
    expect(world.engine.market(MARKET)).toMatchObject({ status: 'finalized', result: 'yes', settlementValue: 10_000 });
    expect(lifecycle(world)).toEqual(['activated', 'closed', 'determined', 'settled']);
  });

  it('cancels what rests when it closes, and takes nothing afterwards, not even a cancel', () => {
    const world = new EngineWorld();
    const { id } = world.place('ann', 'bid', 50, 10);
    world.place(CROWD, 'ask', 60, 10);
    world.advance(DAY_MS);
    expect(world.engine.order('ann', id)).toMatchObject({ status: 'canceled', updateReason: 'CloseCancel' });
    expect(world.cash('ann')).toBe(1_000);
    expect([world.bids(), world.asks()]).toEqual([[], []]);
    expect(world.engine.cancel('ann', id)).toMatchObject({ code: 'market_inactive' });
    expect(world.refusal('ann', 'bid', 50, 1)).toBe('market_inactive');
    world.engine.determine(MARKET, 'no', price(0));
    expect(world.refusal('ann', 'bid', 50, 1)).toBe('market_already_closed');
  });

  it('closes before a command that comes at or after its close, even if no timer has fired yet', () => {
    let now = NOON_MS;
    const late = { now: () => now, setTimeout: () => null, clearTimeout: () => undefined };
    const world = new EngineWorld({ engine: { market: late } });
    world.place('ann', 'bid', 50, 10);
    now = (NOON_MS + DAY_MS) as UnixMs;
    expect(world.refusal('ben', 'ask', 50, 10)).toBe('market_inactive');
    expect(world.position('ann')).toBe(0);
  });

  it('may close earlier or later than was said, and trade again after a close that came too soon', () => {
    const world = new EngineWorld();
    world.engine.moveClose(MARKET, (NOON_MS + 1_000) as UnixMs);
    world.advance(1_000);
    expect(status(world)).toBe('closed');
    world.engine.moveClose(MARKET, (NOON_MS + 5_000) as UnixMs);
    expect(status(world)).toBe('active');
    world.advance(4_000);
    expect(status(world)).toBe('closed');
    expect(lifecycle(world)).toEqual(['closeMoved', 'closed', 'closeMoved', 'activated', 'closed']);
  });

  it('that is paused takes cancels only, loses orders marked for it, and all the others when it resumes', () => {
    const world = new EngineWorld();
    const marked = world.place('ann', 'bid', 50, 1, { cancelOnPause: true });
    const kept = world.place('ann', 'bid', 49, 1);
    const canceled = world.place('ann', 'bid', 48, 1);
    world.engine.pauseMarket(MARKET);
    expect(world.engine.order('ann', marked.id)).toMatchObject({ status: 'canceled', updateReason: 'HaltCancel' });
    expect(world.refusal('ann', 'bid', 50, 1)).toBe('market_inactive');
    expect(world.amend('ann', kept.id, 'bid', 50, 1)).toMatchObject({ code: 'market_inactive' });
    expect(world.engine.cancel('ann', canceled.id).ok).toBe(true);
    world.engine.resumeMarket(MARKET);
    expect(world.engine.order('ann', kept.id)).toMatchObject({ status: 'canceled', updateReason: 'HaltCancel' });
    expect(status(world)).toBe('active');
  });

  it('may change its grid while orders rest', () => {
    const world = new EngineWorld();
    world.place('ann', 'bid', 50, 1);
    expect(world.refusal('ann', 'bid', 50.1, 1)).toBe('invalid_price');
    world.engine.changeGrid(MARKET, 'deci_cent', TENTHS);
    world.place('ann', 'bid', 50.1, 2);
    expect(world.bids()).toEqual([
      [50.1, 2],
      [50, 1],
    ]);
    expect(world.place('ben', 'ask', 50, 3).order.status).toBe('executed');
  });
});

describe('pauses of the exchange', () => {
  it('of trading: nothing is placed or amended, cancels work, orders marked for it go', () => {
    const world = new EngineWorld();
    const marked = world.place('ann', 'bid', 50, 1, { cancelOnPause: true });
    const kept = world.place('ann', 'bid', 49, 1);
    world.engine.setTradingActive(false);
    expect(world.engine.order('ann', marked.id)?.updateReason).toBe('HaltCancel');
    expect(world.refusal('ann', 'bid', 50, 1)).toBe('trading_is_paused');
    expect(world.amend('ann', kept.id, 'bid', 50, 1)).toMatchObject({ code: 'trading_is_paused' });
    expect(world.engine.cancel('ann', kept.id).ok).toBe(true);
    world.engine.setTradingActive(true);
    expect(world.refusal('ann', 'bid', 50, 1)).toBe(null);
  });

  it('of everything: not even cancels', () => {
    const world = new EngineWorld();
    const marked = world.place('ann', 'bid', 50, 1, { cancelOnPause: true });
    const { id } = world.place('ann', 'bid', 49, 1);
    world.engine.setExchangeActive(false);
    expect(world.engine.order('ann', marked.id)?.updateReason).toBe('HaltCancel');
    expect(world.amend('ann', id, 'bid', 48, 1)).toMatchObject({ code: 'exchange_is_paused' });
    expect(world.engine.decreaseTo('ann', id, quantity(0.5))).toMatchObject({ code: 'exchange_is_paused' });
    expect(world.engine.cancel('ann', id)).toMatchObject({ code: 'exchange_is_paused' });
    expect(world.engine.cancelAll('ann')).toEqual([]);
    expect(world.refusal('ann', 'bid', 50, 1)).toBe('exchange_is_paused');
    expect(world.engine.order('ann', id)?.status).toBe('resting');
  });
});

describe('settlement', () => {
  const settledAt = (result: 'yes' | 'no' | 'scalar', value: number, contracts = 10) => {
    const world = new EngineWorld({ fees: feesOf('quadratic', 0) });
    world.place('ann', 'ask', 40, contracts);
    world.place('ben', 'bid', 40, contracts);
    world.engine.determine(MARKET, result, price(value));
    world.advance(60_000);
    expect(world.imbalance()).toBe(0);
    expect(world.engine.audit().openInterest).toBe(0);
    return world;
  };

  it('pays $1 a yes contract on yes and $1 a no contract on no', () => {
    const yes = settledAt('yes', 100);
    expect([yes.cash('ann'), yes.cash('ben')]).toEqual([994, 1_006]);
    expect(yes.engine.settlements('ben')).toMatchObject([
      {
        result: 'yes',
        yesQuantity: quantity(10),
        yesCost: dollars(4),
        noQuantity: 0,
        revenue: dollars(10),
        fee: 0,
        feesPaid: 0,
      },
    ]);
    expect(yes.engine.positions('ben')).toMatchObject([{ quantity: 0, cost: 0, realizedPnl: dollars(6) }]);
    const no = settledAt('no', 0);
    expect([no.cash('ann'), no.cash('ben')]).toEqual([1_004, 996]);
  });

  it('pays a scalar in whole cents; what is below one is a fee', () => {
    const world = settledAt('scalar', 33.33, 1.01);
    // 1.01 × .3333 = .336633 and 1.01 × .6667 = .673367
    expect(world.engine.settlements('ben')).toMatchObject([{ revenue: dollars(0.33), fee: 6_633 }]);
    expect(world.engine.settlements('ann')).toMatchObject([{ revenue: dollars(0.67), fee: 3_367 }]);
    expect(world.engine.market(MARKET)?.settlementValue).toBe(price(33.33));
  });

  it('pays the crowd too', () => {
    const world = new EngineWorld();
    world.place(CROWD, 'ask', 40, 10);
    world.place('ben', 'bid', 40, 10);
    world.engine.determine(MARKET, 'no', price(0));
    world.advance(60_000);
    expect(world.imbalance()).toBe(0);
    expect(world.engine.audit()).toMatchObject({ openInterest: 0, unbalanced: [] });
  });
});

describe('a result that is doubted', () => {
  const traded = () => {
    const world = new EngineWorld({ fees: feesOf('quadratic', 0) });
    world.place('ann', 'ask', 40, 10);
    world.place('ben', 'bid', 40, 10);
    world.engine.determine(MARKET, 'yes', price(100));
    return world;
  };

  it('is not paid while it is disputed, and paid as amended when the settlement timer has run again', () => {
    const world = traded();
    world.advance(59_999);
    world.engine.dispute(MARKET);
    expect(status(world)).toBe('disputed');
    world.advance(DAY_MS);
    expect(world.engine.settlements('ben')).toEqual([]);
    expect(world.refusal('ann', 'bid', 50, 1)).toBe('market_already_closed');
    world.engine.amendResult(MARKET, 'no', price(0));
    expect(world.engine.market(MARKET)).toMatchObject({ status: 'amended', result: 'no', settlementValue: 0 });
    world.advance(59_999);
    expect(status(world)).toBe('amended');
    world.advance(1);
    expect(status(world)).toBe('finalized');
    expect([world.cash('ann'), world.cash('ben')]).toEqual([1_004, 996]);
    expect(world.imbalance()).toBe(0);
    expect(lifecycle(world)).toEqual(['closed', 'determined', 'determined', 'settled']);
  });

  it('may be amended at once; what was due for the first one is never paid', () => {
    const world = traded();
    world.advance(30_000);
    world.engine.amendResult(MARKET, 'scalar', price(50));
    world.advance(30_000);
    expect(status(world)).toBe('amended');
    world.advance(30_000);
    expect(world.engine.settlements('ben')).toMatchObject([{ result: 'scalar', revenue: dollars(5) }]);
    expect(world.engine.settlements('ben')).toHaveLength(1);
  });

  it('cannot be doubted before it is there or after it was paid', () => {
    const world = new EngineWorld();
    expect(() => world.engine.dispute(MARKET)).toThrow('is active: there is no result to dispute');
    world.engine.determine(MARKET, 'yes', price(100));
    world.advance(60_000);
    expect(() => world.engine.dispute(MARKET)).toThrow('is finalized');
    expect(() => world.engine.amendResult(MARKET, 'no', price(0))).toThrow('is finalized');
  });
});

describe('a market’s numbers', () => {
  it('count trades: last price, volume, a day’s volume that forgets, open interest on what stood before', () => {
    const world = new EngineWorld({
      market: {
        closeMs: (NOON_MS + 10 * DAY_MS) as UnixMs,
        volumeBefore: quantity(100),
        volume24hBefore: quantity(40),
        openInterestBefore: quantity(7),
      },
    });
    world.place(CROWD, 'ask', 40, 10);
    world.place('ben', 'bid', 40, 4);
    expect(world.engine.market(MARKET)).toMatchObject({
      lastPrice: price(40),
      lastTradeQuantity: quantity(4),
      volume: quantity(104),
      volume24h: quantity(44),
      openInterest: quantity(11),
      dollarVolume: dollars(1.6),
    });
    world.advance(DAY_MS / 2);
    expect(world.engine.market(MARKET)?.volume24h).toBe(quantity(24));
    world.advance(DAY_MS);
    expect(world.engine.market(MARKET)?.volume24h).toBe(0);
    expect(world.engine.market(MARKET)?.volume).toBe(quantity(104));
  });
});
