/** One market session with bodies that a test drives, on a clock that stands. */
import { createActor, type Snapshot } from 'xstate';
import { deadlineOn } from '../../machines/deadline.ts';
import {
  marketSession,
  type OfSession,
  type SessionEvent,
  type SessionFact,
  type SessionInput,
  type Withdrawn,
} from '../../machines/market-session.ts';
import type { ManualClock } from '../../src/domain/manual-clock.ts';
import { Asked, clockAt, T0_MS, Tap } from './chart-bodies.ts';
import { ChartWalk } from './chart-walk.ts';

export const SESSION_INPUT: SessionInput = {
  session: 's1',
  market: 'RAIN-26',
  kind: 'quote',
  openedMs: T0_MS,
  warmupUntilMs: T0_MS + 60_000,
  startDelayMs: 5_000,
  ttlMs: 300_000,
  closingAtMs: T0_MS + 3_600_000,
  onClose: 'flat',
  reversionWaitMs: 15_000,
  softExitMaxMs: 20_000,
  carryTtlMs: 600_000,
  smallQuantity: 200,
  resumed: null,
};

export const ALLOWED = { type: 'regime.changed', regime: 'RANGING', ready: true, fresh: true, seen: true } as const;
/** More than `smallQuantity`. */
export const LARGE = 1_000;
export const SMALL = 100;

export interface StageOptions {
  readonly input?: Partial<SessionInput>;
  readonly clock?: ManualClock;
  /** What an earlier session left in a store. */
  readonly snapshot?: unknown;
  readonly walk?: ChartWalk;
}

export class SessionStage {
  readonly clock: ManualClock;
  readonly facts = new Tap<SessionFact, OfSession>();
  readonly quoter = new Tap<SessionEvent, OfSession>();
  readonly exitWorker = new Tap<SessionEvent, OfSession & { readonly patient: boolean }>();
  readonly withdraw = new Asked<Withdrawn, OfSession>();
  readonly flatten = new Asked<Withdrawn, OfSession & { readonly isBenign: boolean }>();
  /** Actions in order. */
  readonly acted: string[] = [];
  readonly actor;

  constructor({ input, clock, snapshot, walk }: StageOptions = {}) {
    this.clock = clock ?? clockAt();
    const act = (name: string) => () => void this.acted.push(name);
    this.actor = createActor(
      marketSession.provide({
        actors: {
          deadline: deadlineOn(this.clock),
          facts: this.facts.body,
          quoter: this.quoter.body,
          exitWorker: this.exitWorker.body,
          withdraw: this.withdraw.body,
          flatten: this.flatten.body,
        },
        actions: {
          widenQuotes: act('widen'),
          narrowQuotes: act('narrow'),
          reportCarried: act('carried'),
        },
      }),
      {
        clock: this.clock,
        input: { ...SESSION_INPUT, ...input },
        ...(snapshot === undefined ? {} : { snapshot: snapshot as Snapshot<unknown> }),
        inspect: (walk ?? new ChartWalk(marketSession)).inspect,
      },
    );
  }

  start(): this {
    this.actor.start();
    return this;
  }
  get value() {
    return this.actor.getSnapshot().value;
  }
  get context() {
    return this.actor.getSnapshot().context;
  }
  get output() {
    return this.actor.getSnapshot().output;
  }
  get isOver(): boolean {
    return this.actor.getSnapshot().status === 'done';
  }
  tell(event: SessionEvent): void {
    this.actor.send(event);
  }
  stop(manner: 'soft' | 'hard' | 'carry', reason: 'operator' | 'shutdown' = 'operator'): void {
    this.tell({ type: 'session.stop', reason, manner });
  }
  pass(ms: number): void {
    this.clock.advanceTo(this.clock.now() + ms);
  }
  regime(change: Partial<{ regime: string; ready: boolean; fresh: boolean; seen: boolean }> = {}): void {
    this.facts.say({ ...ALLOWED, ...change, atMs: this.clock.now() });
  }
  withdrawn(position: number): Promise<void> {
    return this.withdraw.answer({ position, atMs: this.clock.now() });
  }
  flattened(position: number): Promise<void> {
    return this.flatten.answer({ position, atMs: this.clock.now() });
  }

  /** Everything that warm-up waits for, in the order in which it waits. */
  toDelaying(): this {
    this.facts.say({ type: 'data.current' }, { type: 'book.synced' });
    this.regime();
    return this;
  }
  toQuoting(): this {
    this.toDelaying();
    this.pass(SESSION_INPUT.startDelayMs);
    return this;
  }
  toSoftExit(): this {
    this.toQuoting().stop('soft');
    return this;
  }
  async toWorking(): Promise<this> {
    this.toSoftExit();
    await this.withdrawn(LARGE);
    this.pass(SESSION_INPUT.reversionWaitMs);
    return this;
  }
  toKilled(): this {
    this.toQuoting().stop('hard');
    return this;
  }
  async toFlattening(): Promise<this> {
    this.toKilled();
    await this.withdrawn(LARGE);
    return this;
  }

  /** Everything that listens, works or waits for this session now. */
  alive(): { listeners: number; promises: number; deadlines: boolean } {
    const { facts, quoter, exitWorker, withdraw, flatten, clock } = this;
    return {
      listeners: facts.listeners + quoter.listeners + exitWorker.listeners,
      promises: withdraw.open.length + flatten.open.length,
      deadlines: clock.nextDueMs !== null,
    };
  }
}

export const NOTHING_ALIVE = { listeners: 0, promises: 0, deadlines: false };
