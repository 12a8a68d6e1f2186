/** Where our quotes stand against the others' touch, as a picture of a few cents. */
import type { LiveMarket } from '../../wire-dashboard.ts';

const WIDTH = 96;
const HEIGHT = 16;
/** Least width of what is shown, cents. */
const SPAN_MIN = 6;

export function Quotes({ market: { bid, ask, ourBid, ourAsk } }: { market: LiveMarket }) {
  const prices = [bid, ask, ourBid?.[0] ?? null, ourAsk?.[0] ?? null].map((text) =>
    text === null ? null : Number(text) * 100,
  );
  const known = prices.filter((price) => price !== null);
  if (known.length === 0) return null;
  const low = Math.min(...known);
  const high = Math.max(...known);
  const span = Math.max(SPAN_MIN, (high - low) * 1.2);
  const from = (low + high - span) / 2;
  const x = (price: number) => ((price - from) / span) * WIDTH;
  const [touchBid, touchAsk, ownBid, ownAsk] = prices as [number | null, number | null, number | null, number | null];
  return (
    <svg class="quotes" width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <line class="base" x1="0" x2={WIDTH} y1={HEIGHT / 2} y2={HEIGHT / 2} />
      {touchBid !== null && touchAsk !== null && (
        <rect class="touch" x={x(touchBid)} width={Math.max(1, x(touchAsk) - x(touchBid))} y="5" height="6" rx="1" />
      )}
      {ownBid !== null && <line class="bid" x1={x(ownBid)} x2={x(ownBid)} y1="1.5" y2={HEIGHT - 1.5} />}
      {ownAsk !== null && <line class="ask" x1={x(ownAsk)} x2={x(ownAsk)} y1="1.5" y2={HEIGHT - 1.5} />}
    </svg>
  );
}
