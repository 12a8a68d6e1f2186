/** The running trader as the dashboard shows it, made when somebody looks: every number read where it is kept. */
import type { Ticker } from '../domain/ids.ts';
import { openQuantity } from '../domain/order.ts';
import { signOf } from '../domain/side.ts';
import { formatMoney, formatPrice, formatQuantity, type Microdollars } from '../domain/units.ts';
import type {
  LiveFeed,
  LiveLevel,
  LiveMarket,
  LiveMarketDetail,
  LiveMoney,
  LiveOrder,
  LivePicture,
  LivePlace,
} from './live-facts.ts';
import { liveRisk } from './live-risk.ts';
import { reasonFor } from './state-report.ts';
import type { TraderRuntime } from './trader-runtime.ts';
import type { WatchedMarket } from './watched-markets.ts';
import { statesIn } from './why.ts';

/** What is shown of a book's side. */
const LEVELS_SHOWN = 12;
const TRADES_SHOWN = 20;

/** From a book's change to an approved order; a quantile sorts thousands of samples. */
export function tickToOrder({ latency }: TraderRuntime): LivePicture['tickToOrderUs'] {
  return { p50: latency.quantileUs(0.5), p99: latency.quantileUs(0.99) };
}

export function livePicture(runtime: TraderRuntime, tickToOrderUs = tickToOrder(runtime)): LivePicture {
  const { parts, register, scan, markets } = runtime;
  const { clocks, venue } = parts;
  const states = new Map(register.entries().map((entry) => [entry.id, entry.state]));
  const notQuoted = new Map<string, number>();
  for (const ticker of scan.listed.keys()) {
    if (runtime.sessions.sessionOf(ticker) !== null) continue;
    const reason = reasonFor(runtime, ticker, states);
    notQuoted.set(reason, (notQuoted.get(reason) ?? 0) + 1);
  }
  return {
    atMs: clocks.market.now(),
    wallMs: clocks.wall.now(),
    money: moneyNow(runtime),
    risk: liveRisk(runtime),
    markets: [...markets.all()].map((watched) => marketNow(runtime, watched, states)),
    notQuoted: [...notQuoted].sort(([, one], [, other]) => other - one),
    orders: ordersNow(runtime),
    buckets: venue.budget(),
    requests: { total: venue.requests.total, status429: venue.requests.status429 },
    feed: feedNow(runtime),
    tickToOrderUs,
  };
}

/** One market in full; null where it is not watched. */
export function liveMarket(runtime: TraderRuntime, ticker: Ticker): LiveMarketDetail | null {
  const watched = runtime.markets.get(ticker);
  if (watched === null) return null;
  const states = new Map(runtime.register.entries().map((entry) => [entry.id, entry.state]));
  const view = runtime.markets.view(ticker);
  const levels = (side: 'bid' | 'ask'): LiveLevel[] =>
    (view?.inSync === true ? view.book.levels(side, LEVELS_SHOWN) : []).map(([price, quantity]) => [
      formatPrice(price),
      formatQuantity(quantity),
      formatQuantity(watched.own.quantityAt(side, price)),
    ]);
  return {
    ...marketNow(runtime, watched, states),
    atMs: runtime.parts.clocks.market.now(),
    bids: levels('bid'),
    asks: levels('ask'),
    lastTrades: (view?.trades(TRADES_SHOWN) ?? []).map(({ atMs, price, quantity }) => ({
      atMs,
      price: formatPrice(price),
      quantity: formatQuantity(quantity),
    })),
  };
}

function moneyNow(runtime: TraderRuntime): LiveMoney {
  const { ledger, accounts, days } = runtime;
  const marks: Parameters<typeof ledger.unrealized>[0] = (market, quantity) => runtime.mark(market, quantity);
  const equity = accounts.equity();
  const { equity: began } = days.current;
  return {
    openingCash: formatMoney(ledger.opening),
    cash: formatMoney(accounts.cash()),
    equity: formatMoney(equity),
    realizedPnl: formatMoney(ledger.realizedPnl()),
    unrealizedPnl: formatMoney(ledger.unrealized(marks)),
    fees: formatMoney(ledger.fees()),
    dayPnl: began === null ? null : formatMoney((equity - began) as Microdollars),
    fills: ledger.fillCount,
    contracts: formatQuantity(ledger.contracts),
    isMarked: accounts.isMarked(),
  };
}

function marketNow(runtime: TraderRuntime, watched: WatchedMarket, states: ReadonlyMap<string, unknown>): LiveMarket {
  const { ticker, title, event, category, closeMs } = watched.market;
  const { clocks } = runtime.parts;
  const session = runtime.sessions.sessionOf(ticker);
  const view = runtime.markets.view(ticker);
  const { regime, sigmaCentsPerSqrtSecond } = watched.signals.now(clocks.market.now());
  const ours = ourPlaces(runtime, ticker);
  const explain = runtime.explanations.get(ticker);
  const isQuoted = ours.bid !== null || ours.ask !== null;
  const wallMs = clocks.wall.now();
  return {
    ticker,
    title,
    event,
    category,
    closeMs,
    session,
    states: session === null ? [] : statesIn(states.get(session)),
    reason: reasonFor(runtime, ticker, states),
    bid: watched.reading === null ? null : formatPrice(watched.reading.bid),
    ask: watched.reading === null ? null : formatPrice(watched.reading.ask),
    ourBid: ours.bid,
    ourAsk: ours.ask,
    position: formatQuantity(runtime.accounts.position(ticker)),
    worth: formatMoney(runtime.accounts.worth(ticker)),
    edgeCents: isQuoted && explain !== undefined ? explain.spreadCents - explain.feeFloorCents : null,
    regime,
    sigmaCentsPerSqrtSecond,
    book: view?.inSync !== true ? 'void' : view.isCurrent(wallMs) ? 'current' : 'late',
    ageMs: view?.inSync === true ? Math.max(0, Math.round(wallMs - view.atWallMs)) : null,
  };
}

/** The best of ours on each side that the exchange holds. */
function ourPlaces({ table }: TraderRuntime, ticker: Ticker): { bid: LivePlace | null; ask: LivePlace | null } {
  const best: Record<'bid' | 'ask', { price: number; place: LivePlace } | null> = { bid: null, ask: null };
  for (const row of table.open(ticker)) {
    if (row.state === 'intended' || row.state === 'sent') continue;
    const known = best[row.side];
    if (known !== null && signOf(row.side) * (row.price - known.price) <= 0) continue;
    best[row.side] = { price: row.price, place: [formatPrice(row.price), formatQuantity(openQuantity(row))] };
  }
  return { bid: best.bid?.place ?? null, ask: best.ask?.place ?? null };
}

function ordersNow({ table }: TraderRuntime): LiveOrder[] {
  return [...table.allOpen()].map((row) => ({
    clientOrderId: row.clientOrderId,
    market: row.market,
    session: row.session,
    side: row.side,
    price: formatPrice(row.price),
    open: formatQuantity(openQuantity(row)),
    filled: formatQuantity(row.filled),
    state: row.state,
    purpose: row.purpose,
    placedMs: row.intendedMarketMs,
  }));
}

function feedNow({ feed, register, parts }: TraderRuntime): LiveFeed {
  const { messages, gaps, resyncs } = feed.counts;
  const wallMs = parts.clocks.wall.now();
  const watched = feed.watched();
  const chart = register.entries().find(({ machine }) => machine === 'marketFeed');
  return {
    states: chart === undefined ? [] : statesIn(chart.state),
    lagMs: feed.lagMs,
    lagMsMax: parts.settings.feed.lagMedianMsMax,
    messages,
    gaps,
    resyncs,
    watched: watched.length,
    current: watched.filter((ticker) => feed.view(ticker)?.isCurrent(wallMs) === true).length,
  };
}
