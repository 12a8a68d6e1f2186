/**
 * What the dashboard is told: types alone, for both sides. Exact money, prices and quantities are decimal text ("12.345678"
 * dollars, "0.5600", "10.00" contracts); floats are for drawing. Times are market time unless they say wall.
 */
import type { Kpi } from '../analytics/kpis.ts';
import type { LiveMarket, LiveMarketDetail, LiveMoney, LivePicture } from '../runtime/live-facts.ts';

export type { Kpi } from '../analytics/kpis.ts';
export type {
  LiveLevel,
  LiveLimit,
  LiveMarket,
  LiveMarketDetail,
  LivePicture,
  LiveSwitch,
} from '../runtime/live-facts.ts';

/** Topic `dashboard`, once a second, and at once when a person or a switch stops or frees the trader; also what `GET /api/dashboard` answers, with `series`. */
export interface DashboardMessage {
  readonly type: 'dashboard';
  readonly atMs: number;
  readonly wallMs: number;
  /** What only the running trader knows; null: the run is over, or not there yet. */
  readonly live: LivePicture | null;
  readonly told: ToldPicture;
}

export interface DashboardAnswer extends DashboardMessage {
  readonly series: AccountSeries;
  /** Of a run that is over: markets as they were last. */
  readonly markets: readonly LiveMarket[];
}

/** Topic `dashboard` with a market, once a second while it is watched. */
export interface MarketMessage {
  readonly type: 'market';
  readonly ticker: string;
  readonly detail: LiveMarketDetail;
}

/** What the journal tells of the run, and of those before it on its folder. */
export interface ToldPicture {
  /** The last entry that is in it. */
  readonly sequence: number;
  readonly mode: string | null;
  /** Realised, cash and fees of the journal's fills; unrealised and equity of its last sample. */
  readonly money: Omit<LiveMoney, 'dayPnl'>;
  readonly positions: readonly PositionFact[];
  /** Living ones first, then the last that closed. */
  readonly sessions: readonly SessionFact[];
  readonly fills: readonly FillFact[];
  readonly counts: { readonly fills: number; readonly orders: number; readonly sessions: number };
  readonly kpis: readonly Kpi[];
  readonly performance: Performance;
  /** Newest first. */
  readonly events: readonly RiskEvent[];
  /** Of the last sample; floats. */
  readonly point: AccountPoint | null;
  /** The last run: started, and how it ended; null: it has not, or died. */
  readonly run: { readonly startedMs: number; readonly endedMs: number | null; readonly exit: number | null } | null;
}

export interface Performance {
  readonly wins: number;
  readonly losses: number;
  readonly even: number;
  readonly winRate: number | null;
  /** Wins (+) or losses (−) in a row. */
  readonly streak: number;
  /** How it quotes, in a line. */
  readonly strategy: string | null;
}

export interface PositionFact {
  readonly market: string;
  readonly quantity: string;
  readonly cost: string;
  readonly realizedPnl: string;
  readonly fees: string;
}

export interface FillFact {
  readonly sequence: number;
  readonly atMs: number;
  readonly tradeId: string;
  readonly orderId: string;
  readonly clientOrderId: string | null;
  readonly market: string;
  /** null: the order is not ours, or no longer held. */
  readonly session: string | null;
  readonly purpose: 'quote' | 'exit' | null;
  readonly side: 'bid' | 'ask';
  readonly price: string;
  readonly quantity: string;
  readonly fee: string;
  readonly isTaker: boolean;
  /** Signed position of the market after it. */
  readonly positionAfter: string;
}

export interface OrderFact {
  readonly sequence: number;
  readonly clientOrderId: string;
  readonly orderId: string | null;
  readonly market: string;
  readonly session: string;
  readonly purpose: 'quote' | 'exit';
  readonly side: 'bid' | 'ask';
  readonly price: string;
  readonly quantity: string;
  readonly filled: string;
  readonly state: string;
  readonly reason: string | null;
  readonly placedMs: number;
  readonly movedMs: number;
  readonly isOver: boolean;
}

export interface SessionFact {
  readonly sequence: number;
  readonly session: string;
  readonly market: string;
  readonly kind: 'quote' | 'carry';
  /** Ids of its active states, outermost first. */
  readonly states: readonly string[];
  readonly sinceMs: number;
  readonly openedMs: number;
  readonly closedMs: number | null;
  /** Why it ended, or is on its way out. */
  readonly reason: string | null;
  /** Signed contracts in its market now; of a closed one: carried. */
  readonly position: string;
  /** Earned in all, fees off; null while it lives. */
  readonly pnl: string | null;
  readonly orders: number;
  readonly fills: number;
  readonly contracts: string;
  /** Of its last quote: what a round trip earns beyond fees and margins, cents a contract. */
  readonly edgeCents: number | null;
}

/** A word of quoting, as the journal kept it. */
export interface DecisionFact {
  readonly sequence: number;
  readonly atMs: number;
  readonly session: string | null;
  readonly kind: 'quoted' | 'withheld' | 'denied' | 'exit';
  /** Of a quote; cents, contracts. */
  readonly quote: {
    readonly midCents: number;
    readonly positionContracts: number;
    readonly sigmaCentsPerSqrtSecond: number;
    readonly gammaPerCent: number;
    readonly kPerCent: number;
    readonly reservationCents: number;
    readonly spreadCents: number;
    readonly feeFloorCents: number;
    readonly regime: string;
    readonly bounds: readonly string[];
  } | null;
  /** Of the others, in words. */
  readonly text: string | null;
}

export interface RiskEvent {
  readonly sequence: number;
  readonly atMs: number;
  readonly wallMs: number;
  readonly kind: string;
  readonly text: string;
  readonly tone: 'good' | 'warn' | 'bad' | 'plain';
}

/** Dollars, floats. */
export interface AccountPoint {
  readonly atMs: number;
  readonly equity: number;
  readonly realized: number;
  readonly unrealized: number;
  readonly fees: number;
}

/** Columns of equal length, in order of time. */
export interface AccountSeries {
  readonly atMs: readonly number[];
  readonly equity: readonly number[];
  readonly realized: readonly number[];
  readonly unrealized: readonly number[];
  readonly fees: readonly number[];
}

/** Columns of equal length, in order of time; prices in cents, position in contracts, floats. */
export interface MarketSeries {
  readonly atMs: readonly number[];
  readonly bid: readonly (number | null)[];
  readonly ask: readonly (number | null)[];
  readonly ourBid: readonly (number | null)[];
  readonly ourAsk: readonly (number | null)[];
  readonly reservation: readonly (number | null)[];
  readonly position: readonly number[];
}

/** `GET /api/markets/:ticker` */
export interface MarketAnswer {
  readonly ticker: string;
  readonly title: string | null;
  readonly category: string | null;
  readonly event: string | null;
  readonly closeMs: number | null;
  readonly series: MarketSeries;
  readonly detail: LiveMarketDetail | null;
  /** Newest first. */
  readonly fills: readonly FillFact[];
  readonly orders: readonly OrderFact[];
  readonly sessions: readonly SessionFact[];
  readonly decisions: readonly DecisionFact[];
  readonly position: PositionFact | null;
}

/** `GET /api/fills`, `/api/orders`, `/api/sessions`, newest first: `?before=SEQUENCE&limit=N&market=…&session=…&order=…`. */
export interface Page<T> {
  readonly items: readonly T[];
  /** All there were, also those that are no longer held. */
  readonly total: number;
  /** Ask with this as `before` for older ones; null: none are held. */
  readonly before: number | null;
}
