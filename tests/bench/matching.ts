/** The matching core, and the exchange with all its rules and accounts, beside a published order book: one mixed flow. */
import { OrderBook as PublishedBook, Side as PublishedSide } from 'nodejs-order-book';
import { MatchingBook, OWN } from '../../src/exchange/embedded/matching.ts';
import { type BenchRow, compare, rateOf, ratioRow } from './row.ts';

/** Operations of one run. The share of cancels and the depth are those of a busy book with thousands of live orders. */
const OPERATIONS = 40_000;
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

/** Both did the same work: every level of both books holds the same. */
function checkSame(flow: MixedFlow): void {
  const [asks, bids] = runPublished(flow, OPERATIONS).depth();
  const core = runCore(flow, OPERATIONS);
  for (const [side, levels] of [
    ['bid', bids],
    ['ask', asks],
  ] as const) {
    const theirs = new Map(levels.map(([price, contracts]) => [price * 100, contracts * 100]));
    const ours = new Map(core.levels(side).map(([price, quantity]) => [Number(price), Number(quantity)]));
    const differs = [...theirs].some(([price, quantity]) => ours.get(price) !== quantity);
    if (differs || ours.size !== theirs.size) throw new Error(`The two books differ on the ${side} side: no fair race`);
  }
}

export async function benchMatching(): Promise<readonly BenchRow[]> {
  const flow = createFlow(OPERATIONS);
  checkSame(flow);
  const published = () => rateOf(OPERATIONS, () => runPublished(flow, OPERATIONS));
  const core = await compare(() => {
    return rateOf(OPERATIONS * CORE_REPEATS, () => {
      for (let repeat = 0; repeat < CORE_REPEATS; repeat++) runCore(flow, OPERATIONS);
    });
  }, published);
  const { ours, baseline, ratio } = core;
  return [ratioRow('bare matching ÷ nodejs-order-book', 'operations/s', ours, baseline, ratio, 20)];
}
