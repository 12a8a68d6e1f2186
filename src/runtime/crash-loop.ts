/** Starts that die again and again: from the third within minutes a start only takes orders back and shows what there is. */
import type { JournalEntry } from '../domain/journal.ts';
import type { StoreJournal } from '../store/store-journal.ts';
import type { RunRecord } from './remembered.ts';

/** Starts are counted over this much wall time. */
const WINDOW_MS = 300_000;
/** A run that went on for so long, wall time, is no part of a loop. */
export const STEADY_AFTER_MS = 60_000;
/** Entries that are named: what was done last. */
const LAST_ENTRIES = 5;

export interface CrashLoop {
  /** Starts within the window, this one counted. */
  readonly starts: number;
  /** The last entries of the run that died last, oldest first; the last of them is the one before the crash. */
  readonly last: readonly LastEntry[];
}
export interface LastEntry {
  readonly sequence: number;
  readonly kind: string;
  readonly wallMs: number;
  readonly market: string | null;
  /** Our id of the order that it is about. */
  readonly order: string | null;
}

/**
 * How many starts died young, the present one (the last of `runs`) counted. Runs that ended in order do not count; after
 * one that was guarded and ended in order a person has seen it, and the counting begins anew.
 */
export function startsInLoop(runs: readonly RunRecord[]): number {
  const present = runs.at(-1);
  if (present === undefined) return 0;
  let starts = 1;
  for (const { startedMs, hasEnded, isSteady, isGuarded } of runs.slice(0, -1).reverse()) {
    if (isSteady || startedMs <= present.startedMs - WINDOW_MS || (isGuarded && hasEnded)) break;
    if (!hasEnded) starts++;
  }
  return starts;
}

/** What a guarded start has to say; null when this is none. `startsMax` 0: never. */
export async function findCrashLoop(
  runs: readonly RunRecord[],
  startsMax: number,
  journal: Pick<StoreJournal, 'readPages'>,
): Promise<CrashLoop | null> {
  const starts = startsInLoop(runs);
  if (startsMax === 0 || starts < startsMax) return null;
  const died = runs.slice(0, -1).findLastIndex(({ hasEnded }) => !hasEnded);
  return { starts, last: await lastEntriesBefore(runs[died + 1]!.sequence, journal) };
}

async function lastEntriesBefore(sequence: number, journal: Pick<StoreJournal, 'readPages'>): Promise<LastEntry[]> {
  const found: LastEntry[] = [];
  for await (const page of journal.readPages(Math.max(1, sequence - LAST_ENTRIES))) {
    for (const entry of page) if (entry.sequence < sequence) found.push(nameOf(entry));
    if (found.length === 0 || page.at(-1)!.sequence >= sequence) break;
  }
  return found;
}

function nameOf({ sequence, kind, wallMs, data }: JournalEntry): LastEntry {
  const { market, clientOrderId } = (data ?? {}) as { market?: unknown; clientOrderId?: unknown };
  return { sequence, kind, wallMs, market: textOf(market), order: textOf(clientOrderId) };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
