/** The order groups that a journal leaves behind, one a shard at most: made by an earlier run, and ours to use again. */
import type { OrderGroupId } from '../domain/ids.ts';
import type { JournalEntry } from '../domain/journal.ts';
import type { Json } from '../domain/json.ts';
import type { Centicontracts, UnixMs } from '../domain/units.ts';

export interface RememberedGroup {
  readonly orderGroup: OrderGroupId;
  readonly exchangeIndex: number;
  readonly contractsLimit: Centicontracts;
  /** It was triggered and not reset since. `pauseUntilMs`, market time: no quote before; null: it waits for nothing. */
  readonly triggered: { readonly by: string; readonly pauseUntilMs: UnixMs | null } | null;
}

export class RememberedGroups {
  readonly #byShard = new Map<number, RememberedGroup>();

  on(exchangeIndex: number): RememberedGroup | null {
    return this.#byShard.get(exchangeIndex) ?? null;
  }
  shards(): number[] {
    return [...this.#byShard.keys()];
  }

  take({ kind, data }: JournalEntry): void {
    if (!kind.startsWith('group.')) return;
    const { exchangeIndex } = data as { exchangeIndex: number };
    switch (kind) {
      case 'group.created':
      case 'group.limited': {
        const { orderGroup, contractsLimit } = data as unknown as RememberedGroup;
        const triggered = this.on(exchangeIndex)?.triggered ?? null;
        this.#byShard.set(exchangeIndex, { orderGroup, exchangeIndex, contractsLimit, triggered });
        break;
      }
      case 'group.triggered': {
        const { by, pauseUntilMs } = data as { by: string; pauseUntilMs: UnixMs | null };
        this.#change(exchangeIndex, { triggered: { by, pauseUntilMs } });
        break;
      }
      case 'group.reset':
        this.#change(exchangeIndex, { triggered: null });
        break;
      case 'group.lost':
        this.#byShard.delete(exchangeIndex);
        break;
    }
  }

  toJson(): Json {
    return [...this.#byShard.values()] as unknown as Json;
  }
  restore(json: Json): void {
    for (const group of json as unknown as readonly RememberedGroup[]) this.#byShard.set(group.exchangeIndex, group);
  }

  #change(exchangeIndex: number, change: Partial<RememberedGroup>): void {
    const group = this.#byShard.get(exchangeIndex);
    if (group !== undefined) this.#byShard.set(exchangeIndex, { ...group, ...change });
  }
}
