/**
 * Checkpoints of what is remembered, stored beside the journal and in its order: a start reads the last one and the
 * entries after it instead of everything. One record holds all but the fills' names; those only ever grow, so they are
 * written once, in segments, and dropped when a complete listing has proven them.
 */
import { messageOf } from '../domain/errors.ts';
import type { JournalEntry } from '../domain/journal.ts';
import type { Json } from '../domain/json.ts';
import type { KnownFill } from '../ledger/ledger.ts';
import type { Snapshots, StoredSnapshot } from '../store/snapshots.ts';
import type { StoreJournal } from '../store/store-journal.ts';
import type { Log } from './log.ts';
import { REMEMBERED_VERSION, Remembered } from './remembered.ts';

/** A start reads at most about as many entries as this. */
const CHECKPOINT_EVERY = 5_000;
/** Fills' names in one record: it is read whole. */
const SEGMENT_MAX = 5_000;
const WHOLE = 'remembered';
const SEGMENT = 'fills-';

export interface CheckpointParts {
  readonly journal: Pick<StoreJournal, 'lastSequence' | 'readPages' | 'entries$'>;
  /** Of the name `trader`: nobody else keeps anything there. */
  readonly snapshots: Pick<Snapshots, 'all' | 'clear' | 'save' | 'remove'>;
  readonly log: Pick<Log, 'warn'>;
}

interface Stored {
  readonly snapshot: Json;
  readonly segments: readonly Segment[];
}
interface Segment {
  readonly name: string;
  /** The latest fill in it, market time. */
  readonly lastMs: number;
  readonly fills: readonly KnownFill[];
}

export class Checkpoints {
  readonly #parts: CheckpointParts;
  readonly #remembered: Remembered;
  /** Segments that stand on disk: their names, and when their latest fill happened. */
  readonly #segments = new Map<string, number>();
  #newFills: KnownFill[] = [];
  #written = 0;
  #atSequence = 0;
  #isLoaded = false;

  constructor(parts: CheckpointParts, remembered: Remembered) {
    this.#parts = parts;
    this.#remembered = remembered;
  }

  /** The sequence of the last checkpoint; 0: there is none, and a start would read everything. */
  get atSequence(): number {
    return this.#atSequence;
  }

  /**
   * Fills what is remembered from the last checkpoint and the entries after it, or from all entries where the checkpoint is
   * not to be believed (said in a warning); follows the journal from then on. Throws DATA_DAMAGED for a damaged journal.
   */
  async load(): Promise<void> {
    const { journal } = this.#parts;
    const meanwhile: JournalEntry[] = [];
    journal.entries$.subscribe((entry) => {
      if (this.#isLoaded) this.#take(entry, true);
      else meanwhile.push(entry);
    });
    const stored = await this.#read();
    if (stored !== null) this.#restore(stored);
    for await (const page of journal.readPages(this.#remembered.atSequence + 1))
      for (const entry of page) this.#take(entry, false);
    for (const entry of meanwhile) this.#take(entry, false);
    this.#isLoaded = true;
    if (this.#isDue()) this.save();
  }

  /** Writes one of the present; the journal's order sees to it that every entry it knows is there before it. */
  save(): void {
    const { snapshots } = this.#parts;
    const remembered = this.#remembered;
    const atSequence = remembered.atSequence;
    if (!this.#isLoaded || atSequence === this.#atSequence) return;
    const { provenMs } = remembered.ledger;
    for (const [name, lastMs] of this.#segments) {
      if (provenMs === null || lastMs >= provenMs) continue;
      this.#segments.delete(name);
      snapshots.remove(name);
    }
    for (let from = 0; from < this.#newFills.length; from += SEGMENT_MAX) {
      const fills = this.#newFills.slice(from, from + SEGMENT_MAX);
      const lastMs = fills.reduce((latest, [, atMs]) => Math.max(latest, atMs), 0);
      if (provenMs !== null && lastMs < provenMs) continue;
      const name = SEGMENT + String(++this.#written).padStart(9, '0');
      this.#segments.set(name, lastMs);
      snapshots.save(name, { version: REMEMBERED_VERSION, atSequence, snapshot: { lastMs, fills } });
    }
    this.#newFills = [];
    const snapshot = { segments: [...this.#segments.keys()], written: this.#written, state: remembered.toJson(false) };
    snapshots.save(WHOLE, { version: REMEMBERED_VERSION, atSequence, snapshot });
    this.#atSequence = atSequence;
  }

  #take(entry: JournalEntry, isLive: boolean): void {
    if (entry.sequence <= this.#remembered.atSequence) return;
    this.#remembered.take(entry);
    const fill = Remembered.fillIn(entry);
    if (fill !== null) this.#newFills.push(fill);
    if (isLive && this.#isDue()) this.save();
  }

  #isDue(): boolean {
    return this.#remembered.atSequence - this.#atSequence >= CHECKPOINT_EVERY;
  }

  #restore({ snapshot, segments }: Stored): void {
    const { state, written } = snapshot as { state: Json; written: number };
    this.#remembered.restore(state);
    for (const { name, lastMs, fills } of segments) {
      this.#remembered.ledger.know(fills);
      this.#segments.set(name, lastMs);
    }
    this.#written = written;
    this.#atSequence = this.#remembered.atSequence;
  }

  /** Null when there is none, or none that can be believed: then what lies there is dropped: all of it is in the journal. */
  async #read(): Promise<Stored | null> {
    const { journal, snapshots, log } = this.#parts;
    try {
      return believed(await snapshots.all(), journal.lastSequence);
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'the checkpoint is not believed: the whole journal is read instead');
      await snapshots.clear();
      return null;
    }
  }
}

/** Throws with the reason when the records do not make a checkpoint of this journal. */
function believed(records: readonly StoredSnapshot[], lastSequence: number): Stored | null {
  const whole = records.find(({ session }) => session === WHOLE);
  if (whole === undefined) {
    if (records.length > 0) throw new Error('its main record is missing');
    return null;
  }
  const { version, atSequence, snapshot } = whole;
  if (version !== REMEMBERED_VERSION)
    throw new Error(`it has version ${version}, this program knows ${REMEMBERED_VERSION}`);
  const { state, segments: names } = snapshot as { state: { atSequence: number }; segments: readonly string[] };
  if (atSequence > lastSequence)
    throw new Error(`it speaks of entry ${atSequence}, the journal ends at ${lastSequence}`);
  if (state.atSequence !== atSequence) throw new Error(`it is of entry ${state.atSequence} and says ${atSequence}`);
  const segments = names.map((name): Segment => {
    const record = records.find(({ session }) => session === name);
    if (record === undefined) throw new Error(`its fills ${name} are missing`);
    return { name, ...(record.snapshot as unknown as Omit<Segment, 'name'>) };
  });
  return { snapshot, segments };
}
