import { describe, expect, it } from 'vitest';
import { type ClientOrderId, named } from '../../../src/domain/ids.ts';
import { PriceGrid } from '../../../src/domain/market.ts';
import type { UnixMs } from '../../../src/domain/units.ts';
import { CROWD } from '../../../src/exchange/embedded/model.ts';
import { EngineWorld, MARKET } from '../../support/engine.ts';
import { feesOf, NOON_MS, price, quantity, TAPERED } from '../../support/markets.ts';

const IOC = { timeInForce: 'immediateOrCancel' } as const;
const FOK = { timeInForce: 'fillOrKill' } as const;

describe('matching', () => {
  it('executes at the resting order’s price, best price first and oldest first at a price', () => {
    const world = new EngineWorld();
    const first = world.place('ann', 'ask', 52, 10);
    const better = world.place('ann', 'ask', 51, 5);
    const second = world.place('ann', 'ask', 52, 10);
    const { fills, order } = world.place('ben', 'bid', 53, 20);
    expect(fills.map((fill) => [fill.price, fill.quantity, fill.isTaker])).toEqual([
      [price(51), quantity(5), true],
      [price(52), quantity(10), true],
      [price(52), quantity(5), true],
    ]);
    expect(order.status).toBe('executed');
    const makers = world.engine.fills('ann').map(({ orderId }) => orderId);
    expect(makers).toEqual([second.id, first.id, better.id]);
    expect(world.asks()).toEqual([[52, 5]]);
    expect([world.position('ann'), world.position('ben')]).toEqual([-20, 20]);
  });

  it('rests what does not execute, in hundredths of a contract and tenths of a cent where the grid has them', () => {
    const world = new EngineWorld({ market: { grid: TAPERED } });
    world.place('ann', 'ask', 9.7, 0.37);
    const { order, fills } = world.place('ben', 'bid', 9.8, 1.5);
    expect(fills[0]).toMatchObject({ price: price(9.7), quantity: quantity(0.37) });
    expect(order).toMatchObject({ status: 'resting', filled: quantity(0.37), remaining: quantity(1.13) });
    expect(world.bids()).toEqual([[9.8, 1.13]]);
  });

  it('refuses prices off the grid, sizes that are none, unknown markets', () => {
    const world = new EngineWorld({ market: { grid: TAPERED } });
    expect(world.refusal('ann', 'bid', 50.5, 1)).toBe('invalid_price');
    expect(world.refusal('ann', 'bid', 9.95, 1)).toBe('invalid_price');
    expect(world.refusal('ann', 'bid', 0, 1)).toBe('invalid_price');
    expect(world.refusal('ann', 'bid', 100, 1)).toBe('invalid_price');
    expect(world.refusal('ann', 'bid', 50, 0)).toBe('invalid_order_size');
    expect(world.refusal('ann', 'bid', 50, -1)).toBe('invalid_order_size');
    expect(world.refusal('ann', 'bid', 50, 1, { market: named('KXNONE') })).toBe('market_not_found');
  });

  it('takes prices of any ranges: hundredths of a cent at the edge, fifths between', () => {
    const grid = new PriceGrid([
      { start: price(0), end: price(1), step: price(0.01) },
      { start: price(1), end: price(99), step: price(0.2) },
      { start: price(99), end: price(100), step: price(0.01) },
    ]);
    const world = new EngineWorld({ market: { grid } });
    for (const cents of [0.01, 0.99, 1.2, 50.4]) world.place('ann', 'bid', cents, 1);
    for (const cents of [50.6, 99.98, 99.99]) world.place('ann', 'ask', cents, 1);
    expect(world.bids().map(([at]) => at)).toEqual([50.4, 1.2, 0.99, 0.01]);
    expect(world.asks().map(([at]) => at)).toEqual([50.6, 99.98, 99.99]);
    expect(world.refusal('ann', 'bid', 50.5, 1)).toBe('invalid_price');
  });

  it('cancels the rest of an immediateOrCancel, and lets one that meets nothing pass with nothing filled', () => {
    const world = new EngineWorld();
    world.place('ann', 'ask', 52, 3);
    expect(world.place('ben', 'bid', 52, 5, IOC).order).toMatchObject({
      status: 'canceled',
      filled: 300,
      remaining: 0,
    });
    expect(world.place('ben', 'bid', 52, 5, IOC).order).toMatchObject({ status: 'canceled', filled: 0, remaining: 0 });
    expect(world.bids()).toEqual([]);
  });

  it('fills a fillOrKill whole or not at all, and burns its id when it is killed', () => {
    const world = new EngineWorld();
    world.place('ann', 'ask', 52, 3);
    world.place('ann', 'ask', 53, 3);
    const clientOrderId = named<ClientOrderId>('once');
    expect(world.refusal('ben', 'bid', 52, 5, { ...FOK, clientOrderId })).toBe(
      'fill_or_kill_insufficient_resting_volume',
    );
    expect(world.position('ben')).toBe(0);
    expect(world.refusal('ben', 'bid', 53, 5, { ...FOK, clientOrderId })).toBe('order_already_exists');
    expect(world.place('ben', 'bid', 53, 5, FOK).order.status).toBe('executed');
  });

  it('refuses a post-only order that would execute, and keeps a canceled record of it', () => {
    const world = new EngineWorld();
    world.place('ann', 'ask', 52, 3);
    expect(world.refusal('ben', 'bid', 52, 5, { postOnly: true })).toBe('invalid_order');
    expect(world.engine.orders('ben')).toMatchObject([{ status: 'canceled', updateReason: 'PostOnlyCrossCancel' }]);
    expect(world.place('ben', 'bid', 51, 5, { postOnly: true }).order.status).toBe('resting');
  });

  it('caps a reduce-only order at the position, cancels it where there is nothing to reduce, takes it with IOC only', () => {
    const world = new EngineWorld();
    world.place('ann', 'bid', 50, 20);
    world.place('ann', 'ask', 51, 5);
    world.place('ben', 'bid', 51, 5);
    const reducing = world.place('ben', 'ask', 50, 20, { ...IOC, reduceOnly: true });
    expect(reducing.order).toMatchObject({ filled: quantity(5), status: 'canceled', updateReason: 'ReduceOnlyCancel' });
    expect(world.position('ben')).toBe(0);
    expect(world.place('ben', 'ask', 50, 1, { ...IOC, reduceOnly: true }).order).toMatchObject({
      filled: 0,
      status: 'canceled',
      updateReason: 'ReduceOnlyCancel',
    });
    expect(world.refusal('ben', 'ask', 50, 1, { reduceOnly: true })).toBe('invalid_parameters');
  });
});

describe('an order that meets one of its own account', () => {
  it('with taker_at_cross is canceled there; what it filled before stands, the resting one is untouched', () => {
    const world = new EngineWorld();
    world.place('ann', 'ask', 51, 2);
    const own = world.place('ben', 'ask', 52, 3);
    world.place('ann', 'ask', 53, 4);
    const { order } = world.place('ben', 'bid', 53, 9);
    expect(order).toMatchObject({
      status: 'canceled',
      filled: quantity(2),
      remaining: 0,
      updateReason: 'SelfTradeCancel',
    });
    expect(world.engine.order('ben', own.id)?.status).toBe('resting');
    expect(world.asks()).toEqual([
      [52, 3],
      [53, 4],
    ]);
  });

  it('with maker cancels the resting one and goes on', () => {
    const world = new EngineWorld();
    world.place('ann', 'ask', 51, 2);
    const own = world.place('ben', 'ask', 52, 3);
    world.place('ann', 'ask', 53, 4);
    const { order } = world.place('ben', 'bid', 53, 9, { selfTrade: 'maker' });
    expect(order).toMatchObject({ status: 'resting', filled: quantity(6), remaining: quantity(3) });
    expect(world.engine.order('ben', own.id)).toMatchObject({ status: 'canceled', updateReason: 'SelfTradeCancel' });
    expect(world.imbalance()).toBe(0);
  });

  it('as a fillOrKill behaves like immediateOrCancel: partial fills stand', () => {
    const world = new EngineWorld();
    world.place('ann', 'ask', 51, 2);
    world.place('ben', 'ask', 52, 3);
    expect(world.place('ben', 'bid', 52, 5, FOK).order).toMatchObject({ status: 'canceled', filled: quantity(2) });
  });

  it('does not concern the crowd, which is many', () => {
    const world = new EngineWorld();
    world.place(CROWD, 'ask', 52, 3);
    world.place(CROWD, 'bid', 52, 2);
    expect(world.asks()).toEqual([[52, 1]]);
    expect(world.engine.trades(MARKET)).toHaveLength(1);
  });
});

describe('cancelling, decreasing, amending', () => {
  it('cancels what is left and says how much; what is over or another’s is not found', () => {
    const world = new EngineWorld();
    const { id } = world.place('ann', 'bid', 50, 10);
    world.place('ben', 'ask', 50, 4);
    expect(world.engine.cancel('ben', id)).toMatchObject({ ok: false, code: 'not_found' });
    expect(world.engine.cancel('ann', id)).toMatchObject({
      reducedBy: quantity(6),
      order: { status: 'canceled', remaining: 0 },
    });
    expect(world.engine.cancel('ann', id)).toMatchObject({ ok: false, code: 'not_found' });
  });

  it('never takes a client order id twice, whatever became of the first', () => {
    const world = new EngineWorld();
    const clientOrderId = named<ClientOrderId>('once');
    const { id } = world.place('ann', 'bid', 50, 1, { clientOrderId });
    world.engine.cancel('ann', id);
    expect(world.refusal('ann', 'bid', 50, 1, { clientOrderId })).toBe('order_already_exists');
    expect(world.refusal('ben', 'bid', 50, 1, { clientOrderId })).toBe(null);
  });

  it('keeps the place in line on a decrease, a smaller amend and a new expiration; loses it on a larger one or a new price', () => {
    const ahead = (change: (world: EngineWorld, id: ReturnType<EngineWorld['place']>['id']) => { ok: boolean }) => {
      const world = new EngineWorld();
      const { id } = world.place('ann', 'bid', 50, 10);
      world.place('ben', 'bid', 50, 7);
      expect(change(world, id).ok).toBe(true);
      return world.engine.queueAhead(id);
    };
    expect(ahead((world, id) => world.engine.decreaseTo('ann', id, quantity(4)))).toBe(0);
    expect(ahead((world, id) => world.amend('ann', id, 'bid', 50, 9))).toBe(0);
    expect(ahead((world, id) => world.amend('ann', id, 'bid', 50, 10, { expiresAtMs: (NOON_MS + 1) as UnixMs }))).toBe(
      0,
    );
    expect(ahead((world, id) => world.amend('ann', id, 'bid', 50, 11))).toBe(quantity(7));
    expect(
      ahead((world, id) => {
        world.amend('ann', id, 'bid', 51, 10);
        return world.amend('ann', id, 'bid', 50, 10);
      }),
    ).toBe(quantity(7));
  });

  it('reads an amend’s quantity as filled + remaining: equal to filled cancels, below is refused', () => {
    const world = new EngineWorld();
    const { id } = world.place('ann', 'bid', 50, 10);
    world.place('ben', 'ask', 50, 4);
    expect(world.amend('ann', id, 'bid', 50, 3)).toMatchObject({ code: 'invalid_amend_quantity_for_order' });
    expect(world.amend('ann', id, 'bid', 49, 9)).toMatchObject({
      changed: true,
      order: { remaining: quantity(5), initial: quantity(9), price: price(49) },
    });
    expect(world.amend('ann', id, 'bid', 49, 4)).toMatchObject({
      changed: true,
      order: { status: 'canceled', remaining: 0, updateReason: 'Amend' },
    });
    const other = world.place('ann', 'bid', 50, 1);
    world.place('ben', 'ask', 50, 1);
    expect(world.amend('ann', other.id, 'bid', 50, 5)).toMatchObject({ code: 'cannot_update_filled_order' });
  });

  it('executes an amend that crosses, refuses one that would meet an own order or break post-only', () => {
    const world = new EngineWorld();
    world.place('ben', 'ask', 52, 4);
    const { id } = world.place('ann', 'bid', 50, 10);
    expect(world.amend('ann', id, 'bid', 52, 10)).toMatchObject({
      changed: true,
      fills: [{ quantity: quantity(4), isTaker: true }],
      order: { filled: quantity(4), remaining: quantity(6) },
    });
    world.place('ann', 'ask', 54, 1);
    expect(world.amend('ann', id, 'bid', 54, 10)).toMatchObject({ code: 'self_cross_attempt' });
    const postOnly = world.place('ann', 'bid', 40, 1, { postOnly: true });
    world.place('ben', 'ask', 53, 1);
    expect(world.amend('ann', postOnly.id, 'bid', 53, 1)).toMatchObject({ code: 'invalid_order' });
    expect(world.bids()).toEqual([
      [52, 6],
      [40, 1],
    ]);
  });

  it('checks what an amend says about its order, and burns the new client id', () => {
    const world = new EngineWorld();
    const { id, order } = world.place('ann', 'bid', 50, 10);
    expect(world.amend('ann', id, 'ask', 50, 10)).toMatchObject({ code: 'order_side_mismatch' });
    expect(world.amend('ann', id, 'bid', 50.5, 10)).toMatchObject({ code: 'invalid_price' });
    expect(world.amend('ann', id, 'bid', 50, 10, { market: named('KXTEST-B') })).toMatchObject({
      code: 'order_ticker_mismatch',
    });
    expect(world.amend('ann', id, 'bid', 50, 10, { clientOrderId: named('other') })).toMatchObject({
      code: 'order_id_and_client_order_id_mismatch',
    });
    expect(world.amend('ann', id, 'bid', 50, 10, { updatedClientOrderId: named('new') })).toMatchObject({
      changed: false,
      order: { clientOrderId: 'new' },
    });
    expect(world.refusal('ann', 'bid', 50, 1, { clientOrderId: named('new') })).toBe('order_already_exists');
    expect(world.refusal('ann', 'bid', 50, 1, { clientOrderId: order.clientOrderId })).toBe('order_already_exists');
  });

  it('expires orders by the market clock, and forgets an expiration that was cleared', () => {
    const world = new EngineWorld();
    const expiresAtMs = (NOON_MS + 5_000) as UnixMs;
    const { id } = world.place('ann', 'bid', 50, 1, { expiresAtMs });
    const kept = world.place('ann', 'bid', 50, 1, { expiresAtMs });
    world.amend('ann', kept.id, 'bid', 50, 1, { expiresAtMs: null });
    world.advance(4_999);
    expect(world.engine.order('ann', id)?.status).toBe('resting');
    world.advance(1);
    expect(world.engine.order('ann', id)).toMatchObject({ status: 'canceled', updateReason: 'ExpiryCancel' });
    expect(world.engine.order('ann', kept.id)?.status).toBe('resting');
    expect(world.refusal('ann', 'bid', 50, 1, { expiresAtMs })).toBe('invalid_parameters');
    expect(world.refusal('ann', 'bid', 50, 1, { ...IOC, expiresAtMs: (NOON_MS + 9_000) as UnixMs })).toBe(
      'invalid_parameters',
    );
  });
});

describe('what is told', () => {
  it('comes after the state stands, in order, with one ticker a command and own changes named', () => {
    const world = new EngineWorld({ fees: feesOf('quadratic_with_maker_fees') });
    const { order } = world.place('ann', 'ask', 52, 3);
    expect(world.events).toMatchObject([
      { type: 'book', side: 'ask', change: quantity(3), user: 'ann', clientOrderId: order.clientOrderId },
      { type: 'order', order: { status: 'resting' } },
      { type: 'ticker' },
    ]);
    world.events.length = 0;
    world.place('ben', 'bid', 53, 5);
    expect(world.events).toMatchObject([
      { type: 'book', side: 'ask', change: -quantity(3), user: 'ann' },
      { type: 'trade', trade: { price: price(52), quantity: quantity(3), takerSide: 'bid' } },
      { type: 'fill', fill: { user: 'ann', isTaker: false, positionAfter: -quantity(3) } },
      { type: 'order', order: { user: 'ann', status: 'executed' } },
      { type: 'position', user: 'ann' },
      { type: 'fill', fill: { user: 'ben', isTaker: true, positionAfter: quantity(3) } },
      { type: 'book', side: 'bid', change: quantity(2), user: 'ben' },
      { type: 'order', order: { user: 'ben', status: 'resting', filled: quantity(3) } },
      { type: 'position', user: 'ben' },
      { type: 'ticker' },
    ]);
  });

  it('names nobody for the crowd and tells no ticker when neither touch nor trades change', () => {
    const world = new EngineWorld();
    world.place(CROWD, 'bid', 50, 3);
    world.events.length = 0;
    world.place(CROWD, 'bid', 49, 3);
    expect(world.events).toMatchObject([{ type: 'book', user: null, clientOrderId: null }]);
    expect(world.engine.hasAccount(CROWD)).toBe(false);
  });

  it('waits its turn when a listener commands the engine: first everything of the first command', () => {
    const world = new EngineWorld();
    const told: string[] = [];
    world.engine.events.subscribe((event) => {
      if (event.type === 'book') told.push(`${event.side} ${event.change / 100}`);
      if (event.type === 'ticker') told.push('ticker');
      if (event.type === 'book' && event.side === 'bid') world.place('ben', 'ask', 60, 2);
    });
    world.place('ann', 'bid', 50, 1);
    expect(told).toEqual(['bid 1', 'ticker', 'ask 2', 'ticker']);
  });
});
