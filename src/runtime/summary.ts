/** What a run came to: the last line of `--json`, and the same for a person. The field names are part of the interface. */
import type { ExitCode } from '../domain/errors.ts';
import { formatMoney, type Microdollars, toContracts } from '../domain/units.ts';
import type { RequestCounts } from '../exchange/port.ts';
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
      resumed: 0,
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
  const { sessions, orders, fills, money, latency } = summary;
  const reasons = Object.entries(sessions.reasons).map(([reason, count]) => `${reason} ${count}`);
  const lines = [
    [
      'ran',
      `${(summary.ranForMs / 1000).toFixed(0)} s of market time in mode ${summary.mode}, seed ${summary.seed}${summary.timeScaled ? ' (time scaled)' : ''}`,
    ],
    ['markets', `${summary.scanner.seen} seen, ${summary.scanner.accepted} accepted`],
    [
      'sessions',
      `${sessions.opened} opened, ${sessions.closed} closed${reasons.length > 0 ? ` (${reasons.join(', ')})` : ''}`,
    ],
    [
      'orders',
      `${orders.created} created, ${orders.canceled} canceled, ${orders.amended} amended, ${orders.denied} denied, ${orders.rejected} rejected`,
    ],
    [
      'fills',
      `${fills.count} for ${fills.contracts} contracts${fills.makerShare === null ? '' : `, ${(fills.makerShare * 100).toFixed(0)} % as maker`}`,
    ],
    ['cash', `$${money.cash} (explained $${money.explainedCash}, difference $${money.difference})`],
    ['P&L', `realised $${money.realizedPnl}, unrealised $${money.unrealizedPnl}, fees $${money.fees}`],
    [
      'first quote',
      latency.firstQuoteMs === null ? 'none' : `${(latency.firstQuoteMs / 1000).toFixed(1)} s after start`,
    ],
    ['left resting', orders.leftResting === 0 ? 'nothing' : String(orders.leftResting)],
  ] as const;
  return lines.map(([name, value]) => `${name.padEnd(13)} ${value}`).join('\n');
}
