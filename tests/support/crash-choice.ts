/** Which places to die at: every kind of place in every state of the trader, as evenly as the seeds offer them. */
import type { Random } from '../../src/domain/random.ts';
import type { Place } from './crash-places.ts';

export class Coverage {
  /** Deaths so far by kind and state. */
  readonly #deaths = new Map<string, number>();
  readonly #byKind = new Map<string, number>();
  readonly #byState = new Map<string, number>();

  /** A place of the combination of kind and state that has had the fewest deaths, and of its kind; null where there is none. */
  choose(places: readonly Place[], random: Random): Place | null {
    let least = Number.POSITIVE_INFINITY;
    const found: Place[] = [];
    for (const place of places) {
      const deaths = this.#weight(place);
      if (deaths < least) {
        least = deaths;
        found.length = 0;
      }
      if (deaths === least) found.push(place);
    }
    return found.length === 0 ? null : found[random.integer(0, found.length - 1)]!;
  }

  note(place: Place): void {
    add(this.#byKind, place.kind);
    for (const state of place.states) {
      add(this.#deaths, `${place.kind} ${state}`);
      add(this.#byState, state);
    }
  }

  get byKind(): ReadonlyMap<string, number> {
    return this.#byKind;
  }
  get byState(): ReadonlyMap<string, number> {
    return this.#byState;
  }

  #weight({ kind, states }: Place): number {
    let least = Number.POSITIVE_INFINITY;
    for (const state of states) {
      const pair = this.#deaths.get(`${kind} ${state}`) ?? 0;
      // A rare state and a rare kind first, where a pair is as new as another.
      const rarity = (this.#byState.get(state) ?? 0) + (this.#byKind.get(kind) ?? 0);
      least = Math.min(least, pair * 1_000 + rarity);
    }
    return least;
  }
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
