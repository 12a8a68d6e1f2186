/**
 * Every actor of the trader with its machine, state, parent and since when: what the console shows, what the journal
 * keeps of transitions, and when a session's bookmark is written. Fed by the root actor's `inspect`; who wants to see all
 * that is said between actors watches here, and costs nothing while it does not.
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

/** A machine's state value changed, by this event. */
export type MovedListener = (ref: AnyActorRef, entry: ActorEntry, before: unknown, eventType: string) => void;

/** A machine that is done, broken or stopped, as it was in the end. */
export interface ClosedActor {
  readonly ref: AnyActorRef;
  readonly snapshot: AnyMachineSnapshot;
  /** Market time. */
  readonly closedMs: number;
  readonly last: LastStep | null;
}

/** What xstate says of a transition that was taken. */
export interface TakenTransition {
  readonly eventType: string;
  readonly source: { readonly id: string; readonly machine: { readonly id: string } };
  readonly target?: readonly { readonly id: string }[] | undefined;
  readonly guard?: unknown;
}

/** The last transition of an actor that led somewhere. */
export interface LastStep {
  readonly transition: TakenTransition;
  /** Market time. */
  readonly atMs: number;
}

/** So many closed machines can still be looked at. */
const CLOSED_KEPT = 200;

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
  readonly #closed: ClosedActor[] = [];
  /** By the definition of a transition, which all actors of a machine have in common. */
  readonly #taken = new Map<TakenTransition, number>();
  /** By session, of machines that live. */
  readonly #lastSteps = new Map<string, LastStep>();
  #watchers: readonly ((event: InspectionEvent) => void)[] = [];

  constructor(clock: Clock, onMoved: MovedListener) {
    this.#clock = clock;
    this.#onMoved = onMoved;
  }

  readonly inspect = (event: InspectionEvent): void => {
    if (event.type === '@xstate.snapshot') {
      this.#see(event.actorRef as AnyActorRef, event.snapshot as AnyMachineSnapshot, event.event.type);
      // An actor that breaks shows no last snapshot of its own: only its parent hears of it.
      if (event.event.type.startsWith('xstate.error.actor.')) this.#seeBroken(event.event.type);
    } else if (event.type === '@xstate.microstep') {
      for (const transition of event._transitions as readonly TakenTransition[]) {
        this.#taken.set(transition, (this.#taken.get(transition) ?? 0) + 1);
        if ((transition.target?.length ?? 0) > 0)
          this.#lastSteps.set(event.actorRef.sessionId, { transition, atMs: this.#clock.now() });
      }
    }
    for (const watcher of this.#watchers) watcher(event);
  };

  /** Every inspection event from now on, in the turn in which it happens; returns how to end it. Must not throw. */
  watch(watcher: (event: InspectionEvent) => void): () => void {
    this.#watchers = [...this.#watchers, watcher];
    return () => {
      this.#watchers = this.#watchers.filter((other) => other !== watcher);
    };
  }

  /** The machines that live. */
  living(): AnyActorRef[] {
    return [...this.#known.values()].map(({ ref }) => ref);
  }
  /** The last machines that closed, oldest first. */
  closed(): readonly ClosedActor[] {
    return this.#closed;
  }
  /** How often a transition was taken in this process, by all actors of its machine. */
  timesTaken(transition: TakenTransition): number {
    return this.#taken.get(transition) ?? 0;
  }
  /** Every transition that was taken in this process, and how often. */
  taken(): Iterable<readonly [TakenTransition, number]> {
    return this.#taken;
  }
  /** Market time since which a machine that lives is in its state; null: it is none, or is over. */
  sinceMs({ sessionId }: AnyActorRef): number | null {
    return this.#known.get(sessionId)?.sinceMs ?? null;
  }
  lastStep({ sessionId }: AnyActorRef): LastStep | null {
    return this.#lastSteps.get(sessionId) ?? null;
  }

  entries(): ActorEntry[] {
    const entries: ActorEntry[] = [];
    for (const [sessionId, known] of this.#known) {
      if (known.ref.getSnapshot().status === 'stopped') {
        this.#known.delete(sessionId);
        this.#lastSteps.delete(sessionId);
      } else entries.push(entryOf(known));
    }
    return entries;
  }

  #seeBroken(eventType: string): void {
    for (const { ref } of [...this.#known.values()]) {
      const snapshot = ref.getSnapshot() as AnyMachineSnapshot;
      if (snapshot.status === 'error') this.#see(ref, snapshot, eventType);
    }
  }

  #see(ref: AnyActorRef, snapshot: AnyMachineSnapshot, eventType: string): void {
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
    this.#onMoved(ref, entryOf(next), known?.state ?? null, eventType);
    if (!isOver) return;
    this.#known.delete(ref.sessionId);
    this.#closed.push({ ref, snapshot, closedMs: next.sinceMs, last: this.lastStep(ref) });
    this.#lastSteps.delete(ref.sessionId);
    if (this.#closed.length > CLOSED_KEPT) this.#closed.shift();
  }
}

function entryOf({ ref, machine, state, sinceMs }: Known): ActorEntry {
  const parent = (ref as { _parent?: AnyActorRef })._parent;
  return { id: ref.id, machine, parent: parent?.id ?? null, state, sinceMs };
}
