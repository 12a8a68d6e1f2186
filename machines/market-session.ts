/**
 * One market, one session: from the first look at its book to the proof that nothing of ours is left on it.
 *
 *   warmup   { awaitingBook → awaitingRegime → delaying }                    nothing in the market
 *   quoting  parallel { flow: live ⇄ frozen · width: normal ⇄ widened · sides: both ⇄ bidOnly ⇄ askOnly }
 *   softExit { cancelling → awaitingReversion → working }                    no new risk, only reducing orders
 *   killed   { cancelling → flattening → carrying }                          immediate
 *   closed   final
 *
 * Facts (book, regime, data, toxicity, risk, position) are noted at the root, in one place each, and states leave by
 * guards on what was noted: a fact that came while another state was active is never lost.
 */
import { type ActorRefFrom, assign, raise, type SnapshotFrom, setup } from 'xstate';
import type { DeadlineInput } from './deadline.ts';
import { deadlineOf, eventsOf, promiseOf } from './unprovided.ts';

export type EndReason =
  | 'warmupTimeout'
  | 'ttl'
  | 'closing'
  | 'collapsed'
  | 'trendingToxic'
  | 'chaoticToxic'
  | 'dataStopped'
  | 'riskReducing'
  | 'riskHalted'
  | 'operator'
  /** An operator wants the position off: crossing is not spared where carrying would be cheaper. */
  | 'flattened'
  | 'shutdown'
  | 'carriedOn'
  | 'failed';

export type RiskMode = 'active' | 'reducing' | 'paused' | 'halted';

/** What a session is opened with; times are market time, milliseconds since 1970. */
export interface SessionInput {
  readonly session: string;
  readonly market: string;
  /** `carry` works an inherited position and never quotes. */
  readonly kind: 'quote' | 'carry';
  readonly openedMs: number;
  readonly warmupUntilMs: number;
  readonly startDelayMs: number;
  readonly ttlMs: number;
  /** From here on the market is too close to its end to hold a quote. */
  readonly closingAtMs: number;
  readonly onClose: 'flat' | 'carry';
  readonly reversionWaitMs: number;
  readonly softExitMaxMs: number;
  readonly carryTtlMs: number;
  /** Positions below this (0.01 contract) are closed without waiting for a reversion. */
  readonly smallQuantity: number;
  /** Where it goes on when an earlier process left it; null for a new one. */
  readonly resumed: Resumption | null;
}

/** What is believed of a session that an earlier process left. Everything else it must hear afresh. */
export interface Resumption {
  readonly into: 'warmup' | 'quoting' | 'softExit' | 'killed';
  readonly reason: EndReason | null;
  readonly carries: boolean;
  readonly readyAtMs: number;
  readonly withdrawnAtMs: number | null;
}

/** Plain JSON: it is stored with the session's snapshot. */
export interface SessionContext extends SessionInput {
  readonly reason: EndReason | null;
  /** No crossing on the way out: what is left is carried (a signal, a market about to settle on purpose). */
  readonly carries: boolean;
  /** Signed, 0.01 contract. */
  readonly position: number;
  readonly bookSynced: boolean;
  /** The same allowed regime for the windows that warm-up asks for, on enough observations. */
  readonly regimeReady: boolean;
  readonly regime: string;
  readonly regimeFresh: boolean;
  /** An allowed regime was told by this process: a session that comes back does not quote on what it remembers. */
  readonly regimeSeen: boolean;
  /** When the regime was last heard to be ready: warm-up's delay and the session's TTL count from here. */
  readonly readyAtMs: number;
  /** When everything of ours was first known to be off the book: the patience of an exit counts from here, once. */
  readonly withdrawnAtMs: number | null;
  /** The book may be acted on: in sync, alive, not lagging. */
  readonly dataCurrent: boolean;
  /** Not current for so long that the session must end. */
  readonly dataStopped: boolean;
  readonly tradesHeard: boolean;
  readonly spreadCalm: boolean;
  readonly toxic: boolean;
  readonly collapsed: boolean;
  readonly risk: RiskMode;
  /** An order here whose fate is unknown: nothing new may be sent. */
  readonly certain: boolean;
}

export type SessionFact =
  | { readonly type: 'book.synced' }
  | { readonly type: 'book.voided' }
  | {
      readonly type: 'regime.changed';
      readonly regime: string;
      readonly ready: boolean;
      readonly fresh: boolean;
      /** A whole window of an allowed regime was seen since the book could be read. */
      readonly seen: boolean;
      readonly atMs: number;
    }
  | { readonly type: 'data.current' }
  | { readonly type: 'data.stale' }
  | { readonly type: 'data.stopped' }
  | { readonly type: 'trades.heard' }
  | { readonly type: 'trades.silent' }
  | { readonly type: 'spread.shocked' }
  | { readonly type: 'spread.calmed' }
  | { readonly type: 'toxicity.triggered' }
  | { readonly type: 'toxicity.recovered' }
  | { readonly type: 'volatility.collapsed' }
  | { readonly type: 'position.changed'; readonly position: number }
  | { readonly type: 'orders.uncertain' }
  | { readonly type: 'orders.certain' }
  | { readonly type: 'market.ended' }
  | { readonly type: 'risk.moded'; readonly mode: RiskMode };

export type SessionEvent =
  | SessionFact
  /** Commands. `soft` unwinds with patience, `hard` crosses within the allowance, `carry` only cancels. */
  | { readonly type: 'session.stop'; readonly reason: EndReason; readonly manner: 'soft' | 'hard' | 'carry' }
  /** From the quoter: which sides it can quote at all. */
  | { readonly type: 'sides.limited'; readonly to: 'both' | 'bidOnly' | 'askOnly' }
  | { readonly type: 'quoter.failed'; readonly message: string }
  | { readonly type: 'exit.flat' }
  | { readonly type: 'deadline.warmup' }
  | { readonly type: 'deadline.delay' }
  | { readonly type: 'deadline.ttl' }
  | { readonly type: 'deadline.closing' }
  | { readonly type: 'deadline.reversion' }
  | { readonly type: 'deadline.softExit' };

/** What a closed session leaves behind. */
export interface SessionOutput {
  readonly session: string;
  readonly market: string;
  readonly kind: 'quote' | 'carry';
  readonly reason: EndReason;
  /** Signed inventory that is carried, 0.01 contract; 0 unless said. */
  readonly carried: number;
}

/** Nothing of ours rests here any more, as of market time `atMs`; `position` is signed, 0.01 contract. */
export interface Withdrawn {
  readonly position: number;
  readonly atMs: number;
}

export interface OfSession {
  readonly session: string;
  readonly market: string;
}

const base = setup({
  types: {
    context: {} as SessionContext,
    events: {} as SessionEvent,
    input: {} as SessionInput,
    output: {} as SessionOutput,
  },
  actors: {
    deadline: deadlineOf(),
    /** Everything this session has to hear; says the present state of things first. */
    facts: eventsOf<SessionFact, OfSession>('facts'),
    /** Quotes while subscribed; leaving takes the quotes off. */
    quoter: eventsOf<SessionEvent, OfSession>('quoter'),
    /** Works reducing orders while subscribed; says `exit.flat` when nothing is left to reduce and nothing rests. */
    exitWorker: eventsOf<SessionEvent, OfSession & { readonly patient: boolean }>('exitWorker'),
    /** Resolves with the signed position once nothing of ours rests here and every fill is known. */
    withdraw: promiseOf<Withdrawn, OfSession>('withdraw'),
    /** Crosses within the slippage allowance (a benign end only where that is cheaper than carrying), then proves that nothing rests; resolves with what is left. */
    flatten: promiseOf<Withdrawn, OfSession & { readonly isBenign: boolean }>('flatten'),
  },
  actions: {
    noteEnd: assign(({ context }, params: { reason: EndReason; carries?: boolean }) => ({
      reason: context.reason ?? params.reason,
      carries: context.carries || (params.carries ?? false),
    })),
    noteCarries: assign({ carries: true }),
    noteWithdrawn: assign(({ context }, params: Withdrawn) => ({
      position: params.position,
      withdrawnAtMs: context.withdrawnAtMs ?? params.atMs,
    })),
    /** A quoter that begins quotes both sides until it says otherwise. */
    resetSides: raise({ type: 'sides.limited', to: 'both' }),
    widenQuotes: () => undefined,
    narrowQuotes: () => undefined,
    reportCarried: () => undefined,
  },
  guards: {
    isCarryKind: ({ context }) => context.kind === 'carry',
    resumesKilled: ({ context }) => context.resumed?.into === 'killed',
    resumesExit: ({ context }) => context.resumed?.into === 'softExit',
    resumesQuoting: ({ context }) => context.resumed?.into === 'quoting',
    isBookSynced: ({ context }) => context.bookSynced,
    isBookLost: ({ context }) => !context.bookSynced,
    limitsToBid: ({ event }) => event.type === 'sides.limited' && event.to === 'bidOnly',
    limitsToAsk: ({ event }) => event.type === 'sides.limited' && event.to === 'askOnly',
    isRegimeReady: ({ context }) => context.regimeReady,
    isRegimeLost: ({ context }) => !context.regimeReady,
    mustFreeze: ({ context }) => freezes(context),
    mayThaw: ({ context }) => !freezes(context),
    isHalted: ({ context }) => context.risk === 'halted',
    isReducing: ({ context }) => context.risk === 'reducing' || context.risk === 'paused',
    isTrendingToxic: ({ context }) => context.toxic && context.regime === 'TRENDING',
    isChaoticToxic: ({ context }) => context.toxic && context.regime === 'CHAOTIC',
    isToxic: ({ context }) => context.toxic,
    isCalm: ({ context }) => !context.toxic,
    isDataStopped: ({ context }) => context.dataStopped,
    isCollapsed: ({ context }) => context.collapsed,
    carriesOnClose: ({ context }) => context.onClose === 'carry',
    mayFlatten: ({ context }) => mayCross(context),
    mustNotFlatten: ({ context }) => !mayCross(context),
    skipsReversion: ({ context }, params: { position: number }) =>
      context.kind === 'carry' ||
      Math.abs(params.position) < context.smallQuantity ||
      context.toxic ||
      context.reason === 'closing' ||
      context.reason === 'flattened' ||
      context.reason === 'riskReducing',
    leftFlat: (_, params: { position: number }) => params.position === 0,
    stopsSoftly: ({ event }) => event.type === 'session.stop' && event.manner === 'soft',
    stopsNow: ({ event }) => event.type === 'session.stop' && event.manner !== 'soft',
    stopsCarrying: ({ event }) => event.type === 'session.stop' && event.manner === 'carry',
  },
});

/** Every reason for which a quoting session takes its quotes off and may come back. */
function freezes(context: SessionContext): boolean {
  return (
    !context.bookSynced ||
    !context.dataCurrent ||
    !context.regimeFresh ||
    !context.regimeSeen ||
    !context.tradesHeard ||
    !context.spreadCalm ||
    !context.certain
  );
}

/** Crossing needs a book that is trusted now, an account that is known, and permission to take. */
function mayCross(context: SessionContext): boolean {
  return !context.carries && context.bookSynced && context.dataCurrent && context.certain && context.risk !== 'halted';
}

/** Ends that came without a reason to run: what is left may be carried where crossing costs more. */
function isBenign(reason: EndReason | null): boolean {
  return reason === 'ttl' || reason === 'collapsed' || reason === 'operator' || reason === 'shutdown';
}

const ofSession = ({ context }: { context: SessionContext }): OfSession => ({
  session: context.session,
  market: context.market,
});
const stopReason = ({ event }: { event: SessionEvent }): { reason: EndReason; carries: boolean } => ({
  reason: event.type === 'session.stop' ? event.reason : 'failed',
  carries: event.type === 'session.stop' && event.manner === 'carry',
});
const deadline =
  (name: string, at: (context: SessionContext) => number) =>
  ({ context }: { context: SessionContext }): DeadlineInput => ({ name, atMs: at(context) });

export const marketSession = base.createMachine({
  id: 'marketSession',
  context: ({ input }) => ({
    ...input,
    reason: input.resumed?.reason ?? null,
    carries: input.resumed?.carries ?? false,
    position: 0,
    bookSynced: false,
    regimeReady: false,
    regime: 'UNKNOWN',
    regimeFresh: false,
    regimeSeen: false,
    readyAtMs: input.resumed?.readyAtMs ?? 0,
    withdrawnAtMs: input.resumed?.withdrawnAtMs ?? null,
    dataCurrent: false,
    dataStopped: false,
    tradesHeard: true,
    spreadCalm: true,
    toxic: false,
    collapsed: false,
    risk: 'active',
    certain: true,
  }),
  invoke: {
    id: 'facts',
    src: 'facts',
    input: ofSession,
    // Blind and deaf: off the book, and no crossing on what was heard last.
    onError: { target: '.killed', actions: { type: 'noteEnd', params: { reason: 'failed', carries: true } } },
  },
  on: {
    'book.synced': { actions: assign({ bookSynced: true }) },
    'book.voided': { actions: assign({ bookSynced: false }) },
    'regime.changed': {
      actions: assign(({ context, event }) => ({
        regime: event.regime,
        regimeReady: event.ready,
        regimeFresh: event.fresh,
        regimeSeen: context.regimeSeen || event.seen,
        readyAtMs: event.ready && !context.regimeReady ? event.atMs : context.readyAtMs,
      })),
    },
    'data.current': { actions: assign({ dataCurrent: true, dataStopped: false }) },
    'data.stale': { actions: assign({ dataCurrent: false }) },
    'data.stopped': { actions: assign({ dataCurrent: false, dataStopped: true }) },
    'trades.heard': { actions: assign({ tradesHeard: true }) },
    'trades.silent': { actions: assign({ tradesHeard: false }) },
    'spread.shocked': { actions: assign({ spreadCalm: false }) },
    'spread.calmed': { actions: assign({ spreadCalm: true }) },
    'toxicity.triggered': { actions: assign({ toxic: true }) },
    'toxicity.recovered': { actions: assign({ toxic: false }) },
    'volatility.collapsed': { actions: assign({ collapsed: true }) },
    'position.changed': { actions: assign(({ event }) => ({ position: event.position })) },
    'orders.uncertain': { actions: assign({ certain: false }) },
    'orders.certain': { actions: assign({ certain: true }) },
    'risk.moded': { actions: assign(({ event }) => ({ risk: event.mode })) },
  },
  initial: 'opening',
  states: {
    opening: {
      always: [
        // What an earlier process left begins at the entrance of where it was: nothing inside is believed.
        { guard: 'resumesKilled', target: 'killed' },
        { guard: 'resumesExit', target: 'softExit' },
        { guard: 'resumesQuoting', target: 'quoting' },
        // Its reason to end is not known yet.
        { guard: 'isCarryKind', target: 'softExit' },
        { target: 'warmup' },
      ],
    },

    warmup: {
      invoke: [
        { id: 'warmupDeadline', src: 'deadline', input: deadline('warmup', (context) => context.warmupUntilMs) },
        { id: 'closing', src: 'deadline', input: deadline('closing', (context) => context.closingAtMs) },
      ],
      always: [
        { guard: 'isHalted', target: 'closed', actions: { type: 'noteEnd', params: { reason: 'riskHalted' } } },
        { guard: 'isReducing', target: 'closed', actions: { type: 'noteEnd', params: { reason: 'riskReducing' } } },
      ],
      on: {
        'deadline.warmup': { target: 'closed', actions: { type: 'noteEnd', params: { reason: 'warmupTimeout' } } },
        'deadline.closing': { target: 'closed', actions: { type: 'noteEnd', params: { reason: 'closing' } } },
        'market.ended': { target: 'closed', actions: { type: 'noteEnd', params: { reason: 'closing' } } },
        'session.stop': { target: 'closed', actions: { type: 'noteEnd', params: stopReason } },
      },
      initial: 'awaitingBook',
      states: {
        awaitingBook: { always: { guard: 'isBookSynced', target: 'awaitingRegime' } },
        awaitingRegime: {
          always: [
            { guard: 'isBookLost', target: 'awaitingBook' },
            { guard: 'isRegimeReady', target: 'delaying' },
          ],
        },
        delaying: {
          invoke: {
            id: 'startDelay',
            src: 'deadline',
            input: deadline('delay', (context) => context.readyAtMs + context.startDelayMs),
          },
          always: [
            { guard: 'isBookLost', target: 'awaitingBook' },
            { guard: 'isRegimeLost', target: 'awaitingRegime' },
          ],
          on: { 'deadline.delay': '#marketSession.quoting' },
        },
      },
    },

    quoting: {
      type: 'parallel',
      invoke: [
        {
          id: 'ttl',
          src: 'deadline',
          input: deadline('ttl', (context) => context.readyAtMs + context.startDelayMs + context.ttlMs),
        },
        { id: 'closing', src: 'deadline', input: deadline('closing', (context) => context.closingAtMs) },
      ],
      always: [
        {
          guard: 'isHalted',
          target: 'killed',
          actions: { type: 'noteEnd', params: { reason: 'riskHalted', carries: true } },
        },
        { guard: 'isChaoticToxic', target: 'killed', actions: { type: 'noteEnd', params: { reason: 'chaoticToxic' } } },
        { guard: 'isDataStopped', target: 'killed', actions: { type: 'noteEnd', params: { reason: 'dataStopped' } } },
        {
          guard: 'isTrendingToxic',
          target: 'softExit',
          actions: { type: 'noteEnd', params: { reason: 'trendingToxic' } },
        },
        { guard: 'isReducing', target: 'softExit', actions: { type: 'noteEnd', params: { reason: 'riskReducing' } } },
        { guard: 'isCollapsed', target: 'softExit', actions: { type: 'noteEnd', params: { reason: 'collapsed' } } },
      ],
      on: {
        'deadline.ttl': { target: 'softExit', actions: { type: 'noteEnd', params: { reason: 'ttl' } } },
        'deadline.closing': [
          {
            guard: 'carriesOnClose',
            target: 'killed',
            actions: { type: 'noteEnd', params: { reason: 'closing', carries: true } },
          },
          { target: 'softExit', actions: { type: 'noteEnd', params: { reason: 'closing' } } },
        ],
        'market.ended': {
          target: 'killed',
          actions: { type: 'noteEnd', params: { reason: 'closing', carries: true } },
        },
        'quoter.failed': { target: 'killed', actions: { type: 'noteEnd', params: { reason: 'failed' } } },
        'session.stop': [
          { guard: 'stopsSoftly', target: 'softExit', actions: { type: 'noteEnd', params: stopReason } },
          { target: 'killed', actions: { type: 'noteEnd', params: stopReason } },
        ],
      },
      states: {
        flow: {
          initial: 'frozen',
          states: {
            live: {
              entry: 'resetSides',
              invoke: {
                id: 'quoter',
                src: 'quoter',
                input: ofSession,
                onError: {
                  target: '#marketSession.killed',
                  actions: { type: 'noteEnd', params: { reason: 'failed' } },
                },
              },
              always: { guard: 'mustFreeze', target: 'frozen' },
            },
            frozen: { always: { guard: 'mayThaw', target: 'live' } },
          },
        },
        width: {
          initial: 'normal',
          states: {
            normal: { always: { guard: 'isToxic', target: 'widened' } },
            widened: { entry: 'widenQuotes', exit: 'narrowQuotes', always: { guard: 'isCalm', target: 'normal' } },
          },
        },
        sides: {
          initial: 'both',
          on: {
            'sides.limited': [
              { guard: 'limitsToBid', target: '.bidOnly' },
              { guard: 'limitsToAsk', target: '.askOnly' },
              { target: '.both' },
            ],
          },
          states: { both: {}, bidOnly: {}, askOnly: {} },
        },
      },
    },

    softExit: {
      on: {
        'market.ended': {
          target: 'killed',
          actions: { type: 'noteEnd', params: { reason: 'closing', carries: true } },
        },
        'session.stop': { guard: 'stopsNow', target: 'killed', actions: { type: 'noteEnd', params: stopReason } },
      },
      always: {
        guard: 'isHalted',
        target: 'killed',
        actions: { type: 'noteEnd', params: { reason: 'riskHalted', carries: true } },
      },
      initial: 'cancelling',
      states: {
        cancelling: {
          invoke: {
            id: 'withdraw',
            src: 'withdraw',
            input: ofSession,
            onDone: [
              {
                guard: { type: 'leftFlat', params: ({ event }) => event.output },
                target: '#marketSession.closed',
                actions: { type: 'noteWithdrawn', params: ({ event }) => event.output },
              },
              {
                guard: { type: 'skipsReversion', params: ({ event }) => event.output },
                target: 'working',
                actions: { type: 'noteWithdrawn', params: ({ event }) => event.output },
              },
              { target: 'awaitingReversion', actions: { type: 'noteWithdrawn', params: ({ event }) => event.output } },
            ],
            onError: {
              target: '#marketSession.killed',
              actions: { type: 'noteEnd', params: { reason: 'failed', carries: true } },
            },
          },
        },
        awaitingReversion: {
          invoke: {
            id: 'reversion',
            src: 'deadline',
            input: deadline('reversion', (context) => (context.withdrawnAtMs ?? 0) + context.reversionWaitMs),
          },
          on: { 'deadline.reversion': 'working' },
        },
        working: {
          invoke: [
            {
              id: 'exitWorker',
              src: 'exitWorker',
              input: ({ context }) => ({ ...ofSession({ context }), patient: context.kind === 'carry' }),
              onError: {
                target: '#marketSession.killed',
                actions: { type: 'noteEnd', params: { reason: 'failed', carries: true } },
              },
            },
            {
              id: 'softExitDeadline',
              src: 'deadline',
              input: deadline(
                'softExit',
                (context) =>
                  (context.withdrawnAtMs ?? 0) +
                  (context.kind === 'carry' ? context.carryTtlMs : context.softExitMaxMs),
              ),
            },
          ],
          on: {
            'exit.flat': 'cancelling',
            'quoter.failed': {
              target: '#marketSession.killed',
              actions: { type: 'noteEnd', params: { reason: 'failed', carries: true } },
            },
            'deadline.softExit': [
              {
                guard: 'isCarryKind',
                target: '#marketSession.killed',
                actions: { type: 'noteEnd', params: { reason: 'carriedOn', carries: true } },
              },
              { target: '#marketSession.killed' },
            ],
          },
        },
      },
    },

    killed: {
      initial: 'cancelling',
      on: {
        'session.stop': { guard: 'stopsCarrying', actions: { type: 'noteEnd', params: stopReason } },
        'market.ended': { actions: { type: 'noteEnd', params: { reason: 'closing', carries: true } } },
      },
      states: {
        cancelling: {
          invoke: {
            id: 'withdraw',
            src: 'withdraw',
            input: ofSession,
            onDone: [
              {
                guard: { type: 'leftFlat', params: ({ event }) => event.output },
                target: '#marketSession.closed',
                actions: { type: 'noteWithdrawn', params: ({ event }) => event.output },
              },
              {
                guard: 'mayFlatten',
                target: 'flattening',
                actions: { type: 'noteWithdrawn', params: ({ event }) => event.output },
              },
              { target: 'carrying', actions: { type: 'noteWithdrawn', params: ({ event }) => event.output } },
            ],
            onError: { target: 'carrying', actions: { type: 'noteEnd', params: { reason: 'failed', carries: true } } },
          },
        },
        flattening: {
          // Permission or trust lost on the way: no further crossing, and none later.
          always: { guard: 'mustNotFlatten', target: 'cancelling', actions: 'noteCarries' },
          invoke: {
            id: 'flatten',
            src: 'flatten',
            input: ({ context }) => ({ ...ofSession({ context }), isBenign: isBenign(context.reason) }),
            onDone: [
              {
                guard: { type: 'leftFlat', params: ({ event }) => event.output },
                target: '#marketSession.closed',
                actions: { type: 'noteWithdrawn', params: ({ event }) => event.output },
              },
              { target: 'carrying', actions: { type: 'noteWithdrawn', params: ({ event }) => event.output } },
            ],
            onError: { target: 'carrying', actions: { type: 'noteEnd', params: { reason: 'failed', carries: true } } },
          },
        },
        /** What is left is explicit: the manager hands it to a session of kind `carry`. */
        carrying: { entry: 'reportCarried', always: '#marketSession.closed' },
      },
    },

    closed: { type: 'final' },
  },
  output: ({ context }) => ({
    session: context.session,
    market: context.market,
    kind: context.kind,
    reason: context.reason ?? (context.kind === 'carry' ? 'carriedOn' : 'failed'),
    carried: context.position,
  }),
});

export type MarketSessionRef = ActorRefFrom<typeof marketSession>;
export type MarketSessionSnapshot = SnapshotFrom<typeof marketSession>;
