/** What is shown of a story: the small picture of every second, and the larger answers that are asked for once. */
import {
  type Centicents,
  formatMoney,
  formatPrice,
  formatQuantity,
  type Microdollars,
  toDollars,
} from '../../domain/units.ts';
import type { LiveMarket } from '../../runtime/live-facts.ts';
import type {
  AccountPoint,
  AccountSeries,
  MarketAnswer,
  Performance,
  PositionFact,
  SessionFact,
  ToldPicture,
} from '../wire-dashboard.ts';
import { seriesOf, type ToldMarket } from './markets-told.ts';
import { sessionFact, type ToldSession } from './sessions-told.ts';
import type { AccountTold, Story } from './story.ts';
import { fillFact, orderFact } from './trades-told.ts';

const FILLS_SHOWN = 12;
const SESSIONS_CLOSED_SHOWN = 12;
const EVENTS_SHOWN = 40;
const OF_A_MARKET_SHOWN = 60;

type LiveNumbers = Parameters<Story['kpis']>[0];

export function toldPicture(story: Story, live: LiveNumbers = null): ToldPicture {
  const { trades, sessions, ledger, account } = story;
  const closed = sessions.shelf.page(
    { before: null, limit: SESSIONS_CLOSED_SHOWN, where: ({ closedMs }) => closedMs !== null },
    (told) => told,
  ).items;
  return {
    sequence: story.sequence,
    mode: story.mode,
    money: moneyTold(story),
    positions: ledger.held().map(positionFact),
    sessions: [...sessions.living().reverse(), ...closed].map((told) => factOf(story, told)),
    fills: trades.fills.page({ before: null, limit: FILLS_SHOWN }, fillFact).items,
    counts: { fills: ledger.fillCount, orders: trades.orders.total, sessions: sessions.shelf.total },
    kpis: story.kpis(live),
    performance: performanceOf(story),
    events: story.events.last(EVENTS_SHOWN),
    point: account.last === null ? null : pointOf(account.last),
    run: story.run === null ? null : { ...story.run },
  };
}

function moneyTold({ ledger, account: { last } }: Story): ToldPicture['money'] {
  return {
    openingCash: formatMoney(ledger.opening),
    cash: formatMoney(ledger.cash),
    realizedPnl: formatMoney(ledger.realizedPnl),
    fees: formatMoney(ledger.fees),
    unrealizedPnl: formatMoney(last?.unrealizedPnl ?? (0 as Microdollars)),
    equity: formatMoney(last?.equity ?? ledger.cash),
    fills: ledger.fillCount,
    contracts: formatQuantity(ledger.contracts),
    isMarked: last?.isMarked ?? true,
  };
}

export function factOf({ ledger }: Story, told: ToldSession): SessionFact {
  return sessionFact(told, ledger.position(told.market).quantity);
}

function positionFact({
  market,
  quantity,
  cost,
  realizedPnl,
  fees,
}: ReturnType<Story['ledger']['position']>): PositionFact {
  return {
    market,
    quantity: formatQuantity(quantity),
    cost: formatMoney(cost),
    realizedPnl: formatMoney(realizedPnl),
    fees: formatMoney(fees),
  };
}

function performanceOf({ results, settings }: Story): Performance {
  const { wins, losses, even, streak } = results;
  return { wins, losses, even, streak, winRate: results.winRate(), strategy: strategyOf(settings) };
}

/** How it quotes, from the settings that its journal kept. */
function strategyOf(settings: Story['settings']): string | null {
  const { quoting, session } = (settings ?? {}) as {
    quoting?: { gammaPerCent: number; kPerCent: number; horizonSeconds: number };
    session?: { quantityContracts: number };
  };
  if (quoting === undefined || session === undefined) return null;
  const { gammaPerCent, kPerCent, horizonSeconds } = quoting;
  return `Avellaneda–Stoikov, γ ${gammaPerCent}/¢, k ${kPerCent}/¢, τ ${horizonSeconds} s, ${session.quantityContracts} contracts a side`;
}

function pointOf({ atMs, equity, realizedPnl, unrealizedPnl, fees }: AccountTold): AccountPoint {
  return {
    atMs,
    equity: toDollars(equity),
    realized: toDollars(realizedPnl),
    unrealized: toDollars(unrealizedPnl),
    fees: toDollars(fees),
  };
}

export function accountSeries({ account }: Story): AccountSeries {
  const points = account.points().map(pointOf);
  return {
    atMs: points.map(({ atMs }) => atMs),
    equity: points.map(({ equity }) => equity),
    realized: points.map(({ realized }) => realized),
    unrealized: points.map(({ unrealized }) => unrealized),
    fees: points.map(({ fees }) => fees),
  };
}

/** Everything of one market, but what only the running trader knows. */
export function marketTold(story: Story, ticker: string): Omit<MarketAnswer, 'detail'> {
  const { markets, trades, sessions, ledger } = story;
  const market = markets.get(ticker);
  const limit = OF_A_MARKET_SHOWN;
  const held = ledger.position(ticker);
  return {
    ticker,
    title: market?.listed?.title ?? null,
    category: market?.listed?.category ?? null,
    event: market?.listed?.event ?? null,
    closeMs: market?.listed?.closeMs ?? null,
    series: market === null ? NO_SERIES : seriesOf(market),
    fills: trades.fills.page({ before: null, limit: 500, where: ({ fill }) => fill.market === ticker }, fillFact).items,
    orders: trades.orders.page({ before: null, limit, where: ({ intent }) => intent.market === ticker }, orderFact)
      .items,
    sessions: sessions.shelf.page({ before: null, limit, where: (told) => told.market === ticker }, (told) =>
      factOf(story, told),
    ).items,
    decisions: [...(market?.decisions ?? [])].reverse(),
    position: held.quantity === 0 && held.realizedPnl === 0 && held.fees === 0 ? null : positionFact(held),
  };
}

const NO_SERIES: MarketAnswer['series'] = {
  ...{ atMs: [], bid: [], ask: [], ourBid: [], ourAsk: [], reservation: [], position: [] },
};

/** Whether a story has ever heard of a market. */
export function knowsMarket({ markets, ledger }: Story, ticker: string): boolean {
  const { fees, realizedPnl, quantity } = ledger.position(ticker);
  return markets.get(ticker) !== null || fees !== 0 || realizedPnl !== 0 || quantity !== 0;
}

/** Markets as they were last seen, for a run that is over. */
export function marketsTold(story: Story): LiveMarket[] {
  const living = new Map(story.sessions.living().map((told) => [told.market, told]));
  const last = new Map<string, ToldSession>();
  for (const told of story.sessions.shelf.values()) last.set(told.market, told);
  return [...story.markets.all()]
    .filter(({ points, ticker }) => points.last !== null || story.ledger.position(ticker).quantity !== 0)
    .map((market) => lastSeen(story, market, living.get(market.ticker) ?? null, last.get(market.ticker) ?? null));
}

function lastSeen(
  { ledger }: Story,
  { ticker, listed, points }: ToldMarket,
  living: ToldSession | null,
  session: ToldSession | null,
): LiveMarket {
  const point = points.last;
  const { quantity, realizedPnl, fees } = ledger.position(ticker);
  const price = (value: number | null | undefined) => (value == null ? null : formatPrice(value as Centicents));
  return {
    ticker,
    title: listed?.title ?? ticker,
    event: listed?.event ?? '',
    category: listed?.category ?? '',
    closeMs: listed?.closeMs ?? 0,
    session: living?.session ?? null,
    states: living?.states ?? [],
    reason: living?.states[0] ?? session?.reason ?? 'waiting',
    bid: price(point?.bid),
    ask: price(point?.ask),
    ourBid: null,
    ourAsk: null,
    position: formatQuantity(quantity),
    worth: formatMoney((quantity === 0 || point === null ? realizedPnl - fees : point.worth) as Microdollars),
    edgeCents: null,
    regime: point?.regime ?? '',
    sigmaCentsPerSqrtSecond: point?.sigmaCentsPerSqrtSecond ?? 0,
    book: 'void',
    ageMs: null,
  };
}
