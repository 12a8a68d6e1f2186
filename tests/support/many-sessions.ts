/** Many market sessions, each with its own chart, whose facts are made up: a busy day for those who look at charts. */
import { Subject } from 'rxjs';
import { createActor, fromEventObservable, fromPromise, type InspectionEvent, setup } from 'xstate';
import { deadlineOn } from '../../machines/deadline.ts';
import { marketSession, type SessionEvent, type SessionFact, type Withdrawn } from '../../machines/market-session.ts';
import type { Clock } from '../../src/domain/clock.ts';
import { ALLOWED, SESSION_INPUT } from './session-stage.ts';

export interface ManySessions {
  /** All of them quote. */
  readonly count: number;
  /** One transition of this session's chart, from one width to the other. */
  toggle(index: number): void;
  tell(index: number, fact: SessionFact): void;
  stop(): void;
}

export function startSessions(
  count: number,
  options: {
    readonly clock: Clock;
    readonly inspect: (event: InspectionEvent) => void;
    readonly tickers?: readonly string[];
  },
): ManySessions {
  const nowMs = options.clock.now();
  const facts = Array.from({ length: count }, () => new Subject<SessionFact>());
  const silent = new Subject<SessionEvent>();
  const never = () => new Promise<Withdrawn>(() => undefined);
  const session = marketSession.provide({
    actors: {
      deadline: deadlineOn(options.clock),
      facts: fromEventObservable(({ input }) => facts[Number(input.session.slice(1))]!),
      quoter: fromEventObservable(() => silent),
      exitWorker: fromEventObservable(() => silent),
      withdraw: fromPromise(never),
      flatten: fromPromise(never),
    },
    actions: { widenQuotes: () => undefined, narrowQuotes: () => undefined, reportCarried: () => undefined },
  });
  const root = setup({ actors: { session } }).createMachine({
    id: 'sessionManager',
    invoke: facts.map((_, index) => ({
      id: `s${index}`,
      src: 'session' as const,
      input: {
        ...SESSION_INPUT,
        session: `s${index}`,
        market: options.tickers?.[index] ?? `CHART-${index}`,
        openedMs: nowMs,
        warmupUntilMs: nowMs + 3_600_000,
        startDelayMs: 0,
        ttlMs: 86_400_000,
        closingAtMs: nowMs + 30 * 86_400_000,
      },
    })),
  });
  const actor = createActor(root, { clock: options.clock, inspect: options.inspect, id: 'sessions' });
  actor.start();
  const isToxic = new Array<boolean>(count).fill(false);
  for (const stream of facts) {
    for (const type of ['data.current', 'book.synced', 'trades.heard'] as const) stream.next({ type });
    stream.next({ ...ALLOWED, atMs: nowMs });
  }
  return {
    count,
    toggle(index) {
      isToxic[index] = !isToxic[index];
      facts[index]!.next({ type: isToxic[index] ? 'toxicity.triggered' : 'toxicity.recovered' });
    },
    tell: (index, fact) => facts[index]!.next(fact),
    stop: () => actor.stop(),
  };
}
