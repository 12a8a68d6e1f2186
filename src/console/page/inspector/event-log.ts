/** The last messages between actors, in a ring; and as rows between lanes, the way a sequence diagram shows them. */
import type { EventMessage } from '../../wire.ts';

export interface Heard {
  readonly serial: number;
  readonly atMs: number;
  /** Keys of actors; null: from outside the charts. */
  readonly source: string | null;
  readonly target: string;
  readonly type: string;
  readonly event: EventMessage['event'];
}

export class EventLog {
  readonly #max: number;
  #entries: Heard[] = [];
  #serial = 0;

  constructor(max = 3_000) {
    this.#max = max;
  }

  add(heard: Omit<Heard, 'serial'>): void {
    this.#entries.push({ ...heard, serial: ++this.#serial });
    // Cut in pieces: a shift for each message would cost more than the message.
    if (this.#entries.length > this.#max * 1.25) this.#entries = this.#entries.slice(-this.#max);
  }

  clear(): void {
    this.#entries = [];
  }

  /** Of one actor, or of all; oldest first. */
  entries(of: string | null): readonly Heard[] {
    if (of === null) return this.#entries.slice(-this.#max);
    return this.#entries.filter(({ source, target }) => source === of || target === of);
  }

  get total(): number {
    return this.#serial;
  }
}

export interface Lane {
  readonly id: string;
  readonly title: string;
}

export const OUTSIDE: Lane = { id: '', title: 'outside' };
const REST: Lane = { id: '…', title: 'others' };

export interface Sequence {
  readonly lanes: readonly Lane[];
  readonly rows: readonly { readonly heard: Heard; readonly from: number; readonly to: number }[];
}

/** `laneOf` says in which lane an actor stands; `first` has the first place. The lanes that are least used share one. */
export function sequenceOf(
  entries: readonly Heard[],
  laneOf: (key: string) => Lane,
  lanesMax: number,
  first: string | null = null,
): Sequence {
  const lanes = new Map<string, Lane & { uses: number }>();
  const use = (lane: Lane): string => {
    const known = lanes.get(lane.id);
    if (known === undefined) lanes.set(lane.id, { ...lane, uses: 1 });
    else known.uses++;
    return lane.id;
  };
  const ends = entries.map(({ source, target }) => [
    use(source === null ? OUTSIDE : laneOf(source)),
    use(laneOf(target)),
  ]);
  const order = [...lanes.values()].sort(
    (a, b) =>
      Number(b.id === first) - Number(a.id === first) || Number(b.id === '') - Number(a.id === '') || b.uses - a.uses,
  );
  // Who belongs where must not change with every message: by name, after the first ones.
  const kept = order.length <= lanesMax ? order : order.slice(0, lanesMax - 1);
  const shown: Lane[] = kept
    .map(({ id, title }) => ({ id, title }))
    .sort(
      (a, b) =>
        Number(b.id === '') - Number(a.id === '') ||
        Number(b.id === first) - Number(a.id === first) ||
        (a.title < b.title ? -1 : 1),
    );
  if (order.length > lanesMax) shown.push(REST);
  const places = new Map(shown.map(({ id }, index) => [id, index]));
  const placeOf = (id: string) => places.get(id) ?? shown.length - 1;
  return {
    lanes: shown,
    rows: entries.map((heard, index) => ({ heard, from: placeOf(ends[index]![0]!), to: placeOf(ends[index]![1]!) })),
  };
}
