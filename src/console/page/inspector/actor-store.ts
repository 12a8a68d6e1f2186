/**
 * What the server tells of actors, put together: who is there, in which state, which transitions were taken how often.
 * Bounded: of those that are over, only the last ones stay.
 */
import type {
  ActorMessage,
  InspectedSnapshot,
  MachineFacts,
  ServerMessage,
  TakenFacts,
  TransitionMessage,
} from '../../wire.ts';
import { type Chart, readChart, transitionKey } from './definition.ts';

export interface Actor {
  /** How the page finds it: a machine by its name, which the journal knows too; everything else by its session. */
  readonly key: string;
  readonly sessionId: string;
  readonly name: string;
  /** Null for promises, callbacks and streams. */
  readonly machine: string | null;
  readonly parent: string | null;
  status: InspectedSnapshot['status'];
  value: unknown;
  context: unknown;
  output: unknown;
  error: string | null;
  /** Market time since which it has been in this state. */
  sinceMs: number;
  /** The transition that was taken last, and when by the page's own clock. */
  last: TakenLast | null;
  /** How often this actor took a transition since the page looks, by the transition's key. */
  readonly taken: Map<string, number>;
}

export interface TakenLast {
  readonly key: string;
  readonly source: string;
  readonly targets: readonly string[];
  readonly eventType: string;
  readonly atMs: number;
  /** Counts up: the same transition twice is two. */
  readonly serial: number;
}

export interface ActorStoreLimits {
  readonly closedMachinesMax: number;
  readonly closedOthersMax: number;
  /** So long after messages were lost an actor may stay silent before it is taken for gone. */
  readonly doubtMs: number;
}

const LIMITS: ActorStoreLimits = { closedMachinesMax: 200, closedOthersMax: 100, doubtMs: 10_000 };

export class ActorStore {
  readonly charts = new Map<string, Chart>();
  /** By key, in the order in which they came. */
  readonly actors = new Map<string, Actor>();
  /** How often a transition of a machine was taken in this process, whoever took it. */
  readonly counts = new Map<string, number>();
  /** Raised when somebody comes, ends or is forgotten. */
  structure = 0;
  readonly #doubted = new Set<Actor>();
  #doubtedSinceMs: number | null = null;
  readonly #bySession = new Map<string, Actor>();
  readonly #valueTexts = new Map<string, string>();
  readonly #closedMachines = new Set<string>();
  readonly #closedOthers = new Set<string>();
  #serial = 0;
  readonly #limits: ActorStoreLimits;

  constructor(limits: ActorStoreLimits = LIMITS) {
    this.#limits = limits;
  }

  of(sessionId: string): Actor | undefined {
    return this.#bySession.get(sessionId);
  }

  /** Takes a message; whatever is not about actors is left alone. */
  apply(message: ServerMessage): void {
    switch (message.type) {
      case 'hello':
        this.clear();
        break;
      case 'lost':
        // The end of one may be among what was left out: who is not heard of again is taken for gone.
        this.#doubtedSinceMs = null;
        for (const actor of this.#bySession.values()) if (actor.status === 'active') this.#doubted.add(actor);
        break;
      case '@xstate.actor':
        this.#meet(message);
        break;
      case '@xstate.snapshot': {
        const actor = this.#bySession.get(message.sessionId);
        if (actor !== undefined) this.#see(actor, message.snapshot, message.atMs);
        break;
      }
      case 'bothsides.transition':
        this.#take(message);
        break;
      case 'bothsides.counts':
        for (const taken of message.taken) this.counts.set(keyOf(taken), taken.count);
        break;
    }
  }

  define(machines: readonly MachineFacts[]): void {
    for (const { id, definition } of machines) this.#define(id, definition);
  }

  /** Charts stay: what a machine is does not change while it runs. */
  clear(): void {
    this.actors.clear();
    this.counts.clear();
    this.#bySession.clear();
    this.#valueTexts.clear();
    this.#doubted.clear();
    this.#closedMachines.clear();
    this.#closedOthers.clear();
    this.structure++;
  }

  #define(machine: string, definition: unknown): void {
    if (this.charts.has(machine)) return;
    const chart = readChart(definition);
    if (chart !== null) this.charts.set(machine, chart);
  }

  #meet({ sessionId, name, machine, parentId, definition, snapshot, atMs, sinceMs, last }: ActorMessage): void {
    if (machine !== null && definition !== undefined) this.#define(machine, definition);
    const known = this.#bySession.get(sessionId);
    if (known !== undefined) {
      this.#see(known, snapshot, atMs);
      this.#place(known, sinceMs, last);
      return;
    }
    const namesake = machine === null ? undefined : this.actors.get(name);
    if (namesake !== undefined && namesake.status !== 'active') this.#forget(namesake.key);
    const key = machine === null || namesake?.status === 'active' ? sessionId : name;
    const actor: Actor = {
      key,
      sessionId,
      name,
      machine,
      parent: parentId === undefined ? null : (this.#bySession.get(parentId)?.key ?? null),
      status: 'active',
      value: undefined,
      context: undefined,
      output: undefined,
      error: null,
      sinceMs,
      last: null,
      taken: new Map(),
    };
    this.actors.set(key, actor);
    this.#bySession.set(sessionId, actor);
    this.structure++;
    this.#see(actor, snapshot, atMs);
    this.#place(actor, sinceMs, last);
  }

  /** Where it stands, as the trader knows it: since when, and by which step it came there. */
  #place(actor: Actor, sinceMs: number, last: ActorMessage['last']): void {
    actor.sinceMs = sinceMs;
    if (last !== undefined && (actor.last?.atMs ?? Number.NEGATIVE_INFINITY) < last.atMs) this.#step(actor, last);
  }

  #step(actor: Actor, taken: TakenFacts & { readonly atMs: number }): void {
    const { source, targets, eventType, atMs } = taken;
    actor.last = { key: keyOf(taken), source, targets, eventType, atMs, serial: ++this.#serial };
  }

  /** Ends the doubt about those who were not told anew for a while after messages were lost. `nowMs`: any clock. */
  settle(nowMs: number): void {
    if (this.#doubted.size === 0) return;
    this.#doubtedSinceMs ??= nowMs;
    if (nowMs - this.#doubtedSinceMs < this.#limits.doubtMs) return;
    for (const actor of this.#doubted) {
      actor.status = 'stopped';
      this.#close(actor);
    }
    this.#doubted.clear();
    this.#doubtedSinceMs = null;
  }

  #see(actor: Actor, snapshot: InspectedSnapshot, atMs: number): void {
    this.#doubted.delete(actor);
    const wasActive = actor.status === 'active';
    actor.status = snapshot.status;
    actor.context = snapshot.context;
    actor.output = snapshot.output;
    actor.error = snapshot.error ?? null;
    if (snapshot.value !== undefined) {
      const text = JSON.stringify(snapshot.value);
      if (this.#valueTexts.get(actor.key) !== text) {
        this.#valueTexts.set(actor.key, text);
        actor.value = snapshot.value;
        actor.sinceMs = atMs;
      }
    }
    if (wasActive && snapshot.status !== 'active') this.#close(actor);
  }

  #take(taken: TransitionMessage): void {
    const key = keyOf(taken);
    this.counts.set(key, taken.count);
    const actor = this.#bySession.get(taken.sessionId);
    if (actor === undefined) return;
    actor.taken.set(key, (actor.taken.get(key) ?? 0) + 1);
    // One that leads nowhere leaves the last real step to be seen.
    if (taken.targets.length > 0) this.#step(actor, taken);
  }

  #close(actor: Actor): void {
    this.structure++;
    const isMachine = actor.machine !== null;
    const closed = isMachine ? this.#closedMachines : this.#closedOthers;
    closed.add(actor.key);
    const max = isMachine ? this.#limits.closedMachinesMax : this.#limits.closedOthersMax;
    // A set goes by age: the first are the oldest.
    for (const key of closed) {
      if (closed.size <= max) break;
      this.#forget(key);
    }
  }

  #forget(key: string): void {
    const actor = this.actors.get(key);
    this.#closedMachines.delete(key);
    this.#closedOthers.delete(key);
    if (actor === undefined) return;
    this.actors.delete(key);
    this.#bySession.delete(actor.sessionId);
    this.#valueTexts.delete(key);
    this.structure++;
  }
}

function keyOf({ source, eventType, guard, targets }: TakenFacts): string {
  return transitionKey(source, eventType, guard, targets);
}
