/**
 * Finds markets worth quoting.
 *
 *   discovering → watching { sweeping ⇄ resting } → rediscovering → watching;  starved when nothing qualifies
 *
 * Discovery reads the whole catalogue; a sweep looks again at the shortlist, with what the streams have told since.
 */
import { type ActorRefFrom, assign, sendParent, setup } from 'xstate';
import type { DeadlineInput } from './deadline.ts';
import { deadlineOf, eventsOf, promiseOf } from './unprovided.ts';

/** A market that may have a session now, best first. */
export interface Candidate {
  readonly market: string;
  readonly score: number;
  /** Market time, milliseconds since 1970. */
  readonly closeMs: number;
}

/** What a reading of the catalogue came to; `atMs` is market time. */
export interface Discovery {
  readonly seen: number;
  readonly accepted: number;
  readonly complete: boolean;
  readonly atMs: number;
}
export interface Sweep {
  readonly candidates: readonly Candidate[];
  /** Markets where we hold a position that no session works on. */
  readonly orphans: readonly Candidate[];
  readonly atMs: number;
}

export type ScannerEvent =
  | { readonly type: 'deadline.sweep' }
  | { readonly type: 'deadline.rediscover' }
  /** The venue listed, opened or moved a market: the shortlist is out of date. */
  | { readonly type: 'catalogue.changed' }
  | { readonly type: 'scan.now' };

interface ScannerContext {
  readonly sweepEveryMs: number;
  readonly rediscoverEveryMs: number;
  readonly seen: number;
  readonly accepted: number;
  readonly discoveredAtMs: number;
  readonly sweptAtMs: number;
  readonly failure: string | null;
  /** The venue changed its catalogue while it was being read: what was read may lack it. */
  readonly isOutdated: boolean;
}

export interface ScannerInput {
  readonly sweepEveryMs: number;
  readonly rediscoverEveryMs: number;
}

const base = setup({
  types: { context: {} as ScannerContext, events: {} as ScannerEvent, input: {} as ScannerInput },
  actors: {
    deadline: deadlineOf(),
    catalogueChanges: eventsOf<ScannerEvent>('catalogueChanges'),
    discover: promiseOf<Discovery>('discover'),
    sweep: promiseOf<Sweep>('sweep'),
    /** Resolves when it is time to look again after nothing was found. */
    whenToRetry: promiseOf<number>('whenToRetry'),
  },
  actions: {
    noteDiscovery: assign((_, params: Discovery) => ({
      seen: params.seen,
      accepted: params.accepted,
      discoveredAtMs: params.atMs,
      sweptAtMs: params.atMs,
      failure: null,
    })),
    noteSweep: assign((_, params: Sweep) => ({ sweptAtMs: params.atMs })),
    noteOutdated: assign(() => ({ isOutdated: true })),
    beginReading: assign(() => ({ isOutdated: false })),
    noteFailure: assign((_, params: { failure: string }) => ({ failure: params.failure })),
    offer: sendParent((_, params: Sweep) => ({ type: 'markets.swept', ...params })),
  },
  guards: {
    foundSome: (_, params: { accepted: number }) => params.accepted > 0,
    isOutdated: ({ context }) => context.isOutdated,
  },
});

const discovering = {
  entry: 'beginReading',
  on: { 'catalogue.changed': { actions: 'noteOutdated' } },
  invoke: {
    id: 'discover',
    src: 'discover',
    onDone: [
      {
        guard: { type: 'foundSome', params: ({ event }: { event: { output: Discovery } }) => event.output },
        target: 'watching',
        actions: { type: 'noteDiscovery', params: ({ event }: { event: { output: Discovery } }) => event.output },
      },
      {
        guard: 'isOutdated',
        target: 'rediscovering',
        reenter: true,
        actions: { type: 'noteDiscovery', params: ({ event }: { event: { output: Discovery } }) => event.output },
      },
      {
        target: 'starved',
        actions: { type: 'noteDiscovery', params: ({ event }: { event: { output: Discovery } }) => event.output },
      },
    ],
    onError: {
      target: 'starved',
      actions: {
        type: 'noteFailure',
        params: ({ event }: { event: { error: unknown } }) => ({ failure: String(event.error) }),
      },
    },
  },
} as const;

export const scanner = base.createMachine({
  id: 'scanner',
  context: ({ input }) => ({
    ...input,
    seen: 0,
    accepted: 0,
    discoveredAtMs: 0,
    sweptAtMs: 0,
    failure: null,
    isOutdated: false,
  }),
  invoke: { id: 'catalogueChanges', src: 'catalogueChanges' },
  initial: 'discovering',
  states: {
    discovering,
    watching: {
      invoke: {
        id: 'rediscover',
        src: 'deadline',
        input: ({ context }): DeadlineInput => ({
          name: 'rediscover',
          atMs: context.discoveredAtMs + context.rediscoverEveryMs,
        }),
      },
      on: { 'deadline.rediscover': 'rediscovering', 'catalogue.changed': 'rediscovering' },
      initial: 'sweeping',
      states: {
        sweeping: {
          invoke: {
            id: 'sweep',
            src: 'sweep',
            onDone: [
              {
                // What was found is offered all the same: a catalogue that never rests must not keep us from trading.
                guard: 'isOutdated',
                target: '#scanner.rediscovering',
                actions: [
                  { type: 'noteSweep', params: ({ event }) => event.output },
                  { type: 'offer', params: ({ event }) => event.output },
                ],
              },
              {
                target: 'resting',
                actions: [
                  { type: 'noteSweep', params: ({ event }) => event.output },
                  { type: 'offer', params: ({ event }) => event.output },
                ],
              },
            ],
            onError: {
              target: '#scanner.starved',
              actions: { type: 'noteFailure', params: ({ event }) => ({ failure: String(event.error) }) },
            },
          },
        },
        resting: {
          invoke: {
            id: 'nextSweep',
            src: 'deadline',
            input: ({ context }): DeadlineInput => ({ name: 'sweep', atMs: context.sweptAtMs + context.sweepEveryMs }),
          },
          on: { 'deadline.sweep': 'sweeping', 'scan.now': 'sweeping' },
        },
      },
    },
    rediscovering: discovering,
    starved: {
      invoke: [
        { id: 'whenToRetry', src: 'whenToRetry', onDone: 'discovering', onError: 'discovering' },
        // Nothing to quote is no reason to forget what is held.
        {
          id: 'lookAfterHeld',
          src: 'sweep',
          onDone: { actions: { type: 'offer', params: ({ event }) => ({ ...event.output, candidates: [] }) } },
          onError: { actions: { type: 'noteFailure', params: ({ event }) => ({ failure: String(event.error) }) } },
        },
      ],
      on: { 'catalogue.changed': 'discovering', 'scan.now': 'discovering' },
    },
  },
});

export type ScannerRef = ActorRefFrom<typeof scanner>;
