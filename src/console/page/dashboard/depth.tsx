/** The book, best prices in the middle: how much is wanted at each price, and how much of it is ours. */
import type { LiveLevel, LiveMarketDetail } from '../../wire-dashboard.ts';
import { cents, contracts, signOf } from './numbers.ts';

const LEVELS = 10;

export function Depth({ detail }: { detail: LiveMarketDetail | null }) {
  if (detail === null) return <p class="empty">The book is known only while the market is watched.</p>;
  const asks = detail.asks.slice(0, LEVELS);
  const bids = detail.bids.slice(0, LEVELS);
  if (asks.length + bids.length === 0) return <p class="empty">No book yet: its first snapshot is awaited.</p>;
  const most = Math.max(...[...asks, ...bids].map(([, quantity]) => Number(quantity)));
  return (
    <table class="depth" aria-label="Book, highest price first">
      <thead class="unseen">
        <tr>
          <th scope="col">Price, cents</th>
          <th scope="col">Contracts</th>
          <th scope="col">Ours</th>
        </tr>
      </thead>
      <tbody>
        {asks.toReversed().map((level) => (
          <Level key={`a${level[0]}`} level={level} side="ask" most={most} />
        ))}
        <tr class="spread">
          <td colSpan={3}>{spreadOf(detail)}</td>
        </tr>
        {bids.map((level) => (
          <Level key={`b${level[0]}`} level={level} side="bid" most={most} />
        ))}
      </tbody>
    </table>
  );
}

interface LevelProps {
  readonly level: LiveLevel;
  readonly side: 'bid' | 'ask';
  readonly most: number;
}

function Level({ level: [price, quantity, ours], side, most }: LevelProps) {
  const width = (text: string) => `${Math.min(100, (Number(text) / most) * 100)}%`;
  return (
    <tr class={side}>
      <td class="price number">{cents(price)}</td>
      <td class="size">
        <span class="fill-bar" style={{ width: width(quantity) }} />
        <span class="fill-bar ours" style={{ width: width(ours) }} />
        <span class="text">{contracts(quantity)}</span>
      </td>
      <td class="number">{signOf(ours) === 0 ? '' : contracts(ours)}</td>
    </tr>
  );
}

function spreadOf({ bids, asks }: LiveMarketDetail): string {
  const [bid] = bids;
  const [ask] = asks;
  if (bid === undefined || ask === undefined) return 'one side is empty';
  const wide = (Number(ask[0]) - Number(bid[0])) * 100;
  return `spread ${Number(wide.toFixed(2))} ¢`;
}
