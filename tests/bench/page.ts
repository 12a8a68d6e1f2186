/**
 * The console's page in a browser, while a hundred charts move ten times a second each: how long its frames take, beside
 * those of an empty page in the same browser on the same machine; how soon it is painted; and how much memory it holds
 * after it has heard a tenth of an hour's events (with BOTHSIDES_LONG=1: an hour's), said as fast as it takes them.
 */
import type { Browser, Page } from 'playwright-core';
import { note } from '../../src/cli/output.ts';
import { CHROMIUM, openBrowser, Visit } from '../support/browser.ts';
import { openCharts, SESSIONS } from './page-charts.ts';
import { type Heard, HourConsole, hear } from './page-hour.ts';
import { type BenchRow, ceilingRow, median, type Repeated, ROUNDS, summarize } from './row.ts';

const WATCHED = '#/inspector/s0';
/** Charts are laid out once for each machine; that is over by then. */
const SETTLE_MS = 1_500;
const FRAMES_MS = 3_000;
const FRAME_P50_MS_MAX = 33;
const FRAME_P95_MS_MAX = 100;
const PAINT_MS_MAX = 1_000;
const HEAP_MB_MAX = 80;
const GROWTH_MB_MAX = 4;
/** When even an empty page's frames come later than that, the machine is too busy to say anything. */
const EMPTY_P95_MS_MAX = 34;
/** The page keeps so many sessions that are over. */
const CLOSED_SHOWN = 200;
const HOUR_SECONDS = 3_600;
const SAID_SECONDS = process.env.BOTHSIDES_LONG === '1' ? HOUR_SECONDS : HOUR_SECONDS / 10;

/** Times between frames in this page, milliseconds, sorted. */
async function framesOf(page: Page): Promise<number[]> {
  const times = await page.evaluate(`new Promise((resolve) => {
    const times = [];
    let last = performance.now();
    const began = last;
    const frame = (now) => {
      times.push(now - last);
      last = now;
      if (now - began < ${FRAMES_MS}) requestAnimationFrame(frame);
      else resolve(times);
    };
    requestAnimationFrame(frame);
  })`);
  return (times as number[]).sort((a, b) => a - b);
}

const at = (sorted: readonly number[], share: number) => sorted[Math.floor(sorted.length * share)]!;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The highest count of a transition that the page shows now. */
async function countedOn(page: Page): Promise<number> {
  return (await page.evaluate(
    `Math.max(0, ...[...document.querySelectorAll('[data-transition]')].map((label) => Number(label.dataset.count)))`,
  )) as number;
}

interface Frames {
  readonly p50: number[];
  readonly p95: number[];
  readonly paintMs: number[];
  readonly emptyP50: number[];
  readonly emptyP95: number[];
  /** Messages that were left out because the page, or the server, had no time for them. */
  lost: number;
}

async function measureFrames(browser: Browser, url: string): Promise<Frames> {
  const found: Frames = { p50: [], p95: [], paintMs: [], emptyP50: [], emptyP95: [], lost: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const empty = await Visit.open(browser, url);
    const still = await framesOf(empty.page);
    await empty.close();
    const visit = await Visit.open(browser, url);
    await visit.go(WATCHED);
    await visit.page.waitForSelector('[data-state]');
    await pause(SETTLE_MS);
    const before = await countedOn(visit.page);
    const frames = await framesOf(visit.page);
    if ((await countedOn(visit.page)) <= before) throw new Error('the page shows nothing of what moves');
    const paint = `performance.getEntriesByName('first-contentful-paint')[0].startTime`;
    found.paintMs.push((await visit.page.evaluate(paint)) as number);
    const notice = await visit.page.locator('.notices').textContent();
    found.lost += Number(/(\d[\d,.]*) messages were left out/.exec(notice ?? '')?.[1]?.replace(/\D/g, '') ?? 0);
    await visit.close();
    found.p50.push(at(frames, 0.5));
    found.p95.push(at(frames, 0.95));
    found.emptyP50.push(at(still, 0.5));
    found.emptyP95.push(at(still, 0.95));
    const told = [frames, still].map((times) => `${at(times, 0.5).toFixed(1)} and ${at(times, 0.95).toFixed(1)} ms`);
    note(`  p50 and p95 of frames: ${told.join('; of an empty page ')}`);
  }
  return found;
}

interface Memory {
  /** After each tenth of it, garbage collected, MB. */
  readonly heapMb: readonly number[];
  readonly transitions: number;
  readonly sessions: number;
  readonly seconds: number;
}

/** Counts the texts that the page has heard, so that no more is said than it takes. */
const COUNTED = `{
  const Native = WebSocket;
  window.heardTexts = 0;
  window.WebSocket = class extends Native {
    constructor(...args) {
      super(...args);
      this.addEventListener('message', () => { window.heardTexts++; });
    }
  };
}`;

async function measureMemory(browser: Browser, heard: Heard): Promise<Memory> {
  const hour = await HourConsole.open(heard);
  const visit = await Visit.open(browser, hour.web.url);
  try {
    const { page } = visit;
    await page.addInitScript(COUNTED);
    await visit.go(WATCHED);
    await page.waitForSelector('[data-state]');
    const session = await page.context().newCDPSession(page);
    const heapMb = async (): Promise<number> => {
      await pause(500);
      await session.send('HeapProfiler.collectGarbage');
      return (await session.send('Runtime.getHeapUsage')).usedSize / 1e6;
    };
    const sizes = [await heapMb()];
    for (let second = 1; second <= SAID_SECONDS; second++) {
      const before = (await page.evaluate('window.heardTexts')) as number;
      hour.say();
      // Heard, and drawn: the next frame has taken it all.
      await page.evaluate(`new Promise((resolve) => {
        const look = () => (window.heardTexts > ${before} ? resolve() : requestAnimationFrame(look));
        requestAnimationFrame(look);
      })`);
      if (second % (SAID_SECONDS / 10) === 0) {
        sizes.push(await heapMb());
        note(`  ${hour.transitions} transitions, ${hour.sessions} sessions: ${sizes.at(-1)!.toFixed(1)} MB`);
      }
    }
    const over = await page.getByTitle('Sessions that ended stay readable').textContent();
    if (over !== `closed (${hour.sessions - SESSIONS})` && hour.sessions - SESSIONS <= CLOSED_SHOWN)
      throw new Error(`the page knows of ${over}, of ${hour.sessions} sessions`);
    return { heapMb: sizes, transitions: hour.transitions, sessions: hour.sessions, seconds: SAID_SECONDS };
  } finally {
    await visit.close();
    await hour.web.close();
  }
}

export async function benchPage(): Promise<readonly BenchRow[]> {
  if (CHROMIUM === null) {
    note('page: not measured, there is no Chromium on this machine.');
    return [];
  }
  const browser = await openBrowser();
  const charts = await openCharts();
  try {
    const frames = await measureFrames(browser, charts.web.url);
    const heard = await hear(charts.web.url);
    await charts.close();
    return rowsOf(frames, await measureMemory(browser, heard));
  } finally {
    await charts.close();
    await browser.close();
  }
}

function rowsOf(frames: Frames, memory: Memory): BenchRow[] {
  const emptyMs = (values: readonly number[]) => `${median(values).toFixed(1)} ms`;
  const isBusy = median(frames.emptyP95) > EMPTY_P95_MS_MAX;
  const doubt = isBusy ? 'this machine was too busy: an empty page waited long for its frames, too' : null;
  const row = (name: string, unit: string, measured: Repeated, budget: number, unsure = doubt): BenchRow => ({
    ...ceilingRow(name, unit, measured, budget),
    doubt: unsure,
  });
  const told = `${memory.transitions.toLocaleString('en-US')} transitions (${memory.seconds / 60} minutes of them), ${memory.sessions} sessions`;
  const last = memory.heapMb.at(-1)!;
  const middle = memory.heapMb[memory.heapMb.length >> 1]!;
  return [
    row(
      `frame of the page beside 100 charts, p50 (an empty page: ${emptyMs(frames.emptyP50)}; ${frames.lost} messages left out)`,
      'ms',
      summarize(frames.p50),
      FRAME_P50_MS_MAX,
    ),
    row(`the same, p95 (an empty page: ${emptyMs(frames.emptyP95)})`, 'ms', summarize(frames.p95), FRAME_P95_MS_MAX),
    row('first paint of the page', 'ms', summarize(frames.paintMs), PAINT_MS_MAX),
    row(`heap of the page after ${told}`, 'MB', { ...summarize(memory.heapMb), value: last }, HEAP_MB_MAX, null),
    row('what it grew by in the second half of them', 'MB', summarize([last - middle]), GROWTH_MB_MAX, null),
  ];
}
