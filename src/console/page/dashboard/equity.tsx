/** What the account is worth over time, and what that is made of. */
import { useComputed } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type uPlot from 'uplot';
import { points } from './feed.ts';
import { type Ink, momentSeries, Plot, roomy, thin, timeAxis, utc, valueAxis } from './plot.tsx';

const dollarsAt = (digits: number) => (value: number | null) =>
  value === null ? '–' : `${value < 0 ? '−' : ''}$${Math.abs(value).toFixed(digits)}`;

export function EquityPanel() {
  const columns = useComputed(() => {
    const known = points.value;
    return {
      equity: [known.map(({ atMs }) => atMs / 1000), known.map(({ equity }) => equity)] as uPlot.AlignedData,
      parts: [
        known.map(({ atMs }) => atMs / 1000),
        known.map(({ realized, unrealized, fees }) => realized + unrealized - fees),
        known.map(({ realized }) => realized),
        known.map(({ unrealized }) => unrealized),
        known.map(({ fees }) => -fees),
      ] as uPlot.AlignedData,
    };
  });
  const isEmpty = points.value.length < 2;
  return (
    <section class="panel equity" aria-label="Equity and P&L">
      <header>
        <h2>Equity and P&L</h2>
        <span class="muted small">market time, UTC</span>
      </header>
      {isEmpty ? (
        <p class="empty">The account is written down every few seconds of market time; the first points are awaited.</p>
      ) : (
        <div class="plots">
          <EquityPlot data={columns.value.equity} />
          <PartsPlot data={columns.value.parts} />
        </div>
      )}
    </section>
  );
}

function EquityPlot({ data }: { data: uPlot.AlignedData }) {
  const make = useMemo(
    () => (ink: Ink) => ({
      ...base(ink),
      axes: [{ ...timeAxis(ink), show: false }, valueAxis(ink, dollarsAt(2))],
      series: [
        momentSeries(),
        {
          label: 'Equity',
          stroke: ink.accent,
          width: 1.6,
          fill: thin(ink.accent, 0.08),
          points: { show: false },
          value: (_: uPlot, value: number | null) => dollarsAt(4)(value),
        },
      ],
      scales: { x: { time: true }, y: { range: roomy(0.5) } },
    }),
    [],
  );
  return <Plot make={make} data={data} height={250} label="Equity over time" />;
}

function PartsPlot({ data }: { data: uPlot.AlignedData }) {
  const make = useMemo(
    () => (ink: Ink) => ({
      ...base(ink),
      axes: [timeAxis(ink), valueAxis(ink, dollarsAt(2))],
      series: [
        momentSeries(),
        line('Net P&L', ink.accent, 1.8),
        line('Realised', ink.good),
        line('Unrealised', ink.warn),
        line('Fees', ink.bad),
      ],
      scales: { x: { time: true }, y: { range: roomy(0.2) } },
    }),
    [],
  );
  return (
    <Plot make={make} data={data} height={200} label="Profit and loss over time: net, realised, unrealised, fees" />
  );
}

function line(label: string, stroke: string, width = 1.2): uPlot.Series {
  return { label, stroke, width, points: { show: false }, value: (_, value) => dollarsAt(4)(value) };
}

function base(ink: Ink) {
  return {
    tzDate: utc,
    padding: [8, 12, 0, 0] as uPlot.Padding,
    cursor: { sync: { key: 'account' }, points: { size: 6, fill: ink.surface }, drag: { x: true, y: false } },
    legend: { show: true, live: true },
  };
}
