/** The journal as it grows: the topic `journal`, which begins with the last entries that there are. */
import type { Subscription } from 'rxjs';
import type { TimerId } from '../domain/clock.ts';
import type { JournalEntry } from '../domain/journal.ts';
import type { ConsoleRun, MakePart, Past } from './console-part.ts';
import { sanitize } from './sanitize.ts';
import type { JournalLine } from './wire.ts';

const LAST_SHOWN = 200;
/** What is written within this time travels together. */
const GATHER_MS = 100;

export const journalPart: MakePart = ({ viewers, clocks, log }) => {
  let past: Past | null = null;
  let isWatched = false;
  let subscription: Subscription | null = null;
  let timer: TimerId | null = null;
  let entries: JournalEntry[] = [];

  const listen = (): void => {
    if (past === null || subscription !== null) return;
    subscription = past.entries$.subscribe((entry) => {
      entries.push(entry);
      if (entries.length > LAST_SHOWN) entries.shift();
      timer ??= clocks.wall.setTimeout(tell, GATHER_MS);
    });
  };
  const tell = (): void => {
    timer = null;
    const lines = entries.map(lineOf);
    entries = [];
    viewers.publish('journal', { type: 'journal', entries: lines });
  };
  const stop = (): void => {
    isWatched = false;
    subscription?.unsubscribe();
    subscription = null;
    if (timer !== null) clocks.wall.clearTimeout(timer);
    timer = null;
    entries = [];
  };
  const greetAll = (): void => {
    for (const viewer of viewers.watching('journal')) greet(viewer);
  };
  const greet: (viewer: Parameters<NonNullable<Parameters<typeof viewers.serve>[1]['greet']>>[0]) => void = (
    viewer,
  ) => {
    if (past === null) return;
    lastOf(past).then(
      (lines) => viewer.topics.has('journal') && viewer.send({ type: 'journal', entries: lines }),
      (error: unknown) => log.warn({ error: String(error) }, 'the last of the journal could not be shown'),
    );
  };
  return {
    topics: {
      journal: {
        start() {
          isWatched = true;
          listen();
        },
        stop,
        greet,
      },
    },
    attach(run: ConsoleRun) {
      past = run.past;
      if (!isWatched) return;
      listen();
      greetAll();
    },
    close: stop,
  };
};

async function lastOf(past: Past): Promise<JournalLine[]> {
  const lines: JournalLine[] = [];
  for await (const page of past.readPages(past.lastSequence - LAST_SHOWN + 1)) lines.push(...page.map(lineOf));
  return lines;
}

function lineOf({ sequence, marketMs, wallMs, kind, data }: JournalEntry): JournalLine {
  return { sequence, atMs: marketMs, wallMs, kind, data: sanitize(data) };
}
