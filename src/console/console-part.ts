/** One subject of the console: its answers over HTTP, and what it tells those who watch. */
import type { Hono } from 'hono';
import type { Observable } from 'rxjs';
import type { Clocks } from '../domain/clock.ts';
import type { JournalEntry } from '../domain/journal.ts';
import type { Log } from '../runtime/log.ts';
import type { TraderRun } from '../runtime/run-trader.ts';
import type { TopicSource, Viewers } from './viewers.ts';
import type { Topic } from './wire.ts';

/** A journal, as it is read and as it grows. */
export interface Past {
  /** 0 before the first entry. */
  readonly lastSequence: number;
  /** Every entry from now on; of a run that is over: none. */
  readonly entries$: Observable<JournalEntry>;
  /** Entries from this number on, as far as the journal reached at the call. */
  readPages(fromSequence?: number): AsyncIterable<readonly JournalEntry[]>;
}

/** What the console shows: a journal, and the trader that writes it while it lives. */
export interface ConsoleRun {
  readonly past: Past;
  /** null: the run is over, nothing is live. */
  readonly live: TraderRun | null;
}

/** What a part may lean on. */
export interface Surroundings {
  readonly viewers: Viewers;
  readonly clocks: Clocks;
  readonly log: Log;
}

export interface ConsolePart {
  /** Adds its answers. Whatever is not GET has shown the token of the run before it comes here. */
  routes?(app: Hono): void;
  readonly topics?: Readonly<Partial<Record<Topic, TopicSource>>>;
  /** There is a run to look at now; before, everything is asked of a process that is just starting. */
  attach?(run: ConsoleRun): void;
  close?(): void;
}

export type MakePart = (surroundings: Surroundings) => ConsolePart;
