/**
 * How much the trader may do.
 *
 *   active ⇄ reducing ⇄ paused → halted → reducing (operator)
 *
 * A halt reaches the gateway's door synchronously before this chart hears of it; `applyMode` makes door and chart agree.
 */
import { type ActorRefFrom, assign, sendParent, setup } from 'xstate';
import type { DeadlineInput } from './deadline.ts';
import type { RiskMode } from './market-session.ts';
import { deadlineOf, eventsOf } from './unprovided.ts';

/** Whose word it is, and what was said with it; both for the journal alone. */
interface Word {
  readonly by?: string;
  readonly why?: string | null;
}

export type SupervisorEvent =
  | ({ readonly type: 'operator.pause' } & Word)
  | ({ readonly type: 'operator.resume' } & Word)
  | ({ readonly type: 'operator.reduce' } & Word)
  | ({ readonly type: 'operator.halt'; readonly reason: string } & Word)
  /** A kill switch fired; `resumeAtMs` (market time) when it clears by itself, null when only a person clears it. */
  | {
      readonly type: 'switch.fired';
      readonly action: 'reduce' | 'pause' | 'halt';
      readonly reason: string;
      readonly resumeAtMs: number | null;
    }
  | { readonly type: 'deadline.resume' };

interface SupervisorContext {
  readonly reason: string | null;
  /** Market time until which each bar stands; 0: it does not. A stricter one hides a weaker one, it does not lift it. */
  readonly reduceUntilMs: number;
  readonly pauseUntilMs: number;
}

/** What put a bar up, and when it clears by itself; null: when a person clears it. */
interface Bar {
  readonly reason: string;
  readonly resumeAtMs: number | null;
}
const BY_OPERATOR: Bar = { reason: 'operator', resumeAtMs: null };

/** Far enough to be never, near enough to be a date. */
const NEVER_MS = 8_640_000_000_000_000;

export const riskSupervisor = setup({
  types: { context: {} as SupervisorContext, events: {} as SupervisorEvent },
  actors: {
    deadline: deadlineOf(),
    /** Kill switches and the operator's file, watched from start to stop. */
    watch: eventsOf<SupervisorEvent>('watch'),
  },
  actions: {
    /** Of two switches the one that lasts longer counts. */
    noteReduce: assign(({ context }, { reason, resumeAtMs }: Bar) => ({
      reason,
      reduceUntilMs: Math.max(context.reduceUntilMs, resumeAtMs ?? NEVER_MS),
    })),
    notePause: assign(({ context }, { reason, resumeAtMs }: Bar) => ({
      reason,
      pauseUntilMs: Math.max(context.pauseUntilMs, resumeAtMs ?? NEVER_MS),
    })),
    noteHalt: assign((_, params: { reason: string }) => ({ reason: params.reason })),
    liftPause: assign({ pauseUntilMs: 0 }),
    liftAll: assign({ reason: null, reduceUntilMs: 0, pauseUntilMs: 0 }),
    applyMode: (_, _params: { mode: RiskMode }) => undefined,
    tell: sendParent((_, params: { mode: RiskMode }) => ({ type: 'risk.moded', mode: params.mode })),
  },
  guards: {
    reduces: ({ event }) => event.type === 'switch.fired' && event.action === 'reduce',
    pauses: ({ event }) => event.type === 'switch.fired' && event.action === 'pause',
    halts: ({ event }) => event.type === 'switch.fired' && event.action === 'halt',
    outlastsPause: ({ context }) => context.reduceUntilMs > context.pauseUntilMs,
  },
}).createMachine({
  id: 'riskSupervisor',
  context: { reason: null, reduceUntilMs: 0, pauseUntilMs: 0 },
  invoke: { id: 'watch', src: 'watch' },
  on: {
    'operator.halt': { target: '.halted', actions: { type: 'noteHalt', params: ({ event }) => event } },
    'operator.pause': { target: '.paused', actions: { type: 'notePause', params: BY_OPERATOR } },
    'operator.reduce': { target: '.reducing', actions: [{ type: 'noteReduce', params: BY_OPERATOR }, 'liftPause'] },
    'switch.fired': [
      { guard: 'halts', target: '.halted', actions: { type: 'noteHalt', params: ({ event }) => event } },
      { guard: 'pauses', target: '.paused', actions: { type: 'notePause', params: ({ event }) => event } },
      { guard: 'reduces', target: '.reducing', actions: { type: 'noteReduce', params: ({ event }) => event } },
    ],
  },
  initial: 'active',
  states: {
    active: {
      entry: [
        { type: 'applyMode', params: { mode: 'active' } },
        { type: 'tell', params: { mode: 'active' } },
        'liftAll',
      ],
    },
    reducing: {
      entry: [
        { type: 'applyMode', params: { mode: 'reducing' } },
        { type: 'tell', params: { mode: 'reducing' } },
      ],
      invoke: {
        id: 'resume',
        src: 'deadline',
        input: ({ context }): DeadlineInput => ({ name: 'resume', atMs: context.reduceUntilMs }),
      },
      on: { 'operator.resume': 'active', 'deadline.resume': 'active' },
    },
    paused: {
      entry: [
        { type: 'applyMode', params: { mode: 'paused' } },
        { type: 'tell', params: { mode: 'paused' } },
      ],
      invoke: {
        id: 'resume',
        src: 'deadline',
        input: ({ context }): DeadlineInput => ({ name: 'resume', atMs: context.pauseUntilMs }),
      },
      on: {
        'operator.resume': 'active',
        'deadline.resume': [{ guard: 'outlastsPause', target: 'reducing', actions: 'liftPause' }, { target: 'active' }],
        'switch.fired': [
          { guard: 'halts', target: 'halted', actions: { type: 'noteHalt', params: ({ event }) => event } },
          {
            guard: 'pauses',
            target: 'paused',
            reenter: true,
            actions: { type: 'notePause', params: ({ event }) => event },
          },
          // A weaker switch does not end a pause; it is there when the pause is over.
          { guard: 'reduces', actions: { type: 'noteReduce', params: ({ event }) => event } },
        ],
      },
    },
    /** Nothing but a person ends a halt, and then only into `reducing`. A weaker switch changes nothing here. */
    halted: {
      entry: [
        { type: 'applyMode', params: { mode: 'halted' } },
        { type: 'tell', params: { mode: 'halted' } },
      ],
      on: {
        'operator.resume': {
          target: 'reducing',
          actions: [{ type: 'noteReduce', params: BY_OPERATOR }, 'liftPause'],
        },
        'operator.pause': {},
        'operator.reduce': {},
        'switch.fired': {},
      },
    },
  },
});

export type RiskSupervisorRef = ActorRefFrom<typeof riskSupervisor>;
