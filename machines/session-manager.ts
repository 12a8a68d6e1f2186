/**
 * Opens and retires market sessions, one a market.
 *
 *   accepting ⇄ full, refusing (risk), closing → closed
 *
 * Refusals are counted by reason. Inventory that a session leaves behind goes to a session of kind `carry`.
 */
import {
  type ActorRefFrom,
  assign,
  type DoneActorEvent,
  type ErrorActorEvent,
  enqueueActions,
  sendParent,
  setup,
  spawnChild,
  stopChild,
} from 'xstate';
import {
  type EndReason,
  marketSession,
  type RiskMode,
  type SessionInput,
  type SessionOutput,
} from './market-session.ts';

/** A candidate with what a session needs to know; times are market time. */
export interface Opening {
  readonly market: string;
  readonly closeMs: number;
}

export type ManagerEvent =
  | { readonly type: 'candidates.found'; readonly candidates: readonly Opening[]; readonly atMs: number }
  | { readonly type: 'risk.moded'; readonly mode: RiskMode }
  /** A position without a session (recovered, or left by one): it is worked on, never forgotten. */
  | { readonly type: 'position.orphaned'; readonly market: string; readonly closeMs: number; readonly atMs: number }
  | { readonly type: 'manager.close'; readonly reason: EndReason; readonly manner: 'soft' | 'hard' | 'carry' }
  /**
   * The operator's word on the session of one market, or on all (null). What quotes goes out softly; what carries a position
   * goes on carrying it, or crosses within the allowance.
   */
  | {
      readonly type: 'manager.stop';
      readonly market: string | null;
      readonly reason: EndReason;
      readonly isCarryStopped: boolean;
    }
  | DoneActorEvent<SessionOutput>
  | ErrorActorEvent;

export interface ManagerInput {
  readonly concurrentMax: number;
  readonly restMs: number;
  /** Everything of a session's input that does not depend on the market. */
  readonly session: {
    readonly warmupTimeoutMs: number;
    readonly startDelayMs: number;
    readonly ttlMs: number;
    readonly closeDangerMs: number;
    readonly onClose: 'flat' | 'carry';
    readonly reversionWaitMs: number;
    readonly softExitMaxMs: number;
    readonly carryTtlMs: number;
    readonly smallQuantity: number;
  };
  /** Sessions of an earlier process that go on, under their own names. */
  readonly resumed: readonly SessionInput[];
  /** How many sessions the data folder has seen: new ones are numbered from here. */
  readonly openedBefore: number;
}

interface OpenSession {
  readonly session: string;
  readonly kind: 'quote' | 'carry';
  readonly closeMs: number;
}

interface ManagerContext extends ManagerInput {
  readonly opened: number;
  readonly closed: number;
  /** By market. */
  readonly sessions: Readonly<Record<string, OpenSession>>;
  readonly refusals: Readonly<Record<string, number>>;
  readonly endReasons: Readonly<Record<string, number>>;
  /** Market → when its last session was heard to end: it rests before it may have another. */
  readonly restingUntilMs: Readonly<Record<string, number>>;
  readonly risk: RiskMode;
  /** The last market time that was heard. */
  readonly atMs: number;
}

function quoting(context: ManagerContext): number {
  return Object.values(context.sessions).filter((open) => open.kind === 'quote').length;
}

function inputOf(
  context: ManagerContext,
  opening: Opening,
  session: string,
  kind: 'quote' | 'carry',
  atMs: number,
): SessionInput {
  const settings = context.session;
  return {
    session,
    market: opening.market,
    kind,
    openedMs: atMs,
    warmupUntilMs: atMs + settings.warmupTimeoutMs,
    startDelayMs: settings.startDelayMs,
    ttlMs: settings.ttlMs,
    closingAtMs: opening.closeMs - settings.closeDangerMs,
    onClose: settings.onClose,
    reversionWaitMs: settings.reversionWaitMs,
    softExitMaxMs: settings.softExitMaxMs,
    carryTtlMs: settings.carryTtlMs,
    smallQuantity: settings.smallQuantity,
    resumed: null,
  };
}

function tally(counts: Readonly<Record<string, number>>, reason: string): Record<string, number> {
  return { ...counts, [reason]: (counts[reason] ?? 0) + 1 };
}

const base = setup({
  types: { context: {} as ManagerContext, events: {} as ManagerEvent, input: {} as ManagerInput },
  actors: { marketSession },
  actions: {
    noteRisk: assign((_, params: { mode: RiskMode }) => ({ risk: params.mode })),
    tellDone: sendParent({ type: 'sessions.closed' }),
  },
  guards: {
    isFull: ({ context }) => quoting(context) >= context.concurrentMax,
    hasRoom: ({ context }) => quoting(context) < context.concurrentMax,
    isRiskActive: ({ context }) => context.risk === 'active',
    isRiskBarred: ({ context }) => context.risk !== 'active',
    isEmpty: ({ context }) => Object.keys(context.sessions).length === 0,
  },
});

/** Opens what there is room for, and counts why the rest was refused. */
const openSessions = base.createAction(
  enqueueActions(({ context, event, enqueue }) => {
    if (event.type !== 'candidates.found') return;
    const sessions = { ...context.sessions };
    let refusals = context.refusals;
    let opened = context.opened;
    let room = context.concurrentMax - quoting(context);
    for (const candidate of event.candidates) {
      const refusal =
        sessions[candidate.market] !== undefined
          ? sessions[candidate.market]?.kind === 'carry'
            ? 'unwinding'
            : 'active'
          : (context.restingUntilMs[candidate.market] ?? 0) > event.atMs
            ? 'resting'
            : candidate.closeMs - context.session.closeDangerMs <= event.atMs
              ? 'closing'
              : room <= 0
                ? 'full'
                : null;
      if (refusal !== null) {
        refusals = tally(refusals, refusal);
        continue;
      }
      opened++;
      room--;
      const session = `s${opened}`;
      sessions[candidate.market] = { session, kind: 'quote', closeMs: candidate.closeMs };
      enqueue(
        spawnChild('marketSession', { id: session, input: inputOf(context, candidate, session, 'quote', event.atMs) }),
      );
    }
    enqueue.assign({ sessions, refusals, opened, atMs: event.atMs });
  }),
);

const resumeSessions = base.createAction(
  enqueueActions(({ context, enqueue }) => {
    const sessions: Record<string, OpenSession> = {};
    for (const input of context.resumed) {
      const { session, market, kind, closingAtMs } = input;
      sessions[market] = { session, kind, closeMs: closingAtMs + context.session.closeDangerMs };
      enqueue(spawnChild('marketSession', { id: session, input }));
    }
    // Said once: what they were is in the sessions now.
    enqueue.assign({ sessions, resumed: [] });
  }),
);

const countRefusals = base.createAction(
  enqueueActions(({ context, event, enqueue }) => {
    if (event.type !== 'candidates.found') return;
    let refusals = context.refusals;
    for (const candidate of event.candidates) {
      refusals = tally(
        refusals,
        context.sessions[candidate.market] === undefined ? (context.risk === 'active' ? 'full' : 'risk') : 'active',
      );
    }
    enqueue.assign({ refusals, atMs: event.atMs });
  }),
);

const adoptPosition = base.createAction(
  enqueueActions(({ context, event, enqueue }) => {
    if (event.type !== 'position.orphaned' || context.sessions[event.market] !== undefined) return;
    // Nothing can be worked on during a halt; it is offered again by every sweep.
    if (context.risk === 'halted') return;
    const session = `s${context.opened + 1}`;
    enqueue(spawnChild('marketSession', { id: session, input: inputOf(context, event, session, 'carry', event.atMs) }));
    enqueue.assign({
      opened: context.opened + 1,
      sessions: { ...context.sessions, [event.market]: { session, kind: 'carry', closeMs: event.closeMs } },
    });
  }),
);

/** A child that ended stays in `children` until it is stopped. */
const retire = base.createAction(
  enqueueActions(({ context, event, enqueue }) => {
    const actorId = (event as DoneActorEvent | ErrorActorEvent).actorId;
    const entry = Object.entries(context.sessions).find(([, open]) => open.session === actorId);
    if (entry === undefined) return;
    const [market] = entry;
    const { [market]: _ended, ...sessions } = context.sessions;
    const output = 'output' in event ? (event as DoneActorEvent<SessionOutput>).output : null;
    enqueue(stopChild(actorId));
    enqueue.assign({
      sessions,
      closed: context.closed + 1,
      endReasons: tally(context.endReasons, output?.reason ?? 'failed'),
      restingUntilMs: {
        ...Object.fromEntries(Object.entries(context.restingUntilMs).filter(([, untilMs]) => untilMs > context.atMs)),
        [market]: context.atMs + context.restMs,
      },
    });
  }),
);

const stopSessions = base.createAction(
  enqueueActions(({ context, event, enqueue }) => {
    if (event.type !== 'manager.stop') return;
    for (const [market, { session, kind }] of Object.entries(context.sessions)) {
      if (event.market !== null && event.market !== market) continue;
      if (kind === 'carry' && !event.isCarryStopped) continue;
      const manner = kind === 'carry' ? 'hard' : 'soft';
      enqueue.sendTo(session, { type: 'session.stop', reason: event.reason, manner });
    }
  }),
);

const closeSessions = base.createAction(
  enqueueActions(({ context, event, enqueue }) => {
    if (event.type !== 'manager.close') return;
    for (const open of Object.values(context.sessions)) {
      enqueue.sendTo(open.session, { type: 'session.stop', reason: event.reason, manner: event.manner });
    }
  }),
);

export const sessionManager = base.createMachine({
  id: 'sessionManager',
  context: ({ input }) => ({
    ...input,
    opened: input.openedBefore,
    closed: 0,
    sessions: {},
    refusals: {},
    endReasons: {},
    restingUntilMs: {},
    risk: 'active',
    atMs: 0,
  }),
  entry: resumeSessions,
  on: {
    'risk.moded': { actions: { type: 'noteRisk', params: ({ event }) => event } },
    'candidates.found': { actions: countRefusals },
    'position.orphaned': { actions: adoptPosition },
    'manager.close': { target: '.closing' },
    'manager.stop': { actions: stopSessions },
    'xstate.done.actor.*': { actions: retire },
    'xstate.error.actor.*': { actions: retire },
  },
  initial: 'accepting',
  states: {
    accepting: {
      always: [
        { guard: 'isRiskBarred', target: 'refusing' },
        { guard: 'isFull', target: 'full' },
      ],
      on: { 'candidates.found': { actions: openSessions } },
    },
    full: {
      always: [
        { guard: 'isRiskBarred', target: 'refusing' },
        { guard: 'hasRoom', target: 'accepting' },
      ],
    },
    refusing: { always: { guard: 'isRiskActive', target: 'accepting' } },
    closing: {
      // Said again with less patience as the wind-down runs out of time.
      entry: closeSessions,
      on: { 'manager.close': { actions: closeSessions }, 'position.orphaned': {} },
      always: { guard: 'isEmpty', target: 'closed' },
    },
    closed: { type: 'final', entry: 'tellDone' },
  },
});

export type SessionManagerRef = ActorRefFrom<typeof sessionManager>;
