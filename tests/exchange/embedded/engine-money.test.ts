import { describe, expect, it } from 'vitest';
import { named, type Ticker } from '../../../src/domain/ids.ts';
import { CROWD } from '../../../src/exchange/embedded/model.ts';
import { dollars, EngineWorld, listedWith, MARKET } from '../../support/engine.ts';
import { feesOf, price, quantity, TENTHS } from '../../support/markets.ts';

const FREE = feesOf('quadratic', 0);
const IOC = { timeInForce: 'immediateOrCancel' } as const;

describe('collateral', () => {
  it('holds price × quantity for a bid and (1 − price) × quantity for an ask, and gives it back on a cancel', () => {
    const world = new EngineWorld({ cash: 100 });
    const bid = world.place('ann', 'bid', 30, 10);
    expect(world.cash('ann')).toBe(97);
    world.place('ann', 'ask', 40, 10);
    expect(world.cash('ann')).toBe(91);
    world.engine.decreaseTo('ann', bid.id, quantity(5));
    expect(world.cash('ann')).toBe(92.5);
    world.amend('ann', bid.id, 'bid', 20, 5);
    expect(world.cash('ann')).toBe(93);
    world.engine.cancelAll('ann');
    expect(world.cash('ann')).toBe(100);
  });

  it('holds nothing for what reduces the position, and spreads the position evenly over orders that it covers in part', () => {
    const world = new EngineWorld({ cash: 100, fees: FREE });
    world.place(CROWD, 'ask', 50, 10);
    world.place('ann', 'bid', 50, 10);
    expect(world.cash('ann')).toBe(95);
    world.place('ann', 'ask', 60, 10);
    expect(world.cash('ann')).toBe(95);
    world.place('ann', 'ask', 80, 10);
    // 20 asks worth 4 + 2 of collateral, half of them covered.
    expect(world.cash('ann')).toBe(92);
  });

  it('lets an account without a cent left sell what it has, fees paid from the proceeds', () => {
    const world = new EngineWorld({ cash: 10 });
    world.place(CROWD, 'ask', 50, 19);
    world.place('ann', 'bid', 50, 19);
    expect(world.cash('ann')).toBeLessThan(0.2);
    expect(world.refusal('ann', 'bid', 50, 10)).toBe('insufficient_balance');
    world.place(CROWD, 'bid', 40, 19);
    expect(world.place('ann', 'ask', 40, 19, IOC).order.status).toBe('executed');
    expect(world.imbalance()).toBe(0);
  });

  it('is refused when cash lacks, fees that an immediate execution may cost included', () => {
    const world = new EngineWorld({ cash: 5 });
    expect(world.refusal('ann', 'bid', 50, 10.01)).toBe('insufficient_balance');
    world.place(CROWD, 'ask', 50, 10);
    expect(world.refusal('ann', 'bid', 50, 10)).toBe('insufficient_balance');
    // Resting, it costs no fee under this schedule.
    expect(world.refusal('ann', 'bid', 49, 10)).toBe(null);
  });

  it('counts the fees that resting orders may cost where makers pay, without showing them', () => {
    const world = new EngineWorld({ cash: 5, fees: feesOf('quadratic_with_maker_fees') });
    expect(world.refusal('ann', 'bid', 50, 10)).toBe('insufficient_balance');
    const { id } = world.place('ann', 'bid', 50, 9);
    expect(world.cash('ann')).toBe(0.5);
    // An amend needs the difference only: 9 at .55 cost 4.95 and at most .0391 of fees.
    expect(world.amend('ann', id, 'bid', 56, 9)).toMatchObject({ code: 'insufficient_balance' });
    expect(world.amend('ann', id, 'bid', 55, 9).ok).toBe(true);
  });

  it('is a shard’s own: cash elsewhere does not help', () => {
    const world = new EngineWorld({ cash: 100 });
    const crypto = named<Ticker>('KXCRYPTO-A');
    world.engine.addMarket(listedWith({ ticker: crypto, exchangeIndex: 2 }));
    expect(world.refusal('ann', 'bid', 1, 1, { market: crypto })).toBe('insufficient_balance');
    world.engine.openAccount('eve', new Map([[2, dollars(7)]]));
    const { order } = world.place('eve', 'bid', 50, 10, { market: crypto });
    expect(order.exchangeIndex).toBe(2);
    expect(world.engine.availableCash('eve')).toEqual(new Map([[2, dollars(2)]]));
  });
});

describe('positions', () => {
  it('net yes and no at once into one signed number, with average cost and realised P&L', () => {
    const world = new EngineWorld({ fees: FREE });
    world.place(CROWD, 'ask', 40, 10);
    world.place('ann', 'bid', 40, 10);
    world.place(CROWD, 'ask', 60, 10);
    world.place('ann', 'bid', 60, 10);
    const [long] = world.engine.positions('ann');
    expect(long).toMatchObject({ quantity: quantity(20), cost: dollars(10), realizedPnl: 0, totalTraded: dollars(10) });
    world.place(CROWD, 'bid', 70, 30);
    world.place('ann', 'ask', 70, 30);
    const [short] = world.engine.positions('ann');
    // 20 bought at 50 on average are sold at 70; 10 more are short, at 30 each.
    expect(short).toMatchObject({ quantity: -quantity(10), cost: dollars(3), realizedPnl: dollars(4) });
    expect(world.cash('ann')).toBe(1_000 - 10 + 14 - 3);
    expect(world.engine.audit()).toMatchObject({ openInterest: quantity(10), unbalanced: [] });
  });

  it('are worth what was last paid, whatever is bid for them', () => {
    const world = new EngineWorld({ fees: FREE });
    world.place(CROWD, 'ask', 40, 10);
    world.place('ann', 'bid', 40, 10);
    expect(world.engine.portfolioValue('ann')).toBe(dollars(4));
    world.place(CROWD, 'bid', 37, 1);
    expect(world.engine.portfolioValue('ann')).toBe(dollars(4));
    world.place(CROWD, 'bid', 36, 20);
    world.place('ann', 'ask', 36, 21);
    // 10 sold to close, 11 more short.
    expect(world.engine.portfolioValue('ann')).toBe(dollars(11 * (1 - 0.36)));
  });
});

describe('fees', () => {
  it('are what the venue was seen to take: 1 at .52 costs .017500, 1 at .99 costs .000700', () => {
    const world = new EngineWorld();
    world.place('ann', 'ask', 52, 1);
    expect(world.place('ben', 'bid', 99, 1, IOC).fills).toMatchObject([{ price: price(52), fee: 17_500 }]);
    world.place('ann', 'ask', 99, 1);
    expect(world.place('ben', 'bid', 99, 1).fills).toMatchObject([{ fee: 700 }]);
    expect(world.engine.fills('ann').map(({ fee }) => fee)).toEqual([0, 0]);
    expect(world.engine.orders('ben')[0]).toMatchObject({ takerFees: 700, takerCost: dollars(0.99), makerFees: 0 });
  });

  it('follow a broker’s precision: 1 at .055 costs .005', () => {
    const world = new EngineWorld({ market: { grid: TENTHS }, engine: { feePrecision: dollars(0.01) } });
    world.place(CROWD, 'ask', 5.5, 1);
    expect(world.place('ann', 'bid', 5.5, 1).fills).toMatchObject([{ fee: dollars(0.005) }]);
    expect(world.cash('ann')).toBe(999.94);
  });

  it('are taken from makers where the type says so, and the event’s override beats the series', () => {
    const world = new EngineWorld();
    expect(world.engine.feesOf(MARKET)).toEqual(feesOf('quadratic'));
    const event = world.engine.event(named('KXTEST'))!;
    world.engine.addEvent({ ...event, feeOverride: feesOf('quadratic_with_maker_fees') });
    world.place('ann', 'ask', 50, 100);
    world.place('ben', 'bid', 50, 100);
    expect(world.engine.fills('ann')[0]!.fee).toBe(dollars(0.4375));
    expect(world.engine.fills('ben')[0]!.fee).toBe(dollars(1.75));
    expect(world.imbalance()).toBe(0);
  });

  it('give rounding back over an order’s executions', () => {
    const world = new EngineWorld();
    for (let index = 0; index < 4; index++) world.place('ann', 'ask', 52, 1);
    const { fills } = world.place('ben', 'bid', 52, 4);
    expect(fills.map(({ fee }) => fee)).toEqual([17_500, 17_500, 17_500, 17_400]);
  });
});
