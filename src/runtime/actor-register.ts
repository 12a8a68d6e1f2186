/**
 * Every actor of the trader with its machine, state, parent and since when: what the console shows, what the journal
 * keeps of transitions, and when a session's bookmark is written. Fed by the root actor's `inspect`.
 */
import type { AnyActorRef, AnyMachineSnapshot, InspectionEvent } from 'xstate';
import type { Clock } from '../domain/clock.ts';

export interface ActorEntry {
  readonly id: string;
  readonly machine: string;
  readonly parent: string | null;
  readonly state: unknown;
  /** Market time of the last change of state. */
  readonly sinceMs: number;
}

/** A machine's state value changed. */
export type MovedListener = (ref: AnyActorRef, entry: ActorEntry, before: unknown) => void;

interface Known {
  readonly ref: AnyActorRef;
  readonly machine: string;
  stateText: string;
  state: unknown;
  sinceMs: number;
}

export class ActorRegister {
  readonly #known = new Map<string, Known>();
  readonly #clock: Clock;
  readonly #onMoved: MovedListener;

  constructor(clock: Clock, onMoved: MovedListener) {
    this.#clock = clock;
    this.#onMoved = onMoved;
  }

  readonly inspect = (event: InspectionEvent): void => {
    if (event.type !== '@xstate.snapshot') return;
    this.#see(event.actorRef as AnyActorRef, event.snapshot as AnyMachineSnapshot);
    // An actor that breaks shows no last snapshot of its own: only its parent hears of it.
    if (event.event.type.startsWith('xstate.error.actor.')) this.#seeBroken();
  };

  entries(): ActorEntry[] {
    const entries: ActorEntry[] = [];
    for (const [sessionId, known] of this.#known) {
      if (known.ref.getSnapshot().status === 'stopped') this.#known.delete(sessionId);
      else entries.push(entryOf(known));
    }
    return entries;
  }

  #seeBroken(): void {
    for (const { ref } of [...this.#known.values()]) {
      const snapshot = ref.getSnapshot() as AnyMachineSnapshot;
      if (snapshot.status === 'error') this.#see(ref, snapshot);
    }
  }

  #see(ref: AnyActorRef, snapshot: AnyMachineSnapshot): void {
    // Only machines have states; promises and callbacks are theirs.
    if (snapshot.value === undefined || !('machine' in snapshot)) return;
    const known = this.#known.get(ref.sessionId);
    // One that breaks ends without leaving its state.
    const isOver = snapshot.status !== 'active';
    if (known !== undefined && known.state === snapshot.value && !isOver) return;
    const stateText = JSON.stringify(snapshot.value);
    if (known?.stateText === stateText && !isOver) {
      known.state = snapshot.value;
      return;
    }
    const next: Known = {
      ref,
      machine: (snapshot.machine as { id: string }).id,
      stateText,
      state: snapshot.value,
      sinceMs: this.#clock.now(),
    };
    this.#known.set(ref.sessionId, next);
    this.#onMoved(ref, entryOf(next), known?.state ?? null);
    if (isOver) this.#known.delete(ref.sessionId);
  }
}

function entryOf({ ref, machine, state, sinceMs }: Known): ActorEntry {
  const parent = (ref as { _parent?: AnyActorRef })._parent;
  return { id: ref.id, machine, parent: parent?.id ?? null, state, sinceMs };
}
