/** A uPlot that follows its box and the theme. What is drawn is made anew when the theme changes; data only moves. */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { colour, isDark } from '../theme.ts';

export interface PlotProps {
  /** Read with the theme's colours, once for each theme. */
  readonly make: (ink: Ink) => Omit<uPlot.Options, 'width' | 'height'>;
  readonly data: uPlot.AlignedData;
  readonly height: number;
  /** What it shows, for those who do not see it. */
  readonly label: string;
}

export interface Ink {
  readonly text: string;
  readonly faint: string;
  readonly line: string;
  readonly accent: string;
  readonly good: string;
  readonly bad: string;
  readonly warn: string;
  readonly bid: string;
  readonly ask: string;
  readonly surface: string;
}

export function Plot({ make, data, height, label }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const dark = isDark.value;
  const last = useRef(data);
  last.current = data;

  useEffect(() => {
    const element = box.current!;
    const options = { ...make(inkNow()), width: Math.max(80, element.clientWidth), height };
    const made = new uPlot(options, last.current, element);
    plot.current = made;
    const rest = (): void => restLegend(made);
    made.over.addEventListener('mouseleave', rest);
    rest();
    const watch = new ResizeObserver(() => made.setSize({ width: Math.max(80, element.clientWidth), height }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [dark, height]);
  useEffect(() => {
    const made = plot.current;
    if (made === null) return;
    made.setData(data);
    if (made.cursor.left === undefined || made.cursor.left < 0) restLegend(made);
  }, [data]);
  return <div class="plot" ref={box} role="img" aria-label={label} />;
}

/** While nobody points at a moment the legend tells the last one. */
function restLegend(plot: uPlot): void {
  const last = (plot.data[0]?.length ?? 0) - 1;
  if (last >= 0) plot.setLegend({ idx: last }, false);
}

function inkNow(): Ink {
  return {
    text: colour('--muted'),
    faint: colour('--faint'),
    line: colour('--line'),
    accent: colour('--accent'),
    good: colour('--good'),
    bad: colour('--bad'),
    warn: colour('--warn'),
    bid: colour('--bid'),
    ask: colour('--ask'),
    surface: colour('--surface'),
  };
}

/** A colour with less of it, for areas: `rgb(1, 2, 3)` → `rgba(1, 2, 3, 0.1)`. */
export function thin(rgb: string, share: number): string {
  return rgb.replace(/^rgb\(/, 'rgba(').replace(/\)$/, `, ${share})`);
}

const FONT = '11px ui-sans-serif, system-ui, sans-serif';

export function timeAxis(ink: Ink): uPlot.Axis {
  return {
    stroke: ink.text,
    font: FONT,
    size: 26,
    gap: 4,
    space: 70,
    grid: { show: false },
    ticks: { stroke: ink.line, width: 1, size: 4 },
    values: (plot, splits) => {
      const { min = 0, max = 0 } = plot.scales.x ?? {};
      return splits.map((seconds) => timeLabel(seconds, (max ?? 0) - (min ?? 0)));
    },
  };
}

export function valueAxis(ink: Ink, values: (value: number) => string, size = 62): uPlot.Axis {
  return {
    stroke: ink.text,
    font: FONT,
    size,
    gap: 6,
    space: 32,
    grid: { stroke: ink.line, width: 1 },
    ticks: { show: false },
    values: (_, splits) => splits.map(values),
  };
}

const DAY = 86_400;
/** The clock; the day where it begins or where a clock would say nothing; seconds where minutes are too few. */
function timeLabel(seconds: number, span: number): string {
  const text = new Date(seconds * 1000).toISOString();
  if (span > 4 * DAY || seconds % DAY === 0) return text.slice(5, 10);
  return span < 300 ? text.slice(11, 19) : text.slice(11, 16);
}

/** The moment that the legend tells of. */
export function momentSeries(): uPlot.Series {
  return {
    label: 'At',
    value: (_, seconds) => (seconds == null ? '–' : new Date(seconds * 1000).toISOString().slice(11, 19)),
  };
}

/** Times on the axis are UTC, as everywhere on the page. */
export function utc(seconds: number): Date {
  return uPlot.tzDate(new Date(seconds * 1000), 'UTC');
}

/** Room above and below what is drawn, and a range though nothing moved. */
export function roomy(least: number): uPlot.Scale.Range {
  return (_, low, high) => {
    if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
    const spare = Math.max((high - low) * 0.12, (least - (high - low)) / 2, 0);
    return [low - spare, high + spare];
  };
}
