/** Recordings of the venue in several forms → figures. Each reader knows one form and tells what that form allows. */
import { createReadStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createZstdDecompress } from 'node:zlib';
import { CONTRACT } from '../../src/domain/units.ts';
import { RecordedBook } from '../../src/exchange/embedded/flow/recorded-book.ts';
import { readRecording } from '../../src/exchange/embedded/flow/recording.ts';
import { counts, type Figures, Observer } from './figures.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const TEN = 10;

interface Followed {
  readonly book: RecordedBook;
  bid: number;
  ask: number;
  nextLookMs: number;
  isKnown: boolean;
  volume: number | null;
}

/** Frames of a stream: books, and trades as far as tickers tell of them (about one a second). */
export async function ofStream(files: readonly string[], tradesAreTold: boolean): Promise<Figures> {
  const observer = new Observer(SECOND_MS);
  observer.updated(0);
  observer.touchMoved(0);
  for (const file of files) await followStream(file, observer, tradesAreTold);
  return observer.figures();
}

async function followStream(file: string, observer: Observer, tradesAreTold: boolean): Promise<void> {
  const markets = new Map<string, Followed>();
  for await (const { recvMs, gap, entry } of readRecording(file)) {
    if (gap !== undefined) for (const market of markets.values()) market.isKnown = false;
    if (entry.type === 'snapshot') {
      const market = markets.get(entry.market) ?? {
        book: new RecordedBook(),
        bid: 0,
        ask: 0,
        nextLookMs: recvMs,
        isKnown: true,
        volume: null,
      };
      markets.set(entry.market, market);
      market.book.replace(entry.bids, entry.asks);
      market.isKnown = true;
      // Looks at a second's grid count; what was missed before a snapshot is gone.
      market.nextLookMs = recvMs;
      see(market);
      continue;
    }
    for (const [ticker, market] of markets) lookUntil(observer, ticker, market, recvMs);
    if (entry.type === 'delta') {
      const market = markets.get(entry.market);
      if (market === undefined || !market.isKnown) continue;
      const { bid, ask } = market;
      const countsNow = counts(market);
      market.book.change(entry.side, entry.price, entry.change);
      see(market);
      if (!countsNow) continue;
      observer.updated();
      if (market.bid !== bid || market.ask !== ask) observer.touchMoved();
    } else if (entry.type === 'ticker' && tradesAreTold) {
      const market = markets.get(entry.market);
      if (market === undefined) continue;
      if (market.volume !== null && counts(market)) observer.traded((entry.volume - market.volume) / CONTRACT);
      market.volume = entry.volume;
    }
  }
}

function see(market: Followed): void {
  market.bid = (market.book.bestBid ?? 0) / 100;
  market.ask = (market.book.bestAsk ?? 0) / 100;
}

function lookUntil(observer: Observer, ticker: string, market: Followed, nowMs: number): void {
  for (; market.nextLookMs < nowMs; market.nextLookMs += SECOND_MS) {
    if (!market.isKnown || !counts(market)) continue;
    const { book } = market;
    const sides = (['bid', 'ask'] as const).map((side) => {
      const levels = book.levels(side);
      const best = side === 'bid' ? levels.slice(-TEN) : levels.slice(0, TEN);
      return best.reduce((sum, [, quantity]) => sum + quantity, 0) / CONTRACT;
    });
    observer.look({
      market: ticker,
      atMs: market.nextLookMs,
      bid: market.bid,
      ask: market.ask,
      touch: [book.quantityAt('bid', book.bestBid!) / CONTRACT, book.quantityAt('ask', book.bestAsk!) / CONTRACT],
      ten: [sides[0]!, sides[1]!],
    });
  }
}

/** Lines `timestamp,market,best yes bid,best no bid,implied no ask,implied yes ask` in cents: one for each move of the touch. */
export async function ofTouchTable(files: readonly string[]): Promise<Figures> {
  const observer = new Observer(MINUTE_MS);
  observer.touchMoved(0);
  for (const file of files) {
    const markets = new Map<string, { bid: number; ask: number; nextMs: number }>();
    for await (const line of linesOf(file)) {
      const [time, market, bid, , , ask] = line.split(',');
      const atMs = Date.parse(`${time}Z`);
      if (market === undefined || !Number.isFinite(atMs)) continue;
      const now = { bid: Number(bid || 0), ask: Number(ask || 0) };
      const before = markets.get(market);
      if (before === undefined) {
        markets.set(market, { ...now, nextMs: atMs });
        continue;
      }
      for (; before.nextMs < atMs; before.nextMs += MINUTE_MS)
        observer.look({ market, atMs: before.nextMs, bid: before.bid, ask: before.ask, touch: null, ten: null });
      if (counts(before)) observer.touchMoved();
      before.bid = now.bid;
      before.ask = now.ask;
    }
  }
  return observer.figures();
}

interface Ladders {
  readonly ticker: string;
  readonly captured_at: string;
  readonly yes_bids: readonly (readonly [number, number])[] | null;
  readonly no_bids: readonly (readonly [number, number])[] | null;
}

/** Whole ladders now and then: `yes_bids` and `no_bids` in dollars and contracts. */
export async function ofLadders(files: readonly string[]): Promise<Figures> {
  const observer = new Observer(MINUTE_MS);
  for (const file of files) {
    for await (const line of linesOf(file)) {
      const { ticker, captured_at, yes_bids, no_bids } = JSON.parse(line) as Ladders;
      const bids = best(yes_bids);
      const asks = best(no_bids);
      if (bids.length === 0 || asks.length === 0) continue;
      observer.look({
        market: ticker,
        atMs: Date.parse(captured_at),
        bid: 100 * bids[0]![0],
        ask: 100 - 100 * asks[0]![0],
        touch: [bids[0]![1], asks[0]![1]],
        ten: [sumOf(bids), sumOf(asks)],
      });
    }
  }
  const { move50, move75, move90, move99, ...still } = observer.figures();
  return still;
}

function best(levels: readonly (readonly [number, number])[] | null): (readonly [number, number])[] {
  return (levels ?? []).toSorted(([one], [other]) => other - one).slice(0, TEN);
}
function sumOf(levels: readonly (readonly [number, number])[]): number {
  return levels.reduce((sum, [, contracts]) => sum + contracts, 0);
}

interface Quoted {
  readonly ticker: string;
  /** Cents. */
  readonly bid: number | null;
  readonly ask: number | null;
  readonly sizes: readonly [number, number] | null;
  readonly atMs: number;
}

/** Looks at the touch every few seconds; `read` knows the form of a line. */
export async function ofTouches(
  files: readonly string[],
  everyMs: number,
  read: (line: string) => readonly Quoted[],
): Promise<Figures> {
  const observer = new Observer(everyMs);
  for (const file of files) {
    for await (const line of linesOf(file)) {
      for (const { ticker, atMs, bid, ask, sizes } of read(line))
        if (bid !== null && ask !== null && bid > 0)
          observer.look({ market: ticker, atMs, bid, ask, touch: sizes, ten: null });
    }
  }
  return observer.figures();
}

/** `{ts, ticker, yes_bid, yes_ask, yes_bid_sz, yes_ask_sz}`, prices in cents. */
export function readTouch(line: string): readonly Quoted[] {
  const row = JSON.parse(line) as Record<string, string | number | null> & { ticker: string; ts: number };
  const { yes_bid: bid, yes_ask: ask, yes_bid_sz: bidSize, yes_ask_sz: askSize } = row;
  const sizes = bidSize == null || askSize == null ? null : ([Number(bidSize), Number(askSize)] as const);
  return [{ ticker: row.ticker, atMs: row.ts, bid: bid as number | null, ask: ask as number | null, sizes }];
}

/** `{ts, ticker, yb, ya}`, prices in dollars, time in seconds. */
export function readDollarTouch(line: string): readonly Quoted[] {
  const { ticker, ts, yb, ya } = JSON.parse(line) as { ticker: string; ts: number; yb: number; ya: number };
  return [{ ticker, atMs: ts * 1_000, bid: 100 * (yb ?? 0), ask: 100 * (ya ?? 0), sizes: null }];
}

interface Outcomes {
  readonly captured_at: string;
  readonly outcomes?: readonly { ticker: string; yes_bid: number | null; yes_ask: number | null }[];
  readonly current?: { readonly outcomes?: Outcomes['outcomes'] } | null;
}
/** All outcomes of an event in a line, prices in dollars. */
export function readOutcomes(line: string): readonly Quoted[] {
  const row = JSON.parse(line) as Outcomes;
  const atMs = Date.parse(row.captured_at);
  return (row.outcomes ?? row.current?.outcomes ?? []).map(({ ticker, yes_bid, yes_ask }) => ({
    ticker,
    atMs,
    bid: 100 * (yes_bid ?? 0),
    ask: 100 * (yes_ask ?? 0),
    sizes: null,
  }));
}

/** Files under a folder by their ending, in order of their names. */
export function filesUnder(folder: string, ending: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name));
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const bytes = createReadStream(file);
  const input = file.endsWith('.zst') ? bytes.pipe(createZstdDecompress()) : bytes;
  bytes.on('error', (error) => input.destroy(error));
  for await (const line of createInterface({ input })) if (line.trim() !== '') yield line;
}
