/**
 * The whole of a trader, created only when boot is ready.
 *
 *   trading → draining { winding → proving } → stopped
 *
 * It owns feed, scanner, sessions, gateway and supervisor, and passes on what one of them must know of another.
 */
import { type ActorRefFrom, assign, enqueueActions, sendTo, setup } from 'xstate';
import type { DeadlineInput } from './deadline.ts';
import { marketFeed } from './market-feed.ts';
import type { EndReason, RiskMode } from './market-session.ts';
import { orderGateway } from './order-gateway.ts';
import { riskSupervisor } from './risk-supervisor.ts';
import { type Candidate, type ScannerInput, scanner } from './scanner.ts';
import { type ManagerInput, sessionManager } from './session-manager.ts';
import { deadlineOf, promiseOf } from './unprovided.ts';

export interface TraderInput {
  readonly scanner: ScannerInput;
  readonly manager: ManagerInput;
}

/** What is known of our orders at the exchange in the end. */
export interface Proof {
  /** Client order ids that may still rest, with their markets. */
  readonly left: readonly string[];
}

export type TraderEvent =
  | { readonly type: 'feed.live' }
  | { readonly type: 'feed.down' }
  | {
      readonly type: 'markets.swept';
      readonly candidates: readonly Candidate[];
      readonly orphans: readonly Candidate[];
      readonly atMs: number;
    }
  | { readonly type: 'risk.moded'; readonly mode: RiskMode }
  | { readonly type: 'sessions.closed' }
  /**
   * Wind down. `hardAtMs` and `carryAtMs` (market time): when patience ends. `now` does not wait for a proof.
   */
  | {
      readonly type: 'trader.drain';
      readonly reason: EndReason;
      readonly manner: 'soft' | 'carry';
      readonly hardAtMs: number;
      readonly carryAtMs: number;
    }
  | { readonly type: 'trader.abandon' }
  | { readonly type: 'deadline.hard' }
  | { readonly type: 'deadline.carry' };

interface TraderContext extends TraderInput {
  readonly feedLive: boolean;
  readonly mode: RiskMode;
  readonly reason: EndReason | null;
  readonly hardAtMs: number;
  readonly carryAtMs: number;
  readonly proof: Proof | null;
}

const base = setup({
  types: {
    context: {} as TraderContext,
    events: {} as TraderEvent,
    input: {} as TraderInput,
    output: {} as { readonly proof: Proof | null },
  },
  actors: {
    deadline: deadlineOf(),
    marketFeed,
    scanner,
    sessionManager,
    orderGateway,
    riskSupervisor,
    /** Cancels whatever is left and resolves when complete listings show nothing of ours, or with what they show. */
    proveEmpty: promiseOf<Proof>('proveEmpty'),
  },
  actions: {
    noteDrain: assign((_, params: { reason: EndReason; hardAtMs: number; carryAtMs: number }) => ({
      reason: params.reason,
      hardAtMs: params.hardAtMs,
      carryAtMs: params.carryAtMs,
    })),
    noteProof: assign((_, params: Proof) => ({ proof: params })),
    noteLive: assign({ feedLive: true }),
    noteMode: assign((_, params: { mode: RiskMode }) => ({ mode: params.mode })),
    /** Open once data flows and no halt stands; a halt leaves nothing but cancels. */
    setPermission: sendTo('gateway', ({ context }) =>
      context.mode === 'halted'
        ? { type: 'gateway.restrict' as const, reason: 'halted' }
        : context.feedLive
          ? { type: 'gateway.open' as const }
          : { type: 'gateway.close' as const },
    ),
    closeGateway: sendTo('gateway', { type: 'gateway.close' }),
    closeSessions: sendTo('sessions', (_, params: { reason: EndReason; manner: 'soft' | 'hard' | 'carry' }) => ({
      type: 'manager.close',
      reason: params.reason,
      manner: params.manner,
    })),
    passMode: sendTo('sessions', (_, params: { mode: RiskMode }) => ({ type: 'risk.moded', mode: params.mode })),
  },
});

const offerMarkets = base.createAction(
  enqueueActions(({ event, enqueue }) => {
    if (event.type !== 'markets.swept') return;
    for (const orphan of event.orphans) {
      enqueue.sendTo('sessions', {
        type: 'position.orphaned',
        market: orphan.market,
        closeMs: orphan.closeMs,
        atMs: event.atMs,
      });
    }
    enqueue.sendTo('sessions', { type: 'candidates.found', candidates: event.candidates, atMs: event.atMs });
  }),
);

export const trader = base.createMachine({
  id: 'trader',
  context: ({ input }) => ({
    ...input,
    feedLive: false,
    mode: 'active',
    reason: null,
    hardAtMs: 0,
    carryAtMs: 0,
    proof: null,
  }),
  invoke: [
    { id: 'gateway', src: 'orderGateway', systemId: 'gateway' },
    { id: 'supervisor', src: 'riskSupervisor', systemId: 'supervisor' },
    { id: 'feed', src: 'marketFeed', systemId: 'feed' },
    { id: 'sessions', src: 'sessionManager', systemId: 'sessions', input: ({ context }) => context.manager },
  ],
  on: {
    'feed.live': { actions: ['noteLive', 'setPermission'] },
    'risk.moded': {
      actions: [
        { type: 'noteMode', params: ({ event }) => event },
        'setPermission',
        { type: 'passMode', params: ({ event }) => event },
      ],
    },
    'trader.abandon': '.stopped',
  },
  initial: 'trading',
  states: {
    trading: {
      invoke: { id: 'scanner', src: 'scanner', systemId: 'scanner', input: ({ context }) => context.scanner },
      on: {
        'markets.swept': { actions: offerMarkets },
        'trader.drain': {
          target: 'draining',
          actions: [
            { type: 'noteDrain', params: ({ event }) => event },
            { type: 'closeSessions', params: ({ event }) => event },
          ],
        },
      },
    },
    draining: {
      initial: 'winding',
      states: {
        winding: {
          invoke: [
            {
              id: 'hard',
              src: 'deadline',
              input: ({ context }): DeadlineInput => ({ name: 'hard', atMs: context.hardAtMs }),
            },
            {
              id: 'carry',
              src: 'deadline',
              input: ({ context }): DeadlineInput => ({ name: 'carry', atMs: context.carryAtMs }),
            },
          ],
          on: {
            // A signal during a patient wind-down ends the patience.
            'trader.drain': { actions: { type: 'closeSessions', params: ({ event }) => event } },
            'deadline.hard': {
              actions: {
                type: 'closeSessions',
                params: ({ context }) => ({ reason: context.reason ?? 'shutdown', manner: 'hard' as const }),
              },
            },
            'deadline.carry': {
              actions: {
                type: 'closeSessions',
                params: ({ context }) => ({ reason: context.reason ?? 'shutdown', manner: 'carry' as const }),
              },
            },
            'sessions.closed': 'proving',
          },
        },
        proving: {
          entry: 'closeGateway',
          on: {
            // Whatever else changes, the gateway stays closed: an order now would make the proof a lie.
            'feed.live': {},
            'risk.moded': { actions: { type: 'noteMode', params: ({ event }) => event } },
          },
          invoke: {
            id: 'proveEmpty',
            src: 'proveEmpty',
            onDone: { target: '#trader.stopped', actions: { type: 'noteProof', params: ({ event }) => event.output } },
            onError: '#trader.stopped',
          },
        },
      },
    },
    stopped: { type: 'final' },
  },
  output: ({ context }) => ({ proof: context.proof }),
});

export type TraderRef = ActorRefFrom<typeof trader>;
