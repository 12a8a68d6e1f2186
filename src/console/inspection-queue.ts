/** What happened between actors and is not written down yet: bounded, in order, conflated when it grows. */
import type { AnyActorRef, AnyEventObject, Snapshot } from 'xstate';
import type { TakenTransition } from '../runtime/actor-register.ts';

interface Happened {
  readonly ref: AnyActorRef;
  readonly atMs: number;
  readonly wallMs: number;
}

export type Noted =
  | (Happened & { readonly kind: 'actor' })
  | (Happened & { readonly kind: 'event'; readonly source: AnyActorRef | undefined; readonly event: AnyEventObject })
  | (Happened & { readonly kind: 'snapshot'; readonly snapshot: Snapshot<unknown>; readonly event: AnyEventObject })
  | (Happened & { readonly kind: 'transition'; readonly transition: TakenTransition; readonly count: number });

/** From here on only the last snapshot of each actor waits. */
const CONFLATE_ABOVE = 300;
const WAITING_MAX = 5_000;

export class InspectionQueue {
  #waiting: (Noted | null)[] = [];
  #first = 0;
  /** Where an actor's last snapshot waits. */
  readonly #snapshots = new Map<string, number>();
  #dropped = 0;

  get length(): number {
    return this.#waiting.length - this.#first;
  }

  add(noted: Noted): void {
    const { sessionId } = noted.ref;
    if (noted.kind === 'snapshot') {
      const before = this.length > CONFLATE_ABOVE ? this.#snapshots.get(sessionId) : undefined;
      // The newer one comes where it happened; the older one is not told any more, and nothing is lost by that.
      if (before !== undefined && before >= this.#first) this.#waiting[before] = null;
      this.#snapshots.set(sessionId, this.#waiting.length);
    } else if (this.length >= WAITING_MAX && noted.kind !== 'actor') {
      this.#dropped++;
      return;
    }
    if (this.length >= 2 * WAITING_MAX) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(noted);
  }

  take(): Noted | null {
    while (this.#first < this.#waiting.length) {
      const noted = this.#waiting[this.#first]!;
      this.#waiting[this.#first++] = null;
      if (this.#first === this.#waiting.length) this.#forget();
      else if (this.#first >= WAITING_MAX) this.#shift();
      if (noted !== null) return noted;
    }
    return null;
  }

  /** How many were left out since this was asked last. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  clear(): void {
    this.#forget();
    this.#dropped = 0;
  }

  #forget(): void {
    this.#waiting = [];
    this.#first = 0;
    this.#snapshots.clear();
  }

  /** Gives back the room of what was taken. */
  #shift(): void {
    this.#waiting = this.#waiting.slice(this.#first);
    for (const [session, index] of this.#snapshots) {
      if (index < this.#first) this.#snapshots.delete(session);
      else this.#snapshots.set(session, index - this.#first);
    }
    this.#first = 0;
  }
}
