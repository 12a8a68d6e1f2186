/**
 * What server and page say to each other: types alone, for both sides. Times are milliseconds since 1970; `atMs` is market
 * time, `wallMs` the wall's. Everything that came from outside (titles, reasons, lines of a log) is text, never markup.
 */
import type { Json } from '../domain/json.ts';
import type { OperatorPlan } from '../runtime/operator-plan.ts';
import type { Explained } from './explain.ts';
import type { DashboardMessage, MarketMessage } from './wire-dashboard.ts';

/** What a viewer can ask to be told. */
export type Topic = 'inspection' | 'dashboard' | 'journal' | 'log';

/** Page → server, over `/api/live`: replaces what this viewer watches. `market`: one market in detail (dashboard). */
export interface WatchRequest {
  readonly type: 'watch';
  readonly topics: readonly Topic[];
  readonly market?: string | null;
}

/**
 * Server → page: one text of `/api/live` is one message, or a list of them that belong together in this order (what
 * happened within a few hundredths of a second travels together).
 */
export type ServerText = ServerMessage | readonly ServerMessage[];

export type ServerMessage =
  | HelloMessage
  | WatchingMessage
  | ErrorMessage
  | LostMessage
  | ActorMessage
  | EventMessage
  | SnapshotMessage
  | TransitionMessage
  | CountsMessage
  | JournalMessage
  | DashboardMessage
  | MarketMessage
  | LogMessage;

/** Always the first. */
export interface HelloMessage {
  readonly type: 'hello';
  readonly version: 1;
  readonly run: RunFacts;
  readonly clock: ClockFacts;
}

export interface RunFacts {
  /** Of this process; null before it has one, and for a folder without a run. */
  readonly id: string | null;
  readonly mode: string;
  readonly seed: number | null;
  readonly pid: number;
  readonly startedWallMs: number;
  /** The past of a run that is over: nothing is live, and nothing can be controlled. */
  readonly readOnly: boolean;
}

export interface ClockFacts {
  readonly marketMs: number;
  readonly wallMs: number;
  /** Market milliseconds a wall millisecond. */
  readonly speed: number;
}

/** Answers a `watch` that was understood; what follows belongs to it. */
export interface WatchingMessage {
  readonly type: 'watching';
  readonly topics: readonly Topic[];
  readonly market: string | null;
}

/** Something that was not understood; the connection goes on. */
export interface ErrorMessage {
  readonly type: 'error';
  readonly code: 'NOT_JSON' | 'NOT_A_MESSAGE' | 'UNKNOWN_TYPE' | 'UNKNOWN_TOPIC' | 'TOO_MANY';
  readonly message: string;
}

/**
 * So many messages were left out because this viewer, or the trader, had more to do. When there is room again all living
 * actors are told anew (`@xstate.actor`), so that nothing on the page stays wrong.
 */
export interface LostMessage {
  readonly type: 'lost';
  readonly count: number;
}

/** As Stately's inspector has it, without what only a live object can hold. */
export interface InspectedSnapshot {
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  /** State value of a machine; absent for promises, callbacks and streams. */
  readonly value?: Json;
  readonly context?: Json;
  readonly output?: Json;
  /** The sentence of what it broke on. */
  readonly error?: string;
  readonly tags?: readonly string[];
}

interface Inspected {
  readonly sessionId: string;
  readonly rootId: string;
  readonly atMs: number;
  readonly wallMs: number;
  /** Stately's own fields. */
  readonly id: string | null;
  readonly createdAt: string;
  readonly _version: string;
}

/**
 * An actor is there: a new one, or one that a late viewer did not see come. Closed ones (the last 200 machines) come with
 * their last snapshot. Parents come before their children.
 */
export interface ActorMessage extends Inspected {
  readonly type: '@xstate.actor';
  /** The actor's own name: `trader`, `scanner`, a session's id. In the journal machines have it as `actor`. */
  readonly name: string;
  /** Of the machine's definition; null for promises, callbacks and streams. */
  readonly machine: string | null;
  readonly parentId?: string | undefined;
  /** The chart's configuration as JSON text; once for each machine and viewer. */
  readonly definition?: string | undefined;
  readonly snapshot: InspectedSnapshot;
  /** Market time since which it is in this state; of what has no states: of this message. */
  readonly sinceMs: number;
  /** The last transition that led it somewhere, at market time; absent: it is where it began. */
  readonly last?: (TakenFacts & { readonly atMs: number }) | undefined;
}

/** A message from actor to actor (`sourceId` absent: from outside the charts). */
export interface EventMessage extends Inspected {
  readonly type: '@xstate.event';
  readonly sourceId?: string | undefined;
  readonly event: { readonly type: string; readonly [key: string]: Json };
}

export interface SnapshotMessage extends Inspected {
  readonly type: '@xstate.snapshot';
  readonly event: { readonly type: string; readonly [key: string]: Json };
  readonly snapshot: InspectedSnapshot;
}

/** Which transition of a chart. Ids of state nodes are xstate's: `marketSession.quoting.flow.live`. */
export interface TakenFacts {
  /** Descriptor in the chart (`xstate.after.…`, `xstate.done.actor.…`, an event's type); '' for an eventless one. */
  readonly eventType: string;
  readonly source: string;
  /** Empty: it stays where it is. */
  readonly targets: readonly string[];
  readonly guard: string | null;
}

/** How often each transition was taken so far in this process, whoever took it. Comes before the actors that a viewer is told of. */
export interface CountsMessage {
  readonly type: 'bothsides.counts';
  readonly taken: readonly (TakenFacts & { readonly count: number })[];
}

/** A transition of a chart was taken. */
export interface TransitionMessage extends TakenFacts {
  readonly type: 'bothsides.transition';
  readonly sessionId: string;
  readonly machine: string;
  readonly atMs: number;
  readonly wallMs: number;
  /** How often this transition of this machine was taken so far in this process, whoever took it. */
  readonly count: number;
}

export interface JournalLine {
  readonly sequence: number;
  readonly atMs: number;
  readonly wallMs: number;
  readonly kind: string;
  readonly data: Json;
}

export interface JournalMessage {
  readonly type: 'journal';
  readonly entries: readonly JournalLine[];
}

export interface LogLine {
  readonly wallMs: number;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly detail: Json;
}

export interface LogMessage {
  readonly type: 'log';
  readonly lines: readonly LogLine[];
}

/** `GET /api/machines`: every chart that has run in this process; of a finished run: every one that there is. */
export interface MachineFacts {
  readonly id: string;
  /** The chart's configuration, as in `@xstate.actor`. */
  readonly definition: Json;
}

/** `GET /api/actors`: machines that live now (of a run that is over: none); `GET /api/at?ms=N`: as it was at that market time. */
export interface ActorFacts {
  readonly id: string;
  readonly machine: string;
  readonly parent: string | null;
  readonly state: Json;
  readonly sinceMs: number;
}

/** One change of a machine's state, as the journal has it. */
export interface Move {
  readonly sequence: number;
  readonly atMs: number;
  readonly wallMs: number;
  readonly actor: string;
  readonly machine: string;
  /** null: it began. */
  readonly from: Json;
  readonly to: Json;
  /** The type of the event that moved it; null in journals that did not yet keep it. */
  readonly event: string | null;
  /** Why, where the actor says so: a session on its way out. */
  readonly reason: string | null;
  /** `active` but for an actor's last move. */
  readonly status: 'active' | 'done' | 'error' | 'stopped';
}

/** `GET /api/history?actor=ID&before=SEQUENCE&limit=N`: newest first. */
export interface History {
  readonly moves: readonly Move[];
  /** Ask with this as `before` for older ones; null: there are none. */
  readonly before: number | null;
}

/** `GET /api/moments`: what a slider over the whole journal needs. Times are null while nothing has moved. */
export interface Moments {
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  /** Moves in equal parts of the time between first and last. */
  readonly density: readonly number[];
  readonly marks: readonly Mark[];
  /** Older moves that are no longer held for time travel. */
  readonly forgotten: number;
}

export interface Mark {
  readonly sequence: number;
  readonly atMs: number;
  readonly kind: 'started' | 'ended' | 'refused' | 'faulted' | 'halted' | 'moded';
  readonly text: string;
}

/** `GET /api/at?ms=N` */
export interface Moment {
  readonly atMs: number;
  readonly actors: readonly ActorFacts[];
}

/** Body of every answer that is none of the above. */
export interface Refusal {
  readonly error: { readonly code: string; readonly message: string };
}

/** `POST /api/control` with `{action, market?, reason?, by?, dryRun?}` and the token of the run. */
export interface ControlAnswer {
  /** False: a dry run, nothing was changed. */
  readonly done: boolean;
  readonly plan: OperatorPlan;
}

/** `GET /api/why/:ticker`. */
export type WhyAnswer = Explained;
