/**
 * Invariants of the gateway against the exchange itself, under any interleaving of wishes, the crowd's trading, halts and
 * all-clears, changes of mode, pauses of the market, lost frames of the private stream, and requests that time out, break,
 * are refused, throttled, answered emptily or late, before or after they took effect:
 *
 * 1. The exchange never holds two orders with one client id, nor one that no intent on disk speaks of.
 * 2. Nothing of ours is created after a halt was accepted, until the all-clear.
 * 3. What we have reserved is never less than what position and orders at the exchange can still lose, and both stay
 *    within the limit.
 * 4. Never more than one order of ours rests on a side of a market.
 * 5. No client id leaves with two different bodies.
 * 6. Once nothing goes wrong any more, within 90 s no order is unknown, what rests is what is wanted, positions and fills
 *    are the exchange's, and nothing is reserved but for what rests.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Side } from '../../src/domain/side.ts';
import type { EngineOrder } from '../../src/exchange/embedded/model.ts';
import { SIDES } from '../../src/gateway/wanted.ts';
import { worstLoss } from '../../src/risk/worst-loss.ts';
import { MARKET, OTHER, Stage } from '../gateway/stage.ts';
import { dollars } from '../support/engine.ts';
import type { Fault, RequestName } from '../support/faulty-transport.ts';

/** Ten times as many in the long run. */
const RUNS = process.env.BOTHSIDES_LONG === '1' ? 600 : 60;
const LIMIT = dollars(12);
const MARKETS = [MARKET, OTHER];

interface Quote {
  readonly cents: number;
  readonly contracts: number;
}
type Action =
  | { readonly type: 'want'; readonly market: number; readonly bid: Quote | null; readonly ask: Quote | null }
  | { readonly type: 'exit'; readonly market: number; readonly immediate: boolean }
  | { readonly type: 'crowd'; readonly market: number; readonly side: Side; readonly cents: number; contracts: number }
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'fault'; readonly on: RequestName; readonly fault: Fault; readonly times: number }
  | { readonly type: 'halt' | 'open' | 'reducing' | 'active' | 'pause' | 'resume' | 'congested' | 'free' | 'verify' }
  | { readonly type: 'lose'; readonly fills: boolean; readonly orders: boolean };

const market = fc.nat(MARKETS.length - 1);
const contracts = fc.integer({ min: 1, max: 12 });
const quoteOf = (min: number, max: number) =>
  fc.option(fc.record({ cents: fc.integer({ min, max }), contracts }), { freq: 4 });
const faults: fc.Arbitrary<Fault> = fc.oneof(
  fc.constantFrom<Fault>(
    { how: 'timeoutBefore' },
    { how: 'timeoutAfter' },
    { how: 'brokenBefore' },
    { how: 'brokenAfter' },
    { how: '5xxBefore' },
    { how: '5xxAfter' },
    { how: 'emptyAfter' },
    { how: '429' },
    { how: 'refused', status: 400, code: 'invalid_parameters' },
  ),
  fc.integer({ min: 1, max: 20_000 }).map((afterMs): Fault => ({ how: 'doneLate', afterMs })),
  fc.integer({ min: 1, max: 4_000 }).map((byMs): Fault => ({ how: 'slowAnswer', byMs })),
);
const just = <T extends Action['type']>(...types: T[]) => fc.constantFrom(...types).map((type) => ({ type }) as Action);
const actions: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('want' as const),
      market,
      bid: quoteOf(38, 42),
      ask: quoteOf(43, 47),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('exit' as const), market, immediate: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('crowd' as const),
      market,
      side: fc.constantFrom<Side>('bid', 'ask'),
      cents: fc.integer({ min: 37, max: 48 }),
      contracts,
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('wait' as const),
      ms: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 20, max: 8_000 })),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('fault' as const),
      on: fc.constantFrom<RequestName>('create', 'create', 'cancel', 'amend', 'read'),
      fault: faults,
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 2, arbitrary: just('halt', 'open', 'open') },
  { weight: 1, arbitrary: just('reducing', 'active', 'active') },
  { weight: 1, arbitrary: just('pause', 'resume', 'resume') },
  { weight: 1, arbitrary: just('congested', 'free', 'free', 'verify') },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('lose' as const), fills: fc.boolean(), orders: fc.boolean() }),
  },
);

/** Looks at the exchange after everything that happens there. */
class Watch {
  readonly violations: string[] = [];
  readonly #stage: Stage;
  readonly #seen = new Map<string, string>();
  halted = false;

  constructor(stage: Stage) {
    this.#stage = stage;
    stage.engine.events.subscribe((event) => {
      if (event.type === 'order' && event.order.user === stage.user) this.#order(event.order);
      if (event.type === 'order' || event.type === 'fill') this.worstCase();
    });
  }

  #order(order: EngineOrder): void {
    const { violations } = this;
    const id = order.clientOrderId ?? 'none';
    if ((this.#seen.get(id) ?? order.orderId) !== order.orderId) violations.push(`two orders with id ${id}`);
    this.#seen.set(id, order.orderId);
    const intent = this.#stage.entries.find(
      (entry) => entry.kind === 'order.intended' && (entry.data as { clientOrderId: string }).clientOrderId === id,
    );
    if (intent === undefined) violations.push(`${id} was never intended`);
    const alike = this.#stage
      .placed()
      .filter(({ status, market: at, side }) => status === 'resting' && at === order.market && side === order.side);
    if (alike.length > 1) violations.push(`${alike.length} ${order.side}s rest in ${order.market}`);
  }

  /** The reserved worst case covers the true one. */
  worstCase(): void {
    const { engine, exposure, user } = this.#stage;
    for (const ticker of MARKETS) {
      const held = engine.positions(user).find((position) => position.market === ticker);
      const open = this.#stage
        .placed()
        .filter((order) => order.status === 'resting' && order.market === ticker)
        .map(({ side, price, remaining }) => ({ side, price, quantity: remaining }));
      const truth = worstLoss({ quantity: (held?.quantity ?? 0) as never, cost: (held?.cost ?? 0) as never }, open);
      if (truth > exposure.market(ticker))
        this.violations.push(`${ticker}: ${truth} at risk, ${exposure.market(ticker)} reserved`);
      if (exposure.market(ticker) > LIMIT) this.violations.push(`${ticker}: ${exposure.market(ticker)} reserved`);
    }
  }
}

function apply(stage: Stage, watch: Watch, action: Action): Promise<void> | void {
  switch (action.type) {
    case 'want': {
      const { bid, ask } = action;
      stage.want(
        {
          ...(bid === null ? {} : { bid: [bid.cents, bid.contracts] as const }),
          ...(ask === null ? {} : { ask: [ask.cents, ask.contracts] as const }),
        },
        MARKETS[action.market]!,
      );
      return;
    }
    case 'exit': {
      const ticker = MARKETS[action.market]!;
      const position = stage.positionHere(ticker);
      if (position === 0) return;
      const changes = {
        purpose: 'exit',
        timeInForce: action.immediate ? 'immediateOrCancel' : 'goodTillCanceled',
        postOnly: !action.immediate,
      } as const;
      const order = [position > 0 ? 42 : 43, Math.abs(position), changes] as const;
      stage.want(position > 0 ? { ask: order } : { bid: order }, ticker);
      return;
    }
    case 'crowd':
      if (stage.engine.market(MARKETS[action.market]!)?.status === 'active')
        stage.crowd(action.side, action.cents, action.contracts, MARKETS[action.market]!);
      return;
    case 'wait':
      return stage.advance(action.ms);
    case 'fault':
      stage.line.fail(action.on, action.fault, action.times);
      return;
    case 'halt':
      watch.halted = true;
      stage.door.restrict();
      return;
    case 'open':
      watch.halted = false;
      stage.door.open();
      return;
    case 'reducing':
    case 'active':
      stage.mode = action.type;
      stage.door.raiseEpoch();
      return;
    case 'pause':
      stage.engine.pauseMarket(MARKET);
      return;
    case 'resume':
      stage.engine.resumeMarket(MARKET);
      return;
    case 'congested':
    case 'free':
      stage.gateway.congested = action.type === 'congested';
      return;
    case 'verify':
      void stage.verify().catch(() => undefined);
      return;
    case 'lose':
      stage.lost = { fills: action.fills, orders: action.orders };
  }
}

describe('The gateway', () => {
  it('keeps its word whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(actions, { minLength: 5, maxLength: 60 }),
        fc.constantFrom(0, 0, 800, 5_000),
        async (script, readDelayMs) => {
          const stage = await Stage.open({
            readDelayMs,
            limits: { orderMax: LIMIT, marketMax: LIMIT, categoryMax: dollars(24), totalMax: dollars(24) },
          });
          const watch = new Watch(stage);
          stage.gateway.facts$.subscribe((fact) => {
            if (fact.type === 'sent' && watch.halted) watch.violations.push('a create left after a halt');
          });
          for (const action of script) {
            await apply(stage, watch, action);
            watch.worstCase();
            expect(watch.violations).toEqual([]);
          }

          stage.line.heal();
          stage.lost = { fills: false, orders: false };
          stage.engine.resumeMarket(MARKET);
          stage.gateway.congested = false;
          stage.mode = 'active';
          watch.halted = false;
          stage.door.open();
          for (let second = 0; second < 95; second++) {
            for (const ticker of MARKETS) stage.gateway.settle(ticker);
            await stage.advance(1_000);
          }
          expect(watch.violations).toEqual([]);
          checkQuiet(stage);

          for (const ticker of MARKETS) stage.gateway.wantNothing(ticker);
          await stage.advance(30_000);
          expect(stage.placed().filter((order) => order.status === 'resting')).toEqual([]);
          expect([...stage.table.allOpen()]).toEqual([]);
          expect(stage.exposure.openOrders).toBe(0);
          expect(watch.violations).toEqual([]);
          bodiesAreOne(stage);
        },
      ),
      { numRuns: RUNS },
    );
  });
});

/** Invariant 6. */
function checkQuiet(stage: Stage): void {
  const { table, gateway, ledger, engine, user } = stage;
  expect(table.unknownCount).toBe(0);
  expect(ledger.fillCount).toBe(engine.fills(user).length);
  for (const ticker of MARKETS) {
    expect(stage.positionHere(ticker)).toBe(stage.positionThere(ticker));
    const resting = stage.placed().filter((order) => order.status === 'resting' && order.market === ticker);
    for (const order of resting) {
      const wanted = gateway.wantedIn(ticker)[order.side];
      expect(wanted?.price).toBe(order.price);
      const row = table.get(order.clientOrderId!);
      expect(row).toMatchObject({ orderId: order.orderId, price: order.price, filled: order.filled });
      expect(row!.quantity - row!.filled).toBe(order.remaining);
    }
    for (const side of SIDES) {
      const there = resting.filter((order) => order.side === side).reduce((sum, order) => sum + order.remaining, 0);
      expect(stage.exposure.openQuantity(ticker, side)).toBe(there);
    }
  }
}

/** Invariant 5. */
function bodiesAreOne(stage: Stage): void {
  const bodies = new Map<string, string>();
  for (const { name, body } of stage.line.seen) {
    if (name !== 'create') continue;
    const id = String(body!.client_order_id);
    const text = JSON.stringify(body);
    expect(bodies.get(id) ?? text).toBe(text);
    bodies.set(id, text);
  }
}
