/**
 * `GET /metrics` for Prometheus: one registry a run, everything read from the trader in the moment of the scrape, so that it
 * costs nothing between two of them. Units are in the names: dollars, contracts, seconds, bytes; what only grows ends in
 * `_total`. Markets are a label only where something is held, so that there are never many.
 */
import { Counter, Gauge, Registry } from 'prom-client';
import { toContracts, toDollars } from '../domain/units.ts';
import type { TraderRun } from '../runtime/run-trader.ts';
import type { TraderRuntime } from '../runtime/trader-runtime.ts';
import type { AlertCounts } from './alerts.ts';
import type { MakePart } from './console-part.ts';

/** A value, or one for each value of the metric's label. */
type Reading = number | null | Iterable<readonly [label: string, value: number]>;

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly label?: string;
  readonly read: (runtime: TraderRuntime) => Reading;
}

const MODES = ['active', 'reducing', 'paused', 'halted'] as const;
const PERMISSIONS = ['closed', 'cancelOnly', 'open'] as const;
const oneOf = (names: readonly string[], now: string) => names.map((name) => [name, name === now ? 1 : 0] as const);

/** What may go up and down. */
const GAUGES: readonly Metric[] = [
  {
    name: 'bothsides_in_control',
    help: '1 once the account is known and the trader may act',
    read: (runtime) => (runtime.inControlMs === null ? 0 : 1),
  },
  {
    name: 'bothsides_equity_dollars',
    help: 'Cash and positions at the touch on which they could be closed',
    read: ({ accounts }) => toDollars(accounts.equity()),
  },
  {
    name: 'bothsides_cash_dollars',
    help: 'What the exchange should hold for us, resting orders aside',
    read: ({ accounts }) => toDollars(accounts.cash()),
  },
  {
    name: 'bothsides_realized_pnl_dollars',
    help: 'Locked in by closing and settling, fees not taken off, of the account’s life',
    read: ({ ledger }) => toDollars(ledger.realizedPnl()),
  },
  {
    name: 'bothsides_positions',
    help: 'Markets in which something is held',
    read: ({ accounts }) => accounts.held().length,
  },
  {
    name: 'bothsides_position_contracts',
    help: 'Contracts held, yes above and no below zero',
    label: 'market',
    read: ({ accounts }) => accounts.held().map((market) => [market, toContracts(accounts.position(market))] as const),
  },
  {
    name: 'bothsides_worst_case_dollars',
    help: 'What positions and open orders could lose together at their worst',
    read: ({ exposure }) => toDollars(exposure.total),
  },
  {
    name: 'bothsides_resting_dollars',
    help: 'What open orders hold as collateral',
    read: ({ exposure }) => toDollars(exposure.restingValue),
  },
  {
    name: 'bothsides_orders_open',
    help: 'Orders that are not over, by what they are for',
    label: 'purpose',
    read: ({ table }) => {
      const counts = new Map([
        ['quote', 0],
        ['exit', 0],
      ]);
      for (const { purpose } of table.allOpen()) counts.set(purpose, counts.get(purpose)! + 1);
      return counts;
    },
  },
  {
    name: 'bothsides_orders_unknown',
    help: 'Orders whose fate at the exchange is not known now',
    read: ({ table }) => table.unknownCount,
  },
  {
    name: 'bothsides_sessions',
    help: 'Sessions by the state that they are in',
    label: 'state',
    read: ({ register }) => {
      const counts = new Map(['warmup', 'quoting', 'softExit', 'killed'].map((state) => [state, 0]));
      for (const { machine, state } of register.entries()) {
        if (machine !== 'marketSession') continue;
        const top = typeof state === 'object' && state !== null ? Object.keys(state)[0]! : String(state);
        counts.set(top, (counts.get(top) ?? 0) + 1);
      }
      return counts;
    },
  },
  {
    name: 'bothsides_markets',
    help: 'Markets: open at the exchange, accepted by the filters, watched',
    label: 'stage',
    read: ({ scan, markets }) => [
      ['open', scan.counts.seen],
      ['accepted', scan.counts.accepted],
      ['watched', [...markets.all()].length],
    ],
  },
  {
    name: 'bothsides_risk_mode',
    help: '1 for the risk mode that is in force',
    label: 'mode',
    read: ({ mode }) => oneOf(MODES, mode),
  },
  {
    name: 'bothsides_gateway_permission',
    help: '1 for what may leave for the exchange: nothing, cancels, everything',
    label: 'permission',
    read: ({ door }) => oneOf(PERMISSIONS, door.permission),
  },
  {
    name: 'bothsides_books_current',
    help: 'Watched markets by whether their book may be acted on',
    label: 'current',
    read: ({ markets, parts }) => {
      const nowMs = parts.clocks.wall.now();
      let [yes, no] = [0, 0];
      for (const { market } of markets.all()) {
        if (markets.view(market.ticker)?.isCurrent(nowMs) === true) yes++;
        else no++;
      }
      return [
        ['yes', yes],
        ['no', no],
      ];
    },
  },
  {
    name: 'bothsides_tick_to_order_seconds',
    help: 'From the turn in which a book changed to the approval of an order, last 10,000',
    label: 'quantile',
    read: ({ latency }) =>
      [0.5, 0.99].flatMap((quantile) => {
        const us = latency.quantileUs(quantile);
        return us === null ? [] : [[String(quantile), us / 1e6] as const];
      }),
  },
  {
    name: 'bothsides_first_quote_seconds',
    help: 'Wall time from the start of the process to its first order',
    read: ({ firstQuoteMs }) => (firstQuoteMs === null ? null : firstQuoteMs / 1000),
  },
  {
    name: 'bothsides_clock_speed_ratio',
    help: 'Market seconds a wall second; 1 where time is not made',
    read: ({ parts }) => parts.speed(),
  },
  {
    name: 'bothsides_exchange_clock_skew_seconds',
    help: 'The exchange’s clock less ours',
    read: ({ parts }) => (parts.venue.skewMs === null ? null : parts.venue.skewMs / 1000),
  },
  {
    name: 'process_resident_memory_bytes',
    help: 'Memory of the process',
    read: () => process.memoryUsage.rss(),
  },
  {
    name: 'nodejs_heap_size_used_bytes',
    help: 'Memory in use by JavaScript',
    read: () => process.memoryUsage().heapUsed,
  },
];

/** What only grows, since the start of this process unless said. */
const COUNTERS: readonly Metric[] = [
  {
    name: 'bothsides_orders_total',
    help: 'Orders by what became of the request; unknown: at some time',
    label: 'outcome',
    read: ({ gateway }) => Object.entries(gateway.counts),
  },
  {
    name: 'bothsides_fills_total',
    help: 'Executions',
    read: ({ counts }) => counts.fills,
  },
  {
    name: 'bothsides_filled_contracts_total',
    help: 'Contracts executed, by whether we rested or took',
    label: 'liquidity',
    read: ({ counts }) => [
      ['maker', toContracts(counts.makerContracts as never)],
      ['taker', toContracts((counts.contracts - counts.makerContracts) as never)],
    ],
  },
  {
    name: 'bothsides_fees_dollars_total',
    help: 'Fees paid, of the account’s life',
    read: ({ ledger }) => toDollars(ledger.fees()),
  },
  {
    name: 'bothsides_sessions_opened_total',
    help: 'Sessions that began',
    read: ({ sessions }) => sessions.opened,
  },
  {
    name: 'bothsides_sessions_closed_total',
    help: 'Sessions that ended, by reason',
    label: 'reason',
    read: ({ sessions }) => Object.entries(sessions.endReasons),
  },
  {
    name: 'bothsides_feed_messages_total',
    help: 'Messages of the exchange’s streams',
    read: ({ feed }) => feed.counts.messages,
  },
  {
    name: 'bothsides_feed_gaps_total',
    help: 'Holes found in their numbering',
    read: ({ feed }) => feed.counts.gaps,
  },
  {
    name: 'bothsides_feed_resyncs_total',
    help: 'Books that were read anew',
    read: ({ feed }) => feed.counts.resyncs,
  },
  {
    name: 'bothsides_exchange_requests_total',
    help: 'Requests to the exchange',
    read: ({ parts }) => parts.venue.requests.total,
  },
  {
    name: 'bothsides_exchange_throttled_total',
    help: 'Requests that it answered with 429',
    read: ({ parts }) => parts.venue.requests.status429,
  },
  {
    name: 'bothsides_journal_entries_total',
    help: 'Entries of the journal, of the data folder’s life',
    read: ({ parts }) => parts.journal.lastSequence,
  },
  {
    name: 'process_cpu_seconds_total',
    help: 'Processor time, user and system',
    read: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  },
];

const ALERTS = {
  name: 'bothsides_alerts_total',
  help: 'Alerts by what became of them: sent, failed, repeated and beyond the budget',
  label: 'outcome',
};

/** Names as Prometheus sees them, for whoever checks a dashboard. */
export const METRIC_NAMES: readonly string[] = [...GAUGES, ...COUNTERS, ALERTS].map(({ name }) => name);

export function createMetrics({ runtime }: Pick<TraderRun, 'runtime'>, alerts: AlertCounts | null): Registry {
  const registry = new Registry();
  for (const metric of GAUGES) {
    new Gauge({
      ...described(metric, registry),
      collect() {
        this.reset();
        for (const [labels, value] of readingsOf(metric, runtime)) this.set(labels, value);
      },
    });
  }
  for (const metric of [...COUNTERS, { ...ALERTS, read: () => Object.entries(alerts ?? {}) }]) {
    new Counter({
      ...described(metric, registry),
      // They are counted elsewhere: what is shown is that count.
      collect() {
        this.reset();
        for (const [labels, value] of readingsOf(metric, runtime)) this.inc(labels, Math.max(0, value));
      },
    });
  }
  return registry;
}

function described({ name, help, label }: Metric, registry: Registry) {
  return { name, help, labelNames: label === undefined ? [] : [label], registers: [registry] };
}

function* readingsOf({ label, read }: Metric, runtime: TraderRuntime): Iterable<[Record<string, string>, number]> {
  const reading = read(runtime);
  if (reading === null) return;
  if (typeof reading === 'number') yield [{}, reading];
  else for (const [name, value] of reading) yield [{ [label ?? 'name']: name }, value];
}

/** `alerts`: what became of those of this run; null where none are sent. */
export const metricsPart =
  (alerts: AlertCounts | null): MakePart =>
  () => {
    let registry: Registry | null = null;
    return {
      routes(app) {
        app.get('/metrics', async (context) => {
          if (registry === null) return context.text('# The trader is starting.\n', 503);
          return context.text(await registry.metrics(), 200, { 'content-type': registry.contentType });
        });
      },
      attach({ live }) {
        registry = live === null ? null : createMetrics(live, alerts);
      },
    };
  };
