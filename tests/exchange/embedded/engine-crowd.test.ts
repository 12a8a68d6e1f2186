import { describe, expect, it } from 'vitest';
import { CROWD } from '../../../src/exchange/embedded/model.ts';
import { EngineWorld, MARKET } from '../../support/engine.ts';
import { price, quantity } from '../../support/markets.ts';

/** An ask of an account at 52 between five contracts of the crowd that came before and three that came after. */
function inLine() {
  const world = new EngineWorld();
  world.engine.crowdAdd(MARKET, 'ask', price(52), quantity(5));
  const { id } = world.place('ann', 'ask', 52, 2);
  world.engine.crowdAdd(MARKET, 'ask', price(52), quantity(3));
  world.events.length = 0;
  return { world, id };
}

describe('the crowd of a recording', () => {
  it('stands before and behind account orders as they came; its quantity at a level is its own', () => {
    const { world, id } = inLine();
    expect(world.asks()).toEqual([[52, 10]]);
    expect(world.engine.crowdQuantity(MARKET, 'ask', price(52))).toBe(quantity(8));
    expect(world.engine.queueAhead(id)).toBe(quantity(5));
  });

  it('cancels from behind us first, and only then from before us', () => {
    const { world, id } = inLine();
    expect(world.engine.crowdRemove(MARKET, 'ask', price(52), quantity(3), 'tail')).toBe(quantity(3));
    expect(world.engine.queueAhead(id)).toBe(quantity(5));
    expect(world.engine.crowdRemove(MARKET, 'ask', price(52), quantity(2), 'tail')).toBe(quantity(2));
    expect(world.engine.queueAhead(id)).toBe(quantity(3));
    expect(world.engine.crowdRemove(MARKET, 'ask', price(52), quantity(9), 'tail')).toBe(quantity(3));
    expect(world.asks()).toEqual([[52, 2]]);
    expect(world.events.filter(({ type }) => type === 'book')).toMatchObject([
      { change: -quantity(3), user: null },
      { change: -quantity(2) },
      { change: -quantity(3) },
    ]);
  });

  it('executes from the head, which brings us forward', () => {
    const { world, id } = inLine();
    expect(world.engine.crowdRemove(MARKET, 'ask', price(52), quantity(4), 'head')).toBe(quantity(4));
    expect(world.engine.queueAhead(id)).toBe(quantity(1));
  });

  it('takes from accounts only what nothing of the crowd stands before, best price first', () => {
    const { world, id } = inLine();
    expect(world.engine.crowdTake(MARKET, 'bid', price(53), quantity(4))).toBe(0);
    world.engine.crowdRemove(MARKET, 'ask', price(52), quantity(5), 'head');
    expect(world.engine.crowdTake(MARKET, 'bid', price(51), quantity(4))).toBe(0);
    expect(world.engine.crowdTake(MARKET, 'bid', price(53), quantity(4))).toBe(quantity(2));
    expect(world.engine.order('ann', id)?.status).toBe('executed');
    expect(world.engine.fills('ann')).toMatchObject([{ isTaker: false, price: price(52) }]);
    expect(world.engine.crowdQuantity(MARKET, 'ask', price(52))).toBe(quantity(3));
    expect(world.imbalance()).toBe(0);
    expect(world.position('ann')).toBe(-2);
  });

  it('executes a recorded trade through the queue: better account orders, then the line at its price', () => {
    const { world, id } = inLine();
    const better = world.place('ben', 'ask', 51, 1);
    world.engine.crowdAdd(MARKET, 'ask', price(51), quantity(4));
    world.events.length = 0;
    expect(world.engine.crowdExecute(MARKET, 'bid', price(52), quantity(7))).toEqual({
      accounts: quantity(2),
      crowd: quantity(5),
    });
    expect(world.engine.order('ben', better.id)?.status).toBe('executed');
    expect(world.engine.order('ann', id)).toMatchObject({ status: 'resting', filled: quantity(1) });
    expect(world.asks()).toEqual([
      [51, 4],
      [52, 4],
    ]);
    // The accounts' executions are trades, at their own prices; the crowd's the recording prints itself.
    expect(world.engine.trades(MARKET).map((trade) => [trade.price, trade.quantity])).toEqual([
      [price(52), quantity(1)],
      [price(51), quantity(1)],
    ]);
    expect(world.events.filter(({ type }) => type === 'ticker')).toHaveLength(1);
    expect(world.imbalance()).toBe(0);
  });

  it('prints trades of others without touching an order', () => {
    const { world } = inLine();
    world.engine.crowdPrint(MARKET, price(49), quantity(6), 'ask');
    expect(world.engine.market(MARKET)).toMatchObject({ lastPrice: price(49), volume: quantity(6), openInterest: 0 });
    expect(world.asks()).toEqual([[52, 10]]);
    expect(world.events.map(({ type }) => type)).toEqual(['trade', 'ticker']);
  });

  it('cancels where its queue model says, as far as there is anything, and the same for all who stand there', () => {
    const world = new EngineWorld();
    world.engine.crowdAdd(MARKET, 'ask', price(52), quantity(6));
    const first = world.place('ann', 'ask', 52, 1).id;
    world.engine.crowdAdd(MARKET, 'ask', price(52), quantity(2));
    const second = world.place('ben', 'ask', 52, 1).id;
    world.engine.crowdAdd(MARKET, 'ask', price(52), quantity(4));
    const asked: number[][] = [];
    const cancel = (contracts: number, share: number) =>
      world.engine.crowdCancel(MARKET, 'ask', price(52), quantity(contracts), (ahead, behind, canceled) => {
        asked.push([ahead / 100, behind / 100, canceled / 100]);
        return quantity(share);
      });
    // Of two, one stood ahead of the first; the second has the first's own contract before it as well.
    expect(cancel(2, 1)).toBe(quantity(2));
    expect(asked).toEqual([
      [6, 6, 2],
      [8, 4, 2],
    ]);
    expect([world.engine.queueAhead(first), world.engine.queueAhead(second)]).toEqual([quantity(5), quantity(8)]);
    // More than the three behind the second cannot come from there, whatever the model says.
    cancel(4, 0);
    expect([world.engine.queueAhead(first), world.engine.queueAhead(second)]).toEqual([quantity(5), quantity(7)]);
    expect(cancel(99, 99)).toBe(quantity(6));
    expect(world.engine.queueAhead(second)).toBe(quantity(1));
    expect(world.asks()).toEqual([[52, 2]]);
    expect(world.imbalance()).toBe(0);
  });

  it('is lost as a whole, and found again with account orders no further back than they were', () => {
    const { world, id } = inLine();
    const behind = world.place('ben', 'ask', 52, 1).id;
    world.events.length = 0;
    world.engine.crowdLose(MARKET);
    world.engine.crowdLose(MARKET);
    expect(world.engine.isBookLost(MARKET)).toBe(true);
    expect(world.asks()).toEqual([[52, 3]]);
    expect(world.events.map(({ type }) => type)).toEqual(['bookLost', 'book', 'ticker']);
    const late = world.place('ben', 'ask', 52, 1).id;
    world.engine.crowdReplace(MARKET, [], [[price(52), quantity(20)]]);
    expect(world.engine.isBookLost(MARKET)).toBe(false);
    expect([id, behind, late].map((each) => world.engine.queueAhead(each))).toEqual(
      [5, 5 + 2 + 3, 20 + 2 + 1].map(quantity),
    );
    expect(world.asks()).toEqual([[52, 24]]);
  });

  it('is found empty again when its market closed meanwhile', () => {
    const { world } = inLine();
    world.engine.crowdLose(MARKET);
    world.engine.moveClose(MARKET, world.clock.now());
    expect(world.engine.isBookLost(MARKET)).toBe(false);
  });

  it('is replaced as a whole while account orders keep their places', () => {
    const { world, id } = inLine();
    world.engine.crowdAdd(MARKET, 'bid', price(40), quantity(1));
    world.engine.crowdReplace(
      MARKET,
      [[price(41), quantity(2)]],
      [
        [price(52), quantity(6)],
        [price(53), quantity(1)],
      ],
    );
    expect(world.bids()).toEqual([[41, 2]]);
    expect(world.asks()).toEqual([
      [52, 8],
      [53, 1],
    ]);
    expect(world.engine.queueAhead(id)).toBe(quantity(5));
    expect(world.events.at(-2)).toMatchObject({ type: 'bookReplaced' });
  });

  it('may have prices that the listed grid lacks: the recording is right', () => {
    const { world } = inLine();
    world.engine.crowdAdd(MARKET, 'ask', price(51.37), quantity(1));
    expect(world.asks()).toEqual([
      [51.37, 1],
      [52, 10],
    ]);
  });

  it('trades with an account that takes from it, and its live orders count as its quantity', () => {
    const { world } = inLine();
    world.place(CROWD, 'ask', 52, 4);
    expect(world.engine.crowdQuantity(MARKET, 'ask', price(52))).toBe(quantity(12));
    expect(world.place('ben', 'bid', 52, 6).fills).toHaveLength(2);
    expect(world.engine.crowdRemove(MARKET, 'ask', price(52), quantity(99), 'tail')).toBe(quantity(7));
    expect(world.asks()).toEqual([[52, 1]]);
    expect(world.imbalance()).toBe(0);
  });
});
