import { type Observable, Subject } from 'rxjs';
import { assert } from '../domain/assert.ts';
import type { Clocks } from '../domain/clock.ts';
import type { Journal, JournalEntry } from '../domain/journal.ts';
import type { Json } from '../domain/json.ts';
import { GroupCommit } from './group-commit.ts';
import {
  damagedAt,
  decodeEntry,
  encodeEntry,
  FIRST_LINK,
  JOURNAL_PREFIX,
  journalKey,
  linkIn,
  linkOf,
  textOf,
} from './journal-codec.ts';
import { getSealed, seal } from './sealed.ts';
import { keysUnder, type Store, type StoreOperation } from './store.ts';
import { checkVersion } from './store-version.ts';

/** `[sequence, link]`: up to where a start has already looked, so that the next one looks only at what came after. */
export const BOOKMARK_KEY = 'meta/journalBookmark';
/** A bookmark travels with every so many entries: a start checks at most about as many. */
const BOOKMARK_EVERY = 1_000;

export interface JournalOptions {
  /** Wall milliseconds without an answer from the disk after which it counts as failed. */
  readonly writeStallMs?: number;
  /** Check every entry at open, not only those since the last bookmark. */
  readonly checkAll?: boolean;
}

/** Something on the way to the next batch that lacks the link: an entry's text, or the number that a bookmark marks. */
interface Unlinked {
  readonly text: string | number;
  readonly operation: { value: string } & StoreOperation;
}

/** The journal on a store: numbered, chained by checksums, synced in groups. */
export class StoreJournal implements Journal {
  readonly #store: Store;
  readonly #clocks: Pick<Clocks, 'wall' | 'market'>;
  readonly #commit: GroupCommit;
  readonly #entries = new Subject<JournalEntry>();
  /** Appended and not told yet: a listener that appends must not overtake its own entry at the next listener. */
  readonly #untold: JournalEntry[] = [];
  /** Appended, on the way to the next batch, and not yet linked to what was before. */
  readonly #unlinked: Unlinked[] = [];
  #isTelling = false;
  #isOpen = true;
  #lastSequence: number;
  #link: string;
  #bookmark: number;

  private constructor(
    store: Store,
    clocks: Pick<Clocks, 'wall' | 'market'>,
    tail: { readonly lastSequence: number; readonly link: string; readonly bookmark: number },
    writeStallMs: number,
  ) {
    this.#store = store;
    this.#clocks = clocks;
    this.#lastSequence = tail.lastSequence;
    this.#link = tail.link;
    this.#bookmark = tail.bookmark;
    this.#commit = new GroupCommit(store, clocks.wall, writeStallMs, tail.lastSequence, () => this.#chain());
  }

  /**
   * Opens the journal of this store and checks every entry since the last bookmark. The last entries of a torn end (not
   * synced before the power went) are simply not there. Throws DATA_DAMAGED naming the first bad entry, DATA_VERSION.
   */
  static async open(
    store: Store,
    clocks: Pick<Clocks, 'wall' | 'market'>,
    options: JournalOptions = {},
  ): Promise<StoreJournal> {
    await checkVersion(store);
    const [marked, markedLink] = (await getSealed<[number, string]>(store, BOOKMARK_KEY)) ?? [0, FIRST_LINK];
    if ((await linkAt(store, marked)) !== markedLink) throw damagedAt(marked, 'it is not the one that was marked');
    let lastSequence = options.checkAll ? 0 : marked;
    let link = options.checkAll ? FIRST_LINK : markedLink;
    for await (const page of store.pages({ ...keysUnder(JOURNAL_PREFIX), gte: journalKey(lastSequence + 1) })) {
      for (const [key, value] of page) link = decodeEntry(key, value, ++lastSequence, link).link;
    }
    if (lastSequence < marked) throw damagedAt(lastSequence + 1, 'it is missing');
    const tail = { lastSequence, link, bookmark: marked };
    return new StoreJournal(store, clocks, tail, options.writeStallMs ?? 5_000);
  }

  append(kind: string, data: Json): number {
    assert(this.#isOpen, `the journal was closed before "${kind}"`);
    const sequence = this.#lastSequence + 1;
    const entry = { sequence, wallMs: this.#clocks.wall.now(), marketMs: this.#clocks.market.now(), kind, data };
    this.#lastSequence = sequence;
    const operation = { type: 'put' as const, key: journalKey(sequence), value: '' };
    this.#unlinked.push({ text: textOf(entry), operation });
    this.#commit.add(operation, sequence);
    if (sequence - this.#bookmark >= BOOKMARK_EVERY) this.#mark();
    this.#tell(entry);
    return sequence;
  }

  synced(sequence: number): Promise<void> {
    assert(sequence <= this.#lastSequence, `entry ${sequence} was never appended`);
    return this.#commit.safe(sequence);
  }

  onFailure(listener: (error: Error) => void): void {
    this.#commit.onFailure(listener);
  }

  /**
   * Writes something else in the same order and with the same safety: after every entry appended so far, so that a
   * record that speaks of an entry is never there without it.
   */
  alongside(operation: StoreOperation): void {
    assert(!operation.key.startsWith(JOURNAL_PREFIX), 'entries of the journal are only appended');
    this.#commit.add(operation, this.#lastSequence);
  }

  /** 0 before the first entry. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** Hot: every entry from now on, in order, in the turn in which it is appended. Completes at `close`. */
  get entries$(): Observable<JournalEntry> {
    return this.#entries;
  }

  /** Entries from this number on, as far as the journal reached at the call; each is checked (DATA_DAMAGED). */
  async *read(fromSequence = 1): AsyncGenerator<JournalEntry> {
    for await (const page of this.readPages(fromSequence)) yield* page;
  }

  /** The same, many at a time: over a long journal, waiting for each entry costs a third of the time. */
  async *readPages(fromSequence = 1): AsyncGenerator<readonly JournalEntry[]> {
    const last = this.#lastSequence;
    await this.flush();
    let sequence = Math.max(1, fromSequence);
    if (sequence > last) return;
    let link = await linkAt(this.#store, sequence - 1);
    const range = { gte: journalKey(sequence), lt: journalKey(last + 1) };
    for await (const page of this.#store.pages(range)) {
      const entries: JournalEntry[] = [];
      for (const [key, value] of page) {
        const decoded = decodeEntry(key, value, sequence++, link);
        link = decoded.link;
        entries.push(decoded.entry);
      }
      yield entries;
    }
    // A reading that ends early is a hole at its end.
    if (sequence <= last) decodeEntry('', '', sequence, link);
  }

  /** SHA-256 over all entries, chained: two journals with the same hash hold the same entries. */
  hash(): string {
    this.#chain();
    return this.#link;
  }

  /** Resolves when everything appended so far is on disk; rejects (DATA_UNWRITABLE) when it cannot be. */
  flush(): Promise<void> {
    return this.#commit.flush();
  }

  /** Writes what is left and ends; the store stays open. Appending afterwards is a fault of ours. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    if (this.#bookmark < this.#lastSequence) this.#mark();
    this.#isOpen = false;
    this.#entries.complete();
    await this.flush();
  }

  /** Checksums, after the turn in which things were decided: an order must not wait for them. */
  #chain(): void {
    for (const { text, operation } of this.#unlinked) {
      if (typeof text === 'number') operation.value = seal(BOOKMARK_KEY, JSON.stringify([text, this.#link]));
      else {
        this.#link = linkOf(this.#link, text);
        operation.value = encodeEntry(this.#link, text);
      }
    }
    this.#unlinked.length = 0;
  }

  #mark(): void {
    this.#bookmark = this.#lastSequence;
    const operation = { type: 'put' as const, key: BOOKMARK_KEY, value: '' };
    this.#unlinked.push({ text: this.#bookmark, operation });
    this.alongside(operation);
  }

  #tell(entry: JournalEntry): void {
    this.#untold.push(entry);
    if (this.#isTelling) return;
    this.#isTelling = true;
    for (let next = this.#untold.shift(); next !== undefined; next = this.#untold.shift()) this.#entries.next(next);
    this.#isTelling = false;
  }
}

/** The link of a stored entry; of the beginning for 0. */
async function linkAt(store: Store, sequence: number): Promise<string> {
  if (sequence === 0) return FIRST_LINK;
  const value = await store.get(journalKey(sequence));
  if (value === null) decodeEntry('', '', sequence, null);
  return linkIn(value!);
}
