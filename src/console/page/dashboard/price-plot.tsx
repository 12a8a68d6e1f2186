/** The others' touch over time as a band, our bid and ask as lines, the reservation price, fills as marks. */
import { useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { FillFact, LiveMarketDetail, MarketSeries } from '../../wire-dashboard.ts';
import { type Ink, momentSeries, Plot, roomy, thin, timeAxis, utc, valueAxis } from './plot.tsx';

interface Props {
  readonly series: MarketSeries;
  readonly fills: readonly FillFact[];
  readonly detail: LiveMarketDetail | null;
}

interface Mark {
  readonly at: number;
  readonly price: number;
  readonly isBuy: boolean;
  readonly size: number;
}

const SIZE_MIN = 4;
const SIZE_MAX = 9;
/** So many usual steps without a point are a gap. */
const GAP_STEPS = 6;

export function PricePlot({ series, fills, detail }: Props) {
  const data = useMemo(() => columnsOf(series, detail), [series, detail]);
  const marks = useRef<readonly Mark[]>([]);
  marks.current = useMemo(() => marksOf(fills), [fills]);
  const make = useMemo(() => (ink: Ink) => optionsOf(ink, () => marks.current), []);
  if (data[0].length < 2)
    return <p class="empty">A market is written down while it has a session; its first prices are awaited.</p>;
  return <Plot make={make} data={data} height={320} label="Price, our bid and ask, and fills over time" />;
}

/** What was written down, and where it stands now. */
function columnsOf(series: MarketSeries, detail: LiveMarketDetail | null): uPlot.AlignedData {
  const { atMs, bid, ask, ourBid, ourAsk, reservation } = series;
  const columns: (readonly (number | null)[])[] = [atMs.map((at) => at / 1000), bid, ask, ourBid, ourAsk, reservation];
  const last = atMs.at(-1);
  if (detail === null || last === undefined || detail.atMs <= last) return broken(columns);
  const inCents = (price: string | null | undefined) => (price == null ? null : Number(price) * 100);
  const now = [
    detail.atMs / 1000,
    inCents(detail.bid),
    inCents(detail.ask),
    inCents(detail.ourBid?.[0]),
    inCents(detail.ourAsk?.[0]),
    // Decided last; without a quote of ours there is none.
    detail.ourBid === null && detail.ourAsk === null ? null : (reservation.at(-1) ?? null),
  ];
  return broken(columns.map((column, index) => [...column, now[index]!]));
}

/** While a market had no session nobody wrote it down: lines end there and begin anew. */
function broken(columns: readonly (readonly (number | null)[])[]): uPlot.AlignedData {
  const times = columns[0] as readonly number[];
  const steps = times.slice(1).map((time, index) => time - times[index]!);
  const usual = steps.toSorted((a, b) => a - b)[steps.length >> 1] ?? 0;
  const gaps = new Set(steps.flatMap((step, index) => (step > usual * GAP_STEPS ? [index] : [])));
  if (gaps.size === 0) return columns as unknown as uPlot.AlignedData;
  return columns.map((column, place) =>
    column.flatMap((value, index) => {
      if (!gaps.has(index)) return [value];
      return place === 0 ? [value, times[index]! + usual] : [value, null];
    }),
  ) as uPlot.AlignedData;
}

function marksOf(fills: readonly FillFact[]): Mark[] {
  const most = Math.max(1, ...fills.map(({ quantity }) => Number(quantity)));
  return fills.map(({ atMs, price, side, quantity }) => ({
    at: atMs / 1000,
    price: Number(price) * 100,
    isBuy: side === 'bid',
    size: SIZE_MIN + (SIZE_MAX - SIZE_MIN) * Math.sqrt(Number(quantity) / most),
  }));
}

function optionsOf(ink: Ink, marks: () => readonly Mark[]): Omit<uPlot.Options, 'width' | 'height'> {
  const stepped = uPlot.paths.stepped!({ align: 1 });
  const value = (_: uPlot, price: number | null) => (price === null ? '–' : `${Number(price.toFixed(2))} ¢`);
  const line = (label: string, stroke: string, more: Partial<uPlot.Series> = {}): uPlot.Series => ({
    ...{ label, stroke, value, width: 1.2, points: { show: false }, paths: stepped },
    ...more,
  });
  return {
    tzDate: utc,
    padding: [8, 12, 0, 0],
    cursor: { points: { size: 6, fill: ink.surface }, drag: { x: true, y: false } },
    legend: { show: true, live: true },
    axes: [timeAxis(ink), valueAxis(ink, (price) => `${Number(price.toFixed(2))}`, 44)],
    series: [
      momentSeries(),
      line('Bid', ink.faint, { width: 1 }),
      line('Ask', ink.faint, { width: 1 }),
      line('Our bid', ink.bid, { width: 1.8 }),
      line('Our ask', ink.ask, { width: 1.8 }),
      line('Reservation', ink.accent, { dash: [3, 3], width: 1 }),
    ],
    bands: [{ series: [2, 1], fill: thin(ink.faint, 0.14) }],
    scales: { x: { time: true }, y: { range: roomy(4) } },
    hooks: { draw: [(plot) => drawMarks(plot, marks(), ink)] },
  };
}

/** Bought: a triangle that points up, in the bid's colour; sold: one that points down, in the ask's. */
function drawMarks(plot: uPlot, marks: readonly Mark[], ink: Ink): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.lineWidth = ratio;
  ctx.strokeStyle = ink.surface;
  for (const { at, price, isBuy, size } of marks) {
    const x = plot.valToPos(at, 'x', true);
    const y = plot.valToPos(price, 'y', true);
    const half = size * ratio * 0.62;
    const up = isBuy ? -half : half;
    ctx.fillStyle = isBuy ? ink.bid : ink.ask;
    ctx.beginPath();
    ctx.moveTo(x, y + up);
    ctx.lineTo(x - half, y - up);
    ctx.lineTo(x + half, y - up);
    ctx.closePath();
    ctx.fill();
    ctx.stroke();
  }
  ctx.restore();
}
