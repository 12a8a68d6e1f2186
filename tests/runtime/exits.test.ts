/** The ways out of a market, on a real book: taking orders off, crossing, working towards the touch. */
import { Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { OfSession, SessionEvent } from '../../machines/market-session.ts';
import { named, type Ticker } from '../../src/domain/ids.ts';
import { type Centicents, toCents } from '../../src/domain/units.ts';
import { createScaledClock } from '../../src/exchange/embedded/market-clock.ts';
import type { WantedPair } from '../../src/gateway/wanted.ts';
import { type ExitOptions, exitWorker, flatten, withdraw } from '../../src/runtime/exits.ts';
import { type Idle, idleTrader } from '../support/idle-trader.ts';
import { createMeddler } from '../support/interference.ts';
import { quantity } from '../support/markets.ts';
import { differences, restingAtExchange } from '../support/world.ts';

function exitsOf({ runtime }: Idle): ExitOptions {
  const { markets, gateway, table, accounts, ordersChanged$, parts } = runtime;
  const { clocks, settings, journal } = parts;
  return { clocks, settings, markets, gateway, table, accounts, ordersChanged$, journal };
}

const sessionOf = ({ market }: Idle): OfSession => ({ session: 's1', market: market.ticker });
const NEVER = new AbortController().signal;

/** A passive order of ours, five cents behind the touch. */
async function quote({ runtime, watched, market, trial }: Idle): Promise<void> {
  const wanted: WantedPair = {
    bid: {
      side: 'bid',
      price: (watched.reading!.bid - 500) as Centicents,
      quantity: quantity(3),
      purpose: 'quote',
      timeInForce: 'goodTillCanceled',
      postOnly: true,
      keeps: () => true,
    },
    ask: null,
  };
  runtime.gateway.want(market, named('s1'), wanted);
  expect(await trial.world.advance(5_000, () => restingAtExchange(trial) === 1)).toBe(true);
  await trial.world.advance(200);
}

/** Exit orders that the journal has. */
async function exitsIntended({ trial }: Idle): Promise<{ side: string; price: number; quantity: number }[]> {
  const intended: { side: string; price: number; quantity: number }[] = [];
  for await (const entry of trial.run.journal.read()) {
    if (entry.kind === 'order.intended' && (entry.data as { purpose: string }).purpose === 'exit')
      intended.push(entry.data as { side: string; price: number; quantity: number });
  }
  return intended;
}

describe('withdrawing', () => {
  it('resolves only when nothing rests, however often a cancel is refused', async () => {
    const meddler = createMeddler();
    const idle = await idleTrader(91, [], { interference: meddler.interference });
    await quote(idle);
    meddler.switches.throttling = true;
    const withdrawn = withdraw(exitsOf(idle), sessionOf(idle), NEVER);
    expect(await idle.within(15_000, withdrawn)).toBeNull();
    expect(restingAtExchange(idle.trial)).toBe(1);
    meddler.switches.throttling = false;
    expect(await idle.within(15_000, withdrawn)).toMatchObject({ position: 0 });
    expect(restingAtExchange(idle.trial)).toBe(0);
  });

  it('listens once however long it waits, and not at all afterwards', async () => {
    const meddler = createMeddler();
    const idle = await idleTrader(92, [], { interference: meddler.interference });
    await quote(idle);
    let listening = 0;
    let most = 0;
    const exits = exitsOf(idle);
    const { ordersChanged$ } = idle.runtime;
    const counted = new Observable<Ticker>((subscriber) => {
      most = Math.max(most, ++listening);
      const subscription = ordersChanged$.subscribe(subscriber);
      return () => {
        listening--;
        subscription.unsubscribe();
      };
    });
    meddler.switches.throttling = true;
    const withdrawn = withdraw({ ...exits, ordersChanged$: counted }, sessionOf(idle), NEVER);
    await idle.within(20_000, withdrawn);
    meddler.switches.throttling = false;
    await idle.within(20_000, withdrawn);
    expect({ most, listening }).toEqual({ most: 1, listening: 0 });
  });

  it('ends when it is called off', async () => {
    const meddler = createMeddler();
    const idle = await idleTrader(91, [], { interference: meddler.interference });
    await quote(idle);
    meddler.switches.throttling = true;
    const limit = new AbortController();
    const withdrawn = withdraw(exitsOf(idle), sessionOf(idle), limit.signal);
    await idle.trial.world.advance(1_000);
    limit.abort();
    await expect(idle.within(1_000, withdrawn)).rejects.toThrow(/called off/);
  });
});

describe('flattening', () => {
  it.each([3, -3])(
    'crosses a position of %i within the slippage that is allowed, and no more than that',
    async (held) => {
      const idle = await idleTrader(93);
      await idle.hold(held);
      const midCents = idle.watched.reading!.midCents;
      const done = await idle.within(20_000, flatten(exitsOf(idle), { ...sessionOf(idle), isBenign: false }, NEVER));
      expect(done).toMatchObject({ position: 0 });
      const exits = await exitsIntended(idle);
      expect(exits.length).toBeGreaterThan(0);
      for (const exit of exits) {
        expect(exit.side).toBe(held > 0 ? 'ask' : 'bid');
        expect(exit.quantity).toBeLessThanOrEqual(quantity(Math.abs(held)));
        expect(Math.abs(toCents(exit.price as Centicents) - midCents)).toBeLessThanOrEqual(4);
      }
      expect(idle.trial.violations).toEqual([]);
      await idle.trial.world.advance(1_000);
      expect(differences(idle.trial)).toEqual([]);
    },
  );

  it('crosses once though a minute of the market passes before the order can leave', async () => {
    const idle = await idleTrader(93);
    await idle.hold(3);
    const exits = exitsOf(idle);
    const { wall } = exits.clocks;
    const market = createScaledClock(wall, { startMs: wall.now(), speed: 600 });
    idle.trial.store.holdWrites(true);
    wall.setTimeout(() => idle.trial.store.holdWrites(false), 100);
    const flattened = flatten(
      { ...exits, clocks: { ...exits.clocks, market } },
      { ...sessionOf(idle), isBenign: false },
      NEVER,
    );
    expect(await idle.within(20_000, flattened)).toMatchObject({ position: 0 });
    expect(await exitsIntended(idle)).toHaveLength(1);
  });

  it('carries what cannot be left within the slippage', async () => {
    const idle = await idleTrader(93, ['exit.slippageCentsMax=0.01']);
    await idle.hold(3);
    const done = await idle.within(20_000, flatten(exitsOf(idle), { ...sessionOf(idle), isBenign: false }, NEVER));
    expect(done).toMatchObject({ position: quantity(3) });
    expect(await exitsIntended(idle)).toEqual([]);
  });

  it('for a benign reason carries where carrying is cheaper', async () => {
    const idle = await idleTrader(93, ['quoting.gammaPerCent=0.000001']);
    await idle.hold(3);
    const carried = await idle.within(20_000, flatten(exitsOf(idle), { ...sessionOf(idle), isBenign: true }, NEVER));
    expect(carried).toMatchObject({ position: quantity(3) });
    const crossed = await idle.within(20_000, flatten(exitsOf(idle), { ...sessionOf(idle), isBenign: false }, NEVER));
    expect(crossed).toMatchObject({ position: 0 });
  });

  it('does not cross on a book that is not current', async () => {
    const meddler = createMeddler();
    const idle = await idleTrader(93, [], { interference: meddler.interference });
    await idle.hold(3);
    meddler.switches.silent = true;
    await idle.trial.world.advance(5_500);
    const done = await idle.within(1_000, flatten(exitsOf(idle), { ...sessionOf(idle), isBenign: false }, NEVER));
    expect(done).toMatchObject({ position: quantity(3) });
    expect(await exitsIntended(idle)).toEqual([]);
  });
});

describe('working an exit', () => {
  it('moves towards the other side until it is flat, says so once, and leaves nothing', async () => {
    const idle = await idleTrader(93);
    await idle.hold(-3);
    const heard: SessionEvent[] = [];
    const subscription = exitWorker(exitsOf(idle), { ...sessionOf(idle), patient: false }).subscribe((event) => {
      heard.push(event);
    });
    expect(await idle.trial.world.advance(300_000, () => heard.length > 0)).toBe(true);
    expect(heard).toEqual([{ type: 'exit.flat' }]);
    await idle.trial.world.advance(5_000);
    expect(heard).toHaveLength(1);
    subscription.unsubscribe();
    for (const exit of await exitsIntended(idle)) expect(exit.side).toBe('bid');
    expect(idle.trial.violations).toEqual([]);
    expect(restingAtExchange(idle.trial)).toBe(0);
  });

  it('is over when it is left in the moment in which it says so: nothing wakes up later', async () => {
    const idle = await idleTrader(93);
    // Flat from the beginning: its first look, on its own timer, is its last.
    const subscription = exitWorker(exitsOf(idle), { ...sessionOf(idle), patient: true }).subscribe(() =>
      subscription.unsubscribe(),
    );
    await idle.trial.world.advance(3_000);
    expect(subscription.closed).toBe(true);
    await idle.hold(3);
    await idle.trial.world.advance(10_000);
    expect(await exitsIntended(idle)).toEqual([]);
  });

  it('patiently stays on its own side of the touch', async () => {
    const idle = await idleTrader(93);
    const { runtime, market, watched, trial } = idle;
    const decided: { price: number; ask: number }[] = [];
    trial.run.journal.entries$.subscribe(({ kind, data }) => {
      if (kind === 'exit.decided')
        decided.push({ price: (data as { price: number }).price, ask: watched.reading!.ask });
    });
    const resting = () => [...runtime.table.open(market.ticker)].find(({ state }) => state === 'resting');
    const subscription = exitWorker(exitsOf(idle), { ...sessionOf(idle), patient: true }).subscribe();
    // Somebody may take it at any time; then there is another position to be patient with.
    const untilMs = trial.world.clock.now() + 5_000;
    let looks = 0;
    while (trial.world.clock.now() < untilMs || resting() === undefined) {
      if (runtime.accounts.position(market.ticker) === 0) await idle.hold(3);
      await trial.world.advance(100);
      const order = resting();
      if (order === undefined) continue;
      looks++;
      expect(order).toMatchObject({ side: 'ask', purpose: 'exit', postOnly: true });
      expect(decided.map(({ price }) => price)).toContain(order.price);
    }
    expect(looks).toBeGreaterThan(10);
    for (const { price, ask } of decided) expect(price).toBeGreaterThanOrEqual(ask);
    subscription.unsubscribe();
    await trial.world.advance(1_000);
    expect(restingAtExchange(trial)).toBe(0);
  });
});
