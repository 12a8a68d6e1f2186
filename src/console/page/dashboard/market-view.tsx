/** One market: its price with our quotes around it, fills as marks, the book's depth, and why it is quoted as it is. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { WhyAnswer } from '../../wire.ts';
import type { MarketAnswer } from '../../wire-dashboard.ts';
import { addressOf } from '../address.ts';
import { ApiError, getJson } from '../api.ts';
import { ControlButtons } from '../control/control.tsx';
import { duration, shortened } from '../format.ts';
import { hello } from '../live.ts';
import { DECISION_COLUMNS, FILL_COLUMNS, ORDER_COLUMNS, SESSION_COLUMNS } from './columns.tsx';
import { Depth } from './depth.tsx';
import { market, picture } from './feed.ts';
import { SessionLink } from './links.tsx';
import { Money } from './money.tsx';
import { cents, contracts } from './numbers.ts';
import { PricePlot } from './price-plot.tsx';
import { type Column, Table } from './table.tsx';
import { reasonWords, regimeWords, stateTone, stateWords } from './words.ts';

const REFRESH_MS = 3_000;

export function MarketView({ ticker }: { ticker: string }) {
  const answer = useSignal<MarketAnswer | null>(null);
  const why = useSignal<WhyAnswer | null>(null);
  const trouble = useSignal<string | null>(null);
  useEffect(() => {
    const leaving = new AbortController();
    const path = encodeURIComponent(ticker);
    const ask = async (): Promise<void> => {
      try {
        answer.value = await getJson<MarketAnswer>(`/api/markets/${path}`, leaving.signal);
        trouble.value = null;
        if (picture.peek()?.live != null) why.value = await getJson<WhyAnswer>(`/api/why/${path}`, leaving.signal);
      } catch (error) {
        if (leaving.signal.aborted) return;
        trouble.value = error instanceof ApiError ? error.message : String(error);
      }
    };
    void ask();
    const timer = setInterval(() => void ask(), REFRESH_MS);
    return () => {
      clearInterval(timer);
      leaving.abort();
    };
  }, []);
  const known = answer.value;
  if (known === null) return <p class="empty">{trouble.value ?? 'Being read from the journal.'}</p>;
  const detail = market.value?.detail ?? known.detail;
  return (
    <div class="market-view">
      <Head answer={{ ...known, detail }} />
      <section class="panel price" aria-label="Price and quotes">
        <header>
          <h2>Price and quotes</h2>
          <span class="muted small">cents; fills are marks</span>
        </header>
        <PricePlot series={known.series} fills={known.fills} detail={detail} />
      </section>
      <section class="panel book" aria-label="Book">
        <header>
          <h2>Book</h2>
          <span class="muted small">ours filled</span>
        </header>
        <Depth detail={detail} />
      </section>
      <Why why={why.value} isLive={picture.value?.live != null} />
      <Rows
        title="Decisions"
        rows={known.decisions}
        columns={DECISION_COLUMNS}
        keyOf={({ sequence }) => `${sequence}`}
        empty="Quoting has not said anything here yet."
      />
      <Rows
        title="Fills"
        rows={known.fills}
        columns={without(FILL_COLUMNS)}
        keyOf={({ sequence }) => `${sequence}`}
        empty="No fill here yet."
      />
      <Rows
        title="Orders"
        rows={known.orders}
        columns={without(ORDER_COLUMNS)}
        keyOf={({ clientOrderId }) => clientOrderId}
        empty="No order here yet."
      />
      <Rows
        title="Sessions"
        rows={known.sessions}
        columns={without(SESSION_COLUMNS)}
        keyOf={({ session }) => session}
        empty="No session here yet."
      />
    </div>
  );
}

/** On a market's page everything is of that market. */
function without<T>(columns: readonly Column<T>[]): readonly Column<T>[] {
  return columns.filter(({ name }) => name !== 'market' && name !== 'id');
}

function Head({ answer: { ticker, title, category, event, closeMs, detail, position } }: { answer: MarketAnswer }) {
  const nowMs = picture.value?.atMs ?? 0;
  return (
    <header class="market-head">
      <div class="top-line">
        <p class="crumbs">
          <a href={addressOf('dashboard')}>Dashboard</a> <span aria-hidden="true">/</span>{' '}
          <span class="mono outside">{shortened(ticker, 80)}</span>
        </p>
        <ControlOfMarket ticker={ticker} />
      </div>
      <h2 class="title" dir="auto" title={shortened(title ?? ticker, 2_000)}>
        {shortened(title ?? ticker, 240)}
      </h2>
      <dl class="fact-list in-line">
        {detail !== null && (
          <Fact name="Session">
            {detail.session === null ? (
              <span class="muted">{reasonWords(detail.reason)}</span>
            ) : (
              <>
                <span class={`chip ${stateTone(detail.states)}`}>{stateWords(detail.states)}</span>{' '}
                <SessionLink session={detail.session} />
              </>
            )}
          </Fact>
        )}
        {detail?.bid != null && detail.ask !== null && (
          <Fact name="Touch">
            {cents(detail.bid)} / {cents(detail.ask)} ¢
          </Fact>
        )}
        <Fact name="Position">
          <b>{contracts(detail?.position ?? position?.quantity ?? '0.00')}</b>
        </Fact>
        {detail !== null && (
          <Fact name="P&L">
            <Money value={detail.worth} tone />
          </Fact>
        )}
        {detail !== null && <Fact name="Regime">{regimeWords(detail.regime)}</Fact>}
        {category !== null && <Fact name="Category">{shortened(category, 60)}</Fact>}
        {event !== null && <Fact name="Event">{shortened(event, 60)}</Fact>}
        {closeMs !== null && closeMs > 0 && (
          <Fact name="Closes">{closeMs > nowMs ? `in ${duration(closeMs - nowMs)}` : 'over'}</Fact>
        )}
      </dl>
    </header>
  );
}

function ControlOfMarket({ ticker }: { ticker: string }) {
  if (hello.value?.run.readOnly !== false) return null;
  return (
    <div class="of-market">
      <span class="muted small">This market alone</span>
      <ControlButtons market={ticker} />
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Why({ why, isLive }: { why: WhyAnswer | null; isLive: boolean }) {
  return (
    <section class="panel why" aria-label="Why">
      <header>
        <h2>Why</h2>
      </header>
      {why === null ? (
        <p class="empty">{isLive ? 'Being asked.' : 'Only a running trader can say; its decisions are below.'}</p>
      ) : (
        <div class="said">
          <p class="sentence">{why.sentence}</p>
          {why.whyNot.length > 1 && (
            <ul>
              {why.whyNot.map(({ code, sentence }) => (
                <li key={code}>{sentence}</li>
              ))}
            </ul>
          )}
          {why.how.length > 0 && (
            <ol>
              {why.how.map(({ code, sentence }) => (
                <li key={code}>{sentence}</li>
              ))}
            </ol>
          )}
        </div>
      )}
    </section>
  );
}

interface RowsProps<T> {
  readonly title: string;
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly keyOf: (row: T) => string;
  readonly empty: string;
}

function Rows<T>({ title, rows, columns, keyOf, empty }: RowsProps<T>) {
  return (
    <section class={`panel rows ${title.toLowerCase()}`} aria-label={title}>
      <header>
        <h2>{title}</h2>
        <span class="muted small">{rows.length === 0 ? '' : `the last ${rows.length}`}</span>
      </header>
      <Table label={title} rows={rows} columns={columns} keyOf={keyOf} empty={empty} />
    </section>
  );
}
