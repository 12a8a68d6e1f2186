/** Layouts of charts, made in a worker, once for each machine and direction. */
import { signal } from '@preact/signals';
import ELK from 'elkjs/lib/elk-api.js';
import workerAddress from 'elkjs/lib/elk-worker.min.js?url';
import { type Direction, type Drawing, drawingOf, layoutRequest, type Measure } from './chart-layout.ts';
import type { Chart } from './definition.ts';

/** Raised whenever a layout is ready. */
export const layoutsDone = signal(0);

interface Entry {
  readonly drawing: Drawing | null;
  readonly failure: string | null;
}

const entries = new Map<Chart, Map<Direction, Entry>>();
let elk: InstanceType<typeof ELK> | null = null;

/** Null while it is being made. */
export function layoutOf(chart: Chart, direction: Direction): Entry {
  let ofChart = entries.get(chart);
  if (ofChart === undefined) {
    ofChart = new Map();
    entries.set(chart, ofChart);
  }
  let entry = ofChart.get(direction);
  if (entry === undefined) {
    entry = { drawing: null, failure: null };
    ofChart.set(direction, entry);
    void make(chart, direction, ofChart);
  }
  return entry;
}

async function make(chart: Chart, direction: Direction, into: Map<Direction, Entry>): Promise<void> {
  elk ??= new ELK({ workerFactory: () => new Worker(workerAddress) });
  try {
    const answer = await elk.layout(layoutRequest(chart, direction, measure));
    into.set(direction, { drawing: drawingOf(chart, answer), failure: null });
  } catch (error) {
    into.set(direction, { drawing: null, failure: String((error as Error)?.message ?? error) });
  }
  layoutsDone.value++;
}

let pen: CanvasRenderingContext2D | null = null;
const widths = new Map<string, number>();

const measure: Measure = (text, style) => {
  const key = `${style} ${text}`;
  const known = widths.get(key);
  if (known !== undefined) return known;
  pen ??= document.createElement('canvas').getContext('2d');
  if (pen === null) return text.length * 7;
  const family = getComputedStyle(document.body).fontFamily;
  pen.font = style === 'name' ? `600 12.5px ${family}` : `11px ${family}`;
  const { width } = pen.measureText(text);
  widths.set(key, width);
  return width;
};
