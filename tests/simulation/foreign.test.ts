/** Orders on the account that somebody else placed: left alone to the end, and counted in what the account may lose. */
import { describe, expect, it } from 'vitest';
import { type ClientOrderId, named } from '../../src/domain/ids.ts';
import { type Centicents, centicontracts } from '../../src/domain/units.ts';
import { quotingNow, restingAtExchange, startTrial } from '../support/world.ts';

describe('an order placed by hand', () => {
  it('is counted while it rests, outlives the trader, and is forgotten when it goes', async () => {
    const trial = await startTrial({ seed: 61, forMs: null });
    expect(await trial.world.advance(60_000, () => quotingNow(trial) >= 1)).toBe(true);
    const { engine } = trial.world.exchange;
    const { runtime } = trial.run;
    const market = engine
      .allMarkets()
      .find((state) => state.status === 'active' && runtime.markets.get(state.listed.ticker) === null)!;
    const { ticker } = market.listed;
    const place = (id: string) =>
      engine.create(trial.world.user, {
        market: ticker,
        side: 'bid',
        price: 100 as Centicents,
        quantity: centicontracts(1_000),
        timeInForce: 'goodTillCanceled',
        selfTrade: 'taker_at_cross',
        clientOrderId: named<ClientOrderId>(id),
        expiresAtMs: null,
        postOnly: true,
        reduceOnly: false,
        cancelOnPause: false,
        groupId: null,
      });
    const placed = place('by-hand-1');
    expect(placed.ok).toBe(true);
    await trial.world.advance(1_000);
    expect(runtime.foreign.count).toBe(1);
    expect(runtime.exposure.market(ticker)).toBe(100 * 1_000);

    if (placed.ok) engine.cancel(trial.world.user, placed.order.orderId);
    await trial.world.advance(1_000);
    expect(runtime.foreign.count).toBe(0);
    expect(runtime.exposure.market(ticker)).toBe(0);

    expect(place('by-hand-2').ok).toBe(true);
    trial.run.windDown();
    const summary = await trial.finish(180_000);
    expect(summary.exit).toBe(0);
    expect(restingAtExchange(trial)).toBe(1);
  });
});
