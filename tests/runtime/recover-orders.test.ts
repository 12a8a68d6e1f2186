/** Orders of a dead process: what a start believes of them, and that it never places one. */
import { describe, expect, it } from 'vitest';
import type { VirtualRun } from '../../src/backtest/virtual-world.ts';
import { type ClientOrderId, named, type Ticker } from '../../src/domain/ids.ts';
import { intend, type OrderIntent, type OrderRow } from '../../src/domain/order.ts';
import { type Centicents, type UnixMs, unixMs } from '../../src/domain/units.ts';
import { recordOf } from '../../src/runtime/row-record.ts';
import { StoreJournal } from '../../src/store/store-journal.ts';
import { createMeddler, type Meddler } from '../support/interference.ts';
import { Lives } from '../support/lives.ts';
import { price, quantity } from '../support/markets.ts';
import { differences, restart, simSettings, startTrial } from '../support/world.ts';

const isCreate = (seen: string) => /^POST .*\/portfolio\/events\/orders(\/batched)?$/.test(seen);
const ID: ClientOrderId = named('bs-dead-s1-1');

function intentAt(lives: Lives, market: Ticker, cents: number): OrderIntent {
  const nowMs = lives.world.clock.now();
  const exchangeIndex = lives.world.exchange.engine.market(market)!.listed.exchangeIndex;
  return {
    clientOrderId: ID,
    market,
    exchangeIndex,
    session: named('s1'),
    purpose: 'quote',
    side: 'bid',
    price: price(cents),
    quantity: quantity(3),
    timeInForce: 'goodTillCanceled',
    postOnly: true,
    reduceOnly: false,
    expiresAtMs: null,
    intendedWallMs: nowMs,
    intendedMarketMs: nowMs,
  };
}

interface Dead {
  readonly lives: Lives;
  readonly meddler: Meddler;
  readonly market: Ticker;
  readonly intent: OrderIntent;
}

/** A trader that died with one order of this kind in its journal. */
async function died(
  seed: number,
  cents: number,
  state: (intent: OrderIntent) => Partial<OrderRow> | null,
): Promise<Dead> {
  const meddler = createMeddler();
  const lives = await Lives.begin({ seed, interference: meddler.interference });
  await lives.live();
  const market = lives.market();
  const intent = intentAt(lives, market, cents);
  const { clock } = lives.world;
  const journal = await StoreJournal.open(lives.store, { wall: clock, market: clock });
  journal.append('order.intended', intent as never);
  const changes = state(intent);
  if (changes !== null) journal.append('order.moved', recordOf({ ...intend(intent), ...changes }) as never);
  await journal.close();
  return { lives, meddler, market, intent };
}

const atExchange = ({ lives }: Dead) =>
  lives.world.exchange.engine.orders(lives.world.user).find(({ clientOrderId }) => clientOrderId === ID);

describe('An intent that no listing shows', () => {
  it('blocks its market with its worst case reserved until nothing can take effect any more, and is never sent', async () => {
    const dead = await died(41, 30, () => null);
    const { lives, meddler, market, intent } = dead;
    const before = meddler.seen.length;
    const life = await lives.live({
      forMs: 90_000,
      async during({ runtime }: VirtualRun) {
        const { table, exposure } = runtime;
        const look = () => [table.get(ID)?.state, table.isUncertain(market), exposure.market(market)];
        const worst = intent.price * intent.quantity;
        expect(look()).toEqual(['unknown', true, worst]);
        await lives.world.advance(40_000);
        expect(look()).toEqual(['unknown', true, worst]);
        await lives.world.advance(40_000);
        expect(look()).toEqual(['rejected', false, 0]);
        expect(table.get(ID)?.reason).toBe('absent');
      },
    });
    expect(meddler.seen.slice(before).filter(isCreate)).toEqual([]);
    expect(life.all('order.absent')).toEqual([{ clientOrderId: ID }]);
    expect(life.summary).toMatchObject({ exit: 0, orders: { unknown: 0 } });
    expect(atExchange(dead)).toBeUndefined();
  });

  it('is known to be nothing at once where the process died long ago', async () => {
    const { lives, market } = await died(42, 30, () => null);
    await lives.world.advance(120_000);
    const life = await lives.live({ during: ({ runtime }) => expect(runtime.table.isUncertain(market)).toBe(false) });
    expect(life.all<{ unknown: number }>('run.ready')).toMatchObject([{ unknown: 0 }]);
  });

  it('that arrives after the start was done is found and canceled', async () => {
    const { lives, market } = await died(43, 5, () => null);
    const life = await lives.live({
      forMs: 20_000,
      async during({ runtime }) {
        expect(runtime.table.isUncertain(market)).toBe(true);
        lives.order(market, 'bid', 3, { price: 500, rests: true, id: ID });
        await lives.world.advance(10_000);
        expect(runtime.table.isUncertain(market)).toBe(false);
      },
    });
    expect(life.run.runtime.table.get(ID)?.state).toBe('canceled');
    expect(life.summary).toMatchObject({ exit: 0, orders: { leftResting: 0 } });
  });
});

describe('An order that the exchange knows', () => {
  const at = (orderId: string, more: Partial<OrderRow> = {}): Partial<OrderRow> => ({
    orderId: named(orderId),
    ...more,
  });
  const wall = (intent: OrderIntent): UnixMs => unixMs(intent.intendedWallMs + 1);

  it.each([
    ['was only intended', () => null],
    ['was sent', (intent: OrderIntent) => ({ state: 'sent', pending: 'create', signedWallMs: wall(intent) }) as const],
    ['rested', (_: OrderIntent, id: string) => at(id, { state: 'resting' })],
    [
      'was being canceled',
      (intent: OrderIntent, id: string) =>
        at(id, { state: 'cancelPending', pending: 'cancel', signedWallMs: wall(intent) }),
    ],
    [
      'was being amended',
      (intent: OrderIntent, id: string) =>
        at(id, {
          state: 'amendPending',
          pending: 'amend',
          signedWallMs: wall(intent),
          amend: { price: (intent.price + 100) as Centicents, quantity: quantity(5), expiresAtMs: null },
        }),
    ],
  ] as const)('and that %s is canceled, and nothing about it is unknown when the start is done', async (_, stateOf) => {
    const meddler = createMeddler();
    const lives = await Lives.begin({ seed: 44, interference: meddler.interference });
    await lives.live();
    const market = lives.market();
    lives.order(market, 'bid', 3, { price: 500, rests: true, id: ID });
    const { engine } = lives.world.exchange;
    const order = () => engine.orders(lives.world.user).find(({ clientOrderId }) => clientOrderId === ID)!;
    const intent = intentAt(lives, market, 5);
    const { clock } = lives.world;
    const journal = await StoreJournal.open(lives.store, { wall: clock, market: clock });
    journal.append('order.intended', intent as never);
    const changes = stateOf(intent, order().orderId);
    if (changes !== null) journal.append('order.moved', recordOf({ ...intend(intent), ...changes }) as never);
    await journal.close();
    const before = meddler.seen.length;
    const life = await lives.live({
      during({ runtime }) {
        expect(order().status).toBe('canceled');
        expect(runtime.table.unknownCount).toBe(0);
        expect(runtime.exposure.market(market)).toBe(0);
      },
    });
    expect(meddler.seen.slice(before).filter(isCreate)).toEqual([]);
    expect(life.run.runtime.table.get(ID)?.state).toBe('canceled');
    expect(life.summary).toMatchObject({ exit: 0, money: { difference: '0.000000' } });
  });

  it('that was executed while nobody ran is ours: its fills are its row’s, not a stranger’s', async () => {
    const { lives, market } = await died(45, 99, () => null);
    lives.order(market, 'bid', 3, { id: ID });
    const life = await lives.live({ during: ({ runtime }) => expect(runtime.accounts.foreignFills).toBe(0) });
    const row = life.run.runtime.table.get(ID);
    expect(row).toMatchObject({ state: 'filled', filled: 300 });
    expect(life.summary).toMatchObject({ exit: 0, money: { difference: '0.000000' } });
  });
});

describe('A start', () => {
  const CASES: readonly (readonly [name: string, meddle: (meddler: Meddler) => void])[] = [
    ['with everything as it should be', () => undefined],
    ['while the exchange wants no requests', ({ switches }) => void Object.assign(switches, { throttling: true })],
    ['whose listings break off', ({ switches }) => void Object.assign(switches, { cutListings: true })],
    ['whose cancels are not answered', ({ switches }) => void Object.assign(switches, { lostCancels: 3 })],
    ['whose cancels come late', ({ switches }) => void Object.assign(switches, { lateCancels: 3 })],
    ['whose stream hears nothing', ({ switches }) => void Object.assign(switches, { deaf: true, silent: true })],
  ];

  const LONG = process.env.BOTHSIDES_LONG === '1';

  it.each(CASES)('%s sends no create before it is done, however the one before it died', async (_, meddle) => {
    for (const [seed, diesAtMs, loss] of [
      [46, 21_000, 'lostAnswers'],
      [47, 24_321, 'lateCreates'],
    ].slice(0, LONG ? 2 : 1) as [number, number, string][]) {
      const meddler = createMeddler();
      const settings = simSettings(['sim.markets=12', 'recovery.crashLoopStartsMax=0']);
      const first = await startTrial({ seed, forMs: null, settings, interference: meddler.interference });
      await first.world.advance(diesAtMs - 2_000);
      Object.assign(meddler.switches, { [loss]: 2 });
      await first.world.advance(2_000);
      meddle(meddler);
      const before = meddler.seen.length;
      const second = await restart(first, { forMs: null });
      let refusal: unknown = null;
      second.run.finished.catch((error: unknown) => {
        refusal = error;
      });
      const done = () => second.run.isInControl() || refusal !== null;
      await second.world.advance(30_000, done);
      expect(meddler.seen.slice(before).filter(isCreate)).toEqual([]);
      // Whatever it was, it was no reason to lose anything: with the trouble gone the next start knows it all.
      Object.assign(meddler.switches, {
        throttling: false,
        cutListings: false,
        lostCancels: 0,
        lateCancels: 0,
        deaf: false,
        silent: false,
      });
      const third = await restart(second, { forMs: 20_000 });
      const summary = await third.finish(300_000);
      expect(differences(third)).toEqual([]);
      expect(third.violations).toEqual([]);
      expect(summary).toMatchObject({
        exit: 0,
        orders: { unknown: 0, leftResting: 0 },
        money: { difference: '0.000000' },
      });
    }
  });
});
