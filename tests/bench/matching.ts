/** The matching core, and the exchange with all its rules and accounts, beside a published order book: one mixed flow. */
import { OrderBook as PublishedBook, Side as PublishedSide } from 'nodejs-order-book';
import type { ClientOrderId, EventTicker, OrderId, SeriesTicker, Ticker } from '../../src/domain/ids.ts';
import { named } from '../../src/domain/ids.ts';
import { ManualClock } from '../../src/domain/manual-clock.ts';
import { WHOLE_CENTS } from '../../src/domain/market.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import { type Centicents, type Centicontracts, fromDollars, unixMs } from '../../src/domain/units.ts';
import { createEngine } from '../../src/exchange/embedded/engine.ts';
import { MatchingBook, OWN } from '../../src/exchange/embedded/matching.ts';
import type { Engine } from '../../src/exchange/embedded/model.ts';
import { type BenchRow, compare, rateOf, ratioRow } from './row.ts';

/** Operations of one run. The share of cancels and the depth are those of a busy book with thousands of live orders. */
const OPERATIONS = 100_000;
/** A run of the core is too short to time alone. */
const CORE_REPEATS = 10;
const CANCEL_SHARE = 0.3;
const QUANTITY_MAX = 20;

/** The flow as columns: what to do, at which price in cents, how many contracts, or which earlier order to cancel. */
interface MixedFlow {
  readonly isBid: Uint8Array;
  readonly priceCents: Uint8Array;
  readonly contracts: Uint8Array;
  /** Index of the order to cancel plus one; 0: this operation is an order. */
  readonly cancels: Int32Array;
}

/** A small generator of its own (Park–Miller), so that the flow is the same in every run. */
function createFlow(count: number): MixedFlow {
  let state = 20_260_101;
  const uniform = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const flow: MixedFlow = {
    isBid: new Uint8Array(count),
    priceCents: new Uint8Array(count),
    contracts: new Uint8Array(count),
    cancels: new Int32Array(count),
  };
  for (let index = 0; index < count; index++) {
    if (index > 100 && uniform() < CANCEL_SHARE) {
      flow.cancels[index] = 1 + Math.floor(uniform() * index);
      continue;
    }
    const isBid = uniform() < 0.5;
    flow.isBid[index] = isBid ? 1 : 0;
    // Mostly passive, a few cents from the middle; what crosses takes.
    const distance = Math.floor(uniform() * 30) - 3;
    flow.priceCents[index] = isBid ? 50 - distance : 51 + distance;
    flow.contracts[index] = 1 + Math.floor(uniform() * QUANTITY_MAX);
  }
  return flow;
}

function runPublished(flow: MixedFlow, count: number): PublishedBook {
  const book = new PublishedBook();
  for (let index = 0; index < count; index++) {
    const cancels = flow.cancels[index]!;
    if (cancels !== 0) book.cancel(String(cancels - 1));
    else {
      book.limit({
        id: String(index),
        side: flow.isBid[index] === 1 ? PublishedSide.BUY : PublishedSide.SELL,
        size: flow.contracts[index]!,
        price: flow.priceCents[index]!,
      });
    }
  }
  return book;
}

function runCore(flow: MixedFlow, count: number): MatchingBook {
  const book = new MatchingBook(100);
  /** The slot of each order while it rests; an order's owner is its index plus one. */
  const slots = new Int32Array(count);
  for (let index = 0; index < count; index++) {
    const cancels = flow.cancels[index]!;
    if (cancels !== 0) {
      const slot = slots[cancels - 1]!;
      if (slot !== 0) {
        book.remove(slot);
        slots[cancels - 1] = 0;
      }
      continue;
    }
    const side = flow.isBid[index] === 1 ? 'bid' : 'ask';
    const price = flow.priceCents[index]! * 100;
    const quantity = flow.contracts[index]! * 100;
    const executed = book.take(side, price, quantity, index + 1, OWN.trade);
    for (let made = 0; made < book.madeCount; made++) {
      const slot = book.madeSlot[made]!;
      const isLast = made === book.madeCount - 1;
      // Only the last one can be left with something, and then it is still the first of its level.
      const rests = isLast && book.first(side === 'bid' ? 'ask' : 'bid', book.madePrice[made]!) === slot;
      if (!rests) slots[book.ownerOf(slot) - 1] = 0;
    }
    if (executed < quantity) slots[index] = book.add(side, price, quantity - executed, index + 1);
  }
  return book;
}

/** Bidders and askers apart, so that nobody meets an order of his own and the flow stays the same one. */
const BIDDERS = ['bidder-1', 'bidder-2', 'bidder-3', 'bidder-4'];
const ASKERS = ['asker-1', 'asker-2', 'asker-3', 'asker-4'];
const MARKET = named<Ticker>('KXBENCH-26-A');

function createExchange(): Engine {
  const market = new ManualClock(unixMs(1_790_000_000_000));
  const engine = createEngine({ market, random: createRandom(1) });
  const series = named<SeriesTicker>('KXBENCH');
  const event = named<EventTicker>('KXBENCH-26');
  engine.addSeries({
    ticker: series,
    title: 'Bench',
    category: 'Crypto',
    frequency: 'daily',
    tags: [],
    fees: { type: 'quadratic_with_maker_fees', multiplierMillionths: 1_000_000 },
    exchangeIndex: 0,
  });
  engine.addEvent({
    ticker: event,
    series,
    title: 'Bench',
    subTitle: '',
    mutuallyExclusive: false,
    feeOverride: null,
  });
  const nothing = 0 as Centicontracts;
  engine.addMarket({
    ticker: MARKET,
    event,
    marketId: '00000000-0000-4000-8000-000000000001',
    title: 'Bench',
    yesSubTitle: '',
    noSubTitle: '',
    kind: 'binary',
    createdMs: market.now(),
    openMs: market.now(),
    closeMs: unixMs(market.now() + 86_400_000),
    expectedExpirationMs: unixMs(market.now() + 86_400_000),
    settlementTimerSeconds: 60,
    gridLabel: 'linear_cent',
    grid: WHOLE_CENTS,
    exchangeIndex: 0,
    strikeType: null,
    floorStrike: null,
    capStrike: null,
    rulesPrimary: '',
    volumeBefore: nothing,
    volume24hBefore: nothing,
    openInterestBefore: nothing,
  });
  market.advanceTo(market.now() + 1);
  for (const user of [...BIDDERS, ...ASKERS]) engine.openAccount(user, new Map([[0, fromDollars(1e8)]]));
  return engine;
}

function runExchange(flow: MixedFlow, count: number): Engine {
  const engine = createExchange();
  let heard = 0;
  engine.events.subscribe(() => heard++);
  const orders: (OrderId | undefined)[] = [];
  const users: string[] = [];
  for (let index = 0; index < count; index++) {
    const cancels = flow.cancels[index]!;
    if (cancels !== 0) {
      const orderId = orders[cancels - 1];
      // Already filled or canceled: refused with the exchange's own answer.
      if (orderId !== undefined) engine.cancel(users[cancels - 1]!, orderId);
      continue;
    }
    const isBid = flow.isBid[index] === 1;
    const user = (isBid ? BIDDERS : ASKERS)[index % BIDDERS.length]!;
    const answer = engine.create(user, {
      market: MARKET,
      side: isBid ? 'bid' : 'ask',
      price: (flow.priceCents[index]! * 100) as Centicents,
      quantity: (flow.contracts[index]! * 100) as Centicontracts,
      timeInForce: 'goodTillCanceled',
      selfTrade: 'taker_at_cross',
      clientOrderId: named<ClientOrderId>(`bench-${index}`),
      expiresAtMs: null,
      postOnly: false,
      reduceOnly: false,
      cancelOnPause: false,
      groupId: null,
    });
    if (!answer.ok) throw new Error(`The exchange refused order ${index}: ${answer.code} ${answer.details}`);
    orders[index] = answer.order.orderId;
    users[index] = user;
  }
  if (heard < count / 2) throw new Error('The exchange told nobody what happened');
  return engine;
}

/** All did the same work: every level of every book holds the same. */
function checkSame(flow: MixedFlow): void {
  const [asks, bids] = runPublished(flow, OPERATIONS).depth();
  const core = runCore(flow, OPERATIONS);
  const exchange = runExchange(flow, OPERATIONS).book(MARKET);
  for (const [side, levels] of [
    ['bid', bids],
    ['ask', asks],
  ] as const) {
    const sorted = (pairs: readonly (readonly [number, number])[]) =>
      JSON.stringify(pairs.toSorted(([one], [other]) => one - other));
    const theirs = sorted(levels.map(([price, contracts]) => [price * 100, contracts * 100]));
    const full = side === 'bid' ? exchange.bids : exchange.asks;
    if (sorted(core.levels(side)) !== theirs || sorted(full) !== theirs) {
      throw new Error(`The books differ on the ${side} side: no fair race`);
    }
  }
}

export async function benchMatching(): Promise<readonly BenchRow[]> {
  const flow = createFlow(OPERATIONS);
  checkSame(flow);
  const published = () => rateOf(OPERATIONS, () => runPublished(flow, OPERATIONS));
  const bare = () =>
    rateOf(OPERATIONS * CORE_REPEATS, () => {
      for (let repeat = 0; repeat < CORE_REPEATS; repeat++) runCore(flow, OPERATIONS);
    });
  const full = () => rateOf(OPERATIONS, () => runExchange(flow, OPERATIONS));
  const [core, exchange] = await compare([bare, full], published);
  return [
    ratioRow('bare matching ÷ nodejs-order-book', 'operations/s', core!, 20),
    ratioRow('exchange, all rules and accounts ÷ nodejs-order-book', 'operations/s', exchange!, 2),
  ];
}
