import type { Json } from './json.ts';
import type { UnixMs } from './units.ts';

/** One line of the truth. */
export interface JournalEntry {
  /** 1, 2, 3 … without holes, for the life of a data folder. */
  readonly sequence: number;
  readonly wallMs: UnixMs;
  readonly marketMs: UnixMs;
  /** Noun, dot, past participle: `order.intended`, `fill.received`, `session.moved`. */
  readonly kind: string;
  readonly data: Json;
}

/**
 * The journal as its writers see it. `append` takes effect in memory at once and in order; `synced` resolves when the
 * entry is safely on disk. Anything that depends on an entry (a request that leaves) waits for `synced` first.
 */
export interface Journal {
  append(kind: string, data: Json): number;
  /** Resolves when this entry and all before it are on disk; rejects (DATA_UNWRITABLE) when they cannot be written. */
  synced(sequence: number): Promise<void>;
  /** Called once if the disk refuses: nothing after that can be trusted to be remembered. */
  onFailure(listener: (error: Error) => void): void;
}
