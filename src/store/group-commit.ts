import type { Clock, TimerId } from '../domain/clock.ts';
import { BothsidesError, messageOf } from '../domain/errors.ts';
import type { Store, StoreOperation } from './store.ts';

/** After the stall time the disk gets one more turn: a blocked event loop runs its timers before its answers. */
const GRACE_MS = 20;

/** Writes that will be safe together. */
interface Group {
  readonly operations: StoreOperation[];
  readonly safe: PromiseWithResolvers<void>;
  /** The highest mark among them. */
  upTo: number;
}

function openGroup(): Group {
  const safe = Promise.withResolvers<void>();
  // A group that nobody waits for must not end the process when it fails: the failure is told to the listeners.
  safe.promise.catch(() => {});
  return { operations: [], safe, upTo: -1 };
}

/**
 * Group commit: one synced batch is on its way at a time, and everything added meanwhile goes into the next, so that a
 * slow disk makes batches larger and not the queue longer. Batches reach the disk in the order in which they were added.
 */
export class GroupCommit {
  readonly #store: Store;
  readonly #wall: Clock;
  readonly #stallMs: number;
  readonly #listeners: ((error: Error) => void)[] = [];
  #open = openGroup();
  #writing: Group | null = null;
  #failure: BothsidesError | null = null;
  /** A disk that refused once gets nothing more: a later batch without this one would be a hole. */
  #refused = false;
  #safeUpTo: number;

  readonly #seal: () => void;

  /**
   * Everything up to `safeUpTo` is in the store already. `seal` is called before each batch leaves: what was added may
   * be written out in full as late as that.
   */
  constructor(store: Store, wall: Clock, stallMs: number, safeUpTo: number, seal: () => void = () => {}) {
    this.#seal = seal;
    this.#store = store;
    this.#wall = wall;
    this.#stallMs = stallMs;
    this.#safeUpTo = safeUpTo;
  }

  /**
   * Adds to the next batch, which leaves at the end of this turn or when the one on its way is safe. Marks never descend:
   * `safe(mark)` waits for every operation up to that mark.
   */
  add(operation: StoreOperation, mark: number): void {
    if (this.#refused) return;
    this.#open.operations.push(operation);
    this.#open.upTo = mark;
    if (this.#open.operations.length === 1 && this.#writing === null) Promise.resolve().then(() => this.#write());
  }

  /** Resolves when everything up to this mark is safe; rejects (DATA_UNWRITABLE) if it is not and never will be. */
  safe(mark: number): Promise<void> {
    if (mark <= this.#safeUpTo) return Promise.resolve();
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#writing !== null && mark <= this.#writing.upTo) return this.#writing.safe.promise;
    return this.#open.safe.promise;
  }

  /** Resolves when everything added so far is safe. */
  flush(): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#open.operations.length > 0) return this.#open.safe.promise;
    return this.#writing?.safe.promise ?? Promise.resolve();
  }

  /** Called once, at the first refusal or stall; at once if that has happened. */
  onFailure(listener: (error: Error) => void): void {
    if (this.#failure !== null) listener(this.#failure);
    else this.#listeners.push(listener);
  }

  get failure(): BothsidesError | null {
    return this.#failure;
  }

  async #write(): Promise<void> {
    if (this.#writing !== null) return;
    while (this.#open.operations.length > 0) {
      const group = this.#open;
      this.#open = openGroup();
      this.#writing = group;
      const stopWatching = this.#watch();
      try {
        this.#seal();
        await this.#store.batch(group.operations, { sync: true });
        this.#safeUpTo = group.upTo;
        group.safe.resolve();
      } catch (error) {
        this.#refuse(group, error);
        return;
      } finally {
        stopWatching();
        this.#writing = null;
      }
    }
  }

  #watch(): () => void {
    let timer: TimerId = this.#wall.setTimeout(() => {
      timer = this.#wall.setTimeout(() => {
        const text = `The disk has not answered a write of the journal for ${this.#stallMs} ms.`;
        this.#fail(
          new BothsidesError('DATA_UNWRITABLE', text, {
            remedy: 'Check the disk under the data folder, then start again.',
          }),
        );
      }, GRACE_MS);
    }, this.#stallMs);
    return () => this.#wall.clearTimeout(timer);
  }

  #refuse(group: Group, cause: unknown): void {
    this.#refused = true;
    const error =
      cause instanceof BothsidesError
        ? cause
        : new BothsidesError('DATA_UNWRITABLE', `The journal cannot be written: ${messageOf(cause)}.`, { cause });
    group.safe.reject(error);
    this.#open.safe.reject(error);
    this.#fail(error);
  }

  /**
   * From here on nothing is promised. After a stall the writing itself goes on: should the disk wake up, what happened
   * meanwhile is remembered after all.
   */
  #fail(error: BothsidesError): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#writing?.safe.reject(error);
    this.#open.safe.reject(error);
    for (const listener of this.#listeners.splice(0)) listener(error);
  }
}
