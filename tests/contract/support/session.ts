/**
 * A session with the venue as it was written down: requests in order of time, each with what was answered. It is lived
 * through again with the embedded exchange, on clocks that stand at the time of each request.
 */
import {
  type ClientOrderId,
  type EventTicker,
  named,
  type SeriesTicker,
  type Ticker,
} from '../../../src/domain/ids.ts';
import { ManualClock } from '../../../src/domain/manual-clock.ts';
import { PriceGrid } from '../../../src/domain/market.ts';
import { createRandom } from '../../../src/domain/seeded-random.ts';
import type { Side } from '../../../src/domain/side.ts';
import {
  type Centicents,
  type Centicontracts,
  type Microdollars,
  parsePrice,
  parseQuantity,
  unixMs,
  ZERO_QUANTITY,
} from '../../../src/domain/units.ts';
import { createEngine } from '../../../src/exchange/embedded/engine.ts';
import { CROWD, type NewOrder } from '../../../src/exchange/embedded/model.ts';
import { fakeSignature } from '../../../src/exchange/embedded/protocol/auth.ts';
import { createVenueServer } from '../../../src/exchange/embedded/server.ts';

// biome-ignore lint/suspicious/noExplicitAny: what was recorded is looked into freely, as a client's JSON is
export type Wire = any;

export interface Exchanged {
  readonly name: string;
  readonly atMs: number;
  /** `signed`, `signed-skewed`, `bad-signature`, `unknown-key-id`, `missing-signature-header`. */
  readonly auth: string;
  /** How far the signed time was off, where it was. */
  readonly skewMs: number;
  readonly method: string;
  /** From the root, with its query. */
  readonly path: string;
  readonly body: unknown;
  readonly status: number;
  readonly answer: Wire;
}

export interface Session {
  readonly user: string;
  readonly openingCash: Microdollars;
  /** As the venue describes them; in order of listing. */
  readonly markets: readonly Wire[];
  /** Of the account, from before the first request: as the venue lists them. */
  readonly earlierOrders: readonly Wire[];
  /** Of the markets, those that come with the trades, and the touch unless there is a book, that their description tells of. */
  readonly others?: readonly Wire[];
  /** The crowd's book when the session begins. */
  readonly books: readonly { market: string; side: Side; price: string; count: string }[];
  readonly exchanged: readonly Exchanged[];
}

export interface Answered {
  readonly status: number;
  readonly body: Wire;
}

const KEY = 'key';
/** The venue was seen to show an order as resting 412 ms after it had canceled it, and never so late as 1,500 ms. */
const READ_DELAY_MS = 500;

/** Lives through it; `tell` is called with each answer before the next request is made. */
export async function replay(session: Session, tell: (one: Exchanged, got: Answered, ids: Identities) => void) {
  const ids = new Identities();
  const clock = new ManualClock(unixMs(beginOf(session)));
  const engine = createEngine({ market: clock, random: createRandom(11) });
  const others = new Set(session.others);
  for (const market of session.markets) {
    list(engine, market, others.has(market) ? parseQuantity(market.open_interest_fp)! : ZERO_QUANTITY);
  }
  engine.openAccount(session.user, new Map([[0, session.openingCash]]));
  const server = createVenueServer({
    engine,
    market: clock,
    wall: clock,
    tier: 'basic',
    accounts: [{ keyId: KEY, publicKey: null, user: session.user }],
    speed: () => 1,
    readDelayMs: READ_DELAY_MS,
    onFault: (error) => {
      throw error;
    },
  });
  relive(session, clock, engine, ids);
  const hasBook = new Set(session.books.map(({ market }) => market));
  for (const market of session.others ?? []) recall(engine, market, !hasBook.has(market.ticker));
  for (const { market, side, price, count } of session.books) {
    engine.create(CROWD, { ...EASY, ...legs(market, side, price, count) });
  }

  for (const one of session.exchanged) {
    clock.advanceTo(one.atMs);
    const path = ids.translate(one.path);
    const text = `${clock.now() + one.skewMs}${one.method}${path.split('?')[0]}`;
    const headers: Record<string, string> = {
      'kalshi-access-key': one.auth === 'unknown-key-id' ? '00000000-0000-0000-0000-000000000000' : KEY,
      'kalshi-access-timestamp': String(clock.now() + one.skewMs),
      'kalshi-access-signature': fakeSignature(one.auth === 'bad-signature' ? `${text}!` : text),
    };
    if (one.auth === 'missing-signature-header') delete headers['kalshi-access-signature'];
    const response = await server.fetch(
      new Request(`http://venue${path}`, {
        method: one.method,
        headers,
        ...(one.body == null ? {} : { body: JSON.stringify(one.body) }),
      }),
    );
    const body = await response.text();
    tell(one, { status: response.status, body: body === '' ? null : JSON.parse(body) }, ids);
  }
}

/** What the venue called one thing and this exchange another: order, fill and trade ids, met in the same places. */
export class Identities {
  readonly #ours = new Map<string, string>();
  readonly #theirs = new Map<string, string>();

  /** Whether the two names belong together: known as a pair, or both new. */
  pair(theirs: string, ours: string): boolean {
    if (!this.#ours.has(theirs) && !this.#theirs.has(ours)) {
      this.#ours.set(theirs, ours);
      this.#theirs.set(ours, theirs);
    }
    return this.#ours.get(theirs) === ours;
  }

  translate(path: string): string {
    return path.replace(/[0-9a-f-]{36}/g, (id) => this.#ours.get(id) ?? id);
  }
}

const EASY: NewOrder = {
  market: named<Ticker>(''),
  side: 'bid',
  price: 0 as Centicents,
  quantity: 0 as Centicontracts,
  timeInForce: 'goodTillCanceled',
  selfTrade: 'taker_at_cross',
  clientOrderId: null,
  expiresAtMs: null,
  postOnly: false,
  reduceOnly: false,
  cancelOnPause: false,
  groupId: null,
};

function legs(market: string, side: Side, price: string, count: string) {
  return { market: named<Ticker>(market), side, price: parsePrice(price)!, quantity: parseQuantity(count)! };
}

function ms(time: string): number {
  return Date.parse(time);
}

function beginOf({ earlierOrders, exchanged }: Session): number {
  const times = earlierOrders.map((order) => ms(order.created_time));
  return Math.min(...times, ...exchanged.map((one) => one.atMs)) - 1_000;
}

type Engine = ReturnType<typeof createEngine>;

function list(engine: Engine, market: Wire, openInterestBefore = ZERO_QUANTITY): void {
  const event = named<EventTicker>(market.event_ticker);
  const series = named<SeriesTicker>(market.event_ticker.split('-')[0]);
  if (engine.series(series) === null) {
    const fees = { type: 'quadratic', multiplierMillionths: 1_000_000 } as const;
    engine.addSeries({ ticker: series, title: '', category: '', frequency: '', tags: [], fees, exchangeIndex: 0 });
  }
  if (engine.event(event) === null) {
    engine.addEvent({ ticker: event, series, title: '', subTitle: '', mutuallyExclusive: true, feeOverride: null });
  }
  engine.addMarket({
    ticker: named<Ticker>(market.ticker),
    event,
    marketId: market.ticker,
    title: market.title,
    yesSubTitle: market.yes_sub_title,
    noSubTitle: market.no_sub_title,
    kind: market.market_type,
    createdMs: unixMs(ms(market.created_time)),
    openMs: unixMs(ms(market.open_time)),
    closeMs: unixMs(ms(market.close_time)),
    expectedExpirationMs: unixMs(ms(market.expected_expiration_time)),
    settlementTimerSeconds: market.settlement_timer_seconds,
    gridLabel: market.price_level_structure,
    grid: new PriceGrid(
      market.price_ranges.map((range: Wire) => ({
        start: parsePrice(range.start),
        end: parsePrice(range.end),
        step: parsePrice(range.step),
      })),
    ),
    exchangeIndex: 0,
    strikeType: market.strike_type ?? null,
    floorStrike: market.floor_strike ?? null,
    capStrike: market.cap_strike ?? null,
    rulesPrimary: market.rules_primary,
    rulesSecondary: market.rules_secondary,
    volumeBefore: ZERO_QUANTITY,
    volume24hBefore: ZERO_QUANTITY,
    openInterestBefore,
  });
}

/** Brings a market to where its description has it: what it traded, whether it was quoted, and its touch now. */
function recall(engine: Engine, market: Wire, withTouch: boolean): void {
  const { ticker, last_price_dollars: last, volume_fp: volume } = market;
  if (Number(volume) > 0) engine.crowdPrint(ticker, parsePrice(last)!, parseQuantity(volume)!, 'bid');
  if (!withTouch) return;
  const quote = (side: Side, price: string, count: string) =>
    engine.create(CROWD, { ...EASY, ...legs(ticker, side, price, count) });
  const [hasBid, hasAsk] = [Number(market.yes_bid_size_fp) > 0, Number(market.yes_ask_size_fp) > 0];
  // An ask of 1 where nobody offers: somebody did once.
  if (!hasBid && !hasAsk && Number(market.yes_ask_dollars) === 1) {
    const once = quote('bid', '0.0100', '1.00');
    if (once.ok) engine.cancel(CROWD, once.order.orderId);
  }
  if (hasBid) quote('bid', market.yes_bid_dollars, market.yes_bid_size_fp);
  if (hasAsk) quote('ask', market.yes_ask_dollars, market.yes_ask_size_fp);
}

/** What the account did before: an order that ended as it was made was immediate, and somebody stood there if it filled. */
function relive({ user, earlierOrders }: Session, clock: ManualClock, engine: Engine, ids: Identities): void {
  const steps: { atMs: number; run: () => void }[] = [];
  for (const order of earlierOrders) {
    const atMs = ms(order.created_time);
    const isImmediate = order.last_update_time === order.created_time;
    const isBid = order.book_side === 'bid';
    const filled = order.fill_count_fp;
    steps.push({
      atMs,
      run() {
        if (Number(filled) > 0) {
          const leg = Number(order.taker_fill_cost_dollars) / Number(filled);
          const price = (isBid ? leg : 1 - leg).toFixed(4);
          engine.create(CROWD, { ...EASY, ...legs(order.ticker, isBid ? 'ask' : 'bid', price, filled) });
        }
        const made = engine.create(user, {
          ...EASY,
          ...legs(order.ticker, order.book_side, order.yes_price_dollars, order.initial_count_fp),
          timeInForce: isImmediate ? 'immediateOrCancel' : 'goodTillCanceled',
          clientOrderId: named<ClientOrderId>(order.client_order_id),
        });
        if (!made.ok) throw new Error(`${order.order_id} was refused: ${made.code}`);
        ids.pair(order.order_id, made.order.orderId);
        if (!isImmediate) {
          steps.push({ atMs: ms(order.last_update_time), run: () => engine.cancel(user, made.order.orderId) });
        }
      },
    });
  }
  while (steps.length > 0) {
    steps.sort((a, b) => a.atMs - b.atMs);
    const next = steps.shift()!;
    clock.advanceTo(Math.floor(next.atMs));
    next.run();
  }
}
