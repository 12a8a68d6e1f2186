/**
 * An exchange that dies and comes back. Invariants, for any commands at any times and a death after any of them:
 *
 * 1. Rebuilt, it is the exchange that died: audit, books, tapes, and for each account orders, fills, positions and cash.
 * 2. It goes on as the other would have: the same commands get the same answers, ids included.
 * 3. Died between commands, it comes back at most a second of wall time behind, and nothing that became of an account
 *    is undone.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BothsidesError } from '../../../src/domain/errors.ts';
import { type ClientOrderId, named } from '../../../src/domain/ids.ts';
import { ManualClock } from '../../../src/domain/manual-clock.ts';
import type { Side } from '../../../src/domain/side.ts';
import { type Centicents, type Centicontracts, fromDollars, unixMs } from '../../../src/domain/units.ts';
import { createMemory, type Memory } from '../../../src/exchange/embedded/memory.ts';
import type { NewOrder } from '../../../src/exchange/embedded/model.ts';
import {
  accountOf,
  BIRTH,
  EASY,
  everythingOf,
  type Life,
  live,
  pass,
  relive,
  signed,
  USERS,
  watch,
} from './remembered-life.ts';

// What may come from outside.

interface Step {
  readonly afterMs: number;
  readonly user: string;
  readonly kind: 'create' | 'cancel' | 'amend' | 'decrease' | 'cancelAll' | 'group' | 'trigger' | 'reset' | 'limit';
  readonly market: number;
  readonly side: Side;
  /** Cents through the touch. */
  readonly into: number;
  readonly contracts: number;
  readonly timeInForce: NewOrder['timeInForce'];
  readonly postOnly: boolean;
  readonly livesMs: number | null;
  readonly pick: number;
}
const step: fc.Arbitrary<Step> = fc.record({
  afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2_000 })),
  user: fc.constantFrom(...USERS),
  kind: fc
    .constantFrom('create', 'create', 'create', 'create', 'cancel', 'amend', 'decrease', 'cancelAll')
    .chain((kind) =>
      kind === 'cancelAll' ? fc.constantFrom(kind, 'group', 'group', 'trigger', 'reset', 'limit') : fc.constant(kind),
    ) as fc.Arbitrary<Step['kind']>,
  market: fc.nat(5),
  side: fc.constantFrom('bid', 'ask'),
  into: fc.integer({ min: -3, max: 8 }),
  contracts: fc.integer({ min: 1, max: 60 }),
  timeInForce: fc.constantFrom('goodTillCanceled', 'goodTillCanceled', 'immediateOrCancel', 'fillOrKill'),
  postOnly: fc.boolean(),
  livesMs: fc.option(fc.integer({ min: 1, max: 5_000 })),
  pick: fc.nat(6),
});
const steps = fc.array(step, { minLength: 1, maxLength: 14 });

/** Does it, and says what was answered. */
function doStep(life: Life, { afterMs, user, kind, side, ...wanted }: Step, name: string): unknown {
  pass(life, afterMs);
  const { engine } = life.embedded;
  const market = engine.allMarkets()[wanted.market]!.listed.ticker;
  const touch = side === 'bid' ? engine.bestBid(market) : engine.bestAsk(market);
  const into = (side === 'bid' ? 100 : -100) * wanted.into;
  const price = Math.min(9_900, Math.max(100, (touch?.[0] ?? 5_000) + into)) as Centicents;
  const quantity = (wanted.contracts * 100) as Centicontracts;
  const known = engine.orders(user);
  const order = known[wanted.pick % Math.max(1, known.length)];
  const orderId = order?.orderId ?? named('no-order');
  const groups = engine.groups(user);
  const groupId = groups[wanted.pick % Math.max(1, groups.length)]?.id ?? 'no-group';
  switch (kind) {
    case 'create':
      return engine.create(user, {
        market,
        side,
        price,
        quantity,
        timeInForce: wanted.timeInForce,
        selfTrade: 'taker_at_cross',
        clientOrderId: named<ClientOrderId>(name),
        expiresAtMs:
          wanted.livesMs === null || wanted.timeInForce !== 'goodTillCanceled'
            ? null
            : unixMs(life.embedded.market.now() + wanted.livesMs),
        postOnly: wanted.postOnly,
        reduceOnly: false,
        cancelOnPause: false,
        groupId: groups.length === 0 || wanted.postOnly ? null : groupId,
      });
    case 'group':
      return engine.createGroup(user, engine.market(market)!.listed.exchangeIndex, quantity);
    case 'trigger':
      return engine.triggerGroup(user, groupId);
    case 'reset':
      return engine.resetGroup(user, groupId);
    case 'limit':
      return engine.limitGroup(user, groupId, quantity);
    case 'cancel':
      return engine.cancel(user, orderId);
    case 'cancelAll':
      return engine.cancelAll(user);
    case 'amend':
      return engine.amend(user, orderId, {
        market: order?.market ?? market,
        side: order?.side ?? side,
        price: order?.price ?? price,
        quantity,
      });
    case 'decrease':
      return engine.decreaseTo(user, orderId, quantity);
  }
}

/** Always among what is tried, whatever chance brings: one that trades at once, and one that ends by itself later. */
const PLAIN: Step = {
  afterMs: 0,
  user: 'ann',
  kind: 'create',
  market: 0,
  side: 'bid',
  into: 8,
  contracts: 1,
  timeInForce: 'goodTillCanceled',
  postOnly: false,
  livesMs: null,
  pick: 0,
};
const TRADES = [PLAIN];
const ENDS_LATER = [{ ...PLAIN, into: -3, livesMs: 1_500 }];

const RUNS = process.env.BOTHSIDES_LONG === '1' ? 500 : 10;

describe('An exchange that dies', { timeout: 240_000 }, () => {
  it('after a command is the same when it comes back, and goes on as it would have', async () => {
    let filled = 0;
    await fc.assert(
      fc.asyncProperty(steps, steps, async (before, after) => {
        const memory = createMemory();
        const died = await live(memory);
        watch(died);
        for (const [index, one] of before.entries()) doStep(died, one, `before-${index}`);
        const back = await relive(memory);
        expect(back.embedded.market.now()).toBe(died.embedded.market.now());
        expect(everythingOf(back.embedded)).toEqual(everythingOf(died.embedded));

        for (const [index, one] of after.entries()) {
          expect(doStep(back, one, `after-${index}`)).toEqual(doStep(died, one, `after-${index}`));
        }
        expect(everythingOf(back.embedded)).toEqual(everythingOf(died.embedded));
        for (const user of USERS) filled += back.embedded.engine.fills(user).length;
        back.embedded.stop();
      }),
      { numRuns: RUNS, examples: [[TRADES, ENDS_LATER]] },
    );
    expect(filled).toBeGreaterThan(0);
  });

  it('between commands undoes nothing that became of an account', async () => {
    let later = 0;
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 8_000 }), async (before, thenMs) => {
        const memory = createMemory();
        const died = await live(memory, { speed: 1 });
        for (const [index, one] of before.entries()) doStep(died, one, `before-${index}`);
        const atMs = died.embedded.market.now();
        pass(died, thenMs);
        const back = await relive(memory, { speed: 1 });
        const behindMs = died.embedded.market.now() - back.embedded.market.now();
        expect(behindMs).toBeGreaterThanOrEqual(0);
        expect(behindMs).toBeLessThanOrEqual(1_000);
        for (const user of USERS) {
          expect(accountOf(back.embedded, user)).toEqual(accountOf(died.embedded, user));
          later += back.embedded.engine.orders(user).filter((order) => order.updatedMs > atMs).length;
        }
        // What it has not lived through yet is what the other has seen already.
        pass(back, behindMs);
        expect(everythingOf(back.embedded)).toEqual(everythingOf(died.embedded));
      }),
      { numRuns: RUNS, examples: [[ENDS_LATER, 4_000]] },
    );
    expect(later).toBeGreaterThan(0);
  });

  it('remembers what it told an account between two marks of time', async () => {
    const memory = createMemory();
    const died = await live(memory, { speed: 1 });
    const market = died.embedded.engine.allMarkets()[0]!.listed.ticker;
    const order = { ...EASY, market, side: 'bid', price: 100, expiresAtMs: unixMs(BIRTH + 1_300) } as NewOrder;
    died.embedded.engine.create('ann', order);
    pass(died, 1_800);
    const { embedded } = await relive(memory);
    expect(embedded.market.now()).toBe(BIRTH + 1_300);
    expect(embedded.engine.orders('ann')).toMatchObject([{ status: 'canceled', updateReason: 'ExpiryCancel' }]);
  });
});

describe('An exchange that is stopped', () => {
  it('stands still until it comes back, at any other speed', async () => {
    const memory = createMemory();
    const first = await live(memory);
    pass(first, 4_321);
    const stoppedMs = first.embedded.market.now();
    first.embedded.stop();
    const { embedded, wall } = await relive(memory, { speed: 60 });
    expect(embedded.market.now()).toBe(stoppedMs);
    wall.advanceTo(wall.now() + 100);
    expect(embedded.market.now()).toBe(stoppedMs + 6_000);
  });

  it('keeps what an account did that is served no more', async () => {
    const memory = createMemory();
    const { embedded } = await live(memory);
    const market = embedded.engine.allMarkets()[0]!.listed.ticker;
    const [price] = embedded.engine.bestAsk(market)!;
    const order = { market, side: 'bid', price, quantity: 100 } as const;
    embedded.engine.create('ben', { ...EASY, ...order } as NewOrder);
    const ben = accountOf(embedded, 'ben');
    const again = await relive(memory, { accounts: [{ keyId: 'ann', publicKey: null, user: 'ann' }] });
    expect(accountOf(again.embedded, 'ben')).toEqual(ben);
    expect(again.embedded.engine.positions('ben')).toHaveLength(1);
  });

  it('keeps money moved and paid in, what it was moved under, and a level granted, of any account', async () => {
    const memory = createMemory();
    const { embedded } = await live(memory);
    const { engine } = embedded;
    const asked = { from: 0, to: 2, amount: fromDollars(5), clientTransferId: 'once' };
    engine.deposit('ben', 1, fromDollars(7));
    expect(engine.transferBetweenShards('ben', asked).ok).toBe(true);
    engine.grantUsageLevel('ben', 'advanced');
    const again = (await relive(memory, { accounts: [{ keyId: 'ann', publicKey: null, user: 'ann' }] })).embedded
      .engine;
    for (const read of ['availableCash', 'transfers', 'shardTransfers', 'usageLevels'] as const) {
      expect([read, again[read]('ben')]).toEqual([read, engine[read]('ben')]);
    }
    expect(again.availableCash('ben').get(2)).toBe(fromDollars(205));
    expect(again.transferBetweenShards('ben', asked)).toMatchObject({ ok: false, code: 'transfer_already_exists' });
    expect(again.audit()).toEqual(engine.audit());
  });

  it('says so when its past takes long, once', async () => {
    const memory = createMemory();
    const life = await live(memory);
    pass(life, 10_000);
    const said: string[] = [];
    const onLongPast = () => said.push('long');
    await relive(memory, { onLongPast });
    expect(said).toEqual([]);
    const wall = new ManualClock(BIRTH);
    const slow = {
      now: () => {
        wall.advanceTo(wall.now() + 400);
        return wall.now();
      },
      setTimeout: () => null,
      clearTimeout: () => undefined,
    };
    // Once it lives again that wall goes on leaping: its market hardly does.
    await relive(memory, { onLongPast, clocks: { wall: slow }, speed: 0.001 });
    expect(said).toEqual(['long']);
  });

  it('shows its past to reads at once, however far they lag behind', async () => {
    const memory = createMemory();
    const { embedded } = await live(memory);
    const market = embedded.engine.allMarkets()[0]!.listed.ticker;
    embedded.engine.create('ann', { ...EASY, market, side: 'bid', price: 100 } as NewOrder);
    const { embedded: again, wall } = await relive(memory, { readDelayMs: 5_000 });
    const query = '/trade-api/v2/portfolio/orders';
    const response = await again.server.fetch(
      new Request(`http://venue${query}`, {
        headers: signed(wall, query),
      }),
    );
    expect(await response.json()).toMatchObject({ orders: [{ status: 'resting', ticker: market }] });
  });
});

describe('A command that cannot be kept', () => {
  it('is not done', async () => {
    const memory = createMemory();
    const full: Memory = {
      ...memory,
      append(entry) {
        if (entry.act === 'create') throw new BothsidesError('DATA_UNWRITABLE', 'The disk is full.');
        memory.append(entry);
      },
    };
    const { embedded } = await live(full);
    const market = embedded.engine.allMarkets()[0]!.listed.ticker;
    const order = { ...EASY, market, side: 'bid', price: 100 } as NewOrder;
    expect(() => embedded.engine.create('ann', order)).toThrow('The disk is full.');
    expect(embedded.engine.orders('ann')).toEqual([]);
  });
});

describe('A market that does not come out again', () => {
  it('is refused: another version of the program made it', async () => {
    const memory = createMemory();
    const life = await live(memory);
    pass(life, 3_000);
    const forged: Memory = {
      ...memory,
      recall(origin) {
        const { startMs, entries } = memory.recall(origin);
        const changed = [...entries].map((entry) =>
          entry.args.length === 4 ? { ...entry, args: [1, 2, 3, 4] } : entry,
        );
        return { startMs, entries: changed };
      },
    };
    await expect(relive(forged)).rejects.toMatchObject({ code: 'DATA_VERSION' });
  });
});
