/** Columns of sessions, orders, fills and decisions, wherever they are shown. */
import type { DecisionFact, FillFact, OrderFact, SessionFact } from '../../wire-dashboard.ts';
import { duration, shortened, timeOfDay, timeToTheMs } from '../format.ts';
import { MarketLink, NarrowLink, SessionLink } from './links.tsx';
import { Money } from './money.tsx';
import { cents, contracts, signOf } from './numbers.ts';
import type { Column } from './table.tsx';
import { apart, orderTone, reasonWords, regimeWords, stateTone, stateWords } from './words.ts';

function side(of: 'bid' | 'ask') {
  return <span class={of}>{of === 'bid' ? 'buy' : 'sell'}</span>;
}

export const SESSION_COLUMNS: readonly Column<SessionFact>[] = [
  {
    name: 'session',
    label: 'Session',
    by: ({ sequence }) => sequence,
    cell: ({ session, closedMs, kind }) => (
      <span class="session-cell">
        <SessionLink session={session} atMs={closedMs === null ? null : closedMs - 1} />
        {kind === 'carry' && <span class="chip">carry</span>}
      </span>
    ),
  },
  { name: 'market', label: 'Market', by: ({ market }) => market, cell: ({ market }) => <MarketLink ticker={market} /> },
  {
    name: 'state',
    label: 'State',
    by: ({ states }) => states[0] ?? '',
    cell: ({ states, closedMs }) =>
      closedMs === null ? (
        <span class={`chip ${stateTone(states)}`}>{stateWords(states)}</span>
      ) : (
        <span class="chip">closed</span>
      ),
  },
  {
    name: 'position',
    label: 'Inventory',
    title: 'Contracts held in its market now; of a closed one: carried',
    isNumber: true,
    by: ({ position }) => Number(position),
    cell: ({ position }) => (signOf(position) === 0 ? <span class="faint">0</span> : <b>{contracts(position)}</b>),
  },
  {
    name: 'edge',
    label: 'Edge',
    title: 'Of its last quote: what a round trip earns beyond fees and margins, cents a contract',
    isNumber: true,
    room: 'middle',
    by: ({ edgeCents }) => edgeCents,
    cell: ({ edgeCents }) => (edgeCents === null ? <span class="faint">–</span> : `${edgeCents.toFixed(2)} ¢`),
  },
  {
    name: 'pnl',
    label: 'P&L',
    title: 'Earned in all, fees off; known when it is over',
    isNumber: true,
    by: ({ pnl }) => (pnl === null ? null : Number(pnl)),
    cell: ({ pnl }) => (pnl === null ? <span class="faint">–</span> : <Money value={pnl} tone />),
  },
  {
    name: 'fills',
    label: 'Fills',
    isNumber: true,
    room: 'middle',
    by: ({ fills }) => fills,
    cell: ({ fills, session }) =>
      fills === 0 ? (
        <span class="faint">0</span>
      ) : (
        <NarrowLink tab="fills" query={{ session }}>
          {fills}
        </NarrowLink>
      ),
  },
  {
    name: 'orders',
    label: 'Orders',
    isNumber: true,
    room: 'middle',
    by: ({ orders }) => orders,
    cell: ({ orders, session }) =>
      orders === 0 ? (
        <span class="faint">0</span>
      ) : (
        <NarrowLink tab="orders" query={{ session }}>
          {orders}
        </NarrowLink>
      ),
  },
  {
    name: 'reason',
    label: 'Why it ended',
    by: ({ reason }) => reason,
    cell: ({ reason }) => (reason === null ? '' : <span class="muted">{reasonWords(reason)}</span>),
  },
  {
    name: 'opened',
    label: 'Opened',
    room: 'wide',
    by: ({ openedMs }) => openedMs,
    cell: ({ openedMs }) => <time>{timeOfDay(openedMs)}</time>,
  },
  {
    name: 'lasted',
    label: 'Lasted',
    isNumber: true,
    room: 'wide',
    by: ({ openedMs, closedMs }) => (closedMs === null ? null : closedMs - openedMs),
    cell: ({ openedMs, closedMs }) => (closedMs === null ? '' : duration(closedMs - openedMs)),
  },
];

export const ORDER_COLUMNS: readonly Column<OrderFact>[] = [
  {
    name: 'placed',
    label: 'Placed',
    by: ({ sequence }) => sequence,
    cell: ({ placedMs }) => <time title={timeToTheMs(placedMs)}>{timeOfDay(placedMs)}</time>,
  },
  { name: 'market', label: 'Market', by: ({ market }) => market, cell: ({ market }) => <MarketLink ticker={market} /> },
  { name: 'side', label: 'Side', by: (row) => row.side, cell: (row) => side(row.side) },
  {
    name: 'price',
    label: 'Price ¢',
    isNumber: true,
    by: ({ price }) => Number(price),
    cell: ({ price }) => cents(price),
  },
  {
    name: 'quantity',
    label: 'Filled of',
    isNumber: true,
    by: ({ filled }) => Number(filled),
    cell: ({ filled, quantity, clientOrderId }) =>
      signOf(filled) === 0 ? (
        `0 of ${contracts(quantity)}`
      ) : (
        <NarrowLink tab="fills" query={{ order: clientOrderId }}>
          {contracts(filled)} of {contracts(quantity)}
        </NarrowLink>
      ),
  },
  {
    name: 'state',
    label: 'State',
    by: ({ state }) => state,
    cell: ({ state, reason }) => (
      <span class={`chip ${orderTone(state)}`} title={shortened(reason ?? '', 300)}>
        {apart(state)}
      </span>
    ),
  },
  {
    name: 'purpose',
    label: 'For',
    room: 'middle',
    by: ({ purpose }) => purpose,
    cell: ({ purpose }) => <span class="muted">{purpose}</span>,
  },
  {
    name: 'session',
    label: 'Session',
    by: ({ session }) => session,
    cell: ({ session, placedMs }) => <SessionLink session={session} atMs={placedMs} />,
  },
  {
    name: 'reason',
    label: 'Why',
    room: 'wide',
    by: ({ reason }) => reason,
    cell: ({ reason }) => <span class="muted outside">{shortened(reason ?? '', 80)}</span>,
  },
  {
    name: 'id',
    label: 'Order',
    room: 'wide',
    by: ({ clientOrderId }) => clientOrderId,
    cell: ({ clientOrderId }) => <span class="mono muted">{clientOrderId}</span>,
  },
];

export const FILL_COLUMNS: readonly Column<FillFact>[] = [
  {
    name: 'at',
    label: 'At',
    by: ({ sequence }) => sequence,
    cell: ({ atMs }) => <time title={timeToTheMs(atMs)}>{timeOfDay(atMs)}</time>,
  },
  { name: 'market', label: 'Market', by: ({ market }) => market, cell: ({ market }) => <MarketLink ticker={market} /> },
  { name: 'side', label: 'Side', by: (row) => row.side, cell: (row) => side(row.side) },
  {
    name: 'quantity',
    label: 'Contracts',
    isNumber: true,
    by: ({ quantity }) => Number(quantity),
    cell: ({ quantity }) => contracts(quantity),
  },
  {
    name: 'price',
    label: 'Price ¢',
    isNumber: true,
    by: ({ price }) => Number(price),
    cell: ({ price }) => cents(price),
  },
  { name: 'fee', label: 'Fee', isNumber: true, by: ({ fee }) => Number(fee), cell: ({ fee }) => <Money value={fee} /> },
  {
    name: 'role',
    label: 'Role',
    room: 'middle',
    by: ({ isTaker }) => (isTaker ? 'taker' : 'maker'),
    cell: ({ isTaker }) => <span class={isTaker ? 'warn' : 'muted'}>{isTaker ? 'taker' : 'maker'}</span>,
  },
  {
    name: 'position',
    label: 'Position after',
    isNumber: true,
    room: 'middle',
    by: ({ positionAfter }) => Number(positionAfter),
    cell: ({ positionAfter }) => contracts(positionAfter),
  },
  {
    name: 'order',
    label: 'Order',
    room: 'middle',
    cell: ({ clientOrderId, orderId }) =>
      clientOrderId === null ? (
        <span class="muted mono outside">{shortened(orderId, 20)}</span>
      ) : (
        <NarrowLink tab="orders" query={{ order: clientOrderId }}>
          {shortened(clientOrderId, 28)}
        </NarrowLink>
      ),
  },
  {
    name: 'session',
    label: 'Session',
    by: ({ session }) => session,
    cell: ({ session, atMs }) =>
      session === null ? <span class="muted">not ours</span> : <SessionLink session={session} atMs={atMs} />,
  },
];

const number = (digits: number, of: (quote: NonNullable<DecisionFact['quote']>) => number) => (row: DecisionFact) =>
  row.quote === null ? '' : of(row.quote).toFixed(digits).replace('-', '−');

export const DECISION_COLUMNS: readonly Column<DecisionFact>[] = [
  {
    name: 'at',
    label: 'At',
    by: ({ sequence }) => sequence,
    cell: ({ atMs }) => <time>{timeOfDay(atMs)}</time>,
  },
  {
    name: 'kind',
    label: 'Said',
    by: ({ kind }) => kind,
    cell: ({ kind, text }) => (
      <span class={kind === 'quoted' ? '' : 'muted'} title={shortened(text ?? '', 300)}>
        {text === null ? kind : `${kind}: ${shortened(text, 60)}`}
      </span>
    ),
  },
  { name: 'mid', label: 's ¢', title: 'Mid', isNumber: true, cell: number(2, ({ midCents }) => midCents) },
  {
    name: 'held',
    label: 'q',
    title: 'Position',
    isNumber: true,
    cell: number(0, ({ positionContracts }) => positionContracts),
  },
  {
    name: 'sigma',
    label: 'σ ¢/√s',
    title: 'Volatility',
    isNumber: true,
    room: 'middle',
    cell: number(3, ({ sigmaCentsPerSqrtSecond }) => sigmaCentsPerSqrtSecond),
  },
  {
    name: 'gamma',
    label: 'γ',
    title: 'Risk aversion, 1/¢',
    isNumber: true,
    room: 'wide',
    cell: number(3, ({ gammaPerCent }) => gammaPerCent),
  },
  {
    name: 'k',
    label: 'k',
    title: 'Decay of fills, 1/¢',
    isNumber: true,
    room: 'wide',
    cell: number(2, ({ kPerCent }) => kPerCent),
  },
  {
    name: 'r',
    label: 'r ¢',
    title: 'Reservation price',
    isNumber: true,
    cell: number(2, ({ reservationCents }) => reservationCents),
  },
  { name: 'delta', label: 'δ ¢', title: 'Spread', isNumber: true, cell: number(2, ({ spreadCents }) => spreadCents) },
  {
    name: 'floor',
    label: 'floor ¢',
    title: 'The least spread that pays fees and margins',
    isNumber: true,
    room: 'wide',
    cell: number(2, ({ feeFloorCents }) => feeFloorCents),
  },
  {
    name: 'bounds',
    label: 'Bounds',
    title: 'What changed it away from what the model said',
    room: 'middle',
    cell: ({ quote }) =>
      quote === null ? '' : `${regimeWords(quote.regime)}${quote.bounds.map((bound) => `, ${apart(bound)}`).join('')}`,
  },
];
