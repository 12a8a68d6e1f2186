/** Orders of a trader that no longer answers, taken off by somebody else with its keys. */
import { describe, expect, it } from 'vitest';
import { cancelAtExchange, restingAtExchange } from '../../src/runtime/cancel-at-exchange.ts';
import { Lives } from '../support/lives.ts';

describe('Straight at the exchange', () => {
  it('our orders are taken off, proven by its listing; strangers’ only when all are meant', async () => {
    const lives = await Lives.begin({ seed: 41, sets: ['sim.markets=16', 'session.concurrentMax=4'] });
    const { world } = lives;
    await lives.live({
      dies: true,
      forMs: 100,
      async during({ runtime }) {
        const { venue } = runtime.parts;
        const resting = () =>
          world.exchange.engine.orders(world.user).filter(({ status }) => status === 'resting').length;
        expect(await world.advance(60_000, () => resting() >= 4)).toBe(true);
        // From here on it hangs.
        runtime.door.close();
        const stranger = lives.order(lives.market(), 'bid', 1, { price: 100, rests: true });
        await world.advance(500);
        const told = async <T>(work: Promise<T>): Promise<T> => {
          let isOver = false;
          const done = work.finally(() => {
            isOver = true;
          });
          await world.advance(30_000, () => isOver);
          return done;
        };
        const options = { wall: world.clock, all: false, market: null, triggersGroups: true };
        const { orders } = await told(restingAtExchange(venue, options));
        const canceled = await told(cancelAtExchange(venue, options));
        expect(canceled).toMatchObject({ left: [], proven: true });
        expect(canceled.found).toHaveLength(orders.length);
        const left = world.exchange.engine.orders(world.user).filter(({ status }) => status === 'resting');
        expect(left.map(({ clientOrderId }) => clientOrderId)).toEqual([stranger]);
        expect(await told(cancelAtExchange(venue, { ...options, all: true }))).toMatchObject({
          found: [{ clientOrderId: stranger }],
          proven: true,
        });
        expect(resting()).toBe(0);
      },
    });
  });

  it('an exchange that cannot be asked is no proof of anything', async () => {
    const lives = await Lives.begin({ seed: 42 });
    const { clock } = lives.world;
    let looks = 0;
    const nobody = {
      account: { orders: () => Promise.reject(new Error(`no answer ${++looks}`)) },
      orders: {},
      groups: {},
    } as never;
    const options = { wall: clock, all: false, market: null, triggersGroups: false, withinMs: 2_000 };
    const failed = cancelAtExchange(nobody, options).catch((error: unknown) => error);
    await lives.world.advance(3_000);
    expect(await failed).toMatchObject({ code: 'EXCHANGE_UNREACHABLE', message: expect.stringContaining('no answer') });
    expect(looks).toBeGreaterThan(2);
  });
});
