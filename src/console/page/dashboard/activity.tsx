/** Sessions, orders and fills, each leading to the others: from a fill to its order, to its session, to its chart. */
import { type Signal, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { FillFact, OrderFact, Page, SessionFact } from '../../wire-dashboard.ts';
import { addressOf } from '../address.ts';
import { getJson } from '../api.ts';
import { shortened } from '../format.ts';
import { goTo, place } from '../router.ts';
import { FILL_COLUMNS, ORDER_COLUMNS, SESSION_COLUMNS } from './columns.tsx';
import { picture } from './feed.ts';
import { Table } from './table.tsx';

const TABS = { sessions: 'Sessions', orders: 'Orders', fills: 'Fills' } as const;
type Tab = keyof typeof TABS;
const REFRESH_MS = 2_000;
const PAGE = 60;

export function Activity() {
  const { query } = place.value;
  const tab: Tab = query.tab === 'orders' || query.tab === 'fills' ? query.tab : 'sessions';
  const narrowed = Object.entries(query).filter(
    ([name]) => name === 'market' || name === 'session' || name === 'order',
  );
  return (
    <section class="panel activity" aria-label="Sessions, orders and fills">
      <header>
        <div class="tabs" role="tablist" aria-label="Sessions, orders and fills">
          {Object.entries(TABS).map(([name, label]) => (
            <button
              key={name}
              type="button"
              role="tab"
              id={`tab-${name}`}
              aria-selected={name === tab}
              aria-controls="activity-rows"
              onClick={() => goTo(addressOf('dashboard', [], { ...query, tab: name }), 'quietly')}
            >
              {label} <span class="muted">{picture.value?.told.counts[name as Tab] ?? ''}</span>
            </button>
          ))}
        </div>
        <span class="space" />
        {narrowed.map(([name, value]) => (
          <span key={name} class="chip accent outside">
            {name} {shortened(value, 32)}
          </span>
        ))}
        {narrowed.length > 0 && (
          <a class="button small" href={addressOf('dashboard', [], { tab })}>
            Show all
          </a>
        )}
      </header>
      <div id="activity-rows" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        <Rows key={`${tab} ${JSON.stringify(narrowed)}`} tab={tab} narrowed={Object.fromEntries(narrowed)} />
      </div>
    </section>
  );
}

function Rows({ tab, narrowed }: { tab: Tab; narrowed: Readonly<Record<string, string>> }) {
  switch (tab) {
    case 'orders':
      return (
        <Pages<OrderFact> of={tab} narrowed={narrowed}>
          {(rows) => (
            <Table
              label="Orders"
              rows={rows}
              columns={ORDER_COLUMNS}
              keyOf={({ clientOrderId }) => clientOrderId}
              empty="No order yet: the first comes with the first session that quotes."
            />
          )}
        </Pages>
      );
    case 'fills':
      return (
        <Pages<FillFact> of={tab} narrowed={narrowed}>
          {(rows) => (
            <Table
              label="Fills"
              rows={rows}
              columns={FILL_COLUMNS}
              keyOf={({ sequence }) => String(sequence)}
              empty="No fill yet: somebody must trade with one of our quotes."
            />
          )}
        </Pages>
      );
    default:
      return (
        <Pages<SessionFact> of={tab} narrowed={narrowed}>
          {(rows) => (
            <Table
              label="Sessions"
              rows={rows}
              columns={SESSION_COLUMNS}
              keyOf={({ session }) => session}
              classOf={({ closedMs }) => (closedMs === null ? '' : 'quiet')}
              empty="No session yet: markets are looked at first."
            />
          )}
        </Pages>
      );
  }
}

interface PagesProps<T> {
  readonly of: Tab;
  readonly narrowed: Readonly<Record<string, string>>;
  readonly children: (rows: readonly T[]) => ComponentChildren;
}

/** The newest are asked for again while the run goes on; older ones when somebody wants them. */
function Pages<T extends { readonly sequence: number }>({ of, narrowed, children }: PagesProps<T>) {
  const rows = useSignal<readonly T[] | null>(null);
  const before = useSignal<number | null>(null);
  const trouble = useSignal<string | null>(null);
  useEffect(() => {
    const leaving = new AbortController();
    let seen = -1;
    const ask = async (): Promise<void> => {
      const sequence = picture.peek()?.told.sequence ?? 0;
      if (sequence === seen && rows.peek() !== null) return;
      seen = sequence;
      try {
        const page = await pageOf<T>(of, narrowed, null, leaving.signal);
        merge(rows, page.items);
        if (before.peek() === null && rows.peek()!.length <= page.items.length) before.value = page.before;
        trouble.value = null;
      } catch (error) {
        if (!leaving.signal.aborted) trouble.value = (error as Error).message;
      }
    };
    void ask();
    const timer = setInterval(() => void ask(), REFRESH_MS);
    return () => {
      clearInterval(timer);
      leaving.abort();
    };
  }, []);
  const older = async (): Promise<void> => {
    try {
      const page = await pageOf<T>(of, narrowed, before.value, undefined);
      merge(rows, page.items);
      before.value = page.before;
    } catch (error) {
      trouble.value = (error as Error).message;
    }
  };
  if (rows.value === null) return <p class="empty">{trouble.value ?? 'Being read from the journal.'}</p>;
  return (
    <>
      {children(rows.value)}
      {before.value !== null && (
        <p class="older">
          <button type="button" class="button small" onClick={() => void older()}>
            Older ones
          </button>
        </p>
      )}
    </>
  );
}

function pageOf<T>(
  of: Tab,
  narrowed: Readonly<Record<string, string>>,
  before: number | null,
  signal: AbortSignal | undefined,
): Promise<Page<T>> {
  const query = new URLSearchParams({ ...narrowed, limit: String(PAGE) });
  if (before !== null) query.set('before', String(before));
  return getJson<Page<T>>(`/api/${of}?${query}`, signal);
}

/** By number, newest first; what is told again replaces what was. */
function merge<T extends { readonly sequence: number }>(rows: Signal<readonly T[] | null>, told: readonly T[]): void {
  const known = new Map((rows.value ?? []).map((row) => [row.sequence, row]));
  for (const row of told) known.set(row.sequence, row);
  rows.value = [...known.values()].sort((a, b) => b.sequence - a.sequence);
}
