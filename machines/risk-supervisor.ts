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

export type SupervisorEvent =
  | { readonly type: 'operator.pause' }
  | { readonly type: 'operator.resume' }
  | { readonly type: 'operator.reduce' }
  | { readonly type: 'operator.halt'; readonly reason: string }
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
  readonly resumeAtMs: number;
}

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
    note: assign((_, params: { reason: string | null; resumeAtMs?: number | null }) => ({
      reason: params.reason,
      resumeAtMs: params.resumeAtMs ?? NEVER_MS,
    })),
    applyMode: (_, _params: { mode: RiskMode }) => undefined,
    tell: sendParent((_, params: { mode: RiskMode }) => ({ type: 'risk.moded', mode: params.mode })),
  },
  guards: {
    reduces: ({ event }) => event.type === 'switch.fired' && event.action === 'reduce',
    pauses: ({ event }) => event.type === 'switch.fired' && event.action === 'pause',
    halts: ({ event }) => event.type === 'switch.fired' && event.action === 'halt',
  },
}).createMachine({
  id: 'riskSupervisor',
  context: { reason: null, resumeAtMs: NEVER_MS },
  invoke: { id: 'watch', src: 'watch' },
  on: {
    'operator.halt': {
      target: '.halted',
      actions: { type: 'note', params: ({ event }) => ({ reason: event.reason }) },
    },
    'switch.fired': [
      { guard: 'halts', target: '.halted', actions: { type: 'note', params: ({ event }) => event } },
      { guard: 'pauses', target: '.paused', actions: { type: 'note', params: ({ event }) => event } },
      { guard: 'reduces', target: '.reducing', actions: { type: 'note', params: ({ event }) => event } },
    ],
  },
  initial: 'active',
  states: {
    active: {
      entry: [
        { type: 'applyMode', params: { mode: 'active' } },
        { type: 'tell', params: { mode: 'active' } },
        { type: 'note', params: { reason: null } },
      ],
      on: { 'operator.pause': 'paused', 'operator.reduce': 'reducing' },
    },
    reducing: {
      entry: [
        { type: 'applyMode', params: { mode: 'reducing' } },
        { type: 'tell', params: { mode: 'reducing' } },
      ],
      invoke: {
        id: 'resume',
        src: 'deadline',
        input: ({ context }): DeadlineInput => ({ name: 'resume', atMs: context.resumeAtMs }),
      },
      on: { 'operator.resume': 'active', 'operator.pause': 'paused', 'deadline.resume': 'active' },
    },
    paused: {
      entry: [
        { type: 'applyMode', params: { mode: 'paused' } },
        { type: 'tell', params: { mode: 'paused' } },
      ],
      invoke: {
        id: 'resume',
        src: 'deadline',
        input: ({ context }): DeadlineInput => ({ name: 'resume', atMs: context.resumeAtMs }),
      },
      on: { 'operator.resume': 'active', 'operator.reduce': 'reducing', 'deadline.resume': 'active' },
    },
    /** Nothing but a person ends a halt, and then only into `reducing`. A weaker switch changes nothing here. */
    halted: {
      entry: [
        { type: 'applyMode', params: { mode: 'halted' } },
        { type: 'tell', params: { mode: 'halted' } },
      ],
      on: {
        'operator.resume': { target: 'reducing', actions: { type: 'note', params: { reason: 'operator' } } },
        'switch.fired': {},
      },
    },
  },
});

export type RiskSupervisorRef = ActorRefFrom<typeof riskSupervisor>;
