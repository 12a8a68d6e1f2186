/** Strict decoding with the book applied and its touch read, against bare `JSON.parse` of the same frames. */
import { OrderBook } from '../../src/book/order-book.ts';
import type { Random } from '../../src/domain/random.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import { type Centicents, type Centicontracts, formatPrice, formatQuantity } from '../../src/domain/units.ts';
import { decodeFrame } from '../../src/exchange/kalshi/parse-stream.ts';
import { type BenchRow, compared, ROUNDS, ratioRow } from './row.ts';

const MARKETS = 60;
const FRAMES = 60_000;
const FRAMES_A_SLICE = 2000;

/** Frames as a busy hour brings them: snapshots first, then changes near the touch, some trades and tickers. */
function lifelikeFrames(random: Random): string[] {
  const frames: string[] = [];
  const books = Array.from({ length: MARKETS }, () => new OrderBook());
  const tickers = books.map((_, index) => `KXBENCH-26NOV${String(10 + (index % 20))}-T${60_000 + index * 250}`);
  const ids = books.map(() => uuid(random));
  let sequence = 0;
  let atMs = 1_790_000_000_000;
  for (const [index, book] of books.entries()) {
    const mid = random.integer(20, 80) * 100;
    const side = (sign: 1 | -1) =>
      Array.from({ length: random.integer(8, 35) }, (_, level) => mid + sign * (level + 1) * 100)
        .filter((price) => price > 0 && price < 10_000)
        .map((price) => [price, random.integer(1, 5000) * 100] as [Centicents, Centicontracts]);
    const bids = side(-1).reverse();
    const asks = side(1);
    book.applySnapshot(bids, asks);
    const text = (levels: readonly (readonly [Centicents, Centicontracts])[]) =>
      levels.map(([price, quantity]) => [formatPrice(price), formatQuantity(quantity)]);
    frames.push(
      `${JSON.stringify({
        type: 'orderbook_snapshot',
        sid: 1,
        seq: ++sequence,
        msg: {
          market_ticker: tickers[index],
          market_id: ids[index],
          yes_dollars_fp: text(bids),
          no_dollars_fp: text(asks),
        },
      })}\n`,
    );
  }
  while (frames.length < FRAMES) {
    const index = random.integer(0, MARKETS - 1);
    const book = books[index]!;
    atMs += random.integer(0, 3);
    const what = random.uniform();
    const bid = book.bestBid();
    const ask = book.bestAsk();
    if (what < 0.04) {
      frames.push(
        `${JSON.stringify({
          type: 'trade',
          sid: 2,
          seq: frames.length,
          msg: {
            trade_id: uuid(random),
            market_ticker: tickers[index],
            yes_price_dollars: formatPrice(bid ?? ask ?? (5000 as Centicents)),
            no_price_dollars: '0.5000',
            count_fp: '12.00',
            taker_side: 'no',
            taker_outcome_side: 'no',
            taker_book_side: 'ask',
            is_block_trade: false,
            ts: Math.floor(atMs / 1000),
            ts_ms: atMs,
          },
          sending_ts_ms: atMs + 2,
        })}\n`,
      );
      continue;
    }
    const isBid = random.uniform() < 0.5;
    const anchor = isBid ? (bid ?? (3000 as Centicents)) : (ask ?? (7000 as Centicents));
    const away = Math.floor(random.exponential(3)) * 100;
    const price = Math.min(9900, Math.max(100, isBid ? anchor - away : anchor + away)) as Centicents;
    const held = book.quantityAt(isBid ? 'bid' : 'ask', price);
    const isLess = held > 0 && random.uniform() < 0.5;
    const change = (
      isLess ? -(random.uniform() < 0.6 ? held : Math.ceil(held / 2)) : random.integer(1, 300) * 100
    ) as Centicontracts;
    book.applyDelta(isBid ? 'bid' : 'ask', price, change);
    frames.push(
      `${JSON.stringify({
        type: 'orderbook_delta',
        sid: 1,
        seq: ++sequence,
        msg: {
          market_ticker: tickers[index],
          market_id: ids[index],
          price_dollars: formatPrice(price),
          delta_fp: formatQuantity(change),
          side: isBid ? 'yes' : 'no',
          ts: new Date(atMs).toISOString(),
          ts_ms: atMs,
        },
        sending_ts_ms: atMs + 2,
      })}\n`,
    );
  }
  return frames;
}

function uuid(random: Random): string {
  const hex = (length: number) => Array.from({ length }, () => random.integer(0, 15).toString(16)).join('');
  return [8, 4, 4, 4, 12].map(hex).join('-');
}

function bare(frames: readonly string[]): number {
  let seen = 0;
  for (const frame of frames) seen += JSON.parse(frame).sid;
  return seen;
}

function ours(frames: readonly string[], books: Map<string, OrderBook>): number {
  let sum = 0;
  for (const frame of frames) {
    const event = decodeFrame(frame);
    if (event.type === 'bookDelta') {
      const book = books.get(event.market)!;
      if (!book.applyDelta(event.side, event.price, event.change)) throw new Error('a delta that cannot be');
      sum += (book.bestBid() ?? 0) + (book.bestAsk() ?? 0);
    } else if (event.type === 'bookSnapshot') {
      const book = new OrderBook();
      if (!book.applySnapshot(event.bids, event.asks)) throw new Error('a snapshot that cannot be');
      books.set(event.market, book);
    } else if (event.type === 'malformed') throw new Error(event.message);
  }
  return sum;
}

function secondsOf(act: () => number): number {
  const startNs = process.hrtime.bigint();
  act();
  return Number(process.hrtime.bigint() - startNs) / 1e9;
}

/** The two take turns by slices of a few milliseconds, so that a noisy moment of the machine hits both. */
function run(frames: readonly string[]): { readonly ours: number; readonly bare: number } {
  const books = new Map<string, OrderBook>();
  let oursSeconds = 0;
  let bareSeconds = 0;
  for (let from = 0; from < frames.length; from += FRAMES_A_SLICE) {
    const slice = frames.slice(from, from + FRAMES_A_SLICE);
    bareSeconds += secondsOf(() => bare(slice));
    oursSeconds += secondsOf(() => ours(slice, books));
  }
  return { ours: frames.length / oursSeconds, bare: frames.length / bareSeconds };
}

export function benchParse(): BenchRow {
  const frames = lifelikeFrames(createRandom(7));
  run(frames);
  const runs = Array.from({ length: ROUNDS }, () => run(frames));
  const measured = compared(
    runs.map((one) => one.ours),
    runs.map((one) => one.bare),
  );
  return ratioRow('parse, apply, touch ÷ JSON.parse', 'frames/s', measured, 0.75);
}
