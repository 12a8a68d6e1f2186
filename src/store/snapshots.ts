import { BothsidesError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { damaged } from './damage.ts';
import { putSealed, unseal } from './sealed.ts';
import { keysUnder, type Store } from './store.ts';
import type { StoreJournal } from './store-journal.ts';

/** A bookmark: what something looked like when the journal was at `atSequence`. */
export interface SnapshotRecord {
  /** Of the shape of `snapshot`, raised whenever that changes. */
  readonly version: number;
  readonly atSequence: number;
  readonly snapshot: Json;
}
export interface StoredSnapshot extends SnapshotRecord {
  readonly session: string;
}

export const SNAPSHOT_PREFIX = 'snapshot/';

/**
 * What stands under this key, checked: DATA_DAMAGED for a record that was altered, or that speaks of entries which the
 * journal, ending at `lastSequence`, has lost.
 */
export function decodeSnapshot(key: string, value: string, lastSequence: number): SnapshotRecord {
  const text = unseal(key, value);
  if (text === null) throw damaged(`The stored snapshot ${key} was altered.`);
  const [version, atSequence, snapshot] = JSON.parse(text) as [number, number, Json];
  if (atSequence > lastSequence) {
    throw damaged(
      `The journal ends at entry ${lastSequence}, but the stored snapshot ${key} is of entry ${atSequence}.`,
    );
  }
  return { version, atSequence, snapshot };
}

/**
 * One record a session (or, under another name, a part of the trader: `new Snapshots(store, journal, 'ledger')`). Written
 * in order with the journal, so that a snapshot is never on disk without the entries before it. Small and frequent:
 * nothing waits for it, and a refused write is heard through the journal.
 */
export class Snapshots {
  readonly #store: Store;
  readonly #journal: Pick<StoreJournal, 'alongside' | 'flush' | 'lastSequence'>;
  readonly #prefix: string;

  constructor(store: Store, journal: Pick<StoreJournal, 'alongside' | 'flush' | 'lastSequence'>, name = 'session') {
    this.#store = store;
    this.#journal = journal;
    this.#prefix = `${SNAPSHOT_PREFIX}${name}/`;
  }

  save(session: string, { version, atSequence, snapshot }: SnapshotRecord): void {
    this.#journal.alongside(putSealed(this.#prefix + session, [version, atSequence, snapshot]));
  }

  remove(session: string): void {
    this.#journal.alongside({ type: 'del', key: this.#prefix + session });
  }

  /** Removes every record of this name, readable or not. */
  async clear(): Promise<void> {
    await this.#journal.flush();
    for await (const [key] of this.#store.entries(keysUnder(this.#prefix)))
      this.#journal.alongside({ type: 'del', key });
  }

  /** In the order of the names. Throws DATA_DAMAGED for a record that was altered, or is of an entry that is not there. */
  async all(): Promise<readonly StoredSnapshot[]> {
    await this.#journal.flush();
    const found: StoredSnapshot[] = [];
    for await (const [key, value] of this.#store.entries(keysUnder(this.#prefix))) {
      const record = decodeSnapshot(key, value, this.#journal.lastSequence);
      found.push({ session: key.slice(this.#prefix.length), ...record });
    }
    return found;
  }
}

/** Turns a snapshot of version n into one of version n + 1. */
export type Migration = (snapshot: Json) => Json;

/**
 * A record brought to the current version step by step. `migrations[n]` leads from n to n + 1. Throws DATA_VERSION for one
 * that is newer, or so old that no step leads on.
 */
export function migrate(
  record: StoredSnapshot,
  current: number,
  migrations: Readonly<Record<number, Migration>> = {},
): StoredSnapshot {
  let { version, snapshot } = record;
  while (version !== current) {
    const step = version < current ? migrations[version] : undefined;
    if (step === undefined) {
      const text = `The stored state of ${record.session} has version ${record.version}; this program knows ${current}.`;
      throw new BothsidesError('DATA_VERSION', text, {
        remedy: 'Start the version of the program that wrote it, or set the data folder aside. Nothing was changed.',
      });
    }
    snapshot = step(snapshot);
    version++;
  }
  return { ...record, version, snapshot };
}
