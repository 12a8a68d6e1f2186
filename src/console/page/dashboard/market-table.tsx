/** All watched markets: who quotes what where, what is held, what it earned, and why a market is not quoted. */
import { useSignal } from '@preact/signals';
import type { LiveMarket } from '../../wire-dashboard.ts';
import { duration, shortened } from '../format.ts';
import { MarketLink, SessionLink } from './links.tsx';
import { Money } from './money.tsx';
import { cents, contracts, signOf } from './numbers.ts';
import { Quotes } from './quotes.tsx';
import { type Column, Table } from './table.tsx';
import { reasonWords, regimeWords, stateTone, stateWords } from './words.ts';

interface Props {
  readonly markets: readonly LiveMarket[];
  readonly atMs: number;
  readonly notQuoted: readonly (readonly [reason: string, count: number])[];
}

export function MarketTable({ markets, atMs, notQuoted }: Props) {
  const filter = useSignal('');
  const onlyActive = useSignal(false);
  const words = filter.value.trim().toLowerCase();
  const shown = markets.filter(
    (market) =>
      (!onlyActive.value || market.session !== null || signOf(market.position) !== 0) &&
      (words === '' || textOf(market).includes(words)),
  );
  return (
    <section class="panel markets" aria-label="Markets">
      <header>
        <h2>Markets</h2>
        <span class="muted small">
          {markets.filter(({ reason }) => reason === 'quoted').length} quoted of {markets.length} watched
        </span>
        <span class="space" />
        <button
          type="button"
          class="button small"
          aria-pressed={onlyActive.value}
          onClick={() => {
            onlyActive.value = !onlyActive.value;
          }}
        >
          In use
        </button>
        <input
          class="field"
          type="search"
          placeholder="Filter"
          aria-label="Filter markets by name, state or reason"
          value={filter.value}
          onInput={(event) => {
            filter.value = event.currentTarget.value;
          }}
        />
      </header>
      <Table
        label="Markets"
        rows={shown}
        columns={columnsAt(atMs)}
        keyOf={({ ticker }) => ticker}
        sortedBy={['state', 'descending']}
        classOf={({ session }) => (session === null ? 'quiet' : '')}
        empty={
          markets.length === 0
            ? 'The catalogue is being read; markets worth quoting are awaited.'
            : 'No market is like that.'
        }
      />
      {notQuoted.length > 0 && (
        <footer class="reasons">
          <span class="label">Listed without a session</span>
          {notQuoted.slice(0, 8).map(([reason, many]) => (
            <span key={reason}>
              {reasonWords(reason)} <b>{many}</b>
            </span>
          ))}
        </footer>
      )}
    </section>
  );
}

function textOf({ ticker, title, category, reason, states, regime }: LiveMarket): string {
  return [ticker, title, category, reasonWords(reason), stateWords(states), regimeWords(regime)]
    .join(' ')
    .toLowerCase();
}

/** What is at work first: quoting, then leaving, then beginning, then held, then the rest. */
const PLACES: Readonly<Record<string, number>> = { quoting: 5, softExit: 4, killed: 3, warmup: 2 };
function placeOf({ states, position }: LiveMarket): number {
  return (PLACES[states[0] ?? ''] ?? 0) + (signOf(position) === 0 ? 0 : 0.5);
}

function columnsAt(atMs: number): Column<LiveMarket>[] {
  return [
    {
      name: 'market',
      label: 'Market',
      by: ({ title }) => title,
      cell: ({ ticker, title }) => (
        <span class="market-cell">
          <MarketLink ticker={ticker} title={title} />
          <span class="ticker outside mono">{shortened(ticker, 60)}</span>
        </span>
      ),
    },
    {
      name: 'state',
      label: 'Session',
      by: placeOf,
      cell: ({ session, states, reason }) =>
        session === null ? (
          <>
            <span class="faint not-narrow">–</span>
            <span class="muted narrow">{reasonWords(reason)}</span>
          </>
        ) : (
          <span class="session-cell">
            <span class={`chip ${stateTone(states)}`}>{stateWords(states)}</span>
            <SessionLink session={session} />
          </span>
        ),
    },
    {
      name: 'bid',
      label: 'Bid',
      title: "The others' best bid, cents",
      isNumber: true,
      room: 'wide',
      by: ({ bid }) => numberOf(bid),
      cell: ({ bid }) => priceOf(bid),
    },
    {
      name: 'ourBid',
      label: 'Our bid',
      title: 'What rests of ours, at cents',
      isNumber: true,
      room: 'middle',
      by: ({ ourBid }) => numberOf(ourBid?.[0] ?? null),
      cell: ({ ourBid }) => placeOfOurs(ourBid, 'bid'),
    },
    {
      name: 'quotes',
      label: '',
      room: 'middle',
      cell: (market) => <Quotes market={market} />,
    },
    {
      name: 'ourAsk',
      label: 'Our ask',
      title: 'What rests of ours, at cents',
      isNumber: true,
      room: 'middle',
      by: ({ ourAsk }) => numberOf(ourAsk?.[0] ?? null),
      cell: ({ ourAsk }) => placeOfOurs(ourAsk, 'ask'),
    },
    {
      name: 'ask',
      label: 'Ask',
      title: "The others' best ask, cents",
      isNumber: true,
      room: 'wide',
      by: ({ ask }) => numberOf(ask),
      cell: ({ ask }) => priceOf(ask),
    },
    {
      name: 'position',
      label: 'Position',
      title: 'Contracts: + yes, − no',
      isNumber: true,
      by: ({ position }) => Number(position),
      cell: ({ position }) =>
        signOf(position) === 0 ? <span class="faint">0</span> : <b data-exact={position}>{contracts(position)}</b>,
    },
    {
      name: 'worth',
      label: 'P&L',
      title: 'Earned here, fees off, the position at the price at which it could be left',
      isNumber: true,
      by: ({ worth }) => Number(worth),
      cell: ({ worth }) => <Money value={worth} tone />,
    },
    {
      name: 'edge',
      label: 'Edge',
      title: 'What a round trip at our prices earns beyond fees and margins, cents a contract',
      isNumber: true,
      room: 'wide',
      by: ({ edgeCents }) => edgeCents,
      cell: ({ edgeCents }) => (edgeCents === null ? <span class="faint">–</span> : `${edgeCents.toFixed(2)} ¢`),
    },
    {
      name: 'regime',
      label: 'Regime',
      room: 'wide',
      by: ({ regime }) => regime,
      cell: ({ regime, sigmaCentsPerSqrtSecond }) => (
        <span title={`σ ${sigmaCentsPerSqrtSecond.toFixed(3)} ¢/√s`}>{regimeWords(regime)}</span>
      ),
    },
    {
      name: 'reason',
      label: 'Why',
      room: 'middle',
      by: ({ reason }) => reasonWords(reason),
      cell: ({ reason }) => (
        <span class={reason === 'quoted' ? 'good' : 'muted'} data-reason={reason}>
          {reasonWords(reason)}
        </span>
      ),
    },
    {
      name: 'closes',
      label: 'Closes',
      isNumber: true,
      room: 'wide',
      by: ({ closeMs }) => closeMs,
      cell: ({ closeMs }) => (closeMs > atMs ? duration(closeMs - atMs) : <span class="muted">over</span>),
    },
    {
      name: 'book',
      label: 'Book',
      title: 'How old the last change of the book is, wall time',
      isNumber: true,
      room: 'wide',
      by: ({ ageMs }) => ageMs,
      cell: ({ book, ageMs }) =>
        book === 'void' ? (
          <span class="muted">none</span>
        ) : (
          <span class={book === 'late' ? 'warn' : ''}>{book === 'late' ? 'late' : ageOf(ageMs ?? 0)}</span>
        ),
    },
  ];
}

function ageOf(ms: number): string {
  return ms < 1000 ? '< 1 s' : duration(ms);
}
function numberOf(price: string | null): number | null {
  return price === null ? null : Number(price);
}
function priceOf(price: string | null) {
  return price === null ? <span class="faint">–</span> : cents(price);
}
function placeOfOurs(place: readonly [string, string] | null, side: 'bid' | 'ask') {
  if (place === null) return <span class="faint">–</span>;
  return (
    <span class={side}>
      <span class="size">{contracts(place[1])} @ </span>
      {cents(place[0])}
    </span>
  );
}
