/**
 * What only a running trader knows, for those who look: plain JSON, exact money and prices as decimal text ("12.345678",
 * "0.5600", "10.00"), floats only for what is measured. Types alone, so that a page can have them.
 */

export interface LivePicture {
  /** Market and wall time of the picture. */
  readonly atMs: number;
  readonly wallMs: number;
  readonly money: LiveMoney;
  readonly risk: LiveRisk;
  readonly markets: readonly LiveMarket[];
  /** Listed markets without a session by why: a stable reason code and how many. */
  readonly notQuoted: readonly (readonly [reason: string, count: number])[];
  readonly orders: readonly LiveOrder[];
  readonly buckets: readonly LiveBucket[];
  readonly requests: { readonly total: number; readonly status429: number };
  readonly feed: LiveFeed;
  /** From a book's change to an approved order, microseconds; null without a sample. */
  readonly tickToOrderUs: { readonly p50: number | null; readonly p99: number | null };
}

export interface LiveMoney {
  readonly openingCash: string;
  readonly cash: string;
  readonly equity: string;
  readonly realizedPnl: string;
  readonly unrealizedPnl: string;
  readonly fees: string;
  /** Since 00:00 in New York; null before the day's first look. */
  readonly dayPnl: string | null;
  /** Of the whole account, earlier runs included. */
  readonly fills: number;
  readonly contracts: string;
  /** Every position has a price at which it could be left. */
  readonly isMarked: boolean;
}

export interface LiveLimit {
  readonly name: string;
  /** What the number is of: a market, a category; null: of everything. */
  readonly of: string | null;
  readonly unit: 'money' | 'count';
  /** Money as decimal text, counts as whole numbers in text. */
  readonly used: string;
  readonly allowed: string;
  /** For drawing: used ÷ allowed; null where nothing is allowed. */
  readonly share: number | null;
}

export interface LiveSwitch {
  readonly name: 'dailyLoss' | 'errors' | 'feedStale';
  readonly action: 'reduce' | 'pause' | 'halt';
  /** Measured and where it fires, in its own unit. */
  readonly unit: 'money' | 'count' | 'ms';
  readonly measured: string;
  readonly firesAt: string;
  readonly share: number;
  readonly standing: { readonly reason: string; readonly resumeAtMs: number | null } | null;
}

export interface LiveRisk {
  readonly mode: string;
  readonly permission: string;
  /** What the operator put up and has not taken down. */
  readonly bar: { readonly action: string; readonly by: string } | null;
  readonly limits: readonly LiveLimit[];
  readonly switches: readonly LiveSwitch[];
}

/** A price and a quantity. */
export type LivePlace = readonly [price: string, quantity: string];

/** A market that is watched. */
export interface LiveMarket {
  readonly ticker: string;
  readonly title: string;
  readonly event: string;
  readonly category: string;
  readonly closeMs: number;
  readonly session: string | null;
  /** Ids of the session's active states, outermost first; empty without a session. */
  readonly states: readonly string[];
  /** `quoted`, what keeps it from that, or why it has no session: one stable code. */
  readonly reason: string;
  /** The touch less our own. */
  readonly bid: string | null;
  readonly ask: string | null;
  readonly ourBid: LivePlace | null;
  readonly ourAsk: LivePlace | null;
  /** Signed contracts. */
  readonly position: string;
  /** Everything that this market has earned, fees off, its position marked. */
  readonly worth: string;
  /** What a round trip at our prices earns beyond fees and margins, cents a contract; null while not quoted. */
  readonly edgeCents: number | null;
  readonly regime: string;
  readonly sigmaCentsPerSqrtSecond: number;
  readonly book: 'current' | 'late' | 'void';
  /** Wall milliseconds since the book last changed; null while it is void. */
  readonly ageMs: number | null;
}

export interface LiveOrder {
  readonly clientOrderId: string;
  readonly market: string;
  readonly session: string;
  readonly side: 'bid' | 'ask';
  readonly price: string;
  /** What may still execute. */
  readonly open: string;
  readonly filled: string;
  readonly state: string;
  readonly purpose: 'quote' | 'exit';
  readonly placedMs: number;
}

export interface LiveBucket {
  readonly kind: 'read' | 'write';
  readonly shard: number | null;
  readonly tokens: number;
  readonly capacity: number;
  readonly tokensPerSecond: number;
  readonly waiting: number;
}

export interface LiveFeed {
  /** States of the chart that keeps the connection. */
  readonly states: readonly string[];
  readonly lagMs: number | null;
  readonly lagMsMax: number;
  readonly messages: number;
  readonly gaps: number;
  readonly resyncs: number;
  readonly watched: number;
  readonly current: number;
}

/** One market as it is now, for its own page. */
export interface LiveMarketDetail extends LiveMarket {
  readonly atMs: number;
  /** Best first: everybody's quantity, and how much of it is ours. */
  readonly bids: readonly LiveLevel[];
  readonly asks: readonly LiveLevel[];
  readonly lastTrades: readonly { readonly atMs: number; readonly price: string; readonly quantity: string }[];
}

export type LiveLevel = readonly [price: string, quantity: string, ours: string];
