/** What a run came to: the last line of `--json`, and the same for a person. The field names are part of the interface. */
import type { ExitCode } from '../domain/errors.ts';
import { formatMoney, type Microdollars, toContracts } from '../domain/units.ts';
import type { RequestCounts } from '../exchange/port.ts';
import { type OpenAtEnd, openAtEnd } from './open-at-end.ts';
import type { TraderRuntime } from './trader-runtime.ts';

export interface Summary {
  readonly mode: string;
  readonly seed: number;
  /** Market time. */
  readonly ranForMs: number;
  readonly exit: ExitCode;
  /** An earlier run's journal was recovered. */
  readonly restored: boolean;
  /** The market ran at another speed than the wall: latencies and rates are not those of a real day. */
  readonly timeScaled: boolean;
  readonly feed: {
    readonly messages: number;
    readonly deltas: number;
    readonly gaps: number;
    readonly resyncs: number;
  };
  readonly scanner: {
    readonly seen: number;
    readonly accepted: number;
    readonly rejected: Readonly<Record<string, number>>;
  };
  readonly sessions: {
    readonly opened: number;
    readonly resumed: number;
    readonly closed: number;
    readonly reasons: Readonly<Record<string, number>>;
  };
  readonly orders: {
    readonly created: number;
    readonly canceled: number;
    readonly amended: number;
    readonly denied: number;
    readonly rejected: number;
    /** At the end. */
    readonly unknown: number;
    /** At the end. */
    readonly leftResting: number;
  };
  readonly fills: { readonly count: number; readonly contracts: number; readonly makerShare: number | null };
  /** Of the data folder's life, dollars with six decimals. */
  readonly money: {
    readonly openingCash: string;
    readonly cash: string;
    readonly explainedCash: string;
    /** Explained less the venue's; "0.000000" or something is wrong. */
    readonly difference: string;
    readonly realizedPnl: string;
    readonly unrealizedPnl: string;
    readonly fees: string;
    readonly equity: string;
  };
  /** Positions in markets that have not paid yet, and in a replay every market that is still open. */
  readonly openAtEnd: readonly OpenAtEnd[];
  readonly requests: RequestCounts;
  /** Wall time from the start of the process; null without a sample. */
  readonly latency: {
    readonly inControlMs: number | null;
    readonly firstQuoteMs: number | null;
    readonly tickToOrderUsP50: number | null;
    readonly tickToOrderUsP99: number | null;
  };
}

export interface SummaryFacts {
  readonly mode: string;
  readonly seed: number;
  readonly ranForMs: number;
  readonly exit: ExitCode;
  readonly timeScaled: boolean;
  /** The venue's cash in the end; null when it could not be read. */
  readonly cash: Microdollars | null;
  readonly left: readonly string[];
}

export function summarize(runtime: TraderRuntime, facts: SummaryFacts): Summary {
  const { feed, scan, counts, gateway, ledger, latency, table, parts } = runtime;
  const explained = ledger.explainedCash();
  const cash = facts.cash ?? explained;
  const marks: Parameters<typeof ledger.equity>[1] = (market, quantity) => runtime.mark(market, quantity);
  const rounded = (value: number | null): number | null => (value === null ? null : Math.round(value));
  return {
    mode: facts.mode,
    seed: facts.seed,
    ranForMs: Math.round(facts.ranForMs),
    exit: facts.exit,
    restored: runtime.restored,
    timeScaled: facts.timeScaled,
    feed: {
      messages: feed.counts.messages,
      deltas: feed.counts.deltas,
      gaps: feed.counts.gaps,
      resyncs: feed.counts.resyncs,
    },
    scanner: { seen: scan.counts.seen, accepted: scan.counts.accepted, rejected: scan.counts.rejected },
    sessions: {
      opened: runtime.sessions.opened,
      resumed: runtime.sessions.resumed,
      closed: runtime.sessions.closed,
      reasons: runtime.sessions.endReasons,
    },
    orders: {
      created: gateway.counts.created,
      canceled: gateway.counts.canceled,
      amended: gateway.counts.amended,
      denied: gateway.counts.denied,
      rejected: gateway.counts.rejected,
      unknown: table.unknownCount,
      leftResting: facts.left.length,
    },
    fills: {
      count: counts.fills,
      contracts: toContracts(counts.contracts as never),
      makerShare: counts.contracts === 0 ? null : counts.makerContracts / counts.contracts,
    },
    money: {
      openingCash: formatMoney(ledger.opening),
      cash: formatMoney(cash),
      explainedCash: formatMoney(explained),
      difference: formatMoney((explained - cash) as Microdollars),
      realizedPnl: formatMoney(ledger.realizedPnl()),
      unrealizedPnl: formatMoney(ledger.unrealized(marks)),
      fees: formatMoney(ledger.fees()),
      equity: formatMoney(ledger.equity(cash, marks)),
    },
    openAtEnd: openAtEnd(runtime, facts.mode === 'replay'),
    requests: { total: parts.venue.requests.total, status429: parts.venue.requests.status429 },
    latency: {
      inControlMs: rounded(runtime.inControlMs),
      firstQuoteMs: rounded(runtime.firstQuoteMs),
      tickToOrderUsP50: latency.quantileUs(0.5),
      tickToOrderUsP99: latency.quantileUs(0.99),
    },
  };
}

/** The same for a person. */
export function summaryText(summary: Summary): string {
  const { feed, scanner, sessions, orders, fills, money, requests, latency } = summary;
  const seconds = `${Math.round(summary.ranForMs / 1000)} s of market time`;
  const left = orders.leftResting === 0 ? 'nothing left resting' : `${orders.leftResting} POSSIBLY LEFT RESTING`;
  const lines: readonly (readonly [string, string])[] = [
    ['ran', `${seconds} in mode ${summary.mode}, seed ${summary.seed}${summary.timeScaled ? ', time scaled' : ''}`],
    ['feed', `${feed.messages} messages, ${feed.deltas} book changes, ${feed.gaps} gaps, ${feed.resyncs} resyncs`],
    ['markets', `${scanner.seen} seen, ${scanner.accepted} accepted${listOf(scanner.rejected)}`],
    ['sessions', `${sessions.opened + sessions.resumed} opened, ${sessions.closed} closed${listOf(sessions.reasons)}`],
    [
      'orders',
      `${orders.created} created, ${orders.canceled} canceled, ${orders.amended} amended, ${orders.denied} denied, ` +
        `${orders.rejected} rejected, ${orders.unknown} unknown; ${left}`,
    ],
    ['fills', `${fills.count} for ${fills.contracts} contracts${percent(fills.makerShare)}`],
    [
      'money',
      `opened with ${dollars(money.openingCash)}, cash ${dollars(money.cash)}, equity ${dollars(money.equity)}`,
    ],
    [
      'P&L',
      `realised ${dollars(money.realizedPnl)}, unrealised ${dollars(money.unrealizedPnl)}, fees ${dollars(money.fees)}`,
    ],
    [
      'ledger',
      Number(money.difference) === 0
        ? 'explains the cash to the last microdollar'
        : `explains ${dollars(money.explainedCash)}: a difference of ${dollars(money.difference)}`,
    ],
    ...summary.openAtEnd.map((open) => ['open', openText(open)] as const),
    ['requests', `${requests.total}, ${requests.status429} of them too many (429)`],
    [
      'latency',
      `in control after ${time(latency.inControlMs)}, first quote after ${time(latency.firstQuoteMs)}, ` +
        `tick to order ${micros(latency.tickToOrderUsP50)} (p50), ${micros(latency.tickToOrderUsP99)} (p99)`,
    ],
  ];
  return lines.map(([name, value]) => `${name.padEnd(10)}${value}`).join('\n');
}

/** "KXBTC15M-26MAY131000-00: 3 contracts of yes, marked at $0.42 ($0.0600 unrealised)". */
function openText({ market, position, mark, unrealizedPnl }: OpenAtEnd): string {
  if (position === 0) return `${market}: nothing held`;
  const worth =
    mark === null || unrealizedPnl === null
      ? 'nobody to sell to'
      : `marked at ${dollars(mark)} (${dollars(unrealizedPnl)} unrealised)`;
  return `${market}: ${Math.abs(position)} contracts of ${position > 0 ? 'yes' : 'no'}, ${worth}`;
}

/** " (most 3, fewer 1)", or nothing. */
function listOf(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

function percent(share: number | null): string {
  return share === null ? '' : `, ${Math.round(share * 100)} % as maker`;
}

/** Six decimals are for programs: "3997.130900" → $3997.1309, "4000.000000" → $4000.00. */
function dollars(text: string): string {
  const short = text.replace(/(\.\d\d\d*?)0+$/, '$1');
  return short.startsWith('-') ? `-$${short.slice(1)}` : `$${short}`;
}

function time(ms: number | null): string {
  return ms === null ? 'never' : `${(ms / 1000).toFixed(1)} s`;
}

function micros(us: number | null): string {
  return us === null ? 'never' : `${Math.round(us)} µs`;
}
