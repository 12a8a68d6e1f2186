/**
 * From nothing to permission, data first, actors last.
 *
 *   opening → loading → reconciling → ready | refused
 *
 * It holds no sessions: the trader is created only after `ready`, so that nothing can act on what is not yet known.
 */
import { type ActorRefFrom, assign, setup } from 'xstate';
import { promiseOf } from './unprovided.ts';

/** What reconciliation found. */
export interface Readiness {
  /** An earlier run's journal was recovered. */
  readonly restored: boolean;
  /** Cash differs by a little: trading starts `reducing` until the operator accepts. */
  readonly startReducing: boolean;
}

interface BootContext {
  readonly readiness: Readiness | null;
  readonly failure: string | null;
}

export const boot = setup({
  types: { context: {} as BootContext, output: {} as BootContext },
  actors: {
    /** Opens the data folder and the venue: keys, clock, limits. */
    open: promiseOf<void>('open'),
    /** Reads journal and snapshots as plain data. */
    load: promiseOf<void>('load'),
    /** Compares orders, fills, positions and cash with complete listings. */
    reconcile: promiseOf<Readiness>('reconcile'),
  },
  actions: {
    noteReadiness: assign((_, params: Readiness) => ({ readiness: params })),
    noteFailure: assign((_, params: { failure: string }) => ({ failure: params.failure })),
  },
}).createMachine({
  id: 'boot',
  context: { readiness: null, failure: null },
  initial: 'opening',
  states: {
    opening: {
      invoke: {
        src: 'open',
        onDone: 'loading',
        onError: {
          target: 'refused',
          actions: { type: 'noteFailure', params: ({ event }) => ({ failure: String(event.error) }) },
        },
      },
    },
    loading: {
      invoke: {
        src: 'load',
        onDone: 'reconciling',
        onError: {
          target: 'refused',
          actions: { type: 'noteFailure', params: ({ event }) => ({ failure: String(event.error) }) },
        },
      },
    },
    reconciling: {
      invoke: {
        src: 'reconcile',
        onDone: { target: 'ready', actions: { type: 'noteReadiness', params: ({ event }) => event.output } },
        onError: {
          target: 'refused',
          actions: { type: 'noteFailure', params: ({ event }) => ({ failure: String(event.error) }) },
        },
      },
    },
    ready: { type: 'final' },
    refused: { type: 'final' },
  },
  output: ({ context }) => context,
});

export type BootRef = ActorRefFrom<typeof boot>;
