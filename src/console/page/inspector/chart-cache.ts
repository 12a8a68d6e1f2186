/**
 * Layouts of charts, made in a worker, once for each machine and direction. Where the worker's program does not come,
 * because the trader is just then killed or started, another worker is tried until it does.
 */
import { signal } from '@preact/signals';
import ELK, { type ElkNode } from 'elkjs/lib/elk-api.js';
import workerAddress from 'elkjs/lib/elk-worker.min.js?url';
import { connection } from '../live.ts';
import { type Direction, type Drawing, drawingOf, layoutRequest, type Measure } from './chart-layout.ts';
import type { Chart } from './definition.ts';

/** Raised whenever a layout is ready. */
export const layoutsDone = signal(0);

interface Entry {
  readonly drawing: Drawing | null;
  readonly failure: string | null;
}

const entries = new Map<Chart, Map<Direction, Entry>>();

interface Layouter {
  readonly elk: InstanceType<typeof ELK>;
  /** Its program never came. Of itself the library would wait for its answers for ever. */
  readonly absent: Promise<'absent'>;
}
let layouter: Layouter | null = null;
const AGAIN_MS = 500;
const TRIES_MAX = 20;

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
  try {
    const answer = await laidOut(layoutRequest(chart, direction, measure));
    into.set(direction, { drawing: drawingOf(chart, answer), failure: null });
  } catch (error) {
    into.set(direction, { drawing: null, failure: String((error as Error)?.message ?? error) });
  }
  layoutsDone.value++;
}

async function laidOut(request: ElkNode): Promise<ElkNode> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    layouter ??= startLayouter();
    const mine = layouter;
    const answer = await Promise.race([mine.elk.layout(request), mine.absent]);
    if (answer !== 'absent') return answer;
    // Whoever waited for it learns of it; the first of them lets go of it.
    if (layouter === mine) layouter = null;
    do await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    while (connection.value !== 'open');
  }
  // The trader that answers now is of another version than this page.
  throw new Error('what does that cannot be had any more. Load this page anew.');
}

function startLayouter(): Layouter {
  const worker = new Worker(workerAddress);
  const absent = new Promise<'absent'>((resolve) => {
    // One that runs and breaks says on what; that would break again.
    worker.addEventListener('error', (event) => !(event instanceof ErrorEvent) && resolve('absent'));
  });
  return { elk: new ELK({ workerFactory: () => worker }), absent };
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
