/**
 * What happens between actors, in Stately's messages, for those who watch. While nobody does, nothing is attached. While
 * somebody does, the turn in which something happens only notes it; copying, cleaning and writing it down is done
 * afterwards, in short turns with pauses, so that quoting hardly notices. What becomes too much is conflated for each
 * actor, then left out and counted.
 */
import { createInspector, type StatelyActorEvent, type StatelyInspectionEvent } from '@statelyai/inspect';
import type { AnyActorRef, AnyEventObject, InspectionEvent } from 'xstate';
import type { Clocks, TimerId } from '../domain/clock.ts';
import type { ActorRegister, LastStep, TakenTransition } from '../runtime/actor-register.ts';
import { InspectionQueue, type Noted } from './inspection-queue.ts';
import { definitionText } from './machines-part.ts';
import { sanitize } from './sanitize.ts';
import type { TopicSource, Viewer, Viewers } from './viewers.ts';
import type { ActorMessage, CountsMessage, InspectedSnapshot, TakenFacts, TransitionMessage } from './wire.ts';

/** A turn of telling is short, so that no tick waits long for its end; the pauses between them leave nine tenths. */
const WORK_MS_MIN = 0.25;
const WORK_MS_MAX = 1;
const WORK_SHARE = 0.1;
const PAUSE_MS = 2;
/** The first of a burst waits so long for the others. */
const GATHER_MS = 15;

/** A viewer that is being told who is there; of the others it hears when it has been told of them. */
interface Greeting {
  readonly viewer: Viewer;
  readonly told: Set<string>;
  readonly rest: Iterator<ActorMessage>;
}

/** When an actor is told of, since when it is where it is, and how it came there. */
interface Standing {
  readonly atMs: number;
  readonly wallMs: number;
  readonly sinceMs: number;
  readonly last: LastStep | null;
}

export interface InspectionOptions {
  readonly viewers: Viewers;
  readonly clocks: Clocks;
}

export class Inspection implements TopicSource {
  readonly #options: InspectionOptions;
  #register: ActorRegister | null = null;
  #detach: (() => void) | null = null;
  #isWatched = false;
  readonly #queue = new InspectionQueue();
  readonly #greetings = new Map<Viewer, Greeting>();
  /** Of each machine, whoever ran it first. */
  readonly #definitions = new Map<string, string>();
  /** Which definitions a viewer has. */
  readonly #sentDefinitions = new WeakMap<Viewer, Set<string>>();
  #timer: TimerId | null = null;
  #workedMs = 0;
  /** What Stately's inspector made of the last thing that it was given. */
  #made: StatelyInspectionEvent | null = null;
  readonly #inspector = createInspector(
    {
      send: (event) => {
        this.#made = event;
      },
    },
    {
      sanitizeContext: (context) => (context === undefined ? context : (sanitize(context) as object)),
      sanitizeEvent: (event) => sanitize(event) as AnyEventObject,
    },
  );

  constructor(options: InspectionOptions) {
    this.#options = options;
  }

  /** There is a trader now. */
  attach(register: ActorRegister): void {
    this.#register = register;
    if (!this.#isWatched) return;
    this.#listen();
    for (const viewer of this.#options.viewers.watching('inspection')) this.greet(viewer);
  }

  start(): void {
    this.#isWatched = true;
    this.#listen();
  }

  stop(): void {
    this.#isWatched = false;
    this.#detach?.();
    this.#detach = null;
    this.#queue.clear();
    this.#greetings.clear();
    if (this.#timer !== null) this.#options.clocks.wall.clearTimeout(this.#timer);
    this.#timer = null;
  }

  greet(viewer: Viewer): void {
    if (this.#register === null) return;
    if (viewer.dialect === 'bothsides') viewer.send(countsOf(this.#register));
    this.#greetings.set(viewer, { viewer, told: new Set(), rest: this.#everybody() });
    this.#workAfter(0);
  }

  left(viewer: Viewer): void {
    this.#greetings.delete(viewer);
  }

  #listen(): void {
    if (this.#register === null || this.#detach !== null) return;
    this.#detach = this.#register.watch((event) => this.#note(event));
  }

  /** In the turn of quoting itself: nothing but a note. */
  #note(event: InspectionEvent): void {
    const { market, wall } = this.#options.clocks;
    const at = { atMs: market.now(), wallMs: wall.now() };
    const ref = event.actorRef as AnyActorRef;
    switch (event.type) {
      case '@xstate.actor':
        this.#queue.add({ kind: 'actor', ref, ...at });
        break;
      case '@xstate.event':
        this.#queue.add({
          kind: 'event',
          ref,
          source: event.sourceRef as AnyActorRef | undefined,
          event: event.event,
          ...at,
        });
        break;
      case '@xstate.snapshot':
        this.#queue.add({ kind: 'snapshot', ref, snapshot: event.snapshot, event: event.event, ...at });
        break;
      case '@xstate.microstep':
        for (const transition of event._transitions as readonly TakenTransition[]) {
          const count = this.#register!.timesTaken(transition);
          this.#queue.add({ kind: 'transition', ref, transition, count, ...at });
        }
        break;
      default:
        return;
    }
    this.#workAfter(GATHER_MS);
  }

  #workAfter(delayMs: number): void {
    this.#timer ??= this.#options.clocks.wall.setTimeout(() => {
      this.#timer = null;
      this.#work();
    }, delayMs);
  }

  #work(): void {
    const { clocks, viewers } = this.#options;
    const nowMs = clocks.monotonicMs();
    const pausedMs = nowMs - this.#workedMs;
    const untilMs = nowMs + Math.min(WORK_MS_MAX, Math.max(WORK_MS_MIN, pausedMs * WORK_SHARE));
    this.#workedMs = nowMs;
    const dropped = this.#queue.takeDropped();
    if (dropped > 0) for (const viewer of viewers.watching('inspection')) viewer.lose(dropped);
    do {
      const noted = this.#queue.take();
      if (noted !== null) this.#tell(noted);
      const greeting = this.#greetings.values().next();
      if (!greeting.done) this.#greetOn(greeting.value);
      else if (noted === null) return;
    } while (clocks.monotonicMs() < untilMs);
    this.#workAfter(PAUSE_MS);
  }

  #greetOn(greeting: Greeting): void {
    const next = greeting.rest.next();
    if (next.done) {
      this.#greetings.delete(greeting.viewer);
      return;
    }
    // Another one may have told of it meanwhile: it was created while we were at it.
    if (greeting.told.has(next.value.sessionId)) return;
    greeting.told.add(next.value.sessionId);
    this.#sendActor(greeting.viewer, next.value, null);
  }

  #tell(noted: Noted): void {
    if (noted.kind === 'actor') {
      const message = this.#actorMessage(noted.ref, snapshotOf(noted.ref), this.#standing(noted.ref, noted));
      const text = JSON.stringify(message);
      for (const viewer of this.#options.viewers.watching('inspection')) {
        this.#greetings.get(viewer)?.told.add(message.sessionId);
        this.#sendActor(viewer, message, text);
      }
      return;
    }
    let text: string | null = null;
    for (const viewer of this.#options.viewers.watching('inspection')) {
      if (noted.kind === 'transition' && viewer.dialect === 'stately') continue;
      if (this.#greetings.get(viewer)?.told.has(noted.ref.sessionId) === false) continue;
      text ??= JSON.stringify(this.#messageOf(noted));
      viewer.sendText(text);
    }
  }

  #messageOf(noted: Exclude<Noted, { kind: 'actor' }>): object {
    const { ref, atMs, wallMs } = noted;
    if (noted.kind === 'transition') return transitionMessage(noted);
    if (noted.kind === 'event')
      this.#inspector.event(ref, noted.event, noted.source === undefined ? {} : { source: noted.source });
    else this.#inspector.snapshot(ref, shown(noted.snapshot), { event: noted.event });
    return { ...this.#made, rootId: rootOf(ref).sessionId, atMs, wallMs };
  }

  /** Without the definition, which only some viewers still need. */
  #actorMessage(
    ref: AnyActorRef,
    snapshot: InspectedSnapshot,
    { atMs, wallMs, sinceMs, last }: Standing,
  ): ActorMessage {
    // By name and not by object: the chart's definition is copied once for each machine, not for each actor.
    this.#inspector.actor(ref.sessionId, snapshot);
    return {
      ...(this.#made as StatelyActorEvent),
      name: ref.id,
      machine: this.#definitionOf(ref),
      rootId: rootOf(ref).sessionId,
      parentId: parentOf(ref)?.sessionId,
      snapshot: (this.#made as StatelyActorEvent).snapshot as InspectedSnapshot,
      atMs,
      wallMs,
      sinceMs,
      last: last === null ? undefined : { ...factsOf(last.transition), atMs: last.atMs },
    };
  }

  #standing(ref: AnyActorRef, at: { readonly atMs: number; readonly wallMs: number }): Standing {
    const register = this.#register!;
    const { atMs, wallMs } = at;
    return { atMs, wallMs, sinceMs: register.sinceMs(ref) ?? atMs, last: register.lastStep(ref) };
  }

  #sendActor(viewer: Viewer, message: ActorMessage, text: string | null): void {
    const { machine } = message;
    const sent = this.#sentDefinitions.get(viewer) ?? new Set<string>();
    this.#sentDefinitions.set(viewer, sent);
    const knows = machine === null || (viewer.dialect === 'bothsides' && sent.has(machine));
    if (knows) viewer.sendText(text ?? JSON.stringify(message));
    // One that was left out comes with whoever is told of next.
    else if (viewer.send({ ...message, definition: this.#definitions.get(machine)! })) sent.add(machine);
  }

  /** The machine of an actor, its definition remembered; null for what has no chart. */
  #definitionOf(ref: AnyActorRef): string | null {
    const { config } = (ref as unknown as { logic: { config?: { id?: unknown } } }).logic;
    const machine = config?.id;
    if (typeof machine !== 'string') return null;
    if (!this.#definitions.has(machine)) this.#definitions.set(machine, definitionText(config));
    return machine;
  }

  /** Parents before their children; last those that are over. */
  *#everybody(): Generator<ActorMessage> {
    const { clocks } = this.#options;
    const register = this.#register!;
    const seen = new Set<AnyActorRef>();
    const now = () => ({ atMs: clocks.market.now(), wallMs: clocks.wall.now() });
    const closed = [...register.closed()];
    const told = function* (this: Inspection, ref: AnyActorRef): Generator<ActorMessage> {
      if (seen.has(ref)) return;
      seen.add(ref);
      yield this.#actorMessage(ref, snapshotOf(ref), this.#standing(ref, now()));
      const { children } = ref.getSnapshot() as { children?: Readonly<Record<string, AnyActorRef | undefined>> };
      for (const child of Object.values(children ?? {})) if (child !== undefined) yield* told.call(this, child);
    };
    for (const ref of register.living()) if (parentOf(ref) === undefined) yield* told.call(this, ref);
    for (const ref of register.living()) yield* told.call(this, ref);
    for (const { ref, snapshot, closedMs, last } of closed) {
      if (seen.has(ref)) continue;
      yield this.#actorMessage(ref, shown(snapshot), { ...now(), atMs: closedMs, sinceMs: closedMs, last });
    }
  }
}

function transitionMessage({
  ref,
  transition,
  count,
  atMs,
  wallMs,
}: Noted & { kind: 'transition' }): TransitionMessage {
  return {
    type: 'bothsides.transition',
    sessionId: ref.sessionId,
    machine: transition.source.machine.id,
    ...factsOf(transition),
    atMs,
    wallMs,
    count,
  };
}

function countsOf(register: ActorRegister): CountsMessage {
  const taken = [...register.taken()].map(([transition, count]) => ({ ...factsOf(transition), count }));
  return { type: 'bothsides.counts', taken };
}

function factsOf({ eventType, source, target, guard }: TakenTransition): TakenFacts {
  return { eventType, source: source.id, targets: (target ?? []).map(({ id }) => id), guard: guardName(guard) };
}

function guardName(guard: unknown): string | null {
  if (guard === undefined || guard === null) return null;
  if (typeof guard === 'string') return guard;
  if (typeof guard === 'function') return guard.name;
  return String((guard as { type?: unknown }).type);
}

function parentOf(ref: AnyActorRef): AnyActorRef | undefined {
  return (ref as { _parent?: AnyActorRef })._parent;
}

function rootOf(ref: AnyActorRef): AnyActorRef {
  let root = ref;
  for (let parent = parentOf(ref); parent !== undefined; parent = parentOf(parent)) root = parent;
  return root;
}

function snapshotOf(ref: AnyActorRef): InspectedSnapshot {
  return shown(ref.getSnapshot());
}

/** What a page can show of a snapshot: not the machine, nor its children, who are told of themselves. */
function shown(snapshot: unknown): InspectedSnapshot {
  const { status, value, context, output, error, tags } = snapshot as Record<string, unknown>;
  return {
    status: status as InspectedSnapshot['status'],
    ...(value === undefined ? {} : { value: sanitize(value) }),
    ...(context === undefined ? {} : { context: context as never }),
    ...(output === undefined ? {} : { output: sanitize(output) }),
    ...(error === undefined ? {} : { error: String(error instanceof Error ? error.message : error) }),
    ...(tags instanceof Set && tags.size > 0 ? { tags: [...tags].map(String) } : {}),
  };
}
