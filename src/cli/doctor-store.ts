/** The store from inside: every checksum of it, what it counts, and how the last run ended. Looked at on a copy. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clocks } from '../domain/clock.ts';
import { messageOf } from '../domain/errors.ts';
import type { JournalEntry } from '../domain/journal.ts';
import type { UnixMs } from '../domain/units.ts';
import { checkCommandLog } from '../exchange/embedded/command-log-check.ts';
import { openBookmarks, readStoredSessions } from '../runtime/stored-sessions.ts';
import { openStoreCopy } from '../store/copy-store.ts';
import { mismatch } from '../store/data-folder.ts';
import type { DataIdentity } from '../store/identity.ts';
import { inspectStore, type StoreFindings } from '../store/inspect-store.ts';
import { findFileDamage } from '../store/level-files.ts';
import { STORE } from '../store/set-aside.ts';
import type { Store } from '../store/store.ts';
import { StoreJournal } from '../store/store-journal.ts';
import { STORE_VERSION } from '../store/store-version.ts';
import { type Check, fail, failedWith, ok, skipped, warn } from './doctor-check.ts';

const MEND =
  'Mend it with --repair: what can be read is kept, the old store moves aside, the rest is read from the exchange.';
/** Of all that is wrong, a person reads the first few. */
const DAMAGE_SHOWN = 5;

export interface StoreCheck {
  readonly checks: readonly Check[];
  /** It must be mended; unless its end is known, bookmarks are not to be believed. */
  readonly damage: { readonly isEndKnown: boolean } | null;
}

export async function checkStore(folder: string, wanted: DataIdentity | null, clocks: Clocks): Promise<StoreCheck> {
  if (!existsSync(join(folder, STORE))) return { checks: [skipped('store', 'none yet')], damage: null };
  try {
    const files = findFileDamage(join(folder, STORE), 'all');
    const history = new History(clocks.wall.now());
    const copy = await openStoreCopy(folder, STORE);
    try {
      const found = copy.store === null ? null : await inspectStore(copy.store, (entry) => history.take(entry));
      if (found !== null && found.refusal !== null)
        return { checks: [failedWith('store', found.refusal)], damage: null };
      const damage = [
        ...(files === null ? [] : [`${STORE}/${files.file} ${files.what}.`]),
        ...(found === null ? ['Nothing can be read from it.'] : found.damage),
      ];
      if (damage.length > 0) {
        const checks = [damagedCheck(damage, found), ...history.checks()];
        return { checks, damage: { isEndKnown: files === null } };
      }
      const sessions = await checkSessions(copy.store!, clocks);
      return {
        checks: [whole(found!), ...checkIdentity(folder, found!.identity, wanted), ...sessions, ...history.checks()],
        damage: sessions.some(({ code }) => code === 'DATA_DAMAGED') ? { isEndKnown: false } : null,
      };
    } finally {
      await copy.close();
    }
  } catch (error) {
    return { checks: [fail('store', 'DATA_UNWRITABLE', `It cannot be read: ${messageOf(error)}.`, '')], damage: null };
  }
}

/** A start in another mode is refused; seeds and recordings come with a start's own flags. */
function checkIdentity(folder: string, found: DataIdentity | null, wanted: DataIdentity | null): Check[] {
  const differs = found === null || wanted === null ? null : mismatch(folder, found, wanted);
  if (differs === null) return [];
  if (found!.mode !== wanted!.mode) return [failedWith('identity', differs)];
  return [warn('identity', differs.message, differs.remedy)];
}

/** The sessions that a start would go on with, read as it reads them; nothing where they can be. */
async function checkSessions(store: Store, clocks: Clocks): Promise<Check[]> {
  try {
    await readStoredSessions(openBookmarks(store, await StoreJournal.open(store, clocks)));
    return [];
  } catch (error) {
    return [failedWith('sessions', error)];
  }
}

function whole({ version, entries, snapshots }: StoreFindings): Check {
  const counts = [...snapshots].map(([name, records]) => `${records.length} ${name}`);
  const bookmarks = counts.length === 0 ? 'no bookmarks' : `bookmarks: ${counts.join(', ')}`;
  const older =
    version === STORE_VERSION || version === 0 ? '' : `; the next start brings it to version ${STORE_VERSION}`;
  const text = `version ${version}${older}; ${entries} entries, every checksum right; ${bookmarks}`;
  return ok('store', text, { version, entries });
}

function damagedCheck(damage: readonly string[], found: StoreFindings | null): Check {
  const shown = damage.slice(0, DAMAGE_SHOWN).join(' ');
  const more = damage.length > DAMAGE_SHOWN ? ` And ${damage.length - DAMAGE_SHOWN} more.` : '';
  const entries = found?.entries ?? 0;
  const lost = found?.lost ?? 0;
  const kept = ` ${entries} entries from the first on are whole${lost === 0 ? '' : `, ${lost} after them are not`}.`;
  return fail('store', 'DATA_DAMAGED', `${shown}${more}${kept}`, MEND, { entries, lost, damage: [...damage] });
}

/** What the entries tell a person: of what there are how many, the last run, and time. */
class History {
  readonly #nowMs: UnixMs;
  readonly #kinds = new Map<string, number>();
  #started: JournalEntry | null = null;
  #ended: JournalEntry | null = null;
  #last: JournalEntry | null = null;
  #ahead = 0;
  #aheadMs = 0;

  constructor(nowMs: UnixMs) {
    this.#nowMs = nowMs;
  }

  take(entry: JournalEntry): void {
    this.#kinds.set(entry.kind, (this.#kinds.get(entry.kind) ?? 0) + 1);
    this.#last = entry;
    if (entry.kind === 'run.started') {
      this.#started = entry;
      this.#ended = null;
    }
    if (entry.kind === 'run.ended' || entry.kind === 'run.faulted') this.#ended = entry;
    if (entry.wallMs > this.#nowMs) {
      this.#ahead++;
      this.#aheadMs = Math.max(this.#aheadMs, entry.wallMs - this.#nowMs);
    }
  }

  checks(): Check[] {
    const checks: Check[] = [];
    if (this.#kinds.size > 0) {
      const kinds = [...this.#kinds].sort((a, b) => b[1] - a[1]);
      checks.push(
        ok('journal', kinds.map(([kind, count]) => `${kind} ${count}`).join(', '), Object.fromEntries(kinds)),
      );
    }
    checks.push(this.#lastRun());
    if (this.#ahead > 0) {
      const text = `${this.#ahead} entries were written up to ${seconds(this.#aheadMs)} later than now: the clock was set back`;
      checks.push(warn('time', text, 'Set the clock of this machine right (NTP); the journal goes by its numbers.'));
    }
    return checks;
  }

  #lastRun(): Check {
    if (this.#started === null) return skipped('last run', 'none yet');
    const began = `began ${when(this.#started.wallMs)}`;
    if (this.#ended?.kind === 'run.ended') {
      const { exit, left } = this.#ended.data as { exit: number; left: number };
      const text = `${began}, ended ${when(this.#ended.wallMs)} with exit ${exit}`;
      if (left === 0) return ok('last run', text);
      return warn('last run', `${text} and ${left} orders possibly left`, 'The next start takes them back.');
    }
    const { sequence, kind, wallMs } = this.#last!;
    const how = this.#ended === null ? 'it did not end by itself (killed, or the power went)' : 'it ended with a fault';
    const text = `${began}; ${how}; its last entry is ${sequence}, ${kind}, ${when(wallMs)}`;
    return warn('last run', text, 'The next start reconciles with the exchange before it trades.');
  }
}

function when(ms: number): string {
  return new Date(ms).toISOString();
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

export interface LogCheck {
  readonly check: Check;
  /** Where to cut a damaged end off; null where nothing can or need be cut. */
  readonly cutAt: number | null;
}

/** The embedded exchange's own memory. */
export function checkExchangeLog(path: string): LogCheck {
  const name = 'exchange log';
  if (!existsSync(path)) return { check: skipped(name, 'none yet'), cutAt: null };
  try {
    const { lines, lastMs, damage, wholeBytes } = checkCommandLog(path);
    const until = lastMs === null ? '' : `, up to market time ${when(lastMs)}`;
    if (damage === null) return { check: ok(name, `${lines} lines, every sum right${until}`, { lines }), cutAt: null };
    const canCut = damage.isAtEnd && lines > 0;
    const text = `${path} is damaged in line ${damage.line}: ${damage.what}. ${lines} lines from the first on are whole${until}.`;
    const remedy = canCut
      ? 'Cut the damaged end off with --repair; the log as it is moves aside.'
      : 'What follows the damage depends on it, so it cannot be mended: move the data folder aside and start a new market.';
    return {
      check: fail(name, 'DATA_DAMAGED', text, remedy, { lines, line: damage.line }),
      cutAt: canCut ? wholeBytes : null,
    };
  } catch (error) {
    return { check: failedWith(name, error), cutAt: null };
  }
}
